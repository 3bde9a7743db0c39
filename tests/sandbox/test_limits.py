"""Flood control and settings."""

from datetime import timedelta

import pytest

from sandbox.server.errors import ApiError
from sandbox.server.limits import Flood, Settings
from tests.sandbox.conftest import EVENING


def seconds_to_wait(flood, chat, at):
    try:
        flood.take(chat, EVENING + timedelta(seconds=at))
    except ApiError as error:
        assert error.code == 429
        assert error.parameters is not None
        return error.parameters["retry_after"]
    return 0


def test_one_a_second_to_a_chat_after_a_short_burst():
    flood = Flood(Settings(chat_burst=3))
    assert [seconds_to_wait(flood, 1, 0) for _ in range(4)] == [0, 0, 0, 1]
    assert [seconds_to_wait(flood, 1, 1) for _ in range(2)] == [0, 1]
    assert [seconds_to_wait(flood, 1, 60) for _ in range(4)] == [0, 0, 0, 1]
    assert seconds_to_wait(flood, 2, 60) == 0


def test_thirty_a_second_in_all():
    flood = Flood(Settings())
    assert [seconds_to_wait(flood, chat, 0) for chat in range(31)] == [0] * 30 + [1]
    assert seconds_to_wait(flood, 99, 1) == 0


def test_a_clock_that_is_set_back_does_not_lock_a_bot_out():
    flood = Flood(Settings(chat_burst=1))
    assert seconds_to_wait(flood, 1, 86_400) == 0
    assert seconds_to_wait(flood, 1, 0) == 0


async def test_over_http_a_bot_is_told_how_long_to_wait(api, human, robin):
    for _ in range(5):
        await api.ok("sendMessage", chat_id=robin, text="x")
    refusal = await api.refusal("sendMessage", chat_id=robin, text="x")
    assert refusal == {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 1",
        "parameters": {"retry_after": 1},
    }
    await human.post("/clock", advance_seconds=1, wait=0)
    await api.ok("sendMessage", chat_id=robin, text="x")
    await human.post("/settings", flood=False)
    for _ in range(40):
        await api.ok("sendMessage", chat_id=robin, text="x")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"flod": False}, "no such setting: flod"),
        ({"flood": 1}, "flood must be a bool, not 1"),
        ({"text_max": "4096"}, "text_max must be a int"),
        ({"chat_burst": -1}, "chat_burst must be a int, not -1"),
    ],
)
async def test_settings_that_make_no_sense_are_refused(human, values, words):
    assert words in await human.no("/settings", **values)
