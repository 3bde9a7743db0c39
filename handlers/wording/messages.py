"""What the bot says by itself: reminders, escalations, cards to telephone, alarms, notices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from handlers.case_view import CaseView
from handlers.chat import Button, Screen, plain
from handlers.wording import acts, duties
from handlers.wording.acts import CRIME_IN_ACTION, act, dialable, subject
from handlers.wording.common import DANGER, clock, due, listed, sentence, span
from handlers.wording.recording import ROLE_OPTIONS
from protocol.pack import Pack
from protocol.provider import Home, Provider
from storage.model import Message

AGAIN = "🔁 Sent again: you may have this already."
TELEPHONE = "Nobody has answered. Ring them now:"
NOBODY_TO_TELEPHONE = "Nobody has answered. Ring your manager now."
HEADS = {"escalation": "‼️", "telephone": "☎️"}
ACTS_SHOWN = 2
"""Acts spelt out in one message; further ones are named, their buttons are there."""
GAPS = {
    "rota": "Nobody on the rota could be asked, so you are.",
    "uncovered": "Nobody who covers this home can be reached, so you are asked.",
}
ENDED = {
    "unreachable": "cannot be reached now",
    "off_list": "is no longer on the list of this home",
    "off_duty": "is not on duty any more",
}
"""Why somebody does not have it any more."""


class Words:
    """What every message about the service needs: the service, the pack, and the time."""

    def __init__(self, service: Provider, pack: Pack, now: datetime) -> None:
        self.service, self.pack, self.now = service, pack, now

    def name(self, staff_id: str) -> str:
        """The person's name; their id if they are off the list."""
        person = self.service.person(staff_id)
        return person.name if person else staff_id

    def home(self, home_id: str) -> Home | None:
        """The home with this id."""
        return self.service.home(home_id)


