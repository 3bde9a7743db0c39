"""Fields of a row for what is known of the time away and for what followed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from protocol import facts as f
from protocol.episode import Episode as Folded
from reports.facts_by_kind import OnRecord, whole

_EARLY_HELP = ("HAR-A1-EARLY", "RET-ASSESS")
_PLANS = ("RET-CARE-PLAN",)


def time_away(facts: OnRecord) -> dict[str, Any]:
    """What is known of the time away; "unknown" for what nobody recorded."""
    known: dict[str, Any] = {}
    back = facts.last(f.Returned)
    if back is not None and back.crime_while_away:
        known["crime_suspected"] = True
    if back is not None and back.harmed_while_away:
        known["harm"] = True
    for fact in facts.all(f.WhileAway):
        for name in ("crime_suspected", "crime_victim", "substance", "slept_rough"):
            if getattr(fact, name) is not None:
                known[name] = getattr(fact, name)
        if fact.harmed is not None:
            known["harm"] = fact.harmed
        for name in ("push", "pull", "exploitation"):
            if getattr(fact, name) is not None:
                known[name] = listed(getattr(fact, name))
    names = ("push", "pull", "exploitation", "harm", "crime_victim", "crime_suspected",
             "substance", "slept_rough")  # fmt: skip
    return {name: known.get(name, "unknown") for name in names}


def listed(found: tuple[str, ...] | None) -> tuple[str, ...] | str:
    """Several codes, each once; "unknown" if it was not asked."""
    return "unknown" if found is None else tuple(dict.fromkeys(found))


def interview_that_counts(facts: OnRecord, as_of: datetime) -> f.InterviewHeld | None:
    """The interview that counts: the last that is not by the placement, else the last."""
    held = [x for x in facts.all(f.InterviewHeld) if whole(x.at) <= as_of]
    others = [x for x in held if x.independent is not False]
    return next(reversed(others or held), None)


def check(facts: OnRecord, folded: Folded) -> str:
    """The safe and well check: done, not_done or unknown."""
    if folded.safe_well_at is not None:
        return "done"
    decided = any(x.id == "SAFE-WELL" and x.outcome == "not_needed" for x in folded.decisions)
    return "not_done" if decided or facts.last(f.SafeAndWell) is not None else "unknown"


def work(facts: OnRecord, folded: Folded, *, missing: bool, in_home: bool) -> dict[str, Any]:
    """Assessments, early help, plans and the notification of regulation 40, by decisions."""
    decided = {decision.id: decision.outcome for decision in folded.decisions}
    begun: list[str] = []
    for fact in facts.all(f.AssessmentBegun, f.DutyDone):
        if isinstance(fact, f.AssessmentBegun):
            begun.append(fact.assessment)
        elif isinstance(fact, f.DutyDone) and fact.duty == "S47-48H":
            begun.append("section_47")
    none = decided.get("HAR-A2-DECIDE") == "not_needed" or decided.get("HAR-A3-ASSESS") == (
        "not_needed"
    )
    settled = ("done", "not_needed")
    early: f.Answer = "unknown"
    if any(decided.get(name) in settled for name in _EARLY_HELP) or "early_help" in begun:
        early = True
    plan: f.Answer = "unknown"
    for name in _PLANS:
        if decided.get(name) in settled:
            plan = decided[name] == "done"
    reg40 = {"done": "notified", "not_needed": "not_notified"}.get(
        decided.get("CUR-REG40", ""), "undecided" if missing and in_home else "unknown"
    )
    return {
        "assessments": tuple(dict.fromkeys(begun)) if begun or none else "unknown",
        "early_help_considered": early,
        "plan_updated": plan,
        "reg40": reg40,
    }
