"""Return interviews and notifications: who was told when, who was spoken to when.

The clock of an interview runs from found: the earlier of located and returned (S-02). An interview
is due after a missing episode whose child was found, not after an unauthorised absence (S-05).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from reports.cases import Cases
from reports.measures import UNKNOWN, Count, answers, count, median, of, p90, share
from reports.rows import Row

LIMIT = timedelta(hours=72)
HOUR = timedelta(hours=1)
WITHIN_MINUTES = 60


def due(found: Cases) -> Cases:
    """Missing episodes that ended, so that an interview was due."""
    return Cases([case for case in of(found, "missing") if case.found is not None])


def held(found: Cases) -> Cases:
    """Held by somebody independent, or by somebody of whom that is not known (10.3)."""
    return Cases(
        case for case in found if case.row.ri_held is True and case.row.ri_by != "not_independent"
    )


def distinct(found: Cases) -> int:
    """Interviews: one can cover several episodes."""
    return len({(case.row.service, case.row.ri_id or f"of {case.row.episode}") for case in found})


def interviews(selection: Cases) -> Count:
    """All that is said of interviews for a selection of episodes."""
    owed = due(selection)
    offered = owed.where(lambda row: row.ri_offered is True)
    spoken = held(owed)
    waited = _waited(spoken)
    in_time = sum(wait <= LIMIT for wait in waited)
    hours = [max(0, wait // HOUR) for wait in waited]
    not_yet = _not_yet_due(owed)
    answered = answers(offered, "ri_accepted")
    by = answers(spoken, "ri_by")
    return Count(
        due=count(owed),
        not_yet_due=not_yet,
        offered=share(len(offered), len(owed)),
        offered_unknown=answers(owed, "ri_offered").count(UNKNOWN),
        accepted=share(answered.count(True), len(offered)),
        declined=answered.count(False),
        answer_unknown=answered.count(UNKNOWN) + answered.count(None),
        held=share(len(spoken), len(owed)),
        held_unknown=answers(owed, "ri_held").count(UNKNOWN),
        interviews=distinct(spoken),
        children_seen=len({case.child for case in spoken}),
        within_72h_of_held=share(in_time, len(waited)),
        within_72h_of_due=share(in_time, len(owed) - not_yet),
        held_late=len(waited) - in_time,
        held_time_unknown=len(spoken) - len(waited),
        not_held_after_72h=_not_held_after(owed),
        hours_median=median(hours),
        hours_p90=p90(hours),
        held_not_independent=answers(owed, "ri_held").count(True) - len(spoken),
        held_by_unknown=len(spoken) - by.count("independent"),
    )


def within_72h_of_due(selection: Cases) -> dict[str, Any]:
    """Interviews held within 72 hours, of those that were due."""
    owed = due(selection)
    in_time = sum(wait <= LIMIT for wait in _waited(held(owed)))
    return share(in_time, len(owed) - _not_yet_due(owed))


def offered_of_due(selection: Cases) -> dict[str, Any]:
    """Interviews offered, of those that were due."""
    owed = due(selection)
    return share(len(owed.where(lambda row: row.ri_offered is True)), len(owed))


def _waited(spoken: Cases) -> list[timedelta]:
    """From found to the interview, where both times are known; before found is negative."""
    return [
        case.row.ri_held_at - case.found
        for case in spoken
        if case.row.precision == "minute"
        and isinstance(case.row.ri_held_at, datetime)
        and case.found is not None
    ]


def _not_yet_due(owed: Cases) -> int:
    """Of how many the time is not up: neither held by anybody nor declined."""
    return sum(
        case.row.ri_held is not True
        and case.row.ri_accepted is not False
        and case.found is not None
        and case.row.as_of - case.found < LIMIT
        for case in owed
    )


def _not_held_after(owed: Cases) -> int:
    """How many were not held, nor declined, when the time was up."""
    return sum(
        case.row.ri_held is False
        and case.row.ri_accepted is not False
        and case.found is not None
        and case.row.as_of - case.found >= LIMIT
        for case in owed
    )


def notifications(selection: Cases) -> dict[str, Any]:
    """Who was told of missing episodes and how soon after it was noticed."""
    missing = of(selection, "missing")
    children = missing.where(lambda row: row.looked_after is True)
    told = missing.where(lambda row: row.parents_withheld is not True)
    return {
        "police": _told(missing, lambda row: row.police_told),
        "authority": _told(children, lambda row: row.authority_told),
        "parents": _told(told, lambda row: row.parents_told)
        | {"withheld": len(missing) - len(told)},
    }


def waits(found: Cases, when: Callable[[Row], object]) -> list[timedelta]:
    """How long it took, from when it was noticed or became missing, where both times are known."""
    waited = []
    for case in found:
        row, told = case.row, when(case.row)
        if (
            isinstance(told, datetime)
            and isinstance(row.aware, datetime)
            and row.precision == "minute"
        ):
            began = next(phase.since for phase in row.phases if phase.category == "missing")
            waited.append(max(timedelta(), told - max(row.aware, began)))
    return waited


def _told(found: Cases, when: Callable[[Row], object]) -> Count:
    times = [when(case.row) for case in found]
    waited = waits(found, when)
    minutes = [time // timedelta(minutes=1) for time in waited]
    soon = sum(time <= timedelta(minutes=WITHIN_MINUTES) for time in waited)
    return Count(
        told=share(sum(isinstance(told, datetime) for told in times), len(times)),
        told_unknown=times.count(UNKNOWN),
        within_60_minutes=share(soon, len(minutes)),
        minutes_median=median(minutes),
        minutes_p90=p90(minutes),
    )
