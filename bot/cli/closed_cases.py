"""How long closed cases are kept here: which may go, what holds them, and what stays of them.

A case may go when the time of the configuration has passed since its return, a named person has
confirmed that its case file is where it belongs, and nobody holds it. Then its pseudonymised row is
put beside the others that were kept, so that figures stay what they were, and the record goes.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec

from bot.config import Config
from bot.episode_rows import episode_rows, kept_file, kept_rows, pseudonyms
from protocol.london import day_of
from reminders.clock import Clock
from reports.rows import encode
from storage import files
from storage.model import Past
from storage.store import Store, StoreError, StoreReader

KEY = "retention"
"""Where holds and confirmations are kept in the service's own file."""
Why: TypeAlias = Literal["goes", "held", "not_exported"]
EVER = datetime.fromisoformat("1900-01-02T00:00:00+00:00")


class Word(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody's word: staff id, moment (UTC), and for a hold the reason."""

    by: str
    at: datetime
    why: str = ""


class Kept(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """holds: by reference of a case or a young person.  exported: by reference of a case."""

    holds: dict[str, Word] = {}
    exported: dict[str, Word] = {}


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A case whose time is over. `since`: the London day on which it might have gone."""

    ref: str
    person: str
    since: date
    why: Why


def words(state: Mapping[str, Any]) -> Kept:
    """From the service's own file."""
    return msgspec.convert(state.get(KEY) or {}, Kept)


def due(past: Iterable[Past], kept: Kept, now: datetime, months: int) -> list[Due]:
    """Every closed case whose time is over, the oldest first, and whether it may go."""
    found = []
    for row in past:
        if row.closed_at is None:
            continue
        since = months_later(day_of(row.end or row.closed_at), months)
        if day_of(now) < since:
            continue
        why: Why = "goes"
        if row.ref in kept.holds or row.person in kept.holds:
            why = "held"
        elif row.ref not in kept.exported:
            why = "not_exported"
        found.append(Due(ref=row.ref, person=row.person, since=since, why=why))
    return sorted(found, key=lambda one: (one.since, one.ref))


def months_later(day: date, months: int) -> date:
    """The same day so many months later, or the last day of a shorter month."""
    years, month = divmod(day.month - 1 + months, 12)
    last = calendar.monthrange(day.year + years, month + 1)[1]
    return date(day.year + years, month + 1, min(day.day, last))


async def listed(store: StoreReader, now: datetime, months: int) -> list[Due]:
    """As `due`, of the records as they stand."""
    return due(await store.past(EVER), words((await store.office()).state), now, months)


async def let_go(
    store: Store, config: Config, folder: Path, clock: Clock, by: str
) -> Sequence[Due]:
    """Everything that may go: first its rows are on disk, then its record goes. Interrupted, it can
    be done again. Raises StoreError; also where the configuration lacks what rows need."""
    now = clock.now()
    going = [one for one in await listed(store, now, config.retention.months) if one.why == "goes"]
    if not going:
        return ()
    names, _ = pseudonyms(config, folder)
    wanted = {names.of("episode", one.ref) for one in going}
    made = await episode_rows(config, folder, date(1900, 1, 2), day_of(now), clock)
    if made.problems:
        msg = f"nothing goes while records cannot be read: {made.problems[0]}"
        raise StoreError(msg)
    before = {row.episode: row for row in kept_rows(config, folder)}
    before |= {row.episode: row for row in made.rows if row.episode in wanted}
    try:
        files.write_whole(
            kept_file(config, folder), b"".join(encode(row) + b"\n" for row in before.values())
        )
    except OSError as error:
        msg = f"the rows cannot be kept, so nothing goes: {error.strerror or error}"
        raise StoreError(msg) from error
    for one in going:
        await store.update_office(
            log=[{"at": now.isoformat(), "what": "case deleted", "staff": by, "ref": one.ref}]
        )
        await store.forget(one.ref)
    return going


async def off_register(store: StoreReader, now: datetime, months: int) -> list[str]:
    """References of young people who left so many months ago, of whom no case is on record any
    more, and whom nobody holds."""
    kept = words((await store.office()).state)
    staying = {row.person for row in await store.past(EVER)} | set(kept.holds)
    return [
        one.ref
        for one in await store.people()
        if one.left_on is not None
        and one.ref not in staying
        and day_of(now) >= months_later(one.left_on, months)
    ]


async def take_off(store: Store, now: datetime, months: int, by: str) -> Sequence[str]:
    """These go from the register, each with a line in the audit. Raises StoreError."""
    going = await off_register(store, now, months)
    for ref in going:
        line = {"at": now.isoformat(), "what": "taken off the register", "staff": by}
        await store.update_office(log=[line | {"person": ref}])
        await store.forget_person(ref)
    return going


async def hold(store: Store, ref: str, word: Word | None) -> bool:
    """Holds a case or a young person, or ends that (None). False if there is nothing to end."""
    kept = words((await store.office()).state)
    if word is None and ref not in kept.holds:
        return False
    holds = {one: known for one, known in kept.holds.items() if one != ref}
    if word is not None:
        holds[ref] = word
    await _keep(store, msgspec.structs.replace(kept, holds=holds))
    return True


async def exported(store: Store, ref: str, word: Word) -> None:
    """A named person says that the case file of this case is where it belongs."""
    kept = words((await store.office()).state)
    await _keep(store, msgspec.structs.replace(kept, exported={**kept.exported, ref: word}))


async def _keep(store: Store, kept: Kept) -> None:
    await store.update_office(state={KEY: msgspec.to_builtins(kept)})
