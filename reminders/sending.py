"""What delivery needs of whoever really sends: the `Sender`, and how a sending can end.

`bot/` implements it with python-telegram-bot and the wording of `handlers/`.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from reminders.limits import Turn
from storage.model import Episode, Message

SENDING = "sending"
"""Value of `Message.error` on record while an attempt is under way."""


class Sent(msgspec.Struct, frozen=True):
    """It arrived at Telegram."""

    chat_id: int
    message_id: int


class Sender(Protocol):
    """Says a message in words and sends it.

    The message carries `chat_id` (where to), `ambiguous` (an earlier attempt may have arrived:
    mark it as a repeat) and, if it is a minute late or more, `data["late_minutes"]`. Kind
    "several" has the single messages in `data["parts"]`. `episode`: as it stands now, when the
    message is about exactly one; else None. `turn`: leave for the first request; `again` before
    each further one.
    """

    async def send(self, message: Message, episode: Episode | None, turn: Turn) -> Sent:
        """Raises one of the errors below, nothing else."""
        ...


class SendError(Exception):
    """Base of the ways in which sending fails."""


class NotSent(SendError):
    """It certainly did not arrive (no connection): tried again later."""


class MaybeSent(SendError):
    """It may have arrived (time-out, lost answer, 5xx): sent again, marked as a repeat."""


class TooFast(SendError):
    """429: wait `retry_after` seconds. `overall`: it is known to hold for every chat."""

    def __init__(self, retry_after: float, *, overall: bool = False) -> None:
        super().__init__(f"retry after {retry_after} s")
        self.retry_after = retry_after
        self.overall = overall


class Unreachable(SendError):
    """This person cannot be written to (blocked the bot, never started it, is gone)."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Moved(SendError):
    """The group became a supergroup: use this chat id from now on."""

    def __init__(self, chat_id: int) -> None:
        super().__init__(f"moved to {chat_id}")
        self.chat_id = chat_id


class Refused(SendError):
    """Telegram will never take this message (bad request): not tried again."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Stopped(SendError):
    """The bot itself is not accepted (bad token): nothing can be sent until somebody acts."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why
