"""The pages put together: routes, what stands before them, and how they are served."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from reminders.engine import Engine
from storage.store import NotFound
from web import (
    attachment_pages,
    case_pages,
    entrance,
    figure_pages,
    form_pages,
    outside_pages,
    passkey_pages,
    people_pages,
    register_import,
    register_pages,
    rota_pages,
    staff_pages,
)
from web.guard import Guard, TooLarge
from web.outside_links import OutsideLinks
from web.parts import Parts
from web.second_factor import SecondFactors
from web.server import Listening, serve
from web.sessions import Sessions
from web.settings import WebSettings
from web.site import HERE, Refusal, RowsFor, Site

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp

STATIC = {"pages.css": "text/css", "pages.js": "text/javascript"}


class Pages:
    """The pages of a running bot: `run` serves them.

    sessions: the same as those of `PageLinks`.  factors: the same as the chat's.  frames: origins
    that may show them in a frame, in the place of Telegram's own; "" for those.
    """

    def __init__(
        self,
        settings: WebSettings,
        engine: Engine,
        token: str,
        rows: RowsFor,
        parts: Parts,
        *,
        sessions: Sessions,
        factors: SecondFactors,
        seconds: Callable[[], float] | None = None,
        frames: str = "",
    ) -> None:
        self._settings = settings
        self.site = Site(
            engine,
            sessions,
            factors,
            token,
            rows,
            settings.address.rstrip("/"),
        )
        self._links = OutsideLinks(engine.service_state)
        self._parts = parts
        self._seconds = seconds
        self._frames = frames

    async def run(self) -> None:
        """Until cancelled. Raises OSError if the port or certificate cannot be had."""
        listening = Listening(
            host=self._settings.listen,
            port=self._settings.port,
            certificate=self._settings.certificate,
            certificate_key=self._settings.certificate_key,
        )
        await serve(self.app(), listening)

    def app(self) -> ASGIApp:
        """All pages behind the guard."""
        from starlette.applications import Starlette
        from starlette.exceptions import HTTPException
        from starlette.responses import HTMLResponse, Response
        from starlette.routing import Route

        site = self.site

        async def refused(_: Request, error: Exception) -> Response:
            status = error.status if isinstance(error, Refusal) else 404
            return HTMLResponse(site.error(status), status)

        async def too_large(_: Request, __: Exception) -> Response:
            return HTMLResponse(site.error(413), 413)

        async def gone(_: Request, error: Exception) -> Response:
            status = getattr(error, "status_code", 404)
            return HTMLResponse(site.error(status), status)

        def static(name: str, kind: str) -> Route:
            body = (HERE / "static" / name).read_bytes()

            async def given(_: Request) -> Response:
                return Response(body, media_type=kind)

            return Route(f"/{name}", given)

        app = Starlette(
            routes=[
                *entrance.routes(site),
                *passkey_pages.routes(site),
                *case_pages.routes(site, self._links),
                *attachment_pages.routes(site),
                *figure_pages.routes(site),
                *people_pages.routes(site, self._parts),
                *staff_pages.routes(site, self._parts),
                *rota_pages.routes(site, self._parts),
                *outside_pages.routes(site, self._links, self._settings.address.rstrip("/")),
                *form_pages.routes(site, self._parts.forms),
                *register_pages.routes(site, self._parts),
                *register_import.routes(site, self._parts),
                *(static(name, kind) for name, kind in STATIC.items()),
            ],
            exception_handlers={
                Refusal: refused,
                NotFound: refused,
                TooLarge: too_large,
                HTTPException: gone,
            },
        )
        app.router.redirect_slashes = False
        given: dict[str, Any] = {"frames": self._frames} if self._frames else {}
        if self._seconds is not None:
            given["seconds"] = self._seconds
        return Guard(app, self._settings.address.rstrip("/"), site.error, **given)
