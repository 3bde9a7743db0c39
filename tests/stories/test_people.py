"""People come and go while the bot runs: the real process, by a link and a few taps."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time

import pytest

from bot.cli import audit, pages, people
from sandbox.person import NotSeen
from tests.stories.night import Night

LINK = re.compile(r"start=([A-Za-z0-9_-]+)")


async def test_a_new_colleague_is_on_duty_within_half_a_minute(night: Night) -> None:
    """Nobody types a number, nothing is restarted; the colleague takes over at once and is asked
    about the next case. An invitation that is passed on is worth nothing."""
    begun = time.monotonic()
    jo = await night.stage.person("Jo Specimen", user_id=7801)
    other = await night.stage.person("Lee Specimen", user_id=7802)
    await night.robin.sends("/people")
    await night.robin.taps("Invite a colleague")
    await night.robin.sends("Jo Specimen")
    await night.robin.taps("Duty manager")
    await night.robin.taps("Rowan House")
    await night.robin.taps("That's all")
    await night.robin.taps("No last day")
    await night.robin.taps("Make the link")
    said = await night.robin.sees("Send it to them and to nobody else")
    found = LINK.search(str(said))
    assert found, said
    await jo.sends(f"/start {found[1]}")
    await jo.sees("Robin", "Jo Specimen", "Rowan House")
    await other.sends(f"/start {found[1]}")
    await other.sees("opened from another Telegram account")
    await jo.taps("Yes, that is me")
    await jo.sees("you are on the list as duty manager")
    await night.robin.sees("Jo Specimen", "has joined with your link", "Was it not them?")
    await jo.sends("/duty")
    await jo.taps("I am taking over")
    await jo.taps("Rowan House")
    assert time.monotonic() - begun < 30
    await night.forget()
    await night.reports(night.morgan)
    await night.clock.advance(minutes=10)
    await jo.sees("Ring the police")


async def hang_up(night: Night, *texts: str) -> None:
    """Sends the signal, of which the stand-in knows nothing, and waits until Quinn is told."""
    assert night.process is not None
    os.kill(night.process.pid, signal.SIGHUP)
    async with asyncio.timeout(10):
        while True:
            try:
                await night.quinn.sees(*texts)
                return
            except NotSeen:
                await asyncio.sleep(0.1)


@pytest.mark.both_books
async def test_register_and_configuration_change_while_the_bot_runs(
    night: Night, capsys: pytest.CaptureFixture[str]
) -> None:
    """A young person arrives by `people import`, a manager's PIN is reset by `web unlock`, a home
    gets another name by a signal; what is wrong is told and changes nothing."""
    table = night.folder / "arrived.csv"
    table.write_text(
        "reference,home,date_of_birth,looked_after_by,placed_in\n"
        "YP-77,rowan,2012-03-04,Haringey,Haringey\n",
        encoding="utf-8",
    )
    assert await asyncio.to_thread(people.run, table, night.config) == 0
    assert await asyncio.to_thread(pages.unlock, "robin", night.config) == 0
    assert "Activation code, for one use within seven days: " in capsys.readouterr().out
    day = ("2026-11-21", "2099-01-01")
    assert await asyncio.to_thread(audit.show, *day, night.config, person="robin") == 0
    assert "machine  pages: activation code made" in capsys.readouterr().out
    await night.morgan.sends("/missing")
    text = night.config.read_text(encoding="utf-8")
    assert 'name = "Rowan House"' in text
    changed = text.replace('name = "Rowan House"', 'name = "Rowan Lodge"')
    night.config.write_text(changed, encoding="utf-8")
    await hang_up(night, "holds from now on", "Rowan Lodge is different")
    night.config.write_text(changed.replace('role = "manager"', 'role = "boss"'), encoding="utf-8")
    await hang_up(night, "nothing has changed", "boss")
    await night.robin.sends("/duty")
    await night.robin.sees("Rowan Lodge")
