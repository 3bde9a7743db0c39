"""Messages that are still to be taken out of a chat, because they hold what somebody typed.

That a message is to go is on record in the service's own file BEFORE what it says is saved, so that
no crash in between leaves the words in the chat. It is taken out once they are on disk, and tried
again, also after a restart, until Telegram says that it is gone or can not be removed (after
48 hours); then the person is asked to delete it. What was never saved stays in the chat.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog
from telegram import Bot
from telegram.error import BadRequest, Forbidden, TelegramError

from reminders.clock import Clock
from reminders.notices import office_message
from reminders.service_state import ServiceState
from reminders.stopped import stop_of
from reminders.write_behind import OfficeChange
from storage.model import Message, Office

log = structlog.get_logger(__name__)

KEY = "removals"
"""Where they are kept in the service's own file."""
NOT_REMOVED, NOT_RECORDED = "not_removed", "not_recorded"
"""Kinds of message: it stays in the chat for good; what it says was never saved."""
COMES_AGAIN = timedelta(hours=25)
"""After so long Telegram does not deliver an update again that was not confirmed (24 hours)."""
PAUSES = (2.0, 5.0, 15.0, 60.0, 300.0)
"""Seconds between rounds of attempts."""
AT_ONCE = 20
"""Removals in one round."""
ATTEMPT_SECONDS = 5.0
GONE = "not found"
"""Telegram's word for a message that is not there any more."""


