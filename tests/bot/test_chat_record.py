"""What is on record of a chat: its messages by ten minutes, and the numbers of those that may have
arrived unknown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from telegram import ReplyKeyboardMarkup
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TimedOut,
)

from bot.chat_record import ChatRecord
from bot.chats_on_record import KEY, Kept, Shown, begins, read, slot_of
from bot.noted_client import noted
from protocol.provider import Chat
from reminders.events import Events
from reminders.write_behind import OfficeChange
from tests.handlers.chat_world import ManualClock
from tests.reminders.virtual import in_virtual_time

AMY, BEN, CAY = 1, 2, 3
START = datetime(2026, 11, 21, 21, 30, tzinfo=UTC)
FIRST = slot_of(START)
LIMIT = timedelta(hours=20)


class State:
    """The service's own file, of a service for Amy and Ben; Cay has no chat."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}
        self.commits = 0
        self.events = Events()
        self.service = SimpleNamespace(
            staff=[SimpleNamespace(id=name) for name in ("amy", "ben", "cay")],
            homes=[SimpleNamespace(prefix="RH")],
            chat=Chat(forget_after_hours=20),
        )

    def owner_of(self, _: int) -> None:
        """What the bot tells by itself is held in test_chat_readings.py."""

    def chat_of(self, name: str, _: None) -> int | None:
        return {"amy": AMY, "ben": BEN}.get(name)

    async def change(self, build: Callable[[Any], OfficeChange]) -> None:
        self.commits += 1
        self.state |= build(None).state or {}


class Book:
    """The record on that file. first: of a service that has never started before, so that nothing
    is known of any chat; else all is known."""

    def __init__(self, *, first: bool = False) -> None:
        self.clock = ManualClock(START)
        self.state: Any = State()
        self.record = ChatRecord(self.state, self.clock)
        if not first:
            self.record.kept.gaps.clear()

    async def starts_again(self) -> None:
        await self.record.write()
        self.record = ChatRecord(self.state, self.clock)

    def spans(self, chat: int) -> dict[int, list[tuple[int, int]]]:
        """Numbers of what may stand there, by the ten minutes."""
        kept = self.record.kept
        return {s: chats[chat].spans for s, chats in kept.slots.items() if chat in chats}


async def known(**last: int) -> Book:
    """A service that starts again and has on record the last number of each chat."""
    book = Book()
    for name, number in last.items():
        book.record.came({"amy": AMY, "ben": BEN, "cay": CAY}[name], number)
    await book.starts_again()
    return book


def test_messages_of_ten_minutes_are_kept_together() -> None:
    it = Book()
    it.record.came(AMY, 5)
    it.record.came(AMY, 5)
    it.record.came(AMY, 4)
    it.clock.go(minutes=9, seconds=59)
    it.record.came(AMY, 6)
    it.clock.go(seconds=1)
    it.record.came(AMY, 7)
    it.record.came(BEN, 8)
    assert (it.record.last(AMY), it.record.last(BEN), it.record.last(CAY)) == (7, 8, 0)
    assert it.record.kept.slots[FIRST][AMY].numbers == [5, 4, 6]
    assert it.record.numbers(AMY, [FIRST]) == [4, 5, 6]
    assert it.record.numbers(AMY, [FIRST, FIRST + 1, 99]) == [4, 5, 6, 7]
    assert it.record.oldest == START == begins(FIRST)
    assert it.record.ends(FIRST) == START + timedelta(minutes=10)


def test_due_is_all_of_the_ten_minutes_that_have_begun_the_oldest_first() -> None:
    it = Book()
    assert it.record.oldest is None
    for chat in (BEN, AMY, BEN):
        it.record.came(chat, 5)
        it.clock.go(minutes=10)
    assert it.record.due(START - timedelta(seconds=1)) == {}
    assert it.record.due(START) == {BEN: [FIRST]}
    assert it.record.due(START + timedelta(minutes=20)) == {
        BEN: [FIRST, FIRST + 2],
        AMY: [FIRST + 1],
    }
    assert it.record.limit == LIMIT


def test_the_cases_that_messages_name() -> None:
    """Not those of a list, which is asked for again, nor what only looks like a reference."""
    it = Book()
    it.record.sent(AMY, 5, "RH-2345 and RH-2346, RH-2345 again, not XX-2347 nor RH-1")
    it.record.sent(AMY, 6, "RH-2346 RH-2347 RH-2348")
    it.record.sent(AMY, 7, "RH-2342 RH-2343 RH-2344 RH-2349")
    it.clock.go(minutes=10)
    it.record.sent(AMY, 8, "RH-2345 RH-2352")
    assert it.record.refs(AMY, [FIRST]) == ["RH-2345", "RH-2346", "RH-2347", "RH-2348"]
    assert it.record.refs(AMY, [FIRST, FIRST + 1])[-1] == "RH-2352"
    assert it.record.numbers(AMY, [FIRST]) == [5, 6, 7]


