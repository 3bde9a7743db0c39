"""The grammar of typed times: what the rows of `patterns.txt` stand for.

A row is tried where a token begins that it may start with, in the order of the table; the first
that fits takes its words. A builder turns the match into values: none when the words only look
like a time ("night staff"), None when the row does not fit after all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path

from handlers.times.builders import BUILDERS, Build

from .dates import HOLIDAYS
from .items import Bad, Clock, Item, Why
from .text import Line
from .wall_clock import OFFSETS
from .word_table import MONTHS, NUMBERED, NUMBERS, ONES, PARTS, TENS, UNIT_SECONDS, WEEKDAYS

# --- clock times ---


# --- elapsed times ---


# --- days ---


# --- the table ---


@dataclass(frozen=True, slots=True)
class Row:
    """One pattern of the grammar."""

    rule: str
    pattern: re.Pattern[str]
    build: Build


def _any_of(words: Iterable[str]) -> str:
    """A pattern for any of these words, the longest first."""
    return "(?:" + "|".join(sorted(words, key=lambda w: (-len(w), w))) + ")"


def _macros() -> dict[str, str]:
    """What the vocabulary gives to the table: the names of numbers, days, months and units."""
    digits = [word for word, n in ONES.items() if 0 < n < 10]
    units = [unit for unit in UNIT_SECONDS if unit[0] not in "dwf"]
    ones, tens = _any_of(ONES), _any_of(TENS)
    return {
        "ONE_TO_NINE": _any_of(digits),
        "ONE_TO_TWELVE": _any_of(word for word, n in ONES.items() if 0 < n < 13),
        "NAMED": rf"(?:{tens}(?:[ -]{_any_of(digits)})?|{ones})\b",
        "NAMED_SHORT": _any_of([*ONES, "twenty"]),
        "NUMBERS": _any_of(NUMBERS),
        "NUMBERED": _any_of(NUMBERED),
        "WEEKDAYS": _any_of(WEEKDAYS),
        "MONTHS": _any_of(MONTHS),
        "PARTS": _any_of(PARTS),
        "UNITS": _any_of(units),
        "HOLIDAYS": _any_of(HOLIDAYS),
        "HOLIDAY_STARTS": _any_of({name.split()[0] for name in HOLIDAYS}),
    }


def _lines() -> Iterator[str]:
    """The lines of the table, with those that go on joined to the line before."""
    text = (Path(__file__).parent / "patterns.txt").read_text(encoding="utf-8")
    for line in re.sub(r"\n +", "", text).splitlines():
        if line and not line.startswith("#"):
            yield line


@cache
def rows() -> dict[str, list[Row]]:
    """The rows of the table by the word that they may start with; made at the first call, which
    takes as long as a start of the process should not."""
    macros = _macros()
    by_start: dict[str, list[Row]] = {}
    for line in _lines():
        filled = re.sub("<([A-Z_]+)>", lambda found: macros[found[1]], line)
        name, is_macro, pattern = filled.partition(" = ")
        if is_macro and name.isupper():
            macros[name] = pattern
            continue
        rule, build, starts, _ = (part.strip() for part in line.split(" |", 3))
        row = Row(
            rule, re.compile(filled.split("|", 2)[2].split(" |", 1)[1].lstrip()), BUILDERS[build]
        )
        for start in starts.split():
            words = macros[start[1:-1]][3:-1].split("|") if start.startswith("<") else [start]
            for word in words:
                by_start.setdefault(word, []).append(row)
    return by_start


_NO_ROWS: list[Row] = []


def items(line: Line, today: date) -> list[Item]:
    """The times, days and parts of the day in a line, in order; a number left over is Bad."""
    found: list[Item] = []
    n = 0
    while n < len(line.tokens):
        token = line.tokens[n]
        start = "0" if token.kind == "number" else token.text
        taken = _first(line, n, rows().get(start, _NO_ROWS), today)
        if not taken and token.kind == "number":
            taken = [Item(Bad(Why.LEFTOVER), n, n + 1, "a number left over")]
        if taken and isinstance(taken[0].value, Clock):
            taken = [_in_zone(line, taken[0])]
        found.extend(taken)
        n = max((i.last for i in taken), default=n + 1)
    return found


def _in_zone(line: Line, item: Item) -> Item:
    """The clock time with the zone that stands behind it ("01:30 GMT")."""
    zone = line.tokens[item.last].text if item.last < len(line.tokens) else ""
    if not isinstance(item.value, Clock) or zone not in OFFSETS:
        return item
    return replace(item, value=replace(item.value, zone=zone), last=item.last + 1)


def _first(line: Line, n: int, rows: Sequence[Row], today: date) -> list[Item]:
    for row in rows:
        match = row.pattern.match(line.text, line.starts[n])
        if match is None:
            continue
        last = line.ends.get(match.start() + len(match.group().rstrip()))
        values = row.build(match, today) if last is not None else None
        if values is not None and last is not None:
            return [Item(value, n, last, row.rule) for value in values] or [
                Item(None, n, last, row.rule)
            ]
    return []
