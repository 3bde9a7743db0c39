"""What is said of words that nobody asked for."""

from __future__ import annotations

from handlers.chat import bold
from handlers.wording.common import DANGER

ADD_TO_ANSWER = "➕ Add to my last answer"
OTHER_CASE = "📝 Note on another case"
REPORT = "🚨 Report missing"
EMERGENCY = "☎️ 999"
THROW_AWAY = "Throw it away"
BACK = "‹ Back"
WHICH_CASE = "On which case shall it go on record as a note?"
THROWN_AWAY = "Thrown away. It is not on record."
ADDED = "Added to your last answer."
RING_999 = (
    "<b>In immediate danger: ring 999 now.</b> Say: child missing from care. "
    "If not in danger, police are on 101.\nThis bot does not report to police."
)


def kept(messages: int, characters: int) -> str:
    """What was typed is kept, and is not on record yet."""
    what = "What you typed" if messages == 1 else f"Your {messages} messages"
    return (
        f"{what} ({characters:,} characters): kept and taken out of this chat, "
        f"but <b>not on record</b>. What shall I do with it?\n\n{DANGER}"
    )


def add_to_entry(ref: str) -> str:
    """The button that adds it to the last entry."""
    return f"➕ Goes with what I just recorded on {ref}"


def note_on(ref: str, home: str) -> str:
    """The button that makes it a note."""
    return f"📝 Note on {ref} · {home}"


def on_record(ref: str) -> str:
    """After saving it as a note."""
    return f"✅ On record as a note on {bold(ref)}."
