"""The records in a database, where the configuration names one (`[book] database`)."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from bot.config import Config
from bot.arrivals import Arrivals
from bot.supervisor import FOLLOWED, End, Part
from bot.switch_command import Orders
from bot.watchdog import notify
from reminders.engine import Engine
from storage import incoming
from storage.incoming import LOOK_SECONDS, WAIT_SECONDS, Kind, NotTaken
from storage.keys import Keys
from storage.lock import StoreInUse
from storage.model import Episode, Past
from storage.store import Store, StoreError

if TYPE_CHECKING:
    from storage.lease import Lease
    from storage.postgres import PostgresStore
    from storage.postgres_session import Session


SAY_SECONDS = 5.0
READ_AGAIN_SECONDS = 2.0

log = structlog.get_logger(__name__)


class NotInstalled(StoreError):
    """The driver is an extra of the package."""


async def open_as_leader(
    config: Config,
    keys: Keys | None,
    summarise: Callable[[Episode], Past],
    now: Callable[[], datetime],
    rows_by: str,
    *,
    wait: bool,
) -> PostgresStore:
    """The records, once nobody else leads this service; without `wait`, at once or not at all.

    With `wait`, a database that does not answer is asked again for as long as it takes. Raises
    StoreError: another process leads, the database cannot be used, another key.
    """
    need_driver()
    from storage.lease import Lease
    from storage.postgres import PostgresStore, new_mark
    from storage.postgres_commits import Away

    book = config.book
    while True:
        lease = Lease(book.database, book.service, new_mark(keys, book.service))
        await _lead(lease, wait=wait)
        store = PostgresStore(
            book.database,
            book.service,
            keys=keys,
            summarise=summarise,
            now=now,
            rows_by=rows_by,
            lease=lease,
        )
        try:
            await store.open()
        except Away as error:
            if not wait:
                raise
            # A machine that reads them first has the service: the lease is free again.
            log.error("the records cannot be read; trying again", why=str(error))
            notify("WATCHDOG=1\nSTATUS=the database does not answer; trying again")
            await asyncio.sleep(READ_AGAIN_SECONDS)
        else:
            return store


async def _lead(lease: Lease, *, wait: bool) -> None:
    """Comes back as the leader. Raises StoreError."""
    if wait:
        # Whoever started this takes a standby for running: it is, and it is watched.
        notify("READY=1\nSTATUS=standing by")
    try:
        led = await lease.take(wait=wait, looked=lambda: notify("WATCHDOG=1"))
    except asyncio.CancelledError:
        await lease.release()
        raise
    if not led:
        msg = f"another process leads {lease.service}: stop it first"
        raise StoreInUse(msg)
    notify("STATUS=leading")


async def open_to_read(
    config: Config,
    keys: Keys | None,
    summarise: Callable[[Episode], Past],
    now: Callable[[], datetime],
    rows_by: str,
) -> PostgresStore:
    """The records as they stand, beside whoever leads. Raises StoreError."""
    need_driver()
    from storage.postgres import PostgresStore

    store = PostgresStore(
        config.book.database,
        config.book.service,
        keys=keys,
        summarise=summarise,
        now=now,
        rows_by=rows_by,
    )
    await store.open()
    return store


def leading(store: Store) -> Lease | None:
    """What this process leads by, where the records are in a database."""
    lease: Lease | None = getattr(store, "lease", None)
    return lease


def until_followed(lease: Lease) -> Part:
    """Ends the process once it is certain that another one leads."""

    async def wait() -> None:
        await lease.lost.wait()
        raise End(FOLLOWED)

    return wait


def saying_how_it_goes(store: Store, engine: Engine) -> Part | None:
    """What tells the database when this service acts next, and how late its last reminder was; for
    `nightlight services list`. None where the records are in a folder."""
    say = getattr(store, "say_how_it_goes", None)
    if say is None:
        return None

    async def run() -> None:
        while True:
            with contextlib.suppress(StoreError):  # a database that is away is told of elsewhere
                await say(engine.next_at, engine.watch.figures.last_lateness)
            await asyncio.sleep(SAY_SECONDS)

    return run


async def command(address: str, service: str, wanted: str) -> bool:
    """Leaves a command to stop or resume for whoever leads this service, and waits until it is
    carried out. False: nobody leads; then it holds from the next start. Raises StoreError, NotTaken.
    """
    async with _orders(address, service) as session:
        number = await session.leave_order(service, wanted)
        if not await session.is_led(service):
            return False
        if not await _carried_out(session, number):
            raise NotTaken("the bot runs and has not taken it; its log says why")
    return True


async def hand_over(config: Config, folder: Path, kind: Kind, sealed: bytes) -> None:
    """Comes back when the bot that has these records open has taken it, wherever they are. folder:
    that of the configuration file. Raises StoreError, OSError; NotTaken: nothing was changed."""
    book = config.book
    if not book.database:
        await asyncio.to_thread(incoming.hand_over, folder / book.folder, kind, sealed)
        return
    async with _orders(book.database, book.service) as session:
        number = await session.leave_order(book.service, kind, sealed)
        if not await _carried_out(session, number) and await session.take_back_order(number):
            raise NotTaken("the bot runs and did not take it; its log says why")


async def leave(config: Config, kind: Kind, sealed: bytes) -> None:
    """For whoever leads this service, now or later. Raises StoreError."""
    async with _orders(config.book.database, config.book.service) as session:
        await session.leave_order(config.book.service, kind, sealed)


@contextlib.asynccontextmanager
async def _orders(address: str, service: str) -> AsyncIterator[Session]:
    """Where commands are left. Raises StoreError."""
    need_driver()
    import psycopg

    from storage.postgres_asking import plain_words
    from storage.postgres_session import connect

    try:
        session = await connect(address, f"nightlight {service} command")
        try:
            yield session
        finally:
            session.drop()
    except psycopg.errors.ForeignKeyViolation as error:
        msg = f"the database has no service {service!r}"
        raise StoreError(msg) from error
    except psycopg.Error as error:
        msg = f"the database cannot be used: {plain_words(error)}"
        raise StoreError(msg) from error


async def _carried_out(session: Session, number: int) -> bool:
    """False: not within the time that a command waits."""
    until = time.monotonic() + WAIT_SECONDS
    while await session.order_is_there(number):
        if time.monotonic() > until:
            return False
        await asyncio.sleep(LOOK_SECONDS)
    return True


def orders_in(store: Store) -> Orders | None:
    """Where commands to stop or resume are left, where the records are in a database."""
    orders: Any = store
    return orders if hasattr(orders, "oldest_order") else None


def arrivals_in(store: Store) -> Arrivals | None:
    """Where commands leave what the bot alone may write, where the records are in a database."""
    arrivals: Any = store
    return arrivals if hasattr(arrivals, "oldest_arrival") else None


def need_driver() -> None:
    """Raises NotInstalled."""
    try:
        import psycopg  # noqa: F401 - an extra of the package
    except ImportError:
        msg = "the driver for PostgreSQL is missing; install it: pip install 'nightlight[postgres]'"
        raise NotInstalled(msg) from None
