"""Episodes as figures see them: a row with what follows from it, and the selections of a report."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from functools import cached_property
from operator import attrgetter
from typing import NamedTuple

import msgspec

from reports.periods import Period, london_day
from reports.rows import Answer, Category, Row

HOUR = timedelta(hours=1)


class Span(NamedTuple):
    """A stretch of an episode in one category; `end` None while it lasts.

    `by_finding`: it began because the young person was found, not by a change of category.
    """

    start: datetime
    end: datetime | None
    category: Category
    by_finding: bool = False


def spans(row: Row) -> list[Span]:
    """The episode cut at each change: from located on it is no longer missing, until returned."""
    cuts: list[tuple[datetime, Category, bool]] = []
    located, returned = row.located, row.returned
    for number, phase in enumerate(row.phases):
        if number and located is not None and phase.since >= located and returned != located:
            break
        if not cuts or cuts[-1][1] != phase.category:
            cuts.append((phase.since, phase.category, False))
    if located is not None and returned != located and cuts[-1][1] == "missing":
        cuts.append((located, "unauthorised_absence", True))
    ends = [start for start, _, _ in cuts[1:]]
    return [
        Span(start, end, category, found)
        for (start, category, found), end in zip(cuts, [*ends, returned], strict=True)
    ]


class Case(msgspec.Struct, gc=False, eq=False):
    """A row with what most figures ask of it.

    child: service and child as one text, which sorts like the two. day: London date of the start.
    found: the earlier of located and returned.
    """

    row: Row
    child: str
    day: date
    found: datetime | None
    _length: tuple[timedelta, bool] | None = None

    @property
    def lasted(self) -> tuple[timedelta, bool]:
        """How long missing, or away for an unauthorised absence, an open one until `as_of`;
        and whether it goes on."""
        if self._length is None:
            self._length = _length(self.row)
        return self._length

    def over(self, hours: int) -> Answer:
        """Whether it lasted longer than `hours` elapsed hours; "unknown" while it may yet."""
        if self.row.precision == "day":
            return "unknown"
        length, goes_on = self._length or self.lasted
        if length > hours * HOUR:
            return True
        return "unknown" if goes_on else False


class Cases(list[Case]):
    """A selection, by start, then service and episode. It is not changed once it is made."""

    def where(self, wanted: Callable[[Row], object]) -> Cases:
        """Those whose row fits."""
        return Cases([case for case in self if wanted(case.row)])

    @cached_property
    def rows(self) -> list[Row]:
        """The row of each case."""
        return [case.row for case in self]

    @cached_property
    def children(self) -> list[str]:
        """The child of each case."""
        return [case.child for case in self]

    @cached_property
    def numbers(self) -> Counter[str]:
        """How many episodes each child has in the selection."""
        return Counter(self.children)

    def within(self, period: Period) -> Cases:
        """Those that begin in this period."""
        first = bisect_left(self, period.first, key=_day)
        return Cases(self[first : bisect_right(self, period.last, key=_day)])


def named(child: str) -> dict[str, str]:
    """The child of a case as it stands in a list."""
    service, _, key = child.partition(" ")
    return {"service": service, "child": key}


def _day(case: Case) -> date:
    return case.day


def cases(rows: Iterable[Row]) -> Cases:
    """Every row as a case, in order."""
    children: dict[str, str] = {}
    made = []
    ordered = list(rows)
    for name in ("episode", "service", "start"):  # three quick sorts; each keeps the one before
        ordered.sort(key=attrgetter(name))
    for row in ordered:
        child = f"{row.service} {row.child}"
        made.append(
            Case(
                row,
                children.setdefault(child, child),
                london_day(row.start),
                row.located if row.located is not None else row.returned,
            )
        )
    return Cases(made)


def still_missing(found: Cases, period: Period) -> Cases:
    """Those that a missing span covers at the end of the period, whenever they started."""
    end = period.end
    return Cases([case for case in found if case.row.start < end and _missing_at(case.row, end)])


def _missing_at(row: Row, moment: datetime) -> bool:
    if row.category != "missing":
        return False
    found = row.located if row.located is not None else row.returned
    if found is not None and found < moment:
        return False
    return any(
        span.category == "missing"
        and span.start < moment
        and (span.end is None or span.end >= moment)
        for span in spans(row)
    )


def _length(row: Row) -> tuple[timedelta, bool]:
    if len(row.phases) == 1:
        end = row.returned
        if row.category == "missing" and row.located is not None:
            end = row.located
        return (end or row.as_of) - row.start, end is None
    wanted = [span for span in spans(row) if span.category == row.category]
    lasted = sum(((span.end or row.as_of) - span.start for span in wanted), timedelta())
    return lasted, wanted[-1].end is None
