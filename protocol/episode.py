"""An episode as the rules see it: the facts on record, one value each, and the earlier ones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal, TypeAlias

import msgspec

from protocol.facts import Answer, Category, Child, DecisionOutcome

NotificationType: TypeAlias = Literal[
    "responsible_authority", "ra_written", "parents", "police", "police_back", "ra_back",
    "parents_back",
]  # fmt: skip
"""Told that the young person is away, or (`_back`) that they are found or back."""

LocatedBy: TypeAlias = Literal["police", "parents", "placement", "other"]
InterviewHeldBy: TypeAlias = Literal["independent", "placement"]


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody was told at `at` (aware). Only a role that the pack accepts closes N-RA."""

    type: NotificationType
    at: datetime
    recipient_role: str = ""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided at `at` (aware) about one duty or action of the pack, named by `id`.

    `note` holds the reason, or to whom it was handed over; `until` (aware) is when something
    booked or handed over has to be looked at again. What an outcome needs is in the decision table.
    """

    id: str
    outcome: DecisionOutcome
    at: datetime
    by_role: str = ""
    note: str = ""
    until: datetime | None = None


class Episode(msgspec.Struct, frozen=True, kw_only=True):
    """All that `assess` needs to know of one absence; every time is aware, None is not on record.

    `category` is what was reported; whether a police report turns it into missing is a rule.
    Flags that belong to the young person are in `child`. An answer that was not asked for is no.
    """

    category: Category
    child: Child
    missing_since: datetime | None = None
    """When an absence that began as unauthorised became missing; None: missing from the start."""
    last_seen_at: datetime | None = None
    due_back_at: datetime | None = None
    aware_at: datetime | None = None
    police_reported_at: datetime | None = None
    located_at: datetime | None = None
    returned_at: datetime | None = None
    located_by: LocatedBy | None = None
    located_la: str | None = None
    """The authority in whose area the young person was found."""
    notifications: tuple[Notification, ...] = ()
    parents_withheld_reason: str = ""
    safe_well_at: datetime | None = None
    ri_completed_at: datetime | None = None
    ri_held_by: InterviewHeldBy | None = None
    ri_declined_at: datetime | None = None
    """The young person declined the interview and the reason is on record."""
    return_unsafe: Answer = False
    contact_blocked: Answer = False
    crime_suspected: Answer = False
    """Engaged, or believed to have engaged, in crime while away."""
    crime_victim: Answer = False
    harmed_while_away: Answer = False
    referred_at: datetime | None = None
    """Found, unsafe to go back: the referral was made."""
    referred_to: str = ""
    abducted: bool = False
    reported_by_other_agency: bool = False
    parents_reported: bool = False
    reported_to_csc_at: datetime | None = None
    """Referred to children's social care: section 47 enquiries start within 48 h."""
    s47_started_at: datetime | None = None
    decisions: tuple[Decision, ...] = ()


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
