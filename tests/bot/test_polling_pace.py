"""How often updates are asked for, how long for, and what is known of how it goes."""

from __future__ import annotations

import asyncio
import gc
import itertools

import pytest
from telegram import Update
from telegram.error import Conflict, NetworkError, RetryAfter

from bot import updates
from bot.polling import LONG_POLL_SECONDS
from bot.telegram_client import Unreadable
from bot.under_way import REMEMBERED
from tests.bot.test_polling import BEN, Queue, Receiving, typed
from tests.reminders.virtual import in_virtual_time


def gaps(queue: Queue, first: int = 0) -> list[float]:
    """Seconds between the requests."""
    at = queue.at[first:]
    return [round(b - a, 3) for a, b in itertools.pairwise(at)]


@in_virtual_time
async def test_the_first_request_comes_back_at_once_and_the_next_waits_for_something_new() -> None:
    async with Receiving(Queue()) as it:
        await asyncio.sleep(0.3)
        assert it.queue.waits[:2] == [0, LONG_POLL_SECONDS]
        assert it.queue.asked[:2] == [None, None]
        it.queue.put(typed(7))
        await asyncio.sleep(0.3)
        assert it.queue.waits[-1] == LONG_POLL_SECONDS
        assert it.queue.asked[-1] == 8


@in_virtual_time
async def test_requests_come_back_at_once_until_what_is_under_way_is_on_record() -> None:
    release = asyncio.Event()

    async def handle(update: Update) -> None:
        await release.wait()

    async with Receiving(Queue(), handle) as it:
        await asyncio.sleep(1)
        it.queue.put(typed(1))
        await asyncio.sleep(0.25)
        assert set(it.queue.waits[2:]) == {0}
        assert 8 <= len(it.queue.waits) - 2 <= 13, "every 20 ms, half of it on the way"
        assert it.queue.asked[-1] == 1, "not confirmed"
        await asyncio.sleep(0.25)
        assert it.queue.waits[-1] == LONG_POLL_SECONDS
        assert it.queue.asked[-1] == 2
        asked = len(it.queue.waits)
        await asyncio.sleep(5)
        assert len(it.queue.waits) == asked
        release.set()


@in_virtual_time
async def test_updates_that_are_done_one_by_one_do_not_make_it_ask_without_pause() -> None:
    """A hundred chats, one done every 2 ms."""

    async def handle(update: Update) -> None:
        await asyncio.sleep(0.002 * update.update_id)

    async with Receiving(Queue(*(typed(n, 8000 + n) for n in range(1, 101))), handle) as it:
        await asyncio.sleep(0.2)
        assert min(gaps(it.queue)) >= 0.02, "10 ms on the way and 10 ms of pause"
        await asyncio.sleep(1)
        assert it.queue.waiting == []


@in_virtual_time
async def test_answers_that_bring_nothing_new_are_asked_for_ever_more_rarely() -> None:
    """Up to twice a second; as soon as something came, quickly again."""
    queue = Queue("junk")
    async with Receiving(queue) as it:
        await asyncio.sleep(20)
        pauses = gaps(queue)
        assert pauses == sorted(pauses)
        assert pauses[0] < 0.06
        assert pauses[-1] == pytest.approx(0.51)
        queue.put(typed(1))
        await asyncio.sleep(0.6)
        assert it.handled == [1]
        await asyncio.sleep(0.1)
        assert gaps(queue)[-1] < 0.2


@in_virtual_time
async def test_a_long_poll_that_comes_back_at_once_is_not_asked_for_without_pause() -> None:
    queue = Queue()
    queue.way, queue.answers = 0, [[]] * 1000
    async with Receiving(queue):
        await asyncio.sleep(10)
        assert len(queue.at) < 40
        assert gaps(queue)[-1] == pytest.approx(0.5)


@in_virtual_time
async def test_out_of_reach_it_tries_ever_more_rarely_and_at_least_twice_a_minute() -> None:
    queue = Queue(typed(1))
    queue.answers = [NetworkError("x")] * 8
    async with Receiving(queue) as it:
        await asyncio.sleep(110)
        assert gaps(queue)[:7] == [1.01, 2.01, 4.01, 8.01, 16.01, 30.01, 30.01]
        assert not it.polling.connected
        await asyncio.sleep(60)
        assert it.handled == [1]
        assert it.polling.connected
        queue.answers = [NetworkError("x")] * 2
        first = len(queue.at)
        queue.put(typed(2))
        await asyncio.sleep(10)
        assert gaps(queue, first)[:2] == [1.01, 2.01], "from the beginning"


@in_virtual_time
async def test_a_429_is_waited_out_to_the_second() -> None:
    queue = Queue(typed(1))
    queue.answers = [RetryAfter(7), RetryAfter(3)]
    async with Receiving(queue) as it:
        await asyncio.sleep(12)
        assert gaps(queue)[:2] == [7.01, 3.01]
        assert it.handled == [1]


