"""What people (and the bot itself) put on record about an episode.

Facts are appended, never edited. A correction is a new fact: for a kind that has one value
(last seen, due back, returned …) the one recorded last counts, and `Withdrawn` takes a fact out
of the reckoning without removing it from the record.

Two times, both aware and in UTC: `at` is when a thing happened in the world, `recorded_at` is
when it was written down. `by` is the staff id of the author (`NIGHTLIGHT` for the bot itself).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, TypeAlias

import msgspec

NIGHTLIGHT = "nightlight"
"""Author of the facts that the bot records by itself (a reminder was sent, or could not be)."""

Category: TypeAlias = Literal["missing", "unauthorised_absence"]
Answer: TypeAlias = bool | Literal["unknown"]
"""Yes, no, or not known: "unknown" is kept, treated cautiously and asked again."""


class Recorded(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", omit_defaults=True):
    """Common to every fact: an id unique within the episode, who wrote it, and when (UTC)."""

    id: str
    by: str
    recorded_at: datetime
    corrects: str = ""
    """Id of the fact that this one puts right, if it is a correction."""


class Child(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the rules need to know of a young person; no name.

    `dob` is exact where the register has it; for someone not on the list only `age` (completed
    years when the absence began) may be known. With neither, the rules assume the younger band.
    The flags are the additional factors of the 2011 protocol and the return-interview triggers.
    """

    dob: date | None = None
    age: int | None = None
    looked_after: bool = False
    allocated_worker: bool = False
    responsible_la: str | None = None
    placement_la: str | None = None
    historical_concerns: Answer = "unknown"
    child_protection_plan: bool = False
    s47_open: bool = False
    privately_fostered: bool = False
    victim_of_crime: bool = False
    avoiding_contact: bool = False
    criminal_activity: bool = False
    forced_marriage_risk: bool = False
    hbv_risk: bool = False
    cse_risk: bool = False
    gang_risk: bool = False
    trafficking_indicators: bool = False
    mental_health: bool = False
    risky_contacts: bool = False
    uasc: bool = False
    in_childrens_home: bool = False


class Opened(Recorded, frozen=True, kw_only=True, tag="opened"):
    """The report: a young person is away. `aware_at`: when the home noticed."""

    category: Category
    child: Child
    aware_at: datetime
    last_seen_at: datetime | None = None
    due_back_at: datetime | None = None
    circumstances: str = ""
    not_known: tuple[str, ...] = ()
    """Questions that were answered "don't know" (last_seen, due_back, police, factors …)."""
    reported_by_other_agency: bool = False
    parents_reported: bool = False


class CategoryChanged(Recorded, frozen=True, kw_only=True, tag="category"):
    """Missing became away with whereabouts known, or the other way round."""

    at: datetime
    category: Category
    reason: str = ""


class LastSeen(Recorded, frozen=True, kw_only=True, tag="last_seen"):
    at: datetime


class DueBack(Recorded, frozen=True, kw_only=True, tag="due_back"):
    at: datetime | None


class ChildChanged(Recorded, frozen=True, kw_only=True, tag="child"):
    """The picture of the young person was corrected or completed (concerns, factors, age …)."""

    child: Child


class PoliceTold(Recorded, frozen=True, kw_only=True, tag="police_told"):
    at: datetime
    reference: str = ""
    spoke_to: str = ""


class AuthorityTold(Recorded, frozen=True, kw_only=True, tag="authority_told"):
    """The placing (responsible) authority was told. Only a role that the pack accepts closes it."""

    at: datetime
    role: str
    who: str = ""
    how: str = "phone"


class AuthorityWritten(Recorded, frozen=True, kw_only=True, tag="authority_written"):
    """The written confirmation to the placing authority went out."""

    at: datetime
    how: str = "email"


class ParentsTold(Recorded, frozen=True, kw_only=True, tag="parents_told"):
    """`told_by`: who told them; `what`: what information was given (000:1672)."""

    at: datetime
    told_by: str = ""
    what: str = ""


