"""The questions behind the buttons of the episode card."""

from __future__ import annotations

from handlers.chat import bold
from handlers.wording.common import NO_NAMES

AT = "When? Tap, or type a time."
AT_DUE_BACK = "At due-back time"
SKIP = "Skip"
NO_REFERENCE = "No reference yet"

POLICE = "Police told"
POLICE_REFERENCE = f"The police reference? {NO_NAMES}"
POLICE_SPOKE = f"The officer's or call handler's number, or whom you spoke to? {NO_NAMES}"

AUTHORITY = "Placing authority told"
AUTHORITY_ROLE = (
    "Whom did you reach? Only an accountable manager or the out-of-hours duty manager counts; "
    "a message left or the social worker alone does not."
)
ROLE_OPTIONS = [
    ("Accountable manager", "accountable_manager"),
    ("Emergency duty team manager", "edt_duty_manager"),
    ("A manager, who has not answered", "manager_told"),
    ("The child's social worker", "childs_social_worker"),
    ("Duty team worker", "duty_worker"),
    ("Voicemail or message left", "message_left"),
]
ROLE_ANSWERS = [
    ("Accountable manager: acts on it", "accountable_manager"),
    ("Emergency duty team manager: acts", "edt_duty_manager"),
    ("A manager told, no answer yet", "manager_told"),
    *ROLE_OPTIONS[3:],
]
AUTHORITY_WHO = f"Their name? {NO_NAMES}"
HOW = "How?"
HOW_OPTIONS = [("Phone", "phone"), ("E-mail", "email"), ("In person", "person"), ("Text", "text")]
WRITTEN = "Written confirmation sent"

PARENTS = "Parents told"
PARENTS_BY = "Who told them?"
PARENTS_BY_OPTIONS = [
    ("I did", "me"),
    ("Social worker", "social worker"),
    ("Another colleague", "colleague"),
    ("Police", "police"),
]
PARENTS_WHAT = f"What were they told, in a few words? {NO_NAMES}"
PARENTS_WHAT_OPTIONS = [
    ("Missing, police told", "missing, police told"),
    ("Away, whereabouts known", "away, whereabouts known"),
    ("Back safe", "back safe"),
]
WITHHELD = "Parents not to be told"
DECIDED_BY, OFFERED_BY = "Decided by", "Offered by"
WITHHELD_REASON = f"What is the welfare reason? It has to be on record. {NO_NAMES}"
WITHHELD_BY = "Who decided?"
WITHHELD_BY_OPTIONS = [
    ("Placing authority manager", "placing authority manager"),
    ("Social worker", "social worker"),
    ("Court order or care plan", "court order or care plan"),
]


def manager(name: str) -> str:
    """The manager as the person who decides."""
    return f"Our manager {name}"


NOTHING_WRITTEN = "nothing written"
NOT_BACK_YET = (
    "The young person is not recorded as found or back. Record that first, then what followed."
)
TIMES = {
    "seen": "Last seen",
    "noticed": "Noticed",
    "due": "Due back",
    "police": "Police told",
    "authority": "Authority told",
    "written": "Written confirmation",
    "parents": "Parents told",
    "referred": "Referral to social care",
    "done": "Done",
    "found": "Found",
    "back": "Back",
    "check": "Safe and well check",
    "offered": "Interview offered",
    "held": "Interview held",
    "told_back": "Told of the return",
    "police_said": "What police said",
    "acknowledged": "Authority acts on it",
    "referral": "Referral",
    "met": "Meeting",
}
"""What each time is the time of, for two that cannot both be right."""

NOTE = "Note"
NOTE_TEXT = f"What do you want to put on record? {NO_NAMES}"

FOUND = "Found"
FOUND_WHERE = f"Where, in a few words? {NO_NAMES}"
FOUND_SAFE = "Any reason to think they should not go back there?"
FOUND_CONTACT = "Can they be spoken to freely?"
YES_NO = [("Yes", "yes"), ("No", "no")]

RETURNED = "Back"
RETURNED_HURT = "Did any of this happen while they were away?"
RETURNED_OPTIONS = [
    ("Hurt or harmed", "harmed"),
    ("Victim of a crime", "victim"),
    ("Believed to have been in crime", "suspected"),
]

SAFEWELL = "Safe and well check by police"
SAFEWELL_DONE = "Was it done?"
SAFEWELL_OPTIONS = [("Yes, done", "yes"), ("No, and will not be", "no")]
REASON = f"Why not, in a few words? {NO_NAMES}"

OFFERED = "Return interview offered"
BY_WHOM = "By whom?"
BY_OPTIONS = [
    ("Placing authority", "placing authority"),
    ("Independent service", "independent service"),
    ("Somebody else, independent of the home", "other, independent"),
]
ANSWERED = "Answer to the return interview"
ANSWERED_ASK = "What did the young person say?"
ANSWERED_OPTIONS = [("Accepted", "yes"), ("Declined", "no")]
HELD = "Return interview held"

