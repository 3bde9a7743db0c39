"""The SSDA903 `Missing` file: dates, codes, cuts. Rule numbers are those of the DfE validation."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.cases import Cases, cases
from reports.figures.ssda903 import COLUMNS, as_csv, figures, overlaps
from reports.periods import Period
from reports.request import PersonOnFile, Request
from reports.row_files import from_store
from reports.rows import Phase
from tests.reports.randomrows import rows
from tests.reports.return_rules import validated

YEAR = Period(date(2025, 4, 1), date(2026, 3, 31))
NEXT = Period(date(2026, 4, 1), date(2027, 3, 31))
BORN = date(2010, 8, 15)
BOOK = json.loads(
    (Path(__file__).parents[1] / "data" / "protocol" / "scenarios.json").read_text("utf-8")
)


def away(start, category="missing", located=None, returned=None, phases=(), number=0):
    """A row of one child in care; times as UTC `YYYY-MM-DD HH:MM`."""

    def moment(text):
        return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None

    (row,) = rows(1, number=1)
    row.episode, row.looked_after = f"{number:016x}", True
    row.start, row.located, row.returned = moment(start), moment(located), moment(returned)
    row.as_of = datetime(2027, 6, 1, tzinfo=UTC)
    row.phases = (
        Phase(row.start, category),
        *(Phase(moment(when), what) for when, what in phases),
    )
    row.category = (
        "missing" if any(x.category == "missing" for x in row.phases) else "unauthorised_absence"
    )
    return row


def file(*made, born=BORN, ceased=None, year=YEAR):
    found = cases(made)
    people = {row.child: PersonOnFile("510000", born, ceased) for row in made}
    return figures(Request(found, year, people=people))


def lines(*made, **values):
    return [
        (x["MISSING"], x["MIS_START"][:5], x["MIS_END"][:5]) for x in file(*made, **values)["rows"]
    ]


@pytest.mark.parametrize(
    "scenario",
    [s["export_903"] for s in BOOK["scenarios"] if "export_903" in s],
    ids=[s["title"] for s in BOOK["scenarios"] if "export_903" in s],
)
def test_scenario(scenario):
    made = []
    for n, period in enumerate(scenario["periods"]):
        start, end = f"{period['start']} 12:00", period["end"] and f"{period['end']} 12:00"
        category = "missing" if period["code"] == "M" else "unauthorised_absence"
        made.append(away(start, category, returned=end, number=n))
    first, last = map(date.fromisoformat, scenario["year"])
    found = file(*made, born=date.fromisoformat(scenario["dob"]), year=Period(first, last))
    assert [list(row.values()) for row in found["rows"]] == scenario["expect_rows"]
    assert list(COLUMNS) == scenario["columns"]


def test_missing_ends_when_found_and_away_when_back():
    assert lines(
        away("2026-03-12 22:30", located="2026-03-13 09:00", returned="2026-03-15 18:00")
    ) == [("M", "12/03", "13/03"), ("A", "13/03", "15/03")]
    assert lines(away("2026-03-12 22:30", located="2026-03-13 09:00")) == [
        ("M", "12/03", "13/03"),
        ("A", "13/03", ""),
    ]


def test_found_and_back_on_one_day_is_one_row():
    back = "2026-03-13 12:00"
    assert lines(away("2026-03-12 22:30", located="2026-03-13 09:00", returned=back)) == [
        ("M", "12/03", "13/03")
    ]
    assert lines(away("2026-03-12 22:30", returned=back)) == [("M", "12/03", "13/03")]
    assert lines(away("2026-03-12 22:30", located=back, returned=back)) == [("M", "12/03", "13/03")]


def test_a_change_of_category_is_kept_even_if_it_lasts_no_day():
    row = away(
        "2026-03-12 18:00",
        "unauthorised_absence",
        returned="2026-03-12 23:00",
        phases=[("2026-03-12 20:00", "missing"), ("2026-03-12 21:00", "unauthorised_absence")],
    )
    assert lines(row) == [("M", "12/03", "12/03"), ("A", "12/03", "12/03"), ("A", "12/03", "12/03")]


def test_turning_18_while_missing_ends_the_row():
    """577; the end of care itself is coded in another file (580)."""
    gone = away("2026-03-12 22:30", returned="2026-04-20 12:00")
    assert lines(gone, born=date(2008, 3, 20)) == [("M", "12/03", "20/03")]
    still = away("2026-03-12 22:30")
    assert lines(still, born=date(2008, 3, 20)) == [("M", "12/03", "20/03")]
    assert lines(still, born=date(2008, 3, 12)) == []
    assert lines(still, born=date(2008, 2, 29)) == []
    later = away("2026-02-27 22:30")
    assert lines(later, born=date(2008, 2, 29)) == [("M", "27/02", "01/03")]
    assert lines(later, ceased=date(2026, 3, 5)) == [("M", "27/02", "05/03")]


def test_found_later_than_back_cannot_be_in_a_row():
    """Such a row is refused when it is read (see test_rows); back is then the end of missing."""
    from reports.row_checks import contradiction

    row = away("2026-03-12 22:30", located="2026-03-15 09:00", returned="2026-03-14 18:00")
    assert contradiction(row).field == "returned"


def test_open_at_the_end_of_march_stands_again_in_the_next_year():
    """571, 576."""
    row = away("2026-03-30 12:00", returned="2026-04-02 12:00")
    assert lines(row) == [("M", "30/03", "")]
    assert lines(row, year=NEXT) == [("M", "30/03", "02/04")]
    assert lines(away("2026-03-30 12:00", returned="2026-03-31 12:00"), year=NEXT) == []
    assert lines(away("2026-04-01 12:00")) == []


def test_dates_are_those_of_london():
    """23:30 UTC on 29 March 2026 is the 30th in London."""
    row = away("2026-03-29 23:30", returned="2026-03-30 23:30")
    assert lines(row) == [("M", "30/03", "31/03")]


def test_rows_that_overlap_are_problems():
    """574; handing over on one day is none."""
    one = away("2025-05-01 12:00", returned="2025-05-03 12:00")
    same = away("2025-05-03 13:00", returned="2025-05-04 12:00", number=1)
    assert file(one, same)["problems"] == []
    inside = away("2025-05-02 12:00", returned="2025-05-02 15:00", number=2)
    assert file(one, inside)["problems"] == [
        {"CHILD": "510000", "rule": "574", "MIS_START": "02/05/2025"}
    ]
    still = away("2025-05-01 12:00")
    assert len(file(still, same)["problems"]) == 1


def test_all_rows_that_overlap_are_named_to_whoever_puts_them_right():
    """The third begins after the second has ended, but within the first. `problems` names the
    second alone, as the contract has it; the validator, which goes by the ends, two."""
    long = away("2025-05-01 12:00", returned="2025-05-10 12:00")
    short = away("2025-05-02 12:00", returned="2025-05-03 12:00", number=1)
    later = away("2025-05-04 12:00", returned="2025-05-12 12:00", number=2)
    after = away("2025-05-12 18:00", returned="2025-05-13 12:00", number=3)
    found = file(long, short, later, after)
    assert [x["MIS_START"] for x in found["problems"]] == ["02/05/2025"]
    assert [line.partition(" lasts")[0] for line in overlaps(found)] == [
        "510000: M from 02/05/2025 begins while M from 01/05/2025 to 10/05/2025",
        "510000: M from 04/05/2025 begins while M from 01/05/2025 to 10/05/2025",
    ]
    still = file(away("2025-05-01 12:00"), short)
    assert "from 01/05/2025 to (open) lasts" in next(overlaps(still))


def test_who_is_left_out_is_named_or_counted():
    made = [away("2025-05-01 12:00", number=n) for n in range(3)]
    made[0].looked_after, made[1].looked_after, made[2].child = False, "unknown", "f" * 16
    people = {made[0].child: PersonOnFile("1", BORN, None)}
    found = figures(Request(cases(made), YEAR, people=people))
    assert found["not_in_people"] == ["f" * 16]
    assert (found["not_looked_after"], found["looked_after_unknown"]) == (1, 1)
    assert found["rows"] == []


def day(text):
    return datetime.strptime(text, "%d/%m/%Y").replace(tzinfo=UTC).date() if text else None


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_files_of_random_rows_obey_the_rules(seed):
    """564-567, 570, 571, 574, 576, and that a year's file and the next agree."""
    found = cases(from_store(rows(seed, number=120, children=20)).used)
    born = {case.row.child: BORN + timedelta(days=seed % 999) for case in found}
    people = {child: PersonOnFile(child, dob, None) for child, dob in born.items()}
    files = {
        year: figures(Request(found, year, people=people))
        for year in (Period(date(2024, 4, 1), date(2025, 3, 31)), YEAR, NEXT)
    }
    for year, made in files.items():
        overlapping = 0
        for row in made["rows"]:
            start, end = day(row["MIS_START"]), day(row["MIS_END"])
            assert row["MISSING"] in ("M", "A")  # 564
            assert start is not None  # 565, 566
            assert end is None or start <= end  # 567
            assert start <= year.last  # 570
            assert end is None or year.first <= end <= year.last  # 571
            assert day(row["DOB"]) == born[row["CHILD"]]
        for one, other in pairwise(made["rows"]):
            if one["CHILD"] == other["CHILD"]:
                end = day(one["MIS_END"])
                overlapping += end is None or day(other["MIS_START"]) < end
        assert overlapping == len(made["problems"])  # 574
    for this, following in pairwise(files.values()):
        carried = [row for row in this["rows"] if not row["MIS_END"]]
        again = {(row["CHILD"], row["MIS_START"], row["MISSING"]) for row in following["rows"]}
        for row in carried:  # 576
            assert (row["CHILD"], row["MIS_START"], row["MISSING"]) in again


def test_the_validator_of_the_sector_names_overlaps_alone(tmp_path):
    """Of 1,500 random episodes, both years; without the children of whom some overlap, nothing."""
    found = cases(from_store(rows(3, number=1500, children=400)).used)
    people = {
        case.row.child: PersonOnFile(f"{510000 + n}", BORN, None) for n, case in enumerate(found)
    }
    years = (Period(date(2024, 4, 1), date(2025, 3, 31)), YEAR)

    def named(asked):
        files = []
        for period in years:
            files.insert(0, tmp_path / f"{period.last.year}.csv")
            made = figures(Request(asked, period, people=people))
            files[0].write_text(as_csv(made), "utf-8")
            yield made, validated(period.last.year, *files)

    overlapping = set()
    for made, rules in named(found):
        assert rules["574"] and made["problems"]
        assert set(rules) <= {"574", "576"}
        overlapping |= {line.partition(":")[0] for line in overlaps(made)}
    clean = [case for case in found if people[case.row.child].number not in overlapping]
    for made, rules in named(Cases(clean)):
        assert len(made["rows"]) > 200
        assert rules == {}