class ParentsWithheld(Recorded, frozen=True, kw_only=True, tag="parents_withheld"):
    """Parents are not to be told, for a welfare reason that somebody decided (000:1672)."""

    at: datetime
    reason: str
    decided_by: str = ""


class Note(Recorded, frozen=True, kw_only=True, tag="note"):
    at: datetime
    text: str


class Located(Recorded, frozen=True, kw_only=True, tag="located"):
    """Found, but not necessarily back."""

    at: datetime
    where: str = ""
    return_unsafe: bool = False
    contact_blocked: bool = False


class Returned(Recorded, frozen=True, kw_only=True, tag="returned"):
    at: datetime
    crime_while_away: bool = False
    harmed_while_away: bool = False


class GoneAgain(Recorded, frozen=True, kw_only=True, tag="gone_again"):
    """Found, then away again: this episode ends where it was located, `next_episode` goes on."""

    at: datetime
    next_episode: str


class Abducted(Recorded, frozen=True, kw_only=True, tag="abducted"):
    at: datetime


class ReferredToSocialCare(Recorded, frozen=True, kw_only=True, tag="referred"):
    """A section 47 referral was made; enquiries start within 48 h (000:1821)."""

    at: datetime


class SafeAndWell(Recorded, frozen=True, kw_only=True, tag="safe_and_well"):
    """The police safe and well check: done, or not done and why."""

    at: datetime
    done: bool
    reason: str = ""


class InterviewOffered(Recorded, frozen=True, kw_only=True, tag="interview_offered"):
    at: datetime
    offered_by: str = ""


class InterviewAnswered(Recorded, frozen=True, kw_only=True, tag="interview_answered"):
    at: datetime
    accepted: bool
    reason: str = ""


class InterviewHeld(Recorded, frozen=True, kw_only=True, tag="interview_held"):
    at: datetime
    held_by: str = ""


class DutyDone(Recorded, frozen=True, kw_only=True, tag="duty_done"):
    """A checkpoint, review, meeting or referral with this duty id was done (CP-4H …)."""

    at: datetime
    duty: str
    note: str = ""


class LevelRaised(Recorded, frozen=True, kw_only=True, tag="level_raised"):
    """Anyone on duty may raise the level at any time."""

    at: datetime
    level: int
    reason: str


class LevelStoodDown(Recorded, frozen=True, kw_only=True, tag="level_stood_down"):
    """Only a named manager lowers the level shown, with a reason; the computed one is kept."""

    at: datetime
    level: int
    reason: str


class Acknowledged(Recorded, frozen=True, kw_only=True, tag="acknowledged"):
    """ "I have it": `by` owns the duty until `until`; asked again then if it is not done."""

    at: datetime
    duty: str
    until: datetime
    next_step: str = ""


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


class SignedOff(Recorded, frozen=True, kw_only=True, tag="signed_off"):
    """A manager has reviewed the episode."""

    at: datetime
    remark: str = ""


class Closed(Recorded, frozen=True, kw_only=True, tag="closed"):
    at: datetime


class Withdrawn(Recorded, frozen=True, kw_only=True, tag="withdrawn"):
    """The fact with this id was wrong and nothing takes its place (a return that was not one …)."""

    at: datetime
    fact: str
    reason: str


Fact: TypeAlias = (
    Opened
    | CategoryChanged
    | LastSeen
    | DueBack
    | ChildChanged
    | PoliceTold
    | AuthorityTold
    | AuthorityWritten
    | ParentsTold
    | ParentsWithheld
    | Note
    | Located
    | Returned
    | GoneAgain
    | Abducted
    | ReferredToSocialCare
    | SafeAndWell
    | InterviewOffered
    | InterviewAnswered
    | InterviewHeld
    | DutyDone
    | LevelRaised
    | LevelStoodDown
    | Acknowledged
    | Snoozed
    | Told
    | SignedOff
    | Closed
    | Withdrawn
)