def test_the_keyboard_stays_until_another_message_brings_it() -> None:
    it = Book()
    it.record.sent(AMY, 5, "welcome", keyboard=True)
    assert it.record.numbers(AMY, [FIRST]) == []
    assert it.record.last(AMY) == 5
    it.record.sent(AMY, 6, "welcome", keyboard=True)
    assert it.record.numbers(AMY, [FIRST]) == [5]
    it.record.sent(AMY, 7, "RH-2345", keyboard=True)
    assert it.record.numbers(AMY, [FIRST]) == [5, 7], "what names a case goes"
    assert it.record.refs(AMY, [FIRST]) == ["RH-2345"]
    it.record.came(AMY, 6)
    assert it.record.numbers(AMY, [FIRST]) == [5, 7]


def test_of_two_with_the_keyboard_the_newest_has_it_though_its_answer_came_first() -> None:
    it = Book()
    for number in (5, 9, 8):
        it.record.sent(AMY, number, "welcome", keyboard=True)
    assert it.record.numbers(AMY, [FIRST]) == [5, 8]
    assert it.record.kept.keyboard == {AMY: 9}


# What may have arrived ------------------------------------------------------------------------


async def test_after_a_start_what_came_last_may_not_be_known() -> None:
    """The numbers from the last known message to the next one, and not those of what is known."""
    it = await known(amy=300)
    it.clock.go(minutes=30)
    it.record.came(AMY, 320)
    it.record.sent(AMY, 330, "x")
    assert it.spans(AMY) == {FIRST: [(250, 329)], FIRST + 3: []}
    assert it.record.numbers(AMY, [FIRST]) == [n for n in range(250, 330) if n != 320]
    assert it.record.numbers(AMY, [FIRST + 3]) == [320, 330]
    it.record.sent(AMY, 340, "x")
    assert it.spans(AMY) == {FIRST: [(250, 329)], FIRST + 3: []}, "once"


async def test_numbers_of_all_chats_are_counted_together() -> None:
    it = await known(amy=300, ben=1000)
    it.record.sent(AMY, 5000, "x")
    assert it.spans(AMY) == {FIRST: [(250, 400), (950, 1100)]}
    it.record.sent(BEN, 5001, "x")
    assert it.spans(BEN) == {FIRST: [(950, 1100)]}
    it = await known(amy=300, ben=380)
    it.record.sent(AMY, 5000, "x")
    assert it.spans(AMY) == {FIRST: [(250, 400), (401, 480)]}
    it = await known(amy=20, cay=30)
    it.record.sent(AMY, 21, "x")
    assert it.spans(AMY) == {FIRST: [(1, 20)]}
    it.record.sent(CAY, 30, "x")
    assert it.record.kept.gaps[CAY].last == 30, "not newer than what is known"


async def test_of_a_chat_without_a_known_message_the_newest_of_all_are_looked_at() -> None:
    it = Book(first=True)
    assert it.record.kept.gaps.keys() == {AMY, BEN}, "everybody who has a chat"
    it.record.sent(AMY, 700, "x")
    assert it.spans(AMY) == {FIRST: [(1, 100), (649, 699)]}
    it.record.unsure(BEN, 0)
    it.record.sent(BEN, 900, "x")
    assert it.spans(BEN) == {FIRST: [(1, 100), (650, 800)]}


async def test_a_message_whose_answer_was_lost_opens_a_gap_from_what_was_known_before() -> None:
    it = Book()
    for number in (200, 210):
        it.record.sent(AMY, number, "x")
    it.clock.go(minutes=20)
    it.record.unsure(AMY, 200)
    it.clock.go(minutes=10)
    it.record.sent(BEN, 230, "x")
    it.record.unsure(AMY, 205)
    it.record.sent(AMY, 240, "x")
    assert it.spans(AMY)[FIRST + 2] == [(150, 210), (150, 239)]
    await it.record.write()
    assert read(it.state.state).gaps.keys() == set()


async def test_an_answer_that_was_given_up_stands_before_the_one_that_was_sent_again() -> None:
    """The second one is known before the first is given up, and nothing comes after it."""
    it = Book()
    it.record.sent(AMY, 10, "x")
    it.record.sent(AMY, 12, "x")
    it.record.unsure(AMY, 10)
    assert it.record.numbers(AMY, [FIRST]) == list(range(1, 13))
    assert it.record.kept.gaps[AMY].last == 10, "it may come yet"


