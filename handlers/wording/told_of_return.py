"""What is asked of those who are told that it is over: authority, parents, police, referrals."""

from __future__ import annotations

from handlers.wording.common import NO_NAMES

BACK_POLICE = "Police told that they are found"
BACK_AUTHORITY = "Authority told that they are back"
BACK_ROLE = (
    "Whom did you reach? The social worker alone, or a message left, does not count: "
    "a manager has to know."
)
BACK_ROLES = [
    ("Team manager", "team_manager"),
    ("Accountable manager", "accountable_manager"),
    ("Emergency duty team manager", "edt_duty_manager"),
    ("The child's social worker", "childs_social_worker"),
    ("Message left", "message_left"),
]
HOW = "How?"
HOW_OPTIONS = [("Phone", "phone"), ("E-mail", "email"), ("In person", "person"), ("Text", "text")]
BACK_PARENTS = "Parents told that they are found"
PARENTS_BY = "Who told them?"
PARENTS_BY_OPTIONS = [
    ("I did", "me"),
    ("Social worker", "social worker"),
    ("A colleague", "colleague"),
    ("Police", "police"),
]

POLICE_SAID = "What the police said"
POLICE_ACCEPTED = "Did the police take the report on?"
POLICE_OPTIONS = [("Yes, accepted", "yes"), ("No, refused", "no")]
POLICE_GRADE = "Which grade did they give?"
GRADES = [
    ("High", "high"),
    ("Medium", "medium"),
    ("Low", "low"),
    ("No apparent risk", "no_apparent_risk"),
    ("No grade given", "not_given"),
]
POLICE_OFFICER = "The officer's number? No name."
POLICE_WHY = f"What reason did they give? {NO_NAMES}"

ACKNOWLEDGED = "The authority acts on it"
ACKNOWLEDGED_ROLE = "Who said that they have it and have started to act?"

REFERRAL = "Referral made"
REFERRAL_TO = "To whom?"
REFERRAL_WHY = "Why?"
REFERRAL_REASONS = [
    ("Not right to go back", "unsafe_return"),
    ("Significant harm", "significant_harm"),
    ("Another reason", "other"),
]
REFERRAL_OPTIONS = [
    ("Emergency duty team", "emergency_duty_team"),
    ("Duty team", "duty_team"),
    ("Police", "police"),
    ("Somebody else", "other"),
]
RESULT = "What came of the referral"
RESULT_ASK = "Where did it lead?"
RESULT_OPTIONS = [
    ("Went back", "returned"),
    ("Emergency place", "emergency_accommodation"),
    ("Family", "family"),
    ("Foster carers", "foster"),
    ("Residential", "residential"),
    ("No action", "no_action"),
    ("Something else", "other"),
]
PLACED = ("emergency_accommodation", "family", "foster", "residential")
FOLLOWED = "Was the local protocol followed?"
SUITABLE = (
    "Is the place suitable? Never bed and breakfast under 16, never a police station. "
    "No address here."
)
RESULT_NOTE = f"Anything else about it, in a few words? {NO_NAMES}"
NOT_REFERRED = "No referral is on record yet. Record the referral first."
