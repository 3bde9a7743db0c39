"""Put right the slips in words of time: aliases, one-letter slips, words run together.

A word of the vocabulary stands as typed. An unknown word becomes a time word only when that is the
one meaning a single slip away; otherwise it stays unknown, and the reader asks.
"""

from __future__ import annotations

from functools import lru_cache

from .text import Token
from .word_table import (
    ALIASES,
    MONTHS,
    NUMBERS,
    PARTS,
    TIME_WORDS,
    UNIT_SECONDS,
    WEEKDAYS,
    kind,
    known,
    near,
    slips,
)

_SUFFIXES = frozenset(UNIT_SECONDS) | frozenset(
    ["am", "pm", "st", "nd", "rd", "th", "ish", "o'clock", "hundred"]
)
_SPACED = frozenset(WEEKDAYS) | frozenset(MONTHS) | frozenset(PARTS)
_SPACED |= frozenset(
    ["yesterday", "today", "tonight", "last", "this", "half", "ago", "at", "about", "around"]
)
_SOUND = frozenset(["about", "around", "approx", "approximately", "roughly"])
_MEANING = (
    {word: str(day) for word, day in WEEKDAYS.items()}
    | {word: f"month {number}" for word, number in MONTHS.items()}
    | {word: str(seconds) for word, seconds in UNIT_SECONDS.items()}
    | dict.fromkeys(_SOUND, "about")
    | ALIASES
)
_FIXED = {word for word in (*WEEKDAYS, *MONTHS) if len(word) > 4} | _SOUND
_FIXED |= {word for word, size in UNIT_SECONDS.items() if len(word) > 3 and size in {60, 3600}}
_FIXED |= {"yesterday", "today", "tonight", "morning", "afternoon", "evening", "quarter"}
_PIECES = _SPACED | _SUFFIXES - {"s", "d", "h", "st", "nd", "rd", "th"} | frozenset(NUMBERS)
_PIECES -= {"day", "days"}
_PIECES |= frozenset(["an", "a", "past", "quarter", "noon", "midnight", "to", "and"])
_LONGEST_WORD = 24


def spelled(found: list[Token]) -> list[Token]:
    """The tokens with slips put right; letters and digits that make one name become one token."""
    whole: list[Token] = []
    for token in _joined(found):
        if token.kind == "word" and not known(token.text) and (parts := _split(token.text)):
            whole.append(token.read_as(parts[0]))
            whole.extend(Token("word", part, glued=False, slip=True) for part in parts[1:])
        else:
            whole.append(token)
    whole = _unglued(whole)
    for at, token in enumerate(whole):
        if token.kind == "word":
            before = whole[at - 1].text if at else ""
            after = whole[at + 1].text if at + 1 < len(whole) else ""
            right = _right(token.text, before, after)
            if right != token.text:
                whole[at] = token.read_as(right)
    return whole


def _joined(found: list[Token]) -> list[Token]:
    """Read short forms ("yday", "2nite", "b4") as what they stand for."""
    joined: list[Token] = []
    for token in found:
        last = joined[-1] if joined else None
        if last is not None and token.glued and (last.text + token.text) in ALIASES:
            joined[-1] = last.read_as(ALIASES[last.text + token.text])
        elif last is not None and f"{last.text}_{token.text}" in ALIASES:
            joined[-1] = last.read_as(ALIASES[f"{last.text}_{token.text}"])
        elif token.kind == "word" and token.text in ALIASES:
            first, *more = ALIASES[token.text].split("_")
            joined.append(token.read_as(first))
            joined.extend(Token("word", word, glued=False, slip=True) for word in more)
        else:
            joined.append(token)
    return [
        Token(
            t.kind if t.text[:1].isdigit() else "word" if t.slip else t.kind,
            t.text,
            t.glued,
            t.capital,
            t.slip,
        )
        for t in joined
    ]


def _unglued(found: list[Token]) -> list[Token]:
    """Part "yesterday9pm" and "3nov"; keep "PS5", "A10" and "7b" together as names."""
    result: list[Token] = []
    for token in found:
        last = result[-1] if result else None
        if last is None or not token.glued or "mark" in {token.kind, last.kind}:
            result.append(token)
        elif _parts_from(last, token):
            result.append(Token(token.kind, token.text, glued=False, slip=True))
        elif (token.kind == "word" and last.kind == "number" and token.text in _SUFFIXES) or (
            last.text in UNIT_SECONDS and last.glued and token.kind == "number"
        ):
            result.append(token)
        else:
            result[-1] = Token("name", last.text + token.text, last.glued)
    return result


def _parts_from(last: Token, token: Token) -> bool:
    if last.kind == "name":
        return False
    return token.text in _SPACED if token.kind == "word" else last.text in _SPACED | {"am", "pm"}


def _right(word: str, before: str, after: str) -> str:
    """The word as meant, or as typed."""
    if (word, before, after) == ("our", "an", "ago"):
        return "hour"
    if word == "aft" and not (after.isdigit() or after in NUMBERS or after in {"half", "quarter"}):
        return "afternoon"
    if known(word) or len(word) < 3 or len(word) > _LONGEST_WORD:
        return word
    if after in PARTS and (fixed := _before_part(word)):
        return fixed
    if (
        (before in {"last", "yesterday"} or before in WEEKDAYS)
        and near(word) & PARTS.keys() == {"night"}
        and not near(word) & NUMBERS.keys()
    ):
        return "night"
    if after == "ago" and (before in NUMBERS or before.isdigit()):
        close = {w for w in near(word) if w in UNIT_SECONDS and len(w) > 3}
        return sorted(close)[0] if len({UNIT_SECONDS[w] for w in close}) == 1 else word
    if before in UNIT_SECONDS and slips(word, "ago") == 1:
        return "ago"
    if (after in NUMBERS or after in {"an", "past"} or after.isdigit()) and slips(
        word, "half"
    ) == 1:
        return "half"
    return _general(word)


def _before_part(word: str) -> str:
    """ "last" or "this" before a part of the day, when it cannot be a weekday or "next"."""
    fits = near(word) & {"last", "this", "next", *WEEKDAYS}
    return next(iter(fits)) if len(fits) == 1 and fits <= {"last", "this"} else ""


@lru_cache(maxsize=4096)
def _general(word: str) -> str:
    close = {w for w in near(word) if len(w) > 3}
    if len({_MEANING.get(w, w) for w in close}) != 1:
        return word
    fixed = sorted(close & _FIXED)
    return fixed[0] if fixed and kind(fixed[0]) else word


@lru_cache(maxsize=4096)
def _split(word: str) -> tuple[str, ...]:
    """The time words a run-together word is made of, fewest first; nothing when there are none."""
    if not 4 <= len(word) <= _LONGEST_WORD:
        return ()
    ways: list[tuple[str, ...] | None] = [()] + [None] * len(word)
    for stop in range(1, len(word) + 1):
        for start in range(max(0, stop - 9), stop):
            head, piece = ways[start], ALIASES.get(word[start:stop], word[start:stop])
            best = ways[stop]
            if head is None or piece not in _PIECES or (len(piece) == 1 and start):
                continue
            if best is None or len(head) + 1 < len(best):
                ways[stop] = (*head, piece)
    found = ways[-1] or ()
    if len(found) < 2 or not any(len(piece) > 2 and piece in TIME_WORDS for piece in found):
        return ()
    return found
