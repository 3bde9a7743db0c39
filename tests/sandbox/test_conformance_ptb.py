"""python-telegram-bot takes the server for Telegram: polling, errors, limits."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from telegram import (
    BotCommand,
    BotCommandScopeAllPrivateChats,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    ReplyKeyboardMarkup,
    Update,
)
from telegram.error import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TimedOut,
)
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)
from telegram.request import HTTPXRequest

from tests.sandbox.conftest import ROBIN, SAM, TOKEN
from tests.sandbox.test_files import picture

Context = ContextTypes.DEFAULT_TYPE


def request() -> HTTPXRequest:
    return HTTPXRequest(httpx_kwargs={"trust_env": False, "verify": False})


def application(url: str) -> Application:
    builder = ApplicationBuilder().token(TOKEN)
    builder = builder.base_url(f"{url}/bot").base_file_url(f"{url}/file/bot")
    builder = builder.request(request()).get_updates_request(request())
    app = builder.build()
    app.add_handler(CommandHandler("missing", missing))
    app.add_handler(CallbackQueryHandler(chosen))
    app.add_handler(MessageHandler(filters.PHOTO | filters.Document.ALL, file))
    app.add_handler(MessageHandler(filters.TEXT, echo))
    return app


async def missing(update: Update, context: Context) -> None:
    keyboard = InlineKeyboardMarkup(
        [[InlineKeyboardButton(home, callback_data=home) for home in ("Rowan House", "Oak House")]]
    )
    await update.message.reply_html(
        "<b>Which home?</b>", reply_markup=keyboard, protect_content=True
    )


async def chosen(update: Update, context: Context) -> None:
    await update.callback_query.answer("noted")
    await update.callback_query.edit_message_text(f"Home: {update.callback_query.data}")
    keys = ReplyKeyboardMarkup([["Missing", "Open"]], resize_keyboard=True)
    await update.effective_chat.send_message("What next?", reply_markup=keys)


async def file(update: Update, context: Context) -> None:
    given = update.message.photo[-1] if update.message.photo else update.message.document
    data = await (await given.get_file()).download_as_bytearray()
    await update.message.reply_document(
        InputFile(bytes(data), filename="back.bin"), caption=f"{len(data)} bytes"
    )


async def echo(update: Update, context: Context) -> None:
    await update.message.reply_text(f"you said {update.message.text}", do_quote=True)


@pytest.fixture(autouse=True)
def _the_librarys_next_way_with_time_spans(monkeypatch):
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@pytest.fixture
async def app(server) -> AsyncIterator[Application]:
    app = application(server.url)
    await app.initialize()
    await app.start()
    yield app
    await app.stop()
    await app.shutdown()


@pytest.fixture
async def polling(app) -> AsyncIterator[Application]:
    await app.updater.start_polling(timeout=10)
    yield app
    await app.updater.stop()


async def test_a_conversation_by_polling(polling, stage):
    robin = await stage.person("Robin Example", ROBIN)
    await robin.sends("/missing")
    card = await robin.sees("Which home?")
    assert card.message["has_protected_content"] is True
    assert card.buttons == ["Rowan House", "Oak House"]
    assert await robin.taps("Rowan House") == "noted"
    await robin.sees("Home: Rowan House")
    await robin.sees("What next?")
    await robin.taps("Open")
    reply = await robin.sees("you said Open")
    assert reply.message["reply_to_message"]["text"] == "Open"
    await robin.sends_photo(picture())
    await robin.sees("bytes", "back.bin")
    await robin.sends_document(b"1;2", name="a.csv")
    await robin.sees("3 bytes")
    await stage.nobody_got_anything_else()


async def test_two_instances_fight_and_the_older_is_told(polling, server, stage):
    errors = []
    await polling.updater.stop()
    await polling.updater.start_polling(timeout=10, error_callback=errors.append)
    await asyncio.sleep(0.1)
    await polling.bot.get_updates(timeout=1)
    for _ in range(50):
        if errors:
            break
        await asyncio.sleep(0.02)
    assert isinstance(errors[0], Conflict)


async def test_commands_and_descriptions(app):
    commands = [BotCommand("missing", "Log a missing report"), BotCommand("open", "Open cases")]
    await app.bot.set_my_commands(commands, scope=BotCommandScopeAllPrivateChats())
    assert await app.bot.get_my_commands(scope=BotCommandScopeAllPrivateChats()) == tuple(commands)
    await app.bot.set_my_description("Holds the clock.")
    assert (await app.bot.get_my_description()).description == "Holds the clock."
    await app.bot.set_chat_menu_button()
    assert (await app.bot.get_chat_menu_button()).type == "default"
    assert app.bot.username == "nightlight_example_bot"


async def test_sending_editing_deleting(app, human, robin):
    bot = app.bot
    message = await bot.send_message(robin, "<i>one</i>", parse_mode="HTML")
    assert message.text_html == "<i>one</i>"
    edited = await bot.edit_message_text("two", robin, message.message_id)
    assert (edited.text, edited.edit_date) == ("two", edited.date)
    photo = await bot.send_photo(robin, picture(), caption="a")
    assert photo.photo[-1].width == 640
    assert (await bot.edit_message_caption(robin, photo.message_id, caption="b")).caption == "b"
    await bot.pin_chat_message(robin, photo.message_id)
    assert (await bot.get_chat(robin)).pinned_message.message_id == photo.message_id
    await bot.send_chat_action(robin, "typing")
    assert await bot.delete_message(robin, message.message_id)


async def test_errors_arrive_as_the_right_kind(app, human, robin):
    bot = app.bot
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(999, "x")
    with pytest.raises(BadRequest, match="Can't parse entities"):
        await bot.send_message(robin, "<b>x", parse_mode="HTML")
    message = await bot.send_message(robin, "x")
    with pytest.raises(BadRequest, match="Message is not modified"):
        await bot.edit_message_text("x", robin, message.message_id)
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_callback_query("1")
    with pytest.raises(BadRequest, match=r"(?i)the sandbox does not offer the method sendPoll"):
        await bot.send_poll(robin, "?", ["a", "b"])
    await human.post("/human/block", user=robin)
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(robin, "x")
    await human.post("/human/users", first_name="Sam", id=SAM)
    with pytest.raises(Forbidden, match="can't initiate conversation"):
        await bot.send_message(SAM, "x")


async def test_limits_and_weather_arrive_as_the_right_kind(app, human, robin):
    bot = app.bot
    await human.post("/settings", chat_burst=1)
    await bot.send_message(robin, "x")
    with pytest.raises(RetryAfter) as wait:
        await bot.send_message(robin, "x")
    assert wait.value.retry_after == timedelta(seconds=1)
    await human.post("/settings", flood=False)
    for effect, kind in (
        ("bad_gateway", NetworkError),
        ("drop", NetworkError),
        ("unauthorized", InvalidToken),
        ("too_many_requests", RetryAfter),
    ):
        await human.post("/faults", effect=effect, count=1)
        with pytest.raises(kind):
            await bot.send_message(robin, "x")
    await human.post("/faults", effect="hang", seconds=2, count=1)
    with pytest.raises(TimedOut):
        await bot.send_message(robin, "x", read_timeout=0.1)
