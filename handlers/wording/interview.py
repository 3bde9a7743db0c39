"""What is asked about the return interview."""

from __future__ import annotations

from handlers.wording.common import NO_NAMES

BOOKED = "Return interview booked"
BOOKED_ASK = "For when? I ask then whether it was held."
BOOKED_WHO = "Who will hold it?"
PUSH_ASK = "What made them leave?"
PUSH_OPTIONS = [
    ("Trouble at home", "home_problems"),
    ("Relationships", "relationships"),
    ("Family break-up", "family_breakup"),
    ("Maltreatment", "maltreatment"),
    ("Mental health", "mental_health"),
    ("School", "school"),
    ("The placement", "placement"),
    ("Boundaries", "boundaries"),
    ("Other", "other"),
]
PULL_ASK = "What drew them away?"
PULL_OPTIONS = [
    ("Friends", "friends"),
    ("Family", "family"),
    ("Partner", "partner"),
    ("Exploitation", "exploitation"),
    ("Drink or drugs", "substances"),
    ("Former area", "former_area"),
    ("Other", "other"),
]
HELD_BY = (
    "Who held it? Somebody of the placement is kept on record, but an independent interview is "
    "still wanted for a looked-after child."
)
HELD_BY_OPTIONS = [
    ("Placing authority", "placing authority"),
    ("Independent service", "independent service"),
    ("Another independent person", "other, independent"),
    ("Somebody of our placement", "placement"),
]
CONTENT_TITLE = "What came out of the interview"
NOT_HELD = "No interview is on record yet. Record first that it was held."
CONTENT = f"Harm, medical need, why, and what prevents the next time? {NO_NAMES}"
CONSENT = "Do they agree to be referred to a service?"
SHARED = "Interview shared"
SHARED_ASK = "With whom?"
SHARED_OPTIONS = [
    ("Social worker", "social_worker"),
    ("Reviewing officer", "reviewing_officer"),
    ("Police", "police"),
    ("Other", "other"),
]
