"""Who is on duty for which home, now.

Three layers, the later ones first: what was arranged in chat (taking over, a hand-over that was
accepted, a swap), dated exceptions, the weekly pattern. A home without any rota has the simple
list: everybody who covers it, in the order of the configuration, managers last.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import Any

import msgspec

from protocol import london
from protocol.london import NINE_TO_FIVE, OfficeHours
from protocol.provider import Provider
from reminders.policy import Policy
from reminders.rota_patterns import exceptions, next_change, scheduled, shifts


class Cover(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Arranged in chat: `staff` is first on duty for `home` from `start` to `end` (UTC).

    `end` None: until somebody else takes over or the written rota changes hands. `instead_of`:
    that person is then not asked as the one on duty ("" for taking over: those on the rota stay
    next in line). `in_place`: a swapped shift, so `staff` stands where `instead_of` stood, and
    nowhere if they are not there.
    """

    home: str
    staff: str
    start: datetime
    end: datetime | None = None
    instead_of: str = ""
    in_place: bool = False

    def holds(self, now: datetime) -> bool:
        """Whether it applies at this moment (UTC)."""
        return self.start <= now and (self.end is None or now < self.end)


def _with_end(cover: Cover, policy: Policy, office: OfficeHours) -> Cover:
    if cover.in_place:
        return cover
    ends = (cover.end, next_change(cover.home, cover.start, policy, office))
    return msgspec.structs.replace(cover, end=min((e for e in ends if e), default=None))


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A hand-over that was offered and not yet answered. Times in UTC."""

    id: str
    homes: tuple[str, ...]
    giver: str
    taker: str
    offered_at: datetime
    expires_at: datetime


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One person's shift on the written rota (UTC), at every home where they work it."""

    start: datetime
    end: datetime
    homes: tuple[str, ...]

    @property
    def key(self) -> str:
        """Names it among this person's turns; short enough for a button."""
        minutes = int(self.start.timestamp()) // 60
        return f"{minutes:x}.{int((self.end - self.start).total_seconds()) // 60:x}"


