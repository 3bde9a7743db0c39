"""The kill switch at night, and the next morning's list, on the real process."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.stories.night import MAIN, Night

AVERY = """
[[staff]]
id = "avery"
name = "Avery Instance"
telegram_id = 7005
role = "administrator"
phone = "07700 900205"

[telegram]
"""


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Night]:
    """As ever, with a second administrator."""
    one = Night(tmp_path)
    one.template = one.template.replace("[telegram]\n", AVERY, 1)
    try:
        yield await one.begin()
    finally:
        await one.end()


def command(night: Night, name: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(MAIN), name, "--config", str(night.config)],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.words
async def test_two_administrators_stop_it_at_night_and_the_morning_has_a_list(
    night: Night,
) -> None:
    avery = await night.stage.person("Avery Instance", user_id=7005)
    await avery.sends("/start")
    ref = await night.reports(night.morgan)

    await night.quinn.sends("/stop")
    await night.quinn.sees("second administrator", "/stop")
    await avery.sees("Quinn Specimen", "wants to stop")
    await avery.sends("/stop")
    for person in (night.morgan, night.sasha, night.robin, night.quinn, avery):
        await person.sees("was stopped", "paper and telephone")
    await night.forget()

    # The night: nobody is reminded, whatever comes is answered, and nothing of it is on record.
    await night.stage.post("/clock", {"advance_seconds": 3 * 3600})
    await night.stage.settle()
    await night.morgan.sends("She rang her grandmother at 22:10")
    await night.morgan.sees("is stopped", "NOT saved", "Copy what you wrote onto paper")
    await night.forget()

    night.kill()
    await night.start()
    await night.sasha.sends("/open")
    await night.sasha.sees("is stopped")
    await night.stage.post("/clock", {"advance_seconds": 5 * 3600})
    await night.forget()

    await avery.sends("/resume")
    await night.quinn.sees("wants to resume")
    await night.quinn.sends("/resume")
    await night.morgan.sees("works again", ref)
    await night.robin.sees("works again", ref)
    async with asyncio.timeout(10):  # not saved, and gone
        while "grandmother" in await night.morgan.screen():
            await asyncio.sleep(0.1)
    night.stop()
    assert "grandmother" not in night.record(ref)


async def test_a_command_on_the_machine_stops_it_also_before_its_start(night: Night) -> None:
    await night.reports(night.morgan)
    done = await asyncio.to_thread(command, night, "stop")
    assert (done.returncode, done.stderr) == (0, ""), done
    assert "Everybody on the list is told" in done.stdout
    await night.sasha.sees("was stopped", "a command on its machine")
    await night.forget()
    done = await asyncio.to_thread(command, night, "resume")
    assert done.returncode == 0, done.stderr
    await night.morgan.sees("works again")
    await night.forget()
    night.stop()
    done = await asyncio.to_thread(command, night, "stop")
    assert "does not run" in done.stdout
    await night.start()
    await night.morgan.sees("was stopped")
