"""What ends a duty, in plain words."""

from __future__ import annotations

from collections.abc import Sequence

from protocol.rules import Alternative, Settling

_ENDED_BY = {
    "police_told": "the report to the police",
    "authority_told": "the placing authority being told",
    "authority_written": "the written confirmation",
    "parents_told": "the parents being told",
    "parents_withheld": "a reason to withhold",
    "interview_closed": "the interview held, or declined with a reason",
    "enquiries_started": "the enquiries being started",
    "located": "being found",
    "police_told_back": "the police being told that it is over",
    "authority_told_back": "a team manager or the emergency duty team being told of the return",
    "parents_told_back": "the parents being told that it is over",
    "referral_made": "the referral",
    "safe_well_done": "the check being done",
}


_OUTCOMES = {
    "done": "done",
    "booked": "booked until a date",
    "not_needed": "not needed and why",
    "handed_over": "handed over, to whom and until when",
}
_NEEDED = {
    "note": {"done": ", with the reason"},
    "role": {"not_needed": ", by a named person", "done": ", by a named person"},
    "return": {"not_needed": ", after the return"},
}


def ends(when: Sequence[Alternative]) -> str:
    """What ends a duty: the words in its conditions that a new fact can turn."""
    ends = []
    for alternative in when:
        for word, value in alternative.words.items():
            if word == "state" and value == "open":
                ends.append("the return")
            elif word == "category" and value == "unauthorised_absence":
                ends.append("becoming missing")
            elif value is False and word in _ENDED_BY:
                ends.append(_ENDED_BY[word])
            elif word == "undecided":
                ends.append(f"the decision on {value} with its reason")
    return " or ".join(dict.fromkeys(ends))


def settled_by(settling: Settling) -> str:
    """Which decisions settle it."""
    if not settling.outcomes:
        return ""
    outcomes = [
        _OUTCOMES[outcome] + "".join(_NEEDED[need].get(outcome, "") for need in settling.needs)
        for outcome in settling.outcomes
    ]
    return f"a decision ({'; '.join(outcomes)})"
