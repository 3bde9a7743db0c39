"""Fields of a row that say whose it is: pseudonym, age, background, placement, earlier episodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from protocol import facts as f
from protocol.london import LONDON, birthday, completed_years, days_from
from protocol.provider import Provider
from reports.pseudonyms import Pseudonyms
from reports.rows import age_band
from storage.model import Episode, Person

ADULT = 18
OLDEST = 25
N90_DAYS, M365_DAYS = 90, 365
_BACKGROUND = ("sex", "ethnicity", "legal_status", "placement", "sector", "distance", "district")
_FLAGS = ("uasc", "child_protection_plan", "mental_health", "cse_risk", "risky_contacts")


class Started(msgspec.Struct, frozen=True):
    """An episode of a young person, for the counts: when it began and whether it was missing."""

    start: datetime
    missing: bool


class WhoseRow:
    """Whose rows they are, as known at `as_of` (whole seconds, UTC).

    people: the register, by reference.  past: every episode of each young person.
    """

    def __init__(
        self,
        provider: Provider,
        pseudonyms: Pseudonyms,
        as_of: datetime,
        people: Mapping[str, Person],
        past: Mapping[str, Sequence[Started]],
    ) -> None:
        self._keys, self._as_of = pseudonyms, as_of
        self._people, self._past = people, past
        self._authority = {a.name: a.code for a in provider.authorities if a.code}
        self._home = {home.id: home.code or home.prefix for home in provider.homes}

    def child(self, person: str, child: f.Child) -> f.Child:
        """As on record for the episode; what that leaves open, from the register of now. Flags:
        those of either."""
        listed = self._people.get(person)
        if listed is None:
            return child
        now = listed.child
        filled: dict[str, Any] = {
            name: getattr(now, name)
            for name in ("dob", "age", "responsible_la", "placement_la", *_BACKGROUND)
            if getattr(child, name) in (None, "unknown", "")
        }
        filled |= {name: True for name in _FLAGS if getattr(now, name)}
        return msgspec.structs.replace(child, **filled)

    def who(
        self, episode: Episode, child: f.Child, start: datetime, found: datetime | None
    ) -> dict[str, Any]:
        """Home, age, background and placement, by pseudonyms and codes."""
        age = child.age
        if child.dob is not None:
            age = completed_years(child.dob, start.astimezone(LONDON).date())
        known: int | Literal["unknown"] = "unknown"
        if age is not None and 0 <= age <= OLDEST:
            known = age
        cared = child.looked_after
        responsible = self._code(child.responsible_la)
        area = "unknown"
        if child.responsible_la and child.placement_la:
            area = "in" if child.responsible_la == child.placement_la else "out"
        placement = child.placement
        if placement == "unknown" and child.in_childrens_home:
            placement = "childrens_home"
        return {
            "service": self._keys.service,
            "episode": self._keys.of("episode", episode.ref),
            "child": self._keys.of("child", episode.person),
            "home": self._home.get(episode.home, "UNKNOWN"),
            "age": known,
            "age_band": age_band(known),
            "sex": child.sex,
            "ethnicity": child.ethnicity,
            "looked_after": cared,
            "legal_status": _or(child.legal_status, "unknown" if cared else "none"),
            "placement": _or(placement, "unknown" if cared else "none"),
            "sector": _or(child.sector, "unknown" if cared else "not_applicable"),
            "responsible": responsible if cared else None,
            "host": self._code(child.placement_la),
            "district": child.district or "unknown",
            "area": area if cared else "not_applicable",
            "distance": _or(child.distance, "unknown" if cared else "not_applicable"),
            **{name: getattr(child, name) for name in _FLAGS},
            "aged_out": self._aged_out(child, start, found),
        }

    def _code(self, authority: str | None) -> str:
        return self._authority.get(authority or "", "unknown")

    def _aged_out(self, child: f.Child, start: datetime, found: datetime | None) -> f.Answer:
        if child.dob is None:
            return "unknown"
        adult = birthday(child.dob, ADULT, LONDON)
        return start < adult <= (found or self._as_of)

    def counts(self, episode: Episode, start: datetime, *, missing: bool) -> dict[str, int]:
        """Episodes in the calendar days up to this one, this one included if it counts."""
        others = [x for x in self._past.get(episode.person, ()) if x.start < start]
        since_90 = days_from(start, -N90_DAYS, LONDON)
        since_365 = days_from(start, -M365_DAYS, LONDON)
        of_missing = sum(x.missing and x.start >= since_365 for x in others)
        return {
            "n90": 1 + sum(x.start >= since_90 for x in others),
            "m365": of_missing + int(missing),
        }


def _or(value: str, other: str) -> str:
    return other if value == "unknown" else value
