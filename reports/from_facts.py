"""Episode rows from the record: one row for each episode, pure, without identifiers.

`RowMaker` is given what is the same for all episodes. Whatever was recorded, or happened, after
`as_of` is not in a row. What was not asked for is "unknown", what did not happen is None. Times
that contradict each other are brought into order as the schema wants it: nothing before the start,
found not after back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from datetime import datetime, timedelta
from typing import Any, Literal

from protocol import facts as f
from protocol.assess import assess
from protocol.attachment_facts import ATTACHMENT_FACTS
from protocol.counting import counting
from protocol.episode import Episode as Folded
from protocol.fold import fold_counting
from protocol.london import LONDON, is_out_of_hours
from protocol.pack import Pack
from protocol.provider import Provider
from reports.facts_by_kind import OnRecord, whole
from reports.follow_up import check, interview_that_counts, time_away, work
from reports.pseudonyms import Pseudonyms
from reports.row_identity import Started, WhoseRow
from reports.row_of_import import imported
from reports.rows import Meeting, Phase, Referral, Row
from storage.model import Episode, Person

_STRATEGY = frozenset({"STRAT-14D", "CUR-STRAT"})
"""Duties that were ticked off as held before meetings were facts of their own."""
_COLLECTED_BY: dict[str, str] = {
    "self": "self",
    "placement_staff": "staff",
    "carer": "staff",
    "police": "police",
    "parents": "family",
    "family": "family",
    "social_worker": "other",
    "other": "other",
}


class RowMaker:
    """Makes rows as known at `as_of`.

    people: the register, by reference.  past: every episode of each young person, this one
    included or not, by person. Who was away together is known to whoever sees all rows (`joined`).
    """

    def __init__(
        self,
        provider: Provider,
        pack: Pack,
        pseudonyms: Pseudonyms,
        as_of: datetime,
        *,
        people: Mapping[str, Person],
        past: Mapping[str, Sequence[Started]],
    ) -> None:
        self._pack, self._keys = pack, pseudonyms
        self._as_of = whole(as_of)
        self._whose = WhoseRow(provider, pseudonyms, self._as_of, people, past)

    def row(
        self, episode: Episode, peak: int | None = None, start: datetime | None = None
    ) -> Row | None:
        """The row of an episode that had begun at `as_of`, else None.

        peak: the highest level on record; None if there was none.  start: if it is known already.
        """
        pack = self._pack.of(episode.home)
        if pack is not self._pack:
            by_its_own = copy(self)
            by_its_own._pack = pack
            return by_its_own.row(episode, peak, start)
        facts = OnRecord(
            counting(
                [
                    entry.fact
                    for entry in episode.entries
                    if type(entry.fact) not in _NO_FIGURES
                    and entry.fact.recorded_at <= self._known_by
                ]
            )
        )
        imported = facts.last(f.Imported)
        if imported is not None:
            return self._imported(episode, imported)
        if facts.last(f.Opened) is None:
            return None
        folded = fold_counting(facts.facts)
        start = whole(start or assess(folded, (), self._pack, self._as_of).start)
        if start > self._as_of:
            return None
        located, returned = self._ends(folded, start)
        found = located or returned
        phases = self._phases(facts, start, found, returned)
        missing = any(phase.category == "missing" for phase in phases)
        child = self._whose.child(episode.person, folded.child)
        due = missing and found is not None
        fields: dict[str, Any] = {
            **self._whose.who(episode, child, start, found),
            "source": "record",
            "precision": "minute",
            "category": "missing" if missing else "unauthorised_absence",
            "phases": phases,
            "start": start,
            "aware": self._aware(folded),
            "located": located,
            "returned": returned,
            "level_peak": peak if peak in (1, 2, 3) else "unknown",
            **self._whose.counts(episode, start, missing=missing),
            **time_away(facts),
            **self._found(facts, located, returned),
            **self._told(facts, folded, child),
            **self._interview(facts, due=due),
            "safe_and_well": check(facts, folded) if due else None,
            "referrals": self._referrals(facts),
            "meetings": self._meetings(facts),
            **work(facts, folded, missing=missing, in_home=child.in_childrens_home),
            "group": None,
        }
        return Row(schema=1, as_of=self._as_of, **fields)

    @property
    def _known_by(self) -> datetime:
        """Facts recorded within the second of `as_of` are known."""
        return self._as_of + timedelta(microseconds=999_999)

    # When --------------------------------------------------------------------------------

    def _so_far(self, moment: datetime | None) -> datetime | None:
        if moment is None or whole(moment) > self._as_of:
            return None
        return whole(moment)

    def _ends(self, folded: Folded, start: datetime) -> tuple[datetime | None, datetime | None]:
        located, returned = self._so_far(folded.located_at), self._so_far(folded.returned_at)
        if returned is not None:
            returned = max(returned, start)
        if located is not None:
            located = max(located, min(start + timedelta(seconds=1), self._as_of))
            if located <= start or (returned is not None and located > returned):
                located = None  # the return was the first that anybody saw of them
        return located, returned

    def _phases(
        self,
        facts: OnRecord,
        start: datetime,
        found: datetime | None,
        returned: datetime | None,
    ) -> tuple[Phase, ...]:
        """Real changes of category, in the order in which they happened."""
        opened = facts.last(f.Opened)
        begun: f.Category = opened.category if opened else "missing"
        changes: list[tuple[datetime, f.Category]] = []
        for fact in facts.all(f.CategoryChanged, f.PoliceTold):
            if isinstance(fact, f.CategoryChanged):
                if fact.from_start:
                    begun, changes = fact.category, []
                else:
                    changes.append((whole(fact.at), fact.category))
            elif isinstance(fact, f.PoliceTold) and (
                self._pack.settings.police_report_makes_missing
            ):
                changes.append((whole(fact.at), "missing"))
        phases = [Phase(start, begun)]
        for at, category in sorted(changes, key=lambda change: change[0]):
            before = phases[-1]
            late = returned is not None and at > returned
            if category == "missing" and found is not None and at >= found:
                late = True
            if late or at > self._as_of or category == before.category:
                continue
            if at <= before.since:
                phases[-1] = Phase(before.since, category)
            else:
                phases.append(Phase(at, category))
        return tuple(phases)

    def _aware(self, folded: Folded) -> datetime | Literal["unknown"]:
        told = [
            notification.at
            for notification in folded.notifications
            if notification.type in ("responsible_authority", "ra_written", "parents")
        ]
        known = [
            moment
            for moment in (folded.aware_at, folded.police_reported_at, *told)
            if self._so_far(moment) is not None and moment is not None
        ]
        return whole(min(known)) if known else "unknown"

    def _out_of_hours(self, moment: datetime) -> bool:
        pack = self._pack
        return is_out_of_hours(moment, pack.opens, pack.closes, pack.holidays, pack.zone)

    # What was done -----------------------------------------------------------------------

    def _found(
        self, facts: OnRecord, located: datetime | None, returned: datetime | None
    ) -> dict[str, Any]:
        found = located or returned
        where, back = facts.last(f.Located), facts.last(f.Returned)
        answer: dict[str, Any] = dict.fromkeys(
            ("found_district", "found_place", "found_by", "found_out_of_hours", "return_unsafe",
             "returned_to")
        )  # fmt: skip
        if returned is not None:
            answer["returned_to"] = (back.to if back else None) or "unknown"
        if found is None:
            return answer
        answer["found_out_of_hours"] = self._out_of_hours(found)
        by = (where.found_by if where else None) or "unknown"
        place = (where.place if where else None) or "unknown"
        unsafe = where.return_unsafe if where else None
        if located is None:
            collected = facts.last(f.Collected)
            if collected is not None and by == "unknown":
                by = _COLLECTED_BY.get(collected.by_whom, "unknown")  # type: ignore[assignment]
            if place == "unknown" and back is not None and back.to == "same_placement":
                place = "placement"
        answer |= {
            "found_district": (where.district if where else "") or "unknown",
            "found_place": place,
            "found_by": "family" if by == "parents" else by,
            "return_unsafe": "unknown" if unsafe is None else unsafe,
        }
        return answer

    def _told(
        self, facts: OnRecord, folded: Folded, child: f.Child
    ) -> dict[str, datetime | bool | str | None]:
        accepted = self._pack.accepting_roles
        authority = self._first_told(folded, "responsible_authority", accepted)
        authority = _earlier(authority, self._first_told(folded, "ra_back", accepted))
        parents = self._first_told(folded, "parents")
        parents = _earlier(parents, self._first_told(folded, "parents_back"))
        opened = facts.last(f.Opened)
        not_asked = opened is not None and "police" in opened.not_known
        police = self._so_far(folded.police_reported_at)
        return {
            "police_told": police or ("unknown" if not_asked else None),
            "authority_told": authority if child.looked_after else None,
            "authority_written": self._first_told(folded, "ra_written"),
            "parents_told": parents,
            "parents_withheld": facts.last(f.ParentsWithheld) is not None,
        }

    def _first_told(
        self, folded: Folded, kind: str, roles: Iterable[str] | None = None
    ) -> datetime | None:
        allowed = None if roles is None else frozenset(roles)
        times = [
            whole(notification.at)
            for notification in folded.notifications
            if notification.type == kind
            and (allowed is None or notification.recipient_role in allowed)
            and whole(notification.at) <= self._as_of
        ]
        return min(times, default=None)

    def _interview(self, facts: OnRecord, *, due: bool) -> dict[str, Any]:
        offered, answer = facts.last(f.InterviewOffered), facts.last(f.InterviewAnswered)
        held = interview_that_counts(facts, self._as_of)
        reached = offered is not None or answer is not None or held is not None
        asked = True if reached else (False if due else None)
        by: str | None = None
        if held is not None:
            by = {True: "independent", False: "not_independent"}.get(
                held.independent,  # type: ignore[arg-type]
                "unknown",
            )
        shared = (held.interview or None) if held else None
        offered_at = whole(offered.at) if offered and whole(offered.at) <= self._as_of else None
        return {
            "ri_offered": asked,
            "ri_offered_at": offered_at or ("unknown" if asked is True else None),
            "ri_accepted": answer.accepted if answer else (True if held else None),
            "ri_held": True if held else (False if due else None),
            "ri_held_at": whole(held.at) if held else None,
            "ri_by": by,
            "ri_id": shared and self._keys.of("interview", shared),
        }

    def _referrals(self, facts: OnRecord) -> tuple[Referral, ...]:
        answers = {x.referral: x for x in facts.all(f.ReferralAnswered)}
        found: list[Referral] = []
        referred: list[f.Referred | f.ReferredToSocialCare] = [
            *facts.all(f.Referred),
            *facts.all(f.ReferredToSocialCare),
        ]
        for fact in referred:
            at = whole(fact.at)
            if at > self._as_of:
                continue
            outside = self._out_of_hours(at)
            if isinstance(fact, f.Referred):
                to, reason = fact.to, fact.reason
            else:
                to = "emergency_duty_team" if outside else "duty_team"
                reason = "significant_harm"
            known = answers.get(fact.id)
            found.append(
                Referral(
                    at=at,
                    to=to,
                    out_of_hours=outside,
                    reason=reason,
                    outcome=known.outcome if known else "unknown",
                    protocol_followed=known.protocol_followed if known else "unknown",
                    suitable=known.suitable if known else None,
                )
            )
        found.sort(key=lambda referral: referral.at)
        return tuple(found)

    def _meetings(self, facts: OnRecord) -> tuple[Meeting, ...]:
        held = [(fact.at, fact.meeting) for fact in facts.all(f.MeetingHeld)]
        ticked = [fact for fact in facts.all(f.DutyDone) if fact.duty in _STRATEGY]
        held += [(fact.at, "strategy") for fact in ticked]
        return tuple(
            Meeting(kind=kind, on=at.astimezone(LONDON).date())
            for at, kind in sorted(held)
            if whole(at) <= self._as_of
        )

    # History -----------------------------------------------------------------------------

    def _imported(self, episode: Episode, was: f.Imported) -> Row | None:
        start = whole(was.start)
        if start > self._as_of:
            return None
        located, returned = self._so_far(was.located_at), self._so_far(was.returned_at)
        found = located or returned
        child = self._whose.child(episode.person, was.child)
        known = imported(
            was,
            found=found,
            returned=returned,
            out_of_hours=self._import_hours(was, found),
            looked_after=child.looked_after,
        )
        fields: dict[str, Any] = {
            **self._whose.who(episode, child, start, found),
            "start": start,
            "located": located,
            "returned": returned,
            **self._whose.counts(episode, start, missing=was.category == "missing"),
            **known,
        }
        return Row(schema=1, as_of=self._as_of, **fields)

    def _import_hours(self, was: f.Imported, found: datetime | None) -> f.Asked:
        if found is None:
            return None
        return "unknown" if was.precision == "day" else self._out_of_hours(found)


_NO_FIGURES = frozenset({*f.LOG_ONLY, *ATTACHMENT_FACTS, f.Acknowledged, f.Snoozed, f.Note})


def joined(links: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Reference -> the first reference of all that these links join, directly or by others."""
    first: dict[str, str] = {}

    def root(ref: str) -> str:
        while first.setdefault(ref, ref) != ref:
            ref = first[ref]
        return ref

    for one, other in links:
        if one != other:
            low, high = sorted((root(one), root(other)))
            first[high] = low
    return {ref: root(ref) for ref in first}


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((x for x in (one, other) if x is not None), default=None)
