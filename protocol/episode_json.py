"""Reading an episode from plain JSON, for the dry run: every mistake is named with its path.

The shape is that of the worked scenarios. A field may also stand at its other natural place (a
flag of the young person beside the episode, a reason to withhold within the child). A field that
looks like a slip of the pen is refused; any other that the rules do not know is left aside and
listed, so that nothing is dropped unseen.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any, TypeGuard, get_args

import msgspec

from protocol.episode import (
    Decision,
    Earlier,
    Episode,
    InterviewHeldBy,
    LocatedBy,
    Notification,
    NotificationType,
)
from protocol.facts import Answer, Category, Child, DecisionOutcome
from protocol.settings import FLAGS

_LOCATED_BY = get_args(LocatedBy)
_HELD_BY = get_args(InterviewHeldBy)
CATEGORIES: tuple[Category, ...] = ("missing", "unauthorised_absence")
TIMES = (
    "last_seen_at",
    "due_back_at",
    "aware_at",
    "missing_since",
    "police_reported_at",
    "located_at",
    "returned_at",
    "safe_well_at",
    "ri_completed_at",
    "ri_declined_at",
    "referred_at",
    "reported_to_csc_at",
    "s47_started_at",
)
_ANSWERS = (
    "return_unsafe",
    "contact_blocked",
    "crime_suspected",
    "crime_victim",
    "harmed_while_away",
)
"""Answers of the episode that may be unknown."""
_EPISODE_FLAGS = ("abducted", "reported_by_other_agency", "parents_reported")
_ALIASES = {
    "crime_while_away": "crime_suspected",
    "crime": "crime_suspected",
    "crime_during_absence": "crime_suspected",
    "committed_crime": "crime_suspected",
    "harmed": "harmed_while_away",
    "hurt": "harmed_while_away",
    "hurt_or_harmed": "harmed_while_away",
    "hurt_while_away": "harmed_while_away",
    "harmed_during_absence": "harmed_while_away",
    "other_agency_reported": "reported_by_other_agency",
    "reported_by_agency": "reported_by_other_agency",
    "reported_by_parents": "parents_reported",
    "trafficking": "trafficking_indicators",
    "unaccompanied": "uasc",
    "ri_held_at": "ri_completed_at",
    "mental_health_issues": "mental_health",
}
_LEFT_ASIDE = (
    "whereabouts_known",
    "whereabouts",
    "circumstances",
    "police_reference",
    "reference",
    "note",
    "notes",
    "id",
    "ref",
    "name",
)
"""Fields that describe a case without any rule looking at them."""
_CAUTIOUS = frozenset(FLAGS) - {"looked_after", "allocated_worker", "in_childrens_home"}
"""Flags of the young person for which "unknown" counts as yes."""
_OF_CHILD = (
    *FLAGS, "dob", "age", "responsible_la", "placement_la", "historical_concerns",
)  # fmt: skip
_OF_EPISODE = (
    "category", "child", "notifications", "parents_withheld_reason", "reported_by", "located_by",
    "located_la", "referred_to", "ri_held_by", "decisions",
)  # fmt: skip
_EITHER = (*FLAGS, *_ANSWERS, *_EPISODE_FLAGS, "parents_withheld_reason", *_ALIASES, *_LEFT_ASIDE)
_EPISODE_KEYS = (*_OF_EPISODE, *TIMES, *_EITHER)
_CHILD_KEYS = (*_OF_CHILD, *_EITHER)
_PARENTS = ("parent", "parents", "carer", "carers", "mother", "father", "family")
_PLACEMENT = ("home", "placement", "foster_carer", "staff", "duty_manager", "provider")


class InputError(ValueError):
    """A value cannot be used. The text starts with the path of the field."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path


