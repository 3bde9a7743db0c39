"""How punctual reminders are, how well a burst uses Telegram's permitted rate, what a fact costs.

    python -m bench.reminders [--quick]

Four measurements. The burst of 10,000 takes 340 s at Telegram's rate, so it runs in virtual time:
the event loop jumps to its next timer, all code is the real one (engine, delivery, limiter), only
the request to Telegram is replaced by a wait of so many milliseconds and by a strict account of
Telegram's limits. The others run in real time against a real book on disk.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench.table import machine
from bench.telegram_limits import PERMITTED, Flood, Telegram
from protocol import facts as f
from protocol.pack import load_pack
from protocol.provider import Home, Provider, Role, Staff
from reminders.case_states import cases_of
from reminders.clock import SystemClock
from reminders.combining import parts
from reminders.engine import Engine
from reminders.policy import Ladder, Ladders, Limits, NightCheck, Policy, Step
from storage.model import Episode, Past, Person
from storage.store import Change
from storage.tinydb_store import TinyStore
from tests.support.memory_store import MemoryStore

PACK = load_pack("haringey-2011")
BURST = 10_000
QUIET = Policy(night_check=NightCheck(enabled=False))


def summarise(record: Episode) -> Past:
    """A row by the plainest rules."""
    opened = record.entries[0].fact
    assert isinstance(opened, f.Opened)
    return Past(
        ref=record.ref,
        person=record.person,
        home=record.home,
        category=opened.category,
        start=opened.last_seen_at or opened.aware_at,
        end=None,
        level=1,
        peak=1,
        closed_at=None,
    )


def service(homes: int, per_home: int) -> Provider:
    """Invented homes, each with its own duty managers."""
    return Provider(
        homes=tuple(Home(id=f"h{n}", name=f"Home {n}", prefix=f"H{n}") for n in range(homes)),
        staff=tuple(
            Staff(
                id=f"s{n}-{k}",
                name=f"Staff {n} {k} Example",
                telegram_id=1000 + n * per_home + k,
                role=Role.DUTY_MANAGER,
                homes=(f"h{n}",),
            )
            for n in range(homes)
            for k in range(per_home)
        ),
    )


def report(due: datetime, level: int = 0) -> list[f.Fact]:
    """Facts of an episode whose four-hour check falls due at `due`; with a level given it is the
    24-hour check, and people have set that level."""
    seen = due - timedelta(hours=24 if level else 4)
    at = seen + timedelta(minutes=1)
    common: dict[str, Any] = {"by": "reporter", "recorded_at": at}
    found: list[f.Fact] = [
        f.Opened(
            id="f0",
            category="missing",
            child=f.Child(age=15, historical_concerns=False),
            aware_at=seen,
            last_seen_at=seen,
            **common,
        ),
        f.PoliceTold(id="f1", at=at, **common),
    ]
    if level:
        common["recorded_at"] = at = seen + timedelta(hours=5)
        found.append(f.DutyDone(id="f2", at=at, duty="CP-4H", **common))
        kind = f.LevelRaised if level > 2 else f.LevelStoodDown
        found.append(kind(id="f3", at=at, level=level, reason="example", **common))
    return found


def quantile(values: list[float], share: float) -> float:
    """The value below which this share of all lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


# 1. Lateness under load -----------------------------------------------------------------------


