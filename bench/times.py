"""Typed times beside plain dateparser: median, p95 and first call, in one run.

    python -m bench.times [--rounds N]

Every phrase of tests/data/times/dev.jsonl is read by both, in turn, so that a busy machine slows
both alike; quote the ratios. The first call is timed in a process of its own, import included.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from handlers.times import readings
from protocol.london import LONDON

ROOT = Path(__file__).parents[1]
PHRASES = ROOT / "tests" / "data" / "times" / "dev.jsonl"
FIRST_CALLS = 7

OURS_FIRST = """
from handlers.times import readings
readings(text, now)
"""
OURS_SPELT = """
from handlers.times import readings
readings("3-Nov-2026 22:15", now)
"""
PLAIN_FIRST = """
from bench.times import plain
plain(text, now)
"""
TIMED = """
import time
from datetime import datetime
from zoneinfo import ZoneInfo
now = datetime(2026, 11, 22, 14, 5, tzinfo=ZoneInfo("Europe/London"))
text = "yesterday 9pm"
start = time.perf_counter()
{body}
print(time.perf_counter() - start)
"""

Reader = Callable[[str, datetime], Any]


def plain(text: str, now: datetime) -> Any:
    """Plain dateparser with the settings one would give it for this job; None when unread."""
    import dateparser

    try:
        return dateparser.parse(
            text,
            languages=["en"],
            settings={
                "PREFER_DATES_FROM": "past",
                "DATE_ORDER": "DMY",
                "TIMEZONE": "Europe/London",
                "RETURN_AS_TIMEZONE_AWARE": True,
                "RELATIVE_BASE": now.replace(tzinfo=None),
            },
        )
    except Exception:  # it raises at clock changes; the time it took still counts
        return None


def phrases() -> list[tuple[str, datetime]]:
    """Each worked phrase with its moment of asking."""
    items = [json.loads(line) for line in PHRASES.read_text(encoding="utf-8").splitlines() if line]
    return [(i["text"], datetime.fromisoformat(i["now"]).astimezone(LONDON)) for i in items]


def timed(reader: Reader, text: str, now: datetime) -> tuple[float, float]:
    """Milliseconds of one reading: on the clock, and of processor time."""
    start, busy = time.perf_counter(), time.thread_time()
    reader(text, now)
    return (time.perf_counter() - start) * 1000, (time.thread_time() - busy) * 1000


def first(body: str) -> float:
    """Median milliseconds of import and first reading in a fresh process."""
    runs = []
    for _ in range(FIRST_CALLS):
        done = subprocess.run(
            [sys.executable, "-c", TIMED.format(body=body)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        runs.append(float(done.stdout) * 1000)
    return statistics.median(runs)


def spread(times: list[float]) -> tuple[float, float, float]:
    """Median, 95th percentile and maximum."""
    ordered = sorted(times)
    return statistics.median(ordered), ordered[int(0.95 * len(ordered))], ordered[-1]


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Typed times beside plain dateparser.")
    parser.add_argument("--rounds", type=int, default=3, help="times every phrase is read")
    rounds = parser.parse_args().rounds
    asked = phrases()
    readings(*asked[0])
    plain(*asked[0])
    ours: list[tuple[float, float]] = []
    theirs: list[tuple[float, float]] = []
    for _ in range(rounds):
        for text, now in asked:
            ours.append(timed(readings, text, now))
            theirs.append(timed(plain, text, now))
    rows: list[tuple[str, float, float]] = []
    for column, kind in enumerate(("", ", processor")):
        names = [f"{name}{kind}" for name in ("median", "p95", "max")]
        one = spread([pair[column] for pair in ours])
        two = spread([pair[column] for pair in theirs])
        rows.extend(zip(names, one, two, strict=True))
    rows.append(("import + first call", first(OURS_FIRST), first(PLAIN_FIRST)))
    print(f"{len(asked)} phrases, {rounds} rounds, milliseconds\n")
    print(f"{'':<22}{'handlers.times':>15}{'dateparser':>13}{'ratio':>9}")
    for name, mine, other in rows:
        print(f"{name:<22}{mine:>15.3f}{other:>13.3f}{other / mine:>8.1f}x")
    print(f"{'first spelt-out date':<22}{first(OURS_SPELT):>15.3f}  (loads dateparser)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
