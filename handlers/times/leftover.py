"""Judge what the times in a text leave over: does a word forbid, or throw doubt on, the reading?

A word counts as harmless only when the vocabulary knows it to be. A guard ("due", "not", "before")
forbids; anything unknown, or one slip away from a guard where that would matter, is a doubt, and
the reading is only offered.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from .items import Item, Why
from .neighbours import check
from .scan import Scan
from .text import Line, Token
from .word_table import NUMBERED, TABLE, kind, near

_WHY = {
    "future": Why.FUTURE,
    "unseen": Why.NOT_A_SIGHTING,
    "negation": Why.NOT_A_SIGHTING,
    "correction": Why.UNSURE,
    "range": Why.RANGE,
    "vague": Why.VAGUE,
    "money": Why.LEFTOVER,
    "time": Why.VAGUE,
}
_QUIET_MARKS = frozenset(".,!:;()[]\"'*_~@-|&?=")
_JOINING_MARKS = frozenset("-'/&")
_OPEN_ENDS = frozenset("-&=|")
_YOUNG_PERSON = re.compile(r"yp\d")
_GRAVE = frozenset({"future", "unseen", "negation", "correction"})
_OBJECTS = frozenset({"him", "her", "them"})


@dataclass(frozen=True, slots=True)
class Leftover:
    """What the words beside the times do.

    Attributes:
        refused: why the text must be asked back, or None.
        doubt: the reading may only be offered.
        light: only the plainest words stand beside the times.
        alone: only "about" and its like stand beside the times.
        words: the word to blame, for an explanation.
    """

    refused: Why | None
    doubt: bool
    light: bool
    alone: bool
    words: str


def leftover(line: Line, items: Sequence[Item], names: Collection[str]) -> Leftover:
    """Judge the words, marks and numbers of a line that are in no time.

    Args:
        line: the text.
        items: its times.
        names: names of people and homes of this service, lower case.
    """
    scan = Scan(line, items, names)
    free = [n for n in range(len(scan.tokens)) if n not in scan.used]
    for n in free:
        token = scan.tokens[n]
        if token.kind == "word":
            _word(scan, n, token)
        elif token.kind == "mark":
            _mark(scan, n, token.text)
        elif not _YOUNG_PERSON.fullmatch(token.text):
            scan.unsure(n)
    for item in items:
        check(scan, item)
    words = [n for n in free if scan.tokens[n].kind == "word" and not scan.approx(n)]
    light = all(scan.word(n) in TABLE["light"] or n in scan.excused for n in words)
    asked = any(scan.word(n) == "?" for n in free)
    return Leftover(scan.refused, scan.doubt, light and not asked, not words, scan.words)


def _word(scan: Scan, n: int, token: Token) -> None:
    word, of = token.text, kind(token.text)
    if n in scan.excused or (word in scan.names and of not in _WHY and not near(word)):
        return
    if (word == "and" or "and" in near(word)) and _named(scan, n - 1) and _named(scan, n + 1):
        scan.refuse(Why.TWO_TIMES, n)
    if of in _WHY:
        scan.refuse(_WHY[of], n)
    elif (
        (of in {"", "names"} and not _names_something(scan, n, word))
        or _slip_of_guard(word, scan.word(n + 1))
        or _verb_like(scan, n, word)
    ):
        scan.unsure(n)


def _verb_like(scan: Scan, n: int, word: str) -> bool:
    """ "She phone her mum": a slip of a guard ("phoned") that stands where no noun can stand."""
    if word in TABLE["light"] or word in TABLE["beside"] or kind(word) in {"approx", "before"}:
        return False
    before = scan.word(n - 1)
    noun = before in TABLE["before a noun"] or kind(before) in {"harmless", "common", "names"}
    return not noun and any(kind(w) in _GRAVE for w in near(word))


def _names_something(scan: Scan, n: int, word: str) -> bool:
    """Is this a name, or a word such as "room", and no slip of anything that matters?"""
    return scan.is_name(n) or (not near(word) and (kind(word) == "names" or word in NUMBERED))


def _named(scan: Scan, n: int) -> bool:
    """Is this a name, or a word that may be one?"""
    word = scan.word(n)
    if not scan.free(n):
        return False
    if _YOUNG_PERSON.fullmatch(word):
        return True
    return word.isalpha() and (kind(word) in {"", "names"} or word in scan.names)


def _slip_of_guard(word: str, after: str) -> bool:
    """A word that may be a guard with one slip: "on here", "he back", "cold him"."""
    if word in {"a", "an", "at", "on", "we"} and not after:
        return True
    if word == "to" and after in {"he", "we", "me"}:
        return True
    if after in TABLE["after not"] and near(word) & {"no", "not", "nae"}:
        return True
    if after in TABLE["after be"] and word in {"he", "we", "me", "by"}:
        return True
    told = after in _OBJECTS and word not in TABLE["light"] and kind(word) != "before"
    return told and any(kind(w) in {"unseen", "future"} for w in near(word))


def _mark(scan: Scan, n: int, mark: str) -> None:
    last = n + 1 == len(scan.tokens)
    quotes = sum(token.text == "'" for token in scan.tokens)
    if mark == "'" and quotes % 2 and scan.tokens[n].glued:
        scan.unsure(n)
    if mark == "&" and _named(scan, n - 1) and _named(scan, n + 1):
        scan.refuse(Why.TWO_TIMES, n)
    elif (
        mark not in _QUIET_MARKS
        or (last and mark in _OPEN_ENDS)
        or (mark not in _JOINING_MARKS and _inside_word(scan, n))
    ):
        scan.unsure(n)


def _inside_word(scan: Scan, n: int) -> bool:
    """Is this mark in the middle of what may be one word ("yes*terday")?"""
    around = scan.tokens[max(0, n - 1) : n + 2]
    words = len(around) == 3 and around[0].kind == around[2].kind == "word"
    return words and around[1].glued and around[2].glued