class Removal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message to be taken out of one chat.

    since: when that went on record (UTC).
    update: the update that brought it, as long as it is not known to be saved; 0: it is to go.
    own: the bot's own message, of which nobody has to hear if it stays.
    unsaved: typed while the service was stopped on purpose, and not saved: it stays, for whoever
        typed it to copy, until the service is resumed.
    """

    chat: int
    message: int
    since: datetime
    update: int = 0
    own: bool = False
    unsaved: bool = False

    @property
    def key(self) -> tuple[int, int]:
        """Which message of which chat."""
        return (self.chat, self.message)


class Removals:
    """The list on record, and the attempts.

    Args:
        bot: the client.
        service_state: keeps the list, and the messages that tell of a failure.
        clock: stamps what goes on record.
    """

    def __init__(self, bot: Bot, service_state: ServiceState, clock: Clock) -> None:
        self._bot = bot
        self._service_state = service_state
        self._clock = clock
        self._more = asyncio.Event()
        self._new: dict[tuple[int, int], Removal] = {}
        self._over: set[tuple[int, int]] = set()
        self._in_hand: set[tuple[int, int]] = set()
        service_state.events.resumed.listen(self._more.set)

    async def owe_once_resumed(self, chat_id: int, message_id: int) -> None:
        """It came while the service was stopped on purpose, and is to go when that is over. Comes
        back as `owe` does."""
        now = self._clock.now()
        await self._put(Removal(chat=chat_id, message=message_id, since=now, unsaved=True))

    async def owe(self, chat_id: int, message_id: int, *, own: bool = False) -> None:
        """It is to go. Comes back when that is on disk, or kept until the disk works again."""
        now = self._clock.now()
        await self._put(Removal(chat=chat_id, message=message_id, since=now, own=own))
        self._more.set()

    async def owe_once_saved(self, chat_id: int, message_id: int, update_id: int) -> None:
        """It is to go when the change of this update is saved; 0: in any case. Until `settled` the
        caller has it in hand."""
        self._in_hand.add((chat_id, message_id))
        now = self._clock.now()
        await self._put(Removal(chat=chat_id, message=message_id, since=now, update=update_id))

    def gone(self, chat_id: int, message_id: int) -> None:
        """It is out of the chat, or was refused and its sender knows: off the record later on."""
        self._over.add((chat_id, message_id))
        self._more.set()

    async def settled(self, chat_id: int, message_id: int, *, saved: bool) -> None:
        """The caller is done with it. `saved`: what it says is on disk; without that it is off the
        record when this comes back, and stays where it is."""
        key = (chat_id, message_id)
        self._in_hand.discard(key)
        known = next((r for r in read(self._service_state.state) if r.key == key), None)
        if known is not None and known.update and key not in self._over:
            if saved:
                await self.owe(chat_id, message_id)
                return
            self._over.add(key)
        if not saved:
            await self._write()
        self._more.set()

    @property
    def owed(self) -> list[Removal]:
        """What is still to be removed, in the order in which it went on record."""
        known = read(self._service_state.state)
        return [one for one in known if one.key not in self._over]

    @property
    def unsaved(self) -> set[tuple[int, int]]:
        """Chat and number of messages whose words are not known to be on disk: until that is known
        or their sender was told, they stay."""
        return {one.key for one in self.owed if one.update} | self._in_hand

    async def run(self) -> None:
        """Until cancelled."""
        failed = 0
        while True:
            self._more.clear()
            if not self.owed and not self._over:
                failed = 0
                await self._more.wait()
                if not self.owed:  # what is over goes off the record with others
                    await asyncio.sleep(PAUSES[0])
                continue
            failed = 0 if await self._round() else failed + 1
            if self.owed:
                await self._pause(PAUSES[min(failed, len(PAUSES) - 1)])

    async def _pause(self, seconds: float) -> None:
        """Until the next round; sooner if there is something new."""
        await asyncio.sleep(PAUSES[0])
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds - PAUSES[0]):
                await self._more.wait()

    # The record -------------------------------------------------------------------------------

    async def _put(self, new: Removal) -> None:
        self._over.discard(new.key)
        self._new[new.key] = new
        await self._write()

    async def _write(self, told: Sequence[Message] = ()) -> None:
        """What is new and what is over, of everybody who waits for it, in one commit."""

        def build(office: Office) -> OfficeChange | None:
            known = {one.key: one for one in read(office.state)}
            now = self._clock.now()
            wanted = {
                # No time of ours lies ahead, whatever the machine's clock did.
                key: msgspec.structs.replace(one, since=min(one.since, now))
                for key, one in known.items()
                if key not in self._over
            }
            for key, one in self._new.items():
                before = wanted.get(key, one)
                if not (one.update and not before.update):
                    before = msgspec.structs.replace(before, update=one.update, unsaved=one.unsaved)
                wanted[key] = before
            if wanted == known and not told:
                return None
            state = {KEY: msgspec.to_builtins(list(wanted.values()))}
            return OfficeChange(state=state, messages=told)

        new, over = dict(self._new), set(self._over)
        await self._service_state.change(build)
        for key, one in new.items():
            if self._new.get(key) is one:
                del self._new[key]
        self._over -= over - self._new.keys()

    # The attempts -----------------------------------------------------------------------------

    async def _round(self) -> bool:
        """Attempts, oldest first; a chat that fails is left for the next round. False if nothing
        could be done."""
        told: list[Message] = []
        done, failing = 0, set[int]()
        for one in await self._to_do():
            if done >= AT_ONCE:
                break
            if one.chat in failing:
                continue
            kind = "" if one.update else await self._attempt(one)
            if one.update:
                kind = NOT_RECORDED
            if kind is None:
                failing.add(one.chat)
                continue
            self._over.add(one.key)
            told += self._told(one, kind)
            done += 1
        now = self._clock.now()
        if self._over or told or any(one.since > now for one in self.owed):
            await self._write(told)
        return bool(done)

    async def _to_do(self) -> Iterable[Removal]:
        found = []
        stopped = stop_of(self._service_state.state) is not None
        for one in self.owed:
            if one.key in self._in_hand or (one.unsaved and stopped):
                continue
            if one.update and await self._service_state.store.seen(one.update):
                one = msgspec.structs.replace(one, update=0)
            if not one.update or self._clock.now() - one.since > COMES_AGAIN:
                found.append(one)
        return found

    async def _attempt(self, one: Removal) -> str | None:
        """What to tell when it will never go, "" when it is gone; None: try again."""
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS):
                await self._bot.delete_message(one.chat, one.message)
        except BadRequest as error:
            if GONE not in error.message.casefold():
                log.warning("a message stays in a chat for good")
                return NOT_REMOVED
        except Forbidden:
            log.warning("a message stays in the chat of somebody who blocked the bot")
        except (TelegramError, TimeoutError):
            return None
        return ""

    def _told(self, one: Removal, kind: str) -> list[Message]:
        person = self._service_state.service.by_telegram(one.chat)
        if not kind or one.own or person is None:
            return []
        name = f"{kind}~{one.message}~{person.id}"
        data = {"since": one.since}
        return [office_message(name, person.id, kind, self._clock.now(), data, priority=30)]


def read(state: Any) -> list[Removal]:
    """The list as it is kept in `Office.state`."""
    return msgspec.convert(state.get(KEY) or [], list[Removal])
