"""Pictures for a phone. matplotlib is slow to load and is imported only when one is drawn."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

COLOURS = ("#56B4E9", "#E69F00", "#A61C3C")
"""Level 1, 2, 3: told apart with any colour vision, and by lightness in black and white."""
WIDTH, HEIGHT, DPI = 5.4, 4.2, 200
INK, PAPER, LINES = "#222222", "#FFFFFF", "#DDDDDD"


def weeks_by_level(weeks: Sequence[Mapping[str, Any]]) -> bytes:
    """Episodes begun per week as stacked bars by peak level; a PNG of 1080 x 840 pixels.

    weeks: oldest first, each with `from` (London date, or its ISO text) and `levels` (how many of
    level 1, 2 and 3). Pure apart from loading matplotlib; slow, so call it in a thread.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI, facecolor=PAPER, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    places = range(len(weeks))
    totals = [0] * len(weeks)
    for level, colour in enumerate(COLOURS):
        counts = [int(week["levels"][level]) for week in weeks]
        axes.bar(
            places,
            counts,
            bottom=totals,
            width=0.78,
            color=colour,
            edgecolor=PAPER,
            linewidth=0.8,
            label=f"Level {level + 1}",
        )
        totals = [sum(pair) for pair in zip(totals, counts, strict=True)]
    for place, total in zip(places, totals, strict=True):
        if total:
            axes.annotate(
                str(total),
                (place, total),
                xytext=(0, 3),
                textcoords="offset points",
                ha="center",
                fontsize=11,
                color=INK,
            )
    axes.set_title("Episodes a week, by highest level", fontsize=14, color=INK, loc="left", pad=30)
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(-0.02, 1.0),
        ncols=3,
        frameon=False,
        fontsize=12,
        handlelength=1.0,
        columnspacing=1.4,
        borderpad=0.2,
    )
    # Every label from the newest week backwards, so that the newest always has one.
    step = 2 if len(weeks) > 6 else 1
    shown = [place for place in places if (len(weeks) - 1 - place) % step == 0]
    axes.set_xticks(shown, [_day(weeks[place]["from"]) for place in shown], fontsize=11)
    axes.set_xlabel("week from", fontsize=11, color=INK)
    axes.set_ylim(0, max(4, *totals, 0) * 1.15)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    axes.tick_params(axis="y", labelsize=11, colors=INK, length=0)
    axes.tick_params(axis="x", colors=INK, length=0)
    axes.grid(axis="y", color=LINES, linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(LINES)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", facecolor=PAPER, metadata={"Software": None})
    return picture.getvalue()


def _day(value: date | str) -> str:
    day = value if isinstance(value, date) else date.fromisoformat(value)
    return f"{day.day} {day:%b}"
