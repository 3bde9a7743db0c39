"""The register of young people from a table: all rows, or none with every mistake named."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, get_args

import msgspec

from bot.table_file import NoTable, Row, read_table
from handlers.wording.report import FACTOR_LABELS
from protocol import codes
from protocol.facts import Answer, Child
from protocol.mistakes import Mistake, Mistaken, allowed, nearest, shown
from protocol.provider import Home, Provider
from protocol.references import look_alike, reference_problem
from storage.model import Person

NEEDED = ("reference", "home", "date_of_birth")
OPTIONAL = (
    "name",
    "looked_after_by",
    "placed_in",
    "historical_concerns",
    "left_on",
    "care_ceased",
    "flags",
    "district",
)
CODED: dict[str, tuple[str, ...]] = {
    "sex": get_args(codes.Sex),
    "ethnicity": get_args(codes.Ethnicity),
    "legal_status": get_args(codes.LegalStatus),
    "placement": get_args(codes.Placement),
    "sector": get_args(codes.Sector),
    "distance": get_args(codes.Distance),
}
"""Columns for figures: empty means that it is not known."""
COLUMNS = (*NEEDED, *OPTIONAL, *CODED)
SYNONYMS = {
    "reference": "ref id reference_number reference_no young_person yp yp_ref child_id initials_id",
    "home": "home_id house unit childrens_home placement_home placed_at",
    "date_of_birth": "dob d_o_b birth_date birthdate date_born born birthday",
    "name": "full_name child_name childs_name young_persons_name",
    "looked_after_by": "placing_authority responsible_authority local_authority la authority",
    "placed_in": "host_authority placement_authority area placed_in_area",
    "historical_concerns": "concerns historic_concerns previous_concerns past_concerns",
    "left_on": "left leaving_date date_left left_date end_date date_of_leaving discharged",
    "care_ceased": "dec date_episode_ceased care_ended date_care_ceased care_ended_on",
    "flags": "flag risks risk_flags risk factors",
}
"""What columns are called elsewhere."""
FLAGS = tuple(f for f in FACTOR_LABELS if f != "abducted") + ("allocated_worker",)
CONCERNS: dict[str, Answer] = {
    **dict.fromkeys(("yes", "y", "true", "1"), True),
    **dict.fromkeys(("no", "n", "false", "0"), False),
    **dict.fromkeys(("unknown", "not known", "don't know", "dont know", "?", ""), "unknown"),
}
OLDEST = 26
"""Years: nobody older is a young person."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TIME_AFTER = re.compile(r"[T ]\d{1,2}:\d{2}(:\d{2})?(\.\d+)?$")
DATE_ALLOWED = "Allowed: 31/12/2011 or 2011-12-31."


class BadRegister(Mistaken):
    """The file cannot be imported. The mistakes have line and column."""


def read(path: Path, service: Provider, today: date) -> list[Person]:
    """The rows as people. Raises BadRegister with every mistake found; nothing was imported then.

    today: the London day, by which ages are checked.
    """
    try:
        table = read_table(path)
    except NoTable as error:
        raise BadRegister(error.mistakes) from None
    return of_table(path.name, table, service, today)


def of_table(name: str, table: Sequence[Row], service: Provider, today: date) -> list[Person]:
    """The same of a table whose first row is the heading. Raises BadRegister."""
    columns = _columns(name, table)
    rows = table[1:]
    reader = _Reader(name, service, today)
    people = [reader.person(row, columns) for row in rows]
    if not rows:
        reader.mistakes.append(
            Mistake(file=name, what="has no rows", remedy="One row for each young person.")
        )
    if reader.mistakes:
        raise BadRegister(reader.mistakes)
    return people


def questions(people: Sequence[Person], present: Mapping[str, Person]) -> list[Mistake]:
    """What may be right or a mistake: the same name and date of birth under two references.

    present: the register as it is, by reference.
    """
    found = []
    known = {(_plain(p.name), p.child.dob): p.ref for p in present.values() if p.name}
    for person in people:
        same = known.setdefault((_plain(person.name), person.child.dob), person.ref)
        if person.name and same != person.ref:
            found.append(
                Mistake(
                    place=("name",),
                    what=f"{person.ref} and {same} have the same name and date of birth",
                    remedy="Is it one young person? Then keep one reference.",
                    severity="warning",
                )
            )
    return found


def keeping(people: Sequence[Person], present: Mapping[str, Person]) -> list[Person]:
    """The same people with what the register keeps of them and no table has: their profile."""
    return [
        msgspec.structs.replace(person, profile=present[person.ref].profile)
        if person.ref in present
        else person
        for person in people
    ]


