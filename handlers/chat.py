"""The chat as the handlers see it: what came in, what a screen is, and the phone it is shown on.

Nothing here knows Telegram. `bot/` turns Telegram's updates into `Incoming` and implements `Phone`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from html import escape
from typing import Protocol

import msgspec

from protocol.provider import Staff


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a member of staff typed or tapped.

    `sent_at` (UTC) is when a text was typed, by Telegram's clock; for a tap, which carries no time
    of its own, when it was received. `late` says that it may have waited for the bot (it was down
    or cut off), so that a tap on "just now" has to be confirmed with the time it would mean.
    """

    update_id: int
    staff: Staff
    chat_id: int
    sent_at: datetime
    text: str = ""
    data: str = ""
    callback_id: str = ""
    message_id: int = 0
    late: bool = False
    other: str = ""
    """Photo, location, voice …: the kind of thing that is refused, kept out of the record."""
    caption: str = ""
    """What was typed below it."""
    edited: bool = False
    """A message that was there before has this text now."""


class Button(msgspec.Struct, frozen=True):
    """An inline button: its label, and at most 64 bytes that come back when it is tapped; or
    `opens`, the address (https) of a page that opens inside Telegram."""

    label: str
    data: str
    opens: str = ""


class Screen(msgspec.Struct, frozen=True):
    """One message: HTML text and rows of buttons."""

    text: str
    rows: tuple[tuple[Button, ...], ...] = ()


class Phone(Protocol):
    """How handlers reach a person's chat. Calls are retried inside; what stays undelivered raises
    `Unreached`, and the facts are on disk all the same."""

    async def show(self, chat_id: int, screen: Screen, message_id: int = 0) -> int:
        """Edits the message (0: sends a new one; also when it cannot be edited any more).

        Returns the id of the message that now shows the screen.
        """
        ...

    async def say(self, chat_id: int, text: str, *, keyboard: bool = False) -> int:
        """A plain message; with `keyboard`, the persistent keyboard comes with it."""
        ...

    async def answer(self, callback_id: str, text: str = "", *, alert: bool = False) -> None:
        """Ends the little clock on a tapped button; a text over 200 characters is cut."""
        ...

    async def will_remove(self, chat_id: int, message_id: int, update_id: int) -> None:
        """Before what this message says is saved: that it leaves the chat then is on record, and
        holds whatever happens in between. `update_id`: what saves it; 0: it leaves in any case."""
        ...

    async def will_remove_once_resumed(self, chat_id: int, message_id: int) -> None:
        """It came while the service was stopped on purpose: that it leaves the chat when the
        service works again is on record when this comes back."""
        ...

    async def dealt_with(self, chat_id: int, message_id: int, *, saved: bool) -> None:
        """After `will_remove`: if what it says is not `saved`, it stays, unless `remove` was
        called."""
        ...

    async def remove(self, chat_id: int, message_id: int, *, own: bool = False) -> bool:
        """Deletes a message (of either side, `own`: the bot's) from the chat, now or as soon as
        Telegram takes it; False if it stays there."""
        ...

    async def link(self, start: str) -> str:
        """The address that opens this bot and sends it `/start` with these characters. Raises
        Unreached while Telegram has not said yet what this bot is called."""
        ...

    def later(self, chat_id: int, asked: int = 0) -> None:
        """What raised `Unreached` in this chat last is shown as soon as the chat permits it.

        asked: the update that asked for it, if it may be dealt with once more: a process that dies
        before the chat was answered leaves it to the next."""
        ...


class Unreached(Exception):
    """Telegram did not take the message."""


def rows(buttons: Iterable[Button], width: int = 2) -> tuple[tuple[Button, ...], ...]:
    """The buttons in rows of `width`."""
    listed = tuple(buttons)
    return tuple(listed[i : i + width] for i in range(0, len(listed), width))


def bold(text: str) -> str:
    """The text in bold, as Telegram's HTML."""
    return f"<b>{escape(text, quote=False)}</b>"


def plain(text: str) -> str:
    """Text from people or configuration, made safe for an HTML message."""
    return escape(text, quote=False)


class Refused(Unreached):
    """Telegram refuses this very screen: too long, too many buttons. Sending it again is no use."""
