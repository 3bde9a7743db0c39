"""What decisions on record settle, and which weekly review is the next.

A decision closes a question; it makes no fact. For one id the latest counts. What lacks what its
outcome needs settles nothing, and a blank text is no reason, no name and no role.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from protocol.episode import Decision, utc
from protocol.rules import Settling


def latest(decisions: Iterable[Decision]) -> dict[str, Decision]:
    """The decision that counts for each id: by `at`, of equal ones the last in order."""
    found: dict[str, Decision] = {}
    for decision in decisions:
        other = found.get(decision.id)
        if other is None or utc(decision.at) >= utc(other.at):
            found[decision.id] = decision
    return found


class Effect(NamedTuple):
    """What a decision does: it settles its id, or puts it off `until` (UTC)."""

    id: str
    settles: bool
    until: datetime | None


def effects(
    decisions: Iterable[Decision], settling: Mapping[str, Settling], returned: datetime | None
) -> list[Effect]:
    """What each of these decisions does while it is the latest on its id. All times in UTC."""
    found = []
    for decision in decisions:
        settles, until = False, None
        rule = settling.get(decision.id)
        if rule is not None and decision.outcome in rule.outcomes:
            if decision.outcome in ("booked", "handed_over"):
                until = _put_off_until(decision)
            else:
                settles = _is_decided(decision, rule, returned)
        found.append(Effect(decision.id, settles, until))
    return found


def _put_off_until(decision: Decision) -> datetime | None:
    """Until when it is booked or, with somebody named, handed over."""
    if decision.until is None or (decision.outcome == "handed_over" and not _says(decision.note)):
        return None
    return utc(decision.until)


def _is_decided(decision: Decision, rule: Settling, returned: datetime | None) -> bool:
    """Whether a `done` or `not_needed` has all that it needs."""
    not_needed = decision.outcome == "not_needed"
    if (not_needed or "note" in rule.needs) and not _says(decision.note):
        return False
    if "role" in rule.needs and not _says(decision.by_role):
        return False
    if not_needed and "return" in rule.needs:
        return returned is not None and utc(decision.at) >= returned
    return True


def _says(text: str) -> bool:
    return bool(text.strip())


def next_review(
    decisions: Iterable[Decision], time_of: Callable[[int], datetime], early: timedelta
) -> int:
    """The oldest week (from 1) without a review; `time_of` gives the time of each (UTC).
    `decisions` on reviews in order of time.

    A review settles the oldest week that has come; with a note all that have come, as the note
    says what became of the missed ones. With none outstanding it settles the next week, if that
    is at most `early` away.
    """
    week = 1
    for decision in decisions:
        noted = _says(decision.note)
        if decision.outcome != "done" and not (decision.outcome == "not_needed" and noted):
            continue
        at = utc(decision.at)
        if time_of(week) - at > early:
            continue
        outstanding = time_of(week) <= at
        week += 1
        while outstanding and noted and time_of(week) <= at:
            week += 1
    return week
