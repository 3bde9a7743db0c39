"""What a form says around its questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from handlers.chat import bold, plain

SAVE = "✅ Save"
BACK = "‹ Back"
CANCEL = "Cancel"
DONT_KNOW = "Don't know"
NONE_OF_THESE = "None of these"
NOT_ONE = "none of the list"
"""What is read back when that was tapped."""
EARLIER = "‹ Page before"
LATER = "Next page ›"
ANOTHER_TIME = "Another time"
WHICH = "Which one do you mean?"
USE_BUTTONS = "Please use the buttons below."
EMPTY = "That was empty. Type a few words, or use a button."
LATE_TAP = "I was away for a while and may have got this tap late. Is this the time?"
CANCELLED = "Cancelled. Nothing was saved."
SUMMARY = "This is what goes on record. Save it?"
NOT_KEPT = "What you typed was not kept."
KEPT_BESIDE = "What you typed does not answer this. It is kept, see above; this is where you are."
NOT_ON_RECORD = (
    "Nothing of it is on record. What you wrote is kept until you throw it away; "
    "please tell a manager of that home what has to be recorded."
)
NO_LONGER = "What you chose here is no longer on the list. Please choose again."
REST_UNKNOWN = "Don't know about the rest"
THAT_IS_ALL = "✅ That's all"
KEEP_ALL = "✅ Keep it all, the rest as a note"
TYPE_ANEW = "Type it anew"
STALE = "That question was answered already. This is where you are."
KEPT_OUT = "(kept, taken out of this chat)"

WRITE = "✏️ Write it on the page"
ON_A_PAGE = "This chat takes no words: write it on the page. It is kept in the record."

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


def no_longer_yours(ref: str) -> str:
    """The person no longer covers this home."""
    return f"You no longer cover the home of {bold(ref)}."


def closed_meanwhile(ref: str) -> str:
    """The case was closed while the form was filled in."""
    return f"{bold(ref)} was closed meanwhile."


def at_another_home(person: str) -> str:
    """The register has the young person at another home now."""
    return (
        f"{bold(person)} is on the register of another home now, which you do not cover. "
        "Please ask somebody of that home, or your manager, to log the report."
    )


def title(text: str) -> str:
    """A form's heading."""
    return bold(text)


def given(label: str, value: str) -> str:
    """An answer that was given."""
    return f"{plain(label)}: {value}"


def in_short(answers: Sequence[str]) -> str:
    """Earlier answers in one paragraph, above a question with many buttons."""
    return " · ".join(answers)


def answer(value: Any) -> str:
    """An answer as it is read back."""
    if value == "?":
        return "don't know"
    return plain(str(value))


def ticked(label: str) -> str:
    """A button that is ticked."""
    return f"☑️ {label}"


def these(count: int) -> str:
    """The button that ends ticking."""
    return f"That's all ({count} ticked)"


def yes_at(shown: str) -> str:
    """The button that confirms a time."""
    return f"✅ Yes, {shown.split(',')[0]}"


def is_it(shown: str) -> str:
    """Asks whether a time is meant."""
    return f"{bold(shown)}. Is that right?"


def out_of_order(what: str, at: str, other: str, other_at: str, *, before: bool) -> str:
    """Two times that cannot both be right, each with what it is the time of."""
    way = "before" if before else "after"
    return (
        f"{bold(f'{what}: {at}')} would be {way} {bold(f'{other.lower()}: {other_at}')}. "
        "That cannot be. Please check both: give this time again, or put the other one right first."
    )


def how_much(words: str) -> str:
    """Typed words do not come back into the chat: how many there are, and where they are."""
    count = len(words.split())
    return f"{count} {'word' if count == 1 else 'words'} {KEPT_OUT}"


def long_text(length: int) -> str:
    """What was typed is long; it is kept."""
    return (
        f"{length:,} characters: kept. A phone sends a long text in parts; "
        "what else you send now is added. Is that all?"
    )


def too_long(length: int, longest: int) -> str:
    """What was typed is too long for this answer."""
    return (
        f"That has {length:,} characters, and one answer holds {longest:,}. "
        "All of it is kept here, nothing is lost. Send a shorter text and it takes its place; "
        "or keep it all: the rest goes on record as a note."
    )


def refused(reason: str, *, offering: bool = False) -> str:
    """Why a typed time was not taken, and what would be; `offering`: one reading is shown below."""
    why = REFUSALS.get(reason, "I could not read a time in that.")
    return why if offering else f"{why}\n{EXAMPLES}"
