"""`python -m tests.simulation --seeds 8 --days 7`: see docs/SIMULATION.md."""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time

from tests.simulation.breaks import BREAKS
from tests.simulation.world import Result, run_seed, simulate


def _say(result: Result, *, trace: bool) -> None:
    if result.broken:
        print(f"seed {result.seed}: BROKEN at {result.at}, step {result.steps}")
        if trace:
            for line in result.trace:
                print(f"    {line}")
        print(f"  {result.broken}")
        print(f"  again: python -m tests.simulation --replay {result.seed} --days {result.days}")


def main() -> int:
    ask = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    ask.add_argument("--seeds", type=int, default=8, help="how many runs")
    ask.add_argument("--days", type=int, default=7, help="days of each run")
    ask.add_argument("--first", type=int, default=1, help="the first seed")
    ask.add_argument("--jobs", type=int, default=1, help="processes side by side")
    ask.add_argument("--replay", type=int, help="one seed again, with its whole trace")
    ask.add_argument("--break", dest="breaking", default="", choices=["", *BREAKS])
    ask.add_argument("--rate", type=float, default=1.0, help="absences, times the usual")
    ask.add_argument("--keep-going", action="store_true", help="do not stop at the first failure")
    given = ask.parse_args()
    if given.replay is not None:
        result, lines = simulate(
            given.replay, given.days, breaking=given.breaking, keep_trace=True, rate=given.rate
        )
        print("\n".join(lines))
        _say(result, trace=False)
        print(f"digest {result.digest}, {result.steps} steps")
        return int(bool(result.broken))
    begun = time.perf_counter()
    work = [
        (seed, given.days, given.breaking, given.rate)
        for seed in range(given.first, given.first + given.seeds)
    ]
    done: list[Result] = []
    failed = 0
    with multiprocessing.get_context("fork").Pool(given.jobs) as pool:
        for result in pool.imap_unordered(run_seed, work):
            done.append(result)
            failed += bool(result.broken)
            _say(result, trace=failed <= 1)
            if failed and not given.keep_going:
                break
    seconds = time.perf_counter() - begun
    days = sum(r.days for r in done if not r.broken)
    steps = sum(r.steps for r in done)
    print(
        f"{len(done)} seeds, {days / 365.25:.2f} service-years, {steps} steps, "
        f"{failed} broken, {seconds:.1f} s ({days / 365.25 / seconds * 3600:.0f} years an hour)"
    )
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