async def test_whoever_heard_nothing_since_the_start_has_a_gap_for_each_answer_that_was_lost() -> (
    None
):
    """Amy wrote last before the start; an hour later, a thousand messages on, an answer to her is
    lost, and goes a day after that hour."""
    it = await known(amy=300, ben=400)
    it.clock.go(minutes=60)
    it.record.sent(BEN, 1400, "x")
    it.record.unsure(AMY, 300)
    it.record.unsure(AMY, 300)
    await it.starts_again()
    it.record.sent(AMY, 2000, "x")
    assert it.spans(AMY) == {
        FIRST: [(250, 400), (401, 500)],
        FIRST + 6: [(1350, 1500)],
    }


async def test_what_was_on_its_way_when_the_service_was_long_down_does_not_go_at_once() -> None:
    it = await known(amy=300)
    it.clock.go(hours=50)
    it.record.sent(AMY, 330, "x")
    assert list(it.spans(AMY)) == [
        FIRST,
        slot_of(it.clock.now() - LIMIT) + 2,
        slot_of(it.clock.now()),
    ]


# What becomes of it ---------------------------------------------------------------------------


def test_what_a_reader_is_at_work_on_is_in_use_for_half_an_hour() -> None:
    it = Book()
    it.record.kept.shown[AMY] = {"RH-2345": Shown(number=5), "RH-2346": Shown(number=6)}
    it.record.reused(AMY, 5)
    assert it.record.kept.shown[AMY].keys() == {"RH-2346"}
    it.clock.go(minutes=29, seconds=59)
    assert it.record.in_use() == {(AMY, 5)}
    it.clock.go(seconds=1)
    assert it.record.in_use() == set()
    it.record.reused(AMY, 7)
    it.clock.go(minutes=-1)
    assert it.record.in_use() == set(), "a clock that was ahead"


def test_what_is_gone_is_off_the_record_but_for_what_is_left() -> None:
    it = Book()
    for number in (4, 5, 6):
        it.record.sent(AMY, number, "RH-2345")
    it.record.came(BEN, 7)
    it.clock.go(minutes=10)
    it.record.came(AMY, 8)
    it.record.gone(AMY, [FIRST, FIRST + 1, 99], {5})
    assert it.record.numbers(AMY, [FIRST, FIRST + 1]) == [5]
    assert it.record.refs(AMY, [FIRST]) == []
    assert it.record.kept.slots.keys() == {FIRST}
    it.record.gone(AMY, [FIRST])
    assert it.record.due(START) == {BEN: [FIRST]}
    it.record.gone(BEN, [FIRST])
    assert it.record.oldest is None


def test_what_was_only_guessed_and_is_at_work_on_stays_on_record() -> None:
    """An alarm whose answer was lost, that its reader has tapped."""
    it = Book()
    it.record.sent(AMY, 10, "x")
    it.record.unsure(AMY, 10)
    it.record.sent(AMY, 12, "x")
    it.record.reused(AMY, 11)
    it.record.gone(AMY, [FIRST], {11})
    assert it.record.numbers(AMY, [FIRST]) == [11]


def test_what_stays_for_good_is_counted() -> None:
    it = Book()
    it.record.stays(AMY, 2)
    it.record.stays(AMY, 3)
    assert it.record.kept.stayed == {AMY: 5}


def test_a_chat_that_moved_takes_all_with_it() -> None:
    it, to = Book(), 900
    it.record.sent(AMY, 5, "RH-2345")
    it.record.sent(AMY, 6, "welcome", keyboard=True)
    it.record.came(to, 7)
    it.record.kept.slots[FIRST][AMY].spans = [(3, 4)]
    it.record.stays(AMY, 2)
    it.record.unsure(AMY, 6)
    it.record.kept.shown[AMY] = {"RH-2345": Shown(number=5)}
    it.record.kept.owed = [(BEN, "RH-2346"), (AMY, "RH-2345")]
    it.record.moved(AMY, to)
    kept = it.record.kept
    slot = kept.slots[FIRST]
    assert slot.keys() == {to}
    assert (slot[to].numbers[:2], slot[to].refs) == ([7, 5], ["RH-2345"])
    assert slot[to].spans == [(3, 4)]
    assert (kept.last[to], kept.keyboard, kept.stayed) == (7, {to: 6}, {to: 2})
    assert (kept.gaps.keys(), kept.shown.keys()) == ({to}, {to})
    assert kept.owed == [(BEN, "RH-2346"), (to, "RH-2345")]
    assert AMY not in kept.last


def test_a_clock_that_was_set_back_makes_all_older_by_as_much() -> None:
    it = Book(first=True)
    it.record.came(BEN, 5)
    it.clock.go(hours=2)
    it.record.came(AMY, 6)
    it.clock.go(hours=-1)
    for _ in range(2):
        assert it.record.due(START) == {BEN: [FIRST - 6]}
        assert it.record.kept.slots.keys() == {FIRST - 6, FIRST + 6}
        assert {gap.slot for gap in it.record.kept.gaps.values()} == {FIRST - 6}


