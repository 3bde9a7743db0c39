"""Receiving: Telegram hears that an update was handled only when it was, nobody waits for anybody
else, and nothing that comes in ends it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from telegram import Update
from telegram.error import Conflict, InvalidToken, NetworkError, RetryAfter

from bot.kept_updates import KeptUpdates
from bot.polling import Backlog, Polling, Stopped
from bot.telegram_client import Unreadable, telegram_client
from bot.under_way import KEEP_AFTER_SECONDS, UnderWay
from bot.updates import is_late
from storage.store import Store
from tests.reminders.virtual import VirtualClock, in_virtual_time
from tests.reminders.world import FRIDAY_NIGHT, summarise
from tests.support.memory_store import MemoryStore

AMY, BEN = 7001, 7002
NOT_LONG = 0.8 * KEEP_AFTER_SECONDS
"""A handler that takes so long is not put on record meanwhile."""
Handle = Callable[[Update], Awaitable[None]]


def typed(number: int, chat: int = AMY, text: str = "hello") -> dict[str, Any]:
    """An update as Telegram sends it."""
    return {
        "update_id": number,
        "message": {
            "message_id": number,
            "date": 1_795_000_000,
            "chat": {"id": chat, "type": "private"},
            "from": {"id": chat, "is_bot": False, "first_name": "Morgan"},
            "text": text,
        },
    }


class Queue:
    """Telegram's side: keeps updates until they are confirmed, as the Bot API says it does.

    `answers`: what is raised or returned instead, before the queue is looked at.
    `way`: seconds from a request to the beginning of its answer.
    """

    def __init__(self, *waiting: Any) -> None:
        self.waiting = list(waiting)
        self.answers: list[Any] = []
        self.asked: list[int | None] = []
        self.limits: list[int] = []
        self.kinds: set[tuple[str, ...]] = set()
        self.waits: list[int] = []
        self.at: list[float] = []
        self.refuse: Callable[[list[Any]], Exception | None] = lambda _: None
        self.changed = asyncio.Event()
        self.way = 0.01

    def put(self, *more: Any) -> None:
        self.waiting += more
        self.changed.set()

    async def raw_updates(
        self, offset: int | None, seconds: int, allowed: tuple[str, ...], limit: int = 100
    ) -> list[Any]:
        self.asked.append(offset)
        self.limits.append(limit)
        self.kinds.add(allowed)
        self.waits.append(seconds)
        self.at.append(asyncio.get_running_loop().time())
        await asyncio.sleep(self.way)
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer  # type: ignore[no-any-return]
        if offset is not None:
            self.waiting = [
                one
                for one in self.waiting
                if not isinstance(one, dict) or one.get("update_id", offset) >= offset
            ]
        if not self.waiting and seconds:
            self.changed.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self.changed.wait()
            except TimeoutError:
                return []
        found = self.waiting[:limit]
        if error := self.refuse(found):
            raise error
        return found


class Receiving:
    """Polling on that queue for as long as the block lasts.

    store: outlives it, as the disk outlives a process.
    """

    def __init__(
        self, queue: Queue, handle: Handle | None = None, store: Store | None = None
    ) -> None:
        self.queue = queue
        clock = VirtualClock(FRIDAY_NIGHT)
        self.store = store or MemoryStore(summarise=summarise, now=clock.now)
        self.handled: list[int] = []
        self.texts: list[str] = []
        self.told = 0
        self.told_what = ""
        self.late: dict[int, bool] = {}
        self.busy = 0
        self.backlog = Backlog()
        self.under_way = UnderWay(KeptUpdates(self.store, clock.now))
        self.polling = Polling(
            queue,
            telegram_client("1:x", "http://127.0.0.1:1"),
            handle or self._note,
            troubled=self._troubled,
            under_way=self.under_way,
            backlog=self.backlog,
            busy=self._busy,
        )
        self.task: asyncio.Task[None] | None = None

    async def _note(self, update: Update) -> None:
        self.handled.append(update.update_id)
        self.late[update.update_id] = is_late(update)
        if update.message is not None:
            self.texts.append(update.message.text or "")

    async def _troubled(self, what: str) -> None:
        self.told += 1
        self.told_what = what

    def _busy(self, busy: bool) -> None:
        assert type(busy) is bool
        self.busy += 1 if busy else -1

    async def __aenter__(self) -> Receiving:
        self.task = asyncio.create_task(self.polling.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self.task is not None
        self.polling.cancel()
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


@in_virtual_time
async def test_an_update_is_confirmed_only_after_its_handler_came_back() -> None:
    release = asyncio.Event()

    async def handle(update: Update) -> None:
        await release.wait()

    async with Receiving(Queue(typed(5), typed(6, BEN)), handle) as it:
        await asyncio.sleep(NOT_LONG)
        assert max(o for o in it.queue.asked if o is not None) == 5
        release.set()
        await asyncio.sleep(1)
        assert it.queue.waiting == []
        assert it.busy == 0


@in_virtual_time
async def test_nobody_waits_for_another_persons_slow_answer() -> None:
    """Amy's answer hangs for 8 seconds; Ben writes a second later."""
    answered: dict[int, float] = {}
    loop = asyncio.get_running_loop()

    async def handle(update: Update) -> None:
        assert update.effective_chat is not None
        if update.effective_chat.id == AMY:
            await asyncio.sleep(8)
        answered[update.update_id] = loop.time()

    async with Receiving(Queue(typed(1), typed(2)), handle) as it:
        await asyncio.sleep(1)
        for number in range(3, 40):
            put = loop.time()
            it.queue.put(typed(number, BEN))
            await asyncio.sleep(0.3)
            assert answered[number] - put < 0.2
        await asyncio.sleep(20)
        assert sorted(answered) == list(range(1, 40))
        assert it.queue.waiting == []


