"""What every page is given, who is looking at it, and how it is drawn."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from handlers.wording import pages as say
from handlers.wording.common import clock
from protocol.provider import Provider, Staff
from reminders.engine import Engine
from reminders.service_state import ServiceState
from reminders.stopped import stop_of
from reports.rows import Row
from web.passkeys import Passkeys
from web.recording import Recording
from web.second_factor import SecondFactors
from web.sessions import Session, Sessions

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

HERE = Path(__file__).parent
COOKIE = "__Host-nightlight"
LONGEST_TEXT = 4000
"""Characters of one field, as in the chat."""

RowsFor: TypeAlias = Callable[[Staff], Awaitable[list[Row]]]
"""The episode rows of the homes that a person covers; of the running service."""


class Refusal(Exception):
    """The page of an error with this status, and nothing else."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """Who is looking: on the staff list now, with both factors given."""

    session: Session
    staff: Staff


class Site:
    """The parts of the pages.

    Args:
        engine: knows the cases, the service and the clock.
        token: the bot's, to check what Telegram hands over.
        rows: of the figures.
        address: the public one, without a slash at its end; passkeys are bound to it.
    """

    def __init__(
        self,
        engine: Engine,
        sessions: Sessions,
        factors: SecondFactors,
        token: str,
        rows: RowsFor,
        address: str,
    ) -> None:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined

        self.engine = engine
        self.state: ServiceState = engine.service_state
        self.store = engine.service_state.store
        self.sessions = sessions
        self.factors = factors
        self.passkeys = Passkeys(factors, engine.service_state.clock, address)
        self.token = token
        self.rows = rows
        self.records = engine.records
        self.recording = Recording(engine.records)
        self._drawn = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    @property
    def provider(self) -> Provider:
        """As it is now."""
        return self.state.service

    def now(self) -> datetime:
        """UTC."""
        return self.state.clock.now()

    # Drawing ----------------------------------------------------------------------------------

    def draw(
        self, template: str, visitor: Visitor | None = None, *, status: int = 200, **values: Any
    ) -> Response:
        """A page."""
        from starlette.responses import HTMLResponse

        text = self._drawn.get_template(template).render(
            visitor=visitor,
            staff=visitor.staff if visitor else None,
            csrf=visitor.session.csrf if visitor else "",
            danger=say.DANGER,
            stopped=self._stopped(),
            **values,
        )
        return HTMLResponse(text, status)

    def error(self, status: int) -> str:
        """The page of an error: what happened and what to do, and nobody's name."""
        heading, text = say.ERRORS.get(status, say.ERRORS[500])
        return self._drawn.get_template("error.html").render(
            heading=heading,
            text=text,
            staff=None,
            csrf="",
            danger=say.DANGER,
            stopped=self._stopped(),
        )

    def _stopped(self) -> str:
        """What every page says while the service is stopped on purpose; "" while it works."""
        stop = stop_of(self.state.state)
        return say.stopped(clock(stop.at, self.now())) if stop else ""

    # Who is looking ---------------------------------------------------------------------------

    def session(self, request: Request) -> Session | None:
        """The session of the cookie, if its person is still on the list with this account, and
        their second factor is the one that it was begun with."""
        session = self.sessions.find(request.cookies.get(COOKIE, ""))
        if session is None:
            return None
        staff = self.staff_of(session.staff_id, session.account)
        if staff is None or self.factors.of(staff.id).mark != session.factor:
            self.sessions.end(session)
            return None
        return session

    def staff_of(self, staff_id: str, account: int) -> Staff | None:
        """This person, if they are on the list now with this account."""
        person = self.provider.by_telegram(account)
        if person is None or person.id != staff_id or not person.active(self.now()):
            return None
        return person

    def visitor(self, request: Request) -> Visitor | None:
        """Who is signed in with both factors; None: nobody."""
        session = self.session(request)
        if session is None or not session.passed:
            return None
        staff = self.staff_of(session.staff_id, session.account)
        return Visitor(session=session, staff=staff) if staff else None

    async def form(self, request: Request, session: Session) -> dict[str, str]:
        """The fields of a form of ours. Raises Refusal: from elsewhere, or not to be read."""
        fields = await read_form(request)
        if not hmac.compare_digest(fields.pop("csrf", "").encode(), session.csrf.encode()):
            raise Refusal(403)
        return fields


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form without files, each once. Raises Refusal."""
    if request.headers.get("content-type", "").partition(";")[0] != (
        "application/x-www-form-urlencoded"
    ):
        raise Refusal(400)
    try:
        sent = await request.form(max_fields=60)
    except Exception:  # the library names several kinds of what cannot be read
        raise Refusal(400) from None
    fields: dict[str, str] = {}
    for key, value in sent.multi_items():
        if not isinstance(value, str) or key in fields:
            raise Refusal(400)
        fields[key] = value.replace("\r\n", "\n").replace("\x00", "")
    return fields


def with_cookie(response: Response, secret: str, session: Session | None) -> Response:
    """Sets or, without a session, ends the cookie."""
    # Telegram's web client shows the page in a frame of another site: the cookie is then
    # partitioned, so that it goes nowhere else. Forms are safe by their token and by Origin.
    same_site = "None; Partitioned" if session is not None and session.in_chat else "Strict"
    age = "" if session is not None else "; Max-Age=0"
    value = f"{COOKIE}={secret}; Path=/; Secure; HttpOnly; SameSite={same_site}{age}"
    response.raw_headers.append((b"set-cookie", value.encode()))
    return response


def see(path: str) -> Response:
    """Go on there, by GET."""
    from starlette.responses import Response

    return Response(status_code=303, headers={"location": path})


Page: TypeAlias = "Callable[[Request, Visitor], Awaitable[Response]]"
Post: TypeAlias = "Callable[[Request, Visitor, Mapping[str, str]], Awaitable[Response]]"


def page(site: Site, show: Page) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint for those who are signed in; others go to the entrance."""

    async def endpoint(request: Request) -> Response:
        visitor = site.visitor(request)
        if visitor is None:
            return see("/")
        return await show(request, visitor)

    return endpoint


def post(site: Site, act: Post) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that takes a form of somebody who is signed in."""

    async def endpoint(request: Request) -> Response:
        visitor = site.visitor(request)
        if visitor is None:
            raise Refusal(403)
        return await act(request, visitor, await site.form(request, visitor.session))

    return endpoint
