"""The assessment of one episode at one moment: level, reasons, duties and when they change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from protocol.episode import Earlier, Episode, utc
from protocol.facts import Category
from protocol.london import is_out_of_hours, local_time
from protocol.outcome import Due as PackDue
from protocol.outcome import Outcome
from protocol.pack import Pack
from protocol.view import View

_MINUTE = timedelta(minutes=1)


class Due(msgspec.Struct, frozen=True, gc=False):
    """One duty with a time: `at` is aware, in London; `due` once the moment has come."""

    at: datetime
    status: Literal["pending", "due"]


class Action(msgspec.Struct, frozen=True, gc=False):
    """Something the protocol asks for. `due_at` None: no time in the protocol."""

    id: str
    title: str
    who: str
    due_at: datetime | None
    source: str
    label: str = ""


class Placing(msgspec.Struct, frozen=True, gc=False):
    """What the placing authority's own pack asks beyond the home's, where the two differ."""

    authority: str
    due: dict[str, Due]
    """Its duties that the home's pack does not list, or lists later."""
    to_settle: tuple[str, ...]
    """Its ids that the home's pack has not to settle already."""


class Assessment(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the pack says of an episode at `now`. All times are London wall clock, with the offset
    of that moment, so that they compare and subtract as instants."""

    level: int
    """1, 2 or 3: a response tier of the local protocol, never a grade of risk."""
    level_reasons: tuple[str, ...]
    """Sorted ids of the rules that fired at the winning level."""
    reasons: tuple[str, ...]
    """Sorted ids of everything that fired."""
    due: dict[str, Due]
    actions: tuple[Action, ...]
    checkpoints: tuple[str, ...]
    """Those ids of `due` that are checkpoints of the absence, soonest first."""
    routing: str
    """Id of the route that applies, also of one that is no reason; "" if none does."""
    category: Category
    """As the rules see it: a police report may have made it missing."""
    closable: bool
    start: datetime
    end: datetime
    elapsed_minutes: int
    """Whole minutes from `start` to `end` (rounded down; below 0 before the start)."""
    age: int | None
    """Completed years; None if neither date of birth nor age is known."""
    counts: dict[str, int]
    """Episodes in each window that the pack counts, this one included (`count_90` …)."""
    out_of_hours: bool
    ra_route: Literal["EDT", "duty_team"] | None
    changes_at: datetime | None
    """The next moment at which level, reasons or due differ with the same facts."""
    to_settle: tuple[str, ...] = ()
    """Sorted ids of the duties and actions that stand in the way of signing off."""
    emergency: bool = False
    """Abducted and the police not told, not back: nothing is listed above N-POLICE."""
    prompts: tuple[str, ...] = ()
    """Sorted ids of the questions answered with "unknown" that are to be asked again."""
    placing: Placing | None = None


def assess(episode: Episode, history: Sequence[Earlier], pack: Pack, now: datetime) -> Assessment:
    """What the pack says of the episode at `now`; pure, and total on anything the store accepts.

    `history` holds the earlier episodes of the same young person, in any order. Facts dated after
    `now` do not exist yet. Raises ValueError only for a `now` without an offset.
    """
    if now.tzinfo is None:
        raise ValueError("now has no offset from UTC")
    now = utc(now)
    view = View(episode, history, pack, now)
    outcome = pack.outcome(view.known)
    dues = view.dues(outcome)
    changes_at = _changes_at(view, history, outcome, dues)
    zone = pack.zone
    due = {
        item.duty.id: Due(local_time(at, zone), "due" if at <= now else "pending")
        for item, at in dues
    }
    out_of_hours = is_out_of_hours(now, pack.opens, pack.closes, pack.holidays, zone)
    end = view.returned or now
    ra_route: Literal["EDT", "duty_team"] | None = None
    if view.missing and episode.child.looked_after:
        ra_route = "EDT" if out_of_hours else "duty_team"
    checkpoints = [(at, item.duty.id) for item, at in dues if item.duty.kind == "checkpoint"]
    return Assessment(
        level=outcome.level,
        level_reasons=outcome.level_reasons,
        reasons=outcome.reasons,
        due=due,
        actions=_actions(pack, outcome, due),
        checkpoints=tuple(name for _, name in sorted(checkpoints)),
        routing=outcome.route.id if outcome.route else "",
        category="missing" if view.missing else "unauthorised_absence",
        closable=view.returned is not None,
        start=local_time(view.start, zone),
        end=local_time(end, zone),
        elapsed_minutes=(end - view.start) // _MINUTE,
        age=view.age,
        counts=view.counts,
        out_of_hours=out_of_hours,
        ra_route=ra_route,
        changes_at=local_time(changes_at, zone) if changes_at else None,
    )


def level_at(episode: Episode, history: Sequence[Earlier], pack: Pack, now: datetime) -> int:
    """The computed level alone, for looking back over a whole record."""
    return pack.outcome(View(episode, history, pack, utc(now)).known).level


def _changes_at(
    view: View,
    history: Sequence[Earlier],
    outcome: Outcome,
    dues: Sequence[tuple[PackDue, datetime]],
) -> datetime | None:
    """Walks through the views to come (facts dated later) until the answer differs."""
    change = view.next_change(outcome, dues)
    if view.until is None:
        return change
    answer = _answer(view, outcome, dues)
    while view.until is not None and (change is None or change >= view.until):
        view = View(view.episode, history, view.pack, view.until)
        outcome = view.pack.outcome(view.known)
        dues = view.dues(outcome)
        if _answer(view, outcome, dues) != answer:
            return view.now
        change = view.next_change(outcome, dues)
    return change


def _answer(
    view: View, outcome: Outcome, dues: Sequence[tuple[PackDue, datetime]]
) -> tuple[object, ...]:
    """What must change for the answer to be another one; the level follows from the reasons."""
    times = {item.duty.id: (at, at <= view.now) for item, at in dues}
    return outcome.reasons, times


def _actions(pack: Pack, outcome: Outcome, due: dict[str, Due]) -> tuple[Action, ...]:
    actions = []
    for rule in pack.actions(outcome):
        by = due.get(rule.by)
        actions.append(
            Action(rule.id, rule.title, rule.who, by.at if by else None, rule.source, rule.label)
        )
    return tuple(actions)
