"""Many services in one process: `python -m bench.services [--services 1 30 300] [--seconds 30]`.

For each number: that many bots in one process, each with its own folder, key, people and 33 open
cases, against the stand-in for Telegram (a process of its own). Start: until every bot polls.
Memory: resident of the process, afterwards. Late: of the reminders that fall due over the seconds,
five a second in all but at most one in two seconds for each service, the share that was handed to
Telegram within so much of its time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from bench.reminders import report, summarise
from bench.table import Row, machine, show
from bot.cli.maintenance import key_new
from bot.cli.services import begin
from bot.services import Run, Services
from reminders.clock import SystemClock
from reminders.watch import BUCKETS
from sandbox.serve import Server
from storage.keys import load_keys
from storage.store import Change
from storage.tinydb_store import TinyStore

CASES = 33
PER_SECOND = 5
CONFIG = """
homes = [{{ id = "oak", name = "Oak House", prefix = "OH", authority = "Camden" }}]
[[authorities]]
name = "Camden"
emergency_duty_team = {{ label = "Out of hours", phone = "07700 900112" }}
[[staff]]
id = "morgan"
name = "Morgan Example"
telegram_id = 7001
role = "duty_manager"
homes = ["oak"]
phone = "07700 900201"
[[staff]]
id = "robin"
name = "Robin Model"
telegram_id = 7003
role = "manager"
phone = "07700 900203"
[[staff]]
id = "quinn"
name = "Quinn Specimen"
telegram_id = 7004
role = "administrator"
phone = "07700 900204"
[telegram]
token = "{token}"
api = "{api}"
[book]
folder = "book"
key_file = "book.key"
[health]
port = 0
"""


async def make(folder: Path, number: int, api: str, first: float, step: float, dues: int) -> None:
    """A service with open cases, some of which fall due: one each `step` seconds from the moment
    `first` (seconds since 1970) on."""
    where = folder / f"s{number:03}"
    where.mkdir()
    token = f"{2000000 + number}:token-of-service-{number:03}"
    (where / "config.toml").write_text(CONFIG.format(token=token, api=api), encoding="utf-8")
    key_new(where / "book.key")
    clock = SystemClock()
    store = TinyStore(
        where / "book",
        keys=load_keys({"file": str(where / "book.key")}),
        summarise=summarise,
        now=clock.now,
    )
    await store.open()
    now = clock.now()
    for n in range(CASES):
        due = now + timedelta(hours=2, minutes=n)
        if n < dues:
            wait = first - now.timestamp() + step * n
            due = now + timedelta(seconds=wait)
        await store.create(f"OH-{n:04}", "oak", f"YP-{n}", Change(facts=report(due)))
    await store.close()


async def measured(count: int, seconds: int, url: str) -> dict[str, float]:
    """The figures of one number of services, in this process."""
    apps: list[Any] = []

    async def noted(path: Path) -> Run:
        run = await begin(path)
        apps.append(run)
        return run

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lead = 8 + count * 0.9
        first = int(time.time() + lead)
        each = max(1, min(PER_SECOND * seconds // count, seconds // 2))
        for number in range(count):
            step = seconds / each
            mine = first + step * number / count
            await make(folder, number, url, mine, step, min(each, CASES))
        services = Services(folder, noted)
        before = time.process_time()
        began = time.perf_counter()
        running = asyncio.create_task(services.run())
        # Begun anew each time: the stand-in hangs up on an idle one while 300 services start here.
        each_anew = httpx.Limits(max_keepalive_connections=0)
        async with httpx.AsyncClient(
            base_url=url, trust_env=False, timeout=60, limits=each_anew
        ) as client:
            while True:
                bots = (await client.get("/human/bots")).json()
                if sum(bot["polling"] for bot in bots) >= count:
                    break
                await asyncio.sleep(0.1)
            start = time.perf_counter() - began
            for user in (7001, 7003, 7004):
                person = {"id": user, "first_name": "Example", "started": True}
                (await client.post("/human/users", json=person)).raise_for_status()
        cpu = time.process_time() - before
        await asyncio.sleep(max(0.0, first - time.time()) + seconds + 2)
        figures = [app.bot.engine.watch.figures for app in apps]
        sent = sum(one.lateness_count for one in figures) or 1
        within = dict.fromkeys(BUCKETS, 0)
        for one in figures:
            for limit, so_many in zip(BUCKETS, one.lateness, strict=True):
                within[limit] += so_many
        idle_from, idle_since = time.process_time(), time.perf_counter()
        await asyncio.sleep(10)
        idle = (time.process_time() - idle_from) / (time.perf_counter() - idle_since)
        memory = resource_mb()
        services.stop()
        await running
    return {
        "start s": start,
        "start, processor s": cpu,
        "memory MB": memory,
        "reminders": float(sent),
        "within 50 ms %": 100 * within[0.05] / sent,
        "within 250 ms %": 100 * within[0.25] / sent,
        "within 1 s %": 100 * within[1.0] / sent,
        "processor at rest %": 100 * idle,
    }


def resource_mb() -> float:
    """Resident now, or the most so far where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * resource.getpagesize() / 1e6
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def main() -> None:
    """Each number in a process of its own."""
    ask = argparse.ArgumentParser(prog="python -m bench.services", description=__doc__)
    ask.add_argument("--services", type=int, nargs="+", default=[1, 30, 300])
    ask.add_argument("--seconds", type=int, default=30)
    ask.add_argument("--against", default="", help=argparse.SUPPRESS)
    given = ask.parse_args()
    if given.against:
        print(json.dumps(asyncio.run(measured(given.services[0], given.seconds, given.against))))
        return
    print(machine() + "\n")
    rows = []
    for count in given.services:
        with Server() as server:
            httpx.post(f"{server.url}/settings", json={"flood": False}).raise_for_status()
            command = [
                sys.executable, "-m", "bench.services", "--services", str(count),
                "--seconds", str(given.seconds), "--against", server.url,
            ]  # fmt: skip
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        rows.append(Row(f"{count} services", json.loads(done.stdout.splitlines()[-1])))
    show("Many services in one process", rows)


if __name__ == "__main__":
    main()
