"""Cases: the list, the case file with who read it, and the page for the call to police."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from handlers.wording import pages as say
from handlers.wording import register_pages
from handlers.wording.common import clock
from handlers.wording.duties import BUTTONS, title
from protocol import facts as f
from protocol.counting import last_of
from protocol.fold import fold
from protocol.london import LONDON, is_out_of_hours
from protocol.provider import Contact, Staff
from reminders.case_records import new_ids
from reports import sheets
from reports.entries import lines, time, who
from reports.sheet_values import NOT_KNOWN, Case
from reports.sheets import SHEETS
from storage.model import Episode, Profile
from storage.store import NotFound, NotSaved
from web import attachment_pages
from web import register_rules as rules
from web.case_paths import case_ref
from web.outside_links import OutsideLinks
from web.recording import once_of
from web.site import LONGEST_TEXT, Refusal, Site, Visitor, page, post, see
from web.typed_moment import NoMoment, TwiceOrNever, typed_moment

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

RECENT = timedelta(days=400)
MOST_LISTED = 200
MOST_ENTRIES = 2000
"""Of a case file on one page; a paper has all."""
KINDS = {
    "case_file": "case file",
    "police_call": "police call page",
    "attachments": "list of attachments",
    "attachment": "attachment",
    "paper_case": "case file as paper",
    "paper_police": "sheet for police as paper",
    "paper_authority": "letter to the authority as paper",
    "paper_interview": "return interview as paper",
}
"""What can be read, as the readings name it."""
ACTS = ("note", "fix", "undo", "settle", "meeting", "action", "more")
"""Buttons of the chat's card that stand on the case's page."""
GRADES = {
    "not_given": "no grade given",
    "high": "high",
    "medium": "medium",
    "low": "low",
    "no_apparent_risk": "no apparent risk",
}


class Listed(NamedTuple):
    """A case in the list. due: what comes next; "" for a closed one."""

    ref: str
    home: str
    since: str
    level: int
    due: str
    closed: str


class Field(NamedTuple):
    """One answer for the call-taker; `known` is False where nothing is on record."""

    name: str
    value: str
    known: bool = True


class _Wrong(Exception):
    """What the form says cannot be recorded; the text says why."""


def routes(site: Site, links: OutsideLinks) -> list[Route]:
    """/cases and what lies under it."""
    from starlette.responses import Response as Answer
    from starlette.routing import Route

    async def listed(_: Request, visitor: Visitor) -> Response:
        now = site.now()
        open_cases, refs = [], set()
        for episode in await site.records.open_episodes():
            if not site.recording.may_read(visitor.staff, episode.home):
                continue
            refs.add(episode.ref)
            level, duties = site.engine.cases.duties_in(episode)
            known = fold(episode.facts)
            since = known.last_seen_at or known.due_back_at or known.aware_at
            due = duties[0] if duties else None
            open_cases.append(
                Listed(
                    ref=episode.ref,
                    home=_home(site, episode.home),
                    since=clock(since, now) if since else "",
                    level=level,
                    due=f"{title(due.id, site.state.pack)}, {clock(due.at, now)}" if due else "",
                    closed="",
                )
            )
        past = [
            Listed(p.ref, _home(site, p.home), clock(p.start, now), p.peak, "", clock(p.end, now))
            if p.end
            else Listed(p.ref, _home(site, p.home), clock(p.start, now), p.peak, "", "closed")
            for p in reversed(await site.store.past(now - RECENT))
            if p.ref not in refs and site.recording.may_read(visitor.staff, p.home)
        ]
        return site.draw("cases.html", visitor, open_cases=open_cases, past=past[:MOST_LISTED])

    async def file(request: Request, visitor: Visitor) -> Response:
        ref = case_ref(request)
        episode = await site.recording.read(visitor.staff, ref, "case_file")
        now = site.now()
        standing = site.engine.cases.standing(episode, now)
        duties = [] if episode.closed_at else site.engine.cases.duties_in(episode)[1]
        case = await _case(episode)
        readings = [x for x in episode.facts if isinstance(x, f.CaseRead)]
        shown = lines(_without_log(episode), site.provider)
        return site.draw(
            "case.html",
            visitor,
            case=case,
            level=standing.shown,
            peak=standing.peak,
            duties=[(title(d.id, site.state.pack), clock(d.at, now), d.at <= now) for d in duties],
            entries=shown[-MOST_ENTRIES:],
            hidden=max(0, len(shown) - MOST_ENTRIES),
            sent=_sent(episode) if visitor.staff.audits(episode.home) else None,
            readings=[
                (time(x.recorded_at, seconds=True), who(x.by, site.provider), _what(x, episode))
                for x in reversed(readings)
            ]
            if _sees_readings(visitor.staff, episode.home)
            else None,
            papers=tuple(SHEETS),
            works=_works(visitor.staff, episode),
            links=_links(visitor.staff, episode),
            acts=_acts(visitor.staff, episode),
            once=site.recording.new_once(),
            attachments=attachment_pages.shown(site, visitor.staff, episode),
        )

    async def paper(request: Request, visitor: Visitor) -> Response:
        from starlette.concurrency import run_in_threadpool

        ref, kind = case_ref(request), str(request.path_params["kind"])
        if kind not in SHEETS:
            raise NotFound(ref)
        episode = await site.recording.read(visitor.staff, ref, f"paper_{kind}")
        made = await run_in_threadpool(SHEETS[kind], await _case(episode))
        named = {"content-disposition": f'attachment; filename="{ref}-{kind}.pdf"'}
        return Answer(made, media_type="application/pdf", headers=named)

    async def police(request: Request, visitor: Visitor) -> Response:
        episode = await site.recording.read(visitor.staff, case_ref(request), "police_call")
        return await _police(visitor, episode, {}, "", saved="saved" in request.query_params)

    async def _police(
        visitor: Visitor,
        episode: Episode,
        given: Mapping[str, str],
        problem: str,
        *,
        saved: bool = False,
        status: int = 200,
    ) -> Response:
        case = await _case(episode)
        now = site.now()
        told = last_of(episode.facts, f.PoliceTold)
        answer = last_of(episode.facts, f.PoliceAnswered)
        return site.draw(
            "police.html",
            visitor,
            status=status,
            case=case,
            sections=_for_the_call(case, visitor.staff),
            numbers=_numbers(site, case, now),
            told=told,
            told_at=time(told.at) if told else "",
            told_by=who(told.by, site.provider) if told else "",
            answer=answer,
            answer_at=time(answer.at) if answer else "",
            grades=GRADES,
            given=given,
            once=site.recording.new_once(),
            now=f"{now.astimezone(LONDON):%Y-%m-%dT%H:%M}",
            problem=problem,
            saved=saved,
            works=_works(visitor.staff, episode),
        )

    async def told_police(request: Request, visitor: Visitor, form: Mapping[str, str]) -> Response:
        """What was said at the end of the call: the report, and what police made of it."""
        ref = case_ref(request)
        await site.recording.episode(visitor.staff, ref)
        once = once_of(form)
        if await site.recording.is_saved(once):
            return see(f"/cases/{ref}/police?saved")
        make = _answered if "answer" in form else _told

        def said(now_on: Episode) -> list[f.Fact]:
            if not _works(visitor.staff, now_on):
                raise _Wrong(say.CLOSED if now_on.closed_at else say.READ_ONLY)
            return [make(now_on, visitor.staff, form, site.now())]

        try:
            await site.recording.append(ref, once, said)
        except _Wrong as why:
            problem, status = str(why), 422
        except NotSaved:
            problem, status = say.NOT_SAVED, 503
        else:
            return see(f"/cases/{ref}/police?saved")
        # Whoever is told what is missing reads the page once more, on record.
        episode = await site.recording.read(visitor.staff, ref, "police_call")
        return await _police(visitor, episode, form, problem, status=status)

    async def _case(episode: Episode) -> Case:
        person = await site.store.person(episode.person) if episode.person else None
        return Case(episode, person, site.provider, site.now())

    def _works(staff: Staff, episode: Episode) -> bool:
        return episode.closed_at is None and site.state.sees(staff, episode.home)

    def _links(staff: Staff, episode: Episode) -> list[tuple[str, str, str]] | None:
        """Links that can be answered: number, kind, until when; None: not for this person."""
        if episode.closed_at is not None or not site.state.sees(staff, episode.home):
            return None
        found = links.live(episode.ref)
        return [(one.number, one.kind, clock(one.until, site.now())) for one in found]

    def _acts(staff: Staff, episode: Episode) -> list[tuple[str, str]]:
        """What can be recorded from here, by the forms of the chat: label and button."""
        if not site.state.sees(staff, episode.home):
            return []
        if episode.closed_at is not None:
            names = [("late", say.LATE)] if staff.manages else []
        else:
            names = [(name, BUTTONS[name]) for name in ACTS]
        return [(label, f"c:{episode.ref}:{name}") for name, label in names]

    def _sent(episode: Episode) -> list[tuple[str, str, str, str]]:
        return [
            (time(x.at, seconds=True), who(x.to, site.provider), x.about, x.outcome)
            for x in episode.facts
            if isinstance(x, f.Told)
        ]

    return [
        Route("/cases", page(site, listed)),
        Route("/cases/{ref}", page(site, file)),
        Route("/cases/{ref}/police", page(site, police)),
        Route("/cases/{ref}/police", post(site, told_police), methods=["POST"]),
        Route("/cases/{ref}/paper/{kind}", page(site, paper)),
    ]


def _sees_readings(staff: Staff, home: str) -> bool:
    return staff.audits(home) or (staff.manages and staff.covers(home))


def _what(read: f.CaseRead, episode: Episode) -> str:
    names = [x.name for x in episode.facts if x.id == read.attachment and isinstance(x, f.Attached)]
    return " ".join([KINDS.get(read.what, ""), *names])


def _home(site: Site, home_id: str) -> str:
    home = site.provider.home(home_id)
    return home.name if home else home_id


def _without_log(episode: Episode) -> Episode:
    import msgspec

    kept = tuple(e for e in episode.entries if not isinstance(e.fact, f.LOG_ONLY))
    return msgspec.structs.replace(episode, entries=kept)


# The call to police -----------------------------------------------------------------------------


def _for_the_call(case: Case, reader: Staff) -> list[tuple[str, list[Field]]]:
    """Who is calling, then what the call-taker asks; what is not known last, to be asked of
    colleagues before the call."""
    calling = [
        ("Your name", reader.name),
        ("From", case.home),
        ("Your number", reader.phone or NOT_KNOWN),
        ("Our reference", case.episode.ref),
    ]
    found = []
    for heading, fields in [("Who is calling", calling), *sheets.for_police(case)]:
        found.append((heading, [Field(n, v) for n, v in fields if NOT_KNOWN not in v]))
    # Somebody who has moved is read about by their home of today.
    person = case.person
    if person and person.profile != Profile() and rules.reads(reader, person):
        found.append(
            (register_pages.PROFILE, [Field(n, v) for n, v in rules.passages_of(person.profile)])
        )
    partly = [
        (n, v.replace(NOT_KNOWN, "").strip())
        for _, fields in sheets.for_police(case)
        for n, v in fields
        if NOT_KNOWN in v
    ]
    ask = [Field(n, f"{v} not on record".strip(), False) for n, v in partly]
    return [*((h, fields) for h, fields in found if fields), ("Ask before you ring", ask)]


def _numbers(site: Site, case: Case, now: datetime) -> list[tuple[str, str]]:
    """Whom to ring, most urgent first."""
    pack = site.state.pack
    found = [("Police, danger now", "999"), ("Police, no danger now", "101")]
    authority = site.provider.authority(case.folded.child.responsible_la or "")
    if authority is not None:
        late = is_out_of_hours(now, pack.opens, pack.closes, pack.holidays, pack.zone)
        first, other = authority.duty_team, authority.emergency_duty_team
        teams: tuple[Contact | None, ...] = (other, first) if late else (first, other)
        found += [(x.label, x.phone) for x in teams if x is not None and x.phone]
    return found


def _moment(form: Mapping[str, str], known: Episode, now: datetime) -> datetime:
    """When it was, in UTC. Raises _Wrong; a time of the hour that comes twice is never guessed."""
    try:
        at = typed_moment(form.get("at", ""))
    except NoMoment:
        raise _Wrong(say.NO_TIME) from None
    except TwiceOrNever:
        raise _Wrong(say.TWICE) from None
    if at > now:
        raise _Wrong(say.IN_FUTURE)
    seen = fold(known.facts).last_seen_at
    if seen is not None and at < seen.replace(second=0, microsecond=0):
        raise _Wrong(say.BEFORE_SEEN)
    return at


def _text(form: Mapping[str, str], name: str, most: int = 120) -> str:
    text = form.get(name, "").strip()
    if len(text) > most:
        raise _Wrong(say.TOO_LONG.format(most=most))
    return text


def _told(current: Episode, staff: Staff, form: Mapping[str, str], now: datetime) -> f.Fact:
    before = last_of(current.facts, f.PoliceTold)
    if form.get("shown", "") != (before.id if before else ""):
        raise _Wrong(say.MEANWHILE)
    return f.PoliceTold(
        id=new_ids(current)(),
        by=staff.id,
        recorded_at=now,
        at=_moment(form, current, now),
        reference=_text(form, "reference"),
        spoke_to=_text(form, "spoke_to"),
        officer=_text(form, "officer"),
    )


def _answered(current: Episode, staff: Staff, form: Mapping[str, str], now: datetime) -> f.Fact:
    told = last_of(current.facts, f.PoliceTold)
    if told is None:
        raise _Wrong(say.POLICE_FIRST)
    before = last_of(current.facts, f.PoliceAnswered)
    if form.get("shown", "") != (before.id if before else ""):
        raise _Wrong(say.MEANWHILE)
    accepted = {"yes": True, "no": False}.get(form.get("accepted", ""))
    if accepted is None:
        raise _Wrong(say.ANSWER_FIRST)
    grade, reason = form.get("grade", "not_given"), _text(form, "reason", LONGEST_TEXT)
    if grade not in GRADES:
        raise Refusal(400)
    if not accepted and not reason:
        raise _Wrong(say.REASON_NEEDED)
    at = _moment(form, current, now)
    if at < told.at.replace(second=0, microsecond=0):
        raise _Wrong(say.BEFORE_TOLD)
    return f.PoliceAnswered(
        id=new_ids(current)(),
        by=staff.id,
        recorded_at=now,
        at=at,
        accepted=accepted,
        grade=grade if accepted else "not_given",  # type: ignore[arg-type]
        officer=_text(form, "officer"),
        reason=reason,
    )
