"""Nightlight running: records and clock first, then Telegram; and an orderly stop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from itertools import count
from pathlib import Path

import structlog
from telegram.error import TelegramError

from bot.bootstrap import Nightlight, bootstrap
from bot.config import Config
from bot.database import leading
from bot.polling import Stopped
from bot.supervisor import End, Supervisor
from bot.upgrade import remember
from bot.watchdog import notify
from handlers import times
from handlers.wording import alarms
from reminders.policy import Policy
from reminders.stopped import MACHINE

log = structlog.get_logger(__name__)

STOPPED_BY_TELEGRAM, SILENT = 3, 75
"""Exit statuses for the supervisor: the token was refused; Telegram was silent for too long."""
SWITCH_SECONDS = 0.0005
"""After so long the store's thread, which encrypts, makes room for the event loop. Python's own
5 ms are waited for at each step of an answer while somebody else's words are put on record."""
REMIND_FIRST_SECONDS = 3.0
"""So long the start waits for reminders that are due already."""


class App:
    """One run of a bot that was put together.

    tell: says to whoever started the process how it goes ("READY=1", "STOPPING=1").
    """

    def __init__(self, bot: Nightlight, tell: Callable[[str], None] = notify) -> None:
        self.bot = bot
        self._tell = tell
        self._stop = asyncio.Event()
        self._refused = asyncio.Event()
        self._reloads = count(1)
        self._tasks: set[asyncio.Task[None]] = set()
        bot.engine.events.telegram_refused.listen(self._refused.set)

    def stop(self) -> None:
        """What was begun is ended, then `run` comes back with status 0."""
        self._stop.set()

    def reload(self) -> None:
        """The configuration is read again; administrators are told what came of it."""
        self._beside(self._reload())

    def take_left(self) -> None:
        """A command has left something that the bot alone may write, or stops or resumes it."""
        self._beside(self.bot.take_switch())
        self._beside(self.bot.take_arrivals())

    def _beside(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reload(self) -> None:
        context = self.bot.context
        outcome = await context.reload(MACHINE)
        if outcome is None:
            return
        now = context.clock.now()
        people = [one.id for one in context.service.administrators(now)]
        told = people or [one.id for one in context.engine.service_state.leaders(now)]
        data = {"problems": list(outcome.problems), "changes": list(outcome.changes)}
        await context.engine.notices.tell(
            told, f"reload~{now:%y%m%d%H%M%S}~{next(self._reloads)}", "reload", data
        )

    async def run(self) -> int:
        """Until `stop` (0), or until going on makes no sense (non-zero)."""
        bot = self.bot
        try:
            await bot.take_switch()
            await bot.engine.start()
            await bot.context.staff_list.follow_configuration()
            await remember(bot.engine.service_state)
            await bot.begin_audit()
            self._tell("READY=1")
            await bot.dispatch.application.initialize()
            await self._due_ones_first()
            running = {
                **bot.parts,
                "polling": self._poll,
                "watchdog": self._watch,
                "refused": self._until_refused,
                "stop": self._until_stopped,
            }
            return await Supervisor(running, self._failed).run()
        finally:
            self._tell("STOPPING=1")
            bot.polling.cancel()
            await bot.late.close()
            await bot.engine.stop()
            await bot.store.close()
            if bot.practice is not None:
                await bot.practice.close()
            with contextlib.suppress(TelegramError, RuntimeError):
                await bot.dispatch.application.shutdown()
            log.info("stopped")

    async def _due_ones_first(self) -> None:
        """What is due is on its way before anything else begins that could fail."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(REMIND_FIRST_SECONDS):
                while not self.bot.engine.idle:  # noqa: ASYNC110 - once, at the start
                    await asyncio.sleep(0.02)

    async def _failed(self, name: str) -> None:
        """A part is started again; administrators are told."""
        alerts = self.bot.context.engine.notices
        now = self.bot.context.clock.now()
        administrators = self.bot.context.service.administrators(now)
        await alerts.tell(
            [one.id for one in administrators],
            f"part~{name}~{now:%y%m%d%H}",
            "alarm",
            {"what": "part", "line": alarms.part(name)},
        )

    async def _poll(self) -> None:
        try:
            await self.bot.polling.run()
        except Stopped:
            log.critical("telegram refuses the token")
            raise End(STOPPED_BY_TELEGRAM) from None

    async def _watch(self) -> None:
        """Ends the process when there was no answer for longer than the configuration allows.

        `running` of the library can stay true after polling has ended; only an answer counts. On
        one machine Telegram has to have answered once, as a start anew would change nothing; where
        another machine may stand by, which may reach Telegram, it need not.
        """
        polling, allowed = self.bot.polling, self.bot.silence_seconds
        if leading(self.bot.store) is None:
            await polling.reached.wait()
        while (left := allowed - polling.no_answer) > 0:  # noqa: ASYNC110 - answers move the end
            # A rest shorter than the clock can tell apart would end at once, again and again.
            await asyncio.sleep(max(left, 0.1))
        log.critical("telegram was silent for too long", seconds=round(polling.no_answer))
        raise End(SILENT)

    async def _until_refused(self) -> None:
        await self._refused.wait()
        raise End(STOPPED_BY_TELEGRAM)

    async def _until_stopped(self) -> None:
        await self._stop.wait()
        await self.bot.polling.stop()
        raise End(0)


async def _main(config: Config, policy: Policy, folder: Path, path: Path) -> int:
    app = App(await bootstrap(config, policy, folder, path=path))
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, app.stop)
    loop.add_signal_handler(signal.SIGHUP, app.reload)
    loop.add_signal_handler(signal.SIGUSR1, app.take_left)
    tables = asyncio.create_task(_prepare(app.bot))
    try:
        return await app.run()
    finally:
        tables.cancel()
        await asyncio.gather(tables, return_exceptions=True)


async def _prepare(bot: Nightlight) -> None:
    """Reading typed times takes tables: they are made when the start is over, and not with the
    first text."""
    await bot.polling.reached.wait()
    await asyncio.to_thread(times.prepare)


def main(config: Config, policy: Policy, path: Path) -> int:
    """Runs the bot; the exit status is for the supervisor. Raises CannotStart."""
    log.info("starting", pid=os.getpid())
    sys.setswitchinterval(SWITCH_SECONDS)
    return asyncio.run(_main(config, policy, path.resolve().parent, path))
