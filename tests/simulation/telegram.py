"""A Telegram with weather: delays, 429, 5xx, lost answers, blocked chats, outages.

`Telegram` is the service and its phones; `SimBot` is one process's client, in the place of
python-telegram-bot's `Bot`: the bot's own code above it is the real one.
"""

from __future__ import annotations

import asyncio
import contextvars
import math
from collections import deque
from collections.abc import Callable, Sequence
from random import Random
from typing import TYPE_CHECKING, Any, Literal

import httpx
import msgspec
import orjson
from telegram import ReplyKeyboardMarkup
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    NetworkError,
    RetryAfter,
    TimedOut,
)

from storage.model import Message

if TYPE_CHECKING:
    from tests.simulation.process import Process
    from tests.simulation.world import SimWorld

SLOW_ANSWERS = 0.98
KEPT_SECONDS = 24 * 3600.0
TIMEOUT_SECONDS = 10.0
SLOWEST_SECONDS = 8.0
"""The longest that a request is on its way to Telegram."""
BOT = {"first_name": "Nightlight", "id": 1, "is_bot": True}


class Shown(msgspec.Struct, kw_only=True, eq=False):
    """A message as it stands in somebody's chat."""

    number: int
    text: str
    rows: list[list[tuple[str, str]]]
    proactive: bool


class Line(msgspec.Struct, kw_only=True, eq=False):
    """One person's private chat with the bot."""

    chat_id: int
    user: int
    """Telegram's number of the person."""
    person: str
    started: bool = True
    blocked: bool = False
    moved_to: int = 0
    shown: dict[int, Shown] = {}
    next_number: int = 1
    allowance: float = 0.0
    filled_at: float = 0.0
    typed: dict[int, float] = {}
    """Messages of the person that stand in the chat, and since when."""
    stands: dict[int, float] = {}
    """Messages of both sides that the bot could have taken out, oldest first, and since when."""
    newest: int = 0
    """Number of the bot's last message."""
    lost: set[int] = set()
    """Numbers of the bot's messages of which it never heard."""
    open_since: float = -1e9
    """When its owner let the bot write again."""
    keyboard: int = 0
    """The message that brings the buttons below the text field."""
    replaced: dict[int, int] = {}
    """Such messages, and which came in their place."""
    rests_until: float = -1.0
    """Until then Telegram takes nothing for this chat."""


class Weather(msgspec.Struct, kw_only=True):
    """How often a request goes wrong now, and whether Telegram is away altogether."""

    server_error: float = 0.002
    lost_answer: float = 0.002
    dropped: float = 0.001
    too_many: float = 0.0005
    away: Literal["", "refuses", "hangs", "fails", "deaf"] = ""


class Speaking(msgspec.Struct, kw_only=True):
    """The reminder that is being sent: which messages it holds, and when the sending began."""

    parts: list[tuple[str, Message]]
    begun: float
    screens: int = 0


SPEAKING: contextvars.ContextVar[Speaking | None] = contextvars.ContextVar("speaking", default=None)


class Update_(msgspec.Struct, kw_only=True):
    """One update that Telegram keeps until it is confirmed. `chat`: in which it came."""

    id: int
    at: float
    kind: Literal["message", "callback_query", "my_chat_member"]
    body: dict[str, Any]
    chat: int
    person: str
    data: str = ""
    text: str = ""
    raw: dict[str, Any] | None = None
    """What Telegram sends in its place."""
    spoilt: bool = False
    """It is not as it should be."""
    lost: bool = False
    """Nobody can tell what it says."""
    poison: bool = False
    """Nor can any answer that has it in it."""
    flood: bool = False
    """One of so many that it may stay without an answer of its own."""
    wire: bytes = b""
    """As it was sent the first time."""

    def as_sent(self) -> dict[str, Any]:
        """The same each time, and the receiver's own."""
        self.wire = self.wire or orjson.dumps({self.kind: self.body, "update_id": self.id})
        return orjson.loads(self.wire)

    @property
    def tap(self) -> str:
        """Telegram's id of the tap; "" for anything else."""
        return self.body["id"] if self.kind == "callback_query" else ""


