"""Invented phrases, several for each clause of the time conventions (tests/data/times)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from handlers.times import explain
from handlers.times.wall_clock import LONDON, to_minute

CLAUSES = Path(__file__).parents[2] / "data" / "times" / "clauses.txt"


def sections() -> dict[str, list[tuple[datetime, str, str, str]]]:
    """Clause -> (now, M/E/A, expected, phrase)."""
    found: dict[str, list[tuple[datetime, str, str, str]]] = {}
    name, now = "", datetime(2026, 1, 1, tzinfo=LONDON)
    for line in CLAUSES.read_text(encoding="utf-8").split("\n"):
        if line.startswith("# ---"):
            name = line.removeprefix("# --- ")
        elif line.startswith("@ "):
            stamp = datetime.fromisoformat(line[2:])
            aware = stamp.tzinfo is not None
            now = stamp.astimezone(LONDON) if aware else stamp.replace(tzinfo=LONDON)
        elif line and not line.startswith("#"):
            head, phrase = line.split(" | ", 1)
            kind, _, expected = head.strip().partition(" ")
            found.setdefault(name, []).append((now, kind, expected.strip(), phrase))
    return found


def instant(expected: str, now: datetime) -> datetime:
    """ "D-1 21:30" (London date of now), "-20" (minutes), or an ISO time, in UTC."""
    first, _, clock = expected.partition(" ")
    if first.startswith("D"):
        day = now.date() + timedelta(days=int(first[1:] or 0))
        hour, minute = map(int, clock.split(":"))
        local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=LONDON)
        return local.astimezone(UTC)
    if first.lstrip("-").isdigit():
        return to_minute(now) + timedelta(minutes=int(first))
    return datetime.fromisoformat(first).astimezone(UTC)


def faults(lines: list[tuple[datetime, str, str, str]]) -> Iterator[str]:
    for now, kind, expected, phrase in lines:
        got = [t.astimezone(UTC) for t in explain(phrase, now).readings]
        right = bool(expected) and got == [instant(expected, now)]
        if (
            (kind == "M" and not right)
            or (kind == "E" and not right and len(got) == 1)
            or (kind == "A" and len(got) == 1)
        ):
            yield f"{now:%Y-%m-%d %H:%M} {phrase!r}: wanted {kind} {expected}, got {got}"


@pytest.mark.parametrize("clause", sections())
def test_clause(clause: str) -> None:
    assert list(faults(sections()[clause])) == []
