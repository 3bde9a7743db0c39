"""The audit: who read a young person's case, looked at figures, typed a wrong PIN, deleted one."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import start
from bot.bootstrap import Nightlight, bootstrap
from bot.cli.services import begin
from bot.config_file import load
from bot.resources import open_alone
from bot.services import CannotBegin
from protocol import facts as f
from storage.audit import AuditRecord
from storage.store import Change
from tests.bot.night import Telegram
from tests.bot.test_reload import FileNight
from tests.bot.test_retention import LATELY, OVER, config, confirm, says, server
from tests.reminders.virtual import in_virtual_time
from tests.web.pages_world import PIN, PagesWorld
from tests.web.test_register import TABLE

__all__ = ["config", "server"]


CAN_START = """
[protocol]
pack = "haringey-2011"
[telegram]
token = "123456:invented-token-of-a-test"
"""


async def _read(path: Path, ref: str, by: str) -> None:
    store = await open_alone(load(path, token_needed=False)[0], path.parent)
    try:
        episode = await store.episode(ref)
        fact = f.CaseRead(id="f9", by=by, recorded_at=OVER + timedelta(days=70), what="case_file")
        await store.commit(ref, episode.version, Change(facts=[fact]))
    finally:
        await store.close()


async def _taken(path: Path) -> list[dict[str, Any]]:
    """The audit, once a bot has taken in what was left for it."""
    store = await open_alone(load(path)[0], path.parent)
    try:
        await store.take_left()
        return [one.line for one in await store.audit()]
    finally:
        await store.close()


def shown(config: Path, *words: str) -> list[str]:
    days = ("--from", OVER.date().isoformat(), "--to", LATELY.date().isoformat())
    status, text = says(config, "audit", "show", *days, *words)
    assert status == 0, text
    return text.splitlines()


def done(config: Path) -> list[str]:
    """What commands did, without when and by which account."""
    return [
        re.sub(r"user [^,]*,? ?", "", "  ".join(line.split("  ")[2:])) for line in shown(config)
    ]


def told(records: Iterable[AuditRecord], after: int = 0) -> list[dict[str, object]]:
    """Lines after this record, without when."""
    return [
        {key: value for key, value in one.line.items() if key != "at"}
        for one in records
        if one.number > after
    ]


def test_readings_and_what_was_done_stand_in_one_list_by_time(config: Path) -> None:
    asyncio.run(_read(config, "RH-0003", "sasha"))
    confirm(config, 0)
    assert says(config, "retention", "--by", "robin")[0] == 0
    lines = shown(config)
    assert ["  ".join(line.split("  ")[1:]) for line in lines] == [
        "sasha  read case_file  ref RH-0003",
        "robin  case file confirmed  ref RH-0000",
        "robin  case deleted  ref RH-0000",
    ]
    assert shown(config, "--person", "sasha") == shown(config, "--person", "YP-07") == lines[:1]
    assert shown(config, "--person", "RH-0000") == lines[1:]


def test_only_the_days_that_were_asked_for(config: Path) -> None:
    asyncio.run(_read(config, "RH-0003", "sasha"))
    day = (OVER + timedelta(days=72)).date().isoformat()
    status, text = says(config, "audit", "show", "--from", day, "--to", day)
    assert (status, text) == (0, "")
    assert says(config, "audit", "show", "--from", "May", "--to", day)[0] == 2


def test_what_left_the_records_by_a_command_or_was_refused_is_a_line(
    config: Path, tmp_path: Path
) -> None:
    """A report, a package for a request for access, a register that was taken and one that was
    not: each with the account of whoever did it, none with a name."""
    table = tmp_path / "people.csv"
    head = "reference,name,date_of_birth,home\n"
    table.write_text(f"{head}YP-09,Ash Invented,2012-02-03,Rowan House\n", encoding="utf-8")
    status, text = says(config, "people", "import", str(table))
    assert status == 0, text
    table.write_text(f"{head}YP-10,Bay Invented,never,Nowhere\n", encoding="utf-8")
    assert says(config, "people", "import", str(table))[0] == 2
    days = ("--from", OVER.date().isoformat(), "--to", LATELY.date().isoformat())
    assert says(config, "report", "timeliness", *days)[0] == 0
    assert says(config, "subject-access", "YP-07", "--out", str(tmp_path / "all"))[0] == 0
    lines = done(config)
    assert lines == [
        "register imported  rows 1",
        "register refused  problems 2",
        "report from the records  report timeliness, rows 4",
        "subject access  person YP-07",
    ]


async def test_a_wrong_pin_the_register_and_figures_are_lines_of_their_own() -> None:
    async with PagesWorld() as world:
        await (await world.visitor("eve")).post("/out")
        eve, mia = world.browser(), await world.visitor("mia")
        last = (await world.store.audit())[-1].number
        await eve.post("/in", {"link": world.link("eve")})
        await eve.post("/pin", {"pin": "111222"})
        await eve.post("/pin", {"pin": PIN})
        await eve.get("/figures/timeliness?first=2026-11-01&last=2026-11-30")
        await eve.get("/figures/timeliness/file.csv?first=2026-11-01&last=2026-11-30")
        await eve.get("/register")
        await eve.get("/register/young/YP-01")
        await mia.get("/register/import")
        table = TABLE.replace("Rowan House", "Nowhere")
        await mia.sends_file("/register/import/file", "a.csv", table.encode())
        factor = {"by": "eve", "about": "eve"}
        assert told(await world.store.audit(), last) == [
            {"what": "pages: second factor tried", **factor},
            {"what": "pages: second factor wrong", **factor},
            {"what": "pages: second factor tried", **factor},
            {"what": "pages: second factor right", **factor},
            {"what": "pages: figures read", "by": "eve", "report": "timeliness"},
            {"what": "pages: figures saved", "by": "eve", "report": "timeliness"},
            {"what": "pages: register listed", "by": "eve"},
            {"what": "pages: register read", "by": "eve", "person": "YP-01"},
            {"what": "pages: register refused", "by": "mia", "problems": 1},
        ]


@pytest.mark.parametrize(
    ("old", "new"), [('role = "manager"', 'role = "boss"'), ("haringey-2011", "nowhere-1900")]
)
@in_virtual_time
async def test_a_refused_configuration_or_pack_is_a_line_with_who_asked(
    tmp_path: Path, old: str, new: str
) -> None:
    async with FileNight(tmp_path) as night:
        last = (await night.store.audit())[-1].number
        night.writes((old, new))
        assert "nothing has changed" in await night.reload()
        night.writes((new, old), ('name = "Rowan House"', 'name = "Rowan Lodge"'))
        assert "holds from now on" in await night.reload()
        night.app.reload()
        await asyncio.sleep(1)
        lines = told(await night.store.audit(), last)
        assert lines[0] == {"what": "configuration refused", "by": "ada", "problems": 1}
        assert [(one["what"], one["by"]) for one in lines[1:]] == [
            ("configuration taken over", "ada"),
            ("configuration taken over", "machine"),
        ]


@pytest.mark.parametrize(
    ("old", "new"),
    [('role = "manager"', 'role = "boss"'), ('pack = "haringey-2011"', 'pack = "x"')],
)
def test_a_start_that_is_refused_is_one_line_however_often_it_is_tried(
    config: Path, old: str, new: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who started it, and how many problems; the next bot that runs takes it into the chain."""
    right = config.read_text(encoding="utf-8") + CAN_START
    assert old in right
    config.write_text(right.replace(old, new), encoding="utf-8")
    assert start.run(config) == 2
    with pytest.raises(CannotBegin):
        asyncio.run(begin(config))
    assert capsys.readouterr().err
    config.write_text(right, encoding="utf-8")
    lines = asyncio.run(_taken(config))
    refused = [(one["by"], one["problems"]) for one in lines if one["what"] == "start refused"]
    unknown = "database" in right and "pack" in old
    assert refused == ([] if unknown else [("machine", 1)])


