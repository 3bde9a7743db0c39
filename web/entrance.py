"""Coming in by what Telegram hands over or a link from the chat, then the second factor."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from handlers.wording import pages as say
from protocol.provider import Role, Staff
from web.init_data import NotFromTelegram, account_in
from web.second_factor import problem_with
from web.sessions import Session
from web.site import COOKIE, Refusal, Site, Visitor, page, read_form, see, with_cookie

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

APP_NAME = "Nightlight"
CHAT = "/chat"
"""The page of somebody who gave the second factor because the chat asked for it."""
ASKED_FOR = re.compile(r"/chat|/forms(/[0-9a-f]{6})?|/cases/[A-Za-z0-9-]{1,20}")
"""Pages that a button in the chat opens; an address of anywhere else is not gone to."""


def first_page(staff: Staff) -> str:
    """Where somebody of this role begins."""
    return "/people" if staff.role is Role.ADMINISTRATOR else "/cases"


def asked_for(path: str) -> str:
    """The page to go on to; "" for one that no button of ours names."""
    return path if ASKED_FOR.fullmatch(path) else ""


def routes(site: Site) -> list[Route]:
    """/, /in, /pin, /chat, /out."""
    from starlette.routing import Route

    async def start(request: Request) -> Response:
        visitor, to = site.visitor(request), asked_for(request.query_params.get("to", ""))
        if visitor is not None and to == CHAT:
            return _once_more(visitor)
        if visitor is not None:
            return see(to or first_page(visitor.staff))
        if (session := site.session(request)) is not None:
            session.to = to or session.to
            return see("/pin")
        return site.draw("in.html", problem="", to=to)

    def _once_more(visitor: Visitor) -> Response:
        """For the chat it is given now, also by somebody who is signed in."""
        site.sessions.end(visitor.session)
        staff = visitor.staff
        secret, session = site.sessions.begin(
            staff.id,
            staff.telegram_id,
            passed=False,
            factor=site.factors.of(staff.id).mark,
            in_chat=visitor.session.in_chat,
            to=CHAT,
        )
        return with_cookie(see("/pin"), secret, session)

    async def for_the_chat(_: Request, visitor: Visitor) -> Response:
        return site.draw("said.html", visitor, heading=say.GIVEN, text=say.BACK_TO_CHAT)

    async def come_in(request: Request) -> Response:
        """The secret of a link, or initData: each lets its person in once, to the second factor."""
        fields = await read_form(request)
        who = _proved(fields.get("link", ""), fields.get("app", ""))
        staff = site.staff_of(*who) if who else None
        if staff is None:
            return site.draw("in.html", problem=say.ENTRY_REFUSED, status=403, to="")
        if old := site.sessions.find(request.cookies.get(COOKIE, "")):
            site.sessions.end(old)
        secret, session = site.sessions.begin(
            staff.id,
            staff.telegram_id,
            passed=False,
            factor=site.factors.of(staff.id).mark,
            in_chat=bool(fields.get("app")),
            to=asked_for(fields.get("to", "")),
        )
        return with_cookie(see("/pin"), secret, session)

    def _proved(link: str, app: str) -> tuple[str, int] | None:
        if link:
            return site.sessions.take_link(link)
        try:
            account = account_in(app, site.token, site.now())
        except NotFromTelegram:
            return None
        person = site.provider.by_telegram(account)
        if person is None or not site.sessions.first_use(app):
            return None
        return person.id, account

    async def ask(request: Request) -> Response:
        session = site.session(request)
        if session is None:
            return see("/")
        if session.passed:
            return see("/")
        return _asking(session)

    def _asking(session: Session, problem: str = "", status: int = 200, app: str = "") -> Response:
        known = site.factors.of(session.staff_id)
        if known.locked:
            return site.draw("locked.html", text=say.LOCKED, status=403)
        if known.pin:
            return site.draw(
                "pin.html",
                token=session.csrf,
                problem=problem,
                status=status,
                app=bool(known.app),
                passkey=site.passkeys.to_come_in(known, site.sessions.challenge(session)),
                failed=say.PASSKEY_FAILED,
            )
        import pyotp

        app = app or pyotp.random_base32()
        address = pyotp.TOTP(app).provisioning_uri(name="pages", issuer_name=APP_NAME)
        return site.draw(
            "set_up.html",
            token=session.csrf,
            problem=problem,
            status=status,
            secret=app,
            address=address,
            codes=site.factors.codes,
        )

    async def give(request: Request) -> Response:
        session = site.session(request)
        if session is None or session.passed:
            raise Refusal(403)
        fields = await site.form(request, session)
        if site.factors.of(session.staff_id).pin:
            if "again" in fields:
                return _asking(session, say.SET_UP_MEANWHILE, 409)
            if "credential" in fields:
                return await _check_passkey(session, fields["credential"])
            return await _check(session, fields)
        return await _set_up(session, fields)

    async def _check(session: Session, fields: dict[str, str]) -> Response:
        code = fields.get("code", "").replace(" ", "")
        outcome = await site.factors.check(session.staff_id, fields.get("pin", ""), code)
        if outcome == "passed":
            return _pass(session)
        return _asking(session, say.WRONG, 403)

    async def _check_passkey(session: Session, credential: str) -> Response:
        challenge = site.sessions.take_challenge(session)
        outcome = await site.passkeys.check(session.staff_id, credential, challenge)
        if outcome == "passed":
            return _pass(session)
        return _asking(session, say.PASSKEY_WRONG, 403)

    async def _set_up(session: Session, fields: dict[str, str]) -> Response:
        """The first visit: a PIN, typed twice, and an app for those who want one."""
        pin, app = fields.get("pin", ""), fields.get("secret", "")
        code = fields.get("code", "").replace(" ", "")
        if not (len(app) == 32 and app.isalnum() and app.isascii()):
            raise Refusal(400)
        if problem := problem_with(pin):
            return _asking(session, say.PIN_PROBLEMS[problem], 422, app)
        if pin != fields.get("again", ""):
            return _asking(session, say.PINS_DIFFER, 422, app)
        step = site.factors.shows(app, code) if code else 0
        if step is None:
            return _asking(session, say.APP_WRONG, 422, app)
        staff = site.staff_of(session.staff_id, session.account)
        if staff is None:
            raise Refusal(403)
        kept, activation = app if code else "", fields.get("activation", "")
        outcome = await site.factors.set_up(staff, pin, kept, step, activation)
        if outcome == "done":
            return _pass(session)
        if outcome == "meanwhile":
            return _asking(session, say.SET_UP_MEANWHILE, 409)
        return _asking(session, say.ACTIVATION_WRONG, 403, app)

    def _pass(session: Session) -> Response:
        """A session of its own for what follows: the old secret opens nothing."""
        site.sessions.end(session)
        staff = site.staff_of(session.staff_id, session.account)
        if staff is None:
            raise Refusal(403)
        secret, new = site.sessions.begin(
            staff.id,
            session.account,
            passed=True,
            factor=site.factors.of(staff.id).mark,
            in_chat=session.in_chat,
        )
        return with_cookie(see(session.to or first_page(staff)), secret, new)

    async def go_out(request: Request) -> Response:
        session = site.session(request)
        if session is not None:
            await site.form(request, session)
            site.sessions.end(session)
        gone = with_cookie(see("/"), "", None)
        gone.headers["clear-site-data"] = '"cache", "storage"'
        return gone

    return [
        Route("/", start),
        Route("/in", start),
        Route("/in", come_in, methods=["POST"]),
        Route("/pin", ask),
        Route("/pin", give, methods=["POST"]),
        Route(CHAT, page(site, for_the_chat)),
        Route("/out", go_out, methods=["POST"]),
    ]
