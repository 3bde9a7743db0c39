"""Which picture goes with which report, made from its figures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, TypeAlias

from protocol.london import LONDON
from reports import drawing
from reports.drawing import Panel
from reports.figures.sources import HOURS, WEEKDAYS
from reports.interviews import interviews, waits
from reports.measures import UNKNOWN, by, looked_after, of
from reports.periods import months, quarters, window
from reports.result import Result
from reports.rows import Category
from reports.tables import WINDOWS, words

NATIONAL_WITHIN_72H = 63.0
"""Missing People 2023-24: of the interviews held in England, the share within 72 hours."""


MOST_HOMES, MOST_LINES = 12, 14
"""Bars that find room; how many there are stands beside them."""
Rows: TypeAlias = list[list[Panel]]


def picture(result: Result) -> bytes | None:
    """A PNG, or None for a report that has no picture."""
    draw = PICTURES.get(result.report.name)
    return drawing.png(*draw(result)) if draw else None


def _month(name: str) -> str:
    return f"{date.fromisoformat(f'{name}-01'):%b %y}"


def _columns(entries: dict[str, Any], column: str = "episodes") -> tuple[list[str], list[Any]]:
    return [words(name) for name in entries], [entry[column] for entry in entries.values()]


def _repeats(result: Result) -> Rows:
    categories: tuple[Category, ...] = ("missing", "unauthorised_absence")
    if result.suppressed:
        figures = result.figures
        bars = drawing.paired(
            "Episodes by category",
            list(WINDOWS.values()),
            {words(name): [figures[k][name]["episodes"] for k in WINDOWS] for name in categories},
        )
    else:
        year = window(result.request.period.last, 12)
        parts = [(x, result.request.cases.within(x.period)) for x in months(year)]
        bars = drawing.stacked(
            "Episodes a month, last 12 months, by category",
            [_month(part.name) for part, _ in parts],
            {words(name): [len(of(inside, name)) for _, inside in parts] for name in categories},
        )
    often = [
        f"{name}: {drawing.number(result.figures[k]['children_3_or_more']).text}"
        for k, name in WINDOWS.items()
    ]
    return [
        [bars],
        [drawing.text(f"Children with 3 or more episodes in the last {', '.join(often)}")],
    ]


def _missing_from_care(result: Result) -> Rows:
    cells = result.figures["placements"]
    names = list(dict.fromkeys(cell["placement"] for cell in cells))

    def total(name: str, area: str) -> Any:
        found = [x["episodes"] for x in cells if x["placement"] == name and x["area"] == area]
        return "*" if any(isinstance(x, str) for x in found) else sum(found)

    return [
        [
            drawing.across(
                "Episodes by placement, in and out of the authority's area",
                [words(name) for name in names],
                {
                    words(area): [total(name, area) for name in names]
                    for area in ("in", "out", UNKNOWN)
                    if area != UNKNOWN or any(cell["area"] == UNKNOWN for cell in cells)
                },
            )
        ]
    ]


def _ni71(result: Result) -> Rows:
    age = result.figures["age_band"]
    labels, values = _columns(age, "children")
    if result.suppressed:
        bars = drawing.paired("Children by age", labels, {"children": values})
    else:
        selected = result.request.selected
        under: dict[str, list[int]] = {}
        for name, wanted in (("care", True), ("home", False), ("not known", UNKNOWN)):
            bands = [case.row.age_band for case in selected if case.row.looked_after == wanted]
            under[name] = [sum(band == x for x in bands) for band in age]
        bars = drawing.stacked("Episodes by age and where they live", labels, under)
    homes = result.figures["homes"]
    shown = homes[:MOST_HOMES]
    if not shown:
        return [[bars]]
    more = f" (first {len(shown)} of {len(homes)})" if len(homes) > len(shown) else ""
    missing = [entry["missing"] for entry in shown]
    marked = [
        f"{drawing.number(entry['missing']).text}{'  high' if entry['high'] is True else ''}"
        for entry in shown
    ]
    side = drawing.across(
        f"Children's homes: missing episodes{more}",
        [f"{entry['service']} {entry['home']}" for entry in shown],
        {"missing": missing},
        {"missing": marked},
    )
    return [[bars], [side]]


def _care_monitoring(result: Result) -> Rows:
    figures = result.figures
    lengths = {words(k): v for k, v in figures["lengths"].items() if not isinstance(v, dict)}
    return [
        [drawing.one_bar("How long: episodes by length", lengths)],
        [
            drawing.across(title, labels, {"episodes": values})
            for title, (labels, values) in (
                ("Found by: episodes", _columns(figures["found_by"])),
                ("Returned to: episodes", _columns(figures["returned_to"])),
            )
        ],
    ]


def _sources(result: Result) -> Rows:
    if result.suppressed:
        labels, values = _columns(result.figures["weekday"])
        return [[drawing.paired("Episodes by weekday", labels, {"episodes": values})]]
    values = [[0] * len(HOURS) for _ in WEEKDAYS]
    for case in result.request.selected:
        if case.row.precision == "minute":
            values[case.day.weekday()][case.row.start.astimezone(LONDON).hour // 4] += 1
    return [
        [
            drawing.grid(
                "Episodes by weekday and hour of the start",
                list(map(str.capitalize, WEEKDAYS)),
                HOURS,
                values,
            )
        ]
    ]


def _monthly(result: Result) -> Rows:
    entries = result.figures["months"]
    tiers = {
        words(tier): [entry["tiers"][tier] for entry in entries]
        for tier in ("1-2", "3-4", "5-8", "9+", UNKNOWN)
    }
    labels = [_month(entry["month"]) for entry in entries]
    return [[drawing.stacked("Children a month by episodes in 90 days", labels, tiers)]]


def _interview_table(result: Result) -> Rows:
    quarters_of = result.figures["quarters"]
    labels = [entry["quarter"] for entry in quarters_of]
    if result.suppressed:
        title = "Missing incidents and interviews a quarter"
        names = ("incidents", "individuals", "interviews", "individuals_seen")
        bars = {words(name): [entry[name] for entry in quarters_of] for name in names}
    else:
        title = "Return interviews a quarter, by episodes: due, offered, held, held within 72 hours"
        found = [
            interviews(result.request.selected.within(part.period))
            for part in quarters(result.request.period)
        ]
        bars = {
            "due": [x["due"]["episodes"] for x in found],
            "offered": [x["offered"]["n"] for x in found],
            "held": [x["held"]["n"] for x in found],
            "within 72 hours": [x["within_72h_of_held"]["n"] for x in found],
        }
    return [[drawing.paired(title, labels, bars)]]


def _sorted_across(title: str, entries: dict[str, Any]) -> Rows:
    ordered = sorted(entries.items(), key=lambda x: -drawing.number(x[1]["episodes"]).height)
    shown = ordered[:MOST_LINES]
    if len(ordered) > len(shown):
        title = f"{title} (first {len(shown)} of {len(ordered)})"
    labels = [words(name) for name, _ in shown]
    return [[drawing.across(title, labels, {"episodes": [x["episodes"] for _, x in shown]})]]


def _demographics(result: Result) -> Rows:
    return _sorted_across("Episodes by group", result.figures["groups"])


def _hub(result: Result) -> Rows:
    return _sorted_across("Episodes by host authority", result.figures["authorities"])


def _now_and_before(result: Result, names: dict[str, Callable[[dict[str, Any]], Any]]) -> Rows:
    now, then = result.figures["now"], result.figures["before"]
    bars = {
        "before": [value(then) for value in names.values()],
        "now": [value(now) for value in names.values()],
    }
    return [[drawing.paired("This period and the one before", list(names), bars)]]


def _headlines(result: Result) -> Rows:
    return _now_and_before(
        result,
        {
            "episodes": lambda x: x["all"]["episodes"],
            "missing": lambda x: x["missing"]["episodes"],
            "children": lambda x: x["all"]["children"],
            "children missing": lambda x: x["missing"]["children"],
            "out of county": lambda x: x["out_of_county"]["episodes"],
        },
    )


def _lead_member(result: Result) -> Rows:
    return _now_and_before(
        result,
        {
            "episodes": lambda x: x["all"]["episodes"],
            "missing": lambda x: x["missing"]["episodes"],
            "over 24 hours": lambda x: x["over_24h"]["episodes"],
            "children": lambda x: x["all"]["children"],
            "in care": lambda x: x["living"]["care"]["children"],
            "3 or more": lambda x: x["children_3_or_more"],
        },
    )


def _appg9(result: Result) -> Rows:
    entries = result.figures["out_of_area"]["distance"]
    labels, values = _columns(entries, "children")
    drawn: dict[str, list[Any]] = {"away at all": values}
    if not result.suppressed:
        out = result.request.selected.where(
            lambda row: (
                row.looked_after is True
                and row.responsible == result.request.authority
                and row.area == "out"
                and row.category == "missing"
            )
        )
        missing = by(out, "distance")
        drawn["missing"] = [missing[name]["children"] for name in entries]
    placed = (result.request.context or {}).get("by_distance")
    if placed:
        drawn = {"placed": [placed.get(name, 0) for name in entries]} | drawn
    return [[drawing.paired("Children placed out of area, by miles from home", labels, drawn)]]


def _timeliness(result: Result) -> Rows:
    entries = result.figures["months"]
    labels = [_month(entry["month"]) for entry in entries]
    share = drawing.line(
        "Interviews held within 72 hours, % of those held",
        labels,
        [entry["within_72h_of_held"]["pct"] for entry in entries],
        (NATIONAL_WITHIN_72H, "England 63 % (Missing People 2023-24)"),
    )
    if result.suppressed:
        return [[share]]
    minutes = [
        [
            time // timedelta(minutes=1)
            for time in waits(
                looked_after(of(result.request.selected.within(part.period), "missing")),
                lambda row: row.authority_told,
            )
        ]
        for part in months(result.request.period)
    ]
    told = drawing.dots("Minutes to tell the authority, median as a bar", labels, minutes)
    return [[share], [told]]


def _home_summary(result: Result) -> Rows:
    entries = result.figures["homes"]
    shown = entries[:MOST_HOMES]
    more = f" (first {len(shown)} of {len(entries)})" if len(entries) > len(shown) else ""
    bars = {name: [entry["all"][name] for entry in shown] for name in ("episodes", "children")}
    labels = [f"{entry['service']} {entry['home']}" for entry in shown]
    return [[drawing.across(f"Times away and children, by home{more}", labels, bars)]]


PICTURES: dict[str, Callable[[Result], Rows]] = {
    "repeats": _repeats,
    "missing_from_care": _missing_from_care,
    "ni71": _ni71,
    "care_monitoring": _care_monitoring,
    "sources": _sources,
    "monthly": _monthly,
    "interview_table": _interview_table,
    "demographics": _demographics,
    "hub": _hub,
    "headlines": _headlines,
    "lead_member": _lead_member,
    "appg9": _appg9,
    "timeliness": _timeliness,
    "home_summary": _home_summary,
}