@in_virtual_time
async def test_beside_a_flood_an_update_is_begun_almost_as_soon_as_in_the_quiet() -> None:
    """Amy sends 20 messages a second, each under way for 40 ms; Ben writes at any moment of it.
    What has not been handled cannot be confirmed, so no long poll brings him in."""
    begun: dict[int, float] = {}
    numbers = itertools.count(1)
    loop = asyncio.get_running_loop()

    async def handle(update: Update) -> None:
        assert update.effective_chat is not None
        begun[update.update_id] = loop.time()
        if update.effective_chat.id == AMY:
            await asyncio.sleep(0.04)

    async def flood() -> None:
        while True:
            it.queue.put(typed(next(numbers)))
            await asyncio.sleep(0.05)

    async with Receiving(Queue(), handle) as it:
        task = asyncio.create_task(flood())
        waits = []
        for _ in range(100):
            await asyncio.sleep(0.231)
            put, number = loop.time(), next(numbers)
            it.queue.put(typed(number, BEN))
            await asyncio.sleep(0.2)
            waits.append(begun[number] - put)
        task.cancel()
    assert sorted(waits)[94] < 0.03
    assert max(waits) < 0.035


@in_virtual_time
async def test_updates_of_one_chat_keep_their_order() -> None:
    order: list[int] = []

    async def handle(update: Update) -> None:
        await asyncio.sleep(1.0 if update.update_id == 1 else 0.1)
        order.append(update.update_id)

    async with Receiving(Queue(typed(3), typed(1), typed(2)), handle):
        await asyncio.sleep(5)
    assert order == [1, 2, 3]


@in_virtual_time
async def test_no_more_than_a_hundred_are_under_way() -> None:
    under_way = most = 0

    async def handle(update: Update) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(NOT_LONG)
        under_way -= 1

    async with Receiving(Queue(*(typed(n, 8000 + n) for n in range(1, 351))), handle) as it:
        await asyncio.sleep(10)
        assert it.queue.waiting == []
    assert most == 100


@in_virtual_time
async def test_what_is_delivered_again_while_under_way_is_not_begun_twice() -> None:
    handled: list[int] = []

    async def handle(update: Update) -> None:
        handled.append(update.update_id)
        await asyncio.sleep(2)

    async with Receiving(Queue(typed(1), typed(1), typed(2, BEN)), handle) as it:
        await asyncio.sleep(4)
        it.queue.put(typed(1), typed(2, BEN))
        await asyncio.sleep(4)
    assert handled == [1, 2]


@in_virtual_time
async def test_ids_that_begin_anew_after_a_quiet_week_are_handled() -> None:
    """Telegram may choose a lower number then; it sends it, whatever the offset was."""
    queue = Queue(typed(900_000))
    async with Receiving(queue) as it:
        await asyncio.sleep(1)
        queue.answers.append([typed(17)])
        queue.put()
        await asyncio.sleep(1)
        queue.put(typed(18))
        await asyncio.sleep(1)
        assert it.handled == [900_000, 17, 18]
        assert queue.waiting == []


@in_virtual_time
async def test_one_of_these_that_makes_the_answer_unreadable_is_passed_over_too() -> None:
    queue = Queue(typed(900_000))
    async with Receiving(queue) as it:
        await asyncio.sleep(1)
        queue.answers = [Unreadable((17,))] * 6
        queue.put()
        await asyncio.sleep(10)
        assert (queue.asked[-1], it.told) == (18, 1)


