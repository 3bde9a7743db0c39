"""Lists of cases, short enough for a phone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from handlers.case_view import CaseView
from handlers.chat import bold, plain
from handlers.wording import acts, duties
from handlers.wording.common import clock, cut, due, listed, span
from protocol import facts as f
from protocol.facts import Fact
from protocol.provider import Home
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


def case(view: CaseView) -> str:
    """Who by reference and age, since when, what was done, and the next act."""
    assessment, now = view.state.computed, view.now
    start = clock(assessment.start, now)
    if view.back:
        state = f"back since {clock(assessment.end, now)}, was away since {start}"
    elif view.located and view.folded.located_at is not None:
        state = f"found {clock(view.folded.located_at, now)}, not back; away since {start}"
    else:
        away = "missing" if view.missing else "away, whereabouts known,"
        state = f"{away} since {start} ({span(now - assessment.start)})"
    age = f", {assessment.age}" if assessment.age is not None else ""
    where = f" · {plain(cut(view.home.name))}" if view.home else ""
    who = f"{bold(view.ref)} · {plain(cut(view.episode.person))}{age}{where}"
    return "\n".join(
        [f"{who} · level {view.state.shown}", state, done(view.facts, now), next_act(view)]
    )


def done(facts: Sequence[Fact], now: datetime) -> str:
    """ "Done: police told 21:40, parents told 21:55"."""
    last = {TOLD[type(fact)]: fact for fact in facts if type(fact) in TOLD}
    named = [
        f"{what} {clock(getattr(fact, 'at', fact.recorded_at), now)}" for what, fact in last.items()
    ]
    return f"Done: {plain(listed(named))}" if named else NOBODY_TOLD


def next_act(view: CaseView) -> str:
    """The most urgent thing to do, and how many more are due."""
    now = view.now
    if not view.duties:
        return "Nothing due."
    first = min(view.duties, key=lambda d: (not acts.at_once(d.id, view), d.at))
    late = sum(d.at <= now for d in view.duties)
    mark = "🚨" if view.state.computed.emergency else "‼️" if first.at <= now else "🕑"
    set_by = duties.set_by(first.id, view.pack) if first.in_protocol else "none"
    when = due(first.at, now, set_by)
    more = f" (+{late - 1} more due)" if late > 1 else ""
    asks = plain(duties.whose(first.authority))
    return f"{mark} Next: {plain(acts.title(first.id, view))}{asks}: {when}{more}"


def case_button(episode: Episode, home: Home | None) -> str:
    """A case in a list: reference, home, state."""
    return " · ".join(
        p for p in (episode.ref, cut(episode.person, 24), home.name if home else "") if p
    )
