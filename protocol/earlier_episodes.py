"""How many episodes came before, in the windows that a pack counts."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime

from protocol.episode import Earlier, utc
from protocol.facts import Category
from protocol.london import (
    days_from,
)
from protocol.pack import Pack


class History:
    """The earlier episodes of the same young person, to be counted. Asked again with the same
    start, it remembers."""

    def __init__(self, history: Sequence[Earlier], pack: Pack) -> None:
        self._pack = pack
        self._starts: dict[Category, list[datetime]] = {"missing": [], "unauthorised_absence": []}
        for earlier in history:
            start = earlier.start
            self._starts[earlier.category].append(start if start.tzinfo is UTC else utc(start))
        for starts in self._starts.values():
            starts.sort()
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
        of_missing, of_away = self._starts["missing"], self._starts["unauthorised_absence"]
        before = bisect_left(of_missing, start), bisect_left(of_away, start)
        within: dict[int, tuple[int, int]] = {}
        for days in self._pack.window_days:
            first = days_from(start, -days, self._pack.zone)
            within[days] = (
                before[0] - bisect_left(of_missing, first) + missing,
                before[1] - bisect_left(of_away, first) + (not missing),
            )
        counts: dict[str, int] = {}
        words: list[str] = []
        for window in self._pack.windows:
            as_missing, as_away = within[window.days]
            count = as_missing * window.missing + as_away * window.away
            counts[window.name] = count
            for least, word in window.limits:
                if count >= least:
                    words.append(word)
            for steps in window.tiers:
                highest = next((word for step, word in steps if count >= step), None)
                if highest is not None:
                    words.append(highest)
        return counts, words
