"""Why: one phone screen for the level, for each due time and for each action."""

from __future__ import annotations

from datetime import datetime

from handlers.chat import bold, plain
from handlers.wording.common import clock
from protocol.explain import Explained, Explanation, item_text, level_text
from protocol.standing import Standing

TIMES, ACTIONS, LEVEL = "⏰ Due times: why", "📌 Actions: why", "❓ The level: why"
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
    return "\n".join([*lines, plain(level_text(explanation))])


def _computed(standing: Standing) -> str:
    return f"level {standing.computed.level}"


def listing(ref: str, title: str, items: tuple[Explained, ...], route: str = "") -> str:
    """Titles to choose from; what is a recommendation says so. route: who alerts whom."""
    lines = [bold(f"{ref} · {title.partition(' ')[2]}")]
    if route:
        lines.append(plain(route))
    if not items:
        lines.append("None at present.")
    return "\n".join(lines)


def choice(item: Explained) -> str:
    """The button of one item."""
    label = f" ({item.label})" if item.label else ""
    return f"{item.rule}{label}"[:60]


def item(ref: str, found: Explained) -> str:
    """One reason, with its source."""
    return f"{bold(ref)}\n{plain(item_text(found))}"


GONE = "That no longer applies. This is how the case stands now."