class Telegram:
    """The service: chats, updates, flood control."""

    def __init__(self, world: SimWorld, rng: Random) -> None:
        self.world = world
        self.rng = rng
        self.weather = world.steady
        self.lines: dict[int, Line] = {}
        self.by_person: dict[str, Line] = {}
        self.updates: deque[Update_] = deque()
        self.handed: dict[int, Update_] = {}
        self.waiter: asyncio.Future[None] | None = None
        self.sent_at: deque[float] = deque()
        self.too_late_until = 0.0
        """Something arrived that had left its machine long ago: what is too fast until then
        nobody could know."""
        self._next_update = 1000
        self._next_callback = 1

    def add(self, person: str, chat_id: int, *, started: bool = True) -> Line:
        line = Line(
            chat_id=chat_id,
            user=chat_id,
            person=person,
            started=started,
            allowance=float(self.world.made.policy.limits.chat_burst),
        )
        self.lines[chat_id] = self.by_person[person] = line
        return line

    # What people do -----------------------------------------------------------------------------

    def types(
        self, person: str, text: str, kind: str = "", *, flood: bool = False, spoilt: bool = False
    ) -> Update_:
        """Somebody types a text, or sends a `kind` of thing (photo)."""
        line = self.by_person[person]
        number = self._number(line)
        message = self._message(line, number, _user(line.user))
        message |= {kind: {}} if kind else {"text": text}
        line.typed[number] = self._time()
        staff = self.world.provider.person(person)
        if staff is not None and staff.active(self.world.clock.now()) and not spoilt:
            line.stands[number] = self._time()
        if len(line.typed) > 400:
            line.typed.pop(next(iter(line.typed)))
        self.world.checker.answers.typed(person, number, text, flood=flood)
        return self._put(line, "message", message, text=text, flood=flood, spoilt=spoilt)

    def taps(self, person: str, number: int, data: str) -> None:
        line = self.by_person[person]
        self._next_callback += 1
        query = {
            "chat_instance": "sim",
            "data": data,
            "id": str(self._next_callback),
            "message": self._message(line, number, BOT),
            "from": _user(line.user),
        }
        self._put(line, "callback_query", query, data=data)

    def _message(self, line: Line, number: int, sender: dict[str, Any]) -> dict[str, Any]:
        return {
            "chat": {"id": line.chat_id, "type": "private"},
            "date": self._date(),
            "message_id": number,
            "from": sender,
        }

    def _date(self) -> int:
        return int(self.world.clock.true().timestamp())

    def blocks(self, person: str, blocked: bool) -> None:
        """Blocks the bot, or lets it write again (which Telegram tells the bot as well)."""
        line = self.by_person[person]
        line.blocked, line.started = blocked, True
        line.open_since = self._time()
        here = {"status": "member", "user": BOT}
        gone = {"until_date": self._date(), "status": "kicked", "user": BOT}
        change = {
            "chat": {"id": line.chat_id, "type": "private"},
            "date": self._date(),
            "new_chat_member": gone if blocked else here,
            "old_chat_member": here if blocked else gone,
            "from": _user(line.user),
        }
        self._put(line, "my_chat_member", change, data="blocks" if blocked else "unblocks")

    def moves(self, person: str, chat_id: int) -> None:
        """The chat gets a new id; the old one answers with it. What brought the keyboard stays in
        the old one, which the bot has no reason to ask any more."""
        line = self.by_person[person]
        line.keyboard = 0
        line.moved_to = chat_id
        line.chat_id = chat_id
        self.lines[chat_id] = line

    def _put(
        self,
        line: Line,
        kind: Literal["message", "callback_query", "my_chat_member"],
        body: dict[str, Any],
        *,
        data: str = "",
        text: str = "",
        flood: bool = False,
        spoilt: bool = False,
    ) -> Update_:
        line.started = True
        self._next_update += 1
        update = Update_(
            id=self._next_update,
            at=self._time(),
            kind=kind,
            body=body,
            chat=line.chat_id,
            person=line.person,
            data=data,
            text=text,
            flood=flood,
            spoilt=spoilt,
        )
        self.updates.append(update)
        self.world.checker.answers.asks(update)
        self.world.note("puts", line.person, data or text)
        self.wake()
        return update

    def wake(self) -> None:
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)

    def _time(self) -> float:
        return asyncio.get_running_loop().time()

    def _number(self, line: Line) -> int:
        number, line.next_number = line.next_number, line.next_number + 1
        return number

    # What the bot asks --------------------------------------------------------------------------

    def pending(self, offset: int | None) -> list[Update_]:
        """Confirms everything before `offset`; the rest, at most 100, as long as it is kept."""
        now = self._time()
        while self.updates and offset is not None and self.updates[0].id < offset:
            done = self.updates.popleft()
            self.world.checker.confirmed(done)
        while self.updates and self.updates[0].at < now - KEPT_SECONDS:
            expired = self.updates.popleft()
            self.handed.pop(expired.id, None)
            if expired.kind == "message":
                self.by_person[expired.person].stands.pop(expired.body["message_id"], None)
        found = list(self.updates)[:100]
        self.handed.update({u.id: u for u in found})
        return found

    def permit(self, line: Line) -> None:
        """Counts a new message, or refuses it: a refusal means that the bot was too fast."""
        now, limits = self._time(), self.world.made.policy.limits
        while self.sent_at and self.sent_at[0] <= now - 1.0:
            self.sent_at.popleft()
        line.allowance = min(float(limits.chat_burst), line.allowance + now - line.filled_at)
        line.filled_at = now
        short = 1.0 - line.allowance if line.allowance < 1.0 - 1e-6 else 0.0
        if len(self.sent_at) >= limits.per_second:
            short = max(short, self.sent_at[0] + 1.0 - now)
        if short > 0:
            if now >= self.too_late_until:
                what = f"{line.person}: {len(self.sent_at)} in a second, {short:.3f} short"
                self.world.checker.broken("429 provoked", what)
            raise RetryAfter(math.ceil(short))
        self.sent_at.append(now)
        line.allowance -= 1.0

    def reachable(self, chat_id: int) -> Line:
        line = self.lines.get(chat_id)
        if line is None:
            raise BadRequest("Chat not found")
        if line.moved_to and line.moved_to != chat_id:
            raise ChatMigrated(line.moved_to)
        if line.blocked:
            raise Forbidden("Forbidden: bot was blocked by the user")
        if not line.started:
            raise Forbidden("Forbidden: bot can't initiate conversation with a user")
        if (left := line.rests_until - self._time()) > 0:
            raise RetryAfter(math.ceil(left))
        return line

    def deliver(self, chat_id: int, text: str, markup: Any, proactive: bool) -> Any:
        line = self.reachable(chat_id)
        self.permit(line)
        if not 1 <= len(text) <= 4096 + 800:
            raise BadRequest("Message is too long")
        number = self._number(line)
        shown = Shown(number=number, text=text, rows=_rows(markup), proactive=proactive)
        line.shown[number] = shown
        line.newest = number
        if isinstance(markup, ReplyKeyboardMarkup):
            if line.keyboard:
                line.stands[line.keyboard] = self._time()
                line.replaced[line.keyboard] = number
            line.keyboard = number
        elif "not on its list" not in text:
            line.stands[number] = self._time()
        if len(line.shown) > 40:
            line.shown.pop(next(iter(line.shown)))
        self.world.delivered(line, shown)
        return _Sent(number)

    def edit(self, chat_id: int, number: int, text: str, markup: Any) -> Any:
        line = self.reachable(chat_id)
        shown = line.shown.get(number)
        if shown is None:
            raise BadRequest("Message to edit not found")
        rows = _rows(markup)
        if shown.text == text and shown.rows == rows:
            self.world.checker.answers.says(line, text)
            raise BadRequest("Message is not modified: specified new message content is the same")
        shown.text, shown.rows, shown.proactive = text, rows, False
        self.world.checker.alarm_gone(line.person, number)
        self.world.delivered(line, shown, edited=True)
        return _Sent(number)

    @staticmethod
    def is_there(line: Line, number: int) -> bool:
        """Is there such a message in the chat?"""
        return number in line.stands or number in line.typed or number in line.shown

    def delete(self, chat_id: int, number: int) -> Any:
        line = self.reachable(chat_id)
        since = line.stands.get(number, line.typed.get(number, self._time()))
        if since < self._time() - 48 * 3600:
            raise BadRequest("Message can't be deleted for everyone")
        if (stood := line.stands.pop(number, None)) is not None:
            self.world.note("deletes", line.person)
            self.world.checker.taken_out(line, stood)
        if line.typed.pop(number, None) is not None:
            self.world.checker.answers.taken_out(line.person, number)
            return True
        if line.shown.pop(number, None) is None and stood is None:
            raise BadRequest("Message to delete not found")
        if number == line.keyboard:  # the bot did not know what it was
            line.keyboard = 0
        self.world.checker.alarm_gone(line.person, number)
        return True


