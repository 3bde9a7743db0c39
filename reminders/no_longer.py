"""Messages of the service's own file that do not hold any more: a hand-over or swap that nobody can
answer now, somebody who can be reached again, a night that is in order now. They are edited where
they were sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from reminders.amending import NO_LONGER
from reminders.night_check import look_over
from reminders.service_state import ServiceState
from reminders.write_behind import OfficeChange
from storage.model import Message, Office

SEVERAL_SECONDS = timedelta(seconds=10)
"""Whoever answers an offer has its outcome on the same message by then."""
TONIGHT = timedelta(hours=18)
"""So long a look at the coming night is about the future."""
KINDS = frozenset({"handover_offer", "swap_offer", "unreachable", "night_check"})


class NoLonger:
    """Looked at in every round; what is over for some seconds is edited, once."""

    name = "edits"

    def __init__(self, service_state: ServiceState) -> None:
        self.service_state = service_state
        self._over: dict[str, datetime] = {}
        self._looked_at: tuple[Any, ...] = ()
        self._in_order: frozenset[str] = frozenset()

    async def run(self, now: datetime) -> None:
        """Edits what is over."""
        office = await self.service_state.write_behind.office()
        over = dict(self._found(office, now))
        self._over = {one: self._over.get(one, now) for one in over}
        come = {one for one, since in self._over.items() if now - since >= SEVERAL_SECONDS}
        if not come:
            return

        def build(current: Office) -> OfficeChange | None:
            return OfficeChange(
                messages=[
                    _edit(message, over[message.id], now)
                    for message in current.messages
                    if message.id in come
                ]
            )

        await self.service_state.change(build)

    def next_moment(self) -> datetime | None:
        """When (UTC) the next edit is made."""
        return min((at + SEVERAL_SECONDS for at in self._over.values()), default=None)

    def _found(self, office: Office, now: datetime) -> Iterator[tuple[str, str]]:
        """Id of each message that is over and not edited, and why."""
        known = {message.id for message in office.messages if message.kind == NO_LONGER}
        sent = [
            message
            for message in office.messages
            if message.kind in KINDS
            and message.state == "sent"
            and message.message_id
            and _name(message) not in known
        ]
        offers = {one.id for one in self.service_state.rota.offers}
        swaps = {one.id for one in self.service_state.rota.swaps}
        away = self.service_state.unreachable()
        nights: list[Message] = []
        for message in sent:
            data = message.data
            match message.kind:
                case "handover_offer" if data["offer"] not in offers:
                    yield message.id, "handover"
                case "swap_offer" if data["swap"] not in swaps:
                    yield message.id, "swap"
                case "unreachable" if data["person"] not in away:
                    yield message.id, "reached"
                case "night_check" if now - message.created_at < TONIGHT:
                    nights.append(message)
        for one in self._quiet_nights(nights, now):
            yield one, "night"

    def _quiet_nights(self, nights: list[Message], now: datetime) -> frozenset[str]:
        """Of these messages those whose homes are in order now. Looked over only when somebody
        arranged something."""
        state = self.service_state
        looked_at = (
            tuple(message.id for message in nights),
            state.rota,
            state.state.get("staff"),
            id(state.service),
            id(state.policy),
        )
        if looked_at != self._looked_at:
            self._looked_at = looked_at
            named = {found["home"] for message in nights for found in message.data["homes"]}
            trouble = {home for home in named if look_over(state, home, now).trouble}
            self._in_order = frozenset(
                message.id
                for message in nights
                if not any(found["home"] in trouble for found in message.data["homes"])
            )
        return self._in_order


def _name(message: Message) -> str:
    return f"{NO_LONGER}~{message.id}~{message.message_id}"


def _edit(message: Message, why: str, now: datetime) -> Message:
    data = {**message.data, "of": message.message_id, "in": message.chat_id, "why": why}
    return Message(
        id=_name(message),
        to=message.to,
        kind=NO_LONGER,
        created_at=now,
        due_at=now,
        priority=35,
        data=msgspec.to_builtins(data),
    )
