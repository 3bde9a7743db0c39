"""Facts from the moment a young person is found: the return, and what follows it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, TypeAlias

import msgspec

from protocol import codes
from protocol.recorded import Answer, Asked, Recorded

FoundBy: TypeAlias = codes.FoundBy | Literal["parents"]
"""Parents apart from other family: they need not be told of what they found themselves."""
ToldWhom: TypeAlias = Literal["police", "authority", "parents"]
SharedWith: TypeAlias = Literal["social_worker", "reviewing_officer", "police", "other"]


class Located(Recorded, frozen=True, kw_only=True, tag="located"):
    """Found, but not necessarily back. `where` is free text; the other places are coded.

    What was not known at first (safe to go back, in touch freely) is answered later by a correction
    of this fact that carries the rest along.
    """

    at: datetime
    where: str = ""
    return_unsafe: Asked = None
    """Any reason to think that home or placement may not be right to return to."""
    contact_blocked: Asked = None
    found_by: FoundBy | None = None
    authority: str = ""
    """The authority in whose area the young person was found."""
    district: str = ""
    """Code of the district; "" if not known."""
    place: codes.FoundPlace | None = None


class Returned(Recorded, frozen=True, kw_only=True, tag="returned"):
    """Back. `crime_while_away` and `harmed_while_away` are of old records: `WhileAway` has them."""

    at: datetime
    crime_while_away: bool = False
    harmed_while_away: bool = False
    to: codes.ReturnedTo | None = None
    decided_by: str = ""
    """Who decided, by role, where the young person goes back to."""


class GoneAgain(Recorded, frozen=True, kw_only=True, tag="gone_again"):
    """Found, then away again: this episode ends where it was located, `next_episode` goes on."""

    at: datetime
    next_episode: str


class WhileAway(Recorded, frozen=True, kw_only=True, tag="while_away"):
    """What is known, or believed, of the time away. None: nothing is said of it here, so that an
    earlier answer stands; "unknown" takes its place.

    crime_suspected: as an offender.  crime_victim: as a victim.
    """

    at: datetime
    crime_suspected: Asked = None
    crime_victim: Asked = None
    harmed: Asked = None
    substance: Asked = None
    slept_rough: Asked = None
    exploitation: tuple[codes.Exploitation, ...] | None = None
    push: tuple[codes.Push, ...] | None = None
    pull: tuple[codes.Pull, ...] | None = None


class ToldOfReturn(Recorded, frozen=True, kw_only=True, tag="told_of_return"):
    """Whoever was told that the young person is away was told that they are found or back.

    role: of who received it at the authority.  told_by: staff id or who else told.
    """

    at: datetime
    whom: ToldWhom
    role: str = ""
    who: str = ""
    how: str = "phone"
    told_by: str = ""
    what: str = ""


class Collected(Recorded, frozen=True, kw_only=True, tag="collected"):
    """Who brought the young person back, by role; `police_along`: police were asked to help."""

    at: datetime
    by_whom: str
    police_along: Asked = None


class MedicalChecked(Recorded, frozen=True, kw_only=True, tag="medical"):
    """The medical condition on return: checked (and arrangements made), or not and why."""

    at: datetime
    done: bool
    note: str = ""


class SafeAndWell(Recorded, frozen=True, kw_only=True, tag="safe_and_well"):
    """The police safe and well check: done, or not done and why."""

    at: datetime
    done: bool
    reason: str = ""


class Referred(Recorded, frozen=True, kw_only=True, tag="referral"):
    """Found, and perhaps not safe to go back: referred at `at`, to whom and why."""

    at: datetime
    to: codes.ReferredTo
    reason: codes.ReferralReason = "unsafe_return"
    who: str = ""
    how: str = "phone"


class ReferralAnswered(Recorded, frozen=True, kw_only=True, tag="referral_answered"):
    """What happened upon a referral (`referral`: the id of that fact). No address, only a kind of
    place and its district.

    suitable: of the place, None where there was no placement.
    """

    at: datetime
    referral: str
    outcome: codes.ReferralOutcome
    protocol_followed: Answer = "unknown"
    suitable: Asked = None
    district: str = ""
    note: str = ""


class InterviewOffered(Recorded, frozen=True, kw_only=True, tag="interview_offered"):
    """A return interview was offered."""

    at: datetime
    offered_by: str = ""


class InterviewAnswered(Recorded, frozen=True, kw_only=True, tag="interview_answered"):
    """The young person said yes or no to it."""

    at: datetime
    accepted: bool
    reason: str = ""


class InterviewBooked(Recorded, frozen=True, kw_only=True, tag="interview_booked"):
    """`on`: when it is to be held (UTC); asked about then. `by_whom`: who will hold it."""

    at: datetime
    on: datetime
    by_whom: str = ""


class FollowUp(msgspec.Struct, frozen=True, kw_only=True):
    """An action that came out of an interview or a meeting: who does it, and by which day."""

    what: str
    owner: str = ""
    by: date | None = None


class InterviewHeld(Recorded, frozen=True, kw_only=True, tag="interview_held"):
    """A return interview. `independent` of the placement: no: it is kept but does not settle.

    interview: "" or a reference shared with the other episodes that it covered.
    content: harm, medical need, why, and what prevents the next time. What is counted of it is in a
    `WhileAway` beside it.
    """

    at: datetime
    held_by: str = ""
    independent: Asked = None
    interview: str = ""
    content: str = ""
    actions: tuple[FollowUp, ...] = ()
    referral_consent: Asked = None
    """The young person agrees to being referred to a service."""


class InterviewShared(Recorded, frozen=True, kw_only=True, tag="interview_shared"):
    """What came out of the interview was passed on."""

    at: datetime
    shared_with: tuple[SharedWith, ...]
