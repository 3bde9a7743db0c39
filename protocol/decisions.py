"""What decisions on record settle, and which weekly review is the next.

A decision closes a question; it makes no fact. For one id the latest counts. What lacks what its
outcome needs settles nothing, and a blank text is no reason, no name and no role.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
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


def settled_words(
    decisions: Mapping[str, Decision],
    settling: Mapping[str, Settling],
    now: datetime,
    returned: datetime | None,
) -> tuple[set[str], datetime | None]:
    """ "decided ID" and "put off ID" for what these decisions settle at `now`, and the first moment
    at which something that was put off is back. All times in UTC.
    """
    words: set[str] = set()
    back: datetime | None = None
    for name, decision in decisions.items():
        rule = settling.get(name)
        if rule is None or decision.outcome not in rule.outcomes:
            continue
        if decision.outcome in ("booked", "handed_over"):
            until = _put_off_until(decision)
            if until is not None and until > now:
                words.add(f"put off {name}")
                back = min(until, back or until)
        elif _is_decided(decision, rule, returned):
            words.add(f"decided {name}")
    return words, back


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
    decisions: Sequence[Decision], time_of: Callable[[int], datetime], early: timedelta
) -> int:
    """The oldest week (from 1) without a review; `time_of` gives the time of each (UTC).

    A review settles the oldest week that has come; with a note all that have come, as the note
    says what became of the missed ones. With none outstanding it settles the next week, if that
    is at most `early` away.
    """
    week = 1
    for decision in sorted(decisions, key=lambda decision: utc(decision.at)):
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
