"""Episode rows: what every report is made from, one row for each episode, without identifiers.

`Row` is the schema: its fields, in this order, with the values that each may have. "unknown" means
asked or applicable but not known; None means that it does not apply or did not happen so far.
Rows are written by `encode`, read by `reports.row_files` and judged by `reports.row_checks`.
Times are UTC with whole seconds, written `YYYY-MM-DDTHH:MM:SSZ`.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import msgspec

from protocol.codes import (
    Area,
    Assessment,
    Distance,
    Ethnicity,
    Exploitation,
    FoundBy,
    FoundPlace,
    InterviewBy,
    LegalStatus,
    MeetingKind,
    Placement,
    Pull,
    Push,
    ReferralOutcome,
    ReferralReason,
    ReferredTo,
    Reg40,
    ReturnedTo,
    SafeAndWell,
    Sector,
    Sex,
)

Unknown: TypeAlias = Literal["unknown"]
Answer: TypeAlias = bool | Unknown
"""Yes, no, or not known."""


def _text(pattern: str, allowed: str) -> Any:
    return Annotated[str, msgspec.Meta(extra={"pattern": re.compile(pattern), "allowed": allowed})]


if TYPE_CHECKING:
    Service: TypeAlias = str
    Key: TypeAlias = str
    Home: TypeAlias = str
    Code: TypeAlias = str
    CodeOrUnknown: TypeAlias = str
    MaybeTime: TypeAlias = datetime | Unknown
else:
    Service = _text(r"[A-Z0-9]{2,12}", "2 to 12 capital letters and digits")
    Key = _text(r"[0-9a-f]{16}", "16 hexadecimal digits (0-9, a-f)")
    Home = _text(r"[A-Z0-9-]{1,12}", "1 to 12 capital letters, digits and hyphens")
    Code = _text(r"[EWSN][0-9]{8}", "E, W, S or N and 8 digits")
    CodeOrUnknown = _text(r"[EWSN][0-9]{8}|unknown", "E, W, S or N and 8 digits; unknown")
    # msgspec cannot decode "a time or a word": it gives a text, which the reader makes a time.
    MaybeTime = Annotated[str, msgspec.Meta(extra={"time": True})]

Category: TypeAlias = Literal["missing", "unauthorised_absence"]
AgeBand: TypeAlias = Literal["0-9", "10-11", "12-13", "14-15", "16-17", "18+", "unknown"]


class Phase(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False, rename={"since": "from"}
):
    """From when on the episode was of a category: its start, then each real change."""

    since: datetime
    category: Category


class Referral(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A referral to a duty team; `out_of_hours` by the time referred, `suitable` None: not placed.

    Sources: 000:2109-2144.
    """

    at: datetime
    to: ReferredTo
    out_of_hours: Answer
    reason: ReferralReason
    outcome: ReferralOutcome
    protocol_followed: Answer
    suitable: Answer | None


class Meeting(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A meeting that was held (not only booked), by its London date."""

    kind: MeetingKind
    on: date


class Row(msgspec.Struct, forbid_unknown_fields=True, gc=False, kw_only=True):
    """One episode as it was known at `as_of`; nothing later is in it.

    `episode`, `child`, `ri_id` and `group` are keys: pseudonyms that only their service can make.
    """

    schema: Literal[1]
    service: Service
    episode: Key
    child: Key
    home: Home
    as_of: datetime
    source: Literal["record", "import"]
    precision: Literal["minute", "day"]
    category: Category
    phases: tuple[Phase, ...]
    start: datetime
    aware: MaybeTime
    located: datetime | None
    returned: datetime | None
    age: Annotated[int, msgspec.Meta(ge=0, le=25)] | Unknown
    age_band: AgeBand
    sex: Sex
    ethnicity: Ethnicity
    looked_after: Answer
    legal_status: LegalStatus
    placement: Placement
    sector: Sector
    responsible: CodeOrUnknown | None
    host: CodeOrUnknown
    district: CodeOrUnknown
    area: Area
    distance: Distance
    uasc: Answer
    child_protection_plan: Answer
    mental_health: Answer
    cse_risk: Answer
    risky_contacts: Answer
    aged_out: Answer
    level_peak: Literal[1, 2, 3, "unknown"]
    n90: Annotated[int, msgspec.Meta(ge=1)] | Unknown
    m365: Annotated[int, msgspec.Meta(ge=0)] | Unknown
    push: tuple[Push, ...] | Unknown
    pull: tuple[Pull, ...] | Unknown
    harm: Answer
    crime_victim: Answer
    crime_suspected: Answer
    substance: Answer
    slept_rough: Answer
    exploitation: tuple[Exploitation, ...] | Unknown
    found_district: CodeOrUnknown | None
    found_place: FoundPlace | None
    found_by: FoundBy | None
    found_out_of_hours: Answer | None
    returned_to: ReturnedTo | None
    return_unsafe: Answer | None
    safe_and_well: SafeAndWell | None
    police_told: MaybeTime | None
    authority_told: MaybeTime | None
    authority_written: MaybeTime | None
    parents_told: MaybeTime | None
    parents_withheld: Answer
    ri_offered: Answer | None
    ri_offered_at: MaybeTime | None
    ri_accepted: Answer | None
    ri_held: Answer | None
    ri_held_at: MaybeTime | None
    ri_by: InterviewBy | None
    ri_id: Key | None
    referrals: tuple[Referral, ...]
    meetings: tuple[Meeting, ...]
    assessments: tuple[Assessment, ...] | Unknown
    early_help_considered: Answer
    plan_updated: Answer
    reg40: Reg40
    group: Key | None


FIELDS: tuple[str, ...] = Row.__struct_encode_fields__

BANDS: tuple[tuple[int, AgeBand], ...] = (
    (9, "0-9"),
    (11, "10-11"),
    (13, "12-13"),
    (15, "14-15"),
    (17, "16-17"),
)


def age_band(age: int | Unknown) -> AgeBand:
    """The band of an age in completed years; "unknown" for "unknown"."""
    if age == "unknown":
        return "unknown"
    return next((band for last, band in BANDS if age <= last), "18+")


def encode(row: Row) -> bytes:
    """The row as one line of JSON, without its newline. Times must be UTC with whole seconds."""
    return msgspec.json.encode(row)
