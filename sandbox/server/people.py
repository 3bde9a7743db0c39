"""What people do on their phones: write, tap, send files, read, block, delete."""

from typing import Any

from sandbox.server.entities import automatic
from sandbox.server.model import CallbackQuery, Chat, Json, Message, User
from sandbox.server.posting import edited, post, tell_membership
from sandbox.server.views import message_for_bot, visible
from sandbox.server.world import World


class NotPossible(Exception):
    """What a person can't do; ``status`` is the HTTP status that tells a caller so."""

    def __init__(self, reason: str, status: int = 409) -> None:
        super().__init__(reason)
        self.status = status


class Nowhere(NotPossible):
    """A user, chat, message or button that there is not."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, 404)


def user_of(world: World, user_id: int) -> User:
    """A person by id.

    Raises:
        Nowhere: there is none.
    """
    user = world.users.get(user_id)
    if user is None or user.is_bot:
        raise Nowhere(f"there is no person with id {user_id}")
    return user


def chat_of(world: World, user: User, peer: int | str | None) -> Chat:
    """A chat as a person names it: a bot's id or ``@name``.

    None is the private chat with the only bot.

    Raises:
        Nowhere: there is no such chat on this person's phone.
    """
    if peer is None:
        if len(world.bots) != 1:
            raise Nowhere(f"there are {len(world.bots)} bots: say which chat is meant")
        return world.private(next(iter(world.bots.values())), user)
    for bot in world.bots.values():
        if peer in (bot.user.id, str(bot.user.id), f"@{bot.user.username}", bot.user.username):
            return world.private(bot, user)
    raise Nowhere(f"there is no chat {peer!r}")


def message_of(chat: Chat, user: User, message_id: int) -> Message:
    """A message on a person's phone.

    Raises:
        Nowhere: it is not there, or not any more.
    """
    message = chat.messages.get(message_id)
    if message is None or user.id in message.hidden_from:
        raise Nowhere(f"there is no message {message_id} in this chat")
    return message


def _ready_to_write(chat: Chat, user: User) -> None:
    if user.deactivated:
        raise NotPossible("this account is deactivated")
    if chat.blocked:
        raise NotPossible("the bot is blocked: unblock it first")
    chat.started = True


def say(world: World, user: User, chat: Chat, text: str, reply_to: int | None = None) -> Message:
    """Write a text; commands, links and mentions in it are marked as Telegram marks them.

    Raises:
        NotPossible: an empty or too long text, a blocked bot, a deactivated account.
    """
    text = text.strip()
    if not text:
        raise NotPossible("the text is empty", 400)
    if len(text) > world.settings.text_max:
        raise NotPossible("the text is too long for one message", 400)
    content: Json = {"text": text}
    entities = automatic(text)
    if entities:
        content["entities"] = entities
    return put(world, user, chat, content, reply_to)


def put(
    world: World, user: User, chat: Chat, content: Json, reply_to: int | None = None
) -> Message:
    """Send content of any kind.

    Raises:
        NotPossible: a blocked bot, a deactivated account, a message to reply to that is gone.
    """
    _ready_to_write(chat, user)
    if reply_to is not None:
        message_of(chat, user, reply_to)
    return post(world, chat, user, content, reply_to=reply_to)


def send_file(
    world: World, user: User, chat: Chat, kind: str, name: str, mime: str | None, data: bytes,
    caption: str = "",
) -> Message:  # fmt: skip
    """Send a ``photo`` or a ``document``.

    Raises:
        NotPossible: no data, too much of it, or a caption that is too long.
        ApiError: a photo that is no picture.
    """
    if not data:
        raise NotPossible("the file is empty", 400)
    if len(caption) > world.settings.caption_max:
        raise NotPossible("the caption is too long", 400)
    content: Json = {}
    if kind == "photo":
        content["photo"] = world.files.add_photo(name, data)
    else:
        content["document"] = world.files.add_document(name, data, mime)
    if caption.strip():
        content["caption"] = caption.strip()
        entities = automatic(content["caption"])
        if entities:
            content["caption_entities"] = entities
    return put(world, user, chat, content)


def edit(world: World, user: User, chat: Chat, message_id: int, text: str) -> Message:
    """Change a text of one's own.

    Raises:
        NotPossible: somebody else's message, one without text, or nothing new.
    """
    message = message_of(chat, user, message_id)
    if message.sender.id != user.id or "text" not in message.content:
        raise NotPossible("only a text of one's own can be edited")
    text = text.strip()
    if not text or text == message.content["text"]:
        raise NotPossible("the text must be new and not empty", 400)
    message.content = {"text": text}
    entities = automatic(text)
    if entities:
        message.content["entities"] = entities
    edited(world, chat, message)
    return message


def buttons(message: Message) -> list[Json]:
    """The inline buttons of a message, row by row in one list."""
    return [button for row in (message.keyboard or {}).get("inline_keyboard", []) for button in row]


def find_button(
    chat: Chat, user: User, message_id: int | None, text: str | None, data: str | None
) -> tuple[Message, Json]:
    """The button meant, on a given message or on the newest message that has it.

    Raises:
        Nowhere: no such button; the reason lists the buttons there are.
    """
    if message_id is not None:
        candidates = [message_of(chat, user, message_id)]
    else:
        candidates = visible(chat, user.id)[::-1]
    for message in candidates:
        for button in buttons(message):
            if (text is None or button["text"] == text) and (
                data is None or button.get("callback_data") == data
            ):
                return message, button
    there = [button["text"] for message in candidates[:5] for button in buttons(message)]
    raise Nowhere(f"there is no button {text or data!r}; there are: {there}")


def tap(world: World, user: User, chat: Chat, message: Message, button: Json) -> CallbackQuery:
    """Tap an inline button that has ``callback_data``.

    Raises:
        NotPossible: a button of another kind, a blocked bot, a deactivated account.
    """
    if "callback_data" not in button:
        raise NotPossible(f"the button {button['text']!r} opens a link; it asks the bot nothing")
    if user.deactivated:
        raise NotPossible("this account is deactivated")
    bot = world.bots_by_id[message.sender.id]
    number = len(world.queries) + 1
    query = CallbackQuery(
        id=f"{bot.user.id}{number:08d}",
        bot_id=bot.user.id,
        user_id=user.id,
        peer=chat.peer,
        message_id=message.id,
        date=world.now(),
    )
    world.queries[query.id] = query
    world.note("tapped", (user.id,), chat=chat.peer, message_id=message.id, button=button["text"])
    bot.updates.push("callback_query", {
        "id": query.id,
        "from": user.public(),
        "message": message_for_bot(world, chat, message),
        "chat_instance": str(hash((chat.id, bot.user.id)) & 0xFFFFFFFFFFFF),
        "data": button["callback_data"],
    })  # fmt: skip
    return query


def press(world: World, user: User, chat: Chat, text: str) -> Message:
    """Press a button of the reply keyboard: it sends its text.

    Raises:
        Nowhere: no such button.
    """
    keyboard = chat.reply_keyboard or {}
    there = [button["text"] for row in keyboard.get("keyboard", []) for button in row]
    if text not in there:
        raise Nowhere(f"there is no key {text!r}; there are: {there}")
    sent = say(world, user, chat, text)
    if keyboard.get("one_time_keyboard"):
        chat.reply_keyboard = None
    return sent


def read(world: World, user: User, chat: Chat, up_to: int | None) -> list[int]:
    """Mark messages as read, all or up to one; ids of those that were unread."""
    now = world.now()
    fresh = [
        message
        for message in visible(chat, user.id)
        if user.id not in message.read and (up_to is None or message.id <= up_to)
    ]
    for message in fresh:
        message.read[user.id] = now
    numbers = [message.id for message in fresh]
    if numbers:
        world.note("read", (user.id,), chat=chat.peer, message_ids=numbers)
    return numbers


def block(world: World, user: User, chat: Chat, *, blocked: bool) -> None:
    """Block or unblock a bot; the bot gets ``my_chat_member``."""
    if chat.blocked == blocked:
        return
    chat.blocked = blocked
    old, new = ("member", "kicked") if blocked else ("kicked", "member")
    world.note("blocked" if blocked else "unblocked", (user.id,), chat=chat.peer)
    tell_membership(world, chat, user, old, new)


def delete_chat(world: World, user: User, chat: Chat) -> None:
    """Delete a chat on one's own phone; the bot keeps its copies and may write again."""
    for message in chat.messages.values():
        message.hidden_from.add(user.id)
    chat.reply_keyboard = None
    world.note("chat_deleted", (user.id,), chat=chat.peer)


def deactivate(world: World, user: User) -> None:
    """Delete the account: bots get 403 from now on."""
    world.note("deactivated", (user.id,))
    user.deactivated = True


def person(world: World, values: dict[str, Any], user_id: int | None, *, started: bool) -> User:
    """Make a person; ``started`` opens the chats with all bots as if Start had been pressed.

    Raises:
        NotPossible: an id that is taken, or a name that is empty.
    """
    if not values["first_name"].strip():
        raise NotPossible("first_name is empty", 400)
    number = user_id or max([1000, *(user for user in world.users)]) + 1
    if number in world.users or number <= 0:
        raise NotPossible(f"id {number} is taken or not positive")
    user = User(id=number, **values)
    world.users[number] = user
    if started:
        for bot in world.bots.values():
            world.private(bot, user).started = True
    world.note("person", (), user=user.public())
    return user
