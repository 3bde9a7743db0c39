"""An independent reading: what is due in an episode, and who is on duty.

Written from protocol/DECISIONS (sections 3, 4 and 9) and docs, not from the code under test. It
covers the main duties only; those are the ones whose silence the checker does not forgive.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from protocol import facts as f
from reminders.policy import Policy

LONDON = ZoneInfo("Europe/London")
ACCEPTING = ("accountable_manager", "edt_duty_manager")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
BY_DAY = ("REV-WEEKLY", "STRAT-14D")
"""Duties of managers: asked of them between nine and five, once a day."""
BACK_ROLES = ("team_manager", *ACCEPTING)
EVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Since always: from the start of the absence."""
HOLDS = (f.Acknowledged, f.Snoozed, f.HoldEnded)
"""Who has something in hand, or not any more."""
AFTER_RETURN = (
    "RI-72H", "SAFE-WELL", "RI-OFFER", "SIGN-OFF", "CLOSE", "ASK-CONCERNS", "S47-48H", "N-POLICE",
    "N-RA", "N-RA-WRITTEN", "N-PARENTS", "N-BACK-POLICE", "N-BACK-RA", "N-BACK-PARENTS", "REF-OOH",
    "REF-DUTY",
)  # fmt: skip


def corrected(facts: Sequence[f.Fact]) -> Sequence[f.Fact]:
    """As they count after the machine's clock went back: nothing that was recorded before the
    correction is later than it, and what was still to come then comes as much later than it."""
    moves = [place for place, x in enumerate(facts) if isinstance(x, f.ClockCorrected)]
    if not moves:
        return facts
    gone = {x.fact for x in facts if isinstance(x, f.Withdrawn)}
    found = list(facts)
    for place in moves:
        move = facts[place]
        if move.id in gone:
            continue
        floor = move.at  # type: ignore[union-attr]
        for back in reversed(range(place)):
            found[back] = _no_later(found[back], move.at)  # type: ignore[union-attr]
            floor = min(floor, found[back].recorded_at)
            found[back] = msgspec.structs.replace(found[back], recorded_at=floor)
    return found


def _no_later(fact: f.Fact, limit: datetime) -> f.Fact:
    recorded = fact.recorded_at
    if recorded <= limit:
        return fact
    times = {n: v for n in fact.__struct_fields__ if isinstance(v := getattr(fact, n), datetime)}
    right = {n: limit + max(v - recorded, timedelta()) for n, v in times.items() if v > limit}
    return msgspec.structs.replace(fact, **right)


def counting(facts: Sequence[f.Fact]) -> list[f.Fact]:
    """Without what was withdrawn or put right (a withdrawal can itself be withdrawn); of several
    corrections of one entry, or of each other, the last. With the times at which they count."""
    facts = corrected(facts)
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


class Known(msgspec.Struct, kw_only=True):
    """What is on record at a moment, as far as the main duties need it."""

    facts: list[f.Fact]
    now: datetime

    def last(self, kind: type, attribute: str = "at") -> Any:
        found = [getattr(x, attribute) for x in self.facts if isinstance(x, kind)]
        return found[-1] if found else None

    def all(self, *kinds: type) -> list[Any]:
        """Those whose time has come."""
        return [x for x in self.facts if isinstance(x, kinds) and x.at <= self.now]

    def not_needed(self, duty: str, since: datetime | None = None) -> bool:
        """The last decision about it is that it is not needed, with a reason."""
        found = [x for x in self.all(f.Decided) if x.about == duty]
        if not found:
            return False
        decided = max(found, key=lambda x: x.at)
        late = since is None or decided.at >= since
        return decided.outcome == "not_needed" and bool(decided.note.strip()) and late

    def settled(self, duty: str) -> bool:
        """The last decision about it is that it is done, or not needed, with a reason. What is
        booked after that is open once more."""
        last = _decision(self.all(*DECISIONS), duty)
        if isinstance(last, f.Decided):
            noted = last.outcome == "not_needed" and bool(last.note.strip())
            return last.outcome == "done" or noted
        return isinstance(last, f.MeetingHeld)

    def police_not_needed(self, since: datetime) -> bool:
        return any(self.not_needed(duty, since) for duty in ("N-POLICE", "POLICE-NOT-TOLD"))

    def told(self, whom: str) -> list[tuple[datetime, str]]:
        """When they were told, and the role that received it ("": nobody who answers for it)."""
        if whom == "parents":
            return [(x.at, "") for x in self.all(f.ParentsTold)]
        return [
            (x.at, x.role)
            for x in self.all(f.AuthorityTold, f.AuthorityAcknowledged)
            if not isinstance(x, f.AuthorityTold) or x.acknowledged
        ]

    def told_back(self, whom: str) -> list[tuple[datetime, str]]:
        return [(x.at, x.role) for x in self.all(f.ToldOfReturn) if x.whom == whom]


