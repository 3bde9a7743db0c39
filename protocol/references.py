"""What may name a young person in chat: a reference that says nothing about them."""

from __future__ import annotations

import re
from collections.abc import Iterable

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
_SAME = str.maketrans({"o": "0", "i": "1", "l": "1"})

EXAMPLE = "Allowed: letters, digits and hyphens that say nothing about anybody, such as YP-07."


def reference_problem(ref: str, *, name: str = "", words: Iterable[str] = ()) -> tuple[str, str]:
    """What is wrong with a reference, and what to do; two empty texts if nothing is.

    name: the young person's own, no part of which may stand in it.  words: further words that
    may, such as those of the names of homes.
    """
    if not ref:
        return "is empty", f"Every row needs one of its own. {EXAMPLE}"
    foreign = next((c for c in ref if not c.isascii()), "")
    if foreign:
        what = f"{ref!r} holds {foreign!r}, which is no plain letter or digit"
        return what, f"It may only look like one: type it again. {EXAMPLE}"
    if len(ref) > LONGEST:
        return f"{ref!r} is too long for a button", f"Allowed: at most {LONGEST} characters."
    if not _ALLOWED.fullmatch(ref):
        return f"{ref!r} is not allowed", EXAMPLE
    if ref.casefold() in RESERVED:
        return f"{ref!r} is a word of the forms", f"Choose another. {EXAMPLE}"
    if not any(character.isdigit() for character in ref):
        return f"{ref!r} may be a name: it has no digit", EXAMPLE
    parts = {part.casefold() for part in _WORD.findall(name)}
    known = PLAIN_WORDS | {w.casefold() for one in words for w in _WORD.findall(one)}
    for word in _WORD.findall(ref):
        if word.casefold() in parts:
            return f"{ref!r} holds a part of the name", EXAMPLE
        if word.casefold() not in known and _VOWEL.search(word):
            return f"{ref!r} may be a name: {word!r}", EXAMPLE
    return "", ""


def look_alike(ref: str) -> str:
    """The same text for references that differ only by capitals, blanks, hyphens and the like, or
    by letters that look like digits (O and 0, I and l and 1)."""
    return re.sub(r"[\W_]+", "", ref.casefold()).translate(_SAME)
