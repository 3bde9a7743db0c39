"""Read day words: yesterday, last night, tonight, this morning, Fri, last Friday, 3 days ago."""

from __future__ import annotations

from .everyday import kind
from .items import Bad, Day, DayKind, PartSaid, Piece, Value, Why
from .items import Part as P
from .line import Line, small_number
from .words import PARTS, WEEKDAYS, WORDLIKE_WEEKDAYS, word_set

_YESTERDAY = frozenset({"yesterday", "yday"})
_NIGHT = frozenset({"night", "nite"})


def days_at(line: Line, i: int) -> list[Piece]:
    """The day, and the part of day with it, that start at token `i`; nothing when none does."""
    for reader in (_nights, _counted, _this, _weekday, _part, _single):
        found = reader(line, i)
        if found:
            values, j, rule = found
            return [Piece(value, i, j, rule) for value in values]
    return []


Found = tuple[list[Value], int, str]


def _night(line: Line, j: int) -> bool:
    return line.word(j) in _NIGHT


def _nights(line: Line, i: int) -> Found | None:
    if line.words(i, "last") and _night(line, i + 1):
        return [Day(DayKind.LAST_NIGHT)], i + 2, "last night"
    if line.words(i, "last") and line.word(i + 1) in {"evening", "eve"}:
        return [Day(DayKind.YESTERDAY), PartSaid(P.EVENING)], i + 2, "yesterday evening"
    if line.word(i) in {"tonight", "tonite"}:
        return [Day(DayKind.TONIGHT)], i + 1, "tonight"
    start = i + 1 if line.word(i) == "the" else i
    if _night(line, start) and line.words(start + 1, "before", "last"):
        return [Day(DayKind.NIGHT_BEFORE_LAST)], start + 3, "night before last"
    return None


def _counted(line: Line, i: int) -> Found | None:
    """ "the day before yesterday", "3 days ago", "a fortnight ago"."""
    start = i + 1 if line.word(i) == "the" else i
    if line.words(start, "day", "before") and line.word(start + 2) in _YESTERDAY:
        values: list[Value] = [Day(DayKind.DAYS_AGO, 2)]
        return _with_part(line, values, start + 3, "day before yesterday")
    count, j = 1, i + 1
    if line.word(i) in {"a", "one"} and line.word(j) == "couple":
        count, j = 2, j + (2 if line.word(j + 1) == "of" else 1)
    elif line.word(i) == "couple":
        count, j = 2, j + (1 if line.word(j) == "of" else 0)
    elif line.word(i) != "a":
        number = small_number(line, i)
        if number is None:
            return None
        count, j = number
    unit = line.word(j)
    size = {"day": 1, "days": 1, "week": 7, "weeks": 7, "wk": 7, "wks": 7}.get(unit, 0)
    if unit in {"fortnight", "fortnights"}:
        size = 14
    if not size or line.word(j + 1) != "ago":
        return None
    j += 2
    if line.word(j) in WEEKDAYS or line.word(j) in {"today", "yesterday", "last", "tonight"}:
        return [Bad(Why.WHICH_DAY)], j + 1, "weeks ago and a weekday"
    if count == 0:
        return [Bad(Why.IMPOSSIBLE)], j, "no days ago"
    return [Day(DayKind.DAYS_AGO, count * size)], j, "days ago"


def _with_part(line: Line, values: list[Value], j: int, rule: str) -> Found:
    """Take the part of day that stands right after a day."""
    k = j
    if line.words(k, "in", "the"):
        k += 2
    elif line.word(k) == "at" and _night(line, k + 1):
        k += 1
    part = PARTS.get(line.word(k))
    if k == j and line.word(k) in {"am", "pm"}:
        return [*values, PartSaid(P(line.word(k)))], k + 1, rule
    if part and not _staff(line, k + 1):
        return [*values, PartSaid(P(part), marked=k > j)], k + 1, rule
    return values, j, rule


def _this(line: Line, i: int) -> Found | None:
    early = _early_hours(line, i)
    if early:
        return early
    if line.word(i) != "this":
        return None
    part = PARTS.get(line.word(i + 1))
    if line.word(i + 1) == "am":
        part = "morning"
    if part is None:
        return None
    if part == "night":
        return [Bad(Why.WHICH_DAY)], i + 2, "this night"
    return [Day(DayKind.TODAY), PartSaid(P(part))], i + 2, f"this {part}"


def _early_hours(line: Line, i: int) -> Found | None:
    j = i + 1 if line.word(i) == "the" else i
    if line.word(j) not in {"early", "small", "wee"} or line.word(j + 1) != "hours":
        return None
    j += 2
    if line.words(j, "of", "this", "morning") or line.words(j, "this", "morning"):
        j += 3 if line.word(j) == "of" else 2
        return [Day(DayKind.TODAY), PartSaid(P.EARLY)], j, "early hours"
    if line.word(j) == "of":
        j += 1
    return [PartSaid(P.EARLY)], j, "early hours"


