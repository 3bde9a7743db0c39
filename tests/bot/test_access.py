"""Access: who gets an answer, and how often a stranger does."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
import time_machine
from telegram import Chat, Message, Update, User

from bot import updates
from bot.access import Access, incoming
from bot.telegram_client import telegram_client
from handlers.chat import Incoming
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


def test_what_somebody_types_whose_time_has_run_out_leaves_their_chat_all_the_same() -> None:
    """They are not let in; their chat is known, and a child's details may be in what they type."""
    with time_machine.travel(datetime(2026, 12, 1, tzinfo=UTC), tick=False):
        access = Access(lambda: SERVICE, SystemClock())
        assert access.staff(update(7001)) is None
        assert access.has_a_record(update(7001))
        assert not access.has_a_record(update(666))


def test_a_stranger_gets_the_neutral_line_once_an_hour() -> None:
    access = Access(lambda: SERVICE, SystemClock())
    with time_machine.travel(SENT, tick=False) as clock:
        assert access.staff(update(666)) is None
        assert access.answers_stranger(666)
        assert not access.answers_stranger(666)
        assert access.answers_stranger(667)
        clock.shift(3600)
        assert access.answers_stranger(666)


def test_a_text_counts_from_when_it_was_typed_not_from_when_it_was_fetched() -> None:
    """The bot was down for an hour: "10 min ago" is ten minutes before it was typed."""
    later = datetime(2026, 11, 21, 22, 30, tzinfo=UTC)
    found = incoming(update(7001, "10 min ago"), MORGAN, True, later)
    assert found is not None
    assert found.sent_at == SENT
    assert found.late


def test_a_stranger_is_quiet_for_the_whole_hour() -> None:
    access = Access(lambda: SERVICE, SystemClock())
    with time_machine.travel(SENT, tick=False) as clock:
        assert access.answers_stranger(666)
        clock.shift(3599)
        assert not access.answers_stranger(666)


def test_of_many_strangers_the_latest_thousand_are_remembered() -> None:
    access = Access(lambda: SERVICE, SystemClock())
    with time_machine.travel(SENT, tick=False) as clock:
        assert access.answers_stranger(1)
        assert access.answers_stranger(2)
        clock.shift(3600)
        assert access.answers_stranger(1), "seen last of the two from now on"
        for number in range(1000, 1999):
            assert access.answers_stranger(number)
        assert not access.answers_stranger(1)
        assert access.answers_stranger(2000)
        assert access.answers_stranger(1), "one too many since"


def test_nobody_sent_it() -> None:
    """A poll of the library, or a channel: no user, and nobody of the list."""
    assert Access(lambda: SERVICE, SystemClock()).staff(Update(update_id=9)) is None
    assert incoming(Update(update_id=9), MORGAN, False, SENT) is None


def test_what_was_typed_comes_in_with_all_that_is_known_of_it() -> None:
    later = datetime(2026, 11, 21, 22, 30, tzinfo=UTC)
    assert incoming(update(7001, "  seen at nine \n"), MORGAN, False, later) == Incoming(
        update_id=9,
        staff=MORGAN,
        chat_id=7001,
        text="seen at nine",
        message_id=5,
        sent_at=SENT,
        late=False,
    )
    early = datetime(2026, 11, 21, 21, 0, tzinfo=UTC)
    found = incoming(update(7001), MORGAN, False, early)
    assert found is not None and found.sent_at == early, "no later than it is"


def test_a_text_whose_date_is_not_known_counts_from_now() -> None:
    raw = {"update_id": 9, "message": {**MESSAGE, "date": 0, "text": "x"}}
    found = incoming(read(raw), MORGAN, False, SENT)
    assert found is not None and found.sent_at == SENT


def test_what_is_no_text_comes_in_as_its_kind() -> None:
    raw = {"update_id": 9, "message": {**MESSAGE, "photo": []}}
    found = incoming(read(raw), MORGAN, False, SENT)
    assert found is not None
    assert (found.text, found.other) == ("", "photo")
    written = incoming(update(7001, "hello"), MORGAN, False, SENT)
    assert written is not None and written.other == ""


@pytest.mark.parametrize(
    ("content", "text", "caption"),
    [({"text": "seen at ten"}, "seen at ten", ""), ({"photo": [], "caption": "x"}, "", "x")],
)
def test_what_was_typed_into_an_older_message_comes_in_as_that(
    content: dict[str, Any], text: str, caption: str
) -> None:
    found = incoming(
        read({"update_id": 9, "edited_message": {**MESSAGE, **content}}), MORGAN, False, SENT
    )
    assert found is not None and found.edited
    assert (found.text, found.caption) == (text, caption)
    new = incoming(read({"update_id": 9, "message": {**MESSAGE, **content}}), MORGAN, False, SENT)
    assert new is not None and not new.edited


def test_a_live_location_that_moves_asks_for_nothing() -> None:
    moved = {"update_id": 9, "edited_message": {**MESSAGE, "location": {}}}
    assert incoming(read(moved), MORGAN, False, SENT) is None


def test_a_tap_comes_in_with_the_message_it_was_on() -> None:
    tap = {"id": "77", "from": {"id": 7001}, "data": "c:RH-7K2D:card"}
    shown = {"message_id": 31, "date": 1, "chat": {"id": 7002, "type": "private"}}
    raw = {"update_id": 9, "callback_query": {**tap, "message": shown}}
    expected = Incoming(
        update_id=9,
        staff=MORGAN,
        chat_id=7002,
        data="c:RH-7K2D:card",
        callback_id="77",
        message_id=31,
        sent_at=SENT,
        late=True,
    )
    assert incoming(read(raw), MORGAN, True, SENT) == expected
    away = incoming(read({"update_id": 9, "callback_query": tap}), MORGAN, True, SENT)
    assert away == msgspec.structs.replace(expected, chat_id=7001, message_id=0)
    bare = {"update_id": 9, "callback_query": {**tap, "data": None}}
    found = incoming(read(bare), MORGAN, True, SENT)
    assert found is not None and found.data == ""


MESSAGE = {
    "message_id": 5,
    "date": 1_795_000_000,
    "chat": {"id": 7001, "type": "private"},
    "from": {"id": 7001, "is_bot": False, "first_name": "X"},
}


def read(raw: dict[str, Any]) -> Update:
    """As the bot reads it."""
    small = updates.cut(raw)
    assert small is not None
    found = updates.made(small, telegram_client("1:x", "http://127.0.0.1:1"))
    assert found is not None
    return found
