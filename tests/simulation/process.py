"""One run of the bot's process, put together as the running bot is, on a simulated disk and
Telegram."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.app import App
from bot.bootstrap import bootstrap
from bot.sender import WordedSender
from reminders.combining import parts
from reminders.engine import Engine
from reminders.limits import Turn
from reminders.sending import Sent
from storage.model import Episode, Message
from tests.reminders.virtual import LoopAlarm
from tests.simulation import loop
from tests.simulation.disk import DiskStore
from tests.simulation.gateway import SimSecond
from tests.simulation.telegram import SPEAKING, SimBot, Speaking

if TYPE_CHECKING:
    from tests.simulation.world import SimWorld

MOST_DRIFT = 100e-6


class Heard(WordedSender):
    """The real sender; the checker hears which messages a request carries."""

    async def send(self, message: Message, episode: Episode | None, turn: Turn) -> Sent:
        single = [(ref or (episode.ref if episode else ""), one) for ref, one in parts(message)]
        SPEAKING.set(Speaking(parts=single, begun=asyncio.get_running_loop().time()))
        return await super().send(message, episode, turn)


class DriftingAlarm(LoopAlarm):
    """The machine's timers run a little fast or slow, while its clock is kept right: an alarm
    rings early, or late."""

    def __init__(self, world: SimWorld, clock: loop.SimClock | None = None) -> None:
        clock = clock or world.clock
        super().__init__(clock)  # type: ignore[arg-type]
        self._world, self._shown = world, clock
        self._drift = world.rng.uniform(-MOST_DRIFT, MOST_DRIFT)
        self._moment: datetime | None = None

    def set(self, moment: datetime | None) -> None:
        super().set(moment)
        self._moment = moment
        if self._timer is not None:
            running = asyncio.get_running_loop()
            seconds = self._timer.when() - running.time()
            self._timer.cancel()
            self._timer = running.call_later(seconds * (1.0 + self._drift), self._rings)

    def _rings(self) -> None:
        if self._moment is not None and self._shown.now() < self._moment:
            self._world.hit("an alarm rang early")
        super()._rings()


class Process:
    """One life of the bot, from start to stop or kill."""

    def __init__(self, world: SimWorld) -> None:
        self.world = world
        self.life = loop.Life()
        self.dies_in: int | None = None
        self.dies_at = ""
        self.engine: Engine | None = None
        self._app: App | None = None
        self._stopping = False
        self._task = loop.begin(self.life, self._run)
        self._task.add_done_callback(self._ended, context=world.context)

    @property
    def alive(self) -> bool:
        return self.life.alive and not self._task.done()

    async def point(self, what: str) -> None:
        """The process reaches for the world: here it can die. A dead one gets no further."""
        aimed = not self.dies_at or self.dies_at == what
        if self.dies_in is not None and self.life.alive and aimed:
            self.dies_in -= 1
            if self.dies_in <= 0:
                self.life.alive = False
                self.world.died(what)
        if not self.life.alive:
            await asyncio.get_running_loop().create_future()
        self.world.steps += 1

    def beat(self) -> bool:
        """One beat of the engine's heart, now. False while there is none yet."""
        if not self.alive or self.engine is None or self.engine._beat is None:
            return False
        loop.begin(self.life, self.engine.tick)
        return True

    def ask_to_stop(self) -> None:
        """SIGTERM."""
        self._stopping = True
        if self._app is not None:
            self._app.stop()

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or self._stopping:
            return
        why = repr(task.exception()) if task.exception() else "without being asked to"
        self.world.checker.broken("the process ended by itself", why)

    async def _run(self) -> None:
        world = self.world
        store: Any = DiskStore(world.disk, self)
        await store.open()
        bot = await bootstrap(
            world.made.config,
            world.made.policy,
            Path(),
            clock=world.clock,
            store=store,
            pack=world.pack,
            client=SimBot(world.telegram, self, proactive=False),  # type: ignore[arg-type]
            reminding=SimBot(world.telegram, self, proactive=True),  # type: ignore[arg-type]
            sender=Heard,
            second=SimSecond(world, self),
            alarm=DriftingAlarm(world),  # type: ignore[arg-type]
        )
        self.engine = bot.engine
        self._app = App(bot)
        if self._stopping:
            self._app.stop()
        await self._app.run()
