"""What an alarm turns into when it need not ring any more, and the quiet word at the end."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from handlers.chat import Screen, bold, plain
from handlers.wording import duties
from handlers.wording.common import clock
from handlers.wording.messages import Words, moment
from protocol.london import LONDON, completed_years
from protocol.recorded import Child
from reminders.all_clear import Ended
from storage.model import Message

ASKED_AGAIN = Screen("↓ Asked again below.")


def ended(message: Message, ref: str, words: Words) -> list[str]:
    """A line for each duty of this alarm that is over."""
    found: Sequence[Ended] = msgspec.convert(message.data["ended"], list[Ended])
    return [_line(one, ref, words) for one in found]


def no_longer(duty: str, ref: str, words: Words) -> str:
    """A duty of another case in the same message that is not due any more."""
    return _line(Ended(duty=duty, why="not_due"), ref, words)


def _line(one: Ended, ref: str, words: Words) -> str:
    about = f"{plain(duties.title(one.duty, words.pack))} · {bold(ref)}"
    at = clock(one.at, words.now) if one.at is not None else ""
    name = plain(words.name(one.by))
    match one.why:
        case "done":
            return f"✅ Done {at} by {name}: {about}"
        case "back":
            return f"✅ Back since {at}. Not needed any more: {about}"
        case "held":
            return f"👍 {name} has it until {at}: {about}"
        case _:
            return f"✅ No longer due: {about}"


def over(message: Message, ref: str, child: Child, words: Words) -> Screen:
    """They are found or back: to everybody who was woken, without a sound."""
    data = message.data
    years = child.age
    if child.dob is not None:
        years = completed_years(child.dob, words.now.astimezone(LONDON).date())
    who = f"{bold(ref)}, {years}" if years is not None else bold(ref)
    what = "is back since" if data["what"] == "back" else "was found at"
    return Screen(
        f"🏠 {who}, {what} {clock(moment(data['at']), words.now)} "
        f"(recorded by {plain(words.name(data['by']))}). You need not do anything now."
    )
