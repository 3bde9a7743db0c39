"""History of other systems from a CSV file: all rows, or none with each fault named.

Two forms: the project's own columns, and the table `ssd_missing` of the Standard Safeguarding
Dataset. A date without a time is London midnight, and then the whole row counts as dates alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.history_rows import (
    ANSWERS,
    CATEGORIES,
    INTERVIEW,
    LISTS,
    TIME_FORMS,
    OldEpisode,
    Row,
    episode,
    ssd_time,
)
from bot.table_file import NoTable, read_table
from protocol.provider import Provider

NEEDED = ("person", "home", "category", "start", "returned")
TOLD = ("police_told", "authority_told", "parents_told", "interview_held")
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


class BadHistory(Exception):
    """The file cannot be imported. `problems`: a line each, "FILE:LINE: COLUMN: …"."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read_csv(
    path: Path, provider: Provider, people: Mapping[str, str], now: datetime, *, with_open: bool
) -> list[OldEpisode]:
    """The rows of a file with the project's own columns.

    people: references on the register.  with_open: an episode without a return is allowed. Raises
    BadHistory with every fault; nothing was imported then.
    """
    homes = {home.id for home in provider.homes}

    def one(row: Row, line: int) -> OldEpisode | None:
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
        return episode(
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

    def one(row: Row, line: int) -> OldEpisode | None:
        known_as = row.cell("miss_person_id")
        person, home = mapped.get(known_as, ("", ""))
        if not person:
            row.fault("miss_person_id", f"is not in {map_path.name}. Add it there.")
        kind = row.cell("miss_missing_episode_type").casefold()
        category = CATEGORIES.get(kind)
        if category is None:
            row.refuse("miss_missing_episode_type", "M, A, Missing, Absent")
        start = ssd_time(row, "miss_missing_episode_start_date")
        if not row.cell("miss_missing_episode_start_date"):
            row.refuse("miss_missing_episode_start_date", TIME_FORMS)
        end = ssd_time(row, "miss_missing_episode_end_date")
        if not row.cell("miss_missing_episode_end_date") and not with_open:
            row.fault(
                "miss_missing_episode_end_date", "is blank: still away. Allowed with --open only."
            )
        known: dict[str, Any] = {"located_at": end if category == "missing" else None}
        for column, field in zip(SSD_COLUMNS[-2:], INTERVIEW, strict=True):
            known[field] = row.interview(column, ("y", "n", "na", "yes", "no"))
        return episode(row, line, person, home, category, start, end, known, "miss_table_id")

    return _read(path, SSD_NEEDED, SSD_COLUMNS, now, one)


def _read(
    path: Path,
    needed: Sequence[str],
    columns: Sequence[str],
    now: datetime,
    one: Callable[[Row, int], OldEpisode | None],
) -> list[OldEpisode]:
    problems: list[str] = []
    found: list[OldEpisode] = []
    rows = _table(path, needed, columns)
    for line, cells in rows:
        row = Row(f"{path.name}:{line}", cells, now)
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
