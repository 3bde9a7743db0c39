"""Parts beside each other: one that fails is started again, and the others do not notice."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.app import App
from bot.supervisor import End, Supervisor
from reminders.events import Signal
from tests.reminders.virtual import in_virtual_time


class Told:
    """Who is told of a part that failed."""

    def __init__(self) -> None:
        self.names: list[str] = []

    async def __call__(self, name: str) -> None:
        self.names.append(name)


async def for_ever() -> None:
    await asyncio.Event().wait()


@in_virtual_time
async def test_a_part_that_fails_is_started_again_after_a_pause_that_grows() -> None:
    begun: list[float] = []
    told = Told()

    async def fails() -> None:
        begun.append(asyncio.get_running_loop().time())
        raise TypeError("odd")

    task = asyncio.create_task(Supervisor({"polling": fails}, told).run())
    await asyncio.sleep(200)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    gaps = [round(b - a) for a, b in pairwise(begun)]
    assert gaps[:8] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert told.names == ["polling"], "told once, not with every attempt"


@in_virtual_time
async def test_the_others_go_on_while_one_fails_over_and_over() -> None:
    beats = 0

    async def fails() -> None:
        raise ValueError

    async def beats_on() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(1)
            beats += 1

    task = asyncio.create_task(Supervisor({"a": fails, "b": beats_on}, Told()).run())
    await asyncio.sleep(100.5)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert beats == 100


@in_virtual_time
async def test_after_a_calm_time_the_next_failure_is_told_again_and_mended_quickly() -> None:
    begun: list[float] = []
    told = Told()

    async def fails_now_and_then() -> None:
        begun.append(asyncio.get_running_loop().time())
        await asyncio.sleep(400)
        raise ValueError

    task = asyncio.create_task(Supervisor({"a": fails_now_and_then}, told).run())
    await asyncio.sleep(1300)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert begun == [0, 401, 802, 1203]
    assert told.names == ["a"] * 3


@pytest.mark.parametrize("status", [0, 3, 75])
@in_virtual_time
async def test_a_part_can_end_the_process_and_all_others_with_it(status: int) -> None:
    ended: list[str] = []

    async def stays() -> None:
        try:
            await for_ever()
        finally:
            ended.append("stays")

    async def ends() -> None:
        await asyncio.sleep(1)
        raise End(status)

    assert await Supervisor({"a": stays, "b": ends}, Told()).run() == status
    assert ended == ["stays"]


@in_virtual_time
async def test_a_part_that_is_done_is_not_started_again() -> None:
    begun = 0

    async def once() -> None:
        nonlocal begun
        begun += 1

    async def ends() -> None:
        await asyncio.sleep(100)
        raise End(0)

    assert await Supervisor({"a": once, "b": ends}, Told()).run() == 0
    assert begun == 1
    assert await Supervisor({"a": once}, Told()).run() == 0, "with nothing left to do it ends well"


@in_virtual_time
async def test_whoever_cannot_be_told_does_not_stop_the_part() -> None:
    begun = 0

    async def fails() -> None:
        nonlocal begun
        begun += 1
        raise ValueError

    async def cannot(_: str) -> None:
        raise OSError

    task = asyncio.create_task(Supervisor({"a": fails}, cannot).run())
    await asyncio.sleep(10)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert begun == 4


class SilentTelegram:
    """No answer ever; what is left in the end is less than a clock can tell apart."""

    def __init__(self) -> None:
        self.begun = asyncio.get_running_loop().time()
        self.reached = asyncio.Event()
        self.reached.set()
        self.looks = 0

    @property
    def no_answer(self) -> float:
        self.looks += 1
        assert self.looks < 100, "it spins"
        waited = asyncio.get_running_loop().time() - self.begun
        return waited if waited > 180 else min(waited, 180 - 1e-12)


@in_virtual_time
async def test_the_end_of_patience_is_no_spin() -> None:
    await asyncio.sleep(100_000)
    telegram = SilentTelegram()
    events = SimpleNamespace(telegram_refused=Signal())
    engine = SimpleNamespace(events=events)
    bot = SimpleNamespace(polling=telegram, silence_seconds=180, store=None, engine=engine)
    with pytest.raises(End):
        await App(cast("Any", bot))._watch()
    assert telegram.looks < 5
