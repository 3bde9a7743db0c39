"""Everything that a service says to Telegram, logs, and shows outside the pages of the record; and
what may never be in it: names and dates of birth of the register, and what people type.

The stand-in for Telegram is watched where requests come in, so a story cannot forget it. What
people type is taken from what the stand-in gets of their phones, and from what is typed on a page.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import cache
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from starlette.datastructures import UploadFile
from starlette.requests import Request

if TYPE_CHECKING:
    import httpx
    from starlette.applications import Starlette
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

ROOT = Path(__file__).parents[2]
OWN_WORDS = ("handlers/wording/**/*.py", "protocol/packs/*.toml", "tests/stories/*.toml")
"""What the service says by itself; words of these may be said although somebody typed them."""
OF_LOGS = ("bot/**/*.py", "reminders/**/*.py", "storage/**/*.py", "web/**/*.py")
"""What log lines name: events and places in the code."""
WORD = re.compile(r"[^\W\d_]+")
LETTERS = 4
"""Shorter words say nothing by themselves."""
IN_A_ROW = 3


class Traffic:
    """What was seen. register: the table of young people (CSV) that the service has."""

    def __init__(self, register: Path) -> None:
        self._identifiers = list(identifiers(register))
        self._requests: list[tuple[str, str, str, bytes]] = []
        self._typed: list[str] = []
        self._staff: list[str] = []
        self._shown: list[tuple[str, str]] = []
        self.left: list[str] = []
        """What stood in a chat at the end that should have gone, or that nobody knows of."""

    # Seeing -----------------------------------------------------------------------------------

    def watching(self, create_app: Callable[..., Starlette]) -> Callable[..., Starlette]:
        """The same, and whatever the made stand-in is asked comes by here first."""

        def made(*args: Any, **kwargs: Any) -> Starlette:
            app = create_app(*args, **kwargs)
            app.add_middleware(_Watched, traffic=self)
            return app

        return made

    def asked(self, path: str, query: str, kind: str, body: bytes) -> None:
        """One request to the stand-in."""
        if path.startswith("/bot"):
            self._requests.append((path, query, kind, body))
        elif path in ("/human/send", "/human/edit"):
            given = json.loads(body)
            self.typed(str(given.get("text") or given.get("caption") or ""))
        elif path == "/human/users":
            given = json.loads(body)
            self._staff += [str(given.get(key) or "") for key in ("first_name", "last_name")]

    def typed(self, text: str) -> None:
        """Somebody typed this, wherever. A command is none of a person's words."""
        if text and not text.startswith("/"):
            self._typed.append(text)

    def page(self, answer: httpx.Response) -> None:
        """An answer of the service's own pages: of a page of the record only its address, headers
        and title may be seen by others; of a page of an error everything."""
        self._shown.append(("address", str(answer.request.url)))
        self._shown += [(f"header {k}", v) for k, v in answer.headers.items()]
        self._shown += [("title", one) for one in re.findall("<title>(.*?)</title>", answer.text)]
        if answer.status_code >= 400:
            self._shown.append((f"page of error {answer.status_code}", answer.text))

    def elsewhere(self, where: str, text: str) -> None:
        """Something left the service by another way."""
        self._shown.append((where, text))

    # Looking ----------------------------------------------------------------------------------

    async def leaks(self, logs: Iterable[str] = ()) -> list[str]:
        """What should not have been there, each with where it was; empty if all is well."""
        said = [
            (f"Telegram, {path.rpartition('/')[2]}", text)
            for path, query, kind, body in self._requests
            for text in (path, query, *[x async for x in _texts(kind, body)])
        ]
        said += self._shown
        own = _corpus(OWN_WORDS) + " ".join(self._staff).casefold()
        found = _found(said, self._identifiers + list(_secrets(self._typed, own)))
        lines = [("log", line) for log in logs for line in log.splitlines()]
        own += _corpus(OF_LOGS)
        return found + _found(lines, self._identifiers + list(_secrets(self._typed, own)))


def identifiers(register: Path) -> Iterator[str]:
    """Each part of a name, and each way to write a date of birth."""
    with register.open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table):
            yield from WORD.findall(row.get("name") or "")
            born = date.fromisoformat(row["date_of_birth"])
            day, month, year = born.day, born.month, born.year
            yield from (f"{year}-{month:02}-{day:02}", f"{day:02}/{month:02}/{year}")
            yield from (f"{day}.{month}.{year}", f"{day:02}.{month:02}.{year}")
            yield from (f"{day} {born:%b} {year}", f"{day} {born:%B} {year}")
            yield f"{day}/{month}/{year}"


def _secrets(typed: Iterable[str], own: str) -> Iterator[str]:
    """Of what was typed, what the service would not say by itself."""
    known = set(WORD.findall(own))
    for text in typed:
        words = WORD.findall(text.casefold())
        yield from (word for word in words if len(word) >= LETTERS and word not in known)
        for at in range(len(words) - IN_A_ROW + 1):
            row = " ".join(words[at : at + IN_A_ROW])
            if row not in own:
                yield row


def _found(said: Iterable[tuple[str, str]], secret: Iterable[str]) -> list[str]:
    wanted = {one.casefold() for one in secret}
    if not wanted:
        return []
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(wanted)))})(?!\w)")
    found = dict.fromkeys(
        f"{where}: {match.group()!r} in {text[:300]!r}"
        for where, text in dict.fromkeys(said)
        if (match := pattern.search(_plain(text)))
    )
    return list(found)


def _plain(text: str) -> str:
    """As a person reads it; then once more without what stands between the words."""
    plain = re.sub(r"(?:<[^>]+>|\s)+", " ", unescape(unquote_plus(text))).casefold()
    return f"{plain} | {' '.join(WORD.findall(plain))}"


@cache
def _corpus(patterns: tuple[str, ...]) -> str:
    files = [path for pattern in patterns for path in sorted(ROOT.glob(pattern))]
    text = " ".join(path.read_text(encoding="utf-8") for path in files)
    return " ".join(WORD.findall(text.casefold())) + " "


async def _texts(kind: str, body: bytes) -> Any:
    """Every text of a request's body, whichever way it is packed."""
    if kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        scope = {"type": "http", "headers": [(b"content-type", kind.encode("latin-1"))]}
        async with Request(scope, _given(body)).form(max_part_size=len(body) + 1) as form:
            for _, value in form.multi_items():
                if not isinstance(value, UploadFile):
                    for text in _inside(value):
                        yield text
                    continue
                yield str(value.filename)
                if not str(value.content_type).startswith("image/"):
                    yield (await value.read()).decode("utf-8", "replace")
        return
    for text in _inside(body.decode("utf-8", "replace")):
        yield text


def _inside(text: str) -> Iterator[str]:
    """A text, or the texts of the JSON in it."""
    try:
        document = json.loads(text)
    except ValueError:
        yield text
        return
    waiting = [document]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            waiting += one
        else:
            yield str(one)


def _given(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


class _Watched:
    """Notes each request and passes it on."""

    def __init__(self, app: ASGIApp, traffic: Traffic) -> None:
        self._app, self._traffic = app, traffic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(("/bot", "/human/")):
            await self._app(scope, receive, send)
            return
        kind = dict(scope["headers"]).get(b"content-type", b"").decode("latin-1")
        parts: list[bytes] = []

        async def noted() -> Message:
            message = await receive()
            parts.append(message.get("body", b""))
            if message["type"] == "http.request" and not message.get("more_body"):
                query = scope["query_string"].decode("latin-1")
                self._traffic.asked(scope["path"], query, kind, b"".join(parts))
                parts.clear()
            return message

        await self._app(scope, noted, send)
