"""Every operation on a file that the book performs goes through here, one function for each.

`write_whole` is the only way a file of the book comes into being: temporary file, fsync, rename,
fsync of the folder. At any moment, and after any crash, a reader finds the old file or the new
one. Temporary names begin with a dot; what a crash left of them is swept at the next start.
"""

from __future__ import annotations

import os
from pathlib import Path

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


def create(path: Path | str) -> int:
    """An empty file open for writing, readable by its owner only; returns the descriptor."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, PRIVATE_FILE)


def write(descriptor: int, data: bytes) -> None:
    """All of `data`: the system may take a write in several parts."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def fsync(descriptor: int) -> None:
    """Makes what was written durable."""
    os.fsync(descriptor)


def close(descriptor: int) -> None:
    """Gives the descriptor back."""
    os.close(descriptor)


def replace(source: Path | str, target: Path) -> None:
    """Puts the file in the place of another, at once."""
    # As text, because a commit can do without making Path objects.
    os.replace(source, target)  # noqa: PTH105


def fsync_folder(folder: Path) -> None:
    """Makes renames and removals in this folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def unlink(path: Path) -> None:
    """It need not exist."""
    path.unlink(missing_ok=True)


def read(path: Path) -> bytes:
    """The whole file."""
    return path.read_bytes()


def make_folder(folder: Path) -> None:
    """The folder and those above it, durably, readable by their owner only; existing ones are
    left alone."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    fsync_folder(folder.parent)


def names(folder: Path) -> list[str]:
    """Names in a folder, sorted, temporary files left out; none if there is no such folder."""
    return sorted(name for name in _list(folder) if name[0] != ".")


def folders(folder: Path) -> list[str]:
    """Names of the folders in a folder, sorted; none if there is none."""
    try:
        with os.scandir(folder) as found:
            return sorted(entry.name for entry in found if entry.is_dir())
    except FileNotFoundError:
        return []


def write_whole(path: Path, data: bytes) -> None:
    """Replaces the file with `data`, durably and at once. Raises OSError; then the old file stands.

    Only a failing fsync of the folder can leave the new file in place although OSError is raised:
    the caller has to treat the change as not saved, and write again.
    """
    folder = path.parent
    temporary = f"{folder}/.{path.name}.tmp"
    try:
        descriptor = create(temporary)
        try:
            write(descriptor, data)
            fsync(descriptor)
        finally:
            close(descriptor)
        replace(temporary, path)
    except OSError:
        _discard(Path(temporary))
        raise
    fsync_folder(folder)


def write_unsynced(path: Path, data: bytes) -> None:
    """A new file that is durable only after `sync`: for copies of many files at a time."""
    make_folder(path.parent)
    descriptor = create(path)
    try:
        write(descriptor, data)
    finally:
        close(descriptor)


def sync() -> None:
    """Makes everything durable that was written so far, by anyone."""
    os.sync()


def move(source: Path, target: Path) -> None:
    """Renames a file into another folder of the same disk, durably."""
    make_folder(target.parent)
    replace(source, target)
    fsync_folder(target.parent)
    fsync_folder(source.parent)


def remove(path: Path) -> None:
    """Removes a file durably; it need not exist."""
    unlink(path)
    fsync_folder(path.parent)


def sweep(folder: Path) -> None:
    """Removes what a crash left of temporary files in this folder."""
    for name in _list(folder):
        if name[0] == "." and name.endswith(".tmp"):
            _discard(folder / name)


def _list(folder: Path) -> list[str]:
    # os.listdir, because a start lists the names of all closed episodes twice, and 25,000 Path
    # objects would take longer than all the rest of it.
    try:
        return os.listdir(folder)  # noqa: PTH208
    except FileNotFoundError:
        return []


def _discard(temporary: Path) -> None:
    # Whoever gets here already has an error to report, or is only tidying up: a temporary file
    # that cannot be removed does no harm and is tried again at the next start.
    try:
        unlink(temporary)
    except OSError:
        return
