"""The rota as a calendar of two weeks, and what somebody does about their own shifts. The rules
are those of `reminders.shifts` and `reminders.swaps`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from handlers.wording import staff_pages as say
from handlers.wording.common import clock
from handlers.wording.swap import button as turn_label
from handlers.wording.swap import span
from protocol.london import LONDON
from protocol.provider import Role, Staff
from reminders.rota import Turn, stretches
from reminders.rota_patterns import exceptions
from storage.store import NotSaved
from web.parts import Parts
from web.recording import once_of
from web.site import Refusal, Site, Visitor, page, post

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

AHEAD = timedelta(days=14)
"""So far the rota is shown."""
MOST_TURNS = 12


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a day with the same people on duty.

    gap: nobody.  start: of the gap as a whole, as a form sends it back.  special: by an exception
    of the rota.  arranged: by taking over or a swap.
    """

    begins: datetime
    ends: datetime
    names: str
    unreachable: str
    gap: bool
    special: bool
    arranged: bool
    start: str = ""

    @property
    def time(self) -> str:
        """ "20:00–24:00", London."""
        begins, ends = self.begins.astimezone(LONDON), self.ends.astimezone(LONDON)
        last = "24:00" if ends.date() > begins.date() else f"{ends:%H:%M}"
        return f"{begins:%H:%M}–{last}"

    @property
    def same(self) -> tuple[object, ...]:
        """What makes two stretches beside each other one."""
        return (self.names, self.unreachable, self.gap, self.special, self.arranged)


class Day(NamedTuple):
    """One London day of a home."""

    name: str
    stretches: list[Stretch]


class Calendar(NamedTuple):
    """A home's two weeks. mine: whoever looks can be on duty there."""

    id: str
    name: str
    days: list[Day]
    gaps: int
    mine: bool


class Question(NamedTuple):
    """Something that waits for an answer. yours: it is this person's to answer; else to take
    back."""

    id: str
    kind: str
    text: str
    yours: bool


def _day(moment: datetime) -> str:
    local = moment.astimezone(LONDON)
    return f"{local:%a} {local.day} {local:%b}"


def _gaps(days: list[Day]) -> int:
    """How many; one that lasts over midnight is one."""
    row = [one.gap for day in days for one in day.stretches]
    return sum(gap and not before for before, gap in pairwise([False, *row]))


def calendar_of(site: Site, home: str, now: datetime) -> list[Day]:
    """Each day of the coming two weeks: who is on duty, gaps, people who cannot be reached."""
    state = site.state
    policy, rota, office = state.policy, state.rota, state.office_hours
    away = state.unreachable()
    special = exceptions(home, now, now + AHEAD, policy)
    days: list[Day] = []
    for begins, ends in stretches(home, now, now + AHEAD, policy=policy, state=rota, office=office):
        crew = [one for x in state.on_duty(home, begins) if (one := site.provider.person(x))]
        new = Stretch(
            begins=begins,
            ends=ends,
            names=", ".join(one.name for one in crew),
            unreachable=", ".join(one.name for one in crew if one.id in away),
            gap=not crew,
            special=any(x.start <= begins < x.end for x in special),
            arranged=any(c.home == home and c.holds(begins) for c in rota.covers),
            start=begins.isoformat() if not crew else "",
        )
        day = _day(begins)
        if not days or days[-1].name != day:
            days.append(Day(day, [new]))
            continue
        last = days[-1].stretches[-1]
        if last.same == new.same:
            days[-1].stretches[-1] = msgspec.structs.replace(last, ends=ends)
        else:
            days[-1].stretches.append(new)
    return days


