"""Tells whoever watches from outside that the bot is alive: systemd, a file, an address."""

from __future__ import annotations

import asyncio
import os
import socket
from datetime import datetime
from pathlib import Path

import structlog

from reminders.policy import Watching

BEAT_SECONDS = 5.0
"""Real seconds between two signs of life to systemd and in the file."""

log = structlog.get_logger(__name__)


class Watchdog:
    """`beat` with every round of the engine."""

    def __init__(self, watching: Watching) -> None:
        self._watching = watching
        self._beat_at = float("-inf")
        self._alive_at = float("-inf")
        self._alive: asyncio.Task[None] | None = None

    def beat(self, now: datetime) -> None:
        """The engine has done its round at this moment."""
        real = asyncio.get_running_loop().time()
        watching = self._watching
        if real - self._beat_at >= BEAT_SECONDS:
            self._beat_at = real
            notify("WATCHDOG=1")
            if watching.heartbeat_file:
                _touch(watching.heartbeat_file, now)
        due = real - self._alive_at >= watching.alive_every_minutes * 60
        if watching.alive_url and due and (self._alive is None or self._alive.done()):
            self._alive_at = real
            self._alive = asyncio.create_task(_call(watching.alive_url))

    async def called(self) -> None:
        """Waits for the call that is under way, if there is one."""
        if self._alive is not None:
            await self._alive


def _touch(file: str, now: datetime) -> None:
    try:
        Path(file).write_text(f"{now.isoformat()}\n", encoding="ascii")
    except OSError as error:
        log.warning("heartbeat file not written", why=error.strerror)


def notify(state: str) -> None:
    """A datagram to systemd, if it started us: "READY=1", "WATCHDOG=1", "STOPPING=1"."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.setblocking(False)
            channel.sendto(state.encode(), address)
    except OSError as error:
        log.warning("systemd not told", why=error.strerror)


async def _call(url: str) -> None:
    """ "I am alive" to a monitoring address; its absence is what raises the alarm there."""
    import httpx

    try:
        async with httpx.AsyncClient(timeout=10.0) as client:
            (await client.get(url)).raise_for_status()
    except httpx.HTTPError as error:
        log.warning("monitoring address not reached", error=error)
