"""How a case stands at one moment, for whoever shows it: card, reminder, list, page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from protocol import facts as f
from protocol import rules
from protocol.counting import counting
from protocol.earlier_episodes import History
from protocol.episode import Episode as Known
from protocol.facts import Fact
from protocol.fold import fold_counting
from protocol.london import is_out_of_hours
from protocol.on_record import OnRecord
from protocol.pack import Pack
from protocol.provider import Authority, Contact, Home, Provider
from protocol.standing import Standing
from protocol.view import View
from reminders.duties import Duty
from storage.model import Episode, Person


class CaseView(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One case at `now` (UTC): the record, what is computed from it, and whom it concerns.

    Attributes:
        facts: those that count, in the order of the record.
        folded: what these facts add up to, as the protocol sees it.
        duties: everything still to be done, soonest first.
        identifiers: how the young person is named in chat: reference, or initials as well.
    """

    episode: Episode
    state: Standing
    facts: tuple[Fact, ...]
    folded: Known
    duties: tuple[Duty, ...]
    person: Person | None
    service: Provider
    pack: Pack
    now: datetime
    identifiers: str

    @property
    def ref(self) -> str:
        """The case's reference."""
        return self.episode.ref

    @property
    def names(self) -> dict[str, str]:
        """Staff id to name."""
        return {s.id: s.name for s in self.service.staff} | {f.NIGHTLIGHT: "Nightlight"}

    def has(self, kind: type[Fact]) -> bool:
        """Is a fact of this kind on record and not withdrawn?"""
        return any(type(fact) is kind for fact in self.facts)

    def duty(self, duty_id: str) -> rules.Duty | None:
        """The duty of the pack with this id; of several cases of it, the one that holds now."""
        packs = (self.pack, *self.pack.used())
        found = ([d for d in pack.book.duties if d.id == duty_id] for pack in packs)
        cases = next((some for some in found if some), [])
        if len(cases) < 2:
            return cases[0] if cases else None
        seen = View(OnRecord(self.folded), History((), self.pack), self.pack, self.now)
        listed = (due.duty for due in seen.at(self.now).outcome().duties)
        return next((duty for duty in listed if duty.id == duty_id), cases[0])

    @property
    def missing(self) -> bool:
        """Missing, not only away: also by a report to police."""
        return "SG-POLICE" in self.state.computed.reasons

    @property
    def back(self) -> bool:
        """The return is on record."""
        return self.state.computed.returned

    @property
    def located(self) -> bool:
        """Found, but not back."""
        return self.folded.located_at is not None and not self.back

    @property
    def closed(self) -> bool:
        """Closed: only a manager adds something late."""
        return self.episode.closed_at is not None

    @property
    def home(self) -> Home | None:
        """The home that reported; None if the configuration no longer has it."""
        return self.service.home(self.episode.home)

    @property
    def authority(self) -> Authority | None:
        """The placing authority, if the configuration knows it."""
        return self.service.authority(self.folded.child.responsible_la or "")

    @property
    def out_of_hours(self) -> bool:
        """Now is outside the office hours of the pack."""
        pack = self.pack
        return is_out_of_hours(self.now, pack.opens, pack.closes, pack.holidays, pack.zone)

    @property
    def on_call(self) -> Contact | None:
        """The team of the placing authority that answers at this hour."""
        if self.authority is None:
            return None
        return self.authority.emergency_duty_team if self.out_of_hours else self.authority.duty_team


def case_view(
    episode: Episode,
    state: Standing,
    duties: Sequence[Duty],
    person: Person | None,
    service: Provider,
    pack: Pack,
    now: datetime,
    identifiers: str,
) -> CaseView:
    """The view of a record at `now` (UTC). `pack`: the service's; the home may have its own."""
    facts = tuple(counting(episode.facts))
    return CaseView(
        episode=episode,
        state=state,
        facts=facts,
        folded=fold_counting(facts),
        duties=tuple(duties),
        person=person,
        service=service,
        pack=pack.of(episode.home),
        now=now,
        identifiers=identifiers,
    )


def for_this_home(fact: Fact, ref: str) -> Fact:
    """A fact as everybody may read it who covers the home of case `ref`: without the reference of
    another home's case. (A reference begins with the prefix of its home.)"""

    def elsewhere(other: str) -> bool:
        return other.partition("-")[0] != ref.partition("-")[0]

    match fact:
        case f.AwayTogether(other=other) if elsewhere(other):
            return msgspec.structs.replace(fact, other="")
        case f.GoneAgain(next_episode=other) if elsewhere(other):
            return msgspec.structs.replace(fact, next_episode="")
        case _:
            return fact
