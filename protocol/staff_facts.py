"""The staff list as facts: who was invited, joined, changed, moved to another account, left.

Facts are appended, never edited; `read` folds them into the list as it stands. What the
configuration lists it governs: its people are followed here as well (`by` is CONFIGURATION), so
that somebody who is taken out of the file leaves as anybody else does.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import msgspec

from protocol import london
from protocol.provider import Provider, Role, Staff

CONFIGURATION = "configuration"
"""Stands as the author of what the configuration file says."""
INVITATION_HOLDS = timedelta(hours=24)
AHEAD = timedelta(minutes=1)
"""Clocks that are kept right differ by less."""
TAKEN_IDS = ("nightlight", CONFIGURATION, "on_duty", "next", "managers", "everyone")
"""Words that no person may have as an id: authors and groups."""


class _Fact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind"):
    """`by`: staff id or CONFIGURATION. `at` (UTC): when it was put on record."""

    by: str
    at: datetime


class Invited(_Fact, frozen=True, kw_only=True, tag="invited"):
    """A link was made. Of its secret only the hash is kept. `staff`: who is to join, without a
    Telegram account; `account_of`: it is somebody of the list who changes theirs."""

    id: str
    secret_hash: str
    staff: Staff
    account_of: str = ""


class Opened(_Fact, frozen=True, kw_only=True, tag="opened"):
    """Somebody tapped the link: from now on it is this account's alone."""

    id: str
    telegram_id: int


class InvitationEnded(_Fact, frozen=True, kw_only=True, tag="invitation_ended"):
    """Nobody can use it any more. `why`: declined, withdrawn."""

    id: str
    why: str


class Joined(_Fact, frozen=True, kw_only=True, tag="joined"):
    """On the list from now on."""

    staff: Staff
    invitation: str = ""


class Changed(_Fact, frozen=True, kw_only=True, tag="changed"):
    """Name, role, homes, last day or telephone number are now these."""

    staff: Staff


class AccountChanged(_Fact, frozen=True, kw_only=True, tag="account_changed"):
    """The same person with another Telegram account."""

    staff_id: str
    telegram_id: int
    invitation: str = ""


class Left(_Fact, frozen=True, kw_only=True, tag="left"):
    """Off the list from now on. `successor`: takes the shifts; "": the rota decides."""

    staff_id: str
    successor: str = ""


StaffFact: TypeAlias = Invited | Opened | InvitationEnded | Joined | Changed | AccountChanged | Left


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """A link that was made, as it stands. `telegram_id`: whose it is since it was opened."""

    id: str
    secret_hash: str
    staff: Staff
    account_of: str
    by: str
    made_at: datetime
    telegram_id: int = 0
    over: str = ""
    """Why it cannot be used any more: used, declined, withdrawn."""

    @property
    def expires_at(self) -> datetime:
        """From this moment (UTC) on it cannot be used."""
        return self.made_at + INVITATION_HOLDS

    def open(self, now: datetime) -> bool:
        """Can it still be used? Not if it was made by a clock that was ahead: nobody knows how old
        it is."""
        return not self.over and self.made_at - AHEAD <= now < self.expires_at


class StaffRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The facts, folded. All by staff id, in the order of joining."""

    staff: Mapping[str, Staff] = {}
    former: Mapping[str, Staff] = {}
    successors: Mapping[str, str] = {}
    """Who takes the shifts of somebody who left; only where a colleague was named."""
    governed: frozenset[str] = frozenset()
    """Those whom the configuration lists, or listed last."""
    invitations: Mapping[str, Invitation] = {}

    def invitation(self, secret: str) -> Invitation | None:
        """The invitation with this secret, usable or not."""
        wanted = hashed(secret)
        return next((i for i in self.invitations.values() if i.secret_hash == wanted), None)

    def replaced_by(self, staff_id: str) -> str:
        """Who works this person's shifts now: a successor, or theirs; "" if nobody was named."""
        seen = {staff_id}
        while staff_id in self.former:
            staff_id = self.successors.get(staff_id, "")
            if not staff_id or staff_id in seen:
                return ""
            seen.add(staff_id)
        return staff_id


def hashed(secret: str) -> str:
    """What is kept of the secret of a link."""
    return hashlib.sha256(secret.encode()).hexdigest()


def facts_of(raw: Any) -> list[StaffFact]:
    """From the service's own file; nothing there yet is an empty list."""
    return msgspec.convert(raw or [], list[StaffFact])


def written(facts: Iterable[StaffFact]) -> Any:
    """As the service's own file keeps them."""
    return msgspec.to_builtins(list(facts))


