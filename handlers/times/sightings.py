"""Long notes: is there one sentence that tells a sighting, and is it the only one about a time?"""

from __future__ import annotations

import re
from datetime import date

from .grammar import items
from .text import Line, Token
from .word_table import NUMBERED, TIME_WORDS, kind, near

_SHORT = 160
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"'])|\n+")
_SIGHTING = frozenset(
    ["seen", "saw", "sighted", "sighting", "spotted", "observed", "left", "returned", "back"]
)
_TRUTH = frozenset({"right", "true", "sure", "certain", "accurate"})
_SPEAKS = frozenset({"correction", "time", "vague"})


def is_note(text: str) -> bool:
    """Is this longer than an answer to "when?", in more than one sentence?"""
    return len(text) > _SHORT and len(sentences(text)) > 1


def sentences(text: str) -> list[str]:
    """The sentences and lines of a note."""
    return [part for part in _SENTENCE.split(text.strip()) if part.strip()]


def tells_sighting(line: Line) -> bool:
    """Does the sentence speak of somebody seen, with a number or a time word in it?"""
    words = {t.text for t in line.tokens}
    return bool(words & _SIGHTING) and any(_about_time(t) for t in line.tokens)


def _about_time(token: Token) -> bool:
    return token.kind == "number" or token.text in TIME_WORDS


def speaks_of_time(line: Line, today: date) -> bool:
    """Could this sentence hold, change or take back a time: by a word of time, an unknown word?"""
    if any(item.value is not None for item in items(line, today)):
        return True
    kinds = {kind(token.text) for token in line.tokens}
    words = {token.text for token in line.tokens}
    taken_back = "negation" in kinds and bool(words & _TRUTH)
    unknown = any(_unknown(token, n) for n, token in enumerate(line.tokens))
    return taken_back or unknown or bool(kinds & _SPEAKS)


def _unknown(token: Token, n: int) -> bool:
    """A word of no class; a capitalised one that is not the first is taken for a name."""
    if token.kind != "word":
        return token.kind == "name"
    named = token.capital and n > 0 and not near(token.text)
    return not kind(token.text) and token.text not in NUMBERED and not named
