"""What decisions on record settle, and which weekly review is the next.

A decision closes a question; it makes no fact. For one id the latest counts. What lacks what its
outcome needs settles nothing, and a blank text is no reason, no name and no role.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

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


def settles(decision: Decision, rule: Settling, returned: datetime | None) -> bool:
    """Whether this decision settles its id, which has this rule."""
    outcome = decision.outcome
    if outcome in ("booked", "handed_over") or outcome not in rule.outcomes:
        return False
    needs, not_needed = rule.needs, outcome == "not_needed"
    if (not_needed or "note" in needs) and not _says(decision.note):
        return False
    if "role" in needs and not _says(decision.by_role):
        return False
    if not_needed and "return" in needs:
        return returned is not None and utc(decision.at) >= returned
    return True


def put_off_until(decision: Decision, rule: Settling) -> datetime | None:
    """Until when (UTC) it is booked or, with somebody named, handed over; None: it is neither."""
    until, outcome = decision.until, decision.outcome
    if until is None or outcome not in ("booked", "handed_over") or outcome not in rule.outcomes:
        return None
    if outcome == "handed_over" and not _says(decision.note):
        return None
    return utc(until)


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
