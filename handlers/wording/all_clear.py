"""What an alarm turns into when it need not ring any more, and the quiet word at the end."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from handlers.case_view import CaseView
from handlers.chat import Screen, bold, plain
from handlers.wording import duties
from handlers.wording.acts import subject
from handlers.wording.common import clock
from handlers.wording.messages import Words, moment
from reminders.all_clear import Ended
from storage.model import Message

ASKED_AGAIN = Screen("↓ Asked again below.")


def ended(message: Message, ref: str, words: Words) -> list[str]:
    """A line for each duty of this alarm that is over."""
    found: Sequence[Ended] = msgspec.convert(message.data["ended"], list[Ended])
    return [line(one, ref, words) for one in found]


def no_longer(duty: str, ref: str, words: Words) -> str:
    """A duty of another case in the same message that is not due any more."""
    return line(Ended(duty=duty, why="not_due"), ref, words)


def line(one: Ended, ref: str, words: Words) -> str:
    """A duty that is over, in one line."""
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


def over(message: Message, view: CaseView) -> Screen:
    """They are found or back: to everybody who was woken, without a sound."""
    by = plain(view.names.get(message.data["by"], message.data["by"]))
    what = "Back" if message.data["what"] == "back" else "Found"
    return Screen(
        f"🏠 {subject(view)}\n{what} at {clock(moment(message.data['at']), view.now)} "
        f"(recorded by {by}). You need not do anything now."
    )
