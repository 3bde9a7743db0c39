"""Every limit of Telegram that the server keeps, as settings in one place, and flood control.

Sources: the Bot API reference and the Bots FAQ ("My bot is hitting limits"). Telegram publishes no
figure for the age of a callback query nor for the size of a burst: those two are our choice.
"""

import math
from collections import deque
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sandbox.server.errors import too_many_requests

MEBIBYTE = 1024 * 1024


@dataclass(slots=True)
class Settings:
    """Limits and switches; each can be changed while the server runs (``POST /settings``).

    Attributes:
        text_max: characters of a message after its entities are parsed.
        caption_max: characters of a caption, likewise.
        callback_data_max_bytes: UTF-8 bytes of ``callback_data``.
        callback_answer_max: characters of the text of ``answerCallbackQuery``.
        callback_query_seconds: server seconds after which a callback query can't be answered.
        buttons_max: buttons of one keyboard.
        commands_max: commands of one scope and language.
        photo_max_bytes, upload_max_bytes, download_max_bytes: sizes of files.
        poll_timeout_max, poll_limit_max: ``timeout`` (s) and ``limit`` of ``getUpdates``.
        update_retention_hours: server hours after which an unconfirmed update is forgotten.
        delete_hours: server hours within which a message can be deleted.
        flood: whether flood control is on. Its windows are measured in server time.
        messages_per_second: messages a bot sends in all, in a second.
        chat_burst: messages to one chat at once, before one a second is enforced.
        any_token: whether a well-formed token that nobody registered becomes a bot of its own.
        pages_here: whether a page inside Telegram may be at http://127.0.0.1, which Telegram itself
            refuses; for practice, where there is no certificate.
        follower_grace_seconds: real seconds without a poll after which a follower is dropped.
        follower_hangup_seconds: the same when it hung up on its last poll, as a killed one does.
        settle_quiet_seconds: real seconds without a Bot API request after which bots without a
            follower count as settled.
    """

    text_max: int = 4096
    caption_max: int = 1024
    callback_data_max_bytes: int = 64
    callback_answer_max: int = 200
    callback_query_seconds: float = 30.0
    buttons_max: int = 100
    commands_max: int = 100
    photo_max_bytes: int = 10 * MEBIBYTE
    upload_max_bytes: int = 50 * MEBIBYTE
    download_max_bytes: int = 20 * MEBIBYTE
    poll_timeout_max: int = 50
    poll_limit_max: int = 100
    update_retention_hours: float = 24.0
    delete_hours: float = 48.0
    flood: bool = True
    messages_per_second: int = 30
    chat_burst: int = 5
    any_token: bool = True
    pages_here: bool = False
    follower_grace_seconds: float = 5.0
    follower_hangup_seconds: float = 1.0
    settle_quiet_seconds: float = 0.2

    def change(self, values: dict[str, Any]) -> None:
        """Take over some values by name.

        Raises:
            ValueError: a name that is no setting, or a value of another type or below zero.
        """
        types = {field.name: type(getattr(self, field.name)) for field in fields(self)}
        for name, value in values.items():
            if name not in types:
                raise ValueError(f"no such setting: {name}")
            wanted = types[name]
            fits = (
                isinstance(value, bool)
                if wanted is bool
                else isinstance(value, int if wanted is int else int | float)
                and not isinstance(value, bool)
                and value >= 0
            )
            if not fits:
                raise ValueError(f"{name} must be a {wanted.__name__}, not {value!r}")
        for name, value in values.items():
            setattr(self, name, types[name](value))


class Flood:
    """Flood control of one bot: 30 a second in all, 1 a second per chat."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._all: deque[datetime] = deque()
        self._allowance: dict[int, tuple[float, datetime]] = {}

    def take(self, chat_id: int, now: datetime) -> None:
        """Count one message, or refuse it.

        Raises:
            ApiError: 429 with the whole seconds to wait.
        """
        if not self._settings.flood:
            return
        wait = max(
            self._window(self._all, self._settings.messages_per_second, timedelta(seconds=1), now),
            self._burst(chat_id, now),
        )
        if wait > 0:
            raise too_many_requests(max(1, math.ceil(wait)))
        self._all.append(now)
        tokens, _ = self._tokens(chat_id, now)
        self._allowance[chat_id] = (tokens - 1, now)

    @staticmethod
    def _window(sent: deque[datetime], most: int, span: timedelta, now: datetime) -> float:
        # A clock set back leaves times of the future behind: they no longer count.
        while sent and not (now - span < sent[0] <= now):
            sent.popleft()
        return 0.0 if len(sent) < most else (sent[0] + span - now).total_seconds()

    def _tokens(self, chat_id: int, now: datetime) -> tuple[float, datetime]:
        full = float(max(1, self._settings.chat_burst))
        tokens, since = self._allowance.get(chat_id, (full, now))
        if now < since:
            return full, now
        return min(full, tokens + (now - since).total_seconds()), now

    def _burst(self, chat_id: int, now: datetime) -> float:
        tokens, _ = self._tokens(chat_id, now)
        return 0.0 if tokens >= 1 else 1 - tokens
