"""Putting messages into chats, changing and deleting them: people notice it, bots get updates."""

from sandbox.server.model import Chat, Json, Message, User
from sandbox.server.views import bot_account, chat_for_bot, message_for_bot, message_for_person
from sandbox.server.world import World


def post(
    world: World,
    chat: Chat,
    sender: User,
    content: Json,
    *,
    keyboard: Json | None = None,
    reply_to: int | None = None,
    protected: bool = False,
    silent: bool = False,
) -> Message:
    """Put a message into a chat; the bot gets an update if a person wrote it."""
    bot = world.bots_by_id[chat.peer]
    bot.last_message_id += 1
    message = Message(
        id=bot.last_message_id,
        sender=sender,
        date=world.now(),
        content=content,
        keyboard=keyboard,
        reply_to=reply_to,
        protected=protected,
        silent=silent,
    )
    message.read[sender.id] = message.date
    chat.messages[message.id] = message
    _tell(world, chat, message, "message")
    return message


def edited(world: World, chat: Chat, message: Message) -> None:
    """Tell the person, and the bot if the person did it, that a message has changed."""
    message.edited = world.now()
    _tell(world, chat, message, "edited")


def _tell(world: World, chat: Chat, message: Message, kind: str) -> None:
    if chat.id not in message.hidden_from:
        world.note_chat(kind, chat, message=message_for_person(world, chat, message, chat.id))
    if not message.sender.is_bot:
        update = "message" if kind == "message" else "edited_message"
        bot = world.bots_by_id[chat.peer]
        bot.updates.push(update, message_for_bot(world, chat, message))


def delete(world: World, chat: Chat, message: Message) -> None:
    """Take a message away from both sides."""
    del chat.messages[message.id]
    if message.id in chat.pinned:
        chat.pinned.remove(message.id)
    world.note_chat("deleted", chat, message_id=message.id)


def tell_membership(world: World, chat: Chat, by: User, old: str, new: str) -> None:
    """Send the bot a ``my_chat_member`` update: blocked, unblocked."""
    bot = world.bots_by_id[chat.peer]

    def member(status: str) -> Json:
        more: Json = {"until_date": 0} if status == "kicked" else {}
        return {"status": status, "user": bot_account(bot)} | more

    bot.updates.push("my_chat_member", {
        "chat": chat_for_bot(world, chat),
        "from": by.public(),
        "date": int(world.now().timestamp()),
        "old_chat_member": member(old),
        "new_chat_member": member(new),
    })  # fmt: skip
