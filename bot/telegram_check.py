"""`check` asks Telegram about the bot itself: token, groups, webhook, name, commands, the time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from bot.config import Config, token
from bot.config_checks import TOKEN
from handlers.wording import menu
from protocol.mistakes import Mistake, Severity
from protocol.toml_places import Place

SECONDS = 8.0
"""So long each answer is waited for."""
CLOCK_OFF, CLOCK_WRONG = timedelta(seconds=30), timedelta(minutes=5)
"""From here on a difference from Telegram's clock is worth a warning; it is an error."""

Asks = Callable[[str], httpx.Response]


def telegram_mistakes(config: Config, now: Callable[[], datetime]) -> list[Mistake]:
    """What is wrong with the bot as Telegram has it; nothing without a token.

    now: the machine's clock (UTC), which is compared with the Date of Telegram's answer.
    """
    secret = token(config)
    if not TOKEN.fullmatch(secret):
        return []
    base = f"{config.telegram.api.rstrip('/')}/bot{secret}"
    with httpx.Client(timeout=SECONDS) as client:
        return _ask(config, lambda method: client.get(f"{base}/{method}"), now)


def _ask(config: Config, ask: Asks, now: Callable[[], datetime]) -> list[Mistake]:
    at: Place = ("telegram", "api")
    try:
        answer = ask("getMe")
        received = now()
        me = _result(answer)
        if answer.status_code in (401, 404) and _is_bot_api(answer):
            key = "token_file" if config.telegram.token_file else "token"
            remedy = "At @BotFather /token shows the token that holds, /revoke makes a new one."
            return [_note(("telegram", key), "Telegram refuses the token", remedy, "error")]
        if not isinstance(me, Mapping):
            remedy = "Allowed: https://api.telegram.org, or a Bot API server of your own."
            what = f"what answers at {config.telegram.api} is no Bot API"
            return [_note(at, what, remedy, "error")]
        found = [*_groups(me), *_clock(answer, received), *_own_id(config, me)]
        found += _webhook(_result(ask("getWebhookInfo")))
        found += _profile(me, _result(ask("getMyCommands")), pages=bool(config.web.address))
    except httpx.HTTPError as error:
        remedy = "Look at the network and the firewall: the bot needs HTTPS to this address."
        what = f"{config.telegram.api} does not answer from here ({type(error).__name__})"
        return [_note(at, what, remedy)]
    return found


def _is_bot_api(answer: httpx.Response) -> bool:
    """Only a Bot API refuses in this form: another server's "not found" says nothing of a token."""
    try:
        document = answer.json()
    except ValueError:
        return False
    return isinstance(document, dict) and document.get("ok") is False


def _result(answer: httpx.Response) -> Any:
    """What a method came to; None if it is no good answer of a Bot API."""
    try:
        document = answer.json()
    except ValueError:
        return None
    fine = isinstance(document, dict) and document.get("ok") is True
    return document.get("result") if fine else None


def _note(place: Place, what: str, remedy: str, severity: Severity = "warning") -> Mistake:
    return Mistake(place=place, what=what, remedy=remedy, severity=severity)


def _groups(me: Mapping[str, Any]) -> list[Mistake]:
    if not me.get("can_join_groups"):
        return []
    remedy = "At @BotFather: /setjoingroups, Disable. This bot works in private chats only."
    return [_note(("telegram",), "the bot can be added to groups", remedy)]


def _clock(answer: httpx.Response, received: datetime) -> list[Mistake]:
    """Reminders are only as right as the machine's clock. An answer takes a moment, and its Date
    has whole seconds, so small differences say nothing."""
    try:
        there = parsedate_to_datetime(answer.headers["date"]).astimezone(UTC)
    except (KeyError, ValueError, TypeError):
        return []
    off = received - there
    if abs(off) <= CLOCK_OFF + answer.elapsed:
        return []
    way = "ahead of" if off > timedelta() else "behind"
    what = f"this machine's clock is {_span(abs(off))} {way} Telegram's"
    remedy = "Switch on time synchronisation (timedatectl set-ntp true), then check again."
    return [_note((), what, remedy, "error" if abs(off) > CLOCK_WRONG else "warning")]


def _span(length: timedelta) -> str:
    seconds = round(length.total_seconds())
    return f"{seconds} seconds" if seconds < 120 else f"{seconds // 60} minutes"


def _own_id(config: Config, me: Mapping[str, Any]) -> list[Mistake]:
    """Known for sure only from Telegram: a Bot API server may have another number in the token."""
    return [
        _note(
            ("staff", n, "telegram_id"),
            "is the bot's own id",
            "Write the person's own: they get it from /id, or from @userinfobot.",
            "error",
        )
        for n, person in enumerate(config.staff)
        if person.telegram_id == me.get("id")
    ]


def _webhook(info: Any) -> list[Mistake]:
    address = info.get("url") if isinstance(info, Mapping) else ""
    if not address:
        return []
    what = "a webhook is set, so this bot would receive nothing"
    remedy = "Another program uses the token: stop it, then call deleteWebhook, or make a new bot."
    return [_note(("telegram", "token"), what, remedy, "error")]


def _profile(me: Mapping[str, Any], commands: Any, *, pages: bool) -> list[Mistake]:
    found = []
    if not str(me.get("first_name", "")).strip():
        found.append(_note(("telegram",), "the bot has no name", "At @BotFather: /setname."))
    have = {one.get("command") for one in commands or () if isinstance(one, Mapping)}
    ours = {name for name, _ in menu.commands(pages=pages)}
    if have and have != ours:
        what = "the bot's menu has other commands than this version's"
        remedy = "Nothing to do: the next start sets them. If they come back, another program "
        remedy += "uses the token."
        found.append(_note(("telegram",), what, remedy))
    return found
