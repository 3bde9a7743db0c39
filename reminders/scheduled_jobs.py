"""What the service itself does at its hours: the night's rota looked over, digests, hand-overs that
nobody accepted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec

from protocol import london
from protocol.london import LONDON
from protocol.provider import Role, Staff
from reminders import digest, night_check
from reminders.coverage import Coverage
from reminders.duties import Duty
from reminders.monthly import Monthly
from reminders.notices import office_message
from reminders.policy import WEEKDAYS
from reminders.rota import Offer, RotaState
from reminders.service_state import ServiceState
from reminders.shift_list import OpenDuties, ShiftLists
from reminders.swaps import not_swapped
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


class ScheduledJobs:
    """Run with every tick; `next_at` is when there is something to do again (UTC)."""

    def __init__(
        self,
        service_state: ServiceState,
        open_duties: OpenDuties,
        open_homes: Callable[[], Collection[str]],
        people_changed: Callable[[], Awaitable[None]],
    ) -> None:
        self.service_state = service_state
        self.coverage = Coverage(service_state, open_homes, people_changed)
        self.open_duties = open_duties
        self.shift_lists = ShiftLists(service_state, open_duties)
        self.monthly = Monthly(service_state)
        self.next_at: datetime | None = None
        self._looked = False

    async def run(self, now: datetime) -> None:
        """Does what has come. What was missed while the process was down is made good."""
        if self._looked and (self.next_at is None or now < self.next_at):
            return
        self._looked = True
        await self.coverage.run(now)
        await self._offers(now)
        await self.shift_lists.run(now)
        await self._night_check(now)
        await self._digests(now)
        await self.monthly.run(now)
        self._look_ahead(now)

    def look_soon(self) -> None:
        """A hand-over was offered or a choice made: all is looked at with the next tick. What has
        come in this very moment is not passed over."""
        self.next_at = self.service_state.clock.now()

    def _look_ahead(self, now: datetime) -> None:
        moments = [*self._ends(), self.monthly.next_at(now)]
        for job in (self.coverage, self.shift_lists):
            if (moment := job.next_at(now)) is not None:
                moments.append(moment)
        if self.service_state.policy.night_check.enabled:
            moments.append(_next_hour(now, self.service_state.policy.night_check.at))
        for staff in self._digest_readers(now):
            choice = self.digest_choice(staff)
            if choice is not None:
                moments.append(self.next_digest(choice, now))
        self.next_at = min((m for m in moments if m > now), default=None)

    # Hand-overs and swaps that nobody accepted ------------------------------------------------

    def _ends(self) -> list[datetime]:
        state = self.service_state.rota
        ends = [offer.expires_at for offer in state.offers]
        return [*ends, *(swap.expires_at for swap in state.swaps)]

    async def _offers(self, now: datetime) -> None:
        if not any(end <= now for end in self._ends()):
            return

        def build(office: Office) -> OfficeChange | None:
            state = RotaState.read(office.state.get("rota"))
            offers = [one for one in state.offers if one.expires_at <= now]
            swaps = [one for one in state.swaps if one.expires_at <= now]
            state = msgspec.structs.replace(
                state,
                offers=tuple(one for one in state.offers if one not in offers),
                swaps=tuple(one for one in state.swaps if one not in swaps),
            ).pruned(now)
            messages = [m for one in offers for m in self.not_accepted(one, "unanswered", now)]
            messages += [
                m for one in swaps for m in not_swapped(self.service_state, one, "unanswered", now)
            ]
            at = now.isoformat()
            log = [{"at": at, "what": "hand-over unanswered", "offer": one.id} for one in offers]
            log += [{"at": at, "what": "swap unanswered", "swap": one.id} for one in swaps]
            return OfficeChange(state={"rota": state.written()}, messages=messages, log=log)

        await self.service_state.change(build)

    def not_accepted(self, offer: Offer, why: str, now: datetime) -> list[Message]:
        """It stays with the giver, or with whom the rota names by now; the giver and the managers
        are told, each of their own homes."""
        told = {offer.giver: list(offer.homes)}
        for manager in self.service_state.managers(offer.homes, now):
            own = [home for home in offer.homes if manager.covers(home)]
            told.setdefault(manager.id, own or list(offer.homes))
        told.pop(offer.taker, None)
        first = {self.service_state.on_duty(home, now)[:1] for home in offer.homes}
        keeper = next(iter(first)) if len(first) == 1 else ()
        data = {"offer": offer.id, "why": why, "giver": offer.giver, "taker": offer.taker}
        data["keeper"] = keeper[0] if keeper else offer.giver
        return [
            office_message(
                f"kept~{offer.id}~{one}",
                one,
                "handover_kept",
                now,
                {**data, "homes": homes},
                priority=15,
            )
            for one, homes in told.items()
        ]

    # The coming night -------------------------------------------------------------------------

    async def _night_check(self, now: datetime) -> None:
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
        for home in dict.fromkeys((*homes, *self.coverage.uncovered(now))):
            outcome = night_check.look_over(self.service_state, home, now)
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

    # Digests ----------------------------------------------------------------------------------

    def _digest_readers(self, now: datetime) -> list[Staff]:
        """Whoever sees cases may have it; to managers it comes without having been asked for."""
        staff = self.service_state.service.staff
        return [s for s in staff if s.role is not Role.ADMINISTRATOR and s.active(now)]

    def next_digest(self, choice: DigestChoice, now: datetime) -> datetime:
        """When (UTC) the next digest is due for somebody who chose this."""
        return london.days_later(_last(now, choice), 7)

    def digest_choice(self, staff: Staff) -> DigestChoice | None:
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

    async def _digests(self, now: datetime) -> None:
        if DigestState.read(self.service_state.state.get("digest")).since is None:
            first = msgspec.to_builtins(DigestState(since=now))
            await self.service_state.change(lambda _: OfficeChange(state={"digest": first}))
        opened: list[tuple[Episode, int, Sequence[Duty]]] | None = None
        for staff in self._digest_readers(now):
            choice = self.digest_choice(staff)
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

    async def digest_now(self, staff: Staff, update_id: int | None) -> None:
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


def _next_hour(now: datetime, hour: time) -> datetime:
    """The next moment (UTC) at which clocks in London show `hour`."""
    today = london.day_of(now)
    moment = london.at(today, hour)
    return moment if moment > now else london.at(today + timedelta(days=1), hour)


def _last(now: datetime, choice: DigestChoice) -> datetime:
    """The last time (UTC) at or before now that was the chosen hour of the week in London."""
    local = now.astimezone(LONDON)
    day: date = local.date() - timedelta(days=(local.weekday() - choice.weekday) % 7)
    moment = london.at(day, time(choice.hour))
    return moment if moment <= now else london.at(day - timedelta(days=7), time(choice.hour))
