"""What every handler is given: the records, the engine, the clock, the phone, and the service."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from handlers.chat import Incoming, Phone
from protocol.pack import Pack
from protocol.provider import Provider, Staff
from reminders.acknowledge import Acknowledgements
from reminders.case_records import CaseRecords
from reminders.clock import Clock
from reminders.engine import Engine
from reminders.shifts import Shifts
from reminders.staff_list import StaffList
from storage.store import Store

FORMS = "/forms"
"""The page that goes on with the form in hand."""


class Reloaded(Protocol):
    """What came of reading the configuration again."""

    @property
    def problems(self) -> Sequence[str]:
        """Why nothing was taken over; empty if it was."""
        ...

    @property
    def changes(self) -> Sequence[str]:
        """What is different now."""
        ...


class Pages(Protocol):
    """The service's own pages."""

    @property
    def address(self) -> str:
        """Of their first page."""
        ...

    @property
    def take_words(self) -> bool:
        """Whatever would be typed into the chat is typed on a page instead."""
        ...

    def opening(self, path: str) -> str:
        """The address of a button that opens this page inside Telegram."""
        ...

    def link(self, staff: Staff) -> str:
        """An address that lets this person in once, within five minutes."""
        ...


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What waits for somebody's second factor.

    Attributes:
        incoming: what they wanted.
        number: of the question; stands in its buttons.
        ref: the case that it is about.
        wanted: to open it, or to sign for it.
        until: from then on it is asked anew (UTC).
        message_id: where it is asked; 0: nowhere yet.
        digits: of the PIN, as far as it was tapped.
    """

    incoming: Incoming
    number: str
    ref: str
    wanted: Literal["open", "sign"]
    until: datetime
    message_id: int = 0
    digits: str = ""


class SecondFactor(Protocol):
    """The second factor of the pages, as the chat asks for it. When it was given is in memory only,
    so that a restart asks again."""

    asked: MutableMapping[str, Asked]
    """By staff id."""
    answered: MutableMapping[str, str]
    """The number of the last question that was answered, by staff id."""
    digits: tuple[int, int]
    """Of a PIN: at least, at most."""
    tries: int
    """Wrong ones in a row, after which it is locked."""

    @property
    def page(self) -> str:
        """The address of a button that opens the page on which it is given."""
        ...

    def given(self, staff: Staff, *, to_sign: bool = False) -> bool:
        """Whether it was given not too long ago: to open a case, which goes on for as long as
        they do that, or, just now, to sign for one."""
        ...

    def way(self, staff: Staff) -> Literal["buttons", "page", "none", "locked"]:
        """Where this person can give it now; none: they have not set it up yet."""
        ...

    async def check(self, staff: Staff, pin: str) -> bool:
        """One try. Raises NotSaved: it cannot be counted."""
        ...

    def tries_left(self, staff: Staff) -> int:
        """0: locked."""
        ...


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """The things that handlers work with, put together once at start-up."""

    store: Store
    """For drafts, the list of young people and what was seen; cases are read and changed by
    `records`."""
    engine: Engine
    acts: Acknowledgements
    shifts: Shifts
    staff_list: StaffList
    clock: Clock
    phone: Phone
    reload: Callable[[str], Awaitable[Reloaded | None]]
    """Reads the configuration again for this member of staff; None: there is no file."""
    pages: Pages | None = None
    """None: the service has none."""
    second_factor: SecondFactor | None = None
    """None: the chat asks for none."""
    version: str = ""
    """Of Nightlight, for /version."""

    @property
    def records(self) -> CaseRecords:
        """The cases: read, and changed in one way."""
        return self.engine.records

    def shown(self, staff: Staff, ref: str) -> None:
        """This person is shown this case now, because they asked for it. To be called for every
        screen about a case that is no push: it goes on record as read."""
        self.engine.events.case_shown(staff.id, ref)

    @property
    def service(self) -> Provider:
        """Homes, staff and authorities as they are now."""
        return self.engine.service_state.service

    @property
    def words_page(self) -> str:
        """The address of the page on which words are typed; "": they are typed in the chat."""
        pages = self.pages
        return pages.opening(FORMS) if pages is not None and pages.take_words else ""

    @property
    def identifiers(self) -> str:
        """What may name a young person in a chat: reference or initials."""
        return self.service.privacy.identifiers

    @property
    def pack(self) -> Pack:
        """The local protocol as it is now."""
        return self.engine.service_state.pack


class NotAllowed(Exception):
    """The person may not do or see this; the text says what is allowed."""
