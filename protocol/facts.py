"""What people (and the bot itself) put on record about an episode.

Facts are appended, never edited. A correction is a new fact: for a kind that has one value
(last seen, due back, returned …) the one recorded last counts, and `Withdrawn` takes a fact out
of the reckoning without removing it from the record.

Two times, both aware and in UTC: `at` is when a thing happened in the world, `recorded_at` is
when it was written down. `by` is the staff id of the author (`NIGHTLIGHT` for the bot itself).
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

from protocol import codes
from protocol.attachment_facts import Attached as Attached
from protocol.attachment_facts import AttachmentRemoved as AttachmentRemoved
from protocol.recorded import NIGHTLIGHT as NIGHTLIGHT
from protocol.recorded import Answer as Answer
from protocol.recorded import Asked as Asked
from protocol.recorded import Category as Category
from protocol.recorded import Child as Child
from protocol.recorded import Recorded as Recorded
from protocol.reminder_facts import Acknowledged as Acknowledged
from protocol.reminder_facts import CaseRead as CaseRead
from protocol.reminder_facts import HoldEnded as HoldEnded
from protocol.reminder_facts import Snoozed as Snoozed
from protocol.reminder_facts import Told as Told
from protocol.return_facts import Collected as Collected
from protocol.return_facts import FollowUp as FollowUp
from protocol.return_facts import GoneAgain as GoneAgain
from protocol.return_facts import InterviewAnswered as InterviewAnswered
from protocol.return_facts import InterviewBooked as InterviewBooked
from protocol.return_facts import InterviewHeld as InterviewHeld
from protocol.return_facts import InterviewOffered as InterviewOffered
from protocol.return_facts import InterviewShared as InterviewShared
from protocol.return_facts import Located as Located
from protocol.return_facts import MedicalChecked as MedicalChecked
from protocol.return_facts import ReferralAnswered as ReferralAnswered
from protocol.return_facts import Referred as Referred
from protocol.return_facts import Returned as Returned
from protocol.return_facts import SafeAndWell as SafeAndWell
from protocol.return_facts import ToldOfReturn as ToldOfReturn
from protocol.return_facts import ToldWhom as ToldWhom
from protocol.return_facts import WhileAway as WhileAway

PoliceGrade: TypeAlias = Literal["high", "medium", "low", "no_apparent_risk", "not_given"]
"""The police's own grade; "not_given" if they gave none."""
DecisionOutcome: TypeAlias = Literal["done", "booked", "not_needed", "handed_over"]


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
    follows: str = ""
    """Reference of the episode that ends with this one: they were found, and went again."""
    category_reason: str = ""
    """Why it was classed as an unauthorised absence."""


class CategoryChanged(Recorded, frozen=True, kw_only=True, tag="category"):
    """Missing became away with whereabouts known, or the other way round, at `at`.

    from_start: it was so from the start, the report was wrong about it.
    """

    at: datetime
    category: Category
    reason: str = ""
    from_start: bool = False


class LastSeen(Recorded, frozen=True, kw_only=True, tag="last_seen"):
    """When the young person was last seen (UTC)."""

    at: datetime


class DueBack(Recorded, frozen=True, kw_only=True, tag="due_back"):
    """When they were due back (UTC); None: no time was agreed."""

    at: datetime | None


class ChildChanged(Recorded, frozen=True, kw_only=True, tag="child"):
    """The picture of the young person was corrected or completed (concerns, factors, age …)."""

    child: Child


class PoliceTold(Recorded, frozen=True, kw_only=True, tag="police_told"):
    """Reported to the police. Whether they took it on is another fact, `PoliceAnswered`."""

    at: datetime
    reference: str = ""
    spoke_to: str = ""
    officer: str = ""
    """Number of the officer or call handler."""


class PoliceAnswered(Recorded, frozen=True, kw_only=True, tag="police_answered"):
    """What the police made of the report: accepted with a grade, or refused and why."""

    at: datetime
    accepted: bool
    grade: PoliceGrade = "not_given"
    officer: str = ""
    reason: str = ""


class AuthorityTold(Recorded, frozen=True, kw_only=True, tag="authority_told"):
    """The placing (responsible) authority was told. Only a role that the pack accepts closes it,
    and only if that person's word that action has started is on record: here (`acknowledged`, as in
    all old records) or as an `AuthorityAcknowledged`.
    """

    at: datetime
    role: str
    who: str = ""
    how: str = "phone"
    acknowledged: bool = True


class AuthorityAcknowledged(Recorded, frozen=True, kw_only=True, tag="authority_acknowledged"):
    """Somebody at the placing authority said that they received it and have started action."""

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
    """Words for the record, without consequences."""

    at: datetime
    text: str


class Abducted(Recorded, frozen=True, kw_only=True, tag="abducted"):
    """There are signs of an abduction."""

    at: datetime


class ReferredToSocialCare(Recorded, frozen=True, kw_only=True, tag="referred"):
    """A section 47 referral was made; enquiries start within 48 h (000:1821)."""

    at: datetime


