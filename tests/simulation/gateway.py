"""The second channel: the real one, with a gateway for short texts in the place of Apprise."""

from __future__ import annotations

import asyncio
from random import Random
from typing import TYPE_CHECKING

from bot.second_channel import SecondChannel
from handlers.wording.second import second_channel
from storage.model import Message

if TYPE_CHECKING:
    from tests.simulation.process import Process
    from tests.simulation.world import SimWorld

NOT_TAKEN = 0.05
"""How often the gateway does not take a text."""


class Gateway:
    """Outlives the process, as Telegram does. `notify` stands for Apprise."""

    def __init__(self, world: SimWorld, rng: Random) -> None:
        self.world = world
        self.rng = rng

    def notify(self, addresses: tuple[str, ...], text: str) -> int:
        """How many addresses took it."""
        if self.rng.random() < NOT_TAKEN:
            return 0
        self.world.note("texts", addresses[0], text)
        self.world.checker.texted(text)
        return len(addresses)


class SimSecond(SecondChannel):
    """One process's way to the gateway."""

    def __init__(self, world: SimWorld, process: Process) -> None:
        super().__init__(lambda: world.provider, second_channel)
        self.world = world
        self.process = process

    async def send(self, person: str, message: Message, ref: str) -> None:
        begun = asyncio.get_running_loop().time()
        await self.process.point("text")
        await asyncio.sleep(self.world.gateway.rng.uniform(0.2, 3.0))
        await super().send(person, message, ref)
        self.world.checker.told_another_way(person, message, ref, begun)
        await self.process.point("text")
