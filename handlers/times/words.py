"""The vocabulary of times: numbers, units, weekdays, months, parts of the day."""

from __future__ import annotations


def word_set(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


ONES = {
    "zero": 0,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "thirteen": 13,
    "fourteen": 14,
    "fifteen": 15,
    "sixteen": 16,
    "seventeen": 17,
    "eighteen": 18,
    "nineteen": 19,
}

TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90}

NUMBERS = ONES | TENS

MINUTE_WORDS = word_set("m min mins minute minutes")

HOUR_WORDS = word_set("h hr hrs hour hours")

SECOND_WORDS = word_set("s sec secs second seconds")

DAY_UNITS = word_set("d day days")

WEEK_UNITS = word_set("week weeks wk wks")

LONG_UNITS = word_set("month months year years yr yrs decade decades")

UNITS = (
    MINUTE_WORDS
    | HOUR_WORDS
    | SECOND_WORDS
    | DAY_UNITS
    | WEEK_UNITS
    | LONG_UNITS
    | {"fortnight", "fortnights", "moment", "moments", "nights"}
)

WEEKDAYS = {
    "monday": 0,
    "mon": 0,
    "tuesday": 1,
    "tues": 1,
    "tue": 1,
    "wednesday": 2,
    "weds": 2,
    "wed": 2,
    "thursday": 3,
    "thurs": 3,
    "thur": 3,
    "thu": 3,
    "friday": 4,
    "fri": 4,
    "saturday": 5,
    "sat": 5,
    "sunday": 6,
    "sun": 6,
}

WORDLIKE_WEEKDAYS = frozenset({"sat", "sun", "wed", "mon"})
"""Weekday abbreviations that are also words or names."""

MONTHS = {
    "january": 1,
    "jan": 1,
    "february": 2,
    "feb": 2,
    "march": 3,
    "mar": 3,
    "april": 4,
    "apr": 4,
    "may": 5,
    "june": 6,
    "jun": 6,
    "july": 7,
    "jul": 7,
    "august": 8,
    "aug": 8,
    "september": 9,
    "sept": 9,
    "sep": 9,
    "october": 10,
    "oct": 10,
    "november": 11,
    "nov": 11,
    "december": 12,
    "dec": 12,
}

PARTS = {
    "morning": "morning",
    "mornin": "morning",
    "morn": "morning",
    "afternoon": "afternoon",
    "arvo": "afternoon",
    "aft": "afternoon",
    "evening": "evening",
    "evenin": "evening",
    "eve": "evening",
    "night": "night",
    "nite": "night",
    "lunchtime": "lunchtime",
    "lunch": "lunchtime",
}

DAY_WORDS = word_set("today yesterday yday yest tonight tonite last this")

TIME_WORDS = word_set(
    """
    half quarter quarters past ago noon midday midnight now o'clock oclock
    """
)

AFTER_ORDINAL = word_set("floor team class place landing storey birthday avenue street")

TIME_LIKE = (
    frozenset(NUMBERS)
    | UNITS
    | frozenset(WEEKDAYS)
    | frozenset(MONTHS)
    | frozenset(PARTS)
    | DAY_WORDS
    | TIME_WORDS
    | {"am", "pm", "gmt", "bst", "early", "late", "oh", "hundred"}
)
