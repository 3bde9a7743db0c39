"""Facts about reminders: who took one on, who put it off, what was sent, who has read the case."""

from __future__ import annotations

from datetime import datetime

from protocol.recorded import Recorded


class Acknowledged(Recorded, frozen=True, kw_only=True, tag="acknowledged"):
    """ "I have it": `by` owns the duty until `until`; asked again then if it is not done."""

    at: datetime
    duty: str
    until: datetime
    next_step: str = ""
    on_duty: bool = False
    """`by` was on duty then: it ends when they are no longer."""


class HoldEnded(Recorded, frozen=True, kw_only=True, tag="hold_ended"):
    """ "I have it" ended before its time: `owner` cannot be reached, is off the list of this home,
    or went off duty (`why`: unreachable, off_list, off_duty). Recorded by the bot."""

    at: datetime
    duty: str
    owner: str
    why: str


class Snoozed(Recorded, frozen=True, kw_only=True, tag="snoozed"):
    """Remind again at `until`, never after the duty's due time."""

    at: datetime
    duty: str
    until: datetime


class Told(Recorded, frozen=True, kw_only=True, tag="told"):
    """The bot sent a message (or could not): to whom, about which duty, on what channel."""

    at: datetime
    message: str
    to: str
    about: str
    channel: str = "telegram"
    outcome: str = "sent"


class CaseRead(Recorded, frozen=True, kw_only=True, tag="case_read"):
    """Somebody read the record on the service's own pages. what: case_file, police_call, paper …
    attachment: the one that was opened, by its id."""

    what: str
    attachment: str = ""
