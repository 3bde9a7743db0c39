"""Words that every screen uses: times, spans, roles, and the line about 999."""

from __future__ import annotations

from datetime import datetime, timedelta

from handlers.chat import bold, plain
from protocol.london import LONDON
from protocol.provider import Role

DANGER = "Immediate danger? Call 999. This bot does not report to police."
NO_NAMES = "I take your words out of this chat and keep them in the record."
NOT_SAVED = (
    "<b>NOT saved.</b> The record cannot be written just now.\n"
    "Write it on paper with the time, and tell your manager. You will hear when saving works again."
)
SAVED_BUT_NOT_ALL = (
    "<b>It is saved</b>, but what follows from it could not be written just now. "
    "Please look at the case with /open; what is missing there, log once more."
)
OUT_OF_DATE = (
    "For some minutes I could not write to you, and what I had to show is out of date. "
    "/open shows your cases as they are now, /duty who is on duty."
)
SAVED_AGAIN = "Saving works again. Please log now what you wrote on paper."
NOT_ON_LIST = "This is a private service. You are not on its list."
PRIVATE_ONLY = "This bot works in private chats only."

ROLES = {
    Role.DUTY_MANAGER: "duty manager",
    Role.MANAGER: "manager",
    Role.ADMINISTRATOR: "administrator",
    Role.AUDITOR: "auditor",
}


def not_on_list(number: int) -> str:
    """The one line that a stranger gets. Their number is what a manager needs to know."""
    return (
        f"{NOT_ON_LIST} If you should be, ask your manager for an invitation. "
        f"Your Telegram number is <code>{number}</code>."
    )


def clock(moment: datetime, now: datetime) -> str:
    """A time as short as it can be without doubt: "21:30" today, else "Sat 21 Nov 21:30"."""
    local = moment.astimezone(LONDON)
    today = now.astimezone(LONDON)
    zone = f" {local.tzname()}" if _repeated(local) else ""
    if local.date() == today.date():
        return f"{local:%H:%M}{zone}"
    year = "" if local.year == today.year else f" {local.year}"
    return f"{local:%a} {local.day} {local:%b}{year} {local:%H:%M}{zone}"


def near_clock(moment: datetime, now: datetime) -> str:
    """As `clock`, with the weekday alone where that names the day: "Sun 00:10"."""
    days = abs((moment.astimezone(LONDON).date() - now.astimezone(LONDON).date()).days)
    local = moment.astimezone(LONDON)
    if not 0 < days < 7 or _repeated(local):
        return clock(moment, now)
    return f"{local:%a %H:%M}"


def day(moment: datetime) -> str:
    """ "Mon 16 Nov" in London."""
    local = moment.astimezone(LONDON)
    return f"{local:%a} {local.day} {local:%b}"


def _repeated(local: datetime) -> bool:
    """Does this wall-clock time exist twice, because the clocks go back?"""
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def span(length: timedelta) -> str:
    """Elapsed time: "35 min", "4 h 05 min", "3 days 2 h". Whole minutes, rounded down."""
    minutes = max(0, int(length.total_seconds()) // 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes:02d} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} days {hours} h" if hours else f"{days} days"


def due(at: datetime, now: datetime, set_by: str = "protocol") -> str:
    """ "due by 02:30", "due since 01:05, overdue". Clock times only: they stay true on the screen.

    Only a time that the protocol sets can be overdue; the service's own says whose it is, and what
    has no time is asked for. set_by: protocol, service or none.
    """
    coming = at > now
    if set_by == "none":
        return f"asked {'for' if coming else 'since'} {clock(at, now)}, no time in protocol"
    own = " (set by this service)" if set_by == "service" else ""
    if coming:
        return f"due by {clock(at, now)}{own}"
    late = ", overdue" if not own and now - at >= timedelta(minutes=1) else ""
    return f"due since {clock(at, now)}{late}{own}"


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th, 22nd."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number % 100 in (11, 12, 13) else ending}"


def sentence(words: str) -> str:
    """With a capital and a full stop."""
    return f"{words[:1].upper()}{words[1:]}."


def cut(name: str, longest: int = 60) -> str:
    """A name from the configuration, as much of it as a line of a phone takes."""
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def listed(items: list[str]) -> str:
    """ "a, b and c"."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


__all__ = ["bold", "clock", "due", "listed", "plain", "span"]