def _user(number: int) -> dict[str, Any]:
    return {"first_name": "Somebody", "id": number, "is_bot": False}


class _Sent(msgspec.Struct, frozen=True):
    message_id: int


def _rows(markup: Any) -> list[list[tuple[str, str]]]:
    keyboard = getattr(markup, "inline_keyboard", None)
    if keyboard is None:
        return []
    rows = [[(b.text, b.callback_data) for b in row] for row in keyboard]
    for row in rows:
        for _, data in row:
            if not 1 <= len(data.encode()) <= 64:
                raise BadRequest("Button_data_invalid")
    return rows


class SimBot:
    """One process's client. `proactive`: used by delivery, not by answers to people."""

    def __init__(self, telegram: Telegram, process: Process, *, proactive: bool) -> None:
        self.telegram = telegram
        self.process = process
        self.proactive = proactive

    async def _call(self, deliver: Callable[[], Any], method: str = "sendMessage") -> Any:
        speaking = SPEAKING.get() if self.proactive else None
        try:
            done = await self._request(deliver, method)
            if speaking is not None:
                self.telegram.world.checker.changed(speaking)
            return done
        except (NetworkError, RetryAfter):
            if speaking is not None and speaking.screens:
                # Some of it arrived, then it failed: all of it will come again.
                self.telegram.world.checker.answer_lost(speaking)
            raise

    async def _request(self, deliver: Callable[[], Any], method: str) -> Any:
        telegram, process = self.telegram, self.process
        rng, weather = telegram.rng, telegram.weather
        what = "remind" if self.proactive else "answer"
        speaking = SPEAKING.get() if self.proactive else None
        await process.point(what)
        if weather.away == "refuses":
            await asyncio.sleep(0.05)
            raise NetworkError("httpx.ConnectError") from httpx.ConnectError("refused")
        if weather.away == "hangs":
            await asyncio.sleep(TIMEOUT_SECONDS)
            raise TimedOut
        if weather.away == "fails":
            await asyncio.sleep(0.2)
            raise NetworkError("Bad Gateway")
        luck = rng.random()
        share = telegram.world.profile.slow_network
        slow = luck < share
        if slow:
            telegram.world.slow(SLOWEST_SECONDS * luck / share)
        await asyncio.sleep(SLOWEST_SECONDS * luck / share if slow else 0.03 + 0.2 * luck * luck)
        await process.point(what)
        luck = rng.random() - weather.server_error
        if luck < 0 or telegram.world.mischief.fails(speaking):
            raise NetworkError("Bad Gateway")
        luck -= weather.dropped
        if luck < 0:
            telegram.world.slow(TIMEOUT_SECONDS)
            await asyncio.sleep(TIMEOUT_SECONDS)
            raise TimedOut
        telegram.world.mischief.swallowed(method)
        luck -= weather.too_many
        if luck < 0:
            seconds = rng.choice((1, 3, 7, 20, 40))
            telegram.world.bad(seconds + 5.0)
            raise RetryAfter(seconds)
        try:
            done = deliver()
        except Forbidden:
            if speaking is not None:
                telegram.world.checker.forbidden(speaking.parts[0][1].to)
            raise
        await process.point("sent" if self.proactive else what)
        if luck > SLOW_ANSWERS:
            telegram.world.slow(4.0)
            await asyncio.sleep(4.0)
        if weather.away == "deaf" or luck < weather.lost_answer:
            telegram.world.slow(TIMEOUT_SECONDS)
            await asyncio.sleep(TIMEOUT_SECONDS)
            raise TimedOut
        telegram.world.mischief.spoilt(method, getattr(done, "message_id", True))
        return done

    async def send_message(
        self, chat_id: int, text: str, *, reply_markup: Any = None, **_: Any
    ) -> Any:
        if not self.proactive:
            self.telegram.world.checker.spoke_to(chat_id)
        return await self._send(chat_id, text, reply_markup)

    async def send_photo(self, chat_id: int, photo: Any, **_: Any) -> Any:
        return await self._send(chat_id, "(picture)", None)

    async def _send(self, chat_id: int, text: str, markup: Any) -> Any:
        """Until its answer is here the bot does not know of the message."""

        def deliver() -> Any:
            sent = self.telegram.deliver(chat_id, text, markup, self.proactive)
            self.telegram.lines[chat_id].lost.add(sent.message_id)
            return sent

        done = await self._call(deliver)
        self.telegram.lines[chat_id].lost.discard(done.message_id)
        return done

    async def edit_message_text(
        self, text: str, *, chat_id: int, message_id: int, reply_markup: Any = None, **_: Any
    ) -> Any:
        if not self.proactive:  # as after /cancel, whose answer stands in the form's place
            self.telegram.world.checker.spoke_to(chat_id)
        return await self._call(
            lambda: self.telegram.edit(chat_id, message_id, text, reply_markup), "editMessageText"
        )

    async def answer_callback_query(self, callback_query_id: str, **_: Any) -> bool:
        await self.process.point("tap")
        self.telegram.world.checker.answered(callback_query_id)
        if self.telegram.weather.away:
            raise TimedOut
        return True

    async def delete_message(self, chat_id: int, message_id: int) -> bool:
        if not self.proactive:
            self.telegram.world.checker.spoke_to(chat_id)
        await self._call(lambda: self.telegram.delete(chat_id, message_id), "deleteMessage")
        return True

    async def delete_messages(self, chat_id: int, message_ids: Sequence[int]) -> bool:
        def delete() -> bool:
            line = self.telegram.reachable(chat_id)
            found = [number for number in message_ids if self.telegram.is_there(line, number)]
            old = self.telegram._time() - 48 * 3600
            if any(line.stands.get(number, old) < old for number in found):
                raise BadRequest("Message can't be deleted for everyone")
            for number in found:
                self.telegram.delete(chat_id, number)
            return True

        await self._call(delete, "deleteMessages")
        return True

    async def raw_updates(
        self, offset: int | None, seconds: int, allowed: tuple[str, ...], limit: int = 100
    ) -> list[dict[str, Any]]:
        """A poll that would come back empty is held on: nothing happens between."""
        telegram = self.telegram
        while True:
            await self.process.point("poll")
            if telegram.weather.away in ("refuses", "fails", "deaf"):
                await asyncio.sleep(0.2)
                raise NetworkError("Bad Gateway")
            if telegram.weather.away == "hangs":
                await asyncio.sleep(TIMEOUT_SECONDS)
                raise TimedOut
            found = telegram.pending(offset)[:limit]
            if found or not seconds:
                await asyncio.sleep(0.05)
                await self.process.point("poll")
                raws = telegram.world.mischief.polled(found)
                for one in found:
                    telegram.world.checker.handed_over(one)
                return raws
            if not self._polls_still():
                raise Conflict("terminated by other getUpdates request")
            telegram.waiter = asyncio.get_running_loop().create_future()
            await telegram.waiter

    def _polls_still(self) -> bool:
        """No other process has polled since this request was made."""
        return True

    async def set_my_commands(self, *_: Any) -> None:
        await self._call(lambda: None)

    set_my_short_description = set_my_commands
    set_my_description = set_my_commands

    username = ""

    async def initialize(self) -> None:
        """No connections to open."""

    async def shutdown(self) -> None:
        """None to close."""

    async def leave_chat(self, *_: Any) -> None:
        await self._call(lambda: None)
