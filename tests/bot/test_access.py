"""The door: who gets an answer, and how often a stranger does."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import time_machine
from telegram import Chat, Message, Update, User

from bot.access import Access, incoming
from protocol.provider import Provider, Role, Staff
from reminders.clock import SystemClock

SENT = datetime(2026, 11, 21, 21, 30, tzinfo=UTC)
MORGAN = Staff(
    id="morgan",
    name="Morgan Example",
    telegram_id=7001,
    role=Role.DUTY_MANAGER,
    homes=("rowan",),
    expires=date(2026, 11, 21),
)
SERVICE = Provider(homes=(), staff=(MORGAN,))


def update(user: int, text: str | None = "/open", **more: object) -> Update:
    message = Message(
        message_id=5,
        date=SENT,
        chat=Chat(id=user, type="private"),
        from_user=User(id=user, first_name="X", is_bot=False),
        text=text,
        **more,  # type: ignore[arg-type]
    )
    return Update(update_id=9, message=message)


@pytest.mark.parametrize(
    ("moment", "let_in"),
    [("2026-11-21T23:59:59+00:00", True), ("2026-11-22T00:00:00+00:00", False)],
)
def test_the_last_day_on_the_list_ends_at_midnight_in_london(moment: str, let_in: bool) -> None:
    with time_machine.travel(datetime.fromisoformat(moment), tick=False):
        assert (Access(lambda: SERVICE, SystemClock()).staff(update(7001)) is MORGAN) is let_in


def test_a_stranger_gets_the_neutral_line_once_an_hour() -> None:
    door = Access(lambda: SERVICE, SystemClock())
    with time_machine.travel(SENT, tick=False) as clock:
        assert door.staff(update(666)) is None
        assert door.answers_stranger(666)
        assert not door.answers_stranger(666)
        assert door.answers_stranger(667)
        clock.shift(3600)
        assert door.answers_stranger(666)


def test_a_text_counts_from_when_it_was_typed_not_from_when_it_was_fetched() -> None:
    """The bot was down for an hour: "10 min ago" is ten minutes before it was typed."""
    later = datetime(2026, 11, 21, 22, 30, tzinfo=UTC)
    found = incoming(update(7001, "10 min ago"), MORGAN, True, later)
    assert found is not None
    assert found.sent_at == SENT
    assert found.late
