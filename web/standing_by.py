"""What the pages' port says on a machine that stands by: it has no pages, and where they are.

Whatever is asked is answered with status 503, so that a proxy with both machines behind it turns to
the other one; a person who comes all the same reads what to do.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import structlog

from handlers.wording import pages as say
from web.guard import Guard
from web.server import Listening, serve
from web.settings import WebSettings
from web.site import HERE

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp

AGAIN_SECONDS = 5
"""A browser or proxy may ask again after so long: a standby leads within seconds, if it has to."""

log = structlog.get_logger(__name__)


@contextlib.asynccontextmanager
async def standing_by(settings: WebSettings) -> AsyncIterator[None]:
    """Says so on the pages' port until the end of the block, which does not depend on it."""
    listening = Listening(
        host=settings.listen,
        port=settings.port,
        certificate=settings.certificate,
        certificate_key=settings.certificate_key,
    )
    serving = asyncio.create_task(_serve(app(settings), listening), name="standing by")
    try:
        yield
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def _serve(says: ASGIApp, listening: Listening) -> None:
    try:
        await serve(says, listening)
    except OSError as error:
        log.warning("cannot say on the pages' port that this machine stands by", why=str(error))


def app(settings: WebSettings) -> ASGIApp:
    """One answer to everything, behind the guard of the pages."""
    from starlette.applications import Starlette
    from starlette.responses import HTMLResponse
    from starlette.responses import Response as Plain
    from starlette.routing import Route

    async def style(_: Request) -> Response:
        return Plain((HERE / "static" / "pages.css").read_bytes(), media_type="text/css")

    async def answer(_: Request) -> Response:
        return HTMLResponse(page(503), 503, headers={"Retry-After": str(AGAIN_SECONDS)})

    methods = ["GET", "HEAD", "POST"]
    routes = [Route("/pages.css", style), Route("/{path:path}", answer, methods=methods)]
    return Guard(Starlette(routes=routes), settings.address.rstrip("/"), page)


def page(status: int) -> str:
    """The page of this status, without a name and without a link that leads nowhere."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    drawn = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined
    )
    heading, text = say.STANDING_BY if status == 503 else say.ERRORS.get(status, say.ERRORS[500])
    return drawn.get_template("said.html").render(
        heading=heading, text=text, staff=None, csrf="", danger=say.DANGER, stopped=""
    )
