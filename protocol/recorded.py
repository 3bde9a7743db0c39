"""What every fact has in common, and what is known of the young person it is about."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, TypeAlias

import msgspec

from protocol import codes

NIGHTLIGHT = "nightlight"
"""Author of the facts that the bot records by itself (a reminder was sent, or could not be)."""

BY_LINK = "link"
"""Author of what somebody without an account answered by a link; their name stands in the fact."""

Category: TypeAlias = Literal["missing", "unauthorised_absence"]
Answer: TypeAlias = bool | Literal["unknown"]
"""Yes, no, or not known: "unknown" is kept, treated cautiously and asked again."""
Asked: TypeAlias = Answer | None
"""An answer; None: nobody was asked. The rules read None as no, the figures as not known."""


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
    The flags are the additional factors of the 2011 protocol, the return-interview triggers, and
    what else is weighed (difficulties, health, self-injury: 000:1896-1897),
    from which no level follows unless a pack says so.
    What follows them is for figures only.
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
    health_need: bool = False
    learning_difficulty: bool = False
    self_harm: bool = False
    uasc: bool = False
    in_childrens_home: bool = False
    sex: codes.Sex = "unknown"
    ethnicity: codes.Ethnicity = "unknown"
    legal_status: codes.LegalStatus = "unknown"
    placement: codes.Placement = "unknown"
    sector: codes.Sector = "unknown"
    distance: codes.Distance = "unknown"
    """Of the placement from the family home, in miles."""
    district: str = ""
    """Of the placement: code of the Office for National Statistics ("" if not known)."""
