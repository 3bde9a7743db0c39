"""The pages of the world in memory, served to a real browser on this machine."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import time

from bot.monthly import Rows
from bot.pages_parts import RegisterTables, address_of
from reminders.policy import Pattern, Policy
from reminders.shifts import Shifts
from reminders.staff_list import StaffList
from tests.web.pages_world import TOKEN, PagesWorld, cheap
from web.app import Pages
from web.parts import Parts
from web.second_factor import SecondFactors
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
REQUESTS_A_MINUTE = 2000
"""A test opens in a minute what a person opens in an hour."""


class Served:
    """One service with its address. Chromium counts localhost as safe, without a certificate."""

    def __init__(self, world: PagesWorld, address: str) -> None:
        self.world, self.address = world, address
        self.secret_of_last_link = ""

    def link(self, who: str) -> str:
        address = self.world.pages.link(self.world.staff(who))
        self.secret_of_last_link = address.partition("#")[2]
        return address


class _World(PagesWorld):
    """With pages that answer under an address of this machine."""

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__(policy=NO_SUNDAYS)

    def make_pages(self) -> Pages:
        return Pages(
            WebSettings(address=self.address),
            self.engine,
            TOKEN,
            Rows(self.engine.service_state).of_the_last_years,
            Parts(
                register=RegisterTables(),
                staff_list=StaffList(self.engine),
                shifts=Shifts(self.engine),
                invitation=address_of(self.phone.link),
            ),
            factors=cheap(SecondFactors(self.engine.service_state, wall=self.clock.now)),
        )


@asynccontextmanager
async def served() -> AsyncIterator[Served]:
    """Until the test ends."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    address = f"http://localhost:{port}"
    async with _World(address) as world:
        listening = Listening(host="127.0.0.1", port=port)
        task = asyncio.create_task(serve(world.pages.app(), listening))
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
