"""/reports: the month's figures for a manager's homes."""

from __future__ import annotations

from handlers.chat import Incoming
from handlers.context import Context, NotAllowed
from handlers.wording import monthly as say
from protocol.london import day_of
from reminders.monthly import message
from reminders.write_behind import OfficeChange


async def reports(context: Context, incoming: Incoming, _: list[str]) -> None:
    """/reports: the figures are sent like the monthly ones, for the month so far."""
    if not incoming.staff.manages:
        raise NotAllowed(say.FOR_MANAGERS)
    now = context.clock.now()
    asked = message(incoming.staff, f"{day_of(now):%Y-%m}", now, asked_for=True)
    await context.engine.service_state.change(
        lambda _: OfficeChange(messages=[asked]), incoming.update_id
    )
    await context.phone.say(incoming.chat_id, say.ON_ITS_WAY)
