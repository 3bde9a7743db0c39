"""Charts that print well in black and white: greys and hatches, with the numbers beside them.

A chart is made of panels; `png` draws them below and beside each other. matplotlib is slow to load
and is imported only when something is drawn, so draw in a thread.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

INK, PAPER, LINES = "#111111", "#FFFFFF", "#CCCCCC"
FILLS = (("#404040", ""), ("#B8B8B8", ""), ("#FFFFFF", "////"), ("#E6E6E6", "..."), ("#808080", ""))
"""Colour and hatch of each series: told apart in black and white, and by everybody."""
DARK = ("#404040", "#808080")
WIDTH, HEIGHT, DPI = 7.2, 3.4, 200
PHONE_WIDTH, PHONE_HEIGHT = 5.4, 4.2
"""Inches of a page and of a phone's screen."""
SMALL = 8.0
Series = Mapping[str, Sequence[Any]]


class Number(NamedTuple):
    """What is drawn, and what is written beside it ("<5" where a number is hidden)."""

    height: float
    text: str


class Panel(NamedTuple):
    """A part of a chart: its title, how it draws itself, and how high it is (inches)."""

    title: str
    draw: Callable[[Any], None]
    height: float = HEIGHT


def number(value: Any) -> Number:
    """A figure to draw: nothing for what there is not; a hidden one as a small stub."""
    if value is None:
        return Number(0, "–")
    if isinstance(value, str):
        return Number(2.5 if value == "<5" else 0, value)
    return Number(value, f"{value:g}")


