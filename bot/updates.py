"""Telegram's updates, read from raw JSON: each for itself, and of each only what the bot uses.

The library refuses a whole answer when one update lacks a field that it requires. Here an update is
cut down to the few fields that are used, each checked, before the library makes an `Update` of it.
A message of a kind that the bot does not know is still a message of somebody in some chat, so that
it can be removed and answered.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from telegram import Bot, Message, Update

from bot.telegram_client import is_id

Cut: TypeAlias = dict[str, Any]
"""An update with the few fields that are used, each checked; JSON can hold it."""
ALLOWED = ("message", "edited_message", "callback_query", "my_chat_member")
"""The kinds of update that Telegram is asked for."""
UNKNOWN = "unknown"
"""The kind of a message whose content has no name that we know."""
ABOUT_A_MESSAGE = frozenset({
    "message_id", "message_thread_id", "direct_messages_topic", "from", "sender_chat",
    "sender_boost_count", "sender_business_bot", "sender_tag", "date", "business_connection_id",
    "chat", "forward_origin", "is_topic_message", "is_automatic_forward", "reply_to_message",
    "external_reply", "quote", "reply_to_story", "reply_to_checklist_task_id",
    "reply_to_poll_option_id", "guest_query_id", "guest_bot_caller_user",
    "guest_bot_caller_chat", "via_bot",
    "edit_date", "has_protected_content", "is_from_offline", "is_paid_post", "media_group_id",
    "author_signature", "paid_star_count", "text", "entities", "link_preview_options", "effect_id",
    "suggested_post_info", "caption", "caption_entities", "show_caption_above_media",
    "has_media_spoiler", "reply_markup", "forward_from", "forward_from_chat",
    "forward_from_message_id", "forward_signature", "forward_sender_name", "forward_date",
})  # fmt: skip
"""Fields of a message that say something about it and are not its content."""
EVENTS = frozenset({
    "pinned_message", "message_auto_delete_timer_changed", "write_access_allowed",
    "chat_background_set", "connected_website", "new_chat_members", "left_chat_member",
    "new_chat_photo", "delete_chat_photo", "group_chat_created",
    "supergroup_chat_created", "channel_chat_created", "migrate_to_chat_id",
    "migrate_from_chat_id", "video_chat_scheduled", "video_chat_started", "video_chat_ended",
    "video_chat_participants_invited", "forum_topic_closed", "forum_topic_reopened",
    "general_forum_topic_hidden", "general_forum_topic_unhidden", "boost_added",
})  # fmt: skip
"""Telegram's own notes about a chat: nobody typed anything, and there is nothing to remove. A title
or the name of a topic was typed, so it is not among them."""
LATEST_DATE = 2**33
"""Seconds; what is later is no date."""


def update_id(raw: Any) -> int | None:
    """The number by which an update is confirmed; None for what is not an update at all."""
    found = raw.get("update_id") if isinstance(raw, dict) else None
    return found if type(found) is int and is_id(found) and found >= 0 else None


def cut(raw: dict[str, Any], *, late: bool = False) -> Cut | None:
    """What the bot uses of the update; without content when it is of a kind that the bot does not
    use.

    None if it is of a kind that the bot uses and does not even say from whom, or where. `late`: it
    may have waited because nobody was polling.
    """
    small: Cut = {"update_id": raw["update_id"]}
    if late:
        small["late"] = True
    for kind, cut_down in CUTS.items():
        if kind in raw:
            found = cut_down(raw[kind])
            if found is None:
                return None
            small[kind] = found
            break
    return small


def made(small: Cut, bot: Bot) -> Update:
    """The library's update of what `cut` left."""
    return Update.de_json(small, bot)


def kind_of(message: Message) -> str:
    """What a message holds that is not text; "" for a text and for Telegram's own notes."""
    return str(message.api_kwargs.get("content", ""))


def is_late(update: Update) -> bool:
    """May it have waited because nobody was polling?"""
    return bool(update.api_kwargs.get("late", False))


def _message(raw: Any) -> dict[str, Any] | None:
    if not isinstance(raw, dict) or not is_id(raw.get("message_id")):
        return None
    chat, sender = _chat(raw.get("chat")), _user(raw.get("from"))
    if chat is None:
        return None
    if sender is None and chat["type"] == "private":
        sender = _user({"id": chat["id"]})
    small: dict[str, Any] = {
        "message_id": raw["message_id"],
        "chat": chat,
        "date": _date(raw.get("date")),
    }
    if sender is not None:
        small["from"] = sender
    text = _text(raw.get("text"))
    content = [name for name in raw if name not in ABOUT_A_MESSAGE]
    if text:
        small["text"] = text
    elif not content or not all(name in EVENTS for name in content):
        small["content"] = next((n for n in content if n not in EVENTS), UNKNOWN)[:40]
        if caption := _text(raw.get("caption")):
            small["caption"] = caption
    return small


def _tap(raw: Any) -> dict[str, Any] | None:
    sender = _user(raw.get("from")) if isinstance(raw, dict) else None
    if sender is None:
        return None
    small: dict[str, Any] = {
        "id": _text(raw.get("id")),
        "from": sender,
        "chat_instance": "",
        "data": _text(raw.get("data")),
    }
    shown = raw.get("message")
    if isinstance(shown, dict) and is_id(shown.get("message_id")):
        chat = _chat(shown.get("chat"))
        if chat is not None:
            small["message"] = {"message_id": shown["message_id"], "chat": chat, "date": 0}
    return small


def _member(raw: Any) -> dict[str, Any] | None:
    if not isinstance(raw, dict):
        return None
    chat, sender, new = _chat(raw.get("chat")), _user(raw.get("from")), raw.get("new_chat_member")
    status = new.get("status") if isinstance(new, dict) else None
    if chat is None or sender is None or not isinstance(status, str):
        return None
    gone = {"user": sender, "status": "left"}
    here = {"user": sender, "status": "member"}
    return {
        "chat": chat,
        "from": sender,
        "date": _date(raw.get("date")),
        "old_chat_member": gone,
        "new_chat_member": gone if status in ("left", "kicked") else here,
    }


def _chat(raw: Any) -> dict[str, Any] | None:
    if not isinstance(raw, dict) or not is_id(raw.get("id")):
        return None
    kind = raw.get("type")
    private = kind == "private" or (not isinstance(kind, str) and raw["id"] > 0)
    return {"id": raw["id"], "type": "private" if private else "group"}


def _user(raw: Any) -> dict[str, Any] | None:
    if not isinstance(raw, dict) or not is_id(raw.get("id")):
        return None
    return {"id": raw["id"], "is_bot": raw.get("is_bot") is True, "first_name": ""}


def _text(raw: Any) -> str:
    """Without what no file can hold: half a character, the character 0."""
    if not isinstance(raw, str):
        return ""
    whole = raw.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\0", "")


def _date(raw: Any) -> int:
    """Seconds since 1970; 0 if it is not known."""
    return raw if type(raw) is int and 0 < raw < LATEST_DATE else 0


CUTS = {
    "message": _message,
    "edited_message": _message,
    "callback_query": _tap,
    "my_chat_member": _member,
}
