"""What is asked after the return: how they were found and came back, and what is known of it."""

from __future__ import annotations

from handlers.wording import recording
from handlers.wording.common import NO_NAMES

BUTTONS = {
    "back_police": "🚓 Police told: found",
    "back_authority": "🏛 Authority told: back",
    "back_parents": "👪 Parents told: found",
    "police_said": "🚓 What police said",
    "acknowledged": "🏛 Authority acts on it",
    "referral": "☎️ Referral made",
    "referral_result": "☎️ What came of it",
    "came_back": "🏠 How they came back",
    "medical": "🩺 Medical check",
    "time_away": "❓ What happened away",
    "ask_safe": "❓ Safe to go back",
    "booked": "💬 Interview booked",
    "content": "💬 What came out of it",
    "action": "💬 Action agreed",
    "found_how": "📍 Who found them, where",
    "absence": "❓ Why they were absent",
    "plans": "🗂 Plans considered",
    "meeting": "👥 Meeting",
    "shared": "💬 Interview shared",
    "together": "👥 Away together",
    "assessment": "Assessment begun",
    "settle": "📋 To settle",
    "undo": "↩️ Take back an entry",
    "late": "➕ Entry after closing",
}
TITLES = {
    "POLICE-CHALLENGE": "Police refused the report: challenge it",
    "ASK-CRIME": "Crime while away: find out",
    "ASK-HARM": "Harm while away: find out",
    "ASK-SAFE": "Safe to go back: find out",
    "ASK-CONTACT": "Free to speak: find out",
    "MEETING-ACTIONS": "Ask what became of the meeting's actions",
    "MEETING-STRATEGY": "Hold the strategy meeting that is booked",
    "MEETING-INTERVENTION": "Hold the intervention meeting that is booked",
    "MEETING-RISK_MANAGEMENT": "Hold the multi-agency meeting that is booked",
    "MEETING-PLACEMENT_REVIEW": "Hold the placement review that is booked",
    "MEETING-PROFESSIONALS": "Hold the professionals' meeting that is booked",
    "MEETING-CASE_CONFERENCE": "Hold the case conference that is booked",
    "MEETING-EARLY_HELP": "Hold the early help meeting that is booked",
}

LABELS = {
    "out": "Outcome",
    "until": "Until",
    "whom": "To",
    "how": "How",
    "role": "Reached",
    "who": "Spoke to",
    "by": "Told by",
    "acc": "Police",
    "grade": "Their grade",
    "off": "Officer",
    "why": "Reason",
    "note": "Note",
    "res": "Outcome",
    "foll": "Local protocol",
    "suit": "The place",
    "col": "Brought back by",
    "to": "Now at",
    "dec": "Decided by",
    "done": "Medical check",
    "away": "While away",
    "expl": "Exploitation",
    "safe": "Going back there",
    "free": "Contact",
    "on": "Booked for",
    "ind": "Held by",
    "push": "Why they left",
    "pull": "What drew them",
    "con": "Referral to a service",
    "with": "Shared with",
    "held": "Held or booked",
    "pres": "Who came",
    "lead": "Lead professional",
    "mdec": "Decided",
    "other": "Away with",
    "ass": "Assessment",
    "entry": "Entry",
    "say": "Note",
    "fby": "Found by",
    "place": "Found at",
    "area": "Area of",
    "dist": "District",
    "along": "Police on the way back",
    "rsn": "Because",
    "who_": "Who holds it",
    "src": "Agreed in the",
    "act": "Action",
    "own": "Owner",
    "day": "To be done by",
    "next": "Next review",
    "mk": "Meeting",
    "plans": "Considered",
}
SAID = {
    **{key: recording.SAID[key] for key in ("safe", "free")},
    "acc": {"yes": "they accepted the report", "no": "they refused the report"},
    "foll": {
        "yes": "followed",
        "no": "not followed",
        "?": "not known whether it was followed",
    },
    "suit": {
        "yes": "suitable",
        "no": "not suitable",
        "?": "not known whether it is suitable",
    },
    "along": {
        "yes": "asked to come along or to fetch them",
        "no": "not asked to come along",
        "?": "not known whether they were asked",
    },
    "done": {"yes": "done", "no": "not done"},
    "con": {
        "yes": "they agree to it",
        "no": "they do not agree to it",
        "?": "not known whether they agree",
    },
}
"""How an answer is read back where its button says it only together with the question."""
YES_NO = recording.YES_NO


