"""One writer: a lock on the book's folder, held as long as the process lives.

The system releases it when the process ends, however it ends, so a crash leaves nothing to tidy.
"""

from __future__ import annotations

import fcntl
import os
from datetime import datetime
from pathlib import Path

from storage import files
from storage.store import StoreError


class BookInUse(StoreError):
    """Another process holds the book. The text names its pid and when it started."""


class Lock:
    """The lock of one book."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1

    def take(self, now: datetime) -> None:
        """Raises BookInUse if another process has it, OSError if the file cannot be opened."""
        try:
            descriptor = os.open(
                self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, files.PRIVATE_FILE
            )
            writable = True
        except OSError:
            # On a disk that became read-only the bot must still start, to remind from what is
            # there; a lock does not need a writable file.
            descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
            writable = False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 200, 0).decode(errors="replace").strip()
            os.close(descriptor)
            msg = f"the book in {self._path.parent} is in use by {holder or 'another process'}"
            raise BookInUse(msg) from None
        self._descriptor = descriptor
        if writable:
            self._sign(now)

    def _sign(self, now: datetime) -> None:
        text = f"process {os.getpid()}, started {now:%Y-%m-%d %H:%M:%S} UTC\n".encode()
        try:
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, text, 0)
        except OSError:
            # A full disk: the lock holds all the same, only its message says less.
            return

    def release(self) -> None:
        """Gives the book free; harmless if it was not taken."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
