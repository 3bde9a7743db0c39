"""What takes long is on disk before it is confirmed: nobody else waits for it, and nothing of it is
lost in a crash."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
from telegram import Update

from bot.kept_updates import LONGEST, OWNER, KeptUpdates
from bot.under_way import KEEP_BEHIND, MOST_BEHIND, MOST_KEPT, UnderWay
from storage.model import Draft
from storage.store import NotSaved
from tests.bot.test_polling import AMY, BEN, Queue, Receiving, typed
from tests.reminders.virtual import VirtualClock, in_virtual_time
from tests.reminders.world import FRIDAY_NIGHT, summarise
from tests.support.memory_store import MemoryStore


class Slow:
    """Ten seconds for each of Amy's, none for anybody else."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.done: dict[int, float] = {}

    async def __call__(self, update: Update) -> None:
        self.begun.append(update.update_id)
        if update.effective_chat is not None and update.effective_chat.id == AMY:
            await asyncio.sleep(10)
        self.done[update.update_id] = asyncio.get_running_loop().time()


class Disk(MemoryStore):
    """Counts, and refuses while it is `full`."""

    def __init__(self) -> None:
        super().__init__(summarise=summarise, now=lambda: FRIDAY_NIGHT)
        self.full = False
        self.writes = 0

    async def save_draft(self, draft: Draft, update_id: int | None = None) -> Draft:
        self.writes += 1
        if self.full:
            raise NotSaved("full")
        return await super().save_draft(draft, update_id)


async def on_record(store: MemoryStore) -> list[int]:
    """A process that starts now finds these."""
    found, _ = await KeptUpdates(store, lambda: FRIDAY_NIGHT).read()
    return [one["update_id"] for one in found]


def hundreds(count: int = 250) -> list[dict[str, Any]]:
    return [typed(number, AMY) for number in range(1, count + 1)]


@in_virtual_time
async def test_who_writes_while_a_chat_has_hundreds_waiting_is_answered_at_once() -> None:
    """More than Telegram gives of what was not confirmed."""
    slow = Slow()
    async with Receiving(Queue(*hundreds()), slow) as it:
        await asyncio.sleep(1)
        it.queue.put(typed(900, BEN))
        sent = asyncio.get_running_loop().time()
        await asyncio.sleep(1)
        assert slow.done[900] - sent < 0.05
        assert it.queue.waiting == []
        assert len(await on_record(it.store)) > 200


@in_virtual_time
async def test_after_a_crash_what_was_confirmed_and_not_done_is_taken_up_in_order() -> None:
    store = Disk()
    queue = Queue(*hundreds(6))
    async with Receiving(queue, Slow(), store) as it:
        await asyncio.sleep(15)
        assert queue.waiting == [], "all confirmed"
    queue.put(typed(7, AMY))
    async with Receiving(queue, None, store) as it:
        await asyncio.sleep(2)
        assert it.handled == [2, 3, 4, 5, 6, 7]
        assert it.late[2], "it waited for the restart"
        assert it.busy == 0
        assert await on_record(store) == []
    async with Receiving(queue, None, store) as it:
        await asyncio.sleep(2)
        assert it.handled == []


@in_virtual_time
async def test_what_is_on_record_and_comes_again_is_dealt_with_once() -> None:
    """The crash came after the write and before the request that would have confirmed it."""
    store = Disk()
    kept = KeptUpdates(store, lambda: FRIDAY_NIGHT)
    await kept.write({1: typed(1, AMY), 2: typed(2, BEN)})
    async with Receiving(Queue(typed(1, AMY), typed(2, BEN)), None, store) as it:
        await asyncio.sleep(2)
        assert sorted(it.handled) == [1, 2]


@in_virtual_time
async def test_a_disk_that_refuses_leaves_them_with_telegram() -> None:
    store = Disk()
    store.full = True
    async with Receiving(Queue(*hundreds(6)), Slow(), store) as it:
        await asyncio.sleep(4)
        assert [one["update_id"] for one in it.queue.waiting] == [1, 2, 3, 4, 5, 6]
        assert store.writes == 1, "a refused disk is left alone for a while"
        store.full = False
        await asyncio.sleep(3)
        assert it.queue.waiting == []


