"""What is left for the bot while it runs, as it alone may write: by commands, young people for the
register (`people import`), and that somebody's PIN starts anew (`web unlock`); by the machine of a
former leader, whom that one reminded while it could not reach the database."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import structlog

from bot.register import keeping
from reminders.case_records import CaseRecords
from reminders.former_leader import put_on_record
from reminders.service_state import ServiceState
from reminders.stopped import MACHINE
from reminders.write_behind import OfficeChange
from storage import incoming
from storage.envelope import Damaged
from storage.incoming import Kind
from storage.keys import Keys
from storage.model import Office
from storage.store import NotFound, NotSaved, Store, StoreError
from web.second_factor import factor_of, reset_of

log = structlog.get_logger(__name__)
LOOK_SECONDS = 2.0
"""How often it is looked, where no signal says that something has come."""
UNLOCK_HOLDS = timedelta(minutes=10)
"""A command to unlock that is older is an old copy that somebody put there."""

Take: TypeAlias = Callable[[bytes], Awaitable[None]]
"""Does what was left, sealed, says. Raises Damaged, StoreError, OSError: it stays there."""


class Arrivals(Protocol):
    """What commands have checked and left, sealed, oldest first."""

    async def oldest_arrival(self, kind: Kind) -> tuple[Any, bytes] | None:
        """What it is called, and what it is. Raises StoreError, OSError."""
        ...

    async def end_order(self, number: Any) -> None:
        """It was done, or never will be. Raises StoreError, OSError."""
        ...


class ArrivalsInFolder:
    """Beside the records in this folder; implements `Arrivals`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def oldest_arrival(self, kind: Kind) -> tuple[Any, bytes] | None:
        """Raises OSError."""
        found = incoming.arrived(self._folder, kind)
        return None if found is None else (kind, found)

    async def end_order(self, number: Any) -> None:
        """Raises OSError."""
        incoming.forget(self._folder, number)


class TakeArrivals:
    """Takes what commands have left; what it is, and what is done with it, is in `takers`."""

    def __init__(self, arrivals: Arrivals, takers: Mapping[Kind, Take]) -> None:
        self._arrivals = arrivals
        self._takers = takers
        self._one_at_a_time = asyncio.Lock()
        self._failed: set[Kind] = set()

    async def run(self) -> None:
        """What was left goes when it is on record. What fails is logged, and the command that waits
        says that nothing was changed."""
        async with self._one_at_a_time:
            for kind, take in self._takers.items():
                await self._run(kind, take)

    async def keep_looking(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self.run()

    async def _run(self, kind: Kind, take: Take) -> None:
        try:
            found = await self._arrivals.oldest_arrival(kind)
            if found is not None:
                number, raw = found
                await take(raw)
                await self._arrivals.end_order(number)
            self._failed.discard(kind)
        except (Damaged, StoreError, OSError) as error:
            if kind not in self._failed:
                log.error("what a command left was not taken", kind=kind, why=type(error).__name__)
            self._failed.add(kind)


def takers(store: Store, records: CaseRecords, keys: Callable[[], Keys | None]) -> dict[Kind, Take]:
    """Who takes what. keys: those of the records, at the moment of asking."""
    return {
        "register": register_taker(store, keys),
        "unlock": unlock_taker(records.service_state, keys),
        "reminded": reminded_taker(records, keys),
    }


def register_taker(store: Store, keys: Callable[[], Keys | None]) -> Take:
    """Puts young people on the register: all of them or none."""

    async def take(raw: bytes) -> None:
        people = incoming.unsealed_register(keys(), raw)
        present = {one.ref: one for one in await store.people()}
        await store.put_people(keeping(people, present))
        log.info("people were put on the register", count=len(people))

    return take


def reminded_taker(records: CaseRecords, keys: Callable[[], Keys | None]) -> Take:
    """Puts on record whom a former leader reminded; then they hear how it ended. What nobody can
    read, as under a key that is gone, is given up, so that it does not stand before later ones."""

    async def take(raw: bytes) -> None:
        try:
            left = incoming.unsealed_reminded(keys(), raw)
        except Damaged as error:
            log.error("what a former leader said cannot be read; it was taken away", why=str(error))
            return
        for one in left:
            with contextlib.suppress(NotFound):
                await records.update(one.ref, partial(put_on_record, reminded=one))
        if records.service_state.write_behind.unsaved:
            msg = "the database refuses"
            raise NotSaved(msg)
        log.warning("what a former leader said is on record now")

    return take


def unlock_taker(
    state: ServiceState,
    keys: Callable[[], Keys | None],
    wall: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Take:
    """Starts somebody's second factor anew, and ends their sessions with it. wall: the time of the
    machine, which the command goes by."""

    async def take(raw: bytes) -> None:
        unlock = incoming.unsealed_unlock(keys(), raw)
        if abs(wall() - unlock.at) > UNLOCK_HOLDS:
            log.error("a command to unlock is not of now; it was taken away")
            return

        def build(office: Office) -> OfficeChange | None:
            if factor_of(office, unlock.staff).activation == unlock.activation:
                return None
            now = state.clock.now()
            return reset_of(office, unlock.staff, MACHINE, now, unlock.activation)

        await state.change(build)
        if state.write_behind.unsaved:
            msg = "the disk refuses"
            raise NotSaved(msg)
        log.warning("a second factor was reset by a command", staff=unlock.staff)

    return take
