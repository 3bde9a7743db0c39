"""Read a clock time, in digits or spoken."""

from __future__ import annotations

from dataclasses import replace

from .digital import digital
from .items import Clock, Piece
from .line import Line
from .spoken import in_words, named, spoken


def clock_at(line: Line, i: int) -> Piece | None:
    """The clock time that starts at token `i`; a Bad piece when it is an impossible one."""
    found = spoken(line, i) or named(line, i) or digital(line, i) or in_words(line, i)
    if found is None:
        return None
    value, j, rule = found
    if isinstance(value, Clock):
        value, j = _with_zone(line, j, value)
    return Piece(value, i, j, rule)


def _with_zone(line: Line, j: int, clock: Clock) -> tuple[Clock, int]:
    word = line.word(j)
    if word in {"gmt", "bst", "utc"}:
        return replace(clock, zone=word), j + 1
    return clock, j
