"""`export rows` and `export people` on records as the bot writes them."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import export
from bot.cli.commands import app
from bot.config_file import load
from bot.resources import open_alone
from protocol import facts as f
from reports.row_checks import problem
from reports.rows import FIELDS, Row
from storage.keys import new_key_file
from storage.model import Person
from storage.store import Change
from tests.protocol.cases import IN_CARE

CONFIG = """
homes = [{ id = "rowan", name = "Rowan House", prefix = "RH", authority = "Haringey" }]
authorities = [{ name = "Haringey", code = "E09000014" }]
[[staff]]
id = "robin"
name = "Robin Model"
telegram_id = 7003
role = "manager"
[book]
folder = "data"
unencrypted = "yes, plain files"
"""
EXPORT = '[export]\nservice = "NL01"\nkey_file = "export.key"\n'
START = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG + EXPORT, encoding="utf-8")
    new_key_file(tmp_path / "export.key", START)
    asyncio.run(_fill(path))
    return path


async def _fill(path: Path) -> None:
    """Three nights of one young person: the first closed, the last two together with another."""
    config, _ = load(path, token_needed=False)
    store = await open_alone(config, path.parent)
    try:
        await store.put_people([Person(ref="YP-07", home="rowan", child=IN_CARE, name="Invented")])
        for number, days in enumerate((0, 10, 20)):
            at = START + timedelta(days=days)
            common = {"by": "robin", "recorded_at": at}
            facts: list[f.Fact] = [
                f.Opened(
                    id="f1", category="missing", child=IN_CARE, aware_at=at, last_seen_at=at,
                    **common,
                ),
                f.Returned(id="f2", at=at + timedelta(hours=3), **common),
            ]  # fmt: skip
            if number == 2:
                facts.append(f.AwayTogether(id="f3", at=at, other="RH-0001", **common))
            if number == 0:
                facts.append(f.Closed(id="f3", at=at + timedelta(hours=9), **common))
            await store.create(
                f"RH-000{number}", "rowan", "YP-07", Change(facts=facts, close=number == 0)
            )
    finally:
        await store.close()


def rows(config: Path, *period: str, **options: bool) -> bytes:
    out = config.parent / "rows"
    given = {"as_csv": False, **options}
    assert export.rows(*period, config, out=out, **given) == 0
    return out.read_bytes()


def test_a_row_for_each_episode_that_starts_in_the_period(config: Path) -> None:
    lines = rows(config, "2026-03-01", "2026-03-31").splitlines()
    found = [problem(line) for line in lines]
    assert all(isinstance(row, Row) for row in found), found
    assert [row.n90 for row in found] == [1, 2, 3]
    assert len({row.child for row in found}) == 1
    assert found[0].group is None
    assert found[1].group == found[2].group is not None
    assert found[0].home == "RH"
    assert found[0].responsible == "E09000014"
    assert b"YP-07" not in lines[0]


def test_both_days_of_the_period_are_in_it(config: Path) -> None:
    assert len(rows(config, "2026-03-02", "2026-03-12").splitlines()) == 2
    assert rows(config, "2026-03-03", "2026-03-11") == b""


def test_csv_has_the_same_fields(config: Path) -> None:
    table = list(csv.DictReader(io.StringIO(rows(
        config, "2026-03-01", "2026-03-31", as_csv=True
    ).decode())))  # fmt: skip
    assert tuple(table[0]) == FIELDS
    assert json.loads(table[0]["phases"])[0]["category"] == "missing"
    assert (table[0]["located"], table[0]["looked_after"]) == ("", "true")


def test_the_list_that_joins_rows_with_children(config: Path) -> None:
    out = config.parent / "people.csv"
    assert export.people(config, out=out) == 0
    [line] = list(csv.DictReader(io.StringIO(out.read_text("utf-8"))))
    row = problem(rows(config, "2026-03-01", "2026-03-31").splitlines()[0])
    assert isinstance(row, Row)
    assert line == {"child": row.child, "CHILD": "YP-07", "DOB": "10/09/2011", "DEC": ""}


def test_the_day_on_which_care_ceased_ends_the_rows_of_the_return(config: Path) -> None:
    """Blank where the register has none; leaving the home alone says nothing about care."""

    async def register(**days: date) -> None:
        loaded, _ = load(config, token_needed=False)
        store = await open_alone(loaded, config.parent)
        await store.put_people([Person(ref="YP-07", home="rowan", child=IN_CARE, **days)])
        await store.close()

    asyncio.run(register(left_on=date(2026, 3, 12)))
    assert people_csv_line(config)["DEC"] == ""
    asyncio.run(register(left_on=date(2026, 3, 12), care_ceased=date(2026, 3, 15)))
    assert people_csv_line(config)["DEC"] == "15/03/2026"
    rows_file = config.parent / "rows.jsonl"
    rows_file.write_bytes(rows(config, "2026-03-01", "2026-03-31"))
    done = CliRunner().invoke(
        app,
        [
            *("report", "ssda903", "--rows", str(rows_file), "--csv"),
            *("--from", "2026-03-01", "--to", "2026-03-31"),
            *("--people", str(config.parent / "people.csv")),
        ],
    )
    starts = [line["MIS_START"] for line in csv.DictReader(io.StringIO(done.stdout))]
    assert starts == ["02/03/2026", "12/03/2026"], done.stderr


def people_csv_line(config: Path) -> dict[str, str]:
    out = config.parent / "people.csv"
    assert export.people(config, out=out) == 0
    [line] = list(csv.DictReader(io.StringIO(out.read_text("utf-8"))))
    return line


@pytest.mark.parametrize(
    ("period", "said"),
    [
        (("2026-03-32", "2026-04-01"), "--from: '2026-03-32' is not allowed. Allowed: a date"),
        (("2026-04-02", "2026-04-01"), "--from: 2026-04-02 is after --to 2026-04-01."),
    ],
)
def test_a_wrong_period_is_said(
    config: Path, period: tuple[str, str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export.rows(*period, config, as_csv=False, out=None) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(said)


def test_what_the_configuration_lacks_is_said(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text(CONFIG, encoding="utf-8")
    assert export.rows("2026-03-01", "2026-03-31", config, as_csv=False, out=None) == 2
    assert "export: service and key_file are needed." in capsys.readouterr().err


def test_a_code_that_is_none_is_said(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(CONFIG.replace("E09000014", "Haringey") + EXPORT, encoding="utf-8")
    assert export.people(config, out=None) == 2
    assert "authorities[1].code: 'Haringey' is not allowed" in capsys.readouterr().err


def test_rows_say_when_they_were_made(config: Path) -> None:
    row = problem(rows(config, "2026-03-01", "2026-03-31").splitlines()[0])
    assert isinstance(row, Row)
    assert row.as_of.date() >= date(2026, 3, 22)