@in_virtual_time
async def test_what_is_done_soon_is_never_written() -> None:
    store = Disk()
    async with Receiving(Queue(*hundreds(3)), None, store) as it:
        for number in range(10, 40):
            it.queue.put(typed(number, BEN))
            await asyncio.sleep(0.2)
        assert len(it.handled) == 33
    assert store.writes == 0


@in_virtual_time
async def test_a_wanted_stop_leaves_on_record_what_was_not_begun() -> None:
    store, slow = Disk(), Slow()
    async with Receiving(Queue(*hundreds(6)), slow, store) as it:
        await asyncio.sleep(15)
        await it.polling.stop()
        assert slow.begun == [1, 2]
        assert await on_record(store) == [3, 4, 5, 6]
        assert it.queue.waiting == []


@in_virtual_time
async def test_what_waited_for_longer_than_telegram_keeps_it_is_passed_over_and_told() -> None:
    store = Disk()
    clock = VirtualClock(FRIDAY_NIGHT - LONGEST - timedelta(minutes=1))
    early = KeptUpdates(store, clock.now)
    await early.write({1: typed(1, AMY)})
    later = KeptUpdates(store, lambda: FRIDAY_NIGHT - timedelta(hours=1))
    await later.read()
    await later.write({1: typed(1, AMY), 2: typed(2, AMY)})
    async with Receiving(Queue(), None, store) as it:
        await asyncio.sleep(1)
        assert it.handled == [2], "since when it waits is kept from one write to the next"
        assert (it.told, it.told_what) == (1, "update")
        assert await on_record(store) == []


@in_virtual_time
async def test_a_record_of_another_version_is_passed_over_and_told() -> None:
    store = Disk()
    await store.save_draft(
        Draft(
            id=OWNER,
            owner=OWNER,
            kind="updates",
            started_at=FRIDAY_NIGHT,
            answers={"updates": '{"x": 1}'},
        )
    )
    async with Receiving(Queue(typed(1)), None, store) as it:
        await asyncio.sleep(1)
        assert it.handled == [1]
        assert it.told == 1


@in_virtual_time
async def test_what_somebody_asked_for_is_left_to_the_next_process_until_it_is_answered() -> None:
    """/duty in a chat that has to rest: its handler came back, and the list is still owed."""
    store, queue = Disk(), Queue(typed(1, AMY), typed(2, BEN))

    async def handle(update: Update) -> None:
        if update.update_id == 1:
            it.under_way.hold(1)

    it = Receiving(queue, handle, store)
    async with it:
        await asyncio.sleep(2)
        assert queue.waiting == [], "nobody waits for Amy's chat"
        assert await on_record(store) == [1]
        assert it.polling.oldest == 0.0, "nothing hangs"
    async with Receiving(queue, None, store) as it:
        await asyncio.sleep(2)
        assert it.handled == [1]
        assert await on_record(store) == []


@in_virtual_time
async def test_what_is_held_goes_off_the_record_when_it_is_answered() -> None:
    store, queue = Disk(), Queue(typed(1, AMY))

    async def handle(update: Update) -> None:
        it.under_way.hold(update.update_id)

    it = Receiving(queue, handle, store)
    async with it:
        await asyncio.sleep(2)
        assert await on_record(store) == [1]
        it.under_way.release(1)
        await asyncio.sleep(0.1)
        assert await on_record(store) == []


@in_virtual_time
async def test_what_is_held_makes_the_bot_deaf_to_nobody_while_the_disk_is_full() -> None:
    store, queue = Disk(), Queue(typed(1, AMY))
    store.full = True

    async def handle(update: Update) -> None:
        if update.update_id == 1:
            it.under_way.hold(1)

    it = Receiving(queue, handle, store)
    async with it:
        for number in range(2, 50):
            queue.put(typed(number, BEN))
        await asyncio.sleep(20)
        assert queue.waiting[0]["update_id"] == 1
        for number in range(50, 250):
            queue.put(typed(number, BEN))
        await asyncio.sleep(60)
        assert queue.waiting == []


@in_virtual_time
async def test_a_stop_in_order_leaves_on_record_what_is_not_answered() -> None:
    store, queue = Disk(), Queue(typed(1, AMY))

    async def handle(update: Update) -> None:
        it.under_way.hold(update.update_id)

    it = Receiving(queue, handle, store)
    async with it:
        await asyncio.sleep(0.1)
        await it.polling.stop()
        assert queue.waiting == []
        assert await on_record(store) == [1]


