"""An independent reading: what is due in an episode, and who is on duty.

Written from protocol/DECISIONS (sections 3, 4 and 9) and docs, not from the code under test. It
covers the main duties only; those are the ones whose silence the checker does not forgive.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from protocol import facts as f
from reminders.policy import Policy

LONDON = ZoneInfo("Europe/London")
ACCEPTING = ("accountable_manager", "edt_duty_manager")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
BY_DAY = ("REV-WEEKLY", "STRAT-14D")
"""Duties of managers: asked of them between nine and five, once a day."""
AFTER_RETURN = ("RI-72H", "SAFE-WELL", "RI-OFFER", "SIGN-OFF", "CLOSE", "ASK-CONCERNS")


def counting(facts: Sequence[f.Fact]) -> list[f.Fact]:
    """Without what was withdrawn or put right (a withdrawal can itself be withdrawn); of several
    corrections of one entry, or of each other, the last."""
    withdrawals = [x for x in facts if isinstance(x, f.Withdrawn)]

    def withdrawn(fact: f.Fact) -> bool:
        return any(x.fact == fact.id and not withdrawn(x) for x in withdrawals)

    first: dict[str, str] = {}
    kinds: dict[str, type] = {}
    latest: dict[str, f.Fact] = {}
    for fact in facts:
        kinds[fact.id] = type(fact)
        again = kinds.get(fact.corrects) is type(fact) and fact.corrects in first
        first[fact.id] = first[fact.corrects] if again else fact.id
        if not withdrawn(fact):
            latest[first[fact.id]] = fact
    return [fact for fact in facts if latest.get(first[fact.id]) is fact]


def calendar(moment: datetime, days: int) -> datetime:
    """So many days later at the same time on the clocks of London."""
    local = moment.astimezone(LONDON)
    return (
        (local.replace(tzinfo=None) + timedelta(days=days)).replace(tzinfo=LONDON).astimezone(UTC)
    )


def returned(counted: Sequence[f.Fact]) -> datetime | None:
    """When the young person came back, or the episode ended because they went again."""
    back = [x.at for x in counted if isinstance(x, f.Returned)]
    if back:
        return back[-1]
    again = [x.at for x in counted if isinstance(x, f.GoneAgain)]
    if not again:
        return None
    located = [x.at for x in counted if isinstance(x, f.Located)]
    return located[-1] if located else again[-1]


def due(facts: Sequence[f.Fact], now: datetime) -> dict[str, datetime]:
    """The main duties that are not met, with the time (UTC) at which each falls due."""
    counted = counting(facts)
    opened = next((x for x in counted if isinstance(x, f.Opened)), None)
    if opened is None:
        return {}

    def last(kind: type, attribute: str = "at") -> Any:
        found = [getattr(x, attribute) for x in counted if isinstance(x, kind)]
        return found[-1] if found else None

    def past(kind: type) -> datetime | None:
        moment = last(kind)
        return moment if moment is not None and moment <= now else None

    child: f.Child = last(f.ChildChanged, "child") or opened.child
    police, located = past(f.PoliceTold), past(f.Located)
    back = returned(counted)
    category = last(f.CategoryChanged, "category") or opened.category
    missing = category == "missing" or police is not None
    seen = last(f.LastSeen) or opened.last_seen_at
    due_back = opened.due_back_at
    for fact in counted:
        if isinstance(fact, f.DueBack):
            due_back = fact.at
    known = [moment for moment in (seen, due_back) if moment is not None]
    start = max(known) if known else opened.aware_at
    aware = opened.aware_at
    done = {x.duty for x in counted if isinstance(x, f.DutyDone)}
    accepted = [
        x.at
        for x in counted
        if isinstance(x, f.AuthorityTold) and x.role in ACCEPTING and x.at <= now
    ]
    found: dict[str, datetime] = {}
    if back is None:
        if _young(child, start) and not missing:
            found["CP-2H-U11"] = start + timedelta(hours=2)
        found["CP-4H"] = start + timedelta(hours=4)
        found["CP-24H"] = start + timedelta(hours=24)
        found["CP-72H-OPEN"] = start + timedelta(hours=72)
        found["REV-WEEKLY"] = calendar(start, 7)
        found["STRAT-14D"] = calendar(start, 14)
        found = {duty: at for duty, at in found.items() if duty not in done}
        if missing and police is None and located is None:
            found["N-POLICE"] = aware
        if missing and child.looked_after:
            if not accepted:
                found["N-RA"] = aware + timedelta(minutes=60)
            elif last(f.AuthorityWritten) is None:
                found["N-RA-WRITTEN"] = min(accepted) + timedelta(hours=24)
            if not last(f.ParentsWithheld, "reason") and last(f.ParentsTold) is None:
                found["N-PARENTS"] = aware + timedelta(minutes=120)
    settled = last(f.InterviewHeld) is not None or any(
        isinstance(x, f.InterviewAnswered) and not x.accepted and x.reason for x in counted
    )
    from_ = located or back
    if missing and from_ is not None and from_ <= now and not settled:
        found["RI-72H"] = from_ + timedelta(hours=72)
    return found


def _young(child: f.Child, start: datetime) -> bool:
    if child.dob is None:
        return child.age is None or child.age < 12
    day = start.astimezone(LONDON).date()
    years = day.year - child.dob.year
    return years - ((day.month, day.day) < (child.dob.month, child.dob.day)) < 12


def quiet_until(facts: Sequence[f.Fact], duty: str) -> datetime | None:
    """Until when somebody has it or it is put off."""
    for fact in reversed(facts):
        if isinstance(fact, f.Acknowledged | f.Snoozed) and fact.duty == duty:
            return fact.until
        if isinstance(fact, f.HoldEnded) and fact.duty == duty:
            return fact.at
    return None


def in_hours(moment: datetime) -> datetime:
    """The moment itself between nine and five in London, else nine o'clock after it."""
    local = moment.astimezone(LONDON)
    if 9 <= local.hour < 17:
        return moment
    day = local.date() + timedelta(days=local.hour >= 17)
    return datetime.combine(day, time(9), LONDON).astimezone(UTC)


