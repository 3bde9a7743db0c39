"""Who gets an answer: people on the staff list, in a private chat. Everybody else gets one line."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
from telegram import Update

from bot.updates import kind_of
from handlers.chat import Incoming
from protocol.provider import Provider, Staff
from reminders.clock import Clock

log = structlog.get_logger(__name__)
QUIET = timedelta(hours=1)
"""A stranger gets the neutral line once an hour at most."""
REMEMBERED = 1000
UNKNOWN_DATE = datetime(1970, 1, 1, tzinfo=UTC)
"""What Telegram gives for a date that it does not say."""


class Access:
    """Who is answered, and as whom. `quiet` strangers are not answered again for an hour."""

    def __init__(self, service: Callable[[], Provider], clock: Clock) -> None:
        self._service = service
        self._clock = clock
        self._answered: OrderedDict[int, datetime] = OrderedDict()

    def staff(self, update: Update) -> Staff | None:
        """The member of staff who sent this, if their time on the list has not run out."""
        user = update.effective_user
        person = self._service().by_telegram(user.id) if user else None
        if person is None or not person.active(self._clock.now()):
            return None
        return person

    def has_a_record(self, update: Update) -> bool:
        """Is who sent this on the staff list, also when their time has run out? What they type may
        name a case all the same."""
        user = update.effective_user
        return user is not None and self._service().by_telegram(user.id) is not None

    def answers_stranger(self, telegram_id: int) -> bool:
        """Is the neutral line due to this stranger? Logged if so, by numeric id only."""
        now = self._clock.now()
        last = self._answered.get(telegram_id)
        if last is not None and now - last < QUIET:
            return False
        log.warning("somebody who is not on the staff list wrote", telegram_id=telegram_id)
        self._answered[telegram_id] = now
        self._answered.move_to_end(telegram_id)
        while len(self._answered) > REMEMBERED:
            self._answered.popitem(last=False)
        return True


def incoming(update: Update, staff: Staff, late: bool, now: datetime) -> Incoming | None:
    """Telegram's update in our words; None for what asks for nothing (a status)."""
    query = update.callback_query
    if query is not None:
        return Incoming(
            update_id=update.update_id,
            staff=staff,
            chat_id=query.message.chat.id if query.message else staff.telegram_id,
            data=query.data or "",
            callback_id=query.id,
            message_id=query.message.message_id if query.message else 0,
            sent_at=now,
            late=late,
        )
    message = update.message or update.edited_message
    if message is None:
        return None
    text, caption = (message.text or "").strip(), (message.caption or "").strip()
    edited = update.edited_message is not None
    if edited and not (text or caption):  # a live location that moves
        return None
    return Incoming(
        update_id=update.update_id,
        staff=staff,
        chat_id=message.chat.id,
        text=text,
        caption=caption,
        message_id=message.message_id,
        sent_at=min(message.date.astimezone(UTC), now) if message.date > UNKNOWN_DATE else now,
        late=late,
        other="" if message.text else kind_of(message),
        edited=edited,
    )
