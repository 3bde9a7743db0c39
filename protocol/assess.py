"""The assessment of one episode at one moment: level, reasons, duties and when they change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from protocol.earlier_episodes import History
from protocol.episode import Earlier, Episode, utc
from protocol.facts import Category
from protocol.london import is_out_of_hours, local_time
from protocol.on_record import OnRecord
from protocol.outcome import Action, Outcome
from protocol.outcome import Due as PackDue
from protocol.pack import MOMENT, Pack
from protocol.view import Instant, View

_MINUTE = timedelta(minutes=1)


class Due(msgspec.Struct, frozen=True, gc=False):
    """One duty with a time: `at` is aware, in London; `due` once the moment has come."""

    at: datetime
    status: Literal["pending", "due"]


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
    """Id of the route that applies; "" if none does."""
    category: Category
    """As the rules see it: a police report may have made it missing."""
    returned: bool
    closable: bool
    """Back, and nothing left to settle: a manager can sign off."""
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
    """The next moment at which level, reasons, due, what is to settle or to ask, or the placing
    authority's part differ with the same facts."""
    to_settle: tuple[str, ...] = ()
    """Sorted ids of the duties and actions that stand in the way of signing off."""
    emergency: bool = False
    """Abducted and the police not told, not back: nothing is listed above N-POLICE."""
    prompts: tuple[str, ...] = ()
    """Sorted ids of the questions answered with "unknown" that are to be asked again."""
    placing: Placing | None = None


class _Judged(msgspec.Struct, frozen=True, gc=False):
    """What a pack says of an episode at one moment."""

    instant: Instant
    outcome: Outcome
    dues: list[tuple[PackDue, datetime]]

    @property
    def view(self) -> View:
        """What is known from facts."""
        return self.instant.view

    def times(self) -> dict[str, tuple[datetime, bool]]:
        """When each duty is due, and whether that has come."""
        now = self.instant.now
        return {due.duty.id: (at, at <= now) for due, at in self.dues}


def assess(
    episode: Episode,
    history: Sequence[Earlier],
    pack: Pack,
    now: datetime,
    placing: Pack | None = None,
) -> Assessment:
    """What the pack says of the episode at `now`; pure, and total on anything the store accepts.

    `history` holds the earlier episodes of the same young person, in any order. Facts dated after
    `now` do not exist yet. `placing` is the pack of the placing authority (its `protocol_la`),
    looked at for a young person of theirs who is missing from a placement elsewhere. Raises
    ValueError only for a `now` without an offset.
    """
    if now.tzinfo is None:
        raise ValueError("now has no offset from UTC")
    return Case(episode, history, pack, placing).assess(utc(now))


def levels_at(
    episode: Episode, history: History, pack: Pack, moments: Sequence[datetime]
) -> list[int]:
    """The computed level alone at moments in order, for looking back over a whole record."""
    record = OnRecord(episode)
    view: View | None = None
    levels = []
    for moment in moments:
        now = utc(moment)
        view = _known(view, record, history, pack, now)
        levels.append(pack.outcome(view.at(now).known).level)
    return levels


class Case:
    """One episode, to be judged at several moments, the earliest first: what is known from facts
    is kept while it holds. All times in UTC."""

    def __init__(
        self, episode: Episode, history: Sequence[Earlier], pack: Pack, placing: Pack | None
    ) -> None:
        child = episode.child
        if placing is not None and not (
            child.looked_after
            and child.responsible_la != child.placement_la
            and child.responsible_la == placing.settings.protocol_la
        ):
            placing = None
        self.history = History(history, pack)
        self._history_beside = History(history, placing) if placing else self.history
        self._record = OnRecord(episode)
        self._pack, self._placing = pack, placing
        self._home: View | None = None
        self._beside: View | None = None

    def level_at(self, moment: datetime) -> int:
        """The computed level alone."""
        self._home = _known(self._home, self._record, self.history, self._pack, moment)
        return self._pack.outcome(self._home.at(moment).known).level

    def assess(self, now: datetime) -> Assessment:
        """See `assess`."""
        home, beside = self._at(now)
        return _assessment(home, beside, self._next_change(home, beside))

    def _at(self, now: datetime) -> tuple[_Judged, _Judged | None]:
        """What the home's pack says, and that of the placing authority where it has a say."""
        record, placing = self._record, self._placing
        home = self._home = _known(self._home, record, self.history, self._pack, now)
        if placing is None or not home.missing:
            return _judge(home, now), None
        self._beside = _known(self._beside, record, self._history_beside, placing, now)
        return _judge(home, now), _judge(self._beside, now)

    def _next_change(self, home: _Judged, beside: _Judged | None) -> datetime | None:
        """Walks from one moment at which something may change to the next, until it does.

        For a strict limit that is the limit itself, although the change comes just after it.
        """
        start, answer = home.instant.now, None
        while True:
            moment = home.instant.next_moment(home.outcome, home.dues)
            if beside is not None:
                other = beside.instant.next_moment(beside.outcome, beside.dues)
                moment = min(moment, other) if moment and other else moment or other
            if moment is None or moment in [at for _, at in home.dues]:
                return moment
            if answer is None:
                answer = _answer(home, beside)
            views = [judged.view for judged in (home, beside) if judged is not None]
            home, beside = self._at(moment)
            if _answer(home, beside) != answer:
                limit = moment - MOMENT
                reached = limit > start and any(view.has_strict_limit(moment) for view in views)
                return limit if reached else moment


