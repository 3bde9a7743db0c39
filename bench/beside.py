"""How long one person waits for an answer while another one is in trouble.

    python -m bench.bot --rounds 0 --beside 40

Sasha asks for the open cases again and again. A few answers are taken while all is quiet, then as
many while Morgan's chat is paused by Telegram (429), hangs or floods the bot with messages, while
Morgan works on a slow disk, or while strangers write; then it is quiet again, and so on. What else
the machine has to do lengthens both, so the ratio stays.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import statistics
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

from bench.one_bot import PACE_SECONDS, ROOT, USER, Bench, prepare, report
from bench.table import Row

TITLE = "One person's answer beside another's trouble"
OTHER = 7002
IN_A_ROW = 5
"""So many answers are taken quiet, then so many beside the trouble."""
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


class Trouble(NamedTuple):
    """What goes wrong for somebody else: set up once, then over and over while answers are taken.
    `disk`: it needs a process whose disk is slow."""

    what: str
    again: Callable[[Bench], Awaitable[None]]
    fault: dict[str, Any] | None = None
    disk: bool = False


async def _types(bench: Bench, pause: float) -> None:
    await bench.post("/human/send", {"user": USER, "text": "words for a note"})
    await asyncio.sleep(pause)


async def _reports(bench: Bench) -> None:
    for path, body in report():
        await bench.post(path, {"user": USER, **body})
        await asyncio.sleep(0.3)


async def _stranger(bench: Bench) -> None:
    number = random.randrange(10**8, 10**9)
    await bench.post("/human/users", {"id": number, "first_name": "X", "started": True})
    await bench.post("/human/send", {"user": number, "text": "hello"})
    await asyncio.sleep(0.1)


TROUBLES = (
    Trouble(
        "the other chat is paused for 12 s (429)",
        lambda bench: _types(bench, 0.5),
        {"effect": "too_many_requests", "retry_after": 12},
    ),
    Trouble(
        "requests to the other chat hang",
        lambda bench: _types(bench, 0.5),
        {"effect": "slow", "seconds": 30},
    ),
    Trouble("the other person sends 20 messages a second", lambda bench: _types(bench, 0.05)),
    Trouble("10 strangers a second write", _stranger),
    Trouble("the other person waits for a slow disk (0.3 s for each fsync)", _reports, disk=True),
)


async def measure(times: int, only: str = "") -> list[Row]:
    """`times` quiet answers and as many disturbed ones for each trouble whose name has `only`."""
    found = []
    for disk in (False, True):
        chosen = [one for one in TROUBLES if one.disk == disk and only in one.what]
        if chosen:
            command = ["-c", SLOW_DISK] if disk else [str(ROOT / "main.py"), "run", "--config"]
            found += await _with_bot(times, command, chosen)
    return found


async def _with_bot(times: int, command: list[str], troubles: list[Trouble]) -> list[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bench = Bench(folder)
        await bench.begin()
        await bench.post("/human/users", {"id": OTHER, "first_name": "Sasha", "started": True})
        config = await asyncio.to_thread(prepare, folder, bench.url)
        process, begun = bench.launch([sys.executable, *command, str(config)])
        try:
            await bench.started(begun)
            await bench.answered("/human/send", {"text": "/start"})
            await bench.answered("/human/send", {"text": "/start"}, OTHER)
            return [await _row(bench, times, trouble) for trouble in troubles]
        finally:
            process.terminate()
            await asyncio.to_thread(process.wait, 60)
            await bench.end()


async def _row(bench: Bench, times: int, trouble: Trouble) -> Row:
    quiet: list[float] = []
    beside: list[float] = []
    while len(quiet) < times:
        await _until_idle(bench)
        quiet += await _answers(bench)
        beside += await _while(bench, trouble)
    return Row(
        what=trouble.what,
        figures={
            "quiet p50 ms": statistics.median(quiet),
            "quiet p95 ms": _p95(quiet),
            "p50 ms": statistics.median(beside),
            "p95 ms": _p95(beside),
            "longest ms": max(beside),
            "p50, times the quiet one": statistics.median(beside) / statistics.median(quiet),
            "p95, times the quiet one": _p95(beside) / _p95(quiet),
            "answers": float(len(beside)),
        },
    )


async def _answers(bench: Bench) -> list[float]:
    found = []
    for _ in range(IN_A_ROW):
        found.append(await bench.answered("/human/send", {"text": "/open"}, OTHER))
        await asyncio.sleep(PACE_SECONDS)
    return found


async def _while(bench: Bench, trouble: Trouble) -> list[float]:
    async def again() -> None:
        while True:
            await trouble.again(bench)

    if trouble.fault is not None:
        await bench.post("/faults", {**trouble.fault, "chat": USER})
    task = asyncio.create_task(again())
    try:
        await asyncio.sleep(0.5)
        return await _answers(bench)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await bench.client.delete("/faults")


async def _until_idle(bench: Bench) -> None:
    """Until nothing waits for the bot, and a little longer."""
    for quiet in itertools.count():
        bots = (await bench.client.get("/human/bots")).json()
        if quiet > 4 and not any(bot["pending"] for bot in bots):
            return
        await asyncio.sleep(0.5)


def _p95(waited: list[float]) -> float:
    return sorted(waited)[min(len(waited) - 1, int(len(waited) * 0.95))]
