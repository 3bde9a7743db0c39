"""Judge single words beside a time: "due", "noticed", "before", "until", "not".

Each function returns why the text must be asked back, or None when the word does no harm.
"""

from __future__ import annotations

from collections.abc import Sequence

from .around import TIME, has_word, lapse_only, next_time, since_time, word_at
from .items import Clock, Day, Elapsed, Mark, PartSaid, Piece, Why, Word
from .words import NUMBERS, UNITS, word_set

_SOFT = frozenset({"just", "shortly", "bit", "little", "slightly"})

_PRESENT = frozenset({"here", "there", "home", "in", "inside", "us"})

_SEEN = frozenset({"seen", "sign", "sighting", "sightings", "saw", "see", "sighted"})

_SINCE_STATES = frozenset({"missing", "gone", "absent"})

_STATES = word_set(
    """
    was is were been be still already stayed he's she's they're hes shes theyre it's
    """
) | {""}

_SPANS = UNITS | {
    "point",
    "stage",
    "time",
    "times",
    "morning",
    "evening",
    "afternoon",
    "weekday",
    "of",
}

_LOOSE_TIMES = word_set(
    """
    family tea bed dinner supper home break play some any same this long free meal closing opening
    """
)

_ON_DUTY = word_set("manager staff worker team officer social carer")

_AT_MEALS = word_set(
    "had having eating ate at for his her their after before during made making the"
)

_TO_BED = word_set("in into to his her their the of up")

_WHOSE = word_set("his her their")

_WILL = word_set("be come return get go leave arrive have back")


def _told_already(found: Sequence[Piece], n: int) -> bool:
    """Is the clock time told before piece `n`, and what follows is only an event?

    "Ran off at 9pm after an argument" says when; "before he left at 9pm" does not.
    """
    if n + 1 >= len(found) or not isinstance(found[n + 1].value, Word):
        return False
    return any(isinstance(p.value, Clock) for p in found[:n]) and not any(
        isinstance(p.value, TIME) for p in found[n:]
    )


def turned(found: Sequence[Piece], n: int, word: Word) -> Why | None:
    """Why the word at piece `n` forbids using the time beside it, or None."""
    match word.kind:
        case "future":
            return Why.FUTURE
        case "not seen":
            return _not_seen(found, n, word.text)
        case "negation":
            return _negation(found, n, word.text)
        case "range":
            if word.text == "or" and word_at(found, n + 1) in {"so", "thereabouts", "take"}:
                return None
            return Why.RANGE
        case "vague":
            return _vague(found, n, word.text)
        case "time":
            return _unused(found, n, word.text)
        case "hedge":
            return None
        case _:
            return _joining(found, n, word.text)


def _not_seen(found: Sequence[Piece], n: int, text: str) -> Why | None:
    ago = any(isinstance(p.value, Elapsed) and p.value.ago for p in found)
    if text in _SINCE_STATES and (since_time(found) or (lapse_only(found) and not ago)):
        return None
    if text == "gone":
        after = found[n + 1] if n + 1 < len(found) else None
        alone = word_at(found, n - 1) in {"", "just", "at", "about", "seen", "it"}
        if alone and after is not None and isinstance(after.value, Clock):
            return None
    if text == "phone" and word_at(found, n - 2) == "on" and word_at(found, n - 1) in _WHOSE:
        return None
    if text == "police" and has_word(
        found, "brought", "returned", "dropped", "seen", "spotted", "by"
    ):
        return None
    return Why.NOT_A_SIGHTING


def _negation(found: Sequence[Piece], n: int, text: str) -> Why | None:
    if text in {"not", "n't"} and word_at(found, n + 1) in {"sure", "certain", "definite"}:
        return None
    if since_time(found) and has_word(found, *_SEEN) and text not in {"wrong", "incorrect", "yet"}:
        return None
    return Why.NOT_A_SIGHTING


def _vague(found: Sequence[Piece], n: int, text: str) -> Why | None:
    if text == "dark" and n + 1 < len(found):
        described = found[n + 1].value
        return None if isinstance(described, Word) and described.kind == "plain" else Why.VAGUE
    if text == "earlier":
        after = found[n + 1] if n + 1 < len(found) else None
        before = found[n - 1] if n else None
        if before is None or isinstance(before.value, (Word, Mark, Clock)):
            if after is not None and isinstance(after.value, (Day, PartSaid)):
                return None
            if word_at(found, n + 1) in {"at", "on"}:
                return None
    return Why.VAGUE


