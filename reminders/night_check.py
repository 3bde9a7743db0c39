"""The coming night looked over while there is time to act: gaps, people who cannot be reached."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from protocol import london
from reminders import rota, rota_patterns
from reminders.coverage import Coverage
from reminders.notices import office_message
from reminders.service_state import ServiceState
from reminders.write_behind import OfficeChange
from storage.model import Office


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

    uncovered_from: datetime | None = None
    """From then on nobody who covers the home can be asked."""

    @property
    def trouble(self) -> bool:
        """Whether somebody has to act."""
        return bool(
            self.gaps
            or self.never_started
            or self.blocked
            or self.expired
            or self.not_allowed
            or self.uncovered_from
        )


def look_over(service_state: ServiceState, home: str, now: datetime) -> Outcome:
    """The next 24 hours of this home's rota, with what was arranged in chat. Without a rota:
    everybody who covers it and is on the list now."""
    until = now + timedelta(hours=24)
    policy, service, state = service_state.policy, service_state.service, service_state.rota
    hours = service_state.office_hours
    cuts = rota.stretches(home, now, until, policy=policy, state=state, office=hours)
    begins: dict[str, datetime] = {}
    for start, _ in cuts:
        for one in rota.named(
            home, start, policy=policy, service=service, state=state, office=hours
        ):
            begins[one] = start
    if rota_patterns.scheduled(home, now, policy, hours) is None:
        begins = {
            one: start
            for one, start in begins.items()
            if (staff := service.person(one)) is not None and staff.active(now)
        }
    never: list[str] = []
    blocked: list[str] = []
    expired: list[str] = []
    foreign: list[str] = []
    for one, start in begins.items():
        staff = service.person(one)
        known = service_state.reachability.get(one)
        if staff is None or not staff.covers(home):
            foreign.append(one)
        elif not staff.active(start):
            expired.append(one)
        elif known is not None and not known.reachable:
            blocked.append(one)
        elif known is None or known.started_at is None:
            never.append(one)
    found = rota.gaps(home, now, until, policy=policy, service=service, state=state, office=hours)
    return Outcome(
        gaps=tuple(found),
        never_started=tuple(never),
        blocked=tuple(blocked),
        expired=tuple(expired),
        not_allowed=tuple(foreign),
        uncovered_from=_uncovered_from(service_state, home, now, until),
    )


def _uncovered_from(
    service_state: ServiceState, home: str, now: datetime, until: datetime
) -> datetime | None:
    """The first moment of this span (UTC) from which nobody can be asked who covers this home, has
    opened the bot and can be reached."""
    ends: list[datetime | None] = []
    for staff in service_state.service.staff:
        known = service_state.reachability.get(staff.id)
        if not staff.covers(home) or not staff.active(now):
            continue
        if known is not None and known.reachable and known.started_at is not None:
            ends.append(staff.expires_at)
    last = max((until if end is None else end for end in ends), default=now)
    return last if last < until else None


class NightCheck:
    """Once a day, at the hour of the policy, for all homes."""

    name = "night check"

    def __init__(self, service_state: ServiceState, coverage: Coverage) -> None:
        self.service_state = service_state
        self._coverage = coverage

    def next_at(self, now: datetime) -> datetime | None:
        """The next moment (UTC) at which clocks in London show that hour."""
        policy = self.service_state.policy.night_check
        if not policy.enabled:
            return None
        today = london.day_of(now)
        moment = london.at(today, policy.at)
        return moment if moment > now else london.at(today + timedelta(days=1), policy.at)

    async def run(self, now: datetime) -> None:
        """Tells the managers of every home in which something is wrong, once."""
        policy = self.service_state.policy.night_check
        if not policy.enabled:
            return
        today = london.day_of(now)
        come = now >= london.at(today, policy.at)
        done = self.service_state.state.get("night_check")
        if done is None:
            # The very first start: people are still being asked to open the bot.
            last = today if come else today - timedelta(days=1)
            first = OfficeChange(state={"night_check": last.isoformat()})
            await self.service_state.change(lambda _: first)
            return
        if not come or done == today.isoformat():
            return
        told: dict[str, list[dict[str, Any]]] = {}
        homes = [home.id for home in self.service_state.service.homes]
        for home in dict.fromkeys((*homes, *self._coverage.uncovered(now))):
            outcome = look_over(self.service_state, home, now)
            if outcome.trouble:
                line = {"home": home, **msgspec.to_builtins(outcome)}
                readers = self.service_state.managers([home], now)
                if outcome.uncovered_from is not None:
                    readers = [*readers, *self.service_state.leaders(now)]
                for one in dict.fromkeys(reader.id for reader in readers):
                    told.setdefault(one, []).append(line)

        def build(office: Office) -> OfficeChange | None:
            if office.state.get("night_check") == today.isoformat():
                return None
            messages = [
                office_message(
                    f"night~{today}~{manager}",
                    manager,
                    "night_check",
                    now,
                    {"homes": homes},
                    priority=25,
                    due_at=london.at(today, policy.at),
                )
                for manager, homes in told.items()
            ]
            return OfficeChange(state={"night_check": today.isoformat()}, messages=messages)

        await self.service_state.change(build)
