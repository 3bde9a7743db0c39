"""Who may do what on the register's pages, and what an import would change. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from hashlib import sha256

import msgspec

from handlers.wording import register_pages as say
from protocol.mistakes import Mistake
from protocol.provider import Provider, Role, Staff
from storage.model import Person, Profile

LONGEST = 2000
"""Characters of one passage of a profile."""
SOON = timedelta(days=14)
"""So long before its day a review is shown as coming."""


def sees(staff: Staff, person: Person) -> bool:
    """May this member of staff see that somebody is on the register?"""
    return changes_list(staff, person) or staff.covers(person.home) or staff.audits(person.home)


def reads(staff: Staff, person: Person) -> bool:
    """May they read what is known of somebody: name, date of birth, profile? An administrator
    keeps the list and reads nothing of the child."""
    return staff.covers(person.home) or staff.audits(person.home)


def changes_list(staff: Staff, person: Person) -> bool:
    """May they move somebody, or put on record that they left?"""
    return keeps_list(staff) and (staff.role is Role.ADMINISTRATOR or staff.covers(person.home))


def writes(staff: Staff, person: Person) -> bool:
    """May they write what is known of somebody? Managers of the home."""
    return staff.manages and staff.covers(person.home)


def keeps_list(staff: Staff) -> bool:
    """May they add people and import tables?"""
    return staff.manages or staff.role is Role.ADMINISTRATOR


def not_theirs(
    staff: Staff, people: Sequence[Person], present: Mapping[str, Person]
) -> list[Mistake]:
    """Rows about homes that this person does not look after: new ones there, or people who live
    there now. Nothing is said of the register beyond that."""
    return [
        Mistake(place=("reference",), what=say.ref_not_yours(person.ref), remedy=say.ASK_OTHERS)
        for person in people
        if not changes_list(staff, present.get(person.ref, person))
    ]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What a row does: `kind` new, changed or same. what: (column, as it is, as it will be)."""

    ref: str
    kind: str
    what: Sequence[tuple[str, str, str]] = ()


def change_of(ref: str, before: Mapping[str, str] | None, after: Mapping[str, str]) -> Change:
    """From the row of the register as it is (None: nobody yet) to the new one."""
    if before is None:
        return Change(ref=ref, kind="new")
    what = [(k, before.get(k, ""), v) for k, v in after.items() if before.get(k, "") != v]
    return Change(ref=ref, kind="changed" if what else "same", what=what)


def mark_of(person: Person | None) -> str:
    """Changes with everything that the register has of somebody: a form made before another's
    change is not saved over it. What is equal has the same, whether it was typed or read."""
    if person is None:
        return ""
    return sha256(repr(person).encode()).hexdigest()[:24]


def review(profile: Profile, today: date) -> str:
    """What is to be said about its review; "" if nothing is."""
    if profile == Profile():
        return say.NO_PROFILE
    if profile.review_by is None:
        return say.NO_REVIEW
    if profile.review_by < today:
        return say.review_overdue(profile.review_by)
    return say.review_soon(profile.review_by) if profile.review_by <= today + SOON else ""


def passages_of(profile: Profile) -> list[tuple[str, str]]:
    """What a profile says, by its labels; what is empty is left out."""
    return [(label, text) for key, label in say.PASSAGES.items() if (text := getattr(profile, key))]


def profile_of(form: Mapping[str, str], today: date) -> tuple[Profile, str]:
    """The profile that a form says, and what is wrong with it ("" if nothing is)."""
    texts = {k: form.get(k, "").strip() for k in say.PASSAGES}
    days, problem = dict[str, date | None](), ""
    for key, label in say.DAYS.items():
        given = form.get(key, "").strip()
        try:
            days[key] = date.fromisoformat(given) if given else None
        except ValueError:
            days[key], problem = None, say.no_day(label)
    if any(len(text) > LONGEST for text in texts.values()):
        problem = say.TOO_LONG.format(most=LONGEST)
    for key in ("reviewed_on", "philomena_reviewed_on"):
        if (on := days[key]) and on > today:
            problem = say.still_to_come(say.DAYS[key])
    philomena = form.get("philomena", "unknown")
    if philomena not in say.PHILOMENA:
        philomena = "unknown"
    return msgspec.convert({**texts, **days, "philomena": philomena}, Profile), problem


def authorities(provider: Provider) -> list[str]:
    """Names that may stand for an authority; empty: any text."""
    return sorted(one.name for one in provider.authorities)
