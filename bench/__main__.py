"""All measurements, on the screen and in docs/BENCHMARKS.md: `make bench`.

    python -m bench [--quick] [NAME …]

Names: bot times protocol storage postgres reminders reports pages export.
--quick shortens the long ones.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from bench.table import machine

PAGE = Path(__file__).resolve().parent.parent / "docs" / "BENCHMARKS.md"
RUNS: dict[str, tuple[str, list[str], list[str]]] = {
    "bot": ("The bot: answers, start, memory", [], ["--rounds", "15"]),
    "times": ("Typed times", [], []),
    "protocol": ("The protocol's evaluator", [], []),
    "storage": ("The book", [], ["--closed", "0", "2500", "--open", "50"]),
    "postgres": ("The records in PostgreSQL", [], ["--commits", "100"]),
    "reminders": ("Reminders", [], ["--quick"]),
    "reports": ("Reports", [], ["--rows", "20000"]),
    "pages": (
        "The service's own pages",
        [],
        ["--rounds", "20", "--answers", "10"],
    ),
    "export": ("Episode rows out of the records", [], ["--closed", "2500"]),
}
"""What is measured; arguments of the whole and of the quick run."""


def run(name: str, quick: bool) -> str:
    """Runs one measurement as a process of its own; what it printed."""
    _, whole, short = RUNS[name]
    command = [sys.executable, "-m", f"bench.{name}", *(short if quick else whole)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "110"}
    )
    if done.returncode:
        return f"failed with status {done.returncode}:\n{done.stderr[-2000:]}"
    return done.stdout.rstrip()


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*RUNS, []], help="which; all by default")
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    names = given.names or list(RUNS)
    parts = [
        "# Measurements\n",
        "Made by `make bench` (`python -m bench`), each beside the obvious alternative in the same "
        "run. Quote ratios: absolute times belong to the machine.\n",
        f"Machine: {machine()}. {datetime.now(UTC):%d %B %Y}"
        f"{' (shortened run)' if given.quick else ''}.\n",
    ]
    for name in names:
        print(f"… {name}", file=sys.stderr)
        text = run(name, given.quick)
        print(f"{text}\n")
        parts.append(f"## {RUNS[name][0]}\n\n`python -m bench.{name}`\n\n```text\n{text}\n```\n")
    if not given.names:
        PAGE.write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
