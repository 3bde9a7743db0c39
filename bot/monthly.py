"""The month's figures for a manager's homes, as a chat may have them: no young person in them."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta

from bot.episode_rows import MARGIN, YEAR
from handlers.wording.monthly import Month, MonthlyFigures
from protocol import london
from protocol.provider import Staff
from reminders.monthly import month_before
from reminders.service_state import ServiceState
from reports import drawing
from reports.cases import Cases, cases, still_missing
from reports.from_facts import RowMaker
from reports.interviews import interviews
from reports.measures import children_with, count, of, over
from reports.periods import Part, Period, months, window
from reports.pseudonyms import Pseudonyms
from reports.row_identity import Started
from reports.rows import Row
from storage.store import NotFound

YEARS = timedelta(days=3 * 366)


class Rows:
    """The rows of a running service, for the figures on its pages."""

    def __init__(self, service_state: ServiceState) -> None:
        self._state = service_state

    async def of_the_last_years(self, staff: Staff) -> list[Row]:
        """Of the episodes of three years that this person may have figures of."""
        now = self._state.clock.now()
        return await rows(self._state, staff, london.day_of(now) - YEARS, now)


async def gather(service_state: ServiceState, staff: Staff, month: str) -> MonthlyFigures:
    """Figures of a month beside the one before, and of the twelve months to it."""
    now = service_state.clock.now()
    this, before = _period(month), _period(month_before(month))
    year = window(this.last, 12)
    found = cases(await rows(service_state, staff, year.first, now))
    homes = [home.id for home in service_state.service.homes if staff.covers(home.id)]
    return MonthlyFigures(
        homes=homes,
        now=_month(found, this),
        before=_month(found, before),
        still_missing=len(still_missing(found, Period(this.first, london.day_of(now)))),
        so_far=this.last >= london.day_of(now),
        year=[_levels(part, found.within(part.period)) for part in months(year)],
    )


def _period(month: str) -> Period:
    first = date.fromisoformat(f"{month}-01")
    following = (first + timedelta(days=32)).replace(day=1)
    return Period(first, following - timedelta(days=1))


async def rows(service_state: ServiceState, staff: Staff, first: date, now: datetime) -> list[Row]:
    """Rows since `first` of the homes of whose cases this person may have figures. Their keys are
    made for this once: nobody sees them, and no other row has them."""
    store = service_state.store
    begin = london.at(first, datetime.min.time()) - MARGIN
    past = await store.past(begin - YEAR)
    by_person: dict[str, list[Started]] = {}
    for known in past:
        by_person.setdefault(known.person, []).append(
            Started(known.start, known.category == "missing")
        )
    maker = RowMaker(
        service_state.service,
        service_state.pack,
        Pseudonyms("CHAT", secrets.token_bytes(32)),
        now,
        people={person.ref: person for person in await store.people()},
        past=by_person,
    )
    found = []
    for known in past:
        if known.start < begin or not (staff.covers(known.home) or staff.audits(known.home)):
            continue
        try:
            episode = await service_state.write_behind.episode(known.ref)
        except NotFound:
            continue
        row = maker.row(episode, known.peak, known.start)
        if row is not None:
            found.append(row)
    return found


def _month(found: Cases, period: Period) -> Month:
    inside = found.within(period)
    missing = of(inside, "missing")
    held = interviews(inside)
    levels = [case.row.level_peak for case in inside]
    return Month(
        period=period,
        episodes=len(inside),
        children=count(inside)["children"],
        missing=len(missing),
        over_24h=len(over(missing, 24)),
        children_3_or_more=children_with(inside, 3),
        levels=(levels.count(1), levels.count(2), levels.count(3)),
        interviews_due=held["due"]["episodes"] - held["not_yet_due"],
        interviews_in_time=held["within_72h_of_due"]["n"],
    )


def _levels(part: Part, inside: Cases) -> tuple[str, list[int]]:
    peaks = [case.row.level_peak for case in inside]
    return f"{part.period.first:%b}", [peaks.count(1), peaks.count(2), peaks.count(3)]


def picture(figures: MonthlyFigures) -> bytes:
    """A PNG of the twelve months. Slow, so call it in a thread."""
    return drawing.by_level("Episodes a month, by highest level", figures.year)