async def lateness(episodes: int, seconds: float) -> list[tuple[str, str]]:
    """Reminders of `episodes` open episodes fall due over `seconds` while facts are committed."""
    clock = SystemClock()
    people = service(200, 1)
    with tempfile.TemporaryDirectory() as folder:
        store = TinyStore(Path(folder) / "book", keys=None, summarise=summarise, now=clock.now)
        await store.open()
        first = clock.now() + timedelta(seconds=4 + episodes * 0.03)
        per_second = 20
        due_count = min(episodes, int(seconds * per_second))
        for n in range(episodes):
            late = n < due_count
            due = first + timedelta(seconds=n / per_second if late else 7200 + n)
            await store.create(f"RH-{n:05}", f"h{n % 200}", f"YP-{n}", Change(facts=report(due)))
        telegram = Telegram(clock, (20, 20))
        engine = Engine(cases_of(store, clock, people, QUIET, PACK), telegram)
        await engine.start()
        answered: list[float] = []

        async def load() -> None:
            """Fifty facts a second by handlers, on all episodes."""
            number = 0
            while True:
                ref = f"RH-{(number * 7) % episodes:05}"
                began = time.perf_counter()
                record = await store.episode(ref)
                now = clock.now()
                note = f.Note(id=f"n{number}", by="x", recorded_at=now, at=now, text="bench")
                await store.commit(ref, record.version, Change(facts=[note]))
                await engine.planner.changed(ref)
                answered.append(time.perf_counter() - began)
                number += 1
                await asyncio.sleep(0.02)

        loading = asyncio.create_task(load())
        await asyncio.sleep((first - clock.now()).total_seconds() + due_count / per_second + 1)
        loading.cancel()
        await asyncio.gather(loading, return_exceptions=True)
        values = [
            (at - part.due_at).total_seconds()
            for at, message in telegram.requests
            for _, part in parts(message)
            if part.about == "CP-4H"
        ]
        await engine.stop()
        await store.close()
    return [
        ("open episodes / reminders that fell due", f"{episodes} / {len(values)}"),
        ("facts committed meanwhile", f"{len(answered)} ({len(answered) / seconds:.0f}/s)"),
        ("lateness p50 (due to request sent)", f"{statistics.median(values) * 1000:.1f} ms"),
        ("lateness p99", f"{quantile(values, 0.99) * 1000:.1f} ms"),
        ("lateness max", f"{max(values) * 1000:.1f} ms"),
        ("commit + re-plan under that load p50", f"{statistics.median(answered) * 1000:.2f} ms"),
    ]


# 2. A burst, in virtual time ------------------------------------------------------------------


