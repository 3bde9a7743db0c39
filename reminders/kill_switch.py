"""The kill switch: the service sends nothing more than that it is stopped, until it is resumed.

It stands in the service's own file, so it survives restarts. Planning goes on and the records are
kept; what is due waits on record and leaves when the service is resumed. Two administrators in the
chat, or a command on the service's machine, stop and resume it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

import msgspec

from protocol.provider import Role, Staff
from reminders.delivery import SECOND
from reminders.digest import shift_lines
from reminders.notices import office_message
from reminders.planner import Planner
from reminders.service_state import ServiceState
from reminders.shift_list import SHIFT_HOURS
from reminders.stopped import MACHINE, OWN, STOPPED, Stop, stop_of
from reminders.write_behind import OfficeChange
from storage.model import Message, Office

Turn: TypeAlias = Literal["stop", "resume"]
Outcome: TypeAlias = Literal["done", "asked", "yours", "already", "alone", "not_allowed"]
"""asked: a second administrator has to confirm. yours: the first one asked again. alone: there is
no second administrator."""

ASKED = "stop_asked"
"""Key of the service's own file."""
CONFIRM_WITHIN = timedelta(minutes=10)
PRIORITY = 1


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """One administrator wants it (`at`: UTC)."""

    what: Turn
    by: str
    at: datetime


class KillSwitch:
    """Stops and resumes. Both raise NotSaved if there is an `update_id` and the disk refuses."""

    def __init__(self, service_state: ServiceState, planner: Planner) -> None:
        self.service_state = service_state
        self.planner = planner

    @property
    def stopped(self) -> Stop | None:
        """Since when and by whom; None: the service works."""
        return stop_of(self.service_state.state)

    async def ask(self, actor: Staff, what: Turn, update_id: int | None = None) -> Outcome:
        """An administrator wants it: the first one's wish is told to the others, the second one's
        within CONFIRM_WITHIN does it."""
        now = self.service_state.clock.now()
        administrators = self.service_state.service.administrators(now)
        if actor.role is not Role.ADMINISTRATOR or not actor.active(now):
            return "not_allowed"
        others = [one.id for one in administrators if one.id != actor.id]
        lines = await self._lines(what, now)
        found: list[Outcome] = []

        def build(office: Office) -> OfficeChange | None:
            asked = _asked(office, what, now)
            outcome: Outcome = "asked"
            if bool(office.state.get(STOPPED)) == (what == "stop"):
                outcome = "already"
            elif asked is not None and asked.by in others:
                outcome = "done"
            elif not others:
                outcome = "alone"
            elif asked is not None and asked.by == actor.id:
                outcome = "yours"
            found[:] = [outcome]
            if outcome == "done" and asked is not None:
                return self._turned(office, what, (asked.by, actor.id), now, lines)
            return self._wish(actor.id, others, what, now) if outcome == "asked" else None

        await self.service_state.change(build, update_id)
        if found == ["done"] and what == "resume":
            await self._release()
        return found[0]

    async def command(self, what: Turn) -> bool:
        """By a command on the machine. False if it is so already."""
        now = self.service_state.clock.now()
        lines = await self._lines(what, now)
        done: list[bool] = []

        def build(office: Office) -> OfficeChange | None:
            done[:] = [bool(office.state.get(STOPPED)) != (what == "stop")]
            return self._turned(office, what, (MACHINE,), now, lines) if done[0] else None

        await self.service_state.change(build)
        if done == [True] and what == "resume":
            await self._release()
        return done == [True]

    def _wish(self, actor: str, others: list[str], what: Turn, now: datetime) -> OfficeChange:
        data = {"what": what, "by": actor, "until": now + CONFIRM_WITHIN}
        return OfficeChange(
            state={ASKED: msgspec.to_builtins(Asking(what=what, by=actor, at=now))},
            messages=[
                office_message(
                    f"{OWN}{what}~asked~{now:%y%m%d%H%M%S}~{one}",
                    one,
                    "switch_asked",
                    now,
                    data,
                    priority=PRIORITY,
                )
                for one in others
            ],
            log=[{"at": now.isoformat(), "what": f"{what} asked", "staff": actor}],
        )

    def _turned(
        self,
        office: Office,
        what: Turn,
        by: tuple[str, ...],
        now: datetime,
        lines: dict[str, list[dict[str, Any]]],
    ) -> OfficeChange:
        before = stop_of(office.state)
        data: dict[str, Any] = {"what": what, "by": list(by), "at": now}
        if before is not None:
            data["since"] = before.at
        stop = Stop(at=now, by=by) if what == "stop" else None
        told = []
        for one in self.service_state.service.staff:
            if one.active(now):
                message = office_message(
                    f"{OWN}{what}~{now:%y%m%d%H%M%S}~{one.id}",
                    one.id,
                    "switched",
                    now,
                    {**data, "episodes": lines.get(one.id, [])},
                    priority=PRIORITY,
                )
                told.append(message)
                if one.id in self.service_state.second_channel:
                    told.append(_by_second(message, data))
        return OfficeChange(
            state={STOPPED: msgspec.to_builtins(stop), ASKED: None},
            messages=[*_overtaken(office), *told],
            log=[{"at": now.isoformat(), "what": f"service {what}", "staff": one} for one in by],
        )

    async def _lines(self, what: Turn, now: datetime) -> dict[str, list[dict[str, Any]]]:
        """By reader: the open cases that they may see, with what fell due and what comes next."""
        if what == "stop":
            return {}
        opened = await self.planner.open_duties()
        until = now + timedelta(hours=SHIFT_HOURS)
        state = self.service_state
        homes = {record.home for record, _, _ in opened}
        return {
            one.id: shift_lines(
                opened, [home for home in homes if state.sees(one, home)], now, until
            )
            for one in state.service.staff
            if one.active(now)
        }

    async def _release(self) -> None:
        """What was held back leaves now."""
        await self.service_state.load()
        for record in await self.service_state.write_behind.open_episodes():
            for message in record.messages:
                if message.state == "waiting":
                    self.service_state.events.case_message(record.ref, message)
        self.service_state.events.resumed()


def _by_second(message: Message, data: dict[str, Any]) -> Message:
    """The same by the second channel, which names no case."""
    return msgspec.structs.replace(
        message, id=f"{message.id}~{SECOND}", channel=SECOND, data=msgspec.to_builtins(data)
    )


def _overtaken(office: Office) -> list[Message]:
    """What waits and is not so any more: the switch's own messages, and lists of a shift, in whose
    place everybody is told what is due."""
    return [
        msgspec.structs.replace(one, state="cancelled")
        for one in office.messages
        if one.state == "waiting" and (one.id.startswith(OWN) or one.kind == "shift_list")
    ]


def _asked(office: Office, what: Turn, now: datetime) -> Asking | None:
    """The wish that is waiting for a second administrator."""
    raw = office.state.get(ASKED)
    asked = msgspec.convert(raw, Asking) if raw else None
    if asked is None or asked.what != what:
        return None
    return asked if timedelta(0) <= now - asked.at < CONFIRM_WITHIN else None
