"""Nightlight running: the book and the clock first, then Telegram; and an orderly stop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path

import structlog
from telegram import Bot, Update
from telegram.error import TelegramError

from bot import bootstrap
from bot.access import Access, incoming
from bot.config import Config, token
from bot.greeting import greet
from bot.health import HealthPage
from bot.housekeeping import Backups
from bot.knows import Knows
from bot.polling import Polling, Stopped, Updates
from bot.practice_clock import PracticeClock
from bot.resources import key_setting, keys_of
from bot.strangers import Strangers
from bot.supervisor import End, Part, Supervisor
from bot.telegram_client import client
from bot.trouble import Troubles
from bot.unfinished import Unfinished
from handlers import router, times
from handlers.context import Context
from handlers.wording import alarms, common
from reminders.clock import SystemClock
from reminders.engine import Engine
from reminders.policy import Policy
from reminders.watch import notify

log = structlog.get_logger(__name__)

STOPPED_BY_TELEGRAM, SILENT = 3, 75
"""Exit statuses for the supervisor: the token was refused; Telegram was silent for too long."""


REMIND_FIRST_SECONDS = 3.0
"""So long the start waits for reminders that are due already."""


class Nightlight:
    """One running bot."""

    def __init__(self, config: Config, policy: Policy, folder: Path) -> None:
        self._config = config
        self._policy = policy
        self._folder = folder
        self._stop = asyncio.Event()
        self._refused = asyncio.Event()
        self._at_work = 0
        self._knows: Knows | None = None
        self._unfinished: Unfinished | None = None

    async def run(self) -> int:
        """Until SIGTERM or SIGINT (0), or until going on makes no sense (non-zero)."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self._stop.set)
        clock: SystemClock | PracticeClock = SystemClock()
        if self._config.practice is not None:
            clock = PracticeClock(self._config.practice.clock)
            await clock.read()
        bot = client(token(self._config), self._config.telegram.api)
        parts = await bootstrap.build(self._config, self._policy, self._folder, clock, bot)
        if not key_setting(self._config, self._folder):
            log.warning("the book is NOT encrypted, as the configuration says")
        troubles = Troubles(parts.handlers, self._busy)
        parts.store.watch(troubles.heard)
        await parts.engine.start()
        await asyncio.to_thread(times.prepare)
        unfinished = self._unfinished = Unfinished(parts.handlers, self._busy)
        if isinstance(clock, PracticeClock):
            knows = self._knows = Knows(parts, clock.url, clock.state_changed)
            clock.report(
                lambda: (
                    self._at_work == 0 and parts.engine.idle and knows.told,
                    min((m for m in (parts.engine.next_at, unfinished.next_at) if m), default=None),
                ),
                lambda: self._move_on(parts.engine, unfinished),
            )
            clock.on_jump(knows.changed)
            parts.engine.events.idle_changed.listen(knows.changed)
        notify("READY=1")
        parts.engine.events.telegram_refused.listen(self._refused.set)
        try:
            return await self._receive(bot, bot, parts, clock, troubles)
        finally:
            notify("STOPPING=1")
            await parts.engine.stop()
            await parts.store.close()
            if isinstance(clock, PracticeClock):
                await clock.close()
            with contextlib.suppress(TelegramError, RuntimeError):
                await bot.shutdown()
            log.info("stopped")

    async def _move_on(self, engine: Engine, unfinished: Unfinished) -> None:
        """The practice clock was moved: everything that this makes due."""
        await engine.tick()
        await unfinished.look()

    def _busy(self, at_work: bool) -> None:
        """Counts what is being dealt with; a sandbox waits until nothing is."""
        self._at_work += 1 if at_work else -1
        if self._knows is not None:
            self._knows.changed()

    def _health(self, handlers: Context, polling: Polling) -> list[HealthPage]:
        """The page for monitoring, where a port is configured."""
        health = self._config.health
        if not health.port:
            return []
        allowed = float(health.polling_silence_seconds)
        return [HealthPage(handlers.engine, health.port, lambda: polling.silence, allowed)]

    def _backups(self, clock: SystemClock | PracticeClock, troubles: Troubles) -> list[Backups]:
        """The daily backup, where one is configured; never of a practice book."""
        book = self._config.book
        if not book.backup_folder or isinstance(clock, PracticeClock):
            return []
        target = self._folder / book.backup_folder
        keys = keys_of(self._config, self._folder)

        async def failed(why: str) -> None:
            await troubles.alarm("backup", why)

        return [Backups(self._folder / book.folder, target, keys, book.backups_kept, failed)]

    async def _receive(
        self,
        bot: Bot,
        source: Updates,
        parts: bootstrap.Parts,
        clock: SystemClock | PracticeClock,
        alerts: Troubles,
    ) -> int:
        handlers = parts.handlers
        access = Access(handlers.service, clock)
        strangers = Strangers(bot, parts.limiter, access)

        async def handle(update: Update, late: bool) -> None:
            await self._one(update, late, access, strangers, handlers)
            if self._unfinished is not None:
                self._unfinished.changed()
                await self._unfinished.look()

        async def unreadable() -> None:
            await alerts.alarm("update", alarms.UPDATE, once_a="day")

        async def failed(name: str) -> None:
            await alerts.alarm("part", alarms.part(name), once_a="hour")

        polling = Polling(
            source, bot, handle, unreadable=unreadable, backlog=parts.backlog, busy=self._busy
        )
        running: dict[str, Part] = {
            "polling": lambda: self._poll(polling),
            "stop": lambda: self._ask_to_stop(polling),
            "refused": self._until_refused,
            "watchdog": lambda: self._watch(polling),
            "alerts": alerts.run,
            "greeting": lambda: greet(bot, handlers, polling, self._busy),
            "strangers": strangers.run,
            "removals": parts.removals.run,
        }
        if self._unfinished is not None:
            running["drafts"] = self._unfinished.run
        for backups in self._backups(clock, alerts):
            running["backups"] = backups.run
        for health in self._health(handlers, polling):
            running["health"] = health.run
        if isinstance(clock, PracticeClock) and self._knows is not None:
            running["practice clock"] = clock.follow
            running["practice page"] = self._knows.run
        await self._due_ones_first(parts.engine)
        try:
            return await Supervisor(running, failed).run()
        finally:
            polling.cancel()
            await parts.late.close()

    async def _due_ones_first(self, engine: Engine) -> None:
        """What is due is on its way before anything else begins that could fail."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(REMIND_FIRST_SECONDS):
                while not engine.idle:  # noqa: ASYNC110 - once, at the start
                    await asyncio.sleep(0.02)

    async def _poll(self, polling: Polling) -> None:
        try:
            await polling.run()
        except Stopped:
            log.critical("telegram refuses the token")
            raise End(STOPPED_BY_TELEGRAM) from None

    async def _until_refused(self) -> None:
        await self._refused.wait()
        raise End(STOPPED_BY_TELEGRAM)

    async def _ask_to_stop(self, polling: Polling) -> None:
        await self._stop.wait()
        await polling.stop()
        raise End(0)

    async def _one(
        self, update: Update, late: bool, access: Access, strangers: Strangers, handlers: Context
    ) -> None:
        chat, user = update.effective_chat, update.effective_user
        if chat is not None and chat.type != "private":
            await self._leave(update)
            return
        if user is None:
            return
        person = access.staff(update)
        if person is None:
            if update.my_chat_member is None:
                strangers.wrote(user.id, chat.id if chat else user.id)
            return
        if update.my_chat_member is not None:
            status = update.my_chat_member.new_chat_member.status
            if status in ("kicked", "left"):
                await handlers.shifts.staff_blocked(person.id)
            else:
                await handlers.shifts.staff_started(person.id)
            return
        received = incoming(update, person, late, handlers.clock.now())
        if received is not None:
            await handlers.shifts.staff_started(person.id)
            await router.receive(handlers, received)

    async def _leave(self, update: Update) -> None:
        """No groups: one line, and out."""
        chat = update.effective_chat
        if chat is None or (member := update.my_chat_member) is None:
            return
        if member.new_chat_member.status in ("member", "administrator"):
            log.warning("added to a group; leaving it", chat=chat.id)
            with contextlib.suppress(TelegramError):
                await update.get_bot().send_message(chat.id, common.PRIVATE_ONLY)
                await update.get_bot().leave_chat(chat.id)

    async def _watch(self, polling: Polling) -> None:
        """Ends when Telegram was silent for longer than the configuration allows.

        `running` of the library can stay true after polling has ended; only an answer counts.
        """
        allowed = self._config.health.polling_silence_seconds
        await polling.reached.wait()
        while (left := allowed - polling.no_answer) > 0:  # noqa: ASYNC110 - answers move the end
            await asyncio.sleep(left)
        log.critical("telegram was silent for too long", seconds=round(polling.no_answer))
        raise End(SILENT)


def main(config: Config, policy: Policy, folder: Path) -> int:
    """Runs the bot; the exit status is for the supervisor."""
    log.info("starting", pid=os.getpid())
    return asyncio.run(Nightlight(config, policy, folder).run())
