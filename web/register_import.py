"""A table onto the register: chosen, looked at, then taken over. Until then nothing is saved."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from handlers.wording import register_pages as say
from protocol.london import day_of
from protocol.mistakes import Mistake
from protocol.provider import Role, Staff
from storage.model import Person
from storage.store import NotFound, StoreError
from web import register_rules as rules
from web.guard import MOST_FILE_BYTES
from web.parts import Parts
from web.recording import on_record
from web.register_pages import Register, wrong
from web.site import Refusal, Site, Visitor, page, post
from web.uploads import upload

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

WAITING = 20
"""So many previews are held at a time, in memory alone; the oldest goes for a new one."""
MOST_SHOWN = 500


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's table, read and not yet taken over."""

    session: str
    people: Sequence[Person]


def routes(site: Site, parts: Parts) -> list[Route]:
    """/register/import."""
    from starlette.concurrency import run_in_threadpool
    from starlette.routing import Route

    register = Register(site, parts)
    waiting: OrderedDict[str, Preview] = OrderedDict()

    def _draw(
        visitor: Visitor,
        *,
        problems: Sequence[str] = (),
        changes: Sequence[rules.Change] = (),
        questions: Sequence[str] = (),
        preview: str = "",
        said: str = "",
    ) -> Response:
        kinds = [one.kind for one in changes]
        return site.draw(
            "register_import.html",
            visitor,
            status=422 if problems else 200,
            problems=list(problems)[:MOST_SHOWN],
            changes=[one for one in changes if one.kind != "same"][:MOST_SHOWN],
            count={kind: kinds.count(kind) for kind in ("new", "changed", "same")},
            questions=questions,
            preview=preview,
            said=said,
            labels=say.COLUMNS,
            reads=visitor.staff.role is not Role.ADMINISTRATOR,
            columns=", ".join(say.COLUMNS),
        )

    def _refused(staff: Staff, people: Sequence[Person], present: Mapping[str, Person]) -> object:
        mistakes: list[Mistake] = rules.not_theirs(staff, people, present)
        return mistakes or list(register.checks.taken(people, present))

    async def refused(visitor: Visitor, problems: int) -> None:
        by = visitor.staff.id
        line: dict[str, str | int] = {"what": "pages: register refused", "by": by}
        await on_record(site.state, line | {"problems": problems})

    async def blank(_: Request, visitor: Visitor) -> Response:
        if not rules.keeps_list(visitor.staff):
            raise NotFound("register")
        return _draw(visitor)

    async def look(request: Request) -> Response:
        """The file, and what it would change."""
        visitor = site.visitor(request)
        if visitor is None or not rules.keeps_list(visitor.staff):
            raise Refusal(403)
        name, content, _ = await upload(request, visitor.session, MOST_FILE_BYTES)
        if not content:
            return _draw(visitor, problems=[say.NO_FILE])
        today, provider = day_of(site.now()), site.provider
        checked = await run_in_threadpool(register.checks.of_file, name, content, provider, today)
        if checked.mistakes:
            await refused(visitor, len(checked.mistakes))
            return _draw(visitor, problems=wrong(list(checked.mistakes)))
        present = await register.present()
        if problems := wrong(_refused(visitor.staff, checked.people, present)):
            await refused(visitor, len(problems))
            return _draw(visitor, problems=problems)
        key = secrets.token_urlsafe(16)
        waiting[key] = Preview(session=visitor.session.key, people=checked.people)
        while len(waiting) > WAITING:
            waiting.popitem(last=False)
        return _preview(visitor, key, present)

    def _preview(visitor: Visitor, key: str, present: Mapping[str, Person]) -> Response:
        cells, people = register.checks.cells, waiting[key].people
        changes = [
            rules.change_of(
                one.ref,
                cells(present[one.ref], site.provider) if one.ref in present else None,
                cells(one, site.provider),
            )
            for one in people
        ]
        questions = wrong(list(register.checks.questions(people, present)))
        return _draw(visitor, changes=changes, questions=questions, preview=key)

    async def take(_: Request, visitor: Visitor, form: Mapping[str, str]) -> Response:
        """What was shown, checked once more against the register as it is now."""
        if not rules.keeps_list(visitor.staff):
            raise Refusal(403)
        key = form.get("preview", "")
        found = waiting.get(key)
        if found is None or found.session != visitor.session.key:
            return _draw(visitor, problems=[say.OLD_PREVIEW])
        present = await register.present()
        if problems := wrong(_refused(visitor.staff, found.people, present)):
            return _draw(visitor, problems=problems)
        if register.checks.questions(found.people, present) and "sure" not in form:
            return _preview(visitor, key, present)
        del waiting[key]
        people = list(register.checks.keeping(found.people, present))
        try:
            await register.put(visitor.staff, people, "register imported")
        except StoreError:
            return _draw(visitor, problems=[say.NOT_SAVED])
        return _draw(visitor, said=say.imported(len(people)))

    return [
        Route("/register/import", page(site, blank)),
        Route("/register/import/file", look, methods=["POST"]),
        Route("/register/import", post(site, take), methods=["POST"]),
    ]
