"""Two checkouts measured in one run, taking turns: what a change costs or saves.

    python -m bench.beside_before OTHER_CHECKOUT [NAME …] [--rounds 3]

Each checkout runs its own `python -m bench.NAME` (protocol, storage, reminders, bot; all by
default), shortened, with this Python. Compared are the figures that both print in a line of the
same words. A ratio is this checkout's median over the other's; above 1 it is slower or larger,
unless the figure is a rate. Computing alone (protocol) is counted in processor time, the rest by
the clock. Compiled code is kept in a folder of its own from the first round on, as in an
installation, so that a start is not measured with the compiling of its source. For a commit:
`git worktree add /tmp/other COMMIT`.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from bench.table import machine

ROOT = Path(__file__).resolve().parent.parent
RUNS = {
    "protocol": ["--episodes", "3000"],
    "storage": ["--closed", "0", "2500", "--open", "50", "--commits", "100"],
    "reminders": ["--quick"],
    "bot": ["--rounds", "6"],
}
"""What can be measured, with the arguments of a short run that every edition knows."""
COMPUTING = ("protocol",)
IN_PROCESSOR_TIME = (
    "import runpy, sys, time; time.perf_counter = time.process_time; "
    "sys.argv = sys.argv[1:]; runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)"
)
_NUMBER = re.compile(r"(?<![\w-])\d[\d,]*(?:\.\d+)?")


def measure(checkout: Path, name: str, compiled: Path) -> str:
    """What one run of `bench.NAME` prints there. Raises SystemExit if it fails."""
    around = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    around |= {"COLUMNS": "110", "PYTHONPATH": str(checkout), "PYTHONPYCACHEPREFIX": str(compiled)}
    way = ["-c", IN_PROCESSOR_TIME] if name in COMPUTING else ["-m"]
    done = subprocess.run(
        [sys.executable, *way, f"bench.{name}", *RUNS[name]],
        cwd=checkout, capture_output=True, text=True, check=False, env=around,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"bench.{name} of {checkout} failed:\n{done.stderr[-2000:]}")
    return done.stdout


def figures(printed: str) -> Iterator[tuple[str, str, int, float]]:
    """Each figure that is printed: the heading above it, the first cell of its line, which number
    of the others it is (from 1), and the number itself. Whole numbers at the start of a line
    belong to its name."""
    heading = ""
    for line in printed.splitlines():
        if line.startswith(("┌", "├", "└", "|---")):
            continue
        cells = [cell.strip() for cell in re.split(r"\s{2,}|[│|]|:\s", line) if cell.strip()]
        while len(cells) > 2 and re.fullmatch(r"[\d, ]+", cells[0]) and cells[1].isdigit():
            cells[:2] = [" ".join(cells[:2])]
        numbers = [number for cell in cells[1:] for number in _NUMBER.findall(cell)]
        if not numbers:
            heading = " | ".join(cells) or heading
        for place, number in enumerate(numbers, 1):
            yield heading, cells[0], place, float(number.replace(",", ""))


def compare(other: Path, name: str, rounds: int, compiled: Path) -> None:
    """Prints each figure of `bench.NAME` that both checkouts have, before and now."""
    ours: dict[tuple[str, str, int], list[float]] = defaultdict(list)
    theirs: dict[tuple[str, str, int], list[float]] = defaultdict(list)
    for _ in range(rounds):
        for checkout, found in ((other, theirs), (ROOT, ours)):
            for heading, line, place, number in figures(measure(checkout, name, compiled)):
                found[heading, line, place].append(number)
    print(f"\n{name:<62}{'before':>12}{'now':>12}{'ratio':>8}")
    shown = ""
    for heading, line, place in (figure for figure in ours if figure in theirs):
        if heading != shown:
            shown = heading
            print(heading)
        now = statistics.median(ours[heading, line, place])
        before = statistics.median(theirs[heading, line, place])
        ratio = f"{now / before:.2f}" if before else ""
        print(f"  {line[:54]:<55}{place:>4} {before:>12,.4g}{now:>12,.4g}{ratio:>8}", flush=True)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("other", type=Path, help="a checkout of another commit")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(RUNS))
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    unknown = set(given.names) - set(RUNS)
    if unknown or not (given.other / "bench").is_dir():
        what = ", ".join(unknown) if unknown else f"{given.other} is no checkout with benches"
        parser.error(f"{what}. Allowed: {', '.join(RUNS)}")
    print(f"{machine()}. {given.rounds} rounds, medians")
    with tempfile.TemporaryDirectory() as compiled:
        for name in given.names or RUNS:
            compare(given.other.resolve(), name, given.rounds, Path(compiled))


if __name__ == "__main__":
    main()
