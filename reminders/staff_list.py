"""What people do about the staff list: invite, join, change, move to another account, leave.

Each act is one commit to the service's own file. Nothing stays with somebody who is gone: what was
arranged with them is settled in the commit that ends their time on the list, what they had in hand
is asked anew.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Literal, TypeAlias

import msgspec

from protocol import staff_facts as f
from protocol.provider import Role, Staff
from protocol.staff_facts import Invitation, StaffFact, StaffRecord, may_manage
from reminders import reachability
from reminders.digest import shift_lines
from reminders.engine import Engine
from reminders.leaving import leaving_log, settled
from reminders.reachability import Reachability
from reminders.service_state import PEOPLE
from reminders.shift_list import end_of_shift
from reminders.write_behind import OfficeChange
from storage.model import Message, Office

SECRET_BYTES = 24
"""Of a link: 32 characters, as many as nobody guesses within a day."""

Opening: TypeAlias = Literal["ask", "unknown", "over", "late", "others", "on_list"]
"""ask: it is to be confirmed. over: used, declined or withdrawn. late: more than a day old. others:
another account opened it first. on_list: this account is on the list already."""
Why: TypeAlias = Literal[
    "", "not_allowed", "configuration", "last_administrator", "gone", "account"
]
"""Why an act was not done; "" if it was. account: another person has this Telegram account."""
_Build: TypeAlias = Callable[[StaffRecord, datetime], tuple[Sequence[StaffFact], Why]]


class StaffList:
    """Called by the handlers and by whoever takes over a configuration. Every act that a person
    does (`update_id`) raises NotSaved if the records cannot be written."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.service_state = engine.service_state

    # Who may do what ------------------------------------------------------------------------

    def manages_people(self, actor: Staff) -> bool:
        """May this person look at the list and change it?"""
        return actor.manages or actor.role is Role.ADMINISTRATOR

    def visible(self, actor: Staff) -> list[Staff]:
        """Everybody whose entry this person may see: those they may change, and themselves."""
        if not self.manages_people(actor):
            return []
        staff = self.service_state.service.staff
        return [one for one in staff if one.id == actor.id or may_manage(actor, one)]

    def is_governed(self, staff_id: str) -> bool:
        """Does the configuration list this person?"""
        return any(one.id == staff_id for one in self.service_state.configured.staff)

    def roles_to_give(self, actor: Staff) -> list[Role]:
        """The roles that this person may give to others."""
        if actor.role is Role.ADMINISTRATOR:
            return list(Role)
        return [Role.DUTY_MANAGER, Role.MANAGER] if actor.manages else []

    def invitations(self, actor: Staff) -> list[Invitation]:
        """Links that can still be used, of people whom this person may manage, oldest first."""
        now = self.service_state.clock.now()
        return [
            one
            for one in self.service_state.staff_record.invitations.values()
            if one.open(now) and may_manage(actor, one.staff)
        ]

    # Joining --------------------------------------------------------------------------------

    async def invite(
        self, actor: Staff, wanted: Staff, *, account_of: str = "", update_id: int | None = None
    ) -> tuple[str, Invitation | None]:
        """Makes a link: its secret, which is told once and kept nowhere, and the invitation; None
        if this person may not invite such a colleague. The id of `wanted` is made here."""
        secret = secrets.token_urlsafe(SECRET_BYTES)
        number = secrets.token_hex(4)

        def build(record: StaffRecord, now: datetime) -> tuple[Sequence[StaffFact], Why]:
            if wanted.role not in self.roles_to_give(actor) or not may_manage(actor, wanted):
                return [], "not_allowed"
            new = wanted
            if not account_of:
                new = msgspec.structs.replace(wanted, id=self._new_id(wanted.name, record))
            elif why := self._why_not(actor, account_of):
                return [], why
            earlier = [
                f.InvitationEnded(by=actor.id, at=now, id=one.id, why="withdrawn")
                for one in record.invitations.values()
                if account_of and one.account_of == account_of and one.open(now)
            ]
            made = f.Invited(
                by=actor.id,
                at=now,
                id=number,
                secret_hash=f.hashed(secret),
                staff=new,
                account_of=account_of,
            )
            return [*earlier, made], ""

        why = await self._commit("invited", actor.id, build, update_id)
        if why:
            return "", None
        return secret, self.service_state.staff_record.invitations[number]

    def _new_id(self, name: str, record: StaffRecord) -> str:
        invited = {one.staff.id for one in record.invitations.values()}
        listed = {one.id for one in self.service_state.service.staff}
        return f.new_id(name, {*record.staff, *record.former, *invited, *listed})

    async def withdraw(self, actor: Staff, invitation: str, *, update_id: int | None = None) -> Why:
        """The link cannot be used any more."""

        def build(record: StaffRecord, now: datetime) -> tuple[Sequence[StaffFact], Why]:
            known = record.invitations.get(invitation)
            if known is None or not known.open(now):
                return [], "gone"
            if not may_manage(actor, known.staff):
                return [], "not_allowed"
            ended = f.InvitationEnded(by=actor.id, at=now, id=invitation, why="withdrawn")
            return [ended], ""

        return await self._commit("invitation withdrawn", actor.id, build, update_id)

    async def opened(
        self, telegram_id: int, secret: str, *, update_id: int | None = None
    ) -> tuple[Opening, Invitation | None]:
        """Somebody tapped a link. The first account that opens it has it."""
        known = self.service_state.staff_record.invitation(secret)
        if known is None:
            return "unknown", None
        if self.service_state.service.by_telegram(telegram_id) is not None:
            return "on_list", known
        now = self.service_state.clock.now()
        if known.telegram_id and known.telegram_id != telegram_id:
            await self._tell_inviter(known, "invitation_twice")
            return "others", known
        if known.over or not self._inviter_may(known):
            if known.over == "used":
                await self._tell_inviter(known, "invitation_twice")
            return "over", known
        if not known.open(now):
            return "late", known
        outcome: list[Opening] = ["ask"]

        def build(record: StaffRecord, now: datetime) -> tuple[Sequence[StaffFact], Why]:
            current = record.invitations[known.id]
            if current.telegram_id not in (0, telegram_id):
                outcome[0] = "others"
                return [], "gone"
            outcome[0] = "ask"
            if current.telegram_id:
                return [], ""
            opened = f.Opened(by=known.by, at=now, id=known.id, telegram_id=telegram_id)
            return [opened], ""

        await self._commit("invitation opened", known.by, build, update_id)
        return outcome[0], known

    def waiting_for(self, telegram_id: int, invitation: str) -> Invitation | None:
        """The invitation that this account has opened and not answered."""
        known = self.service_state.staff_record.invitations.get(invitation)
        if known is None or known.telegram_id != telegram_id:
            return None
        usable = known.open(self.service_state.clock.now()) and self._inviter_may(known)
        return known if usable else None

    def _inviter_may(self, known: Invitation) -> bool:
        """Whoever invited may be gone, or have other homes now: then the link is worth nothing."""
        now = self.service_state.clock.now()
        inviter = self.service_state.service.person(known.by)
        if inviter is None or not inviter.active(now):
            return False
        return known.staff.role in self.roles_to_give(inviter) and may_manage(inviter, known.staff)

    async def answered(
        self, telegram_id: int, invitation: str, *, yes: bool, update_id: int | None = None
    ) -> Staff | None:
        """The invited person confirms, and is on the list from this moment; or says that it is not
        them, and the link is worth nothing. The inviter is told. None: nothing to answer any
        more, or "no"."""

        def build(record: StaffRecord, now: datetime) -> tuple[Sequence[StaffFact], Why]:
            known = self.waiting_for(telegram_id, invitation)
            if known is None:
                return [], "gone"
            by = known.account_of or known.staff.id
            if not yes:
                return [f.InvitationEnded(by=known.by, at=now, id=invitation, why="declined")], ""
            if known.account_of:
                if known.account_of not in record.staff:
                    return [], "gone"
                fact: StaffFact = f.AccountChanged(
                    by=by,
                    at=now,
                    staff_id=known.account_of,
                    telegram_id=telegram_id,
                    invitation=invitation,
                )
                return [fact], ""
            one = msgspec.structs.replace(known.staff, telegram_id=telegram_id)
            return [f.Joined(by=by, at=now, staff=one, invitation=invitation)], ""

        known = self.waiting_for(telegram_id, invitation)
        why = await self._commit("joined" if yes else "declined", "", build, update_id)
        if why or known is None:
            return None
        if not yes:
            await self._tell_inviter(known, "invitation_declined")
            return None
        new = self.service_state.service.by_telegram(telegram_id)
        if new is not None:
            await self._reached(new.id)
            await self._tell_inviter(known, "joined", staff=new.id)
        return new

    async def _reached(self, staff_id: str) -> None:
        """They have just written from this account: whatever was known of another is forgotten."""

        def build(office: Office) -> OfficeChange:
            people = reachability.read(office.state.get("staff"))
            people[staff_id] = Reachability(started_at=self.service_state.clock.now())
            return OfficeChange(state={"staff": reachability.written(people)})

        await self.service_state.change(build)
        await self.engine.planner.people_changed()

    async def _tell_inviter(self, known: Invitation, kind: str, **more: str) -> None:
        now = self.service_state.clock.now()
        inviter = self.service_state.service.person(known.by)
        told = [known.by]
        if inviter is None or not inviter.active(now):
            told = [one.id for one in self.service_state.service.administrators(now)]
        data = {"name": known.staff.name, "account_of": known.account_of, **more}
        await self.engine.notices.tell(told, f"{kind}~{known.id}", kind, data)

    # Changing and leaving -------------------------------------------------------------------

    def _why_not(self, actor: Staff, staff_id: str) -> Why:
        """Why this person may not change that entry; "" if they may."""
        other = next((s for s in self.service_state.service.staff if s.id == staff_id), None)
        if other is None:
            return "gone"
        if not may_manage(actor, other):
            return "not_allowed"
        return "configuration" if self.is_governed(staff_id) else ""

    async def change(self, actor: Staff, changed: Staff, *, update_id: int | None = None) -> Why:
        """Another name, role, homes, last day or number for somebody."""

        def build(record: StaffRecord, now: datetime) -> tuple[Sequence[StaffFact], Why]:
            if why := self._why_not(actor, changed.id):
                return [], why
            known = record.staff[changed.id]
            if changed.role not in self.roles_to_give(actor) or not may_manage(actor, changed):
                return [], "not_allowed"
            if known.role is Role.ADMINISTRATOR and self._last_administrator(changed, now):
                return [], "last_administrator"
            kept = msgspec.structs.replace(changed, telegram_id=known.telegram_id)
            return [f.Changed(by=actor.id, at=now, staff=kept)], ""

        return await self._commit("changed", actor.id, build, update_id, staff=changed.id)

    async def own_phone(self, staff: Staff, phone: str, *, update_id: int | None = None) -> Why:
        """The number at which this person is telephoned: the one thing of their own entry that
        they change themselves."""

        def build(record: StaffRecord, now: datetime) -> tuple[Sequence[StaffFact], Why]:
            if self.is_governed(staff.id):
                return [], "configuration"
            known = record.staff.get(staff.id)
            if known is None:
                return [], "gone"
            changed = msgspec.structs.replace(known, phone=phone)
            return [f.Changed(by=staff.id, at=now, staff=changed)], ""

        return await self._commit("telephone changed", staff.id, build, update_id, staff=staff.id)

    def _last_administrator(self, after: Staff | None, now: datetime, leaver: str = "") -> bool:
        """Would nobody look after the bot any more?"""
        gone = after.id if after is not None else leaver
        left = [s for s in self.service_state.service.administrators(now) if s.id != gone]
        stays = after is not None and after.role is Role.ADMINISTRATOR and after.active(now)
        return not left and not stays

    async def cases_in_hand(self, staff_id: str) -> int:
        """In how many open cases this person has said "I have it"."""
        return len((await self._in_hand()).get(staff_id, []))

    async def end(
        self, actor: Staff, staff_id: str, *, successor: str = "", update_id: int | None = None
    ) -> Why:
        """This person is off the list from this moment and hears nothing more."""

        def build(record: StaffRecord, now: datetime) -> tuple[Sequence[StaffFact], Why]:
            if why := self._why_not(actor, staff_id):
                return [], why
            known = record.staff[staff_id]
            if known.role is Role.ADMINISTRATOR and self._last_administrator(None, now, staff_id):
                return [], "last_administrator"
            if successor and not any(
                one.id == successor and one.active(now) for one in self.service_state.service.staff
            ):
                return [], "gone"
            return [f.Left(by=actor.id, at=now, staff_id=staff_id, successor=successor)], ""

        return await self._commit("ended", actor.id, build, update_id, staff=staff_id)

    async def follow_configuration(self) -> None:
        """What the configuration says of people is put on record; who is not in it any more has
        left. Called at the start and when it was read again."""

        def build(record: StaffRecord, now: datetime) -> tuple[Sequence[StaffFact], Why]:
            return f.followed(self.service_state.configured.staff, record, now), ""

        await self._commit("configuration", f.CONFIGURATION, build, None)

    # One commit -----------------------------------------------------------------------------

    async def _commit(
        self, what: str, by: str, make: _Build, update_id: int | None, **more: str
    ) -> Why:
        state = self.service_state
        in_hand = await self._in_hand()
        found: list[Why] = [""]

        def build(office: Office) -> OfficeChange | None:
            now = state.clock.now()
            known = f.facts_of(office.state.get(PEOPLE))
            facts, found[0] = make(f.read(known), now)
            if not facts:
                return None
            changes: dict[str, Any] = {PEOPLE: f.written([*known, *facts])}
            messages: list[Message] = []
            lines = [{"at": now.isoformat(), "what": what, "by": by, **more}]
            for fact in facts:
                if isinstance(fact, f.Joined):
                    lines[0]["staff"] = fact.staff.id
                if isinstance(fact, f.Left):
                    changes["rota"], told = settled(
                        state, office, changes.get("rota", office.state.get("rota")), fact, in_hand
                    )
                    messages += told
                    lines += leaving_log(fact, told)
            return OfficeChange(state=changes, messages=messages, log=lines)

        await state.change(build, update_id)
        await self.engine.planner.people_changed()
        return found[0]

    async def _in_hand(self) -> dict[str, list[dict[str, Any]]]:
        """By staff id, the cases in which somebody has said "I have it"."""
        found: dict[str, list[dict[str, Any]]] = {}
        now = self.service_state.clock.now()
        homes = [home.id for home in self.service_state.service.homes]
        ends = end_of_shift(self.service_state, homes, now)
        open_duties = await self.engine.planner.open_duties()
        for one in open_duties:
            holders = {duty.owner for duty in one[2] if duty.owner and duty.held(now)}
            for holder in holders:
                found.setdefault(holder, []).extend(shift_lines([one], homes, now, ends))
        return found
