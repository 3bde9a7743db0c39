"""History of other systems from a CSV file: all rows, or none with each fault named.

Two forms: the project's own columns, and the table `ssd_missing` of the Standard Safeguarding
Dataset. A date without a time is London midnight, and then the whole row counts as dates alone.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from bot.table_file import NoTable, read_table
from protocol import codes
from protocol.facts import Category
from protocol.london import LONDON
from protocol.provider import Provider

CATEGORIES: dict[str, Category] = {
    "missing": "missing",
    "m": "missing",
    "unauthorised_absence": "unauthorised_absence",
    "absent": "unauthorised_absence",
    "a": "unauthorised_absence",
}
NEEDED = ("person", "home", "category", "start", "returned")
TOLD = ("police_told", "authority_told", "parents_told", "interview_held")
ANSWERS = ("harm", "crime_victim", "crime_suspected", "substance")
LISTS: dict[str, tuple[str, ...]] = {
    "push": get_args(codes.Push),
    "pull": get_args(codes.Pull),
    "exploitation": get_args(codes.Exploitation),
}
INTERVIEW = ("interview_offered", "interview_accepted")
COLUMNS = (
    *NEEDED, "found", *TOLD, *INTERVIEW, "interview_by", *ANSWERS, *LISTS, "found_district",
    "level_peak", "source_id",
)  # fmt: skip
SSD_NEEDED = (
    "miss_table_id",
    "miss_person_id",
    "miss_missing_episode_start_date",
    "miss_missing_episode_type",
    "miss_missing_episode_end_date",
)
SSD_COLUMNS = (*SSD_NEEDED, "miss_missing_rhi_offered", "miss_missing_rhi_accepted")
MAP_COLUMNS = ("miss_person_id", "person", "home")
TIME_FORMS = (
    "31/12/2025, 2025-12-31, either with 18:30 after it (London time), or 2025-12-31T18:30:00+00:00"
)
_DAY = re.compile(r"(?:(\d{1,2})/(\d{1,2})/(\d{4})|(\d{4})-(\d{2})-(\d{2}))")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.0+)?)?")
_SHOWN = 40
_INTERVIEW: dict[str, bool | str] = {
    "y": True, "yes": True, "n": False, "no": False, "na": "not_due",
}  # fmt: skip


class BadHistory(Exception):
    """The file cannot be imported. `problems`: a line each, "FILE:LINE: COLUMN: …"."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


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


class _Row:
    """One row while it is read: cells by column, and the faults found in it."""

    def __init__(self, place: str, cells: Mapping[str, str], now: datetime) -> None:
        self.place, self.cells, self.now = place, cells, now
        self.faults: list[str] = []
        self.dates_alone = False

    def cell(self, column: str) -> str:
        return (self.cells.get(column) or "").strip()

    def fault(self, column: str, says: str) -> None:
        self.faults.append(f"{self.place}: {column}: {says}")

    def refuse(self, column: str, allowed: str) -> None:
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


def read_csv(
    path: Path, provider: Provider, people: Mapping[str, str], now: datetime, *, with_open: bool
) -> list[OldEpisode]:
    """The rows of a file with the project's own columns.

    people: references on the register.  with_open: an episode without a return is allowed. Raises
    BadHistory with every fault; nothing was imported then.
    """
    homes = {home.id for home in provider.homes}

    def one(row: _Row, line: int) -> OldEpisode | None:
        person, home = row.cell("person"), row.cell("home")
        if person not in people:
            row.fault("person", "is not on the register. Import people first, or correct it.")
        if home not in homes:
            row.refuse("home", ", ".join(sorted(homes)))
        category = row.code("category", tuple(CATEGORIES))
        if not row.cell("category"):
            row.refuse("category", ", ".join(CATEGORIES))
        start = row.time("start", dated=True)
        if not row.cell("start"):
            row.refuse("start", TIME_FORMS)
        returned = row.time("returned", dated=True)
        found = row.time("found", dated=True)
        if not row.cell("returned") and not with_open:
            row.fault("returned", "is blank: still away. Allowed with --open only.")
        known: dict[str, Any] = {"located_at": found}
        known |= {column: row.told(column) for column in TOLD}
        for column in INTERVIEW:
            known[column] = row.interview(column, ("y", "n", "na"))
        known["interview_by"] = row.code("interview_by", ("independent", "placement"), ", or blank")
        known |= {column: row.yes_no(column) for column in ANSWERS}
        known |= {column: row.listed(column, allowed) for column, allowed in LISTS.items()}
        district = row.cell("found_district").upper()
        if district and not re.fullmatch(r"[EWSN][0-9]{8}", district):
            row.refuse("found_district", "E, W, S or N and 8 digits, or blank")
        known["found_district"] = district
        level = row.code("level_peak", ("1", "2", "3"), ", or blank")
        known["level_peak"] = int(level) if level else None
        return _episode(
            row, line, person, home, category and CATEGORIES[category], start, returned, known
        )

    return _read(path, NEEDED, COLUMNS, now, one)


