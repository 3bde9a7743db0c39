"""Stories of those who look after the service: Robin, the manager, and Quinn, the administrator.
They begin on Saturday 21 November 2026 at 21:30."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from tests.stories.night import Night, london
from tests.support.traffic import Traffic

NAMES = ("Ash", "Bay", "Cedar", "Dale", "Fern", "Glen", "Invented")


class Listener:
    """An address on this machine that takes whatever is sent to it: `got` holds path and body."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str]] = []
        got = self.got

        class Takes(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                got.append((self.path, ""))
                self.send_response(200)
                self.end_headers()

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                got.append((self.path, self.rfile.read(length).decode()))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing on the terminal."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Takes)
        self.address = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    async def hears(self, *words: str) -> str:
        """The first body with all these words, within some seconds."""
        for _ in range(100):
            for _, body in self.got:
                if all(word in body for word in words):
                    return body
            await asyncio.sleep(0.1)
        raise AssertionError(f"{words} not among {self.got}")

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def listener(traffic: Traffic) -> Iterator[Listener]:
    one = Listener()
    yield one
    one.close()
    for where, text in one.got:
        traffic.elsewhere(f"sent to {where}", text)


@pytest.fixture
async def watched(
    tmp_path: Path, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Night]:
    """With everything configured that watches it: the page, the heartbeat file, the address that is
    called, and systemd's socket."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    more = f"""
[health]
port = {port}

[watching]
heartbeat_file = "heartbeat"
alive_url = "http://{listener.address}/alive"
"""
    one = Night(tmp_path, more)
    one.health = f"http://127.0.0.1:{port}"
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "systemd"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "systemd"))
        systemd.setblocking(False)
        one.systemd = systemd
        try:
            yield await one.begin()
        finally:
            await one.end()


@pytest.fixture
async def two_ways(tmp_path: Path, listener: Listener) -> AsyncIterator[Night]:
    """Robin has a second channel: a gateway on this machine."""
    one = Night(tmp_path)
    config = one.template
    gateway = f'second_channel = ["json://{listener.address}/sms"]'
    one.template = config.replace('role = "manager"', f'role = "manager"\n{gateway}')
    assert one.template != config
    try:
        yield await one.begin()
    finally:
        await one.end()


@pytest.fixture
async def monday(tmp_path: Path) -> AsyncIterator[Night]:
    """Monday 23 November 2026, 02:00."""
    one = Night(tmp_path)
    try:
        yield await one.begin("2026-11-23 02:00")
    finally:
        await one.end()


async def found_and_not_safe(night: Night, ref: str) -> None:
    """Sasha records: found just now, there is a reason not to go back there."""
    await night.sasha.sends(f"/case {ref}")
    await night.sasha.taps("Found")
    for answer in ("Just now", "Skip", "Yes", "Yes", "Save"):
        await night.sasha.taps(answer)
    await night.sasha.sees("FOUND", "not back")
    for answer in ("Referral made", "Emergency duty team", "Just now"):
        await night.sasha.taps(answer)
    await night.sasha.sees("FOUND", "not back")


async def test_the_week_of_a_manager_on_monday_at_nine(monday: Night) -> None:
    """Seven things and a picture, by reference, never by name; once."""
    night = monday
    away = await night.reports(night.sasha, home="Rowan House")
    found = await night.reports(night.sasha, "YP-02", home="Rowan House", police="Just now")
    await found_and_not_safe(night, found)
    await night.forget()
    await night.clock.go_to(london("2026-11-23 08:59"))
    await night.forget()
    await night.clock.go_to(london("2026-11-23 09:00"))
    week = str(await night.robin.sees("Your week: Mon 16 Nov to Mon 23 Nov"))
    for line in (
        "Open cases: 2",
        away,
        "Duties not met:",
        f"{away} Ring the police (999 in danger, else 101)",
        "Return interviews:",
        "Still to be held: " + found,
        "Episodes this week",
        "Rowan House: 2 (usual 0.0)",
        "Out-of-hours referrals: 1",
        "Reminders that nobody answered:",
    ):
        assert line in week, line
    assert not any(name in week for name in NAMES)
    pictures = [m for m in (await night.robin.chat())["messages"] if m.get("photo")]
    assert len(pictures) == 1
    night.kill()
    await night.start()
    await night.clock.advance(hours=3)
    await night.robin.sends("/help")
    again = [m for m in (await night.robin.chat())["messages"] if "Your week" in m.get("text", "")]
    assert len(again) == 1


async def test_everybody_chooses_the_day_and_the_hour(night: Night) -> None:
    """A duty manager gets it when they ask for it, about their own home. Down at the chosen hour:
    it comes late, and says so."""
    await night.morgan.sends("/digest")
    await night.morgan.sees("does not come by itself", "It is about: Rowan House.")
    await night.morgan.taps("Send it now")
    await night.morgan.sees("Your week", "Open cases: 0")
    await night.forget()
    await night.robin.sends("/digest")
    await night.robin.sees("comes every Monday at 09:00", "Rowan House, Alder Lodge")
    await night.robin.taps("Change day or hour")
    await night.robin.taps("Tue")
    await night.robin.taps("07:00")
    await night.robin.has_on_screen("comes every Tuesday at 07:00; next on Tue 24 Nov 07:00")
    await night.forget()
    await night.clock.go_to(london("2026-11-24 06:59"))
    await night.stage.nobody_got_anything_else()
    night.kill()
    await night.clock.go_to(london("2026-11-24 09:30"), settle=False)
    await night.start()
    await night.robin.sees("Your week", "sent 2 h 30 min late", "Open cases: 0")


async def test_in_the_afternoon_the_manager_hears_what_is_wrong_with_the_night(
    night: Night,
) -> None:
    """Sasha has blocked the bot: Robin learns it at once, and again at three, in time to act."""
    await night.sasha.blocks()
    await night.robin.sees(
        "I cannot reach Sasha Sample: they blocked the bot",
        "Please telephone them: +44 7700 900202",
    )
    await night.clock.go_to(london("2026-11-22 15:00"))
    await night.robin.sees("Tonight's rota: please look", "Sasha Sample has blocked the bot")
    await night.morgan.sees_nothing()


async def test_the_service_is_watched(watched: Night, listener: Listener) -> None:
    """The page answers, the figures count, the heartbeat beats beside the configuration, systemd
    and the monitoring address are told; a reminder that was late is raised to the administrator."""
    night = watched
    assert listener.got[0] == ("/alive", "")
    async with httpx.AsyncClient(trust_env=False, verify=False) as monitor:
        health = (await monitor.get(f"{night.health}/health")).json()
        assert health["telegram_down_since"] is None
        assert (night.folder / "heartbeat").read_text().startswith("2026-11-21T21:30")
        await night.reports(night.morgan, police="Just now")
        night.kill()
        await night.clock.advance(hours=2, settle=False)
        await night.start()
        await night.morgan.sees("Ring Haringey's", "LATE by 1 h")
        await night.clock.advance(minutes=1)
        await night.quinn.sees("A reminder was sent late", "the latest by 1 h")
        figures = (await monitor.get(f"{night.health}/metrics")).text
        assert "nightlight_reminders_late_total 1.0" in figures
        assert "nightlight_open_episodes 1.0" in figures
    assert night.stop() == 0
    told = []
    with contextlib.suppress(BlockingIOError):
        while True:
            told.append(night.systemd.recv(100).decode())
    assert {"READY=1", "WATCHDOG=1"} <= set(told)
    assert told[-1] == "STOPPING=1"


async def test_when_nobody_answers_the_manager_gets_a_text_message_with_the_reference_only(
    two_ways: Night, listener: Listener
) -> None:
    night = two_ways
    ref = await night.reports(night.morgan, police="Just now")
    await night.clock.advance(hours=3)
    body = await listener.hears("URGENT, nobody has answered", f"Case {ref} needs an answer")
    assert not any(word in body for word in (*NAMES, "YP-01", "Rowan", "missing"))


async def test_telegram_is_away_and_the_second_channel_takes_over(
    two_ways: Night, listener: Listener
) -> None:
    """Robin is on duty and reported; when the authority is due Telegram has been down for an hour,
    but only from then on can it be noticed: ten minutes later the text message goes out."""
    night = two_ways
    ref = await night.reports(night.robin, home="Rowan House", police="Just now")
    await night.robin.sends("/duty")
    await night.robin.taps("I am taking over")
    await night.robin.taps("Rowan House")
    await night.forget()
    down = await night.stage.faults.add("drop")
    await night.clock.advance(hours=1, stepwise=False, settle=False)
    await asyncio.sleep(3)
    assert listener.got == []
    await night.clock.advance(minutes=11, stepwise=False, settle=False)
    await listener.hears(f"Case {ref} needs an answer")
    await night.stage.faults.remove(down)
    await night.reachable()
    await night.robin.sees("Ring Haringey's", "LATE by")