DONE_TITLE = "Done"
DONE_NOTE = f"A word about it? {NO_NAMES}"

RAISE = "Raise the level"
RAISE_TO = "To which level? You can raise it at any time."
RAISE_WHY = f"Why? {NO_NAMES}"
STAND_DOWN = "Stand the level down"
STAND_DOWN_TO = "To which level? The computed and the highest level stay on record."

HIGHEST = "It is at the highest level already."
LOWEST = "It is at the lowest level already."


def level(number: int) -> str:
    """A level on a button."""
    return f"Level {number}"


CATEGORY = "Missing or away"
CATEGORY_ASK = "Does somebody know for certain where they are?"
CATEGORY_OPTIONS = [
    ("No, or not confirmed: missing", "missing"),
    ("Yes, confirmed: away", "unauthorised_absence"),
]

CORRECT = "Put right"
CORRECT_WHAT = "What was wrong?"
CORRECT_TIME = "What is the right time? Tap, or type it."
CORRECT_WHY = f"What was wrong with it? {NO_NAMES}"
CORRECT_REVIEW = "The old entry stays on record, marked as put right. Save it?"
CORRECT_LABELS = {
    "noticed": "Time noticed",
    "last_seen": "Last seen",
    "due_back": "Due back",
    "police": "Time police were told",
    "not_police": "Police were NOT told",
    "authority": "Time authority was told",
    "role": "Who was reached there",
    "not_authority": "Authority was NOT told",
    "written": "Time of written confirmation",
    "not_written": "NOT confirmed in writing",
    "parents": "Time parents were told",
    "not_parents": "Parents were NOT told",
    "not_withheld": "Parents may be told after all",
    "located": "Time found",
    "not_located": "NOT found after all",
    "returned": "Time back",
    "not_returned": "NOT back after all",
    "check": "Time of safe and well check",
    "not_check": "NO safe and well check",
    "offered": "Time interview was offered",
    "not_offered": "Interview NOT offered",
    "not_answered": "Answer to the interview",
    "held": "Time interview was held",
    "not_held": "Interview NOT held",
    "referred": "Time of referral (s47)",
    "not_referred": "NO referral made (s47)",
    "category": "Missing or away",
    "risks": "What makes it worse",
    "not_abducted": "NOT taken or forced",
}

WRONG_ROLE = "Somebody else was reached"

CONCERNS = "Earlier concerns"
WORSE = "What makes it worse"
REFERRED = "Referral to social care (s47)"
SIGN_OFF = "Manager's sign-off"
SIGN_OFF_REMARK = f"Anything to remark? {NO_NAMES}"

NEXT_OPTIONS = [
    ("Phoning now", "phoning"),
    ("On my way", "on the way"),
    ("Waiting for a call back", "waiting for a call back"),
    ("Asking a colleague", "asking a colleague"),
]
NEXT_MINUTES = [("15 min", 15), ("30 min", 30), ("1 h", 60), ("2 h", 120), ("4 h", 240)]


def close_review(ref: str, unmet: list[str]) -> str:
    """What closing means, and what is not done yet."""
    if not unmet:
        return f"Close {bold(ref)}? Reminders end. The record is kept."
    still = "\n".join(f"• {u}" for u in unmet)
    return f"Not recorded as done yet:\n{still}\nClose {bold(ref)} all the same? Reminders end."


LABELS = {
    "at": "When",
    "ref": "Reference",
    "who": "Spoke to",
    "role": "Reached",
    "how": "How",
    "by": "Told by",
    "what": "They were told",
    "why": "Reason",
    "note": "Note",
    "where": "Where",
    "safe": "Going back there",
    "free": "Contact",
    "hurt": "While away",
    "done": "Check",
    "ans": "Answer",
    "lvl": "To",
    "cat": "Whereabouts",
    "fix": "Put right",
    "con": "Earlier concerns",
    "worse": "Makes it worse",
}
SAID = {
    "safe": {
        "yes": "there is reason to think that they should not",
        "no": "no reason against it is known",
        "?": "not known whether they should",
    },
    "free": {
        "yes": "they can be spoken to freely",
        "no": "they cannot be spoken to freely",
        "?": "not known whether they can be spoken to freely",
    },
    "done": {"yes": "done", "no": "not done, and will not be"},
    "cat": {
        "missing": "not known, or not confirmed: missing",
        "unauthorised_absence": "known and confirmed: away",
    },
    "con": {
        "yes": "there are some",
        "no": "there are none",
        "?": "not known whether there are any",
    },
}
"""How an answer is read back where its button says it only together with the question."""
