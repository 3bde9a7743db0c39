"""The service as it stands now: who is on duty, who can be reached, and its own file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from protocol import staff_facts
from protocol.london import ClosedDays, OfficeHours
from protocol.pack import Pack
from protocol.provider import Provider, Staff
from protocol.staff_facts import StaffRecord, with_record
from reminders import reachability, rota, rota_patterns
from reminders.clock import Clock
from reminders.events import Events
from reminders.policy import Policy
from reminders.reachability import Reachability
from reminders.rota import Crew, RotaState
from reminders.successors import with_successors
from reminders.write_behind import Beside, OfficeChange, WriteBehind
from storage.model import Message, Office
from storage.store import Store

PEOPLE = "people"
"""Under this key the service's own file keeps the facts of the staff list."""


class ServiceState:
    """Shared by the engine, by what people do and by scheduled jobs.

    `events.service_message` is sent with every new waiting message of the service's own file.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        service: Provider,
        policy: Policy,
        pack: Pack,
        events: Events | None = None,
        beside: Beside | None = None,
    ) -> None:
        self.store = store
        self.write_behind = WriteBehind(store, beside)
        self.clock = clock
        self.rota = RotaState()
        self.reachability: dict[str, Reachability] = {}
        self.state: dict[str, Any] = {}
        self.events = events or Events()
        self.staff_record = StaffRecord()
        self.service = service
        self.adopt(service, policy, pack)

    def adopt(self, service: Provider, policy: Policy, pack: Pack) -> None:
        """Homes, people, settings and protocol as the configuration says them from this moment on.
        Whoever works with them asks here each time and keeps no copy."""
        self.configured = service
        self._written_policy = policy
        self.pack = pack
        self._combine()

    def _combine(self) -> None:
        """The configuration, and what is on record of people, as one."""
        before = {s.telegram_id for s in self.service.staff}
        self.service = service = with_record(self.configured, self.staff_record)
        self.policy = policy = with_successors(self._written_policy, self.staff_record)
        pack = self.pack
        self.closed_days = ClosedDays(pack.holidays, policy.holidays)
        self.office_hours = OfficeHours(
            opens=pack.opens, closes=pack.closes, closed=self.closed_days
        )
        self._people = {s.id: s for s in service.staff}
        self._note_chats()
        self._by_home = {
            home.id: Provider(
                homes=(home,), staff=tuple(s for s in service.staff if s.covers(home.id))
            )
            for home in service.homes
        }
        self.second_channel = frozenset(s.id for s in service.staff if s.second_channel)
        self.rota = self._rota_of(self.state)
        accounts = {s.telegram_id for s in service.staff}
        for telegram_id in before - accounts:
            self.events.account_gone(telegram_id)

    def _rota_of(self, state: Mapping[str, Any]) -> RotaState:
        arranged = RotaState.read(state.get("rota"))
        return arranged.ending_with_the_rota(self.policy, self.office_hours)

    async def load(self) -> None:
        """Reads the service's own file and hands on what waits there."""
        office = await self.write_behind.office()
        self._read(office)
        for message in office.messages:
            if message.state == "waiting":
                self.events.service_message(message)

    async def change(
        self, build: Callable[[Office], OfficeChange | None], update_id: int | None = None
    ) -> Office:
        """One commit to the service's own file. With an `update_id` a message that was attempted is
        not put there anew (two taps within a second make the same one), and NotSaved is raised."""
        new: list[Message] = []

        def building(office: Office) -> OfficeChange | None:
            change = build(office)
            if change is None or not change.messages or update_id is None:
                new[:] = change.messages if change else ()
                return change
            attempts = {m.id: m.attempts for m in office.messages}
            new[:] = [m for m in change.messages if m.attempts >= attempts.get(m.id, 0)]
            return OfficeChange(state=change.state, messages=tuple(new), log=change.log)

        office = await self.write_behind.put_office(building, update_id)
        self._read(office)
        for message in new:
            if message.state == "waiting":
                self.events.service_message(message)
        return office

    def _read(self, office: Office) -> None:
        if office.state.get(PEOPLE) != self.state.get(PEOPLE):
            self.staff_record = staff_facts.read(staff_facts.facts_of(office.state.get(PEOPLE)))
            self._combine()
        if office.state.get("rota") != self.state.get("rota"):
            self.rota = self._rota_of(office.state)
        if office.state.get("staff") != self.state.get("staff"):
            self.reachability = reachability.read(office.state.get("staff"))
            self._note_chats()
        self.state = dict(office.state)

    def unreachable(self) -> set[str]:
        """Staff ids that the bot cannot write to at present."""
        return {one for one, known in self.reachability.items() if not known.reachable}

    def crew(self, home: str, now: datetime) -> Crew:
        """Who can be asked about this home's cases now."""
        return rota.crew(
            home,
            now,
            policy=self.policy,
            service=self._by_home.get(home, self.service),
            state=self.rota,
            stand_ins=lambda: [s.id for s in self.stand_ins(home, now)],
            unreachable=self.unreachable(),
            office=self.office_hours,
        )

    def is_covered(self, home: str, now: datetime) -> bool:
        """Can anybody who covers this home be asked now? Never True of a home that is not in the
        configuration any more, unless somebody covers all homes."""
        service = self._by_home.get(home, self.service)
        return rota.is_covered(home, now, service, self.unreachable())

    def stand_ins(self, home: str, now: datetime) -> list[Staff]:
        """Who is asked, and may see the cases, while nobody covers this home: the managers of other
        homes; if none of them can be reached, the administrators. Empty while it is covered."""
        return [] if self.is_covered(home, now) else self.leaders(now)

    def leaders(self, now: datetime) -> list[Staff]:
        """All managers who can be reached; without any the administrators."""
        away = self.unreachable()
        managers = [s for s in self.service.staff if s.manages and s.active(now)]
        administrators = list(self.service.administrators(now))
        for group in (managers, administrators):
            if found := [s for s in group if s.id not in away]:
                return found
        return [*managers, *administrators]

    def sees(self, staff: Staff, home: str) -> bool:
        """May this person see and work on cases of that home now?"""
        now = self.clock.now()
        if not staff.active(now):
            return False
        return staff.covers(home) or any(s.id == staff.id for s in self.stand_ins(home, now))

    def crew_changes(self, home: str, now: datetime) -> datetime | None:
        """When (UTC) the people who can be asked may next be others without anybody's doing: the
        rota changes hands, something arranged in chat begins or ends, somebody's time on the staff
        list ends."""
        moments = [self.next_change(home, now)]
        for cover in self.rota.covers:
            if cover.home == home:
                moments += [cover.start, cover.end]
        for staff in self._by_home.get(home, self.service).staff:
            moments.append(staff.expires_at)
        return min((m for m in moments if m is not None and m > now), default=None)

    def on_duty(self, home: str, now: datetime) -> tuple[str, ...]:
        """Staff ids in the order of asking, whether they can be reached or not."""
        return rota.on_duty(
            home,
            now,
            policy=self.policy,
            service=self.service,
            state=self.rota,
            office=self.office_hours,
        )

    def next_change(self, home: str, now: datetime) -> datetime | None:
        """When (UTC) the written rota of this home next changes hands; None without a rota."""
        return rota_patterns.next_change(home, now, self.policy, self.office_hours)

    def chat_of(self, person: str, home: str | None) -> int | None:
        """Where to write to; None for somebody who may not be told (of that home's cases) now."""
        staff = self._people.get(person)
        if staff is None or not staff.active(self.clock.now()):
            return None
        if home is not None and not self.sees(staff, home):
            return None
        return self._chat(staff)

    def owner_of(self, chat: int) -> Staff | None:
        """Who on the list is written to in this chat now."""
        now = self.clock.now()
        return next((one for one in self._by_chat.get(chat, ()) if one.active(now)), None)

    def _note_chats(self) -> None:
        """Who is written to where may have changed."""
        self._by_chat: dict[int, list[Staff]] = {}
        for one in self.service.staff:
            self._by_chat.setdefault(self._chat(one), []).append(one)

    def _chat(self, staff: Staff) -> int:
        known = self.reachability.get(staff.id)
        return known.chat_id if known and known.chat_id is not None else staff.telegram_id

    def managers(self, homes: Iterable[str], now: datetime) -> list[Staff]:
        """The managers of any of these homes who can be reached, and whoever stands in where
        nobody covers one; without any the administrators, so that somebody learns of it."""
        away = self.unreachable()
        found = {
            s.id: s
            for home in homes
            for s in (*self.service.managers(home, now), *self.stand_ins(home, now))
            if s.id not in away
        }
        if found:
            return list(found.values())
        return [s for s in self.service.administrators(now) if s.id not in away]

    def homes_of(self, staff: Staff) -> list[str]:
        """Ids of the homes that this person covers."""
        return [home.id for home in self.service.homes if staff.covers(home.id)]
