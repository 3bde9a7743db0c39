"""`report` and `hub` on the command line: exit statuses, messages, forms."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from bot.cli.commands import app
from reports.catalogue import REPORTS
from reports.rows import encode
from tests.reports.randomrows import rows

DATA = Path(__file__).parents[1] / "data" / "reports"
YEAR = ("--from", "2025-01-01", "--to", "2025-12-31")
EXAMPLE = ("--rows", DATA / "rows-example.jsonl", *YEAR, "--authority", "E10000099")
PEOPLE = ("--people", DATA / "rows-example-people.csv")


def run(*arguments, stdin=None):
    return CliRunner().invoke(app, list(map(str, arguments)), input=stdin)


@pytest.fixture
def bad(tmp_path):
    """Two good rows with bad ones between."""
    good = (DATA / "rows-example.jsonl").read_text("utf-8").splitlines()
    file = tmp_path / "bad.jsonl"
    wrong = good[2].replace('"sex": "', '"sex": "Kayla ')
    file.write_text("\n".join([good[0], "nothing", good[1], wrong]), "utf-8")
    return file


def test_bad_rows_are_named_and_nothing_is_reported(bad):
    result = run("report", "ni71", "--rows", bad, *YEAR, "--json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert [line.split(" ")[:3] for line in result.stderr.splitlines()] == [
        [f"{bad}:2:", "(line):", "is"],
        [f"{bad}:4:", "sex:", "the"],
    ]
    assert "Kayla" not in result.stderr


def test_good_rows_are_reported_beside_bad_ones_if_asked(bad):
    result = run("report", "ni71", "--rows", bad, *YEAR, "--json", "--skip-bad")
    assert result.exit_code == 0
    assert len(result.stderr.splitlines()) == 2
    assert (
        json.loads(result.stdout)["rows"] | {"used": 2, "bad": 2}
        == json.loads(result.stdout)["rows"]
    )
    text = run("report", "ni71", "--rows", bad, *YEAR, "--skip-bad")
    assert "2 rows could not be used" in text.stdout


def test_rows_can_come_from_standard_input():
    lines = (DATA / "rows-example.jsonl").read_bytes()
    result = run("report", "hub", "--rows", "-", *YEAR, "--json", stdin=lines)
    assert json.loads(result.stdout)["rows"]["read"] == 40
    result = run("report", "hub", "--rows", "-", *YEAR, "--json", stdin=b"[]\n")
    assert result.stderr.startswith("-:1: (line): ")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nothing", *EXAMPLE], "nothing: no such report. Allowed: repeats, "),
        (["ni71", "--rows", "a", "--from", "2025-02-01", "--to", "2025-01-31"], "--from: 2025-02"),
        (["ni71", "--rows", "a", "--from", "2025-02-30", "--to", "2025-03-31"], "--from: this is"),
        (["ni71", "--rows", "a", "--from", "20250201", "--to", "2025-03-31"], "--from: this is"),
        (["ni71", "--rows", "a", "--to", "2025-03-31"], "--from: this is"),
        (["sources", "--rows", "a", *YEAR], "--authority: sources needs it"),
        (
            ["sources", "--rows", "a", *YEAR, "--authority", "Camden"],
            "--authority: this is no code",
        ),
        (["hub", "--rows", "a", *YEAR, "--partner", "E1"], "--partner: this is no code"),
        (["hub", "--rows", "no-such-file", *YEAR], "no-such-file: cannot be read"),
        (["hub", "--rows", DATA, *YEAR], f"{DATA}: cannot be read"),
        (["hub", *EXAMPLE, "--json", "--csv"], "Allowed: one of --json"),
        (["ssda903", *EXAMPLE, *PEOPLE, "--suppress"], "--suppress: ssda903 names children"),
        (["ssda903", *EXAMPLE, "--people", "no-such-file"], "no-such-file: cannot be read"),
        (["ssda903", *EXAMPLE, "--people", DATA / "rows-example.jsonl"], ":1: the header"),
        (["appg9", *EXAMPLE, "--context", DATA / "rows-example.jsonl"], "this is no JSON object"),
        (["hub", *EXAMPLE, "--pdf", DATA], f"{DATA}: cannot be written"),
        (["annex_a", *EXAMPLE, "--style", "words2"], "--style: this is not allowed"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(arguments, says):
    result = run("report", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"looked_after": -1}, "looked_after: this is not allowed"),
        ({"looked_after": True}, "looked_after: this is not allowed"),
        ({"children": 4}, "children: this is not allowed"),
        ({"by_distance": {"far": 4}}, "by_distance.far: this is not allowed"),
        ([], "this is no JSON object"),
    ],
)
def test_counts_of_placed_children_are_checked(tmp_path, content, says):
    file = tmp_path / "context.json"
    file.write_text(json.dumps(content), "utf-8")
    result = run("report", "appg9", *EXAMPLE, "--context", file)
    assert result.exit_code == 2
    assert says in result.stderr


def test_no_rows_in_the_period_are_all_zeros():
    for name in REPORTS:
        result = run(
            *("report", name, "--rows", DATA / "rows-example.jsonl", "--authority", "E10000099"),
            *("--from", "2010-01-01", "--to", "2010-12-31", "--json"),
        )
        assert result.exit_code == 0
        assert json.loads(result.stdout)["rows"]["used"] == 39


def test_the_list_says_who_needs_each_report():
    result = run("report", "list")
    assert [line.split()[0] for line in result.stdout.splitlines()] == list(REPORTS)
    assert "needs --authority" in result.stdout


def test_csv_has_a_line_for_each_leaf():
    text = run("report", "ni71", *EXAMPLE, "--csv").stdout
    lines = list(csv.reader(io.StringIO(text)))
    assert lines[0] == ["path", "value"]
    found = dict(lines[1:])
    assert found["age_band.12-13.children"] == "1"
    assert found["homes.0.home"] == "H08"
    assert found["homes.0.high"] == "false"
    assert found["out_of_hours.placed_suitably.pct"] == ""


def test_the_return_is_written_in_its_own_form_or_not_at_all():
    arguments = ("report", "ssda903", "--rows", DATA / "rows-example.jsonl", *PEOPLE, "--csv")
    first = run(*arguments, "--from", "2024-04-01", "--to", "2025-03-31")
    assert first.exit_code == 0
    assert first.stdout.splitlines()[:2] == [
        "CHILD,DOB,MISSING,MIS_START,MIS_END",
        "X90710001,15/02/2011,M,29/03/2025,30/03/2025",
    ]
    overlap = run(*arguments, "--from", "2025-04-01", "--to", "2026-03-31")
    assert (overlap.exit_code, overlap.stdout) == (1, "")
    assert "M from 15/04/2025 begins while A from 31/03/2025" in overlap.stderr


def test_annex_a_has_the_columns_of_the_inspection_file():
    words = run("report", "annex_a", *EXAMPLE, "--csv").stdout.splitlines()
    assert words[1].startswith(("2967", "557c"))
    letters = run("report", "annex_a", *EXAMPLE, *PEOPLE, "--csv", "--style", "letters").stdout
    assert "X90710001,2,0,a) Yes,a) Yes" in letters.splitlines()


@pytest.mark.parametrize("name", list(REPORTS))
def test_workbooks_have_numbers_as_numbers(name, tmp_path):
    file = tmp_path / "report.xlsx"
    assert run("report", name, *EXAMPLE, *PEOPLE, "--xlsx", file).exit_code == 0
    book = load_workbook(file)
    assert book.sheetnames[0] == "About"
    assert len(book.sheetnames) > 1
    about = {row[0]: row[1] for row in book["About"].values}
    assert about["Period"] == "1 January 2025 to 31 December 2025"
    if name == "ni71":
        assert book["age band"]["B7"].value == 18


def made_page(tmp_path, name, *more):
    notes = tmp_path / "notes.txt"
    notes.write_text("Measures: two more workers. " * 60, "utf-8")
    file = tmp_path / "page.pdf"
    assert run("report", name, *EXAMPLE, "--notes", notes, "--pdf", file, *more).exit_code == 0
    return file.read_bytes()


@pytest.mark.parametrize("name", list(REPORTS))
def test_a_printed_report_is_one_page(name, tmp_path):
    page = made_page(tmp_path, name)
    assert page.startswith(b"%PDF")
    assert page.count(b"/Type /Page\n") == 1


def test_the_same_rows_give_the_same_page(tmp_path):
    assert made_page(tmp_path, "repeats") == made_page(tmp_path, "repeats")


@pytest.mark.parametrize("name", ["repeats", "ni71", "sources", "timeliness"])
def test_a_page_that_may_be_published_is_drawn_from_what_is_shown(name, tmp_path):
    assert made_page(tmp_path, name, "--suppress").count(b"/Type /Page\n") == 1


class TestHub:
    @pytest.fixture
    def files(self, tmp_path):
        for service, seed in (("NL01", 1), ("NL02", 2)):
            made = rows(seed, number=20, services=1)
            for row in made:
                row.service = service
            lines = b"".join(encode(row) + b"\n" for row in made)
            (tmp_path / f"{service}.jsonl").write_bytes(lines)
        return tmp_path

    def merge(self, folder, *names, **options):
        extra = [x for name, value in options.items() for x in (f"--{name}", value)]
        result = run(
            "hub", "merge", *(folder / x for x in names), "--out", folder / "out", "--json", *extra
        )
        return result, json.loads(result.stdout)

    def test_rows_of_several_services_are_joined_in_order(self, files):
        result, said = self.merge(files, "NL02.jsonl", "NL01.jsonl", "NL01.jsonl")
        assert result.exit_code == 0
        assert [x["service"] for x in said["services"]] == ["NL01", "NL02"]
        assert (said["duplicates"], said["conflicts"], said["absent_services"]) == (20, [], [])
        assert [x["rows"] for x in said["files"]] == [20, 20, 20]
        found = [json.loads(line) for line in (files / "out").read_text("utf-8").splitlines()]
        assert len(found) == 40
        order = [(row["service"], row["start"], row["episode"]) for row in found]
        assert order == sorted(order)
        assert run("hub", "check", files / "out").exit_code == 0

    def test_the_newest_version_of_an_episode_is_written(self, files):
        made = rows(1, number=20, services=1)
        made[3].as_of = made[3].as_of.replace(year=2030)
        made[3].sex = "other"
        (files / "new").write_bytes(b"".join(encode(row) + b"\n" for row in made))
        _, said = self.merge(files, "new", "NL01.jsonl")
        assert said["duplicates"] == 20
        text = (files / "out").read_text("utf-8")
        assert json.loads(encode(made[3])) in [json.loads(line) for line in text.splitlines()]

    def test_the_same_episode_with_other_content_is_a_conflict(self, files):
        made = rows(1, number=20, services=1)
        made[3].sex = "female" if made[3].sex != "female" else "male"
        (files / "other").write_bytes(b"".join(encode(row) + b"\n" for row in made))
        result, said = self.merge(files, "NL01.jsonl", "other")
        assert result.exit_code == 1
        assert not (files / "out").exists()
        assert said["conflicts"] == [
            {
                "service": "NL01",
                "episode": made[3].episode,
                "files": [str(files / "NL01.jsonl"), str(files / "other")],
            }
        ]
        check = run("hub", "check", files / "NL01.jsonl", files / "other")
        assert check.exit_code == 1
        assert (
            f"{files / 'other'}:4: as_of: the same as in {files / 'NL01.jsonl'}:4" in check.stderr
        )

    def test_a_service_that_is_missing_is_named(self, files):
        (files / "codes").write_text("NL01\nNL02\nNL03\n", "utf-8")
        result, said = self.merge(files, "NL01.jsonl", expect=files / "codes")
        assert (result.exit_code, said["absent_services"]) == (1, ["NL02", "NL03"])
        assert not (files / "out").exists()
        result = run(
            *("hub", "merge", files / "NL01.jsonl", "--out", files / "out"),
            *("--expect", files / "codes", "--allow-absent"),
        )
        assert result.exit_code == 0
        assert "Absent services: NL02, NL03" in result.stdout

    def test_bad_rows_are_named_and_nothing_is_written(self, files, bad):
        result, said = self.merge(files, "NL01.jsonl", bad.name)
        assert result.exit_code == 1
        assert f"{bad}:2: (line): " in result.stderr
        assert [x["bad"] for x in said["files"]] == [0, 2]
        assert not (files / "out").exists()
        assert run("hub", "check", bad).exit_code == 1
        assert run("hub", "check", files / "nothing").exit_code == 2


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\n", "holds no rows"),
        (b'{"schema": 2}\n', "comes from another version of Nightlight"),
        ('{"schema": 1}\n'.encode("utf-16"), "is not in UTF-8"),
        (b'[{"schema": 1}, {"schema": 1}]\n', "is one list of JSON"),
        (b"schema,service\n1,NL01\n", "is a table"),
    ],
)
def test_a_file_without_a_good_row_is_looked_at_as_a_whole(tmp_path, content, says):
    """The wrong form of a file would otherwise be thousands of bad lines."""
    file = tmp_path / "NL09.jsonl"
    file.write_bytes(content)
    assert f"{file}: {says}" in run("hub", "check", file).stderr


def test_a_file_with_good_rows_is_judged_by_its_lines(tmp_path):
    good = (DATA / "rows-example.jsonl").read_bytes().splitlines(keepends=True)[0]
    file = tmp_path / "NL09.jsonl"
    file.write_bytes(good + b"{}\n")
    assert f"{file}: " not in run("hub", "check", file).stderr


def test_a_number_that_a_workbook_cannot_hold_is_written_out(tmp_path):
    row = json.loads((DATA / "rows-example.jsonl").read_text("utf-8").splitlines()[0])
    (tmp_path / "rows.jsonl").write_text(json.dumps(row | {"n90": 10**400}), "utf-8")
    out = tmp_path / "out.xlsx"
    result = run("report", "monthly", "--rows", tmp_path / "rows.jsonl", *YEAR, "--xlsx", out)
    assert result.exit_code == 0, result.exception
    cells = [cell for sheet in load_workbook(out) for line in sheet.values for cell in line]
    assert str(10**400) in cells
