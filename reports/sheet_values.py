"""What a sheet is made from, and how single values of a case are written on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple

from protocol import facts as f
from protocol.counting import counting
from protocol.episode import Episode as Folded
from protocol.fold import fold
from protocol.london import LONDON, completed_years
from protocol.provider import Provider
from reports.entries import time
from reports.tables import words
from storage.model import Episode, Person

if TYPE_CHECKING:
    pass


NOT_KNOWN = "not on record  ______________________________________________"


class Case(NamedTuple):
    """What a sheet is made from. printed_at: now (aware). person: None if not on the register."""

    episode: Episode
    person: Person | None
    provider: Provider
    printed_at: datetime

    @property
    def facts(self) -> list[f.Fact]:
        """Those that count: not put right or withdrawn by a later one."""
        return counting(self.episode.facts)

    @property
    def folded(self) -> Folded:
        """The episode as it stands with them."""
        return fold(self.episode.facts)

    @property
    def home(self) -> str:
        """Name of the home, or its id if it is no longer in the configuration."""
        home = self.provider.home(self.episode.home)
        return home.name if home else self.episode.home

    @property
    def name(self) -> str:
        """Name and reference of the young person."""
        name = self.person.name if self.person else ""
        return f"{name} ({self.episode.person})" if name else self.episode.person or NOT_KNOWN

    @property
    def born(self) -> str:
        """Date of birth with the age on the day of printing."""
        born, age = self.folded.child.dob, self.folded.child.age
        if born is None:
            return NOT_KNOWN if age is None else f"aged {age} when last seen; {NOT_KNOWN}"
        age = completed_years(born, self.printed_at.astimezone(LONDON).date())
        return f"{day(born)} (aged {age})"


def day(value: date) -> str:
    """A date as people write it."""
    return f"{value.day} {value:%B %Y}"


def answer(value: object) -> str:
    """Yes, no or not known, as it is written."""
    return {True: "yes", False: "no", "unknown": "not known"}.get(value, "not on record")


def codes(values: Sequence[str] | None) -> str:
    """Several codes in words; "none" if it was asked and there are none."""
    if values is None:
        return "not on record"
    return ", ".join(value.replace("_", " ") for value in values) or "none"


def coded(value: str) -> str:
    """A code in words, or a line to write on."""
    return NOT_KNOWN if value == "unknown" else value.replace("_", " ")


def lives_at(case: Case) -> str:
    """The home and the authority in whose area it lies."""
    child, home = case.folded.child, case.provider.home(case.episode.home)
    place = child.placement_la or (home.authority if home else "")
    kind = "" if child.placement == "unknown" else f" ({words(child.placement)})"
    return f"{case.home}{kind}, {place}" if place else f"{case.home}{kind}"


def in_care(child: f.Child) -> str:
    """Whether looked after, with the legal status."""
    if not child.looked_after:
        return "no"
    return "yes" if child.legal_status == "unknown" else f"yes, {coded(child.legal_status)}"


def placing_authority(case: Case) -> str:
    """Its name with whom to ring."""
    name = case.folded.child.responsible_la
    if not name:
        return NOT_KNOWN
    known = case.provider.authority(name)
    teams = (known.duty_team, known.emergency_duty_team) if known else ()
    return "; ".join([name, *(f"{team.label} {team.phone}".strip() for team in teams if team)])


def medical(child: f.Child) -> str:
    """Needs that the register knows of; the details are written by hand."""
    names = ("health_need", "mental_health", "self_harm", "learning_difficulty")
    known = [name.replace("_", " ") for name in names if getattr(child, name)]
    return f"On the register: {', '.join(known)}. Details {NOT_KNOWN}" if known else NOT_KNOWN


def spoken_to(told: f.PoliceTold | None, answered: f.PoliceAnswered | None) -> str:
    """Who took the report, with the officer's number where it was given."""
    parts = [told.spoke_to, told.officer] if told else []
    parts += [answered.officer] if answered else []
    return ", ".join(dict.fromkeys(part for part in parts if part)) or NOT_KNOWN


def police_answer(answered: f.PoliceAnswered | None) -> str:
    """What police said of the report, and when."""
    if answered is None:
        return NOT_KNOWN
    grade = "" if answered.grade == "not_given" else f", graded {answered.grade.replace('_', ' ')}"
    what = "accepted" if answered.accepted else "refused"
    why = f": {answered.reason}" if answered.reason else ""
    return f"{what} {time(answered.at)}{grade}{why}"


def concerns(folded: Folded) -> str:
    """The flags of the young person that are a yes."""
    child = folded.child
    return ", ".join(
        name.replace("_", " ").replace("cse", "sexual exploitation").replace("hbv", "honour-based")
        for name in child.__struct_fields__
        if getattr(child, name) is True and name not in ("looked_after", "in_childrens_home")
    )
