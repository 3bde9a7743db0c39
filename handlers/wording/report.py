"""The report: its questions and its buttons."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from handlers.chat import bold, plain
from handlers.wording.common import clock
from handlers.wording.form import NOT_ONE

HEADING = "New report"

HOME = "Which home?"
HOME_UNSURE = "Not sure"
PERSON = "Which young person?"
NOT_LISTED = "Someone not on the list"
AGE = "How old, in years? A guess is fine, tap the lower one if in doubt."
LIVING = "Do they live at home, or are they looked after?"
LIVING_OPTIONS = [("Looked after", "lac"), ("At home with family", "home")]
AUTHORITY = "Which authority placed them?"
WHEREABOUTS = "Does somebody know for certain where they are?"
WHEREABOUTS_OPTIONS = [
    ("No, or not confirmed", "missing"),
    ("Yes, confirmed", "known"),
    ("No, and I fear for them", "feared"),
    ("🆘 Taken or forced away", "taken"),
]
FEARED = "Reported with fear for their safety."
LAST_SEEN = "When were they last seen? Tap, or type a time."
DUE_BACK = "When were they due back? Tap, or type a time."
NO_SET_TIME = "No set time"
CIRCUMSTANCES = (
    "What happened, in a few words? No names or addresses, please. "
    "I take your words out of this chat and keep them in the record."
)
CIRCUMSTANCE_OPTIONS = [
    ("Left after an argument", "argument"),
    ("Did not come back", "notback"),
    ("Left unnoticed", "unnoticed"),
    ("At a friend's or family", "friends"),
]
WHICH_HOME_AFTER_ALL = "For which home is it logged? Somebody there is asked about what is due."
REPORTED_BY = "Who reported them missing?"
REPORTED_BY_OPTIONS = [
    ("Parents or carers", "parents"),
    ("School or another agency, not the parents", "agency"),
    ("Both", "both"),
    ("Our own staff", "us"),
]
POLICE = "Have police been told? Tap, or type when."
RING_POLICE = "Ring police now: 101, in danger 999. Then go on here."
RING_999 = "🆘 Crime in action: ring 999 now. Then go on here."
NOT_YET = "Not yet"
FACTORS = "Anything that makes it worse? Tap all that apply."
CONCERNS = "Any earlier concerns (social care, earlier harm or exploitation)?"
YES_NO = [("Yes", "yes"), ("No", "no")]
SAVE = "✅ Save the report"

LABELS = {
    "home": "Home",
    "who": "Young person",
    "age": "Age",
    "live": "Lives",
    "auth": "Placed by",
    "known": "Whereabouts",
    "seen": "Last seen",
    "back": "Due back",
    "what": "Circumstances",
    "pol": "Police told",
    "worse": "Makes it worse",
    "past": "Earlier concerns",
    "dup": "Open case",
    "by": "Reported by",
}

FACTOR_LABELS = {
    "child_protection_plan": "Child protection plan",
    "s47_open": "Open s47 enquiry",
    "privately_fostered": "Privately fostered",
    "victim_of_crime": "Victim of crime",
    "avoiding_contact": "Avoiding contact",
    "criminal_activity": "Criminal activity",
    "forced_marriage_risk": "Forced marriage",
    "hbv_risk": "So-called honour abuse",
    "cse_risk": "Sexual exploitation",
    "gang_risk": "Gangs, county lines",
    "trafficking_indicators": "Trafficking signs",
    "mental_health": "Mental health",
    "self_harm": "Self-harm",
    "health_need": "Health need, medication",
    "learning_difficulty": "Learning difficulty",
    "risky_contacts": "Risky contacts",
    "uasc": "Unaccompanied migrant",
    "abducted": "Taken or forced",
}

FACTOR_BUTTONS = {
    "abducted": "Taken or forced",
    "self_harm": "Self-harm",
    "health_need": "Health, meds",
    "cse_risk": "CSE risk",
    "gang_risk": "Gangs",
    "trafficking_indicators": "Trafficking",
    "risky_contacts": "Risky contacts",
    "mental_health": "Mental health",
    "learning_difficulty": "Learning need",
    "avoiding_contact": "Avoids contact",
    "victim_of_crime": "Crime victim",
    "criminal_activity": "Offending",
    "forced_marriage_risk": "Forced marriage",
    "hbv_risk": "Honour abuse",
    "uasc": "UASC",
    "child_protection_plan": "Protection plan",
    "s47_open": "Section 47",
    "privately_fostered": "Priv. fostered",
}
"""The same on buttons, three beside each other, so that all are in view on one phone screen: what
is a danger now comes first."""
if FACTOR_BUTTONS.keys() != FACTOR_LABELS.keys():
    raise AssertionError("each factor has a label and a button")


def police(*, first: bool, taken: bool = False) -> str:
    """first: they cannot wait for the rest of the questions.  taken: a crime in action."""
    if taken:
        return f"{bold(RING_999)}\n{POLICE}"
    return f"{bold(RING_POLICE)}\n{POLICE}" if first else POLICE


def how_many(values: Sequence[str] | str) -> str:
    """What was ticked is sensitive and does not stay in the chat: how many, and no more."""
    count = sum(value != "?" for value in values)
    rest = ", rest: don't know" if "?" in values else ""
    if not count:
        return "don't know" if rest else NOT_ONE
    return f"{count} ticked, kept out of this chat{rest}"


def already_open(ref: str) -> str:
    """There is an open case for this young person."""
    return f"There is an open case for them: {bold(ref)}. Is this a new one?"


NEW_ONE = "Yes, a new report"
NEW_ONE_SAID = "this is a new report"


def open_that(ref: str) -> str:
    """The button that opens it."""
    return f"No, open {ref}"


def ages(lo: int = 5, hi: int = 17) -> list[tuple[str, str]]:
    """Buttons of ages, and one below."""
    return [(f"under {lo}", str(lo - 1)), *((str(n), str(n)) for n in range(lo, hi + 1))]


def whereabouts(value: str) -> str:
    """Known or not, as it is read back."""
    return {
        "missing": "not known for certain",
        "known": "known and confirmed",
        "feared": "not known, feared for",
        "taken": "taken or forced away",
    }.get(value, "don't know (counts as missing)")


def when(value: datetime | None, now: datetime, *, none: str) -> str:
    """A time as it is read back; `none` if there is none."""
    return clock(value, now) if value else none


def factors(values: Sequence[str] | str) -> str:
    """What was ticked; "?" among it: nothing is known of the rest."""
    named = [FACTOR_LABELS[v] for v in values if v != "?"]
    if "?" not in values:
        return plain(", ".join(named)) if named else NOT_ONE
    return plain(f"{', '.join(named)}; rest: don't know") if named else "don't know"


ON_PAPER = (
    "Police will ask: where last seen, with whom, clothing, phone. Keep that on paper, not here."
)


def review(category: str) -> str:
    """What saving means."""
    what = (
        "This will be logged as <b>missing</b>."
        if category == "missing"
        else "This will be logged as <b>away, whereabouts known</b>."
    )
    return f"{what}\n{ON_PAPER}\nNothing is saved yet. Save it?"


def unfinished(home: str, person: str, started: str) -> str:
    """A reminder of a report that is not saved."""
    about = " · ".join(p for p in (home, person) if p)
    return (
        f"You have an unfinished report{f' ({plain(about)})' if about else ''}, "
        f"started {started}. It is <b>not saved as a case yet</b>."
    )


def unfinished_elsewhere(started: str) -> str:
    """The same, about a case that the person may not see any more: not which one."""
    return (
        f"You have something unfinished, started {started}, on a case of a home that you no longer "
        "cover. It is <b>not saved</b>. Tell whoever covers it what you know, then throw it away."
    )


def unfinished_other(ref: str, title: str, started: str) -> str:
    """A reminder of another form that is not saved."""
    return (
        f"You have something unfinished on {bold(ref)} ({plain(title)}), started {started}. "
        "It is <b>not saved yet</b>."
    )


def unfinished_service(title: str, started: str) -> str:
    """A reminder of a form that is about no case."""
    return f"You have something unfinished ({plain(title)}), started {started}."


NO_HOME = "You are on the list for no home, so there is nothing that you can log."
TITLES = {
    "police": "police told",
    "authority": "authority told",
    "written": "written confirmation",
    "parents": "parents told",
    "withheld": "parents not to be told",
    "note": "note",
    "found": "found",
    "back": "back",
    "safewell": "safe and well check",
    "offered": "interview offered",
    "answered": "answer to the interview",
    "held": "interview held",
    "signoff": "sign-off",
    "raise": "level raised",
    "lower": "level stood down",
    "category": "missing or away",
    "fix": "put right",
    "concerns": "earlier concerns",
    "worse": "what makes it worse",
    "referred": "referral",
    "done": "something done",
}
"""What each form is called in the middle of a sentence."""
GO_ON = "Go on with it"
DROP = "Throw it away"
