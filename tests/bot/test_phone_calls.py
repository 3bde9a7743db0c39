"""What is asked of Telegram, word for word, and how long an answer is tried for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    ReplyKeyboardMarkup,
    WebAppInfo,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TimedOut

from bot.late_answers import LateAnswers
from bot.phone import CROWDED, TelegramPhone, TelegramSending
from bot.polling import Backlog
from handlers.chat import Button, Screen, Unreached
from handlers.wording.menu import KEYBOARD
from reminders import sending
from reminders.limits import Limiter
from reminders.policy import Limits
from tests.reminders.virtual import in_virtual_time

AMY = 7001
SCREEN = Screen(
    "<b>x</b>", ((Button("Go on", "m:go"), Button("Page", "", opens="https://example.org/p")),)
)
BUTTONS = InlineKeyboardMarkup(
    [
        [
            InlineKeyboardButton("Go on", callback_data="m:go"),
            InlineKeyboardButton("Page", web_app=WebAppInfo("https://example.org/p")),
        ]
    ]
)
AS_HTML = {
    "parse_mode": ParseMode.HTML,
    "link_preview_options": LinkPreviewOptions(is_disabled=True),
}
SENT = {**AS_HTML, "protect_content": True}


class Answered:
    message_id = 77
    username = "nightlight_example_bot"


class Asked:
    """Telegram's side: notes what is asked, and `fails(method)` says what goes wrong with it."""

    def __init__(self, fails: Callable[[str], Exception | None] = lambda _: None) -> None:
        self.calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
        self.at: list[float] = []
        self.fails = fails
        self.seconds = 0.0

    def __getattr__(self, name: str) -> Any:
        async def call(*args: Any, **how: Any) -> Answered:
            self.calls.append((name, args, how))
            self.at.append(asyncio.get_running_loop().time())
            await asyncio.sleep(self.seconds)
            if error := self.fails(name):
                raise error
            return Answered()

        return call

    @property
    def methods(self) -> list[str]:
        return [name for name, _, _ in self.calls]


class Held:
    """No update is held in these stories."""

    def release(self, number: int) -> None: ...

    def hold(self, number: int) -> None: ...


class Removed:
    """The record of removals: what is owed and what is gone."""

    def __init__(self) -> None:
        self.owed: list[tuple[int, int, bool]] = []
        self.over: list[tuple[int, int]] = []

    async def owe(self, chat_id: int, message_id: int, *, own: bool = False) -> None:
        self.owed.append((chat_id, message_id, own))

    def gone(self, chat_id: int, message_id: int) -> None:
        self.over.append((chat_id, message_id))


class Chat:
    """A phone on that Telegram."""

    def __init__(self, fails: Callable[[str], Exception | None] = lambda _: None) -> None:
        self.bot: Any = Asked(fails)
        self.limiter = Limiter(Limits())
        self.backlog = Backlog()
        self.removals: Any = Removed()
        held: Any = Held()
        self.late = LateAnswers(self.bot, self.limiter, held)
        self.phone = TelegramPhone(self.bot, self.limiter, self.removals, self.backlog, self.late)

    async def unreached(self, work: Any) -> float:
        """Seconds until it is given up."""
        begun = asyncio.get_running_loop().time()
        with pytest.raises(Unreached):
            await work
        return round(asyncio.get_running_loop().time() - begun, 2)


# Word for word --------------------------------------------------------------------------------


@in_virtual_time
async def test_a_screen_is_sent_or_edited_with_its_buttons_and_nothing_can_be_passed_on() -> None:
    it = Chat()
    assert await it.phone.show(AMY, SCREEN) == 77
    assert await it.phone.show(AMY, SCREEN, 5) == 5
    assert await it.phone.show(AMY, Screen("no buttons")) == 77
    assert it.bot.calls == [
        ("send_message", (AMY, "<b>x</b>"), {"reply_markup": BUTTONS, **SENT}),
        (
            "edit_message_text",
            ("<b>x</b>",),
            {"chat_id": AMY, "message_id": 5, "reply_markup": BUTTONS, **AS_HTML},
        ),
        ("send_message", (AMY, "no buttons"), {"reply_markup": None, **SENT}),
    ]


@in_virtual_time
async def test_words_are_sent_alone_or_with_the_keyboard_that_stays() -> None:
    it = Chat()
    await it.phone.say(AMY, "words")
    await it.phone.say(AMY, "welcome", keyboard=True)
    alone, welcome = it.bot.calls
    assert alone == ("send_message", (AMY, "words"), {"reply_markup": None, **SENT})
    keys: ReplyKeyboardMarkup = welcome[2]["reply_markup"]
    assert [[key.text for key in row] for row in keys.keyboard] == [list(row) for row in KEYBOARD]
    assert keys.resize_keyboard and keys.is_persistent


