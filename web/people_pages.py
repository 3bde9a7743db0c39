"""People, their way in, and the rota with its gaps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from handlers.wording import pages as say
from handlers.wording.common import ROLES, clock
from protocol.provider import Role, Staff
from reminders.rota import stretches
from storage.store import NotFound
from web.site import Refusal, Site, Visitor, page, post

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

AHEAD = timedelta(days=14)
"""So far the rota is shown."""


class Entry(NamedTuple):
    """Somebody on the list. way_in: of their PIN."""

    id: str
    name: str
    role: str
    homes: str
    way_in: str
    reachable: bool
    reset: bool


class Turn(NamedTuple):
    """Who is on duty from a moment on."""

    since: str
    names: str
    gap: bool
    unreachable: str


def routes(site: Site) -> list[Route]:
    """/people and /rota."""
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
            people=[
                Entry(
                    id=one.id,
                    name=one.name,
                    role=ROLES[one.role],
                    homes=_homes(one),
                    way_in=_way_in(one),
                    reachable=one.id not in away,
                    reset=bool(site.factors.of(one.id).pin) and one.id != actor.id,
                )
                for one in staff_list
            ],
        )

    def _homes(one: Staff) -> str:
        if one.role is Role.ADMINISTRATOR:
            return "no cases"
        found = [home.name for home in site.provider.homes if home.id in one.homes]
        return ", ".join(found) if one.homes else "all homes"

    def _way_in(one: Staff) -> str:
        known = site.factors.of(one.id)
        if known.locked:
            return "locked"
        if not known.pin:
            return "no PIN yet"
        return "PIN and app" if known.app else "PIN"

    async def reset(request: Request, visitor: Visitor, _: Mapping[str, str]) -> Response:
        other = site.provider.person(str(request.path_params["person"]))
        if other is None:
            raise NotFound("person")
        done = await site.factors.reset(visitor.staff, other)
        if not done:
            raise Refusal(403)
        return _people(visitor, say.RESET)

    async def rota(_: Request, visitor: Visitor) -> Response:
        now = site.now()
        homes = [
            (home.name, _turns(home.id, now))
            for home in site.provider.homes
            if visitor.staff.covers(home.id)
            or visitor.staff.audits(home.id)
            or visitor.staff.role is Role.ADMINISTRATOR
        ]
        return site.draw("rota.html", visitor, homes=homes)

    def _turns(home: str, now: datetime) -> list[Turn]:
        """Each change within two weeks, and the stretches for which nobody is on duty."""
        state, found = site.state, list[Turn]()
        away, last = state.unreachable(), None
        spans = stretches(
            home,
            now,
            now + AHEAD,
            policy=state.policy,
            state=state.rota,
            office=state.office_hours,
        )
        for begins, _ in spans:
            crew = state.on_duty(home, begins)
            if crew == last:
                continue
            last = crew
            people = [one for x in crew if (one := site.provider.person(x))]
            found.append(
                Turn(
                    "now" if begins == now else clock(begins, now),
                    ", ".join(one.name for one in people),
                    not people,
                    ", ".join(one.name for one in people if one.id in away),
                )
            )
        return found

    return [
        Route("/people", page(site, people)),
        Route("/people/{person}/reset", post(site, reset), methods=["POST"]),
        Route("/rota", page(site, rota)),
    ]
