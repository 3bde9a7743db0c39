"""The episode card: how the case stands, on one message, with the buttons for what is next."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.chat import Button, Screen
from handlers.paging import Item, code, paged
from handlers.wording import card as say
from handlers.wording.after_return import AFTER_CLOSING
from handlers.wording.duties import BUTTONS, RECORDED_BY, button
from protocol import facts as f
from protocol.counting import counting
from protocol.fold import fold
from protocol.pack import Pack
from protocol.provider import Provider, Staff
from protocol.standing import Standing
from reminders.clock import Clock
from reminders.duties import Duty
from storage.model import Episode, Person


class View:
    """What the card needs to know of one case at one moment."""

    def __init__(
        self,
        episode: Episode,
        state: Standing,
        duties: Sequence[Duty],
        person: Person | None,
        staff: Staff,
        service: Provider,
        pack: Pack,
        clock: Clock,
        identifiers: str,
    ) -> None:
        self.episode, self.state, self.duties = episode, state, duties
        self.person, self.staff, self.service = person, staff, service
        self.pack, self.now, self.identifiers = pack, clock.now(), identifiers
        self.facts = counting(episode.facts)
        self.names = {s.id: s.name for s in service.staff} | {f.NIGHTLIGHT: "Nightlight"}
        self.folded = fold(episode.facts)
        kinds = {type(fact) for fact in self.facts}
        self.has = kinds.__contains__
        self.back = state.computed.returned
        self.missing = "SG-POLICE" in state.computed.reasons
        self.closed = episode.closed_at is not None


def text(view: View) -> str:
    """The card's text; under forty short lines, most urgent first."""
    state, now = view.state, view.now
    located = view.folded.located_at is not None and not view.back
    label = (
        "CLOSED" if view.closed else "BACK" if view.back else "FOUND, not back" if located else ""
    )
    assessment = state.computed
    lines = [
        say.heading(
            view.episode, state, "missing" if view.missing else view.folded.category, label
        ),
        say.who(
            view.service.home(view.episode.home),
            view.person,
            view.folded.child,
            assessment.age,
            view.identifiers,
        ),
        say.away(assessment.start, assessment.end if view.back else None, now),
    ]
    if note := say.levels(state):
        lines.append(note)
    lines += ["", "<b>Why this level</b>", *say.why(state, view.pack)]
    if not view.closed:
        lines += ["", "<b>Due</b>", *say.duties(view.duties, view.pack, now, view.names)]
    shown = [fact for fact in view.facts if not isinstance(fact, f.Withdrawn)]
    done = [say.done_line(fact, view.pack, now, view.names) for fact in shown]
    done = [line for line in done if line]
    if done:
        hidden = len(done) - say.MOST_DONE
        lines += ["", "<b>Done</b>"]
        lines += [f"… {hidden} earlier, see Timeline"] if hidden > 0 else []
        lines += done[-say.MOST_DONE :]
    return say.card(lines)


def _button(view: View, action: str) -> Button:
    return Button(BUTTONS[action], f"c:{view.episode.ref}:{action}")


def _rows(view: View, *actions: Sequence[str]) -> tuple[tuple[Button, ...], ...]:
    return tuple(tuple(_button(view, a) for a in row) for row in actions if row)


def main_buttons(view: View) -> tuple[tuple[Button, ...], ...]:
    """What is most likely next, in reach of a thumb; the rest is behind More."""
    if view.closed:
        return _rows(view, ["timeline", "why"], ["late"] if view.staff.manages else [])
    if view.back:
        return _after_return(view)
    due = {d.id for d in view.duties}
    telling = []
    if view.missing and not view.has(f.PoliceTold):
        telling.append("police")
    if "N-RA" in due or (view.folded.child.looked_after and not view.has(f.AuthorityTold)):
        telling.append("authority")
    parents = []
    if view.folded.child.looked_after and not (
        view.has(f.ParentsTold) or view.has(f.ParentsWithheld)
    ):
        parents = ["parents", "withheld"]
    found = ["back"] if view.has(f.Located) else ["found", "back"]
    if view.has(f.Located):
        found = [*_found(view), *found, "again"]
    return _rows(view, telling, parents, found, ["note", "why"], ["more"])


def _found(view: View) -> list[str]:
    """Found, and not back yet: referral first, then those who were told."""
    wanted = {duty.id for duty in view.duties} | {*view.state.computed.prompts}
    urgent = ("referral", "back_police", "back_parents", "ask_safe")
    return [kind for name, kind in AFTER_RETURN if name in wanted and kind in urgent][:2]


NEXT_SHOWN = 8
"""Of what comes next after a return, that many buttons; the others follow when these are done."""


def _after_return(view: View) -> tuple[tuple[Button, ...], ...]:
    """What comes up after a return, in the order in which it does: an hour, a day, three days."""
    after = [action for action in _next(view) if action][:NEXT_SHOWN]
    settle = ["settle"] if view.state.computed.to_settle else []
    last = []
    if view.staff.manages and not view.has(f.SignedOff):
        last.append("signoff")
    if view.has(f.SignedOff):
        last.append("close")
    pairs = [after[start : start + 2] for start in range(0, len(after), 2)]
    return _rows(view, *pairs, settle, last, ["note", "why"], ["again", "more"])


