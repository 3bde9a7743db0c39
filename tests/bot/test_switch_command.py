"""Commands to stop or resume on the machine: all are carried out, in their order, once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from bot.switch_command import OrdersInFolder, SwitchCommand
from storage import switch_file
from tests.reminders.virtual import in_virtual_time
from tests.reminders.world import World


@in_virtual_time
async def test_a_command_that_comes_while_another_is_carried_out_is_not_lost(tmp_path: Path):
    async with World() as world:
        switch = world.engine.kill_switch
        done = switch.command
        said: list[str] = []

        async def slowly(what: Any) -> bool:
            said.append(what)
            if said == ["stop"]:
                switch_file.leave(tmp_path, "resume")
            await asyncio.sleep(1)
            return await done(what)

        switch.command = slowly  # type: ignore[method-assign]
        command = SwitchCommand(switch, OrdersInFolder(tmp_path))
        switch_file.leave(tmp_path, "stop")
        await asyncio.gather(command.run(), command.run())
        assert said == ["stop", "resume"]
        assert switch.stopped is None
        assert list((tmp_path / "incoming").iterdir()) == []


@in_virtual_time
async def test_what_is_no_command_does_not_stay_and_keeps_none_back(tmp_path: Path):
    """Also one that an earlier version has left, under the one name that it knew."""
    async with World() as world:
        folder = tmp_path / "incoming"
        folder.mkdir()
        (folder / "switch").write_text("halt!")
        switch_file.leave(tmp_path, "stop")
        await SwitchCommand(world.engine.kill_switch, OrdersInFolder(tmp_path)).run()
        assert world.engine.kill_switch.stopped is not None
        assert list(folder.iterdir()) == []
