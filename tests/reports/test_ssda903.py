"""The SSDA903 `Missing` file: rows from periods, and periods from episodes."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from protocol.episode import Episode
from protocol.facts import Child
from protocol.pack import load_pack
from reports.ssda903 import COLUMNS, Period, collection_year, periods, rows

PACK = load_pack()
BORN = date(2010, 8, 15)
YEAR = (date(2025, 4, 1), date(2026, 3, 31))
BOOK = json.loads(
    (Path(__file__).parents[1] / "data" / "protocol" / "scenarios.json").read_text("utf-8")
)


@pytest.mark.parametrize(
    "scenario",
    [s["export_903"] for s in BOOK["scenarios"] if "export_903" in s],
    ids=[s["title"] for s in BOOK["scenarios"] if "export_903" in s],
)
def test_scenario(scenario):
    def day(text):
        return text and date.fromisoformat(text)

    away = [Period(day(p["start"]), day(p["end"]), p["code"]) for p in scenario["periods"]]
    first, last = scenario["year"]
    found = rows(scenario["child"], day(scenario["dob"]), away, (day(first), day(last)))
    assert [list(row) for row in found] == scenario["expect_rows"]
    assert list(COLUMNS) == scenario["columns"]


def one(start, end, year=YEAR):
    return rows("510000", BORN, [Period(start, end, "M")], year)


def test_the_last_day_of_the_year_is_in_it_and_the_next_is_not():
    assert one(date(2026, 3, 30), date(2026, 3, 31))[0][4] == "31/03/2026"
    assert one(date(2026, 3, 31), date(2026, 4, 1))[0][4] == ""
    assert one(date(2026, 4, 1), None) == []


def test_a_period_open_at_the_end_of_march_stands_again_in_the_next_year():
    next_year = collection_year(date(2026, 4, 1))
    assert one(date(2026, 3, 30), date(2026, 4, 2), next_year)[0][3:] == (
        "30/03/2026",
        "02/04/2026",
    )
    assert one(date(2026, 3, 30), None, next_year)[0][3:] == ("30/03/2026", "")
    assert one(date(2026, 3, 30), date(2026, 3, 31), next_year) == []


def test_rows_come_oldest_first():
    later, sooner = (
        Period(date(2025, 9, 1), date(2025, 9, 2), "A"),
        Period(date(2025, 5, 1), date(2025, 5, 1), "M"),
    )
    assert [row[2] for row in rows("1", BORN, [later, sooner], YEAR)] == ["M", "A"]


def test_periods_that_overlap_are_refused():
    first = Period(date(2025, 5, 1), date(2025, 5, 3), "M")
    with pytest.raises(ValueError, match="02/05/2025 overlaps"):
        rows("1", BORN, [first, Period(date(2025, 5, 2), None, "A")], YEAR)
    still_open = Period(date(2025, 5, 1), None, "M")
    with pytest.raises(ValueError, match="overlaps"):
        rows("1", BORN, [still_open, Period(date(2025, 6, 2), None, "A")], YEAR)
    with pytest.raises(ValueError, match="before it starts"):
        one(date(2025, 5, 2), date(2025, 5, 1))


@pytest.mark.parametrize(
    ("day", "year"),
    [(date(2026, 3, 31), 2025), (date(2026, 4, 1), 2026), (date(2026, 12, 31), 2026)],
)
def test_the_collection_year_runs_from_april_to_march(day, year):
    assert collection_year(day) == (date(year, 4, 1), date(year + 1, 3, 31))


class TestFromEpisodes:
    seen = datetime(2026, 3, 12, 22, 30, tzinfo=UTC)
    now = datetime(2026, 3, 31, 12, tzinfo=UTC)

    def of(self, category="missing", **times):
        case = Episode(category=category, child=Child(dob=BORN), last_seen_at=self.seen, **times)
        return [(p.code, p.start.day, p.end and p.end.day) for p in periods(case, PACK, self.now)]

    def test_missing_ends_on_the_day_found(self):
        found = datetime(2026, 3, 13, 9, tzinfo=UTC)
        back = datetime(2026, 3, 15, 18, tzinfo=UTC)
        assert self.of(located_at=found, returned_at=back) == [("M", 12, 13), ("A", 13, 15)]
        assert self.of(located_at=found) == [("M", 12, 13), ("A", 13, None)]

    def test_found_and_back_on_one_day_is_one_period(self):
        found = datetime(2026, 3, 13, 9, tzinfo=UTC)
        back = datetime(2026, 3, 13, 12, tzinfo=UTC)
        assert self.of(located_at=found, returned_at=back) == [("M", 12, 13)]
        assert self.of(returned_at=back) == [("M", 12, 13)]

    def test_still_missing(self):
        assert self.of() == [("M", 12, None)]
        tomorrow = datetime(2026, 4, 1, 12, tzinfo=UTC)
        assert self.of(returned_at=tomorrow) == [("M", 12, None)]

    def test_whereabouts_known_is_a_and_a_police_report_makes_it_m(self):
        back = datetime(2026, 3, 14, 12, tzinfo=UTC)
        assert self.of("unauthorised_absence", returned_at=back) == [("A", 12, 14)]
        told = datetime(2026, 3, 13, 1, tzinfo=UTC)
        both = self.of("unauthorised_absence", returned_at=back, police_reported_at=told)
        assert both == [("M", 12, 14)]

    def test_dates_are_those_of_london(self):
        """23:30 UTC on 29 March 2026 is the 30th in London."""
        case = Episode(
            category="missing",
            child=Child(dob=BORN),
            last_seen_at=datetime(2026, 3, 29, 23, 30, tzinfo=UTC),
            returned_at=datetime(2026, 3, 30, 23, 30, tzinfo=UTC),
        )
        assert periods(case, PACK, self.now) == [Period(date(2026, 3, 30), date(2026, 3, 31), "M")]
