"""What the pages use of the rest of the service beside the engine, given when they are made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from typing import Protocol

import msgspec

from protocol.mistakes import Mistake
from protocol.provider import Provider, Staff
from reminders.shifts import Shifts
from reminders.staff_list import StaffList
from storage.model import Person


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A table as it was read: young people, or everything that is wrong with it."""

    people: Sequence[Person] = ()
    mistakes: Sequence[Mistake] = ()


class RegisterChecks(Protocol):
    """The checks of `nightlight people import`: there are no others.

    A row is given as text by the name of its column.
    """

    @property
    def choices(self) -> Mapping[str, Sequence[str]]:
        """Columns in which only these words are allowed."""
        ...

    @property
    def flags(self) -> Mapping[str, str]:
        """What may stand in the column `flags`, and how people call it."""
        ...

    def of_file(self, name: str, content: bytes, provider: Provider, today: date) -> Checked:
        """A file as somebody sent it. today: a London day."""
        ...

    def of_row(self, cells: Mapping[str, str], provider: Provider, today: date) -> Checked:
        """One row."""
        ...

    def cells(self, person: Person, provider: Provider) -> dict[str, str]:
        """The row that makes this person."""
        ...

    def taken(self, people: Sequence[Person], present: Mapping[str, Person]) -> Sequence[Mistake]:
        """References that could be mixed up with another one of the register as it is."""
        ...

    def questions(
        self, people: Sequence[Person], present: Mapping[str, Person]
    ) -> Sequence[Mistake]:
        """What may be right or a mistake; somebody has to say."""
        ...

    def keeping(self, people: Sequence[Person], present: Mapping[str, Person]) -> Sequence[Person]:
        """The same people with what the register keeps of them and no table has."""
        ...


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A screen of the chat on a page.

    Attributes:
        text: as Telegram's HTML.
        rows: of buttons, each with its label and what comes back when it is pressed.
        said: lines above it.
        draft, step: the form and the question that is asked.
        takes: "words", "time", or "" where only buttons answer.
        ref: the case that it is about.
    """

    text: str = ""
    rows: Sequence[Sequence[tuple[str, str]]] = ()
    said: Sequence[str] = ()
    draft: str = ""
    step: str = ""
    takes: str = ""
    ref: str = ""


class ChatForms(Protocol):
    """The forms of the chat: there are no others. once: of `web.recording.once_of`."""

    async def in_hand(self, staff: Staff, draft_id: str = "") -> Shown | None:
        """The form with that id, or the one shown last; None if there is none."""
        ...

    async def tapped(self, staff: Staff, data: str, once: int) -> Shown:
        """A button; checked as one that was tapped in the chat."""
        ...

    async def typed(self, staff: Staff, draft_id: str, step: str, text: str, once: int) -> Shown:
        """Words for this question."""
        ...


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """invitation: the address that stands for this secret; "" while Telegram does not answer."""

    forms: ChatForms
    register: RegisterChecks
    staff_list: StaffList
    shifts: Shifts
    invitation: Callable[[str], Awaitable[str]]
