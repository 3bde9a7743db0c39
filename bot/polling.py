"""Receives updates so that none is lost, and so that no person waits for another.

Telegram is told of an update only after its handler came back (its facts are on disk, or the person
was told that they are not) and what it asked for is no longer owed to its author, or after the
update itself is on record. The library's own polling confirms a batch with its next request while
handlers may still run, so a crash can lose up to 100 updates. After a crash here they come again,
from Telegram or from the record; the store recognises what it has seen by update_id.

A getUpdates confirms all updates below its offset and returns up to 100 from there on; as long as
one is not confirmed it is not held until something new comes. So what takes long is put on record
(`bot.kept_updates`), the offset stays at the oldest update that is neither done nor on record, what
comes again is passed over, and newer updates of other chats are begun meanwhile. Updates of one
chat keep their order.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Literal, Protocol, TypeAlias

import structlog
from telegram import Bot, Update
from telegram.error import Conflict, Forbidden, InvalidToken, RetryAfter, TelegramError

from bot import updates
from bot.telegram_client import Unreadable, seconds_of
from bot.under_way import UnderWay

log = structlog.get_logger(__name__)

LONG_POLL_SECONDS = 25
LONGEST_PAUSE_SECONDS = 30.0
"""The longest pause between attempts while Telegram is out of reach."""
GAP_SECONDS = 0.01
"""Pause before the next request while one would be answered at once. Whoever writes meanwhile
waits for it: ten times as long made others wait 7 times as long as in the quiet."""
LONGEST_REST_SECONDS = 0.1
"""Between two updates of a chat with more to come: as long as the first took, and at most so long.
Whoever sends many at once uses half of the time, and the other half is everybody else's."""
LONGEST_GAP_SECONDS = 0.5
"""The longest pause when answers come at once and bring nothing new."""
MOST_AT_ONCE = 100
"""Updates in one answer: Telegram's own limit."""
AFTER_UNREADABLE = 3
"""After so many unreadable answers in a row updates are asked for one at a time, and one whose
answer stays unreadable so often is passed over. With every answer that can be read twice as many
are asked for: one at a time is the oldest under way alone, and everybody else waits for it."""


CONFLICTS = 3
"""After so many conflicts in a row it is no request left over from the process before."""
Trouble: TypeAlias = Literal["update", "polling"]


class Stopped(Exception):
    """Telegram refuses the token: no waiting will help, the supervisor has to know."""


class Updates(Protocol):
    """Where updates come from: `bot.telegram_client.TelegramClient`."""

    async def raw_updates(
        self, offset: int | None, seconds: int, allowed: tuple[str, ...], limit: int = 100
    ) -> list[Any]:
        """Updates as JSON gave them, not yet parsed. Raises TelegramError."""
        ...


class Backlog:
    """How many updates of each chat wait behind the one that is being handled. Polling counts;
    whoever answers a person need not wait long when that person has gone on already."""

    def __init__(self) -> None:
        self.behind: Counter[int] = Counter()

    def set(self, chat_id: int, behind: int) -> None:
        """`behind` updates of this chat are still to come."""
        if behind:
            self.behind[chat_id] = behind
        else:
            self.behind.pop(chat_id, None)