def _unused(found: Sequence[Piece], n: int, text: str) -> Why | None:
    """A time word that no time took."""
    if len(text) == 1 or (text == "am" and word_at(found, n - 1) == "i"):
        return None
    if text in NUMBERS or text in UNITS:
        return Why.LEFTOVER
    return Why.VAGUE


def nameless(found: Sequence[Piece], n: int) -> bool:
    """Is this a name, or a word that may be one?"""
    value = found[n].value if 0 <= n < len(found) else None
    return isinstance(value, Word) and value.kind in {"", "name"}


def _joining(found: Sequence[Piece], n: int, text: str) -> Why | None:
    after = next_time(found, n)
    before = word_at(found, n - 1)
    clock = after is not None and isinstance(after.value, (Clock, Day, PartSaid))
    lapse = after is not None and isinstance(after.value, Elapsed)
    match text:
        case "before" | "after":
            if before in _SOFT and after is not None and isinstance(after.value, Clock):
                return None
            return None if _told_already(found, n) else Why.RANGE
        case "until" | "till" | "til" | "'til":
            return None if before in _PRESENT and clock else Why.RANGE
        case "be":
            return None if before in {"must", "might", "could", "may"} else Why.FUTURE
        case "looking" | "looked" | "look":
            return Why.NOT_A_SIGHTING if word_at(found, n + 1) == "for" else None
        case "of":
            direct = found[n + 1].value if n + 1 < len(found) else None
            return Why.UNSURE if isinstance(direct, Clock) else None
        case "check" | "checked" | "checks" if not has_word(found, "seen", "saw"):
            return Why.NOT_A_SIGHTING
        case "bus" | "train" | "tram" | "coach" | "news" | "film" | "check" | "round" | "rounds":
            direct = found[n - 1].value if n else None
            return Why.UNSURE if isinstance(direct, Clock) else None
        case "and" if nameless(found, n - 1) and nameless(found, n + 1):
            return Why.TWO_TIMES
        case "and":
            direct = found[n + 1].value if n + 1 < len(found) else None
            return Why.LEFTOVER if isinstance(direct, (Clock, Elapsed)) else None
        case "to" if n + 1 == len(found) and n and isinstance(found[n - 1].value, Clock):
            return Why.RANGE
        case "by" | "from" | "to":
            return Why.RANGE if after is not None else None
        case "for":
            return Why.FUTURE if clock else None
        case "in":
            return Why.FUTURE if lapse else None
        case "over" | "under" | "past":
            return Why.RANGE if after is not None else None
        case "last":
            direct = found[n + 1].value if n + 1 < len(found) else None
            return Why.RANGE if lapse or isinstance(direct, Clock) else None
        case "this":
            return Why.VAGUE if n + 1 == len(found) or after is not None else None
        case "nearly" | "almost":
            return Why.UNSURE if clock or after is None else None
        case "soon":
            return Why.FUTURE
        case "get" | "gets" | "getting" if not has_word(found, "seen", "saw"):
            return Why.FUTURE if word_at(found, n + 1) in {"in", "back", "home", "here"} else None
        case "near" | "towards" | "toward":
            return Why.UNSURE if clock else None
        case "duty":
            return None if word_at(found, n + 1) in _ON_DUTY else Why.VAGUE
        case "max" | "min":
            timed = n > 0 and isinstance(found[n - 1].value, TIME)
            return Why.RANGE if timed else None
        case "tea" | "dinner" | "breakfast" | "supper":
            return None if before in _AT_MEALS else Why.VAGUE
        case "out" | "away":
            left = before not in _STATES or since_time(found) or lapse_only(found)
            return None if left else Why.NOT_A_SIGHTING
        case "couple":
            k = n + 2 if word_at(found, n + 1) == "of" else n + 1
            return Why.VAGUE if word_at(found, k) in _SPANS or after is not None else None
        case "some" | "other" | "another" | "same":
            return Why.VAGUE if word_at(found, n + 1) in _SPANS or after is not None else None
        case "going":
            going = word_at(found, n + 1) == "to" and word_at(found, n + 2) in _WILL
            return Why.FUTURE if going else None
        case "coming":
            return None if has_word(found, "seen", "saw") else Why.FUTURE
        case "way":
            return Why.FUTURE
        case "late" | "early":
            return None if isinstance(getattr(after, "value", None), (Day, PartSaid)) else Why.VAGUE
        case "time":
            return Why.VAGUE if before in _LOOSE_TIMES else None
        case "bed":
            return None if before in _TO_BED else Why.VAGUE
        case _:
            return None
