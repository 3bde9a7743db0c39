"""Long notes: is there one sentence that tells a sighting, and is it the only one about a time?"""

from __future__ import annotations

import re
from datetime import date

from .grammar import items
from .text import Line, Token
from .vocabulary import TIME_WORDS, kind, near

_SHORT = 160
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"'])|\n+")
_SIGHTING = frozenset(
    ["seen", "saw", "sighted", "sighting", "spotted", "observed", "left", "returned", "back"]
)
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
    """Could anything in this sentence be, or have been meant as, a time or a day?"""
    if any(item.value is not None for item in items(line, today)):
        return True
    for token in line.tokens:
        if token.kind == "name" or kind(token.text) in _SPEAKS:
            return True
        if token.kind == "word" and not kind(token.text) and near(token.text) & TIME_WORDS:
            return True
    return False
