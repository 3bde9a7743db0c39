"""Asking about chats, pinning."""

from sandbox.server.errors import bad_request
from sandbox.server.methods.registry import Call, offers
from sandbox.server.methods.sending import may_write
from sandbox.server.model import Json
from sandbox.server.posting import post
from sandbox.server.views import chat_for_bot, message_for_bot


@offers("getChat", "With the pinned message", "chat_id")
def get_chat(call: Call) -> Json:
    """What the bot may know about a chat."""
    chat = call.chat()
    if not chat.started:
        raise bad_request("chat not found")
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


@offers("pinChatMessage", "", "chat_id message_id disable_notification")
def pin_chat_message(call: Call) -> bool:
    """Pin a message to the top of a chat."""
    chat = call.chat()
    may_write(call, chat)
    message = call.message(chat)
    if message is None:
        raise bad_request("message to pin not found")
    if message.id in chat.pinned:
        raise bad_request("CHAT_NOT_MODIFIED")
    chat.pinned.append(message.id)
    call.world.note_chat("pinned", chat, pinned=list(chat.pinned))
    pinned = message_for_bot(call.world, chat, message, nested=True)
    post(
        call.world,
        chat,
        call.me,
        {"pinned_message": pinned},
        silent=call.params.flag("disable_notification"),
    )
    return True


@offers("unpinChatMessage", "The newest one when no message is named", "chat_id message_id")
def unpin_chat_message(call: Call) -> bool:
    """Take one pin away."""
    chat = call.chat()
    may_write(call, chat)
    number = call.params.number("message_id") or (chat.pinned[-1] if chat.pinned else 0)
    if number not in chat.pinned:
        raise bad_request("message to unpin not found")
    chat.pinned.remove(number)
    call.world.note_chat("pinned", chat, pinned=list(chat.pinned))
    return True
