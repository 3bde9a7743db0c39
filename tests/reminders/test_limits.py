"""Telegram's limits: in all, per chat, per group; whenever within a request it is counted."""

import asyncio
import random
from collections import deque

import pytest

from reminders.limits import Limiter
from reminders.policy import Limits
from tests.reminders.virtual import in_virtual_time, run


class Account:
    """Telegram's own count, at some moment between start and end of each request."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.all: deque[float] = deque()
        self.chats: dict[int, tuple[float, float]] = {}
        self.groups: dict[int, deque[float]] = {}
        self.refused = 0

    def take(self, chat: int, now: float) -> None:
        full = float(self.limits.chat_burst)
        while self.all and self.all[0] <= now - 1.0:
            self.all.popleft()
        tokens, since = self.chats.get(chat, (full, now))
        tokens = min(full, tokens + (now - since) * self.limits.chat_per_second)
        group = self.groups.setdefault(chat, deque())
        while group and group[0] <= now - 60.0:
            group.popleft()
        crowded = chat < 0 and len(group) >= self.limits.group_per_minute
        if len(self.all) >= self.limits.per_second or tokens < 1 or crowded:
            self.refused += 1
            return
        self.all.append(now)
        group.append(now)
        self.chats[chat] = (tokens - 1, now)


@pytest.mark.parametrize("seed", range(8))
def test_no_choice_of_moments_provokes_a_429(seed):
    """Requests of any length to few or many chats, counted at any moment within each."""
    draw = random.Random(seed)
    limits = Limits(per_second=draw.choice([5, 30]), chat_burst=draw.choice([1, 3, 5]))
    chats = [draw.choice([1, -1]) * n for n in range(1, draw.choice([3, 60]))]

    async def crowd() -> tuple[int, int]:
        limiter = Limiter(limits)
        account = Account(limits)
        loop = asyncio.get_running_loop()

        async def one() -> None:
            await asyncio.sleep(draw.uniform(0, 40))
            chat = draw.choice(chats)
            async with limiter.turn(chat, draw.choice([0, 10, 40])):
                whole = draw.choice([0.0, 0.01, 0.3, 1.5, 4.0, 15.0])
                until = draw.uniform(0, whole)
                await asyncio.sleep(until)
                account.take(chat, loop.time())
                await asyncio.sleep(whole - until)

        await asyncio.gather(*(one() for _ in range(300)))
        return account.refused, len(account.all)

    refused, _ = run(crowd())
    assert refused == 0


@in_virtual_time
async def test_the_more_urgent_goes_first_when_there_is_a_queue():
    limiter = Limiter(Limits(per_second=1))
    order: list[str] = []

    async def one(name: str, chat: int, priority: int) -> None:
        async with limiter.turn(chat, priority):
            order.append(name)

    tasks = [asyncio.create_task(one("first", 1, 50))]
    await asyncio.sleep(0)
    tasks += [asyncio.create_task(one(f"p{p}", p + 10, p)) for p in (40, 0, 10)]
    await asyncio.gather(*tasks)
    assert order == ["first", "p0", "p10", "p40"]


@in_virtual_time
async def test_a_chat_that_has_to_wait_holds_up_no_other():
    limiter = Limiter(Limits(chat_burst=1))
    loop = asyncio.get_running_loop()
    when: dict[int, list[float]] = {1: [], 2: []}

    async def one(chat: int) -> None:
        async with limiter.turn(chat, 0):
            when[chat].append(loop.time())

    await asyncio.gather(one(1), one(1), one(1), one(2))
    assert when[2] == [0.0]
    assert when[1][1] >= 1.0 and when[1][2] >= 2.0


@in_virtual_time
async def test_two_chats_that_have_to_rest_for_long_silence_nobody_else():
    """Two people wrote too fast and were refused for an hour each; a third is reminded."""
    limiter = Limiter(Limits())
    loop = asyncio.get_running_loop()

    async def when(chat: int) -> float:
        async with limiter.turn(chat, 0):
            return loop.time()

    limiter.pause(1, 3600)
    assert limiter.wait_for(1) > 3600
    assert await when(2) == 0.0
    limiter.pause(2, 3600)
    assert 1 <= await when(3) < 1.1
    assert await when(4) < 1.2
    assert await when(1) >= 3600


@in_virtual_time
async def test_a_refusal_that_says_that_it_is_for_all_holds_for_all():
    limiter = Limiter(Limits())
    limiter.pause(1, 40, overall=True)
    async with limiter.turn(2, 0):
        assert asyncio.get_running_loop().time() >= 40


@in_virtual_time
async def test_a_refusal_of_everybody_is_tried_by_one_request_at_a_time():
    """Telegram refuses every chat for two minutes, without saying that all are meant."""
    limiter = Limiter(Limits())
    loop = asyncio.get_running_loop()
    tried: list[float] = []

    async def one(chat: int) -> None:
        while True:
            async with limiter.turn(chat, 0) as turn:
                now = loop.time()
                await asyncio.sleep(0.05)
                if now >= 120:
                    return
                tried.append(now)
                turn.pause(120 - now)

    await asyncio.gather(*(one(chat) for chat in range(1, 101)))
    assert 120 <= loop.time() < 130
    begun = [at for at in tried if at > 0]
    assert len(begun) <= 8, "after the first moment, one at a time and ever more rarely"


@in_virtual_time
async def test_whoever_stops_waiting_takes_nobody_s_place():
    limiter = Limiter(Limits(per_second=1))

    async def one(chat: int) -> None:
        async with limiter.turn(chat, 0):
            pass

    await one(1)
    waiting = asyncio.create_task(one(2))
    await asyncio.sleep(0.1)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    loop = asyncio.get_running_loop()
    await one(3)
    assert loop.time() < 1.2


@in_virtual_time
async def test_parts_of_one_message_follow_each_other_at_the_chat_s_rate():
    """The first part, once it is there, is not in the way of the second."""
    limiter = Limiter(Limits(chat_burst=1))
    loop = asyncio.get_running_loop()
    when: list[float] = []
    async with limiter.turn(1) as turn:
        await asyncio.sleep(0.5)
        for _ in range(2):
            await turn.again()
            when.append(loop.time())
            await asyncio.sleep(0.5)
    assert when == pytest.approx([1.5, 3.0], abs=0.1)


@in_virtual_time
async def test_what_nobody_waits_for_any_more_may_still_be_counted():
    """An answer to a chat is given up after eight seconds on a slow line. It arrives in the ninth,
    and the next one keeps its distance to that."""
    limiter = Limiter(Limits(chat_burst=1))
    loop = asyncio.get_running_loop()
    counted: list[float] = []

    async def slow() -> None:
        await asyncio.sleep(9.0)
        counted.append(loop.time())

    async def quick() -> str:
        counted.append(loop.time())
        return "sent"

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(8.0):
            await limiter.one(1, 0, slow)
    assert loop.time() < 9.0
    assert await limiter.one(1, 0, quick) == "sent"
    assert counted[1] - counted[0] >= 1.0


@in_virtual_time
async def test_a_turn_that_nobody_waits_for_any_more_is_passed_on():
    """Whoever gave up before their turn came sends nothing."""
    limiter = Limiter(Limits(chat_burst=1))
    sent: list[str] = []

    async def send(what: str) -> None:
        sent.append(what)

    await limiter.one(1, 0, lambda: send("first"))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await limiter.one(1, 0, lambda: send("given up"))
    await limiter.one(1, 0, lambda: send("second"))
    assert sent == ["first", "second"]
