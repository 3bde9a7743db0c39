"""Refuses what a foreign web page makes a browser on this machine ask.

A page of any site can post to 127.0.0.1, load an address as a picture, or let its own name point
here. Browsers tell such requests apart by ``Host``, ``Origin`` and ``Sec-Fetch-Site``; programs
send no ``Origin``.
"""

from urllib.parse import urlsplit

import orjson
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
"""What this machine is called from itself. Any other name is one that somebody let point here."""


class OwnRequests:
    """ASGI middleware over every route: the Bot API, files, people, clock, weather, the page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or answer 403 and say why."""
        why = refusal(scope) if scope["type"] == "http" else None
        if why is None:
            await self._app(scope, receive, send)
            return
        body = orjson.dumps({
            "ok": False, "error_code": 403, "description": f"Forbidden: {why}", "error": why
        })  # fmt: skip
        await Response(body, 403, media_type="application/json")(scope, receive, send)


def refusal(scope: Scope) -> str | None:
    """Why a request is not from this machine's own programs or the sandbox's own page; or None."""
    headers = Headers(scope=scope)
    hosts = headers.getlist("host")
    if len(hosts) != 1 or _name(f"//{hosts[0]}") not in NAMES:
        return "the sandbox answers only to 127.0.0.1, localhost and ::1"
    origins = headers.getlist("origin")
    if any(origin.lower() != f"http://{hosts[0]}".lower() for origin in origins):
        return "only the sandbox's own page may do that"
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        opened = headers.get("sec-fetch-mode") == "navigate" and scope["method"] == "GET"
        if not (opened and scope["path"] == "/"):  # a link to the page itself may be followed
            return "only the sandbox's own page may do that"
    return None


def _name(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None
