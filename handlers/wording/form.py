"""What a form says around its questions."""

from __future__ import annotations

from typing import Any

from handlers.chat import bold, plain

SAVE = "✅ Save"
BACK = "‹ Back"
CANCEL = "Cancel"
DONT_KNOW = "Don't know"
NONE_OF_THESE = "None of these"
EARLIER = "‹ Page before"
LATER = "Next page ›"
ANOTHER_TIME = "Another time"
WHICH = "Which one do you mean?"
USE_BUTTONS = "Please use the buttons below."
EMPTY = "That was empty. Type a few words, or use a button."
LATE_TAP = "I was away for a while and may have got this tap late. Is this the time?"
CANCELLED = "Cancelled. Nothing was saved."
STALE = "That question was answered already. This is where you are."
KEPT_OUT = "(kept in the record, taken out of this chat)"

EXAMPLES = "For example: <code>21:30</code> or <code>half nine last night</code>"

REFUSALS = {
    "future": "That is still to come. When did it happen?",
    "range": "That is a range. I need one time, or tap Don't know.",
    "vague": "I need a clock time for that.",
    "not_a_sighting": "That is when somebody noticed. I need the time asked for.",
    "clock_change": "The clocks change that night, so this time is not clear.",
    "too_old": "That is long ago. Please give the date with the year and time.",
    "impossible": "That time or date does not exist.",
    "disagree": "Two parts of that do not agree.",
    "two_times": "There are two times in that. I need one.",
    "am_or_pm": "Morning or evening? That is not clear to me.",
    "which_day": "Which day? That is not clear to me.",
    "leftover": "I could not read all of that.",
    "unsure": "I am not sure of that time.",
    "too_long": "That is too long for a time.",
}


def title(text: str) -> str:
    return bold(text)


def given(label: str, value: str) -> str:
    return f"{plain(label)}: {value}"


def answer(value: Any) -> str:
    if value == "?":
        return "don't know"
    return plain(str(value))


def ticked(label: str) -> str:
    return f"☑️ {label}"


def these(count: int) -> str:
    return f"That's all ({count} ticked)"


def yes_at(shown: str) -> str:
    return f"✅ Yes, {shown.split(',')[0]}"


def is_it(shown: str) -> str:
    return f"{bold(shown)}. Is that right?"


def too_early(shown: str, earliest: str) -> str:
    return f"{plain(shown)} is before {plain(earliest)}. Please check the time."


def too_long(length: int, longest: int) -> str:
    return f"That has {length} characters; at most {longest} fit. Please shorten it."


def refused(reason: str, *, offering: bool = False) -> str:
    """Why a typed time was not taken, and what would be; `offering`: one reading is shown below."""
    why = REFUSALS.get(reason, "I could not read a time in that.")
    return why if offering else f"{why}\n{EXAMPLES}"
