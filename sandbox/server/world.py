"""The state of the sandbox's Telegram: bots, people, their chats, files, faults, the clock."""

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sandbox.server.clock import Clock
from sandbox.server.errors import bad_request
from sandbox.server.events import EventLog
from sandbox.server.faults import Faults
from sandbox.server.files import FileStore
from sandbox.server.limits import Flood, Settings
from sandbox.server.model import CallbackQuery, Chat, Json, User
from sandbox.server.updates import UpdateQueue

TOKEN = re.compile(r"(\d{1,15}):[\w-]{3,}")


@dataclass(slots=True)
class Bot:
    """A bot: its account, its updates, and what it has told Telegram about itself.

    Attributes:
        configured: registered by whoever started the server, so kept by a reset.
        commands: (scope as canonical JSON, language) to the list of commands.
        texts: (description or short_description; language) to the text.
        menu_buttons: chat id, or None for the default, to the menu button.
        last_message_id: private chats of one account share one row of numbers.
    """

    token: str
    user: User
    updates: UpdateQueue
    flood: Flood
    configured: bool = False
    commands: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    texts: dict[tuple[str, str], str] = field(default_factory=dict)
    menu_buttons: dict[int | None, Json] = field(default_factory=dict)
    last_message_id: int = 0


class World:
    """Everything the server knows. All of it lives on one event loop; nothing here waits.

    Attributes:
        clock: the server's time.
        settings: limits and switches.
        events: what people could notice, numbered.
        activity: counts everything that can give a bot something to do, or shows it doing it.
        in_flight: Bot API requests being worked on, long polls left out.
    """

    def __init__(
        self, settings: Settings | None = None, clock: Clock | None = None, seed: int = 0
    ) -> None:
        self.settings = settings or Settings()
        self.clock = clock or Clock()
        self.events = EventLog()
        self.faults = Faults(seed)
        self.activity = 0
        self.in_flight = 0
        self.bots: dict[str, Bot] = {}
        self.bots_by_id: dict[int, Bot] = {}
        self._empty(seed)

    def _empty(self, seed: int) -> None:
        self.users: dict[int, User] = {}
        self.privates: dict[tuple[int, int], Chat] = {}
        self.files = FileStore()
        self.queries: dict[str, CallbackQuery] = {}
        self.random = random.Random(seed)  # noqa: S311 - faults and ids, nothing secret

    def reset(self, seed: int = 0) -> None:
        """Forget everybody and everything that was said; bots given at the start stay."""
        self.faults.clear()
        self.faults.seed(seed)
        configured = [bot for bot in self.bots.values() if bot.configured]
        others = [bot for bot in self.bots.values() if not bot.configured]
        for bot in others + configured:
            bot.updates.clear()
        self.bots.clear()
        self.bots_by_id.clear()
        self._empty(seed)
        for bot in configured:
            fresh = self.add_bot(bot.token, bot.user.username, bot.user.first_name, configured=True)
            fresh.updates = bot.updates
            fresh.updates.allow([])
        for bot in others:
            bot.updates.end_poll("reset")
        self.touch()
        self.note("reset", ())

    # Time and notice

    def now(self) -> datetime:
        """The server's time (UTC)."""
        return self.clock.now()

    def touch(self) -> None:
        """Something happened that a bot may have to do with."""
        self.activity += 1

    def note(self, kind: str, users: Iterable[int], **data: object) -> None:
        """Write an event; without users it is for everybody."""
        self.events.add(kind, self.now(), users, **data)

    def note_chat(self, kind: str, chat: Chat, **data: object) -> None:
        """Write an event that the person of a chat can notice."""
        if not self.users[chat.id].deactivated:
            self.note(kind, (chat.id,), chat=chat.peer, **data)

    # Accounts and chats

    def add_bot(
        self,
        token: str,
        username: str | None = None,
        name: str | None = None,
        *,
        configured: bool = False,
    ) -> Bot:
        """Register a bot; its id is the number before the colon of the token.

        Raises:
            ValueError: a token that does not look like one, or an id that is taken.
        """
        match = TOKEN.fullmatch(token)
        if not match:
            raise ValueError("a token looks like 123456:letters")
        bot_id = int(match.group(1))
        if bot_id in self.bots_by_id or bot_id in self.users:
            raise ValueError(f"id {bot_id} is taken")
        user = User(
            id=bot_id,
            first_name=name or username or f"Bot {bot_id}",
            username=username or f"sandbox{bot_id}_bot",
            is_bot=True,
        )
        updates = UpdateQueue(self.now, lambda: self.settings.update_retention_hours, self.touch)
        bot = Bot(token, user, updates, Flood(self.settings), configured)
        self.bots[token] = bot
        self.bots_by_id[bot_id] = bot
        self.users[bot_id] = user
        return bot

    def private(self, bot: Bot, user: User) -> Chat:
        """The private chat of a user with a bot, made when first asked for."""
        key = (bot.user.id, user.id)
        chat = self.privates.get(key)
        if chat is None:
            chat = Chat(id=user.id, peer=bot.user.id)
            self.privates[key] = chat
        return chat

    # Looking up

    def chat_of(self, bot: Bot, chat_id: str) -> Chat:
        """The chat a bot means by ``chat_id``: a number. Public ``@names`` there are none here.

        Raises:
            ApiError: 400 "chat_id is empty" or "chat not found".
        """
        if not chat_id:
            raise bad_request("chat_id is empty")
        try:
            number = int(chat_id)
        except ValueError:
            raise bad_request("chat not found") from None
        user = self.users.get(number)
        if user is None:
            raise bad_request("chat not found")
        return self.private(bot, user)
