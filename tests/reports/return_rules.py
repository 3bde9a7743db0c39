"""The rules of the DfE validation that need the file `Missing` alone: our own checks of them, and
the sector's validator, which runs in an environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import pytest

Row = Mapping[str, str]


def day(written: str) -> date | None:
    """A date of the file; None if it is none (1004, 1005)."""
    try:
        return datetime.strptime(written, "%d/%m/%Y").date()  # noqa: DTZ007  (a date, no time)
    except ValueError:
        return None


def broken(rows: Sequence[Row], first: date, last: date) -> Iterator[str]:
    """The rules that a file of the year from `first` to `last` breaks: "number: child".

    564 type without a start, 565 start without a type, 566 end without both, 567 ends before it
    starts, 570 starts after the year, 571 ends outside of the year, 574 overlaps another, 586
    before the birth, 1004 and 1005 no date, 1006 no type.
    """
    for row in rows:
        kind, started, ended = row["MISSING"], row["MIS_START"], row["MIS_END"]
        start, end, born = day(started), day(ended), day(row["DOB"])
        found = {
            "564": kind and not started,
            "565": started and not kind,
            "566": ended and not (kind and started),
            "567": start and end and end < start,
            "570": start and start > last,
            "571": end and not first <= end <= last,
            "574": any(_overlap(row, other) for other in rows if other is not row),
            "586": born and ((start and start < born) or (end and end < born)),
            "1004": started and start is None,
            "1005": ended and end is None,
            "1006": kind not in ("", "M", "A"),
        }
        for rule, breaks in found.items():
            if breaks:
                yield f"{rule}: {row['CHILD']} {started}"


def _overlap(row: Row, other: Row) -> bool:
    """Whether a day of one lies within the other; one may begin on the day the other ends."""
    one, two = _stretch(row), _stretch(other)
    if row["CHILD"] != other["CHILD"] or one is None or two is None:
        return False
    return max(one[0], two[0]) < min(one[1], two[1])


def _stretch(row: Row) -> tuple[date, date] | None:
    start = day(row["MIS_START"])
    return start and (start, day(row["MIS_END"]) or date.max)


ROOT = Path(__file__).parents[2]
VALIDATOR = ROOT / ".venv-validator" / "bin" / "python"


def validated(year: int, this: Path, *previous: Path) -> dict[str, int]:
    """How many rows of the file of the collection that ends in `year` each rule names."""
    if not VALIDATOR.exists():
        assert "CI" not in os.environ or sys.version_info[:2] != (3, 11), "make unit installs it"
        pytest.skip("make .venv-validator/.installed")
    done = subprocess.run(
        [VALIDATOR, ROOT / "tests" / "reports" / "run_validator.py", str(year), this, *previous],
        capture_output=True,
        text=True,
        check=False,
    )
    *named, total = [line for line in done.stdout.splitlines() if line != "{}"]
    ran = 11 + bool(previous)  # 576 compares two years
    assert f" {ran} rules, 0 could not run" in total, done.stdout + done.stderr
    return {rule.split()[1].strip(":"): int(rule.split()[2]) for rule in named}
