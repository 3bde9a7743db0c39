"""A night: the stand-in for Telegram, the bot as a process of its own, people, and a clock."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import resource
import signal
import socket
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.cli import database, people
from bot.cli.maintenance import key_new
from bot.config import Config
from bot.config_file import load
from sandbox.driver import Person, Stage
from sandbox.serve import Server
from tests.stories import chats
from tests.stories.writing import WritingStage
from tests.support import postgres
from tests.support.traffic import Traffic

HERE = Path(__file__).parent
TOKEN = "1000001:token-of-a-story"
LONDON = ZoneInfo("Europe/London")
MAIN = Path(__file__).parents[2] / "main.py"
REFERENCE = re.compile(r"\b(?:RH|AL)-[A-Z0-9]{4,6}\b")
STARTS_WITHIN = 45.0
ON_PAGES = """
[web]
address = "http://127.0.0.1:@PORT@"
port = @PORT@
activation = "none"
words = "pages"
"""


class Night:
    """Everything that a story needs. Times are London wall-clock times of November 2026 unless a
    story says otherwise; Saturday 21 November at 21:30 is when most of them begin.

    words: where people type them, in the "chat" or on "pages".  traffic: what all of it said.
    database: the server with the records; None: they are in a folder.
    given: the configuration with which it began.
    """

    def __init__(self, folder: Path, more: str = "") -> None:
        """`more`: further tables of the configuration."""
        self.folder = folder
        self.template = (HERE / "config.toml").read_text(encoding="utf-8") + more
        self.server = Server().start()
        if self.words == "pages":
            self.template += ON_PAGES.replace("@PORT@", str(free_port()))
            self.stage: Stage = WritingStage(self.server.url, self.traffic, wait=40)
        else:
            self.stage = Stage(self.server.url, wait=40)
        if self.database is not None:
            service = f"oak-{hashlib.sha256(bytes(folder)).hexdigest()[:12]}"
            address = self.database.address
            book = f'folder = "book"\ndatabase = "{address}"\nservice = "{service}"'
            self.template = self.template.replace('folder = "book"', book)
        self.clock = self.stage.clock
        self.process: subprocess.Popen[bytes] | None = None
        self.config = folder / "config.toml"

    full = False
    """No file can grow, see `fill_disk`."""
    unread = False
    """People went on to the very end: what they sent last, no bot has read."""
    words: str = "chat"
    database: postgres.Server | None = None
    traffic: Traffic
    given: Config
    morgan: Person
    sasha: Person
    robin: Person
    quinn: Person

    async def begin(self, at: str = "2026-11-21 21:30") -> Night:
        await self.stage.__aenter__()
        await self.stage.post("/human/bots", {"token": TOKEN, "name": "Nightlight"})
        await self.stage.post("/settings", {"pages_here": self.words == "pages"})
        await self.clock.freeze()
        await self.clock.go_to(london(at), stepwise=False)
        await asyncio.to_thread(self._prepare)
        names = {"Morgan": 7001, "Sasha": 7002, "Robin": 7003, "Quinn": 7004}
        for name, number in names.items():
            person = await self.stage.person(f"{name} Example", user_id=number)
            setattr(self, name.casefold(), person)
        await self.start()
        for person in (self.morgan, self.sasha, self.robin, self.quinn):
            await person.sends("/start")
        await self.forget()
        return self

    def _prepare(self) -> None:
        """The example service of the sandbox, with a key and a register."""
        text = self.template
        key = self.folder / "practice.key"
        for name, value in (("TOKEN", TOKEN), ("URL", self.server.url), ("KEY", str(key))):
            text = text.replace(f"@{name}@", value)
        self.config.write_text(text, encoding="utf-8")
        if self.database is not None:
            assert database.migrate(self.config) == 0
        assert key_new(key) == 0
        self.given, _ = load(self.config)
        assert people.run(HERE / "people.csv", self.config) == 0

    async def forget(self) -> None:
        """What was said so far is not part of what the story expects."""
        await self.stage.settle()
        await self.stage.catch_up()
        for person in self.stage.people.values():
            person.unseen.clear()

    async def start(self) -> None:
        """Starts the bot and waits until it follows the clock."""
        self.launch()
        await self.until_followed()

    def launch(self) -> None:
        """Starts the bot's process, and no more."""
        with (self.folder / "bot.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(MAIN), "run", "--config", str(self.config)],
                stdout=log,
                stderr=log,
            )

    async def until_followed(self) -> None:
        """The bot has started, and has done what was due."""
        assert self.process is not None
        name = f"bot-{self.process.pid}"
        self.stage.followers = (name,)
        try:
            async with asyncio.timeout(STARTS_WITHIN):
                await self.stage.settle()
        except TimeoutError:
            raise AssertionError(f"the bot did not start:\n{self.log()}") from None

    def log(self) -> str:
        return (self.folder / "bot.log").read_text(encoding="utf-8")[-4000:]

    def kill(self) -> None:
        """A power cut."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.stage.followers = ()

    def stop(self) -> int:
        """An orderly stop; answers with the exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        self.stage.followers = ()
        return self.process.wait(20)

    def fill_disk(self) -> None:
        """No file of the bot's process can grow any more: the system's own error, no pretence. With
        the records in a database: its server is away."""
        self.full = True
        if self.database is not None:
            self.database.stop()
            return
        assert self.process is not None
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))

    def empty_disk(self) -> None:
        self.full = False
        if self.database is not None:
            self.database.start()
            return
        assert self.process is not None
        no_limit = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, no_limit)

    async def end(self) -> None:
        try:
            if self.process is not None and not self.unread:
                self.traffic.left = await self._left()
        finally:
            if self.process is not None and self.process.poll() is None:
                self.stop()
            await self.stage.__aexit__(None, None, None)
            self.server.stop()

    async def _left(self) -> list[str]:
        """What is in the chats and should not be, when an orderly end has come for all; see
        `chats`."""
        process, refused = self.process, self.full
        assert process is not None
        if self.full:
            self.empty_disk()
        if await self.stage.get("/faults"):
            await self.stage.faults.clear()
            refused = True
        found = []
        if process.poll() != 0:
            if process.poll() is not None:
                await self.start()
            await self.stage.settle()
            found += await chats.old(self.stage, self.given)
            assert self.stop() == 0
        if not refused:
            found += await chats.typed(self.stage, self.given)
        return found + await chats.unknown(self.stage, self.given, self.folder)

    # What people do -----------------------------------------------------------------------

    async def reports(
        self,
        who: Person,
        young_person: str = "YP-01",
        *,
        home: str = "",
        known: bool = False,
        seen: str = "Just now",
        police: str = "Not yet",
        concerns: str = "",
    ) -> str:
        """An ordinary report with quick answers; answers with the case reference."""
        await who.sends("/missing")
        if home:
            await who.taps(home)
        await who.taps(young_person)
        await who.taps("Yes, confirmed" if known else "No, or not confirmed")
        await who.taps(police)
        await who.taps(seen)
        await who.taps("No set time")
        await who.taps("Did not come back")
        await who.taps("None of these" if not concerns.startswith("+") else concerns[1:])
        if concerns and not concerns.startswith("+"):
            await who.taps(concerns)
        await who.taps("Save the report")
        screen = await who.has_on_screen("Level")
        await self.forget()
        return reference(str(screen))

    async def records_authority(self, who: Person) -> None:
        """From the card: the emergency duty team's manager was told by phone, just now."""
        await who.taps("Authority told")
        for answer in ("Emergency duty team manager", "Phone", "Just now", "Skip"):
            await who.taps(answer)

    async def records_parents(self, who: Person) -> None:
        await who.taps("Parents told")
        for answer in ("I did", "Just now", "Missing, police told"):
            await who.taps(answer)

    async def done(self, who: Person, button: str = "Still missing, done") -> None:
        """From the card: a checkpoint was dealt with."""
        await who.taps("More")
        await who.taps(button)
        await who.taps("Just now")
        await who.taps("Skip")
        await self.forget()

    async def newest_case(self, who: Person) -> str:
        """The reference on the newest card."""
        card = await who.has_on_screen("Level")
        await self.forget()
        return reference(str(card))

    async def reachable(self) -> None:
        """Telegram is back: waits until the bot has noticed and has said what it had to say."""
        for _ in range(60):
            await asyncio.sleep(0.5)
            chats = [await p.chat() for p in self.stage.people.values()]
            if any("LATE" in m.get("text", "") for c in chats for m in c["messages"]):
                break
        await self.stage.settle()

    def record(self, ref: str) -> str:
        """What the service's own screen shows of a case (the bot has to be stopped)."""
        shown = subprocess.run(
            [sys.executable, str(MAIN), "show", ref, "--config", str(self.config)],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "COLUMNS": "400"},
        )
        return shown.stdout


def free_port() -> int:
    """Of this machine, for now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def reference(text: str) -> str:
    found = REFERENCE.findall(text)
    assert found, f"no case reference in {text!r}"
    return found[-1]


def london(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)