def due(facts: Sequence[f.Fact], now: datetime) -> dict[str, datetime]:
    """The main duties that are not met, with the time (UTC) at which each falls due."""
    known = Known(facts=counting(facts), now=now)
    opened = next((x for x in known.facts if isinstance(x, f.Opened)), None)
    if opened is None:
        return {}
    child: f.Child = known.last(f.ChildChanged, "child") or opened.child
    police = min((x.at for x in known.all(f.PoliceTold)), default=None)
    located = known.last(f.Located)
    located = located if located is not None and located <= now else None
    back = returned(known.facts)
    seen = known.last(f.LastSeen) or opened.last_seen_at
    due_back = opened.due_back_at
    for fact in known.facts:
        if isinstance(fact, f.DueBack):
            due_back = fact.at
    times = [moment for moment in (seen, due_back) if moment is not None]
    start = max(times) if times else opened.aware_at
    tellings = known.all(f.PoliceTold, f.AuthorityTold, f.AuthorityAcknowledged, f.ParentsTold)
    tellings += known.all(f.AuthorityWritten)
    aware = min([opened.aware_at, *(x.at for x in tellings)])
    since = _missing_since(known.facts, opened, now, police, start)
    missing = since is not None
    found: dict[str, datetime] = {}
    if back is None:
        found |= _of_the_absence(known, child, start, missing=missing)
    if police is None and any(isinstance(x, f.Abducted) for x in known.facts):
        # Whatever the category, and also after location and return (10.1).
        if back is None or not known.police_not_needed(back):
            found["N-POLICE"] = aware
    elif since is not None and police is None and located is None and back is None:
        found["N-POLICE"] = max(aware, since)
    if since is not None and child.looked_after:
        by_police = police is not None and since == police
        anew = EVER if by_police or since == start else since
        found |= _telling(known, max(aware, since), anew, back)
    over = located or back
    if over is not None and over <= now:
        found |= _told_that_it_is_over(known, over, back, police, child, missing=missing)
        if missing and not _interview_settled(known, child):
            found["RI-72H"] = over + timedelta(hours=72)
    return found


def _missing_since(
    facts: Sequence[f.Fact],
    opened: f.Opened,
    now: datetime,
    police: datetime | None,
    start: datetime,
) -> datetime | None:
    """From when the absence is missing: its start, a change, or a report to the police; None: it
    is not."""
    category, since = opened.category, start
    for fact in facts:
        if isinstance(fact, f.CategoryChanged):
            if fact.from_start or fact.category != "missing":
                since = start
            elif category != "missing":
                since = fact.at
            category = fact.category
        elif isinstance(fact, f.Opened):
            category = fact.category
    if category != "missing" or since > now:
        return police
    return since if police is None else min(since, police)


def _of_the_absence(
    known: Known, child: f.Child, start: datetime, *, missing: bool
) -> dict[str, datetime]:
    done = {x.duty for x in known.facts if isinstance(x, f.DutyDone)}
    found = {
        "CP-4H": start + timedelta(hours=4),
        "CP-24H": start + timedelta(hours=24),
        "CP-72H-OPEN": start + timedelta(hours=72),
        "STRAT-14D": calendar(start, 14),
    }
    if _young(child, start) and not missing:
        found["CP-2H-U11"] = start + timedelta(hours=2)
    return {duty: at for duty, at in found.items() if duty not in done and not known.settled(duty)}


def _telling(
    known: Known, noticed: datetime, since: datetime, back: datetime | None
) -> dict[str, datetime]:
    """The authority and the parents, who are told also after the return. `since`: from when a
    telling counts; one of an absence that somebody found to be missing later does not."""

    def counts(at: datetime) -> bool:
        return since == EVER or at >= since

    def ended(duty: str) -> bool:
        return back is not None and known.not_needed(duty, back)

    found = {}
    both = [*known.told("authority"), *known.told_back("authority")]
    accepted = [at for at, role in both if role in ACCEPTING and counts(at)]
    if not accepted and not ended("N-RA"):
        found["N-RA"] = noticed + timedelta(minutes=60)
    written = [x.at for x in known.all(f.AuthorityWritten) if counts(x.at)]
    if accepted and not written and not ended("N-RA-WRITTEN"):
        found["N-RA-WRITTEN"] = min(accepted) + timedelta(hours=24)
    parents = [*known.told("parents"), *known.told_back("parents")]
    told = any(counts(at) for at, _ in parents)
    if not told and not _withheld(known) and not ended("N-PARENTS"):
        found["N-PARENTS"] = noticed + timedelta(minutes=120)
    return found