def holder(facts: Sequence[f.Fact], duty: str, now: datetime) -> f.Acknowledged | None:
    """ "I have it" that holds now."""
    for fact in reversed(facts):
        if isinstance(fact, f.Acknowledged | f.Snoozed | f.HoldEnded) and fact.duty == duty:
            held = isinstance(fact, f.Acknowledged) and fact.at < fact.until and now < fact.until
            return fact if held else None  # type: ignore[return-value]
    return None


def on_rota(home: str, now: datetime, policy: Policy, covers: Sequence[Any]) -> set[str]:
    """Everybody whom the written rota, its exceptions and the chat name for this home now."""
    found: set[str] = set()
    local = now.astimezone(LONDON)
    for other in policy.exceptions:
        begins, ends = (t.replace(tzinfo=LONDON) for t in (other.start, other.end))
        if home in other.homes and begins <= local < ends:
            found |= set(other.staff)
    if not found:
        for pattern in policy.rota:
            if home in pattern.homes and _worked_now(pattern, local):
                found |= set(pattern.staff)
    for cover in covers:
        ends = cover.get("end")
        begun = cover["home"] == home and datetime.fromisoformat(cover["start"]) <= now
        if begun and (ends is None or now < datetime.fromisoformat(ends)):
            found.add(cover["staff"])
    return found


def _worked_now(pattern: Any, local: datetime) -> bool:
    for back in (0, 1):
        day: date = local.date() - timedelta(days=back)
        if DAYS[day.weekday()] not in pattern.days:
            continue
        if pattern.every_weeks > 1:
            weeks = (_monday(day) - _monday(pattern.first_week)).days // 7
            if weeks % pattern.every_weeks:
                continue
        overnight = pattern.end <= pattern.start
        begins = _at(day, pattern.start)
        ends = _at(day + timedelta(days=int(overnight)), pattern.end)
        if begins <= local < ends:
            return True
    return False


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, LONDON)
