"""The state of the sandbox's Telegram and the few operations everything else is built from."""

import random
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sandbox.server.clock import Clock
from sandbox.server.entities import utf16_slice
from sandbox.server.errors import bad_request
from sandbox.server.events import EventLog
from sandbox.server.faults import Faults
from sandbox.server.files import FileStore
from sandbox.server.limits import Flood, Settings
from sandbox.server.model import PRESENT, Bot, CallbackQuery, Chat, Json, Message, User
from sandbox.server.updates import UpdateQueue
from sandbox.server.views import (
    chat_for_bot,
    member_for_bot,
    message_for_bot,
    message_for_person,
)

TOKEN = re.compile(r"(\d{1,15}):[\w-]{3,}")


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
        self.groups: dict[int, Chat] = {}
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
            if bot.updates.webhook is not None:
                bot.updates.webhook.stop()
                bot.updates.webhook = None
        self.bots.clear()
        self.bots_by_id.clear()
        self._empty(seed)
        for bot in configured:
            fresh = self.add_bot(bot.token, bot.user.username, bot.name, configured=True)
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
        """Write an event that everybody in a chat can notice."""
        people = self.people_in(chat)
        if people:
            self.note(kind, people, chat=chat.peer, **data)

    # Accounts and chats

    def add_bot(
        self,
        token: str,
        username: str | None = None,
        name: str | None = None,
        *,
        configured: bool = False,
        privacy: bool = True,
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
        bot = Bot(token, user, user.first_name, updates, Flood(self.settings), configured, privacy)
        self.bots[token] = bot
        self.bots_by_id[bot_id] = bot
        self.users[bot_id] = user
        return bot

    def private(self, bot: Bot, user: User) -> Chat:
        """The private chat of a user with a bot, made when first asked for."""
        key = (bot.user.id, user.id)
        chat = self.privates.get(key)
        if chat is None:
            chat = Chat(id=user.id, peer=bot.user.id, type="private")
            chat.members = {user.id: "member", bot.user.id: "member"}
            self.privates[key] = chat
        return chat

    def people_in(self, chat: Chat) -> list[int]:
        """Ids of the people (not bots) who have this chat on their phones."""
        return [
            user
            for user, status in chat.members.items()
            if status in PRESENT
            and user in self.users
            and not self.users[user].is_bot
            and not self.users[user].deactivated
        ]

    def bots_in(self, chat: Chat) -> list[Bot]:
        """The bots that take part in a chat."""
        return [
            self.bots_by_id[user]
            for user, status in chat.members.items()
            if status in PRESENT and user in self.bots_by_id
        ]

    # Messages

    def post(
        self,
        chat: Chat,
        sender: User,
        content: Json,
        *,
        keyboard: Json | None = None,
        reply_to: int | None = None,
        protected: bool = False,
        silent: bool = False,
    ) -> Message:
        """Put a message into a chat: people notice it, bots get an update if it is for them."""
        message = Message(
            id=self._next_message_id(chat),
            sender=sender,
            date=self.now(),
            content=content,
            keyboard=keyboard,
            reply_to=reply_to,
            protected=protected,
            silent=silent,
        )
        message.read[sender.id] = message.date
        chat.messages[message.id] = message
        self.note_message("message", chat, message)
        if not sender.is_bot:
            for bot in self.bots_in(chat):
                if self._is_for(bot, chat, message):
                    bot.updates.push("message", message_for_bot(self, chat, message))
        return message

    def note_message(self, kind: str, chat: Chat, message: Message) -> None:
        """Write an event about a message, once for each person, as that person sees it."""
        for user in self.people_in(chat):
            if user not in message.hidden_from:
                self.note(
                    kind,
                    (user,),
                    chat=chat.peer,
                    message=message_for_person(self, chat, message, user),
                )

    def edited(self, chat: Chat, message: Message) -> None:
        """Tell people, and bots if a person did it, that a message has changed."""
        message.edited = self.now()
        self.note_message("edited", chat, message)
        if not message.sender.is_bot:
            for bot in self.bots_in(chat):
                if self._is_for(bot, chat, message):
                    bot.updates.push("edited_message", message_for_bot(self, chat, message))

    def delete(self, chat: Chat, message: Message) -> None:
        """Take a message away from everybody."""
        del chat.messages[message.id]
        if message.id in chat.pinned:
            chat.pinned.remove(message.id)
        self.note_chat("deleted", chat, message_id=message.id)

    def tell_membership(self, bot: Bot, chat: Chat, by: User, old: str, new: str) -> None:
        """Send the bot a ``my_chat_member`` update: blocked, unblocked, added, removed."""
        bot.updates.push("my_chat_member", {
            "chat": chat_for_bot(self, chat),
            "from": by.public(),
            "date": int(self.now().timestamp()),
            "old_chat_member": member_for_bot(bot.user, old, bot),
            "new_chat_member": member_for_bot(bot.user, new, bot),
        })  # fmt: skip

    def _next_message_id(self, chat: Chat) -> int:
        counter: Any = chat if chat.is_group else self.bots_by_id[chat.peer]
        counter.last_message_id += 1
        number: int = counter.last_message_id
        return number

    def _is_for(self, bot: Bot, chat: Chat, message: Message) -> bool:
        """Whether privacy mode lets a bot see a person's message in this chat."""
        if not chat.is_group:
            return True
        if not bot.privacy or chat.members.get(bot.user.id) in ("administrator", "creator"):
            return True
        text = str(message.content.get("text") or message.content.get("caption") or "")
        entities = message.content.get("entities") or message.content.get("caption_entities") or []
        if not ({"text", "caption"} & message.content.keys()):
            media = {"photo", "document", "contact", "location"} & message.content.keys()
            if not media:
                return True  # service messages reach every bot of the group
        name = f"@{bot.user.username}".lower()
        for entity in entities:
            word = utf16_slice(text, entity["offset"], entity["length"]).lower()
            if entity["type"] == "bot_command" and ("@" not in word or word.endswith(name)):
                return True
            if entity["type"] == "mention" and word == name:
                return True
        replied = chat.messages.get(message.reply_to) if message.reply_to else None
        return replied is not None and replied.sender.id == bot.user.id

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
        if number in self.groups:
            return self.groups[number]
        user = self.users.get(number)
        if user is None:
            raise bad_request("chat not found")
        return self.private(bot, user)