def png(*rows: Sequence[Panel], width: float = WIDTH, height: float | None = None) -> bytes:
    """Rows of panels, from the top; those of a row stand beside each other."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    heights = [max(panel.height for panel in row) for row in rows]
    size = (width, height or sum(heights))
    figure = Figure(figsize=size, dpi=DPI, facecolor=PAPER, layout="constrained")
    FigureCanvasAgg(figure)
    parts = figure.subfigures(len(rows), 1, squeeze=False, height_ratios=heights)[:, 0]
    for part, row in zip(parts, rows, strict=True):
        for axes, panel in zip(part.subplots(1, len(row), squeeze=False)[0], row, strict=True):
            axes.set_title(panel.title, fontsize=11 - len(row) + 1, color=INK, loc="left", pad=8)
            axes.tick_params(labelsize=8.5, colors=INK, length=0)
            for side in ("top", "right", "left", "bottom"):
                axes.spines[side].set_visible(False)
            axes.set_axisbelow(True)
            panel.draw(axes)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", facecolor=PAPER, metadata={"Software": None})
    return picture.getvalue()


def stacked(title: str, labels: Sequence[str], series: Series) -> Panel:
    """Bars that stand on each other, a number in each part."""

    def draw(axes: Any) -> None:
        totals = [
            sum(number(values[n]).height for values in series.values()) for n in _each(labels)
        ]
        highest = max(totals, default=0)
        tops = [0.0] * len(labels)
        for turn, (name, values) in enumerate(series.items()):
            drawn = [number(value) for value in values]
            heights = [one.height for one in drawn]
            axes.bar(_each(labels), heights, bottom=tops, width=0.72, **_fill(turn, name))
            for place, one in enumerate(drawn):
                if one.height > highest / 16:
                    _inside(axes, place, tops[place] + one.height / 2, one.text, turn)
                tops[place] += one.height
        _upright(axes, labels, highest)
        _legend(axes, len(series))

    return Panel(title, draw)


def paired(title: str, labels: Sequence[str], series: Series) -> Panel:
    """Bars beside each other, the number over each."""

    def draw(axes: Any) -> None:
        for places, width, drawn, fill in _beside(labels, series):
            axes.bar(places, [one.height for one in drawn], width=width * 0.94, **fill)
            for place, one in zip(places, drawn, strict=True):
                _over(axes, (place, one.height), (0, 2), one.text, ha="center")
        _upright(axes, labels, _highest(series))
        _legend(axes, len(series))

    return Panel(title, draw)


def across(title: str, labels: Sequence[str], series: Series, shown: Series | None = None) -> Panel:
    """Lying bars, from the top; the number at the end of each, or what `shown` has instead."""

    def draw(axes: Any) -> None:
        for (places, width, drawn, fill), name in zip(_beside(labels, series), series, strict=True):
            axes.barh(places, [one.height for one in drawn], height=width * 0.92, **fill)
            texts = (shown or {}).get(name, [one.text for one in drawn])
            for place, one, text in zip(places, drawn, texts, strict=True):
                _over(axes, (one.height, place), (3, 0), text, va="center")
        axes.set_yticks(_each(labels), labels)
        axes.set_ylim(max(1, len(labels)) - 0.4, -0.6)
        axes.set_xlim(0, max(4, _highest(series)) * (1.3 if shown else 1.12))
        axes.set_xticks([])
        _legend(axes, len(series))

    return Panel(title, draw, min(3.9, max(1.4, 0.8 + 0.22 * len(labels) * max(1, len(series)))))


def one_bar(title: str, parts: Mapping[str, Any]) -> Panel:
    """A whole as one lying bar: each part with its number, and below it what it is."""

    def draw(axes: Any) -> None:
        whole = sum(number(value).height for value in parts.values()) or 1
        left = 0.0
        for turn, (name, value) in enumerate(parts.items()):
            one = number(value)
            axes.barh([0], [one.height], left=[left], height=0.8, **_fill(turn, ""))
            middle = left + one.height / 2
            left += one.height
            if one.height > whole / 40:
                _inside(axes, middle, 0, one.text, turn)
            if one.height > whole / 22:
                axes.text(middle, -0.5, name.replace(" to ", "\nto "), ha="center", va="top",
                          fontsize=7, color=INK)  # fmt: skip
        axes.set_xlim(0, whole)
        axes.set_ylim(-1.25, 0.45)
        axes.set_xticks([])
        axes.set_yticks([])

    return Panel(title, draw, 1.2)


def grid(
    title: str, rows: Sequence[str], columns: Sequence[str], values: Sequence[Sequence[int]]
) -> Panel:
    """Shaded fields with their numbers."""

    def draw(axes: Any) -> None:
        highest = max((x for row in values for x in row), default=0) or 1
        axes.imshow(values, cmap="Greys", vmin=0, vmax=highest * 1.6, aspect="auto")
        for y, row in enumerate(values):
            for x, value in enumerate(row):
                colour = PAPER if value > highest * 0.8 else INK
                axes.text(x, y, str(value), ha="center", va="center", fontsize=9, color=colour)
        axes.set_xticks(range(len(columns)), columns)
        axes.set_yticks(range(len(rows)), rows)
        axes.set_xticks([x - 0.5 for x in range(1, len(columns))], minor=True)
        axes.set_yticks([y - 0.5 for y in range(1, len(rows))], minor=True)
        axes.grid(which="minor", color=PAPER, linewidth=2)
        axes.tick_params(which="minor", length=0)

    return Panel(title, draw, 3.0)


def line(
    title: str, labels: Sequence[str], shares: Sequence[float | None], mark: tuple[float, str]
) -> Panel:
    """A percentage for each label, with a dashed line to compare. Where there is none the line is
    broken, so that nobody reads one there."""

    def draw(axes: Any) -> None:
        known = [(n, share) for n, share in enumerate(shares) if share is not None]
        all_of_them = [float("nan") if share is None else share for share in shares]
        axes.plot(range(len(shares)), all_of_them, color=INK, marker="o", markersize=4)
        for n, share in known:
            _over(axes, (n, share), (0, 5), f"{share:g}", ha="center")
        axes.axhline(mark[0], color=INK, linestyle="--", linewidth=0.9)
        axes.text(-0.45, mark[0] + 2, mark[1], fontsize=SMALL, color=INK)
        _upright(axes, labels, 100)
        axes.set_yticks([0, 25, 50, 75, 100])

    return Panel(title, draw, 2.3)


def dots(title: str, labels: Sequence[str], values: Sequence[Sequence[int]]) -> Panel:
    """A dot for each value, and the middle one as a bar with its number."""

    def draw(axes: Any) -> None:
        _upright(axes, labels, max((x for those in values for x in those), default=0))
        for n, those in enumerate(values):
            axes.plot([n] * len(those), those, "o", color="#808080", markersize=3.5, mfc="none")
            if those:
                ordered = sorted(those)
                middle = (ordered[(len(those) - 1) // 2] + ordered[len(those) // 2]) / 2
                axes.plot([n - 0.25, n + 0.25], [middle, middle], color=INK, linewidth=2.2)
                _over(axes, (n + 0.27, middle), (1, 0), f"{middle:g}", va="center")

    return Panel(title, draw, 2.3)


def text(words: str) -> Panel:
    """A line of words and numbers below a picture."""

    def draw(axes: Any) -> None:
        axes.set_xticks([])
        axes.set_yticks([])
        axes.text(0, 0.5, words, va="center", fontsize=9, color=INK, transform=axes.transAxes)

    return Panel("", draw, 0.3)


def weeks_by_level(weeks: Sequence[Mapping[str, Any]]) -> bytes:
    """Episodes begun per week by highest level, for a phone.

    weeks: oldest first, each with `from` (London date, or its ISO text) and `levels` (how many of
    level 1, 2 and 3).
    """
    return by_level(
        "Episodes a week, by highest level",
        [(_day(week["from"]), week["levels"]) for week in weeks],
    )


def by_level(title: str, bars: Sequence[tuple[str, Sequence[int]]]) -> bytes:
    """A bar for each label with its episodes of level 1, 2 and 3, for a phone."""
    series = {f"level {n + 1}": [levels[n] for _, levels in bars] for n in range(3)}
    panel = stacked(title, [label for label, _ in bars], series)
    return png([panel], width=PHONE_WIDTH, height=PHONE_HEIGHT)


def _day(value: date | str) -> str:
    day = value if isinstance(value, date) else date.fromisoformat(value)
    return f"{day.day} {day:%b}"


def _each(labels: Sequence[str]) -> range:
    return range(len(labels))


def _highest(series: Series) -> float:
    return max((number(x).height for values in series.values() for x in values), default=0)


def _fill(turn: int, name: str) -> dict[str, Any]:
    colour, hatch = FILLS[turn % len(FILLS)]
    look = {"color": colour, "hatch": hatch, "edgecolor": INK, "linewidth": 0.6}
    return look | {"label": name} if name else look


def _beside(
    labels: Sequence[str], series: Series
) -> list[tuple[list[float], float, list[Number], dict[str, Any]]]:
    """For each series: the places of its bars, their width, numbers and look."""
    width = 0.8 / max(1, len(series))
    return [
        (
            [n - 0.4 + width * (turn + 0.5) for n in _each(labels)],
            width,
            [number(value) for value in values],
            _fill(turn, name),
        )
        for turn, (name, values) in enumerate(series.items())
    ]


def _inside(axes: Any, x: float, y: float, text: str, turn: int) -> None:
    colour, hatch = FILLS[turn % len(FILLS)]
    box = {"facecolor": PAPER, "edgecolor": "none", "pad": 0.8} if hatch else None
    ink = PAPER if colour in DARK else INK
    axes.text(x, y, text, ha="center", va="center", fontsize=SMALL, color=ink, bbox=box)


def _over(
    axes: Any, place: tuple[float, float], away: tuple[int, int], text: str, **how: str
) -> None:
    axes.annotate(
        text, place, xytext=away, textcoords="offset points", fontsize=SMALL, color=INK, **how
    )


def _legend(axes: Any, columns: int) -> None:
    if columns < 2:
        return
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
    axes.set_title(axes.get_title(loc="left"), fontsize=11, color=INK, loc="left", pad=24)


def _upright(axes: Any, labels: Sequence[str], highest: float) -> None:
    from matplotlib.ticker import MaxNLocator

    crowded = len(labels) * max(map(len, labels), default=0) > axes.figure.bbox.width / DPI * 12.5
    axes.set_xticks(
        _each(labels),
        labels,
        rotation=35 if crowded else 0,
        ha="right" if crowded else "center",
    )
    axes.set_ylim(0, max(4, highest) * 1.15)
    axes.set_xlim(-0.6, max(1, len(labels)) - 0.4)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    axes.grid(axis="y", color=LINES, linewidth=0.6)
