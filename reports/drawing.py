"""Charts that print well in black and white: greys and hatches, with the numbers beside them.

matplotlib is slow to load and is imported only when something is drawn.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

INK, PAPER, LINES = "#111111", "#FFFFFF", "#CCCCCC"
FILLS = (("#404040", ""), ("#B8B8B8", ""), ("#FFFFFF", "////"), ("#E6E6E6", "..."), ("#808080", ""))
"""Colour and hatch of each series: told apart in black and white, and by everybody."""
WIDTH, HEIGHT, DPI = 7.2, 3.4, 200


class Number(NamedTuple):
    """What is drawn, and what is written beside it ("<5" where a number is hidden)."""

    height: float
    text: str


def number(value: Any) -> Number:
    """A figure to draw: nothing for what there is not; a hidden one as a small stub."""
    if value is None:
        return Number(0, "–")
    if isinstance(value, str):
        return Number(2.5 if value == "<5" else 0, value)
    return Number(value, f"{value:g}")


def _axes(title: str, height: float = HEIGHT) -> tuple[Any, Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), dpi=DPI, facecolor=PAPER, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_title(title, fontsize=11, color=INK, loc="left", pad=24)
    axes.tick_params(labelsize=8.5, colors=INK, length=0)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.set_axisbelow(True)
    return figure, axes


def _png(figure: Any) -> bytes:
    picture = io.BytesIO()
    figure.savefig(picture, format="png", facecolor=PAPER, metadata={"Software": None})
    return picture.getvalue()


def _legend(axes: Any, columns: int) -> None:
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(-0.01, 1.0),
        ncols=columns,
        frameon=False,
        fontsize=8.5,
        handlelength=1.4,
        columnspacing=1.4,
        borderpad=0.1,
    )


def stacked(
    title: str, labels: Sequence[str], series: Mapping[str, Sequence[Any]], below: str = ""
) -> bytes:
    """Bars that stand on each other, a number in each part."""
    figure, axes = _axes(title)
    tops = [0.0] * len(labels)
    highest = max(
        (sum(number(values[n]).height for values in series.values()) for n in range(len(labels))),
        default=0,
    )
    for (name, values), (colour, hatch) in zip(series.items(), FILLS, strict=False):
        drawn = [number(value) for value in values]
        axes.bar(
            range(len(labels)),
            [x.height for x in drawn],
            bottom=tops,
            width=0.72,
            color=colour,
            hatch=hatch,
            edgecolor=INK,
            linewidth=0.6,
            label=name,
        )
        for place, one in enumerate(drawn):
            if one.height > highest / 14:
                axes.text(
                    place,
                    tops[place] + one.height / 2,
                    one.text,
                    ha="center",
                    va="center",
                    fontsize=8,
                    color=PAPER if colour in ("#404040", "#808080") else INK,
                    bbox=None
                    if not hatch
                    else {"facecolor": PAPER, "edgecolor": "none", "pad": 0.8},
                )
            tops[place] += one.height
    _upright(axes, labels, highest, below)
    _legend(axes, len(series))
    return _png(figure)


def paired(
    title: str, labels: Sequence[str], series: Mapping[str, Sequence[Any]], below: str = ""
) -> bytes:
    """Bars beside each other, the number over each."""
    figure, axes = _axes(title)
    width = 0.8 / max(1, len(series))
    highest = 0.0
    for turn, (name, values) in enumerate(series.items()):
        drawn = [number(value) for value in values]
        colour, hatch = FILLS[turn % len(FILLS)]
        places = [n - 0.4 + width * (turn + 0.5) for n in range(len(labels))]
        axes.bar(
            places,
            [x.height for x in drawn],
            width=width * 0.94,
            color=colour,
            hatch=hatch,
            edgecolor=INK,
            linewidth=0.6,
            label=name,
        )
        for place, one in zip(places, drawn, strict=True):
            axes.annotate(
                one.text,
                (place, one.height),
                xytext=(0, 2),
                textcoords="offset points",
                ha="center",
                fontsize=8,
                color=INK,
            )
            highest = max(highest, one.height)
    _upright(axes, labels, highest, below)
    if len(series) > 1:
        _legend(axes, len(series))
    return _png(figure)


def _upright(axes: Any, labels: Sequence[str], highest: float, below: str) -> None:
    from matplotlib.ticker import MaxNLocator

    crowded = len(labels) * max(map(len, labels), default=0) > 90
    axes.set_xticks(
        range(len(labels)),
        labels,
        rotation=35 if crowded else 0,
        ha="right" if crowded else "center",
    )
    axes.set_ylim(0, max(4, highest) * 1.15)
    axes.set_xlim(-0.6, max(1, len(labels)) - 0.4)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    axes.grid(axis="y", color=LINES, linewidth=0.6)
    if below:
        axes.set_xlabel(below, fontsize=8.5, color=INK)


def across(title: str, labels: Sequence[str], series: Mapping[str, Sequence[Any]]) -> bytes:
    """Lying bars, from the top; the number at the end of each."""
    figure, axes = _axes(title, min(3.9, max(1.8, 0.9 + 0.24 * len(labels) * max(1, len(series)))))
    height = 0.8 / max(1, len(series))
    highest = 0.0
    for turn, (name, values) in enumerate(series.items()):
        drawn = [number(value) for value in values]
        colour, hatch = FILLS[turn % len(FILLS)]
        places = [n - 0.4 + height * (turn + 0.5) for n in range(len(labels))]
        axes.barh(
            places,
            [x.height for x in drawn],
            height=height * 0.92,
            color=colour,
            hatch=hatch,
            edgecolor=INK,
            linewidth=0.6,
            label=name,
        )
        for place, one in zip(places, drawn, strict=True):
            axes.annotate(
                one.text,
                (one.height, place),
                xytext=(3, 0),
                textcoords="offset points",
                va="center",
                fontsize=8,
                color=INK,
            )
            highest = max(highest, one.height)
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(max(1, len(labels)) - 0.4, -0.6)
    axes.set_xlim(0, max(4, highest) * 1.12)
    axes.set_xticks([])
    if len(series) > 1:
        _legend(axes, len(series))
    return _png(figure)


def grid(
    title: str, rows: Sequence[str], columns: Sequence[str], values: Sequence[Sequence[int]]
) -> bytes:
    """Shaded fields with their numbers."""
    figure, axes = _axes(title, 3.0)
    highest = max((x for row in values for x in row), default=0) or 1
    axes.imshow(values, cmap="Greys", vmin=0, vmax=highest * 1.6, aspect="auto")
    for y, row in enumerate(values):
        for x, value in enumerate(row):
            axes.text(
                x,
                y,
                str(value),
                ha="center",
                va="center",
                fontsize=9,
                color=PAPER if value > highest * 0.8 else INK,
            )
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xticks([x - 0.5 for x in range(1, len(columns))], minor=True)
    axes.set_yticks([y - 0.5 for y in range(1, len(rows))], minor=True)
    axes.grid(which="minor", color=PAPER, linewidth=2)
    axes.tick_params(which="minor", length=0)
    return _png(figure)


def line_and_dots(
    title: str,
    labels: Sequence[str],
    shares: Sequence[float | None],
    mark: tuple[float, str],
    dots: Sequence[Sequence[int]],
) -> bytes:
    """Above, a share a month with a dashed line to compare; below, a dot for each time to tell."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, 4.6), dpi=DPI, facecolor=PAPER, layout="constrained")
    FigureCanvasAgg(figure)
    upper, lower = figure.subplots(2, 1, sharex=True)
    for axes in (upper, lower):
        axes.tick_params(labelsize=8.5, colors=INK, length=0)
        axes.grid(axis="y", color=LINES, linewidth=0.6)
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
    upper.set_title(title, fontsize=11, loc="left", color=INK)
    places = range(len(labels))
    known = [(n, share) for n, share in zip(places, shares, strict=True) if share is not None]
    upper.plot([n for n, _ in known], [y for _, y in known], color=INK, marker="o", markersize=4)
    for n, share in known:
        upper.annotate(
            f"{share:g}",
            (n, share),
            xytext=(0, 5),
            textcoords="offset points",
            ha="center",
            fontsize=8,
        )
    upper.axhline(mark[0], color=INK, linestyle="--", linewidth=0.9)
    upper.text(-0.45, mark[0] + 2, mark[1], fontsize=8, color=INK)
    upper.set_ylim(0, 115)
    upper.set_yticks([0, 25, 50, 75, 100])
    upper.set_ylabel("%", fontsize=8.5)
    lower.set_title("Minutes to tell the authority, median as a bar", fontsize=11, loc="left")
    for n, minutes in enumerate(dots):
        lower.plot([n] * len(minutes), minutes, "o", color="#808080", markersize=3.5, mfc="none")
        if minutes:
            middle = sorted(minutes)[len(minutes) // 2]
            lower.plot([n - 0.25, n + 0.25], [middle, middle], color=INK, linewidth=2.2)
    lower.set_ylim(bottom=0)
    lower.set_xticks(places, labels)
    lower.set_xlim(-0.6, max(1, len(labels)) - 0.4)
    return _png(figure)