def routes(site: Site, parts: Parts) -> list[Route]:
    """/rota and what lies under it."""
    from starlette.routing import Route

    shifts, swaps = parts.shifts, parts.shifts.swaps

    async def rota(_: Request, visitor: Visitor) -> Response:
        return _draw(visitor)

    def _draw(visitor: Visitor, said: str = "", problem: str = "") -> Response:
        staff, now = visitor.staff, site.now()
        everywhere = staff.role is Role.ADMINISTRATOR
        calendars = []
        for home in site.provider.homes:
            if everywhere or staff.covers(home.id) or staff.audits(home.id):
                days = calendar_of(site, home.id, now)
                gaps = _gaps(days)
                calendars.append(Calendar(home.id, home.name, days, gaps, staff.covers(home.id)))
        turns = swaps.coming().turns(staff) if staff.works_on_cases else []
        return site.draw(
            "rota.html",
            visitor,
            status=422 if problem else 200,
            calendars=calendars,
            said=said,
            problem=problem,
            turns=[(t.key, turn_label(t, site.provider, staff)) for t in turns[:MOST_TURNS]],
            questions=_questions(staff, now) if staff.works_on_cases else [],
            today=_day(now),
        )

    def _questions(staff: Staff, now: datetime) -> list[Question]:
        """Hand-overs and swaps that wait for this person, or that they asked for."""

        def name(one: str) -> str:
            person = site.provider.person(one)
            return person.name if person else one

        found = [
            Question(
                o.id,
                "offer",
                f"Hand-over from {name(o.giver)} to {name(o.taker)}, until "
                f"{clock(o.expires_at, now)}",
                o.taker == staff.id,
            )
            for o in site.state.rota.offers
            if staff.id in (o.giver, o.taker) and o.expires_at > now
        ]
        for one in site.state.rota.swaps:
            if staff.id not in (one.asker, one.colleague) or one.expires_at <= now:
                continue
            text = f"{name(one.colleague)} works {span(one.gives.start, one.gives.end)}"
            if one.takes:
                text += f"; {name(one.asker)} works {span(one.takes.start, one.takes.end)}"
            text += f". Asked by {name(one.asker)}, until {clock(one.expires_at, now)}"
            found.append(Question(one.id, "swap", text, one.colleague == staff.id))
        return found

    def _worker(visitor: Visitor) -> Staff:
        if not visitor.staff.works_on_cases:
            raise Refusal(403)
        return visitor.staff

    async def take(_: Request, visitor: Visitor, form: Mapping[str, str]) -> Response:
        """Taking over now (no start), or a stretch for which nobody is named."""
        staff, home = _worker(visitor), form.get("home", "")
        try:
            if not form.get("start"):
                outcome = await shifts.take_over(staff, [home], update_id=once_of(form))
                text = say.TAKEN[outcome]
            else:
                start = datetime.fromisoformat(form["start"])
                if start.tzinfo is None:
                    raise Refusal(400)
                outcome = await shifts.take_gap(staff, home, start, update_id=once_of(form))
                text = say.GAP_TAKEN[outcome]
        except ValueError:
            raise Refusal(400) from None
        except NotSaved:
            return _draw(visitor, problem=say.NOT_SAVED)
        return _draw(visitor, text) if outcome == "done" else _draw(visitor, problem=text)

    async def answer(request: Request, visitor: Visitor, form: Mapping[str, str]) -> Response:
        """To a hand-over or a swap."""
        staff, yes = _worker(visitor), form.get("answer") == "yes"
        kind, number = request.path_params["kind"], str(request.path_params["question"])
        try:
            if kind == "swap":
                came, swap = await swaps.answer(staff, number, yes=yes, update_id=once_of({}))
                text = say.outcome(came, swap, site.provider)
                done = came in ("agreed", "declined", "taken_back")
            elif yes:
                outcome = await shifts.accept(staff, number, update_id=once_of({}))
                text, done = say.ACCEPTED[outcome], outcome == "done"
            else:
                outcome = await shifts.refuse(staff, number, update_id=once_of({}))
                text, done = say.REFUSED[outcome], outcome == "done"
        except NotSaved:
            return _draw(visitor, problem=say.NOT_SAVED)
        return _draw(visitor, text) if done else _draw(visitor, problem=text)

    def _turn(staff: Staff, key: str) -> Turn | None:
        return next((t for t in swaps.coming().turns(staff) if t.key == key), None)

    async def swap_page(request: Request, visitor: Visitor) -> Response:
        """Who could work one's shift, and what for."""
        staff, provider = _worker(visitor), site.provider
        turn = _turn(staff, str(request.path_params["turn"]))
        if turn is None:
            return _draw(visitor, problem=say.SWAP_NOT_POSSIBLE)
        coming = swaps.coming()
        offers = [
            (one, [(t.key, turn_label(t, provider, staff)) for t in back[:MOST_TURNS]])
            for one in coming.colleagues(staff, turn)
            for back in [coming.in_return(staff, one, turn)]
        ]
        return site.draw(
            "swap.html",
            visitor,
            turn=turn.key,
            label=turn_label(turn, provider, staff),
            offers=offers,
        )

    async def ask(request: Request, visitor: Visitor, form: Mapping[str, str]) -> Response:
        staff = _worker(visitor)
        turn = _turn(staff, str(request.path_params["turn"]))
        person, _, key = form.get("with", "").partition(" ")
        colleague = site.provider.person(person)
        if turn is None or colleague is None:
            return _draw(visitor, problem=say.SWAP_NOT_POSSIBLE)
        returned = _turn(colleague, key) if key else None
        if key and returned is None:
            return _draw(visitor, problem=say.SWAP_NOT_POSSIBLE)
        try:
            made = await swaps.ask(staff, colleague, turn, returned, update_id=once_of({}))
        except NotSaved:
            return _draw(visitor, problem=say.NOT_SAVED)
        if made is None:
            return _draw(visitor, problem=say.SWAP_NOT_POSSIBLE)
        return _draw(visitor, say.asked(made, colleague.name, site.provider, site.now()))

    return [
        Route("/rota", page(site, rota)),
        Route("/rota/take", post(site, take), methods=["POST"]),
        Route("/rota/{kind:str}/{question:str}/answer", post(site, answer), methods=["POST"]),
        Route("/rota/swap/{turn}", page(site, swap_page)),
        Route("/rota/swap/{turn}", post(site, ask), methods=["POST"]),
    ]
