"""Many services in one process: each folder with a configuration is a bot of its own.

Each has its token, key, records, pack and people; they share the process and nothing else. What
ends one (a token that is refused, a configuration or pack that cannot be used, records that
another process holds, an error that nobody foresaw) is logged with its name and tried again after
a pause that grows, while the others go on.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import zlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

import structlog

from bot.supervisor import FOLLOWED

CONFIGURATION, STOPPED = "config.toml", "stopped"
"""Names in a service's folder. A service with a file `stopped` does not run."""
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 900.0
CALM_SECONDS = 300.0
"""A service that ran for so long begins with the shortest pause again."""
STEP_BACK_SECONDS = 5.0
"""So long a process leaves a service to the one whose share it is."""

State = Literal["stopped", "standing by", "running", "waiting"]

log = structlog.get_logger(__name__)


class CannotBegin(Exception):
    """A service that cannot be put together as it is configured; one line a problem."""


class Run(Protocol):
    """One run of one service."""

    async def run(self) -> int:
        """Until `stop`; its exit status."""
        ...

    def stop(self) -> None:
        """It ends in order."""
        ...

    def reload(self) -> None:
        """It reads its configuration again."""
        ...

    def take_left(self) -> None:
        """It takes what a command has left for its register."""
        ...


Begin = Callable[[Path], Awaitable[Run]]
"""Puts a service together from its configuration; in a database, once nobody else leads it."""


class Share(NamedTuple):
    """Which of several processes this one is: the `part`th of `parts`, from 1."""

    part: int = 1
    parts: int = 1

    def has(self, name: str) -> bool:
        """Whether a service of this name is begun here first."""
        return zlib.crc32(name.encode()) % self.parts == self.part - 1


class Service:
    """One of them: kept running until it is stopped."""

    def __init__(self, folder: Path, begin: Begin, wait: float) -> None:
        self.name = folder.name
        self.state: State = "standing by"
        self._path = folder / CONFIGURATION
        self._folder = folder
        self._begin = begin
        self._run: Run | None = None
        self._stopping = False
        self._files = b""
        self._changed = asyncio.Event()
        self._task = asyncio.create_task(self._keep(wait), name=f"service {self.name}")

    def follow(self) -> None:
        """If a file of its configuration was changed, it is read again."""
        if self._files == (files := _read(self._folder)):
            return
        self._files = files
        self._changed.set()
        if self._run is not None:
            self._run.reload()

    def take_left(self) -> None:
        """It takes what a command has left for its register."""
        if self._run is not None:
            self._run.take_left()

    async def stop(self) -> None:
        """It ends in order; whoever stands by for it leads then."""
        self._stopping, self.state = True, "stopped"
        if self._run is not None:
            self._run.stop()
        else:
            self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _keep(self, wait: float) -> None:
        structlog.contextvars.bind_contextvars(service=self.name)
        await asyncio.sleep(wait)
        loop = asyncio.get_running_loop()
        pause = FIRST_PAUSE_SECONDS
        while not self._stopping:
            begun = loop.time()
            self._files = _read(self._folder)
            self._changed.clear()
            status = await self._once()
            if self._stopping:
                return
            self.state = "standing by" if status == FOLLOWED else "waiting"
            if loop.time() - begun > CALM_SECONDS or status == FOLLOWED:
                pause = FIRST_PAUSE_SECONDS
            tell = log.info if status == FOLLOWED else log.error
            tell("a service ended and is begun again", status=status, in_seconds=pause)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def _once(self) -> int:
        """Its exit status; 2: it could not be put together, 1: an error that nobody foresaw."""
        try:
            begun = await self._begin(self._path)
            self._run, self.state = begun, "running"
            return await begun.run()
        except CannotBegin as error:
            for line in str(error).splitlines():
                log.error("cannot start", problem=line)
            return 2
        except Exception:
            log.exception("a service failed")
            return 1
        finally:
            self._run = None


def _read(folder: Path) -> bytes:
    """What its configuration and packs are now, in short."""
    found = hashlib.sha256()
    for path in sorted(folder.glob("*.toml")):
        with contextlib.suppress(OSError):
            found.update(path.name.encode() + b"\0" + path.read_bytes())
    return found.digest()


class Services:
    """All services of a folder, each in a folder of its own with a `config.toml`.

    begin: puts one together.  share: which ones this process begins first, where several
    processes or machines stand by for each other.
    """

    def __init__(self, folder: Path, begin: Begin, share: Share | None = None) -> None:
        self._folder = folder
        self._begin = begin
        self._share = share or Share()
        self._services: dict[str, Service] = {}
        self._stop = asyncio.Event()
        self._ending: set[asyncio.Task[None]] = set()

    @property
    def states(self) -> dict[str, State]:
        """How each of them stands, by name."""
        return {name: one.state for name, one in sorted(self._services.items())}

    async def run(self) -> None:
        """Until `stop`; then all of them end in order."""
        self.follow()
        try:
            await self._stop.wait()
        finally:
            await asyncio.gather(*(one.stop() for one in self._services.values()), *self._ending)

    def stop(self) -> None:
        """`run` comes back when all have ended."""
        self._stop.set()

    def follow(self) -> None:
        """Begins what is new, ends what is gone or was stopped, and has what was changed read
        again. What did not change is not touched."""
        there = {
            path.parent.name: path.parent
            for path in sorted(self._folder.glob(f"*/{CONFIGURATION}"))
            if not (path.parent / STOPPED).exists()
        }
        for name in self._services.keys() - there.keys():
            task = asyncio.create_task(self._services.pop(name).stop())
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)
        for name, folder in there.items():
            if (one := self._services.get(name)) is not None:
                one.follow()
            else:
                wait = 0.0 if self._share.has(name) else STEP_BACK_SECONDS
                self._services[name] = Service(folder, self._begin, wait)

    def take_left(self) -> None:
        """A command has left young people for the register of one of them."""
        for one in self._services.values():
            one.take_left()
