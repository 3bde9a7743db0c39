"""The coming night looked over while there is time to act: gaps, people who cannot be reached."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from reminders import rota
from reminders.house import House


class Outcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is wrong with one home's next 24 hours; all empty when nothing is. Times in UTC."""

    gaps: tuple[tuple[datetime, datetime], ...] = ()
    never_started: tuple[str, ...] = ()
    """Staff ids that never opened the bot: it cannot write to them."""
    blocked: tuple[str, ...] = ()
    expired: tuple[str, ...] = ()
    """On the rota, but no longer on the staff list by then."""
    not_allowed: tuple[str, ...] = ()
    """On the rota of a home that they do not cover, or unknown."""

    @property
    def trouble(self) -> bool:
        return bool(
            self.gaps or self.never_started or self.blocked or self.expired or self.not_allowed
        )


def look_over(house: House, home: str, now: datetime) -> Outcome:
    """The next 24 hours of this home's rota. Without a rota: everybody who covers it."""
    until = now + timedelta(hours=24)
    spans = [
        *rota.shifts(home, now, until, house.policy),
        *rota.exceptions(home, now, until, house.policy),
    ]
    begins: dict[str, datetime] = {}
    if rota.written(home, house.policy) or spans:
        for span in spans:
            for one in span.staff:
                begins[one] = max(begins.get(one, span.start), span.start)
    else:
        begins = {s.id: now for s in house.service.staff if s.covers(home) and s.active(now)}
    for cover in house.rota.covers:
        if cover.home == home and cover.holds(now):
            begins.setdefault(cover.staff, now)
    never: list[str] = []
    blocked: list[str] = []
    expired: list[str] = []
    foreign: list[str] = []
    for one, start in begins.items():
        staff = house.service.person(one)
        known = house.presence.get(one)
        if staff is None or not staff.covers(home):
            foreign.append(one)
        elif not staff.active(max(start, now)):
            expired.append(one)
        elif known is not None and not known.reachable:
            blocked.append(one)
        elif known is None or known.started_at is None:
            never.append(one)
    found = rota.gaps(
        home, now, until, policy=house.policy, service=house.service, state=house.rota
    )
    return Outcome(
        gaps=tuple(found),
        never_started=tuple(never),
        blocked=tuple(blocked),
        expired=tuple(expired),
        not_allowed=tuple(foreign),
    )
