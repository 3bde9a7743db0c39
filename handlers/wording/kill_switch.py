"""What people read when the service is stopped on purpose, and when it works again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from handlers.chat import Button, Screen, bold, plain
from handlers.wording.acts import dialable
from handlers.wording.common import DANGER, clock, listed
from handlers.wording.messages import Words, moment
from handlers.wording.service import case_lines, case_rows
from protocol.provider import Staff
from reminders.stopped import MACHINE

NOT_ALLOWED = "Only administrators stop or resume the service. Nothing was changed."
ALONE = (
    "You are the only administrator, and two are needed. Nothing was changed. On the service's "
    "machine: <code>nightlight stop</code> or <code>nightlight resume</code>."
)
ALREADY = {"stop": "The service is stopped already.", "resume": "The service is not stopped."}
PAPER = "Use paper and telephone, and note the times. " + DANGER
MACHINE_SAID = "a command on its machine"
TAPPED = "Stopped. NOT saved. Use paper and telephone."


COPY = "Copy what you wrote onto paper: it leaves this chat when Nightlight works again."


def refusal(since: datetime, now: datetime, *, words_typed: bool) -> str:
    """The answer to whatever comes while it is stopped."""
    copy = f"\n{COPY}" if words_typed else ""
    return (
        f"⛔ <b>Nightlight is stopped since {clock(since, now)}. This was NOT saved, and nobody is "
        f"reminded.</b>\n{PAPER}{copy}"
    )


def asked(what: str, until: datetime, now: datetime) -> str:
    """To the administrator who asked first."""
    return (
        f"A second administrator has to send /{what} by {clock(until, now)}; they are told now. "
        "Until then nothing changes. Ring them if it is urgent."
    )


def not_reached(people: Sequence[Staff]) -> str:
    """Below the answer to who stopped it: who has to be telephoned."""
    if not people:
        return "Everybody on the list is told now."
    named = [
        f"{plain(one.name)}{f' {plain(dialable(one.phone))}' if one.phone else ''}"
        for one in people
    ]
    return f"I tell everybody on the list. I cannot reach these; ring them: {listed(named)}."


def confirm(data: dict[str, Any], words: Words) -> Screen:
    """To the other administrators."""
    what, until = str(data["what"]), clock(moment(data["until"]), words.now)
    means = (
        "Then nobody is reminded, nothing is saved, and all are told to use paper and telephone."
        if what == "stop"
        else "Then reminders go on, and everybody is told what fell due meanwhile."
    )
    return Screen(
        f"⚠️ {bold(words.name(data['by']))} wants to {what} Nightlight.\n"
        f"If you agree, send /{what} by {until}. {means}\nIf not, do nothing, and ring them."
    )


def switched(data: dict[str, Any], words: Words) -> Screen:
    """To everybody on the list: it is stopped, or works again."""
    at = clock(moment(data["at"]), words.now)
    names = [MACHINE_SAID if one == MACHINE else words.name(one) for one in data["by"]]
    by = listed(names)
    if data["what"] == "stop":
        return Screen(
            f"⛔ <b>Nightlight was stopped at {at}. Nobody is reminded and nothing is saved.</b>\n"
            f"{PAPER}\nKeep a list of every open case, what is due and who does it. "
            f"Stopped by {plain(by)}. You are told when it works again."
        )
    since = clock(moment(data["since"]), words.now) if data.get("since") else at
    lines = [
        f"▶️ <b>Nightlight works again since {at}.</b> It was stopped from {since}; nothing of that "
        "time is on record. Do what is due below, then record what was done, from your paper."
    ]
    rows: tuple[tuple[Button, ...], ...] = ()
    if data["episodes"]:
        for case in data["episodes"]:
            lines += ["", *case_lines(case, words)]
        rows = case_rows(data["episodes"])
    return Screen("\n".join(lines), rows)
