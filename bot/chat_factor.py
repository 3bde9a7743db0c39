"""The second factor of the pages as the chat asks for it (`handlers.context.SecondFactor`)."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from handlers import router
from handlers.context import Asked, Context
from protocol.provider import Staff
from reminders.service_state import ServiceState
from web.entrance import CHAT
from web.links import PageLinks
from web.second_factor import LONGEST, SHORTEST, TRIES, SecondFactors
from web.settings import WebSettings

TO_SIGN = timedelta(minutes=5)
"""So long after it was given somebody signs for a case without giving it again."""
LONGEST_USE = timedelta(hours=24)
"""Then it is asked for again, however often cases were opened."""


class _Given(msgspec.Struct, frozen=True, kw_only=True):
    """account: with which Telegram account its person was on the list.  mark: of the second factor
    as it was then; a reset changes it."""

    at: datetime
    used: datetime
    account: int
    mark: str


class ChatFactor:
    """When it was given, on a page or in the chat, and what waits for it: in memory only."""

    digits = (SHORTEST, LONGEST)
    tries = TRIES

    def __init__(
        self,
        factors: SecondFactors,
        service_state: ServiceState,
        settings: WebSettings,
        links: PageLinks,
    ) -> None:
        self.asked: MutableMapping[str, Asked] = {}
        self.answered: MutableMapping[str, str] = {}
        self._factors = factors
        self._state = service_state
        self._by_buttons = settings.chat_second_factor == "buttons"
        self._idle = timedelta(hours=settings.chat_second_factor_hours)
        self._links = links
        self._given: dict[str, _Given] = {}
        factors.given.listen(self._was_given)

    @property
    def page(self) -> str:
        """The address of a button that opens the page on which it is given."""
        return self._links.opening(CHAT)

    def given(self, staff: Staff, *, to_sign: bool = False) -> bool:
        """See `handlers.context.SecondFactor`."""
        one, known = self._given.get(staff.id), self._factors.of(staff.id)
        if one is None or known.locked:
            return False
        if (one.account, one.mark) != (staff.telegram_id, known.mark):
            return False
        now, never = self._state.clock.now(), timedelta()
        if to_sign:
            return never <= now - one.at <= TO_SIGN
        if not (never <= now - one.used < self._idle and now - one.at < LONGEST_USE):
            return False
        self._given[staff.id] = msgspec.structs.replace(one, used=now)
        return True

    def way(self, staff: Staff) -> Literal["buttons", "page", "none", "locked"]:
        """See `handlers.context.SecondFactor`."""
        known = self._factors.of(staff.id)
        if known.locked:
            return "locked"
        if not known.pin:
            return "none"
        # A code of an app is typed, and digits that are typed would stand in the chat.
        return "buttons" if self._by_buttons and not known.app else "page"

    async def check(self, staff: Staff, pin: str) -> bool:
        """See `handlers.context.SecondFactor`."""
        return await self._factors.check(staff.id, pin, where="chat") == "passed"

    def tries_left(self, staff: Staff) -> int:
        """See `handlers.context.SecondFactor`."""
        return max(0, TRIES - self._factors.of(staff.id).tries)

    def _was_given(self, staff_id: str) -> None:
        person = self._state.service.person(staff_id)
        if person is not None:
            now = self._state.clock.now()
            mark = self._factors.of(staff_id).mark
            self._given[staff_id] = _Given(at=now, used=now, account=person.telegram_id, mark=mark)


class GoOnInChat:
    """Does what somebody wanted in the chat when they have given it on a page."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._tasks: set[asyncio.Task[None]] = set()

    def given(self, staff_id: str) -> None:
        """Begins it; the page is not kept waiting."""
        task = asyncio.get_running_loop().create_task(
            router.given_on_a_page(self._context, staff_id)
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
