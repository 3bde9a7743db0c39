"""Whom a leader reminded while it could not reach the database: kept on its machine, handed to
whoever leads, put on record once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot import unsaved
from bot.arrivals import reminded_taker
from bot.bootstrap import bootstrap
from bot.config import Config
from bot.config_file import load
from bot.unsaved import handed_on
from reminders.former_leader import BY_FORMER
from storage import files, unsaved_file
from storage.incoming import Reminded
from storage.model import Message
from storage.unsaved_file import FormerLives, UnsavedFile
from tests.storage.contract import report
from tests.storage.people import NIGHT
from tests.storage.test_postgres import Installation
from tests.storage.test_standing_by import configured
from tests.support import postgres

SAID = Message(
    id="CP-4H~260306213000~0.0~robin",
    to="robin",
    kind="escalation",
    created_at=NIGHT,
    due_at=NIGHT,
    about="CP-4H",
    state="sent",
    sent_at=NIGHT,
    chat_id=7003,
    message_id=12,
)


def reminded(ref: str) -> Reminded:
    return Reminded(ref=ref, messages=(SAID,))


async def test_the_file_is_there_while_something_is_on_no_record(tmp_path: Path) -> None:
    kept = UnsavedFile(tmp_path / "data", "oak.homes", "0a1b2c3d", None)
    lives = FormerLives(tmp_path / "data", "oak.homes")
    await kept.keep([])
    assert await lives.all() == []
    await kept.keep([reminded("RH-2222")])
    await kept.keep([reminded("RH-2222"), reminded("RH-3333")])
    ((name, sealed),) = await lives.all()
    assert b"RH-3333" in sealed
    for other in ("oak", "homes", "oak.homes.0a1b2c3d"):
        assert await FormerLives(tmp_path / "data", other).all() == []
    await lives.forget(name)
    await kept.keep([])
    assert await lives.all() == []


async def test_a_disk_that_refuses_stops_nobody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data-unsaved").write_text("a file in the place of the folder")
    kept = UnsavedFile(tmp_path / "data", "oak", "0a1b2c3d", None)
    await kept.keep([reminded("RH-2222")])
    await kept.keep([reminded("RH-2222")])
    assert capsys.readouterr().out.count("what was said is on no disk") == 1


async def test_a_disk_that_does_not_answer_holds_up_no_reminder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is newest is on it once it answers."""
    monkeypatch.setattr(unsaved_file, "WRITE_SECONDS", 0.05)
    answers = threading.Event()
    write_whole = files.write_whole

    def hangs(path: Path, data: bytes) -> None:
        answers.wait(10)
        write_whole(path, data)

    monkeypatch.setattr(files, "write_whole", hangs)
    kept = UnsavedFile(tmp_path / "data", "oak", "0a1b2c3d", None)
    lives = FormerLives(tmp_path / "data", "oak")
    async with asyncio.timeout(2):
        await kept.keep([reminded("RH-2222")])
        await kept.keep([reminded("RH-3333")])
    answers.set()
    await kept.keep([reminded("RH-3333")])
    async with asyncio.timeout(2):
        while not (found := await lives.all()) or b"RH-3333" not in found[0][1]:
            await asyncio.sleep(0.01)


async def test_what_cannot_be_read_does_not_stand_before_what_can() -> None:
    nothing: Any = None
    await reminded_taker(nothing, lambda: None)(b"rubbish")


@pytest.fixture
async def service(server: postgres.Server) -> AsyncIterator[Installation]:
    service = Installation(server, None)
    yield service
    await service.close()


@pytest.mark.skipif(
    not postgres.usable(), reason="no PostgreSQL server on this machine (package postgresql)"
)
class TestHandedOn:
    async def left_by_a_former_life(
        self, service: Installation, folder: Path
    ) -> tuple[Config, str, FormerLives]:
        config, _ = load(configured(service, folder)[0])
        store = await service.open()
        ref = (await report(store)).ref
        kept = UnsavedFile(folder / config.book.folder, service.service, "0a1b2c3d", None)
        await kept.keep([reminded(ref)])
        return config, ref, FormerLives(folder / config.book.folder, service.service)

    async def test_a_machine_that_comes_back_tells_whoever_leads(
        self, service: Installation, tmp_path: Path
    ) -> None:
        """It stands by, and need not lead for it."""
        config, ref, lives = await self.left_by_a_former_life(service, tmp_path)
        async with handed_on(config, tmp_path), asyncio.timeout(10):
            while await lives.all():
                await asyncio.sleep(0.02)
        await service.close()
        path = tmp_path / "config.toml"
        bot = await bootstrap(*load(path), tmp_path, path=path)
        await bot.engine.start()
        for _ in range(2):
            await bot.take_arrivals()
        record = await bot.store.episode(ref)
        assert [m.message_id for m in record.messages if BY_FORMER in m.data] == [12]
        await bot.engine.stop()
        await bot.store.close()
        assert await service.sql("SELECT count(*) FROM nightlight.left_for_leader") == [(0,)]

    async def test_what_cannot_be_handed_on_stays_and_is_tried_again(
        self, service: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        config, _, lives = await self.left_by_a_former_life(service, tmp_path)
        monkeypatch.setattr(unsaved, "AGAIN_SECONDS", 0.05)
        await service.sql("ALTER TABLE nightlight.left_for_leader RENAME TO away")
        async with handed_on(config, tmp_path), asyncio.timeout(10):
            await asyncio.sleep(0.2)
            assert len(await lives.all()) == 1
            await service.sql("ALTER TABLE nightlight.away RENAME TO left_for_leader")
            while await lives.all():
                await asyncio.sleep(0.02)
        assert await service.sql("SELECT wanted FROM nightlight.left_for_leader") == [("reminded",)]