def burst(many: int, delay: tuple[float, float]) -> list[tuple[str, str]]:
    """`many` reminders due at one moment: rate, order, refusals."""
    from tests.reminders.virtual import LoopAlarm, VirtualClock, run

    began = time.perf_counter()
    start = datetime(2026, 3, 6, 21, tzinfo=UTC)
    due = start + timedelta(hours=2)
    once = Ladder(steps=(Step(who="on_duty", repeat_minutes=600, times=1),), then_every_minutes=600)
    policy = Policy(
        night_check=NightCheck(enabled=False),
        limits=Limits(join_at_most=1),
        ladders=Ladders(level_1=once, level_2=once, level_3=once),
    )
    people = service(max(1, many // 10), 1)
    homes = len(people.homes)
    shuffled = list(range(many))
    random.Random(3).shuffle(shuffled)

    async def night() -> list[tuple[str, str]]:
        clock = VirtualClock(start)
        store = MemoryStore(summarise=summarise, now=clock.now)
        for n in shuffled:
            level = 1 + n % 3
            facts = report(due, level)
            await store.create(f"RH-{n:05}", f"h{n % homes}", f"YP-{n}", Change(facts=facts))
        telegram = Telegram(clock, delay)
        engine = Engine(
            cases_of(store, clock, people, policy, PACK), telegram, alarm=LoopAlarm(clock)
        )
        await engine.start()
        while not (engine.idle and clock.now() > due):  # noqa: ASYNC110
            await asyncio.sleep(1)  # virtual seconds
        sent = [m for at, m in telegram.requests if at >= due]
        times = [at for at, _ in telegram.requests if at >= due]
        span = times[-1] - times[0]
        rate = len(sent) / span.total_seconds()
        inverted = sum(b.priority < a.priority for a, b in pairwise(sent))
        await engine.stop()
        return [
            ("reminders sent", str(len(sent))),
            ("virtual time / real time", f"{span.total_seconds():.0f} s / "
             f"{time.perf_counter() - began:.0f} s"),
            ("share of the permitted rate used", f"{100 * rate / PERMITTED:.1f} %"),
            ("most that is safe (counted at any moment of a request)",
             f"{100 / (1 + sum(delay) / 2000):.1f} %"),
            ("most in any one second", f"{telegram.flood.most} of {PERMITTED}"),
            ("429 provoked", str(telegram.flood.refused)),
            ("less urgent before more urgent", f"{inverted} of {len(sent)}"),
        ]  # fmt: skip

    found: list[tuple[str, str]] = run(night())
    return found


# 3. One fact among many open episodes ---------------------------------------------------------


async def one_fact(episodes: int, times: int) -> list[tuple[str, str]]:
    """What a fact costs when so many episodes are open."""
    clock = SystemClock()
    people = service(200, 2)
    with tempfile.TemporaryDirectory() as folder:
        store = TinyStore(Path(folder) / "book", keys=None, summarise=summarise, now=clock.now)
        await store.open()
        due = clock.now() + timedelta(hours=2)
        await store.put_people(
            [Person(ref=f"YP-{n}", home=f"h{n % 200}", child=f.Child()) for n in range(episodes)]
        )
        for n in range(episodes):
            await store.create(
                f"RH-{n:05}",
                f"h{n % 200}",
                f"YP-{n}",
                Change(facts=report(due + timedelta(seconds=n % 3600))),
            )
        engine = Engine(cases_of(store, clock, people, QUIET, PACK), Telegram(clock, (5, 5)))
        began = time.perf_counter()
        await engine.start()
        started = time.perf_counter() - began
        spent: list[float] = []
        cpu: list[float] = []
        for n in range(times):
            ref = f"RH-{(n * 37) % episodes:05}"
            record = await store.episode(ref)
            now = clock.now()
            fact: f.Fact = f.LastSeen(
                id=f"n{n}", by="x", recorded_at=now, at=now - timedelta(hours=1)
            )
            await store.commit(ref, record.version, Change(facts=[fact]))
            began, burnt = time.perf_counter(), time.process_time()
            await engine.planner.changed(ref)
            spent.append(time.perf_counter() - began)
            cpu.append(time.process_time() - burnt)
        await engine.stop()
        await store.close()
    return [
        ("open episodes", str(episodes)),
        ("start of the engine (all assessed and planned)", f"{started:.2f} s"),
        ("re-planning after one fact p50", f"{statistics.median(spent) * 1000:.2f} ms"),
        ("re-planning after one fact p99", f"{quantile(spent, 0.99) * 1000:.2f} ms"),
    ]


# 4. The same burst with a plain JobQueue ------------------------------------------------------


async def plain_job_queue(many: int) -> list[tuple[str, str]]:
    """python-telegram-bot's JobQueue as it comes: one job per reminder, no outbox, no limiter."""
    import logging

    from telegram.ext import Application

    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
    application = Application.builder().token("1:example").build()
    queue = application.job_queue
    assert queue is not None
    flood = Flood()
    late: list[float] = []
    loop = asyncio.get_running_loop()
    due = datetime.now(UTC) + timedelta(seconds=3 + many / 500)
    began = time.perf_counter()

    async def remind(context: Any) -> None:
        late.append((datetime.now(UTC) - due).total_seconds())
        await asyncio.sleep(0.005)
        flood.take(context.job.data, loop.time())

    await queue.start()
    for n in range(many):
        queue.run_once(remind, due, data=n % max(1, many // 10))
    scheduled = time.perf_counter() - began
    await asyncio.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds()) + 1)
    while True:
        before = len(late)
        await asyncio.sleep(1)
        if len(late) == before:
            break
    await queue.stop(wait=False)
    if not late:
        return [("ran / silently dropped as misfired", f"0 / {many}")]
    return [
        ("scheduling them", f"{scheduled:.1f} s"),
        ("ran / silently dropped as misfired", f"{len(late)} / {many - len(late)}"),
        ("lateness p50 / max", f"{statistics.median(late) * 1000:.0f} / {max(late) * 1000:.0f} ms"),
        ("429 provoked", f"{flood.refused} of {len(late)}"),
        ("left unsent after a 429", str(flood.refused)),
    ]


def table(title: str, rows: list[tuple[str, str]]) -> None:
    """Prints a table of two columns."""
    from rich.console import Console
    from rich.table import Table

    found = Table(title=title, title_justify="left", show_header=False)
    for name, value in rows:
        found.add_row(name, value)
    Console().print(found)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="a tenth of everything")
    quick: bool = parser.parse_args().quick
    part = 10 if quick else 1
    print(machine())
    print("load average at the start: {:.1f}, {:.1f}, {:.1f}".format(*os.getloadavg()))
    table(
        "Lateness with 1,000 open episodes under load (real time, book on disk)",
        asyncio.run(lateness(1000 // part, 40 / part)),
    )
    table(
        "Re-planning after one fact (real time, book on disk)",
        asyncio.run(one_fact(10_000 // part, 1000 // part)),
    )
    table(
        "10,000 reminders due at once, answers after 2-8 ms (virtual time)",
        burst(BURST // part, (2, 8)),
    )
    table(
        "10,000 reminders due at once, answers after 20-120 ms (virtual time)",
        burst(BURST // part, (20, 120)),
    )
    table(
        "The same with a plain JobQueue (real time)",
        asyncio.run(plain_job_queue(BURST // part)),
    )


if __name__ == "__main__":
    main()