class Polling:
    """The loop of getUpdates.

    Args:
        source: where updates come from.
        bot: what the library's objects are bound to.
        handle: deals with one update; it must not come back before what it learned is on disk.
        troubled: tells the administrators that updates were passed over ("update"), or that
            another program polls with the same token ("polling").
        under_way: what is being dealt with, and the record of what takes long.
        backlog: is kept up to date.
        late_after_seconds: a pause between two polls from which on updates count as late.
        busy: called with True for every update that is begun and False when it is done.
    """

    def __init__(
        self,
        source: Updates,
        bot: Bot,
        handle: Callable[[Update], Awaitable[None]],
        *,
        troubled: Callable[[Trouble], Awaitable[None]],
        under_way: UnderWay,
        backlog: Backlog | None = None,
        late_after_seconds: float = 60.0,
        busy: Callable[[bool], None] = lambda _: None,
    ) -> None:
        self._source = source
        self._bot = bot
        self._handle = handle
        self._troubled = troubled
        self._backlog = backlog or Backlog()
        self._late_after = late_after_seconds
        self._busy = busy
        self._next: int | None = None
        self._under_way = under_way
        self._lines: defaultdict[int, deque[Update]] = defaultdict(deque)
        self._tasks: set[asyncio.Task[None]] = set()
        self._moved = asyncio.Event()
        self._idle_gap = GAP_SECONDS
        self._failed_to_read = self._conflicts = 0
        self._nameless = 0
        self._limit = MOST_AT_ONCE
        self._last_ok = self._last_answer = asyncio.get_running_loop().time()
        self._asked_before: float | None = None
        self._stopping = False
        self._request: asyncio.Task[list[Any]] | None = None
        self.connected = False
        self.reached = asyncio.Event()
        """Set once Telegram has answered for the first time."""

    @property
    def silence(self) -> float:
        """Real seconds since the last getUpdates that Telegram answered readably."""
        return asyncio.get_running_loop().time() - self._last_ok

    @property
    def no_answer(self) -> float:
        """Real seconds since the last answer to getUpdates, readable or not."""
        return asyncio.get_running_loop().time() - self._last_answer

    @property
    def oldest(self) -> float:
        """For how many real seconds the oldest update has been under way."""
        return self._under_way.oldest

    async def run(self) -> None:
        """Until `stop` or cancelled. Raises Stopped when Telegram refuses the token."""
        left, lost = await self._under_way.left_over()
        for cut in left:
            self._begin(updates.made({**cut, "late": True}, self._bot), cut)
        if lost:
            self._passed_over()
        pause = 1.0
        while not self._stopping:
            try:
                await self._round()
                pause = 1.0
                continue
            except (InvalidToken, Forbidden) as error:
                raise Stopped from error
            except RetryAfter as error:
                self._last_answer = asyncio.get_running_loop().time()
                await self._rest(seconds_of(error))
                continue
            except Unreadable as error:
                self._last_answer = asyncio.get_running_loop().time()
                self._not_read(error)
                await self._rest(min(0.25 * 2**self._failed_to_read, LONGEST_PAUSE_SECONDS))
                continue
            except Conflict:
                self.connected = False
                log.error("another program is polling with this token")
                self._conflicts += 1
                if self._conflicts == CONFLICTS:
                    self._in_background(self._tell("polling"))
            except TelegramError as error:
                if self.connected:
                    log.warning("telegram is out of reach", error=type(error).__name__)
                self.connected = False
            except asyncio.CancelledError:
                if self._stopping:
                    return
                raise
            await self._rest(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def stop(self) -> None:
        """A wanted stop: what has not been begun stays with Telegram, what was begun is ended and
        confirmed, so that it is not delivered again."""
        self._stopping = True
        self._moved.set()
        if self._request is not None:
            # Two requests at a time are what Telegram calls another program.
            self._request.cancel()
            await asyncio.wait({self._request})
        while self._tasks:
            await asyncio.wait(set(self._tasks))
        await self._under_way.tidy()
        if self._offset is not None:
            try:
                async with asyncio.timeout(3):
                    await self._source.raw_updates(self._offset, 0, updates.ALLOWED, 1)
            except (TelegramError, TimeoutError):
                log.info("the last updates were not confirmed; they will be recognised")

    def cancel(self) -> None:
        """Ends what is under way; it is delivered again."""
        self._under_way.cancel()
        for task in self._tasks:
            task.cancel()

    @property
    def _offset(self) -> int | None:
        """The oldest update that is not to be confirmed yet."""
        first = self._under_way.first
        return self._next if first is None else first

    async def _rest(self, seconds: float) -> None:
        """Waits, unless a stop is wanted meanwhile."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + seconds
        while not self._stopping and (left := ends - loop.time()) > 0:
            self._moved.clear()
            try:
                async with asyncio.timeout(left):
                    await self._moved.wait()
            except TimeoutError:
                return

    async def _round(self) -> None:
        asked = asyncio.get_running_loop().time()
        waits = LONG_POLL_SECONDS if self.connected and self._under_way.first is None else 0
        self._request = asyncio.ensure_future(
            self._source.raw_updates(self._offset, waits, updates.ALLOWED, self._limit)
        )
        try:
            found = await self._request
        finally:
            self._request.cancel()
        self._last_ok = self._last_answer = asyncio.get_running_loop().time()
        if not self.connected:
            log.info("connected to telegram")
        first, self.connected = not self.connected, True
        self.reached.set()
        gap = self._late_after
        if not first and self._asked_before is not None:
            gap = asked - self._asked_before
        self._asked_before = self._last_ok
        self._failed_to_read = self._conflicts = 0
        self._limit = min(self._limit * 2, MOST_AT_ONCE) if found else MOST_AT_ONCE
        new = self._take(found, late=gap >= self._late_after)
        self._under_way.see_to_record()
        await self._before_next(new, at_once=bool(found) or self._last_ok - asked < GAP_SECONDS)

    async def _before_next(self, new: bool, *, at_once: bool) -> None:
        """A moment's pause when the next request would be answered at once with nothing new."""
        if new:
            self._idle_gap = GAP_SECONDS
        if not at_once or self._stopping:
            return
        if self._under_way.first is None:
            if not new:
                self._idle_gap = min(self._idle_gap * 1.5, LONGEST_GAP_SECONDS)
                await self._rest(self._idle_gap)
            return
        await asyncio.sleep(GAP_SECONDS)

    def _take(self, found: Sequence[Any], *, late: bool) -> bool:
        """Begins what is new, in the order of the ids. True if there was something new."""
        by_id = {number: raw for raw in found if (number := updates.update_id(raw)) is not None}
        nameless = sum(updates.update_id(raw) is None for raw in found)
        lost = max(0, nameless - self._nameless)
        self._nameless, new = nameless, False
        for number in sorted(by_id):
            if self._under_way.knows(number):
                continue
            new = True
            try:
                cut = updates.cut(by_id[number], late=late)
                update = updates.made(cut, self._bot) if cut is not None else None
            except Exception as error:
                log.warning("an update cannot be read", update_id=number, error=error)
                cut = update = None
            if cut is None or update is None:
                lost += 1
                self._under_way.end(number)
                continue
            self._begin(update, cut)
        if by_id:
            self._next = max(by_id) + 1
        if lost:
            self._passed_over()
        return new

    def _begin(self, update: Update, cut: updates.Cut) -> None:
        chat = update.effective_chat
        key = chat.id if chat else 0
        self._busy(True)
        line = self._lines[key]
        self._under_way.begin(cut, len(line))
        line.append(update)
        self._backlog.set(key, len(line) - 1)
        if len(line) == 1:
            self._in_background(self._serve(key, line))

    async def _serve(self, key: int, line: deque[Update]) -> None:
        """One chat's updates, one after the other."""
        loop = asyncio.get_running_loop()
        try:
            while line and not self._stopping:
                update, begun = line[0], loop.time()
                self._backlog.set(key, len(line) - 1)
                try:
                    await self._handle(update)
                except Exception:
                    # One bad update must not hold up the rest for ever; the person was answered.
                    log.exception("an update was not handled", update_id=update.update_id)
                line.popleft()
                self._under_way.end(update.update_id)
                self._under_way.see_to_record()
                self._busy(False)
                if line:
                    await asyncio.sleep(min(loop.time() - begun, LONGEST_REST_SECONDS))
        finally:
            for _ in line:
                self._busy(False)
            self._lines.pop(key, None)
            self._backlog.set(key, 0)

    def _not_read(self, error: Unreadable) -> None:
        """An answer that cannot be read at all: one update at a time is asked for, and one that
        stays unreadable is passed over, if at least its number can be found."""
        self._failed_to_read += 1
        log.warning("an answer of telegram cannot be read", times=self._failed_to_read)
        again = 1 < self._limit < MOST_AT_ONCE
        if self._failed_to_read < AFTER_UNREADABLE and not again:
            return
        if self._limit > 1:
            self._limit, self._failed_to_read = 1, 0
            return
        number = next(iter(error.update_ids), None)
        if number is not None and number not in self._under_way:
            self._next = number + 1
            self._failed_to_read, self._limit = 0, MOST_AT_ONCE
            self._passed_over()
        elif self._failed_to_read == AFTER_UNREADABLE:
            self._passed_over()

    def _passed_over(self) -> None:
        log.warning("updates that cannot be read were passed over")
        self._in_background(self._tell("update"))

    async def _tell(self, what: Trouble) -> None:
        try:
            await self._troubled(what)
        except Exception:  # reading goes on, whoever can be told of it
            log.exception("the administrators were not told")

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
