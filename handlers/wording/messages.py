"""What the bot says by itself: reminders, escalations, cards to telephone, alarms, notices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from handlers.chat import Button, Screen, bold, plain
from handlers.wording import duties
from handlers.wording.common import DANGER, asked, clock, due, listed, span
from handlers.wording.recording import ROLE_OPTIONS
from protocol.pack import Pack
from protocol.provider import Home, Provider
from storage.model import Message

REPEATED = "(sent again: it may have reached you before)"
TELEPHONE = "Nobody has answered. Please telephone them now:"
NOBODY_TO_TELEPHONE = "Nobody has answered. Please telephone your manager now."
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
ROUTES = {"EDT": "emergency duty team", "duty_team": "day duty team"}


class Words:
    """What every reminder needs: the service, the pack, and the time."""

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


def reminder(
    message: Message, ref: str, home: str, level: int, authority: str, words: Words
) -> Screen:
    """A duty is due (or will be): what, by when, who was asked before, and what to tap."""
    lines = [*_heading(message, words), f"{bold(ref)} · {plain(home)} · level {level}"]
    lines += _state(message, authority, words)
    if message.kind == "telephone":
        lines += ["", *numbers(message.data.get("people", ()), message.to, words)]
    lines += ["", DANGER, f"<i>#{mark(message.id)}</i>"]
    early = moment(message.data["duty_at"]) > words.now
    return Screen("\n".join(lines), reminder_buttons(message.about, ref, words.pack, early=early))


def reminders(
    parts: Sequence[tuple[Message, str]], ref: str, home: str, level: int, words: Words
) -> Screen:
    """Several duties of one case that came due together. Each part comes with the authority."""
    lines = [f"⏰ {bold(ref)} · {plain(home)} · level {level}"]
    buttons: list[tuple[Button, ...]] = []
    people: dict[str, None] = {}
    for message, authority in parts:
        lines += ["", *_heading(message, words), *_state(message, authority, words)]
        if message.kind == "telephone":
            people |= dict.fromkeys(message.data.get("people", ()))
        name = duties.short(message.about, words.pack)
        buttons.append((Button(f"🙋 I have it: {name}", f"r:{ref}:{message.about}:have"),))
        early = moment(message.data["duty_at"]) > words.now
        buttons += reminder_buttons(message.about, ref, words.pack, early=early)[1:-1]
    if people:
        lines += ["", *numbers(list(people), parts[0][0].to, words)]
    lines += ["", DANGER, f"<i>#{mark(parts[0][0].id)}</i>"]
    buttons.append((Button("📄 Case", f"c:{ref}:card"),))
    return Screen("\n".join(lines), tuple(buttons))


def _heading(message: Message, words: Words) -> list[str]:
    """The duty, and when it is or was due."""
    data, now = message.data, words.now
    at = moment(data["duty_at"])
    head = {"escalation": "‼️", "telephone": "☎️"}.get(message.kind, "⏰")
    word = "Coming up" if at > now else "To do"
    lines = [f"{head} {word}: {bold(duties.title(message.about, words.pack))}"]
    in_protocol = data.get("in_protocol", True)
    lines.append(f"Due {due(at, now)}" if in_protocol else f"A{asked(at, now)[1:]}")
    return lines


def _state(message: Message, authority: str, words: Words) -> list[str]:
    """Late or repeated, where to phone, who had it, who did not answer."""
    data, now = message.data, words.now
    lines = []
    if late := int(data.get("late_minutes", 0)):
        by = span(timedelta(minutes=late))
        lines.append(f"<b>LATE by {by}</b>: I could not send this in time.")
    if message.ambiguous:
        lines.append(REPEATED)
    if message.about == "N-RA":
        lines += _route(data, authority, words)
    if data.get("was_with"):
        lines.append(_was_with(data, words))
    if data.get("asked") and message.kind != "telephone":
        names = listed([plain(words.name(s)) for s in data["asked"]])
        since = f" since {clock(moment(data['since']), now)}" if data.get("since") else ""
        lines.append(f"No answer{since} from {names}.")
    if data.get("gap"):
        lines.append(GAPS.get(data["gap"], GAPS["rota"]))
    return lines


def _was_with(data: dict[str, Any], words: Words) -> str:
    name = plain(words.name(data["was_with"]))
    ended = ENDED.get(data.get("was_with_why", ""))
    return f"Was with {name}, who {ended}." if ended else f"{name} had it; it is not done."


def _route(data: dict[str, Any], authority: str, words: Words) -> list[str]:
    """Which team of the placing authority answers now, with its number."""
    route = data.get("route")
    if not route:
        return []
    known = words.service.authority(authority)
    contact = None
    if known is not None:
        contact = known.emergency_duty_team if route == "EDT" else known.duty_team
    phone = f": {number(contact.phone)}" if contact and contact.phone else ""
    place = f"{plain(authority)}, " if authority else ""
    return [f"Now: {place}{ROUTES[route]}{phone}"]


def numbers(people: Sequence[str], reader: str, words: Words) -> list[str]:
    """The card "telephone them": everybody else on the ladder, with their numbers."""
    lines = []
    for staff_id in people:
        person = words.service.person(staff_id)
        if person is not None and staff_id != reader:
            phone = number(person.phone) if person.phone else "no number on the list"
            lines.append(f"• {plain(person.name)}: {phone}")
    return [TELEPHONE, *lines] if lines else [NOBODY_TO_TELEPHONE]


def number(phone: str) -> str:
    """A telephone number that is copied with one tap."""
    return f"<code>{plain(phone)}</code>"


def mark(message_id: str) -> str:
    """A short mark by which a message that came twice can be recognised."""
    import zlib

    return f"{zlib.crc32(message_id.encode()) % 1_000_000:06d}"


def reminder_buttons(
    duty: str, ref: str, pack: Pack, *, early: bool = False
) -> tuple[tuple[Button, ...], ...]:
    """ "I have it", what records the duty, and the case; before its time also "later"."""
    if duty == "N-PARENTS":
        record: tuple[Button, ...] = (
            Button(duties.BUTTONS["parents"], f"c:{ref}:parents"),
            Button(duties.BUTTONS["withheld"], f"c:{ref}:withheld"),
        )
    else:
        record = (Button(duties.button(duty, pack), f"r:{ref}:{duty}:do"),)
    last = [Button("📄 Case", f"c:{ref}:card")]
    if early:
        last.insert(0, Button("⏳ Again when due", f"r:{ref}:{duty}:later"))
    return ((Button("🙋 I have it", f"r:{ref}:{duty}:have"),), record, tuple(last))


def taken(message: Message, ref: str, words: Words) -> Screen:
    """Somebody else has it: those who were asked may put the phone down."""
    data = message.data
    step = f" Next: {plain(data['next_step'])}." if data.get("next_step") else ""
    title = plain(duties.title(message.about, words.pack))
    text = (
        f"👍 {bold(ref)}: {plain(words.name(data['owner']))} has it: {title}.{step}\n"
        f"I ask again at {clock(moment(data['until']), words.now)} if it is not done."
    )
    return Screen(text)


def level(message: Message, ref: str, home: str, words: Words) -> Screen:
    now_at, before = int(message.data["level"]), int(message.data["before"])
    way = "up from" if now_at > before else "down from"
    text = f"🔔 {bold(ref)} · {plain(home)}: now <b>level {now_at}</b> ({way} {before})."
    return Screen(text, ((Button("❓ Why", f"c:{ref}:why"), Button("📄 Case", f"c:{ref}:card")),))


def not_enough(message: Message, ref: str, words: Words) -> Screen:
    labels = {value: label for label, value in ROLE_OPTIONS}
    role = labels.get(message.data["role"], message.data["role"]).lower()
    text = (
        f"⚠️ {bold(ref)}: the placing authority is not told yet. {plain(role.capitalize())} does "
        "not count; an accountable manager or the out-of-hours duty manager does."
    )
    return Screen(text, ((Button(duties.BUTTONS["authority"], f"c:{ref}:authority"),),))


__all__ = ["Words", "mark", "moment", "reminder", "span"]
