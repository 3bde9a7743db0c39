"""Show a time in full, so that one glance confirms it and typing it back reads the same."""

from __future__ import annotations

from datetime import datetime

from protocol.london import LONDON

from .wall_clock import day_of, instants, to_minute

_FULL_YEAR_AFTER_DAYS = 31


def shown(t: datetime, now: datetime) -> str:
    """A time as people read it: "Sat 21 Nov 21:30, 2 h 10 min ago"; to come: "Mon 23 Nov 09:00".

    London wall clock. The year is added when it is not this year or the date is more than a month
    back (a date without a year is only read that far), am or pm from ten to one, where 24-hour
    and 12-hour times look the same, and GMT or BST in the hour that October has twice. Up to 180
    days back `readings` reads it to the same minute.

    Args:
        t: the aware time to show.
        now: the aware moment of showing.
    """
    return moment(t, now) if t > now else f"{moment(t, now)}, {ago(t, now)}"


def moment(t: datetime, now: datetime) -> str:
    """The time alone: "Sat 21 Nov 21:30"."""
    local = to_minute(t).astimezone(LONDON)
    today = day_of(now)
    with_year = local.year != today.year or (today - local.date()).days >= _FULL_YEAR_AFTER_DAYS
    year = f" {local.year}" if with_year else ""
    twice = len(instants(local.date(), local.hour, local.minute)) > 1
    zone = f" {local.tzname()}" if twice else ""
    half = f" {'am' if local.hour < 12 else 'pm'}" if 10 <= local.hour <= 12 else ""
    return f"{local:%a} {local.day} {local:%b}{year} {local:%H:%M}{half}{zone}"


def ago(t: datetime, now: datetime) -> str:
    """Real elapsed time, cut to minutes: "2 h 10 min ago", from a day on "3 d 4 h ago"."""
    minutes = int((to_minute(now) - to_minute(t)).total_seconds()) // 60
    if minutes < 1:
        return "just now"
    hours, left = divmod(minutes, 60)
    days, over = divmod(hours, 24)
    if days:
        return f"{days} d {over} h ago"
    if hours:
        return f"{hours} h {left} min ago"
    return f"{left} min ago"
