"""Practice mode, as one extension of the running bot: its clock is moved from outside, and a page
shows what the bot knows. Only with `[practice]` in the configuration, which is refused with any
address that is not on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.activity import Activity
from bot.forgetting import Forgetting
from bot.practice.clock import PracticeClock
from bot.practice.page import PracticePage
from bot.supervisor import Part
from bot.unfinished_reports import UnfinishedReports
from handlers.context import Context


class PracticeMode:
    """Made before everything else, for its clock; `parts` is asked once the bot is put together."""

    def __init__(self, clock: PracticeClock) -> None:
        self.clock = clock

    @classmethod
    async def begin(cls, url: str) -> PracticeMode:
        """With the time as the stand-in for Telegram shows it."""
        clock = PracticeClock(url)
        await clock.read()
        return cls(clock)

    def parts(
        self,
        context: Context,
        drafts: UnfinishedReports,
        forgetting: Forgetting,
        activity: Activity,
    ) -> Mapping[str, Part]:
        """What runs beside the rest."""
        clock, engine = self.clock, context.engine
        page = PracticePage(context, clock.url, clock.state_changed)
        activity.changed.listen(page.changed)
        engine.events.idle_changed.listen(page.changed)
        clock.on_jump(page.changed)

        def state() -> tuple[bool, datetime | None]:
            moments = (engine.next_at, drafts.next_at, forgetting.next_at)
            next_at = min((moment for moment in moments if moment), default=None)
            return activity.idle and engine.idle and page.told, next_at

        async def act() -> None:
            await engine.tick()
            await drafts.look()
            await forgetting.look()

        return {
            "practice clock": lambda: clock.follow(state, act),
            "practice page": page.run,
        }

    async def close(self) -> None:
        """After the last part has ended."""
        await self.clock.close()
