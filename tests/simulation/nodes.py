"""`python -m tests.simulation.nodes --seeds 8 --hours 24`: see docs/SIMULATION.md."""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import time
from collections import Counter

from tests.simulation import sometimes
from tests.simulation.node_breaks import BREAKS
from tests.simulation.node_world import HAPPENS, run_seed, simulate
from tests.simulation.world import Result

CLOCK_SET = (
    "the machine came up with a wrong clock",
    "the clock went back",
    "the clock went forward",
    "a time of the bot's own was put right",
)
"""Nobody sets the clock of a node by hand."""


def _say(result: Result, given: argparse.Namespace) -> None:
    if not result.broken:
        return
    print(f"seed {result.seed}: BROKEN at {result.at}, step {result.steps}")
    print(*(f"    {line}" for line in result.trace), sep="\n")
    print(f"  {result.broken}")
    fault = f" --break {given.breaking}" if given.breaking else ""
    print(
        f"  again: python -m tests.simulation.nodes --replay {result.seed} --hours {given.hours}"
        f" --profile {given.profile}{fault}"
    )


def _faults(given: argparse.Namespace) -> int:
    """Each deliberate fault, seed after seed until it is caught; a row of the table for each."""
    missed = 0
    for name in given.faults or BREAKS:
        steps = 0
        for seed in range(given.first, given.first + given.seeds):
            result, _ = simulate(
                seed, given.hours, breaking=name, rate=given.rate, profile=given.profile
            )
            steps += result.steps
            if result.broken:
                print(f"| {name} | {steps:,} | {seed} | {result.name} |", flush=True)
                break
        else:
            missed += 1
            print(f"| {name} | {steps:,} | – | not caught |", flush=True)
    return int(bool(missed))


def _run(given: argparse.Namespace) -> int:
    begun = time.perf_counter()
    work = [
        (seed, given.hours, given.breaking, given.rate, given.profile)
        for seed in range(given.first, given.first + given.seeds)
    ]
    seeds, steps, failed, hours = 0, 0, 0, 0
    happened: Counter[str] = Counter()
    hits: Counter[str] = Counter()
    with multiprocessing.get_context("fork").Pool(given.jobs) as pool:
        for result in pool.imap_unordered(run_seed, work):
            seeds, steps = seeds + 1, steps + result.steps
            hours += 0 if result.broken else given.hours
            happened.update(result.counts)
            hits.update(result.hits)
            failed += bool(result.broken)
            _say(result, given)
            if failed and not given.keep_going:
                break
            if given.minutes and time.perf_counter() - begun > 60 * given.minutes:
                break
    seconds = time.perf_counter() - begun
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(", ".join(f"{name} {number:,}" for name, number in happened.most_common()))
    print(", ".join(f"{name} {hits[name]:,}" for name in HAPPENS))
    missed = [name for name in HAPPENS if not hits[name]] + sometimes.never(hits)
    print("never met: " + (", ".join(n for n in missed if n not in CLOCK_SET) or "none"))
    print(
        f"{seeds} seeds, {hours} hours, {happened['term']:,} terms, "
        f"{happened['promoted']:,} promotions, {happened['commits']:,} commits of records, "
        f"{steps:,} steps, {failed} broken, {seconds:.1f} s, "
        f"{used.ru_utime + used.ru_stime:.0f} s of processor"
    )
    return int(bool(failed))


def main() -> int:
    ask = argparse.ArgumentParser(prog="python -m tests.simulation.nodes", description=__doc__)
    ask.add_argument("--seeds", type=int, default=8, help="how many runs")
    ask.add_argument("--hours", type=int, default=24, help="simulated hours of each run")
    ask.add_argument("--first", type=int, default=1, help="the first seed")
    ask.add_argument("--jobs", type=int, default=1, help="processes side by side")
    ask.add_argument("--replay", type=int, help="one seed again, with its whole trace")
    ask.add_argument("--break", dest="breaking", default="", choices=["", *BREAKS])
    ask.add_argument(
        "--faults", nargs="*", metavar="NAME", choices=BREAKS, help="each until it is caught"
    )
    ask.add_argument(
        "--profile",
        default="nodes",
        choices=["nodes", "commits"],
        help="commits: mischief is aimed at what is under way, and people write more",
    )
    ask.add_argument("--rate", type=float, default=1.0, help="absences, times the usual")
    ask.add_argument("--minutes", type=float, default=0.0, help="no more seeds after so long")
    ask.add_argument("--keep-going", action="store_true", help="do not stop at the first failure")
    given = ask.parse_args()
    if given.replay is not None:
        result, lines = simulate(
            given.replay,
            given.hours,
            breaking=given.breaking,
            keep_trace=True,
            rate=given.rate,
            profile=given.profile,
        )
        print("\n".join(lines))
        print(result.broken)
        print(f"digest {result.digest}, {result.steps} steps")
        return int(bool(result.broken))
    return _faults(given) if given.faults is not None else _run(given)


if __name__ == "__main__":
    sys.exit(main())