@in_virtual_time
async def test_a_tap_is_answered_in_200_characters_and_an_error_of_that_is_nothing() -> None:
    it = Chat()
    await it.phone.answer("q1")
    await it.phone.answer("q2", "x" * 300, alert=True)
    it.bot.fails = lambda _: TimedOut()
    await it.phone.answer("q3")
    assert it.bot.calls[:2] == [
        ("answer_callback_query", ("q1",), {"text": "", "show_alert": False}),
        ("answer_callback_query", ("q2",), {"text": "x" * 200, "show_alert": True}),
    ]


@in_virtual_time
async def test_a_link_has_the_bots_name_which_is_asked_for_once() -> None:
    it = Chat(lambda _: NetworkError("away"))
    assert await it.unreached(it.phone.link("abc")) == 0
    it.bot.fails = lambda _: None
    for secret in ("abc", "d"):
        link = await it.phone.link(secret)
        assert link == f"https://t.me/nightlight_example_bot?start={secret}"
    assert it.bot.methods == ["get_me", "get_me"]


@in_virtual_time
async def test_what_a_chat_could_not_take_comes_later_as_it_was() -> None:
    it = Chat()
    it.limiter.pause(AMY, 40)
    await it.unreached(it.phone.show(AMY, SCREEN))
    it.phone.later(AMY)
    it.phone.later(AMY)
    await asyncio.sleep(39.9)
    assert it.bot.calls == []
    await asyncio.sleep(5)
    assert it.bot.calls == [("send_message", (AMY, "<b>x</b>"), {"reply_markup": BUTTONS, **SENT})]


@pytest.mark.parametrize(
    ("error", "gone", "owed"),
    [
        (None, True, False),
        (BadRequest("Message to delete not found"), True, False),
        (BadRequest("Message can't be deleted"), False, False),
        (Forbidden("bot was blocked by the user"), False, False),
        (TimedOut(), True, True),
    ],
    ids=repr,
)
@in_virtual_time
async def test_whether_a_message_is_gone(error: Exception | None, gone: bool, owed: bool) -> None:
    """What failed for the moment will go: it is on record. What is over for good is not."""
    it = Chat(lambda _: error)
    assert await it.phone.remove(AMY, 5, own=True) is gone
    assert it.bot.calls == [("delete_message", (AMY, 5), {})]
    assert it.removals.owed == [(AMY, 5, True)] * owed
    assert it.removals.over == [(AMY, 5)] * (not owed)


@in_virtual_time
async def test_a_removal_that_hangs_is_left_after_four_seconds_and_owed() -> None:
    it = Chat()
    it.bot.seconds = 600
    assert await it.phone.remove(AMY, 5)
    assert asyncio.get_running_loop().time() == 4
    assert it.removals.owed == [(AMY, 5, False)]


# How long it is tried for ---------------------------------------------------------------------


@in_virtual_time
async def test_after_a_hiccup_it_is_tried_again_ever_more_rarely() -> None:
    for work in (lambda it: it.phone.say(AMY, "x"), lambda it: it.phone.show(AMY, SCREEN, 5)):
        it = Chat(lambda _: NetworkError("Bad Gateway"))
        assert await it.unreached(work(it)) == 8
        begun = it.bot.at[0]
        assert [round(at - begun, 1) for at in it.bot.at] == [0, 0.3, 0.9, 2.1, 4.5]


@pytest.mark.parametrize(("seconds", "tries"), [(2, 2), (3, 1)])
@in_virtual_time
async def test_a_429_is_waited_out_if_it_is_short_and_holds_for_the_whole_chat(
    seconds: int, tries: int
) -> None:
    errors = [RetryAfter(seconds)]
    it = Chat(lambda _: errors.pop() if errors else None)
    if tries == 2:
        assert await it.phone.show(AMY, SCREEN, 5) == 5
        assert it.bot.at[1] - it.bot.at[0] == pytest.approx(seconds, abs=0.01)
    else:
        assert await it.unreached(it.phone.show(AMY, SCREEN, 5)) == 0
        assert it.limiter.pause_left(AMY) == pytest.approx(seconds, abs=0.01)
    assert len(it.bot.at) == tries


@in_virtual_time
async def test_a_chat_that_rests_for_a_moment_is_waited_for_unless_its_person_has_gone_on() -> None:
    for work in (lambda it: it.phone.say(AMY, "x"), lambda it: it.phone.show(AMY, SCREEN, 5)):
        it = Chat()
        begun = asyncio.get_running_loop().time()
        it.limiter.pause(AMY, 1.5)
        it.backlog.set(AMY, 1)
        assert await it.unreached(work(it)) == 0
        it.backlog.set(AMY, 0)
        await work(it)
        assert it.bot.at[0] - begun == pytest.approx(1.5, abs=0.01)
        it.limiter.pause(AMY, 2.1)
        assert await it.unreached(work(it)) == 0


