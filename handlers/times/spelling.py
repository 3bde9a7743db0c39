"""Put one-slip misspellings and run-together words right.

Only words outside the vocabulary are touched, and only where the correction is the single best one:
a word as near to Tuesday as to Thursday is left alone and marked, and the text is asked back.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from .everyday import FUTURE, KIND, NEGATIONS, NOT_SIGHTING, RANGES, VAGUE, kind
from .slips import slips
from .text import Token
from .words import (
    DAY_UNITS,
    HOUR_WORDS,
    MINUTE_WORDS,
    MONTHS,
    NUMBERS,
    PARTS,
    SECOND_WORDS,
    UNITS,
    WEEK_UNITS,
    WEEKDAYS,
    word_set,
)

MISREAD = "\x00"
"""Put before a word that looks like a time and cannot be told for certain."""

_ALIASES = {
    "yest": "yesterday",
    "ystd": "yesterday",
    "ystdy": "yesterday",
    "ystrdy": "yesterday",
    "yday": "yesterday",
    "yda": "yesterday",
    "2dy": "today",
    "tdy": "today",
    "tday": "today",
    "tonite": "tonight",
    "tnight": "tonight",
    "tngt": "tonight",
    "2nite": "tonight",
    "nite": "night",
    "nght": "night",
    "ngt": "night",
    "lst": "last",
    "lsat": "last",
    "ths": "this",
    "tis": "this",
    "thsi": "this",
    "morn": "morning",
    "mrng": "morning",
    "mornin": "morning",
    "evenin": "evening",
    "evng": "evening",
    "eve": "evening",
    "arvo": "afternoon",
    "aft": "afternoon",
    "avo": "afternoon",
    "aftn": "afternoon",
    "hlf": "half",
    "haf": "half",
    "hafl": "half",
    "qtr": "quarter",
    "qrtr": "quarter",
    "quater": "quarter",
    "mns": "mins",
    "abt": "about",
    "bout": "about",
    "oclock": "o'clock",
    "o'clk": "o'clock",
    "clock": "clock",
    "wensday": "wednesday",
    "wendsday": "wednesday",
    "yestrday": "yesterday",
}

_AGO_LIKE = frozenset({"ago", "bakc", "aog", "agp", "agi", "agoo", "aggo", "gao", "ao", "go"})

_DAYS = tuple(w for w in WEEKDAYS if len(w) > 5)
_MONTHS = tuple(w for w in MONTHS if len(w) > 3)
_GENERAL = (
    "yesterday",
    "today",
    "tonight",
    "morning",
    "afternoon",
    "evening",
    "night",
    "this",
    "last",
    "half",
    "quarter",
    "quarters",
    "about",
    "around",
    "minutes",
    "hours",
    "midnight",
    "midday",
    "before",
    "after",
    "until",
    "between",
    "tomorrow",
    "curfew",
    "expected",
    "missing",
    "noticed",
    "reported",
    "lunchtime",
    "earlier",
    "either",
    "o'clock",
    "fortnight",
    *_DAYS,
    *_MONTHS,
)
_LONG = ("yesterday", "afternoon", "morning", "evening", "midnight", "tonight")
_SHORT_DAYS = tuple(w for w in (*WEEKDAYS, *MONTHS) if len(w) < 6 and w not in {"may", "mar"})
_TURNS = ("not", "due", "from", "over", "under", "next", "later", "until", "soon") + tuple(
    sorted(w for w in FUTURE | NOT_SIGHTING | NEGATIONS | RANGES | VAGUE if len(w) > 4)
)
"""Words that turn a time into something else: one slip from them, the text is asked back."""
_NUMBER_WORDS = tuple(w for w in NUMBERS if len(w) > 2) + ("hundred",)
_PIECES = word_set(
    """
    last this yesterday yday today tonight night nite morning afternoon evening half quarter
    past ago min mins minute minutes hour hours hr hrs an and at am pm the about around just now
    since midnight noon midday oclock ish of
    """
) | {w for w in (*NUMBERS, *WEEKDAYS) if w not in {"sun", "sat", "wed", "mon", "thu"}}
_INNER_PIECES = _PIECES | {"a", "to", "in"}
_LONGEST_WORD = 30


def nearest(word: str, targets: Iterable[str]) -> tuple[str, bool]:
    """The one target within a slip (two for long words), or "", and whether several tie."""
    best, rank, tie = "", 9, False
    for target in targets:
        limit = 2 if len(target) >= 7 and len(word) >= 7 else 1
        count = slips(word, target, limit)
        if count > limit:
            continue
        if count < rank:
            best, rank, tie = target, count, False
        elif count == rank and target[:3] != best[:3]:
            # A first letter is rarely the wrong one.
            if rank == 2 or (target[0] == word[0]) == (best[0] == word[0]):
                tie = True
            elif target[0] == word[0]:
                best, tie = target, False
    return best, tie


@lru_cache(maxsize=4096)
def _general(word: str) -> str:
    """The corrected word, MISREAD + word when it cannot be told, or "" for no time word."""
    best, tie = nearest(word, _GENERAL)
    number, _ = nearest(word, _NUMBER_WORDS) if len(word) > 3 else ("", False)
    if number and not best:
        return MISREAD + word
    if not best and any(slips(word, turn, 1) <= 1 for turn in _TURNS + _SHORT_DAYS):
        return MISREAD + word
    if not best and any(part in word for part in ("day", "nigh", "morn", "noon")):
        return MISREAD + word
    if tie or (number and best and slips(word, best, 2) >= slips(word, number, 2)):
        return MISREAD + word
    return best


@lru_cache(maxsize=4096)
def _split(word: str) -> tuple[str, ...]:
    """The time words a run-together word is made of, or nothing. One way only, fewest pieces."""
    if len(word) < 4 or len(word) > _LONGEST_WORD:
        return ()
    ways: list[tuple[str, ...] | None] = [()] + [None] * len(word)
    for stop in range(1, len(word) + 1):
        for start in range(max(0, stop - 9), stop):
            head = ways[start]
            piece = word[start:stop]
            if head is None:
                continue
            inner = start > 0
            if piece in (_INNER_PIECES if inner else _PIECES | {"a"}):
                way = (*head, piece)
                known = ways[stop]
                if known is None or len(way) < len(known):
                    ways[stop] = way
    found = ways[-1]
    if found is None or len(found) < 2 or not any(len(p) > 2 for p in found):
        return ()
    return found


def _unit(word: str) -> str:
    """The unit meant in "20 ... ago", whatever else the word could be; "" when unclear."""
    if word in UNITS or word in NUMBERS:
        return word
    targets = MINUTE_WORDS | HOUR_WORDS | SECOND_WORDS | DAY_UNITS | WEEK_UNITS
    families = (MINUTE_WORDS, HOUR_WORDS, SECOND_WORDS, DAY_UNITS, WEEK_UNITS)
    ranked: list[tuple[int, int]] = []
    for number, family in enumerate(families):
        near = [slips(word, w, 2) for w in family if w in targets and len(w) > 2 and len(word) > 2]
        ranked.append((min(near, default=9), number))
    ranked.sort()
    (first, which), (second, _) = ranked[0], ranked[1]
    if first > (2 if len(word) > 5 else 1) or first == second:
        return ""
    return ("minutes", "hours", "seconds", "days", "weeks")[which]


def spelled(found: list[Token]) -> list[Token]:
    """The tokens with slips corrected; tokens that cannot be told carry the MISREAD sign."""
    result: list[Token] = []
    last_ago = max((n for n, token in enumerate(found) if token.text in _AGO_LIKE), default=-1)
    for at, token in enumerate(found):
        if token.kind != "word":
            result.append(token)
            continue
        after = found[at + 1] if at + 1 < len(found) else None
        result.extend(_correct(token, result[-1] if result else None, after, at < last_ago))
    return result


def _correct(
    token: Token, before: Token | None, after: Token | None, before_ago: bool
) -> list[Token]:
    word = token.text
    numeric = before is not None and (
        before.kind in {"num", "frac"} or before.text in NUMBERS or before.text in {"a", "an"}
    )
    joined = after is not None and (after.text in _AGO_LIKE or after.text == "and")
    if numeric and before_ago and (joined or not kind(word)) and (fixed := _unit(word)):
        return [token if fixed == word else token.read_as(fixed, "misspelt")]
    ends_elapsed = before is not None and before.text in UNITS
    if word == "n" and after is not None and after.text in {"a", "half"}:
        return [token.read_as("and", "short form")]
    if ends_elapsed and _slip_of(word, "ago") and (not kind(word) or (word == "go" and not after)):
        return [token.read_as("ago", "misspelt")]
    nightly = before is not None and (
        before.text in WEEKDAYS or before.text in {"last", "yesterday"}
    )
    if nightly and not kind(word) and _slip_of(word, "night"):
        return [token.read_as("night", "misspelt")]
    if word in _ALIASES and _ALIASES[word] != word:
        return [token.read_as(_ALIASES[word], "short form")]
    if before is not None and before.text == "last" and kind(word) and _slip_of(word, "night"):
        return [token.read_as(MISREAD + word, "may be night")]
    if after is not None and after.text in WEEKDAYS and kind(word) and _slip_of(word, "next"):
        return [token.read_as(MISREAD + word, "may be next")]
    if after is not None and _slip_of(word, "half") and _is_hour(after):
        if kind(word):
            return [token.read_as(MISREAD + word, "may be half")]
        return [token.read_as("half", "misspelt")]
    if kind(word) or len(word) > _LONGEST_WORD:
        return [token]
    if len(word) > 3 and word.endswith("ish") and word[:-3] in (KIND.keys() & _ISHABLE):
        stem = token.read_as(word[:-3], "")
        return [stem, Token("word", "ish", True, "", "ish")]
    for long in _LONG:
        if len(word) > 6 and slips(word, long, 1) <= 1:
            return [token.read_as(long, "misspelt")]
    pieces = _split(word)
    if pieces:
        whole = [Token("word", p, True, "run together", p) for p in pieces]
        first = Token("word", pieces[0], token.glued, "run together", word)
        return [first, *whole[1:]]
    if len(word) < 3:
        return [token]
    fixed = _general(word)
    if fixed in {"last", "this"} and not (after is not None and _time_after(after.text)):
        return [token.read_as(MISREAD + word, "may be latest")]
    if fixed:
        return [token.read_as(fixed, "misspelt")]
    return [token]


def _time_after(word: str) -> bool:
    """Can "last" or "this" stand before this word, as typed or put right?"""
    known = word if kind(word) else _general(word)
    return known in PARTS or known in WEEKDAYS or known in {"week", "seen", "saw", "time"}


def _is_hour(token: Token) -> bool:
    if token.text in NUMBERS or token.text in {"a", "an", "hour", "past"}:
        return True
    return token.kind == "num" and len(token.text) <= 2


def _slip_of(word: str, meant: str) -> bool:
    """Is the word one slip away from a word that would change the time where it stands?"""
    return word != meant and slips(word, meant, 1) <= 1


_ISHABLE = frozenset(NUMBERS) | {"noon", "midnight", "midday", "pm", "am", "mins", "min", "hour"}