UNREADABLE: list[Any] = [
    {"update_id": 2, "message": 5},
    {"update_id": 2, "message": {}},
    {"update_id": 2, "message": {"message_id": "x", "chat": {"id": AMY}}},
    {"update_id": 2, "message": {"message_id": 1, "chat": {"id": 10**30}}},
    {"update_id": 2, "message": {"message_id": 1, "chat": []}},
    {"update_id": 2, "callback_query": {"id": "1"}},
    {"update_id": 2, "callback_query": None},
    {"update_id": 2, "my_chat_member": {"chat": {"id": AMY}, "from": {"id": AMY}}},
]


@pytest.mark.parametrize("bad", UNREADABLE, ids=str)
@in_virtual_time
async def test_one_unreadable_update_is_passed_over_alone(bad: Any) -> None:
    async with Receiving(Queue(typed(1), bad, typed(3))) as it:
        await asyncio.sleep(2)
        assert it.handled == [1, 3]
        assert it.queue.waiting == []
        assert it.told == 1


@in_virtual_time
async def test_one_that_comes_again_beside_a_slow_one_is_told_once() -> None:
    async def handle(update: Update) -> None:
        await asyncio.sleep(NOT_LONG)

    async with Receiving(Queue(typed(1), UNREADABLE[0]), handle) as it:
        await asyncio.sleep(2)
        assert it.told == 1


NO_UPDATE: list[Any] = [
    None, 7, "x", [], {}, {"update_id": "2"}, {"update_id": True}, {"update_id": -4},
    {"update_id": 2.5}, {"update_id": 10**30, "message": {}},
]  # fmt: skip


@pytest.mark.parametrize("junk", NO_UPDATE, ids=str)
@in_virtual_time
async def test_what_is_no_update_at_all_holds_up_nothing(junk: Any) -> None:
    """It cannot be confirmed, so it comes again and again: told once, and asked for slowly."""
    async with Receiving(Queue()) as it:
        for number in range(1, 12):
            it.queue.answers.append([junk, typed(number)])
        await asyncio.sleep(5)
        it.queue.put(typed(20))
        await asyncio.sleep(5)
        assert it.handled == [*range(1, 12), 20]
        assert it.told == 1


@in_virtual_time
async def test_junk_that_never_goes_away_is_not_asked_for_without_pause() -> None:
    queue = Queue(None)
    async with Receiving(queue) as it:
        await asyncio.sleep(10)
        queue.waiting.append(typed(4))
        await asyncio.sleep(2)
        assert it.handled == [4]
        assert it.told == 1
    assert len(queue.asked) < 200


@in_virtual_time
async def test_kinds_that_nobody_asked_for_are_confirmed_in_silence() -> None:
    async with Receiving(Queue({"update_id": 1, "poll": {"id": "x"}}, typed(2))) as it:
        await asyncio.sleep(2)
        assert it.queue.waiting == []
        assert it.told == 0


ANSWERS: list[Any] = [
    NetworkError("x"),
    RetryAfter(2),
    Conflict("other"),
    Unreadable(),
    Unreadable((1, 2)),
]


@pytest.mark.parametrize("answer", ANSWERS, ids=repr)
@in_virtual_time
async def test_a_bad_answer_is_followed_by_another_try(answer: Any) -> None:
    queue = Queue(typed(1), typed(2))
    queue.answers = [answer, answer]
    async with Receiving(queue) as it:
        await asyncio.sleep(10)
        assert it.handled == [1, 2]
        assert queue.waiting == []


@in_virtual_time
async def test_an_update_that_makes_the_whole_answer_unreadable_is_passed_over() -> None:
    """Whatever it is that the server sends with update 3: the ones around it are handled."""
    queue = Queue(*(typed(n) for n in range(1, 6)))

    def refuse(found: list[Any]) -> Exception | None:
        ids = tuple(one["update_id"] for one in found)
        return Unreadable(ids) if 3 in ids else None

    queue.refuse = refuse
    async with Receiving(queue) as it:
        await asyncio.sleep(60)
        assert it.handled == [1, 2, 4, 5]
        assert it.told == 1
        queue.put(typed(6))
        await asyncio.sleep(2)
        assert queue.limits[-1] == 100


@in_virtual_time
async def test_nothing_is_passed_over_because_of_a_few_broken_answers() -> None:
    queue = Queue(typed(1), typed(2))
    queue.answers = [Unreadable((1, 2))] * 5
    async with Receiving(queue) as it:
        await asyncio.sleep(60)
        assert it.handled == [1, 2]
        assert it.told == 0


