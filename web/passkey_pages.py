"""Somebody's own passkeys: the list, one more, one less. A new one needs the PIN once more, so
that nobody adds their own to a session that was left open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from handlers.wording import pages as say
from handlers.wording.common import clock
from storage.store import NotFound
from web.passkeys import LONGEST_NAME
from web.site import Site, Visitor, page, post

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route


def routes(site: Site) -> list[Route]:
    """/passkeys and what lies under it."""
    from starlette.routing import Route

    def _list(
        visitor: Visitor, *, said: str = "", problem: str = "", status: int = 200, asked: str = ""
    ) -> Response:
        """asked: what the browser asks the device for; "": the PIN comes first."""
        known, now = site.factors.of(visitor.staff.id), site.now()
        return site.draw(
            "passkeys.html",
            visitor,
            status=status,
            said=said,
            problem=problem,
            keys=[
                (
                    one.number,
                    one.name,
                    clock(one.added, now),
                    clock(one.used, now) if one.used else "",
                )
                for one in known.passkeys
            ],
            app=bool(known.app),
            impossible="" if site.passkeys.possible else say.PASSKEYS_IMPOSSIBLE,
            asked=asked,
            failed=say.PASSKEY_NOT_MADE,
            twice=say.PASSKEY_KNOWN,
            longest=LONGEST_NAME,
        )

    async def listed(_: Request, visitor: Visitor) -> Response:
        return _list(visitor)

    async def begin(_: Request, visitor: Visitor, form: Mapping[str, str]) -> Response:
        """The PIN once more; a wrong one counts."""
        code = form.get("code", "").replace(" ", "")
        outcome = await site.factors.check(visitor.staff.id, form.get("pin", ""), code)
        if outcome == "locked":
            site.sessions.end(visitor.session)
            return site.draw("locked.html", text=say.LOCKED, status=403)
        if outcome != "passed":
            return _list(visitor, problem=say.WRONG, status=403)
        return _asking(visitor)

    def _asking(visitor: Visitor, problem: str = "", status: int = 200) -> Response:
        challenge = site.sessions.challenge(visitor.session)
        asked = site.passkeys.to_add(visitor.staff, challenge)
        return _list(visitor, asked=asked, problem=problem, status=status)

    async def add(_: Request, visitor: Visitor, form: Mapping[str, str]) -> Response:
        challenge = site.sessions.take_challenge(visitor.session)
        name = form.get("name", "").strip()
        if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
            again = challenge and _asking(visitor, say.PASSKEY_NAME, 422)
            return again or _list(visitor, problem=say.PASSKEY_NOT_TAKEN, status=422)
        credential = form.get("credential", "")
        outcome = await site.passkeys.add(visitor.staff, name, credential, challenge)
        if outcome == "added":
            return _list(visitor, said=say.PASSKEY_ADDED)
        problem = say.PASSKEYS_FULL if outcome == "full" else say.PASSKEY_NOT_TAKEN
        return _list(visitor, problem=problem, status=422)

    async def remove(request: Request, visitor: Visitor, _: Mapping[str, str]) -> Response:
        if not await site.passkeys.remove(visitor.staff.id, str(request.path_params["number"])):
            raise NotFound("passkey")
        visitor.session.factor = site.factors.of(visitor.staff.id).mark
        return _list(visitor, said=say.PASSKEY_REMOVED)

    return [
        Route("/passkeys", page(site, listed)),
        Route("/passkeys", post(site, add), methods=["POST"]),
        Route("/passkeys/new", post(site, begin), methods=["POST"]),
        Route("/passkeys/{number}/remove", post(site, remove), methods=["POST"]),
    ]
