"""What somebody without an account answers by a link, and how links are made and ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, cast

from handlers.wording import outside as say
from handlers.wording.recording import ROLE_OPTIONS
from protocol import facts as f
from protocol.counting import last_of
from protocol.provider import Staff
from protocol.recorded import BY_LINK
from reminders.case_records import new_ids
from storage.model import Episode
from storage.store import Change, NotFound, NotSaved
from web.outside_links import HOLDS, Kind, OutsideLink, OutsideLinks
from web.site import LONGEST_TEXT, Refusal, Site, Visitor, post, read_form, see
from web.typed_moment import NoMoment, TwiceOrNever, typed_moment

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

LONGEST_NAME = 120
ROLES = [
    (value, text) for text, value in ROLE_OPTIONS if value not in ("manager_told", "message_left")
]
"""Who can say of themselves that they act: nobody who has not answered."""


class _Wrong(Exception):
    """What stands in the form cannot be recorded; the text says why."""


def routes(site: Site, links: OutsideLinks, address: str) -> list[Route]:
    """/outside for those outside; /cases/{ref}/links for those who make links."""
    from starlette.routing import Route

    async def start(_: Request) -> Response:
        return site.draw("outside_in.html", problem="")

    async def opened(request: Request) -> Response:
        fields = await read_form(request)
        found = await _of(fields.get("link", ""))
        if found is None:
            return site.draw("outside_in.html", problem=say.ENDED, status=403)
        return _asking(*found, fields["link"], {}, "")

    async def answered(request: Request) -> Response:
        fields = await read_form(request)
        secret = fields.get("link", "")
        async with links.answering:
            found = await _of(secret)
            if found is None:
                return site.draw("outside_in.html", problem=say.ENDED, status=403)
            link, _ = found

            def said(current: Episode) -> Change:
                return Change(facts=[_answer(link, current, fields, site.now())])

            # As the form of a page: below 0, and the same for the same answer.
            accepts = link.kind == "interviewer" and fields.get("answer") == "accept"
            once = -1 - (int(link.number, 16) * 2 + int(accepts or link.accepted))
            try:
                await site.records.update(link.ref, said, once)
            except _Wrong as why:
                return _asking(*found, secret, fields, str(why), 422)
            except NotSaved:
                return _asking(*found, secret, fields, say.NOT_SAVED, 503)
            await links.answered(secret, accepted=accepts)
        return site.draw("outside_done.html", text=say.ACCEPTED if accepts else say.THANKS)

    async def _of(secret: str) -> tuple[OutsideLink, Episode] | None:
        link = links.find(secret)
        if link is None:
            return None
        episode = await site.records.episode(link.ref)
        return None if episode.closed_at is not None else (link, episode)

    def _asking(
        link: OutsideLink,
        episode: Episode,
        secret: str,
        given: Mapping[str, str],
        problem: str,
        status: int = 200,
    ) -> Response:
        home = site.provider.home(episode.home)
        return site.draw(
            "outside.html",
            status=status,
            kind=link.kind,
            accepted=link.accepted,
            ref=link.ref,
            home=home.name if home else "",
            link=secret,
            roles=ROLES,
            given=given,
            problem=problem,
        )

    # Making them ------------------------------------------------------------------------------

    async def make(request: Request, visitor: Visitor, form: Mapping[str, str]) -> Response:
        ref, kind = await _theirs(request, visitor.staff), form.get("kind", "")
        if kind not in HOLDS:
            raise Refusal(400)
        secret = await links.make(visitor.staff, ref, cast("Kind", kind))
        hours = int(HOLDS[kind].total_seconds()) // 3600
        return site.draw(
            "outside_made.html",
            visitor,
            ref=ref,
            link=f"{address}/outside#{secret}",
            text=say.MADE[kind].format(hours=hours),
        )

    async def revoke(request: Request, visitor: Visitor, _: Mapping[str, str]) -> Response:
        ref = await _theirs(request, visitor.staff)
        if not await links.revoke(visitor.staff, ref, str(request.path_params["number"])):
            raise NotFound(ref)
        return see(f"/cases/{ref}")

    async def _theirs(request: Request, staff: Staff) -> str:
        ref = str(request.path_params["ref"])
        episode = await site.records.seen_by(staff, ref)
        if episode.closed_at is not None:
            raise NotFound(ref)
        return episode.ref

    return [
        Route("/outside", start),
        Route("/outside", opened, methods=["POST"]),
        Route("/outside/answer", answered, methods=["POST"]),
        Route("/cases/{ref}/links", post(site, make), methods=["POST"]),
        Route("/cases/{ref}/links/{number}/revoke", post(site, revoke), methods=["POST"]),
    ]


def _answer(link: OutsideLink, current: Episode, form: Mapping[str, str], now: datetime) -> f.Fact:
    """The fact of one answer. Raises _Wrong."""
    if current.closed_at is not None:
        raise _Wrong(say.ENDED)
    name = _text(form, "name", LONGEST_NAME)
    if not name:
        raise _Wrong(say.NAME_NEEDED)
    new_id = new_ids(current)()
    if link.kind == "authority":
        if form.get("started") != "yes":
            raise _Wrong(say.STARTED_NEEDED)
        if last_of(current.facts, f.AuthorityTold) is None:
            raise _Wrong(say.NOT_TOLD_YET)
        role = form.get("role", "")
        if role not in dict(ROLES):
            raise _Wrong(say.ROLE_NEEDED)
        return f.AuthorityAcknowledged(
            id=new_id, by=BY_LINK, recorded_at=now, at=now, role=role, who=name, how="link"
        )
    return _of_interviewer(link, new_id, name, form, now)


def _of_interviewer(
    link: OutsideLink, new_id: str, name: str, form: Mapping[str, str], now: datetime
) -> f.Fact:
    words = _text(form, "words", LONGEST_TEXT)
    match form.get("answer"):
        case "accept" if not link.accepted:
            on = _moment(form)
            if on <= now:
                raise _Wrong(say.TO_COME)
            return f.InterviewBooked(
                id=new_id, by=BY_LINK, recorded_at=now, at=now, on=on, by_whom=name
            )
        case "decline":
            if not words:
                raise _Wrong(say.WORDS_NEEDED)
            text = say.DECLINES.format(name=name, words=words)
            return f.Note(id=new_id, by=BY_LINK, recorded_at=now, at=now, text=text)
        case "held":
            at = _moment(form)
            if at > now:
                raise _Wrong(say.IN_FUTURE)
            if not words or form.get("independent") not in ("yes", "no"):
                raise _Wrong(say.OUTCOME_NEEDED)
            return f.InterviewHeld(
                id=new_id,
                by=BY_LINK,
                recorded_at=now,
                at=at,
                held_by=name,
                independent=form["independent"] == "yes",
                content=words,
            )
        case "refused":
            return f.InterviewAnswered(
                id=new_id, by=BY_LINK, recorded_at=now, at=now, accepted=False, reason=words
            )
    raise _Wrong(say.ANSWER_NEEDED)


def _text(form: Mapping[str, str], name: str, most: int) -> str:
    text = form.get(name, "").strip()
    if len(text) > most:
        raise _Wrong(say.TOO_LONG.format(most=most))
    return text


def _moment(form: Mapping[str, str]) -> datetime:
    """When it was or will be, in UTC. Raises _Wrong."""
    try:
        return typed_moment(form.get("at", ""))
    except NoMoment:
        raise _Wrong(say.NO_TIME) from None
    except TwiceOrNever:
        raise _Wrong(say.TWICE) from None
