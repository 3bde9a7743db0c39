"""Messages that wait and are not to be sent any more. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from reminders.sending import SENDING
from storage.model import Message


def waiting(messages: Iterable[Message]) -> list[Message]:
    """Those that were not sent yet."""
    return [m for m in messages if m.state == "waiting"]


def take_back(message: Message, why: str) -> Message:
    """Taken back. An attempt that is under way may still arrive: that is kept in mind."""
    maybe = message.ambiguous or message.error == SENDING
    return msgspec.structs.replace(message, state="cancelled", error=why, ambiguous=maybe)


def take_all_back(messages: Iterable[Message], why: str) -> list[Message]:
    """The same for several."""
    return [take_back(m, why) for m in messages]
