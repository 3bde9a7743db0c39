"""What there is in the sandbox's Telegram: users, bots, chats, messages, callback queries."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.server.limits import Flood
    from sandbox.server.updates import UpdateQueue

Json = dict[str, Any]

PRESENT = frozenset({"creator", "administrator", "member"})


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
    reactions: dict[int, list[Json]] = field(default_factory=dict)
    read: dict[int, datetime] = field(default_factory=dict)
    hidden_from: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Chat:
    """A private chat of one user with one bot, or a group.

    Attributes:
        id: as bots know it: the user's id, or the (negative) id of the group.
        peer: as people know it: the bot's id, or the id of the group.
        members: user id to status, in Telegram's words.
        started: whether the person has ever written to the bot.
        reply_keyboards: the reply keyboard each person has under the text field.
        migrated_to: id of the supergroup that this group became.
    """

    id: int
    peer: int
    type: str
    title: str | None = None
    members: dict[int, str] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    pinned: list[int] = field(default_factory=list)
    reply_keyboards: dict[int, Json] = field(default_factory=dict)
    started: bool = False
    blocked: bool = False
    migrated_to: int | None = None
    last_message_id: int = 0

    @property
    def is_group(self) -> bool:
        """Whether this is a group or a supergroup."""
        return self.type != "private"


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


@dataclass(slots=True)
class Bot:
    """A bot: its account, its updates, and what it has told Telegram about itself.

    Attributes:
        configured: registered by whoever started the server, so kept by a reset.
        privacy: privacy mode: in groups it sees commands, replies to it and mentions only.
        commands: (scope as canonical JSON, language) to the list of commands.
        texts: (name, description or short_description; language) to the text.
        menu_buttons: chat id, or None for the default, to the menu button.
        name: as registered; ``setMyName`` changes the account's, not this one.
        last_message_id: private chats of one account share one row of numbers.
    """

    token: str
    user: User
    name: str
    updates: "UpdateQueue"
    flood: "Flood"
    configured: bool = False
    privacy: bool = True
    commands: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    texts: dict[tuple[str, str], str] = field(default_factory=dict)
    menu_buttons: dict[int | None, Json] = field(default_factory=dict)
    last_message_id: int = 0
