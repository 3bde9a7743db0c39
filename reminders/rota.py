"""Who is on duty for which home, now.

Three layers, the later ones first: what was arranged in chat (taking over, a hand-over that was
accepted, a swap), dated exceptions, the weekly pattern. A home without any rota has the simple
list: everybody who covers it, in the order of the configuration, managers last.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec

from reminders import london
from reminders.policy import WEEKDAYS, Pattern, Policy
from reminders.service import LONDON, Service

LOOK_AHEAD_DAYS = 8


class Cover(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Arranged in chat: `staff` is first on duty for `home` from `start` to `end` (UTC).

    `end` None: until somebody else takes over. `instead_of`: that person is then not asked as
    the one on duty ("" for taking over: those on the rota stay next in line).
    """

    home: str
    staff: str
    start: datetime
    end: datetime | None = None
    instead_of: str = ""

    def holds(self, now: datetime) -> bool:
        return self.start <= now and (self.end is None or now < self.end)


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A hand-over that was offered and not yet answered. Times in UTC."""

    id: str
    homes: tuple[str, ...]
    giver: str
    taker: str
    offered_at: datetime
    expires_at: datetime


class RotaState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What chat has changed; kept in the office file under "rota"."""

    covers: tuple[Cover, ...] = ()
    offers: tuple[Offer, ...] = ()

    @classmethod
    def read(cls, raw: Any) -> RotaState:
        """From the office file's builtins; nothing there yet is an empty state."""
        return msgspec.convert(raw or {}, cls)

    def written(self) -> Any:
        return msgspec.to_builtins(self)

    def pruned(self, now: datetime) -> RotaState:
        """Without covers that ended and, per home, without open-ended ones that were replaced."""
        kept: list[Cover] = []
        replaced: set[str] = set()
        for cover in reversed(self.covers):
            if cover.end is not None and cover.end <= now:
                continue
            if cover.end is None and cover.start <= now:
                if cover.home in replaced:
                    continue
                replaced.add(cover.home)
            kept.append(cover)
        return msgspec.structs.replace(self, covers=tuple(reversed(kept)))


class Shift(msgspec.Struct, frozen=True):
    """A stretch of the written rota (UTC), and who works it in the order of asking."""

    start: datetime
    end: datetime
    staff: tuple[str, ...]


class Crew(msgspec.Struct, frozen=True, kw_only=True):
    """Who can be asked about one home at one moment; staff ids, each list in ladder order.

    `gap`: a rota exists but nobody on it could be asked, so the managers and then everybody
    stand in. `unreachable`: those passed over because the bot cannot write to them.
    """

    duty: tuple[str, ...]
    managers: tuple[str, ...]
    everyone: tuple[str, ...]
    gap: bool = False
    unreachable: tuple[str, ...] = ()


def written(home: str, policy: Policy) -> bool:
    """Is there any weekly pattern for this home?"""
    return any(not p.homes or home in p.homes for p in policy.rota)


def _worked(pattern: Pattern, monday_based: datetime) -> bool:
    if pattern.every_weeks == 1 or pattern.first_week is None:
        return True
    day = monday_based.date()
    first = pattern.first_week - timedelta(days=pattern.first_week.weekday())
    weeks = ((day - timedelta(days=day.weekday())) - first).days // 7
    return weeks % pattern.every_weeks == 0


def shifts(home: str, since: datetime, until: datetime, policy: Policy) -> list[Shift]:
    """The written shifts and exceptions of a home that touch this span, patterns first."""
    found: list[Shift] = []
    first = since.astimezone(LONDON) - timedelta(days=1)
    days = (until.astimezone(LONDON).date() - first.date()).days
    for pattern in policy.rota:
        if pattern.homes and home not in pattern.homes:
            continue
        for offset in range(days + 1):
            local = first + timedelta(days=offset)
            if WEEKDAYS[local.weekday()] not in pattern.days or not _worked(pattern, local):
                continue
            begins = london.at(local.date(), pattern.start)
            last = local.date() + timedelta(days=0 if pattern.end > pattern.start else 1)
            ends = london.at(last, pattern.end)
            if begins < until and ends > since:
                found.append(Shift(begins, ends, pattern.staff))
    return found