def read_episode(value: Any, ignored: list[str], path: str = "episode") -> Episode:
    """The episode in `value` (decoded JSON). Paths of fields left aside are added to `ignored`.

    Raises InputError with the path of the first field that cannot be used.
    """
    table = _table(value, path)
    _check_keys(table, _EPISODE_KEYS, ignored, path)
    child = _table(_needed(table, "child", path), f"{path}.child")
    _check_keys(child, _CHILD_KEYS, ignored, f"{path}.child")
    flags = dict.fromkeys((*FLAGS, *_EPISODE_FLAGS), False)
    answers: dict[str, Answer] = dict.fromkeys(_ANSWERS, False)
    for source, place in ((table, path), (child, f"{path}.child")):
        for key, given in source.items():
            name = _ALIASES.get(key, key)
            if name in flags:
                flags[name] = _flag(name, given, f"{place}.{key}") or flags[name]
            elif name in answers and given is not None:
                answers[name] = _surer(_answer(given, f"{place}.{key}"), answers[name])
    times = {
        _ALIASES.get(key, key): read_time(given, f"{path}.{key}")
        for key, given in table.items()
        if _ALIASES.get(key, key) in TIMES and given is not None
    }
    if not times:
        raise InputError(path, "has no time; needs last_seen_at, due_back_at or aware_at")
    reporter = _text(table.get("reported_by"), f"{path}.reported_by")
    if reporter in _PARENTS:
        flags["parents_reported"] = True
    elif reporter and reporter not in _PLACEMENT:
        flags["reported_by_other_agency"] = True
    withheld = _text(
        table.get("parents_withheld_reason"), f"{path}.parents_withheld_reason"
    ) or _text(child.get("parents_withheld_reason"), f"{path}.child.parents_withheld_reason")
    return Episode(
        category=_category(_needed(table, "category", path), f"{path}.category"),
        child=_child(child, flags, f"{path}.child"),
        notifications=_notifications(table.get("notifications"), ignored, path),
        parents_withheld_reason=withheld.strip(),
        located_by=_one_of(table.get("located_by"), _LOCATED_BY, f"{path}.located_by"),
        located_la=_text(table.get("located_la"), f"{path}.located_la").strip() or None,
        referred_to=_text(table.get("referred_to"), f"{path}.referred_to"),
        ri_held_by=_one_of(table.get("ri_held_by"), _HELD_BY, f"{path}.ri_held_by"),
        decisions=_decisions(table.get("decisions"), ignored, path),
        **{name: flags[name] for name in _EPISODE_FLAGS},  # type: ignore[arg-type]
        **answers,  # type: ignore[arg-type]
        **times,  # type: ignore[arg-type]
    )


def read_history(value: Any, ignored: list[str], path: str = "history") -> tuple[Earlier, ...]:
    """Earlier episodes, each with category, start and (if it has ended) end."""
    earlier = []
    for number, item in enumerate(_list(value, path)):
        here = f"{path}[{number}]"
        table = _table(item, here)
        _check_keys(table, ("category", "start", "end", *_LEFT_ASIDE), ignored, here)
        end = table.get("end")
        earlier.append(
            Earlier(
                category=_category(_needed(table, "category", here), f"{here}.category"),
                start=read_time(_needed(table, "start", here), f"{here}.start"),
                end=None if end is None else read_time(end, f"{here}.end"),
            )
        )
    return tuple(earlier)


def read_time(value: Any, path: str) -> datetime:
    """An ISO 8601 time with an offset. Raises InputError for anything else."""
    if not isinstance(value, str):
        raise InputError(path, f"{_shown(value)} is no time; needs ISO 8601 text with an offset")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise InputError(path, f"{_shown(value)} is no ISO 8601 time") from None
    if moment.tzinfo is None:
        raise InputError(path, f"{_shown(value)} has no offset from UTC, such as +00:00")
    if not 1901 <= moment.year < 2199:
        raise InputError(path, f"{_shown(value)} is not between the years 1901 and 2199")
    return moment


def _child(table: Mapping[str, Any], flags: Mapping[str, bool], path: str) -> Child:
    known: dict[str, Any] = {name: flags[name] for name in FLAGS}
    return Child(
        dob=_date(table.get("dob"), f"{path}.dob"),
        age=_age(table.get("age"), f"{path}.age"),
        responsible_la=_text(table.get("responsible_la"), f"{path}.responsible_la") or None,
        placement_la=_text(table.get("placement_la"), f"{path}.placement_la") or None,
        historical_concerns=_answer(
            table.get("historical_concerns"), f"{path}.historical_concerns"
        ),
        **known,
    )


def _notifications(value: Any, ignored: list[str], path: str) -> tuple[Notification, ...]:
    path = f"{path}.notifications"
    told = []
    for number, item in enumerate(_list(value, path)):
        here = f"{path}[{number}]"
        table = _table(item, here)
        keys = ("type", "at", "recipient_role", "method", "informed_by", "information_given")
        _check_keys(table, (*keys, *_LEFT_ASIDE), ignored, here)
        kind = _text(_needed(table, "type", here), f"{here}.type")
        at = read_time(_needed(table, "at", here), f"{here}.at")
        role = _text(table.get("recipient_role"), f"{here}.recipient_role")
        if kind in get_args(NotificationType):
            told.append(Notification(type=kind, at=at, recipient_role=role))  # type: ignore[arg-type]
        else:
            ignored.append(here)
    return tuple(told)


