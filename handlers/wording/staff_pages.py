"""What a person reads on the pages of the staff list and the rota. What the chat says in the same
case is said in the same words."""

from __future__ import annotations

import re
from datetime import datetime
from html import unescape

from handlers.wording import duty, people, swap
from handlers.wording.common import clock
from protocol.provider import Provider
from protocol.staff_facts import Invitation
from reminders.rota import Swap


def without_marks(text: str) -> str:
    """A text of the chat, for a page: pages make their own marks."""
    return unescape(re.sub(r"<[^>]+>", "", text))


REASONS = {key: without_marks(text) for key, text in people.REASONS.items()}
NO_NAME = without_marks(people.NO_NAME)
NO_NUMBER = without_marks(people.NO_NUMBER)
ONE_HOME = "Please tick at least one home."
NO_DAY = "Please give the last day as a day."
CHANGED = "Changed."
WITHDRAWN = "Withdrawn. The link opens nothing any more."
NOT_SAVED = "NOT saved: the records cannot be written just now. Please try again later."
NO_LINK = (
    "Telegram does not answer, so there is no link yet. The invitation was taken back; please "
    "try again later."
)
TO_THE_ROTA = without_marks(people.TO_THE_ROTA)
ALL_HOMES = without_marks(people.ALL_HOMES)
TAKEN = duty.TAKEN
GAP_TAKEN = {
    "done": "You have this shift. The managers are told.",
    "over": "Somebody is named for this time by now.",
    "not_allowed": duty.TAKEN["not_allowed"],
}
ACCEPTED, REFUSED, TAKEN_BACK = duty.ACCEPTED, duty.REFUSED, duty.TAKEN_BACK
SWAP_NOT_POSSIBLE = "That swap is not possible any more: the rota has changed. Please look again."


def link_for(invitation: Invitation, provider: Provider, now: datetime) -> str:
    """Above the link that was made."""
    who = invitation.staff
    what = "to move to another Telegram account" if invitation.account_of else "to join"
    return (
        f"For {who.name} {what} ({without_marks(people.homes_of(who, provider))}). Send it to them "
        f"and to nobody else. It works once, until {clock(invitation.expires_at, now)}, and is "
        "shown only now. You are told in the chat when it is used."
    )


def ended(name: str) -> str:
    """After somebody's time on the list was ended."""
    return (
        f"{name} is off the list and hears nothing more. Their shifts, and what they had in hand, "
        "are handed on."
    )


def in_hand(count: int) -> str:
    """What somebody leaves behind; "" if nothing."""
    if not count:
        return ""
    cases = "1 open case" if count == 1 else f"{count} open cases"
    return f"They have {cases} in hand. Whoever takes their shifts is told at once."


def asked(one: Swap, name: str, provider: Provider, now: datetime) -> str:
    """A swap was asked for."""
    return without_marks(swap.asked(one, name, provider, now)).replace("🔁 ", "")


def outcome(came: str, one: Swap | None, provider: Provider) -> str:
    """What an answer to a swap has come to."""
    return without_marks(swap.outcome(came, one, provider)).replace("🔁 ", "")
