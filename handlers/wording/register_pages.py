"""What a person reads on the pages of the register."""

from __future__ import annotations

from datetime import date

COLUMNS = {
    "reference": "Reference",
    "home": "Home",
    "date_of_birth": "Date of birth",
    "name": "Name",
    "looked_after_by": "Looked after by (authority)",
    "placed_in": "Placed in (authority; empty: that of the home)",
    "historical_concerns": "Historical concerns",
    "flags": "What is weighed",
    "district": "District code (E09000014)",
    "left_on": "Left on",
    "care_ceased": "Care ceased on",
    "sex": "Sex",
    "ethnicity": "Ethnicity",
    "legal_status": "Legal status",
    "placement": "Placement",
    "sector": "Sector",
    "distance": "Distance from the family home, miles",
}
PROFILE = "From the missing profile"
PASSAGES = {
    "description": "Description: height, build, hair, eyes, marks",
    "phone": "Their telephone",
    "medication": "Medication, and what happens without it",
    "associates": "Friends and associates",
    "places": "Places they go to",
}
DAYS = {
    "reviewed_on": "Profile reviewed on",
    "review_by": "Next review by",
    "philomena_reviewed_on": "Philomena form reviewed on",
}
PHILOMENA = {"yes": "yes", "no": "no", "unknown": "not known"}
NO_PROFILE = "No profile yet."
NO_REVIEW = "No day for the next review."
ASK_OTHERS = "Ask a manager of that home, or an administrator."
TOO_LONG = "Please shorten this: {most} characters at most in each field."
MEANWHILE = "Somebody else changed this meanwhile. Look at it as it is now, then repeat yours."
SAVED = "Saved."
ON_LIST = "This reference is on the register already. Open it there to change it."
NO_FILE = "Please choose a file."
OLD_PREVIEW = "That preview is not there any more. Please choose the file again."
NOT_SAVED = "NOT saved: the records cannot be written just now. Please try again later."
WHERE = "{place}: "


def imported(count: int) -> str:
    """After an import."""
    return f"{count} young {'person' if count == 1 else 'people'} imported."


def ref_not_yours(ref: str) -> str:
    """A row about another's home; says nothing of who lives there."""
    return f"{ref} is not of a home that you look after"


def review_overdue(on: date) -> str:
    """The day is over."""
    return f"Review overdue since {_day(on)}."


def review_soon(on: date) -> str:
    """The day comes soon."""
    return f"Review due by {_day(on)}."


def no_day(label: str) -> str:
    """What was given is no day."""
    return f"{label}: please give a day."


def still_to_come(label: str) -> str:
    """A day of the past is asked for."""
    return f"{label}: that day is still to come."


def _day(on: date) -> str:
    return f"{on.day} {on:%b %Y}"
