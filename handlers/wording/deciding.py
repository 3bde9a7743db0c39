"""What is asked when a duty is decided, a meeting was held or an assessment begun."""

from __future__ import annotations

from datetime import date

from handlers.wording.common import NO_NAMES

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
ASSESSMENT = "Assessment begun"
ASSESSMENT_ASK = "Which one?"
ASSESSMENT_OPTIONS = [
    ("Early help", "early_help"),
    ("Section 17", "section_17"),
    ("Section 47", "section_47"),
]


def day(of: date) -> str:
    """A day to come, as "Wed 25 Nov"."""
    return f"{of:%a} {of.day} {of:%b}"
