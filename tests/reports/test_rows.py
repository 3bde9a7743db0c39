"""Episode rows: the schema, its reader, and what is said about a row that cannot be used."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.row_checks import problem
from reports.row_files import lines, read
from reports.rows import FIELDS, Row, encode

DATA = Path(__file__).parents[1] / "data" / "reports"
EXAMPLE = (DATA / "rows-example.jsonl").read_bytes().splitlines()
ONE = json.loads(EXAMPLE[0])


def said(change, line=1):
    """What is said about the first example row after a change to it."""
    row = json.loads(EXAMPLE[line])
    change(row)
    found = read([("a.jsonl", [json.dumps(row).encode()])])
    return [str(bad) for bad in found.bad]


def with_(**values):
    return lambda row: row.update(values)


def test_every_example_row_is_good_and_written_back_as_it_was():
    found = read([("rows", EXAMPLE)])
    assert (found.read, found.duplicates, len(found.used), found.bad) == (40, 1, 39, [])
    for row, line in zip(lines([("rows", EXAMPLE)]), EXAMPLE, strict=True):
        assert json.loads(encode(row.row)) == json.loads(line)
    assert tuple(ONE) == FIELDS


@pytest.mark.parametrize(
    ("change", "begins"),
    [
        (with_(schema=2), "schema: 2 is not allowed. Allowed: 1"),
        (with_(service="nl01"), "service: the value is not allowed. Allowed: 2 to 12 capital"),
        (with_(service="-L"), "service: the value"),
        (with_(service="A"), "service: the value"),
        (with_(episode="DD98819602E34F14"), "episode: the value is not allowed. Allowed: 16 hex"),
        (with_(child="12/03/2010"), "child: the value"),
        (with_(home="Kayla's home"), "home: the value"),
        (
            with_(as_of="2027-01-10T09:00:00+00:00"),
            "as_of: the value is not allowed. Allowed: a UTC",
        ),
        (with_(as_of="2027-01-10T09:00:00.000Z"), "as_of: the value"),
        (with_(as_of="2027-01-10t09:00:00z"), "as_of: the value"),
        (with_(as_of="2027-02-30T09:00:00Z"), "as_of: the value"),
        (with_(as_of="2027-W01-1T09:00:00Z"), "as_of: the value"),
        (with_(as_of=1), "as_of: 1 is not allowed"),
        (with_(phases=[]), "phases: the value is not allowed"),
        (with_(phases=[{"from": ONE["start"], "category": "missing", "by": "x"}]), "phases: the"),
        (with_(police_told="2025-04-01 02:51:30Z"), "police_told: the value"),
        (with_(police_told="20250401T025130,123Z"), "police_told: the value"),
        (with_(aware="2025-03-31T215630,0Z"), "aware: the value"),
        (with_(police_told="yes"), "police_told: the value is not allowed. Allowed: a UTC time"),
        (with_(aware=None), "aware: null is not allowed"),
        (with_(age=26), "age: 26 is not allowed. Allowed: a whole number from 0 to 25; unknown"),
        (with_(age=True), "age: true is not allowed"),
        (with_(age=17.0), "age: the value is not allowed"),
        (
            with_(sex="missing"),
            "sex: missing is not allowed. Allowed: female, male, other, unknown",
        ),
        (with_(sex="F"), "sex: the value"),
        (with_(responsible="E0800009"), "responsible: the value"),
        (with_(host=None), "host: null"),
        (with_(n90=0), "n90: 0 is not allowed. Allowed: a whole number from 1; unknown"),
        (with_(level_peak=4), "level_peak: 4"),
        (with_(level_peak=True), "level_peak: true"),
        (with_(push=["school", "school"]), "push: the value is not allowed. Allowed: a list of"),
        (with_(push=None), "push: null"),
        (with_(harm=None), "harm: null is not allowed. Allowed: true, false; unknown"),
        (with_(harm=1), "harm: 1"),
        (with_(meetings=[{"kind": "strategy", "on": "2025-02-30"}]), "meetings: the value"),
        (with_(referrals=[{"at": "2025-02-20T00:00:00Z"}]), "referrals: the value"),
        (lambda row: row.pop("harm"), "harm: is missing. Allowed: true, false; unknown"),
        (with_(name="Kayla Example"), "name: is not a field of a row"),
        (with_(group=7, name="Kayla"), "group: 7 is not allowed"),
        (with_(start="2027-01-10T09:00:01Z"), "start: is later than as_of"),
        (with_(start="2025-03-31T21:56:31Z"), "phases: does not begin at start"),
        (with_(category="unauthorised_absence"), "category: unauthorised_absence does not fit"),
        (with_(located="2025-03-31T21:56:29Z"), "located: is out of order"),
        (with_(located="2025-04-08T04:23:31Z"), "returned: is out of order"),
        (with_(returned="2027-01-10T09:00:01Z"), "returned: is out of order"),
        (with_(age=15), "age_band: 16-17 does not fit age. Allowed: 14-15 at 15"),
        (with_(ri_held=False), "ri_held_at: needs ri_held"),
    ],
)
def test_a_bad_row_is_named_by_its_first_wrong_field(change, begins):
    (message,) = said(change)
    assert message.startswith(f"a.jsonl:1: {begins}"), message
    assert message.endswith(".")
    assert "Kayla" not in message


def test_phases_are_held_against_the_times_they_must_fit():
    start, later = "2025-03-31T21:56:30Z", "2025-04-02T00:00:00Z"
    away, missing = "unauthorised_absence", "missing"

    def phases(*pairs, **values):
        given = [{"from": when, "category": what} for when, what in pairs]
        return said(with_(phases=given, **values))

    assert phases((start, away), (later, missing)) == []
    assert "not in order" in phases((start, away), (start, missing))[0]
    assert "beyond returned" in phases((start, missing), ("2025-04-09T00:00:00Z", away))[0]
    assert "beyond as_of" in phases((start, missing), ("2027-04-09T00:00:00Z", away))[0]
    located = {"located": later}
    assert "missing after located" in phases((start, away), (later, missing), **located)[0]
    assert phases((start, missing), located=start) == []


@pytest.mark.parametrize("line", [b"nonsense", b"[1]", b"\xff\xfe{}", b"[" * 100000, b"1" * 5000])
def test_a_line_that_is_no_row_is_named_as_a_line(line):
    (bad,) = read([("-", [b"\n", line])]).bad
    assert str(bad).startswith("-:2: (line): is not a JSON object")


def test_every_time_of_a_row_is_read_as_a_time():
    """Also where a word may stand in its place, which the decoder leaves as text."""
    when = "2025-03-31T21:56:30Z"
    times = {name: when for name in FIELDS if name.endswith(("_told", "_written", "_at"))}
    changed = dict(ONE, **times, aware=when, ri_held=True)
    (line,) = lines([("a", [json.dumps(changed).encode()])])
    row = line.row
    assert {type(getattr(row, name)) for name in (*times, "aware")} == {datetime}
    assert json.loads(encode(row)) == changed


def test_bad_rows_are_named_in_the_order_of_the_files():
    found = read([("b", [EXAMPLE[1], b"x", b"  \n", b"{}"]), ("a", [b"y", EXAMPLE[2]])])
    assert [(bad.file, bad.line) for bad in found.bad] == [("b", 2), ("b", 4), ("a", 1)]
    assert found.read == 2
    assert found.bad[1].problem.field == "schema"


def test_a_line_may_be_written_in_any_way_that_json_allows():
    """Escapes, spaces and the order of the fields do not matter."""
    escaped = EXAMPLE[1].replace(b"T21:56", b"\\u005421:56")
    assert isinstance(problem(escaped), Row)
    turned = json.dumps(dict(reversed(ONE.items())), separators=(" , ", " : ")).encode()
    found = read([("a", [b"\xef\xbb\xbf" + escaped, turned])])
    assert (found.read, found.bad) == (2, [])


def test_the_newest_version_counts_and_of_equal_ones_the_later_line():
    old, new = dict(ONE, as_of="2026-12-01T00:00:00Z", sex="other"), dict(ONE, sex="female")
    same = dict(ONE, sex="male")

    def sexes(*rows):
        found = read([("a", [json.dumps(row).encode() for row in rows])])
        assert found.duplicates == len(rows) - 1
        return [row.sex for row in found.used]

    assert sexes(new, old) == sexes(old, new) == ["female"]
    assert sexes(new, same) == ["male"]


def test_who_is_18_is_taken_out_and_counted_after_the_versions():
    grown = dict(ONE, age=18, age_band="18+", as_of="2027-02-01T00:00:00Z")
    found = read([("a", [json.dumps(row).encode() for row in (ONE, grown)])])
    assert (found.used, found.read, found.duplicates, found.aged_18_or_over) == ([], 2, 1, 1)


VALUES = st.sampled_from(
    [None, True, False, "unknown", "", 0, 1, 17, -1, 10**30, [], ["x"], ["school"], {}, "missing"]
    + [
        "2025-03-31T21:56:30Z",
        "2025-03-31 21:56:30Z",
        "2025-03-31",
        "T",
        'Z"',
        "E10000099",
        "a" * 16,
    ]
    + [
        "2025-03-31T21:56:30+00:00",
        "2025-03-31T21:56:30.0Z",
        "20250331T215630,000Z",
        "2025-03-31T215630,0Z",
        "18+",
        "H-T",
        "ZZ",
        "0123456789abcdef",
    ]
)


@given(st.sampled_from(EXAMPLE), st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=3))
def test_the_quick_way_and_the_thorough_way_agree(line, changes):
    """Rows are checked by the decoder where it can; what it lets through, `problem` would too."""
    raw = json.dumps({**json.loads(line), **changes}).encode()
    (found,) = lines([("a", [raw])])
    thorough = problem(raw)
    assert getattr(found, "row", None) == (thorough if isinstance(thorough, Row) else None)
