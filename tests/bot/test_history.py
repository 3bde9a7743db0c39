"""`import history`: all or nothing, bad rows named, nothing twice, and the counts right at once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.cli import export, history
from bot.config_file import load
from bot.history_file import COLUMNS, MAP_COLUMNS, SSD_COLUMNS, BadHistory, read_csv
from bot.history_rows import read_time
from bot.resources import open_alone
from protocol.provider import Home, Provider
from reports.row_checks import problem
from reports.rows import Row
from storage.model import Past, Person
from tests.bot.test_export import CONFIG, EXPORT
from tests.protocol.cases import IN_CARE

HEAD = "person,home,category,start,returned"
PROVIDER = Provider(homes=(Home(id="rowan", name="Rowan House", prefix="RH"),), staff=())
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG + EXPORT, encoding="utf-8")
    (tmp_path / "export.key").write_text("a" * 42 + "A=\n")
    (tmp_path / "export.key").chmod(0o600)
    asyncio.run(_register(path))
    return path


async def _register(path: Path) -> None:
    config, _ = load(path, token_needed=False)
    store = await open_alone(config, path.parent)
    await store.put_people([Person(ref="YP-07", home="rowan", child=IN_CARE)])
    await store.close()


def table(folder: Path, *rows: str, head: str = HEAD, name: str = "old.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def run(config: Path, file: Path, **options: object) -> int:
    given = {"form": "csv", "map_path": None, "dry_run": False, "with_open": False, **options}
    return history.run(file, config, **given)  # type: ignore[arg-type]


def past(config: Path) -> list[Past]:
    async def read() -> list[Past]:
        loaded, _ = load(config, token_needed=False)
        store = await open_alone(loaded, config.parent)
        try:
            return list(await store.history("YP-07"))
        finally:
            await store.close()

    return asyncio.run(read())


def rows(config: Path) -> list[Row]:
    out = config.parent / "rows"
    assert export.rows("2020-01-01", "2026-11-30", config, as_csv=False, out=out) == 0
    found = [problem(line) for line in out.read_bytes().splitlines()]
    assert all(isinstance(row, Row) for row in found), found
    return found  # type: ignore[return-value]


def test_three_episodes_of_the_time_before_count_from_the_first_day(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = table(
        config.parent,
        "YP-07,rowan,M,01/09/2026 21:00,02/09/2026 03:00",
        "YP-07,rowan,absent,2026-09-20,2026-09-21",
        "YP-07,rowan,missing,2026-10-10T22:00:00+01:00,2026-10-11T01:30:00Z",
    )
    assert run(config, file) == 0
    assert "3 rows read: 3 imported, 0 known already." in capsys.readouterr().out
    found = rows(config)
    assert [row.n90 for row in found] == [1, 2, 3]
    assert [row.source for row in found] == ["import"] * 3
    assert [row.precision for row in found] == ["minute", "day", "minute"]
    assert [row.level_peak for row in found] == ["unknown"] * 3
    assert found[0].start == datetime(2026, 9, 1, 20, 0, tzinfo=UTC)


def test_the_same_file_again_brings_nothing_twice(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head = HEAD + ",source_id"
    row = "YP-07,rowan,M,01/09/2026 21:00,02/09/2026 03:00,case-17"
    assert run(config, table(config.parent, row, row, head=head)) == 0
    assert "2 rows read: 1 imported, 1 known already." in capsys.readouterr().out
    moved = row.replace("21:00", "21:05")
    assert run(config, table(config.parent, row, moved, head=head)) == 0
    assert "2 rows read: 0 imported, 2 known already." in capsys.readouterr().out
    assert len(past(config)) == 1


def test_a_dry_run_writes_nothing(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = table(config.parent, "YP-07,rowan,M,01/09/2026,02/09/2026")
    assert run(config, file, dry_run=True) == 0
    assert "1 would be imported" in capsys.readouterr().out
    assert past(config) == []


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("YP-99,rowan,M,01/09/2026,02/09/2026", "old.csv:3: person: is not on the register."),
        ("YP-07,elm,M,01/09/2026,02/09/2026", "old.csv:3: home: 'elm' is not allowed. Allowed: ro"),
        ("YP-07,rowan,X,01/09/2026,02/09/2026", "old.csv:3: category: 'X' is not allowed."),
        ("YP-07,rowan,M,31/02/2026,02/09/2026", "old.csv:3: start: '31/02/2026' is not allowed."),
        ("YP-07,rowan,M,,02/09/2026", "old.csv:3: start: '' is not allowed. Allowed: 31/12"),
        ("YP-07,rowan,M,02/09/2026,01/09/2026", "old.csv:3: returned: is before the start."),
        ("YP-07,rowan,M,02/09/2026,", "old.csv:3: returned: is blank: still away."),
        ("YP-07,rowan,M,02/09/2099,", "old.csv:3: start: '02/09/2099' lies in the future."),
        ("YP-07,rowan,M,29/03/2026 01:30,", "old.csv:3: start: '29/03/2026 01:30' does not exist"),
        ("YP-07,rowan,M,25/10/2025 01:30,26/10/2025 01:30", "old.csv:3: returned: '26/10/2025 01"),
        ("YP-07,rowan,M", "old.csv:3: (line): has not as many cells as the heading."),
    ],
)
def test_one_bad_row_is_named_and_nothing_is_imported(
    config: Path, row: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    good = "YP-07,rowan,M,01/09/2026,02/09/2026"
    assert run(config, table(config.parent, good, row)) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith(said)
    assert lines[-1] == "Nothing was imported."
    assert past(config) == []


def test_a_column_that_is_none_is_said_with_those_that_are(config: Path) -> None:
    file = table(config.parent, "x,rowan,M,01/09/2026,02/09/2026,y", head=HEAD + ",colour")
    with pytest.raises(BadHistory, match=r"old.csv:1: colour: is no column. Allowed: person, home"):
        read_csv(file, PROVIDER, {}, NOW, with_open=False)


def test_an_unclosed_quote_swallows_no_rows(config: Path) -> None:
    file = table(
        config.parent, '"YP-07,rowan,M,01/09/2026,02/09/2026', "YP-07,rowan,M,03/09/2026,04/09/2026"
    )
    with pytest.raises(BadHistory, match="not closed on this line"):
        read_csv(file, PROVIDER, {"YP-07": "rowan"}, NOW, with_open=False)


def test_what_else_is_known_of_an_episode(config: Path) -> None:
    head = HEAD + (
        ",found,police_told,parents_told,interview_offered,interview_accepted,interview_held,"
        "interview_by,harm,push,pull,exploitation,found_district,level_peak"
    )
    file = table(
        config.parent,
        "YP-07,rowan,M,01/09/2026 21:00,02/09/2026 03:00,02/09/2026 02:00,no,01/09/2026 22:00,"
        "Y,N,,independent,N,school;placement,none,,e09000014,3",
        head=head,
    )
    assert run(config, file) == 0
    [row] = rows(config)
    assert (row.police_told, row.authority_told) == (None, "unknown")
    assert row.parents_told == datetime(2026, 9, 1, 21, 0, tzinfo=UTC)
    assert (row.ri_offered, row.ri_accepted, row.ri_held) == (True, False, "unknown")
    assert (row.harm, row.crime_victim) == (False, "unknown")
    assert (row.push, row.pull, row.exploitation) == (("school", "placement"), (), "unknown")
    assert (row.found_district, row.level_peak) == ("E09000014", 3)
    assert row.located == datetime(2026, 9, 2, 1, 0, tzinfo=UTC)


def test_one_that_is_still_away_becomes_a_case_of_the_bot(config: Path) -> None:
    head = HEAD + ",police_told"
    file = table(config.parent, "YP-07,rowan,M,01/09/2026 21:00,,01/09/2026 22:00", head=head)
    assert run(config, file, with_open=True) == 0
    [row] = past(config)
    assert (row.closed_at, row.end, row.source) == (None, None, "")
    [exported] = rows(config)
    assert (exported.source, exported.police_told) == (
        "record", datetime(2026, 9, 1, 21, 0, tzinfo=UTC),
    )  # fmt: skip


SSD_HEAD = (
    "miss_table_id,miss_person_id,miss_missing_episode_start_date,miss_missing_episode_type,"
    "miss_missing_episode_end_date,miss_missing_rhi_offered,miss_missing_rhi_accepted"
)


def test_the_table_of_the_standard_safeguarding_dataset(config: Path) -> None:
    file = table(
        config.parent,
        "1,P1,2026-09-01T21:30:00,Missing,2026-09-02T03:00:00,Y,No",
        "2,P1,2026-09-10 00:00:00,A,2026-09-11 00:00:00,NA,",
        head=SSD_HEAD,
    )
    mapped = table(config.parent, "P1,YP-07,rowan", head="miss_person_id,person,home", name="m.csv")
    assert run(config, file, form="ssd", map_path=mapped) == 0
    missing, absent = rows(config)
    assert missing.located == missing.returned == datetime(2026, 9, 2, 2, 0, tzinfo=UTC)
    assert (missing.ri_offered, missing.ri_accepted, missing.ri_held) == (True, False, "unknown")
    assert (absent.precision, absent.ri_offered, absent.ri_accepted) == ("day", None, "unknown")
    assert absent.category == "unauthorised_absence"


def test_a_person_who_is_not_in_the_map_is_named(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = table(config.parent, "1,P2,2026-09-01,M,2026-09-02,,", head=SSD_HEAD)
    mapped = table(config.parent, "P1,YP-07,rowan", head="miss_person_id,person,home", name="m.csv")
    assert run(config, file, form="ssd", map_path=mapped) == 1
    assert capsys.readouterr().err.startswith("old.csv:2: miss_person_id: is not in m.csv.")


@pytest.mark.parametrize(
    ("text", "moment", "alone"),
    [
        ("31/12/2025", "2025-12-31T00:00:00+00:00", True),
        ("2026-07-01", "2026-06-30T23:00:00+00:00", True),
        ("01/07/2026 18:30", "2026-07-01T17:30:00+00:00", False),
        ("2025-10-26T01:30:00+01:00", "2025-10-26T00:30:00+00:00", False),
        ("2025-10-26T01:30:00Z", "2025-10-26T01:30:00+00:00", False),
    ],
)
def test_times_that_are_read(text: str, moment: str, alone: bool) -> None:
    assert read_time(text) == (datetime.fromisoformat(moment), alone)


@pytest.mark.parametrize("text", ["tomorrow", "1.9.2026", "2026-09-01 25:00", "01/13/2026", "T"])
def test_texts_that_are_no_times(text: str) -> None:
    with pytest.raises(ValueError, match=r"^$"):
        read_time(text)


def test_every_column_is_explained_where_the_command_says() -> None:
    explained = (Path(__file__).parents[2] / "docs" / "REPORTS.md").read_text(encoding="utf-8")
    assert [c for c in (*COLUMNS, *SSD_COLUMNS, *MAP_COLUMNS) if f"`{c}`" not in explained] == []


@pytest.mark.parametrize(
    ("more", "says"),
    [("\0", "is no text"), ("x" * 200_000, "a cell is longer than any cell of a table")],
)
def test_what_is_no_table_is_called_so(tmp_path: Path, more: str, says: str) -> None:
    path = table(tmp_path, f"YP-07,rowan,M,2026-11-01,2026-11-02{more}")
    with pytest.raises(BadHistory, match=says):
        read_csv(path, PROVIDER, {"YP-07": "rowan"}, NOW, with_open=False)