def under_way(disk: Disk) -> UnderWay:
    return UnderWay(KeptUpdates(disk, lambda: FRIDAY_NIGHT))


def cut(number: int) -> dict[str, Any]:
    return {"update_id": number}


@in_virtual_time
async def test_the_fifth_of_a_chat_at_once_is_put_on_record_and_the_fourth_is_not() -> None:
    disk = Disk()
    dealt_with = under_way(disk)
    for before in range(KEEP_BEHIND + 1):
        dealt_with.begin(cut(before), before)
    dealt_with.see_to_record()
    await asyncio.sleep(0)
    assert disk.writes == 0
    dealt_with.begin(cut(9), KEEP_BEHIND + 1)
    dealt_with.begin(cut(10), 0)  # of another chat
    dealt_with.see_to_record()
    await asyncio.sleep(0)
    assert disk.writes == 1
    assert dealt_with.first is None
    dealt_with.begin(cut(11), 0)
    dealt_with.see_to_record()
    await asyncio.sleep(0.2)
    assert disk.writes == 1
    assert dealt_with.first == 11


@in_virtual_time
async def test_no_more_than_a_thousand_are_on_record() -> None:
    disk = Disk()
    dealt_with = under_way(disk)
    for number in range(MOST_KEPT + 1):
        dealt_with.begin(cut(number), number)
    dealt_with.see_to_record()
    await asyncio.sleep(1)
    assert dealt_with.first == MOST_KEPT
    assert await on_record(disk) == list(range(MOST_KEPT))
    dealt_with.see_to_record()
    await asyncio.sleep(1)
    assert disk.writes == 1


@in_virtual_time
async def test_what_is_held_is_let_go_when_the_fiftieth_came_after_it() -> None:
    dealt_with = under_way(Disk())
    dealt_with.begin(cut(100), 0)
    dealt_with.hold(100)
    dealt_with.end(100)
    dealt_with.begin(cut(100 + MOST_BEHIND - 1), 0)
    assert dealt_with.first == 100
    dealt_with.begin(cut(100 + MOST_BEHIND), 0)
    assert dealt_with.first == 100 + MOST_BEHIND - 1


@in_virtual_time
async def test_an_answer_that_came_before_the_end_is_owed_no_more() -> None:
    dealt_with = under_way(Disk())
    dealt_with.begin(cut(1), 0)
    dealt_with.hold(1)
    dealt_with.release(1)
    dealt_with.end(1)
    assert dealt_with.first is None
    dealt_with.begin(cut(2), 0)
    dealt_with.hold(2)
    dealt_with.end(2)
    dealt_with.release(2)
    assert dealt_with.first is None
    dealt_with.begin(cut(2), 0)  # the numbers began anew
    await asyncio.sleep(3)
    assert dealt_with.oldest == 3


@in_virtual_time
async def test_what_telegram_brought_first_is_not_taken_up_from_the_record_as_well() -> None:
    disk = Disk()
    before = under_way(disk)
    for number in (1, 2, 3):
        before.begin(cut(number), number + KEEP_BEHIND)
    before.see_to_record()
    await asyncio.sleep(1)
    after = under_way(disk)
    after.begin(cut(2), 0)
    assert await after.left_over() == ([cut(1), cut(3)], 0)


@in_virtual_time
async def test_of_what_waited_as_long_as_telegram_keeps_it_the_rest_is_counted() -> None:
    now = FRIDAY_NIGHT
    store = Disk()
    record = KeptUpdates(store, lambda: now)
    await record.write({1: cut(1)})
    now += timedelta(minutes=1)
    await record.write({1: cut(1), 2: cut(2), 3: cut(3)})
    now = FRIDAY_NIGHT + LONGEST
    assert await record.read() == ([cut(1), cut(2), cut(3)], 0)
    now += timedelta(minutes=1)
    assert await record.read() == ([cut(2), cut(3)], 1)
    kept = await store.draft(OWNER)
    assert kept is not None
    assert (kept.id, kept.kind) == (OWNER, "updates")
    assert kept.started_at == FRIDAY_NIGHT + timedelta(minutes=1)
    await store.save_draft(msgspec.structs.replace(kept, answers={"updates": '{"of": "old"}'}))
    assert await record.read() == ([], 1)
