"""The service as the configuration describes it: homes, placing authorities and staff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from protocol import london
from protocol.london import LONDON


class Role(StrEnum):
    """What a member of staff may do. A manager may do all that a duty manager may.

    An administrator looks after the bot (alarms, health) and sees no case. An auditor reads cases
    on the service's own pages and changes nothing; in the chat they see none and are never asked.
    """

    DUTY_MANAGER = "duty_manager"
    MANAGER = "manager"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


ON_DUTY_ROLES = frozenset({Role.DUTY_MANAGER, Role.MANAGER})
"""Roles that work on cases."""


class Contact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody to telephone. Numbers are shown, never dialled."""

    label: str
    phone: str = ""
    email: str = ""


class Authority(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A placing authority: its day team and its emergency duty team."""

    name: str
    code: str = ""
    """Of the Office for National Statistics, for figures: E09000014."""
    duty_team: Contact | None = None
    emergency_duty_team: Contact | None = None
    pack: str = ""
    """Its own protocol pack, followed beside the home's for its young people placed elsewhere."""


class Home(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A children's home or fostering team. `prefix` begins its case references ("RH-7K2D")."""

    id: str
    name: str
    prefix: str
    authority: str = ""
    """The authority in whose area it lies."""
    childrens_home: bool = True
    code: str = ""
    """Names the home in figures; its prefix if there is none."""
    pack: str = ""
    """Its own protocol pack, where the service's is not that of its area."""


class Staff(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One person on the staff list. `homes` empty: all homes. `telegram_id`: numeric user id."""

    id: str
    name: str
    telegram_id: int
    role: Role
    homes: tuple[str, ...] = ()
    expires: date | None = None
    """Last day (London) on which the person gets an answer."""
    phone: str = ""
    second_channel: tuple[str, ...] = ()
    """Apprise addresses (SMS gateway, e-mail, push) for when Telegram does not reach them."""

    def active(self, now: datetime) -> bool:
        """On the list today (London date)?"""
        return self.expires is None or now.astimezone(LONDON).date() <= self.expires

    @property
    def expires_at(self) -> datetime | None:
        """When (UTC) the person's time on the list ends; None if it does not."""
        return london.at(self.expires + timedelta(days=1), time()) if self.expires else None

    def covers(self, home: str) -> bool:
        """Does this person work on cases of that home?"""
        return self.works_on_cases and (not self.homes or home in self.homes)

    def audits(self, home: str) -> bool:
        """May this person read the record of that home's cases, and who has read it?"""
        return self.role is Role.AUDITOR and (not self.homes or home in self.homes)

    @property
    def works_on_cases(self) -> bool:
        """Sees cases in the chat and can be asked about them."""
        return self.role in ON_DUTY_ROLES

    @property
    def manages(self) -> bool:
        """May sign off and stand a level down."""
        return self.role is Role.MANAGER


class Privacy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may stand in a chat ("initials" is the controller's decision), and what /privacy says.

    policy: the whole text in place of the usual one.  controller, contact: who is responsible for
    the data and how to reach them, for the usual text.
    """

    identifiers: Literal["reference", "initials"] = "reference"
    policy: str = ""
    controller: str = ""
    contact: str = ""


class Chat(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the chat is kept.

    forget_after_hours: so long a message stands there, ours or theirs; Telegram lets a bot delete
    for 48 hours, and the difference is for outages. card_shows: what the card of a case, and the
    message that says how it stands, show beside reference, level and what is due. Together with a
    reference they tell a colleague who it is, so that each is the controller's decision.
    """

    forget_after_hours: Annotated[int, Meta(ge=1, le=40)] = 24
    card_shows: tuple[Literal["home", "age", "authority"], ...] = ()


class Provider(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """Homes, authorities and staff of one provider, as one value."""

    homes: tuple[Home, ...]
    staff: tuple[Staff, ...]
    authorities: tuple[Authority, ...] = ()
    another_manager_signs_off: bool = True
    """Whoever recorded what was done does not sign the case off where another manager could."""
    privacy: Privacy = Privacy()
    chat: Chat = Chat()
    former: tuple[Staff, ...] = ()
    """People who were on the list: for their names on record, and nothing else. Whoever goes
    through `staff` never meets them."""

    def home(self, home_id: str) -> Home | None:
        """The home with this id."""
        return next((h for h in self.homes if h.id == home_id), None)

    def person(self, staff_id: str) -> Staff | None:
        """The member of staff with this id, on the list today, not any more, or gone."""
        return self._people.get(staff_id)

    @cached_property
    def _people(self) -> Mapping[str, Staff]:
        return {s.id: s for s in (*reversed(self.former), *reversed(self.staff))}

    def by_telegram(self, telegram_id: int) -> Staff | None:
        """The member of staff with this Telegram account."""
        return next((s for s in self.staff if s.telegram_id == telegram_id), None)

    def authority(self, name: str) -> Authority | None:
        """The authority of this name."""
        return next((a for a in self.authorities if a.name == name), None)

    def managers(self, home: str, now: datetime) -> Sequence[Staff]:
        """Managers of this home who are on the list today."""
        return [s for s in self.staff if s.manages and s.covers(home) and s.active(now)]

    def administrators(self, now: datetime) -> Sequence[Staff]:
        """Those who look after the bot and are on the list today."""
        return [s for s in self.staff if s.role is Role.ADMINISTRATOR and s.active(now)]
