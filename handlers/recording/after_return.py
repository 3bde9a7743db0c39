"""What follows a return: who is told, the referral, the interview, meetings and decisions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from handlers.case_view import for_this_home
from handlers.chat import plain
from handlers.form import UNKNOWN, Choice, FormState, Option, Ticks, stamp, unstamp
from handlers.recording.parts import (
    NewId,
    Recording,
    at,
    author,
    back_or_found,
    decides,
    form,
    last,
    options_of,
    tell_pair,
    text,
    when,
    words,
)
from handlers.recording.time_order import (
    ACKNOWLEDGED,
    HELD,
    MET,
    POLICE_SAID,
    REFERRAL,
    TOLD_BACK,
)
from handlers.times import shown
from handlers.wording import after_return as say
from handlers.wording.form import answer
from protocol import facts as f
from protocol import london
from protocol.counting import all_about, counting
from protocol.facts import Fact

MEETINGS: dict[str, str] = {
    "STRAT-14D": "strategy",
    "CUR-STRAT": "strategy",
    "RET-STRATEGY": "strategy",
    "HAR-A3-MEETING": "professionals",
    "SG-NI71-OOA": "professionals",
    "HAR-A1-EARLY": "early_help",
    "SG-MARM": "risk_management",
    "APPG-3": "placement_review",
    "SG-REVIEW": "placement_review",
    "STF-3": "intervention",
    "STF-5": "intervention",
    "STF-9": "intervention",
    "LAN-5": "intervention",
    "LAN-9": "intervention",
}
"""Duties and actions that are meetings: which kind."""
LEAD = "HAR-A3-LEAD"
"""The meeting names a lead professional: settled with it."""


def pick(
    key: str, ask: str, pairs: Sequence[tuple[str, str]], *, unknown: bool = True, **more: Any
) -> Choice:
    """A question with a few buttons."""
    return Choice(
        key=key,
        label=say.LABELS[key],
        ask=lambda _: ask,
        options=options_of(pairs),
        tell=tell_pair(pairs),
        unknown=unknown,
        **more,
    )


def ticks(
    key: str, ask: str, pairs: Sequence[tuple[str, str]], *, unknown: bool = True, **more: Any
) -> Ticks:
    """A question with buttons that are on or off."""

    def tell(value: Any, _: FormState) -> str:
        if value == UNKNOWN:
            return answer(value)
        named = [label for label, code in pairs if code in value]
        named += [answer(UNKNOWN)] if UNKNOWN in value else []
        return plain(", ".join(named)) or "none"

    return Ticks(
        key=key,
        label=say.LABELS[key],
        ask=lambda _: ask,
        options=options_of(pairs),
        tell=tell,
        unknown=unknown,
        **more,
    )


def coming(key: str, ask: str, applies: Callable[[FormState], bool] = lambda _: True) -> Choice:
    """A moment to come: whole hours of the next days (London), as the usual diary has them."""

    def options(state: FormState) -> list[Option]:
        today = london.day_of(state.now)
        found = [Option(label, value) for label, value in (("In 2 h", "h2"), ("In 4 h", "h4"))]
        for days in (0, 1, 2, 3, 7, 14):
            for hour in (9, 14, 17):
                moment = london.at(today + timedelta(days=days), _clock(hour))
                if moment > state.now:
                    found.append(Option(shown(moment, state.now), stamp(moment)))
        return found

    def tell(value: Any, state: FormState) -> str:
        moment = _until(value, state.now)
        return shown(moment, state.now) if moment else answer(UNKNOWN)

    return Choice(
        key=key,
        label=say.LABELS[key],
        ask=lambda _: ask,
        options=options,
        tell=tell,
        unknown=False,
        width=2,
        applies=applies,
    )


def _clock(hour: int) -> Any:
    return datetime(2000, 1, 1, hour).time()  # noqa: DTZ001 - a time of day


def _until(value: Any, now: datetime) -> datetime | None:
    if not isinstance(value, str) or not value:
        return None
    if value.startswith("h") and value[1:].isdecimal():
        return now + timedelta(hours=int(value[1:]))
    return unstamp(value)


def given(c: FormState, key: str, unknown: str = "unknown") -> str:
    """The chosen code; `unknown` where it was not known or not asked."""
    value = c.answers.get(key)
    return unknown if value in (None, UNKNOWN) else str(value)


def yes(c: FormState, key: str) -> f.Answer:
    """The answer yes or no as a fact keeps it."""
    value = c.answers.get(key)
    return "unknown" if value in (None, UNKNOWN) else value == "yes"


def ticked(c: FormState, key: str) -> tuple[str, ...] | None:
    """The codes that were ticked; None: nothing is known of it."""
    value = c.answers.get(key)
    if value in (None, UNKNOWN):
        return None
    found = tuple(code for code in value if code != UNKNOWN)
    return found if found or UNKNOWN not in value else None


def each(c: FormState, key: str, codes: Sequence[str]) -> dict[str, f.Asked]:
    """Yes for what was ticked; no for the rest, or not known if that was said."""
    value = c.answers.get(key)
    if value is None:
        return dict.fromkeys(codes)
    rest: f.Answer = "unknown" if value == UNKNOWN or UNKNOWN in value else False
    return {code: True if value != UNKNOWN and code in value else rest for code in codes}


def is_(key: str, *values: str) -> Callable[[FormState], bool]:
    """Asks only if that question was answered with one of these."""
    return lambda c: c.answers.get(key) in values


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
    return [f.Referred(at=when(c), to=to, how=given(c, "how"), **author(c, new))]


def _referral_result(c: FormState, new: NewId) -> list[Fact]:
    referral = last(c, f.Referred)
    if referral is None:
        return []
    outcome: Any = given(c, "res")
    return [
        f.ReferralAnswered(
            at=c.now,
            referral=referral.id,
            outcome=outcome,
            protocol_followed=yes(c, "foll"),
            suitable=yes(c, "suit") if outcome in say.PLACED else None,
            **author(c, new),
        )
    ]


# The return -----------------------------------------------------------------------------------


def _came_back(c: FormState, new: NewId) -> list[Fact]:
    found: list[Fact] = [
        f.Collected(at=c.now, by_whom=given(c, "col"), **author(c, new)),
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


# Interview, meetings, decisions ---------------------------------------------------------------


def _booked(c: FormState, new: NewId) -> list[Fact]:
    on = _until(c.answers["on"], c.now) or c.now
    return [f.InterviewBooked(at=c.now, on=on, **author(c, new))]


def _held(c: FormState, new: NewId) -> list[Fact]:
    by = given(c, "ind", "")
    return [
        f.InterviewHeld(
            at=when(c),
            held_by=by,
            independent=None if not by else by != "placement",
            **author(c, new),
        )
    ]


def _content(c: FormState, new: NewId) -> list[Fact]:
    """What came out of it: the interview as recorded, fuller, and what is counted of it."""
    held = last(c, f.InterviewHeld)
    if held is None:
        return []
    fuller = {"content": text(c, "note"), "referral_consent": yes(c, "con"), "corrects": held.id}
    return [msgspec.structs.replace(held, **fuller, **author(c, new)), *time_away(c, new)]


def _was_held(c: FormState) -> str:
    return "" if last(c, f.InterviewHeld) else say.NOT_HELD


def _shared(c: FormState, new: NewId) -> list[Fact]:
    found: Any = ticked(c, "with")
    if not found:
        return []
    return [f.InterviewShared(at=c.now, shared_with=found, **author(c, new))]


def _meeting(c: FormState, new: NewId) -> list[Fact]:
    about = str(c.answers.get("duty", ""))
    meeting: Any = MEETINGS.get(about, "professionals")
    if c.answers["held"] == "no":
        return [
            f.Decided(
                at=c.now, about=about, outcome="not_needed", note=text(c, "why"),
                decided_by=c.staff.role.value, **author(c, new),
            )
        ]  # fmt: skip
    if c.answers["held"] == "booked":
        on = _until(c.answers["on"], c.now) or c.now
        return [f.MeetingBooked(at=c.now, meeting=meeting, about=about, on=on, **author(c, new))]
    lead = text(c, "lead")
    found: list[Fact] = [
        f.MeetingHeld(
            at=when(c),
            meeting=meeting,
            about=about,
            present=ticked(c, "pres") or (),
            decisions=text(c, "mdec"),
            lead_professional=lead,
            **author(c, new),
        )
    ]
    if lead and about == "HAR-A3-MEETING":
        found.append(f.Decided(at=when(c), about=LEAD, outcome="done", **author(c, new)))
    return found


def _decided(c: FormState, new: NewId) -> list[Fact]:
    outcome: Any = c.answers["out"]
    return [
        f.Decided(
            at=c.now,
            about=str(c.answers["duty"]),
            outcome=outcome,
            note=text(c, "note"),
            until=_until(c.answers.get("until"), c.now),
            decided_by=c.staff.role.value,
            **author(c, new),
        )
    ]


def _outcomes(c: FormState) -> list[Option]:
    allowed = str(c.answers.get("outs", "")).split() or list(say.OUTCOMES)
    return [Option(label, value) for value, label in say.OUTCOMES.items() if value in allowed]


def _note_ask(c: FormState) -> str:
    if c.answers.get("out") == "not_needed":
        return say.REASON
    if c.answers.get("out") == "handed_over":
        return say.HANDED_TO
    return say.NEEDS_NOTE


def _note_needed(c: FormState) -> bool:
    outcome = c.answers.get("out")
    needs = "note" in str(c.answers.get("needs", "")).split()
    return outcome in ("not_needed", "handed_over") or (outcome == "done" and needs)


def _other_cases(c: FormState) -> list[Option]:
    here = c.episode.ref if c.episode else ""
    return [Option(ref, ref) for ref in sorted(c.open_cases.values()) if ref != here]


def _together(c: FormState, new: NewId) -> list[Fact]:
    if c.answers["other"] == UNKNOWN:
        return []
    return [f.AwayTogether(at=c.now, other=c.answers["other"], **author(c, new))]


def _others(c: FormState) -> str:
    return "" if _other_cases(c) else say.NO_OTHER_CASE


def _assessment(c: FormState, new: NewId) -> list[Fact]:
    begun: Any = c.answers["ass"]
    return [f.AssessmentBegun(at=when(c), assessment=begun, **author(c, new))]


TAKEN_BACK = (
    f.PoliceAnswered, f.AuthorityAcknowledged, f.ToldOfReturn, f.Collected, f.MedicalChecked,
    f.WhileAway, f.Referred, f.ReferralAnswered, f.InterviewBooked, f.InterviewShared, f.Decided,
    f.DutyDone, f.MeetingBooked, f.MeetingHeld, f.AssessmentBegun, f.AwayTogether, f.SignedOff,
)  # fmt: skip
"""Kinds that are taken back one by one; the others are put right by what was wrong with them."""
MOST_TAKEN_BACK = 12


def entries(facts: Sequence[Fact]) -> list[Fact]:
    """What can be taken back, the latest first."""
    found: list[Fact] = [x for x in reversed(counting(facts)) if isinstance(x, TAKEN_BACK)]
    return found[:MOST_TAKEN_BACK]


def _entries(c: FormState) -> list[Option]:
    names, ref = c.answers.get("names") or {}, c.episode.ref if c.episode else ""
    return [
        Option(
            say.entry(for_this_home(fact, ref), lambda name: names.get(name, name), c.now), fact.id
        )
        for fact in entries(c.episode.facts if c.episode else ())
    ]


def _tell_entry(value: Any, c: FormState) -> str:
    if value == UNKNOWN:
        return answer(value)
    return plain(next((o.label for o in _entries(c) if o.value == value), say.GONE_ENTRY))


def _nothing_to_take_back(c: FormState) -> str:
    return "" if _entries(c) else say.NO_ENTRY


def _taken_back(c: FormState, new: NewId) -> list[Fact]:
    """The entry, and what a correction in it had replaced."""
    facts = c.episode.facts if c.episode else ()
    chosen = next((fact for fact in entries(facts) if fact.id == c.answers["entry"]), None)
    if chosen is None:  # a colleague was quicker
        return []
    return [
        f.Withdrawn(at=c.now, fact=wrong.id, reason=text(c, "why"), **author(c, new))
        for wrong in all_about(facts, chosen)
    ]


def _words(key: str, ask: str, *, applies: Any = lambda _: True, skip: str = "") -> Any:
    made = words("note", ask, skip=skip, applies=applies)
    return msgspec.structs.replace(made, key=key, label=say.LABELS[key])


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
            _words("why", say.POLICE_WHY, applies=is_("acc", "no")),
            _words("off", say.POLICE_OFFICER, skip=say.SKIP),
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
            _words("who", say.LABELS["who"] + f"? {say.NO_NAMES}", skip=say.SKIP),
        ),
        facts=_acknowledged,
    ),
    "referral": Recording(
        form=form(
            "referral",
            say.REFERRAL,
            pick("whom", say.REFERRAL_TO, say.REFERRAL_OPTIONS, unknown=False, width=2),
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
        ),
        facts=_referral_result,
    ),
    "came_back": Recording(
        form=form(
            "came_back",
            say.HOME,
            pick("col", say.COLLECTED, say.COLLECTED_OPTIONS, width=2),
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
            _words("why", say.MEDICAL_WHY, applies=is_("done", "no")),
        ),
        facts=_medical,
    ),
    "time_away": Recording(
        form=form(
            "time_away",
            say.TIME_AWAY,
            ticks("away", say.TIME_AWAY_ASK, say.TIME_AWAY_OPTIONS),
            ticks("expl", say.EXPLOITATION_ASK, say.EXPLOITATION_OPTIONS),
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
    ),
    "booked": Recording(
        form=form("booked", say.BOOKED, coming("on", say.BOOKED_ASK)), facts=_booked
    ),
    "held": Recording(
        form=form(
            "held",
            "Return interview held",
            at(HELD),
            pick("ind", say.HELD_BY, say.HELD_BY_OPTIONS),
        ),
        facts=_held,
        needs=back_or_found,
    ),
    "content": Recording(
        form=form(
            "content",
            say.CONTENT_TITLE,
            ticks("push", say.PUSH_ASK, say.PUSH_OPTIONS),
            ticks("pull", say.PULL_ASK, say.PULL_OPTIONS),
            _words("note", say.CONTENT, skip=say.SKIP),
            pick("con", say.CONSENT, say.YES_NO, width=2),
        ),
        facts=_content,
        needs=_was_held,
    ),
    "shared": Recording(
        form=form("shared", say.SHARED, ticks("with", say.SHARED_ASK, say.SHARED_OPTIONS)),
        facts=_shared,
    ),
    "meeting": Recording(
        form=form(
            "meeting",
            say.MEETING,
            pick("held", say.MEETING_ASK, say.MEETING_OPTIONS, unknown=False, width=2),
            at(MET, applies=is_("held", "held")),
            ticks("pres", say.PRESENT_ASK, say.PRESENT_OPTIONS, applies=is_("held", "held")),
            _words("mdec", say.MEETING_DECIDED, applies=is_("held", "held"), skip=say.SKIP),
            _words("lead", say.LEAD, applies=is_("held", "held"), skip=say.SKIP),
            coming("on", say.MEETING_ON, applies=is_("held", "booked")),
            _words("why", say.REASON, applies=is_("held", "no")),
        ),
        facts=_meeting,
    ),
    "decide": Recording(
        form=form(
            "decide",
            say.DECIDE,
            Choice(
                key="out",
                label=say.LABELS["out"],
                ask=lambda _: say.DECIDE_ASK,
                options=_outcomes,
                tell=lambda v, _: plain(say.OUTCOMES[v]),
                unknown=False,
                width=2,
            ),
            msgspec.structs.replace(
                _words("note", say.REASON, applies=_note_needed), ask=_note_ask
            ),
            coming("until", say.UNTIL, applies=is_("out", "booked", "handed_over")),
        ),
        facts=_decided,
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
    "undo": Recording(
        form=decides(
            "undo",
            say.UNDO,
            Choice(
                key="entry",
                label=say.LABELS["entry"],
                ask=lambda _: say.UNDO_ASK,
                options=_entries,
                tell=_tell_entry,
            ),
            _words("why", say.UNDO_WHY),
        ),
        facts=_taken_back,
        needs=_nothing_to_take_back,
    ),
    "assessment": Recording(
        form=form(
            "assessment",
            say.ASSESSMENT,
            pick("ass", say.ASSESSMENT_ASK, say.ASSESSMENT_OPTIONS, unknown=False),
            at(MET),
        ),
        facts=_assessment,
    ),
}
