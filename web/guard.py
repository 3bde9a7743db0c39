"""What stands before every page: whose name is asked for, how often, how much, how long.

A pure ASGI layer. What it refuses never reaches a page; what a page answers leaves with the
headers of `HEADERS`. An unforeseen error becomes a page that says nothing of it.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog

from web.connections import network_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger(__name__)

FRAMES = "https://web.telegram.org https://*.web.telegram.org"
"""Telegram's own pages show Mini Apps in a frame; nobody else may."""
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; "
    "object-src 'none'; base-uri 'none'; frame-ancestors "
)
_CSP = b"content-security-policy"
HEADERS: Mapping[bytes, bytes] = {
    b"content-security-policy": f"{_POLICY}{FRAMES}".encode(),
    b"cache-control": b"no-store",
    b"referrer-policy": b"same-origin",
    b"x-content-type-options": b"nosniff",
    b"x-robots-tag": b"noindex, nofollow",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), microphone=(), geolocation=(), payment=()",
    b"strict-transport-security": b"max-age=31536000",
}
"""`same-origin` for the referrer, as browsers else send "null" for the origin of a form."""

MOST_BYTES = 64 * 1024
"""Of a form."""
MOST_FILE_BYTES = 1000 * 1024
UPLOADS = ("/register/import/file",)
"""Forms with a file; below the size from which the library would write it to the disk."""
MOST_ATTACHMENT_BYTES = 10_100_000
"""Of the form with a file beside a case. It goes to the page as it comes in: who may not send it is
refused before it is in memory."""
UPLOAD_SECONDS = 120.0
"""So long such a form, or the file on its way out, may take; 10 MB at 0.7 Mbit/s."""
MOST_PATH = 300
MOST_HEADER_BYTES = 16 * 1024
BODY_SECONDS = 10.0
ANSWER_SECONDS = 30.0
METHODS = frozenset({"GET", "HEAD", "POST"})
ENTRANCES = ("/in", "/pin", "/outside", "/outside/answer")
REQUESTS, REQUEST_SECONDS = 120, 60.0
"""So many requests of one address within so many seconds."""
ENTRIES, ENTRY_SECONDS = 20, 300.0
"""So many POSTs to the entrances of one address."""
ADDRESSES = 4096
AT_ONCE = 20
"""So many requests of one address are under way at the same time: slow ones hold no more."""


