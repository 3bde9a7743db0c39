"""London wall clock and instants.

Two datetimes with the same ZoneInfo compare by wall clock and ignore `fold`, so everything here
is compared in UTC and only turned into London time for people.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from protocol.london import LONDON

MINUTE = timedelta(minutes=1)
OFFSETS = {"gmt": timedelta(0), "utc": timedelta(0), "bst": timedelta(hours=1)}
"""The zones that a clock time may name."""


def to_minute(moment: datetime) -> datetime:
    """The instant in UTC, seconds dropped."""
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


def instants(day: date, hour: int, minute: int) -> list[datetime]:
    """The instants (UTC) at which London clocks show this time: none, one, or two in October."""
    wall = datetime.combine(day, time(hour, minute))
    found: list[datetime] = []
    for fold in (0, 1):
        instant = wall.replace(tzinfo=LONDON, fold=fold).astimezone(UTC)
        back = instant.astimezone(LONDON).replace(tzinfo=None)
        if back == wall and instant not in found:
            found.append(instant)
    return found


def in_zone(moment: datetime, zone: str) -> bool:
    """Does London keep this zone ("gmt", "utc", "bst") at that instant?"""
    return moment.astimezone(LONDON).utcoffset() == OFFSETS[zone]


def day_of(moment: datetime) -> date:
    """The London calendar date of an instant."""
    return moment.astimezone(LONDON).date()
