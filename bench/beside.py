"""How long one person waits for an answer while another one is in trouble.

    python -m bench.bot --rounds 0 --beside 40

Four people ask for the open cases by turns. A few answers are taken while all is quiet, then as
many while Morgan's chat is paused by Telegram (429), hangs or floods the bot with messages, while
Morgan works on a slow disk, or while strangers write; then it is quiet again, and so on. What else
the machine has to do lengthens both, so the ratio stays.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench.one_bot import PACE_SECONDS, ROOT, USER, Bench, prepare, report
from bench.table import Row

TITLE = "One person's answer beside another's trouble"
ASKERS = (7011, 7012, 7013, 7014)
"""Several, as one chat takes one message a second."""
IN_A_ROW = 8
"""So many answers are taken quiet, then so many beside the trouble."""
MOST_AT_ONCE = 20
"""Answers beside what can be begun only once."""
REST_SECONDS = 2.0
"""So long nothing may wait for the bot before it counts as quiet."""
LONGEST_DRAIN_SECONDS = 180.0
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
    `disk`: it needs a process whose disk is slow. `once`: what it leaves takes minutes to work off,
    so all quiet answers are taken before it begins, and the process ends after it."""

    what: str
    again: Callable[[Bench], Awaitable[None]]
    fault: dict[str, Any] | None = None
    disk: bool = False
    once: bool = False


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
    Trouble(
        "the other person sends 20 messages a second on such a disk",
        lambda bench: _types(bench, 0.05),
        disk=True,
        once=True,
    ),
)


async def measure(times: int, troubles: Sequence[Trouble]) -> list[Row]:
    """`times` quiet answers and as many disturbed ones for each of these; says how far it is."""
    found = []
    for trouble in troubles:
        row = await _with_bot(times, trouble)
        ratio = row.figures["p95, times the quiet one"]
        print(f"{trouble.what}: p95 {ratio:.2f} times the quiet one", file=sys.stderr, flush=True)
        found.append(row)
    return found


async def _with_bot(times: int, trouble: Trouble) -> Row:
    command = ["-c", SLOW_DISK] if trouble.disk else [str(ROOT / "main.py"), "run", "--config"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bench = Bench(folder)
        await bench.begin()
        config = await asyncio.to_thread(prepare, folder, bench.url, ASKERS)
        for number in ASKERS:
            await bench.post("/human/users", {"id": number, "first_name": "A", "started": True})
        process, begun = bench.launch([sys.executable, *command, str(config)])
        try:
            await bench.started(begun)
            for number in (USER, *ASKERS):
                await bench.answered("/human/send", {"text": "/start"}, number)
            return await _row(bench, times, trouble)
        finally:
            process.terminate()
            await asyncio.to_thread(process.wait, 60)
            await bench.end()


async def _row(bench: Bench, times: int, trouble: Trouble) -> Row:
    quiet: list[float] = []
    beside: list[float] = []
    in_a_row = min(times, MOST_AT_ONCE) if trouble.once else IN_A_ROW
    times = in_a_row if trouble.once else times
    while len(quiet) < times:
        await _until_idle(bench)
        quiet += await _answers(bench, in_a_row)
        beside += await _while(bench, trouble, in_a_row)
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


async def _answers(bench: Bench, times: int) -> list[float]:
    found = []
    for i in range(times):
        asker = ASKERS[i % len(ASKERS)]
        found.append(await bench.answered("/human/send", {"text": "/open"}, asker))
        await asyncio.sleep(PACE_SECONDS / len(ASKERS))
    return found


async def _while(bench: Bench, trouble: Trouble, times: int) -> list[float]:
    async def again() -> None:
        while True:
            await trouble.again(bench)

    if trouble.fault is not None:
        await bench.post("/faults", {**trouble.fault, "chat": USER})
    task = asyncio.create_task(again())
    try:
        await asyncio.sleep(0.5)
        return await _answers(bench, times)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await bench.client.delete("/faults")


async def _until_idle(bench: Bench) -> None:
    """Until nothing has waited for the bot for a while. Raises TimeoutError."""
    ends = time.monotonic() + LONGEST_DRAIN_SECONDS
    idle_since = time.monotonic()
    while time.monotonic() - idle_since < REST_SECONDS:
        if time.monotonic() > ends:
            msg = f"the bot still had updates to handle after {LONGEST_DRAIN_SECONDS:.0f} s"
            raise TimeoutError(msg)
        bots = (await bench.client.get("/human/bots")).json()
        if any(bot["pending"] for bot in bots):
            idle_since = time.monotonic()
        await asyncio.sleep(0.25)


def _p95(waited: list[float]) -> float:
    return sorted(waited)[min(len(waited) - 1, int(len(waited) * 0.95))]