def taken(people: Sequence[Person], present: Mapping[str, Person]) -> list[Mistake]:
    """References that could be mixed up with another one of the register as it is."""
    known = {look_alike(ref): ref for ref in present}
    return [
        Mistake(
            place=("reference",),
            what=f"{person.ref!r} looks like {known[look_alike(person.ref)]!r} of the register",
            remedy="Write it as it is there, or choose another.",
        )
        for person in people
        if known.get(look_alike(person.ref), person.ref) != person.ref
    ]


def _columns(name: str, table: Sequence[Row]) -> list[str]:
    """What each column is, "" for one that is wholly empty. Raises BadRegister."""
    heading = table[0]
    known = {column: column for column in COLUMNS}
    known |= {word: column for column, words in SYNONYMS.items() for word in words.split()}
    wrong: list[Mistake] = []
    columns: list[str] = []

    def complain(what: str, remedy: str) -> None:
        wrong.append(Mistake(file=name, line=heading.line, what=what, remedy=remedy))

    for position, cell in enumerate(heading.cells):
        plain = _plain(cell)
        column = known.get(plain, "")
        used = any(len(row.cells) > position and row.cells[position] for row in table[1:])
        if not cell and used:
            what = f"column {position + 1} has cells and no heading"
            complain(what, "Give it one, or empty it.")
        elif cell and not column:
            complain(f"unknown column {shown(cell)}", allowed(COLUMNS, plain))
        elif column in columns and column:
            complain(f"column {column!r} stands twice ({cell!r} means it, too)", "Keep one.")
        columns.append(column)
    for column in NEEDED:
        if column not in columns:
            complain(f"column {column!r} is missing", f"Needed: {', '.join(NEEDED)}.")
    if wrong:
        raise BadRegister(wrong)
    return columns


def _plain(text: str) -> str:
    """For comparing: "Date of Birth" and "date_of_birth" are the same."""
    return "_".join(re.findall(r"[^\W_]+", text.casefold().replace("'", "").replace("’", "")))