class Decided(Recorded, frozen=True, kw_only=True, tag="decided"):
    """What was decided about a duty or an action of the pack (`about`: its id).

    note: the reason, or to whom it was handed over.  until: when something booked or handed over
    is looked at again (UTC).  decided_by: who decided, by role.
    """

    at: datetime
    about: str
    outcome: DecisionOutcome
    note: str = ""
    until: datetime | None = None
    decided_by: str = ""


class MeetingBooked(Recorded, frozen=True, kw_only=True, tag="meeting_booked"):
    """`on`: when it is to be held (UTC). `about`: the duty or action that asks for it, if any."""

    at: datetime
    meeting: codes.MeetingKind
    on: datetime
    about: str = ""


class MeetingHeld(Recorded, frozen=True, kw_only=True, tag="meeting_held"):
    """Held at `at`; `present`: who came, by role; `decisions`: what it decided."""

    at: datetime
    meeting: codes.MeetingKind
    about: str = ""
    present: tuple[str, ...] = ()
    decisions: str = ""
    lead_professional: str = ""
    actions: tuple[FollowUp, ...] = ()
    next_review: datetime | None = None


class AssessmentBegun(Recorded, frozen=True, kw_only=True, tag="assessment_begun"):
    """An assessment was begun because of this episode."""

    at: datetime
    assessment: codes.Assessment


class AwayTogether(Recorded, frozen=True, kw_only=True, tag="away_together"):
    """Away with the young person of another case (`other`: its reference). It joins both cases;
    each keeps a level and duties of its own."""

    at: datetime
    other: str


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


class ClockCorrected(Recorded, frozen=True, kw_only=True, tag="clock_corrected"):
    """The machine's clock went back to `at`, from `was`: what was recorded before as later than
    `at` counts as of then (protocol/clock_corrections.py). Recorded by the bot."""

    at: datetime
    was: datetime


LOG_ONLY = (Told, CaseRead)
"""Kinds that say what was sent and who read: no rule and no reminder looks at them."""


class SignedOff(Recorded, frozen=True, kw_only=True, tag="signed_off"):
    """A manager has reviewed the episode. With something left to settle: which, and why."""

    at: datetime
    remark: str = ""
    left_open: tuple[str, ...] = ()
    reason: str = ""


class Closed(Recorded, frozen=True, kw_only=True, tag="closed"):
    """Closed. With something left to settle: which, and why. What is recorded later, by a manager,
    is an entry after closing; the case stays closed."""

    at: datetime
    left_open: tuple[str, ...] = ()
    reason: str = ""


class Imported(Recorded, frozen=True, kw_only=True, tag="imported"):
    """An episode of the time before this service kept its records here; it takes the place of the
    report and of all other facts. It has no level and no duties.

    precision day: only dates are known, times are London midnight.  source: hash of the source's
    own id, by which it is recognised again.  None: nothing is known of it; telling: False: not.
    """

    category: Category
    child: Child
    start: datetime
    returned_at: datetime | None = None
    located_at: datetime | None = None
    precision: Literal["minute", "day"] = "minute"
    source: str = ""
    police_told: datetime | bool | None = None
    authority_told: datetime | bool | None = None
    parents_told: datetime | bool | None = None
    interview_offered: bool | Literal["not_due"] | None = None
    interview_accepted: bool | Literal["not_due"] | None = None
    interview_held: datetime | bool | None = None
    interview_by: Literal["independent", "placement"] | None = None
    harm: bool | None = None
    crime_victim: bool | None = None
    crime_suspected: bool | None = None
    substance: bool | None = None
    push: tuple[codes.Push, ...] | None = None
    pull: tuple[codes.Pull, ...] | None = None
    exploitation: tuple[codes.Exploitation, ...] | None = None
    found_district: str = ""
    level_peak: int | None = None


class Withdrawn(Recorded, frozen=True, kw_only=True, tag="withdrawn"):
    """The fact with this id was wrong and nothing takes its place (a return that was not one …)."""

    at: datetime
    fact: str
    reason: str


Fact: TypeAlias = (
    Opened
    | Imported
    | CategoryChanged
    | LastSeen
    | DueBack
    | ChildChanged
    | PoliceTold
    | PoliceAnswered
    | AuthorityTold
    | AuthorityAcknowledged
    | AuthorityWritten
    | ParentsTold
    | ParentsWithheld
    | ToldOfReturn
    | Note
    | AwayTogether
    | Located
    | Returned
    | GoneAgain
    | WhileAway
    | Collected
    | MedicalChecked
    | Abducted
    | ReferredToSocialCare
    | Referred
    | ReferralAnswered
    | SafeAndWell
    | InterviewOffered
    | InterviewAnswered
    | InterviewBooked
    | InterviewHeld
    | InterviewShared
    | Decided
    | MeetingBooked
    | MeetingHeld
    | AssessmentBegun
    | DutyDone
    | LevelRaised
    | LevelStoodDown
    | Acknowledged
    | HoldEnded
    | ClockCorrected
    | Snoozed
    | Told
    | CaseRead
    | Attached
    | AttachmentRemoved
    | SignedOff
    | Closed
    | Withdrawn
)
