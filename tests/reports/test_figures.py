"""Figures of random rows: totals equal the sums of their breakdowns, and periods add up.

`test_naive` counts every report a second time."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.cases import cases
from reports.catalogue import REPORTS
from reports.measures import median, p90, percentage
from reports.periods import Period, before, months, quarters, window
from reports.request import Request
from reports.row_checks import problem
from reports.row_files import from_store, read
from reports.rows import Phase, Row, encode
from tests.reports.randomrows import CODES, rows

YEAR = Period(date(2025, 1, 1), date(2025, 12, 31))
SEEDS = st.integers(0, 10**6)
FEW = settings(max_examples=20, deadline=None)


def request(seed, period=YEAR, **values):
    found = cases(from_store(rows(seed)).used)
    asked = {"authority": CODES[0], "partners": frozenset([CODES[2]])} | values
    return Request(found, period, **asked)


def figures(name, asked):
    return REPORTS[name].figures(asked)


def test_random_rows_obey_the_schema():
    made = [row for seed in range(40) for row in rows(seed)]
    for row in made:
        assert isinstance(problem(encode(row)), Row), problem(encode(row))
    read_again = read([("a", [encode(row) for row in rows(1)])])
    assert read_again.used == from_store(rows(1)).used


@FEW
@given(SEEDS)
def test_both_columns_of_a_breakdown_add_up_to_their_total(seed):
    asked = request(seed)
    everybody = figures("ni71", asked)
    care = figures("care_monitoring", asked)
    found = asked.selected
    for name in ("age_band", "sex", "ethnicity", "living"):
        assert _sum(everybody[name]) == everybody["all"]
    assert _sum(everybody["area"]) == care["all"]
    placed = figures("missing_from_care", asked)
    for column in ("episodes", "children"):
        assert sum(cell[column] for cell in placed["placements"]) == placed["all"][column]
    assert _sum(figures("sources", asked)["streams"]) == everybody["all"]
    groups = figures("demographics", asked)["groups"]
    assert sum(entry["children"] for entry in groups.values()) == len({c.child for c in found})
    for entry in groups.values():
        assert sum(entry["sex"].values()) == entry["children"]
    lengths = {k: v for k, v in care["lengths"].items() if not isinstance(v, dict)}
    assert sum(lengths.values()) == care["all"]["episodes"]


def _sum(breakdown):
    columns = next(iter(breakdown.values()))
    return {name: sum(entry[name] for entry in breakdown.values()) for name in columns}


@FEW
@given(SEEDS)
def test_periods_add_up(seed):
    asked = request(seed)
    whole = asked.selected
    for parts in (months(YEAR), quarters(YEAR)):
        inside = [case for part in parts for case in whole.within(part.period)]
        assert inside == whole
    table = figures("interview_table", asked)
    assert table["sum_of_quarters"]["incidents"] == table["whole_period"]["incidents"]
    assert table["sum_of_quarters"]["individuals"] >= table["whole_period"]["individuals"]
    monthly = figures("monthly", asked)["months"]
    assert sum(month["all"]["episodes"] for month in monthly) == len(whole)
    hub = figures("hub", asked)
    assert sum(x["in_period"] for x in hub["services"]) == hub["total"]["episodes"]
    assert sum(x["episodes"] for x in hub["authorities"].values()) == hub["total"]["episodes"]


@FEW
@given(SEEDS)
def test_missing_and_unauthorised_absence_add_up_to_all(seed):
    def check(node):
        if isinstance(node, dict):
            if "unauthorised_absence" in node and isinstance(node["unauthorised_absence"], dict):
                total = node.get("all", node)["episodes"]
                parts = ("missing", "unauthorised_absence")
                if "missing_over_24h" not in node:
                    assert total == sum(node[part]["episodes"] for part in parts)
            for value in node.values():
                check(value)
        elif isinstance(node, list):
            for value in node:
                check(value)

    for name in REPORTS:
        check(figures(name, request(seed, people=None)))


def _pct(n, of):
    if not of:
        return None
    return int(Fraction(1000 * n, of) + Fraction(1, 2)) / 10


@given(st.integers(0, 500), st.integers(1, 500))
def test_percentages_are_rounded_half_up(n, of):
    assert percentage(n, of) == _pct(n, of)
    assert percentage(n, 0) is None


def test_percentages_that_binary_fractions_get_wrong():
    assert (percentage(1, 16), percentage(3, 16)) == (6.3, 18.8)
    assert percentage(1, 800) == 0.1


@given(st.lists(st.integers(0, 50)))
def test_medians_and_ranks(numbers):
    ordered = sorted(numbers)
    if not numbers:
        assert median(numbers) is p90(numbers) is None
        return
    half = len(ordered) // 2
    expected = ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
    assert median(numbers) == expected
    rank = next(k for k in range(1, len(ordered) + 1) if 10 * k >= 9 * len(ordered))
    assert p90(numbers) == ordered[rank - 1]


@pytest.mark.parametrize(
    ("to", "k", "first"),
    [
        (date(2026, 6, 30), 1, date(2026, 6, 1)),
        (date(2026, 2, 28), 1, date(2026, 2, 1)),
        (date(2026, 2, 28), 3, date(2025, 12, 1)),
        (date(2028, 2, 28), 1, date(2028, 1, 29)),
        (date(2026, 3, 30), 1, date(2026, 3, 1)),
        (date(2026, 3, 29), 1, date(2026, 3, 1)),
        (date(2026, 3, 28), 1, date(2026, 3, 1)),
        (date(2026, 3, 15), 12, date(2025, 3, 16)),
        (date(2026, 12, 31), 12, date(2026, 1, 1)),
    ],
)
def test_a_window_of_months_ends_on_a_day(to, k, first):
    assert window(to, k) == Period(first, to)


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ((date(2026, 1, 1), date(2026, 6, 30)), (date(2025, 7, 1), date(2025, 12, 31))),
        ((date(2026, 3, 1), date(2026, 3, 31)), (date(2026, 2, 1), date(2026, 2, 28))),
        ((date(2026, 2, 10), date(2026, 4, 20)), (date(2025, 12, 2), date(2026, 2, 9))),
        ((date(2026, 2, 1), date(2026, 2, 27)), (date(2026, 1, 5), date(2026, 1, 31))),
    ],
)
def test_the_period_before(period, expected):
    assert before(Period(*period)) == Period(*expected)


@FEW
@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 900))
def test_months_and_quarters_cover_the_period_once(first, days):
    period = Period(first, first + timedelta(days=days))
    for parts in (list(months(period)), list(quarters(period))):
        covered = [
            part.period.first + timedelta(days=n)
            for part in parts
            for n in range((part.period.last - part.period.first).days + 1)
        ]
        assert covered == [first + timedelta(days=n) for n in range(days + 1)]
        assert not any(part.partial for part in parts[1:-1])


def test_no_rows_are_all_zeros():
    empty = Request(cases([]), YEAR, CODES[0])
    for name in REPORTS:
        json.dumps(figures(name, empty))


def test_a_child_in_two_services_is_two_children():
    one, other = rows(1, number=2, services=1)
    other.service, other.child, other.start = "NL77", one.child, one.start
    found = cases([one, other])
    asked = Request(found, Period(date(2020, 1, 1), date(2030, 1, 1)), CODES[0])
    assert figures("ni71", asked)["all"]["children"] == 2


def test_the_last_moments_of_the_calendar_are_times_as_any():
    """A row may have them; nothing may be added to them."""
    (row,) = rows(1, number=1)
    row.phases = (Phase(row.start, "missing"),)
    row.category, row.looked_after, row.returned = "missing", True, None
    row.located = row.as_of = datetime.max.replace(microsecond=0, tzinfo=UTC)
    row.ri_held, row.ri_held_at, row.ri_accepted, row.n90 = False, None, "unknown", 10**400
    asked = Request(cases([row]), Period(row.start.date(), row.start.date()), CODES[0])
    for name in REPORTS:
        figures(name, asked)
    assert figures("timeliness", asked)["all"]["not_yet_due"] == 1
