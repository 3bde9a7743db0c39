"""What follows a return: how they were found and came back, and who was away with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from handlers.chat import plain
from handlers.form import UNKNOWN, Choice, FormState, Option
from handlers.recording.answers import each, given, is_, pick, said, ticked, ticks, yes
from handlers.recording.correcting import report_again
from handlers.recording.districts import IS_DISTRICT, district, district_step
from handlers.recording.questions import NewId, Recording, author, child, form, last, text
from handlers.wording import after_return as say
from handlers.wording.form import answer
from protocol import facts as f
from protocol.counting import counting
from protocol.facts import Fact
from protocol.fold import fold


def _found_how(c: FormState, new: NewId) -> list[Fact]:
    """The location as recorded, fuller; a district without a code goes into the notes."""
    found = last(c, f.Located)
    if found is None:
        return []
    area = text(c, "area")
    own = c.service.authority(area)
    code, note = district(c)
    if own is not None and IS_DISTRICT.match(own.code):
        code = own.code
    fuller: dict[str, Any] = {
        "found_by": given(c, "fby"),
        "place": given(c, "place"),
        "authority": area,
        "district": code,
    }
    facts: list[Fact] = [
        msgspec.structs.replace(found, corrects=found.id, **fuller, **author(c, new))
    ]
    if note:
        facts.append(f.Note(at=c.now, text=note, **author(c, new)))
    return facts


def _areas(c: FormState) -> list[Option]:
    """Where the young person is placed and who placed them first, then the other authorities."""
    known = [child(c).placement_la, child(c).responsible_la]
    names = [*filter(None, known), *(authority.name for authority in c.service.authorities)]
    return [Option(name, name) for name in dict.fromkeys(names)]


def _district_open(c: FormState) -> bool:
    """Whether the authority does not say the district by itself."""
    area = c.answers.get("area")
    if area in (None, UNKNOWN):
        return False
    own = c.service.authority(text(c, "area"))
    return own is None or not IS_DISTRICT.match(own.code)


def _where_found() -> Any:
    asked = said("area", say.FOUND_AREA, unknown=True)
    return msgspec.structs.replace(asked, options=_areas)


def absence_reason(facts: Sequence[Fact]) -> str | None:
    """Why this is an absence without permission, as on record; None: it is none."""
    if fold(facts).category == "missing":
        return None
    reason = ""
    for fact in counting(facts):
        if isinstance(fact, f.Opened):
            reason = fact.category_reason
        elif isinstance(fact, f.CategoryChanged):
            reason = fact.reason
    return reason


def _absence(c: FormState, new: NewId) -> list[Fact]:
    """The reason stands where the absence was classed: in the change, or else in the report."""
    changed = last(c, f.CategoryChanged)
    if changed is not None:
        return [
            msgspec.structs.replace(
                changed, reason=text(c, "why"), corrects=changed.id, **author(c, new)
            )
        ]
    return report_again(c, new, category_reason=text(c, "why"))


def _not_absent(c: FormState) -> str:
    missing = absence_reason(c.episode.facts if c.episode else ()) is None
    return say.NOT_ABSENT if missing else ""


FETCHED = ("placement_staff", "carer", "parents", "family", "social_worker", "other", UNKNOWN)
"""Who brings somebody back with the police beside them, if these were asked."""


def _came_back(c: FormState, new: NewId) -> list[Fact]:
    found: list[Fact] = [
        f.Collected(
            at=c.now,
            by_whom=given(c, "col"),
            police_along=yes(c, "along") if "along" in c.answers else None,
            **author(c, new),
        ),
    ]
    back = last(c, f.Returned)
    if back is not None:
        fuller = {"to": given(c, "to"), "decided_by": given(c, "dec", "")}
        found.append(msgspec.structs.replace(back, corrects=back.id, **fuller, **author(c, new)))
        if fuller["decided_by"]:
            found.append(
                f.Decided(
                    at=c.now,
                    about="RET-PLACEMENT",
                    outcome="done",
                    decided_by=fuller["decided_by"],
                    **author(c, new),
                )
            )
    return found


def _medical(c: FormState, new: NewId) -> list[Fact]:
    done = c.answers["done"] == "yes"
    return [f.MedicalChecked(at=c.now, done=done, note=text(c, "why"), **author(c, new))]


def time_away(c: FormState, new: NewId) -> list[Fact]:
    """What was said of the time away, if it was asked for."""
    codes = [code for _, code in say.TIME_AWAY_OPTIONS]
    known: dict[str, Any] = each(c, "away", codes)
    known |= {name: ticked(c, key) for name, key in LISTS.items()}
    if all(value is None for value in known.values()):
        return []
    return [f.WhileAway(at=c.now, **known, **author(c, new))]


LISTS = {"exploitation": "expl", "push": "push", "pull": "pull"}


def known_away(key: str) -> Callable[[FormState], list[str]]:
    """What is ticked to begin with: what is on record, so that asking again takes nothing back."""
    field = next((name for name, asked in LISTS.items() if asked == key), "")

    def ticked_now(c: FormState) -> list[str]:
        known: dict[str, Any] = {}
        for fact in counting(c.episode.facts if c.episode else ()):
            if isinstance(fact, f.WhileAway):
                said_ = {name: getattr(fact, name) for name in fact.__struct_fields__}
                known |= {name: value for name, value in said_.items() if value is not None}
        if field:
            return list(known.get(field) or ())
        return [code for _, code in say.TIME_AWAY_OPTIONS if known.get(code) is True]

    return ticked_now


AWAY = ticks("away", say.TIME_AWAY_ASK, say.TIME_AWAY_OPTIONS, preset=known_away("away"))
"""Harm and crime, as far as they are known now."""


def _still_out(c: FormState) -> bool:
    return last(c, f.Returned) is None


def _ask_safe(c: FormState, new: NewId) -> list[Fact]:
    found = last(c, f.Located)
    if found is None:
        return []
    fuller: dict[str, Any] = {"return_unsafe": yes(c, "safe"), "corrects": found.id}
    if "free" in c.answers:
        free = yes(c, "free")
        fuller["contact_blocked"] = free if free == "unknown" else not free
    return [msgspec.structs.replace(found, **fuller, **author(c, new))]


def _other_cases(c: FormState) -> list[Option]:
    here = c.episode.ref if c.episode else ""
    return [Option(ref, ref) for ref in sorted(c.open_cases.values()) if ref != here]


def _together(c: FormState, new: NewId) -> list[Fact]:
    if c.answers["other"] == UNKNOWN:
        return []
    return [f.AwayTogether(at=c.now, other=c.answers["other"], **author(c, new))]


def _others(c: FormState) -> str:
    return "" if _other_cases(c) else say.NO_OTHER_CASE


RECORDINGS: dict[str, Recording] = {
    "found_how": Recording(
        form=form(
            "found_how",
            say.FOUND_HOW,
            pick("fby", say.FOUND_BY, say.FOUND_BY_OPTIONS, width=2),
            pick("place", say.FOUND_AT, say.FOUND_AT_OPTIONS, width=2),
            _where_found(),
            district_step(_district_open),
        ),
        facts=_found_how,
        needs=lambda c: "" if last(c, f.Located) else say.NOT_FOUND,
    ),
    "absence": Recording(
        form=form("absence", say.ABSENCE, said("why", say.ABSENCE_WHY, say.ABSENCE_REASONS)),
        facts=_absence,
        needs=_not_absent,
    ),
    "came_back": Recording(
        form=form(
            "came_back",
            say.HOME,
            pick("col", say.COLLECTED, say.COLLECTED_OPTIONS, width=2),
            pick("along", say.ALONG, say.YES_NO, width=2, applies=is_("col", *FETCHED)),
            pick("to", say.NOW_AT, say.NOW_AT_OPTIONS, width=2),
            pick("dec", say.WHO_DECIDED, say.DECIDERS),
        ),
        facts=_came_back,
    ),
    "medical": Recording(
        form=form(
            "medical",
            say.MEDICAL,
            pick("done", say.MEDICAL_ASK, say.YES_NO, unknown=False, width=2),
            said("why", say.MEDICAL_WHY, applies=is_("done", "no")),
        ),
        facts=_medical,
    ),
    "time_away": Recording(
        form=form(
            "time_away",
            say.TIME_AWAY,
            AWAY,
            ticks(
                "expl",
                say.EXPLOITATION_ASK,
                say.EXPLOITATION_OPTIONS,
                preset=known_away("expl"),
            ),
        ),
        facts=time_away,
    ),
    "ask_safe": Recording(
        form=form(
            "ask_safe",
            say.SAFE,
            pick("safe", say.SAFE_ASK, say.YES_NO, width=2),
            pick("free", say.FREE_ASK, say.YES_NO, width=2, applies=_still_out),
        ),
        facts=_ask_safe,
        needs=lambda c: "" if last(c, f.Located) else say.NOT_FOUND,
    ),
    "together": Recording(
        form=form(
            "together",
            say.TOGETHER,
            Choice(
                key="other",
                label=say.LABELS["other"],
                ask=lambda _: say.TOGETHER_ASK,
                options=_other_cases,
                tell=lambda v, _: answer(v) if v == UNKNOWN else plain(v),
            ),
        ),
        facts=_together,
        needs=_others,
    ),
}
