"""Turn what was typed into words, numbers and marks, and into one plain line of text.

The patterns of the grammar are matched against that line: lower case, one space at most, plain
quotes, "pm" for every spelling of it, slips put right.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

LONGEST = 4000
"""Characters beyond which a text is asked back unread."""

MOST_TOKENS = 900
MOST_NUMBERS = 24
"""More words and marks, or more numbers and time words, are a log and not an answer."""

FRACTIONS = {"½": (1, 2), "¼": (1, 4), "¾": (3, 4)}
_SAME_AS = str.maketrans(
    dict.fromkeys("‘’‛′`´ʼ＇", "'")
    | dict.fromkeys("“”„″", '"')
    | dict.fromkeys("‐‑‒–—―−", "-")
    | dict.fromkeys("≈∼˜～", "~")
    | {"＠": "@", "⁄": "/", "：": ":", "∶": ":"}
)
_HALF_OF_DAY = re.compile(
    r"((?<=\d)|(?<=[\d.:,] )|(?<=[a-z] ))([ap])(?:\.? ?m\b\.?x*|mx+\b)(?!\w)(?!')", re.IGNORECASE
)
_ISO = re.compile(r"(?<=\d-\d\d)T(?=\d\d:\d\d)")
_TOKEN = re.compile(r"([0-9]+)|([^\W\d_]+(?:'[^\W\d_]+)*)|(\S)")


class Token(NamedTuple):
    """One number, word or mark.

    Attributes:
        kind: "number", "word" or "mark".
        text: as read: lower case, slips put right.
        glued: no space stood between this token and the one before.
        capital: typed with a capital first letter.
        slip: a spelling was put right.
    """

    kind: str
    text: str
    glued: bool
    capital: bool = False
    slip: bool = False

    def read_as(self, text: str) -> Token:
        """The same token with its spelling put right."""
        return self._replace(text=text, slip=True)


def plain(text: str) -> str:
    """Fold quotes, dashes, spaces, digits and ligatures; drop pictures and invisible marks."""
    if not text.isascii():
        text = text.translate(_SAME_AS)
        text = "".join(_plain_character(c) for c in text).translate(_SAME_AS)
    text = " ".join(text.split())
    return _HALF_OF_DAY.sub(lambda found: f"{found[2]}m", _ISO.sub(" ", text))


def _plain_character(c: str) -> str:
    if c.isascii():
        return c
    if c in FRACTIONS:
        return f" {c} "
    category = unicodedata.category(c)
    if category == "Nd":
        return str(unicodedata.digit(c))
    if category in {"Cf", "Mn", "Mc", "Me"}:
        return ""
    if category[0] in "ZCS" and category not in {"Sm", "Sc"}:
        return " "
    # upper() before casefold() makes dotless and ligature letters agree with their capitals.
    folded = unicodedata.normalize("NFKC", c)
    return folded if folded.isupper() else unicodedata.normalize("NFC", folded.upper().casefold())


def too_much(text: str) -> bool:
    """Is this too long, or too full of numbers, to be an answer to "when?"."""
    if len(text) > LONGEST:
        return True
    found = _TOKEN.findall(text) if len(text) > 50 else []
    return len(found) > MOST_TOKENS or sum(1 for number, _, _ in found if number) > MOST_NUMBERS


def tokens(text: str) -> list[Token]:
    """Split plain text into tokens."""
    found: list[Token] = []
    end = 0
    for match in _TOKEN.finditer(text):
        start, kind = match.start(), ("number", "word", "mark")[(match.lastindex or 1) - 1]
        typed = match.group()
        found.append(
            Token(kind, typed.casefold(), start == end, kind == "word" and typed[0].isupper())
        )
        end = match.end()
    return found


class Line:
    """Tokens, and the plain line of text that they make."""

    def __init__(self, found: list[Token]) -> None:
        self.tokens = found
        parts: list[str] = []
        self.starts: list[int] = []
        self.at: dict[int, int] = {}
        self.ends: dict[int, int] = {}
        length = 0
        for n, token in enumerate(found):
            if n and not token.glued:
                parts.append(" ")
                length += 1
            self.starts.append(length)
            parts.append(token.text)
            length += len(token.text)
            self.ends[length] = n + 1
        self.text = "".join(parts)

    def between(self, first: int, last: int) -> str:
        """The text from token `first` up to, not including, `last`."""
        if first >= last:
            return ""
        return self.text[
            self.starts[first] : self.starts[last - 1] + len(self.tokens[last - 1].text)
        ]
