"""Which messages stand in which chat, and since when: on record, so that all can go in time.

Ours and theirs, whatever they say. They are kept by the ten minutes in which they were sent, oldest
first, in the service's own file, written within half a second. Whether a message arrived is not
known when the answer to its sending was lost, or the process was killed in that half second. Then
the chat has a gap: the numbers from its last known message up to the bot's next one, which is the
repeat as a rule. Telegram counts upwards, so what arrived unknown is among them; they go with the
others, and nothing happens to numbers that are not there. Beyond the bot's last message no number
is guessed: it could be that of an alarm on its way.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from bot.chat_readings import ChatReadings
from bot.chats_on_record import KEY, AsWritten, Gap, Kept, Standing, begins, read, slot_of
from reminders.clock import Clock
from reminders.service_state import ServiceState
from reminders.write_behind import OfficeChange
from storage.reference import ALPHABET

IN_USE = timedelta(minutes=30)
"""A form or card that its reader tapped so lately is in use."""
WRITE_SECONDS = 0.5
"""So long what is new waits for more, before it is put on record in one commit."""
ANSWERED = 2
"""So many slots later at the earliest the numbers of a gap go: what was on its way when the gap was
closed is known by then, and stays."""
BEFORE, AFTER = 50, 100
"""Numbers of a gap: so many around the last known message of the chat, as what was sent at one time
is not known in its order; and, as Telegram counts the messages of all chats of a bot together, so
many around the highest known number of any chat. What is known there stays."""
LIST = 3
"""What names more cases than this is a list: it is asked for again, and no case of it is shown."""
REFERENCE = re.compile(rf"\b([A-Z0-9]{{2,6}})-[{ALPHABET}]{{4,8}}\b")


class ChatRecord:
    """The record, and how it is written.

    Args:
        service_state: keeps it; loaded before anything is sent.
        clock: what is sent is known by its time.
    """

    def __init__(self, service_state: ServiceState, clock: Clock) -> None:
        self._service_state = service_state
        self._clock = clock
        self._read: Kept | None = None
        self._dirty = False
        self._written = AsWritten()
        self._readings = ChatReadings(clock)
        self._used: dict[tuple[int, int], datetime] = {}
        self.changed = asyncio.Event()
        """Set when there is something to write or to do."""
        service_state.events.case_shown.listen(self.read)

    @property
    def kept(self) -> Kept:
        """As it stands, also what is not yet written. After a start, also the first one,
        every chat has a gap: what the process before sent last may not have been written."""
        if self._read is None:
            self._read = read(self._service_state.state)
            # With nothing on record what stands there may be an alarm of a moment ago.
            newest = max(self._read.slots, default=slot_of(self._clock.now()))
            for chat in {*self._read.last, *self._chats()}:
                self._open_gap(self._read, chat, newest)
        return self._read

    def _chats(self) -> Iterator[int]:
        """Of everybody on the list: the first message of all may be the one that is not known."""
        state = self._service_state
        chats = (state.chat_of(one.id, None) for one in state.service.staff)
        return (chat for chat in chats if chat is not None)

    # What is heard ----------------------------------------------------------------------------

    def sent(self, chat: int, number: int, text: str, *, keyboard: bool = False) -> None:
        """The bot's message has this number. keyboard: it brings the buttons below the field."""
        if (gap := self.kept.gaps.get(chat)) is not None and number > gap.last:
            self._close_gap(chat, gap, number - 1)
        named = self._named(text)
        self._told(chat, named)
        before = self.kept.keyboard.get(chat, 0)
        # The answer to an earlier one may come later: the newest message has the buttons.
        if keyboard and not named and number > before:
            self.kept.keyboard[chat] = number
            self._number(chat, number)
            self._touch()
            if not before:
                return
            number = before
        self._put(chat, number, named if len(named) <= LIST else ())

    def read(self, staff: str, ref: str) -> None:
        """This member of staff is shown this case, as they asked for it."""
        if self._readings.read(staff, ref):
            self.changed.set()

    def _told(self, chat: int, named: Sequence[str]) -> None:
        """Of what they may not see only the reference that they typed is named."""
        owner = self._service_state.owner_of(chat) if named else None
        if owner is not None:
            homes = {home.prefix: home.id for home in self._service_state.service.homes}
            theirs = [
                ref
                for ref in named
                if self._service_state.sees(owner, homes[ref.partition("-")[0]])
            ]
            self._readings.told(owner.id, theirs)

    def came(self, chat: int, number: int) -> None:
        """A person's message."""
        self._put(chat, number, ())

    def last(self, chat: int) -> int:
        """The highest number that is known of this chat; 0: none is."""
        return self.kept.last.get(chat, 0)

    def unsure(self, chat: int, last: int) -> None:
        """A message may have arrived, and its number is not known. last: what was the highest known
        number before. A later one may be known by now, as an answer that was given up is sent
        again: then it may stand before that one."""
        slot, known = slot_of(self._clock.now()), self.kept.last.get(chat, 0)
        self._open_gap(self.kept, chat, slot)
        gap = self.kept.gaps[chat]
        gap.last = min(gap.last, last)
        if known > last:
            self._guess(chat, (max(1, last - BEFORE), min(last + AFTER, known)), slot)
            self._guess(chat, (max(last + AFTER + 1, known - BEFORE), known), slot)
        self._touch()

    def reused(self, chat: int, number: int) -> None:
        """The message shows something else now, because its reader tapped it."""
        self._used[(chat, number)] = self._clock.now()
        cases = self.kept.shown.get(chat, {})
        for ref in [ref for ref, shown in cases.items() if shown.number == number]:
            del cases[ref]
            self._touch()

    def in_use(self) -> set[tuple[int, int]]:
        """Chat and number of the forms and cards that their readers are at work on."""
        now = self._clock.now()
        self._used = {key: at for key, at in self._used.items() if at <= now < at + IN_USE}
        return set(self._used)

    def _put(self, chat: int, number: int, refs: Iterable[str]) -> None:
        self._number(chat, number)
        slot = slot_of(self._clock.now())
        standing = self._slot(slot).setdefault(chat, Standing())
        if number not in standing.numbers:
            standing.numbers.append(number)
        standing.refs += [ref for ref in refs if ref not in standing.refs]
        self._touch()

    def _slot(self, slot: int) -> dict[int, Standing]:
        """What was sent in these ten minutes, by chat, to be changed."""
        self._written.changed(slot)
        return self.kept.slots.setdefault(slot, {})

    def _number(self, chat: int, number: int) -> None:
        last = self.kept.last
        last[chat] = max(last.get(chat, 0), number)

    def _named(self, text: str) -> list[str]:
        prefixes = {home.prefix for home in self._service_state.service.homes}
        found = (m[0] for m in REFERENCE.finditer(text) if m[1] in prefixes)
        return list(dict.fromkeys(found))

    @staticmethod
    def _open_gap(kept: Kept, chat: int, slot: int) -> None:
        last = kept.last.get(chat, 0)
        top = max(kept.last.values(), default=0)
        if (gap := kept.gaps.get(chat)) is not None:
            if not gap.last:  # nothing of it is known: what came last is near the newest of all
                gap.top = top
            elif top > max([gap.top, *(one for one, _ in gap.later)]):
                gap.later.append((top, slot))
            return
        kept.gaps[chat] = Gap(last=last, top=max(top, last), slot=slot)

    def _close_gap(self, chat: int, gap: Gap, until: int) -> None:
        del self.kept.gaps[chat]
        near = (max(1, gap.last - BEFORE), min(gap.last + AFTER, until))
        first = gap.top or until  # nothing of any chat is known: it came just before
        spans = [(near, gap.slot)]
        for top, slot in ((first, gap.slot), *gap.later):
            spans.append(((max(near[1] + 1, top - BEFORE), min(top + AFTER, until)), slot))
        soonest = slot_of(self._clock.now() - self.limit) + ANSWERED
        for span, slot in spans:
            self._guess(chat, span, max(slot, soonest))

    def _guess(self, chat: int, span: tuple[int, int], slot: int) -> None:
        if span[0] <= span[1]:
            self._slot(slot).setdefault(chat, Standing()).spans.append(span)

    # What is due ------------------------------------------------------------------------------

    @staticmethod
    def ends(slot: int) -> datetime:
        """When (UTC) these ten minutes end."""
        return begins(slot + 1)

    @property
    def limit(self) -> timedelta:
        """So long messages stand in a chat."""
        return timedelta(hours=self._service_state.service.chat.forget_after_hours)

    def due(self, until: datetime) -> dict[int, list[int]]:
        """The slots, by chat, of which a message may have been sent at or before `until` (UTC)."""
        ahead = max(self.kept.slots, default=0) - slot_of(self._clock.now())
        if ahead > 0:
            self._earlier(ahead)
        latest = slot_of(until)
        found: dict[int, list[int]] = {}
        for slot in sorted(slot for slot in self.kept.slots if slot <= latest):
            for chat in self.kept.slots[slot]:
                found.setdefault(chat, []).append(slot)
        return found

    @property
    def oldest(self) -> datetime | None:
        """Since when (UTC) the oldest message may stand that is on record."""
        return begins(min(self.kept.slots)) if self.kept.slots else None

    def numbers(self, chat: int, slots: Sequence[int]) -> list[int]:
        """Of messages that stand there or may stand there, in order."""
        known: set[int] = set()
        guessed: set[int] = set()
        for standing in self._standing(chat, slots):
            known.update(standing.numbers)
            for first, last in standing.spans:
                guessed.update(range(first, last + 1))
        if guessed:
            for standing in self._standing(chat, [x for x in self.kept.slots if x not in slots]):
                guessed.difference_update(standing.numbers)
        return sorted((known | guessed) - {self.kept.keyboard.get(chat, 0)})

    def refs(self, chat: int, slots: Sequence[int]) -> list[str]:
        """Cases that these messages name."""
        found = (ref for standing in self._standing(chat, slots) for ref in standing.refs)
        return list(dict.fromkeys(found))

    def gone(self, chat: int, slots: Sequence[int], left: Iterable[int] = ()) -> None:
        """These messages do not stand there any more, but for those that are `left`."""
        still = set(left)
        for slot in slots:
            chats = self._slot(slot)
            standing = chats.pop(chat, None)
            keep = [number for number in sorted(still) if standing and standing.may_have(number)]
            if keep:
                chats[chat] = Standing(numbers=keep)
            elif not chats:
                del self.kept.slots[slot]
        self._touch()

    def stays(self, chat: int, messages: int) -> None:
        """So many messages stay there for good."""
        self.kept.stayed[chat] = self.kept.stayed.get(chat, 0) + messages
        self._touch()

    def moved(self, chat: int, to: int) -> None:
        """The chat has another number now."""
        kept = self.kept
        self._written.everything_changed()
        for slot in kept.slots.values():
            if (standing := slot.pop(chat, None)) is not None:
                other = slot.setdefault(to, Standing())
                other.numbers += standing.numbers
                other.spans += standing.spans
                other.refs += standing.refs
        tables: list[dict[int, Any]] = [
            kept.last, kept.keyboard, kept.gaps, kept.shown, kept.stayed,
        ]  # fmt: skip
        for by_chat in tables:
            if chat in by_chat:
                by_chat.setdefault(to, by_chat.pop(chat))
        kept.owed = [(to if one == chat else one, ref) for one, ref in kept.owed]
        self._touch()

    def touch(self) -> None:
        """The caller changed what is kept."""
        self._touch()

    def _standing(self, chat: int, slots: Sequence[int]) -> Iterator[Standing]:
        for slot in slots:
            if (standing := self.kept.slots.get(slot, {}).get(chat)) is not None:
                yield standing

    def _earlier(self, by: int) -> None:
        """The clock was set back by so many slots: all that stands was sent as much earlier by it.
        What was sent before the clock was wrong goes too soon then, and nothing too late."""
        kept = self.kept
        self._written.everything_changed()
        kept.slots = {slot - by: chats for slot, chats in kept.slots.items()}
        for gap in kept.gaps.values():
            gap.slot -= by
        self._touch()

    # The disk ---------------------------------------------------------------------------------

    def _touch(self) -> None:
        self._dirty = True
        self.changed.set()

    async def write(self) -> None:
        """What is new is on disk when this comes back, or kept until the disk works again."""
        dirty, lines = self._dirty, self._readings.take()
        if not dirty and not lines:
            return
        self._dirty = False
        state = {KEY: self._written.of(self.kept)} if dirty else {}
        try:
            await self._service_state.change(lambda _: OfficeChange(state=state, log=lines))
        except BaseException:
            self._dirty = self._dirty or dirty
            self._readings.give_back(lines)
            raise

    async def wait(self, seconds: float | None) -> None:
        """Until there is something to write or to do; then a moment for more to come."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.changed.wait()
                await asyncio.sleep(WRITE_SECONDS)
        self.changed.clear()
