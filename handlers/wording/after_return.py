"""What is asked after the return: who is told, what followed, and what is decided."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime

from handlers.chat import bold, plain
from handlers.wording import recording
from handlers.wording.common import clock
from protocol import facts as f

NO_NAMES = "I take your words out of this chat and keep them in the record."

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

DISTRICT = (
    "In which district? Tap, or type its code (as E07000223). A name goes into the notes. "
    "No address."
)
PLACEMENT_DISTRICT = "District of the placement"
GIVEN = "kept, taken out of this chat"
NOT_A_CODE = "District, by name: "
RESULT_NOTE = f"Anything else about it, in a few words? {NO_NAMES}"

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
NOT_REFERRED = "No referral is on record yet. Record the referral first."
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
ACTION = "Action agreed"
ACTION_FROM = "Where was it agreed?"
ACTION_FROM_OPTIONS = [("Return interview", "interview"), ("Meeting", "meeting")]
ACTION_WHAT = f"What is to be done? Tap or type; one action at a time. {NO_NAMES}"
ACTION_USUAL = [
    ("No action was agreed", "no action was agreed"),
    ("Review contact with family", "review contact with family"),
    ("Talk to the school", "talk to the school"),
    ("Refer to a service", "refer to a service"),
    ("Change the care plan", "change the care plan"),
]
NO_ACTION = "no action was agreed"
ACTION_OWNER = "Who follows it up?"
OWNERS = [
    ("Our home", "home"),
    ("Key worker", "key worker"),
    ("Social worker", "social worker"),
    ("Authority manager", "authority manager"),
    ("Police", "police"),
    ("Health", "health"),
    ("School", "school"),
    ("Somebody else", "somebody else"),
]
ACTION_DAY = "By which day? I ask then what became of it."
OWNER_UNKNOWN = "whoever follows it up"
NO_DAY = "No day set"
NOT_MET = "No interview or meeting is on record yet. Record first that it was held."
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

MEETING = "Meeting"
MEETING_ASK = "Was it held, or is it booked?"
MEETING_OPTIONS = [("Held", "held"), ("Booked", "booked"), ("Not needed", "no")]
MEETING_ON = "For when? I ask then whether it was held."
PRESENT_ASK = "Who came?"
PRESENT_OPTIONS = [
    ("Our home", "home"),
    ("Social worker", "social worker"),
    ("Authority manager", "authority manager"),
    ("Police", "police"),
    ("Health", "health"),
    ("School", "school"),
    ("Reviewing officer", "reviewing officer"),
    ("Youth justice", "youth justice"),
]
MEETING_KIND = "Which meeting?"
MEETING_KINDS = [
    ("Strategy meeting", "strategy"),
    ("Intervention meeting", "intervention"),
    ("Multi-agency risk", "risk_management"),
    ("Placement review", "placement_review"),
    ("Professionals' meeting", "professionals"),
    ("Case conference", "case_conference"),
    ("Early help", "early_help"),
]
NEXT_REVIEW = "When is the next review? I ask then whether it was held."
LEAD = f"Lead professional, by role? {NO_NAMES}"
MEETING_DECIDED = f"What was decided? {NO_NAMES}"
SKIP = "Skip"

DECIDE = "Decide"
OUTCOMES = {
    "done": "✅ Done",
    "not_needed": "Not needed",
    "booked": "📅 Booked",
    "handed_over": "➡️ Handed over",
}
DECIDE_ASK = "What became of it?"
REASON = f"Why is it not needed? The reason stays on record. {NO_NAMES}"
HANDED_TO = f"To whom, by role? {NO_NAMES}"
DONE_NOTE = f"A word about it? {NO_NAMES}"
NEEDS_NOTE = f"Why? The reason stays on record. {NO_NAMES}"
WEEKLY_NOTE = (
    "What was decided? With a note it stands for the weeks that were missed, too; skip: it "
    f"settles the oldest alone. {NO_NAMES}"
)
UNTIL = "Until when? I ask then whether it is done."

PLANS = "Plans considered"
PLANS_ASK = "Which of these were done? What is not done yet can be recorded later."
PLAN_OPTIONS = [
    ("Care plan updated", "RET-CARE-PLAN:care plan"),
    ("Placement plan updated", "RET-CARE-PLAN:placement plan"),
    ("Early review considered", "SG-REVIEW:"),
    ("Strategy meeting considered", "RET-STRATEGY:"),
    ("Support reviewed", "RET-SUPPORT:"),
    ("On their chronology", "RET-RECORD:"),
]
"""Duty or action, and what the record says of it."""

TOGETHER = "Away together"
TOGETHER_ASK = "With the young person of which case? Each case keeps its own level."
UNDO = "Take back an entry"
UNDO_ASK = "Which entry was wrong? It stays on record as taken back."
UNDO_WHY = f"What was wrong with it? {NO_NAMES}"
NO_ENTRY = "There is no entry here that can be taken back. Put right has the others."
GONE_ENTRY = "taken back already"
NO_OTHER_CASE = "No other case of your homes is open."
ASSESSMENT = "Assessment begun"
ASSESSMENT_ASK = "Which one?"
ASSESSMENT_OPTIONS = [
    ("Early help", "early_help"),
    ("Section 17", "section_17"),
    ("Section 47", "section_47"),
]

SIGN_OFF_WHY = (
    "Why do you sign off with this open? The reason is kept, and managers see it in the weekly "
    f"digest. {NO_NAMES}"
)
SIGN_OFF_REASONS = [
    ("The authority follows it up", "the authority follows it up"),
    ("Moved to another provider", "moved to another provider"),
    ("Cannot be found out any more", "cannot be found out any more"),
    ("Declined by the young person", "declined by the young person"),
]


def reason_shown(reason: str) -> str:
    """A usual reason as it is; of a person's own words only that they are kept."""
    usual = {text for _, text in SIGN_OFF_REASONS}
    return reason if reason in usual else "in their own words, kept in the record"