class RateLimit:
    """A bucket for each key that fills again evenly. seconds: a monotonic clock."""

    def __init__(
        self, most: int, within: float, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._most, self._rate, self._seconds = float(most), most / within, seconds
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def takes(self, key: str) -> bool:
        """One more of this key; False: too many."""
        now = self._seconds()
        left, since = self._buckets.pop(key, (self._most, now))
        left = min(self._most, left + (now - since) * self._rate)
        allowed = left >= 1
        self._buckets[key] = (left - 1 if allowed else left, now)
        while len(self._buckets) > ADDRESSES:
            self._buckets.popitem(last=False)
        return allowed


class TooLarge(Exception):
    """The body is longer than allowed."""


class Guard:
    """address: the public address of the pages, such as "https://pages.example.org".

    page: makes the body of an error from its status; HTML.  frames: origins whose pages may show
    these in a frame.
    """

    def __init__(
        self,
        app: ASGIApp,
        address: str,
        page: Callable[[int], str],
        seconds: Callable[[], float] = time.monotonic,
        frames: str = FRAMES,
    ) -> None:
        parts = urlsplit(address)
        self._app = app
        self._host = parts.netloc.casefold()
        self._origin = f"{parts.scheme}://{parts.netloc}".casefold()
        self._page = page
        self._headers = {**HEADERS, b"content-security-policy": f"{_POLICY}{frames}".encode()}
        self._requests = RateLimit(REQUESTS, REQUEST_SECONDS, seconds)
        self._entries = RateLimit(ENTRIES, ENTRY_SECONDS, seconds)
        self._under_way: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                # A page's own policy comes beside that of all pages, so it can only be stricter.
                own = [(k, v) for k, v in message["headers"] if k not in HEADERS or k == _CSP]
                message["headers"] = [*own, *self._headers.items()]
            await send(message)

        async def refuse(status: int) -> None:
            if begun:
                return
            body = self._page(status).encode()
            headers = [
                (b"content-type", b"text/html; charset=utf-8"),
                (b"content-length", str(len(body)).encode()),
            ]
            if status in (408, 413, 429):
                headers.append((b"connection", b"close"))
            await sending({"type": "http.response.start", "status": status, "headers": headers})
            await sending({"type": "http.response.body", "body": body})

        if status := self._refused(scope):
            await refuse(status)
            return
        client = client_of(scope, dict(scope["headers"]))
        if self._under_way[client] >= AT_ONCE:
            await refuse(429)
            return
        self._under_way[client] += 1
        try:
            await self._answer(scope, receive, sending, refuse)
        finally:
            self._under_way[client] -= 1
            if not self._under_way[client]:
                del self._under_way[client]

    async def _answer(
        self,
        scope: Scope,
        receive: Receive,
        sending: Send,
        refuse: Callable[[int], Awaitable[None]],
    ) -> None:
        """Within its time; what goes wrong becomes a page."""
        try:
            sends_file = _is_attachment(scope)
            given = _counted(scope, receive) if sends_file else await self._body(scope, receive)
            # A file of 10 MB takes its time on a telephone, either way.
            long = "/attachments" in scope["path"]
            async with asyncio.timeout(UPLOAD_SECONDS if long else ANSWER_SECONDS):
                await self._app(scope, given, sending)
        except TooLarge:
            await refuse(413)
        except TimeoutError:
            await refuse(408)
        except _Gone:
            return
        except Exception:
            log.exception("a page failed")
            await refuse(500)

    def _refused(self, scope: Scope) -> int:
        """Status of the refusal, from line and headers alone; 0: it goes on."""
        headers = _headers(scope)
        if headers is None or headers.get(b"host", b"").decode("latin-1").casefold() != self._host:
            return 421
        if b"transfer-encoding" in headers and b"content-length" in headers:
            return 400  # a proxy and this server could see two different bodies
        if sum(len(key) + len(value) for key, value in scope["headers"]) > MOST_HEADER_BYTES:
            return 400
        if scope["method"] not in METHODS:
            return 405
        raw = scope.get("raw_path") or scope["path"].encode()
        if len(raw) > MOST_PATH or not _plain(scope["path"], raw):
            return 404
        client = client_of(scope, headers)
        if not self._requests.takes(client):
            return 429
        if scope["method"] != "POST":
            return 0
        # Browsers send Origin with every POST; a form of another site, or a frame without origin,
        # is refused before its body is read.
        if headers.get(b"origin", b"").decode("latin-1").casefold() != self._origin:
            return 403
        if headers.get(b"sec-fetch-site", b"same-origin") != b"same-origin":
            return 403
        if scope["path"] in ENTRANCES and not self._entries.takes(client):
            return 429
        length = headers.get(b"content-length", b"0")
        if not length.isdigit():
            return 400
        return 413 if int(length) > _most(scope) else 0

    async def _body(self, scope: Scope, receive: Receive) -> Receive:
        """The whole body first, so that nobody who is slow or endless holds a page."""
        parts: list[bytes] = []
        if scope["method"] == "POST":
            size = 0
            async with asyncio.timeout(BODY_SECONDS):
                more = True
                while more:
                    message = await receive()
                    if message["type"] != "http.request":
                        raise _Gone
                    part = message.get("body", b"")
                    size += len(part)
                    if size > _most(scope):
                        raise TooLarge
                    parts.append(part)
                    more = message.get("more_body", False)
        given = False

        async def whole() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": b"".join(parts), "more_body": False}

        return whole


def _most(scope: Scope) -> int:
    """Bytes that are taken of a form at this path."""
    if _is_attachment(scope):
        return MOST_ATTACHMENT_BYTES
    return MOST_FILE_BYTES if scope["path"] in UPLOADS else MOST_BYTES


def _is_attachment(scope: Scope) -> bool:
    path: str = scope["path"]
    return (
        scope["method"] == "POST" and path.startswith("/cases/") and path.endswith("/attachments")
    )


def _counted(scope: Scope, receive: Receive) -> Receive:
    """The body as it comes in. Raises TooLarge where it is longer than allowed."""
    size = 0

    async def part() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > _most(scope):
            raise TooLarge
        return message

    return part


class _Gone(Exception):
    """The client left."""


def _headers(scope: Scope) -> dict[bytes, bytes] | None:
    """By name; None if one that decides here stands twice."""
    found: dict[bytes, bytes] = {}
    for key, value in scope["headers"]:
        if key in found and key in (b"host", b"origin", b"content-length", b"content-type"):
            return None
        # Of several such headers the last part of the last one is the proxy's own.
        found[key] = value
    return found


def _plain(path: str, raw: bytes) -> bool:
    """No path that says one thing here and another elsewhere."""
    tricks = ("..", "//", "\\", "%", ";", "\x00")
    return (
        path.isprintable()
        and path.isascii()
        and not any(t in path for t in tricks)
        and (b"%" not in raw.partition(b"?")[0])
    )


def client_of(scope: Scope, headers: Mapping[bytes, bytes]) -> str:
    """The address that is counted: the peer's; of a proxy on this machine, the last one that it
    names, which it has added itself."""
    peer = str((scope.get("client") or ("",))[0])
    named = headers.get(b"x-forwarded-for", b"").decode("latin-1").rpartition(",")[2].strip()
    try:
        if named and ip_address(peer).is_loopback:
            return network_of(named)
        return network_of(peer)
    except ValueError:
        return peer
