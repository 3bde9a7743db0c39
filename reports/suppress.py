"""Figures that may be published: small numbers hidden, and not to be had by subtraction.

A count of 1 to 4 becomes "<5". Where hidden numbers could be worked out from the others and their
total, another is hidden as "*". Rounding is not used. Not covered: overlapping periods, or the
reports of two services side by side; whoever publishes checks those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from reports.hidden_numbers import BELOW, Path, Sheet, Sum
from reports.measures import Breakdown, Cells, Distribution, Flag, Share

SMALL, STAR = "<5", "*"
NO_COUNTS = frozenset(
    {"n90", "level_peak", "most_frequent_age", "average_age", "hours_median", "hours_p90"}
    | {"minutes_median", "minutes_p90"}
)
"""Numbers that count nobody; those of fewer than five are left out with their count."""
NOT_ADDING = frozenset(
    {"children", "children_2_or_more", "children_3_or_more", "children_known", "children_seen"}
    | {"individuals", "individuals_seen", "interviews"}
)
"""Columns that do not add up where a child can be in two lines (two months, two homes)."""
TOTALS: tuple[tuple[str, ...], ...] = (
    (),
    ("all",),
    ("total",),
    ("missing",),
    ("due",),
    ("whole_period",),
    ("sum_of_quarters",),
)
"""Where the total of a column may stand, beside it or further up."""


def suppress(figures: Mapping[str, Any]) -> dict[str, Any]:
    """The same figures with what must not be published hidden."""
    sheet = Sheet()
    _read(sheet, figures, ())
    _find_sums(sheet, figures, ())
    sheet.settle()
    _hide_linked(sheet, figures, ())
    while _hide_same(sheet, figures):
        sheet.settle()
    shown: dict[str, Any] = _write(sheet, figures, ())
    return shown


def _is_count(name: object, value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and name not in NO_COUNTS


def _items(node: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(node, Mapping):
        return node.items()
    return enumerate(node) if isinstance(node, list) else ()


def _read(sheet: Sheet, node: Any, path: Path) -> None:
    """Take in every count, and hide the small ones; of shares also what is left of them."""
    for name, value in _items(node):
        if _is_count(name, value):
            sheet.add((*path, name), value)
        else:
            _read(sheet, value, (*path, name))
    if isinstance(node, Share):
        n, of = node["n"], node["of"]
        if any(0 < number < BELOW for number in (n, of, of - n)):
            sheet.hidden.add((*path, "n"))


def _leaves(node: Any, path: Path = ()) -> Iterator[tuple[Path, int]]:
    for name, value in _items(node):
        if _is_count(name, value):
            yield (*path, name), value
        else:
            yield from _leaves(value, (*path, name))


def _find_sums(sheet: Sheet, node: Any, path: Path) -> None:
    """Find what adds up in a node and below it."""
    if isinstance(node, Breakdown | Distribution):
        _add_columns(sheet, node, path, lambda _: True)
    elif isinstance(node, Cells):
        _add_columns(
            sheet,
            node,
            path,
            lambda column: column[-1] not in NOT_ADDING or column[-1] in node.adding,
        )
    if isinstance(node, Mapping):
        _add_parts(sheet, node, path)
    for name, value in _items(node):
        _find_sums(sheet, value, (*path, name))


def _add_columns(sheet: Sheet, node: Any, path: Path, adds_up: Callable[[Path], bool]) -> None:
    """Each column of a table: one number of every line."""
    columns: dict[Path, list[Path]] = {}
    for name, entry in _items(node):
        if _is_count(name, entry):
            columns.setdefault((), []).append((*path, name))
            continue
        for column, _ in _leaves(entry):
            columns.setdefault(column, []).append((*path, name, *column))
    for column, parts in columns.items():
        if not column or adds_up(column):
            shares = bool(column) and column[-1] in ("n", "of")
            totals = _totals(sheet, path, column, parts)
            (sheet.further if shares else sheet.sums).extend(
                Sum(tuple(parts), total) for total in totals or [None]
            )


def _totals(sheet: Sheet, path: Path, column: Path, parts: list[Path]) -> list[Path | None]:
    """Wherever beside or above a column a number stands that is its sum."""
    added = sum(sheet.numbers[part] for part in parts)
    names = [column] if column else [("episodes",), ("children",)]
    places = [
        (*path[:up], *place, *name) for up in range(len(path)) for place in TOTALS for name in names
    ]
    return [x for x in places if sheet.numbers.get(x) == added and x not in parts]


def _add_parts(sheet: Sheet, node: Mapping[str, Any], path: Path) -> None:
    """What the numbers of one entry make with each other."""

    def rest(of: int, *names: Path) -> Path:
        """What is left of a number when parts of it are taken away; it is shown nowhere."""
        place = (*path, f"rest after {names}")
        sheet.add(place, max(0, of - sum(sheet.numbers[(*path, *name)] for name in names)))
        return place

    names: tuple[Path, ...]

    def add(into: list[Sum], parts: Iterable[Path], total: Path | None, *more: Path) -> None:
        into.append(
            Sum(
                (*((*path, *part) for part in parts), *more),
                None if total is None else (*path, *total),
            )
        )

    missing, away, everybody = ("missing", "episodes"), ("unauthorised_absence", "episodes"), None
    for total in (("all", "episodes"), ("episodes",)):
        if (*path, *total) in sheet.numbers:
            everybody = total
    has_missing = (*path, *missing) in sheet.numbers
    if has_missing and (*path, *away) in sheet.numbers:
        add(sheet.sums, (missing, away), everybody)
    elif has_missing and everybody:
        add(sheet.sums, (missing,), everybody, rest(sheet.numbers[(*path, *everybody)], missing))
    if "high" in node:
        add(sheet.further, (("missing",),), ("episodes",), rest(node["episodes"], ("missing",)))
    if isinstance(node, Flag):
        yes, unknown = ("episodes",), ("episodes_unknown",)
        add(sheet.further, (yes, unknown), None, rest(node.asked, yes, unknown))
        children, known = ("children",), ("children_known",)
        add(sheet.further, (children,), known, rest(node["children_known"], children))
    if "not_considered" in node:
        add(sheet.further, (("considered",), ("not_considered",), ("unknown",)), ("of",))
    if "missing_over_24h" in node:
        lengths = ("missing_over_24h", "missing_up_to_24h", "missing_length_not_known")
        names = tuple((name, "episodes") for name in (*lengths, "unauthorised_absence"))
        add(sheet.sums, names, ("all", "episodes"))
    if "in_area" in node:
        names = tuple((name, "episodes") for name in ("out_of_area", "in_area", "area_unknown"))
        add(sheet.sums, names, ("all", "episodes"))
    if "held_late" in node:
        due = node["due"]["episodes"]
        offered, held = ("offered", "n"), ("held", "n")
        names = (offered, ("offered_unknown",))
        add(sheet.further, names, ("due", "episodes"), rest(due, *names))
        names = (held, ("held_unknown",), ("held_not_independent",))
        add(sheet.further, names, ("due", "episodes"), rest(due, *names))
        add(sheet.further, (("accepted", "n"), ("declined",), ("answer_unknown",)), offered)
        timed = ("within_72h_of_held", "of")
        add(sheet.further, (("within_72h_of_held", "n"), ("held_late",)), timed)
        add(sheet.further, (timed, ("held_time_unknown",)), held)
        add(sheet.further, (("within_72h_of_due", "of"), ("not_yet_due",)), ("due", "episodes"))
        add(sheet.further, (("within_72h_of_due", "n"),), ("within_72h_of_held", "n"))
        add(sheet.further, (offered,), ("accepted", "of"))
    if "told_unknown" in node:
        names = (("told", "n"), ("told_unknown",))
        add(sheet.further, names, ("told", "of"), rest(node["told"]["of"], *names))


def _hide_linked(sheet: Sheet, node: Any, path: Path) -> None:
    """Where children in care are hidden, so is where they are placed: it adds up to them."""
    if isinstance(node, Mapping) and "living" in node and "area" in node:
        for column, _ in _leaves(node["living"]["care"]):
            if (*path, "living", "care", *column) in sheet.hidden:
                for value in node["area"]:
                    place = (*path, "area", value, *column)
                    if sheet.numbers[place] > 0:
                        sheet.hidden.add(place)
    for name, value in _items(node):
        _hide_linked(sheet, value, (*path, name))


def _hide_same(sheet: Sheet, figures: Mapping[str, Any]) -> bool:
    """Hide what stands for the same as a hidden total in the same entry (told of 47, 47 due)."""
    tables: set[Path] = set()
    entries: set[Path] = {()}
    _find_tables(figures, (), tables, entries)

    def plain(path: Path) -> bool:
        return path[-1] in ("episodes", "of") and path[:-2] not in tables

    def entry(path: Path) -> Path:
        return next(path[:i] for i in range(len(path), -1, -1) if path[:i] in entries)

    stars = {
        (entry(path), sheet.numbers[path])
        for path in sheet.hidden
        if sheet.numbers[path] >= BELOW and (plain(path) or path[-1] == "n")
    }
    same = {
        path
        for path, number in sheet.numbers.items()
        if path not in sheet.hidden and plain(path) and (entry(path), number) in stars
    }
    sheet.hidden |= same
    return bool(same)


def _find_tables(node: Any, path: Path, tables: set[Path], entries: set[Path]) -> None:
    """Breakdowns (whose numbers stand for nothing else), and the lines of lists and groups."""
    for name, value in _items(node):
        place = (*path, name)
        if isinstance(value, Breakdown) and not any(
            isinstance(number, Mapping) for line in value.values() for number in line.values()
        ):
            tables.add(place)
        if isinstance(node, Cells | Breakdown):
            entries.add(place)
        _find_tables(value, place, tables, entries)


def _write(sheet: Sheet, node: Any, path: Path) -> Any:
    if isinstance(node, Mapping):
        shown = {name: _shown(sheet, node, name, path) for name in node}
        if isinstance(node, Flag) and _small_or_hidden(sheet, node, path):
            shown["pct"] = None
        if isinstance(node, Share) and {(*path, "n"), (*path, "of")} & sheet.hidden:
            shown["pct"] = None
        for name, of in (("within_72h_of_held", "hours"), ("within_60_minutes", "minutes")):
            if name in node and node[name]["of"] < BELOW and f"{of}_median" in node:
                shown[f"{of}_median"] = shown[f"{of}_p90"] = None
        if "average_age" in node and node["children"] - node["age_unknown"] < BELOW:
            shown["average_age"] = None
        if "most_frequent_age" in node and node["aged_14_or_over"]["of"] < BELOW:
            shown["most_frequent_age"] = None
        if "change" in node:
            shown["change"] = None
        kind: Any = type(node)
        return kind(shown)
    if isinstance(node, list):
        made = [_shown(sheet, node, number, path) for number in range(len(node))]
        return Cells(made, node.adding) if isinstance(node, Cells) else made
    return node


def _shown(sheet: Sheet, node: Any, name: Any, path: Path) -> Any:
    value, place = node[name], (*path, name)
    if place in sheet.hidden:
        return SMALL if 0 < value < BELOW else STAR
    if isinstance(value, list) and name in ("children_list", "children"):
        return None
    return _write(sheet, value, place)


def _small_or_hidden(sheet: Sheet, node: Flag, path: Path) -> bool:
    return bool({(*path, "children"), (*path, "children_known")} & sheet.hidden) or (
        0 < node["children_known"] - node["children"] < BELOW
    )
