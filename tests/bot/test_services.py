"""Many services in one process: each begun, ended and tried again without the others noticing."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest

from bot.services import STEP_BACK_SECONDS, CannotBegin, Services, Share
from bot.supervisor import FOLLOWED
from tests.reminders.virtual import in_virtual_time


class OneRun:
    """A run that goes on until it is told to stop, or ends by itself with a status."""

    def __init__(self, ends_with: int | None = None) -> None:
        self.reloads = self.registers = 0
        self._end: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        if ends_with is not None:
            self._end.set_result(ends_with)

    async def run(self) -> int:
        return await self._end

    def stop(self) -> None:
        if not self._end.done():
            self._end.set_result(0)

    def reload(self) -> None:
        self.reloads += 1

    def take_left(self) -> None:
        self.registers += 1


class World:
    """A folder of services, and what was begun when (seconds of virtual time)."""

    def __init__(self, folder: Path, *names: str) -> None:
        self.folder = folder
        self.begun: list[tuple[str, float]] = []
        self.runs: dict[str, OneRun] = {}
        self.bad: dict[str, Exception | int] = {}
        for name in names:
            self.add(name)

    def add(self, name: str, text: str = "") -> None:
        (self.folder / name).mkdir(exist_ok=True)
        (self.folder / name / "config.toml").write_text(text)

    async def begin(self, path: Path) -> OneRun:
        name = path.parent.name
        self.begun.append((name, asyncio.get_running_loop().time()))
        await asyncio.sleep(0)
        wrong = self.bad.get(name)
        if isinstance(wrong, Exception):
            raise wrong
        self.runs[name] = OneRun(wrong)
        return self.runs[name]

    def times(self, name: str) -> list[float]:
        return [at for one, at in self.begun if one == name]


@in_virtual_time
async def test_one_whose_pack_is_broken_costs_the_others_nothing(tmp_path: Path) -> None:
    world = World(tmp_path, "ash", "birch", "oak")
    world.bad = {"ash": CannotBegin("protocol.pack: it is not there"), "birch": ValueError("odd")}
    services = Services(tmp_path, world.begin)
    task = asyncio.create_task(services.run())
    await asyncio.sleep(3600)
    assert services.states == {"ash": "waiting", "birch": "waiting", "oak": "running"}
    assert world.times("oak") == [0]
    gaps = [round(b - a) for a, b in pairwise(world.times("ash"))]
    assert gaps[:11] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900]
    services.stop()
    await task


@in_virtual_time
async def test_a_mended_configuration_is_tried_at_once_and_no_other_is_touched(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, "ash", "oak")
    world.bad = {"ash": CannotBegin("homes: none")}
    services = Services(tmp_path, world.begin)
    task = asyncio.create_task(services.run())
    await asyncio.sleep(600)
    world.bad.clear()
    world.add("ash", "mended = true")
    before = len(world.times("ash"))
    services.follow()
    await asyncio.sleep(0.5)
    assert services.states == {"ash": "running", "oak": "running"}
    assert len(world.times("ash")) == before + 1
    assert world.runs["oak"].reloads == 0
    world.add("oak", "another = true")
    services.follow()
    services.take_left()
    assert (world.runs["oak"].reloads, world.runs["ash"].reloads) == (1, 0)
    assert (world.runs["oak"].registers, world.runs["ash"].registers) == (1, 1)
    services.stop()
    await task


@in_virtual_time
async def test_one_is_stopped_and_started_while_the_others_go_on(tmp_path: Path) -> None:
    world = World(tmp_path, "ash", "oak")
    services = Services(tmp_path, world.begin)
    task = asyncio.create_task(services.run())
    await asyncio.sleep(10)
    (tmp_path / "ash" / "stopped").touch()
    world.add("yew")
    services.follow()
    await asyncio.sleep(10)
    assert services.states == {"oak": "running", "yew": "running"}
    (tmp_path / "ash" / "stopped").unlink()
    services.follow()
    await asyncio.sleep(10)
    assert services.states == {"ash": "running", "oak": "running", "yew": "running"}
    assert len(world.times("oak")) == 1
    services.stop()
    await task


@in_virtual_time
async def test_one_that_stands_by_is_stopped_without_having_led(tmp_path: Path) -> None:
    world = World(tmp_path, "ash")
    ended = asyncio.Event()

    async def stands_by(path: Path) -> OneRun:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        raise AssertionError

    services = Services(tmp_path, stands_by)
    task = asyncio.create_task(services.run())
    await asyncio.sleep(10)
    assert services.states == {"ash": "standing by"}
    services.stop()
    await task
    assert ended.is_set()
    assert world.begun == []


@in_virtual_time
async def test_a_leader_that_was_followed_stands_by_at_once(tmp_path: Path) -> None:
    world = World(tmp_path, "oak")
    world.bad = {"oak": FOLLOWED}
    services = Services(tmp_path, world.begin)
    task = asyncio.create_task(services.run())
    await asyncio.sleep(10.5)
    assert {round(b - a) for a, b in pairwise(world.times("oak"))} == {1}
    services.stop()
    await task


@in_virtual_time
async def test_two_processes_each_begin_their_share_first(tmp_path: Path) -> None:
    names = [f"home-{n}" for n in range(40)]
    first, second = World(tmp_path, *names), World(tmp_path)
    pair = [
        Services(tmp_path, first.begin, Share(1, 2)),
        Services(tmp_path, second.begin, Share(2, 2)),
    ]
    tasks = [asyncio.create_task(one.run()) for one in pair]
    await asyncio.sleep(1)
    at_once = [{name for name, _ in world.begun} for world in (first, second)]
    assert at_once[0] | at_once[1] == set(names)
    assert not at_once[0] & at_once[1]
    assert all(len(one) > 10 for one in at_once)
    await asyncio.sleep(STEP_BACK_SECONDS)
    assert {name for name, _ in first.begun} == set(names), "the others stand by for them"
    for one in pair:
        one.stop()
    await asyncio.gather(*tasks)


@pytest.mark.parametrize("given", ["0/2", "3/2", "half", "1/0", ""])
def test_a_share_that_is_none_is_refused(
    given: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from bot.cli import services

    assert services.run(tmp_path, given) == 2
    assert "Allowed: 1/1, 1/2, 2/2" in capsys.readouterr().err