def moment(value: Any) -> datetime:
    """A moment kept as text, as a moment."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def reminder(message: Message, view: CaseView) -> Screen:
    """A duty is due (or will be): who, since when, what to do, whom to ring, and what to tap."""
    lines = [*_again([message]), f"{HEADS.get(message.kind, '⏰')} {subject(view)}", _place(view)]
    if view.state.computed.emergency:
        lines.append(CRIME_IN_ACTION)
    early = moment(message.data["duty_at"]) > view.now
    lines.append(f"<b>{'Coming up' if early else 'Do now'}:</b> {act(message.about, view)}")
    lines += [_when(message, view), *_state(message, view)]
    if message.kind == "telephone":
        lines += numbers(message.data.get("people", ()), message.to, view.service)
    lines += ["", DANGER]
    return Screen("\n".join(lines), reminder_buttons(message.about, view, early=early))


def reminders(messages: Sequence[Message], view: CaseView) -> Screen:
    """Several duties of one case that came due together: the acts, numbered, then the buttons."""
    messages = sorted(messages, key=lambda m: _order(m, view))
    kind = max((m.kind for m in messages), key=("reminder", "escalation", "telephone").index)
    lines = [*_again(messages), f"{HEADS.get(kind, '⏰')} {subject(view)}", _place(view)]
    if view.state.computed.emergency:
        lines.append(CRIME_IN_ACTION)
    lines.append("<b>Do now:</b>")
    for number, message in enumerate(messages[:ACTS_SHOWN], 1):
        lines.append(f"{number}. {act(message.about, view)} {_when(message, view)}")
    if rest := [acts.title(m.about, view) for m in messages[ACTS_SHOWN:]]:
        lines.append(f"Also: {plain(listed(rest))}.")
    late = max(messages, key=lambda m: int(m.data.get("late_minutes", 0)))
    lines += list(dict.fromkeys(line for m in messages for line in _state(m, view, late is m)))
    people = [one for m in messages if m.kind == "telephone" for one in m.data.get("people", ())]
    if kind == "telephone":
        lines += numbers(list(dict.fromkeys(people)), messages[0].to, view.service)
    lines += ["", DANGER]
    buttons: list[tuple[Button, ...]] = [
        (Button("🙋 I have all of it", f"r:{view.ref}:{duties.ALL}:have"),)
    ]
    shown = False
    for message in messages:
        known = view.pack.duty(message.about)
        checkpoint = known is not None and known.kind == "checkpoint"
        if checkpoint and shown:  # "They're back" stands there already
            label = duties.button(message.about, view.pack, named=True)
            buttons.append((Button(label, f"r:{view.ref}:{message.about}:do"),))
        else:
            buttons += _recording(message.about, view)
        shown = shown or checkpoint
    buttons.append((Button("📄 Case", f"c:{view.ref}:card"),))
    return Screen("\n".join(lines), tuple(dict.fromkeys(buttons)))


def together(blocks: Sequence[Screen], above: Sequence[str] = ()) -> Screen:
    """Several screens in one message, below these lines. Where it is about more than one case, each
    button says which case it is for."""
    rows = [row for block in blocks for row in block.rows]
    cases = {case for row in rows for button in row if (case := _case(button))}
    if len(cases) > 1:
        rows = [tuple(_naming_its_case(button) for button in row) for row in rows]
    lines = "\n".join(above)
    return Screen("\n\n".join(x for x in (lines, *(b.text for b in blocks)) if x), tuple(rows))


def _case(button: Button) -> str:
    """The reference of the case that a button is for; "" for other buttons."""
    kind, _, rest = button.data.partition(":")
    return rest.partition(":")[0] if kind in ("c", "r") else ""


def _naming_its_case(button: Button) -> Button:
    case = _case(button)
    return replace(button, label=f"{button.label} · {case}") if case else button


def _order(message: Message, view: CaseView) -> tuple[bool, int, float]:
    """What cannot wait comes first, then what somebody has to be told; of checkpoints that have
    passed, the latest."""
    known = view.duty(message.about)
    passed = known is not None and known.kind == "checkpoint"
    later = not acts.at_once(message.about, view)
    return (later, int(passed), -moment(message.data["duty_at"]).timestamp() if passed else 0.0)


def _again(messages: Sequence[Message]) -> list[str]:
    return [AGAIN] if any(m.ambiguous for m in messages) else []


def _place(view: CaseView) -> str:
    home = view.home
    return f"{plain(home.name if home else view.episode.home)} · level {view.state.shown}"


def _when(message: Message, view: CaseView) -> str:
    """By when or since when, and whose time that is."""
    own = not message.data.get("in_protocol", True)
    set_by = "none" if own else duties.set_by(message.about, view.pack)
    whose = plain(duties.whose(message.data.get("authority", "")))
    return sentence(due(moment(message.data["duty_at"]), view.now, set_by) + whose)


def _state(message: Message, view: CaseView, latest: bool = True) -> list[str]:
    """Late, who had it, who did not answer, why this person."""
    data, now = message.data, view.now
    lines = []
    if latest and (late := int(data.get("late_minutes", 0))):
        by = span(timedelta(minutes=late))
        lines.append(f"<b>LATE by {by}</b>: I could not send this in time.")
    if data.get("was_with"):
        lines.append(_was_with(data, view))
    if data.get("asked") and message.kind != "telephone":
        names = listed([plain(view.names.get(one, one)) for one in data["asked"]])
        since = f" since {clock(moment(data['since']), now)}" if data.get("since") else ""
        lines.append(f"No answer{since} from {names}.")
    if data.get("gap") and message.kind != "telephone":
        lines.append(GAPS.get(data["gap"], GAPS["rota"]))
    return lines


def _was_with(data: dict[str, Any], view: CaseView) -> str:
    name = plain(view.names.get(data["was_with"], data["was_with"]))
    ended = ENDED.get(data.get("was_with_why", ""))
    return f"Was with {name}, who {ended}." if ended else f"{name} had it; it is not done."


def numbers(people: Sequence[str], reader: str, service: Provider) -> list[str]:
    """The card "ring them": everybody else on the ladder, with their numbers."""
    lines = []
    for staff_id in people:
        person = service.person(staff_id)
        if person is not None and staff_id != reader:
            phone = plain(dialable(person.phone)) if person.phone else "no number on the list"
            lines.append(f"• {plain(person.name)}: {phone}")
    return [TELEPHONE, *lines] if lines else [NOBODY_TO_TELEPHONE]


def reminder_buttons(
    duty: str, view: CaseView, *, early: bool = False
) -> tuple[tuple[Button, ...], ...]:
    """ "I have it", what records the act, and the case; before its time also "later"."""
    last = [Button("📄 Case", f"c:{view.ref}:card")]
    if early:
        last.insert(0, Button("⏳ Again when due", f"r:{view.ref}:{duty}:later"))
    have = Button("🙋 I have it", f"r:{view.ref}:{duty}:have")
    return ((have,), *_recording(duty, view), tuple(last))


def _recording(duty: str, view: CaseView) -> tuple[tuple[Button, ...], ...]:
    """The buttons that record that the act is done."""
    done = Button(
        duties.button(duty, view.pack, missing=view.missing and not view.located),
        f"r:{view.ref}:{duty}:do",
    )
    if duty == "N-PARENTS":
        told = Button(duties.BUTTONS["parents"], f"c:{view.ref}:parents")
        return ((told, Button(duties.BUTTONS["withheld"], f"c:{view.ref}:withheld")),)
    known = view.duty(duty)
    if known is not None and known.kind == "checkpoint":
        return ((Button(duties.BUTTONS["back"], f"c:{view.ref}:back"), done),)
    return ((done,),)


def taken(message: Message, view: CaseView) -> Screen:
    """Somebody else has it: those who were asked may put the phone down."""
    data = message.data
    step = f" Next: {plain(data['next_step'])}." if data.get("next_step") else ""
    title = plain(acts.title(message.about, view))
    name = plain(view.names.get(data["owner"], data["owner"]))
    return Screen(
        f"👍 {subject(view)}\n{name} has it: {title}.{step}\n"
        f"You need do nothing. I ask again at {clock(moment(data['until']), view.now)} "
        "if it is not done."
    )


def level(message: Message, view: CaseView) -> Screen:
    """The level changed: from what to what, and what to do about it."""
    now_at, before = int(message.data["level"]), int(message.data["before"])
    change = f" (before: {before})" if message.data.get("announced") else ""
    due_now = [duty for duty in view.duties if duty.at <= view.now]
    first = min(due_now, key=lambda duty: (not acts.at_once(duty.id, view), duty.at), default=None)
    lines = [f"🔔 {subject(view)}", f"Now <b>level {now_at}</b>{change}."]
    if view.state.computed.emergency:
        lines.append(CRIME_IN_ACTION)
    lines.append(
        f"<b>Do now:</b> {act(first.id, view)}"
        if first
        else "Open the case and read what the level asks for."
    )
    lines += ["", DANGER]
    buttons = ((Button("📄 Case", f"c:{view.ref}:card"), Button("❓ Why", f"c:{view.ref}:why")),)
    return Screen("\n".join(lines), buttons)


def level_too(message: Message, view: CaseView) -> Screen:
    """The level changed, below an alarm of the same case that has its acts: a line, no more."""
    now_at, before = int(message.data["level"]), int(message.data["before"])
    change = f" (before: {before})" if message.data.get("announced") else ""
    why = Button("❓ Why", f"c:{view.ref}:why")
    return Screen(f"🔔 {view.ref}: now <b>level {now_at}</b>{change}.", ((why,),))


def not_enough(message: Message, view: CaseView) -> Screen:
    """Somebody was told whose being told does not count: the act is still to be done."""
    labels = {value: label for label, value in ROLE_OPTIONS}
    role = labels.get(message.data["role"], message.data["role"])
    lines = [
        f"⚠️ {subject(view)}",
        f"The placing authority is not told yet: {plain(role.lower())} alone does not count.",
        f"<b>Do now:</b> {act('N-RA', view)}",
        "",
        DANGER,
    ]
    button = Button(duties.BUTTONS["authority"], f"c:{view.ref}:authority")
    return Screen("\n".join(lines), ((button,), (Button("📄 Case", f"c:{view.ref}:card"),)))


__all__ = ["Words", "moment", "reminder", "span"]
