"""`retention`, `hold` and `exported`: what may go, what may not, and who said so."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from bot.cli import closed_cases
from bot.config import Config, ConfigError
from bot.config_file import load
from bot.record_reading import open_for_reading
from bot.resources import open_alone
from protocol import staff_facts
from protocol.provider import Provider
from protocol.staff_facts import with_record
from reminders.clock import SystemClock
from reminders.service_state import PEOPLE
from storage.store import Store, StoreError, StoreReader

SAID = {
    "goes": "goes",
    "held": "stays: held",
    "not_exported": "stays: nobody has confirmed its case file (nightlight exported)",
}


class Refuse(Exception):
    """What stands in the way, in a line."""


def run(config_path: Path, *, dry_run: bool, by: str) -> int:
    """Lists what is over its time, and without `dry_run` lets go what may go."""
    folder = config_path.resolve().parent

    async def work(store: Store, config: Config) -> None:
        clock = SystemClock()
        await _list(store, config)
        await _person(store, config, by)
        gone = await closed_cases.let_go(store, config, folder, clock, by)
        off = await closed_cases.take_off(store, clock.now(), config.retention.months, by)
        print(f"{len(gone)} went; their rows for figures are kept. {_in_backups(config)}")
        if off:
            people = "1 young person" if len(off) == 1 else f"{len(off)} young people"
            print(f"{people} went from the register.")

    if dry_run:
        return _would_go(config_path)
    return _with(config_path, work)


def _in_backups(config: Config) -> str:
    if config.book.database:
        return "A backup of the database made before now still holds them until it goes."
    return (
        "A backup made before today still holds them until it goes: the newest "
        f"{config.book.backups_kept} are kept, one a day."
    )


def _would_go(config_path: Path) -> int:
    """Only reads: also while the bot runs."""
    folder = config_path.resolve().parent

    async def reading(config: Config) -> None:
        await _list(await open_for_reading(config, folder), config)

    try:
        config, _ = load(config_path, token_needed=False)
        asyncio.run(reading(config))
    except (ConfigError, StoreError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


async def _list(store: StoreReader, config: Config) -> None:
    months = config.retention.months
    lines = await closed_cases.listed(store, SystemClock().now(), months)
    for one in lines:
        print(f"{one.ref}  {one.person or '-'}  since {one.since:%d %b %Y}  {SAID[one.why]}")
    going = sum(one.why == "goes" for one in lines)
    print(f"{len(lines)} cases are over {months} months after the return; {going} may go.")
    for ref in await closed_cases.off_register(store, SystemClock().now(), months):
        print(f"{ref}  goes from the register: left {months} months ago, and has no case any more")


def hold(ref: str, config_path: Path, *, by: str, why: str, end: bool) -> int:
    """Holds everything of a young person, or one case; or ends it."""

    async def work(store: Store, config: Config) -> None:
        await _person(store, config, by)
        await _known(store, ref, people=True)
        if not end and not why.strip():
            raise Refuse("--why: is needed: who asked for the hold, and for what.")
        word = closed_cases.Word(by=by, at=SystemClock().now(), why=why)
        if not await closed_cases.hold(store, ref, None if end else word):
            raise Refuse(f"{ref} is not held.")
        of = "ref" if await _is_case(store, ref) else "person"
        await _log(store, f"hold {'ended' if end else 'begun'}", by, ref, of)
        print(f"{ref} is not held any more." if end else f"{ref} is held: nothing of it goes.")

    return _with(config_path, work)


def exported(ref: str, config_path: Path, *, by: str) -> int:
    """Somebody's word that the case file is in the young person's own record."""

    async def work(store: Store, config: Config) -> None:
        await _person(store, config, by)
        await _known(store, ref, people=False)
        await closed_cases.exported(store, ref, closed_cases.Word(by=by, at=SystemClock().now()))
        await _log(store, "case file confirmed", by, ref)
        print(f"On record: {by} confirms that the case file of {ref} is in the archive.")

    return _with(config_path, work)


async def _person(store: Store, config: Config, by: str) -> None:
    state = (await store.office()).state
    record = staff_facts.read(staff_facts.facts_of(state.get(PEOPLE)))
    service: Provider = with_record(config.configured, record)
    person = service.person(by)
    if person is None or not person.active(SystemClock().now()):
        raise Refuse(f"--by: {by!r} is not on the staff list. Allowed: the id of somebody who is.")


async def _known(store: Store, ref: str, *, people: bool) -> None:
    rows = await store.past(closed_cases.EVER)
    if any(row.ref == ref or (people and row.person == ref) for row in rows):
        return
    if people and await store.person(ref) is not None:
        return
    raise Refuse(f"{ref}: there is no such {'case or young person' if people else 'case'}.")


async def _is_case(store: Store, ref: str) -> bool:
    return any(row.ref == ref for row in await store.past(closed_cases.EVER))


async def _log(store: Store, what: str, by: str, ref: str, of: str = "ref") -> None:
    at = SystemClock().now().isoformat()
    await store.update_office(log=[{"at": at, "what": what, "staff": by, of: ref}])


def _with(config_path: Path, work: Callable[[Store, Config], Awaitable[None]]) -> int:
    """Exit status 0, or 2 with a line; not while the bot runs."""
    folder = config_path.resolve().parent

    async def opened(config: Config) -> None:
        store = await open_alone(config, folder)
        try:
            await work(store, config)
        finally:
            await store.close()

    try:
        config, _ = load(config_path, token_needed=False)
        asyncio.run(opened(config))
    except (ConfigError, StoreError, Refuse) as error:
        print(error, file=sys.stderr)
        return 2
    return 0
