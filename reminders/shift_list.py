"""The short list at the start of a shift, for those who asked for it: at the start of each of their
shifts on the rota, or without a rota every day at an hour of their choice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, time, timedelta
from typing import Any

import msgspec

from protocol import london
from protocol.provider import Staff
from reminders.digest import shift_lines
from reminders.duties import Duty
from reminders.notices import office_message
from reminders.service_state import ServiceState
from reminders.swaps import Coming
from reminders.write_behind import OfficeChange
from storage.model import Episode, Office

OpenDuties = Callable[[], Awaitable[list[tuple[Episode, int, Sequence[Duty]]]]]
SHIFT_HOURS = 12
"""How far a list looks ahead where no rota says when the shift ends."""
TOO_LATE = timedelta(hours=6)
"""A list that was missed for so long is of no use any more; /today gives a fresh one."""
AHEAD = timedelta(days=8)


class Wish(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`hour` (London): every day then; None: when a shift of theirs begins. `since` (UTC): when
    that was asked for. `sent` (UTC): the start of the shift of the last list."""

    since: datetime
    hour: int | None = None
    sent: datetime | None = None


def wishes(raw: Any) -> dict[str, Wish]:
    """By staff id, from the office file's builtins under "shift_list"."""
    return msgspec.convert(raw or {}, dict[str, Wish])


def has_shifts(service_state: ServiceState, staff: Staff, now: datetime) -> bool:
    """Does the rota name this person within the next week?"""
    return bool(Coming(service_state, now, ahead=AHEAD).turns(staff))


def end_of_shift(service_state: ServiceState, homes: Sequence[str], now: datetime) -> datetime:
    """The end of the shift (UTC): when the rota of these homes next changes hands, if it does so
    within AHEAD."""
    ends = [service_state.next_change(home, now) for home in homes]
    return max(
        (e for e in ends if e is not None and e <= now + AHEAD),
        default=now + timedelta(hours=SHIFT_HOURS),
    )


class ShiftLists:
    """Sent at each reader's own moments."""

    name = "shift lists"

    def __init__(self, service_state: ServiceState, open_duties: OpenDuties) -> None:
        self.service_state = service_state
        self.open_duties = open_duties

    async def wish(
        self, staff: Staff, *, wanted: bool, hour: int | None = None, update_id: int | None = None
    ) -> datetime | None:
        """Asks for the list, or no more. Answers when the next one comes (UTC), None if none will.
        Raises ValueError for an hour that is none, NotSaved if the book cannot be written."""
        if hour is not None and not 0 <= hour <= 23:
            msg = f"hour 0 to 23, not {hour}"
            raise ValueError(msg)
        now = self.service_state.clock.now()
        wish = Wish(since=now, hour=hour)

        def build(office: Office) -> OfficeChange:
            known = wishes(office.state.get("shift_list"))
            known.pop(staff.id, None)
            if wanted:
                known[staff.id] = wish
            return OfficeChange(state={"shift_list": msgspec.to_builtins(known)})

        await self.service_state.change(build, update_id)
        return self._times(staff, wish, now)[1] if wanted else None

    def wanted(self, staff: Staff) -> bool:
        """Whether this person asked for the list of their shift."""
        return staff.id in wishes(self.service_state.state.get("shift_list"))

    def next_at(self, now: datetime) -> datetime | None:
        """When (UTC) the next list of anybody is due."""
        moments = [times[1] for _, _, times in self._all(now)]
        return min((m for m in moments if m is not None), default=None)

    async def run(self, now: datetime) -> None:
        """Sends what has come, and what was missed while the process was down if still of use."""
        opened: list[tuple[Episode, int, Sequence[Duty]]] | None = None
        for staff, wish, (moment, _) in self._all(now):
            if moment is None or moment <= wish.since or now - moment > TOO_LATE:
                continue
            if wish.sent is not None and wish.sent >= moment:
                continue
            if opened is None:
                opened = await self.open_duties()
            homes = self.service_state.homes_of(staff)
            lines = shift_lines(opened, homes, now, end_of_shift(self.service_state, homes, now))
            message = office_message(
                f"shift-list~{moment:%Y%m%d%H%M}~{staff.id}",
                staff.id,
                "shift_list",
                now,
                {"homes": homes, "episodes": lines},
                priority=30,
                due_at=moment,
            )

            def build(
                office: Office, one: str = staff.id, at: datetime = moment, told: Any = message
            ) -> OfficeChange | None:
                known = wishes(office.state.get("shift_list"))
                if one not in known:
                    return None
                known[one] = msgspec.structs.replace(known[one], sent=at)
                state = {"shift_list": msgspec.to_builtins(known)}
                return OfficeChange(state=state, messages=[told])

            await self.service_state.change(build)

    def _all(
        self, now: datetime
    ) -> list[tuple[Staff, Wish, tuple[datetime | None, datetime | None]]]:
        """Everybody who asked for it and is on the list, with their last and next moment."""
        found = []
        rota: Coming | None = None
        for one, wish in wishes(self.service_state.state.get("shift_list")).items():
            staff = self.service_state.service.person(one)
            if staff is None or not staff.active(now):
                continue
            if wish.hour is None and rota is None:
                rota = Coming(self.service_state, now - TOO_LATE, ahead=AHEAD)
            found.append((staff, wish, self._times(staff, wish, now, rota)))
        return found

    def _times(
        self, staff: Staff, wish: Wish, now: datetime, rota: Coming | None = None
    ) -> tuple[datetime | None, datetime | None]:
        """The last moment (UTC) at which a list fell due, and the next."""
        if wish.hour is not None:
            today = london.at(london.day_of(now), time(wish.hour))
            if today <= now:
                return today, london.days_later(today, 1)
            return london.days_later(today, -1), today
        rota = rota or Coming(self.service_state, now - TOO_LATE, ahead=AHEAD)
        starts = [turn.start for turn in rota.turns(staff)]
        last = max((start for start in starts if start <= now), default=None)
        return last, min((start for start in starts if start > now), default=None)
