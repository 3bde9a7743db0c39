"""Two machines, one service: the bot runs on one, waits on the other, and takes over at night."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.stories.night import MAIN, Night

pytestmark = pytest.mark.database


class TwoMachines(Night):
    """The second process has the same configuration, as on another machine."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._others: list[subprocess.Popen[bytes]] = []

    def launch(self) -> None:
        """The bot's process; one that runs already stays, on the other machine."""
        if self.process is not None:
            self._others.append(self.process)
        super().launch()

    def first(self) -> subprocess.Popen[bytes]:
        return self._others[0]

    async def end(self) -> None:
        for process in self._others:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()
        await super().end()

    def runs(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(MAIN), *command, "--config", str(self.config)],
            capture_output=True,
            text=True,
            env={**os.environ, "COLUMNS": "400"},
        )


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[TwoMachines]:
    one = TwoMachines(tmp_path)
    try:
        await one.begin()
        yield one
    finally:
        await one.end()


async def test_the_machine_of_the_bot_is_gone_and_the_reminder_comes_all_the_same(night):
    """At 21:35 Morgan reports. The machine loses its power. The other one reminds, shows the same
    case and takes what Morgan does."""
    ref = await night.reports(night.morgan)
    night.launch()
    await asyncio.sleep(1.5)
    assert night.runs("services", "list").stdout.count("led by") == 1
    night.first().kill()
    await night.until_followed()
    await night.morgan.sends(f"/case {ref}")
    await night.morgan.has_on_screen(ref)
    await night.forget()
    await night.records_parents(night.morgan)
    shown = night.runs("show", ref)
    assert "left" in shown.stdout.casefold() or ref in shown.stdout
    assert night.runs("verify").returncode == 0


async def test_a_machine_that_slept_and_wakes_says_nothing_more(night):
    """The leader is stopped for longer than its lease; the other one leads. When it wakes, it ends
    with status 76, and everybody has had each message once."""
    ref = await night.reports(night.morgan)
    night.launch()
    await asyncio.sleep(1.5)
    night.first().send_signal(signal.SIGSTOP)
    async with asyncio.timeout(30):
        while night.log().count('"event": "leading"') < 2:
            await asyncio.sleep(0.2)
    night.first().send_signal(signal.SIGCONT)
    assert await asyncio.to_thread(night.first().wait, 20) == 76
    await night.until_followed()
    await night.morgan.sends(f"/case {ref}")
    await night.morgan.has_on_screen(ref)


async def test_commands_beside_the_bot_read_and_those_that_write_are_refused(night):
    ref = await night.reports(night.morgan)
    assert ref in night.runs("show", ref).stdout
    assert night.runs("verify").returncode == 0
    refused = night.runs("key", "rotate")
    assert refused.returncode == 2
    assert "another process leads" in refused.stderr
    moved = night.runs("move", "--from", "database")
    assert moved.returncode == 2
    backed_up = night.runs("backup", "copies")
    assert (backed_up.returncode, "SEVERAL-MACHINES" in backed_up.stderr) == (2, True)


async def test_a_command_on_any_machine_stops_whoever_leads(night):
    """As with a folder: at once where the bot runs, from the next start where it does not."""
    await night.reports(night.morgan)
    done = await asyncio.to_thread(night.runs, "stop")
    assert (done.returncode, done.stderr) == (0, ""), done
    assert "Everybody on the list is told" in done.stdout
    await night.sasha.sees("was stopped", "a command on its machine")
    await night.forget()
    night.stop()
    done = await asyncio.to_thread(night.runs, "resume")
    assert "does not run" in done.stdout, done
    await night.start()
    await night.morgan.sees("works again")


async def test_from_one_machine_to_a_database_and_back(night):
    """The records move into a folder, the bot runs from there, and they move back."""
    ref = await night.reports(night.morgan)
    assert night.stop() == 0
    said = night.runs("move", "--from", "database")
    assert said.returncode == 0, said.stderr
    assert "moved and compared" in said.stdout
    in_database = night.config.read_text()
    lines = [one for one in in_database.splitlines() if not one.startswith(("database", "service"))]
    night.config.write_text("\n".join(lines))
    assert ref in night.runs("show", ref).stdout
    assert night.runs("verify").returncode == 0
    night.config.write_text(in_database)
    assert night.runs("key", "rotate").returncode == 0
    assert ref in night.runs("show", ref).stdout
    assert night.runs("move", "--from", "folder").returncode == 0
