"""`python -m tests.simulation --seeds 8 --days 7`: see docs/SIMULATION.md."""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import time
from collections import Counter

from tests.simulation.breaks import BREAKS
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
        replay = f"--replay {result.seed} --days {result.days}{rate}{fault}"
        print(f"  again: python -m tests.simulation {replay}")


def _caught(given: tuple[str, int, int, int, float]) -> tuple[str, int, Result | None]:
    """How many steps until this fault breaks an invariant, seed after seed."""
    name, first, seeds, days, rate = given
    steps = 0
    for seed in range(first, first + seeds):
        result = run_seed((seed, days, name, rate))
        steps += result.steps
        if result.broken:
            return name, steps, result
    return name, steps, None


def _faults(first: int, seeds: int, days: int, rate: float, jobs: int) -> int:
    """Every deliberate fault: what catches it, and after how many steps."""
    work = [(name, first, seeds, days, rate) for name in BREAKS]
    missed = 0
    with multiprocessing.get_context("fork").Pool(jobs) as pool:
        for name, steps, result in pool.imap_unordered(_caught, work):
            missed += result is None
            by = f"seed {result.seed}: {result.name}" if result else "not caught"
            print(f"{name:24} {steps:9,} steps  {by}", flush=True)
    print(f"{len(BREAKS)} faults, {missed} not caught in {seeds} seeds of {days} days, rate {rate}")
    return int(bool(missed))


def main() -> int:
    ask = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    ask.add_argument("--seeds", type=int, default=8, help="how many runs")
    ask.add_argument("--days", type=int, default=7, help="days of each run")
    ask.add_argument("--first", type=int, default=1, help="the first seed")
    ask.add_argument("--jobs", type=int, default=1, help="processes side by side")
    ask.add_argument("--replay", type=int, help="one seed again, with its whole trace")
    ask.add_argument("--break", dest="breaking", default="", choices=["", *BREAKS])
    ask.add_argument(
        "--faults", action="store_true", help="every deliberate fault until it is caught"
    )
    ask.add_argument("--rate", type=float, default=1.0, help="absences, times the usual")
    ask.add_argument("--minutes", type=float, default=0.0, help="no more seeds after so long")
    ask.add_argument("--keep-going", action="store_true", help="do not stop at the first failure")
    given = ask.parse_args()
    if given.replay is not None:
        result, lines = simulate(
            given.replay, given.days, breaking=given.breaking, keep_trace=True, rate=given.rate
        )
        print("\n".join(lines))
        _say(result, given, trace=False)
        print(f"digest {result.digest}, {result.steps} steps")
        return int(bool(result.broken))
    if given.faults:
        return _faults(given.first, given.seeds, given.days, given.rate, given.jobs)
    return _run(given)


def _run(given: argparse.Namespace) -> int:
    """Seed after seed, and what there was in all of them."""
    begun = time.perf_counter()
    work = [
        (seed, given.days, given.breaking, given.rate)
        for seed in range(given.first, given.first + given.seeds)
    ]
    seeds, days, steps, failed = 0, 0, 0, 0
    happened: Counter[str] = Counter()
    hits: Counter[str] = Counter()
    with multiprocessing.get_context("fork").Pool(given.jobs) as pool:
        for result in pool.imap_unordered(run_seed, work):
            seeds, steps = seeds + 1, steps + result.steps
            days += 0 if result.broken else result.days
            happened.update(result.counts)
            hits.update(result.hits)
            failed += bool(result.broken)
            _say(result, given, trace=failed <= 1)
            if failed and not given.keep_going:
                break
            if given.minutes and time.perf_counter() - begun > 60 * given.minutes:
                break
    seconds = time.perf_counter() - begun
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(", ".join(f"{name} {number:,}" for name, number in happened.most_common()))
    missing = never(hits)
    seldom = sorted((hits[name], name) for name in SOMETIMES if hits[name])[:12]
    print(f"{len(SOMETIMES) - len(missing)} of {len(SOMETIMES)} moments met; the rarest:")
    print(", ".join(f"{name} {number:,}" for number, name in seldom))
    print(f"never met: {', '.join(missing) or 'none'}")
    print(
        f"{seeds} seeds, {days / 365.25:.2f} service-years, {steps:,} steps, {failed} broken, "
        f"{seconds:.1f} s, {used.ru_utime + used.ru_stime:.0f} s of processor "
        f"({days / 365.25 / seconds * 3600:.0f} years an hour)"
    )
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
