"""What may name a young person in chat: a reference that says nothing about them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from protocol.mistakes import shown

LONGEST = 16
"""Characters. All are ASCII, so a reference also fits into the 64 bytes of a button."""

RESERVED = ("x", "ok", "no", "yes", "new", "none", "unknown")
"""Words that have a meaning of their own in forms and lists."""

PLAIN_WORDS = frozenset(
    {"bed", "boy", "case", "child", "client", "file", "flat", "foster", "girl", "home", "house"}
    | {"lodge", "missing", "misper", "person", "ref", "resident", "room", "unit", "young", "youth"}
)
"""Words that may stand in a reference although they could be taken for a name."""

_ALLOWED = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ./_-]*[A-Za-z0-9])?")
_WORD = re.compile(r"[A-Za-z]{3,}")
_VOWEL = re.compile(r"[aeiouy]", re.IGNORECASE)
_NAME_PART = re.compile(r"[^\W\d_]{2,}")
_LETTERS = re.compile(r"[A-Za-z]{2,}")
_LOOKS = str.maketrans("013457", "oieast")
"""Digits that stand for letters: J4m1e."""
_TELEPHONE = 10
"""Digits of a telephone or NHS number at the least."""
_BORN = ("%d%m%Y", "%Y%m%d", "%d%m%y", "%y%m%d", "%m%d%Y")
_SAME = str.maketrans({"o": "0", "i": "1", "l": "1"})

EXAMPLE = "Allowed: letters, digits and hyphens that say nothing about anybody, such as YP-07."


def reference_problem(
    ref: str, *, name: str = "", born: date | None = None, words: Iterable[str] = ()
) -> tuple[str, str]:
    """What is wrong with a reference, and what to do; two empty texts if nothing is.

    name, born: the young person's own, of which nothing may stand in it.  words: further words that
    may, such as those of the names of homes.
    """
    given = shown(ref)
    if not ref:
        return "is empty", f"Every row needs one of its own. {EXAMPLE}"
    foreign = next((c for c in ref if not c.isascii()), "")
    if foreign:
        what = f"{given} holds {foreign!r}, which is no plain letter or digit"
        return what, f"It may only look like one: type it again. {EXAMPLE}"
    if len(ref) > LONGEST:
        return f"{given} is too long for a button", f"Allowed: at most {LONGEST} characters."
    if not _ALLOWED.fullmatch(ref):
        return f"{given} is not allowed", EXAMPLE
    if ref.casefold() in RESERVED:
        return f"{given} is a word of the forms", f"Choose another. {EXAMPLE}"
    if not any(character.isdigit() for character in ref):
        return f"{given} may be a name: it has no digit", EXAMPLE
    digits = re.sub(r"\D", "", ref)
    if born is not None and any(f"{born:{form}}" in digits for form in _BORN):
        return f"{given} holds the date of birth", EXAMPLE
    if len(digits) >= _TELEPHONE:
        return f"{given} may be a telephone or NHS number", EXAMPLE
    if _holds_name(ref, name):
        return f"{given} holds a part of the name", EXAMPLE
    known = PLAIN_WORDS | {w.casefold() for one in words for w in _WORD.findall(one)}
    for word in _WORD.findall(ref):
        if word.casefold() not in known and _VOWEL.search(word):
            return f"{given} may be a name: {word!r}", EXAMPLE
    return "", ""


def _holds_name(ref: str, name: str) -> bool:
    """Whether a part of the name stands in it, be it with digits for letters."""
    parts = {part.casefold() for part in _NAME_PART.findall(name)}
    if any(word.casefold() in parts for word in _LETTERS.findall(ref)):
        return True
    plain = re.sub(r"[^A-Za-z0-9]", "", ref).casefold()
    spelt = plain.translate(_LOOKS)
    for part in parts:
        place = spelt.find(part)
        letters = sum(c.isalpha() for c in plain[place : place + len(part)])
        if len(part) > 2 and place >= 0 and letters >= 2:
            return True
    return False


def look_alike(ref: str) -> str:
    """The same text for references that differ only by capitals, blanks, hyphens and the like, or
    by letters that look like digits (O and 0, I and l and 1)."""
    return re.sub(r"[\W_]+", "", ref.casefold()).translate(_SAME)
