"""What delivery needs of others: where results are told, and the second channel."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from reminders.outbox import Records
from storage.model import Message


class SecondSender(Protocol):
    """The way round Telegram. Raises NotSent or Refused."""

    async def send(self, person: str, message: Message, ref: str) -> None:
        """By the second channel."""
        ...


class Results(Records, Protocol):
    """What delivery tells its owner (the engine)."""

    def sent(self, ref: str, message: Message, late: timedelta) -> None:
        """It went out, so much later than it was due."""
        ...

    async def unreachable(self, person: str, why: str) -> None:
        """The person cannot be written to: that goes on record."""
        ...

    async def people_changed(self) -> None:
        """Others have to be asked in their place."""
        ...

    async def moved(self, person: str, chat_id: int) -> None:
        """The person's chat has another id now."""
        ...

    async def refused(self, ref: str, message: Message, why: str) -> None:
        """Telegram refused this message for good."""
        ...

    def stopped(self, why: str) -> None:
        """Telegram does not accept the bot any more."""
        ...

    def down(self, since: datetime | None) -> None:
        """Telegram has not answered since then (UTC); None: it does again."""
        ...

    def idle_changed(self) -> None:
        """There is something to send, or nothing any more."""
        ...
