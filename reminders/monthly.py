"""The month's figures for managers, sent by itself on the first working day of the next month.

The message names the month only: figures and picture are made when it is sent (`bot/monthly.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from protocol import london
from protocol.provider import Staff
from reminders.notices import office_message
from reminders.service_state import ServiceState
from reminders.write_behind import OfficeChange
from storage.model import Message, Office

HOUR = time(9)
KEY = "monthly"
"""In the service's own file: staff id -> the last month that was sent (`2026-03`)."""


def month_before(month: str) -> str:
    """`2026-03` for `2026-04`."""
    return f"{date.fromisoformat(f'{month}-01') - timedelta(days=1):%Y-%m}"


def not_ahead(sent: dict[str, str], now: datetime) -> dict[str, str]:
    """What was sent, where the clock went back: no month is sent that is not over."""
    last = month_before(f"{london.day_of(now):%Y-%m}")
    return {one: min(month, last) for one, month in sent.items()}


def message(staff: Staff, month: str, now: datetime, *, asked_for: bool = False) -> Message:
    """Figures of one month for the homes of a manager; `asked_for` in chat, or sent by itself."""
    name = f"monthly~{month}~{staff.id}"
    if asked_for:
        name = f"{name}~{now:%Y%m%d%H%M%S%f}"
    return office_message(name, staff.id, KEY, now, {"month": month}, priority=90)


class Monthly:
    """What was missed while the process was down is made good."""

    name = "monthly figures"

    def __init__(self, service_state: ServiceState) -> None:
        self.service_state = service_state

    def moment(self, month: str) -> datetime:
        """When (UTC) the figures of the month before `month` are sent: its first working day."""
        day = date.fromisoformat(f"{month}-01")
        holidays = self.service_state.pack.holidays
        while day.weekday() >= 5 or day in holidays:
            day += timedelta(days=1)
        return london.at(day, HOUR)

    def next_at(self, now: datetime) -> datetime:
        """The next first working day's hour after `now` (UTC)."""
        month = f"{london.day_of(now):%Y-%m}"
        moment = self.moment(month)
        if moment > now:
            return moment
        following = date.fromisoformat(f"{month}-01") + timedelta(days=32)
        return self.moment(f"{following:%Y-%m}")

    async def run(self, now: datetime) -> None:
        """Send last month's figures to every manager who has not had them, from their day on."""
        this = f"{london.day_of(now):%Y-%m}"
        due = month_before(this) if now >= self.moment(this) else month_before(month_before(this))
        managers = [s for s in self.service_state.service.staff if s.manages and s.active(now)]
        sent = self.service_state.state.get(KEY)
        if sent is None or any(sent.get(staff.id, "") < due for staff in managers):
            await self.service_state.change(_sent(managers, due, now))


def _sent(
    managers: list[Staff], due: str, now: datetime
) -> Callable[[Office], OfficeChange | None]:
    """Whoever is here for the first time begins with the next month: nothing is sent at once."""

    def build(office: Office) -> OfficeChange:
        sent = dict(office.state.get(KEY) or {})
        messages = []
        for staff in managers:
            if staff.id in sent and sent[staff.id] < due:
                messages.append(message(staff, due, now))
            sent[staff.id] = max(due, sent.get(staff.id, ""))
        return OfficeChange(state={KEY: sent}, messages=messages)

    return build
