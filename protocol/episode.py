"""An episode as the rules see it: the facts on record, one value each, and the earlier ones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal, TypeAlias

import msgspec

from protocol.facts import Category, Child

NotificationType: TypeAlias = Literal["responsible_authority", "ra_written", "parents", "police"]


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody was told at `at` (aware). Only a role that the pack accepts closes N-RA."""

    type: NotificationType
    at: datetime
    recipient_role: str = ""


class Episode(msgspec.Struct, frozen=True, kw_only=True):
    """All that `assess` needs to know of one absence; every time is aware, None is not on record.

    `category` is what was reported; whether a police report turns it into missing is a rule.
    Flags that belong to the young person are in `child`.
    """

    category: Category
    child: Child
    last_seen_at: datetime | None = None
    due_back_at: datetime | None = None
    aware_at: datetime | None = None
    police_reported_at: datetime | None = None
    located_at: datetime | None = None
    returned_at: datetime | None = None
    notifications: tuple[Notification, ...] = ()
    parents_withheld_reason: str = ""
    ri_completed_at: datetime | None = None
    ri_declined_at: datetime | None = None
    """The young person declined the interview and the reason is on record."""
    return_unsafe: bool = False
    contact_blocked: bool = False
    abducted: bool = False
    reported_by_other_agency: bool = False
    parents_reported: bool = False
    reported_to_csc_at: datetime | None = None
    """Referred to children's social care: section 47 enquiries start within 48 h."""
    s47_started_at: datetime | None = None
    crime_while_away: bool = False
    harmed_while_away: bool = False


class Earlier(msgspec.Struct, frozen=True, kw_only=True):
    """One earlier absence of the same young person, for the counts. Times are aware."""

    category: Category
    start: datetime
    end: datetime | None = None


EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)


def utc(moment: datetime) -> datetime:
    """The same instant in UTC, held within 1900 to 2200 so that no sum of times can overflow.

    A time without an offset (the store never writes one) is read as UTC.
    """
    if moment.tzinfo is not UTC:
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        elif not 1900 <= moment.year < 2200:
            return EARLIEST if moment.year < 1900 else LATEST
        else:
            moment = moment.astimezone(UTC)
    if 1900 <= moment.year < 2200:
        return moment
    return EARLIEST if moment.year < 1900 else LATEST
