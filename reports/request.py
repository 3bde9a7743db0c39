"""What somebody asks of a report."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from reports.cases import Cases
from reports.periods import Period


class PersonOnFile(NamedTuple):
    """A child as the return knows it: number, date of birth, the day on which care ceased."""

    number: str
    born: date | None
    ceased: date | None


class Request(NamedTuple):
    """cases: all episodes, of any period. authority, partners: codes.

    people: by child key, for the files that need a number. context: counts of placed children.
    """

    cases: Cases
    period: Period
    authority: str | None = None
    partners: frozenset[str] = frozenset()
    people: Mapping[str, PersonOnFile] | None = None
    context: Mapping[str, Any] | None = None

    @property
    def selected(self) -> Cases:
        """Episodes that start in the period."""
        return self.cases.within(self.period)
