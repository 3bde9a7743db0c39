"""Receiving: Telegram hears that an update was handled only when it was."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from telegram import Chat, Message, Update, User
from telegram.error import Conflict, InvalidToken, NetworkError, RetryAfter

from bot import intake
from bot.intake import Intake, Stopped

WHEN = datetime(2026, 11, 21, 21, 30, tzinfo=UTC)


def update(number: int, chat: int = 7001) -> Update:
    user = User(id=chat, first_name="Morgan", is_bot=False)
    message = Message(
        message_id=number,
        date=WHEN,
        chat=Chat(id=chat, type="private"),
        from_user=user,
        text=f"text {number}",
    )
    return Update(update_id=number, message=message)


class Script:
    """Telegram's side: each getUpdates gets the next answer, and what was asked is kept."""

    def __init__(self, *answers: Sequence[Update] | Exception) -> None:
        self.answers = list(answers)
        self.offsets: list[int | None] = []

    async def get_updates(self, *, offset: int | None = None, **_: Any) -> Sequence[Update]:
        self.offsets.append(offset)
        if not self.answers:
            raise InvalidToken
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time is not slept away: a pause only lets others go on."""
    rest = asyncio.sleep

    async def at_once(_: float) -> None:
        await rest(0)

    monkeypatch.setattr(intake.asyncio, "sleep", at_once)


async def run(script: Script, handle: Any) -> None:
    """Until the script is at its end."""
    with pytest.raises(Stopped):
        await Intake(script, handle).run()  # type: ignore[arg-type]


async def test_the_next_request_waits_until_every_handler_of_the_batch_came_back() -> None:
    handled: list[int] = []
    seen: list[tuple[int | None, list[int]]] = []

    class Watching(Script):
        async def get_updates(self, *, offset: int | None = None, **more: Any) -> Any:
            seen.append((offset, list(handled)))
            return await super().get_updates(offset=offset, **more)

    async def handle(one: Update, late: bool) -> None:
        for _ in range(5):
            await asyncio.sleep(0)
        handled.append(one.update_id)

    await run(Watching([update(5), update(6, 7002)], [update(9)]), handle)
    assert seen == [(None, []), (7, [5, 6]), (10, [5, 6, 9])]


async def test_updates_of_one_chat_keep_their_order_and_chats_do_not_wait_for_each_other() -> None:
    log: list[str] = []
    second_done = asyncio.Event()

    async def handle(one: Update, late: bool) -> None:
        if one.update_id == 1:
            await second_done.wait()
        if one.update_id == 3:
            second_done.set()
        log.append(str(one.update_id))

    await run(Script([update(1), update(2), update(3, 7002)]), handle)
    assert log == ["3", "1", "2"]


async def test_a_handler_that_fails_does_not_hold_up_the_rest() -> None:
    handled: list[int] = []

    async def handle(one: Update, late: bool) -> None:
        if one.update_id == 1:
            raise ValueError("broken")
        handled.append(one.update_id)

    script = Script([update(1), update(2)])
    await run(script, handle)
    assert handled == [2]
    assert script.offsets[-1] == 3


async def test_nothing_is_confirmed_while_telegram_cannot_be_reached() -> None:
    async def handle(one: Update, late: bool) -> None:
        return

    script = Script([update(4)], NetworkError("x"), RetryAfter(1), Conflict("other"), [update(5)])
    await run(script, handle)
    assert script.offsets == [None, 5, 5, 5, 5, 6]


async def test_the_first_updates_after_the_start_count_as_late() -> None:
    """They may have waited while the bot was down; the ones after them were just sent."""
    found: list[tuple[int, bool]] = []

    async def handle(one: Update, late: bool) -> None:
        found.append((one.update_id, late))

    await run(Script([update(1)], [], [update(2)]), handle)
    assert found == [(1, True), (2, False)]


async def test_a_refused_token_ends_it() -> None:
    async def handle(one: Update, late: bool) -> None:
        return

    await run(Script(), handle)


async def test_a_wanted_stop_leaves_what_was_not_begun_with_telegram() -> None:
    """One person's three updates, a stop during the first: the other two come again next time."""
    handled: list[int] = []

    async def handle(one: Update, late: bool) -> None:
        handled.append(one.update_id)
        receiving.stopping = True

    script = Script([update(1), update(2), update(3)])
    receiving = Intake(script, handle)  # type: ignore[arg-type]
    with pytest.raises(Stopped):
        await receiving.run()
    assert handled == [1]
    assert script.offsets == [None, 2]