def _next(view: View) -> list[str]:
    """The forms that are wanted now, most urgent first, each once."""
    computed = view.state.computed
    wanted = {duty.id for duty in view.duties} | {*computed.to_settle, *computed.prompts}
    found = [kind for name, kind in AFTER_RETURN if name in wanted]
    if "parents" in found:
        found.insert(found.index("parents") + 1, "withheld")
    if view.has(f.Referred) and not view.has(f.ReferralAnswered):
        found.insert(0, "referral_result")
    if "SG-SAFEWELL" in computed.reasons and "SAFE-WELL" in computed.to_settle:
        found.append("safewell")
    if not view.has(f.Collected):
        found.append("came_back")
    if view.missing and view.folded.child.looked_after and not view.has(f.MedicalChecked):
        found.append("medical")
    if "SG-RI" in computed.reasons:
        found += _interview(view)
    return list(dict.fromkeys(found))


def _interview(view: View) -> list[str]:
    """The next steps of the return interview: offered, answered, booked, held, shared."""
    held = [x for x in view.facts if isinstance(x, f.InterviewHeld)]
    if any(x.independent is not False for x in held):
        asked = any(isinstance(x, f.WhileAway) and x.push is not None for x in view.facts)
        content = asked or any(x.content for x in held)
        return [
            *([] if content else ["content"]),
            *([] if view.has(f.InterviewShared) else ["shared"]),
        ]
    if view.folded.ri_declined_at is not None:
        return []
    if not view.has(f.InterviewOffered):
        return ["offered", "held"]
    if not view.has(f.InterviewAnswered):
        return ["answered", "held"]
    return ["held"] if view.has(f.InterviewBooked) else ["booked", "held"]


AFTER_RETURN = (
    ("N-POLICE", "police"),
    ("POLICE-NOT-TOLD", "police"),
    ("POLICE-CHALLENGE", "police_said"),
    ("REF-OOH", "referral"),
    ("REF-DUTY", "referral"),
    ("N-RA", "authority"),
    ("N-PARENTS", "parents"),
    ("N-BACK-POLICE", "back_police"),
    ("N-BACK-RA", "back_authority"),
    ("N-BACK-PARENTS", "back_parents"),
    ("N-RA-WRITTEN", "written"),
    ("ASK-SAFE", "ask_safe"),
    ("ASK-CRIME", "time_away"),
    ("ASK-HARM", "time_away"),
)
"""Duties, things to settle and questions, most urgent first, and the form that records each."""


def more_buttons(view: View) -> tuple[tuple[Button, ...], ...]:
    """Everything else that can be put on record."""
    due = {d.id for d in view.duties}
    first = [["fix", "timeline"]]
    if not view.back:
        first.append(["category", "worse"])
    if "N-RA-WRITTEN" in due:
        first.append(["written"])
    if view.folded.child.historical_concerns == "unknown":
        first.append(["concerns"])
    if "HAR-SH-AGENCY" in view.state.computed.reasons:
        first.append(["referred"])
    told = [a for a in ("police", "authority", "parents") if not view.back]
    said = ["police_said"] if view.has(f.PoliceTold) else []
    if view.has(f.AuthorityTold):
        said.append("acknowledged")
    after = ["time_away", "assessment"] if view.back or view.has(f.Located) else []
    levels = ["raise"] if view.state.shown < 3 else []
    if view.staff.manages and view.state.shown > 1:
        levels.append("lower")
    checks = tuple(
        (Button(button(d.id, view.pack), f"c:{view.episode.ref}:done:{code(d.id)}"),)
        for d in done_by_hand(view)[:4]
    )
    return (
        *checks,
        *_rows(
            view, *first, told, said, ["undo", "together"], after[:1], after[1:], levels, ["card"]
        ),
    )


def done_by_hand(view: View) -> list[Duty]:
    """Checkpoints that have come, and reviews and meetings, which may be held at any time: duties
    that end because somebody says that they are done."""
    found = []
    for duty in view.duties:
        known = view.pack.duty(duty.id)
        early = known is not None and known.kind in ("review", "meeting", "referral")
        if duty.id not in RECORDED_BY and (early or duty.at <= view.now):
            found.append(duty)
    return found


def card(view: View) -> Screen:
    """The case with its main buttons."""
    return Screen(text(view), main_buttons(view))


def more(view: View) -> Screen:
    """The case with the rest of its buttons."""
    return Screen(text(view), more_buttons(view))


def timeline(view: View, page: int = -1) -> Screen:
    """Every entry in the order of the record, the newest page first shown; what was put right
    stands with its old and its new value."""
    ref = view.episode.ref
    items = []
    closed = False
    for place, fact in enumerate(view.episode.facts):
        was = say.before(fact, view.episode.facts[:place], view.pack, view.now)
        line = say.done_line(fact, view.pack, view.now, view.names, was)
        if line:
            gone = "" if fact in view.facts else say.GONE
            late = AFTER_CLOSING if closed else ""
            items.append(Item(f"{line}{gone}{late}"))
        closed = closed or isinstance(fact, f.Closed)
    return paged(
        say.timeline(ref),
        items,
        page if page >= 0 else len(items),
        lambda number: f"c:{ref}:timeline:{number}",
        tail=_rows(view, ["card"]),
        most_items=ENTRIES,
        gap="\n",
    )


ENTRIES = 25
"""Entries of the timeline on one page."""
