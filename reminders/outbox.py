"""The outbox on record: an attempt is written down before it is made, and what became of it after.

So after a crash a message that may have arrived is known as such, and nothing that was taken back
meanwhile goes out.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

import msgspec

from protocol.facts import NIGHTLIGHT, Told
from reminders.all_clear import NOT_ON_LIST
from reminders.amending import EDITS
from reminders.clock import Clock
from reminders.sending import SENDING
from reminders.write_behind import OfficeChange, WriteBehind
from storage.model import Episode, Message, Office
from storage.store import Change, NotFound

OFFICE = ""
"""Stands for the service's own file where an episode's reference is expected."""


class Records(Protocol):
    """What the outbox asks and tells its owner (the engine)."""

    def chat_of(self, person: str, home: str | None) -> int | None:
        """Where to write to; None if this person may not be told of that home's cases now."""
        ...

    async def fresh(self, ref: str) -> Episode:
        """The episode as it stands, planned anew if facts came since. Raises NotFound."""
        ...

    def recorded(self, record: Episode) -> None:
        """The outbox wrote to this episode."""
        ...


def _of(message: Message, home: str | None) -> str | None:
    """Whose cases the person has to cover to be told; None: none. Whoever was woken about a case
    hears the end of it, also if they only stood in for its home and do so no more."""
    return None if message.kind in (*EDITS, "over") else home


class Outbox:
    """Reads and writes messages where they are kept: in episodes and in the service's own file."""

    def __init__(self, write_behind: WriteBehind, clock: Clock, records: Records) -> None:
        self.write_behind = write_behind
        self.clock = clock
        self.records = records

    async def begin(
        self, ref: str, message_id: str, person: str
    ) -> tuple[Message | None, Episode | None]:
        """Puts an attempt on record and returns the message to send, with its episode; None if it
        is no longer to be sent."""
        begun: list[Message] = []

        def mark(messages: tuple[Message, ...], home: str | None) -> list[Message]:
            begun.clear()
            found = next((m for m in messages if m.id == message_id), None)
            if found is None or found.state != "waiting":
                return []
            if self.records.chat_of(person, _of(found, home)) is None:
                return [msgspec.structs.replace(found, state="failed", error=NOT_ON_LIST)]
            begun.append(
                msgspec.structs.replace(
                    found,
                    attempts=found.attempts + 1,
                    ambiguous=found.ambiguous or found.error == SENDING,
                    error=SENDING,
                    not_before=None,
                )
            )
            return begun

        if ref == OFFICE:

            def in_office(office: Office) -> OfficeChange | None:
                changed = mark(office.messages, None)
                return OfficeChange(messages=tuple(changed)) if changed else None

            await self.write_behind.put_office(in_office)
            return (begun[0] if begun else None), None

        def in_episode(record: Episode) -> Change | None:
            changed = mark(record.messages, record.home)
            return Change(messages=tuple(changed)) if changed else None

        try:
            await self.records.fresh(ref)
            record = await self.write_behind.put(ref, in_episode)
        except NotFound:
            return None, None
        self.records.recorded(record)
        return (begun[0] if begun else None), record

    async def still_wanted(self, ref: str, message_id: str, person: str) -> bool:
        """Whether an attempt that was put on record is still to be made: the disk may have been
        slow, and meanwhile somebody may have come back, or the person have left the list."""
        if ref == OFFICE:
            return self.records.chat_of(person, None) is not None
        try:
            record = await self.records.fresh(ref)
        except NotFound:
            return False
        found = next((m for m in record.messages if m.id == message_id), None)
        if found is None or self.records.chat_of(person, _of(found, record.home)) is None:
            return False
        return found.state == "waiting"

    async def sent(
        self, ref: str, message: Message, at: datetime, chat_id: int | None, number: int | None
    ) -> Message:
        """It arrived. Also what was taken back while it was under way counts as sent."""
        done = msgspec.structs.replace(
            message, state="sent", sent_at=at, chat_id=chat_id, message_id=number, error=""
        )
        await self._put(ref, done, "sent")
        return done

    async def failed(self, ref: str, message: Message, why: str, outcome: str) -> None:
        """It will never arrive in this way."""
        await self._put(ref, msgspec.structs.replace(message, state="failed", error=why), outcome)

    async def waits(
        self,
        ref: str,
        message: Message,
        why: str,
        *,
        ambiguous: bool = False,
        not_before: datetime | None = None,
    ) -> None:
        """It is to be tried again. `ambiguous`: this attempt may have arrived."""
        waiting = msgspec.structs.replace(
            message,
            error=why,
            ambiguous=message.ambiguous or ambiguous,
            not_before=not_before,
        )
        await self._put(ref, waiting, "")

    async def _put(self, ref: str, message: Message, outcome: str) -> None:
        def wanted(messages: tuple[Message, ...]) -> list[Message]:
            now = next((m for m in messages if m.id == message.id), None)
            if now is None or (now.state != "waiting" and message.state != "sent"):
                return []
            # The clock may have been put right while it was under way.
            created_at = min(now.created_at, message.created_at)
            return [msgspec.structs.replace(message, created_at=created_at)]

        if ref == OFFICE:

            def in_office(office: Office) -> OfficeChange | None:
                found = wanted(office.messages)
                return OfficeChange(messages=found) if found else None

            await self.write_behind.put_office(in_office)
            return
        now = self.clock.now()

        def told(record: Episode) -> Told:
            return Told(
                id=f"told~{record.version + 1}~{message.id}~{message.attempts}",
                by=NIGHTLIGHT,
                recorded_at=now,
                at=message.sent_at or now,
                message=message.id,
                to=message.to,
                about=message.about or message.kind,
                channel=message.channel,
                outcome=outcome,
            )

        def in_episode(record: Episode) -> Change | None:
            found = wanted(record.messages)
            if record.closed_at is not None or not found:
                return None
            told_of = outcome and message.kind not in EDITS
            return Change(facts=[told(record)] if told_of else [], messages=found)

        try:
            record = await self.write_behind.put(ref, in_episode)
        except NotFound:
            return
        self.records.recorded(record)
