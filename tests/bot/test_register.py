"""The register from a CSV file: all rows or none, faults named with line and column."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bot.register import BadRegister, read
from protocol.provider import Authority, Home, Provider

TODAY = date(2026, 11, 21)
SERVICE = Provider(
    homes=(Home(id="rowan", name="Rowan House", prefix="RH", authority="Haringey"),),
    staff=(),
    authorities=(Authority(name="Haringey"), Authority(name="Camden")),
)
HEAD = "reference,home,date_of_birth,looked_after_by,placed_in,historical_concerns,flags,name"


def table(folder: Path, *rows: str, head: str = HEAD) -> Path:
    path = folder / "people.csv"
    path.write_text("\n".join([head, *rows]), encoding="utf-8")
    return path


def faults(path: Path) -> list[str]:
    with pytest.raises(BadRegister) as caught:
        read(path, SERVICE, TODAY)
    return caught.value.problems


def test_a_good_table_becomes_people(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "YP-01,rowan,14/05/2011,Camden,,unknown,cse_risk gang_risk,Ash Invented",
        "YP-02,rowan,2012-02-29,,,no,,",
    )
    first, second = read(path, SERVICE, TODAY)
    assert first.child.dob == date(2011, 5, 14)
    assert first.child.looked_after
    assert first.child.placement_la == "Haringey"
    assert first.child.cse_risk
    assert first.child.gang_risk
    assert first.child.historical_concerns == "unknown"
    assert not second.child.looked_after
    assert second.child.historical_concerns is False


def test_columns_for_figures_are_read_and_old_files_stay_valid(tmp_path: Path) -> None:
    head = "reference,home,date_of_birth,sex,ethnicity,legal_status,placement,sector,distance"
    path = table(
        tmp_path,
        "YP-01,rowan,2011-05-14,Female,black,care_order,foster,private,over_50,e09000014",
        "YP-02,rowan,2011-05-14,,,,,,,",
        head=head + ",district",
    )
    first, second = read(path, SERVICE, TODAY)
    child = first.child
    assert (child.sex, child.ethnicity, child.legal_status) == ("female", "black", "care_order")
    assert (child.placement, child.sector, child.distance) == ("foster", "private", "over_50")
    assert child.district == "E09000014"
    assert (second.child.sex, second.child.district) == ("unknown", "")


def test_a_code_that_is_none_is_answered_with_the_list(tmp_path: Path) -> None:
    head = "reference,home,date_of_birth,sex,district"
    found = faults(table(tmp_path, "YP-01,rowan,2011-05-14,f,Haringey", head=head))
    assert found == [
        "people.csv:2: sex: 'f' is not allowed. Allowed: female, male, other, unknown, or empty.",
        "people.csv:2: district: 'HARINGEY' is no code. Allowed: E, W, S or N and 8 digits, "
        "or empty.",
    ]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("YP-01,elm,2011-05-14,,,no,,", "people.csv:3: home: 'elm' is no home. Allowed: rowan."),
        ("YP-01,rowan,14.5.11,,,no,,", "people.csv:3: date_of_birth: '14.5.11' has a year"),
        ("YP-01,rowan,1911-05-14,,,no,,", "people.csv:3: date_of_birth: '1911-05-14' makes nobody"),
        ("YP-01,rowan,2011-05-14,Atlantis,,no,,", "people.csv:3: looked_after_by: 'Atlantis'"),
        ("YP-01,rowan,2011-05-14,,,maybe,,", "people.csv:3: historical_concerns: 'maybe'"),
        ("YP-01,rowan,2011-05-14,,,no,tall,", "people.csv:3: flags: 'tall' is not allowed."),
        ("YP-00,rowan,2011-05-14,,,no,,", "people.csv:3: reference: 'YP-00' stands in line 2"),
        (",rowan,2011-05-14,,,no,,", "people.csv:3: reference: is empty."),
        ("YP-01,rowan,2011-05-14,,,no,,,,more", "people.csv:3: has more cells"),
    ],
)
def test_one_bad_row_is_named_and_nothing_is_imported(tmp_path: Path, row: str, fault: str) -> None:
    found = faults(table(tmp_path, "YP-00,rowan,2011-05-14,,,no,,", row))
    assert any(line.startswith(fault) for line in found), found


def test_columns_are_checked_first(tmp_path: Path) -> None:
    found = faults(table(tmp_path, "x", head="reference,height"))
    assert any(
        line.startswith("people.csv:1: column 'date_of_birth' is missing.") for line in found
    )
    assert any("unknown column 'height'" in line for line in found)


def test_an_empty_or_missing_file_is_said(tmp_path: Path) -> None:
    assert faults(table(tmp_path)) == ["people.csv: has no rows. One row for each young person."]
    assert "cannot be read" in faults(tmp_path / "none.csv")[0]
