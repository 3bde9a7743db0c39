"""Whoever watches from outside hears that the bot is alive."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime

from bot import watchdog
from bot.watchdog import Watchdog
from reminders.policy import Watching
from tests.bot.receiver import Receiver
from tests.reminders.virtual import in_virtual_time, utc
from tests.reminders.world import World


def test_systemd_is_told(tmp_path, monkeypatch):
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(address)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        watchdog.notify("READY=1")
        assert listening.recv(100) == b"READY=1"
    watchdog.notify("WATCHDOG=1")  # nobody listens any more: that is no reason to stop
    monkeypatch.delenv("NOTIFY_SOCKET")
    watchdog.notify("WATCHDOG=1")


@in_virtual_time
async def test_the_heartbeat_file_is_touched_with_the_engines_rounds(tmp_path):
    file = tmp_path / "heartbeat"
    async with World() as world:
        world.engine.events.beat.listen(Watchdog(Watching(heartbeat_file=str(file))).beat)
        await world.advance(minutes=1)
        written = datetime.fromisoformat(file.read_text().strip())
        assert (world.clock.now() - written).total_seconds() <= 15


async def test_a_heartbeat_file_that_cannot_be_written_stops_nothing(tmp_path):
    Watchdog(Watching(heartbeat_file=str(tmp_path))).beat(datetime.now(UTC))


async def test_the_monitoring_address_is_called_and_may_be_gone():
    with Receiver() as receiver:
        watching = Watching(alive_url=f"http://127.0.0.1:{receiver.port}/alive")
        dog = Watchdog(watching)
        dog.beat(utc("2026-03-07 01:30"))
        dog.beat(utc("2026-03-07 01:30"))
        await asyncio.wait_for(dog.called(), 10)
        assert receiver.got == ["/alive"], "once, and then every few minutes"
    gone = Watchdog(watching)
    gone.beat(utc("2026-03-07 01:30"))
    await asyncio.wait_for(gone.called(), 20)
