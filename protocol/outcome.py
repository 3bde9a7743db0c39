"""What the rules make of a state of affairs, laid out for speed.

A `Table` holds the masks of a whole book as plain tuples; it is made once for each book and shared
by all packs that differ only in settings.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import NamedTuple, TypeAlias

from protocol.rules import Alternative, Book, Duty, Route
from protocol.vocabulary import WORDS

TIER_BITS = 8
Mask: TypeAlias = tuple[int, int]
"""What to look at, and what it must be: `known & care == want`."""
_SOME_LEVEL, _LEVEL_2, _LEVEL_3 = (WORDS[w].bit for w in ("some_level", "level_2", "level_3"))


class Due(NamedTuple):
    """A duty with its amount resolved: a span of elapsed time, or calendar days."""

    duty: Duty
    span: timedelta
    days: int


class Outcome(NamedTuple):
    """What the rules make of one state of affairs."""

    level: int
    level_reasons: tuple[str, ...]
    reasons: tuple[str, ...]
    duties: tuple[Due, ...]
    route: Route | None
    known: int
    """The state itself, with the rules that fired and the level."""


class Table:
    """The masks of a book."""

    def __init__(self, book: Book) -> None:
        self.rules = tuple((rule.bit, _masks(rule.when)) for rule in book.rules)
        self.routes = tuple(_masks(route.when) for route in book.routes)
        self.duties = tuple(_masks(duty.when) for duty in book.duties)
        self.actions = tuple((frozenset(a.on), _masks(a.when)) for a in book.actions)
        self.looked_at = book.cares | -1 << book.tier_shift

    def fire(self, known: int, levels: Sequence[int]) -> tuple[int, int, list[int]]:
        """Goes through the rules in order: what is known then, the level, and which fired.

        `levels` has for each rule the level that it sets, 0 if none. Some rule with a level always
        fires: a book without one for "otherwise" is refused.
        """
        fired = []
        for number, (bit, masks) in enumerate(self.rules):
            for care, want in masks:
                if known & care == want:
                    known |= bit
                    fired.append(number)
                    if levels[number]:
                        known |= _SOME_LEVEL
                    break
        level = max(levels[number] for number in fired)
        if level >= 2:
            known |= _LEVEL_2 | (_LEVEL_3 if level == 3 else 0)
        return known, level, fired


def holds(masks: Iterable[Mask], known: int) -> bool:
    """Whether any of the masks fits what is known."""
    for care, want in masks:  # noqa: SIM110  # any() would take three times as long
        if known & care == want:
            return True
    return False


def _masks(when: Sequence[Alternative]) -> tuple[Mask, ...]:
    return tuple((alternative.care, alternative.want) for alternative in when)