def _decisions(value: Any, ignored: list[str], path: str) -> tuple[Decision, ...]:
    path = f"{path}.decisions"
    decisions = []
    for number, item in enumerate(_list(value, path)):
        here = f"{path}[{number}]"
        table = _table(item, here)
        keys = ("id", "outcome", "at", "by_role", "note", "until")
        _check_keys(table, (*keys, "by", "reference"), ignored, here)
        until = table.get("until")
        outcome = _one_of(
            _needed(table, "outcome", here), get_args(DecisionOutcome), f"{here}.outcome"
        )
        decisions.append(
            Decision(
                id=_text(_needed(table, "id", here), f"{here}.id"),
                outcome=outcome,
                at=read_time(_needed(table, "at", here), f"{here}.at"),
                by_role=_text(table.get("by_role"), f"{here}.by_role"),
                note=_text(table.get("note"), f"{here}.note"),
                until=None if until is None else read_time(until, f"{here}.until"),
            )
        )
    return tuple(decisions)


def _check_keys(
    table: Mapping[str, Any], known: Collection[str], ignored: list[str], path: str
) -> None:
    for key in table:
        if key in known:
            continue
        meant = next((name for name in known if one_slip_apart(key, name)), None)
        if meant is not None:
            raise InputError(f"{path}.{key}", f"unknown field; is {meant} meant?")
        ignored.append(f"{path}.{key}")


def one_slip_apart(one: str, other: str) -> bool:
    """Whether one letter more, less, different, or two swapped turn one into the other."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    a, b = one[start:], other[start:]
    swapped = len(a) > 1 and len(b) > 1 and (a[1] + a[0] + a[2:]) == b
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or swapped


def _table(value: Any, path: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InputError(path, f"{_shown(value)} is not an object")
    return value


def _list(value: Any, path: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise InputError(path, f"{_shown(value)} is not a list")
    return value


def _needed(table: Mapping[str, Any], key: str, path: str) -> Any:
    if table.get(key) is None:
        raise InputError(f"{path}.{key}", "is missing")
    return table[key]


def _category(value: Any, path: str) -> Category:
    if not _is_category(value):
        raise InputError(path, f"{_shown(value)} is not allowed; allowed: {', '.join(CATEGORIES)}")
    return value


def _is_category(value: Any) -> TypeGuard[Category]:
    return value in CATEGORIES


def _one_of(value: Any, allowed: Collection[str], path: str) -> Any:
    """One of these texts, or None if there is none."""
    if value is None:
        return None
    if not isinstance(value, str) or value not in allowed:
        raise InputError(path, f"{_shown(value)} is not allowed; allowed: {', '.join(allowed)}")
    return value


def _surer(one: Answer, other: Answer) -> Answer:
    """Of two answers to one question: a yes beats an unknown, an unknown a no."""
    if one is True or other is True:
        return True
    return one or other


def _flag(name: str, value: Any, path: str) -> bool:
    """A yes/no field; unknown counts as yes where that is the cautious reading."""
    answer = _answer(False if value is None else value, path, unknown=name in _CAUTIOUS)
    return answer is not False


def _answer(value: Any, path: str, *, unknown: bool = True) -> Answer:
    if unknown and (value is None or value == "unknown"):
        return "unknown"
    if isinstance(value, bool):
        return value
    if value in ("yes", "no"):
        return bool(value == "yes")
    allowed = "true, false, unknown" if unknown else "true, false"
    raise InputError(path, f"{_shown(value)} is not allowed; allowed: {allowed}")


def _date(value: Any, path: str) -> date | None:
    if value is None:
        return None
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError):
        raise InputError(path, f"{_shown(value)} is no date such as 2010-08-15") from None
    if not 1901 <= day.year < 2199:
        raise InputError(path, f"{_shown(value)} is not between the years 1901 and 2199")
    return day


def _age(value: Any, path: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 25:
        raise InputError(path, f"{_shown(value)} is no age in completed years, 0 to 25")
    return value


def _text(value: Any, path: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InputError(path, f"{_shown(value)} is not text")
    return value


def _shown(value: Any) -> str:
    """The value as JSON, short enough for one line."""
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 40 else text[:37] + "..."
