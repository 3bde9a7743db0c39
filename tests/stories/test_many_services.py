"""A county's team runs three services in one process: each in its folder, with its own bot."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.cli import people
from bot.cli.maintenance import key_new
from bot.config_file import load
from sandbox.driver import Person, Stage
from sandbox.serve import Server
from tests.stories import chats
from tests.stories.night import HERE, MAIN, STARTS_WITHIN, Night

pytestmark = pytest.mark.folder

MORGAN = 7001
TOKENS = {
    "oak": "1000011:token-of-oak-in-a-story",
    "yew": "1000012:token-of-yew-in-a-story",
    "elm": "1000013:token-of-elm-in-a-story",
}


class County:
    """The stand-in for Telegram with three bots, and the one process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "services"
        self.server = Server().start()
        self.stage = Stage(self.server.url, wait=40)
        self.process: subprocess.Popen[bytes] | None = None
        self._log = folder / "log"

    async def begin(self) -> None:
        await self.stage.__aenter__()
        await self.stage.post(
            "/human/users", {"id": MORGAN, "first_name": "Morgan", "started": True}
        )
        for name, token in TOKENS.items():
            await self.stage.post("/human/bots", {"token": token, "name": name.title()})
            await asyncio.to_thread(self.make, name, token)

    def make(self, name: str, token: str) -> None:
        where = self.folder / name
        where.mkdir(parents=True)
        text = (HERE / "config.toml").read_text(encoding="utf-8")
        text = text.replace('[practice]\nclock = "@URL@"\n', "")  # the machine's own clock
        for mark, value in (
            ("TOKEN", token), ("URL", self.server.url), ("KEY", str(where / "book.key"))
        ):  # fmt: skip
            text = text.replace(f"@{mark}@", value)
        (where / "config.toml").write_text(text, encoding="utf-8")
        assert key_new(where / "book.key") == 0
        assert people.run(HERE / "people.csv", where / "config.toml") == 0

    def launch(self) -> None:
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(MAIN), "services", "run", str(self.folder)],
                stdout=log,
                stderr=log,
            )

    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def told(self, *command: str, status: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, str(MAIN), "services", *command], capture_output=True, text=True
        )
        assert done.returncode == status, done.stderr
        return done.stdout + done.stderr

    async def answers(self, name: str, text: str) -> str:
        """What Morgan reads when they write this to that bot."""
        number = int(TOKENS[name].partition(":")[0])
        since = (await self.stage.get("/human/events", since=10**9))["last"]
        await self.stage.post("/human/send", {"user": MORGAN, "chat": number, "text": text})
        async with asyncio.timeout(STARTS_WITHIN):
            while True:
                found = await self.stage.get("/human/events", since=since, wait=1)
                since = found["last"]
                for event in found["events"]:
                    message = event.get("message", {})
                    if message.get("from", {}).get("id") == number:
                        return str(message.get("text"))

    async def polls(self, name: str, wanted: bool) -> None:
        """Waits until that bot polls Telegram, or does not any more."""
        number = int(TOKENS[name].partition(":")[0])
        async with asyncio.timeout(STARTS_WITHIN):
            while wanted is not any(
                bot["polling"] for bot in await self.stage.get("/human/bots") if bot["id"] == number
            ):
                await asyncio.sleep(0.1)

    async def end(self) -> None:
        try:
            if self.process is not None:
                self.process.send_signal(signal.SIGTERM)
                assert self.process.wait(20) == 0
                Night.traffic.left = [one for name in TOKENS for one in await self._left(name)]
        finally:
            await self.stage.__aexit__(None, None, None)
            self.server.stop()

    async def _left(self, name: str) -> list[str]:
        """What is in the chat with this bot and should not be, after an orderly end."""
        number = int(TOKENS[name].partition(":")[0])
        people = [Person(self.stage, MORGAN, "Morgan", number)]
        where = self.folder / name
        given = load(where / "config.toml")[0]
        if TOKENS[name] not in given.telegram.token:
            return []  # the token was withdrawn: this bot never came into that chat
        left = await chats.typed(self.stage, given, people)
        return left + await chats.unknown(self.stage, given, where, people)


@pytest.fixture
async def county(tmp_path: Path) -> AsyncIterator[County]:
    one = County(tmp_path)
    try:
        await one.begin()
        yield one
    finally:
        await one.end()


async def test_a_refused_token_and_a_broken_pack_cost_the_third_nothing(county):
    """Yew's token was withdrawn in the night, Elm's pack has a slip of the pen. Morgan reports to
    Oak all the same; Elm is mended and runs without the process being touched."""
    yew, elm = (county.folder / name / "config.toml" for name in ("yew", "elm"))
    yew.write_text(yew.read_text().replace(TOKENS["yew"], "1000012:token-that-was-withdrawn"))
    whole = elm.read_text()
    elm.write_text(whole + '\n[protocol]\npack = "not-there.toml"\n')
    county.launch()
    await county.polls("oak", wanted=True)
    assert "report" in (await county.answers("oak", "/missing")).casefold()
    lines = [json.loads(line) for line in county.log().splitlines() if line.startswith("{")]
    named = {line.get("service"): line["event"] for line in lines if line["level"] != "info"}
    assert {"yew", "elm"} <= named.keys()
    assert "oak" not in named
    elm.write_text(whole)
    county.told("reload", str(county.folder))
    await county.polls("elm", wanted=True)
    assert await county.answers("elm", "/missing")


async def test_one_is_stopped_and_started_while_the_others_are_at_work(county):
    county.launch()
    for name in TOKENS:
        await county.polls(name, wanted=True)
    assert county.told("stop", str(county.folder), "yew") == "yew is stopped.\n"
    await county.polls("yew", wanted=False)
    assert await county.answers("oak", "/open")
    assert county.told("start", str(county.folder), "yew") == "yew runs.\n"
    await county.polls("yew", wanted=True)
    assert await county.answers("yew", "/open")
    said = county.told("run", str(county.folder), status=2)
    assert "another process runs these services" in said


def switched(county: County, wanted: str, name: str) -> str:
    """`nightlight stop` or `resume` for one of them; what it prints."""
    command = [sys.executable, str(MAIN), wanted, "-c", str(county.folder / name / "config.toml")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


async def test_the_kill_switch_of_one_is_heard_in_the_common_process_and_only_by_it(county):
    """Oak is stopped from the machine while all run: it says so, Yew works on; then it resumes."""
    county.launch()
    for name in ("oak", "yew"):
        await county.polls(name, wanted=True)
    assert (await asyncio.to_thread(switched, county, "stop", "oak")).startswith("Stopped.")
    assert "paper" in (await county.answers("oak", "/missing")).casefold()
    assert "paper" not in (await county.answers("yew", "/missing")).casefold()
    assert (await asyncio.to_thread(switched, county, "resume", "oak")).startswith("It works again")
