"""What an hour of two cores lives through, by world: the table in docs/SIMULATION.md.

An hour of two cores is 7,200 s of processor as the runs used it, not of the clock. Other work on
the same cores still makes each second do less, so that the load is printed with it.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator

import msgspec

from tests.simulation.profiles import PROFILES
from tests.simulation.world import simulate

TWO_CORES_AN_HOUR = 7200.0
NODES = ("nodes", "commits")
"""Worlds of two nodes, which `tests.simulation.nodes` runs."""
WORLDS = [("", 1.0), ("", 3.0), *((name, 1.0) for name in PROFILES if name and name not in NODES)]
"""Profile, and how many times its own rate."""
YEAR_DAYS = 365.25
WARM_SEED, WARM_DAYS = 1, 1
"""A run before, not counted: it loads what runs load."""


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """Seeds of one world."""

    profile: str
    rate: float
    days: int
    seeds: range


class Row(msgspec.Struct, kw_only=True):
    """What there was in them, and the seconds of processor that it took."""

    work: Work
    seconds: float = 0.0
    days: int = 0
    steps: int = 0
    cases: int = 0
    kills: int = 0
    broken: int = 0

    def text(self) -> str:
        """A row of the table: an hour on two cores."""
        an_hour = TWO_CORES_AN_HOUR / self.seconds
        rate = self.work.rate * PROFILES[self.work.profile].rate
        name = self.work.profile or ("usual" if rate == 1 else f"usual, {rate:g} times")
        years = self.days / YEAR_DAYS * an_hour
        cells = [
            name,
            f"{years:.1f}",
            f"{years * rate:.1f}",
            f"{self.steps * an_hour / 1e6:.1f}",
            f"{self.cases * an_hour:,.0f}",
            f"{self.kills * an_hour:,.0f}",
            f"{self.seconds:.1f}",
        ]
        return f"| {' | '.join(cells)} |"


HEAD = """| world | service-years | at the usual rate | million steps | cases | kills | of, s |
|---|---|---|---|---|---|---|"""


def measured(work: Work) -> Row:
    """Runs the seeds; a run that breaks an invariant counts only as that."""
    simulate(WARM_SEED, WARM_DAYS, rate=work.rate, profile=work.profile)
    row = Row(work=work)
    for seed in work.seeds:
        begun = time.process_time()
        result, _ = simulate(seed, work.days, rate=work.rate, profile=work.profile)
        if result.broken:
            row.broken += 1
            continue
        row.seconds += time.process_time() - begun
        row.days += result.days
        row.steps += result.steps
        row.cases += result.counts.get("create", 0)
        row.kills += result.counts.get("dies", 0)
    return row


def rows(seeds: range, days: int, jobs: int) -> Iterator[Row]:
    """Of every world, in their order."""
    work = [Work(profile=name, rate=rate, days=days, seeds=seeds) for name, rate in WORLDS]
    with multiprocessing.get_context("fork").Pool(jobs, maxtasksperchild=1) as pool:
        yield from pool.imap(measured, work, chunksize=1)
