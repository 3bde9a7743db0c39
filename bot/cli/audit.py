"""`audit show`: who read which case, and what was done to the service, in one list by time."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from bot.config import Config, ConfigError
from bot.config_file import load
from bot.reading import open_for_reading
from protocol.facts import CaseRead
from protocol.london import day_of
from reports.entries import time
from storage.model import Episode
from storage.store import RecordsReader, StoreError

EVER = datetime.fromisoformat("1900-01-02T00:00:00+00:00")
MAIN = ("at", "what", "by", "staff")
"""Fields of a line of the service's log that have a column of their own."""


class Line(NamedTuple):
    """at: UTC.  by: staff id, or "" for the service itself.  about: references and ids."""

    at: datetime
    by: str
    what: str
    about: str
    named: frozenset[str]
    """Whoever and whatever the line is about: staff ids, references."""


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
        lines, problems = asyncio.run(_lines(config, config_path.resolve().parent))
    except (ConfigError, StoreError) as error:
        print(error, file=sys.stderr)
        return 2
    for line in lines:
        if days[0] <= day_of(line.at) <= days[1] and (not person or person in line.named):
            shown = (time(line.at, seconds=True), line.by or "-", line.what, line.about)
            print("  ".join(part for part in shown if part))
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


async def _lines(config: Config, folder: Path) -> tuple[list[Line], list[str]]:
    records = await open_for_reading(config, folder)
    return await lines_of(records), list(records.problems)


async def lines_of(records: RecordsReader) -> list[Line]:
    """All that is on record of it, oldest first. Raises StoreError."""
    rows = await records.past(EVER)
    person_of = {row.ref: row.person for row in rows}
    lines = [_of_service(one.line, person_of) for one in await records.audit()]
    lines += [_of_service(line, person_of) for line in (await records.office()).log]
    lines += [_of_service(line, person_of) for line in await records.left()]
    for episode in records.episodes([row.ref for row in rows]):
        lines += _readings(episode)
    return sorted(lines, key=lambda line: line.at)


def _of_service(line: Mapping[str, Any], person_of: Mapping[str, str]) -> Line:
    by = str(line.get("by") or line.get("staff") or "")
    more = {key: _words(value) for key, value in line.items() if key not in MAIN and value}
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
            about = f"case {episode.ref}"
            if fact.attachment:
                about += f", attachment {fact.attachment}"
            named = frozenset({fact.by, episode.ref, episode.person})
            yield Line(fact.recorded_at, fact.by, f"read {fact.what}", about, named)