@in_virtual_time
async def test_after_unreadable_answers_the_pause_grows() -> None:
    queue = Queue()
    queue.answers = [Unreadable()] * 4
    async with Receiving(queue) as it:
        await asyncio.sleep(30)
        assert gaps(queue)[:3] == [0.51, 1.01, 0.26]
        assert queue.limits[:4] == [100, 100, 100, 1], "then one at a time"
        assert it.told == 0


@in_virtual_time
async def test_answers_that_stay_unreadable_without_a_number_are_told_once() -> None:
    queue = Queue()
    queue.answers = [Unreadable()] * 12
    async with Receiving(queue) as it:
        await asyncio.sleep(300)
        assert (it.told, it.told_what) == (1, "update")


@in_virtual_time
async def test_conflicts_are_told_anew_after_they_were_over() -> None:
    queue = Queue()
    async with Receiving(queue) as it:
        for told in (1, 2):
            queue.answers = [Conflict("other")] * 4
            queue.put(typed(told))
            await asyncio.sleep(2)
            assert not it.polling.connected
            await asyncio.sleep(58)
            assert it.told == told
            assert it.polling.connected
    assert queue.kinds == {updates.ALLOWED}, "nothing else is asked for"


@in_virtual_time
async def test_after_a_long_poll_that_brought_nothing_the_next_follows_at_once() -> None:
    async with Receiving(Queue()) as it:
        await asyncio.sleep(80)
        assert gaps(it.queue, first=1)[:2] == [LONG_POLL_SECONDS + 0.01] * 2


@in_virtual_time
async def test_nothing_that_was_begun_ends_in_an_error_that_nobody_hears_of() -> None:
    failed: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failed.append(context))
    async with Receiving(Queue(typed(1), typed(2), typed(3, BEN))) as it:
        await asyncio.sleep(1)
        assert sorted(it.handled) == [1, 2, 3]
    gc.collect()
    assert failed == []


@in_virtual_time
async def test_whoever_sends_many_at_once_uses_half_of_the_time() -> None:
    """Each of Amy's takes 40 ms; a slow one is followed by a short rest only; Ben has no rest."""
    begun: dict[int, float] = {}
    loop = asyncio.get_running_loop()

    async def handle(update: Update) -> None:
        begun[update.update_id] = loop.time()
        await asyncio.sleep(5 if update.update_id == 4 else 0.04)

    queue = Queue(*(typed(number) for number in range(1, 7)), typed(7, BEN), typed(8, BEN))
    async with Receiving(queue, handle) as it:
        await asyncio.sleep(8)
        steps = [round(begun[n + 1] - begun[n], 3) for n in range(1, 6)]
        assert steps == [0.08, 0.08, 0.08, 5.1, 0.08]
        assert begun[7] == begun[1]
        assert begun[8] - begun[7] == pytest.approx(0.08)
        last = loop.time()
        it.queue.put(typed(9))
        await asyncio.sleep(1)
        assert begun[9] - last < 0.02, "who sends one after the other waits for nothing"


@in_virtual_time
async def test_after_unreadable_answers_few_are_asked_for_and_all_is_counted_anew() -> None:
    queue = Queue(typed(1), typed(2))
    queue.answers = [Unreadable()] * 3
    async with Receiving(queue) as it:
        await asyncio.sleep(40)
        assert it.handled == [1, 2]
        assert queue.limits[3:5] == [1, 2], "twice as many after each that can be read"
        assert queue.limits[-1] == 100
        first = len(queue.at)
        queue.answers = [Unreadable(), []]
        queue.put(typed(3))
        await asyncio.sleep(2)
        assert 0.51 in gaps(queue, first - 1), "the first of its kind again"
        queue.answers = [Conflict("other")] * 2
        queue.put(typed(4))
        await asyncio.sleep(10)
        assert (it.told, it.handled[-1]) == (0, 4), "and so is a conflict"


@in_virtual_time
async def test_what_is_unreadable_again_while_few_are_asked_for_is_looked_at_one_by_one() -> None:
    """No further tries with four at a time: the broken one is among them."""
    queue = Queue(*(typed(number) for number in range(1, 10)))
    queue.answers = [Unreadable()] * 3
    queue.refuse = lambda found: Unreadable((6,)) if typed(6) in found else None
    async with Receiving(queue) as it:
        await asyncio.sleep(40)
        assert it.handled == [1, 2, 3, 4, 5, 7, 8, 9]
        again = queue.limits.index(4)
        assert queue.limits[again : again + 2] == [4, 1]
        assert it.told == 1


# What is known of it --------------------------------------------------------------------------


@in_virtual_time
async def test_silence_counts_from_the_last_readable_answer() -> None:
    queue = Queue()
    async with Receiving(queue) as it:
        assert not it.polling.reached.is_set()
        assert it.polling.silence == it.polling.no_answer == 0
        await asyncio.sleep(2)
        assert it.polling.reached.is_set() and it.polling.connected
        assert it.polling.silence == it.polling.no_answer < 2
        queue.answers = [Unreadable()] * 100
        queue.put(typed(1))
        await asyncio.sleep(60)
        assert it.polling.silence == pytest.approx(60)
        assert it.polling.no_answer < 31
        queue.answers = [NetworkError("x")] * 100
        await asyncio.sleep(100)
        assert it.polling.silence > 158 and it.polling.no_answer > 65
        queue.answers = [RetryAfter(50)]
        await asyncio.sleep(35)
        assert it.polling.no_answer < 31 < it.polling.silence
        assert not it.polling.connected


