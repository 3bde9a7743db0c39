"""The pages of the world in memory, served to a real browser on this machine."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import time
from typing import Literal

from reminders.policy import Pattern, Policy
from tests.web.pages_world import PagesWorld
from web.server import Listening, serve
from web.settings import WebSettings

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
NO_SUNDAYS = Policy(
    rota=(
        Pattern(days=DAYS, start=time(8), end=time(20), staff=("amy",), homes=("rowan",)),
        Pattern(days=DAYS, start=time(20), end=time(8), staff=("ben",), homes=("rowan",)),
        Pattern(days=DAYS, start=time(8), end=time(8), staff=("cay",), homes=("cedar",)),
    )
)


class Served:
    """One service with its address. Chromium counts localhost as safe, without a certificate."""

    def __init__(self, world: PagesWorld, address: str) -> None:
        self.world, self.address = world, address
        self.secret_of_last_link = ""

    def link(self, who: str) -> str:
        address = self.world.links.link(self.world.staff(who))
        self.secret_of_last_link = address.partition("#")[2]
        return address


@asynccontextmanager
async def served(activation: Literal["code", "none"] = "none") -> AsyncIterator[Served]:
    """Until the test ends."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    address = f"http://localhost:{port}"
    world = PagesWorld(
        settings=WebSettings(address=address, activation=activation), policy=NO_SUNDAYS
    )
    async with world:
        listening = Listening(host="127.0.0.1", port=port)
        task = asyncio.create_task(serve(world.app, listening))
        await _until_open(port)
        try:
            yield Served(world, address)
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def _until_open(port: int) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.01)
                continue
            writer.close()
            return
