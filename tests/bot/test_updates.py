"""Updates read from raw JSON: only what the bot uses, and each for itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Bot, Message, Update

from bot.access import incoming
from bot.telegram_client import telegram_client
from bot.updates import ABOUT_A_MESSAGE, ALLOWED, EVENTS, cut, kind_of, made, update_id
from protocol.provider import Role, Staff

BOT = telegram_client("1:x", "http://127.0.0.1:1")
NOW = datetime(2026, 11, 21, 22, 30, tzinfo=UTC)
MORGAN = Staff(id="morgan", name="Morgan Example", telegram_id=7001, role=Role.DUTY_MANAGER)
HEAD = {
    "message_id": 5,
    "date": 1_795_000_000,
    "chat": {"id": 7001, "type": "private"},
    "from": {"id": 7001, "is_bot": False, "first_name": "Morgan"},
}


def read(raw: dict[str, Any], bot: Bot) -> Update | None:
    small = cut(raw)
    return None if small is None else made(small, bot)


def message(**content: Any) -> dict[str, Any]:
    return {"update_id": 9, "message": {**HEAD, **content}}


KINDS = sorted(
    {name for name in Message.__slots__ if not name.startswith("_")}
    - {"from_user", *ABOUT_A_MESSAGE, *EVENTS}
    | {"something_new", "new_chat_title"}
)
"""Whatever the library knows as content of a message, and what it does not know yet."""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("content", [{}, {"x": "y"}, [], 5, None, "text"], ids=repr)
def test_every_kind_of_message_can_be_removed_and_answered(kind: str, content: Any) -> None:
    """Also those that the library does not know, or whose content it could not read."""
    found = read(message(**{kind: content}, caption="words"), BOT)
    assert found is not None
    received = incoming(found, MORGAN, False, NOW)
    assert received is not None
    assert (received.other, received.text) == (kind, "")
    assert (received.chat_id, received.message_id) == (7001, 5)


@pytest.mark.parametrize("note", sorted(EVENTS))
def test_telegrams_own_notes_ask_for_nothing(note: str) -> None:
    found = read(message(**{note: {}}), BOT)
    assert found is not None
    assert found.message is not None
    assert kind_of(found.message) == ""


@pytest.mark.parametrize(
    "more",
    [
        {"reply_to_message": {"broken": True}},
        {"entities": [{"type": 5}]},
        {"quote": 7},
        {"forward_origin": []},
        {"poll": {"id": "x"}},
        {"link_preview_options": "odd"},
    ],
    ids=str,
)
def test_a_text_is_read_whatever_stands_beside_it(more: dict[str, Any]) -> None:
    found = read(message(text="police told at 21:30", **more), BOT)
    assert found is not None
    received = incoming(found, MORGAN, False, NOW)
    assert received is not None
    assert (received.text, received.other) == ("police told at 21:30", "")


@pytest.mark.parametrize("text", [5, None, [], {}, "", True])
def test_a_text_that_is_none_is_a_kind_that_nobody_knows(text: Any) -> None:
    found = read(message(text=text), BOT)
    assert found is not None
    received = incoming(found, MORGAN, False, NOW)
    assert received is not None
    assert received.other == "unknown"


def test_half_characters_and_zeros_are_taken_out_of_a_text() -> None:
    """No file and no database could hold them."""
    found = read(message(text="a\ud83d b\x00c \U0001f600"), BOT)
    assert found is not None
    received = incoming(found, MORGAN, False, NOW)
    assert received is not None
    assert received.text == "a\ufffd bc \U0001f600"


@pytest.mark.parametrize("date", [None, "x", 0, -5, 10**20, True])
def test_a_text_without_a_readable_date_counts_as_typed_now(date: Any) -> None:
    found = read({"update_id": 9, "message": {**HEAD, "date": date, "text": "x"}}, BOT)
    assert found is not None
    received = incoming(found, MORGAN, False, NOW)
    assert received is not None
    assert received.sent_at == NOW


def test_a_tap_needs_only_its_sender() -> None:
    raw = {"update_id": 9, "callback_query": {"id": "1", "from": HEAD["from"], "data": "c:x"}}
    found = read(raw, BOT)
    assert found is not None
    received = incoming(found, MORGAN, False, NOW)
    assert received is not None
    assert (received.data, received.chat_id, received.message_id) == ("c:x", 7001, 0)


@pytest.mark.parametrize("status", ["kicked", "left", "member", "restricted", "administrator"])
def test_a_blocked_bot_is_told_whatever_else_the_update_lacks(status: str) -> None:
    change = {"chat": HEAD["chat"], "from": HEAD["from"], "new_chat_member": {"status": status}}
    found = read({"update_id": 9, "my_chat_member": change}, BOT)
    assert found is not None
    assert found.my_chat_member is not None
    gone = found.my_chat_member.new_chat_member.status == "left"
    assert gone is (status in ("kicked", "left"))


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from([*HEAD, *ALLOWED, "id", "type", "text", "data", "new_chat_member",
                         "status", "poll", "update_id"]),
        inner, max_size=6),
    max_leaves=25,
)  # fmt: skip


@given(JUNK, st.sampled_from(ALLOWED))
def test_whatever_comes_is_read_or_passed_over(junk: Any, kind: str) -> None:
    found = read({"update_id": 9, kind: junk}, BOT)
    if found is not None:
        json.dumps(found.to_dict())
        incoming(found, MORGAN, False, NOW)


@given(JUNK)
def test_a_number_is_a_number_or_none(junk: Any) -> None:
    found = update_id(junk)
    assert found is None or 0 <= found < 2**63


@pytest.mark.parametrize("kind", ["message", "edited_message"])
def test_what_is_typed_below_a_photo_is_read(kind: str) -> None:
    found = read({"update_id": 9, kind: {**HEAD, "photo": [], "caption": " at the station "}}, BOT)
    assert found is not None
    received = incoming(found, MORGAN, False, NOW)
    assert received is not None
    assert (received.other, received.caption) == ("photo", "at the station")
    assert received.edited is (kind == "edited_message")


def test_a_live_location_that_moves_asks_for_nothing() -> None:
    found = read({"update_id": 9, "edited_message": {**HEAD, "location": {}}}, BOT)
    assert found is not None
    assert incoming(found, MORGAN, False, NOW) is None


def test_every_kind_that_carries_words_is_among_them() -> None:
    carrying = {"poll", "checklist", "contact", "venue", "story", "forum_topic_created",
                "forum_topic_edited", "new_chat_title", "live_photo", "giveaway"}  # fmt: skip
    assert carrying <= {*KINDS}
