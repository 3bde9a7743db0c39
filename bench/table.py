"""Figures in a table, with the machine named."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec


class Row(msgspec.Struct, frozen=True):
    """One line of a table: what, and how much."""

    what: str
    figures: dict[str, float]


def machine() -> str:
    """Processor, cores, Python: without them a figure means nothing."""
    model = platform.processor() or platform.machine()
    try:
        for line in (
            Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
        ):
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    except OSError:
        pass
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, {sys.platform}"


def show(title: str, rows: Sequence[Row], *, ratio: bool = True) -> None:
    """Prints a Markdown table; the last row is the alternative that the ratio is taken to."""
    names = list(rows[0].figures)
    print(f"### {title}\n")
    print("| | " + " | ".join(names) + " |")
    print("|---|" + "---:|" * len(names))
    for row in rows:
        print(f"| {row.what} | " + " | ".join(_number(row.figures.get(n)) for n in names) + " |")
    if ratio and len(rows) > 1:
        first, last = rows[0], rows[-1]
        ratios = [
            _number(first.figures[n] / last.figures[n]) if last.figures.get(n) else ""
            for n in names
        ]
        print("| *ratio* | " + " | ".join(ratios) + " |")
    print()


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