def read_ssd(
    path: Path,
    map_path: Path,
    provider: Provider,
    people: Mapping[str, str],
    now: datetime,
    *,
    with_open: bool,
) -> list[OldEpisode]:
    """The rows of a table `ssd_missing`; `map_path` joins its persons with the register. As
    `read_csv`."""
    mapped = _people_map(map_path, provider, people)

    def one(row: _Row, line: int) -> OldEpisode | None:
        known_as = row.cell("miss_person_id")
        person, home = mapped.get(known_as, ("", ""))
        if not person:
            row.fault("miss_person_id", f"is not in {map_path.name}. Add it there.")
        kind = row.cell("miss_missing_episode_type").casefold()
        category = CATEGORIES.get(kind)
        if category is None:
            row.refuse("miss_missing_episode_type", "M, A, Missing, Absent")
        start = _ssd_time(row, "miss_missing_episode_start_date")
        if not row.cell("miss_missing_episode_start_date"):
            row.refuse("miss_missing_episode_start_date", TIME_FORMS)
        end = _ssd_time(row, "miss_missing_episode_end_date")
        if not row.cell("miss_missing_episode_end_date") and not with_open:
            row.fault(
                "miss_missing_episode_end_date", "is blank: still away. Allowed with --open only."
            )
        known: dict[str, Any] = {"located_at": end if category == "missing" else None}
        for column, field in zip(SSD_COLUMNS[-2:], INTERVIEW, strict=True):
            known[field] = row.interview(column, ("y", "n", "na", "yes", "no"))
        return _episode(row, line, person, home, category, start, end, known, "miss_table_id")

    return _read(path, SSD_NEEDED, SSD_COLUMNS, now, one)


def source_key(text: str) -> str:
    """A source's own id as it is kept: recognised again, but not given away."""
    return hashlib.sha256(f"nightlight source\0{text}".encode()).hexdigest()[:32]


def _ssd_time(row: _Row, column: str) -> datetime | None:
    """Its times have midnight where only the date is known."""
    moment = row.time(column, dated=True)
    if moment is not None:
        local = moment.astimezone(LONDON)
        if (local.hour, local.minute, local.second) == (0, 0, 0):
            row.dates_alone = True
    return moment


def _episode(
    row: _Row,
    line: int,
    person: str,
    home: str,
    category: Category | Literal[""] | None,
    start: datetime | None,
    returned: datetime | None,
    known: dict[str, Any],
    id_column: str = "source_id",
) -> OldEpisode | None:
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


def _column(row: _Row, name: str) -> str:
    return name if name in row.cells else "miss_missing_episode_end_date"


def _midnight(moment: Any) -> Any:
    if moment is None:
        return None
    day = moment.astimezone(LONDON)
    return datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)


def _read(
    path: Path,
    needed: Sequence[str],
    columns: Sequence[str],
    now: datetime,
    one: Callable[[_Row, int], OldEpisode | None],
) -> list[OldEpisode]:
    problems: list[str] = []
    found: list[OldEpisode] = []
    rows = _table(path, needed, columns)
    for line, cells in rows:
        row = _Row(f"{path.name}:{line}", cells, now)
        if not cells:
            row.fault("(line)", "has not as many cells as the heading.")
        else:
            episode = one(row, line)
            if episode is not None:
                found.append(episode)
        problems += row.faults
    if problems:
        raise BadHistory(problems)
    return found


def _people_map(
    path: Path, provider: Provider, people: Mapping[str, str]
) -> dict[str, tuple[str, str]]:
    homes = {home.id for home in provider.homes}
    mapped: dict[str, tuple[str, str]] = {}
    problems: list[str] = []
    for line, cells in _table(path, MAP_COLUMNS, MAP_COLUMNS):
        known_as, person, home = ((cells.get(c) or "").strip() for c in MAP_COLUMNS)
        place = f"{path.name}:{line}"
        if not known_as or known_as in mapped:
            problems.append(f"{place}: miss_person_id: is blank or stands twice.")
        if person not in people:
            problems.append(f"{place}: person: is not on the register. Import people first.")
        if home not in homes:
            problems.append(f"{place}: home: is no home. Allowed: {', '.join(sorted(homes))}.")
        mapped[known_as] = (person, home)
    if problems:
        raise BadHistory(problems)
    return mapped


def _table(
    path: Path, needed: Sequence[str], columns: Sequence[str]
) -> list[tuple[int, dict[str, str]]]:
    """The rows with their line, after the heading was found good."""
    try:
        heading, *rows = read_table(path)
    except NoTable as error:
        raise BadHistory([str(one) for one in error.mistakes]) from None
    names = heading.cells
    while names and not names[-1] and not any(any(row.cells[len(names) - 1 :]) for row in rows):
        names = names[:-1]
    at = f"{path.name}:{heading.line}"
    problems = [
        f"{at}: {c}: is missing. Needed columns: {', '.join(needed)}."
        for c in needed
        if c not in names
    ]
    problems += [
        f"{at}: {c or '(blank)'}: is no column. Allowed: {', '.join(columns)}."
        for c in names
        if c not in columns
    ]
    problems += [f"{at}: {c}: stands twice." for c in sorted({*names}) if names.count(c) > 1]
    if problems:
        raise BadHistory(problems)
    return [(row.line, _by_column(names, row.cells)) for row in rows]


def _by_column(names: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    """The cells by column; empty if there are not as many as columns."""
    if len(cells) < len(names) or any(cells[len(names) :]):
        return {}
    return dict(zip(names, cells, strict=False))
