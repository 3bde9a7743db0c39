"""Who is told that it is over, what police and authority answered, and the referral."""

from __future__ import annotations

from typing import Any

from handlers.form import FormState
from handlers.recording.answers import given, is_, pick, said, yes
from handlers.recording.districts import district, district_step
from handlers.recording.questions import NewId, Recording, at, author, form, last, text, when
from handlers.recording.time_order import ACKNOWLEDGED, POLICE_SAID, REFERRAL, TOLD_BACK
from handlers.wording import after_return as say
from handlers.wording import told_of_return as telling
from handlers.wording.common import NO_NAMES
from protocol import facts as f
from protocol.facts import Fact


def _told_back(c: FormState, new: NewId, whom: f.ToldWhom) -> list[Fact]:
    by = given(c, "by", "")
    return [
        f.ToldOfReturn(
            at=when(c),
            whom=whom,
            role=given(c, "role", ""),
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
            suitable=yes(c, "suit") if outcome in telling.PLACED else None,
            district=code,
            note="; ".join(filter(None, (note, text(c, "note")))),
            **author(c, new),
        )
    ]


RECORDINGS: dict[str, Recording] = {
    "back_police": Recording(
        form=form("back_police", telling.BACK_POLICE, at(TOLD_BACK)),
        facts=lambda c, new: _told_back(c, new, "police"),
    ),
    "back_authority": Recording(
        form=form(
            "back_authority",
            telling.BACK_AUTHORITY,
            pick("role", telling.BACK_ROLE, telling.BACK_ROLES),
            pick("how", telling.HOW, telling.HOW_OPTIONS, width=2),
            at(TOLD_BACK),
        ),
        facts=lambda c, new: _told_back(c, new, "authority"),
    ),
    "back_parents": Recording(
        form=form(
            "back_parents",
            telling.BACK_PARENTS,
            pick("by", telling.PARENTS_BY, telling.PARENTS_BY_OPTIONS, width=2),
            at(TOLD_BACK),
        ),
        facts=lambda c, new: _told_back(c, new, "parents"),
    ),
    "police_said": Recording(
        form=form(
            "police_said",
            telling.POLICE_SAID,
            pick("acc", telling.POLICE_ACCEPTED, telling.POLICE_OPTIONS, unknown=False, width=2),
            pick("grade", telling.POLICE_GRADE, telling.GRADES, width=2, applies=is_("acc", "yes")),
            said("why", telling.POLICE_WHY, applies=is_("acc", "no")),
            said("off", telling.POLICE_OFFICER, skip=say.SKIP),
            at(POLICE_SAID),
        ),
        facts=_police_said,
    ),
    "acknowledged": Recording(
        form=form(
            "acknowledged",
            telling.ACKNOWLEDGED,
            pick("role", telling.ACKNOWLEDGED_ROLE, telling.BACK_ROLES[1:4], unknown=False),
            pick("how", telling.HOW, telling.HOW_OPTIONS, width=2),
            at(ACKNOWLEDGED),
            said("who", say.LABELS["who"] + f"? {NO_NAMES}", skip=say.SKIP),
        ),
        facts=_acknowledged,
    ),
    "referral": Recording(
        form=form(
            "referral",
            telling.REFERRAL,
            pick("whom", telling.REFERRAL_TO, telling.REFERRAL_OPTIONS, unknown=False, width=2),
            pick("rsn", telling.REFERRAL_WHY, telling.REFERRAL_REASONS, applies=_reason_open),
            at(REFERRAL),
        ),
        facts=_referred,
    ),
    "referral_result": Recording(
        form=form(
            "referral_result",
            telling.RESULT,
            pick("res", telling.RESULT_ASK, telling.RESULT_OPTIONS, width=2),
            pick("foll", telling.FOLLOWED, say.YES_NO, width=2),
            pick(
                "suit", telling.SUITABLE, say.YES_NO, width=2, applies=is_("res", *telling.PLACED)
            ),
            district_step(is_("res", *telling.PLACED)),
            said("note", telling.RESULT_NOTE, skip=say.SKIP),
        ),
        facts=_referral_result,
        needs=lambda c: "" if last(c, f.Referred) else telling.NOT_REFERRED,
    ),
}
