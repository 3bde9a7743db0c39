"""What is known of an episode at a moment, as the words that the rules look at.

A `View` holds as long as no fact comes into being: facts dated after its moment do not exist yet.
A birthday counts as such a fact. Until then only the clock moves (`Instant`): it passes limits of
elapsed time and a night, and what was booked or handed over comes back.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta

import msgspec

from protocol.decisions import next_review, put_off_until, settles
from protocol.earlier_episodes import History
from protocol.episode import Decision, utc
from protocol.facts import Category
from protocol.london import (
    birthday,
    completed_years,
    days_from,
    is_out_of_hours,
    next_at,
    next_opening,
)
from protocol.on_record import OnRecord
from protocol.outcome import Due, Outcome
from protocol.pack import Limit, Pack

NIGHT = time(4, 0)
"""Whoever is still away at this time of the London clock has been away overnight."""
_TELLING = ("responsible_authority", "ra_written", "parents")
"""Who was told shows when the absence had been noticed."""
_DONE = (
    ("reported_to_csc_at", "referred"),
    ("s47_started_at", "enquiries_started"),
    ("referred_at", "referral_made"),
    ("safe_well_at", "safe_well_done"),
    ("ri_completed_at", "interview_held"),
)
"""What was done, by the field of the episode that holds when."""
_OVERNIGHT = Limit(timedelta(), strict=False, word="overnight")


class Instant(msgspec.Struct, frozen=True, gc=False):
    """What is known at `now`, of a view that holds then."""

    view: View
    now: datetime
    known: frozenset[str]
    """The words, those that conditions look at."""
    taken: int
    """How many of the decisions on record have been taken by now."""
    decisions: Mapping[str, Decision]
    """The latest of them on each id: the one that counts."""

    def outcome(self) -> Outcome:
        """What the rules make of it, and the decisions of that."""
        view = self.view
        outcome = view.pack.outcome(self.known)
        decided: set[str] = set()
        put_off: dict[str, datetime] = {}
        for name, decision in self.decisions.items():
            if name not in outcome.in_question:
                continue
            rule = view.pack.settling[name]
            if settles(decision, rule, view.returned):
                decided.add(name)
            elif (until := put_off_until(decision, rule)) is not None and until > self.now:
                put_off[name] = until
        return outcome.settled(decided, put_off)

    def dues(self, outcome: Outcome) -> list[tuple[Due, datetime]]:
        """The duties of this outcome that have a time, with that time (UTC)."""
        dues = []
        view = self.view
        for due in outcome.duties:
            origin: datetime | None = getattr(view, due.duty.origin)
            if origin is None:
                continue
            unit = due.duty.unit
            if unit == "days":
                at = days_from(origin, due.days, view.pack.zone)
            elif unit == "every_days":
                at = self._next_review(due, origin)
            else:
                at = origin + due.span
            dues.append((due, at))
        return dues

    def _next_review(self, due: Due, origin: datetime) -> datetime:
        """The oldest week that has not been reviewed."""
        pack = self.view.pack

        def time_of(week: int) -> datetime:
            at = days_from(origin, due.days * week, pack.zone)
            if not due.to_office_hours:
                return at
            return next_opening(at, pack.opens, pack.closes, pack.holidays, pack.zone)

        if due.duty.id not in self.decisions:
            return time_of(1)
        taken = self.view.record.decisions[: self.taken]
        reviews = [decision for decision in taken if decision.id == due.duty.id]
        return time_of(next_review(reviews, time_of, due.early))

    def next_moment(
        self, outcome: Outcome, dues: Sequence[tuple[Due, datetime]]
    ) -> datetime | None:
        """The first moment after now at which this outcome can change, if no fact is added."""
        now, view = self.now, self.view
        moments = [*outcome.put_off.values()]
        if view.until is not None:
            moments.append(view.until)
        for decision in view.record.decisions[self.taken :]:
            if decision.id in outcome.in_question or decision.id in view.pack.decided_words:
                moments.append(utc(decision.at))
                break
        if view.timed:
            moments += [at for _, at in (*dues, *view.limits) if at > now]
        return min(moments, default=None)


class View:
    """An episode as known from `known_at` (UTC) on; `until` is when the next fact is dated.

    Without any time on record (not `timed`) the clock starts at `known_at`.
    """

    __slots__ = (
        "_times", "age", "authority_told", "aware", "counts", "interview_clock",
        "known_at", "limits", "located", "missing", "missing_clock", "missing_from", "pack",
        "police", "record", "referral", "returned", "start", "timed", "told", "told_counts_from",
        "until", "words",
    )  # fmt: skip

    def __init__(self, record: OnRecord, history: History, pack: Pack, now: datetime) -> None:
        self.record = record
        self.pack = pack
        self.known_at = now
        come = bisect_right(record.dated, now)
        self.until = None
        self._times, self.told = record.times, record.told
        if come < len(record.dated):
            self.until = record.dated[come]
            self._times = {name: at for name, at in record.times.items() if at <= now}
            self.told = [one for one in record.told if one[0] <= now]
        self.returned = self._times.get("returned_at")
        self.located = self._times.get("located_at") or self.returned
        self.police = self._times.get("police_reported_at")
        self.referral = self._times.get("reported_to_csc_at")
        noticed = self._noticed()
        self.start = self._start(noticed)
        self.aware = noticed or self.start
        self._become_missing()
        self.interview_clock = (
            self.returned if pack.settings.ri_clock == "returned" else self.located
        )
        self.counts, counted = history.counts(self.start, missing=self.missing)
        category: Category = "missing" if self.missing else "unauthorised_absence"
        self.limits, passed = self._limits()
        self.words = pack.looked_at.intersection([
            *pack.category_words[category], *record.words, *counted, *passed, *self._child_words(),
            *self._told_words(), *self._done_words(), *self._found_words(),
        ])  # fmt: skip

    def holds(self, now: datetime) -> bool:
        """Whether nothing but the clock has moved by then."""
        come = self.known_at <= now and (self.until is None or now < self.until)
        return self.timed and come

    def age_at(self, now: datetime) -> int | None:
        """The age in completed years that counts then; None: it is not known."""
        of_today = self.pack.settings.age_evaluated_at == "now"
        return self._age_on(now) if of_today else self.age

    def has_strict_limit(self, passed: datetime) -> bool:
        """Whether a strict limit is passed at this moment, so that it was reached just before."""
        return any(limit.strict for limit, at in self.limits if at == passed)

    def at(self, now: datetime) -> Instant:
        """What is known then; the view `holds`."""
        record, pack = self.record, self.pack
        taken = bisect_right(record.decided_at, now)
        decisions = {decision.id: decision for decision in record.decisions[:taken]}
        words = [limit.word for limit, at in self.limits if at <= now]
        for name, word in pack.decided_words.items():
            decision = decisions.get(name)
            if decision and settles(decision, pack.settling[name], self.returned):
                words.append(word)
        known = self.words.union(words) if words else self.words
        return Instant(self, now, known, taken, decisions)

    # When ----------------------------------------------------------------------------------------

    def _noticed(self) -> datetime | None:
        """The earliest time on record at which somebody knew of the absence."""
        times = [at for at, notification in self.told if notification.type in _TELLING]
        if self.record.aware is not None:
            times.append(self.record.aware)
        if self.police is not None:
            times.append(self.police)
        return min(times, default=None)

    def _start(self, noticed: datetime | None) -> datetime:
        """When the clock starts, by `clock_start`; what is not on record gives way to the next."""
        seen, due = self.record.seen, self.record.due_back
        later = max(seen, due) if seen and due else seen or due
        way = self.pack.settings.clock_start
        if way == "later_of_last_seen_and_due_back":
            found = later or noticed
        elif way == "last_seen":
            found = seen or noticed or due
        elif way == "aware":
            found = noticed or later
        else:
            found = self.police or noticed or later
        found = found or self.located
        self.timed = found is not None
        return found or self.known_at

    def _become_missing(self) -> None:
        """Whether the young person is missing, since when, and from when people are to be told."""
        reported = self.record.episode.category == "missing"
        since = self.record.missing_since if reported else None
        if since is not None and since > self.known_at:
            reported, since = False, None
        police = self.police if self.pack.settings.police_report_makes_missing else None
        became = (since or self.start) if reported else police
        self.missing = became is not None
        self.missing_from = self.aware
        if became is not None:
            if police is not None and police < became:
                became = police
            self.missing_from = max(self.aware, became)
        again = self.pack.settings.told_before_missing == "again"
        self.missing_clock = max(self.start, since) if since else self.start
        self.told_counts_from: datetime | None = None
        if since is not None and again and not (police is not None and police < since):
            # Who was told before knows of an absence, not of a missing young person (000:1671).
            self.told_counts_from = since

    # What ----------------------------------------------------------------------------------------

    def _child_words(self) -> list[str]:
        child, settings = self.record.episode.child, self.pack.settings
        words = []
        of_today = settings.age_evaluated_at == "now"
        self.age = self._age_on(self.known_at if of_today else self.start)
        if child.dob is not None and of_today:
            grows = birthday(child.dob, settings.older_band_min_age, self.pack.zone)
            if grows > self.known_at and (self.until is None or grows < self.until):
                self.until = grows
        young = self.age is None or self.age < settings.older_band_min_age
        if young:
            words.append("young")
        concerns = child.historical_concerns
        if concerns == "unknown":
            words.append("concerns_unknown")
            concerns = settings.unknown_concerns_as
        if (concerns or not self.pack.factors.isdisjoint(self.record.flags)) and (
            young or settings.historical_concerns_scope == "any_age"
        ):
            words.append("concerns")
        if child.responsible_la == settings.protocol_la:
            words.append("responsible_here")
        if child.placement_la == settings.protocol_la:
            words.append("placed_here")
        return words

    def _age_on(self, day: datetime) -> int | None:
        child = self.record.episode.child
        if child.dob is None:
            return child.age
        return completed_years(child.dob, day.astimezone(self.pack.zone).date())

    def _done_words(self) -> list[str]:
        """What social care, police and the interviewer did."""
        words = [word for name, word in _DONE if name in self._times]
        episode = self.record.episode
        held = "ri_completed_at" in self._times
        placement = held and episode.ri_held_by == "placement"
        if placement:
            words.append("held_by_placement")
        independence = self.pack.settings.ri_independence == "required"
        again = placement and independence and episode.child.looked_after
        if "ri_declined_at" in self._times or (held and not again):
            words.append("interview_closed")
        return words

    def _told_words(self) -> list[str]:
        """Who was told, that the young person is missing and (at or after the location) that it is
        over. A telling before the absence became missing may not count."""
        pack, located, counts_from = self.pack, self.located, self.told_counts_from
        words = []
        self.authority_told: datetime | None = None
        if self.police is not None:
            words.append("police_told")
            if located is not None and self.police < located:
                words.append("police_told_earlier")
        for at, notification in self.told:
            kind, role = notification.type, notification.recipient_role
            accepted = role in pack.accepting_roles
            if counts_from is None or at >= counts_from:
                if kind in ("responsible_authority", "ra_back") and accepted:
                    words.append("authority_told")
                    self.authority_told = min(at, self.authority_told or at)
                elif kind == "ra_written":
                    words.append("authority_written")
                elif kind in ("parents", "parents_back"):
                    words.append("parents_told")
            if located is None:
                continue
            if at < located:
                if kind == "parents":
                    words.append("parents_told_earlier")
            elif kind == "police_back":
                words.append("police_told_back")
            elif kind in ("parents", "parents_back"):
                words.append("parents_told_back")
            elif (kind == "responsible_authority" and accepted) or (
                kind == "ra_back" and role in pack.back_roles
            ):
                words.append("authority_told_back")
        return words

    def _found_words(self) -> list[str]:
        pack, episode, located = self.pack, self.record.episode, self.located
        if located is None:
            return []
        words = ["located"]
        if self.returned is not None:
            words.append("returned")
        if is_out_of_hours(located, pack.opens, pack.closes, pack.holidays, pack.zone):
            words.append("located_out_of_hours")
        if episode.located_by in ("police", "parents"):
            words.append(f"located_by_{episode.located_by}")
        child = episode.child
        own = child.placement_la if child.looked_after else pack.settings.protocol_la
        if episode.located_la and episode.located_la != own:
            words.append("found_elsewhere")
        return words

    def _limits(self) -> tuple[list[tuple[Limit, datetime]], list[str]]:
        """The limits that are or will be passed from `known_at` on, each with the first moment at
        which it is; and the words for those passed before. A clock that has stopped passes no more:
        those that it did not pass are left out."""
        clocks = [
            ("away", self.start, self.returned),
            ("missing", self.missing_clock, self.located),
        ]
        if self.located is not None:
            clocks.append(("found", self.start, self.located))
        now = self.known_at
        ahead: list[tuple[Limit, datetime]] = []
        words: list[str] = []
        for clock, begins, ends in clocks:
            for limit in self.pack.limits[clock]:
                passed = begins + limit.passed_after
                if ends is not None and passed > ends:
                    continue
                if passed < now:
                    words.append(limit.word)
                else:
                    ahead.append((limit, passed))
        if self.pack.has_night:
            night = next_at(self.start, NIGHT, self.pack.zone)
            if self.returned is None or self.returned >= night:
                ahead.append((_OVERNIGHT, night))
        return ahead, words
