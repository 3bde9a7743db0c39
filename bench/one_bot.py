"""One bot's process and one person, against the local stand-in for Telegram."""

from __future__ import annotations

import asyncio
import contextlib
import io
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx

from bot.cli import people
from bot.cli.maintenance import key_new

ROOT = Path(__file__).resolve().parent.parent
STORIES = ROOT / "tests" / "stories"
TOKEN = "1000002:token-of-a-benchmark"
USER = 7001
PACE_SECONDS = 1.1
"""Between reports: a new message a second is what Telegram permits in one chat, and the bot keeps
to that, so a faster person would measure Telegram's limit and not the bot."""


class Bench:
    """A server in a process of its own, one bot's process, one person."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._server, _ = self.launch([sys.executable, "-m", "sandbox.server", "--port", str(port)])
        self.client = httpx.AsyncClient(base_url=self.url, timeout=60, trust_env=False)
        self.since = 0

    async def begin(self) -> None:
        """Opens the stand-in for Telegram and one invented person's chat."""
        for _ in range(200):
            try:
                await self.client.get("/human/bots")
                break
            except httpx.ConnectError:
                await asyncio.sleep(0.05)
        await self.post("/settings", {"flood": False})
        await self.post("/human/bots", {"token": TOKEN, "name": "Nightlight"})
        await self.post("/human/users", {"id": USER, "first_name": "Morgan", "started": True})

    async def end(self) -> None:
        """Ends the server."""
        await self.client.aclose()
        self._server.terminate()
        await asyncio.to_thread(self._server.wait, 10)

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        """Asks the stand-in's human side; returns its answer."""
        answer = await self.client.post(path, json=body)
        answer.raise_for_status()
        return answer.json()

    def launch(self, command: list[str]) -> tuple[subprocess.Popen[bytes], float]:
        """Starts the bot; returns the process and when (seconds of the performance counter)."""
        begun = time.perf_counter()
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT)
        return process, begun

    async def started(self, begun: float) -> float:
        """Seconds from `begun` until the bot's first getUpdates is at the server."""
        while True:
            bots = (await self.client.get("/human/bots")).json()
            if any(b["polling"] for b in bots):
                return time.perf_counter() - begun
            await asyncio.sleep(0.002)

    async def newest(self) -> int:
        """The number of the newest event."""
        found = (await self.client.get("/human/events", params={"since": 0})).json()
        self.since = found["last"]
        return self.since

    async def answered(self, path: str, body: dict[str, Any], user: int = USER) -> float:
        """Milliseconds from the end of this act until the bot's message or edit is there."""
        await self.newest()
        await self.post(path, {"user": user, **body})
        begun = time.perf_counter()
        while True:
            found = (
                await self.client.get(
                    "/human/events", params={"since": self.since, "wait": 10, "user": user}
                )
            ).json()
            self.since = found["last"]
            for event in found["events"]:
                if event["kind"] in ("message", "edited") and _by_bot_to(event, user):
                    return (time.perf_counter() - begun) * 1000


def _by_bot_to(event: dict[str, Any], user: int) -> bool:
    message = event.get("message") or {}
    return bool(message.get("from", {}).get("is_bot")) and user in event["users"]


def memory(pid: int) -> float:
    """Resident megabytes."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def prepare(folder: Path, url: str, more: Iterable[int] = ()) -> Path:
    """The service of the stories in this folder, on the machine's own clock and with Telegram's
    limits, as in real life; its configuration. more: accounts of further duty managers."""
    text = (STORIES / "config.toml").read_text(encoding="utf-8")
    text = re.sub(r"^\[(practice|limits)\]\n(?:(?!\[).*\n)*", "", text, flags=re.MULTILINE)
    text += "".join(
        f'[[staff]]\nid = "more-{number}"\nname = "Person {number}"\ntelegram_id = {number}\n'
        'role = "duty_manager"\nhomes = ["rowan"]\n'
        for number in more
    )
    key = folder / "book.key"
    for name, value in (("TOKEN", TOKEN), ("URL", url), ("KEY", str(key))):
        text = text.replace(f"@{name}@", value)
    config = folder / "config.toml"
    config.write_text(text, encoding="utf-8")
    with contextlib.redirect_stdout(io.StringIO()):
        refused = key_new(key) or people.run(STORIES / "people.csv", config)
    if refused:
        raise SystemExit("the service could not be made")
    return config


def report() -> list[tuple[str, dict[str, Any]]]:
    """The first steps of a report, then cancel: taps that write a draft, and a typed time."""
    return [
        ("/human/send", {"text": "/missing"}),
        ("/human/tap", {"text": "YP-03"}),
        ("/human/tap", {"text": "No, or not confirmed"}),
        ("/human/send", {"text": "20 min ago"}),
        ("/human/tap", {"text": "Cancel"}),
    ]
