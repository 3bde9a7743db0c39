"""What the weekly digest and the list at the start of a shift say, as data; no name in either."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec

from protocol import london
from protocol.counting import counting
from protocol.facts import (
    AuthorityTold,
    Closed,
    Located,
    ParentsTold,
    ParentsWithheld,
    PoliceTold,
    Returned,
    SignedOff,
)
from protocol.fold import fold
from protocol.pack import Pack, Window
from protocol.provider import Staff
from reminders.duties import Duty
from reminders.service_state import ServiceState
from storage.model import Episode, Past, Person
from storage.store import NotFound

WEEKS = 12
REVIEW_AHEAD = timedelta(days=14)
"""So long before its day the review of a missing profile stands in the digest, as on the pages."""


async def gather(
    service_state: ServiceState,
    staff: Staff,
    moment: datetime,
    now: datetime,
    opened: Sequence[tuple[Episode, int, Sequence[Duty]]],
) -> dict[str, Any]:
    """The digest of one person: only homes that they cover. Figures are of the week that
    ended at `moment` (UTC), when the digest was due, so that no day is left out or counted twice
    if it is late; what is open is as it stands `now`. Builtins, ready for `Message.data`; times as
    ISO UTC. See docs/REMINDERS.md for the fields."""
    own = [entry for entry in opened if staff.covers(entry[0].home)]
    repeats = _repeat_window(service_state.pack)
    since = london.days_later(moment, -max(7 * WEEKS, repeats.days if repeats else 0))
    rows = [row for row in await service_state.store.past(since) if staff.covers(row.home)]
    week = london.days_later(moment, -7)
    records = [record for record, _, _ in own]
    records += await _of_the_week(service_state, rows, week)
    data = {
        "from": week,
        "to": moment,
        "open": [open_line(entry, now) for entry in own],
        "unmet": [
            {
                "ref": record.ref,
                "duty": duty.id,
                "at": duty.at,
                "in_protocol": duty.in_protocol,
                "owner": duty.owner,
            }
            for record, _, duties in own
            for duty in duties
            if duty.at <= now
        ],
        "interviews": _interviews(rows, week, moment),
        "by_level": _by_level(rows, week, moment),
        "by_home": _by_home(rows, week, moment),
        "repeats": _repeats(rows, now, repeats) if repeats else [],
        "repeat_days": repeats.days if repeats else 0,
        "repeat_tiers": _tiers(repeats) if repeats else [],
        "unanswered": _unanswered(records, week),
        "left_open": _left_open(records, week),
        "reviews": _reviews(staff, await service_state.store.people(), now),
        "out_of_hours_referrals": _referrals(rows, week, moment),
        "weeks": _weeks(rows, moment),
    }
    builtins: dict[str, Any] = msgspec.to_builtins(data)
    return builtins


DONE: dict[type, str] = {
    kind: str(kind.__struct_config__.tag)
    for kind in (PoliceTold, AuthorityTold, ParentsTold, ParentsWithheld, Located, Returned)
}
"""What a list says of what was done so far; of several of one kind the last."""


def open_line(entry: tuple[Episode, int, Sequence[Duty]], now: datetime) -> dict[str, Any]:
    """One open episode: who by reference and age, since when, what was done (by the kind of the
    fact), level, what is unmet and what comes next, with who has it."""
    record, level, duties = entry
    coming = [duty for duty in duties if duty.at > now]
    known = fold(record.facts)
    age = known.child.age
    if known.child.dob is not None:
        age = london.completed_years(known.child.dob, london.day_of(now))
    return {
        "ref": record.ref,
        "home": record.home,
        "person": record.person,
        "age": age,
        "category": known.category,
        "last_seen_at": known.last_seen_at,
        "back_at": known.returned_at,
        "done": {DONE[type(x)]: x.at for x in counting(record.facts) if type(x) in DONE},  # type: ignore[union-attr]
        "level": level,
        "unmet": [_duty(duty, now) for duty in duties if duty.at <= now],
        "next": _duty(min(coming, key=lambda d: d.at), now) if coming else None,
    }


def _duty(duty: Duty, now: datetime) -> dict[str, Any]:
    return {
        "duty": duty.id,
        "at": duty.at,
        "in_protocol": duty.in_protocol,
        "authority": duty.authority,
        "owner": duty.owner if duty.held(now) else "",
    }


def shift_lines(
    opened: Sequence[tuple[Episode, int, Sequence[Duty]]],
    homes: Sequence[str],
    now: datetime,
    until: datetime,
) -> list[dict[str, Any]]:
    """For a hand-over or the list at the start of a shift: every open episode of these homes with
    what is unmet and what falls due until then. Builtins."""
    lines = []
    for entry in opened:
        if entry[0].home not in homes:
            continue
        line = open_line(entry, now)
        line["falls_due"] = [_duty(d, now) for d in entry[2] if now < d.at <= until]
        lines.append(line)
    lines.sort(key=lambda line: (-line["level"], line["ref"]))
    builtins: list[dict[str, Any]] = msgspec.to_builtins(lines)
    return builtins


def _interviews(rows: Sequence[Past], week: datetime, now: datetime) -> dict[str, Any]:
    """Return interviews whose 72 hours ended this week, and those that are still to be held."""
    ended = [r for r in rows if r.interview_due_at and week <= r.interview_due_at < now]
    held = [r for r in ended if r.interview_held_at is not None]
    on_time = [r for r in held if r.interview_held_at and r.interview_held_at <= _due(r)]
    declined = [r for r in ended if r.interview_held_at is None and r.interview_declined_at]
    waiting = [
        r.ref
        for r in rows
        if r.interview_due_at and not r.interview_held_at and not r.interview_declined_at
    ]
    wanted = len(ended) - len(declined)
    return {
        "ended": len(ended),
        "held": len(held),
        "declined": len(declined),
        "on_time": len(on_time),
        "on_time_percent": round(100 * len(on_time) / wanted) if wanted else None,
        "waiting": waiting,
    }


def _due(row: Past) -> datetime:
    return row.interview_due_at or datetime.max.replace(tzinfo=UTC)


def _by_level(rows: Sequence[Past], week: datetime, now: datetime) -> dict[str, Any]:
    """Episodes that began this week by peak level, and the weekly mean of the four weeks before."""
    before = london.days_later(week, -28)
    this = Counter(str(r.peak) for r in rows if week <= r.start < now)
    past = Counter(str(r.peak) for r in rows if before <= r.start < week)
    return {
        level: {"week": this[level], "before_mean": past[level] / 4} for level in ("1", "2", "3")
    }


def _by_home(rows: Sequence[Past], week: datetime, now: datetime) -> dict[str, Any]:
    before = london.days_later(week, -28)
    this = Counter(r.home for r in rows if week <= r.start < now)
    past = Counter(r.home for r in rows if before <= r.start < week)
    return {
        home: {"week": this[home], "before_mean": past[home] / 4}
        for home in sorted(this.keys() | past.keys())
    }


def _repeat_window(pack: Pack) -> Window | None:
    """The days and tiers at which the protocol wants repeat episodes to be noticed; None where it
    has none."""
    return next((window for window in pack.windows if window.tiers), None)


def _tiers(window: Window) -> list[int]:
    """How many episodes each tier begins with, lowest first."""
    return sorted({number for family in window.tiers for number, _ in family})


def _repeats(rows: Sequence[Past], now: datetime, window: Window) -> list[dict[str, Any]]:
    """Young people, by reference, who have reached a tier of the protocol in its window."""
    since = london.days_later(now, -window.days)
    counted = {"missing": window.missing, "unauthorised_absence": window.away}
    times = Counter(
        r.person for r in rows if since <= r.start <= now and counted.get(r.category, False)
    )
    tiers = _tiers(window)
    return [
        {"person": person, "episodes": n, "tier": max(t for t in tiers if n >= t)}
        for person, n in sorted(times.items(), key=lambda item: (-item[1], item[0]))
        if n >= min(tiers)
    ]


async def _of_the_week(
    service_state: ServiceState, rows: Sequence[Past], week: datetime
) -> list[Episode]:
    """The cases that were closed, or written to after their closing, since then."""
    records = []
    for row in rows:
        if row.closed_at and row.closed_at >= week:
            with suppress(NotFound):  # its file was set aside
                records.append(await service_state.write_behind.episode(row.ref))
    return records


def _unanswered(records: Sequence[Episode], week: datetime) -> list[dict[str, Any]]:
    """Duties of this week for which the whole ladder was climbed without an answer."""
    found = {
        (record.ref, message.about)
        for record in records
        for message in record.messages
        if message.kind == "telephone" and message.created_at >= week
    }
    return [{"ref": ref, "duty": duty} for ref, duty in sorted(found)]


def _left_open(records: Sequence[Episode], week: datetime) -> list[dict[str, Any]]:
    """Cases that a manager signed off or closed this week with something left to settle: what, who
    and why."""
    found = []
    for record in records:
        signed: SignedOff | Closed | None = None
        for fact in counting(record.facts):
            if isinstance(fact, SignedOff | Closed) and fact.left_open:
                signed = fact if fact.recorded_at >= week else signed
        if signed is not None:
            line = {"duties": list(signed.left_open), "by": signed.by, "reason": signed.reason}
            found.append({"ref": record.ref, **line})
    return sorted(found, key=lambda line: str(line["ref"]))


def _reviews(staff: Staff, people: Sequence[Person], now: datetime) -> list[dict[str, Any]]:
    """Young people whose missing profile is to be looked at again within REVIEW_AHEAD, or was to
    be: for those who write it, the managers of their home."""
    today = london.day_of(now)
    found = [
        {"person": person.ref, "by": by, "overdue": by < today}
        for person in people
        if staff.manages and staff.covers(person.home) and person.lives_there(today)
        if (by := person.profile.review_by) is not None and by <= today + REVIEW_AHEAD
    ]
    return sorted(found, key=lambda line: (line["by"], line["person"]))


def _referrals(rows: Sequence[Past], week: datetime, now: datetime) -> dict[str, int]:
    """Out-of-hours referrals (National Indicator 71): of this week, and of the twelve weeks, by the
    time of referring."""
    found = [at for row in rows for at in row.out_of_hours_referrals]
    since = london.days_later(now, -7 * WEEKS)
    return {
        "week": sum(week <= at < now for at in found),
        "weeks": sum(since <= at < now for at in found),
    }


def _weeks(rows: Sequence[Past], now: datetime) -> list[dict[str, Any]]:
    """Twelve weeks ending now, oldest first: episodes begun, by peak level. For the picture."""
    edges = [london.days_later(now, -7 * back) for back in range(WEEKS, -1, -1)]
    found = []
    for begins, ends in pairwise(edges):
        levels = Counter(r.peak for r in rows if begins <= r.start < ends)
        found.append(
            {
                "from": london.day_of(begins),
                "levels": [levels[1], levels[2], levels[3]],
            }
        )
    return found
