"""A button that opens a page inside Telegram: what the phone opens, and who signed it."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from sandbox.server.clock import Clock
from sandbox.server.limits import Settings
from sandbox.server.mini_apps import address, init_data
from sandbox.server.people import NotPossible, person
from sandbox.server.world import World
from web.init_data import NotFromTelegram, account_in

TOKEN = "123456:an-example-token-of-nobody"
EVENING = datetime(2026, 3, 8, 21, tzinfo=UTC)
BUTTON = {"text": "Open", "web_app": {"url": "https://pages.example.org/in?to=/cases"}}


def world():
    found = World(Settings(), Clock(EVENING))
    bot = found.add_bot(TOKEN, "example_bot", "Example", configured=True)
    values = {"first_name": "Sam", "last_name": None, "username": None, "language_code": "en"}
    return found, bot, person(found, values, 77, started=True)


def test_the_pages_take_what_the_stand_in_signed_and_nothing_of_another_bot():
    found, _, sam = world()
    handed = init_data(found, sam, TOKEN)
    assert account_in(handed, TOKEN, EVENING) == 77
    with pytest.raises(NotFromTelegram):
        account_in(handed, TOKEN.replace("nobody", "another"), EVENING)


def test_what_is_handed_over_stands_behind_the_sign_that_no_server_sees():
    found, bot, sam = world()
    opened = urlsplit(address(found, sam, bot.user.id, BUTTON))
    assert (opened.netloc, opened.path, opened.query) == ("pages.example.org", "/in", "to=/cases")
    [handed] = parse_qs(opened.fragment)["tgWebAppData"]
    assert account_in(handed, TOKEN, EVENING) == 77


def test_another_button_opens_nothing():
    found, bot, sam = world()
    with pytest.raises(NotPossible, match="opens no page"):
        address(found, sam, bot.user.id, {"text": "Yes", "callback_data": "y"})
