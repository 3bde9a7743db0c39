"""`audit show`: who read which case, and what was done to the service, in one list by time; and
`audit verify`: whether that is what was written."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from bot.audit_line import put_on_record
from bot.config import Config, ConfigError
from bot.config_file import load
from bot.record_reading import open_for_reading
from bot.second_place import AuditFile, second_place
from protocol.facts import CaseRead
from protocol.london import day_of
from reminders.clock import SystemClock
from reports.entries import time
from storage.audit import AuditRecord, broken_at
from storage.model import Episode
from storage.store import RecordsReader, StoreError

EVER = datetime.fromisoformat("1900-01-02T00:00:00+00:00")
MAIN = ("at", "what", "by")
"""Fields of a line of the service's log that have a column of their own."""


class Line(NamedTuple):
    """at: UTC.  by: staff id, or "" for the service itself.  about: references and ids."""

    at: datetime
    by: str
    what: str
    about: str
    named: frozenset[str]
    """Whoever and whatever the line is about: staff ids, references."""


MAY_BE_BEHIND = timedelta(minutes=2)
"""So long a running bot may take to bring a record to the second place."""


def show(first: str, last: str, config_path: Path, *, person: str) -> int:
    """Both London days included. 0; 1: something on record could not be read, and each problem is
    a line on standard error; 2: nothing can be shown."""
    try:
        days = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        print("--from, --to: days as 2026-11-30.", file=sys.stderr)
        return 2
    try:
        config, _ = load(config_path, token_needed=False)
        folder = config_path.resolve().parent
        lines, problems = asyncio.run(_shown(config, folder, person))
        put_on_record(config, folder, "audit shown", about=person)
    except (ConfigError, StoreError) as error:
        print(error, file=sys.stderr)
        return 2
    for line in lines:
        if days[0] <= day_of(line.at) <= days[1]:
            shown = (time(line.at, seconds=True), line.by or "-", line.what, line.about)
            print("  ".join(part for part in shown if part))
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


async def _shown(config: Config, folder: Path, person: str) -> tuple[list[Line], list[str]]:
    records = await open_for_reading(config, folder)
    if person:
        lines = await about_staff(records, person)
    else:
        lines = await lines_of(records)
    return lines, list(records.problems)


def verify(config_path: Path) -> int:
    """The chain of the audit from where it begins, the chain of every case, and the second place.
    0; 1: something is not as it was written, a line each; 2: it cannot be looked at."""
    try:
        config, _ = load(config_path, token_needed=False)
        said, problems = asyncio.run(_verified(config, config_path.resolve().parent))
    except (ConfigError, StoreError) as error:
        print(error, file=sys.stderr)
        return 2
    print(*problems, *said, sep="\n")
    return 1 if problems else 0


async def _verified(config: Config, folder: Path) -> tuple[list[str], list[str]]:
    records = await open_for_reading(config, folder)
    # The second place first: it is never ahead of the records that are read after it.
    place = second_place(config, folder)
    content = _content(place) if isinstance(place, AuditFile) else None
    rows = await records.past(EVER)
    for _ in records.episodes([row.ref for row in rows]):
        continue  # a chain that is broken is among the problems
    office = await records.office()
    found = await records.audit()
    problems = list(records.problems)
    if broken := broken_at(found, office.audit_from):
        problems.append(f"audit: {broken}")
    begin, last = office.audit_from.number, found[-1] if found else None
    said = [f"The audit has {len(found)} records, from {begin + 1} on."]
    if last is not None:
        said.append(f"The last, {last.number}, is of {last.line.get('at')}: {last.digest}")
    if waiting := await records.left():
        said.append(f"{len(waiting)} lines of commands wait to be taken in by the bot.")
    if isinstance(place, AuditFile):
        wrong = _compared(place, content, found)
        problems += wrong
        said += [] if wrong else [f"{config.audit.file} agrees with it."]
    elif place is not None:
        said.append("A syslog cannot be read back: look there for that number and digest.")
    return said, problems


def _content(place: AuditFile) -> bytes | str:
    try:
        return place.path.read_bytes()
    except OSError as error:
        return f"{place.path.name}: cannot be read: {error.strerror}"


def _compared(
    place: AuditFile, content: bytes | str | None, found: Sequence[AuditRecord]
) -> list[str]:
    if not isinstance(content, bytes):
        return [content] if content else []
    problems, number = place.problems(content, found)
    behind = [one for one in found if one.number > number]
    late = SystemClock().now() - MAY_BE_BEHIND
    if behind and not problems and (behind[0].at or late) <= late:
        problems.append(
            f"{place.path.name}: it ends at record {number}; {behind[0].number} of "
            f"{behind[0].line.get('at')} and {len(behind) - 1} after it are not there"
        )
    return problems


async def lines_of(records: RecordsReader) -> list[Line]:
    """All that is on record about who read and did what, by time: the audit's chain, what commands
    left for it, and of the cases who read them before the chain had readings."""
    rows = await records.past(EVER)
    person_of = {row.ref: row.person for row in rows}
    found: list[Mapping[str, Any]] = [one.line for one in await records.audit()]
    found += [*(await records.office()).log, *await records.left()]
    lines = [_of_service(line, person_of) for line in found]
    known = {(line.by, line.what, line.about, line.at.date()) for line in lines}
    for episode in records.episodes([row.ref for row in rows]):
        for line in _readings(episode):
            if (line.by, line.what, line.about, line.at.date()) not in known:
                lines.append(line)
    return sorted(lines, key=lambda line: line.at)


async def written_by(records: RecordsReader, staff_id: str) -> list[Line]:
    """What this member of staff put on record in cases."""
    rows = await records.past(EVER)
    return [
        Line(
            fact.recorded_at,
            fact.by,
            f"wrote {type(fact).__struct_config__.tag}".replace("_", " "),
            f"ref {episode.ref}",
            frozenset({fact.by, episode.ref, episode.person}),
        )
        for episode in records.episodes([row.ref for row in rows])
        for fact in episode.facts
        if fact.by == staff_id and not isinstance(fact, CaseRead)
    ]


async def about_staff(records: RecordsReader, staff_id: str) -> list[Line]:
    """A leaver's audit: what they did and read, and what was done about them, by time."""
    lines = [line for line in await lines_of(records) if staff_id in line.named]
    lines += await written_by(records, staff_id)
    return sorted(lines, key=lambda line: line.at)


def _of_service(line: Mapping[str, Any], person_of: Mapping[str, str]) -> Line:
    by = str(line.get("by") or line.get("staff") or "")
    main = MAIN if line.get("by") else (*MAIN, "staff")
    more = {key: _words(value) for key, value in line.items() if key not in main and value}
    named = {by, *more.values()}
    named |= {person_of[ref] for ref in more.values() if ref in person_of}
    return Line(
        datetime.fromisoformat(line["at"]),
        by,
        str(line["what"]),
        ", ".join(f"{key} {value}" for key, value in more.items()),
        frozenset(named),
    )


def _words(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _readings(episode: Episode) -> Iterator[Line]:
    for fact in episode.facts:
        if isinstance(fact, CaseRead):
            about = f"ref {episode.ref}"
            if fact.attachment:
                about += f", attachment {fact.attachment}"
            named = frozenset({fact.by, episode.ref, episode.person})
            yield Line(fact.recorded_at, fact.by, f"read {fact.what}", about, named)
