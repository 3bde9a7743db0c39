"""Lists of cases, short enough for a phone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from handlers.chat import bold, plain
from handlers.wording.common import due, span
from handlers.wording.duties import title
from protocol.pack import Pack
from protocol.provider import Home
from protocol.standing import Standing
from reminders.duties import Duty
from storage.model import Episode

OPEN = "<b>Open cases</b>"


def case_line(
    episode: Episode,
    home: Home | None,
    standing: Standing,
    duties: Sequence[Duty],
    pack: Pack,
    now: datetime,
) -> str:
    """Reference, home, level, time away, and the most urgent thing to do."""
    assessment = standing.computed
    state = (
        f"back, was away {span(assessment.end - assessment.start)}"
        if assessment.closable
        else f"away {span(now - assessment.start)}"
    )
    where = plain(home.name) if home else ""
    lines = [f"{bold(episode.ref)} · {where} · level {standing.shown} · {state}"]
    if duties:
        first = min(duties, key=lambda d: d.at)
        late = sum(d.at <= now for d in duties)
        mark = "‼️" if late else "🕑"
        more = f" (+{late - 1} more due)" if late > 1 else ""
        lines.append(f"{mark} {plain(title(first.id, pack))}: {due(first.at, now)}{more}")
    return "\n".join(lines)


def more(count: int) -> str:
    return f"… and {count} more. Ask for one with /case and its reference."


def case_button(episode: Episode, home: Home | None) -> str:
    return f"{episode.ref} · {home.name if home else ''} · {episode.person}"[:60]
