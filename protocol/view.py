"""What is known of an episode at a moment, as the words that the rules look at.

A `View` holds as long as no fact comes into being: facts dated after its moment do not exist yet.
A birthday counts as such a fact. Until then only the clock moves (`Instant`): it passes limits of
elapsed time and a night, and what was booked or handed over comes back.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from typing import NamedTuple

from protocol.decisions import effects, next_review
from protocol.episode import Decision, Earlier, utc
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

MOMENT = timedelta(microseconds=1)
"""The smallest step of time here: a strict limit is passed one moment after it is reached."""
NIGHT = time(4, 0)
"""Whoever is still away at this time of the London clock has been away overnight."""
_TELLING = ("responsible_authority", "ra_written", "parents")
"""Who was told shows when the absence had been noticed."""


class Instant(NamedTuple):
    """What is known at `now`, of a view that holds then.

    known: the words.  decisions: those taken so far, in order.  decided: ids that they settle.
    put_off: ids that are booked or handed over until later.  back_from: when the first of these
    is back.
    """

    view: View
    now: datetime
    known: frozenset[str]
    decisions: Sequence[Decision]
    decided: frozenset[str]
    put_off: frozenset[str]
    back_from: datetime | None

    def outcome(self) -> Outcome:
        """What the rules make of it."""
        return self.view.pack.outcome(self.known).settled(self.decided, self.put_off)

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

        reviews = [decision for decision in self.decisions if decision.id == due.duty.id]
        return time_of(next_review(reviews, time_of, due.early))

    def next_moment(self, dues: Sequence[tuple[Due, datetime]]) -> datetime | None:
        """The first moment after now at which anything can change, if no fact is added."""
        now, view = self.now, self.view
        moments = [at for at in (view.until, self.back_from) if at is not None]
        if len(self.decisions) < len(view.record.decided_at):
            moments.append(view.record.decided_at[len(self.decisions)])
        if view.timed:
            moments += [at for _, at in dues if at > now]
            for limit, at in view.limits:
                if at > now:
                    moments.append(at)
                elif at == now and limit.strict:
                    moments.append(now + MOMENT)
        return min(moments, default=None)


class View:
    """An episode as known from `known_at` (UTC) on; `until` is when the next fact is dated.

    Without any time on record (not `timed`) the clock starts at `known_at`.
    """

    __slots__ = (
        "age",
        "authority_told",
        "aware",
        "counts",
        "effects",
        "interview_clock",
        "known_at",
        "limits",
        "located",
        "missing",
        "missing_clock",
        "missing_from",
        "pack",
        "police",
        "record",
        "referral",
        "returned",
        "start",
        "timed",
        "told",
        "told_counts_from",
        "until",
        "words",
    )  # fmt: skip

    def __init__(self, record: OnRecord, history: History, pack: Pack, now: datetime) -> None:
        self.record = record
        self.pack = pack
        self.known_at = now
        come = bisect_right(record.dated, now)
        self.until = record.dated[come] if come < len(record.dated) else None
        self.returned = self._so_far("returned_at")
        self.located = self._so_far("located_at") or self.returned
        self.police = self._so_far("police_reported_at")
        self.referral = self._so_far("reported_to_csc_at")
        self.told = [one for one in record.told if one[0] <= now]
        noticed = self._noticed()
        self.start = self._start(noticed)
        self.aware = noticed or self.start
        self._become_missing()
        self.interview_clock = (
            self.returned if pack.settings.ri_clock == "returned" else self.located
        )
        category: Category = "missing" if self.missing else "unauthorised_absence"
        words = set(pack.category_words[category])
        words |= record.words
        words.update(self._child_words())
        words.update(self._told_words())
        words.update(self._done_words())
        if self.located is not None:
            words.update(self._found_words(self.located))
        self.effects = effects(record.decisions, pack.settling, self.returned)
        self.counts, counted = history.counts(self.start, missing=self.missing)
        words.update(counted)
        self.words = frozenset(words)
        self.limits = list(self._limits())

    def holds(self, now: datetime) -> bool:
        """Whether nothing but the clock has moved by then."""
        return self.timed and (self.until is None or now < self.until)

    def at(self, now: datetime) -> Instant:
        """What is known then; the view `holds`."""
        words = [
            limit.word for limit, at in self.limits if now > at or (now == at and not limit.strict)
        ]
        come = bisect_right(self.record.decided_at, now)
        latest = {effect.id: effect for effect in self.effects[:come]}.values()
        decided = frozenset([effect.id for effect in latest if effect.settles])
        words += [word for name, word in self.pack.decided_words if name in decided]
        put_off = {e.id: e.until for e in latest if e.until is not None and e.until > now}
        return Instant(
            view=self,
            now=now,
            known=self.words.union(words),
            decisions=self.record.decisions[:come],
            decided=decided,
            put_off=frozenset(put_off),
            back_from=min(put_off.values(), default=None),
        )

    # When ----------------------------------------------------------------------------------------

    def _so_far(self, name: str) -> datetime | None:
        """When this fact came to be, if it has."""
        moment = self.record.times[name]
        return moment if moment is not None and moment <= self.known_at else None

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

    def _child_words(self) -> Iterator[str]:
        child, settings, zone = self.record.episode.child, self.pack.settings, self.pack.zone
        self.age = child.age
        if child.dob is not None:
            on = self.start
            if settings.age_evaluated_at == "now":
                on = self.known_at
                grows = birthday(child.dob, settings.older_band_min_age, zone)
                if grows > on and (self.until is None or grows < self.until):
                    self.until = grows
            self.age = completed_years(child.dob, on.astimezone(zone).date())
        young = self.age is None or self.age < settings.older_band_min_age
        if young:
            yield "young"
        concerns = child.historical_concerns
        if concerns == "unknown":
            yield "concerns_unknown"
            concerns = settings.unknown_concerns_as
        if (concerns or not self.pack.factors.isdisjoint(self.record.flags)) and (
            young or settings.historical_concerns_scope == "any_age"
        ):
            yield "concerns"
        if child.responsible_la == settings.protocol_la:
            yield "responsible_here"
        if child.placement_la == settings.protocol_la:
            yield "placed_here"

    def _done_words(self) -> Iterator[str]:
        """What social care, police and the interviewer did."""
        if self.referral is not None:
            yield "referred"
        if self._so_far("s47_started_at") is not None:
            yield "enquiries_started"
        if self._so_far("referred_at") is not None:
            yield "referral_made"
        if self._so_far("safe_well_at") is not None:
            yield "safe_well_done"
        episode = self.record.episode
        held = self._so_far("ri_completed_at") is not None
        placement = held and episode.ri_held_by == "placement"
        if held:
            yield "interview_held"
        if placement:
            yield "held_by_placement"
        independence = self.pack.settings.ri_independence == "required"
        again = placement and independence and episode.child.looked_after
        declined = self._so_far("ri_declined_at") is not None
        if declined or (held and not again):
            yield "interview_closed"

    def _told_words(self) -> Iterator[str]:
        """Who was told, that the young person is missing and (at or after the location) that it is
        over. A telling before the absence became missing may not count."""
        pack, located, counts_from = self.pack, self.located, self.told_counts_from
        self.authority_told: datetime | None = None
        if self.police is not None:
            yield "police_told"
            if located is not None and self.police < located:
                yield "police_told_earlier"
        for at, notification in self.told:
            kind, role = notification.type, notification.recipient_role
            accepted = role in pack.accepting_roles
            if counts_from is None or at >= counts_from:
                if kind in ("responsible_authority", "ra_back") and accepted:
                    yield "authority_told"
                    self.authority_told = min(at, self.authority_told or at)
                elif kind == "ra_written":
                    yield "authority_written"
                elif kind in ("parents", "parents_back"):
                    yield "parents_told"
            if located is None:
                continue
            if at < located:
                if kind == "parents":
                    yield "parents_told_earlier"
            elif kind == "police_back":
                yield "police_told_back"
            elif kind in ("parents", "parents_back"):
                yield "parents_told_back"
            elif (kind == "responsible_authority" and accepted) or (
                kind == "ra_back" and role in pack.back_roles
            ):
                yield "authority_told_back"

    def _found_words(self, located: datetime) -> Iterator[str]:
        pack, episode = self.pack, self.record.episode
        yield "located"
        if self.returned is not None:
            yield "returned"
        if is_out_of_hours(located, pack.opens, pack.closes, pack.holidays, pack.zone):
            yield "located_out_of_hours"
        if episode.located_by in ("police", "parents"):
            yield f"located_by_{episode.located_by}"
        child = episode.child
        own = child.placement_la if child.looked_after else pack.settings.protocol_la
        if episode.located_la and episode.located_la != own:
            yield "found_elsewhere"

    def _limits(self) -> Iterator[tuple[Limit, datetime]]:
        """The limits that may have been passed or will be, each with its moment. A clock that has
        stopped passes no more: those of its limits that it did not reach are left out."""
        clocks = (
            ("away", self.start, self.returned),
            ("missing", self.missing_clock, self.located),
            ("found", self.start, self.located),
        )
        for clock, begins, ends in clocks:
            if clock == "found" and ends is None:
                continue
            for limit in self.pack.limits[clock]:
                at = begins + limit.span
                if ends is None or at < ends or (at == ends and not limit.strict):
                    yield limit, at
        if self.pack.has_night:
            night = next_at(self.start, NIGHT, self.pack.zone)
            if self.returned is None or self.returned >= night:
                yield Limit(timedelta(), strict=False, word="overnight"), night


class History:
    """The earlier episodes of the same young person, to be counted. Asked again and again with the
    same start, it remembers."""

    def __init__(self, history: Sequence[Earlier], pack: Pack) -> None:
        self._pack = pack
        self._starts: dict[Category, list[datetime]] = {"missing": [], "unauthorised_absence": []}
        for earlier in history:
            self._starts[earlier.category].append(utc(earlier.start))
        for starts in self._starts.values():
            starts.sort()
        self._known: dict[tuple[datetime, bool], tuple[dict[str, int], list[str]]] = {}

    def counts(self, start: datetime, *, missing: bool) -> tuple[dict[str, int], list[str]]:
        """Episodes in each window of the pack, one that begins at `start` included if its category
        counts; and the words for the limits and tiers that are reached."""
        found = self._known.get((start, missing))
        if found is None:
            found = self._known[start, missing] = self._count(start, missing=missing)
        return found

    def _count(self, start: datetime, *, missing: bool) -> tuple[dict[str, int], list[str]]:
        within: dict[int, tuple[int, int]] = {}
        of_missing, of_away = self._starts["missing"], self._starts["unauthorised_absence"]
        before = bisect_left(of_missing, start), bisect_left(of_away, start)
        for days in self._pack.window_days:
            first = min(days_from(start, -days, self._pack.zone), start)
            within[days] = (
                before[0] - bisect_left(of_missing, first) + missing,
                before[1] - bisect_left(of_away, first) + (not missing),
            )
        counts: dict[str, int] = {}
        words: list[str] = []
        for window in self._pack.windows:
            as_missing, as_away = within[window.days]
            count = as_missing * window.missing + as_away * window.away
            counts[window.name] = count
            words += [word for least, word in window.limits if count >= least]
            for steps in window.tiers:
                reached = next((word for step, word in steps if count >= step), None)
                if reached is not None:
                    words.append(reached)
        return counts, words
