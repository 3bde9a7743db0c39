"""One writer: a lock on the folder of the records, held as long as the process lives.

The lock is on the folder itself and not on a file in it: a file can be removed or replaced while
the bot runs, and then a second process would lock another file of the same name. A folder can be
moved, or another be put in its place; so whoever holds the lock checks before and after each
write that the path still leads to the folder that is locked (`Lock.check`). The system releases
the lock when the process ends, however it ends, so a crash leaves nothing to tidy.
"""

from __future__ import annotations

import errno
import fcntl
import os
from datetime import datetime
from pathlib import Path

from storage import files
from storage.layout import Layout
from storage.store import StoreError

SWAPPED = (
    "its folder was moved, replaced or removed while it was in use: put it back, or stop the bot "
    "and start it again"
)


class StoreInUse(StoreError):
    """Another process holds the records. The text names its pid and when it started."""


class FolderSwapped(OSError):
    """The path no longer leads to the folder that is locked. Nothing may be written there."""

    def __init__(self) -> None:
        super().__init__(errno.ESTALE, SWAPPED)


class SameFolder:
    """Whether a path still leads to the folder to which it led at first.

    Raises OSError if there is none.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.identity = _identity(folder)

    def check(self) -> None:
        """Raises FolderSwapped if it does not."""
        try:
            found = _identity(self._folder)
        except OSError:
            raise FolderSwapped from None
        if found != self.identity:
            raise FolderSwapped


class Lock:
    """The lock of one folder of records."""

    def __init__(self, layout: Layout) -> None:
        self._folder = layout.folder
        self._note = layout.lock
        self._descriptor = -1
        self._same: SameFolder | None = None

    def take(self, now: datetime) -> None:
        """now: UTC, for the note of who has it. Raises StoreInUse if another process has it,
        OSError if the folder cannot be opened."""
        same = SameFolder(self._folder)
        descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            msg = f"the book in {self._folder} is in use by {self._holder()}"
            raise StoreInUse(msg) from None
        except OSError:
            os.close(descriptor)
            raise
        self._descriptor, self._same = descriptor, same
        try:
            if _identity(descriptor) != same.identity:
                raise FolderSwapped
            self.check()
        except FolderSwapped:
            self.release()
            raise
        self._sign(now)

    def check(self) -> None:
        """Raises FolderSwapped unless the path leads to the folder that this lock holds."""
        if self._same is None:
            raise FolderSwapped
        self._same.check()

    def release(self) -> None:
        """Lets another process take it; harmless if it was not taken."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor, self._same = -1, None

    def _holder(self) -> str:
        try:
            return files.read(self._note).decode(errors="replace").strip() or "another process"
        except OSError:
            return "another process"

    def _sign(self, now: datetime) -> None:
        text = f"process {os.getpid()}, started {now:%Y-%m-%d %H:%M:%S} UTC\n"
        try:
            files.unlink(self._note)  # whatever it is, such as a link to elsewhere
            files.write_unsynced(self._note, text.encode())
        except OSError:
            # A full or read-only disk: the lock holds all the same, only its message says less.
            return


def _identity(folder: Path | int) -> tuple[int, int]:
    found = os.stat(folder)  # noqa: PTH116 - twice for each commit, and of a descriptor
    return found.st_dev, found.st_ino
