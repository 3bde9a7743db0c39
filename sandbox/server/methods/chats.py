"""Asking about chats, leaving them, pinning."""

from sandbox.server.errors import bad_request, forbidden
from sandbox.server.methods.registry import Call, offers
from sandbox.server.methods.sending import may_write
from sandbox.server.model import PRESENT, Chat, Json
from sandbox.server.views import chat_for_bot, member_for_bot, message_for_bot


def _reachable(call: Call) -> Chat:
    """The chat, if the bot may ask about it: it never started or left chats are not found."""
    chat = call.chat()
    if chat.is_group:
        if chat.members.get(call.me.id) not in PRESENT:
            raise forbidden(f"bot is not a member of the {chat.type} chat")
    elif not chat.started:
        raise bad_request("chat not found")
    return chat


@offers("getChat", "With the pinned message", "chat_id")
def get_chat(call: Call) -> Json:
    """What the bot may know about a chat."""
    chat = _reachable(call)
    document = chat_for_bot(call.world, chat) | {
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": {
            "unlimited_gifts": False, "limited_gifts": False, "unique_gifts": False,
            "premium_subscription": False, "gifts_from_channels": False,
        },
    }  # fmt: skip
    pinned = [number for number in chat.pinned if number in chat.messages]
    if pinned:
        document["pinned_message"] = message_for_bot(call.world, chat, chat.messages[pinned[-1]])
    return document


@offers("getChatMember", "Status in Telegram's words", "chat_id user_id")
def get_chat_member(call: Call) -> Json:
    """A member of a chat, or a user who left."""
    chat = _reachable(call)
    user = call.world.users.get(call.params.number("user_id"))
    if user is None:
        raise bad_request("invalid user_id specified")
    status = chat.members.get(user.id)
    if status is None:
        if not chat.is_group:
            raise bad_request("member not found")
        status = "left"
    return member_for_bot(user, status, call.bot)


@offers("getChatMemberCount", "Bots included", "chat_id")
def get_chat_member_count(call: Call) -> int:
    """How many are in a chat."""
    return sum(1 for status in _reachable(call).members.values() if status in PRESENT)


@offers("getChatAdministrators", "Bots included", "chat_id")
def get_chat_administrators(call: Call) -> list[Json]:
    """Who runs a group."""
    chat = _reachable(call)
    if not chat.is_group:
        raise bad_request("there are no administrators in the private chat")
    return [
        member_for_bot(call.world.users[user], status, call.bot)
        for user, status in chat.members.items()
        if status in ("creator", "administrator")
    ]


@offers("leaveChat", "Groups only", "chat_id")
def leave_chat(call: Call) -> bool:
    """Leave a group."""
    chat = _reachable(call)
    if not chat.is_group:
        raise bad_request("private chat can't be left")
    old = chat.members[call.me.id]
    chat.members[call.me.id] = "left"
    call.world.tell_membership(call.bot, chat, call.me, old, "left")
    call.world.post(chat, call.me, {"left_chat_member": call.me.public()})
    return True


def _may_pin(call: Call) -> Chat:
    chat = call.chat()
    may_write(call, chat)
    if chat.is_group and chat.members.get(call.me.id) not in ("administrator", "creator"):
        raise bad_request("not enough rights to manage pinned messages in the chat")
    return chat


@offers("pinChatMessage", "In groups as administrator", "chat_id message_id disable_notification")
def pin_chat_message(call: Call) -> bool:
    """Pin a message to the top of a chat."""
    chat = _may_pin(call)
    message = call.message(chat)
    if message is None:
        raise bad_request("message to pin not found")
    if message.id in chat.pinned:
        raise bad_request("CHAT_NOT_MODIFIED")
    chat.pinned.append(message.id)
    call.world.note_chat("pinned", chat, pinned=list(chat.pinned))
    pinned = message_for_bot(call.world, chat, message, nested=True)
    call.world.post(
        chat,
        call.me,
        {"pinned_message": pinned},
        silent=call.params.flag("disable_notification"),
    )
    return True


@offers("unpinChatMessage", "The newest one when no message is named", "chat_id message_id")
def unpin_chat_message(call: Call) -> bool:
    """Take one pin away."""
    chat = _may_pin(call)
    number = call.params.number("message_id") or (chat.pinned[-1] if chat.pinned else 0)
    if number not in chat.pinned:
        raise bad_request("message to unpin not found")
    chat.pinned.remove(number)
    call.world.note_chat("pinned", chat, pinned=list(chat.pinned))
    return True


@offers("unpinAllChatMessages", "In groups as administrator", "chat_id")
def unpin_all_chat_messages(call: Call) -> bool:
    """Take all pins away."""
    chat = _may_pin(call)
    chat.pinned.clear()
    call.world.note_chat("pinned", chat, pinned=[])
    return True
