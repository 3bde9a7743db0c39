"""The bot watches itself: lateness, heartbeat, systemd, the page for monitoring, the alarm."""

import asyncio
import json
import socket
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import msgspec
import pytest

from reminders import watch
from reminders.alarm import SchedulerAlarm
from reminders.clock import SystemClock
from reminders.policy import Policy, Watching
from reminders.second import SecondChannel
from reminders.sending import NotSent, Refused
from storage.model import Message
from tests.reminders.virtual import in_virtual_time, utc
from tests.reminders.world import SERVICE, World


@in_virtual_time
async def test_reminders_later_than_a_minute_raise_an_alarm_to_the_administrators_once():
    async with World() as world:
        await world.report(ago=timedelta(0))
        await world.report("RH-3456", person="YP-2", ago=timedelta(0))
        await world.until(utc("2026-03-07 01:29"))
        await world.process_down(until=utc("2026-03-07 01:34"))
        await world.advance(minutes=3)
        alarms = [g for g in world.telegram.got if g.message.kind == "alarm"]
        assert [g.to for g in alarms] == ["ada"]
        data = alarms[0].message.data
        assert (data["what"], data["count"]) == ("late", 2)
        assert data["seconds"] in (240, 241)
        assert world.engine.watch.figures.late == 2


@in_virtual_time
async def test_punctual_reminders_raise_none_and_are_counted():
    async with World() as world:
        await world.report(ago=timedelta(0))
        await world.until(utc("2026-03-07 02:01"))
        figures = world.engine.watch.figures
        assert figures.lateness_count == 4
        assert figures.lateness[1] == 4
        assert figures.late == 0
        health = world.engine.watch.health()
        assert health["ok"] and health["waiting_messages"] == 0


@in_virtual_time
async def test_the_heartbeat_file_is_touched(tmp_path):
    file = tmp_path / "heartbeat"
    policy = Policy(watching=Watching(heartbeat_file=str(file)))
    async with World(policy=policy) as world:
        await world.advance(minutes=1)
        written = datetime.fromisoformat(file.read_text().strip())
        assert world.clock.now() - written <= timedelta(seconds=15)


def test_systemd_is_told(tmp_path, monkeypatch):
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(address)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        watch.notify("READY=1")
        assert listening.recv(100) == b"READY=1"
    watch.notify("WATCHDOG=1")  # nobody listens any more: that is no reason to stop
    monkeypatch.delenv("NOTIFY_SOCKET")
    watch.notify("WATCHDOG=1")


class Receiver:
    """A localhost endpoint that keeps what it gets."""

    def __init__(self, status: int = 200) -> None:
        got = self.got = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(status)
                self.end_headers()

            def do_GET(self):
                got.append(self.path)
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        self.thread = Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


async def test_the_monitoring_address_is_called():
    with Receiver() as receiver:
        await watch.call_alive(f"http://127.0.0.1:{receiver.port}/alive")
        assert receiver.got == ["/alive"]
    await watch.call_alive(f"http://127.0.0.1:{receiver.port}/alive")  # gone: no reason to stop


def reminder() -> Message:
    now = utc("2026-03-07 01:30")
    return Message(
        id="m", to="amy", kind="telephone", created_at=now, due_at=now, about="CP-4H", data={}
    )


def second(*addresses: str) -> SecondChannel:
    service = msgspec.structs.replace(
        SERVICE,
        staff=(msgspec.structs.replace(SERVICE.staff[0], second_channel=addresses),),
    )
    return SecondChannel(service, lambda message, ref: f"{ref}: {message.about}")


@pytest.mark.filterwarnings("ignore")
async def test_the_second_channel_says_the_case_reference_and_nothing_else():
    with Receiver() as receiver:
        channel = second(f"json://127.0.0.1:{receiver.port}/sms")
        await channel.send("amy", reminder(), "RH-2345")
        assert [(m["title"], m["message"]) for m in receiver.got] == [
            ("Nightlight", "RH-2345: CP-4H")
        ]


@pytest.mark.filterwarnings("ignore")
async def test_a_gateway_that_fails_is_tried_again_an_address_that_is_none_is_not():
    with Receiver(status=500) as receiver, pytest.raises(NotSent):
        await second(f"json://127.0.0.1:{receiver.port}/").send("amy", reminder(), "RH-2345")
    with pytest.raises(Refused):
        await second("nonsense").send("amy", reminder(), "RH-2345")
    with pytest.raises(Refused):
        await second().send("amy", reminder(), "RH-2345")


async def test_the_alarm_rings_at_its_moment_and_can_be_set_again():
    clock = SystemClock()
    alarm = SchedulerAlarm(clock)
    rung: list[datetime] = []
    again = asyncio.Event()

    async def ring() -> None:
        rung.append(clock.now())
        if len(rung) == 1:
            alarm.set(clock.now() + timedelta(milliseconds=30))
            await asyncio.sleep(0.1)  # still running when it is due again: it must not be lost
        else:
            again.set()

    alarm.start(ring)
    try:
        moment = clock.now() + timedelta(milliseconds=50)
        alarm.set(clock.now() + timedelta(hours=1))
        alarm.set(moment)
        await asyncio.wait_for(again.wait(), 5)
        assert len(rung) == 2
        assert timedelta(0) <= rung[0] - moment < timedelta(seconds=1)
        alarm.set(None)
    finally:
        alarm.stop()


async def test_the_alarm_rings_at_once_for_a_moment_that_has_gone():
    alarm = SchedulerAlarm(SystemClock())
    rung = asyncio.Event()

    async def ring() -> None:
        rung.set()

    alarm.start(ring)
    try:
        alarm.set(datetime(2020, 1, 1, tzinfo=UTC))
        await asyncio.wait_for(rung.wait(), 5)
    finally:
        alarm.stop()


async def test_the_page_for_monitoring():
    import httpx

    from bot.health import HealthPage

    world = World(start=datetime.now(UTC))
    engine = world.engine
    silence = [0.0]
    page = HealthPage(engine, 0, lambda: silence[0], 180)
    await world.store.open()
    await engine.start()
    try:
        transport = httpx.ASGITransport(app=page.app())
        async with httpx.AsyncClient(transport=transport, base_url="http://local") as client:
            answer = await client.get("/health")
            assert (answer.status_code, answer.json()["ok"]) == (200, True)
            silence[0] = 181
            assert (await client.get("/health")).status_code == 503
            text = (await client.get("/metrics")).text
            assert "nightlight_open_episodes 0.0" in text
            assert 'nightlight_reminder_lateness_seconds_bucket{le="60.0"}' in text
    finally:
        await engine.stop()


async def test_the_page_is_served_on_this_machine_only():
    import httpx

    from bot.health import HealthPage

    world = World()
    await world.store.open()
    await world.engine.start()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    page = HealthPage(world.engine, port, lambda: 0.0, 180)
    task = asyncio.create_task(page.run())
    try:
        async with httpx.AsyncClient() as client:
            for _ in range(100):
                try:
                    answer = await client.get(f"http://127.0.0.1:{port}/health")
                    break
                except httpx.ConnectError:
                    await asyncio.sleep(0.02)
            assert answer.status_code == 200
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await world.engine.stop()
