"""One row of a history file: its cells read one by one, each fault named with its column."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Literal, get_args

import msgspec

from protocol import codes
from protocol.facts import Category
from protocol.london import LONDON

CATEGORIES: dict[str, Category] = {
    "missing": "missing",
    "m": "missing",
    "unauthorised_absence": "unauthorised_absence",
    "absent": "unauthorised_absence",
    "a": "unauthorised_absence",
}
ANSWERS = ("harm", "crime_victim", "crime_suspected", "substance")
LISTS: dict[str, tuple[str, ...]] = {
    "push": get_args(codes.Push),
    "pull": get_args(codes.Pull),
    "exploitation": get_args(codes.Exploitation),
}
INTERVIEW = ("interview_offered", "interview_accepted")
TIME_FORMS = (
    "31/12/2025, 2025-12-31, either with 18:30 after it (London time), or 2025-12-31T18:30:00+00:00"
)
_DAY = re.compile(r"(?:(\d{1,2})/(\d{1,2})/(\d{4})|(\d{4})-(\d{2})-(\d{2}))")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.0+)?)?")
_SHOWN = 40
_INTERVIEW: dict[str, bool | str] = {
    "y": True, "yes": True, "n": False, "no": False, "na": "not_due",
}  # fmt: skip


class OldEpisode(msgspec.Struct, frozen=True, kw_only=True):
    """One episode of the history; times in UTC. `returned_at` None: still away."""

    line: int
    person: str
    home: str
    category: Category
    start: datetime
    returned_at: datetime | None
    known: dict[str, Any]
    """The other fields of the `Imported` fact."""
    source: str = ""


class Row:
    """One row while it is read: cells by column, and the faults found in it."""

    def __init__(self, place: str, cells: Mapping[str, str], now: datetime) -> None:
        self.place, self.cells, self.now = place, cells, now
        self.faults: list[str] = []
        self.dates_alone = False

    def cell(self, column: str) -> str:
        """The text of a cell; "" for none."""
        return (self.cells.get(column) or "").strip()

    def fault(self, column: str, says: str) -> None:
        """Keeps what is wrong with a cell."""
        self.faults.append(f"{self.place}: {column}: {says}")

    def refuse(self, column: str, allowed: str) -> None:
        """Keeps that a cell holds a value that is not allowed, and what is."""
        value = self.cell(column)
        shown = "this value" if len(value) > _SHOWN or not value.isprintable() else repr(value)
        self.fault(column, f"{shown} is not allowed. Allowed: {allowed}.")

    def code(self, column: str, allowed: Sequence[str], blank: str = "") -> str | None:
        """One of these words in any case; None if blank or refused."""
        value = self.cell(column).casefold()
        if not value:
            return None
        if value in allowed:
            return value
        self.refuse(column, f"{', '.join(allowed)}{blank}")
        return None

    def yes_no(self, column: str) -> bool | None:
        """Yes, no, or None for blank."""
        found = self.code(column, ("y", "n"), ", or blank")
        return None if found is None else found == "y"

    def interview(self, column: str, allowed: Sequence[str]) -> bool | str | None:
        """NA: an interview was not due."""
        answer = self.code(column, allowed, ", or blank")
        return None if answer is None else _INTERVIEW[answer]

    def listed(self, column: str, allowed: Sequence[str]) -> tuple[str, ...] | None:
        """Codes separated by ;, () for none, None for blank."""
        value = self.cell(column).casefold()
        if not value:
            return None
        if value == "none":
            return ()
        found = tuple(dict.fromkeys(part.strip() for part in value.split(";")))
        if not set(found) <= set(allowed):
            self.refuse(column, f"{', '.join(allowed)}, several separated by ;, none, or blank")
            return None
        return found

    def time(self, column: str, extra: str = "", *, dated: bool = False) -> datetime | None:
        """A moment (UTC); None if it is blank or refused. dated: one of the times of the episode:
        a date alone makes the whole row one of dates."""
        value = self.cell(column)
        if not value:
            return None
        try:
            moment, whole_day = read_time(value)
        except ValueError as error:
            why = str(error)
            if why:
                self.fault(column, why)
            else:
                self.refuse(column, f"{TIME_FORMS}{extra}")
            return None
        if moment > self.now:
            self.fault(column, f"{value!r} lies in the future.")
            return None
        self.dates_alone = self.dates_alone or (whole_day and dated)
        return moment

    def told(self, column: str) -> datetime | bool | None:
        """When somebody was told; False for "no", None for blank."""
        if self.cell(column).casefold() == "no":
            return False
        return self.time(column, ", no, or blank")


def read_time(text: str, *, midnight_is_a_date: bool = False) -> tuple[datetime, bool]:
    """A moment in UTC, and whether it is a date alone. ValueError: with a sentence where the text
    is a time that clocks do not show, or show twice; else without one."""
    if "T" in text and re.search(r"(Z|[+-]\d{2}:?\d{2})$", text):
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError from None
        if not 1900 < moment.year < 2200:
            raise ValueError
        return moment.astimezone(UTC).replace(microsecond=0), False
    day, _, clock = text.replace("T", " ").partition(" ")
    found = _DAY.fullmatch(day)
    if found is None:
        raise ValueError
    d, m, y, iso_y, iso_m, iso_d = found.groups()
    try:
        on = date(int(y or iso_y), int(m or iso_m), int(d or iso_d))
    except ValueError:
        raise ValueError from None
    if not 1900 < on.year < 2200:
        raise ValueError
    hour = minute = second = 0
    if clock.strip():
        shown = _CLOCK.fullmatch(clock.strip())
        if shown is None:
            raise ValueError
        hour, minute, second = (int(part or 0) for part in shown.groups())
    local = datetime(on.year, on.month, on.day, hour, minute, second, tzinfo=LONDON)
    if local.astimezone(UTC).astimezone(LONDON).replace(fold=0) != local.replace(fold=0):
        raise ValueError(f"{text!r} does not exist: the clocks went forward. Give the right hour.")
    alone = not clock.strip() or (midnight_is_a_date and (hour, minute, second) == (0, 0, 0))
    if not alone and local.utcoffset() != local.replace(fold=1).utcoffset():
        raise ValueError(
            f"{text!r} comes twice: the clocks went back. Give it with an offset, such as "
            "2025-10-26T01:30:00+01:00."
        )
    return local.astimezone(UTC), alone


def source_key(text: str) -> str:
    """A source's own id as it is kept: recognised again, but not given away."""
    return hashlib.sha256(f"nightlight source\0{text}".encode()).hexdigest()[:32]


