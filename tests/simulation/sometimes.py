"""Moments that a long run has to meet: what never happens is not tested, however many days pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from protocol import facts as f

NOT_HERE = (
    f.Imported,
    f.CaseRead,
    f.Attached,
    f.AttachmentRemoved,
    f.InterviewBooked,
    f.MeetingBooked,
)
"""Nobody records these in the simulated chat: an import, a reader of the pages, and what only the
own pages ask for."""
EDITS = ("settled", "collapsed", "amended")
"""Kinds of message that change one that is there."""
KINDS = (
    *EDITS, "reminder", "escalation", "telephone", "level", "not_enough", "over", "unreachable",
    "alarm", "nobody_covers", "covered_again", "night_check", "shift_list", "handover_offer",
    "handover_kept", "taken", "digest", "not_removed", "not_recorded",
)  # fmt: skip
"""Kinds of message."""
DEATHS = ("remind", "sent", "answer", "saved", "owed", "commit", "draft", "poll")
"""Where a process died."""
MISCHIEF = (
    "the machine came up with a wrong clock",
    "the clock went back",
    "the clock went forward",
    "a time of the bot's own was put right",
    "a page of HTML in Telegram's place",
    "an answer that cannot be read",
    "a poll that cannot be read",
    "an update that cannot be read",
    "an update that spoils the whole answer",
    "a chat has to rest",
    "a flood",
    "a hundred strangers",
    "words that nobody asked for",
    "somebody answered beside a chat that rests",
    "an update was put on record before it was dealt with",
    "somebody who does not cover the home was asked",
    "a repeated message said so",
    "words were still owed their removal after an hour",
    "signed off with a reason",
    "told by the second channel",
    "Telegram went away as something fell due",
    "an alarm rang early",
    "whoever had it blocked the bot",
    "two answered at once",
    "somebody answered while another was being asked",
    "a button was tapped twice",
    "somebody wrote in haste as the process died",
    "digests of one hour",
    "all homes were handed over",
)


def fact(kind: type) -> str:
    """The name of the moment at which somebody recorded such a fact."""
    return f"fact {kind.__name__}"


def message(kind: str) -> str:
    """That of a message of this kind that arrived."""
    return f"message {kind}"


def death(where: str) -> str:
    """That of a process that died there."""
    return f"died: {where}"


SOMETIMES = (
    *(fact(kind) for kind in get_args(f.Fact) if kind not in NOT_HERE),
    *(message(kind) for kind in KINDS),
    *(death(where) for where in DEATHS),
    *MISCHIEF,
)


def never(hits: Mapping[str, int]) -> list[str]:
    """Of all these moments, those that did not come."""
    return [name for name in SOMETIMES if not hits.get(name)]
