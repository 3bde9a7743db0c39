"""What an alarm turns into when it need not ring any more, and the quiet word at the end."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from handlers.case_view import CaseView
from handlers.chat import Screen, bold, plain
from handlers.wording import acts, duties
from handlers.wording.acts import subject
from handlers.wording.common import clock
from handlers.wording.messages import Words
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
    about = f"{plain(duties.listed(one.duty, words.pack))} · {bold(ref)}"
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
    left = [duty for duty in view.duties if acts.at_once(duty.id, view)]
    if not (view.back or view.located):
        said = f"Recorded as {message.data['what']} by {by}, which does not count any more."
    elif left:
        what = plain(acts.title(left[0].id, view))
        said = f"Recorded by {by}. Still to be done, whoever is on duty is asked: {what}."
    else:
        said = f"Recorded by {by}. You need not do anything now."
    return Screen(f"🏠 {subject(view)}\n{said}")
