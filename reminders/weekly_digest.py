"""When each person is due a weekly digest, and that it goes once. Its contents: `digest.py`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec

from protocol import london
from protocol.london import LONDON
from protocol.provider import Role, Staff
from reminders import digest
from reminders.duties import Duty
from reminders.notices import office_message
from reminders.policy import WEEKDAYS
from reminders.service_state import ServiceState
from reminders.shift_list import OpenDuties
from reminders.write_behind import OfficeChange
from storage.model import Episode, Message, Office


class DigestChoice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When one person wants the weekly digest (London time). `since` (UTC): when that was set, so
    that a time of the week that lies behind is not sent at once. `off`: not by itself."""

    weekday: int
    hour: int
    since: datetime
    off: bool = False


class DigestState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Kept in the office file under "digest". `sent`: by staff id, the last occurrence (UTC)."""

    since: datetime | None = None
    choices: dict[str, DigestChoice] = {}
    sent: dict[str, datetime] = {}

    @classmethod
    def read(cls, raw: Any) -> DigestState:
        """From the service's own file; nothing there yet is an empty state."""
        return msgspec.convert(raw or {}, cls)


class WeeklyDigests:
    """At the hour that each person chose, or that of the policy; late if it was missed."""

    name = "digest"

    def __init__(self, service_state: ServiceState, open_duties: OpenDuties) -> None:
        self.service_state = service_state
        self.open_duties = open_duties

    def next_at(self, now: datetime) -> datetime | None:
        """When (UTC) the next digest of anybody is due."""
        choices = [self.choice(staff) for staff in self._digest_readers(now)]
        return min((next_digest(one, now) for one in choices if one is not None), default=None)

    def _digest_readers(self, now: datetime) -> list[Staff]:
        """Whoever sees cases may have it; to managers it comes without having been asked for."""
        staff = self.service_state.service.staff
        return [s for s in staff if s.role is not Role.ADMINISTRATOR and s.active(now)]

    def choice(self, staff: Staff) -> DigestChoice | None:
        """When the weekly digest comes to this person by itself; None: it does not."""
        state = DigestState.read(self.service_state.state.get("digest"))
        own = state.choices.get(staff.id)
        if own is not None:
            return None if own.off else own
        default = self.service_state.policy.digest
        if state.since is None or not default.enabled or not staff.manages:
            return None
        return DigestChoice(
            weekday=WEEKDAYS.index(default.weekday), hour=default.hour, since=state.since
        )

    async def run(self, now: datetime) -> None:
        """Sends every digest that is due."""
        if DigestState.read(self.service_state.state.get("digest")).since is None:
            first = msgspec.to_builtins(DigestState(since=now))
            await self.service_state.change(lambda _: OfficeChange(state={"digest": first}))
        opened: list[tuple[Episode, int, Sequence[Duty]]] | None = None
        for staff in self._digest_readers(now):
            choice = self.choice(staff)
            if choice is None:
                continue
            moment = _last(now, choice)
            state = DigestState.read(self.service_state.state.get("digest"))
            if moment <= choice.since or state.sent.get(staff.id, choice.since) >= moment:
                continue
            if opened is None:
                opened = await self.open_duties()
            name = f"digest~{moment:%Y%m%d%H}~{staff.id}"
            message = await self._digest(name, staff, moment, now, opened)
            await self.service_state.change(_digest_sent(staff.id, moment, message))

    async def send_now(self, staff: Staff, update_id: int | None) -> None:
        """The week that ends now, for somebody who asks for it; the weekly one comes all the
        same."""
        now = self.service_state.clock.now()
        name = f"digest~now~{now:%Y%m%d%H%M%S}~{staff.id}"
        message = await self._digest(name, staff, now, now, await self.open_duties())
        await self.service_state.change(lambda _: OfficeChange(messages=[message]), update_id)

    async def _digest(
        self,
        name: str,
        staff: Staff,
        moment: datetime,
        now: datetime,
        opened: Sequence[tuple[Episode, int, Sequence[Duty]]],
    ) -> Message:
        data = await digest.gather(self.service_state, staff, moment, now, opened)
        return office_message(name, staff.id, "digest", now, data, priority=90, due_at=moment)


def next_digest(choice: DigestChoice, now: datetime) -> datetime:
    """When (UTC) the next digest is due for somebody who chose this."""
    return london.days_later(_last(now, choice), 7)


def _digest_sent(
    person: str, moment: datetime, message: Message
) -> Callable[[Office], OfficeChange | None]:
    def build(office: Office) -> OfficeChange | None:
        state = DigestState.read(office.state.get("digest"))
        if person in state.sent and state.sent[person] >= moment:
            return None
        sent = {**state.sent, person: moment}
        state = msgspec.structs.replace(state, sent=sent)
        return OfficeChange(state={"digest": msgspec.to_builtins(state)}, messages=[message])

    return build


def _last(now: datetime, choice: DigestChoice) -> datetime:
    """The last time (UTC) at or before now that was the chosen hour of the week in London."""
    local = now.astimezone(LONDON)
    day: date = local.date() - timedelta(days=(local.weekday() - choice.weekday) % 7)
    moment = london.at(day, time(choice.hour))
    return moment if moment <= now else london.at(day - timedelta(days=7), time(choice.hour))
