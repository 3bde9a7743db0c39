"""Messages and chats as bots see them (Bot API objects) and as people see them (a little more)."""

from sandbox.server.model import Chat, Json, Message
from sandbox.server.world import Bot, World


def chat_for_bot(world: World, chat: Chat) -> Json:
    """The ``Chat`` object inside messages and updates."""
    user = world.users[chat.id]
    document: Json = {"id": chat.id, "first_name": user.first_name, "type": "private"}
    for key in ("last_name", "username"):
        if getattr(user, key):
            document[key] = getattr(user, key)
    return document


def message_for_bot(world: World, chat: Chat, message: Message, *, nested: bool = False) -> Json:
    """The ``Message`` object; a message replied to is nested one level deep, as at Telegram."""
    document: Json = {
        "message_id": message.id,
        "from": message.sender.public(),
        "chat": chat_for_bot(world, chat),
        "date": int(message.date.timestamp()),
    }
    if message.edited:
        document["edit_date"] = int(message.edited.timestamp())
    if message.reply_to is not None and not nested:
        replied = chat.messages.get(message.reply_to)
        if replied is not None:
            document["reply_to_message"] = message_for_bot(world, chat, replied, nested=True)
    if message.protected:
        document["has_protected_content"] = True
    document.update(message.content)
    if message.keyboard:
        document["reply_markup"] = message.keyboard
    return document


def message_for_person(world: World, chat: Chat, message: Message, viewer: int) -> Json:
    """A message as one person's phone shows it.

    Beside the Bot API fields: ``mine``, ``silent``, ``read`` (when this person read it, ISO, or
    null) and ``read_by`` (user id to ISO time).
    """
    read = message.read.get(viewer)
    document = message_for_bot(world, chat, message) | {
        "mine": message.sender.id == viewer,
        "silent": message.silent,
        "read": read.isoformat() if read else None,
        "read_by": {str(user): at.isoformat() for user, at in message.read.items()},
    }
    title = world.bots_by_id[chat.peer].user.name
    document["chat"] = {"id": chat.peer, "type": "private", "title": title}
    return document


def chat_for_person(world: World, chat: Chat, viewer: int) -> Json:
    """A line of a person's list of chats."""
    messages = visible(chat, viewer)
    unread = sum(
        1 for message in messages if message.sender.id != viewer and viewer not in message.read
    )
    return {
        "id": chat.peer,
        "title": world.bots_by_id[chat.peer].user.name,
        "started": chat.started,
        "blocked": chat.blocked,
        "unread": unread,
        "last_message_id": messages[-1].id if messages else None,
        "pinned": [number for number in chat.pinned if number in chat.messages],
        "reply_keyboard": chat.reply_keyboard,
    }


def visible(chat: Chat, viewer: int) -> list[Message]:
    """The messages of a chat that a person still has, in order."""
    return [m for m in chat.messages.values() if viewer not in m.hidden_from]


def bot_account(bot: Bot) -> Json:
    """What ``getMe`` answers."""
    return bot.user.public() | {
        "can_join_groups": False,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }
