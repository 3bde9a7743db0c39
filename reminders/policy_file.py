"""Reads the reminders' tables of the configuration and finds everything that is wrong there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from protocol.mistakes import Mistake, allowed, read_as, shown, without_consequences, wrong
from protocol.provider import Provider
from protocol.toml_places import Place
from reminders.duties import OWN_DUTIES
from reminders.policy import GROUPS, Exception_, Ladder, Ladders, Pattern, Policy, default_leads

MINUTES_OF_A_YEAR = 366 * 24 * 60
YEARS = range(2000, 2101)
"""Dates outside are slips of the pen."""


class PolicyError(Exception):
    """The configuration cannot be used. `mistakes`: everything that is wrong."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("\n".join(str(one) for one in mistakes))
        self.mistakes = tuple(mistakes)


TABLES: frozenset[str] = frozenset(Policy.__struct_fields__)
"""The top-level keys of the configuration that belong here."""


def policy_from(raw: Mapping[str, Any], service: Provider) -> Policy:
    """The policy that these tables of the configuration describe (other keys are not looked at).

    Raises PolicyError. A duty's ladder or lead time that is given adds to the defaults.
    """
    policy, found = read_policy(raw, service)
    if found:
        raise PolicyError(found)
    return policy


def read_policy(raw: Mapping[str, Any], service: Provider) -> tuple[Policy, list[Mistake]]:
    """As `policy_from`, but with the mistakes beside it: usable only if there are none."""
    parts: dict[str, Any] = {}
    for key in Policy.__struct_fields__:
        if key not in raw:
            continue
        value = raw[key]
        if key == "ladders" and isinstance(value, Mapping):
            own = value.get("duty", {})
            if isinstance(own, Mapping):
                defaults = msgspec.to_builtins(Ladders().duty)
                value = {**value, "duty": {**defaults, **own}}
        if key == "lead_minutes" and isinstance(value, Mapping):
            value = {**default_leads(), **value}
        parts[key] = value
    policy, found = read_as(Policy, parts)
    return policy, without_consequences(found, mistakes(policy, service))


def mistakes(policy: Policy, service: Provider) -> list[Mistake]:
    """What is wrong with a policy whose types are right."""
    check = _Check(service)
    check.ladders(policy)
    for place, pattern in enumerate(policy.rota):
        check.pattern(("rota", place), pattern)
    for place, other in enumerate(policy.exceptions):
        check.exception(("exceptions", place), other)
    for place, day in enumerate(policy.holidays):
        check.year(("holidays", place), day)
    check.numbers(policy)
    check.watching(policy)
    return check.found


class _Check:
    def __init__(self, service: Provider) -> None:
        self.found: list[Mistake] = []
        self.service = service
        self.staff = sorted(s.id for s in (*service.staff, *service.former))
        self.homes = sorted(h.id for h in service.homes)

    def wrong(self, place: Place, value: object, remedy: str, is_what: str = "") -> None:
        self.found.append(wrong(place, value, remedy, is_what=is_what or "is not allowed"))

    def least(self, place: Place, value: float, low: float, high: float) -> None:
        if not low <= value <= high:  # "not a number" is in no range
            self.wrong(place, value, f"Allowed: {low} or more, at most {high}.")

    def minutes(self, place: Place, value: int, low: int = 1) -> None:
        self.least(place, value, low, MINUTES_OF_A_YEAR)

    def year(self, place: Place, day: date | datetime) -> None:
        if day.year not in YEARS:
            self.wrong(place, day, "Allowed: a day of the years 2000 to 2100.")

    def people(self, place: Place, ids: Sequence[str], homes: Sequence[str]) -> None:
        """Somebody on the rota of a home that they do not cover would never be asked there."""
        known = [home for home in homes if home in self.homes] if homes else self.homes
        for n, one in enumerate(ids):
            staff = self.service.person(one)
            if staff is None:
                remedy = allowed(self.staff, one)
                self.wrong((*place, "staff", n), one, remedy, "is not on the staff list")
                continue
            out = [home for home in known if not staff.covers(home)]
            if out and (homes or len(out) == len(known)):
                remedy = "Change the rota, or their role or homes in the staff list."
                what = f"does not cover {', '.join(out)}"
                self.wrong((*place, "staff", n), one, remedy, what)

    def places(self, place: Place, ids: Sequence[str]) -> None:
        for n, one in enumerate(ids):
            if one not in self.homes:
                self.wrong((*place, "homes", n), one, allowed(self.homes, one), "is no home")

    def ladders(self, policy: Policy) -> None:
        own = policy.ladders
        for name in ("level_1", "level_2", "level_3", "young", "early"):
            self.ladder(("ladders", name), getattr(own, name))
        for duty, ladder in own.duty.items():
            self.ladder(("ladders", "duty", duty), ladder)

    def ladder(self, place: Place, ladder: Ladder) -> None:
        if not ladder.steps:
            self.wrong((*place, "steps"), (), "At least one step is needed.", "is empty")
        self.minutes((*place, "then_every_minutes"), ladder.then_every_minutes)
        self.minutes((*place, "rarest_minutes"), ladder.rarest_minutes)
        begins, ends = ladder.from_hour, ladder.to_hour
        if (begins is None) != (ends is None):
            given, other = ("from_hour", "to_hour") if ends is None else ("to_hour", "from_hour")
            remedy = f"Give {other} as well, or neither."
            self.found.append(Mistake(place=(*place, given), what="stands alone", remedy=remedy))
        elif begins is not None and ends is not None and begins >= ends:
            self.wrong((*place, "to_hour"), ends, "Allowed: later than from_hour.")
        if begins is not None and place[-1] in ("level_2", "level_3", "young"):
            remedy = "Leave from_hour and to_hour out: level 2 and 3 are never kept for the day."
            self.wrong((*place, "from_hour"), begins, remedy)
        for n, step in enumerate(ladder.steps):
            here = (*place, "steps", n)
            self.minutes((*here, "repeat_minutes"), step.repeat_minutes)
            self.least((*here, "times"), step.times, 1, 1000)
            if step.who not in GROUPS and step.who not in self.staff:
                self.wrong((*here, "who"), step.who, allowed((*GROUPS, *self.staff), step.who))

    def pattern(self, place: Place, pattern: Pattern) -> None:
        """A shift has days and hours, or says `when`; a rolling one says in which week it began."""
        self.people(place, pattern.staff, pattern.homes)
        self.places(place, pattern.homes)
        self.least((*place, "every_weeks"), pattern.every_weeks, 1, 52)
        if pattern.every_weeks > 1 and pattern.first_week is None:
            remedy = "every_weeks needs it: any day of a week in which this shift is worked."
            self.found.append(
                Mistake(place=(*place, "first_week"), what="is missing", remedy=remedy)
            )
        if pattern.first_week is not None:
            self.year((*place, "first_week"), pattern.first_week)
        if pattern.when and (pattern.start is not None or pattern.end is not None):
            self.wrong((*place, "when"), pattern.when, "Leave out start and end, or when.")
        if not pattern.when:
            for name in ("start", "end"):
                if getattr(pattern, name) is None:
                    remedy = 'Allowed: a time such as "20:00"; or when = "out_of_hours" instead.'
                    self.found.append(
                        Mistake(place=(*place, name), what="is missing", remedy=remedy)
                    )
            if not pattern.days:
                remedy = 'Allowed: a list of days, such as ["monday", "tuesday"].'
                self.wrong((*place, "days"), (), remedy, "is empty")
        if not pattern.staff:
            remedy = "Name at least one person of the staff list."
            self.wrong((*place, "staff"), (), remedy, "is empty")

    def exception(self, place: Place, other: Exception_) -> None:
        self.people(place, other.staff, other.homes)
        self.places(place, other.homes)
        for name, moment in (("start", other.start), ("end", other.end)):
            if moment.tzinfo is not None:
                remedy = "Write London time without an offset, such as 2026-12-25T08:00:00."
                self.wrong((*place, name), moment, remedy)
            self.year((*place, name), moment)
        plain = other.start.tzinfo is None and other.end.tzinfo is None
        if plain and other.end <= other.start:
            self.wrong((*place, "end"), other.end, "Allowed: later than start.")

    def numbers(self, policy: Policy) -> None:
        for duty, minutes in policy.lead_minutes.items():
            self.minutes(("lead_minutes", duty), minutes, 0)
        held = policy.acknowledgement
        for duty, minutes in held.duty_minutes.items():
            self.minutes(("acknowledgement", "duty_minutes", duty), minutes)
        for name in ("level_1_minutes", "level_2_minutes", "level_3_minutes", "early_minutes"):
            self.minutes(("acknowledgement", name), getattr(held, name))
        self.least(("digest", "hour"), policy.digest.hour, 0, 23)
        self.minutes(("grace_minutes",), policy.grace_minutes, 0)
        self.minutes(("hand_over", "accept_minutes"), policy.hand_over.accept_minutes)
        self.least(("hand_over", "swap_hours"), policy.hand_over.swap_hours, 1, 24 * 366)
        safe = policy.after_return.safe_and_well_minutes
        self.minutes(("after_return", "safe_and_well_minutes"), safe, 0)
        down = policy.second_channel.after_minutes_down
        self.minutes(("second_channel", "after_minutes_down"), down)
        for name in ("per_second", "chat_burst", "group_per_minute", "join_at_most", "in_flight"):
            self.least(("limits", name), getattr(policy.limits, name), 1, 10_000)
        self.least(("limits", "chat_per_second"), policy.limits.chat_per_second, 0.01, 10_000)

    def watching(self, policy: Policy) -> None:
        watching = policy.watching
        if watching.alive_url and not watching.alive_url.startswith(("https://", "http://")):
            remedy = "Allowed: an address that begins with https://."
            self.wrong(("watching", "alive_url"), watching.alive_url, remedy)
        self.least(("watching", "late_seconds"), watching.late_seconds, 1, 86_400)
        self.minutes(("watching", "alive_every_minutes"), watching.alive_every_minutes)


def unknown_duties(policy: Policy, known: Collection[str]) -> list[Mistake]:
    """Settings for duties that neither the protocol pack (`known`) nor this service has: a
    misspelt id would change nothing, and nobody would notice."""
    ids = sorted({*known, *OWN_DUTIES})
    tables: dict[Place, Collection[str]] = {
        ("ladders", "duty"): policy.ladders.duty.keys() - Ladders().duty.keys(),
        ("lead_minutes",): policy.lead_minutes.keys() - default_leads().keys(),
        ("acknowledgement", "duty_minutes"): policy.acknowledgement.duty_minutes,
    }
    return [
        Mistake(place=(*table, duty), what=f"{shown(duty)} is no duty", remedy=allowed(ids, duty))
        for table, named in tables.items()
        for duty in sorted(named)
        if duty not in ids
    ]