def exceptions(home: str, since: datetime, until: datetime, policy: Policy) -> list[Shift]:
    """The dated exceptions of a home that touch this span (UTC)."""
    found = []
    for other in policy.exceptions:
        if other.homes and home not in other.homes:
            continue
        begins = other.start.replace(tzinfo=LONDON).astimezone(UTC)
        ends = other.end.replace(tzinfo=LONDON).astimezone(UTC)
        if begins < until and ends > since:
            found.append(Shift(begins, ends, other.staff))
    return found


def scheduled(home: str, now: datetime, policy: Policy) -> tuple[str, ...] | None:
    """Who the written rota names now, in order; None if this home has no rota at all."""
    a_moment = timedelta(microseconds=1)
    special = exceptions(home, now, now + a_moment, policy)
    if special:
        return special[-1].staff
    if not written(home, policy):
        return None
    names: list[str] = []
    for shift in shifts(home, now, now + a_moment, policy):
        names.extend(one for one in shift.staff if one not in names)
    return tuple(names)


def next_change(home: str, now: datetime, policy: Policy) -> datetime | None:
    """When the written rota next changes hands for this home (UTC); None without a rota."""
    until = now + timedelta(days=LOOK_AHEAD_DAYS)
    spans = [*shifts(home, now, until, policy), *exceptions(home, now, until, policy)]
    edges = {edge for span in spans for edge in (span.start, span.end) if edge > now}
    return min(edges, default=None)


def on_duty(
    home: str, now: datetime, *, policy: Policy, service: Service, state: RotaState
) -> tuple[str, ...]:
    """Staff ids in the order in which they are asked; empty only if the rota has a gap."""
    named = scheduled(home, now, policy)
    if named is None:
        covering = [s for s in service.staff if s.covers(home)]
        named = tuple(s.id for s in sorted(covering, key=lambda s: s.manages))
    order = list(named)
    for cover in state.covers:
        if cover.home != home or not cover.holds(now):
            continue
        order = [one for one in order if one not in (cover.staff, cover.instead_of)]
        order.insert(0, cover.staff)
    able = (service.person(one) for one in order)
    return tuple(s.id for s in able if s is not None and s.active(now) and s.covers(home))


def crew(
    home: str,
    now: datetime,
    *,
    policy: Policy,
    service: Service,
    state: RotaState,
    unreachable: Collection[str] = (),
) -> Crew:
    """Everybody who may be asked, without those the bot cannot reach.

    If nobody at all can be reached they are all kept: a message that fails is visible, one that
    was never tried is not.
    """
    everyone = tuple(s.id for s in service.staff if s.covers(home) and s.active(now))
    reachable = tuple(one for one in everyone if one not in unreachable) or everyone
    managers = tuple(s.id for s in service.managers(home, now) if s.id in reachable)
    duty = tuple(
        one
        for one in on_duty(home, now, policy=policy, service=service, state=state)
        if one in reachable
    )
    return Crew(
        duty=duty or managers or reachable,
        managers=managers or duty or reachable,
        everyone=reachable,
        gap=not duty,
        unreachable=tuple(one for one in everyone if one in unreachable),
    )


def gaps(
    home: str,
    since: datetime,
    until: datetime,
    *,
    policy: Policy,
    service: Service,
    state: RotaState,
) -> list[tuple[datetime, datetime]]:
    """The stretches of this span (UTC) in which nobody who could be asked is on duty."""
    spans: Sequence[Shift] = [
        *shifts(home, since, until, policy),
        *exceptions(home, since, until, policy),
    ]
    edges = {since, *(e for s in spans for e in (s.start, s.end))}
    edges |= {c.start for c in state.covers} | {c.end for c in state.covers if c.end}
    cuts = [*sorted(e for e in edges if since <= e < until), until]
    found: list[tuple[datetime, datetime]] = []
    for begins, ends in pairwise(cuts):
        if on_duty(home, begins, policy=policy, service=service, state=state):
            continue
        if found and found[-1][1] == begins:
            found[-1] = (found[-1][0], ends)
        else:
            found.append((begins, ends))
    return found
