"""The register: the list, one young person, somebody new."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from handlers.wording import register_pages as say
from protocol.london import day_of
from protocol.mistakes import Mistake
from protocol.provider import Role, Staff
from reminders.write_behind import OfficeChange
from storage.model import Office, Person
from storage.store import NotFound, NotSaved, StoreError
from web import register_rules as rules
from web.parts import Checked, Parts
from web.recording import on_record
from web.site import Refusal, Site, Visitor, page, post

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

FLAG = "flag_"
"""Before a flag in the name of its box."""


class Listed(NamedTuple):
    """One line of the list; what the reader may not see is ""."""

    ref: str
    home: str
    name: str
    left: str
    review: str


class Register:
    """The register as it is, and how a page changes it. Every change is a line in the service's
    log, with the reference and who did it."""

    def __init__(self, site: Site, parts: Parts) -> None:
        self.site = site
        self.checks = parts.register

    async def present(self) -> dict[str, Person]:
        """By reference."""
        return {person.ref: person for person in await self.site.store.people()}

    async def put(self, staff: Staff, people: list[Person], what: str) -> None:
        """Onto the register, and into the log. Raises StoreError: nothing was saved."""
        await self.site.store.put_people(people)
        now = self.site.now()
        line = {"at": now.isoformat(), "what": f"pages: {what}", "by": staff.id}
        lines = [line | {"person": person.ref} for person in people]

        def build(_: Office) -> OfficeChange:
            return OfficeChange(log=lines if len(lines) == 1 else [line | {"rows": len(lines)}])

        await self.site.state.change(build)

    def checked(self, cells: Mapping[str, str]) -> Checked:
        """A row, by the checks of an import."""
        return self.checks.of_row(cells, self.site.provider, day_of(self.site.now()))

    def cells_of(self, form: Mapping[str, str]) -> dict[str, str]:
        """The columns that a form has."""
        found = {k: v.strip() for k, v in form.items() if k in say.COLUMNS}
        if "has_flags" in form:
            found["flags"] = " ".join(flag for flag in self.checks.flags if FLAG + flag in form)
        return found


def wrong(mistakes: tuple[Mistake, ...] | list[Mistake] | object) -> list[str]:
    """What is to be said of them, with the label of the field."""
    found = []
    for one in mistakes if isinstance(mistakes, list | tuple) else []:
        place = say.COLUMNS.get(str(one.place[0]), "") if one.place else ""
        where = f"{one.line}: " if one.line else ""
        found.append(f"{where}{f'{place}: ' if place else ''}{one.what}. {one.remedy}".strip())
    return found


def routes(site: Site, parts: Parts) -> list[Route]:
    """/register and what lies under it, but for the import."""
    from starlette.routing import Route

    register = Register(site, parts)

    async def listed(_: Request, visitor: Visitor) -> Response:
        today, staff = day_of(site.now()), visitor.staff
        present, past = list[Listed](), list[Listed]()
        for person in (await register.present()).values():
            if not rules.sees(staff, person):
                continue
            home, reads = site.provider.home(person.home), rules.reads(staff, person)
            line = Listed(
                person.ref,
                home.name if home else person.home,
                person.name if reads else "",
                person.left_on.isoformat() if person.left_on else "",
                rules.review(person.profile, today) if reads else "",
            )
            (present if person.lives_there(today) else past).append(line)
        if staff.role is not Role.ADMINISTRATOR:
            await on_record(site.state, {"what": "pages: register listed", "by": staff.id})
        return site.draw(
            "register.html",
            visitor,
            present=present,
            past=past,
            keeps=rules.keeps_list(staff),
            reads=staff.role is not Role.ADMINISTRATOR,
        )

    async def _person(request: Request, visitor: Visitor) -> Person:
        person = await site.store.person(str(request.path_params["ref"]))
        if person is None or not rules.sees(visitor.staff, person):
            raise NotFound("person")
        return person

    async def one(request: Request, visitor: Visitor) -> Response:
        person = await _person(request, visitor)
        if rules.reads(visitor.staff, person):
            line = {"what": "pages: register read", "by": visitor.staff.id, "person": person.ref}
            await on_record(site.state, line)
        return _draw(visitor, person)

    def _draw(
        visitor: Visitor,
        person: Person,
        *,
        cells: Mapping[str, str] | None = None,
        profile: Mapping[str, str] | None = None,
        problems: tuple[str, ...] | list[str] = (),
        said: str = "",
    ) -> Response:
        known = msgspec.to_builtins(person.profile)
        return site.draw(
            "register_person.html",
            visitor,
            status=422 if problems else 200,
            person=person,
            mark=rules.mark_of(person),
            cells=register.checks.cells(person, site.provider) | dict(cells or {}),
            profile={k: known.get(k, "") for k in (*say.PASSAGES, *say.DAYS)}
            | {"philomena": person.profile.philomena}
            | dict(profile or {}),
            problems=problems,
            said=said,
            review=rules.review(person.profile, day_of(site.now())),
            reads=rules.reads(visitor.staff, person),
            writes=rules.writes(visitor.staff, person),
            changes=rules.changes_list(visitor.staff, person),
            **_forms(visitor.staff),
        )

    def _forms(staff: Staff) -> dict[str, object]:
        homes = site.provider.homes
        mine = [h for h in homes if staff.role is Role.ADMINISTRATOR or staff.covers(h.id)]
        return {
            "labels": say.COLUMNS,
            "passages": say.PASSAGES,
            "days": say.DAYS,
            "philomena": say.PHILOMENA,
            "choices": register.checks.choices,
            "flags": register.checks.flags,
            "authorities": rules.authorities(site.provider),
            "homes": homes,
            "own_homes": mine,
        }

    async def change(request: Request, visitor: Visitor, form: Mapping[str, str]) -> Response:
        """Some columns of somebody: moved, left, corrected. What the form has not stays."""
        person, staff = await _person(request, visitor), visitor.staff
        given = register.cells_of(form)
        given.pop("reference", None)
        moving = set(given) <= {"home", "left_on", "care_ceased"}
        if not (rules.writes(staff, person) or (moving and rules.changes_list(staff, person))):
            raise Refusal(403)
        if form.get("mark") != rules.mark_of(person):
            return _draw(visitor, person, problems=[say.MEANWHILE])
        checked = register.checked(register.checks.cells(person, site.provider) | given)
        if checked.mistakes:
            return _draw(visitor, person, cells=given, problems=wrong(list(checked.mistakes)))
        present = {person.ref: person}
        new = list(register.checks.keeping(checked.people, present))
        try:
            await register.put(staff, new, "register changed")
        except StoreError:
            return _draw(visitor, person, cells=given, problems=[say.NOT_SAVED])
        if not rules.sees(staff, new[0]):
            return await listed(request, visitor)
        return _draw(visitor, new[0], said=say.SAVED)

    async def describe(request: Request, visitor: Visitor, form: Mapping[str, str]) -> Response:
        """The missing profile."""
        person = await _person(request, visitor)
        if not rules.writes(visitor.staff, person):
            raise Refusal(403)
        profile, problem = rules.profile_of(form, day_of(site.now()))
        if form.get("mark") != rules.mark_of(person):
            problem = say.MEANWHILE
        new = msgspec.structs.replace(person, profile=profile)
        if not problem:
            try:
                await register.put(visitor.staff, [new], "profile changed")
            except (NotSaved, StoreError):
                problem = say.NOT_SAVED
        if problem:
            typed = {k: form.get(k, "") for k in (*say.PASSAGES, *say.DAYS, "philomena")}
            return _draw(visitor, person, profile=typed, problems=[problem])
        return _draw(visitor, new, said=say.SAVED)

    async def blank(_: Request, visitor: Visitor) -> Response:
        if not rules.keeps_list(visitor.staff):
            raise NotFound("register")
        return _new(visitor, {})

    def _new(
        visitor: Visitor, cells: Mapping[str, str], problems: tuple[str, ...] | list[str] = ()
    ) -> Response:
        return site.draw(
            "register_new.html",
            visitor,
            status=422 if problems else 200,
            cells={**dict.fromkeys(say.COLUMNS, ""), **cells},
            problems=problems,
            **_forms(visitor.staff),
        )

    async def add(_: Request, visitor: Visitor, form: Mapping[str, str]) -> Response:
        if not rules.keeps_list(visitor.staff):
            raise Refusal(403)
        cells = register.cells_of(form)
        checked, present = register.checked(cells), await register.present()
        mistakes = list(checked.mistakes)
        people = list(checked.people)
        if not mistakes:
            mistakes += register.checks.taken(people, present)
            mistakes += rules.not_theirs(visitor.staff, people, {})
        problems = wrong(mistakes)
        if people and people[0].ref in present:
            problems.append(say.ON_LIST)
        if not problems and "sure" not in form:
            problems = wrong(list(register.checks.questions(people, present)))
        if problems:
            return _new(visitor, cells, problems)
        try:
            await register.put(visitor.staff, people, "register added")
        except StoreError:
            return _new(visitor, cells, [say.NOT_SAVED])
        return _draw(visitor, people[0], said=say.SAVED)

    return [
        Route("/register", page(site, listed)),
        Route("/register/new", page(site, blank)),
        Route("/register/new", post(site, add), methods=["POST"]),
        Route("/register/young/{ref}", page(site, one)),
        Route("/register/young/{ref}", post(site, change), methods=["POST"]),
        Route("/register/young/{ref}/profile", post(site, describe), methods=["POST"]),
    ]
