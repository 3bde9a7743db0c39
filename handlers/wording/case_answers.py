"""What is said when somebody takes on, puts off or closes what a card shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from handlers.chat import bold, plain
from handlers.wording.common import clock
from protocol.provider import Provider
from reminders.acknowledge import Answer

CLOSED_FORM = "This question is closed. /open shows your cases."


def closed(ref: str) -> str:
    """After closing."""
    return f"{bold(ref)} is closed. Its reminders have ended. The record is kept."


def not_closable(ref: str) -> str:
    """Closing is not possible yet."""
    return f"{bold(ref)} cannot be closed: the young person is not recorded as back."


NEEDS_SIGN_OFF = "A manager has to sign off before the case is closed."
IS_CLOSED = "This case is closed. A wrong entry can still be noted by an administrator."


STILL_AWAY = (
    "The young person is not recorded as found or back, so they cannot have gone again. "
    "If they were back in between, record that first."
)


def changed_meanwhile(ref: str) -> str:
    """Somebody else was quicker."""
    return f"{bold(ref)} has changed meanwhile and was not closed. Please look at it once more."


def already(at: datetime, by: str, now: datetime) -> str:
    """The same is on record already."""
    return f"On record already: {clock(at, now)} ({plain(by)}). Go on only if this is another one."


WHAT_NEXT = "What do you do next?"


def by_when(duty_title: str, step: str) -> str:
    """Which step meets this duty."""
    return (
        f"{bold(duty_title)}\nNext: {plain(step.lower())}.\n"
        "By when? I ask again then if it is not done."
    )


def back_or_found(ref: str) -> str:
    """Asks which of the two it is."""
    return f"{bold(ref)}: is the young person back at the home, or found somewhere else?"


TAKE_IT = "I take it over"
GIVE_BACK = "I can't, ask others"


def outcome(
    answer: Answer, duty_title: str, service: Provider, now: datetime, *, given_back: bool = False
) -> str:
    """What "I have it", "later" or giving back has come to, and what is true now."""
    title_ = bold(duty_title)
    if answer.outcome == "done" and given_back:
        return f"Given back: {title_}. Others are asked now."
    if answer.outcome == "done" and not answer.owner:
        return f"Later: {title_}. I ask again at {clock(answer.until or now, now)}."
    if answer.outcome == "done":
        step = f" Next: {plain(answer.next_step)}." if answer.next_step else ""
        until = clock(answer.until or now, now)
        return f"You have it: {title_}.{step}\nI ask again at {until} if it is not done."
    if answer.outcome == "held_by_other":
        holder = service.person(answer.owner)
        name = plain(holder.name if holder else answer.owner)
        until = f" until {clock(answer.until, now)}" if answer.until else ""
        step = f" (next: {plain(answer.next_step)})" if answer.next_step else ""
        return f"{name} has this{until}{step}: {title_}."
    if answer.outcome == "too_late":
        return f"It is due already and cannot be put off: {title_}."
    return no_longer(duty_title)


NOTHING_DUE = "Nothing is due any more. This is how the case stands now."
ALL_GIVEN_BACK = "Given back. Others are asked now."
NOTHING_HELD = "You have nothing in hand here any more. This is how the case stands now."


def all_of_it(answers: Sequence[tuple[str, Answer]], service: Provider, now: datetime) -> str:
    """What "I have all of it" has come to: what this person has, and what somebody else has."""
    mine = [(name, answer) for name, answer in answers if answer.outcome == "done"]
    lines = []
    if mine:
        until = min(answer.until or now for _, answer in mine)
        lines += ["You have it:", *(f"• {bold(name)}" for name, _ in mine)]
        lines.append(f"I ask again at {clock(until, now)} if something is not done.")
    lines += [
        outcome(answer, name, service, now)
        for name, answer in answers
        if answer.outcome == "held_by_other"
    ]
    return "\n".join(lines) or NOTHING_DUE


def no_longer(duty_title: str) -> str:
    """The duty of a reminder ended meanwhile."""
    return f"No longer due: {plain(duty_title)}. This is how the case stands now."
