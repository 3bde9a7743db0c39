"""Sending: texts, chat actions; and what every sending shares."""

from sandbox.server.entities import formatted
from sandbox.server.errors import bad_request, forbidden
from sandbox.server.keyboards import reply_markup
from sandbox.server.methods.registry import Call, offers
from sandbox.server.model import Chat, Json, Message
from sandbox.server.posting import post
from sandbox.server.views import message_for_bot

COMMON = (
    "chat_id disable_notification protect_content reply_parameters reply_to_message_id "
    "allow_sending_without_reply reply_markup"
)
ACTIONS = frozenset({
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice",
    "upload_document", "choose_sticker", "find_location", "record_video_note", "upload_video_note",
})  # fmt: skip


def may_write(call: Call, chat: Chat) -> None:
    """Whether the bot can reach this chat at all.

    Raises:
        ApiError: 403 in Telegram's words: blocked, deactivated, never started.
    """
    user = call.world.users[chat.id]
    if user.id == call.me.id:
        raise forbidden("bot can't send messages to itself")
    if user.is_bot:
        raise forbidden("bot can't send messages to bots")
    if user.deactivated:
        raise forbidden("user is deactivated")
    if not chat.started:
        raise forbidden("bot can't initiate conversation with a user")
    if chat.blocked:
        raise forbidden("bot was blocked by the user")


def text_of(call: Call, name: str = "text") -> Json:
    """The text of a message with its entities, ready as content.

    Raises:
        ApiError: 400 when it is empty, too long or badly formatted.
    """
    text, entities = formatted(
        call.params.text(name), call.params.text("parse_mode"), call.params.things("entities")
    )
    if not text:
        raise bad_request("message text is empty")
    if len(text) > call.world.settings.text_max:
        raise bad_request("message is too long")
    content: Json = {"text": text}
    if entities:
        content["entities"] = named(call, entities)
    options = call.params.thing("link_preview_options")
    if call.params.flag("disable_web_page_preview"):
        options = {"is_disabled": True}
    if options:
        content["link_preview_options"] = options
    return content


def caption_of(call: Call) -> Json:
    """The caption with its entities, ready to be merged into content; empty when there is none.

    Raises:
        ApiError: 400 when it is too long or badly formatted.
    """
    text, entities = formatted(
        call.params.text("caption"),
        call.params.text("parse_mode"),
        call.params.things("caption_entities"),
    )
    if len(text) > call.world.settings.caption_max:
        raise bad_request("message caption is too long")
    content: Json = {}
    if text:
        content["caption"] = text
        if entities:
            content["caption_entities"] = named(call, entities)
    return content


def named(call: Call, entities: list[Json]) -> list[Json]:
    """Entities with the users of mentions written out; a mention of a stranger is dropped."""
    found = []
    for entity in entities:
        if entity["type"] == "text_mention":
            mentioned = entity.get("user")
            number = mentioned.get("id") if isinstance(mentioned, dict) else None
            user = call.world.users.get(number) if isinstance(number, int) else None
            if user is None:
                continue
            entity = entity | {"user": user.public()}
        found.append(entity)
    return found


def send(call: Call, chat: Chat, content: Json) -> Json:
    """Send content to a chat with the parameters every sending method has.

    Raises:
        ApiError: 403 when the chat can't be reached, 400 for a bad keyboard or reply, 429.
    """
    may_write(call, chat)
    message = put(call, chat, content, markup=reply_markup(call.params, call.world.settings))
    return message_for_bot(call.world, chat, message)


def put(call: Call, chat: Chat, content: Json, markup: Json | None = None) -> Message:
    """Count a message against flood control and post it; see ``send``."""
    reply_to = _reply_to(call, chat)
    call.bot.flood.take(chat.id, call.world.now())
    inline = markup if markup and "inline_keyboard" in markup else None
    if markup and inline is None:
        if markup.get("remove_keyboard"):
            chat.reply_keyboard = None
        elif "keyboard" in markup:
            chat.reply_keyboard = markup
    return post(
        call.world,
        chat,
        call.me,
        content,
        keyboard=inline if inline and inline["inline_keyboard"] else None,
        reply_to=reply_to,
        protected=call.params.flag("protect_content"),
        silent=call.params.flag("disable_notification"),
    )


def _reply_to(call: Call, chat: Chat) -> int | None:
    given = call.params.thing("reply_parameters") or {}
    number = given.get("message_id") or call.params.number("reply_to_message_id")
    if not number:
        return None
    if given.get("chat_id") not in (None, chat.id, str(chat.id)):
        raise bad_request("the sandbox does not offer replies to another chat")
    if isinstance(number, int) and number in chat.messages:
        return number
    if given.get("allow_sending_without_reply") or call.params.flag("allow_sending_without_reply"):
        return None
    raise bad_request("message to be replied not found")


@offers(
    "sendMessage",
    "Text with entities or parse_mode HTML",
    f"{COMMON} text parse_mode entities link_preview_options disable_web_page_preview",
)
def send_message(call: Call) -> Json:
    """Send a text."""
    chat = call.chat()
    may_write(call, chat)
    return send(call, chat, text_of(call))


@offers("sendChatAction", "Shown to people as an event", "chat_id action")
def send_chat_action(call: Call) -> bool:
    """Show that the bot is typing or uploading."""
    chat = call.chat()
    may_write(call, chat)
    action = call.params.text("action")
    if action not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    call.world.note_chat("action", chat, action=action)
    return True
