"""How many episodes came before, in the windows that a pack counts."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime

from protocol.episode import Earlier, utc
from protocol.facts import Category
from protocol.london import days_from
from protocol.pack import Pack


class History:
    """The earlier episodes of the same young person, to be counted. Asked again with the same
    start, it remembers."""

    def __init__(self, history: Sequence[Earlier], pack: Pack) -> None:
        self._pack = pack
        self._missing = _starts(history, "missing")
        self._away = _starts(history, "unauthorised_absence")
        self._asked: tuple[datetime, bool] | None = None
        self._answered: tuple[dict[str, int], list[str]] = {}, []

    def counts(self, start: datetime, *, missing: bool) -> tuple[dict[str, int], list[str]]:
        """Episodes in each window of the pack, one that begins at `start` included if its category
        counts; and the words for the limits and tiers that are reached."""
        if self._asked != (start, missing):
            self._asked = start, missing
            self._answered = self._count(start, missing=missing)
        return self._answered

    def _count(self, start: datetime, *, missing: bool) -> tuple[dict[str, int], list[str]]:
        pack, of_missing, of_away = self._pack, self._missing, self._away
        missing_before, away_before = bisect_left(of_missing, start), bisect_left(of_away, start)
        counts: dict[str, int] = {}
        words: list[str] = []
        days = as_missing = as_away = 0
        for window in pack.windows:
            if window.days != days:
                days = window.days
                first = days_from(start, -days, pack.zone)
                as_missing = missing_before - bisect_left(of_missing, first) + missing
                as_away = away_before - bisect_left(of_away, first) + (not missing)
            count = as_missing * window.missing + as_away * window.away
            counts[window.name] = count
            for least, word in window.limits:
                if count >= least:
                    words.append(word)
            for steps in window.tiers:
                for step, word in steps:
                    if count >= step:
                        words.append(word)
                        break
        return counts, words


def _starts(history: Sequence[Earlier], category: Category) -> list[datetime]:
    """When those of this category began (UTC), in order."""
    return sorted(
        [
            earlier.start if earlier.start.tzinfo is UTC else utc(earlier.start)
            for earlier in history
            if earlier.category == category
        ]
    )
