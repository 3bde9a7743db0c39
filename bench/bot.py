"""How quickly the bot answers and starts, beside the smallest bot that python-telegram-bot makes.

    python -m bench.bot [--rounds 100]

Answer: from the moment a person's tap or text is at the stand-in for Telegram until the answer
has arrived there; the way through the server is part of it, for both bots. Start: from the start
of the process to its first getUpdates. Memory: resident, at rest, five seconds after the start.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from bench.table import Row, show
from bot.cli import people
from bot.cli.maintenance import key_new
from sandbox.serve import Server

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
STORIES = ROOT / "tests" / "stories"
TOKEN = "1000002:token-of-a-benchmark"
USER = 7001
PACE_SECONDS = 1.1
"""Between reports: a new message a second is what Telegram permits in one chat, and the bot keeps
to that, so a faster person would measure Telegram's limit and not the bot."""
ECHO = """
import sys
from telegram import Update
from telegram.ext import Application, MessageHandler, filters

async def echo(update, context):
    await update.effective_message.reply_text(update.effective_message.text)

app = Application.builder().token(sys.argv[2]).base_url(sys.argv[1] + "/bot").build()
app.add_handler(MessageHandler(filters.TEXT, echo))
app.run_polling()
"""


class Bench:
    """A server, one bot's process, one person."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = Server().start()
        self.client = httpx.AsyncClient(base_url=self.server.url, timeout=60, trust_env=False)
        self.since = 0

    async def begin(self) -> None:
        await self.post("/settings", {"flood": False})
        await self.post("/human/bots", {"token": TOKEN, "name": "Nightlight"})
        await self.post("/human/users", {"id": USER, "first_name": "Morgan", "started": True})

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        answer = await self.client.post(path, json=body)
        answer.raise_for_status()
        return answer.json()

    def launch(self, command: list[str]) -> tuple[subprocess.Popen[bytes], float]:
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
        found = (await self.client.get("/human/events", params={"since": 0})).json()
        self.since = found["last"]
        return self.since

    async def answered(self, path: str, body: dict[str, Any]) -> float:
        """Milliseconds from the end of this act until the bot's message or edit is there."""
        await self.newest()
        await self.post(path, {"user": USER, **body})
        begun = time.perf_counter()
        while True:
            found = (
                await self.client.get("/human/events", params={"since": self.since, "wait": 10})
            ).json()
            self.since = found["last"]
            for event in found["events"]:
                if event["kind"] in ("message", "edited") and _by_bot(event):
                    return (time.perf_counter() - begun) * 1000


def _by_bot(event: dict[str, Any]) -> bool:
    message = event.get("message") or {}
    return bool(message.get("from", {}).get("is_bot"))


def memory(pid: int) -> float:
    """Resident megabytes."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


async def run_one(
    command: list[str], rounds: int, *, real: bool, folder: Path, server: Bench
) -> Row:
    starts = []
    process = None
    for _ in range(5):
        if process is not None:
            process.terminate()
            process.wait(10)
            await asyncio.sleep(0.2)
        process, begun = server.launch(command)
        starts.append(await server.started(begun))
    assert process is not None
    await asyncio.sleep(5)
    at_rest = memory(process.pid)
    times = []
    await server.answered("/human/send", {"text": "/start" if real else "hello"})
    for i in range(rounds):
        if not real:
            times.append(await server.answered("/human/send", {"text": f"hello {i}"}))
            continue
        for path, body in _report():
            times.append(await server.answered(path, body))
        await asyncio.sleep(PACE_SECONDS)
    process.terminate()
    process.wait(10)
    times.sort()
    return Row(
        what="Nightlight" if real else "echo bot (stock library)",
        figures={
            "answer p50 ms": statistics.median(times),
            "answer p95 ms": times[int(len(times) * 0.95)],
            "start to first getUpdates s": statistics.median(starts),
            "memory at rest MB": at_rest,
            "answers": float(len(times)),
        },
    )


def _report() -> list[tuple[str, dict[str, Any]]]:
    """The first steps of a report, then cancel: taps that write a draft, and a typed time."""
    return [
        ("/human/send", {"text": "/missing"}),
        ("/human/tap", {"text": "YP-03"}),
        ("/human/tap", {"text": "No, or not confirmed"}),
        ("/human/send", {"text": "20 min ago"}),
        ("/human/tap", {"text": "Cancel"}),
    ]


async def main_async(rounds: int) -> list[Row]:
    rows = []
    for real in (True, False):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            bench = Bench(folder)
            await bench.begin()
            if real:
                command = [sys.executable, str(ROOT / "main.py"), "run", "--config"]
                command.append(str(await asyncio.to_thread(_prepare, folder, bench.server.url)))
            else:
                command = [sys.executable, "-c", ECHO, bench.server.url, TOKEN]
            rows.append(await run_one(command, rounds, real=real, folder=folder, server=bench))
            await bench.client.aclose()
            bench.server.stop()
    return rows


def _prepare(folder: Path, url: str) -> Path:
    text = (STORIES / "config.toml").read_text(encoding="utf-8")
    key = folder / "book.key"
    for name, value in (("TOKEN", TOKEN), ("URL", url), ("KEY", str(key))):
        text = text.replace(f"@{name}@", value)
    config = folder / "config.toml"
    config.write_text(text, encoding="utf-8")
    with contextlib.redirect_stdout(io.StringIO()):
        refused = key_new(key) or people.run(STORIES / "people.csv", config)
    if refused:
        raise SystemExit("the practice service could not be made")
    return config


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=60)
    rounds = parser.parse_args().rounds
    show("The bot against the local server", asyncio.run(main_async(rounds)))


if __name__ == "__main__":
    main()
