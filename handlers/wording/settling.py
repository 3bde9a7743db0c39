"""What is left to settle before a case is closed, and entries after closing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from handlers.chat import bold, plain
from handlers.wording.common import NO_NAMES, clock

SIGN_OFF_WHY = (
    "Why do you sign off with this open? The reason is kept, and managers see it in the weekly "
    f"digest. {NO_NAMES}"
)
SIGN_OFF_REASONS = [
    ("The authority follows it up", "the authority follows it up"),
    ("Moved to another provider", "moved to another provider"),
    ("Cannot be found out any more", "cannot be found out any more"),
    ("Declined by the young person", "declined by the young person"),
]


def reason_shown(reason: str) -> str:
    """A usual reason as it is; of a person's own words only that they are kept."""
    usual = {text for _, text in SIGN_OFF_REASONS}
    return reason if reason in usual else "in their own words, kept in the record"


RECORD_IT = "Record it"
DECIDE_OTHERWISE = "Decide otherwise"
NOTHING_LEFT = "Nothing is left to settle. A manager can sign off."


def to_settle(ref: str, titles: Sequence[str], waiting: Sequence[str]) -> str:
    """The list: what stands in the way of signing off, and what is put off until when."""
    lines = [bold(f"{ref} · to settle")]
    lines += [f"• {plain(title)}" for title in titles] or [NOTHING_LEFT]
    if waiting:
        lines += ["", "Put off:", *(f"• {plain(line)}" for line in waiting)]
    if titles:
        lines += ["", "Tap one to record it or to decide about it."]
    return "\n".join(lines)


def put_off(title: str, outcome: str, until: datetime, now: datetime) -> str:
    """A duty that was put off, in a line."""
    word = "booked for" if outcome == "booked" else "handed over until"
    return f"{title}: {word} {clock(until, now)}"


def item(ref: str, title: str, source: str) -> str:
    """One thing to settle, with its source."""
    return f"{bold(f'{ref} · to settle')}\n{plain(title)}\n<i>{plain(source)}</i>"


def left_open(titles: Sequence[str]) -> str:
    """Above the question for the reason, when a manager signs off all the same."""
    return "\n".join(["Still open:", *(f"• {plain(title)}" for title in titles)])


def another_signs_off(names: Sequence[str]) -> str:
    """Whoever did the work does not sign it off alone."""
    who = ", ".join(plain(name) for name in names)
    return f"You recorded this case yourself, so another manager signs it off: {who}."


def more_came(titles: Sequence[str]) -> str:
    """Something has come up that nobody gave a reason for when the case was signed off."""
    return "\n".join(
        ["Not closed. Open since the sign-off:", *(f"• {plain(title)}" for title in titles),
         "Settle it, or sign off again."]
    )  # fmt: skip


MANAGER_CLOSES = "Something is left open: only a manager can close this case."
LATE = "This case is closed and stays closed. What you record now is an entry after closing."
LATE_MANAGER = "This case is closed. A manager can still add an entry."
AFTER_CLOSING = " <i>(after closing)</i>"