@in_virtual_time
async def test_after_three_messages_a_chat_gets_one_a_second_and_edits_beside_them() -> None:
    it = Chat()
    for number in range(5):
        await it.phone.say(AMY, str(number))
    await it.phone.show(AMY, SCREEN, 5)
    assert [round(at, 1) for at in it.bot.at] == [0, 0, 0, 1, 2, 2]


@in_virtual_time
async def test_behind_a_crowd_nothing_is_sent_and_what_is_to_go_is_owed() -> None:
    it = Chat()
    it.backlog.set(AMY, CROWDED - 1)
    await it.phone.show(AMY, SCREEN, 5)
    await it.phone.remove(AMY, 6)
    assert it.bot.methods == ["edit_message_text", "delete_message"]
    it.backlog.set(AMY, CROWDED)
    await it.unreached(it.phone.show(AMY, SCREEN, 5))
    assert await it.phone.remove(AMY, 6)
    assert it.removals.owed == [(AMY, 6, False)]
    assert len(it.bot.calls) == 2


@in_virtual_time
async def test_an_error_of_our_own_is_no_answer_and_ends_nothing() -> None:
    it = Chat(lambda _: KeyError("odd"))
    assert await it.unreached(it.phone.show(AMY, SCREEN)) == 0


# Reminders ------------------------------------------------------------------------------------


class Leave:
    """The turn of a reminder: how often it asked for another request, and what it has to wait."""

    def __init__(self) -> None:
        self.more = 0
        self.pauses: list[float] = []

    async def again(self) -> None:
        self.more += 1

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)


@pytest.mark.parametrize("quiet", [False, True])
@in_virtual_time
async def test_a_reminder_goes_out_part_by_part_the_picture_first(quiet: bool) -> None:
    bot: Any = Asked()
    turn: Any = Leave()
    parts = [Screen("first"), SCREEN]
    send = partial(TelegramSending(bot).send, **({"quiet": True} if quiet else {}))
    assert await send(AMY, parts, turn, b"PNG") == 77
    photo, *words = bot.calls
    assert photo[0] == "send_photo" and photo[1][0] == AMY
    assert (photo[1][1].filename, photo[1][1].input_file_content) == ("weeks.png", b"PNG")
    assert photo[2] == {"protect_content": True}
    how = {"disable_notification": quiet, **SENT}
    assert words == [
        ("send_message", (AMY, "first"), {"reply_markup": None, **how}),
        ("send_message", (AMY, "<b>x</b>"), {"reply_markup": BUTTONS, **how}),
    ]
    assert turn.more == 2, "leave for each request after the first"


@pytest.mark.parametrize("error", [RetryAfter(7), TimedOut("Pool timeout"), TimedOut()], ids=repr)
@in_virtual_time
async def test_a_reminder_of_which_a_part_arrived_is_marked_as_a_repeat(error: Exception) -> None:
    bot: Any = Asked()
    bot.fails = lambda _: error if len(bot.calls) == 2 else None
    turn: Any = Leave()
    with pytest.raises(sending.MaybeSent):
        await TelegramSending(bot).send(AMY, [Screen("first"), Screen("second")], turn)
    assert turn.pauses == [7] * isinstance(error, RetryAfter)


@in_virtual_time
async def test_what_was_told_is_edited_or_taken_out_or_else_edited() -> None:
    bot: Any = Asked()
    edit = (
        "edit_message_text",
        ("<b>x</b>",),
        {"chat_id": AMY, "message_id": 5, "reply_markup": BUTTONS, **AS_HTML},
    )
    delete = ("delete_message", (AMY, 5), {})
    await TelegramSending(bot).change(AMY, 5, SCREEN)
    await TelegramSending(bot).remove(AMY, 5, SCREEN)
    assert bot.calls == [edit, delete]
    bot.fails = lambda _: BadRequest("Message can't be deleted")
    await TelegramSending(bot).remove(AMY, 5, SCREEN)
    assert bot.calls[2:] == [delete, edit]
    bot.fails = lambda _: NetworkError("Bad Gateway")
    with pytest.raises(sending.MaybeSent):
        await TelegramSending(bot).remove(AMY, 5, SCREEN)


@pytest.mark.parametrize(
    ("error", "kind"),
    [(BadRequest, sending.Refused), (Forbidden, sending.Unreachable)],
)
@in_virtual_time
async def test_what_goes_on_record_of_a_refusal_quotes_nothing(
    error: type[BadRequest | Forbidden], kind: type[sending.Refused | sending.Unreachable]
) -> None:
    bot: Any = Asked(lambda _: error('can\'t parse "Alex is" at "the' + "y" * 200))
    turn: Any = Leave()
    with pytest.raises(kind) as caught:
        await TelegramSending(bot).send(AMY, [Screen("x")], turn)
    assert caught.value.why == 'can\'t parse "…" at "…"'
    bot.fails = lambda _: error("y" * 200)
    with pytest.raises(kind) as caught:
        await TelegramSending(bot).send(AMY, [Screen("x")], turn)
    assert len(caught.value.why) == 120
