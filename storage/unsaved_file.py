"""What a leader said to people while the database refused, on this machine's own disk.

The records have it as soon as the database takes it. Should the process end before that, whoever
leads next would not know whom it woke, and nobody would tell them when it is over. So it is kept
here, sealed, in one file for each life of the process, and handed to the leader when this machine
starts again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import structlog

from storage import files, incoming
from storage.incoming import Reminded
from storage.keys import Keys
from storage.layout import SUFFIX

WRITE_SECONDS = 2.0
"""So long a reminder waits for this disk."""

log = structlog.get_logger(__name__)


def beside(folder: Path) -> Path:
    """Where these files lie; `folder` is where the records would be without a database."""
    return folder.with_name(f"{folder.name}-unsaved")


class UnsavedFile:
    """The file of one life of the process.

    folder: where the records would be without a database.  service: its name there.  life: no other
    life has it.
    """

    def __init__(self, folder: Path, service: str, life: str, keys: Keys | None) -> None:
        self._path = beside(folder) / f"{service}.{life}{SUFFIX}"
        self._keys = keys
        self._newest: Sequence[Reminded] = ()
        self._written: Sequence[Reminded] = ()
        self._writing: asyncio.Task[None] | None = None
        self._refused = False

    async def keep(self, unsaved: Sequence[Reminded]) -> None:
        """This is what no record has now; nothing: the file goes. A disk that refuses, or does not
        answer in time, stops nobody, and is logged."""
        self._newest = tuple(unsaved)
        if self._newest == self._written and self._writing is None:
            return
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_newest())
        try:
            async with asyncio.timeout(WRITE_SECONDS):
                await asyncio.shield(self._writing)
        except TimeoutError:
            self._tell("it does not answer")

    async def _write_newest(self) -> None:
        try:
            while self._newest != self._written:
                newest = self._newest
                await asyncio.to_thread(self._write, newest)
                self._written, self._refused = newest, False
        except OSError as error:
            self._tell(error.strerror or type(error).__name__)
        finally:
            self._writing = None

    def _tell(self, why: str) -> None:
        if not self._refused:
            log.error("what was said is on no disk", folder=str(self._path.parent), why=why)
        self._refused = True

    def _write(self, unsaved: Sequence[Reminded]) -> None:
        if unsaved:
            files.make_folder(self._path.parent)
            files.write_whole(self._path, incoming.sealed_reminded(self._keys, unsaved))
        else:
            files.remove(self._path)


class FormerLives:
    """The files of those processes of a service that have ended on this machine."""

    def __init__(self, folder: Path, service: str) -> None:
        self._folder = beside(folder)
        self._service = service

    async def all(self) -> list[tuple[str, bytes]]:
        """Name and sealed content of each. Raises OSError."""
        return await asyncio.to_thread(self._read)

    async def forget(self, name: str) -> None:
        """It was handed on. Raises OSError."""
        await asyncio.to_thread(files.remove, self._folder / name)

    def _read(self) -> list[tuple[str, bytes]]:
        found = [name for name in files.names(self._folder) if name.endswith(SUFFIX)]
        ours = [name for name in found if name.split(".")[:-2] == self._service.split(".")]
        return [(name, files.read(self._folder / name)) for name in ours]