def _single(line: Line, i: int) -> Found | None:
    if line.word(i) in _YESTERDAY:
        return _with_part(line, [Day(DayKind.YESTERDAY)], i + 1, "yesterday")
    if line.word(i) == "today":
        return _with_part(line, [Day(DayKind.TODAY)], i + 1, "today")
    return None


def _part(line: Line, i: int) -> Found | None:
    """ "in the morning", "at night", or the part of day alone."""
    if line.words(i, "in", "the") and line.word(i + 2) in PARTS and not _staff(line, i + 3):
        part = P(PARTS[line.word(i + 2)])
        if part is P.NIGHT:
            return [Bad(Why.WHICH_DAY)], i + 3, "in the night"
        if part is P.MORNING and line.words(i + 3, "of"):
            return [PartSaid(part, marked=True)], i + 4, "in the morning of"
        return [PartSaid(part, marked=True)], i + 3, f"in the {part}"
    if line.word(i) == "at" and _night(line, i + 1) and not _staff(line, i + 2):
        return [PartSaid(P.NIGHT, marked=True)], i + 2, "at night"
    if line.words(i, "lunch", "time"):
        return [PartSaid(P.LUNCH)], i + 2, "lunchtime"
    name = PARTS.get(line.word(i))
    if name is None or _staff(line, i + 1):
        return None
    return [PartSaid(P(name))], i + 1, name


def _staff(line: Line, j: int) -> bool:
    """Is the part of day before `j` the name of a shift's people ("night staff")?"""
    return line.word(j) in {"staff", "worker", "workers", "manager", "team", "carer", "carers"}


def _weekday(line: Line, i: int) -> Found | None:
    which, j = "", i
    if line.word(j) == "last" and line.word(j + 1) in WEEKDAYS:
        which, j = "last", j + 1
    elif line.words(j, "last", "week") and line.word(j + 2) in WEEKDAYS:
        which, j = "last week", j + 2
    name = line.word(j)
    if name not in WEEKDAYS:
        return None
    if name == "sat" and line.word(j - 1) in _SUBJECTS and line.word(j + 1) in _SITTING:
        return None
    if not which and name in WORDLIKE_WEEKDAYS and _is_a_word(line, j):
        return [Bad(Why.UNSURE)], j + 1, "a weekday or a word"
    if line.word(j - 1) and not kind(line.word(j - 1)) and not which:
        return [Bad(Why.UNSURE)], j + 1, "a weekday after a word it may belong to"
    after = j + 1
    if name in {"mon", "tue", "tues", "wed", "weds", "thu", "thur", "thurs", "fri", "sat", "sun"}:
        after += int(line.mark(after, ".") and line.at(after).glued and not line.digits(after + 1))
    weekday = WEEKDAYS[name]
    if line.words(after, "last", "week"):
        return [Day(DayKind.WEEKDAY, weekday, "last week")], after + 2, "weekday last week"
    if line.word(after) in {"week", "gone", "before", "school", "league", "service", "club"}:
        return [Bad(Why.WHICH_DAY)], after + 1, "which weekday"
    if line.word(after) == "last" and line.word(after + 1) not in {"seen", "saw", "week"}:
        return [Bad(Why.WHICH_DAY)], after + 1, "which weekday"
    if line.words(after, "just", "gone"):
        return [Bad(Why.WHICH_DAY)], after + 2, "which weekday"
    if line.word(j - 1) in {"this", "next", "good", "black", "every", "easter", "following"}:
        return [Bad(Why.WHICH_DAY)], after, "which weekday"
    return _with_part(line, [Day(DayKind.WEEKDAY, weekday, which)], after, "weekday")


_SUBJECTS = word_set("he she they was were is i we just and been he's she's still")
_SITTING = word_set("in on with down next by outside inside watching beside near")
_BEFORE_WEEKDAY = word_set(
    """
    on since seen saw about around approx at was and yesterday today night evening morning
    afternoon o'clock am pm last of the hrs hours hr h ish noon midday
    exactly roughly circa approximately half past quarter
    """
)


def _is_a_word(line: Line, j: int) -> bool:
    """Is "sat" a verb here, or "sun" the thing in the sky, rather than a day?"""
    before = line.at(j - 1)
    if before.kind == "word" and before.text not in _BEFORE_WEEKDAY:
        return True
    after = line.at(j + 1)
    if after.kind in {"num", "end", "mark"}:
        return False
    near = {"at", "about", "around", "night", "evening", "morning", "afternoon", "eve", "last"}
    near |= {"half", "quarter", "noon", "midday", "the", "lunchtime", "approx", "arvo", "nite"}
    return after.text not in near and small_number(line, j + 1) is None