@pytest.mark.parametrize(
    ("old", "new"),
    [('folder = "data"', "folder = 7"), ('unencrypted = "yes, plain files"', 'key_file = "none"')],
)
def test_a_start_that_is_refused_for_its_records_leaves_nothing_and_says_why(
    config: Path, old: str, new: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(config.parent.rglob("*"))
    text = config.read_text(encoding="utf-8")
    assert old in text
    config.write_text(f'{text.replace(old, new)}\n[health]\nport = "x"\n', encoding="utf-8")
    assert start.run(config) == 2
    assert "health.port" in capsys.readouterr().err
    assert sorted(config.parent.rglob("*")) == before


async def until_on_record(bot: Nightlight, what: str) -> None:
    """The part that makes backups runs until this stands in the audit."""
    running = asyncio.ensure_future(bot.parts["backups"]())
    async with asyncio.timeout(20):
        while not any(one.line["what"] == what for one in await bot.store.audit()):
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_the_daily_backup_is_a_line_made_or_failed(tmp_path: Path) -> None:
    FileNight(tmp_path).writes(('folder = "data"', 'folder = "data"\nbackup_folder = "copies"'))
    given, policy = load(tmp_path / "config.toml")
    client: object = Telegram()
    bot = await bootstrap(given, policy, tmp_path, client=client)  # type: ignore[arg-type]
    copies = tmp_path / "copies"
    try:
        await until_on_record(bot, "backup made")
        copies.rename(tmp_path / "moved")
        copies.write_text("a file where the folder should be")
        await until_on_record(bot, "backup failed")
        made, failed = told(await bot.store.audit())
        assert made == {"what": "backup made", "files": made["files"], "problems": 0}
        assert failed == {"what": "backup failed", "files": 0, "problems": 1}
    finally:
        await bot.store.close()
