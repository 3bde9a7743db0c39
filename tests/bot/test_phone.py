"""What each of Telegram's errors means for delivery."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.phone import TelegramSending
from bot.telegram_client import Unreadable
from handlers.chat import Screen
from reminders import sending
from reminders.limits import Limiter
from reminders.policy import Limits


def caused(error: TelegramError, cause: Exception) -> TelegramError:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("raised", "meant"),
    [
        (RetryAfter(7), sending.TooFast),
        (ChatMigrated(-100123), sending.Moved),
        (Forbidden("Forbidden: bot was blocked by the user"), sending.Unreachable),
        (Forbidden("Forbidden: user is deactivated"), sending.Unreachable),
        (BadRequest("Chat not found"), sending.Unreachable),
        (BadRequest("Message is too long"), sending.Refused),
        (InvalidToken(), sending.Stopped),
        (TimedOut(), sending.MaybeSent),
        (TimedOut("Pool timeout: all connections are occupied"), sending.NotSent),
        (caused(TimedOut(), httpx.ConnectTimeout("x")), sending.NotSent),
        (caused(NetworkError("x"), httpx.ConnectError("x")), sending.NotSent),
        (caused(NetworkError("x"), httpx.ReadError("x")), sending.MaybeSent),
        (NetworkError("Bad Gateway"), sending.MaybeSent),
        (TelegramError("odd"), sending.MaybeSent),
        (Unreadable(), sending.MaybeSent),
    ],
)
async def test_an_error_is_named(raised: Exception, meant: type[sending.SendError]) -> None:
    class Bot:
        async def send_message(self, *_: Any, **__: Any) -> None:
            raise raised

    with pytest.raises(sending.SendError) as caught:
        async with Limiter(Limits()).turn(7001) as turn:
            await TelegramSending(Bot()).send(7001, [Screen("x")], turn)  # type: ignore[arg-type]
    assert type(caught.value) is meant
    if isinstance(caught.value, sending.TooFast):
        assert caught.value.retry_after == 7.0
    if isinstance(caught.value, sending.Moved):
        assert caught.value.chat_id == -100123
