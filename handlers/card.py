"""The episode card: how the case stands, on one message, with the buttons for what is next."""

from __future__ import annotations

from collections.abc import Sequence

from handlers import next_steps
from handlers.case_view import CaseView, for_this_home
from handlers.chat import Button, Screen
from handlers.paging import Item, code, paged
from handlers.wording import card as say
from handlers.wording.acts import at_once
from handlers.wording.common import near_clock
from handlers.wording.duties import BUTTONS, RECORDED_BY, button
from handlers.wording.settling import AFTER_CLOSING
from protocol import facts as f
from protocol.provider import Staff
from reminders.duties import Duty


def text(view: CaseView) -> str:
    """The card's text: what to do now, what is due, what is done, why; one screen of a phone."""
    lines = say.heading(view)
    if not view.closed:
        now_due, head, later, further = _sorted_out(view)
        if say.cannot_wait(now_due, view):
            lines += ["", *say.do_now(view, now_due)]
        if later:
            lines += ["", f"<b>{head}</b>", *say.coming(later, view, len(further))]
        if not view.duties:
            lines += ["", say.NOTHING_DUE]
    shown = [fact for fact in view.facts if not isinstance(fact, f.Withdrawn)]
    done = [
        say.done_line(
            for_this_home(fact, view.ref), view.pack, view.now, view.names, show=near_clock
        )
        for fact in shown
    ]
    done = [line for line in done if line]
    if repeats := say.repeats(view):
        lines += ["", repeats]
    if done:
        hidden = len(done) - say.MOST_DONE
        lines += ["", "<b>Done</b>"]
        lines += [f"… {hidden} earlier, see Timeline"] if hidden > 0 else []
        lines += done[-say.MOST_DONE :]
    return say.card([*lines, "", say.why(view)])


def _sorted_out(view: CaseView) -> tuple[list[Duty], str, list[Duty], list[Duty]]:
    """What to do now; then the heading of what is due beside it, which of that the card shows, and
    what it has no room for."""
    now_due, later = urgent_first(view)
    if say.cannot_wait(now_due, view):
        most = max(1, say.MOST_DUE - len(now_due))
        return now_due, "Due", later[:most], later[most:]
    later = [*now_due, *later]
    return [], "Next", later[: say.MOST_DUE], later[say.MOST_DUE :]


def urgent_first(view: CaseView) -> tuple[list[Duty], list[Duty]]:
    """What to do now, most urgent first and at most three, or else the next duty; and the rest."""
    ordered = sorted(view.duties, key=lambda d: (not at_once(d.id, view), d.at, d.id))
    now_due = [d for d in ordered if d.at <= view.now or at_once(d.id, view)][: say.MOST_NOW]
    now_due = now_due or ordered[:1]
    later = sorted((d for d in ordered if d not in now_due), key=lambda d: (d.at, d.id))
    return now_due, later


def _button(view: CaseView, action: str) -> Button:
    return Button(BUTTONS[action], f"c:{view.episode.ref}:{action}")


def _rows(view: CaseView, *actions: Sequence[str]) -> tuple[tuple[Button, ...], ...]:
    return tuple(tuple(_button(view, a) for a in row) for row in actions if row)


def main_buttons(view: CaseView, staff: Staff) -> tuple[tuple[Button, ...], ...]:
    """What is most likely next, in reach of a thumb; the rest is behind More."""
    if view.closed:
        return _rows(view, ["timeline", "why"], ["late"] if staff.manages else [])
    if view.back:
        return _after_return(view, staff)
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
        found = [*found, "again"]
    checked = _done(view, [d for d in urgent_first(view)[0] if d in done_by_hand(view)])
    answers = [] if view.has(f.Located) else next_steps.before_return(view)
    steps = next_steps.found(view) if view.has(f.Located) else []
    after = [steps[start : start + 2] for start in range(0, len(steps), 2)]
    rows = _rows(
        view, telling, answers, parents, *after, found, ["note", "actions"], ["why", "more"]
    )
    return (*checked, *rows)


def _done(view: CaseView, duties: Sequence[Duty]) -> tuple[tuple[Button, ...], ...]:
    """A button for each duty that ends when somebody says that it is done."""
    kinds = [known.kind for d in duties if (known := view.duty(d.id)) is not None]
    several = kinds.count("checkpoint") > 1
    return tuple(
        (
            Button(
                button(d.id, view.pack, missing=view.missing and not view.located, named=several),
                f"c:{view.ref}:done:{code(d.id)}",
            ),
        )
        for d in duties
    )


NEXT_SHOWN = 8
"""Of what comes next after a return, that many buttons; the others follow when these are done."""


def _after_return(view: CaseView, staff: Staff) -> tuple[tuple[Button, ...], ...]:
    """What comes up after a return, in the order in which it does: an hour, a day, three days."""
    after = next_steps.after_return(view)[:NEXT_SHOWN]
    settle = ["settle"] if view.state.computed.to_settle else []
    last = []
    if staff.manages and not view.has(f.SignedOff):
        last.append("signoff")
    if view.has(f.SignedOff):
        last.append("close")
    pairs = [after[start : start + 2] for start in range(0, len(after), 2)]
    return _rows(view, *pairs, settle, last, ["note", "actions"], ["again", "why", "more"])


def more_buttons(view: CaseView, staff: Staff) -> tuple[tuple[Button, ...], ...]:
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
    back = view.back or view.has(f.Located)
    after = [["time_away", "meeting"], ["plans", "assessment"]] if back else []
    met = view.has(f.MeetingHeld) or view.has(f.InterviewHeld)
    after += [["action"]] if met else []
    levels = ["raise"] if view.state.shown < 3 else []
    if staff.manages and view.state.shown > 1:
        levels.append("lower")
    checks = _done(view, done_by_hand(view)[:4])
    return (
        *checks,
        *_rows(view, *first, told, said, ["undo", "together"], *after, levels, ["card"]),
    )


def done_by_hand(view: CaseView) -> list[Duty]:
    """Checkpoints that have come, and reviews and meetings, which may be held at any time: duties
    that end because somebody says that they are done."""
    found = []
    for duty in view.duties:
        known = view.duty(duty.id)
        early = known is not None and known.kind in ("review", "meeting", "referral")
        if duty.id not in RECORDED_BY and (early or duty.at <= view.now):
            found.append(duty)
    return found


def card(view: CaseView, staff: Staff) -> Screen:
    """The case with the main buttons of whoever reads it."""
    return Screen(text(view), main_buttons(view, staff))


def more(view: CaseView, staff: Staff) -> Screen:
    """The rest of the buttons, under what is due and has no room on the card; nothing twice."""
    hidden = [] if view.closed else _sorted_out(view)[3]
    return Screen(say.more(view, hidden), more_buttons(view, staff))


def timeline(view: CaseView, page: int = -1) -> Screen:
    """Every entry in the order of the record, the newest page first shown; what was put right
    stands with its old and its new value."""
    ref = view.episode.ref
    items = []
    closed = False
    for place, fact in enumerate(view.episode.facts):
        was = say.before(fact, view.episode.facts[:place], view.pack, view.now)
        own = for_this_home(fact, view.ref)
        line = say.done_line(own, view.pack, view.now, view.names, was)
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