@in_virtual_time
async def test_how_long_the_oldest_update_has_been_under_way() -> None:
    release = asyncio.Event()

    async def handle(update: Update) -> None:
        if update.update_id == 1:
            await release.wait()

    async with Receiving(Queue(), handle) as it:
        await asyncio.sleep(1)
        assert it.polling.oldest == 0
        it.queue.put(typed(1))
        await asyncio.sleep(5)
        it.queue.put(typed(2, BEN))
        await asyncio.sleep(5)
        assert it.polling.oldest == pytest.approx(10, abs=0.1)
        release.set()
        await asyncio.sleep(0.1)
        assert it.polling.oldest == 0


@in_virtual_time
async def test_what_may_have_waited_while_nobody_asked_is_late() -> None:
    """A minute of silence that Telegram asked for, and a second less than that."""
    queue = Queue()
    async with Receiving(queue) as it:
        await asyncio.sleep(1)
        for first, rest, late in ((1, 59, False), (3, 60, True), (5, 1, False)):
            queue.answers = [RetryAfter(rest)]
            queue.put(typed(first))
            await asyncio.sleep(0.5)
            assert not it.late[first], "it came with the request before"
            queue.put(typed(first + 1))
            await asyncio.sleep(rest)
            assert it.late[first + 1] == late


@in_virtual_time
async def test_after_telegram_was_out_of_reach_for_a_moment_what_comes_is_late() -> None:
    queue = Queue()
    async with Receiving(queue) as it:
        await asyncio.sleep(1)
        queue.answers = [NetworkError("x")]
        queue.put(typed(1))
        await asyncio.sleep(0.1)
        queue.put(typed(2))
        await asyncio.sleep(5)
        assert it.handled == [1, 2]
        assert it.late[2]


@in_virtual_time
async def test_a_long_poll_that_brought_nothing_for_a_minute_makes_nothing_late() -> None:
    async with Receiving(Queue()) as it:
        await asyncio.sleep(100)
        it.queue.put(typed(1))
        await asyncio.sleep(1)
        assert it.late == {1: False}


@in_virtual_time
async def test_an_update_is_known_again_among_two_thousand() -> None:
    """What comes again is passed over; what is older than that many is begun once more."""
    async with Receiving(Queue()) as it:
        await asyncio.sleep(0.5)
        taken = [typed(n, 8000 + n) for n in range(1, REMEMBERED + 1)]
        for start in range(0, REMEMBERED, 100):
            it.queue.put(*taken[start : start + 100])
            await asyncio.sleep(0.5)
        assert len(it.handled) == REMEMBERED
        it.queue.put(taken[0])
        await asyncio.sleep(1)
        assert len(it.handled) == REMEMBERED
        it.queue.put(typed(REMEMBERED + 1))
        await asyncio.sleep(1)
        it.queue.put(taken[0])
        await asyncio.sleep(1)
        assert it.handled[REMEMBERED:] == [REMEMBERED + 1, 1]


# The end --------------------------------------------------------------------------------------


@in_virtual_time
async def test_a_wanted_stop_confirms_with_one_short_request() -> None:
    async with Receiving(Queue(typed(1), typed(2))) as it:
        await asyncio.sleep(1)
        it.queue.put(typed(3))
        await asyncio.sleep(0.011)
        await it.polling.stop()
        assert (it.queue.asked[-1], it.queue.waits[-1], it.queue.limits[-1]) == (4, 0, 1)
        assert it.queue.waiting == []
        assert it.task is not None
        await asyncio.wait_for(it.task, 1)


@in_virtual_time
async def test_a_stop_before_anything_came_confirms_nothing() -> None:
    async with Receiving(Queue()) as it:
        await asyncio.sleep(1)
        asked = len(it.queue.asked)
        await it.polling.stop()
        assert len(it.queue.asked) == asked
    async with Receiving(Queue(typed(1))) as it:
        await it.polling.stop()
        assert it.queue.asked == [], "nor one before the first request"


@pytest.mark.parametrize("hangs", [False, True])
@in_virtual_time
async def test_a_stop_while_telegram_is_out_of_reach_ends_all_the_same(hangs: bool) -> None:
    queue = Queue(typed(1))
    async with Receiving(queue) as it:
        await asyncio.sleep(1)
        asking = queue.raw_updates

        async def gone(
            offset: int | None, seconds: int, allowed: tuple[str, ...], limit: int = 100
        ) -> list[object]:
            assert allowed == updates.ALLOWED
            if hangs:
                await asyncio.sleep(600)
            raise NetworkError("x")

        queue.raw_updates = gone  # type: ignore[method-assign,assignment]
        begun = asyncio.get_running_loop().time()
        await it.polling.stop()
        assert asyncio.get_running_loop().time() - begun == pytest.approx(3 if hangs else 0)
        queue.raw_updates = asking  # type: ignore[method-assign]
