"""What there is in the sandbox's Telegram: users, private chats, messages, callback queries."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Json = dict[str, Any]


@dataclass(slots=True)
class User:
    """A person or a bot, as Telegram's ``User``."""

    id: int
    first_name: str
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = "en"
    is_bot: bool = False
    deactivated: bool = False

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}" if self.last_name else self.first_name

    def public(self) -> Json:
        """The ``User`` object that bots get."""
        document: Json = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        for key in ("last_name", "username", "language_code"):
            value = getattr(self, key)
            if value is not None and not (self.is_bot and key == "language_code"):
                document[key] = value
        return document


@dataclass(slots=True)
class Message:
    """One message of a chat.

    Attributes:
        content: the fields of the Bot API that make up what it says (text, entities, photo, ...).
        keyboard: its inline keyboard, if it has one.
        read: who has read it, and when (UTC).
        hidden_from: people who deleted the chat for themselves.
    """

    id: int
    sender: User
    date: datetime
    content: Json
    keyboard: Json | None = None
    reply_to: int | None = None
    edited: datetime | None = None
    protected: bool = False
    silent: bool = False
    read: dict[int, datetime] = field(default_factory=dict)
    hidden_from: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Chat:
    """The private chat of one user with one bot.

    Attributes:
        id: as bots know it: the user's id.
        peer: as people know it: the bot's id.
        started: whether the person has ever written to the bot.
        reply_keyboard: what the person has under the text field.
    """

    id: int
    peer: int
    messages: dict[int, Message] = field(default_factory=dict)
    pinned: list[int] = field(default_factory=list)
    reply_keyboard: Json | None = None
    started: bool = False
    blocked: bool = False


@dataclass(slots=True)
class CallbackQuery:
    """A tap on an inline button that waits for the bot's answer."""

    id: str
    bot_id: int
    user_id: int
    peer: int
    message_id: int
    date: datetime
    answer: Json | None = None
