"""Put one-slip misspellings and run-together words right.

Only words outside the vocabulary are touched, and only where the correction is the single best one:
a word as near to Tuesday as to Thursday is left alone and marked, and the text is asked back.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from .text import Token
from .words import (
    DAY_UNITS,
    HOUR_WORDS,
    KIND,
    MINUTE_WORDS,
    MONTHS,
    NUMBERS,
    SECOND_WORDS,
    UNITS,
    WEEK_UNITS,
    WEEKDAYS,
    kind,
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
_NUMBER_WORDS = tuple(w for w in NUMBERS if len(w) > 2) + ("hundred",)
_PIECES = frozenset(
    ["last", "this", "yesterday", "yday", "today", "tonight", "night", "nite", "morning", "afternoon", "evening", "half", "quarter", "past", "ago", "min", "mins", "minute", "minutes", "hour", "hours", "hr", "hrs", "an", "and", "at", "am", "pm", "the", "about", "around", "just", "now", "since", "midnight", "noon", "midday", "oclock", "ish", "of"]
) | {w for w in (*NUMBERS, *WEEKDAYS) if w not in {"sun", "sat", "wed", "mon", "thu"}}
_INNER_PIECES = _PIECES | {"a", "to", "in"}
_LONGEST_WORD = 30


def slips(one: str, two: str, limit: int) -> int:
    """Slips between two words: a letter added, lost, changed, or two neighbours swapped.

    Returns `limit` + 1 when there are more than `limit`.
    """
    if abs(len(one) - len(two)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(two) + 1))
    for i, a in enumerate(one, 1):
        after = [i]
        for j, b in enumerate(two, 1):
            cost = min(row[j] + 1, after[j - 1] + 1, row[j - 1] + (a != b))
            if i > 1 and j > 1 and a == two[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            after.append(cost)
        before, row = row, after
    return min(row[-1], limit + 1)


def nearest(word: str, targets: Iterable[str]) -> tuple[str, bool]:
    """The one target within a slip (two for long words), or "", and whether several tie."""
    best, rank, tie = "", 9, False
    for target in targets:
        limit = 2 if len(target) >= 7 and len(word) >= 6 else 1
        count = slips(word, target, limit)
        if count > limit:
            continue
        if count < rank:
            best, rank, tie = target, count, False
        elif count == rank and target[:3] != best[:3]:
            tie = True
    return best, tie


@lru_cache(maxsize=4096)
def _general(word: str) -> str:
    """The corrected word, MISREAD + word when it cannot be told, or "" for no time word."""
    best, tie = nearest(word, _GENERAL)
    number, _ = nearest(word, _NUMBER_WORDS) if len(word) > 3 else ("", False)
    if number and not best:
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
    for at, token in enumerate(found):
        if token.kind != "word":
            result.append(token)
            continue
        after = found[at + 1] if at + 1 < len(found) else None
        result.extend(_correct(token, result[-1] if result else None, after))
    return result


def _correct(token: Token, before: Token | None, after: Token | None) -> list[Token]:
    word = token.text
    numeric = before is not None and (
        before.kind in {"num", "frac"} or before.text in NUMBERS or before.text in {"a", "an"}
    )
    to_ago = after is not None and after.text in {"ago", "bakc", "aog"}
    if numeric and to_ago and (fixed := _unit(word)):
        return [token if fixed == word else token.read_as(fixed, "misspelt")]
    ends_elapsed = before is not None and before.text in UNITS
    if ends_elapsed and word in {"aog", "ag", "agp", "agi", "agoo", "aggo", "agao", "gao", "ahgo"}:
        return [token.read_as("ago", "misspelt")]
    if word in _ALIASES and _ALIASES[word] != word:
        return [token.read_as(_ALIASES[word], "short form")]
    if after is not None and _half_slip(word) and _is_hour(after):
        if kind(word):
            return [token.read_as(MISREAD + word, "may be half")]
        return [token.read_as("half", "misspelt")]
    if kind(word) or len(word) > _LONGEST_WORD:
        return [token]
    if len(word) > 3 and word.endswith("ish") and word[:-3] in (KIND.keys() & _ISHABLE):
        stem = token.read_as(word[:-3], "")
        return [stem, Token("word", "ish", True, "", "ish")]
    pieces = _split(word)
    if pieces:
        whole = [Token("word", p, True, "run together", p) for p in pieces]
        first = Token("word", pieces[0], token.glued, "run together", word)
        return [first, *whole[1:]]
    if len(word) < 3:
        return [token]
    fixed = _general(word)
    if fixed:
        return [token.read_as(fixed, "misspelt")]
    return [token]


def _is_hour(token: Token) -> bool:
    return token.text in NUMBERS or (token.kind == "num" and len(token.text) <= 2)


@lru_cache(maxsize=1024)
def _half_slip(word: str) -> bool:
    """One slip from "half": before an hour it changes the time by thirty minutes."""
    return word != "half" and slips(word, "half", 1) <= 1


_ISHABLE = frozenset(NUMBERS) | {"noon", "midnight", "midday", "pm", "am", "mins", "min", "hour"}
