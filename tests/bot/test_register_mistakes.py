"""Forty mistakes in a register, each named with line and remedy; and what spreadsheets leave
behind, which is taken."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest
from openpyxl import Workbook

from bot.cli import people as people_command
from bot.register import BadRegister, read
from handlers.form import Choice, FormState
from handlers.report import FORM, NOT_LISTED
from protocol.facts import Child
from protocol.provider import Authority, Home, Provider, Role, Staff
from protocol.references import reference_problem
from storage.model import Person
from tests.bot.test_config import written

TODAY = date(2026, 11, 21)
SERVICE = Provider(
    homes=(
        Home(id="rowan", name="Rowan House", prefix="RH", authority="Haringey"),
        Home(id="alder", name="Alder Lodge", prefix="AL", authority="Kent"),
    ),
    staff=(),
    authorities=(Authority(name="Haringey"), Authority(name="Camden"), Authority(name="Kent")),
)
HEAD = (
    "reference,home,date_of_birth,looked_after_by,placed_in,historical_concerns,flags,name,left_on"
)
GOOD = "YP-01,rowan,14/05/2011,Camden,,unknown,cse_risk,Ash Invented,"

OURS = GOOD.replace("Camden", "Kent")


def bad(*cells: str, ref: str = "YP-02", home: str = "rowan", dob: str = "2011-05-14") -> str:
    return ",".join([ref, home, dob, *cells])


ROWS: list[tuple[str, tuple[str, ...]]] = [
    # References.
    (bad(ref=""), ("reference: is empty", "YP-07")),
    (bad(ref="Jordan"), ("'Jordan' may be a name", "YP-07")),
    (bad(ref="Jordan Madeup"), ("may be a name", "YP-07")),
    (bad(ref="jordan-2"), ("may be a name: 'jordan'", "YP-07")),
    (bad(ref="JORDAN2"), ("may be a name: 'JORDAN'", "YP-07")),
    (bad("", "", "no", "", "Bay Fictional", ref="Bay-12"), ("part of the name", "YP-07")),
    (bad("", "", "no", "", "Bay Xyz", ref="XYZ12"), ("part of the name", "YP-07")),
    (bad("", "", "no", "", "Brian Fictional", ref="BR1AN-2"), ("part of the name", "YP-07")),
    (bad("", "", "no", "", "Jo Fictional", ref="Jo-99"), ("part of the name", "YP-07")),
    (bad("", "", "no", "", "Anh Ng", ref="NG4"), ("part of the name", "YP-07")),
    (bad(ref="2011-05-14"), ("holds the date of birth", "YP-07")),
    (bad(ref="YP140511"), ("holds the date of birth", "YP-07")),
    (bad(ref="07700 900123"), ("telephone or NHS number", "YP-07")),
    (bad(ref="x"), ("'x' is a word of the forms", "another")),
    (bad(ref="OK"), ("'OK' is a word of the forms", "another")),
    (bad(ref="?"), ("'?' is not allowed", "YP-07")),
    (bad(ref="+"), ("'+' is not allowed", "YP-07")),
    (bad(ref="a:1"), ("'a:1' is not allowed", "YP-07")),
    (bad(ref="YP-0123456789abcd"), ("too long for a button", "at most 16")),
    (bad(ref="УР-12"), ("no plain letter", "look like one")),
    (bad(ref="🌙1"), ("no plain letter", "type it again")),
    (bad(ref="YP-01"), ("stands in line 2 already", "One row")),
    (bad(ref="yp-01"), ("looks like 'YP-01' in line 2", "mixed up")),
    (bad(ref="YP 01"), ("looks like 'YP-01' in line 2", "mixed up")),
    (bad(ref="YP-O1"), ("looks like 'YP-01' in line 2", "mixed up")),
    (bad(ref="YP-0I"), ("looks like 'YP-01' in line 2", "mixed up")),
    # Homes and authorities.
    (bad(home="elm"), ("home: 'elm' is no home", "Allowed: rowan, alder")),
    (bad(home="Rowan Huose"), ("is no home", "Did you mean 'rowan'?")),
    (bad(home=""), ("home: '' is no home", "Allowed: rowan")),
    (bad("Camdem"), ("looked_after_by: 'Camdem'", "Did you mean 'Camden'?", "or empty")),
    (bad("", "Atlantis"), ("placed_in: 'Atlantis' is no authority", "Camden")),
    # Dates.
    (bad(dob=""), ("date_of_birth: is empty", "31/12/2011")),
    (bad(dob="14/05/11"), ("a year of two digits", "Write all four")),
    (bad(dob="14.5.11"), ("a year of two digits", "31/12/2011")),
    (bad(dob="14 May '11"), ("a year of two digits", "Write all four")),
    (bad(dob="05/14/2011"), ("is not a date", "day stands before the month")),
    (bad(dob="31/02/2011"), ("is not a date", "31/12/2011")),
    (bad(dob="40677"), ("a spreadsheet's number", "format the column")),
    (bad(dob="May 2011"), ("is not a date", "31/12/2011")),
    (bad(dob="1911-05-14"), ("makes nobody a young person", "Check the year")),
    (bad(dob="2031-05-14"), ("makes nobody a young person", "Check the year")),
    (bad("", "", "no", "", "", "1.9.26"), ("left_on: '1.9.26' has a year of two", "four")),
    (bad("", "", "no", "", "", "2010-01-01"), ("left_on", "before the date of birth", "Check")),
    # Answers, flags, cells, quotes.
    (bad("", "", "maybe"), ("historical_concerns: 'maybe'", "yes, no, unknown")),
    (bad("", "", "no", "tall"), ("flags: 'tall' is not allowed", "cse_risk")),
    (bad("", "", "no", "cse_rsk"), ("flags: 'cse_rsk'", "Did you mean 'cse_risk'?")),
    (bad("", "", "no", "", "N" * 90), ("name", "at most 80 characters")),
    (bad("", "", "no", "", "", "", "", "more"), ("more cells", "quotes around")),
    (bad("", "", "no", "", '"Ash "the fox" Invented"'), ("quote stands in the middle", "twice")),
    (bad("", "", "no", "", '"Ash Invented'), ("not closed on this line", "no line break")),
]


def table(folder: Path, *rows: str, head: str = HEAD) -> Path:
    path = folder / "people.csv"
    path.write_text("\n".join([head, *rows, ""]), encoding="utf-8")
    return path


def mistakes(path: Path) -> list[str]:
    with pytest.raises(BadRegister) as caught:
        read(path, SERVICE, TODAY)
    return caught.value.problems


@pytest.mark.parametrize(("row", "words"), ROWS, ids=lambda value: str(value)[:50])
def test_a_mistake_is_named_with_line_and_remedy(
    tmp_path: Path, row: str, words: tuple[str, ...]
) -> None:
    found = mistakes(table(tmp_path, GOOD, row))
    [line] = [one for one in found if all(word in one for word in words)]
    assert line.startswith("people.csv:3: ")
    for one in found:
        assert len(one) <= 320
        assert not re.search(r"\n|Traceback|codec|csv\.|Error", one)


def test_there_are_enough_of_them() -> None:
    assert len(ROWS) >= 40


def test_an_unclosed_quote_swallows_nothing_and_every_such_line_is_named(tmp_path: Path) -> None:
    """The row with the quote and the two after it stood in one cell, and were gone."""
    row = bad("", "", "no", "", '"Bay Invented')
    path = table(tmp_path, GOOD, row, bad(ref="YP-03"), bad(ref="YP-04"), row)
    found = mistakes(path)
    assert [one.split(": ")[0] for one in found] == ["people.csv:3", "people.csv:6"]


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ("reference,home", ("column 'date_of_birth' is missing", "Needed")),
        ("reference,house,dob,height", ("unknown column 'height'", "Allowed: reference")),
        ("reference,home,date_of_birth,flgs", ("unknown column 'flgs'", "Did you mean 'flags'?")),
        ("reference,home,date_of_birth,DOB", ("'date_of_birth' stands twice ('DOB'", "Keep one")),
        ("reference,home,date_of_birth,", ("column 4 has cells and no heading", "Give it one")),
    ],
)
def test_a_mistake_in_the_heading(tmp_path: Path, head: str, words: tuple[str, ...]) -> None:
    found = mistakes(table(tmp_path, "YP-01,rowan,2011-05-14,5", head=head))
    assert any(one.startswith("people.csv:1: ") and all(w in one for w in words) for one in found)


def expected(path: Path) -> None:
    [first, second] = read(path, SERVICE, TODAY)
    assert (first.ref, first.home, first.child.dob) == ("YP-01", "rowan", date(2011, 5, 14))
    assert (first.name, first.child.responsible_la) == ("Zoë Invented", "Camden")
    assert (first.child.historical_concerns, second.child.historical_concerns) == (True, False)
    assert (second.ref, second.child.dob, second.left_on) == (
        "YP-02",
        date(2012, 2, 29),
        date(2026, 12, 1),
    )


TITLE = ["Ref", "Home", "Date of Birth", "Placing Authority", "Historical Concerns", "Name", "Left"]
FIRST = ["YP-01", "Rowan House", "14/05/2011", "camden", "Y", "Zoë Invented", ""]
SECOND = ["YP-02", "ROWAN", "29.02.2012", "", "N", "", "1 December 2026"]


def lines(delimiter: str, end: str = "\r\n", extra: int = 0) -> str:
    rows = [row + [""] * extra for row in (TITLE, FIRST, SECOND, [""] * len(TITLE))]
    return end.join(delimiter.join(row) for row in rows) + end


@pytest.mark.parametrize(
    "raw",
    [
        lines(",").encode(),
        lines(",").encode("utf-8-sig"),
        lines(",", "\n").encode(),
        lines(",", "\r").encode(),
        lines(",").encode("utf-16"),
        lines("\t").encode("utf-16"),
        b"\xfe\xff" + lines("\t").encode("utf-16-be"),
        lines(",").encode("utf-16-le"),
        lines(",").encode("cp1252"),
        lines(";").encode("cp1252"),
        lines(";").encode(),
        lines("\t").encode(),
        ("sep=;\r\n" + lines(";")).encode(),
        ('"sep=;"\r\n' + lines(";")).encode("utf-8-sig"),
        lines(",", extra=3).encode(),
        ("\r\n,,,,,,\r\n" + lines(",")).encode(),
        lines(",").replace("14/05/2011", '"14/05/2011 00:00:00"').encode(),
    ],
)
def test_what_spreadsheets_leave_behind_is_taken(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(raw)
    expected(path)


def midnight(day: date) -> datetime:
    """As spreadsheets keep a day."""
    return datetime.combine(day, time())


def workbook(*rows: list[object]) -> bytes:
    book = Workbook()
    assert book.active is not None
    book.active.title = "Notes"
    sheet = book.create_sheet("People")
    for row in rows:
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_workbook_is_taken_as_it_is(tmp_path: Path) -> None:
    """Dates as dates, an empty first sheet, an empty row, empty columns."""
    path = tmp_path / "people.xlsx"
    path.write_bytes(
        workbook(
            [*TITLE, None, None],
            [
                *FIRST[:2],
                datetime.combine(date(2011, 5, 14), time()),
                "Camden",
                True,
                *FIRST[5:],
                None,
                None,
            ],
            [],
            [*SECOND[:4], False, None, midnight(date(2026, 12, 1)), None],
        )
    )
    expected(path)


def test_a_mistake_in_a_workbook_has_its_row(tmp_path: Path) -> None:
    path = tmp_path / "people.xlsx"
    path.write_bytes(workbook(TITLE, FIRST, ["YP-02", "elm\nrow", 40677]))
    [line] = mistakes(path)
    assert line.startswith("people.xlsx:3: the cell 'elm\\nrow' has a line break.")
    path.write_bytes(workbook(TITLE, FIRST, ["YP-02", "elm", 40677]))
    found = mistakes(path)
    assert all(line.startswith("people.xlsx:3: ") for line in found)
    assert len(found) == 2


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", ("is empty", "first row")),
        (b"\r\n,,,\r\n", ("is empty", "first row")),
        (b"PK\x03\x04 no workbook", ("no workbook", ".xlsx")),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ("old form", "Save it as .xlsx")),
        (b"reference\n\0\0\0\0\n", ("no text", "Save the table as CSV")),
        (b"reference,home\nYP-1,\x81\n", (":2", "cannot be read", "UTF-8")),
    ],
)
def test_a_file_that_is_no_table_is_explained(
    tmp_path: Path, raw: bytes, words: tuple[str, ...]
) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(raw)
    [line] = mistakes(path)
    assert all(word in line for word in words), line
    assert not re.search(r"codec|zip|Error", line)


def test_a_leaving_date_hides_nobody_before_it() -> None:
    child = Child(dob=date(2011, 5, 14))
    person = Person(ref="YP-1", home="rowan", child=child, left_on=date(2026, 12, 1))
    assert person.lives_there(date(2026, 11, 30))
    assert not person.lives_there(date(2026, 12, 1))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return written(tmp_path, ('key_file = "book.key"', 'unencrypted = "yes, plain files"'))


def test_a_reference_like_another_one_of_the_register_is_refused(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert people_command.run(table(tmp_path, OURS), config) == 0
    assert people_command.run(table(tmp_path, OURS), config) == 0  # the same again: put right
    capsys.readouterr()
    again = OURS.replace("YP-01", "yp01").replace("Ash", "Bay")
    assert people_command.run(table(tmp_path, again), config) == 2
    shown = capsys.readouterr().err
    assert "people.csv: reference: 'yp01' looks like 'YP-01' of the register." in shown
    assert "Nothing was imported." in shown


def test_the_same_name_and_date_of_birth_twice_is_asked(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Within a file, and against the register; and twins with other names are none."""
    twice = table(tmp_path, OURS, OURS.replace("YP-01", "YP-77"))
    assert people_command.run(twice, config) == 2
    assert "YP-77 and YP-01 have the same name and date of birth" in capsys.readouterr().err
    twins = table(tmp_path, OURS, OURS.replace("YP-01", "YP-02").replace("Ash", "Bay"))
    assert people_command.run(twins, config) == 0
    again = table(tmp_path, OURS.replace("YP-01", "YP-77"))
    assert people_command.run(again, config) == 2
    assert "run it again with --sure" in capsys.readouterr().err
    assert people_command.run(again, config, sure=True) == 0


