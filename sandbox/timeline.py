"""The debrief's picture: what happened when, what was due when, and what was late, as SVG.

One lane for what people recorded, one for the level, and one for every duty, on one axis of
London time. The longest stretches in which nothing happens are drawn shorter, and marked.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from xml.sax.saxutils import escape, quoteattr

from sandbox.judge import span, standing
from sandbox.moving import LONDON

Json: TypeAlias = dict[str, Any]

WIDTH, LEFT, RIGHT = 980, 250, 24
TOP, LANE = 34, 26
LONG = timedelta(hours=3)
"""A longer stretch without anything is drawn as long as this."""
CLOSE = 9.0
"""Marks nearer than this many units are put above each other."""

TITLES = {
    "opened": "report logged",
    "police_told": "police told",
    "authority_told": "placing authority told",
    "authority_written": "written confirmation",
    "parents_told": "parents told",
    "parents_withheld": "parents not to be told",
    "located": "found",
    "returned": "back",
    "gone_again": "gone again",
    "safe_and_well": "safe and well check",
    "interview_offered": "interview offered",
    "interview_answered": "interview answered",
    "interview_held": "interview held",
    "duty_done": "duty done",
    "level_raised": "level raised",
    "level_stood_down": "level stood down",
    "signed_off": "signed off",
    "closed": "closed",
    "last_seen": "last seen put right",
    "due_back": "due back put right",
    "category": "missing or away",
    "child": "picture completed",
    "note": "note",
    "abducted": "taken or forced",
    "referred": "referral (s47)",
}
STYLE = (
    "svg{font:13px system-ui,sans-serif;background:#fff;color:#1c2430}"
    ".t-text,.t-lane{fill:#1c2430}.t-dim{fill:#5b6675}.t-line{stroke:#c4ccd6}"
    ".t-ok{fill:#1d7a46}.t-late{fill:#b3261e}.t-open{fill:#8a6100}.t-none{fill:#7d8896}"
    ".t-bar-ok{stroke:#1d7a46}.t-bar-late{stroke:#b3261e}.t-bar-open{stroke:#8a6100}"
    ".t-bar-none{stroke:#7d8896}.t-fact{fill:#22577a}.t-level1{fill:#d6e4f0}"
    ".t-level2{fill:#f3d9a4}.t-level3{fill:#f0b7ae}.t-gap{stroke:#5b6675}"
)


def moment(text: str) -> datetime:
    """A time as JSON has it."""
    return datetime.fromisoformat(text).astimezone(UTC)


class Axis:
    """From moments to places from left to right; long empty stretches are shortened."""

    def __init__(self, moments: Sequence[datetime]) -> None:
        self._points = sorted(set(moments))
        lengths = [b - a for a, b in zip(self._points, self._points[1:], strict=False)]
        self._lengths = [min(length, LONG) for length in lengths]
        total = sum(self._lengths, timedelta()) or timedelta(minutes=1)
        self._unit = (WIDTH - LEFT - RIGHT) / total.total_seconds()
        places = [float(LEFT)]
        for length in self._lengths:
            places.append(places[-1] + length.total_seconds() * self._unit)
        self._places = places
        self.gaps = [
            (a + b) / 2
            for a, b, length in zip(places, places[1:], lengths, strict=False)
            if length > LONG
        ]

    def at(self, when: datetime) -> float:
        """Units from the left edge."""
        for place, point in enumerate(self._points):
            if when == point:
                return self._places[place]
        return self._places[-1] if when > self._points[-1] else self._places[0]

    def labels(self) -> list[tuple[float, str]]:
        """Times to write under the axis, as many as there is room for."""
        found: list[tuple[float, str]] = []
        day = None
        for point, place in zip(self._points, self._places, strict=True):
            local = point.astimezone(LONDON)
            needed = 84 if local.date() != day else 42
            if found and place - found[-1][0] < needed:
                continue
            text = (
                f"{local:%H:%M}" if local.date() == day else f"{local:%a} {local.day} {local:%H:%M}"
            )
            day = local.date()
            found.append((place, text))
        return found


def draw(episode: Json, now: datetime, *, alone: bool = False) -> str:
    """One case as SVG; `alone` puts its colours into it, for saving it as a file."""
    facts = [f for f in standing(episode["facts"]) if f["kind"] in TITLES]
    end = moment(episode["closed_at"]) if episode["closed_at"] else now
    shown = [
        d for d in episode["duties"] if d["state"] != "not_needed" and moment(d["due_at"]) <= end
    ]
    axis = Axis(_moments(episode, facts, shown, end))
    lanes = [_facts(axis, facts), _levels(axis, episode["levels"], end)]
    lanes += [_duty(axis, duty, end) for duty in shown]
    height = TOP + LANE * (len(lanes) + 1) + 8
    title = f"Timeline of {episode['ref']}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
        f' class="timeline" aria-label={quoteattr(title)}>',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLE}</style>" if alone else "",
        _axis(axis, height),
    ]
    for place, lane in enumerate(lanes):
        parts.append(f'<g transform="translate(0 {TOP + LANE * place})">{lane}</g>')
    return "".join([*parts, "</svg>"])


def _moments(
    episode: Json, facts: Sequence[Json], duties: Sequence[Json], end: datetime
) -> list[datetime]:
    found = [moment(episode["start"]), end]
    found += [moment(_when(fact)) for fact in facts]
    found += [moment(row["at"]) for row in episode["levels"]]
    for duty in duties:
        found.append(moment(duty["due_at"]))
        found += [moment(duty[key]) for key in ("met_at", "ended_at") if duty[key]]
    return [when for when in found if when <= end] or [end]


def _when(fact: Json) -> str:
    return str(fact.get("at") or fact["recorded_at"])


def _axis(axis: Axis, height: float) -> str:
    found = []
    for x, text in axis.labels():
        anchor = "end" if x > WIDTH - 90 else "start"
        found.append(
            f'<line class="t-line" x1="{x:.1f}" x2="{x:.1f}" y1="22" y2="{height - 6:.0f}"/>'
            f'<text class="t-dim" x="{x:.1f}" y="15" font-size="11" text-anchor="{anchor}">'
            f"{escape(text)}</text>"
        )
    found += [
        f'<path class="t-gap" fill="none" d="M{x - 5:.1f} 26l4 -6M{x + 1:.1f} 26l4 -6"/>'
        for x in axis.gaps
    ]
    return "".join(found)


def _lane(name: str, inside: str, kind: str = "t-lane") -> str:
    short = name if len(name) < 34 else f"{name[:32]}…"
    label = f'<text class="{kind}" x="{LEFT - 14}" y="16" text-anchor="end">{escape(short)}</text>'
    return f"<title>{escape(name)}</title>{label}{inside}"


def _facts(axis: Axis, facts: Sequence[Json]) -> str:
    found, before, raised = [], -CLOSE, 0
    for fact in sorted(facts, key=_when):
        x = axis.at(moment(_when(fact)))
        raised = (raised + 1) % 3 if x - before < CLOSE else 0
        before = x
        local = moment(_when(fact)).astimezone(LONDON)
        text = f"{local:%a %H:%M} {TITLES[fact['kind']]}"
        found.append(
            f'<circle class="t-fact" cx="{x:.1f}" cy="{12 - raised * 4}" r="5">'
            f"<title>{escape(text)}</title></circle>"
        )
    return _lane("Recorded", "".join(found))


def _levels(axis: Axis, levels: Sequence[Json], end: datetime) -> str:
    found = []
    for place, row in enumerate(levels):
        begins = axis.at(moment(row["at"]))
        after = moment(levels[place + 1]["at"]) if place + 1 < len(levels) else end
        width = max(axis.at(after) - begins, 2)
        level = row["level"]
        found.append(
            f'<rect class="t-level{level}" x="{begins:.1f}" y="3" width="{width:.1f}" height="18">'
            f"<title>Level {level}</title></rect>"
        )
        if width > 16:
            found.append(f'<text class="t-text" x="{begins + 5:.1f}" y="16">{level}</text>')
    return _lane("Level", "".join(found))


def _duty(axis: Axis, duty: Json, end: datetime) -> str:
    due = axis.at(moment(duty["due_at"]))
    late = duty["late_minutes"]
    if duty["state"] in ("met", "decided"):
        kind = "late" if late else "ok"
        done_at = moment(duty["met_at"])
    else:
        kind = "open" if duty["state"] == "open" else "none"
        done_at = moment(duty["ended_at"]) if duty["ended_at"] else end
    x = axis.at(done_at)
    words = {
        "ok": "decided against" if duty["state"] == "decided" else "in time",
        "late": f"{span(late)} late",
        "open": f"open, {span(late)} over" if late else "open",
        "none": "not recorded",
    }[kind]
    mark = {"ok": "✓", "late": "!", "open": "…", "none": "–"}[kind]
    line = ""
    if late or kind == "none":
        line = (
            f'<line class="t-bar-{kind}" x1="{due:.1f}" x2="{x:.1f}" y1="12" y2="12"'
            ' stroke-width="4" stroke-linecap="round"/>'
        )
    end_mark = f'<circle class="t-{kind}" cx="{x:.1f}" cy="12" r="4"/>' if kind != "open" else ""
    right = x < WIDTH - 150
    anchor = "start" if right else "end"
    text_x = max(x, due) + 12 if right else min(x, due) - 12
    inside = (
        f'<path class="t-{kind}" d="M{due:.1f} 5l6 7l-6 7l-6 -7z"><title>due</title></path>{line}'
        f"{end_mark}"
        f'<text class="t-{kind}" x="{text_x:.1f}" y="16" text-anchor="{anchor}" font-size="12">'
        f"{mark} {escape(words)}</text>"
    )
    return _lane(duty["title"], inside)
