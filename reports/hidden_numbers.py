"""Counts that add up to each other, and which of them must be hidden with the small ones."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from typing import NamedTuple, TypeAlias

BELOW = 5
"""The setting `suppress_below`: common practice; whoever is responsible for the data decides."""
Path: TypeAlias = tuple[str | int, ...]


class Sum(NamedTuple):
    """Numbers that add up to another (None: to one that everybody may know)."""

    parts: tuple[Path, ...]
    total: Path | None = None


class Sheet:
    """The counts of a report by their place, what is hidden, and which add up to which."""

    def __init__(self) -> None:
        self.numbers: dict[Path, int] = {}
        self.hidden: set[Path] = set()
        self.sums: list[Sum] = []
        """Those that every suppression must hold; looked at first."""
        self.further: list[Sum] = []
        """Those that the parts of one entry make with each other."""

    def add(self, path: Path, number: int) -> None:
        """Counts a number; a small one is hidden."""
        self.numbers[path] = number
        if 0 < number < BELOW:
            self.hidden.add(path)

    def settle(self) -> None:
        """Hide more until nothing that is hidden can be worked out."""
        while self._hide_in(self.sums):
            pass
        while self._hide_in(self.sums) or self._hide_in(self.further) or self._hide_told():
            pass

    def _hide_in(self, sums: Iterable[Sum]) -> bool:
        changed = False
        for parts, total in sums:
            while self._worked_out(parts, total):
                more = self._next(parts, total)
                if more is None:
                    break
                self.hidden.add(more)
                changed = True
        return changed

    def _worked_out(self, parts: tuple[Path, ...], total: Path | None) -> bool:
        """Whether the hidden of `parts` can be told, or a hidden total from parts all shown."""
        hidden = [self.numbers[path] for path in parts if path in self.hidden]
        if not hidden:
            return total in self.hidden and any(self.numbers[path] for path in parts)
        added, number = sum(hidden), len(hidden)
        return number == 1 or added in (number, (BELOW - 1) * number)

    def _hide_told(self) -> bool:
        """Hide beside a small number that all sums together still tell."""
        told = self._told()
        for sums in (self.sums, self.further):
            for parts, total in sums:
                if told.isdisjoint(parts):
                    continue
                more = self._next(parts, total)
                if more is not None:
                    self.hidden.add(more)
                    return True
        return False

    def _told(self) -> set[Path]:
        """Small numbers of which only one value is possible, for who knows all sums.

        A hidden "<5" can be 1 to 4, a hidden "*" anything from 5, or also 0 if it is of a share.
        """
        least: dict[Path, float] = {}
        most: dict[Path, float] = {}
        for path in self.hidden:
            number = self.numbers[path]
            small = 0 < number < BELOW
            least[path] = 1 if small else BELOW if number else 0
            most[path] = BELOW - 1 if small else inf
        changed = True
        while changed:
            changed = False
            for parts, total in (*self.sums, *self.further):
                unknown = [path for path in parts if path in self.hidden]
                if total in self.hidden:
                    changed |= self._narrow_total(parts, total, least, most)
                    continue
                rest = sum(self.numbers[path] for path in unknown)
                low, high = sum(least[x] for x in unknown), sum(most[x] for x in unknown)
                for path in unknown:
                    up = rest - (low - least[path])
                    down = rest - (high - most[path]) if high - most[path] < inf else 0
                    if up < most[path]:
                        high += up - most[path] if most[path] < inf else 0
                        most[path], changed = up, True
                        if high == inf:
                            high = sum(most[x] for x in unknown)
                    if down > least[path]:
                        low += down - least[path]
                        least[path], changed = down, True
        return {
            path
            for path in self.hidden
            if 0 < self.numbers[path] < BELOW and least[path] == most[path]
        }

    def _narrow_total(
        self,
        parts: tuple[Path, ...],
        total: Path,
        least: dict[Path, float],
        most: dict[Path, float],
    ) -> bool:
        """A hidden total lies between what its parts can come to."""
        low = sum(least.get(path, self.numbers[path]) for path in parts)
        high = sum(most.get(path, self.numbers[path]) for path in parts)
        changed = low > least[total] or high < most[total]
        least[total], most[total] = max(low, least[total]), min(high, most[total])
        return changed

    def _next(self, parts: tuple[Path, ...], total: Path | None) -> Path | None:
        """The smallest that is not hidden yet and not 0; if none is left, the total."""
        shown = [path for path in parts if path not in self.hidden and self.numbers[path] > 0]
        if shown:
            return min(shown, key=self.numbers.__getitem__)
        if total is not None and total not in self.hidden and self.numbers[total] > 0:
            return total
        return None
