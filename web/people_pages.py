"""The staff list, and how people come in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from handlers.wording import pages as say
from handlers.wording.common import ROLES, clock
from protocol.provider import Role, Staff
from storage.store import NotFound
from web.parts import Parts
from web.site import Refusal, Site, Visitor, page, post

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route


class Entry(NamedTuple):
    """Somebody on the list. way_in: of their PIN.  act: what a button does about it, or ""."""

    id: str
    name: str
    role: str
    homes: str
    way_in: str
    reachable: bool
    act: str


class Invited(NamedTuple):
    """A link that can still be used."""

    id: str
    name: str
    role: str
    until: str


def routes(site: Site, parts: Parts) -> list[Route]:
    """/people, and the reset of a PIN."""
    from starlette.routing import Route

    async def people(_: Request, visitor: Visitor) -> Response:
        return _people(visitor)

    def _people(visitor: Visitor, said: str = "", status: int = 200) -> Response:
        actor, now = visitor.staff, site.now()
        staff_list = [
            one
            for one in site.provider.staff
            if one.active(now) and (one.id == actor.id or site.factors.may_reset(actor, one))
        ]
        away = site.state.unreachable()
        return site.draw(
            "people.html",
            visitor,
            status=status,
            said=said,
            manages=parts.staff_list.manages_people(actor),
            invitations=[
                Invited(one.id, one.staff.name, ROLES[one.staff.role], clock(one.expires_at, now))
                for one in parts.staff_list.invitations(actor)
            ],
            people=[
                Entry(
                    id=one.id,
                    name=one.name,
                    role=ROLES[one.role],
                    homes=_homes(one),
                    way_in=_way_in(one),
                    reachable=one.id not in away,
                    act=_act(actor, one),
                )
                for one in staff_list
            ],
        )

    def _homes(one: Staff) -> str:
        if one.role is Role.ADMINISTRATOR:
            return "no cases"
        found = [home.name for home in site.provider.homes if home.id in one.homes]
        return ", ".join(found) if one.homes else "all homes"

    def _act(actor: Staff, one: Staff) -> str:
        if one.id == actor.id:
            return ""
        if site.factors.of(one.id).pin:
            return say.RESET_PIN
        return say.MAKE_CODE if site.factors.codes else ""

    def _way_in(one: Staff) -> str:
        known = site.factors.of(one.id)
        if known.locked:
            return "locked"
        if not known.pin:
            return "no PIN yet"
        also = ["app"] * bool(known.app) + ["passkey"] * bool(known.passkeys)
        return " and ".join(["PIN", *also])

    async def reset(request: Request, visitor: Visitor, _: Mapping[str, str]) -> Response:
        other = site.provider.person(str(request.path_params["person"]))
        if other is None:
            raise NotFound("person")
        code = await site.factors.reset(visitor.staff, other)
        if code is None:
            raise Refusal(403)
        return _people(visitor, say.code_for(other.name, code) if site.factors.codes else say.RESET)

    return [
        Route("/people", page(site, people)),
        Route("/people/{person}/reset", post(site, reset), methods=["POST"]),
    ]
