"""How quickly the bot answers and starts, beside the smallest bot that python-telegram-bot makes.

    python -m bench.bot [--rounds 100] [--beside 20]

Answer: from the moment a person's tap or text is at the stand-in for Telegram until the answer
has arrived there; the way through the server is part of it, for both bots. Start: from the start
of the process to its first getUpdates. Memory: resident, at rest, five seconds after the start.

Beside (with --beside): how long one person waits for /open while another one's chat is paused by
Telegram (429), floods the bot with messages, hangs, or waits for a slow disk, and while a thousand
strangers write; all with the same process, the quiet time first.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
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
USER, OTHER = 7001, 7002
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
        """Opens the stand-in for Telegram and one invented person's chat."""
        await self.post("/settings", {"flood": False})
        await self.post("/human/bots", {"token": TOKEN, "name": "Nightlight"})
        await self.post("/human/users", {"id": USER, "first_name": "Morgan", "started": True})

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
                await self.client.get("/human/events", params={"since": self.since, "wait": 10})
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


async def run_one(command: list[str], rounds: int, *, real: bool, server: Bench) -> Row:
    """One bot from its start to the last round."""
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
    """Both bots, one after the other."""
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
            rows.append(await run_one(command, rounds, real=real, server=bench))
            await bench.client.aclose()
            bench.server.stop()
    return rows


# Beside another chat -----------------------------------------------------------------------


class Beside:
    """One person asks for the open cases again and again; another one makes it hard."""

    def __init__(self, bench: Bench, times: int) -> None:
        self.bench = bench
        self.times = times

    async def waited(self) -> list[float]:
        """Milliseconds of each answer, in order of length."""
        found = []
        for _ in range(self.times):
            found.append(await self.bench.answered("/human/send", {"text": "/open"}, OTHER))
            await asyncio.sleep(PACE_SECONDS)
        return sorted(found)

    async def while_(self, trouble: Callable[[], Awaitable[None]]) -> list[float]:
        """The same while `trouble` goes on, over and over."""

        async def again() -> None:
            while True:
                await trouble()

        task = asyncio.create_task(again())
        try:
            return await self.waited()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await self.bench.client.delete("/faults")
            await asyncio.sleep(10)

    async def types(self, pause: float) -> None:
        """Types a note and waits so many seconds."""
        await self.bench.post("/human/send", {"user": USER, "text": "words for a note"})
        await asyncio.sleep(pause)

    async def report(self) -> None:
        """Steps of a report: each writes a draft."""
        for path, body in _report():
            await self.bench.post(path, {"user": USER, **body})
            await asyncio.sleep(0.3)

    async def fault(self, effect: str, **more: Any) -> None:
        """Orders a fault from the stand-in, for one chat."""
        await self.bench.post("/faults", {"effect": effect, "chat": USER, **more})

    async def all(self) -> list[tuple[str, list[float]]]:
        """Each kind of trouble, with the seconds that another person waited."""
        quiet = await self.waited()
        await self.fault("too_many_requests", retry_after=12)
        paused = await self.while_(lambda: self.types(0.5))
        await self.fault("slow", seconds=30)
        hanging = await self.while_(lambda: self.types(0.5))
        flooded = await self.while_(lambda: self.types(0.05))
        await asyncio.sleep(10)
        strangers = await self.while_(self.stranger)
        return [
            ("quiet", quiet),
            ("the other chat is paused for 12 s", paused),
            ("requests to the other chat hang", hanging),
            ("the other person floods the bot", flooded),
            ("strangers write", strangers),
        ]

    async def stranger(self) -> None:
        """Somebody who is on no list writes."""
        number = random.randrange(10**8, 10**9)
        await self.bench.post("/human/users", {"id": number, "first_name": "X", "started": True})
        await self.bench.post("/human/send", {"user": number, "text": "hello"})
        await asyncio.sleep(0.1)


SLOW_DISK = """
import os, sys, time
real = os.fsync
def fsync(descriptor):
    time.sleep(0.3)
    real(descriptor)
os.fsync = fsync
sys.argv = ["main.py", "run", "--config", sys.argv[1]]
import runpy
runpy.run_path("main.py", run_name="__main__")
"""


async def beside(times: int) -> list[Row]:
    """What one person waits while another one is in trouble."""
    found = await _with_bot(times, [str(ROOT / "main.py"), "run", "--config"], Beside.all)

    async def slow(one: Beside) -> list[tuple[str, list[float]]]:
        return [("the other person waits for a slow disk", await one.while_(one.report))]

    found += await _with_bot(times, ["-c", SLOW_DISK], slow)
    quiet = _p95(found[0][1])
    return [
        Row(
            what=what,
            figures={
                "p50 ms": statistics.median(waited),
                "p95 ms": _p95(waited),
                "longest ms": waited[-1],
                "p95, times the quiet one": _p95(waited) / quiet,
                "answers": float(len(waited)),
            },
        )
        for what, waited in found
    ]


def _p95(waited: list[float]) -> float:
    return waited[min(len(waited) - 1, int(len(waited) * 0.95))]


async def _with_bot(
    times: int,
    command: list[str],
    measure: Callable[[Beside], Awaitable[list[tuple[str, list[float]]]]],
) -> list[tuple[str, list[float]]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bench = Bench(folder)
        await bench.begin()
        await bench.post("/human/users", {"id": OTHER, "first_name": "Sasha", "started": True})
        config = await asyncio.to_thread(_prepare, folder, bench.server.url)
        process, begun = bench.launch([sys.executable, *command, str(config)])
        await bench.started(begun)
        await bench.answered("/human/send", {"text": "/start"})
        await bench.answered("/human/send", {"text": "/start"}, OTHER)
        await asyncio.sleep(3)
        try:
            return await measure(Beside(bench, times))
        finally:
            process.terminate()
            process.wait(30)
            await bench.client.aclose()
            bench.server.stop()


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
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--beside", type=int, default=0, metavar="ANSWERS")
    given = parser.parse_args()
    if given.rounds:
        show("The bot against the local server", asyncio.run(main_async(given.rounds)))
    if given.beside:
        show("One person's answer beside another's trouble", asyncio.run(beside(given.beside)))


if __name__ == "__main__":
    main()
