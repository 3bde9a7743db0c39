"""Which picture goes with which report, made from its figures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from protocol.london import LONDON
from reports import drawing
from reports.figures.sources import HOURS, WEEKDAYS
from reports.interviews import waits
from reports.measures import looked_after, of
from reports.periods import months, window
from reports.result import Result
from reports.tables import words

NATIONAL_WITHIN_72H = 63.0
"""Missing People 2023-24: of the interviews held in England, the share within 72 hours."""


def picture(result: Result) -> bytes | None:
    """A PNG, or None for a report that has no picture or nothing to draw."""
    draw = PICTURES.get(result.report.name)
    return draw(result) if draw else None


def _month(name: str) -> str:
    return f"{date.fromisoformat(f'{name}-01'):%b %y}"


def _columns(entries: dict[str, Any], column: str = "episodes") -> tuple[list[str], list[Any]]:
    return [words(name) for name in entries], [entry[column] for entry in entries.values()]


def _repeats(result: Result) -> bytes | None:
    if result.suppressed:
        figures = result.figures
        labels = ["1 month", "3 months", "6 months", "12 months"]
        return drawing.paired(
            "Episodes by category",
            labels,
            {
                words(name): [figures[k][name]["episodes"] for k in ("1", "3", "6", "12")]
                for name in ("missing", "unauthorised_absence")
            },
        )
    year = window(result.request.period.last, 12)
    parts = [(x, result.request.cases.within(x.period)) for x in months(year)]
    return drawing.stacked(
        "Episodes a month, last 12 months, by category",
        [_month(part.name) for part, _ in parts],
        {
            words(name): [len(of(inside, name)) for _, inside in parts]
            for name in ("missing", "unauthorised_absence")
        },
    )


def _missing_from_care(result: Result) -> bytes | None:
    cells = result.figures["placements"]
    names = list(dict.fromkeys(cell["placement"] for cell in cells))

    def total(name: str, area: str) -> Any:
        found = [x["episodes"] for x in cells if x["placement"] == name and x["area"] == area]
        hidden = [x for x in found if isinstance(x, str)]
        return hidden[0] if hidden else sum(found)

    return drawing.across(
        "Episodes by placement, in and out of the authority's area",
        [words(name) for name in names],
        {words(area): [total(name, area) for name in names] for area in ("in", "out", "unknown")},
    )


def _ni71(result: Result) -> bytes | None:
    age = result.figures["age_band"]
    labels, values = _columns(age, "children")
    if result.suppressed:
        return drawing.paired("Children by age", labels, {"children": values})
    selected = result.request.selected
    under: dict[str, list[int]] = {}
    for name, wanted in (("care", True), ("home", False), ("not known", "unknown")):
        bands = [case.row.age_band for case in selected if case.row.looked_after == wanted]
        under[name] = [sum(band == x for x in bands) for band in age]
    return drawing.stacked("Episodes by age and where they live", labels, under)


def _care_monitoring(result: Result) -> bytes | None:
    lengths = {k: v for k, v in result.figures["lengths"].items() if not isinstance(v, dict)}
    return drawing.paired(
        "How long", [words(name) for name in lengths], {"episodes": list(lengths.values())}
    )


def _sources(result: Result) -> bytes | None:
    if result.suppressed:
        labels, values = _columns(result.figures["weekday"])
        return drawing.paired("Episodes by weekday", labels, {"episodes": values})
    values = [[0] * len(HOURS) for _ in WEEKDAYS]
    for case in result.request.selected:
        if case.row.precision == "minute":
            values[case.day.weekday()][case.row.start.astimezone(LONDON).hour // 4] += 1
    return drawing.grid(
        "Episodes by weekday and hour of the start",
        list(map(str.capitalize, WEEKDAYS)),
        HOURS,
        values,
    )


def _monthly(result: Result) -> bytes | None:
    entries = result.figures["months"]
    return drawing.stacked(
        "Children a month by episodes in 90 days",
        [_month(entry["month"]) for entry in entries],
        {
            words(tier): [entry["tiers"][tier] for entry in entries]
            for tier in ("1-2", "3-4", "5-8", "9+", "unknown")
        },
    )


def _interview_table(result: Result) -> bytes | None:
    entries = result.figures["quarters"]
    names = ("incidents", "individuals", "interviews", "individuals_seen")
    return drawing.paired(
        "Missing incidents and interviews a quarter",
        [entry["quarter"] for entry in entries],
        {words(name): [entry[name] for entry in entries] for name in names},
    )


def _sorted_across(title: str, entries: dict[str, Any], column: str = "episodes") -> bytes:
    ordered = sorted(entries.items(), key=lambda x: -drawing.number(x[1][column]).height)[:14]
    return drawing.across(
        title,
        [words(name) for name, _ in ordered],
        {column: [entry[column] for _, entry in ordered]},
    )


def _demographics(result: Result) -> bytes | None:
    return _sorted_across("Episodes by group", result.figures["groups"])


def _hub(result: Result) -> bytes | None:
    return _sorted_across("Episodes by host authority", result.figures["authorities"])


def _now_and_before(result: Result, names: dict[str, Callable[[dict[str, Any]], Any]]) -> bytes:
    now, then = result.figures["now"], result.figures["before"]
    return drawing.paired(
        "This period and the one before",
        list(names),
        {
            "before": [value(then) for value in names.values()],
            "now": [value(now) for value in names.values()],
        },
    )


def _headlines(result: Result) -> bytes | None:
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


def _lead_member(result: Result) -> bytes | None:
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


def _appg9(result: Result) -> bytes | None:
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
        drawn["missing"] = [
            len({case.child for case in out if case.row.distance == name}) for name in entries
        ]
    placed = (result.request.context or {}).get("by_distance")
    if placed:
        drawn = {"placed": [placed.get(name, 0) for name in entries]} | drawn
    return drawing.paired("Children placed out of area, by miles from home", labels, drawn)


def _timeliness(result: Result) -> bytes | None:
    entries = result.figures["months"]
    parts = [result.request.selected.within(part.period) for part in months(result.request.period)]
    minutes = [
        []
        if result.suppressed
        else [
            time // timedelta(minutes=1)
            for time in waits(looked_after(of(part, "missing")), lambda row: row.authority_told)
        ]
        for part in parts
    ]
    return drawing.line_and_dots(
        "Interviews held within 72 hours, % of those held",
        [_month(entry["month"]) for entry in entries],
        [entry["within_72h_of_held"]["pct"] for entry in entries],
        (NATIONAL_WITHIN_72H, "England 63 % (Missing People 2023-24)"),
        minutes,
    )


def _home_summary(result: Result) -> bytes | None:
    entries = result.figures["homes"][:12]
    return drawing.across(
        "Times away and children, by home",
        [f"{entry['service']} {entry['home']}" for entry in entries],
        {name: [entry["all"][name] for entry in entries] for name in ("episodes", "children")},
    )


PICTURES: dict[str, Callable[[Result], bytes | None]] = {
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
