"""Reads the reminders' tables of the configuration and says in plain lines what is wrong there."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

import msgspec

from protocol.provider import Provider
from reminders.duties import OWN_DUTIES
from reminders.policy import GROUPS, Ladders, Pattern, Policy, default_leads

SHORT_TIME = re.compile(r"[0-2]\d:[0-5]\d")


class PolicyError(Exception):
    """The configuration cannot be used. `problems`: one line each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


TABLES: frozenset[str] = frozenset(Policy.__struct_fields__)
"""The top-level keys of the configuration that belong here."""


def policy_from(raw: Mapping[str, Any], service: Provider) -> Policy:
    """The policy that these tables of the configuration describe (other keys are not looked at).

    Raises PolicyError. A duty's ladder or lead time that is given adds to the defaults.
    """
    problems: list[str] = []
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
        parts[key] = _with_times(value)
    try:
        policy = msgspec.convert(parts, Policy)
    except msgspec.ValidationError as error:
        problems.append(_plain(str(error), parts))
        raise PolicyError(problems) from error
    problems.extend(mistakes(policy, service))
    if problems:
        raise PolicyError(problems)
    return policy


def _with_times(value: Any) -> Any:
    """ "20:00" is a time of day, as people write it; seconds need not be given."""
    if isinstance(value, str) and SHORT_TIME.fullmatch(value):
        return f"{value}:00"
    if isinstance(value, Mapping):
        return {key: _with_times(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_with_times(one) for one in value]
    return value


def _plain(error: str, parts: Mapping[str, Any]) -> str:
    """msgspec's "Expected `int`, got `str` - at `$.limits.x`" with the value beside it. Places in
    a list are counted from one, as in the rest of the configuration."""
    what, _, where = error.partition(" - at `$.")
    path = where.rstrip("`")
    shown = re.sub(r"\[(\d+)\]", lambda m: f"[{int(m[1]) + 1}]", path) or "(top)"
    if unknown := re.search(r"unknown field `(.+?)`", what):
        return f"{shown}: unknown key {unknown[1]!r}{_allowed(path)}"
    if missing := re.search(r"missing required field `(.+?)`", what):
        return f"{shown}.{missing[1]}: is missing"
    value: Any = parts
    for name in re.findall(r"[^.\[\]]+", path):
        try:
            value = value[int(name)] if isinstance(value, list) else value[name]
        except (KeyError, IndexError, TypeError, ValueError):
            return f"{shown}: {what}"
    if re.search(r"enum value|Invalid value", what):
        return f"{shown} = {value!r}: not allowed{_allowed(path)}"
    return f"{shown} = {value!r}: {what[0].lower()}{what[1:]}"


def _allowed(path: str) -> str:
    """What may stand at this place, from the types themselves: keys of a table, or values."""
    kind: Any = Policy
    for part in re.findall(r"[^.\[\]]+", path):
        args = [a for a in getattr(kind, "__args__", ()) if a not in (Ellipsis, type(None))]
        if part.isdigit() or getattr(kind, "__origin__", None) is dict:
            kind = args[-1]
            continue
        fields = {f.encode_name: f.type for f in msgspec.structs.fields(args[0] if args else kind)}
        kind = fields[part]
    if getattr(kind, "__origin__", None) is Literal:
        allowed = [repr(a) for a in kind.__args__ if a]
    elif isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        allowed = [f.encode_name for f in msgspec.structs.fields(kind)]
    else:
        return ""
    return f" (allowed: {', '.join(allowed)})"


def mistakes(policy: Policy, service: Provider) -> list[str]:
    """What is wrong with a policy whose types are right: one line each, naming key and value."""
    found: list[str] = []
    staff = {s.id for s in service.staff}
    homes = {h.id for h in service.homes}

    def people(key: str, ids: Sequence[str]) -> None:
        found.extend(
            f"{key} = {one!r}: not on the staff list (allowed: {', '.join(sorted(staff))})"
            for one in ids
            if one not in staff
        )

    def places(key: str, ids: Sequence[str]) -> None:
        found.extend(
            f"{key} = {one!r}: no such home (allowed: {', '.join(sorted(homes))})"
            for one in ids
            if one not in homes
        )

    def least(key: str, value: float, allowed: float) -> None:
        if value < allowed:
            found.append(f"{key} = {value!r}: must be {allowed} or more")

    ladders = {
        "ladders.level_1": policy.ladders.level_1,
        "ladders.level_2": policy.ladders.level_2,
        "ladders.level_3": policy.ladders.level_3,
        "ladders.early": policy.ladders.early,
        **{f"ladders.duty.{duty}": ladder for duty, ladder in policy.ladders.duty.items()},
    }
    for key, ladder in ladders.items():
        if not ladder.steps:
            found.append(f"{key}.steps = []: at least one step is needed")
        least(f"{key}.then_every_minutes", ladder.then_every_minutes, 1)
        if (ladder.from_hour is None) != (ladder.to_hour is None):
            found.append(f"{key}: from_hour and to_hour are given together or not at all")
        elif ladder.from_hour and ladder.to_hour and ladder.from_hour >= ladder.to_hour:
            found.append(f"{key}.to_hour = {ladder.to_hour}: must be later than from_hour")
        if ladder.from_hour is not None and key in ("ladders.level_2", "ladders.level_3"):
            found.append(f"{key}.from_hour: level 2 and 3 are never kept for the day")
        for place, step in enumerate(ladder.steps, 1):
            at = f"{key}.steps[{place}]"
            least(f"{at}.repeat_minutes", step.repeat_minutes, 1)
            least(f"{at}.times", step.times, 1)
            if step.who not in GROUPS and step.who not in staff:
                allowed = ", ".join((*GROUPS, "a staff id"))
                found.append(f"{at}.who = {step.who!r}: allowed: {allowed}")
    for place, pattern in enumerate(policy.rota, 1):
        people(f"rota[{place}].staff", pattern.staff)
        places(f"rota[{place}].homes", pattern.homes)
        found.extend(_covering(f"rota[{place}].staff", pattern.staff, pattern.homes, service))
        found.extend(_pattern(f"rota[{place}]", pattern))
    for place, other in enumerate(policy.exceptions, 1):
        key = f"exceptions[{place}]"
        people(f"{key}.staff", other.staff)
        places(f"{key}.homes", other.homes)
        found.extend(_covering(f"{key}.staff", other.staff, other.homes, service))
        found.extend(
            f"{key}.{name} = {getattr(other, name)}: London time, without an offset"
            for name in ("start", "end")
            if getattr(other, name).tzinfo is not None
        )
        if other.start.tzinfo is None and other.end.tzinfo is None and other.end <= other.start:
            found.append(f"{key}.end = {other.end}: must be later than start")
    for duty, minutes in policy.lead_minutes.items():
        least(f"lead_minutes.{duty}", minutes, 0)
    for duty, minutes in policy.acknowledgement.duty_minutes.items():
        least(f"acknowledgement.duty_minutes.{duty}", minutes, 1)
    for name in ("level_1_minutes", "level_2_minutes", "level_3_minutes", "early_minutes"):
        least(f"acknowledgement.{name}", getattr(policy.acknowledgement, name), 1)
    if not 0 <= policy.digest.hour <= 23:
        found.append(f"digest.hour = {policy.digest.hour}: 0 to 23")
    least("grace_minutes", policy.grace_minutes, 0)
    least("hand_over.accept_minutes", policy.hand_over.accept_minutes, 1)
    least("hand_over.swap_hours", policy.hand_over.swap_hours, 1)
    least("after_return.safe_and_well_minutes", policy.after_return.safe_and_well_minutes, 0)
    least("second_channel.after_minutes_down", policy.second_channel.after_minutes_down, 1)
    for name in ("per_second", "chat_burst", "group_per_minute", "join_at_most", "in_flight"):
        least(f"limits.{name}", getattr(policy.limits, name), 1)
    least("limits.chat_per_second", policy.limits.chat_per_second, 0.01)
    url = policy.watching.alive_url
    if url and not url.startswith(("https://", "http://")):
        found.append(f"watching.alive_url = {url!r}: an address that begins with https://")
    least("watching.late_seconds", policy.watching.late_seconds, 1)
    least("watching.alive_every_minutes", policy.watching.alive_every_minutes, 1)
    return found


def _pattern(key: str, pattern: Pattern) -> list[str]:
    """A shift has days and hours, or says `when`; a rolling one says in which week it began."""
    found = []
    least = f"{key}.every_weeks = {pattern.every_weeks}: must be 1 or more"
    if pattern.every_weeks < 1:
        found.append(least)
    if pattern.every_weeks > 1 and pattern.first_week is None:
        found.append(f"{key}.first_week: needed with every_weeks")
    if pattern.when and (pattern.start is not None or pattern.end is not None):
        found.append(f"{key}.when = {pattern.when!r}: goes without start and end")
    if not pattern.when:
        found.extend(
            f'{key}.{name}: is missing (a time such as "20:00", or when = "out_of_hours")'
            for name in ("start", "end")
            if getattr(pattern, name) is None
        )
        if not pattern.days:
            found.append(f"{key}.days = []: at least one day is needed")
    if not pattern.staff:
        found.append(f"{key}.staff = []: at least one person is needed")
    return found


def _covering(
    key: str, people: Sequence[str], homes: Sequence[str], service: Provider
) -> list[str]:
    """Somebody on the rota of a home that they do not cover would never be asked there."""
    known = {h.id for h in service.homes}
    wanted = [home for home in homes if home in known] or sorted(known)
    found = []
    for one in people:
        staff = service.person(one)
        if staff is None:
            continue
        out = [home for home in wanted if not staff.covers(home)]
        if out and (homes or len(out) == len(wanted)):
            found.append(
                f"{key} = {one!r}: does not cover {', '.join(out)} (their role or homes in the "
                "staff list)"
            )
    return found


def unknown_duties(policy: Policy, known: Collection[str]) -> list[str]:
    """Settings for duties that neither the protocol pack (`known`) nor this service has: a
    misspelt id would change nothing, and nobody would notice."""
    ids = {*known, *OWN_DUTIES}
    tables = {
        "ladders.duty": policy.ladders.duty,
        "lead_minutes": policy.lead_minutes.keys() - default_leads().keys(),
        "acknowledgement.duty_minutes": policy.acknowledgement.duty_minutes,
    }
    return [
        f"{table}.{duty}: no such duty (allowed: {', '.join(sorted(ids))})"
        for table, named in tables.items()
        for duty in sorted(named)
        if duty not in ids
    ]