class _Reader:
    """One row after the other, with what is wrong in them."""

    def __init__(self, file: str, service: Provider, today: date) -> None:
        self.mistakes: list[Mistake] = []
        self._file = file
        self._service = service
        self._today = today
        self._seen: dict[str, tuple[str, int]] = {}
        self._words = [
            word
            for home in service.homes
            for word in (home.id, home.name, home.prefix, home.authority)
        ]
        self._line = 0
        self._cells: dict[str, str] = {}

    def person(self, row: Row, columns: Sequence[str]) -> Person:
        """The row as a young person; what is wrong is in `mistakes`."""
        self._line = row.line
        self._cells = dict(zip(columns, row.cells, strict=False))
        if any(row.cells[len(columns) :]):
            remedy = "Put quotes around a cell that holds the sign between columns."
            self._wrong("", "has more cells than the heading has columns", remedy)
        dob = self._date("date_of_birth")
        ref = self._reference(dob)
        home = self._home()
        looked_after_by = self._authority("looked_after_by")
        placed_in = self._authority("placed_in") or (home.authority if home else "")
        left_on = self._later("left_on", dob)
        care_ceased = self._later("care_ceased", dob)
        ticked: dict[str, Any] = dict.fromkeys(self._flags(), True)
        coded: dict[str, Any] = {name: self._code(name, values) for name, values in CODED.items()}
        child = Child(
            dob=dob,
            looked_after=bool(looked_after_by),
            responsible_la=looked_after_by or None,
            placement_la=placed_in or None,
            historical_concerns=self._concerns(),
            in_childrens_home=bool(home and home.childrens_home),
            district=self._district(),
            **coded,
            **ticked,
        )
        name = self._cells.get("name", "")
        if len(name) > 80 or not name.isprintable():
            self._wrong("name", f"{shown(name)} is not allowed", "Allowed: at most 80 characters.")
        return Person(
            ref=ref,
            home=home.id if home else "",
            child=child,
            name=name,
            left_on=left_on,
            care_ceased=care_ceased,
        )

    def _later(self, column: str, dob: date | None) -> date | None:
        """A day after the date of birth, if there is one."""
        found = self._date(column) if self._cells.get(column) else None
        if dob and found and found < dob:
            what = f"{found.isoformat()} is before the date of birth"
            self._wrong(column, what, "Check both dates.")
        return found

    def _wrong(self, column: str, what: str, remedy: str) -> None:
        place = (column,) if column else ()
        self.mistakes.append(
            Mistake(file=self._file, line=self._line, place=place, what=what, remedy=remedy)
        )

    def _reference(self, dob: date | None) -> str:
        ref = self._cells.get("reference", "")
        name = self._cells.get("name", "")
        what, remedy = reference_problem(ref, name=name, born=dob, words=self._words)
        if what:
            self._wrong("reference", what, remedy)
            return ref
        first, line = self._seen.setdefault(look_alike(ref), (ref, self._line))
        if line != self._line and first == ref:
            self._wrong("reference", f"{ref!r} stands in line {line} already", "One row for each.")
        elif line != self._line:
            what = f"{ref!r} looks like {first!r} in line {line}"
            self._wrong("reference", what, "Choose one that cannot be mixed up with it.")
        return ref

    def _home(self) -> Home | None:
        """By its id, or by its name as people write it."""
        given = self._cells.get("home", "")
        homes = self._service.homes
        for home in homes:
            if _plain(given) in (_plain(home.id), _plain(home.name)) and given:
                return home
        meant = nearest(given, [home.name for home in homes])
        near = next((home.id for home in homes if home.name == meant), given)
        self._wrong("home", f"{shown(given)} is no home", allowed([h.id for h in homes], near))
        return None

    def _authority(self, column: str) -> str:
        """As the configuration writes it."""
        given = self._cells.get(column, "")
        names = [authority.name for authority in self._service.authorities]
        if not given or not names:
            return given
        for name in names:
            if _plain(name) == _plain(given):
                return name
        remedy = allowed(sorted(names), given).removesuffix(".") + ", or empty."
        self._wrong(column, f"{shown(given)} is no authority", remedy)
        return given

    def _flags(self) -> list[str]:
        given = re.split(r"[;,|\s]+", self._cells.get("flags", "").casefold())
        found = [flag for flag in given if flag]
        for flag in found:
            if flag not in FLAGS:
                self._wrong("flags", f"{shown(flag)} is not allowed", allowed(FLAGS, flag))
        return [flag for flag in found if flag in FLAGS]

    def _concerns(self) -> Answer:
        given = self._cells.get("historical_concerns", "")
        plain = given.casefold().replace("’", "'")
        if plain not in CONCERNS:
            self._wrong(
                "historical_concerns",
                f"{shown(given)} is not allowed",
                "Allowed: yes, no, unknown.",
            )
        return CONCERNS.get(plain, "unknown")

    def _code(self, column: str, values: Iterable[str]) -> str:
        given = self._cells.get(column, "").casefold() or "unknown"
        if given not in values:
            remedy = allowed(values, given).removesuffix(".") + ", or empty."
            self._wrong(column, f"{shown(given)} is not allowed", remedy)
        return given

    def _district(self) -> str:
        district = self._cells.get("district", "").upper()
        if district and not re.fullmatch(r"[EWSN][0-9]{8}", district):
            remedy = "Allowed: E, W, S or N and 8 digits, or empty."
            self._wrong("district", f"{shown(district)} is no code", remedy)
        return district

    def _date(self, column: str) -> date | None:
        given = self._cells.get(column, "")
        found = _read_date(given)
        if isinstance(found, tuple):
            self._wrong(column, *found)
            return None
        if column == "date_of_birth" and not 0 <= (self._today - found).days < OLDEST * 366:
            what = f"{shown(given)} makes nobody a young person today"
            self._wrong(column, what, "Check the year.")
        elif not 2000 <= found.year <= 2100 and column != "date_of_birth":
            self._wrong(column, f"{shown(given)} is not allowed", "Check the year.")
        return found


def _read_date(given: str) -> date | tuple[str, str]:
    """The day; or what is wrong with it, and what to do. Day before month, as in England."""
    text = _TIME_AFTER.sub("", given.strip())
    what = f"{shown(given)} is not a date"
    if not text:
        return "is empty", f"Every row needs it. {DATE_ALLOWED}"
    if re.fullmatch(r"\d{5}(\.\d+)?", text):
        return what, f"It is a spreadsheet's number for one: format the column. {DATE_ALLOWED}"
    parts = [part for part in re.split(r"[\s/.,-]+", text) if part]
    if len(parts) != 3:
        return what, DATE_ALLOWED
    if re.fullmatch(r"\d{4}", parts[0]):
        parts.reverse()
    day, month, year = parts
    if re.fullmatch(r"[’']?\d{2}", year):
        return f"{shown(given)} has a year of two digits", f"Write all four. {DATE_ALLOWED}"
    if month[:3].casefold() in _MONTHS and month.isalpha():
        month = str(_MONTHS.index(month[:3].casefold()) + 1)
    day = re.sub(r"(?<=\d)(st|nd|rd|th)$", "", day)
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        if month.isdigit() and day.isdigit() and int(month) > 12 >= int(day):
            return what, f"The day stands before the month. {DATE_ALLOWED}"
        return what, DATE_ALLOWED
