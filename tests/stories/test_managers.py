"""Stories of those who look after the service: Robin, the manager, and Quinn, the administrator.
They begin on Saturday 21 November 2026 at 21:30."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.stories.night import Night, london

NAMES = ("Ash", "Bay", "Cedar", "Dale", "Fern", "Glen", "Invented")


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Night]:
    """With the page for monitoring and the heartbeat file configured."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    more = f"""
[health]
port = {port}

[watching]
heartbeat_file = "heartbeat"
"""
    one = Night(tmp_path, more)
    one.health = f"http://127.0.0.1:{port}"
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
    for answer in ("Just now", "Skip", "Yes", "Yes"):
        await night.sasha.taps(answer)
    await night.sasha.sees("FOUND, not back")


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
        f"{away} Police told: since 02:00",
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


async def test_every_manager_chooses_the_day_and_the_hour(night: Night) -> None:
    """A duty manager has none. Down at the chosen hour: it comes late, and says so."""
    await night.morgan.sends("/digest")
    await night.morgan.sees("The weekly digest goes to managers")
    await night.robin.sends("/digest")
    await night.robin.taps("Tue")
    await night.robin.taps("07:00")
    await night.robin.sees("comes next on Tue 24 Nov 07:00")
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
        "I cannot reach Sasha Sample: they blocked the bot", "Please telephone them: 07700 900202"
    )
    await night.clock.go_to(london("2026-11-22 15:00"))
    await night.robin.sees("Tonight's rota: please look", "Sasha Sample has blocked the bot")
    await night.morgan.sees_nothing()


async def test_the_service_is_watched(watched: Night) -> None:
    """The page answers, the figures count, the heartbeat beats beside the configuration; a
    reminder that was late is raised to the administrator."""
    night = watched
    async with httpx.AsyncClient(trust_env=False, verify=False) as monitor:
        health = (await monitor.get(f"{night.health}/health")).json()
        assert health["telegram_down_since"] is None
        assert (night.folder / "heartbeat").read_text().startswith("2026-11-21T21:30")
        await night.reports(night.morgan, police="Just now")
        night.kill()
        await night.clock.advance(hours=2, settle=False)
        await night.start()
        await night.morgan.sees("Placing authority told", "LATE by 1 h")
        await night.clock.advance(minutes=1)
        await night.quinn.sees("A reminder was sent late", "the latest by 1 h")
        figures = (await monitor.get(f"{night.health}/metrics")).text
        assert "nightlight_reminders_late_total 1.0" in figures
        assert "nightlight_open_episodes 1.0" in figures