def test_a_young_person_who_leaves_next_month_can_be_reported_missing_today() -> None:
    staff = Staff(id="kit", name="Kit", telegram_id=1, role=Role.DUTY_MANAGER)
    people = [
        Person(ref=ref, home="rowan", child=Child(age=15), left_on=day)
        for ref, day in (("YP-1", date(2026, 12, 1)), ("YP-2", date(2026, 11, 20)), ("YP-3", None))
    ]
    now = datetime(2026, 11, 21, 23, 40, tzinfo=UTC)
    provider = Provider(homes=SERVICE.homes[:1], staff=(staff,))
    state = FormState(answers={}, now=now, staff=staff, service=provider, people=people)
    [who] = [step for step in FORM.steps if step.key == "who"]
    assert isinstance(who, Choice)
    assert {option.value for option in who.options(state)} == {"YP-1", "YP-3", NOT_LISTED}


@pytest.mark.parametrize(
    ("ref", "name"),
    [("YP-411", "Ali Invented"), ("RH-10", "Lo Invented"), ("AL-0507", "Ash Invented")],
)
def test_a_number_is_no_name(ref: str, name: str) -> None:
    """411 could be read as Ali: there is no letter in it."""
    assert reference_problem(ref, name=name, born=date(2011, 5, 14)) == ("", "")


@pytest.mark.parametrize("ref", ["1" * 5000, "é" * 5000, "a" * 5000])
def test_no_message_repeats_more_of_a_reference_than_can_be_read(ref: str) -> None:
    what, _ = reference_problem(ref)
    assert len(what) < 150
