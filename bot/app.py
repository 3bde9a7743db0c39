"""Nightlight running: the book and the clock first, then Telegram; and an orderly stop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path
from typing import Any

import structlog
from telegram import Bot, Update
from telegram.error import TelegramError
from telegram.request import HTTPXRequest

from bot import assembly
from bot.access import Access, incoming
from bot.config import Config, token
from bot.greeting import greet
from bot.health import HealthPage
from bot.housekeeping import Backups
from bot.intake import Intake, Stopped
from bot.knows import Knows
from bot.phone import TelegramPhone, TelegramSending
from bot.practice_clock import PracticeClock
from bot.trouble import Troubles
from bot.unfinished import Unfinished
from handlers import router
from handlers.chat import Unreached
from handlers.context import Context
from handlers.wording import common
from reminders.clock import SystemClock
from reminders.engine import Engine
from reminders.limits import Limiter
from reminders.policy import Policy
from reminders.watch import notify

log = structlog.get_logger(__name__)

STOPPED_BY_TELEGRAM, SILENT = 3, 75
"""Exit statuses for the supervisor: the token was refused; Telegram was silent for too long."""


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
        bot = self._bot()
        limiter = Limiter(self._policy.limits, after_restart=True)
        phone = TelegramPhone(bot, limiter)
        sending = TelegramSending(bot)
        parts = await assembly.build(
            self._config, self._policy, self._folder, clock, limiter, phone, sending
        )
        if not assembly.key_setting(self._config, self._folder):
            log.warning("the book is NOT encrypted, as the configuration says")
        troubles = Troubles(parts.handlers, self._busy)
        parts.store.watch(troubles.heard)
        await parts.engine.start()
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
            parts.engine.on_idle_change = knows.changed
        notify("READY=1")
        parts.engine.on_stopped = lambda _: self._refused.set()
        try:
            return await self._receive(bot, parts.handlers, clock, troubles)
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

    def _health(self, handlers: Context, intake: Intake) -> list[HealthPage]:
        """The page for monitoring, where a port is configured."""
        health = self._config.health
        if not health.port:
            return []
        allowed = float(health.polling_silence_seconds)
        return [HealthPage(handlers.engine, health.port, lambda: intake.silence, allowed)]

    def _backups(self, clock: SystemClock | PracticeClock, troubles: Troubles) -> list[Backups]:
        """The daily backup, where one is configured; never of a practice book."""
        book = self._config.book
        if not book.backup_folder or isinstance(clock, PracticeClock):
            return []
        target = self._folder / book.backup_folder
        keys = assembly.keys_of(self._config, self._folder)

        async def failed(why: str) -> None:
            await troubles.alarm("backup", why)

        return [Backups(self._folder / book.folder, target, keys, book.backups_kept, failed)]

    def _bot(self) -> Bot:
        base = self._config.telegram.api.rstrip("/")
        return Bot(
            token(self._config),
            base_url=f"{base}/bot",
            base_file_url=f"{base}/file/bot",
            request=HTTPXRequest(
                connection_pool_size=64, connect_timeout=5, read_timeout=10, pool_timeout=5
            ),
            get_updates_request=HTTPXRequest(
                connection_pool_size=2, connect_timeout=5, read_timeout=10
            ),
        )

    async def _receive(
        self, bot: Bot, handlers: Context, clock: SystemClock | PracticeClock, troubles: Troubles
    ) -> int:
        access = Access(handlers.service, clock)

        async def handle(update: Update, late: bool) -> None:
            await self._one(update, late, access, handlers)
            if self._unfinished is not None:
                await self._unfinished.look()
                self._unfinished.changed()

        intake = Intake(bot, handle, busy=self._busy)
        tasks: list[asyncio.Task[Any]] = [
            asyncio.create_task(intake.run(), name="intake"),
            asyncio.create_task(greet(bot, handlers, intake, self._busy), name="greeting"),
            asyncio.create_task(self._watch(intake), name="watchdog"),
            asyncio.create_task(troubles.run(), name="troubles"),
            *(asyncio.create_task(u.run(), name="drafts") for u in [self._unfinished] if u),
            *(asyncio.create_task(b.run(), name="backups") for b in self._backups(clock, troubles)),
            *(asyncio.create_task(h.run(), name="health") for h in self._health(handlers, intake)),
            asyncio.create_task(self._stop.wait(), name="stop"),
            asyncio.create_task(self._refused.wait(), name="refused"),
        ]
        if isinstance(clock, PracticeClock) and self._knows is not None:
            tasks.append(asyncio.create_task(clock.follow(), name="practice clock"))
            tasks.append(asyncio.create_task(self._knows.run(), name="practice page"))
        try:
            return await self._until_one_ends(tasks, intake)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _until_one_ends(self, tasks: list[asyncio.Task[Any]], intake: Intake) -> int:
        waiting = set(tasks)
        while waiting:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                error = task.exception()
                if isinstance(error, Stopped):
                    log.critical("telegram refuses the token", why=str(error))
                    return STOPPED_BY_TELEGRAM
                if error is not None:
                    log.critical("a part of the bot ended", part=task.get_name(), exc_info=error)
                    return 1
                if task.get_name() == "refused":
                    return STOPPED_BY_TELEGRAM
                if task.get_name() == "watchdog":
                    return SILENT
                if task.get_name() == "stop":
                    intake.stopping = True
                    await intake.at_rest.wait()
                    await intake.confirm()
                    return 0
        return 1

    async def _one(self, update: Update, late: bool, access: Access, handlers: Context) -> None:
        chat = update.effective_chat
        if chat is None:
            return
        if chat.type != "private":
            await self._leave(update)
            return
        person = access.staff(update)
        if person is None:
            if update.my_chat_member is None and access.answers_stranger(update):
                with contextlib.suppress(Unreached):
                    await handlers.phone.say(chat.id, common.NOT_ON_LIST)
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

    async def _watch(self, intake: Intake) -> None:
        """Ends when Telegram was silent for longer than the configuration allows.

        `running` of the library can stay true after polling has ended; only an answer counts.
        """
        allowed = self._config.health.polling_silence_seconds
        await intake.reached.wait()
        while (left := allowed - intake.silence) > 0:  # noqa: ASYNC110 - each answer moves the end
            await asyncio.sleep(left)
        log.critical("telegram was silent for too long", seconds=round(intake.silence))


def main(config: Config, policy: Policy, folder: Path) -> int:
    """Runs the bot; the exit status is for the supervisor."""
    log.info("starting", pid=os.getpid())
    return asyncio.run(Nightlight(config, policy, folder).run())
