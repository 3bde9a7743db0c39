"""Messages and chats as bots see them (Bot API objects) and as people see them (a little more)."""

from typing import TYPE_CHECKING, Any

from sandbox.server.model import Bot, Chat, Json, Message, User

if TYPE_CHECKING:
    from sandbox.server.world import World


def chat_for_bot(world: "World", chat: Chat) -> Json:
    """The ``Chat`` object inside messages and updates."""
    if not chat.is_group:
        user = world.users[chat.id]
        document: Json = {"id": chat.id, "first_name": user.first_name, "type": "private"}
        for key in ("last_name", "username"):
            if getattr(user, key):
                document[key] = getattr(user, key)
        return document
    document = {"id": chat.id, "title": chat.title, "type": chat.type}
    if chat.type == "group":
        document["all_members_are_administrators"] = False
    return document


def message_for_bot(world: "World", chat: Chat, message: Message, *, nested: bool = False) -> Json:
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


def message_for_person(world: "World", chat: Chat, message: Message, viewer: int) -> Json:
    """A message as one person's phone shows it.

    Beside the Bot API fields: ``mine``, ``silent``, ``read`` (when this person read it, ISO, or
    null), ``read_by`` (user id to ISO time) and ``reactions``.
    """
    read = message.read.get(viewer)
    document = message_for_bot(world, chat, message) | {
        "mine": message.sender.id == viewer,
        "silent": message.silent,
        "read": read.isoformat() if read else None,
        "read_by": {str(user): at.isoformat() for user, at in message.read.items()},
    }
    document["chat"] = {"id": chat.peer, "type": chat.type, "title": chat_title(world, chat)}
    if message.reactions:
        document["reactions"] = {str(who): kinds for who, kinds in message.reactions.items()}
    return document


def chat_title(world: "World", chat: Chat) -> str:
    """Name of the bot or title of the group, as a person's list of chats shows it."""
    if chat.is_group:
        return chat.title or ""
    return world.bots_by_id[chat.peer].user.name


def chat_for_person(world: "World", chat: Chat, viewer: int) -> Json:
    """A line of a person's list of chats."""
    messages = visible(chat, viewer)
    unread = sum(
        1 for message in messages if message.sender.id != viewer and viewer not in message.read
    )
    return {
        "id": chat.peer,
        "type": chat.type,
        "title": chat_title(world, chat),
        "started": chat.started,
        "blocked": chat.blocked,
        "migrated_to": chat.migrated_to,
        "unread": unread,
        "last_message_id": messages[-1].id if messages else None,
        "pinned": [number for number in chat.pinned if number in chat.messages],
        "reply_keyboard": chat.reply_keyboards.get(viewer),
        "members": [
            world.users[user].public() | {"status": status}
            for user, status in chat.members.items()
            if user in world.users
        ],
    }


def visible(chat: Chat, viewer: int) -> list[Message]:
    """The messages of a chat that a person still has, in order."""
    return [m for m in chat.messages.values() if viewer not in m.hidden_from]


def member_for_bot(user: User, status: str, bot: Bot | None) -> Json:
    """A ``ChatMember`` object."""
    document: Json = {"status": status, "user": user.public()}
    if status == "creator":
        document["is_anonymous"] = False
    elif status == "administrator":
        document |= {"can_be_edited": False, "is_anonymous": False} | dict.fromkeys(
            ("can_manage_chat", "can_delete_messages", "can_manage_video_chats",
             "can_restrict_members", "can_promote_members", "can_change_info",
             "can_invite_users", "can_pin_messages", "can_post_stories", "can_edit_stories",
             "can_delete_stories"), True)  # fmt: skip
    elif status == "kicked":
        document["until_date"] = 0
    if bot is not None and user.id == bot.user.id:
        document["user"] = bot_account(bot)
    return document


def bot_account(bot: Bot) -> Json:
    """What ``getMe`` answers."""
    return bot.user.public() | {
        "can_join_groups": True,
        "can_read_all_group_messages": not bot.privacy,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def plain(content: dict[str, Any]) -> str:
    """What a message says in words: its text or its caption."""
    return str(content.get("text") or content.get("caption") or "")
