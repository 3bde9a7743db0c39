"""What is drawn for each report, and what is written beside it."""

from __future__ import annotations

import json
from datetime import date

import pytest

from reports import drawing
from reports.cases import cases
from reports.catalogue import REPORTS
from reports.periods import Period
from reports.pictures import PICTURES, picture
from reports.request import Request
from reports.result import Result
from reports.row_files import from_store
from reports.suppress import suppress
from tests.reports.randomrows import CODES, rows

YEAR = Period(date(2025, 1, 1), date(2025, 12, 31))


def result(name, *, hidden=False, number=150, context=None):
    found = cases(from_store(rows(5, number=number)).used)
    asked = Request(found, YEAR, CODES[0], frozenset(), None, context)
    figures = REPORTS[name].figures(asked)
    top = {"suppressed": hidden, "figures": suppress(figures) if hidden else figures}
    return Result(REPORTS[name], asked, top, "")


def drawn(name, monkeypatch, **how):
    """Each chart of a picture: what kind, title, labels, series."""
    found = []
    for kind in ("stacked", "paired", "across", "one_bar", "grid", "line", "dots", "text"):
        made = getattr(drawing, kind)

        def note(*given, kind=kind, made=made):
            found.append((kind, *given))
            return made(*given)

        monkeypatch.setattr(drawing, kind, note)
    PICTURES[name](result(name, **how))
    return found


WANTED = {
    "repeats": ["stacked", "text"],
    "missing_from_care": ["across"],
    "ni71": ["stacked", "across"],
    "care_monitoring": ["one_bar", "across", "across"],
    "sources": ["grid"],
    "monthly": ["stacked"],
    "interview_table": ["paired"],
    "demographics": ["across"],
    "hub": ["across"],
    "headlines": ["paired"],
    "lead_member": ["paired"],
    "appg9": ["paired"],
    "timeliness": ["line", "dots"],
    "home_summary": ["across"],
}


@pytest.mark.parametrize("name", WANTED)
def test_each_report_has_its_picture(name, monkeypatch):
    assert [kind for kind, *_ in drawn(name, monkeypatch)] == WANTED[name]


def test_the_two_lists_of_children_have_none():
    assert set(REPORTS) - set(WANTED) == {"annex_a", "ssda903"}
    assert picture(result("annex_a")) is None


def test_repeats_say_how_many_children_had_three_or_more(monkeypatch):
    *_, (_, words) = drawn("repeats", monkeypatch)
    figures = result("repeats").figures
    assert words.endswith(f"12 months: {figures['12']['children_3_or_more']}")


def test_homes_stand_side_by_side_and_what_is_high_is_marked(monkeypatch):
    *_, (_, _, homes, series, shown) = drawn("ni71", monkeypatch, number=600)
    figures = result("ni71", number=600).figures["homes"]
    assert homes == [f"{x['service']} {x['home']}" for x in figures]
    assert series["missing"] == [x["missing"] for x in figures]
    assert [text.endswith("high") for text in shown["missing"]] == [x["high"] for x in figures]


def test_interviews_fall_from_due_to_within_72_hours(monkeypatch):
    [(_, _, quarters, bars)] = drawn("interview_table", monkeypatch)
    assert len(quarters) == 4
    assert list(bars) == ["due", "offered", "held", "within 72 hours"]
    assert all(due >= offered for due, offered in zip(bars["due"], bars["offered"], strict=True))


def test_the_parts_of_the_bar_of_lengths_are_all_episodes(monkeypatch):
    (_, _, parts), *_ = drawn("care_monitoring", monkeypatch)
    assert sum(parts.values()) == result("care_monitoring").figures["all"]["episodes"]


@pytest.mark.parametrize("name", [x for x in WANTED if x not in ("sources", "repeats")])
def test_a_published_picture_shows_no_number_that_its_tables_hide(name, monkeypatch):
    """Every number of 1 to 4 in it would be one."""
    for _, _, *given in drawn(name, monkeypatch, hidden=True):
        for number in json.loads(json.dumps([x for x in given if isinstance(x, dict)])):
            for values in number.values():
                for value in values if isinstance(values, list) else [values]:
                    assert not (isinstance(value, int) and 0 < value < 5), (name, value)


@pytest.mark.parametrize("name", ["ni71", "care_monitoring", "timeliness", "repeats"])
@pytest.mark.parametrize("number", [0, 40])
def test_a_picture_can_be_drawn_of_little_and_of_nothing(name, number):
    assert picture(result(name, number=number)).startswith(b"\x89PNG")
