"""What `check` finds at Telegram: the stand-in's answers, and answers as Telegram words them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot import checking
from bot.cli.maintenance import key_new
from bot.config import Config, Telegram
from bot.config_file import load
from bot.telegram_check import _ask, telegram_mistakes
from handlers.wording import menu
from protocol.provider import Home, Role, Staff
from sandbox.driver import Stage
from sandbox.serve import Server
from tests.bot.test_config import written

NOW = datetime(2026, 11, 21, 21, 30, tzinfo=UTC)
ME = {"id": 1000001, "is_bot": True, "first_name": "Nightlight", "can_join_groups": False}
CONFIG = Config(
    homes=(Home(id="rowan", name="Rowan House", prefix="RH"),),
    staff=(Staff(id="ada", name="Ada Example", telegram_id=5, role=Role.ADMINISTRATOR),),
    telegram=Telegram(token="1000001:token-of-a-test"),
)
FINE: dict[str, Any] = {
    "getMe": ME,
    "getWebhookInfo": {"url": "", "pending_update_count": 0},
    "getMyCommands": [{"command": name, "description": text} for name, text in menu.COMMANDS],
}


def answering(
    results: dict[str, Any], date: datetime = NOW, status: int = 200
) -> Callable[[str], httpx.Response]:
    def ask(method: str) -> httpx.Response:
        result = results[method]
        if isinstance(result, Exception):
            raise result
        body = {"ok": status == 200, "result": result, "description": "Unauthorized"}
        headers = {"date": format_datetime(date, usegmt=True)}
        response = httpx.Response(status, json=body, headers=headers)
        response.elapsed = timedelta(seconds=0.2)
        return response

    return ask


def said(results: dict[str, Any], **more: Any) -> list[str]:
    found = _ask(CONFIG, answering({**FINE, **results}, **more), lambda: NOW)
    return [f"{one.severity}: {one}" for one in found]


def test_a_bot_that_is_set_up_has_nothing_wrong() -> None:
    assert said({}) == []
    assert said({"getMyCommands": []}) == [], "the first start sets them"


@pytest.mark.parametrize(
    ("results", "more", "words"),
    [
        ({"getMe": {**ME, "can_join_groups": True}}, {}, ("warning", "groups", "/setjoingroups")),
        ({"getMe": {**ME, "first_name": " "}}, {}, ("warning", "no name", "/setname")),
        ({"getMe": {**ME, "id": 5}}, {}, ("error", "staff[1].telegram_id", "bot's own id")),
        ({"getWebhookInfo": {"url": "https://a.example"}}, {}, ("error", "webhook", "Another")),
        ({"getMyCommands": [{"command": "x"}]}, {}, ("warning", "menu", "another program")),
        ({}, {"status": 401}, ("error", "refuses the token", "/revoke")),
        ({"getMe": "what"}, {}, ("error", "no Bot API", "https://api.telegram.org")),
        ({"getMe": httpx.ConnectError("x")}, {}, ("warning", "does not answer", "firewall")),
        ({}, {"date": NOW - timedelta(seconds=45)}, ("warning", "45 seconds ahead of", "clock")),
        ({}, {"date": NOW + timedelta(hours=1)}, ("error", "60 minutes behind", "timedatectl")),
    ],
)
def test_what_is_wrong_is_named_with_its_remedy(
    results: dict[str, Any], more: dict[str, Any], words: tuple[str, ...]
) -> None:
    found = said(results, **more)
    assert len(found) == 1, found
    for word in words:
        assert word in found[0]
    assert "token-of-a-test" not in found[0]


@pytest.mark.parametrize("seconds", [-25, 0, 25])
def test_a_little_difference_of_the_clocks_says_nothing(seconds: int) -> None:
    assert said({}, date=NOW + timedelta(seconds=seconds)) == []


async def test_the_stand_in_is_asked(tmp_path: Path) -> None:
    """Over HTTP; and an address where there is no Bot API."""
    assert key_new(tmp_path / "book.key") == 0
    server = Server().start()
    async with Stage(server.url) as stage:
        await stage.post("/human/bots", {"token": "1000001:token-of-a-test", "name": "N"})
        path = written(
            tmp_path,
            ("123456:invented-token-of-a-test", "1000001:token-of-a-test"),
            ("[telegram]", f'[telegram]\napi = "{server.url}"'),
        )
        config, _ = load(path)
        now = lambda: datetime.now(UTC)  # noqa: E731
        assert await asyncio.to_thread(telegram_mistakes, config, now) == []
        path.write_text(path.read_text().replace(server.url, f"{server.url}/nowhere"))
        found = await asyncio.to_thread(checking.about_the_bot, path)
        assert [one.severity for one in found] == ["error"]
    server.stop()
