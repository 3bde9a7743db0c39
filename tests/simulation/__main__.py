"""`python -m tests.simulation --seeds 8 --days 7`: see docs/SIMULATION.md."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import sys
import time
from collections import Counter

from tests.simulation import figures
from tests.simulation.breaks import BREAKS
from tests.simulation.checker import Chats
from tests.simulation.known import USUAL, WHERE, Where
from tests.simulation.profiles import PROFILES
from tests.simulation.search import MOST_STEPS, Search, all_of, search
from tests.simulation.sometimes import SOMETIMES, never
from tests.simulation.world import Result, run_seed, simulate


def _say(result: Result, given: argparse.Namespace, *, trace: bool) -> None:
    if result.broken:
        print(f"seed {result.seed}: BROKEN at {result.at}, step {result.steps}")
        if trace:
            for line in result.trace:
                print(f"    {line}")
        print(f"  {result.broken}")
        rate = f" --rate {given.rate:g}" if given.rate != 1.0 else ""
        fault = f" --break {given.breaking}" if given.breaking else ""
        world = f" --profile {given.profile}" if given.profile else ""
        replay = f"--replay {result.seed} --days {result.days}{rate}{world}{fault}"
        print(f"  again: python -m tests.simulation {replay}")


def _faults(given: argparse.Namespace) -> int:
    """Deliberate faults, each in its own world: what catches it, and after how many steps."""
    names = given.faults or list(BREAKS)
    if unknown := [one for one in names if one not in BREAKS]:
        sys.exit(f"no such fault: {', '.join(unknown)}")
    caught = []
    for one in all_of(names, given.first, given.most_steps, given.jobs):
        print(one.row(), flush=True)
        caught.append(one)
    print("\nIn order:")
    for one in sorted(caught, key=lambda c: (c.result is None, c.steps)):
        print(one.row())
    missed = sum(one.result is None for one in caught)
    print(f"{len(caught)} faults, {missed} not caught in {given.most_steps:,} steps")
    return int(bool(missed))


def _find(given: argparse.Namespace) -> int:
    """The next `--seeds` seeds that show one fault, in its world or in the one that is given."""
    where = WHERE.get(given.find, USUAL)
    if given.profile or given.days:
        where = Where(profile=given.profile, days=given.days or where.days, rate=given.rate)
    first = given.first
    for _ in range(given.seeds):
        asked = Search(fault=given.find, where=where, first=first, most_steps=given.most_steps)
        found = search(asked)
        print(found.row(), flush=True)
        if found.result is None:
            return 1
        first = found.result.seed + 1
    return 0


def _figures(given: argparse.Namespace) -> int:
    """What an hour of two cores lives through, world by world."""
    seeds = range(given.first, given.first + given.seeds)
    print(figures.HEAD)
    broken = 0
    for row in figures.rows(seeds, given.days or 2, given.jobs):
        print(
            row.text() if row.seconds else f"| {row.work.profile} | every run broke |", flush=True
        )
        broken += row.broken
    print(f"{broken} broken; load of the machine {os.getloadavg()[1]:.1f}")
    return int(bool(broken))


def main() -> int:
    ask = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    ask.add_argument("--seeds", type=int, default=8, help="how many runs")
    ask.add_argument("--days", type=int, default=0, help="days of each run (7)")
    ask.add_argument("--first", type=int, default=1, help="the first seed")
    ask.add_argument("--jobs", type=int, default=1, help="processes side by side")
    ask.add_argument("--replay", type=int, help="one seed again, with its whole trace")
    ask.add_argument("--break", dest="breaking", default="", choices=["", *BREAKS])
    ask.add_argument("--profile", default="", choices=PROFILES, help="what is dense")
    ask.add_argument(
        "--faults", nargs="*", metavar="NAME", help="these deliberate faults, or all, till caught"
    )
    ask.add_argument("--find", choices=BREAKS, metavar="NAME", help="the seeds that show a fault")
    ask.add_argument(
        "--most-steps", type=int, default=MOST_STEPS, help="a search ends after so many"
    )
    ask.add_argument("--rate", type=float, default=1.0, help="absences, times the usual")
    ask.add_argument("--minutes", type=float, default=0.0, help="no more seeds after so long")
    ask.add_argument("--keep-going", action="store_true", help="do not stop at the first failure")
    ask.add_argument("--figures", action="store_true", help="each world in an hour of two cores")
    given = ask.parse_args()
    if given.figures:
        return _figures(given)
    if given.find:
        return _find(given)
    given.days = given.days or 7
    if given.replay is not None:
        result, lines = simulate(
            given.replay,
            given.days,
            breaking=given.breaking,
            keep_trace=True,
            rate=given.rate,
            profile=given.profile,
        )
        print("\n".join(lines))
        _say(result, given, trace=False)
        print(f"digest {result.digest}, {result.steps} steps")
        return int(bool(result.broken))
    if given.faults is not None:
        return _faults(given)
    return _run(given)


def _run(given: argparse.Namespace) -> int:
    """Seed after seed, and what there was in all of them."""
    begun = time.perf_counter()
    work = [
        (seed, given.days, given.breaking, given.rate, given.profile)
        for seed in range(given.first, given.first + given.seeds)
    ]
    seeds, days, steps, failed = 0, 0, 0, 0
    happened: Counter[str] = Counter()
    hits: Counter[str] = Counter()
    chats = Chats()
    with multiprocessing.get_context("fork").Pool(given.jobs) as pool:
        for result in pool.imap_unordered(run_seed, work):
            seeds, steps = seeds + 1, steps + result.steps
            days += 0 if result.broken else result.days
            happened.update(result.counts)
            hits.update(result.hits)
            chats.add(result.chats)
            failed += bool(result.broken)
            _say(result, given, trace=failed <= 1)
            if failed and not given.keep_going:
                break
            if given.minutes and time.perf_counter() - begun > 60 * given.minutes:
                break
    seconds = time.perf_counter() - begun
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(", ".join(f"{name} {number:,}" for name, number in happened.most_common()))
    print(
        f"chats: {chats.texts:,} texts searched, {chats.taken_out:,} messages taken out; "
        f"the longest stood {chats.longest:.1f} h ({chats.longest_fair:.1f} h without outages); "
        f"{chats.excused:,} stayed that could not be taken out"
    )
    missing = never(hits)
    seldom = sorted((hits[name], name) for name in SOMETIMES if hits[name])[:12]
    print(f"{len(SOMETIMES) - len(missing)} of {len(SOMETIMES)} moments met; the rarest:")
    print(", ".join(f"{name} {number:,}" for number, name in seldom))
    print(f"never met: {', '.join(missing) or 'none'}")
    print(
        f"{seeds} seeds, {days / 365.25:.2f} service-years, {steps:,} steps, {failed} broken, "
        f"{seconds:.1f} s, {used.ru_utime + used.ru_stime:.0f} s of processor"
    )
    an_hour = 3600 / seconds
    print(
        f"an hour: {days / 365.25 * an_hour:.1f} service-years, {steps * an_hour:,.0f} steps, "
        f"{happened['create'] * an_hour:,.0f} cases, {happened['dies'] * an_hour:,.0f} kills"
    )
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
