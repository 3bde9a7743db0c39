"""Fields of a row for an episode that another system had recorded."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from protocol import facts as f
from reports.facts_by_kind import whole
from reports.follow_up import listed
from reports.rows import Phase


def imported(
    was: f.Imported,
    *,
    found: datetime | None,
    returned: datetime | None,
    out_of_hours: f.Asked,
    looked_after: bool,
) -> dict[str, Any]:
    """Everything but who, when and how often. What the other system did not have is "unknown"."""
    missing = was.category == "missing"
    held = was.interview_held
    district = was.found_district or "unknown"
    fields: dict[str, Any] = {
        "source": "import",
        "precision": was.precision,
        "category": was.category,
        "phases": (Phase(whole(was.start), was.category),),
        "aware": "unknown",
        "level_peak": was.level_peak or "unknown",
        "push": listed(was.push),
        "pull": listed(was.pull),
        "exploitation": listed(was.exploitation),
        **{
            name: "unknown" if getattr(was, name) is None else getattr(was, name)
            for name in ("harm", "crime_victim", "crime_suspected", "substance")
        },
        "slept_rough": "unknown",
        "found_district": district if found else None,
        "found_place": "unknown" if found else None,
        "found_by": "unknown" if found else None,
        "found_out_of_hours": out_of_hours,
        "returned_to": "unknown" if returned else None,
        "return_unsafe": "unknown" if found else None,
        "safe_and_well": "unknown" if missing and found else None,
        "police_told": _import_time(was.police_told),
        "authority_told": _import_time(was.authority_told) if looked_after else None,
        "authority_written": "unknown" if looked_after else None,
        "parents_told": _import_time(was.parents_told),
        "parents_withheld": "unknown",
        "ri_offered": _import_answer(was.interview_offered),
        "ri_offered_at": "unknown" if was.interview_offered is True else None,
        "ri_accepted": _import_answer(was.interview_accepted),
        "ri_held": _import_held(held),
        "ri_held_at": whole(held) if isinstance(held, datetime) else None,
        "ri_by": _import_by(was),
        "ri_id": None,
        "referrals": (),
        "meetings": (),
        "assessments": "unknown",
        "early_help_considered": "unknown",
        "plan_updated": "unknown",
        "reg40": "unknown",
        "group": None,
    }
    if held is True:
        fields["ri_held_at"] = "unknown"
    return fields


def _import_time(value: datetime | bool | None) -> datetime | str | None:
    """A time; "unknown" for blank and for "told, no time"; None for not told."""
    if isinstance(value, datetime):
        return whole(value)
    return None if value is False else "unknown"


def _import_answer(value: bool | str | None) -> f.Asked:
    if value == "not_due":
        return None
    return "unknown" if value is None else bool(value)


def _import_held(value: datetime | bool | None) -> f.Answer:
    if value is None:
        return "unknown"
    return value is not False


def _import_by(was: f.Imported) -> str | None:
    if was.interview_held in (None, False):
        return None
    return {"independent": "independent", "placement": "not_independent"}.get(
        was.interview_by or "", "unknown"
    )
