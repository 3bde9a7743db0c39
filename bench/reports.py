"""Reports over 100,000 rows: how long each takes, and how much memory.

`python -m bench.reports [--rows N]`. Each report runs in a process of its own, from the file to the
answer. Seconds are of the processor, so that what else the machine does counts for little; wall
seconds stand beside them, and come near them when the machine is quiet.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

from bench.table import machine
from reports.cases import cases
from reports.catalogue import REPORTS
from reports.periods import Period
from reports.request import Request
from reports.row_files import open_rows, read
from reports.rows import encode

PERIOD = ("2025-01-01", "2025-12-31")
AUTHORITY = "E10000099"
LIMIT_SECONDS, LIMIT_MB = 2.0, 300


def write(file: Path, number: int) -> None:
    """Random rows of nine services."""
    sample = import_module("tests.reports.randomrows").rows(
        7, number=min(number, 4000), services=9, children=200
    )
    with file.open("wb") as out:
        for n in range(number):
            row = sample[n % len(sample)]
            row.episode = f"{n:016x}"
            row.child = f"{n // 4000:08x}{row.child[8:]}"
            out.write(encode(row) + b"\n")


def one(name: str, file: str) -> dict[str, float]:
    """Run in a process of its own: seconds to read, for the figures (selection, figures, JSON), by
    the clock on the wall for both, and the most memory (MB)."""
    from datetime import date

    began, started = time.perf_counter(), time.process_time()
    rows = read([(file, open_rows(file))])
    took_reading = time.process_time() - started
    started = time.process_time()
    asked = Request(cases(rows.used), Period(*map(date.fromisoformat, PERIOD)), AUTHORITY)
    json.dumps(REPORTS[name].figures(asked))
    took = time.process_time() - started
    wall = time.perf_counter() - began
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"reading": took_reading, "figures": took, "wall": wall, "memory": most}


def main() -> None:
    """Print a table; exit status 1 if a report is over its limits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--one", nargs=2, metavar=("NAME", "FILE"))
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(one(*arguments.one)))
        return
    over = False
    print(f"### Reports over {arguments.rows} rows\n\n{machine()}\n")
    print("| report | reading s | figures s | both s | wall s | memory MB |")
    print("|---|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.jsonl"
        write(file, arguments.rows)
        for name in REPORTS:
            done = subprocess.run(
                [sys.executable, "-m", "bench.reports", "--one", name, str(file)],
                capture_output=True,
                check=True,
            )
            found = json.loads(done.stdout)
            both = found["reading"] + found["figures"]
            over |= both > LIMIT_SECONDS or found["memory"] > LIMIT_MB
            print(
                f"| {name} | {found['reading']:.2f} | {found['figures']:.2f} |"
                f" {both:.2f} | {found['wall']:.2f} | {found['memory']:.0f} |",
                flush=True,
            )
    sys.exit(1 if over else 0)


if __name__ == "__main__":
    main()
