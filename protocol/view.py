"""What is known of an episode at a moment, as the words that the rules look at.

A `View` holds as long as no fact comes into being: facts dated after its moment do not exist yet.
A birthday counts as such a fact. Until then only the clock moves: it passes limits of elapsed time
and a night, and what was booked or handed over comes back.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta

from protocol.decisions import latest, next_review, settled_words
from protocol.episode import Earlier, Episode, utc
from protocol.facts import Category
from protocol.london import (
    birthday,
    completed_years,
    days_from,
    is_out_of_hours,
    next_at,
    next_opening,
)
from protocol.outcome import Due, Outcome
from protocol.pack import Limit, Pack
from protocol.settings import FLAGS

MOMENT = timedelta(microseconds=1)
"""The smallest step of time here: a strict limit is passed one moment after it is reached."""
NIGHT = time(4, 0)
"""Whoever is still away at this time of the London clock has been away overnight."""
_TELLING = ("responsible_authority", "ra_written", "parents")
"""Who was told shows when the absence had been noticed."""
_ANSWERS = (
    "return_unsafe", "contact_blocked", "crime_suspected", "crime_victim", "harmed_while_away",
)  # fmt: skip


class View:
    """An episode as known at `now` (UTC); `until` is when the next fact is dated.

    Without any time on record (not `timed`) the clock starts now, and goes on doing so.
    """

    __slots__ = (
        "age",
        "authority_told",
        "aware",
        "back_from",
        "counts",
        "decisions",
        "episode",
        "interview_clock",
        "known",
        "located",
        "missing",
        "missing_clock",
        "missing_from",

        "now",
        "pack",
        "police",
        "referral",
        "returned",
        "start",
        "timed",
        "told",
        "told_counts_from",
        "until",
    )  # fmt: skip

    def __init__(self, episode: Episode, history: History, pack: Pack, now: datetime) -> None:
        self.episode = episode
        self.pack = pack
        self.now = now
        self.until: datetime | None = None
        self.returned = self._so_far(episode.returned_at)
        self.located = self._so_far(episode.located_at) or self.returned
        self.police = self._so_far(episode.police_reported_at)
        self.referral = self._so_far(episode.reported_to_csc_at)
        self.told = [
            (at, notification)
            for notification in episode.notifications
            if (at := self._so_far(notification.at)) is not None
        ]
        self.decisions = [d for d in episode.decisions if self._so_far(d.at) is not None]
        noticed = self._noticed()
        self.start = self._start(noticed)
        self.aware = noticed or self.start
        self._become_missing()
        self.interview_clock = (
            self.returned if pack.settings.ri_clock == "returned" else self.located
        )
        category: Category = "missing" if self.missing else "unauthorised_absence"
        words = set(pack.category_words[category])
        words.update(self._child_words())
        words.update(self._told_words())
        words.update(self._other_words())
        if self.located is not None:
            words.update(self._found_words(self.located))
        self.back_from: datetime | None = None
        if self.decisions:
            settled, self.back_from = settled_words(
                latest(self.decisions), pack.settling, now, self.returned
            )
            words |= settled
        words.update(limit.word for limit, at in self._limits() if _is_passed(limit, at, now))
        self.counts, counted = history.counts(self.start, missing=self.missing)
        words.update(counted)
        self.known = words

    # When ----------------------------------------------------------------------------------------

    def _so_far(self, moment: datetime | None) -> datetime | None:
        """The time in UTC if it has come; a later one ends this view."""
        if moment is None:
            return None
        moment = utc(moment)
        if moment <= self.now:
            return moment
        if self.until is None or moment < self.until:
            self.until = moment
        return None

    def _noticed(self) -> datetime | None:
        """The earliest time on record at which somebody knew of the absence."""
        times = [at for at, notification in self.told if notification.type in _TELLING]
        if self.episode.aware_at is not None:
            times.append(utc(self.episode.aware_at))
        if self.police is not None:
            times.append(self.police)
        return min(times, default=None)

    def _start(self, noticed: datetime | None) -> datetime:
        """When the clock starts, by `clock_start`; what is not on record gives way to the next."""
        episode = self.episode
        seen = utc(episode.last_seen_at) if episode.last_seen_at else None
        due = utc(episode.due_back_at) if episode.due_back_at else None
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
        return found or self.now

    def _become_missing(self) -> None:
        """Whether the young person is missing, since when, and from when people are to be told."""
        reported = self.episode.category == "missing"
        since = self._so_far(self.episode.missing_since) if reported else None
        if self.episode.missing_since is not None and since is None:
            reported = False
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
        child, settings, zone = self.episode.child, self.pack.settings, self.pack.zone
        flags = [name for name in FLAGS if getattr(child, name)]
        yield from flags
        self.age = child.age
        if child.dob is not None:
            on = self.start
            if settings.age_evaluated_at == "now":
                on = self.now
                self._so_far(birthday(child.dob, settings.older_band_min_age, zone))
            self.age = completed_years(child.dob, on.astimezone(zone).date())
        young = self.age is None or self.age < settings.older_band_min_age
        if young:
            yield "young"
        concerns = child.historical_concerns
        if concerns == "unknown":
            yield "concerns_unknown"
            concerns = settings.unknown_concerns_as
        if (concerns or not self.pack.factors.isdisjoint(flags)) and (
            young or settings.historical_concerns_scope == "any_age"
        ):
            yield "concerns"
        if child.responsible_la == settings.protocol_la:
            yield "responsible_here"
        if child.placement_la == settings.protocol_la:
            yield "placed_here"
        if child.responsible_la != child.placement_la:
            yield "out_of_area"

    def _other_words(self) -> Iterator[str]:
        """The answers that may be unknown, who reported, and what social care did."""
        episode = self.episode
        for name in _ANSWERS:
            answer = getattr(episode, name)
            if answer == "unknown":
                yield f"{name}_unknown"
            elif answer:
                yield name
        if episode.abducted:
            yield "abducted"
        if episode.reported_by_other_agency:
            yield "other_agency_reported"
        if episode.parents_reported:
            yield "parents_reported"
        if self.referral is not None:
            yield "referred"
        if self._so_far(episode.s47_started_at) is not None:
            yield "enquiries_started"
        if self._so_far(episode.referred_at) is not None:
            yield "referral_made"
        if self._so_far(episode.safe_well_at) is not None:
            yield "safe_well_done"
        held = self._so_far(episode.ri_completed_at) is not None
        placement = held and episode.ri_held_by == "placement"
        if held:
            yield "interview_held"
        if placement:
            yield "held_by_placement"
        independence = self.pack.settings.ri_independence == "required"
        again = placement and independence and episode.child.looked_after
        declined = self._so_far(episode.ri_declined_at) is not None
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
        if self.episode.parents_withheld_reason:
            yield "parents_withheld"
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
        pack, episode = self.pack, self.episode
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

    # By when -------------------------------------------------------------------------------------

    def dues(self, outcome: Outcome) -> list[tuple[Due, datetime]]:
        """The duties of this outcome that have a time, with that time (UTC)."""
        dues = []
        for due in outcome.duties:
            origin: datetime | None = getattr(self, due.duty.origin)
            if origin is None:
                continue
            unit = due.duty.unit
            if unit == "days":
                at = days_from(origin, due.days, self.pack.zone)
            elif unit == "every_days":
                at = self._next_review(due, origin)
            else:
                at = origin + due.span
            dues.append((due, at))
        return dues

    def _next_review(self, due: Due, origin: datetime) -> datetime:
        """The oldest week that has not been reviewed."""
        pack = self.pack

        def time_of(week: int) -> datetime:
            at = days_from(origin, due.days * week, pack.zone)
            if not due.to_office_hours:
                return at
            return next_opening(at, pack.opens, pack.closes, pack.holidays, pack.zone)

        reviews = [d for d in self.decisions if d.id == due.duty.id]
        return time_of(next_review(reviews, time_of, due.early))

    def next_moment(self, dues: Sequence[tuple[Due, datetime]]) -> datetime | None:
        """The first moment after now at which anything can change, if no fact is added."""
        now, known = self.now, self.known
        moments = [at for at in (self.until, self.back_from) if at is not None]
        if not self.timed:
            return min(moments, default=None)
        moments += [at for _, at in dues if at > now]
        moments += [
            at if at > now else now + MOMENT
            for limit, at in self._limits()
            if limit.word not in known
        ]
        return min(moments, default=None)


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
        for days in self._pack.window_days:
            first = days_from(start, -days, self._pack.zone)
            of_missing, of_away = (
                bisect_left(starts, start) - bisect_left(starts, min(first, start))
                for starts in self._starts.values()
            )
            within[days] = of_missing + missing, of_away + (not missing)
        counts: dict[str, int] = {}
        words: list[str] = []
        for window in self._pack.windows:
            of_missing, of_away = within[window.days]
            count = of_missing * window.missing + of_away * window.away
            counts[window.name] = count
            words += [word for least, word in window.limits if count >= least]
            reached: set[str] = set()
            for step, word in window.tiers:
                family = word.rpartition("-")[0]
                if count >= step and family not in reached:
                    reached.add(family)
                    words.append(word)
        return counts, words


def _is_passed(limit: Limit, at: datetime, now: datetime) -> bool:
    return now > at or (now == at and not limit.strict)