class Swap(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A swap that was asked for and not yet answered: `colleague` works `gives`, and `asker`
    works `takes` for it (None: nothing in return). Times in UTC."""

    id: str
    asker: str
    colleague: str
    gives: Turn
    takes: Turn | None = None
    asked_at: datetime
    expires_at: datetime


class RotaState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What chat has changed; kept in the office file under "rota"."""

    covers: tuple[Cover, ...] = ()
    offers: tuple[Offer, ...] = ()
    swaps: tuple[Swap, ...] = ()

    @classmethod
    def read(cls, raw: Any) -> RotaState:
        """From the office file's builtins; nothing there yet is an empty state."""
        return msgspec.convert(raw or {}, cls)

    def written(self) -> Any:
        """As the service's own file keeps it."""
        return msgspec.to_builtins(self)

    def ending_with_the_rota(self, policy: Policy, office: OfficeHours) -> RotaState:
        """With every cover but a swap ending when the written rota, as it is now, changes hands:
        an exception may have been written down after somebody took over."""
        return msgspec.structs.replace(
            self, covers=tuple(_with_end(cover, policy, office) for cover in self.covers)
        )

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


class Crew(msgspec.Struct, frozen=True, kw_only=True):
    """Who can be asked about one home at one moment; staff ids, each list in ladder order.

    `gap`: a rota exists but nobody on it could be asked, so the managers and then everybody
    stand in. `unreachable`: those passed over because the bot cannot write to them. `rostered`:
    who is on duty, reachable or not. `uncovered`: nobody who covers the home can be reached, so
    the managers of other homes are asked, and without any the administrators.
    """

    duty: tuple[str, ...]
    managers: tuple[str, ...]
    everyone: tuple[str, ...]
    gap: bool = False
    unreachable: tuple[str, ...] = ()
    rostered: tuple[str, ...] = ()
    uncovered: bool = False


def named(
    home: str,
    now: datetime,
    *,
    policy: Policy,
    service: Provider,
    state: RotaState,
    office: OfficeHours = NINE_TO_FIVE,
) -> tuple[str, ...]:
    """Staff ids in the order in which they would be asked, whether or not they still may be."""
    by_rota = scheduled(home, now, policy, office)
    if by_rota is None:
        covering = [s for s in service.staff if s.covers(home)]
        by_rota = tuple([s.id for s in sorted(covering, key=lambda s: s.manages)])
    order = list(by_rota)
    for cover in state.covers:
        if cover.home != home or not cover.holds(now):
            continue
        if not cover.in_place:
            order = [one for one in order if one not in (cover.staff, cover.instead_of)]
            order.insert(0, cover.staff)
        elif cover.instead_of in order:
            order = [cover.staff if one == cover.instead_of else one for one in order]
            order = list(dict.fromkeys(order))
    return tuple(order)


def on_duty(
    home: str,
    now: datetime,
    *,
    policy: Policy,
    service: Provider,
    state: RotaState,
    office: OfficeHours = NINE_TO_FIVE,
) -> tuple[str, ...]:
    """Staff ids in the order in which they are asked; empty only if the rota has a gap."""
    order = named(home, now, policy=policy, service=service, state=state, office=office)
    able = {s.id for s in service.staff if s.covers(home) and s.active(now)}
    return tuple([one for one in order if one in able])


def is_covered(home: str, now: datetime, service: Provider, away: Collection[str]) -> bool:
    """Is anybody on the list who covers this home, beside those whom the bot cannot reach?"""
    return any(s.covers(home) and s.active(now) and s.id not in away for s in service.staff)


def crew(
    home: str,
    now: datetime,
    *,
    policy: Policy,
    service: Provider,
    state: RotaState,
    stand_ins: Callable[[], Collection[str]] = tuple,
    unreachable: Collection[str] = (),
    office: OfficeHours = NINE_TO_FIVE,
) -> Crew:
    """Everybody who may be asked, without those the bot cannot reach. `stand_ins`: says who is
    asked if nobody who covers the home can be reached.

    If nobody at all can be reached they are all kept: a message that fails is visible, one that
    was never tried is not.
    """
    able = [s for s in service.staff if s.covers(home) and s.active(now)]
    everyone = tuple([s.id for s in able])
    reachable = tuple([one for one in everyone if one not in unreachable])
    rostered = on_duty(home, now, policy=policy, service=service, state=state, office=office)
    if not reachable:
        others = stand_ins()
        asked = tuple([x for x in others if x not in unreachable]) or (*everyone, *others)
        return Crew(
            duty=asked,
            managers=asked,
            everyone=asked,
            gap=True,
            unreachable=tuple(one for one in everyone if one in unreachable),
            rostered=rostered,
            uncovered=True,
        )
    managers = tuple([s.id for s in able if s.manages and s.id in reachable])
    duty = tuple([one for one in rostered if one in reachable])
    return Crew(
        duty=duty or managers or reachable,
        managers=managers or duty or reachable,
        everyone=reachable,
        gap=not duty,
        unreachable=tuple([one for one in everyone if one in unreachable]),
        rostered=rostered,
    )


def stretches(
    home: str,
    since: datetime,
    until: datetime,
    *,
    policy: Policy,
    state: RotaState,
    office: OfficeHours = NINE_TO_FIVE,
) -> list[tuple[datetime, datetime]]:
    """This span (UTC) cut wherever the rota of the home, as written or as arranged, may change;
    and at midnight in London, when somebody's time on the staff list can end."""
    spans = [
        *shifts(home, since, until, policy, office),
        *exceptions(home, since, until, policy),
    ]
    edges = {since, *(e for s in spans for e in (s.start, s.end))}
    days = (until - since).days + 2
    edges |= {london.at(london.day_of(since) + timedelta(days=n), time()) for n in range(days)}
    edges |= {c.start for c in state.covers} | {c.end for c in state.covers if c.end}
    return list(pairwise([*sorted(e for e in edges if since <= e < until), until]))


def gaps(
    home: str,
    since: datetime,
    until: datetime,
    *,
    policy: Policy,
    service: Provider,
    state: RotaState,
    office: OfficeHours = NINE_TO_FIVE,
) -> list[tuple[datetime, datetime]]:
    """The stretches of this span (UTC) in which nobody who could be asked is on duty."""
    found: list[tuple[datetime, datetime]] = []
    for begins, ends in stretches(home, since, until, policy=policy, state=state, office=office):
        if on_duty(home, begins, policy=policy, service=service, state=state, office=office):
            continue
        if found and found[-1][1] == begins:
            found[-1] = (found[-1][0], ends)
        else:
            found.append((begins, ends))
    return found
