"""Published figures: small numbers are hidden, and cannot be had by subtraction."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.cases import cases
from reports.catalogue import REPORTS
from reports.measures import Breakdown, Cells, Count, Distribution, Share
from reports.periods import Period
from reports.request import Request
from reports.row_files import from_store
from reports.suppress import suppress
from tests.reports.randomrows import CODES, rows

YEAR = Period(date(2025, 1, 1), date(2025, 12, 31))
PUBLISHABLE = sorted(name for name, report in REPORTS.items() if report.publishable)


def made(name, seed, number):
    found = cases(from_store(rows(seed, number=number, children=number // 4 + 1)).used)
    asked = Request(found, YEAR, CODES[0], frozenset([CODES[2]]), None, {"looked_after": 30})
    return REPORTS[name].figures(asked)


def column(*numbers):
    return Breakdown({str(n): Count(episodes=x) for n, x in enumerate(numbers)})


def shown(*numbers):
    return [x["episodes"] for x in suppress({"by": column(*numbers)})["by"].values()]


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([10, 20], [10, 20]),
        ([0, 5, 5], [0, 5, 5]),
        ([10, 3, 20], ["*", "<5", 20]),
        ([10, 3, 10, 0], ["*", "<5", 10, 0]),
        ([1, 1, 9, 8], ["<5", "<5", 9, "*"]),
        ([4, 4, 9], ["<5", "<5", "*"]),
        ([1, 4, 9], ["<5", "<5", 9]),
        ([2, 6, 9], ["<5", "*", "*"]),
        ([1, 5, 7, 9], ["<5", "*", "*", 9]),
        ([3], ["<5"]),
    ],
)
def test_a_second_number_goes_where_one_could_be_worked_out(numbers, expected):
    assert shown(*numbers) == expected


@pytest.mark.parametrize(
    ("n", "of", "expected"),
    [
        (10, 20, (10, 20, 50.0)),
        (3, 20, ("<5", 20, None)),
        (18, 20, ("*", 20, None)),
        (0, 3, ("*", "<5", None)),
        (3, 3, ("<5", "<5", None)),
        (0, 0, (0, 0, None)),
        (20, 20, (20, 20, 100.0)),
    ],
)
def test_a_share_hides_what_is_left_of_it_too(n, of, expected):
    hidden = suppress({"share": Share(n=n, of=of, pct=None if not of else 100 * n / of)})["share"]
    assert tuple(hidden.values()) == expected


def leaves(node, path=()):
    items = node.items() if isinstance(node, dict) else enumerate(node)
    for name, value in items:
        if isinstance(value, dict | list):
            yield from leaves(value, (*path, name))
        else:
            yield (*path, name), value


def at(node, path):
    for name in path:
        node = node[name]
        if node is None:
            return None
    return node


NOT_COUNTS = {"n90", "level_peak", "most_frequent_age", "pct", "average_age"} | {
    f"{unit}_{kind}" for unit in ("hours", "minutes") for kind in ("median", "p90")
}


@settings(max_examples=8, deadline=None)
@given(st.sampled_from(PUBLISHABLE), st.integers(0, 10**6), st.sampled_from([20, 60, 150]))
def test_no_small_count_is_shown_and_what_is_shown_is_true(name, seed, number):
    figures = made(name, seed, number)
    hidden = suppress(figures)
    json.dumps(hidden)
    for path, value in leaves(figures):
        seen = at(hidden, path)
        if isinstance(value, bool) or not isinstance(value, int) or path[-1] in NOT_COUNTS:
            assert seen == value or seen is None
        elif 0 < value < 5:
            assert seen in ("<5", None)
        else:
            assert seen in (value, "*", None)


def tables(node, path=()):
    """Breakdowns, distributions and lists whose columns add up, with the place of each number."""
    items = node.items() if isinstance(node, dict) else enumerate(node)
    for name, value in items:
        place = (*path, name)
        if isinstance(value, Breakdown | Distribution | Cells):
            columns = {}
            lines = value.items() if isinstance(value, dict) else enumerate(value)
            for line, entry in lines:
                if isinstance(entry, int):
                    columns.setdefault((), []).append((*place, line))
                    continue
                for below, number in leaves(entry):
                    if isinstance(number, bool) or not isinstance(number, int):
                        continue
                    if below[-1] in NOT_COUNTS or below[-1] in ("n", "of"):
                        continue
                    if isinstance(value, Cells) and below[-1] not in ("episodes", "missing"):
                        continue
                    columns.setdefault(below, []).append((*place, line, *below))
            yield from columns.values()
        if isinstance(value, dict):
            pair = [(*place, part, "episodes") for part in ("missing", "unauthorised_absence")]
            if all(isinstance(at_or_none(value, p[len(place) :]), int) for p in pair):
                yield pair
        if isinstance(value, dict | list):
            yield from tables(value, place)


def at_or_none(node, path):
    for name in path:
        if name not in (
            node if isinstance(node, dict) else range(len(node) if isinstance(node, list) else 0)
        ):
            return None
        node = node[name]
    return node


def is_shown(figures, hidden, parts):
    """Whether the sum of these stands somewhere above them."""
    total = sum(at(figures, path) for path in parts)
    prefix = next(n for n in range(99) if len({path[: n + 1] for path in parts}) > 1)
    above, column = parts[0][:prefix], parts[0][prefix + 1 :]
    if column == () or len({path[-1] for path in parts}) > 1 or column[-1] in ("missing",):
        names = [("episodes",), ("children",)]
    else:
        names = [column]
    for up in range(len(above) + 1):
        for place in ((), ("all",), ("total",), ("missing",), ("due",), ("whole_period",)):
            for name in names:
                where = (*above[:up], *place, *name)
                if where in parts or at_or_none(figures, where) != total:
                    continue
                if at(hidden, where) == total:
                    return True
    return False


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(PUBLISHABLE), st.integers(0, 10**6), st.sampled_from([30, 100, 300]))
def test_nobody_can_work_out_a_small_number(name, seed, number):
    """Somebody adds and subtracts along every column, again and again, and knows the rules."""
    figures = made(name, seed, number)
    hidden = suppress(figures)
    low, high, sums = {}, {}, []
    for parts in tables({"figures": figures}):
        parts = [path[1:] for path in parts]
        if any(at(hidden, path) is None for path in parts):
            continue
        unknown = [path for path in parts if isinstance(at(hidden, path), str)]
        if unknown and len(parts) > 1 and is_shown(figures, hidden, parts):
            for path in unknown:
                small = at(hidden, path) == "<5"
                low.setdefault(path, 1 if small else 5)
                high.setdefault(path, 4 if small else 10**6)
            sums.append((unknown, sum(at(figures, path) for path in unknown)))
    for _ in range(50):
        for unknown, rest in sums:
            for path in unknown:
                others = [other for other in unknown if other != path]
                low[path] = max(low[path], rest - sum(high[x] for x in others))
                high[path] = min(high[path], rest - sum(low[x] for x in others))
    assert not [path for path in low if low[path] == high[path] and at(hidden, path) == "<5"]


def test_lists_of_children_are_not_published():
    figures = made("repeats", 3, 150)
    assert figures["12"]["children_list"]
    assert suppress(figures)["12"]["children_list"] is None
    assert suppress(made("annex_a", 3, 60))["children"] is None
    monthly = suppress(made("monthly", 3, 150))
    assert {month["children_list"] for month in monthly["months"]} == {None}


def test_where_children_in_care_are_hidden_so_is_where_they_are_placed():
    for seed in range(6):
        hidden = suppress(made("ni71", seed, 40))
        for name in ("episodes", "children", "children_2_or_more"):
            if isinstance(hidden["living"]["care"][name], str):
                assert not [
                    x[name] for x in hidden["area"].values() if isinstance(x[name], int) and x[name]
                ]


def test_medians_and_averages_of_fewer_than_five_and_changes_are_left_out():
    hidden = suppress(made("headlines", 2, 20))
    assert hidden["change"] is None
    for group in suppress(made("demographics", 2, 20))["groups"].values():
        if group["children"] in ("<5", 0):
            assert group["average_age"] is None
    timeliness = suppress(made("timeliness", 2, 30))
    for month in timeliness["months"]:
        if month["within_72h_of_held"]["of"] in ("<5", 0):
            assert month["hours_median"] is month["hours_p90"] is None
