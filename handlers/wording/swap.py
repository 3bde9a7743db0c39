"""Swapping shifts: the questions, the offer to a colleague, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from handlers.chat import Button, Screen, bold, plain
from handlers.wording.common import clock, listed
from handlers.wording.messages import Words, moment
from protocol.london import LONDON
from protocol.provider import Provider, Staff
from reminders.rota import Swap, Turn

WHICH = "Which of your shifts do you want to swap?"
NO_TURNS = (
    "You have no coming shift on the rota, so there is nothing to swap. "
    "On duty now and have to go? Use Hand over."
)
NOBODY = "Nobody else who covers these homes is free then. Please ask your manager."
NOTHING_BACK = "Nothing in return"
NOT_POSSIBLE = "That swap is not possible any more: the rota has changed. /duty starts again."
TAKE_BACK = "Take it back"
BACK = "‹ Back"
MOST_HOMES = 3


def span(start: datetime, end: datetime) -> str:
    """ "Sat 21 Nov 20:00–08:00" in London; with the day of the end where that is in doubt."""
    begins, ends = start.astimezone(LONDON), end.astimezone(LONDON)
    long = (end - start).total_seconds() > 24 * 3600
    last = f"{ends:%a} {ends.day} {ends:%b} {ends:%H:%M}" if long else f"{ends:%H:%M}"
    return f"{begins:%a} {begins.day} {begins:%b} {begins:%H:%M}–{last}"


def at_homes(ids: Sequence[str], service: Provider) -> str:
    """Homes by name, or how many."""
    if len(ids) > MOST_HOMES:
        return f"{len(ids)} homes"
    return listed([home.name if (home := service.home(one)) else one for one in ids])


def button(turn: Turn, service: Provider, staff: Staff) -> str:
    """The time; and the homes, for somebody who has several."""
    several = sum(staff.covers(home.id) for home in service.homes) > 1
    where = f" · {at_homes(turn.homes, service)}" if several else ""
    return f"{span(turn.start, turn.end)}{where}"


def with_whom(turn: Turn, service: Provider) -> str:
    """Asks who should work the shift."""
    return f"{_turn(turn, service)}\nWho should work it? They have to agree first."


def in_return(name: str, turn: Turn) -> str:
    """Asks what is worked for it."""
    when = bold(span(turn.start, turn.end))
    return f"{bold(name)} works {when} for you.\nWhat do you work for them?"


def _turn(turn: Turn, service: Provider) -> str:
    return f"{bold(span(turn.start, turn.end))}, {plain(at_homes(turn.homes, service))}"


def asked(swap: Swap, name: str, service: Provider, now: datetime) -> str:
    """What was asked, and until when it can be answered."""
    returned = f"You: {_turn(swap.takes, service)}" if swap.takes else "Nothing in return."
    return (
        f"🔁 {bold(name)} is asked, until {clock(swap.expires_at, now)}.\n"
        f"They: {_turn(swap.gives, service)}\n{returned}\n"
        "Until they agree, the shift is yours."
    )


def outcome(came: str, swap: Swap | None, service: Provider) -> str:
    """What an answer has come to, for the one who gave it."""
    match came:
        case "agreed" if swap is not None:
            lines = [f"🔁 Swapped. You work {_turn(swap.gives, service)}."]
            if swap.takes is not None:
                lines.append(f"You are free {bold(span(swap.takes.start, swap.takes.end))}.")
            return "\n".join([*lines, "Your colleague and the manager are told."])
        case "declined":
            return "No swap. Your colleague and the manager are told."
        case "taken_back":
            return "Taken back. The shift stays yours."
        case "not_allowed":
            return "That question is not for you."
        case _:
            return "This question is closed: answered, taken back, or too late."


def own(turns: Sequence[Turn], service: Provider) -> list[str]:
    """How the coming shifts of this person stand now."""
    lines = [f"• {_turn(turn, service)}" for turn in turns]
    return ["Your next shifts:", *lines] if lines else ["You have no coming shift on the rota."]


def offer(data: dict[str, Any], words: Words) -> Screen:
    """To the colleague."""
    asker = words.name(data["parts"][0]["instead_of"])
    wanted, *returned = (_part(part, words) for part in data["parts"])
    back = f"{plain(asker)} works {returned[0]}" if returned else "Nothing in return."
    until = clock(moment(data["expires_at"]), words.now)
    text = (
        f"🔁 {bold(asker)} asks you to swap.\nYou work {wanted}\n{back}\n"
        f"Please answer by {until}. Until you agree, nothing changes."
    )
    swap = data["swap"]
    return Screen(
        text,
        (
            (Button("✅ I agree", f"d:agree:{swap}"),),
            (Button("I can't", f"d:decline:{swap}"),),
        ),
    )


def swapped(data: dict[str, Any], words: Words) -> str:
    """To the one who asked, and to managers."""
    lines = ["🔁 <b>Swapped</b>"]
    for part in data["parts"]:
        out = plain(words.name(part["instead_of"]))
        lines.append(f"{_part(part, words)}: {bold(words.name(part['staff']))}, not {out}")
    return "\n".join(lines)


def kept(data: dict[str, Any], words: Words) -> str:
    """The same people, when nothing came of it."""
    part = data["parts"][0]
    why = {
        "unanswered": f"{words.name(part['staff'])} did not answer",
        "declined": f"{words.name(part['staff'])} cannot",
        "changed": "the rota has changed meanwhile",
        "left": "one of the two has left",
    }[data["why"]]
    lines = [f"⚠️ <b>No swap</b>: {plain(why)}. It stays as it was:"]
    for one in data["parts"]:
        lines.append(f"{_part(one, words)}: {bold(words.name(one['instead_of']))}")
    return "\n".join(lines)


def _part(part: dict[str, Any], words: Words) -> str:
    when = span(moment(part["start"]), moment(part["end"]))
    return f"{bold(when)}, {plain(at_homes(part['homes'], words.service))}"
