"""What became of each message that was sent, taken to whoever has to act on it."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from reminders.all_clear import ASKING
from reminders.amending import TELLING
from reminders.notices import Notices
from reminders.planner import Planner
from reminders.watch import Watch
from storage.model import Episode, Message

log = structlog.get_logger(__name__)


class SendingResults:
    """What delivery asks before it sends, and tells afterwards."""

    def __init__(self, planner: Planner, watch: Watch, notices: Notices) -> None:
        self.service_state = planner.service_state
        self.events = self.service_state.events
        self._planner = planner
        self._watch = watch
        self._notices = notices

    def chat_of(self, person: str, home: str | None) -> int | None:
        """The chat in which this person is written to; None: they have none."""
        return self.service_state.chat_of(person, home)

    async def fresh(self, ref: str) -> Episode:
        """The episode as it stands; planned anew first if people wrote something since."""
        return await self._planner.fresh(ref)

    def recorded(self, record: Episode) -> None:
        """Delivery wrote to the episode."""
        self._planner.recorded(record)

    def sent(self, ref: str, message: Message, late: timedelta) -> None:
        """It arrived: what it replaces is taken away, and one that was taken back while it was
        under way is put right."""
        self._watch.sent(message, late)
        if ref and (message.kind in ASKING or message.kind in TELLING):
            self._planner.changed_soon(ref)

    async def unreachable(self, person: str, why: str) -> None:
        """The person cannot be written to; `people_changed` follows."""
        await self._notices.unreachable(person, why)

    async def people_changed(self) -> None:
        """Others are asked in their place."""
        await self._planner.people_changed()

    async def moved(self, person: str, chat_id: int) -> None:
        """The person's chat has another id now."""
        await self._notices.moved(person, chat_id)

    async def refused(self, ref: str, message: Message, why: str) -> None:
        """Telegram refused this message for good."""
        await self._notices.refused(ref, message, why)

    def stopped(self, why: str) -> None:
        """Telegram does not accept the bot any more."""
        log.critical("telegram does not accept the bot", why=why)
        self.events.telegram_refused()

    def down(self, since: datetime | None) -> None:
        """Telegram has not answered since then (UTC); None: it does again."""
        self._watch.down(since)
        self.events.moments_changed()

    def idle_changed(self) -> None:
        """There is something to send, or nothing any more."""
        self.events.work_changed()
