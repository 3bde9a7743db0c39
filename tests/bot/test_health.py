"""The page for monitoring."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime

import httpx

from bot.health import HealthPage
from tests.reminders.world import World


class Polled:
    """How polling is doing."""

    silence = 0.0
    oldest = 0.0


async def test_the_page_for_monitoring():
    world = World(start=datetime.now(UTC))
    engine = world.engine
    polling = Polled()
    page = HealthPage(engine, 0, polling, 180)
    await world.store.open()
    await engine.start()
    try:
        transport = httpx.ASGITransport(app=page.app())
        async with httpx.AsyncClient(transport=transport, base_url="http://local") as client:
            answer = await client.get("/health")
            assert (answer.status_code, answer.json()["ok"]) == (200, True)
            polling.silence = 181
            assert (await client.get("/health")).status_code == 503
            polling.silence, polling.oldest = 0.0, 181
            assert (await client.get("/health")).status_code == 503, "a handler does not come back"
            text = (await client.get("/metrics")).text
            assert "nightlight_open_episodes 0.0" in text
            assert 'nightlight_reminder_lateness_seconds_bucket{le="60.0"}' in text
    finally:
        await engine.stop()


async def test_the_page_is_served_on_this_machine_only():
    world = World()
    await world.store.open()
    await world.engine.start()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    page = HealthPage(world.engine, port, Polled(), 180)
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
