"""From an empty folder to a running service: three commands, and a colleague by a link."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import BinaryIO

import pytest

from sandbox.driver import Person, Stage
from sandbox.serve import Server
from tests.stories.night import MAIN, TOKEN

pytestmark = pytest.mark.folder

SETUP_SECONDS = 60
INIT = (
    "init", "--home", "Rowan House", "--authority", "Haringey", "--out-of-hours", "07700 900102",
    "--administrator", "Quinn Specimen", "--telegram-id", "7004", "--token-file", "token",
    "--port", "0",
)  # fmt: skip


def command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(MAIN), *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def launched(folder: Path, log: BinaryIO) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, str(MAIN), "run"], cwd=folder, stdout=log, stderr=log)


async def seen(who: Person, text: str) -> str:
    """Waits until it stands in this person's chat; the chat's text."""
    async with asyncio.timeout(20):
        while True:
            chat = await who.chat()
            if text in (found := json.dumps(chat, ensure_ascii=False)):
                return found
            await asyncio.sleep(0.1)


async def test_from_an_empty_folder_to_a_colleague_on_the_list(tmp_path: Path) -> None:
    """init, check, run: nothing else is typed on the machine, and no file is edited. `check` has
    asked the stand-in about the bot."""
    server = Server().start()
    begun, commands = time.monotonic(), 0
    async with Stage(server.url, wait=20) as stage:
        await stage.post("/human/bots", {"token": TOKEN, "name": "Nightlight"})
        (tmp_path / "token").write_text(TOKEN, encoding="utf-8")
        (tmp_path / "token").chmod(0o600)
        made = await asyncio.to_thread(command, tmp_path, *INIT, "--api", server.url)
        commands += 1
        assert made.returncode == 0, made.stderr
        checked = await asyncio.to_thread(command, tmp_path, "check", "--json")
        commands += 1
        found = json.loads(checked.stdout)
        assert [one for one in found if one["severity"] == "error"] == [], checked.stdout
        with (tmp_path / "bot.log").open("wb") as log:
            running = launched(tmp_path, log)
        commands += 1
        try:
            quinn = await stage.person("Quinn Specimen", user_id=7004)
            jo = await stage.person("Jo Sample", user_id=7005)
            await quinn.sends("/start", settle=False)
            await seen(quinn, "Nightlight is on")
            for text in ("/people", "Invite a colleague"):
                await (quinn.sends if text[0] == "/" else quinn.taps)(text, settle=False)
                await seen(quinn, "Type it" if text[0] != "/" else "Staff list")
            await quinn.sends("Jo Sample", settle=False)
            await seen(quinn, "Which role")
            for label, then in (
                ("Manager", "Tick them"),
                ("All homes", "1 ticked"),
                ("That's all", "Until when"),
                ("No last day", "Make the link"),
                ("Make the link", "?start="),
            ):
                await quinn.taps(label, settle=False)
                chat = await seen(quinn, then)
            link = re.search(r"start=([A-Za-z0-9_-]+)", chat)
            assert link
            await jo.sends(f"/start {link[1]}", settle=False)
            await seen(jo, "Is that you?")
            await jo.taps("Yes, that is me", settle=False)
            await seen(jo, "you are on the list as manager")
            took = time.monotonic() - begun
            print(f"{commands} commands, {took:.1f} s")
            assert commands == 3
            assert took < SETUP_SECONDS
        finally:
            running.terminate()
            assert running.wait(20) == 0, (tmp_path / "bot.log").read_text()[-2000:]
    server.stop()
    assert os.listdir(tmp_path / "data")  # noqa: PTH208 - it has its records
