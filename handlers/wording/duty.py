"""Being on duty: taking over, handing over, the short list, the digest's day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from handlers.chat import bold, plain
from handlers.wording.common import clock, cut
from handlers.wording.messages import Words
from handlers.wording.service import case_lines
from protocol.london import LONDON
from protocol.provider import Home, Provider

TITLE = "<b>On duty now</b> (first named, first asked)"
TAKE_OVER = "✋ I am taking over"
HAND_OVER = "🤝 Hand over"
SWAP = "🔁 Swap a shift"
SHORT_LIST = "📋 My shift"
ALL_HOMES = "All my homes"
TAKE_WHICH = "For which home are you taking over?"
GIVE_WHICH = "Which home do you hand over?"
TO_WHOM = "To whom? It stays with you until they accept."
NOBODY_ELSE = "Nobody else covers this home. It stays with you. Please telephone your manager."
NOT_POSSIBLE = "That does not work: this person does not cover the home now."
NOT_YOUR_HOME = "You are not on the list for that home. /duty shows yours."
TAKE_BACK = "Take the offer back"
LIST_ON = "🔔 Send it when my shift starts"
LIST_OFF = "🔕 Stop sending it by itself"
LIST_WHEN = "The rota does not name you. At what time should it come every day?"
LIST_ENDS = "It no longer comes by itself. /today gives it at any time."
WHICH_DAY = "On which day do you want the weekly digest?"
WHICH_HOUR = "At which hour (London time)?"
SEND_NOW = "Send it now"
EVERY_WEEK = "Send it every week"
CHANGE_WHEN = "Change day or hour"
DIGEST_OFF = "Stop sending it by itself"
ON_ITS_WAY = "It is on its way: the seven days up to now."
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
TAKEN = {
    "done": "You have taken over. Reminders come to you first.",
    "over": "That is no longer open.",
    "not_allowed": "You are not on the list for that home.",
}
ACCEPTED = {
    "done": "You have taken over. Your list follows.",
    "over": "That offer is over. This is how it stands now.",
    "not_allowed": "That offer is not for you.",
    "not_covered": "You are not on the list for that home any more: it stays with them. "
    "Please tell them.",
}
TAKEN_BACK = "Taken back. It stays with you."
REFUSED = {
    "done": "Noted: it stays with them. They and the manager are told.",
    "over": "That offer is over already.",
    "not_allowed": "That offer is not yours.",
}


def on_duty(home: Home, staff_ids: Sequence[str], service: Provider) -> str:
    """Who is on duty at a home, first to be asked first."""
    names = []
    for one in staff_ids[:4]:
        person = service.person(one)
        names.append(plain(cut(person.name if person else one, 40)))
    return f"{bold(cut(home.name))}: {', then '.join(names) if names else 'nobody'}"


def offered(taker: str, expires_at: datetime, now: datetime) -> str:
    """A hand-over was offered."""
    return (
        f"{bold(taker)} is asked to take over, until {clock(expires_at, now)}. "
        "Until they accept, it stays with you."
    )


def digest_is_set(
    coming: datetime | None, homes: Sequence[str], now: datetime, above: str = ""
) -> str:
    """What is set about the weekly digest of one person."""
    if coming is None:
        when = "Your weekly digest does not come by itself."
    else:
        at = coming.astimezone(LONDON)
        when = f"Your weekly digest comes every {at:%A at %H:%M}; next on {clock(coming, now)}."
    shown = ", ".join(bold(cut(home)) for home in homes[:8])
    if len(homes) > 8:
        shown += f" and {len(homes) - 8} more"
    return "\n".join(filter(None, (above, when, f"It is about: {shown or 'no home'}.")))


def list_set(coming: datetime | None, now: datetime, *, by_rota: bool) -> str:
    """When the list of one's shift comes."""
    when = "at the start of each of your shifts" if by_rota else "every day"
    first = f" Next: {clock(coming, now)}." if coming else ""
    return f"The list comes {when}.{first}"


def short_list(lines: Sequence[dict[str, Any]], words: Words) -> str:
    """What is due in one's shift."""
    text = ["<b>Your shift</b>"]
    if not lines:
        text.append("No open cases.")
    for case in lines:
        text += ["", *case_lines(case, words)]
    return "\n".join(text)
