"""What people do about being on duty: take over, hand over, say they are there; and the choices
about digests. Kept in the service's own file; every act is one commit. (Swaps: swaps.py.)"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

import msgspec

from protocol.provider import Staff
from reminders import offers, reachability
from reminders.digest import shift_lines
from reminders.engine import Engine
from reminders.notices import office_message
from reminders.reachability import Reachability
from reminders.rota import Cover, Offer, RotaState
from reminders.shift_list import end_of_shift, has_shifts
from reminders.swaps import AHEAD, Swaps
from reminders.weekly_digest import DigestChoice, DigestState, next_digest
from reminders.write_behind import OfficeChange
from storage.model import Message, Office

_OfficeBuild: TypeAlias = Callable[[Office], OfficeChange | None]
_PresenceChange: TypeAlias = Callable[[Reachability, datetime], Reachability]
OfferOutcome: TypeAlias = Literal["done", "over", "not_allowed", "not_covered"]
"""done: it is so now. over: the offer was answered, taken back or ran out. not_allowed: not this
person's home or offer. not_covered: whoever accepts is not on the list for the home any more."""


class Shifts:
    """Called by the handlers. Every act raises NotSaved if the book cannot be written."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.service_state = engine.service_state
        self.swaps = Swaps(engine.service_state, engine.planner.people_changed)

    # On duty ---------------------------------------------------------------------------------

    def on_duty(self, home: str) -> tuple[str, ...]:
        """Staff ids on duty now, in the order of asking."""
        return self.service_state.on_duty(home, self.service_state.clock.now())

    async def take_over(
        self,
        staff: Staff,
        homes: Sequence[str],
        *,
        update_id: int | None = None,
    ) -> OfferOutcome:
        """ "I am taking over": first on duty from now until the written rota changes hands. Those
        on duty so far are told, and stay next in line."""
        if not homes or not all(staff.covers(home) for home in homes):
            return "not_allowed"
        before = {home: self.on_duty(home)[:1] for home in homes}
        lines = await self._lines(homes)

        def build(office: Office) -> OfficeChange:
            now = self.service_state.clock.now()
            covers = [self._cover(home, staff.id, "", now) for home in homes]
            messages = [
                office_message(
                    f"takeover~{now:%y%m%d%H%M%S}~{home}~{one}",
                    one,
                    "taken_over",
                    now,
                    {"by": staff.id, "home": home},
                    priority=15,
                )
                for home in homes
                for one in before[home]
                if one != staff.id
            ]
            messages.append(self._shift_card(staff.id, homes, "", lines, now))
            return self._with_covers(office, covers, messages, now, "taken over", staff.id)

        await self._change(build, update_id)
        return "done"

    async def take_gap(
        self, staff: Staff, home: str, start: datetime, *, update_id: int | None = None
    ) -> OfferOutcome:
        """ "I take this shift": on duty from `start` (UTC) on for a stretch of the coming weeks for
        which nobody is, until the written rota changes hands. over: somebody is named by now."""
        found: list[OfferOutcome] = ["over"]

        def build(office: Office) -> OfficeChange | None:
            now = self.service_state.clock.now()
            found[0] = "over"
            begins = max(start, now)
            if not staff.covers(home) or not staff.active(begins):
                found[0] = "not_allowed"
                return None
            if begins > now + AHEAD or self.service_state.on_duty(home, begins):
                return None
            found[0] = "done"
            end = self.service_state.next_change(home, begins)
            cover = Cover(home=home, staff=staff.id, start=begins, end=end)
            messages = [
                office_message(
                    f"gap-taken~{now:%y%m%d%H%M%S}~{home}~{one.id}",
                    one.id,
                    "gap_taken",
                    now,
                    {"by": staff.id, "home": home, "start": begins, "end": end},
                    priority=30,
                )
                for one in self.service_state.managers([home], now)
                if one.id != staff.id
            ]
            return self._with_covers(office, [cover], messages, now, "shift taken", staff.id)

        await self._change(build, update_id)
        return found[0]

    # Hand-over --------------------------------------------------------------------------------

    async def hand_over(
        self,
        giver: Staff,
        taker: Staff,
        homes: Sequence[str],
        *,
        update_id: int | None = None,
    ) -> Offer | None:
        """The one who goes offers; the one who comes is asked to accept. None: not allowed."""
        now = self.service_state.clock.now()
        able = all(giver.covers(home) and taker.covers(home) for home in homes)
        if not homes or not able or taker.id == giver.id or not taker.active(now):
            return None
        wait = timedelta(minutes=self.service_state.policy.hand_over.accept_minutes)
        made: list[Offer] = []

        def build(office: Office) -> OfficeChange | None:
            state = RotaState.read(office.state.get("rota"))
            offer = Offer(
                id=f"{office.version}-{giver.id}",
                homes=tuple(homes),
                giver=giver.id,
                taker=taker.id,
                offered_at=now,
                expires_at=now + wait,
            )
            made[:] = [one for one in state.offers if offers.again(one, offer)]
            if made:
                return None
            made[:] = [offer]
            kept = tuple(o for o in state.offers if o.giver != giver.id)
            state = msgspec.structs.replace(state, offers=(*kept, offer))
            data = {
                "offer": offer.id,
                "giver": giver.id,
                "homes": list(homes),
                "expires_at": offer.expires_at,
            }
            ask = office_message(
                f"offer~{offer.id}", taker.id, "handover_offer", now, data, priority=15
            )
            return OfficeChange(
                state={"rota": state.written()},
                messages=[ask],
                log=[_line(now, "hand-over offered", giver.id, offer=offer.id, taker=taker.id)],
            )

        await self._change(build, update_id)
        return made[0]

    async def accept(
        self, taker: Staff, offer_id: str, *, update_id: int | None = None
    ) -> OfferOutcome:
        """The one who comes is on duty now, and gets one message with every open episode, what is
        unmet and what falls due on the shift. The one who goes is told."""
        offer = self._offer(offer_id)
        if offer is None:
            return "over"
        if offer.taker != taker.id:
            return "not_allowed"
        lines = await self._lines(offer.homes)
        outcome: list[OfferOutcome] = ["over"]

        def build(office: Office) -> OfficeChange | None:
            now = self.service_state.clock.now()
            state = RotaState.read(office.state.get("rota"))
            if offer not in state.offers or offer.expires_at <= now:
                outcome[0] = "over"
                return None
            listed = self.service_state.service.person(taker.id)
            if listed is None or not all(listed.covers(home) for home in offer.homes):
                outcome[0] = "not_covered"
                return None
            outcome[0] = "done"
            covers = [self._cover(home, taker.id, offer.giver, now) for home in offer.homes]
            told = office_message(
                f"accepted~{offer.id}",
                offer.giver,
                "handover_accepted",
                now,
                {"taker": taker.id, "homes": list(offer.homes)},
                priority=15,
            )
            card = self._shift_card(taker.id, offer.homes, offer.giver, lines, now)
            change = self._with_covers(
                office, covers, [told, card], now, "hand-over accepted", taker.id
            )
            return offers.without(change, offer.id)

        await self._change(build, update_id)
        return outcome[0]

    async def refuse(
        self, staff: Staff, offer_id: str, *, update_id: int | None = None
    ) -> OfferOutcome:
        """The one who comes says no (or the giver takes it back): it stays with the giver, and
        the manager is told."""
        offer = self._offer(offer_id)
        if offer is None:
            return "over"
        if staff.id not in (offer.taker, offer.giver):
            return "not_allowed"
        outcome: list[OfferOutcome] = ["over"]
        why = "refused" if staff.id == offer.taker else "taken back"

        def build(office: Office) -> OfficeChange | None:
            now = self.service_state.clock.now()
            state = RotaState.read(office.state.get("rota"))
            if offer not in state.offers:
                outcome[0] = "over"
                return None
            outcome[0] = "done"
            messages: list[Message] = []
            if why == "refused":
                messages = offers.not_accepted(self.service_state, offer, why, now)
            change = OfficeChange(
                state={"rota": state.written()},
                messages=messages,
                log=[_line(now, f"hand-over {why}", staff.id, offer=offer.id)],
            )
            return offers.without(change, offer.id)

        await self._change(build, update_id)
        return outcome[0]

    # Being there ------------------------------------------------------------------------------

    async def staff_started(
        self, staff_id: str, *, chat_id: int | None = None, update_id: int | None = None
    ) -> None:
        """This person wrote to the bot: it can reach them (again)."""
        known = self.service_state.reachability.get(staff_id)
        if known is not None and known.started_at is not None and known.reachable:
            return
        await self._presence(
            staff_id,
            lambda before, now: msgspec.structs.replace(
                before,
                started_at=before.started_at or now,
                unreachable_at=None,
                why="",
                chat_id=chat_id if chat_id is not None else before.chat_id,
            ),
            update_id,
        )
        await self.engine.planner.came_back(staff_id)

    async def staff_blocked(self, staff_id: str, why: str = "blocked the bot") -> None:
        """Telegram says that this person blocked the bot: whoever is next is asked at once."""
        await self.engine.planner.lost(staff_id, why)

    async def _presence(
        self, staff_id: str, change: _PresenceChange, update_id: int | None
    ) -> None:
        def build(office: Office) -> OfficeChange:
            people = reachability.read(office.state.get("staff"))
            before = people.get(staff_id, Reachability())
            people[staff_id] = change(before, self.service_state.clock.now())
            return OfficeChange(state={"staff": reachability.written(people)})

        await self.service_state.change(build, update_id)

    # Lists and digests --------------------------------------------------------------------------

    async def duty_list(self, staff: Staff, *, homes: Sequence[str] = ()) -> list[dict[str, Any]]:
        """The short list at the start of a shift, most urgent first: for every open episode of
        these homes (default: all that this person covers) `ref`, `home`, `level`, `unmet`,
        `next`, `falls_due` (until the rota changes hands)."""
        wanted = homes or self.service_state.homes_of(staff)
        return await self._lines([home for home in wanted if staff.covers(home)])

    def wants_list(self, staff: Staff) -> bool:
        """Does the short list come to this person by itself at the start of a shift?"""
        return self.engine.shift_lists.wanted(staff)

    def has_shifts(self, staff: Staff) -> bool:
        """Does the rota name this person within the next week?"""
        return has_shifts(self.service_state, staff, self.service_state.clock.now())

    async def list_setting(
        self, staff: Staff, *, wanted: bool, hour: int | None = None, update_id: int | None = None
    ) -> datetime | None:
        """Sends the short list at the start of each shift on the rota, or daily at `hour` (London),
        or no more. Answers when the next one comes (UTC); None: none will."""
        lists = self.engine.shift_lists
        coming = await lists.wish(staff, wanted=wanted, hour=hour, update_id=update_id)
        self.service_state.events.look_soon()
        self.service_state.events.moments_changed()
        return coming

    async def digest_setting(
        self, staff: Staff, weekday: int, hour: int, *, update_id: int | None = None
    ) -> datetime:
        """When this person wants the weekly digest: `weekday` 0 is Monday, `hour` is London time.
        Answers when the next one comes (UTC). Raises ValueError."""
        if not (0 <= weekday <= 6 and 0 <= hour <= 23):
            msg = f"weekday 0 to 6 and hour 0 to 23, not {weekday} and {hour}"
            raise ValueError(msg)
        choice = DigestChoice(weekday=weekday, hour=hour, since=self.service_state.clock.now())

        await self._choose_digest(staff, choice, update_id)
        return next_digest(choice, self.service_state.clock.now())

    async def digest_off(self, staff: Staff, *, update_id: int | None = None) -> None:
        """The weekly digest comes no longer by itself."""
        choice = DigestChoice(weekday=0, hour=9, since=self.service_state.clock.now(), off=True)
        await self._choose_digest(staff, choice, update_id)

    async def digest_now(self, staff: Staff, *, update_id: int | None = None) -> None:
        """Sends the digest of the last seven days."""
        await self.engine.weekly_digests.send_now(staff, update_id)

    def next_digest(self, staff: Staff) -> datetime | None:
        """When (UTC) the weekly digest comes to this person next; None: not by itself."""
        choice = self.engine.weekly_digests.choice(staff)
        return next_digest(choice, self.service_state.clock.now()) if choice else None

    async def _choose_digest(
        self, staff: Staff, choice: DigestChoice, update_id: int | None
    ) -> None:
        def build(office: Office) -> OfficeChange:
            state = DigestState.read(office.state.get("digest"))
            state = msgspec.structs.replace(state, choices={**state.choices, staff.id: choice})
            return OfficeChange(state={"digest": msgspec.to_builtins(state)})

        await self._change(build, update_id)

    # ------------------------------------------------------------------------------------------

    async def _change(self, build: _OfficeBuild, update_id: int | None) -> None:
        await self.service_state.change(build, update_id)
        await self.engine.planner.people_changed()

    def _offer(self, offer_id: str) -> Offer | None:
        return next((o for o in self.service_state.rota.offers if o.id == offer_id), None)

    def _cover(self, home: str, staff: str, instead_of: str, now: datetime) -> Cover:
        end = self.service_state.next_change(home, now)
        return Cover(home=home, staff=staff, start=now, end=end, instead_of=instead_of)

    def _with_covers(
        self,
        office: Office,
        covers: Sequence[Cover],
        messages: Sequence[Message],
        now: datetime,
        what: str,
        by: str,
    ) -> OfficeChange:
        state = RotaState.read(office.state.get("rota"))
        state = msgspec.structs.replace(state, covers=(*state.covers, *covers)).pruned(now)
        log = [_line(now, what, by, home=cover.home, staff=cover.staff) for cover in covers]
        return OfficeChange(state={"rota": state.written()}, messages=messages, log=log)

    async def _lines(self, homes: Sequence[str]) -> list[dict[str, Any]]:
        now = self.service_state.clock.now()
        ends = end_of_shift(self.service_state, homes, now)
        return shift_lines(await self.engine.planner.open_duties(), homes, now, ends)

    def _shift_card(
        self,
        to: str,
        homes: Sequence[str],
        giver: str,
        lines: list[dict[str, Any]],
        now: datetime,
    ) -> Message:
        data = {"homes": list(homes), "giver": giver, "episodes": lines}
        name = f"shift~{now:%y%m%d%H%M%S}~{to}"
        return office_message(name, to, "handover", now, data, priority=15)


def _line(now: datetime, what: str, by: str, **more: str) -> dict[str, Any]:
    return {"at": now.isoformat(), "what": what, "by": by, **more}
