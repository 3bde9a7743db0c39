"""Editing and deleting messages, answering callback queries."""

from datetime import timedelta

from sandbox.server.errors import bad_request
from sandbox.server.keyboards import reply_markup
from sandbox.server.methods.registry import Call, offers
from sandbox.server.methods.sending import caption_of, may_write, text_of
from sandbox.server.model import Chat, Json, Message
from sandbox.server.posting import delete, edited
from sandbox.server.views import message_for_bot

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
QUERY_TOO_OLD = "query is too old and response timeout expired or query ID is invalid"


def _own_message(call: Call) -> tuple[Chat, Message]:
    chat = call.chat()
    may_write(call, chat)
    if "message_id" not in call.params:
        raise bad_request("message identifier is not specified")
    message = call.message(chat)
    if message is None:
        raise bad_request("message to edit not found")
    if message.sender.id != call.me.id:
        raise bad_request("message can't be edited")
    return chat, message


def _change(call: Call, chat: Chat, message: Message, content: Json) -> Json:
    """Give a message new content and the keyboard of the request (none takes it away)."""
    markup = reply_markup(call.params, call.world.settings)
    if markup and "inline_keyboard" not in markup:
        raise bad_request("inline keyboard expected")
    keyboard = markup if markup and markup["inline_keyboard"] else None
    if content == message.content and keyboard == message.keyboard:
        raise bad_request(NOT_MODIFIED)
    message.content = content
    message.keyboard = keyboard
    edited(call.world, chat, message)
    return message_for_bot(call.world, chat, message)


@offers(
    "editMessageText",
    "Own text messages only",
    "chat_id message_id text parse_mode entities link_preview_options "
    "disable_web_page_preview reply_markup",
)
def edit_message_text(call: Call) -> Json:
    """Give a text message another text and keyboard."""
    chat, message = _own_message(call)
    content = text_of(call)
    if "text" not in message.content:
        raise bad_request("there is no text in the message to edit")
    return _change(call, chat, message, content)


@offers(
    "editMessageCaption",
    "Own photos and documents only",
    "chat_id message_id caption parse_mode caption_entities reply_markup",
)
def edit_message_caption(call: Call) -> Json:
    """Give a photo or document another caption and keyboard."""
    chat, message = _own_message(call)
    caption = caption_of(call)
    if not {"photo", "document"} & message.content.keys():
        raise bad_request("there is no caption in the message to edit")
    content = {
        key: value
        for key, value in message.content.items()
        if key not in ("caption", "caption_entities")
    }
    return _change(call, chat, message, content | caption)


@offers("editMessageReplyMarkup", "Own messages only", "chat_id message_id reply_markup")
def edit_message_reply_markup(call: Call) -> Json:
    """Give a message another inline keyboard, or none."""
    chat, message = _own_message(call)
    return _change(call, chat, message, message.content)


def _check_deletable(call: Call, message: Message) -> None:
    age = call.world.now() - message.date
    if age > timedelta(hours=call.world.settings.delete_hours):
        raise bad_request("message can't be deleted for everyone")


@offers("deleteMessage", "Within 48 hours, also what the person wrote", "chat_id message_id")
def delete_message(call: Call) -> bool:
    """Delete one message for everybody."""
    chat = call.chat()
    message = call.message(chat)
    if message is None:
        raise bad_request("message to delete not found")
    _check_deletable(call, message)
    delete(call.world, chat, message)
    return True


@offers(
    "deleteMessages", "1 to 100; those that are not there are passed over", "chat_id message_ids"
)
def delete_messages(call: Call) -> bool:
    """Delete several messages for everybody."""
    chat = call.chat()
    numbers = call.params.things("message_ids") or []
    if not all(isinstance(number, int) for number in numbers):
        raise bad_request("message identifier must be a Number")
    if not numbers:
        raise bad_request("message identifiers are not specified")
    if len(numbers) > 100:
        raise bad_request("too many message identifiers specified")
    messages = [chat.messages[number] for number in numbers if number in chat.messages]
    for message in messages:
        _check_deletable(call, message)
    for message in messages:
        delete(call.world, chat, message)
    return True


@offers("answerCallbackQuery", "Once, in time", "callback_query_id text show_alert url cache_time")
def answer_callback_query(call: Call) -> bool:
    """Answer a tap on an inline button."""
    text = call.params.text("text")
    if len(text) > call.world.settings.callback_answer_max:
        raise bad_request("MESSAGE_TOO_LONG")
    if call.params.text("url"):
        raise bad_request("the sandbox does not offer opening a URL by a callback answer")
    query = call.world.queries.get(call.params.text("callback_query_id"))
    oldest = call.world.now() - timedelta(seconds=call.world.settings.callback_query_seconds)
    if (
        query is None
        or query.bot_id != call.me.id
        or query.answer is not None
        or query.date < oldest
    ):
        raise bad_request(QUERY_TOO_OLD)
    query.answer = {"text": text, "show_alert": call.params.flag("show_alert")}
    call.world.note(
        "callback_answer",
        (query.user_id,),
        chat=query.peer,
        message_id=query.message_id,
        query_id=query.id,
        **query.answer,
    )
    return True
