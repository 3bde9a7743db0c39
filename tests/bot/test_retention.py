"""Cases whose time is over go, unless somebody holds them; figures stay what they were."""

from __future__ import annotations

import asyncio
import csv
import secrets
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import psycopg
import pytest
from typer.testing import CliRunner

from bot.cli import export
from bot.cli.closed_cases import months_later
from bot.cli.commands import app
from bot.config_file import load
from bot.resources import open_alone
from protocol import facts as f
from reports.rows import Row
from storage.keys import new_key_file
from storage.model import Person
from storage.store import Change, Conflict
from tests.bot.test_export import CONFIG, EXPORT
from tests.protocol.cases import IN_CARE
from tests.storage import people
from tests.support import postgres

LATELY = datetime.now(UTC).replace(microsecond=0)
OVER = LATELY - timedelta(days=430)
"""More than 13 months ago."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a database with the tables."""
    if not postgres.usable():
        pytest.skip("no PostgreSQL server on this machine (package postgresql)")
    server = postgres.Server()
    yield server.address
    server.gone()


@pytest.fixture(params=["folder", "database"])
def config(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Every story is told on both stores."""
    path = tmp_path / "config.toml"
    text = CONFIG + EXPORT
    if request.param == "database":
        service = f"oak-{secrets.token_hex(4)}"
        book = f'database = "{request.getfixturevalue("server")}"\nservice = "{service}"\n'
        text = text.replace("[book]\n", f"[book]\n{book}")
    path.write_text(text, encoding="utf-8")
    if request.param == "database":
        assert says(path, "database", "migrate")[0] == 0
    new_key_file(tmp_path / "export.key", OVER)
    asyncio.run(_fill(path))
    return path


async def _fill(path: Path) -> None:
    """A young person away three times long ago and once a month later, which is not over yet."""
    config, _ = load(path, token_needed=False)
    store = await open_alone(config, path.parent)
    try:
        await store.put_people([Person(ref="YP-07", home="rowan", child=IN_CARE, name="Invented")])
        for number, days in enumerate((0, 5, 10, 60)):
            at = OVER + timedelta(days=days)
            common = {"by": "robin", "recorded_at": at}
            facts: list[f.Fact] = [
                f.Opened(
                    id="f1", category="missing", child=IN_CARE, aware_at=at, last_seen_at=at,
                    **common,
                ),
                f.Returned(id="f2", at=at + timedelta(hours=3), **common),
                f.Closed(id="f3", at=at + timedelta(hours=9), **common),
            ]  # fmt: skip
            photo = people.attached("f4", f"%PDF- {number}".encode(), "a plan.pdf")
            change = Change(facts=[*facts, *photo.facts], contents=photo.contents, close=True)
            await store.create(f"RH-000{number}", "rowan", "YP-07", change)
    finally:
        await store.close()


def says(config: Path, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, [*words, "--config", str(config)])
    return done.exit_code, done.output


def figures(config: Path) -> dict[str, Row]:
    """All rows, without the moment at which they were made."""
    out = config.parent / "rows"
    days = ((OVER - timedelta(days=1)).date().isoformat(), LATELY.date().isoformat())
    assert export.rows(*days, config, as_csv=False, out=out) == 0
    found = [msgspec.json.decode(line, type=Row) for line in out.read_bytes().splitlines()]
    return {row.episode: msgspec.structs.replace(row, as_of=OVER) for row in found}


def on_record(config: Path) -> list[str]:
    """Cases of which anything is there: the record, or files beside it."""
    book = load(config, token_needed=False)[0].book
    if book.database:
        with psycopg.connect(book.database) as connection:
            found = connection.execute(
                "SELECT DISTINCT split_part(name, ' ', 1) FROM nightlight.record "
                "WHERE service = %s AND kind IN ('episode', 'attachment') ORDER BY 1",
                (book.service,),
            )
            return [str(ref) for (ref,) in found.fetchall()]
    return sorted({path.name.split(".")[0] for path in (config.parent / "data").rglob("RH-*")})


def confirm(config: Path, *numbers: int) -> None:
    for number in numbers:
        assert says(config, "exported", f"RH-000{number}", "--by", "robin")[0] == 0


def test_a_dry_run_lists_what_would_go_and_changes_nothing(config: Path) -> None:
    confirm(config, 0)
    before = on_record(config)
    status, text = says(config, "retention", "--dry-run")
    assert status == 0, text
    assert [line.split()[0] for line in text.splitlines()[:-1]] == ["RH-0000", "RH-0001", "RH-0002"]
    assert "RH-0001" in text and "nobody has confirmed" in text
    assert "3 cases are over 13 months after the return; 1 may go." in text
    assert on_record(config) == before


def test_a_dry_run_works_while_the_records_are_in_use(config: Path) -> None:

    async def beside() -> None:
        store = await open_alone(load(config, token_needed=False)[0], config.parent)
        try:
            listed = await asyncio.to_thread(says, config, "retention", "--dry-run")
            assert "3 cases are over" in listed[1]
            assert (await asyncio.to_thread(says, config, "retention", "--by", "robin"))[0] == 2
        finally:
            await store.close()

    asyncio.run(beside())


def test_what_goes_is_gone_and_figures_are_what_they_were(config: Path) -> None:
    before = figures(config)
    assert len(before) == 4
    assert max(row.n90 for row in before.values()) == 4
    confirm(config, 0, 1, 2)
    status, text = says(config, "retention", "--by", "robin")
    assert status == 0, text
    assert "3 went" in text and "backup" in text
    assert on_record(config) == ["RH-0003"]
    kept = (config.parent / "figures-kept.jsonl").read_text()
    assert len(kept.splitlines()) == 3
    assert not any(word in kept for word in ("RH-000", "YP-07", "Invented"))
    assert figures(config) == before
    status, text = says(config, "verify")
    assert status == 0, text
    assert says(config, "retention", "--by", "robin")[1].startswith("0 cases are over")


def test_a_young_person_who_left_and_has_no_case_any_more_goes_from_the_register(
    config: Path,
) -> None:
    """Of five: one has a case that is not over, one is held, one left lately, one lives there."""
    long_ago, lately = OVER.date(), LATELY.date() - timedelta(days=30)
    left = {"YP-07": long_ago, "YP-08": long_ago, "YP-09": long_ago, "YP-10": lately, "YP-11": None}

    async def fill() -> None:
        store = await open_alone(load(config, token_needed=False)[0], config.parent)
        try:
            register = [
                Person(ref=ref, home="rowan", child=IN_CARE, name="Invented", left_on=day)
                for ref, day in left.items()
            ]
            await store.put_people(register)
        finally:
            await store.close()

    async def register() -> list[str]:
        store = await open_alone(load(config, token_needed=False)[0], config.parent)
        try:
            return [one.ref for one in await store.people()]
        finally:
            await store.close()

    asyncio.run(fill())
    why = ("--why", "a complaint", "--by", "robin")
    assert says(config, "hold", "YP-09", *why)[0] == 0
    confirm(config, 0, 1, 2)
    dry = says(config, "retention", "--dry-run")[1]
    assert [line.split()[0] for line in dry.splitlines() if "from the register" in line] == [
        "YP-08"
    ]
    status, text = says(config, "retention", "--by", "robin")
    assert (status, "1 young person went from the register" in text) == (0, True), text
    assert asyncio.run(register()) == ["YP-07", "YP-09", "YP-10", "YP-11"]
    assert says(config, "verify")[0] == 0
    days = ("--from", OVER.date().isoformat(), "--to", LATELY.date().isoformat())
    told = says(config, "audit", "show", *days, "--person", "YP-08")[1]
    assert "robin  taken off the register  person YP-08" in told


def test_the_reference_of_a_deleted_case_is_never_given_again(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A letter to the authority names the old case for ever; no new one may be taken for it."""
    old = "RH-2222"

    async def one_more() -> None:
        store = await open_alone(load(config, token_needed=False)[0], config.parent)
        try:
            common = {"by": "robin", "recorded_at": OVER}
            facts: list[f.Fact] = [
                f.Opened(
                    id="f1", category="missing", child=IN_CARE, aware_at=OVER, last_seen_at=OVER,
                    **common,
                ),
                f.Returned(id="f2", at=OVER, **common),
                f.Closed(id="f3", at=OVER, **common),
            ]  # fmt: skip
            await store.create(old, "rowan", "YP-07", Change(facts=facts, close=True))
        finally:
            await store.close()

    async def later() -> tuple[str, type[Exception] | None]:
        store = await open_alone(load(config, token_needed=False)[0], config.parent)
        try:
            given = await store.new_reference("RH")
            opened = f.Opened(
                id="f1", category="missing", child=IN_CARE, aware_at=LATELY, last_seen_at=LATELY,
                by="robin", recorded_at=LATELY,
            )  # fmt: skip
            try:
                await store.create(old, "rowan", "YP-07", Change(facts=[opened]))
            except Conflict as error:
                return given, type(error)
            return given, None
        finally:
            await store.close()

    asyncio.run(one_more())
    assert says(config, "exported", old, "--by", "robin")[0] == 0
    assert "1 went" in says(config, "retention", "--by", "robin")[1]
    assert old not in on_record(config)
    drawn = iter("2222" + "3333")
    monkeypatch.setattr("storage.reference.secrets.choice", lambda _: next(drawn))
    assert asyncio.run(later()) == ("RH-3333", Conflict)


@pytest.mark.parametrize("held", ["YP-07", "RH-0001"])
def test_a_hold_prevents_deletion_until_it_is_ended(config: Path, held: str) -> None:
    confirm(config, 0, 1, 2)
    assert says(config, "hold", held, "--by", "robin")[0] == 2, "a reason is needed"
    assert says(config, "hold", held, "--by", "robin", "--why", "Court, claim 7")[0] == 0
    status, text = says(config, "retention", "--by", "robin")
    assert status == 0 and "stays: held" in text
    assert "RH-0001" in on_record(config)
    assert says(config, "hold", held, "--end", "--by", "robin")[0] == 0
    says(config, "retention", "--by", "robin")
    assert on_record(config) == ["RH-0003"]


def test_only_somebody_on_the_staff_list_and_only_of_cases_that_are_there(config: Path) -> None:
    assert "not on the staff list" in says(config, "exported", "RH-0000", "--by", "nobody")[1]
    assert "no such case" in says(config, "exported", "RH-0009", "--by", "robin")[1]
    assert "no such case" in says(config, "hold", "YP-99", "--by", "robin", "--why", "x")[1]
    confirm(config, 0)
    status, text = says(config, "retention")
    assert status == 2 and "--by" in text
    assert "RH-0000" in on_record(config)


def test_without_a_key_for_rows_nothing_goes(config: Path) -> None:
    confirm(config, 0)
    config.write_text(config.read_text().replace(EXPORT, ""), encoding="utf-8")
    status, text = says(config, "retention", "--by", "robin")
    assert status == 2 and "key_file" in text
    assert "RH-0000" in on_record(config)


def test_months_end_where_shorter_months_end() -> None:
    assert months_later(date(2026, 1, 31), 13) == date(2027, 2, 28)
    assert months_later(date(2026, 11, 30), 13) == date(2027, 12, 30)


def test_subject_access_of_a_young_person_with_twelve_cases(config: Path) -> None:
    async def more() -> None:
        loaded, _ = load(config, token_needed=False)
        store = await open_alone(loaded, config.parent)
        try:
            for number in range(8):
                at = OVER + timedelta(days=100 + number)
                common = {"by": "robin", "recorded_at": at}
                facts: list[f.Fact] = [
                    f.Opened(
                        id="f1", category="missing", child=IN_CARE, aware_at=at, last_seen_at=at,
                        **common,
                    ),
                    f.Returned(id="f2", at=at + timedelta(hours=3), **common),
                    f.Closed(id="f3", at=at + timedelta(hours=9), **common),
                ]  # fmt: skip
                ref = f"RH-001{number}"
                await store.create(ref, "rowan", "YP-07", Change(facts=facts, close=True))
        finally:
            await store.close()

    asyncio.run(more())
    out = config.parent / "access"
    status, text = says(config, "subject-access", "YP-07", "--out", str(out))
    assert status == 0, text
    record = msgspec.json.decode((out / "record.json").read_bytes())
    refs = {ref for ref in (f"RH-00{n:02}" for n in range(18)) if ref in str(record)}
    assert len(refs) == 12
    assert len(list(out.glob("*.pdf"))) == 13, "a chronology, and a file of each case"
    with (out / "disclosed.csv").open(newline="") as table:
        assert list(csv.reader(table))
