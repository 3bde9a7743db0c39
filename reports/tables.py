"""Figures as tables: for workbooks, pages and terminals; and as lines `path,value`."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from reports.measures import Breakdown, Codes, Distribution

Cell: TypeAlias = str | int | float | bool | None

WORDS = {
    "all": "all episodes",
    "childrens_home": "children's home",
    "semi_independent": "semi-independent",
    "uasc": "unaccompanied asylum-seeking",
    "cse_risk": "at risk of sexual exploitation",
    "cicola": "in care of another authority, placed here",
    "of": "of",
    "pct": "%",
    "n": "number",
    "n90": "episodes in 90 days",
    "reg40": "regulation 40",
    "children_2_or_more": "children with 2 or more",
    "children_3_or_more": "children with 3 or more",
    "level_peak": "highest level",
    "hours_p90": "hours, 90 % within",
    "minutes_p90": "minutes, 90 % within",
    "true": "yes",
    "false": "no",
    "in": "in area",
    "out": "out of area",
}
WINDOWS = {"1": "1 month", "3": "3 months", "6": "6 months", "12": "12 months"}
"""The periods of a report of repeats that end on one day."""
TABLES_OF_LINES = ("path", "value")


class Table(NamedTuple):
    """A table for people: `lines` begin with what the line is about."""

    title: str
    head: tuple[str, ...]
    lines: list[tuple[Cell, ...]]


def words(name: object) -> str:
    """A name of the figures as people read it."""
    text = str(name)
    return WORDS.get(text, text.replace("_", " "))


def leaves(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Cell]]:
    """Every value with its path, in document order; list items by number from 0."""
    items = node.items() if isinstance(node, Mapping) else enumerate(node)
    for name, value in items:
        place = (*path, str(name))
        if isinstance(value, Mapping | list):
            yield from leaves(value, place)
        else:
            yield ".".join(place), value


def as_csv(figures: Mapping[str, Any]) -> str:
    """`path,value`, a line for each leaf."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(TABLES_OF_LINES)
    writer.writerows(
        (not_a_formula(path), not_a_formula(plain(value))) for path, value in leaves(figures)
    )
    return text.getvalue()


def not_a_formula(cell: str | int | float) -> str | int | float:
    """A cell that no spreadsheet takes for a formula; numbers stay numbers."""
    risky = isinstance(cell, str) and (
        cell.lstrip().startswith(("=", "+", "-", "@")) or cell[:1] in ("\t", "\r", "\n")
    )
    return f"'{cell}" if risky else cell


def plain(value: Cell) -> str | int | float:
    """A value as it stands in a CSV file: blank for what there is not."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else value


def tables(figures: Mapping[str, Any], title: str = "figures") -> Iterator[Table]:
    """All figures as tables, each with one subject; single numbers first."""
    numbers: dict[str, Any] = {}
    inner: list[tuple[str, Any]] = []
    for name, value in figures.items():
        if isinstance(value, list | Distribution | Breakdown | Codes) or (
            isinstance(value, Mapping) and _has_groups(value)
        ):
            inner.append((name, value))
        else:
            numbers[name] = value
    kinds: dict[str, dict[str, Any]] = {}
    for name, value in numbers.items():
        kinds.setdefault(_kind(value), {})[name] = value
    for kind, entries in kinds.items():
        yield _of_entries(f"{title}: {kind}" if kind and len(kinds) > 1 else title, entries)
    for name, value in inner:
        heading = WINDOWS.get(name) or words(name)
        if title != "figures":
            heading = f"{title}: {words(name)}"
        if isinstance(value, list):
            yield _of_list(heading, value)
        elif isinstance(value, Distribution) or all(
            isinstance(x, Mapping) and not _has_groups(x) for x in value.values()
        ):
            yield _of_entries(heading, value)
        else:
            yield from tables(value, heading)


def _kind(value: Any) -> str:
    """What is told of a number: shares and questions have columns of their own."""
    if not isinstance(value, Mapping) or "pct" not in value:
        return ""
    return "questions" if "episodes_unknown" in value else "shares"


def _has_groups(node: Mapping[str, Any]) -> bool:
    return any(isinstance(value, Mapping | list) for value in node.values())


def _of_entries(title: str, entries: Mapping[str, Any]) -> Table:
    columns: dict[str, None] = {}
    lines = []
    for value in entries.values():
        columns.update(dict.fromkeys(value if isinstance(value, Mapping) else ("number",)))
    for name, value in entries.items():
        found = value if isinstance(value, Mapping) else {"number": value}
        lines.append((words(name), *(found.get(column) for column in columns)))
    return Table(title, ("", *map(words, columns)), lines)


def _of_list(title: str, entries: list[Any]) -> Table:
    flat = [dict(leaves(entry)) for entry in entries]
    columns = dict.fromkeys(column for entry in flat for column in entry)
    return Table(
        title,
        tuple(": ".join(map(words, column.split("."))) for column in columns),
        [tuple(entry.get(column) for column in columns) for entry in flat],
    )


def as_text(figures: Mapping[str, Any]) -> str:
    """The tables in columns, for a terminal."""
    parts = []
    for table in tables(figures):
        lines = [table.head, *([str(plain(cell)) for cell in line] for line in table.lines)]
        widths = [max(len(str(line[n])) for line in lines) for n in range(len(table.head))]
        parts.append(table.title.upper())
        for line in lines:
            cells = [
                f"{cell:<{width}}" if number == 0 else f"{cell:>{width}}"
                for number, (cell, width) in enumerate(zip(line, widths, strict=True))
            ]
            parts.append("  ".join(cells).rstrip())
        parts.append("")
    return "\n".join(parts)
