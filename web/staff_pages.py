"""The staff list: invitations, an entry, the end of somebody's time. The rules are those of
`reminders.staff_list`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

import msgspec

from handlers.wording import staff_pages as say
from handlers.wording.common import ROLES
from handlers.wording.people import ABOUT_ROLES
from protocol.provider import Role, Staff
from protocol.staff_facts import is_name, is_number, may_manage, may_succeed
from storage.store import NotFound, NotSaved
from web.parts import Parts
from web.recording import once_of
from web.site import Refusal, Site, Visitor, page, post

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

HOME = "home_"
"""Before a home in the name of its box."""
ALL = "all_homes"


class _Wrong(Exception):
    """What the form says cannot be done; the text says why."""


def routes(site: Site, parts: Parts) -> list[Route]:
    """What lies under /people, but the list itself and the reset of a PIN."""
    from starlette.routing import Route

    people = parts.staff_list

    def _manages(visitor: Visitor) -> Staff:
        if not people.manages_people(visitor.staff):
            raise Refusal(403)
        return visitor.staff

    def _entry(visitor: Visitor, person: str) -> Staff:
        for one in people.visible(visitor.staff):
            if one.id == person:
                return one
        raise NotFound("person")

    def _homes(actor: Staff) -> dict[str, str]:
        everywhere = actor.role is Role.ADMINISTRATOR or not actor.homes
        homes = site.provider.homes
        return {h.id: h.name for h in homes if everywhere or h.id in actor.homes}

    def _draw(visitor: Visitor, other: Staff | None, problem: str = "", **more: object) -> Response:
        actor = visitor.staff
        values: dict[str, object] = {
            "said": "",
            "link": "",
            "in_hand": "",
            "typed": {},
            "governed": other is not None and people.is_governed(other.id),
            "may": other is None or may_manage(actor, other),
            "successors": (
                may_succeed(actor, other, site.provider.staff, site.now()) if other else []
            ),
        }
        return site.draw(
            "staff.html",
            visitor,
            status=422 if problem else 200,
            problem=problem,
            other=other,
            roles={r.value: f"{ROLES[r]}: {ABOUT_ROLES[r]}" for r in people.roles_to_give(actor)},
            homes=_homes(actor),
            all_homes=actor.role is Role.ADMINISTRATOR or not actor.homes,
            to_the_rota=say.TO_THE_ROTA,
            **(values | more),
        )

    def _wanted(form: Mapping[str, str], actor: Staff, was: Staff) -> Staff:
        """The entry that the form says. Raises _Wrong."""
        name, phone = form.get("name", "").strip(), form.get("phone", "").strip()
        if not is_name(name):
            raise _Wrong(say.NO_NAME)
        if phone and not is_number(phone):
            raise _Wrong(say.NO_NUMBER)
        try:
            role = Role(form.get("role", ""))
        except ValueError:
            raise Refusal(400) from None
        last = form.get("until", "").strip()
        try:
            expires = date.fromisoformat(last) if last else None
        except ValueError:
            raise _Wrong(say.NO_DAY) from None
        homes = tuple(home for home in _homes(actor) if HOME + home in form)
        if role is not Role.ADMINISTRATOR and ALL not in form and not homes:
            raise _Wrong(say.ONE_HOME)
        if role is Role.ADMINISTRATOR or ALL in form:
            homes = ()
        return msgspec.structs.replace(
            was, name=name, role=role, homes=homes, expires=expires, phone=phone
        )

    async def blank(_: Request, visitor: Visitor) -> Response:
        _manages(visitor)
        return _draw(visitor, None)

    async def invite(_: Request, visitor: Visitor, form: Mapping[str, str]) -> Response:
        actor = _manages(visitor)
        nobody = Staff(id="", name="", telegram_id=0, role=Role.DUTY_MANAGER)
        try:
            wanted = _wanted(form, actor, nobody)
            return await _link(visitor, wanted, None)
        except _Wrong as error:
            return _draw(visitor, None, str(error), typed=form)
        except NotSaved:
            return _draw(visitor, None, say.NOT_SAVED, typed=form)

    async def _link(visitor: Visitor, wanted: Staff, other: Staff | None) -> Response:
        """The link of an invitation, shown once. Raises _Wrong, NotSaved."""
        secret, made = await people.invite(
            visitor.staff, wanted, account_of=other.id if other else "", update_id=once_of({})
        )
        if made is None:
            governed = other is not None and people.is_governed(other.id)
            raise _Wrong(say.REASONS["configuration" if governed else "not_allowed"])
        address = await parts.invitation(secret)
        if not address:
            await people.withdraw(visitor.staff, made.id, update_id=once_of({}))
            raise _Wrong(say.NO_LINK)
        said = say.link_for(made, site.provider, site.now())
        return _draw(visitor, other, said=said, link=address)

    async def one(request: Request, visitor: Visitor) -> Response:
        other = _entry(visitor, str(request.path_params["person"]))
        count = await people.cases_in_hand(other.id)
        return _draw(visitor, other, in_hand=say.in_hand(count))

    async def change(request: Request, visitor: Visitor, form: Mapping[str, str]) -> Response:
        """Somebody's entry; of one's own the telephone number alone."""
        other = _entry(visitor, str(request.path_params["person"]))
        try:
            if other.id == visitor.staff.id:
                phone = form.get("phone", "").strip()
                if phone and not is_number(phone):
                    raise _Wrong(say.NO_NUMBER)
                why = await people.own_phone(visitor.staff, phone, update_id=once_of({}))
            else:
                wanted = _wanted(form, visitor.staff, other)
                why = await people.change(visitor.staff, wanted, update_id=once_of({}))
            if why:
                raise _Wrong(say.REASONS[why])
        except _Wrong as error:
            return _draw(visitor, other, str(error), typed=form)
        except NotSaved:
            return _draw(visitor, other, say.NOT_SAVED, typed=form)
        now_is = next((s for s in people.visible(visitor.staff) if s.id == other.id), None)
        return _draw(visitor, now_is, said=say.CHANGED)

    async def move(request: Request, visitor: Visitor, _: Mapping[str, str]) -> Response:
        """A link for another Telegram account of the same person."""
        other = _entry(visitor, str(request.path_params["person"]))
        wanted = msgspec.structs.replace(other, telegram_id=0, second_channel=())
        try:
            return await _link(visitor, wanted, other)
        except _Wrong as error:
            return _draw(visitor, other, str(error))
        except NotSaved:
            return _draw(visitor, other, say.NOT_SAVED)

    async def end(request: Request, visitor: Visitor, form: Mapping[str, str]) -> Response:
        """Off the list from now on; what they had goes to the successor or to the rota."""
        other = _entry(visitor, str(request.path_params["person"]))
        successor, now = form.get("successor", ""), site.now()
        able = may_succeed(visitor.staff, other, site.provider.staff, now)
        if successor and successor not in [s.id for s in able]:
            raise Refusal(400)
        try:
            why = await people.end(
                visitor.staff, other.id, successor=successor, update_id=once_of({})
            )
        except NotSaved:
            return _draw(visitor, other, say.NOT_SAVED)
        if why:
            return _draw(visitor, other, say.REASONS[why])
        return _draw(visitor, None, said=say.ended(other.name))

    async def withdraw(request: Request, visitor: Visitor, _: Mapping[str, str]) -> Response:
        actor = _manages(visitor)
        try:
            why = await people.withdraw(
                actor, str(request.path_params["invitation"]), update_id=once_of({})
            )
        except NotSaved:
            return _draw(visitor, None, say.NOT_SAVED)
        if why:
            return _draw(visitor, None, say.REASONS[why])
        return _draw(visitor, None, said=say.WITHDRAWN)

    return [
        Route("/people/invite", page(site, blank)),
        Route("/people/invite", post(site, invite), methods=["POST"]),
        Route("/people/invitations/{invitation}/withdraw", post(site, withdraw), methods=["POST"]),
        Route("/people/one/{person}", page(site, one)),
        Route("/people/one/{person}", post(site, change), methods=["POST"]),
        Route("/people/one/{person}/account", post(site, move), methods=["POST"]),
        Route("/people/one/{person}/end", post(site, end), methods=["POST"]),
    ]