@in_virtual_time
async def test_after_broken_answers_nobody_waits_for_another_persons_chat() -> None:
    """Amy's answer takes its time; Ben wrote after her and has his own at once."""
    queue = Queue(typed(1), *(typed(n) for n in range(2, 90)), typed(90, chat=BEN))
    queue.answers = [Unreadable((1,))] * 4
    handled: list[int] = []

    async def handle(update: Update) -> None:
        if update.effective_chat is not None and update.effective_chat.id == AMY:
            await asyncio.sleep(3600)
        handled.append(update.update_id)

    async with Receiving(queue, handle):
        await asyncio.sleep(5)
        assert handled == [90]


@in_virtual_time
async def test_another_program_with_the_same_token_is_told_unless_it_was_only_a_moment() -> None:
    """The request of the process before this one may still be open when this one begins."""
    queue = Queue(typed(1))
    queue.answers = [Conflict("other")] * 2
    async with Receiving(queue) as it:
        await asyncio.sleep(10)
        assert (it.handled, it.told) == ([1], 0)
        queue.answers = [Conflict("other")] * 5
        queue.put(typed(2))
        await asyncio.sleep(60)
        assert (it.handled, it.told, it.told_what) == ([1, 2], 1, "polling")


@in_virtual_time
async def test_a_handler_that_fails_does_not_hold_up_the_rest() -> None:
    handled: list[int] = []

    async def handle(update: Update) -> None:
        if update.update_id == 1:
            raise ValueError("broken")
        handled.append(update.update_id)

    async with Receiving(Queue(typed(1), typed(2)), handle) as it:
        await asyncio.sleep(1)
        assert handled == [2]
        assert it.queue.waiting == []
        assert it.busy == 0


@in_virtual_time
async def test_the_first_updates_after_the_start_count_as_late() -> None:
    """They may have waited while the bot was down; the ones after them were just sent."""
    async with Receiving(Queue(typed(1))) as it:
        await asyncio.sleep(1)
        it.queue.put(typed(2))
        await asyncio.sleep(1)
        assert it.late == {1: True, 2: False}


@in_virtual_time
async def test_a_refused_token_ends_it() -> None:
    queue = Queue()
    queue.answers = [InvalidToken("secret")]
    async with Receiving(queue) as it:
        await asyncio.sleep(1)
        assert it.task is not None
        error = it.task.exception()
        assert isinstance(error, Stopped)
        assert str(error) == ""


@in_virtual_time
async def test_a_wanted_stop_leaves_what_was_not_begun_with_telegram() -> None:
    """Amy's three updates, a stop during the first: the other two come again next time."""
    handled: list[int] = []

    async def handle(update: Update) -> None:
        await asyncio.sleep(NOT_LONG)
        handled.append(update.update_id)

    queue = Queue(typed(1), typed(2), typed(3))
    async with Receiving(queue, handle) as it:
        await asyncio.sleep(NOT_LONG / 2)
        await it.polling.stop()
        assert handled == [1]
        assert [one["update_id"] for one in queue.waiting] == [2, 3]
        await asyncio.sleep(1)
        assert it.task is not None
        assert it.task.done()
        assert it.busy == 0


@in_virtual_time
async def test_a_wanted_stop_ends_the_long_poll_before_it_confirms() -> None:
    """Two polls at a time are what Telegram calls another program."""
    at_a_time = most = 0

    class Watched(Queue):
        async def raw_updates(self, *args: Any, **more: Any) -> list[Any]:
            nonlocal at_a_time, most
            at_a_time += 1
            most = max(most, at_a_time)
            try:
                return await super().raw_updates(*args, **more)
            finally:
                at_a_time -= 1

    queue = Watched(typed(1))
    async with Receiving(queue) as it:
        await asyncio.sleep(5)
        await it.polling.stop()
    assert most == 1
    assert queue.asked[-1] == 2


@in_virtual_time
async def test_it_is_known_how_many_updates_of_a_chat_still_wait() -> None:
    seen: list[tuple[int, int]] = []

    async def handle(update: Update) -> None:
        seen.append((update.update_id, it.backlog.behind[AMY]))
        await asyncio.sleep(0.2)

    it = Receiving(Queue(typed(1), typed(2), typed(3)), handle)
    async with it:
        await asyncio.sleep(2)
    assert seen == [(1, 2), (2, 1), (3, 0)]
    assert not it.backlog.behind


@in_virtual_time
async def test_whoever_writes_during_an_answer_is_known_to_have_gone_on() -> None:
    async def handle(update: Update) -> None:
        await asyncio.sleep(NOT_LONG)

    async with Receiving(Queue(typed(1)), handle) as it:
        await asyncio.sleep(NOT_LONG / 4)
        it.queue.put(typed(2), typed(3))
        await asyncio.sleep(NOT_LONG / 2)
        assert it.backlog.behind == {AMY: 2}