def _known(
    before: View | None, record: OnRecord, history: History, pack: Pack, now: datetime
) -> View:
    """What is known from facts: as before, if that still holds."""
    if before is not None and before.holds(now):
        return before
    return View(record, history, pack, now)


def _assessment(home: _Judged, beside: _Judged | None, changes_at: datetime | None) -> Assessment:
    view, outcome, now = home.view, home.outcome, home.instant.now
    pack = view.pack
    zone = pack.zone
    due = _shown(home)
    further = _beside(home, beside)
    out_of_hours = is_out_of_hours(now, pack.opens, pack.closes, pack.holidays, zone)
    end = view.returned or now
    ra_route: Literal["EDT", "duty_team"] | None = None
    if view.missing and view.record.episode.child.looked_after:
        ra_route = "EDT" if out_of_hours else "duty_team"
    checkpoints = [(at, item.duty.id) for item, at in home.dues if item.duty.kind == "checkpoint"]
    open_ends = outcome.to_settle or (further is not None and further.to_settle)
    return Assessment(
        level=outcome.level,
        level_reasons=outcome.level_reasons,
        reasons=outcome.reasons,
        due=due,
        actions=tuple(
            [action.by(due[by].at) if by in due else action for action, by in outcome.actions]
        ),
        checkpoints=tuple([name for _, name in sorted(checkpoints)]),
        routing=outcome.route.id if outcome.route else "",
        category="missing" if view.missing else "unauthorised_absence",
        returned=view.returned is not None,
        closable=view.returned is not None and not open_ends,
        start=local_time(view.start, zone),
        end=local_time(end, zone),
        elapsed_minutes=(end - view.start) // _MINUTE,
        age=view.age_at(now),
        counts=view.counts,
        out_of_hours=out_of_hours,
        ra_route=ra_route,
        changes_at=local_time(changes_at, zone) if changes_at else None,
        to_settle=outcome.to_settle,
        emergency=outcome.emergency,
        prompts=outcome.prompts,
        placing=further,
    )


def _judge(view: View, now: datetime) -> _Judged:
    instant = view.at(now)
    outcome = instant.outcome()
    return _Judged(instant, outcome, instant.dues(outcome))


def _answer(home: _Judged, beside: _Judged | None) -> tuple[object, ...]:
    """What must change for the answer to be another one; the level follows from the reasons."""
    outcome = home.outcome
    further = None
    if beside is not None:
        further = _earlier(home.times(), beside.times()), _more(outcome, beside.outcome)
    return (
        outcome.reasons, home.times(), outcome.to_settle, outcome.emergency, outcome.prompts,
        further,
    )  # fmt: skip


def _earlier(
    home: dict[str, tuple[datetime, bool]], beside: dict[str, tuple[datetime, bool]]
) -> dict[str, tuple[datetime, bool]]:
    """The duties beside that the home's pack does not list, or lists later."""
    return {name: at for name, at in beside.items() if name not in home or at[0] < home[name][0]}


def _more(home: Outcome, beside: Outcome) -> tuple[str, ...]:
    return tuple(name for name in beside.to_settle if name not in home.to_settle)


def _beside(home: _Judged, beside: _Judged | None) -> Placing | None:
    if beside is None:
        return None
    names = _earlier(home.times(), beside.times())
    return Placing(
        authority=beside.view.pack.settings.protocol_la,
        due={name: due for name, due in _shown(beside).items() if name in names},
        to_settle=_more(home.outcome, beside.outcome),
    )


def _shown(judged: _Judged) -> dict[str, Due]:
    zone, now = judged.view.pack.zone, judged.instant.now
    return {
        due.duty.id: Due(local_time(at, zone), "due" if at <= now else "pending")
        for due, at in judged.dues
    }