def read(facts: Iterable[StaffFact]) -> StaffRecord:
    """The list as it stands after these facts."""
    staff: dict[str, Staff] = {}
    former: dict[str, Staff] = {}
    successors: dict[str, str] = {}
    governed: set[str] = set()
    invitations: dict[str, Invitation] = {}

    def over(invitation: str, why: str) -> None:
        if invitation in invitations:
            known = invitations[invitation]
            invitations[invitation] = msgspec.structs.replace(known, over=why)

    for fact in facts:
        match fact:
            case Joined(staff=one) | Changed(staff=one):
                staff[one.id] = one
                former.pop(one.id, None)
                successors.pop(one.id, None)
                (governed.add if fact.by == CONFIGURATION else governed.discard)(one.id)
                if isinstance(fact, Joined):
                    over(fact.invitation, "used")
            case AccountChanged(staff_id=one_id) if one_id in staff:
                staff[one_id] = msgspec.structs.replace(staff[one_id], telegram_id=fact.telegram_id)
                over(fact.invitation, "used")
            case Left(staff_id=one_id) if one_id in staff:
                gone = staff.pop(one_id)
                last = london.day_of(fact.at) - timedelta(days=1)
                former[one_id] = msgspec.structs.replace(
                    gone, expires=min(gone.expires or last, last), second_channel=()
                )
                if fact.successor:
                    successors[one_id] = fact.successor
            case Invited():
                invitations[fact.id] = Invitation(
                    id=fact.id,
                    secret_hash=fact.secret_hash,
                    staff=fact.staff,
                    account_of=fact.account_of,
                    by=fact.by,
                    made_at=fact.at,
                )
            case Opened() if fact.id in invitations:
                known = invitations[fact.id]
                invitations[fact.id] = msgspec.structs.replace(known, telegram_id=fact.telegram_id)
            case InvitationEnded():
                over(fact.id, fact.why)
    return StaffRecord(
        staff=staff,
        former=former,
        successors=successors,
        governed=frozenset(governed),
        invitations=invitations,
    )


def with_record(configured: Provider, record: StaffRecord) -> Provider:
    """The provider with everybody who is on the list: those of the configuration first, as it says
    it, then those who joined by invitation."""
    listed = {one.id for one in configured.staff}
    accounts = {one.telegram_id for one in configured.staff}
    joined = [
        one
        for one in record.staff.values()
        if one.id not in listed
        and one.id not in record.governed
        and one.telegram_id not in accounts
    ]
    former = [one for one in record.former.values() if one.id not in listed]
    return msgspec.structs.replace(
        configured, staff=(*configured.staff, *joined), former=tuple(former)
    )


def _followed(one: Staff) -> Staff:
    """What of somebody in the configuration is put on record: no address with a password in it."""
    return msgspec.structs.replace(one, second_channel=(), phone="")


def followed(configured: Sequence[Staff], record: StaffRecord, now: datetime) -> list[StaffFact]:
    """What the configuration says anew: who joined, changed or left by it."""
    found: list[StaffFact] = []
    for one in map(_followed, configured):
        known = record.staff.get(one.id)
        if known is None:
            found.append(Joined(by=CONFIGURATION, at=now, staff=one))
        elif known != one or one.id not in record.governed:
            found.append(Changed(by=CONFIGURATION, at=now, staff=one))
    listed = {one.id for one in configured}
    for gone in record.governed & record.staff.keys() - listed:
        found.append(Left(by=CONFIGURATION, at=now, staff_id=gone))
    return found


def new_id(name: str, taken: Collection[str]) -> str:
    """An id for somebody of this name that nobody has or ever had."""
    first = unicodedata.normalize("NFKD", name.split()[0] if name.split() else "")
    stem = re.sub(r"[^a-z0-9]", "", first.casefold())[:20] or "colleague"
    number, found = 2, stem
    while found in taken or found in TAKEN_IDS:
        found, number = f"{stem}{number}", number + 1
    return found


def may_manage(actor: Staff, other: Staff) -> bool:
    """May this person invite, change or end the other? Administrators everybody but themselves,
    managers those of their own homes who work on cases; nobody their own entry."""
    if actor.id == other.id:
        return False
    if actor.role is Role.ADMINISTRATOR:
        return True
    if not actor.manages or not other.works_on_cases:
        return False
    return not actor.homes or (bool(other.homes) and set(other.homes) <= set(actor.homes))


def may_succeed(actor: Staff, leaver: Staff, staff: Iterable[Staff], now: datetime) -> list[Staff]:
    """Who may take the shifts of somebody who leaves: works on cases, shares a home with them, and
    is managed by whoever ends their time, or is that person."""
    return [
        one
        for one in staff
        if one.id != leaver.id
        and one.active(now)
        and one.works_on_cases
        and (may_manage(actor, one) or one.id == actor.id)
        and (not one.homes or not leaver.homes or bool(set(one.homes) & set(leaver.homes)))
    ]


def is_name(name: str) -> bool:
    """Can somebody be on the list under this name?"""
    return 2 <= len(name) <= 60 and "\n" not in name and any(c.isalpha() for c in name)


def is_number(phone: str) -> bool:
    """Can this be telephoned?"""
    digits = sum(character.isdigit() for character in phone)
    return 3 <= digits <= 15 and bool(re.fullmatch(r"\+?[0-9 ()./-]+", phone))