# The disk -------------------------------------------------------------------------------------


async def test_what_is_written_is_all_that_is_kept_whatever_changed() -> None:
    """Only what changed is made anew for it."""
    it = Book()
    changes: list[Callable[[], object]] = [
        lambda: it.record.sent(AMY, 5, "RH-2345"),
        lambda: it.record.came(AMY, 6),
        lambda: it.clock.go(minutes=10),
        lambda: it.record.came(BEN, 7),
        lambda: it.record.unsure(BEN, 5),
        lambda: it.record.sent(BEN, 9, "x"),
        lambda: it.record.gone(AMY, [FIRST], {5}),
        lambda: it.record.moved(AMY, 900),
        lambda: (it.clock.go(hours=-1), it.record.due(START)),
        lambda: it.record.gone(900, list(it.record.kept.slots)),
        lambda: it.record.gone(BEN, list(it.record.kept.slots)),
    ]
    for change in changes:
        change()
        await it.record.write()
        kept = msgspec.to_builtins(it.record.kept, str_keys=True)
        assert it.state.state[KEY] == kept
        assert read(msgspec.json.decode(msgspec.json.encode(it.state.state))) == it.record.kept
    assert it.state.state[KEY].get("slots") is None


async def test_it_is_written_when_there_is_something_new_and_read_as_it_was() -> None:
    it = Book()
    await it.record.write()
    assert it.state.commits == 0
    it.record.sent(AMY, 5, "RH-2345")
    await it.record.write()
    await it.record.write()
    assert it.state.commits == 1
    assert read(it.state.state) == it.record.kept
    assert read({}) == Kept()
    for change in (
        lambda: it.record.came(AMY, 6),
        lambda: it.record.sent(AMY, 7, "welcome", keyboard=True),
        lambda: it.record.unsure(AMY, 7),
        lambda: it.record.stays(AMY, 1),
        lambda: it.record.moved(AMY, 900),
        lambda: it.record.gone(900, [FIRST]),
        lambda: it.record.touch(),
    ):
        before = it.state.commits
        change()
        await it.record.write()
        assert it.state.commits == before + 1
        assert read(it.state.state) == it.record.kept


@in_virtual_time
async def test_it_waits_for_something_new_and_half_a_second_more_for_others() -> None:
    it, loop = Book(), asyncio.get_running_loop()
    await it.record.wait(60)
    assert loop.time() == 60
    it.record.came(AMY, 5)
    await it.record.wait(60)
    assert loop.time() == 60.5
    it.record.changed.set()
    await it.record.wait(0.2)
    assert loop.time() == 60.7
    await it.record.wait(60)
    assert loop.time() == 120.7


# Whoever sends --------------------------------------------------------------------------------


class Client:
    """Telegram: answers with number 8, or with this error."""

    username = "nightlight_example_bot"

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error
        self.asked: list[Any] = []

    async def send_message(self, chat_id: int, text: str, **how: Any) -> Any:
        self.asked.append((chat_id, text, how))
        if self.error is not None:
            raise self.error
        return SimpleNamespace(message_id=8)

    send_photo = send_message


NOT_SENT = [BadRequest("x"), ChatMigrated(9), Forbidden("x"), InvalidToken(), RetryAfter(1)]
PERHAPS = [NetworkError("x"), TimedOut(), asyncio.CancelledError(), KeyError("x")]


@pytest.mark.parametrize("method", ["send_message", "send_photo"])
@pytest.mark.parametrize("error", [None, *NOT_SENT, *PERHAPS], ids=repr)
async def test_what_is_sent_is_on_record_and_what_may_have_arrived_is_a_gap(
    method: str, error: BaseException | None
) -> None:
    it = Book()
    it.record.came(AMY, 5)
    telegram: Any = Client(error)
    client = noted(telegram, it.record)
    assert client.username == telegram.username
    send = getattr(client, method)
    if error is None:
        await send(AMY, "RH-2345", quiet=True)
        assert telegram.asked == [(AMY, "RH-2345", {"quiet": True})]
        assert it.record.numbers(AMY, [FIRST]) == [5, 8]
        assert it.record.refs(AMY, [FIRST]) == ["RH-2345"] * (method == "send_message")
    else:
        with pytest.raises(type(error)):
            await send(AMY, "x")
        gap = it.record.kept.gaps.get(AMY)
        assert (gap.last if gap else None) == (5 if error in PERHAPS else None)


async def test_a_message_with_the_keyboard_is_known_as_that() -> None:
    it = Book()
    telegram: Any = Client()
    keys = ReplyKeyboardMarkup([["Report"]])
    await noted(telegram, it.record).send_message(AMY, "welcome", reply_markup=keys)
    assert it.record.kept.keyboard == {AMY: 8}
