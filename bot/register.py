"""The register of young people from a CSV file: all rows, or none with the faults named."""

from __future__ import annotations

import asyncio
import csv
import re
import sys
from datetime import date
from pathlib import Path
from typing import Any, get_args

from bot.assembly import open_alone
from bot.config import Config, ConfigError, load
from handlers.wording.report import FACTOR_LABELS
from protocol import codes
from protocol.facts import Answer, Child
from protocol.provider import Provider
from reminders.clock import SystemClock
from storage.model import Person
from storage.store import StoreError

NEEDED = ("reference", "home", "date_of_birth")
OPTIONAL = (
    "name",
    "looked_after_by",
    "placed_in",
    "historical_concerns",
    "left_on",
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
FLAGS = tuple(f for f in FACTOR_LABELS if f != "abducted") + ("allocated_worker",)
LONGEST_REFERENCE = 16


class BadRegister(Exception):
    """The file cannot be imported. `problems`: one line each, with line and column."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read(path: Path, service: Provider, today: date) -> list[Person]:
    """The rows as people. Raises BadRegister with every fault found; nothing was imported then."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            columns = [(c or "").strip() for c in table.fieldnames or ()]
            table.fieldnames = columns
            _check_columns(path.name, columns)
            rows = [(table.line_num, row) for row in table]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadRegister([f"{path.name}: cannot be read: {error}."]) from None
    problems: list[str] = []
    people: list[Person] = []
    seen: dict[str, int] = {}
    for line, row in rows:
        faults: list[str] = []
        person = _person(row, service, today, faults)
        if person.ref in seen:
            faults.append(f"reference: {person.ref!r} stands in line {seen[person.ref]} already.")
        seen.setdefault(person.ref, line)
        problems += [f"{path.name}:{line}: {fault}" for fault in faults]
        people.append(person)
    if not rows:
        problems.append(f"{path.name}: has no rows.")
    if problems:
        raise BadRegister(problems)
    return people


def _check_columns(name: str, columns: list[str]) -> None:
    allowed = ", ".join(COLUMNS)
    problems = [f"{name}:1: column {c!r} is missing." for c in NEEDED if c not in columns]
    problems += [
        f"{name}:1: unknown column {c!r}. Allowed: {allowed}." for c in columns if c not in COLUMNS
    ]
    problems += [
        f"{name}:1: column {c!r} stands twice." for c in {*columns} if columns.count(c) > 1
    ]
    if problems:
        raise BadRegister(problems)


def _person(row: dict[str, str], service: Provider, today: date, faults: list[str]) -> Person:
    def cell(column: str) -> str:
        return (row.get(column) or "").strip()

    if None in row:
        faults.append("has more cells than the heading has columns.")
    ref = cell("reference")
    if not ref or len(ref) > LONGEST_REFERENCE or ":" in ref or not ref.isprintable():
        faults.append(
            f"reference: {ref!r} is not allowed. 1 to {LONGEST_REFERENCE} characters, no colon, "
            "no name."
        )
    home = service.home(cell("home"))
    if home is None:
        homes = ", ".join(h.id for h in service.homes)
        faults.append(f"home: {cell('home')!r} is no home. Allowed: {homes}.")
    authorities = {a.name for a in service.authorities}
    for column in ("looked_after_by", "placed_in"):
        if cell(column) and authorities and cell(column) not in authorities:
            faults.append(
                f"{column}: {cell(column)!r} is no authority. Allowed: "
                f"{', '.join(sorted(authorities))}, or empty."
            )
    flags = cell("flags").replace(";", " ").split()
    faults += [
        f"flags: {flag!r} is not allowed. Allowed: {', '.join(FLAGS)}."
        for flag in flags
        if flag not in FLAGS
    ]
    concerns = cell("historical_concerns").casefold() or "unknown"
    answers: dict[str, Answer] = {"yes": True, "no": False, "unknown": "unknown"}
    if concerns not in answers:
        faults.append(
            f"historical_concerns: {concerns!r} is not allowed. Allowed: yes, no, unknown."
        )
    coded: dict[str, Any] = {name: cell(name).casefold() or "unknown" for name in CODED}
    faults += [
        f"{name}: {value!r} is not allowed. Allowed: {', '.join(CODED[name])}, or empty."
        for name, value in coded.items()
        if value not in CODED[name]
    ]
    district = cell("district").upper()
    if district and not re.fullmatch(r"[EWSN][0-9]{8}", district):
        faults.append(
            f"district: {district!r} is no code. Allowed: E, W, S or N and 8 digits, or empty."
        )
    ticked: dict[str, Any] = {flag: True for flag in flags if flag in FLAGS}
    child = Child(
        dob=_date(cell("date_of_birth"), "date_of_birth", today, faults),
        looked_after=bool(cell("looked_after_by")),
        responsible_la=cell("looked_after_by") or None,
        placement_la=cell("placed_in") or (home.authority if home else "") or None,
        historical_concerns=answers.get(concerns, "unknown"),
        in_childrens_home=bool(home and home.childrens_home),
        district=district,
        **coded,
        **ticked,
    )
    return Person(
        ref=ref,
        home=home.id if home else "",
        child=child,
        name=cell("name"),
        left_on=_date(cell("left_on"), "left_on", today, faults) if cell("left_on") else None,
    )


def _date(text: str, column: str, today: date, faults: list[str]) -> date | None:
    """dd/mm/yyyy or yyyy-mm-dd; a date of birth makes somebody 0 to 25 years old."""
    try:
        if "/" in text:
            day, month, year = (int(part) for part in text.split("/"))
            found = date(year, month, day)
        else:
            found = date.fromisoformat(text)
    except ValueError:
        faults.append(f"{column}: {text!r} is not a date. Allowed: 31/12/2011 or 2011-12-31.")
        return None
    if column == "date_of_birth" and not 0 <= (today - found).days <= 25 * 366:
        faults.append(f"{column}: {text!r} makes nobody a young person today. Check the year.")
    return found


def run(file: Path, config_path: Path) -> int:
    """The command: exit status 0, or 2 with a line for each fault."""
    try:
        config, _ = load(config_path, token_needed=False)
        clock = SystemClock()
        people = read(file, config.service, clock.now().date())
        asyncio.run(_put(config, config_path.resolve().parent, people))
    except (ConfigError, BadRegister) as error:
        for line in error.problems:
            print(line, file=sys.stderr)
        print("Nothing was imported.", file=sys.stderr)
        return 2
    except StoreError as error:
        print(f"Nothing was imported: {error}", file=sys.stderr)
        return 2
    print(f"{len(people)} young people imported.")
    return 0


async def _put(config: Config, folder: Path, people: list[Person]) -> None:
    store = await open_alone(config, folder)
    try:
        await store.put_people(people)
    finally:
        await store.close()
