"""What becomes of a message that told something, when that is not so any more."""

from __future__ import annotations

from handlers.chat import bold, plain
from handlers.wording import all_clear, duties
from handlers.wording.common import clock
from handlers.wording.messages import Words
from reminders.all_clear import Ended
from reminders.amending import Outcome
from storage.model import Message


def not_yours(ref: str) -> str:
    """To somebody who stood in for a home and does so no more."""
    return f"✅ Not with you any more: {bold(ref)}"


def line(part: Message, told: Outcome, ref: str, words: Words) -> str:
    """What is so now, in one line."""
    at = clock(told.at, words.now) if told.at is not None else ""
    name = plain(words.name(told.by)) if told.by else ""
    match told.why:
        case "level":
            return f"🔔 {bold(ref)} is at level {told.level} now."
        case "closed":
            return f"✅ Closed: {bold(ref)}"
        case "not_so":
            what = "back" if part.data["what"] == "back" else "found"
            return f"‼️ <b>Not {what} after all:</b> {bold(ref)}. /open shows the case."
        case "again":
            return f"🚨 <b>Gone again</b> since {at}: {bold(ref)}. /open shows the new case."
        case "time":
            what = "Back" if part.data["what"] == "back" else "Found"
            return f"🏠 {what} at {at} (put right by {name}): {bold(ref)}"
        case "open":
            title = plain(duties.listed(part.about, words.pack))
            return f"⏰ {name} does not have it any more, and it is not done: {title} · {bold(ref)}"
        case "back" if part.kind == "level":
            return f"✅ Back since {at}: {bold(ref)}"
        case _:
            over = Ended(duty=part.about, why=told.why, by=told.by, at=told.at)
            return all_clear.line(over, ref, words)
