"""pyTelegramBotAPI takes the server for Telegram, too."""

import threading
from collections.abc import Iterator
from io import BytesIO

import pytest
import telebot
from telebot import types

from tests.sandbox.conftest import ROBIN, TOKEN
from tests.sandbox.test_files import picture


@pytest.fixture
def bot(server) -> Iterator[telebot.TeleBot]:
    telebot.apihelper.API_URL = server.url + "/bot{0}/{1}"
    telebot.apihelper.FILE_URL = server.url + "/file/bot{0}/{1}"
    bot = telebot.TeleBot(TOKEN, threaded=False)

    @bot.message_handler(commands=["missing"])
    def missing(message):
        keyboard = types.InlineKeyboardMarkup()
        keyboard.add(types.InlineKeyboardButton("Rowan House", callback_data="rowan"))
        bot.reply_to(message, "*Which home?*", parse_mode="Markdown", reply_markup=keyboard)

    @bot.callback_query_handler(func=lambda query: True)
    def chosen(query):
        bot.answer_callback_query(query.id, "noted", show_alert=True)
        bot.edit_message_text(
            f"Home: {query.data}", query.message.chat.id, query.message.message_id
        )

    @bot.message_handler(content_types=["photo", "document"])
    def file(message):
        given = message.photo[-1] if message.photo else message.document
        data = bot.download_file(bot.get_file(given.file_id).file_path)
        back = BytesIO(data)
        back.name = "back.bin"
        bot.send_document(message.chat.id, back, caption=f"{len(data)} bytes")

    @bot.message_handler(func=lambda message: True)
    def keys(message):
        keyboard = types.ReplyKeyboardMarkup(resize_keyboard=True)
        keyboard.add("Missing", "Open")
        bot.send_message(message.chat.id, f"you said {message.text}", reply_markup=keyboard)

    yield bot
    telebot.apihelper.API_URL = telebot.apihelper.FILE_URL = None


async def test_a_conversation_by_polling(bot, stage):
    thread = threading.Thread(
        target=bot.polling, kwargs={"timeout": 2, "long_polling_timeout": 1}, daemon=True
    )
    thread.start()
    robin = await stage.person("Robin Example", ROBIN)
    await robin.sends("/missing")
    card = await robin.sees("Which home?")
    assert card.message["entities"] == [{"type": "bold", "offset": 0, "length": 11}]
    assert await robin.taps("Rowan House") == "noted"
    await robin.sees("Home: rowan")
    await robin.sends("hello")
    await robin.sees("you said hello")
    await robin.taps("Open")
    await robin.sees("you said Open")
    await robin.sends_photo(picture())
    await robin.sees("bytes", "back.bin")
    await stage.nobody_got_anything_else()
    bot.stop_polling()
    thread.join(10)
    assert not thread.is_alive()


def test_what_it_sends_and_the_errors_it_gets(bot, server):
    import httpx

    with httpx.Client(base_url=server.url, trust_env=False) as client:
        client.post("/human/users", json={"first_name": "Robin", "id": ROBIN, "started": True})
        commands = [types.BotCommand("missing", "Log a missing report")]
        assert bot.set_my_commands(commands)
        assert [command.command for command in bot.get_my_commands()] == ["missing"]
        assert bot.get_me().username == "nightlight_example_bot"
        photo = bot.send_photo(ROBIN, picture(), caption="<i>where</i>", parse_mode="HTML")
        assert photo.caption_entities[0].type == "italic"
        assert bot.edit_message_caption("b", ROBIN, photo.message_id).caption == "b"
        assert bot.delete_message(ROBIN, photo.message_id)
        for text, words in (("", "message text is empty"), ("x" * 4097, "message is too long")):
            with pytest.raises(telebot.apihelper.ApiTelegramException, match=words):
                bot.send_message(ROBIN, text)
        client.post("/settings", json={"chat_burst": 1})
        client.post("/clock", json={"advance_seconds": 60, "wait": 0})
        bot.send_message(ROBIN, "x")
        with pytest.raises(telebot.apihelper.ApiTelegramException) as refusal:
            bot.send_message(ROBIN, "x")
        assert refusal.value.error_code == 429
        assert refusal.value.result_json["parameters"]["retry_after"] == 1


def test_its_webhook_calls(bot, server):
    assert bot.set_webhook("http://127.0.0.1:9/hook", secret_token="s3cret")
    assert bot.get_webhook_info().url == "http://127.0.0.1:9/hook"
    with pytest.raises(telebot.apihelper.ApiTelegramException, match="webhook is active"):
        bot.get_updates()
    assert bot.delete_webhook()