def _withheld(known: Known) -> bool:
    last = [x for x in known.facts if isinstance(x, (f.ParentsTold, f.ParentsWithheld))]
    return bool(last) and isinstance(last[-1], f.ParentsWithheld) and bool(last[-1].reason)


def _told_that_it_is_over(
    known: Known, over: datetime, back: datetime | None, police: datetime | None,
    child: f.Child, *, missing: bool,
) -> dict[str, datetime]:  # fmt: skip
    found: dict[str, datetime] = {}
    by = known.last(f.Located, "found_by")
    told_back = any(at >= over for at, _ in known.told_back("police"))
    if police is not None and police < over and by != "police" and not told_back:
        found["N-BACK-POLICE"] = over
    if missing and child.looked_after and back is not None and back <= known.now:
        heard = [role for at, role in known.told_back("authority") if at >= over]
        accepted = [role for at, role in known.told("authority") if at >= over]
        if not {*heard} & {*BACK_ROLES} and not {*accepted} & {*ACCEPTING}:
            found["N-BACK-RA"] = back + timedelta(minutes=60)
    parents = [at for at, _ in known.told("parents")]
    again = [at for at in (*parents, *(at for at, _ in known.told_back("parents"))) if at >= over]
    earlier = any(at < over for at in parents) and not _withheld(known)
    if earlier and not again and by != "parents":
        found["N-BACK-PARENTS"] = over + timedelta(minutes=120)
    return {duty: at for duty, at in found.items() if not known.not_needed(duty)}


def _interview_settled(known: Known, child: f.Child) -> bool:
    held = [x for x in known.all(f.InterviewHeld) if x.independent is not False]
    if held or (known.all(f.InterviewHeld) and not child.looked_after):
        return True
    answers = [x for x in known.facts if isinstance(x, f.InterviewAnswered)]
    declined = bool(answers) and not answers[-1].accepted and bool(answers[-1].reason.strip())
    return declined or known.not_needed("RI")


def _young(child: f.Child, start: datetime) -> bool:
    if child.dob is None:
        return child.age is None or child.age < 12
    day = start.astimezone(LONDON).date()
    years = day.year - child.dob.year
    return years - ((day.month, day.day) < (child.dob.month, child.dob.day)) < 12


def quiet_until(facts: Sequence[f.Fact], duty: str) -> datetime | None:
    """Until when somebody has it or it is put off; the home's own duties are never put off."""
    put_off: datetime | None = None
    if duty not in NEVER_PUT_OFF and _decision(facts, duty) is not None:
        last = _decision(counting(facts), duty)
        if isinstance(last, f.MeetingBooked):
            put_off = last.on
        elif isinstance(last, f.Decided) and last.outcome in ("booked", "handed_over"):
            put_off = last.until
    held = _held_until(corrected(facts), duty)
    return max((m for m in (put_off, held) if m is not None), default=None)


DECISIONS = (f.Decided, f.MeetingBooked, f.MeetingHeld)


def _decision(facts: Sequence[f.Fact], duty: str) -> Any:
    """The decision about it that counts: the latest, of equal ones the one recorded last (10.6)."""
    found = [x for x in facts if isinstance(x, DECISIONS) and x.about == duty]
    return max(reversed(found), key=lambda x: x.at, default=None)


NEVER_PUT_OFF = frozenset(
    {"N-POLICE", "N-RA", "N-RA-WRITTEN", "N-BACK-RA", "N-BACK-POLICE", "REF-OOH", "REF-DUTY"}
)


def _held_until(facts: Sequence[f.Fact], duty: str) -> datetime | None:
    for fact in reversed(facts):
        if isinstance(fact, (f.Acknowledged, f.Snoozed)) and fact.duty == duty:
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
    for fact in reversed(corrected(facts)):
        if isinstance(fact, HOLDS) and fact.duty == duty:
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
