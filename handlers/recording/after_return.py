"""What follows a return: who is told, the referral, how they came back, who was away with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from handlers.chat import plain
from handlers.form import UNKNOWN, Choice, FormState, Option
from handlers.recording.answers import each, given, is_, pick, said, ticked, ticks, yes
from handlers.recording.correcting import report_again
from handlers.recording.questions import NewId, Recording, at, author, child, form, last, text, when
from handlers.recording.time_order import ACKNOWLEDGED, POLICE_SAID, REFERRAL, TOLD_BACK
from handlers.wording import after_return as say
from handlers.wording.form import answer
from protocol import facts as f
from protocol.counting import counting
from protocol.facts import Fact
from protocol.fold import fold

DISTRICT_CODE = re.compile(r"[EWSN]\d{8}", re.IGNORECASE)
IS_DISTRICT = re.compile(r"E0[6-9]|W06|S12|N09")
"""Authorities whose own area is a district: their code names it."""

# Telling --------------------------------------------------------------------------------------


def _told_back(c: FormState, new: NewId, whom: f.ToldWhom) -> list[Fact]:
    by = given(c, "by", "")
    return [
        f.ToldOfReturn(
            at=when(c),
            whom=whom,
            role=given(c, "role", ""),
            who=text(c, "who"),
            how=given(c, "how", "unknown"),
            told_by=c.staff.id if by == "me" else by,
            **author(c, new),
        )
    ]


def _police_said(c: FormState, new: NewId) -> list[Fact]:
    grade: Any = given(c, "grade", "not_given")
    return [
        f.PoliceAnswered(
            at=when(c),
            accepted=c.answers["acc"] == "yes",
            grade=grade,
            officer=text(c, "off"),
            reason=text(c, "why"),
            **author(c, new),
        )
    ]


def _acknowledged(c: FormState, new: NewId) -> list[Fact]:
    return [
        f.AuthorityAcknowledged(
            at=when(c),
            role=given(c, "role"),
            who=text(c, "who"),
            how=given(c, "how"),
            **author(c, new),
        )
    ]


def _referred(c: FormState, new: NewId) -> list[Fact]:
    to: Any = given(c, "whom", "other")
    why: Any = given(c, "rsn") if _reason_open(c) else "unsafe_return"
    return [f.Referred(at=when(c), to=to, reason=why, how=given(c, "how"), **author(c, new))]


def _reason_open(c: FormState) -> bool:
    """Whoever was found and is not to go back is referred because of that."""
    found = last(c, f.Located)
    return found is None or found.return_unsafe is not True


def _referral_result(c: FormState, new: NewId) -> list[Fact]:
    referral = last(c, f.Referred)
    if referral is None:
        return []
    outcome: Any = given(c, "res")
    code, note = district(c)
    return [
        f.ReferralAnswered(
            at=c.now,
            referral=referral.id,
            outcome=outcome,
            protocol_followed=yes(c, "foll"),
            suitable=yes(c, "suit") if outcome in say.PLACED else None,
            district=code,
            note="; ".join(filter(None, (note, text(c, "note")))),
            **author(c, new),
        )
    ]


def district(c: FormState) -> tuple[str, str]:
    """The code of the district that was given, and what is noted where only a name was."""
    told = text(c, "dist").strip()
    if DISTRICT_CODE.fullmatch(told):
        return told.upper(), ""
    return "", f"{say.NOT_A_CODE}{told}" if told else ""


def _districts(c: FormState) -> list[Option]:
    """Districts that have a code on record: of the placement, and of the authorities' own areas."""
    found = [Option(say.PLACEMENT_DISTRICT, child(c).district)] if child(c).district else []
    return found + [
        Option(authority.name, authority.code)
        for authority in c.service.authorities
        if IS_DISTRICT.match(authority.code) and authority.code != child(c).district
    ]


def _district_step(applies: Callable[[FormState], bool]) -> Any:
    asked = said("dist", say.DISTRICT, skip=say.SKIP, unknown=True, applies=applies)
    return msgspec.structs.replace(asked, options=_districts, tell=_tell_district)


def _tell_district(value: Any, c: FormState) -> str:
    named = next((o.label for o in _districts(c) if o.value == value), "")
    return plain(named) or answer(value) if named or value == UNKNOWN else say.GIVEN


# The return -----------------------------------------------------------------------------------


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
    "back_police": Recording(
        form=form("back_police", say.BACK_POLICE, at(TOLD_BACK)),
        facts=lambda c, new: _told_back(c, new, "police"),
    ),
    "back_authority": Recording(
        form=form(
            "back_authority",
            say.BACK_AUTHORITY,
            pick("role", say.BACK_ROLE, say.BACK_ROLES),
            pick("how", say.HOW, say.HOW_OPTIONS, width=2),
            at(TOLD_BACK),
        ),
        facts=lambda c, new: _told_back(c, new, "authority"),
    ),
    "back_parents": Recording(
        form=form(
            "back_parents",
            say.BACK_PARENTS,
            pick("by", say.PARENTS_BY, say.PARENTS_BY_OPTIONS, width=2),
            at(TOLD_BACK),
        ),
        facts=lambda c, new: _told_back(c, new, "parents"),
    ),
    "police_said": Recording(
        form=form(
            "police_said",
            say.POLICE_SAID,
            pick("acc", say.POLICE_ACCEPTED, say.POLICE_OPTIONS, unknown=False, width=2),
            pick("grade", say.POLICE_GRADE, say.GRADES, width=2, applies=is_("acc", "yes")),
            said("why", say.POLICE_WHY, applies=is_("acc", "no")),
            said("off", say.POLICE_OFFICER, skip=say.SKIP),
            at(POLICE_SAID),
        ),
        facts=_police_said,
    ),
    "acknowledged": Recording(
        form=form(
            "acknowledged",
            say.ACKNOWLEDGED,
            pick("role", say.ACKNOWLEDGED_ROLE, say.BACK_ROLES[1:4], unknown=False),
            pick("how", say.HOW, say.HOW_OPTIONS, width=2),
            at(ACKNOWLEDGED),
            said("who", say.LABELS["who"] + f"? {say.NO_NAMES}", skip=say.SKIP),
        ),
        facts=_acknowledged,
    ),
    "referral": Recording(
        form=form(
            "referral",
            say.REFERRAL,
            pick("whom", say.REFERRAL_TO, say.REFERRAL_OPTIONS, unknown=False, width=2),
            pick("rsn", say.REFERRAL_WHY, say.REFERRAL_REASONS, applies=_reason_open),
            at(REFERRAL),
        ),
        facts=_referred,
    ),
    "referral_result": Recording(
        form=form(
            "referral_result",
            say.RESULT,
            pick("res", say.RESULT_ASK, say.RESULT_OPTIONS, width=2),
            pick("foll", say.FOLLOWED, say.YES_NO, width=2),
            pick("suit", say.SUITABLE, say.YES_NO, width=2, applies=is_("res", *say.PLACED)),
            _district_step(is_("res", *say.PLACED)),
            said("note", say.RESULT_NOTE, skip=say.SKIP),
        ),
        facts=_referral_result,
        needs=lambda c: "" if last(c, f.Referred) else say.NOT_REFERRED,
    ),
    "found_how": Recording(
        form=form(
            "found_how",
            say.FOUND_HOW,
            pick("fby", say.FOUND_BY, say.FOUND_BY_OPTIONS, width=2),
            pick("place", say.FOUND_AT, say.FOUND_AT_OPTIONS, width=2),
            _where_found(),
            _district_step(_district_open),
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