def ssd_time(row: Row, column: str) -> datetime | None:
    """Its times have midnight where only the date is known."""
    moment = row.time(column, dated=True)
    if moment is not None:
        local = moment.astimezone(LONDON)
        if (local.hour, local.minute, local.second) == (0, 0, 0):
            row.dates_alone = True
    return moment


def episode(
    row: Row,
    line: int,
    person: str,
    home: str,
    category: Category | Literal[""] | None,
    start: datetime | None,
    returned: datetime | None,
    known: dict[str, Any],
    id_column: str = "source_id",
) -> OldEpisode | None:
    """The episode of a row whose cells were read; None where something in it is wrong."""
    found = known["located_at"]
    if row.dates_alone:
        start, returned, found = (_midnight(x) for x in (start, returned, found))
    if start is not None:
        if found is not None and found < start:
            row.fault(_column(row, "found"), "is before the start.")
        if returned is not None and returned < start:
            row.fault(_column(row, "returned"), "is before the start.")
    if found is not None and returned is not None and found > returned:
        row.fault(_column(row, "found"), "is after the return.")
    held = known.get("interview_held")
    if isinstance(held, datetime) and start is not None and _midnight(held) < _midnight(start):
        row.fault("interview_held", "is before the start.")
    if row.faults or not category or start is None:
        return None
    source = row.cell(id_column)
    precision = "day" if row.dates_alone else "minute"
    return OldEpisode(
        line=line,
        person=person,
        home=home,
        category=category,
        start=start,
        returned_at=returned,
        known={**known, "located_at": found, "precision": precision},
        source=source_key(source) if source else "",
    )


def _column(row: Row, name: str) -> str:
    return name if name in row.cells else "miss_missing_episode_end_date"


def _midnight(moment: Any) -> Any:
    if moment is None:
        return None
    day = moment.astimezone(LONDON)
    return datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)
