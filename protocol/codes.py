"""Coded answers: what facts, the register and the episode rows have in common.

The codes are those of the episode row (see `reports/rows.py`); "unknown" is an answer and stays
one. A person picks them from buttons, nothing is ever guessed from a text.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

Sex: TypeAlias = Literal["female", "male", "other", "unknown"]
Ethnicity: TypeAlias = Literal["asian", "black", "mixed", "white", "other", "unknown"]
LegalStatus: TypeAlias = Literal[
    "interim_care_order",
    "care_order",
    "accommodated",
    "remand",
    "placement_order",
    "emergency",
    "none",
    "unknown",
]
Placement: TypeAlias = Literal[
    "foster",
    "relative",
    "childrens_home",
    "semi_independent",
    "parents",
    "secure",
    "school",
    "other",
    "none",
    "unknown",
]
Sector: TypeAlias = Literal["local_authority", "private", "voluntary", "not_applicable", "unknown"]
Area: TypeAlias = Literal["in", "out", "not_applicable", "unknown"]
Distance: TypeAlias = Literal[
    "up_to_5", "over_5_to_20", "over_20_to_50", "over_50", "not_applicable", "unknown"
]
Push: TypeAlias = Literal[
    "home_problems",
    "relationships",
    "family_breakup",
    "maltreatment",
    "mental_health",
    "school",
    "placement",
    "boundaries",
    "other",
]
Pull: TypeAlias = Literal[
    "friends", "family", "partner", "exploitation", "substances", "former_area", "other"
]
Exploitation: TypeAlias = Literal["sexual", "criminal", "gang", "trafficking", "other"]
FoundPlace: TypeAlias = Literal[
    "placement",
    "family_home",
    "friend",
    "partner",
    "stranger",
    "public_place",
    "transport",
    "hospital",
    "police_station",
    "other",
    "unknown",
]
FoundBy: TypeAlias = Literal["self", "staff", "police", "family", "public", "other", "unknown"]
ReturnedTo: TypeAlias = Literal[
    "same_placement",
    "other_placement",
    "family",
    "hospital",
    "custody",
    "emergency_accommodation",
    "other",
    "unknown",
]
SafeAndWell: TypeAlias = Literal["done", "not_done", "unknown"]
InterviewBy: TypeAlias = Literal["independent", "not_independent", "unknown"]
ReferredTo: TypeAlias = Literal["emergency_duty_team", "duty_team", "police", "other"]
ReferralReason: TypeAlias = Literal["unsafe_return", "significant_harm", "other", "unknown"]
ReferralOutcome: TypeAlias = Literal[
    "returned",
    "emergency_accommodation",
    "family",
    "foster",
    "residential",
    "no_action",
    "other",
    "unknown",
]
MeetingKind: TypeAlias = Literal[
    "strategy",
    "intervention",
    "risk_management",
    "placement_review",
    "professionals",
    "case_conference",
    "early_help",
]
Assessment: TypeAlias = Literal["early_help", "section_17", "section_47"]
Reg40: TypeAlias = Literal["notified", "not_notified", "undecided", "unknown"]
