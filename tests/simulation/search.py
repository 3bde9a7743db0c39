"""Which seed shows a deliberate fault: the search behind `--find` and `--faults`."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Iterator

import msgspec

from tests.simulation.known import USUAL, WHERE, Where
from tests.simulation.world import Result, run_seed

MOST_STEPS = 100_000
"""Reaches for disk or Telegram after which a fault counts as not caught."""


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """One fault, where to look for it, and how long."""

    fault: str
    where: Where
    first: int = 1
    most_steps: int = MOST_STEPS


class Caught(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it. `result`: the run that broke an invariant, or None; `steps`: of all runs."""

    search: Search
    steps: int
    result: Result | None

    def row(self) -> str:
        """A row of the table in docs/SIMULATION.md."""
        where, result = self.search.where, self.result
        world = f"{where.profile or '–'}, {where.days} d"
        found = f"{result.seed} | {result.name}" if result else "not caught | "
        return f"| {self.search.fault} | {world} | {self.steps:,} | {found} |"


def search(asked: Search) -> Caught:
    """Seed after seed, until an invariant breaks that the fault is known to break."""
    steps, seed, where = 0, asked.first, asked.where
    while steps < asked.most_steps:
        result = run_seed((seed, where.days, asked.fault, where.rate, where.profile))
        steps += result.steps
        if result.broken and where.breaks in ("", result.name):
            return Caught(search=asked, steps=steps, result=result)
        seed += 1
    return Caught(search=asked, steps=steps, result=None)


def all_of(faults: Iterable[str], first: int, most_steps: int, jobs: int) -> Iterator[Caught]:
    """Each in the world in which it is looked for, as they are found."""
    work = [
        Search(fault=one, where=WHERE.get(one, USUAL), first=first, most_steps=most_steps)
        for one in faults
    ]
    with multiprocessing.get_context("fork").Pool(jobs) as pool:
        yield from pool.imap_unordered(search, work)
