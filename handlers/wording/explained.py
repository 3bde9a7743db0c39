"""Why: one phone screen for the level, for each due time and for each action."""

from __future__ import annotations

from datetime import datetime

from handlers.chat import bold, plain
from handlers.wording.common import clock, cut
from protocol.episode import Decision
from protocol.explain import (
    NO_TIME,
    SET_BY_SERVICE,
    TIER_NOT_RISK,
    Explained,
    Explanation,
    spoken,
)
from protocol.standing import Standing

RECORD = "✅ Record what became of it"
TIMES, ACTIONS, LEVEL = "⏰ Due times", "📌 Actions", "❓ The level: why"
MOST = 14


def level(
    ref: str, explanation: Explanation, standing: Standing, now: datetime, set_by: str
) -> str:
    """The computed level explained, and what people have set beside it."""
    lines = [bold(f"{ref} · why level {standing.shown}")]
    if standing.why == "raised":
        lines.append(
            f"Raised to {standing.shown} by {plain(set_by)}; computed: {_computed(standing)}."
        )
    elif standing.why == "stood_down":
        lines.append(
            f"Stood down to {standing.shown} by {plain(set_by)}; computed: {_computed(standing)}."
        )
    elif standing.why == "stand_down_lapsed":
        lines.append(f"{plain(set_by)} had stood it down; it has risen since, so it shows again.")
    if standing.set_by is not None:
        lines.append(f"Set {clock(standing.set_by.at, now)}; the reason is on record.")
    if standing.peak > standing.shown:
        lines.append(f"Highest so far: level {standing.peak}.")
    return "\n".join([*lines, *_computed_why(explanation)])


def _computed_why(why: Explanation) -> list[str]:
    """The rules that set the level, without their ids; then what would change it."""
    lines = [plain(f"{why.level_name}. {why.level_means}")]
    for item in why.because[:MOST_RULES]:
        lines += [
            f"Because: {plain(item.rule)}",
            f"On record: {plain('; '.join(item.facts))}.",
            f"Source: {plain(item.source)}",
        ]
    if more := len(why.because) - MOST_RULES:
        lines += [f"And {more} more like it."] if more > 0 else []
    return [*lines, plain(_next_level(why)), TIER_NOT_RISK]


def _next_level(why: Explanation) -> str:
    """When the level becomes another one by itself."""
    if why.next_level is not None:
        unless = "" if why.returned else " unless back"
        at = spoken(why.next_level.at)
        return f"Next: at {at} it becomes level {why.next_level.level}{unless}."
    if why.returned:
        return "Next: the level stays, unless a fact is corrected."
    return "Next: time alone does not change the level; the return or a new fact can."


MOST_RULES = 3
"""Rules behind a level that one phone screen takes."""


def _computed(standing: Standing) -> str:
    return f"level {standing.computed.level}"


def listing(ref: str, kind: str, found: int, route: str | None = None) -> str:
    """The heading of the due times ("times") or the actions. route: who alerts whom; "": nobody
    of this protocol; None: not to be said here."""
    lines = [bold(f"{ref} · {HEADS[kind]}")]
    if route is not None:
        lines.append(f"<b>Who alerts whom:</b> {plain(route or NO_ROUTE)}")
    lines.append(HINTS[kind] if found else "None at present.")
    return "\n".join(lines)


HEADS = {"times": "due times", "actions": "actions of the protocol"}
HINTS = {
    "times": "Tap one: what to do, until when, and why.",
    "actions": "Tap a number to record what became of it, or to read why.",
}
NO_ROUTE = "no route of this protocol: the protocol of the placement area governs."
OURS = ("Duty manager", "Registered manager", "Provider", "Anyone", "Whoever found")
"""Who acts, where it is somebody of the home or the provider: their actions come first."""
GAP = "gap"
IN_WORDS = {
    GAP: "not in the protocol's own words: the service fills a gap",
    "practice": "today's practice",
    "current practice": "today's practice",
}
"""What the labels of rules mean."""


def _label(item: Explained) -> str:
    """Behind what is more than the protocol: a recommendation, today's practice."""
    said = IN_WORDS.get(item.label, item.label)
    return f" ({said})" if item.label and item.label != GAP else ""


def decided(decision: Decision, now: datetime) -> str:
    """What became of an action, behind its line; "" where that time has come and it is open."""
    until = clock(decision.until, now) if decision.until else ""
    match decision.outcome:
        case "done":
            return " ✓ done"
        case "not_needed":
            return " ✓ not needed, reason kept"
        case _ if decision.until is None or decision.until > now:
            word = "booked for" if decision.outcome == "booked" else "handed over until"
            return f" ✓ {word} {until}".rstrip()
        case _:
            return ""


def line(number: int, item: Explained, became: str) -> str:
    """One action: who acts, what it is, and what became of it."""
    who = f"{bold(item.who)}: " if item.who else ""
    return f"{number}. {who}{plain(item.rule[:1].lower() + item.rule[1:] + _label(item) + became)}"


def choice(title: str, item: Explained) -> str:
    """The button of one due time."""
    return cut(f"{title}{_label(item)}")


def item(ref: str, found: Explained, title: str, act: str) -> str:
    """One due time or action: what, who, until when, on what facts, what ends it, its source.

    act: what to do, as HTML; "" where the title says it.
    """
    lines = [bold(f"{ref} · {title}")]
    if act and act.rstrip(".") != plain(title):
        lines.append(act)
    if found.who:
        lines.append(f"Who: {plain(found.who)}")
    own = f" ({SET_BY_SERVICE})" if found.set_by_service else ""
    lines.append(f"By: {plain(spoken(found.at))}{own}" if found.at else f"By: {NO_TIME}")
    if found.facts:
        lines.append(f"On record: {plain('; '.join(found.facts))}.")
    if found.ends:
        lines.append(f"Ends with: {plain(found.ends)}.")
    if found.label:
        lines.append(f"Note: {plain(IN_WORDS.get(found.label, found.label))}.")
    return "\n".join([*lines, f"Source: {plain(found.source)}"])


GONE = "That no longer applies. This is how the case stands now."