DISTRICT = (
    "In which district? Tap, or type its code (as E07000223). A name goes into the notes. "
    "No address."
)
PLACEMENT_DISTRICT = "District of the placement"
GIVEN = "kept, taken out of this chat"
NOT_A_CODE = "District, by name: "

FOUND_HOW = "Who found them, and where"
FOUND_BY = "Who found them?"
FOUND_BY_OPTIONS = [
    ("Came by themselves", "self"),
    ("Our staff or carer", "staff"),
    ("Police", "police"),
    ("Parents", "parents"),
    ("Other family", "family"),
    ("A member of the public", "public"),
    ("Somebody else", "other"),
]
FOUND_AT = "At what kind of place? No address."
FOUND_AT_OPTIONS = [
    ("The placement", "placement"),
    ("Family home", "family_home"),
    ("A friend's", "friend"),
    ("A partner's", "partner"),
    ("A stranger's", "stranger"),
    ("In public", "public_place"),
    ("Bus, train, station", "transport"),
    ("Hospital", "hospital"),
    ("Police station", "police_station"),
    ("Elsewhere", "other"),
]
FOUND_AREA = (
    "In which authority's area? It answers for safeguarding there. Tap, or type the authority."
)
NOT_FOUND = "Record first that they are found: then who found them, and where."

ABSENCE = "Why they were absent"
ABSENCE_WHY = f"Why was it an absence without permission, not missing? {NO_NAMES}"
ABSENCE_REASONS = [
    ("Where they were was known", "where they were was known and confirmed"),
    ("Stayed out longer than agreed", "stayed out longer than agreed, in touch"),
    ("Stayed with family or friends", "stayed with family or friends, confirmed"),
]
NOT_ABSENT = "This case is a missing episode. Only an absence without permission has this reason."

HOME = "How they came back"
COLLECTED = "Who brought them back?"
COLLECTED_OPTIONS = [
    ("By themselves", "self"),
    ("Our staff", "placement_staff"),
    ("Carer", "carer"),
    ("Police", "police"),
    ("Parents", "parents"),
    ("Other family", "family"),
    ("Social worker", "social_worker"),
    ("Somebody else", "other"),
]
ALONG = "Were police asked to come along, or to fetch them?"
NOW_AT = "Where are they now?"
NOW_AT_OPTIONS = [
    ("Same placement", "same_placement"),
    ("Another placement", "other_placement"),
    ("Family", "family"),
    ("Hospital", "hospital"),
    ("Custody", "custody"),
    ("Emergency place", "emergency_accommodation"),
    ("Somewhere else", "other"),
]
WHO_DECIDED = "Who decided that?"
DECIDERS = [
    ("Placing authority manager", "placing authority manager"),
    ("Emergency duty team", "emergency duty team"),
    ("Social worker", "social worker"),
    ("Our manager", "our manager"),
    ("Nobody yet", ""),
]

MEDICAL = "Medical check"
MEDICAL_ASK = "Was their medical condition checked, and what they need arranged?"
MEDICAL_WHY = f"Why not, in a few words? {NO_NAMES}"

TIME_AWAY = "What happened while they were away"
TIME_AWAY_ASK = "What is known or believed? Tick what holds."
TIME_AWAY_OPTIONS = [
    ("Hurt or harmed", "harmed"),
    ("Victim of a crime", "crime_victim"),
    ("Suspected of a crime", "crime_suspected"),
    ("Drink or drugs", "substance"),
    ("Slept rough", "slept_rough"),
]
EXPLOITATION_ASK = "Any sign of exploitation?"
EXPLOITATION_OPTIONS = [
    ("Sexual", "sexual"),
    ("Criminal", "criminal"),
    ("Gang", "gang"),
    ("Trafficking", "trafficking"),
    ("Other", "other"),
]
SAFE = "Safe to go back"
SAFE_ASK = "Any reason to think they should not go back there?"

FREE_ASK = "Can they be spoken to freely?"


SKIP = "Skip"


TOGETHER = "Away together"
TOGETHER_ASK = "With the young person of which case? Each case keeps its own level."
UNDO = "Take back an entry"
UNDO_ASK = "Which entry was wrong? It stays on record as taken back."
UNDO_WHY = f"What was wrong with it? {NO_NAMES}"
NO_ENTRY = "There is no entry here that can be taken back. Put right has the others."
GONE_ENTRY = "taken back already"
NO_OTHER_CASE = "No other case of your homes is open."
