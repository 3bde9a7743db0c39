"""The practice session over HTTP, and the page itself."""

from __future__ import annotations

from pathlib import Path

import msgspec
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.moving import target
from sandbox.practice import Practice
from sandbox.server.people import NotPossible, Nowhere
from sandbox.server.requests import Body, answer, body_of

PAGE = Path(__file__).parent / "page"
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
SAFE = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; object-src 'none'; "
    "frame-src http://127.0.0.1:*; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


class Begin(Body, kw_only=True):
    """``POST /practice/begin``: a guided night by id, or free practice."""

    night: str = ""


class Turn(Body, kw_only=True):
    """``POST /practice/weather``."""

    switch: str
    on: bool


class Move(Body, kw_only=True):
    """``POST /practice/clock``: quarter, hour, next, morning, change, stop, or an ISO time."""

    to: str
    wait: bool = False


def routes(practice: Practice) -> list[BaseRoute]:
    """The routes of a session, to be mounted on the server."""

    async def get(_: Request) -> Response:
        return answer(practice.document())

    async def get_knows(_: Request) -> Response:
        return answer(practice.knows)

    async def put_knows(request: Request) -> Response:
        practice.learn(msgspec.json.decode(await request.body(), type=dict))
        return answer({"ok": True})

    async def begin(request: Request) -> Response:
        wanted = await body_of(request, Begin)
        if wanted.night and wanted.night not in practice.nights:
            raise Nowhere(f"there is no guided night {wanted.night!r}")
        await practice.begin(wanted.night)
        return answer(practice.document())

    async def kill(_: Request) -> Response:
        await practice.kill_bot()
        return answer(practice.document())

    async def start(_: Request) -> Response:
        await practice.start_bot()
        return answer(practice.document())

    async def weather(request: Request) -> Response:
        wanted = await body_of(request, Turn)
        try:
            practice.turn(wanted.switch, on=wanted.on)
        except OSError as error:
            raise NotPossible(str(error)) from error
        return answer(practice.document())

    async def clock(request: Request) -> Response:
        wanted = await body_of(request, Move)
        if wanted.to == "stop":
            await practice.mover.stop()
        elif wanted.to == "next":
            practice.mover.go_to_next()
        else:
            practice.mover.go(target(wanted.to, practice.world.now()))
        if wanted.wait:
            await practice.mover.arrived()
        return answer(practice.document())

    async def debrief(_: Request) -> Response:
        return answer(await practice.debrief())

    async def picture(request: Request) -> Response:
        ref = request.path_params["ref"]
        try:
            drawn = practice.picture(ref)
        except KeyError as error:
            raise Nowhere(f"there is no case {ref}") from error
        headers = {"Content-Disposition": f'attachment; filename="{ref}.svg"'}
        return Response(drawn, media_type="image/svg+xml", headers=headers)

    return [
        Route("/", page, methods=["GET"]),
        Route("/page/{file}", page, methods=["GET"]),
        Route("/practice", get, methods=["GET"]),
        Route("/practice/knows", get_knows, methods=["GET"]),
        Route("/practice/knows", put_knows, methods=["POST"]),
        Route("/practice/begin", begin, methods=["POST"]),
        Route("/practice/bot/kill", kill, methods=["POST"]),
        Route("/practice/bot/start", start, methods=["POST"]),
        Route("/practice/weather", weather, methods=["POST"]),
        Route("/practice/clock", clock, methods=["POST"]),
        Route("/practice/debrief", debrief, methods=["GET"]),
        Route("/practice/debrief/{ref}.svg", picture, methods=["GET"]),
    ]


async def page(request: Request) -> Response:
    """The page and its parts; nothing else of the machine."""
    name = request.path_params.get("file", "index.html")
    path = PAGE / name
    if path.suffix not in KINDS or path.name != name or not path.is_file():
        raise Nowhere(f"there is no {name}")
    return FileResponse(path, media_type=KINDS[path.suffix], headers=SAFE)