RECORD_IT = "Record it"
DECIDE_OTHERWISE = "Decide otherwise"
NOTHING_LEFT = "Nothing is left to settle. A manager can sign off."


def to_settle(ref: str, titles: Sequence[str], waiting: Sequence[str]) -> str:
    """The list: what stands in the way of signing off, and what is put off until when."""
    lines = [bold(f"{ref} · to settle")]
    lines += [f"• {plain(title)}" for title in titles] or [NOTHING_LEFT]
    if waiting:
        lines += ["", "Put off:", *(f"• {plain(line)}" for line in waiting)]
    if titles:
        lines += ["", "Tap one to record it or to decide about it."]
    return "\n".join(lines)


def put_off(title: str, outcome: str, until: datetime, now: datetime) -> str:
    """A duty that was put off, in a line."""
    word = "booked for" if outcome == "booked" else "handed over until"
    return f"{title}: {word} {clock(until, now)}"


def item(ref: str, title: str, source: str) -> str:
    """One thing to settle, with its source."""
    return f"{bold(f'{ref} · to settle')}\n{plain(title)}\n<i>{plain(source)}</i>"


def left_open(titles: Sequence[str]) -> str:
    """Above the question for the reason, when a manager signs off all the same."""
    return "\n".join(["Still open:", *(f"• {plain(title)}" for title in titles)])


def another_signs_off(names: Sequence[str]) -> str:
    """Whoever did the work does not sign it off alone."""
    who = ", ".join(plain(name) for name in names)
    return f"You recorded this case yourself, so another manager signs it off: {who}."


def more_came(titles: Sequence[str]) -> str:
    """Something has come up that nobody gave a reason for when the case was signed off."""
    return "\n".join(
        ["Not closed. Open since the sign-off:", *(f"• {plain(title)}" for title in titles),
         "Settle it, or sign off again."]
    )  # fmt: skip


MANAGER_CLOSES = "Something is left open: only a manager can close this case."
LATE = "This case is closed and stays closed. What you record now is an entry after closing."
LATE_MANAGER = "This case is closed. A manager can still add an entry."
AFTER_CLOSING = " <i>(after closing)</i>"


def done(fact: f.Fact, title: Callable[[str], str], now: datetime) -> str:
    """One of the facts that follow a return, as a line of what is done; "" for none of these."""
    match fact:
        case f.ToldOfReturn(whom=whom, role=role):
            who = f" ({_label(BACK_ROLES, role)})" if role else ""
            return plain(f"{whom} told that it is over{who}")
        case f.PoliceAnswered(accepted=accepted, grade=grade):
            if not accepted:
                return "police refused the report, reason kept"
            return plain(f"police accepted the report, grade: {_label(GRADES, grade).lower()}")
        case f.Collected(by_whom=by_whom, police_along=along):
            police = ", police asked to come along" if along is True else ""
            return plain(f"brought back by: {_label(COLLECTED_OPTIONS, by_whom).lower()}{police}")
        case f.MedicalChecked(done=checked):
            return "medical check done" if checked else "no medical check, reason kept"
        case f.WhileAway():
            return "what is known of the time away, kept"
        case f.Referred(to=to):
            return plain(f"referred to: {_label(REFERRAL_OPTIONS, to).lower()}")
        case f.ReferralAnswered(outcome=outcome):
            return plain(f"referral led to: {_label(RESULT_OPTIONS, outcome).lower()}")
        case f.InterviewBooked(on=on):
            return f"return interview booked for {clock(on, now)}"
        case f.InterviewShared():
            return "interview shared"
        case f.MeetingBooked(on=on, about=about):
            return plain(f"{title(about) or MEETING}: booked for {clock(on, now)}")
        case f.MeetingHeld(about=about):
            return plain(f"{title(about) or MEETING}: held")
        case f.Decided(about=about, outcome=outcome, until=until):
            when = f" until {clock(until, now)}" if until else ""
            word = OUTCOMES[outcome].partition(" ")[2] if " " in OUTCOMES[outcome] else ""
            word = "not needed, reason kept" if outcome == "not_needed" else word.lower()
            return plain(f"{title(about)}: {word}{when}")
        case f.AssessmentBegun(assessment=assessment):
            return plain(f"assessment begun: {_label(ASSESSMENT_OPTIONS, assessment).lower()}")
        case f.AwayTogether(other=other):
            return plain(f"away together with {other or 'a young person of another home'}")
        case _:
            return ""


def entry(fact: f.Fact, title: Callable[[str], str], now: datetime) -> str:
    """One entry as a button: when it was written, and what it says."""
    match fact:
        case f.DutyDone(duty=duty):
            said = f"{title(duty)}: done"
        case f.SignedOff():
            said = "signed off"
        case f.AuthorityAcknowledged(role=role):
            said = f"authority acts on it: {_label(BACK_ROLES, role).lower()}"
        case _:
            said = done(fact, title, now)
    return f"{clock(fact.recorded_at, now)} {said}"


def _label(pairs: Sequence[tuple[str, str]], code: str) -> str:
    return next((label for label, value in pairs if value == code), code)


def day(of: date) -> str:
    """A day to come, as "Wed 25 Nov"."""
    return f"{of:%a} {of.day} {of:%b}"
