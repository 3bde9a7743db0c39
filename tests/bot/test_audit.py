"""`audit show`: an officer asks who has read a young person's case, and who deleted one."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from bot.config_file import load
from bot.resources import open_alone
from protocol import facts as f
from storage.store import Change
from tests.bot.test_retention import LATELY, OVER, config, confirm, says, server

__all__ = ["config", "server"]


async def _read(path: Path, ref: str, by: str) -> None:
    store = await open_alone(load(path, token_needed=False)[0], path.parent)
    try:
        episode = await store.episode(ref)
        fact = f.CaseRead(id="f9", by=by, recorded_at=OVER + timedelta(days=70), what="case_file")
        await store.commit(ref, episode.version, Change(facts=[fact]))
    finally:
        await store.close()


def shown(config: Path, *words: str) -> list[str]:
    days = ("--from", OVER.date().isoformat(), "--to", LATELY.date().isoformat())
    status, text = says(config, "audit", "show", *days, *words)
    assert status == 0, text
    return text.splitlines()


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
