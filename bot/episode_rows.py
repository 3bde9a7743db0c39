"""The episode rows of this service, from its records as they stand, whether the bot runs or not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import msgspec

from bot.config import Config
from bot.record_reading import open_for_reading
from bot.resources import pack_of
from protocol.counting import counting
from protocol.facts import AwayTogether
from protocol.london import LONDON, day_of
from reminders.clock import Clock, SystemClock
from reports.from_facts import RowMaker, joined
from reports.pseudonyms import Pseudonyms
from reports.row_identity import Started
from reports.rows import Row
from storage.keys import key_id, load_keys
from storage.model import Episode, Past, Person
from storage.store import RecordsReader, StoreError

YEAR = timedelta(days=400)
"""How far before an episode its counts look, and some more."""
MARGIN = timedelta(days=3)
"""The start in a summary row and in an episode row can differ where a fact came after closing."""


class NoExports(StoreError):
    """The configuration does not say for whom the rows are."""


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """Rows in the order of their start, and what a reader of them must be told.

    key: names the key of the pseudonyms, without giving it away.  problems: files of the records
    that could not be used; their episodes are not in the rows.
    """

    rows: Sequence[Row]
    key: str
    problems: Sequence[str]


def pseudonyms(config: Config, folder: Path) -> tuple[Pseudonyms, str]:
    """How references become keys, and the name of the key. Raises StoreError."""
    export = config.export
    if not export.service or not export.key_file:
        msg = (
            "export: service and key_file are needed. Allowed: service, the code that the hub gave "
            "out (2 to 12 capital letters and digits), and key_file, made with: "
            "nightlight key new export.key"
        )
        raise NoExports(msg)
    keys = load_keys({"file": str(folder / export.key_file)})
    key = keys.by_id[keys.current_id]
    return Pseudonyms(export.service, key), key_id(key).hex()


async def episode_rows(
    config: Config, folder: Path, first: date, last: date, clock: Clock | None = None
) -> Exported:
    """Every episode that starts on a London day from `first` to `last`, as known now. Raises
    StoreError, also where the configuration lacks what exports need."""
    names, key = pseudonyms(config, folder)
    now = (clock or SystemClock()).now()
    records = await open_for_reading(config, folder, clock)
    past = await records.past(_midnight(first) - YEAR)
    register = {person.ref: person for person in await records.people()}
    before = kept_rows(config, folder)
    maker = RowMaker(
        config.service,
        pack_of(config, folder, ()),
        names,
        now,
        people=register,
        past=_with_kept(_by_person(past), before, names, register),
    )
    begin, end = _midnight(first) - MARGIN, _midnight(last) + MARGIN
    wanted = {row.ref: row for row in past if begin <= row.start <= end}
    rows: dict[str, Row] = {}
    links: list[tuple[str, str]] = []
    for episode in records.episodes(wanted):
        links += _links(episode)
        known = wanted[episode.ref]
        row = maker.row(episode, known.peak, known.start)
        if row is not None and first <= day_of(row.start) <= last:
            rows[episode.ref] = row
    for ref, group in joined(links).items():
        if ref in rows:
            rows[ref].group = names.of("group", group)
    there = {row.episode for row in rows.values()}
    gone = [
        row for row in before if first <= day_of(row.start) <= last and row.episode not in there
    ]
    ordered = sorted([*rows.values(), *gone], key=lambda row: (row.start, row.episode))
    return Exported(rows=ordered, key=key, problems=tuple(records.problems))


async def people_keys(config: Config, folder: Path) -> list[tuple[str, Person]]:
    """Key and register entry of every young person, by reference. Raises StoreError."""
    names, _ = pseudonyms(config, folder)
    records: RecordsReader = await open_for_reading(config, folder)
    return [(names.of("child", person.ref), person) for person in await records.people()]


def _links(episode: Episode) -> Iterator[tuple[str, str]]:
    if any(isinstance(fact, AwayTogether) for fact in episode.facts):
        for fact in counting(episode.facts):
            if isinstance(fact, AwayTogether):
                yield episode.ref, fact.other


def _by_person(past: Sequence[Past]) -> dict[str, list[Started]]:
    found: dict[str, list[Started]] = {}
    for row in past:
        found.setdefault(row.person, []).append(Started(row.start, row.category == "missing"))
    return found


def kept_file(config: Config, folder: Path) -> Path:
    """Where the rows of cases that were deleted are kept."""
    return folder / config.retention.rows


def kept_rows(config: Config, folder: Path) -> list[Row]:
    """The rows of cases that were deleted when their time was over. Raises StoreError."""
    try:
        lines = kept_file(config, folder).read_bytes().splitlines()
        return [msgspec.json.decode(line, type=Row) for line in lines]
    except FileNotFoundError:
        return []
    except (OSError, msgspec.MsgspecError) as error:
        msg = f"{config.retention.rows}: the rows that were kept cannot be read"
        raise StoreError(msg) from error


def _with_kept(
    known: dict[str, list[Started]], kept: Sequence[Row], names: Pseudonyms, people: Iterable[str]
) -> dict[str, list[Started]]:
    """Counts go on over what was deleted: rows find their young person by the pseudonym."""
    refs = {names.of("child", ref): ref for ref in {*known, *people}}
    found = {ref: list(episodes) for ref, episodes in known.items()}
    for row in kept:
        if (ref := refs.get(row.child)) is not None:
            one = Started(row.start, row.category == "missing")
            if one not in found.setdefault(ref, []):
                found[ref].append(one)
    return {ref: sorted(episodes, key=lambda x: x.start) for ref, episodes in found.items()}


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=LONDON)
