"""Lists of cases, short enough for a phone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from handlers.chat import bold, plain
from handlers.wording import duties as duties_
from handlers.wording.common import clock, cut, due, listed, span
from handlers.wording.duties import title
from protocol import facts as f
from protocol.facts import Fact
from protocol.pack import Pack
from protocol.provider import Home
from protocol.standing import Standing
from reminders.duties import Duty
from storage.model import Episode

OPEN = "<b>Open cases</b>"
NOBODY_TOLD = "Nobody is recorded as told."
TOLD: dict[type[Fact], str] = {
    f.PoliceTold: "police told",
    f.AuthorityTold: "authority told",
    f.ParentsTold: "parents told",
    f.ParentsWithheld: "parents not to be told",
    f.Located: "found",
    f.Returned: "back",
    f.SafeAndWell: "safe and well check",
    f.InterviewOffered: "interview offered",
    f.InterviewHeld: "interview held",
    f.SignedOff: "signed off",
}
"""What counts as done in a list; of several of one kind the last."""


def case(
    episode: Episode,
    home: Home | None,
    standing: Standing,
    category: str,
    facts: Sequence[Fact],
    duties: Sequence[Duty],
    pack: Pack,
    now: datetime,
) -> str:
    """Who by reference and age, since when, what was done, and the next act."""
    assessment = standing.computed
    start = clock(assessment.start, now)
    if assessment.returned:
        state = f"back since {clock(assessment.end, now)}, was away since {start}"
    else:
        away = "missing" if category == "missing" else "away, whereabouts known"
        state = f"{away} since {start} ({span(now - assessment.start)})"
    age = f", {assessment.age}" if assessment.age is not None else ""
    where = f" · {plain(cut(home.name))}" if home else ""
    who = f"{bold(episode.ref)} · {plain(cut(episode.person))}{age}{where}"
    return "\n".join(
        [f"{who} · level {standing.shown}", state, done(facts, now), next_act(duties, pack, now)]
    )


def done(facts: Sequence[Fact], now: datetime) -> str:
    """ "Done: police told 21:40, parents told 21:55"."""
    last = {TOLD[type(fact)]: fact for fact in facts if type(fact) in TOLD}
    named = [
        f"{what} {clock(getattr(fact, 'at', fact.recorded_at), now)}" for what, fact in last.items()
    ]
    return f"Done: {plain(listed(named))}" if named else NOBODY_TOLD


def next_act(duties: Sequence[Duty], pack: Pack, now: datetime) -> str:
    """The most urgent thing to do, and how many more are due."""
    if not duties:
        return "Nothing due."
    first = min(duties, key=lambda d: d.at)
    late = sum(d.at <= now for d in duties)
    mark = "‼️" if first.at <= now else "🕑"
    set_by = duties_.set_by(first.id, pack) if first.in_protocol else "none"
    when = due(first.at, now, set_by)
    more = f" (+{late - 1} more due)" if late > 1 else ""
    asks = plain(duties_.whose(first.authority))
    return f"{mark} Next: {plain(title(first.id, pack))}{asks}: {when}{more}"


def case_button(episode: Episode, home: Home | None) -> str:
    """A case in a list: reference, home, state."""
    return " · ".join(
        p for p in (episode.ref, cut(episode.person, 24), home.name if home else "") if p
    )
