"""What managers and administrators are told when something is out of order, and how a message of
the service's own file is made."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import msgspec

from protocol import london
from protocol.provider import Staff
from reminders import reachability
from reminders.all_clear import to_be_made_up
from reminders.amending import EDITS
from reminders.reachability import Reachability
from reminders.service_state import ServiceState
from reminders.write_behind import OfficeChange
from storage.model import Message, Office
from storage.store import NotFound


def office_message(
    name: str,
    to: str,
    kind: str,
    now: datetime,
    data: dict[str, Any],
    *,
    priority: int,
    due_at: datetime | None = None,
) -> Message:
    """A message of the service's own file."""
    return Message(
        id=name,
        to=to,
        kind=kind,
        created_at=now,
        due_at=due_at or now,
        priority=priority,
        data=msgspec.to_builtins(data),
    )


MUST_BE_HEARD = frozenset({"unreachable", "nobody_covers", "refused", "address", "alarm"})
"""Kinds of message that somebody has to hear, whoever that is."""
HEARD_WITHIN = timedelta(days=3)
"""What is older is no news."""


MOST_ATTEMPTS = 3
"""After so many it is passed on to the same person no more."""


class Notices:
    """Called when delivery found somebody unreachable, and by whoever has something to tell."""

    def __init__(self, service_state: ServiceState) -> None:
        self.service_state = service_state

    async def unreachable(self, person: str, why: str) -> None:
        """This person cannot be written to: kept on record, and the managers are told once."""
        now = self.service_state.clock.now()
        staff = self.service_state.service.person(person)
        known = self.service_state.reachability.get(person, Reachability())
        if not known.reachable:
            return

        def build(office: Office) -> OfficeChange | None:
            people = reachability.read(office.state.get("staff"))
            before = people.get(person, Reachability())
            people[person] = msgspec.structs.replace(before, unreachable_at=now, why=why)
            homes = self.service_state.homes_of(staff) if staff else []
            told = [s for s in self.service_state.managers(homes, now) if s.id != person]
            if not told:
                told = [s for s in self.service_state.service.administrators(now) if s.id != person]
            return OfficeChange(
                state={"staff": reachability.written(people)},
                messages=[
                    office_message(
                        f"unreachable~{person}~{now:%y%m%d%H%M%S}~{one.id}",
                        one.id,
                        "unreachable",
                        now,
                        {"person": person, "why": why},
                        priority=5,
                    )
                    for one in told
                ],
                log=[{"at": now.isoformat(), "what": "unreachable", "staff": person}],
            )

        await self.service_state.change(build)

    async def made_up(self, person: str) -> None:
        """Edits of alarms of closed cases that this person could not be sent: they can be, now."""

        def build(office: Office) -> OfficeChange | None:
            again = [
                msgspec.structs.replace(one, state="waiting", error="")
                for one in office.messages
                if one.kind in EDITS and one.to == person and to_be_made_up(one)
            ]
            return OfficeChange(messages=again) if again else None

        await self.service_state.change(build)

    async def pass_on(self) -> None:
        """What nobody has heard, because all it was sent to cannot be reached: whoever is next
        hears it. Harmless when it is called again."""
        if any(self._passed_on(await self.service_state.write_behind.office())):
            await self.service_state.change(
                lambda office: OfficeChange(messages=self._passed_on(office))
            )

    def _passed_on(self, office: Office) -> list[Message]:
        now, away = self.service_state.clock.now(), self.service_state.unreachable()
        alike: dict[str, list[Message]] = {}
        for message in office.messages:
            if message.kind in MUST_BE_HEARD and now - message.created_at < HEARD_WITHIN:
                alike.setdefault(message.id.removesuffix(f"~{message.to}"), []).append(message)
        made: list[Message] = []
        for name, same in alike.items():
            if any(m.state == "sent" or (m.state == "waiting" and m.to not in away) for m in same):
                continue
            before = {m.to: m for m in same}
            without = away | {same[0].data.get("person")}
            for one in self._next_to_hear(same[0], now):
                again = before.get(one.id, same[0])
                attempts = again.attempts if one.id in before else 0
                if one.id in without or attempts >= MOST_ATTEMPTS:
                    continue
                new = office_message(
                    f"{name}~{one.id}", one.id, again.kind, now, again.data, priority=5
                )
                made.append(msgspec.structs.replace(new, attempts=attempts))
        return made

    def _next_to_hear(self, message: Message, now: datetime) -> list[Staff]:
        """Managers of the homes concerned or who stands in there; else all who lead. What names a
        case goes to nobody else."""
        service_state = self.service_state
        if home := message.data.get("home"):
            return service_state.managers([home], now)
        staff = service_state.service.person(str(message.data.get("person") or message.to))
        homes = service_state.homes_of(staff) if staff else []
        away = service_state.unreachable()
        found = [s for s in service_state.managers(homes, now) if s.id not in away]
        return found or service_state.leaders(now)

    async def moved(self, person: str, chat_id: int) -> None:
        """The chat has a new id, which is used from now on."""

        def build(office: Office) -> OfficeChange | None:
            people = reachability.read(office.state.get("staff"))
            before = people.get(person, Reachability())
            people[person] = msgspec.structs.replace(before, chat_id=chat_id)
            return OfficeChange(state={"staff": reachability.written(people)})

        await self.service_state.change(build)

    async def refused(self, ref: str, message: Message, why: str) -> None:
        """A message that will never be taken: the managers and administrators are told. What the
        second channel does not take is the address's fault: that is told once a day."""
        if message.kind in ("alarm", "refused"):
            return
        now = self.service_state.clock.now()
        staff = self.service_state.service.person(message.to)
        homes = self.service_state.homes_of(staff) if staff else []
        home = ""
        with suppress(NotFound):
            home = (await self.service_state.write_behind.episode(ref)).home if ref else ""
        people = {s.id: s for s in self.service_state.managers([home] if home else homes, now)} | {
            s.id: s for s in self.service_state.service.administrators(now)
        }
        others = [one for one in people if one != message.to]
        if message.channel == "second":
            name = f"address~{message.to}~{london.day_of(now)}"
            await self.tell(others, name, "address", {"person": message.to, "why": why})
            return
        data = {"ref": ref, "person": message.to, "kind": message.kind, "about": message.about}
        data |= {"home": home} if home else {}
        await self.tell(others, f"refused~{ref}~{message.id}", "refused", {**data, "why": why})

    async def clock(self, what: str, by: timedelta) -> None:
        """The clock was moved (`what`: clock_back, clock_forward): those who look after the bot are
        told, or without any of them the managers."""
        now = self.service_state.clock.now()
        people = self.service_state.service.administrators(now)
        away = self.service_state.unreachable()
        told = [s.id for s in people if s.id not in away] or [
            s.id for s in self.service_state.leaders(now)
        ]
        data = {"what": what, "seconds": int(by.total_seconds())}
        await self.tell(told, f"{what}~{now:%y%m%d%H%M%S}", "alarm", data)

    async def tell(self, people: Iterable[str], name: str, kind: str, data: dict[str, Any]) -> None:
        """One message of the service's own file to each of these people, once per `name`."""
        now = self.service_state.clock.now()
        messages = [
            office_message(f"{name}~{one}", one, kind, now, data, priority=5) for one in people
        ]

        def build(office: Office) -> OfficeChange | None:
            known = {m.id for m in office.messages}
            new = [m for m in messages if m.id not in known]
            return OfficeChange(messages=new) if new else None

        await self.service_state.change(build)
