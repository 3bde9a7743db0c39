"""One row of the summary for an episode: what counts over the year need to know of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from protocol import facts as f
from protocol.counting import counting, last_of
from protocol.fold import fold
from protocol.london import is_out_of_hours
from protocol.pack import Pack
from protocol.standing import standing
from storage.model import Episode, Past

RULES = 4
"""Counted up when a row of the same facts reads differently: rows made before are made again."""


def summarise(episode: Episode, pack: Pack, now: datetime) -> Past:
    """A pure function of the facts for a closed episode; for an open one, as it stands at `now`."""
    imported = last_of(episode.facts, f.Imported)
    if imported is not None:
        return _imported(episode, imported)
    moment = max([x.recorded_at for x in episode.facts], default=now)
    moment = max(episode.closed_at, moment) if episode.closed_at else now
    folded = fold(episode.facts)
    pack = pack.of(episode.home)
    state = standing(episode.facts, (), pack, moment)
    answer = last_of(episode.facts, f.InterviewAnswered)
    interview = "SG-RI" in state.computed.reasons
    located = folded.located_at or folded.returned_at
    due = None
    if interview and located is not None:
        known = state.computed.due.get("RI-72H")
        due = known.at.astimezone(UTC) if known else _after(located, pack)
    return Past(
        ref=episode.ref,
        person=episode.person,
        home=episode.home,
        category="missing" if "SG-POLICE" in state.computed.reasons else folded.category,
        start=state.computed.start.astimezone(UTC),
        end=folded.returned_at,
        level=state.shown,
        peak=state.peak,
        closed_at=episode.closed_at,
        interview_due_at=due,
        interview_held_at=folded.ri_completed_at,
        interview_declined_at=answer.at if answer and not answer.accepted else None,
        out_of_hours_referrals=_out_of_hours(episode, pack),
    )


def _imported(episode: Episode, was: f.Imported) -> Past:
    """No level, no duties: only what counts over the year need."""
    return Past(
        ref=episode.ref,
        person=episode.person,
        home=episode.home,
        category=was.category,
        start=was.start,
        end=was.returned_at,
        level=0,
        peak=0,
        closed_at=episode.closed_at,
        source=was.source or "import",
    )


def _out_of_hours(episode: Episode, pack: Pack) -> tuple[datetime, ...]:
    """Referrals made out of hours: by the time of referring, whenever the child was found."""
    referred = [fact.at for fact in counting(episode.facts) if isinstance(fact, f.Referred)]
    outside = [
        at
        for at in referred
        if is_out_of_hours(at, pack.opens, pack.closes, pack.holidays, pack.zone)
    ]
    return tuple(sorted(outside))


def _after(located: datetime, pack: Pack) -> datetime:
    """72 elapsed hours, where the duty itself is no longer listed because it was met."""
    duty = pack.duty("RI-72H")
    hours = float(duty.amount) if duty and not isinstance(duty.amount, str) else 72.0
    return located + timedelta(hours=hours)
