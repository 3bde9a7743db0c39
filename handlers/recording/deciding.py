"""Meetings, decisions and assessments after a return."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from handlers.chat import plain
from handlers.form import Choice, FormState, Option
from handlers.recording.answers import (
    asked_on,
    coming,
    day_of,
    day_to_come,
    given,
    is_,
    pick,
    said,
    ticked,
    ticks,
    until,
)
from handlers.recording.questions import NewId, Recording, at, author, form, last, text, when
from handlers.recording.time_order import MET
from handlers.wording import after_return as say
from handlers.wording import deciding as decide
from protocol import facts as f
from protocol import london
from protocol.counting import counting
from protocol.facts import Fact

OWN_MEETINGS = {f"MEETING-{kind.upper()}": kind for _, kind in decide.MEETING_KINDS}
"""What a booked meeting is asked about by, where no duty or action of the pack asks for it."""
MEETINGS: dict[str, str] = {
    **OWN_MEETINGS,
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
RI_ACTIONS, MEETING_ACTIONS = "RI-ACTIONS", "MEETING-ACTIONS"
"""What was agreed in an interview or a meeting, and is asked about on the day set for it."""


def _meeting(c: FormState, new: NewId) -> list[Fact]:
    about = str(c.answers.get("duty", ""))
    meeting: Any = MEETINGS.get(about) or given(c, "mk", "professionals")
    own = f"MEETING-{meeting.upper()}"
    about = about or own
    if c.answers["held"] == "no":
        return [
            f.Decided(
                at=c.now, about=about, outcome="not_needed", note=text(c, "why"),
                decided_by=c.staff.role.value, **author(c, new),
            )
        ]  # fmt: skip
    if c.answers["held"] == "booked":
        on = until(c.answers["on"], c.now) or c.now
        return [f.MeetingBooked(at=c.now, meeting=meeting, about=about, on=on, **author(c, new))]
    lead, review = text(c, "lead"), day_of(c.answers.get("next"))
    found: list[Fact] = [
        f.MeetingHeld(
            at=when(c),
            meeting=meeting,
            about=about,
            present=ticked(c, "pres") or (),
            decisions=text(c, "mdec"),
            lead_professional=lead,
            next_review=asked_on(review) if review else None,
            **author(c, new),
        )
    ]
    if lead and about == "HAR-A3-MEETING":
        found.append(f.Decided(at=when(c), about=LEAD, outcome="done", **author(c, new)))
    if review:
        on = asked_on(review)
        found.append(f.MeetingBooked(at=c.now, meeting=meeting, about=own, on=on, **author(c, new)))
    return found


def _held_or_booked(c: FormState) -> list[Option]:
    """Only what a duty asks for can be not needed."""
    wanted = decide.MEETING_OPTIONS if c.answers.get("duty") else decide.MEETING_OPTIONS[:2]
    return [Option(label, value) for label, value in wanted]


def _decided(c: FormState, new: NewId) -> list[Fact]:
    outcome: Any = c.answers["out"]
    about = str(c.answers["duty"])
    found: list[Fact] = [
        f.Decided(
            at=c.now,
            about=about,
            outcome=outcome,
            note=text(c, "note") or text(c, "say"),
            until=until(c.answers.get("until"), c.now),
            decided_by=c.staff.role.value,
            **author(c, new),
        )
    ]
    if outcome == "done" and about in (RI_ACTIONS, MEETING_ACTIONS):
        found += _asked_again(c, new, about, _actions(c, about))
    return found


def _weekly_review(c: FormState) -> bool:
    """A note settles the weeks that were missed, too."""
    return c.answers.get("out") == "done" and c.answers.get("duty") == "REV-WEEKLY"


# Actions that were agreed ---------------------------------------------------------------------


def _actions(c: FormState, about: str) -> list[f.FollowUp]:
    """Every action on record of the interviews, or of the meetings."""
    kind = f.InterviewHeld if about == RI_ACTIONS else f.MeetingHeld
    facts = counting(c.episode.facts) if c.episode else []
    return [action for fact in facts if isinstance(fact, kind) for action in fact.actions]


def _asked_again(c: FormState, new: NewId, about: str, actions: Iterable[f.FollowUp]) -> list[Fact]:
    """The next day set for one of these actions: with its owner until then, and asked about."""
    today = london.day_of(c.now)
    ahead = [(x.by, x.owner) for x in actions if x.by is not None and x.by > today]
    if not ahead:
        return []
    day, owner = min(ahead)
    return [
        f.Decided(
            at=c.now,
            about=about,
            outcome="handed_over",
            note=owner or decide.OWNER_UNKNOWN,
            until=asked_on(day),
            decided_by=c.staff.role.value,
            **author(c, new),
        )
    ]


def _from(c: FormState) -> tuple[str, Any]:
    """What the action came out of: the id it is asked about by, and the fact that holds it."""
    meeting, interview = last(c, f.MeetingHeld), last(c, f.InterviewHeld)
    if interview is None or (meeting is not None and c.answers.get("src") == "meeting"):
        return MEETING_ACTIONS, meeting
    return RI_ACTIONS, interview


def _agreed(c: FormState, new: NewId) -> list[Fact]:
    about, source = _from(c)
    if source is None:  # a colleague has taken it back meanwhile
        return []
    if text(c, "act") == decide.NO_ACTION:
        note = decide.NO_ACTION
        return [f.Decided(at=c.now, about=about, outcome="done", note=note, **author(c, new))]
    action = f.FollowUp(
        what=text(c, "act"), owner=given(c, "own", ""), by=day_of(c.answers.get("day"))
    )
    fuller = msgspec.structs.replace(
        source, actions=(*source.actions, action), corrects=source.id, **author(c, new)
    )
    booked = last(c, f.MeetingBooked) if about == MEETING_ACTIONS else None
    found: list[Fact] = [fuller]
    if booked is not None and booked.on == source.next_review:
        # Held and booked again at one moment: the last in the record counts, so it stays the last.
        found.append(msgspec.structs.replace(booked, corrects=booked.id, **author(c, new)))
    return [*found, *_asked_again(c, new, about, [*_actions(c, about), action])]


def _is_action(c: FormState) -> bool:
    return text(c, "act") != decide.NO_ACTION


def _both(c: FormState) -> bool:
    return bool(last(c, f.MeetingHeld) and last(c, f.InterviewHeld))


def _none_met(c: FormState) -> str:
    return "" if last(c, f.MeetingHeld) or last(c, f.InterviewHeld) else decide.NOT_MET


# Plans ----------------------------------------------------------------------------------------


def _considered(c: FormState, new: NewId) -> list[Fact]:
    """One decision for each duty or action; what of the plan was updated stands in its note."""
    notes: dict[str, list[str]] = {}
    for value in ticked(c, "plans") or ():
        about, _, note = value.partition(":")
        notes.setdefault(about, []).append(note)
    return [
        f.Decided(
            at=c.now,
            about=about,
            outcome="done",
            note=", ".join(filter(None, said_)),
            decided_by=c.staff.role.value,
            **author(c, new),
        )
        for about, said_ in notes.items()
    ]


def _outcomes(c: FormState) -> list[Option]:
    allowed = str(c.answers.get("outs", "")).split() or list(decide.OUTCOMES)
    return [Option(label, value) for value, label in decide.OUTCOMES.items() if value in allowed]


def _note_ask(c: FormState) -> str:
    if c.answers.get("out") == "not_needed":
        return decide.REASON
    if c.answers.get("out") == "handed_over":
        return decide.HANDED_TO
    return decide.NEEDS_NOTE


def _note_needed(c: FormState) -> bool:
    outcome = c.answers.get("out")
    needs = "note" in str(c.answers.get("needs", "")).split()
    return outcome in ("not_needed", "handed_over") or (outcome == "done" and needs)


def _assessment(c: FormState, new: NewId) -> list[Fact]:
    begun: Any = c.answers["ass"]
    return [f.AssessmentBegun(at=when(c), assessment=begun, **author(c, new))]


RECORDINGS: dict[str, Recording] = {
    "meeting": Recording(
        form=form(
            "meeting",
            decide.MEETING,
            pick(
                "mk",
                decide.MEETING_KIND,
                decide.MEETING_KINDS,
                unknown=False,
                width=2,
                applies=lambda c: not c.answers.get("duty"),
            ),
            msgspec.structs.replace(
                pick("held", decide.MEETING_ASK, decide.MEETING_OPTIONS, unknown=False, width=2),
                options=_held_or_booked,
            ),
            at(MET, applies=is_("held", "held")),
            ticks("pres", decide.PRESENT_ASK, decide.PRESENT_OPTIONS, applies=is_("held", "held")),
            said("mdec", decide.MEETING_DECIDED, applies=is_("held", "held"), skip=say.SKIP),
            said("lead", decide.LEAD, applies=is_("held", "held"), skip=say.SKIP),
            day_to_come("next", decide.NEXT_REVIEW, is_("held", "held")),
            coming("on", decide.MEETING_ON, applies=is_("held", "booked")),
            said("why", decide.REASON, applies=is_("held", "no")),
        ),
        facts=_meeting,
    ),
    "decide": Recording(
        form=form(
            "decide",
            decide.DECIDE,
            Choice(
                key="out",
                label=say.LABELS["out"],
                ask=lambda _: decide.DECIDE_ASK,
                options=_outcomes,
                tell=lambda v, _: plain(decide.OUTCOMES[v]),
                unknown=False,
                width=2,
            ),
            msgspec.structs.replace(
                said("note", decide.REASON, applies=_note_needed), ask=_note_ask
            ),
            said("say", decide.WEEKLY_NOTE, skip=say.SKIP, applies=_weekly_review),
            coming("until", decide.UNTIL, applies=is_("out", "booked", "handed_over")),
        ),
        facts=_decided,
    ),
    "action": Recording(
        form=form(
            "action",
            decide.ACTION,
            pick(
                "src", decide.ACTION_FROM, decide.ACTION_FROM_OPTIONS, unknown=False, applies=_both
            ),
            said("act", decide.ACTION_WHAT, decide.ACTION_USUAL),
            pick("own", decide.ACTION_OWNER, decide.OWNERS, width=2, applies=_is_action),
            day_to_come("day", decide.ACTION_DAY, _is_action),
        ),
        facts=_agreed,
        needs=_none_met,
    ),
    "plans": Recording(
        form=form("plans", decide.PLANS, ticks("plans", decide.PLANS_ASK, decide.PLAN_OPTIONS)),
        facts=_considered,
    ),
    "assessment": Recording(
        form=form(
            "assessment",
            decide.ASSESSMENT,
            pick("ass", decide.ASSESSMENT_ASK, decide.ASSESSMENT_OPTIONS, unknown=False),
            at(MET),
        ),
        facts=_assessment,
    ),
}
