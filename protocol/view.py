"""What is known of an episode at a moment, as the bits that the rules look at.

A `View` holds as long as no fact comes into being: facts dated after its moment do not exist yet.
A birthday counts as such a fact. Until then only the clock moves: it passes limits of elapsed time
and a night.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from protocol.episode import Earlier, Episode, utc
from protocol.london import birthday, completed_years, days_from, is_out_of_hours, next_at
from protocol.outcome import Due, Outcome
from protocol.pack import Pack
from protocol.settings import FLAGS
from protocol.vocabulary import WORDS

_BIT = {name: word.bit for name, word in WORDS.items()}
_FLAG_BITS = tuple((name, _BIT[name]) for name in FLAGS)
_EPISODE_FLAGS = tuple(
    (field, _BIT[word])
    for field, word in (
        ("return_unsafe", "return_unsafe"),
        ("contact_blocked", "contact_blocked"),
        ("abducted", "abducted"),
        ("reported_by_other_agency", "other_agency_reported"),
        ("parents_reported", "parents_reported"),
        ("crime_suspected", "crime_while_away"),
        ("harmed_while_away", "harmed_while_away"),
        ("parents_withheld_reason", "parents_withheld"),
    )
)
_RETURNED, _LOCATED, _MISSING, _YOUNG = (
    _BIT[w] for w in ("returned", "located", "missing", "young")
)
_OVERNIGHT, _CONCERNS, _CONCERNS_UNKNOWN = (
    _BIT[w] for w in ("overnight", "concerns", "concerns_unknown")
)
MOMENT = timedelta(microseconds=1)
"""The smallest step of time here: a strict limit is passed one moment after it is reached."""
NIGHT = time(4, 0)
"""Whoever is still away at this time of the London clock has been away overnight."""


class View:
    """An episode as known at `now` (UTC); `until` is when the next fact is dated."""

    __slots__ = (
        "age", "authority_told", "aware", "counts", "episode", "interview_clock", "known",
        "located", "missing", "night", "now", "pack", "referral", "returned", "start", "until",
    )  # fmt: skip

    def __init__(
        self, episode: Episode, history: Sequence[Earlier], pack: Pack, now: datetime
    ) -> None:
        self.episode = episode
        self.pack = pack
        self.now = now
        self.until: datetime | None = None
        settings = pack.settings
        self.returned = self._so_far(episode.returned_at)
        located = self._so_far(episode.located_at)
        self.located = self.returned if located is None else located
        police = self._so_far(episode.police_reported_at)
        self.referral = self._so_far(episode.reported_to_csc_at)
        self.missing = episode.category == "missing" or (
            police is not None and settings.police_report_makes_missing
        )
        self.start = self._start(police)
        self.aware = self.start if episode.aware_at is None else utc(episode.aware_at)
        self.interview_clock = self.returned if settings.ri_clock == "returned" else self.located
        bits = pack.constant | self._child_bits()
        if self.missing:
            bits |= _MISSING | pack.category_bits["missing"]
        else:
            bits |= pack.category_bits["unauthorised_absence"]
        for field, bit in _EPISODE_FLAGS:
            if getattr(episode, field) not in (False, "", "unknown"):
                bits |= bit
        if police is not None:
            bits |= _BIT["police_told"]
        if self.referral is not None:
            bits |= _BIT["referred"]
            if self._so_far(episode.s47_started_at) is not None:
                bits |= _BIT["enquiries_started"]
        bits |= self._told_bits()
        if self.located is not None:
            bits |= self._located_bits(self.located)
        self.night = next_at(self.start, NIGHT, pack.zone)
        self.known = bits | self._clock_bits() | self._count_bits(history)

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
                at = self._next_of(origin, due.days)
            else:
                at = origin + due.span
            dues.append((due, at))
        return dues

    def next_change(
        self, outcome: Outcome, dues: Sequence[tuple[Due, datetime]]
    ) -> datetime | None:
        """The first moment after now at which level, reasons or duties differ in this view.

        For a strict limit that is the limit itself, although the change comes just after it.
        """
        now = self.now
        soonest = now + MOMENT
        ahead = [
            (at if at > now else soonest, 0)
            for due, at in dues
            if at > now or due.duty.unit == "every_days"
        ]
        known = self.known
        if self.returned is None:
            limits = [(self.start + span, bit) for span, _, bit in self.pack.away]
            limits.append((self.night, _OVERNIGHT))
            ahead += [(at if at > now else soonest, bit) for at, bit in limits if not known & bit]
        ahead.sort()
        timed = [due for due, _ in dues]
        for moment, bit in ahead:
            if not bit:
                return moment
            known |= bit
            other = self.pack.outcome(known)
            if other.reasons != outcome.reasons or self._timed(other) != timed:
                return moment
        return None

    def _timed(self, outcome: Outcome) -> list[Due]:
        """The duties of this outcome whose time is known."""
        return [due for due in outcome.duties if getattr(self, due.duty.origin) is not None]

    def _so_far(self, moment: datetime | None) -> datetime | None:
        """The time in UTC if it has come; a later one ends this view."""
        if moment is None:
            return None
        moment = utc(moment)
        if moment <= self.now:
            return moment
        self.until = min(moment, self.until or moment)
        return None

    def _start(self, police: datetime | None) -> datetime:
        """When the clock starts, by `clock_start`; what is not on record gives way to the next."""
        episode = self.episode
        seen = utc(episode.last_seen_at) if episode.last_seen_at else None
        due = utc(episode.due_back_at) if episode.due_back_at else None
        aware = utc(episode.aware_at) if episode.aware_at else None
        later = max(seen, due) if seen and due else seen or due
        way = self.pack.settings.clock_start
        if way == "later_of_last_seen_and_due_back":
            found = later or aware
        elif way == "last_seen":
            found = seen or aware or due
        elif way == "aware":
            found = aware or later
        else:
            found = police or aware or later
        return found or police or self.located or self.now

    def _child_bits(self) -> int:
        child, settings, zone = self.episode.child, self.pack.settings, self.pack.zone
        bits = 0
        for name, bit in _FLAG_BITS:
            if getattr(child, name):
                bits |= bit
        self.age = child.age
        if child.dob is not None:
            on = self.start
            if settings.age_evaluated_at == "now":
                on = self.now
                self._so_far(birthday(child.dob, settings.older_band_min_age, zone))
            self.age = completed_years(child.dob, on.astimezone(zone).date())
        young = self.age is None or self.age < settings.older_band_min_age
        if young:
            bits |= _YOUNG
        concerns = child.historical_concerns
        if concerns == "unknown":
            bits |= _CONCERNS_UNKNOWN
            concerns = settings.unknown_concerns_as
        if (concerns or bits & self.pack.factors) and (
            young or settings.historical_concerns_scope == "any_age"
        ):
            bits |= _CONCERNS
        here = settings.protocol_la
        if child.responsible_la == here:
            bits |= _BIT["responsible_here"]
        if child.placement_la == here:
            bits |= _BIT["placed_here"]
        if child.responsible_la != child.placement_la:
            bits |= _BIT["out_of_area"]
        return bits

    def _told_bits(self) -> int:
        bits = 0
        self.authority_told = None
        for notification in self.episode.notifications:
            at = self._so_far(notification.at)
            if at is None:
                continue
            if notification.type == "responsible_authority":
                if notification.recipient_role in self.pack.accepting_roles:
                    bits |= _BIT["authority_told"]
                    self.authority_told = min(at, self.authority_told or at)
            elif notification.type == "ra_written":
                bits |= _BIT["authority_written"]
            elif notification.type == "parents":
                bits |= _BIT["parents_told"]
        return bits

    def _located_bits(self, located: datetime) -> int:
        pack, episode = self.pack, self.episode
        bits = _LOCATED if self.returned is None else _LOCATED | _RETURNED
        until_found = located - self.start
        for span, _, bit in pack.found:
            if until_found > span:
                bits |= bit
        if is_out_of_hours(located, pack.opens, pack.closes, pack.holidays, pack.zone):
            bits |= _BIT["located_out_of_hours"]
        for closing in (episode.ri_completed_at, episode.ri_declined_at):
            if self._so_far(closing) is not None:
                bits |= _BIT["interview_closed"]
        return bits

    def _clock_bits(self) -> int:
        """The limits of elapsed time that have been passed, and whether there was a night."""
        end = self.returned or self.now
        away = end - self.start
        bits = _OVERNIGHT if end >= self.night else 0
        for span, strict, bit in self.pack.away:
            if away > span or (away == span and not strict):
                bits |= bit
        return bits

    def _count_bits(self, history: Sequence[Earlier]) -> int:
        """Counts the episodes of each window, this one included if its category counts."""
        start, pack = self.start, self.pack
        missing: list[datetime] = [start] if self.missing else []
        away: list[datetime] = [] if self.missing else [start]
        for earlier in history:
            at = earlier.start if earlier.start.tzinfo is UTC else utc(earlier.start)
            if at < start:
                (missing if earlier.category == "missing" else away).append(at)
        missing.sort()
        away.sort()
        within: dict[int, tuple[int, int]] = {}
        for days in pack.window_days:
            first = days_from(start, -days, pack.zone)
            within[days] = (
                len(missing) - bisect_left(missing, first),
                len(away) - bisect_left(away, first),
            )
        bits = 0
        self.counts: dict[str, int] = {}
        for window in pack.windows:
            of_missing, of_away = within[window.days]
            count = of_missing * window.missing + of_away * window.away
            self.counts[window.name] = count
            for least, bit in window.limits:
                if count >= least:
                    bits |= bit
            for shift, steps in window.tiers:
                bits |= bisect_right(steps, count) << shift
        return bits

    def _next_of(self, origin: datetime, days: int) -> datetime:
        """The first of origin + days, + 2 days … (calendar) that is not before now."""
        times = max(1, (self.now - origin) // timedelta(days=days))
        while True:
            at = days_from(origin, days * times, self.pack.zone)
            if at >= self.now:
                return at
            times += 1
