"""Turn what was typed into tokens.

One left-to-right pass over the characters, no backtracking, so the cost grows with the length of
the text and with nothing else. The tokens keep whether a space stood before them, because
`9.30`, `9. 30` and `9 .30` are three different things to a careful reader.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace

LONGEST = 400
"""Characters beyond which a text is asked back unread: an answer to "when?" is never that long."""

_FRACTIONS = {"½": (1, 2), "¼": (1, 4), "¾": (3, 4), "⅓": (1, 3), "⅔": (2, 3)}
_CLOCK_FACES = range(0x1F550, 0x1F568)
_SAME_AS = {"−": "-", "≈": "~", "∼": "~", "˜": "~", "＠": "@", "⁄": "/"}
_QUOTES = dict.fromkeys("‘’‛′`´ʼ", "'") | dict.fromkeys("“”„″", '"')
_DIGIT_WORDS = {
    "day": "today",
    "nite": "tonight",
    "night": "tonight",
    "moro": "tomorrow",
    "morro": "tomorrow",
    "morrow": "tomorrow",
    "moz": "tomorrow",
    "mrw": "tomorrow",
}


@dataclass(frozen=True, slots=True)
class Token:
    """One number, word, fraction or mark.

    Attributes:
        kind: "num", "word", "frac" or "mark".
        text: lower-case text; digits only for "num"; for "frac" the sign itself.
        glued: no space stood between this token and the one before.
        slip: why the reader corrected it, empty when it stands as typed.
        typed: the text before correction.
    """

    kind: str
    text: str
    glued: bool
    slip: str = ""
    typed: str = ""

    @property
    def value(self) -> int:
        """The number a "num" token stands for."""
        return int(self.text)

    def read_as(self, text: str, slip: str) -> Token:
        """The same token with its spelling put right."""
        return replace(self, text=text, slip=slip, typed=self.typed or self.text)


def normalise(text: str) -> str:
    """Fold capitals, curly quotes, every kind of space and full-width digits to plain text."""
    kept = "".join(f" {c} " if c in _FRACTIONS else _QUOTES.get(c, c) for c in text)
    # upper() before casefold() makes dotless and ligature letters agree with their capitals.
    out: list[str] = []
    for c in kept:
        out.append(c if c in _FRACTIONS else unicodedata.normalize("NFKC", c))
    folded = unicodedata.normalize("NFC", "".join(out).upper().casefold())
    return "".join(_QUOTES.get(c, c) for c in folded)


def _plain(c: str) -> str:
    """The character as the lexer sees it: itself, a space, or nothing for decoration."""
    if c in _SAME_AS:
        return _SAME_AS[c]
    category = unicodedata.category(c)
    if category == "Pd":
        return "-"
    if category[0] == "Z" or category == "Cc":
        return " "
    if category in {"Cf", "Mn", "Mc"} and c != "\u20e3":
        return ""
    if category in {"So", "Sk", "Cn", "Co", "Cs"} and ord(c) not in _CLOCK_FACES:
        return " "
    return c


def _is_digit(c: str) -> bool:
    return "0" <= c <= "9"


def tokens(text: str) -> list[Token]:
    """Split normalised text into tokens.

    The letter O typed for a zero inside a number ("21:3o") is read as a zero and marked as a slip.
    """
    chars = "".join(_plain(c) if c not in _FRACTIONS else c for c in text)
    found: list[Token] = []
    at, end, glued = 0, len(chars), False
    while at < end:
        c = chars[at]
        if c == " ":
            at, glued = at + 1, False
            continue
        start = at
        if _is_digit(c) or _zero_letter(chars, at):
            at = _number_end(chars, at)
            typed = chars[start:at]
            digits = typed.replace("o", "0")
            slip = "letter o for zero" if digits != typed else ""
            found.append(Token("num", digits, glued, slip, typed if slip else ""))
        elif c.isalpha():
            at = _word_end(chars, at)
            found.append(Token("word", chars[start:at], glued))
        elif c in _FRACTIONS:
            at += 1
            found.append(Token("frac", c, glued))
        else:
            at += 1
            found.append(Token("mark", c, glued))
        glued = True
    return _join_digit_words(found)


def fraction(token: Token) -> tuple[int, int]:
    """Numerator and denominator of a "frac" token."""
    return _FRACTIONS[token.text]


def _zero_letter(chars: str, at: int) -> bool:
    """Is this a run of the letter o that belongs to a number ("o9:30", "21:oo")?"""
    if chars[at] != "o" or (at and chars[at - 1].isalpha()):
        return False
    stop = at
    while stop < len(chars) and chars[stop] == "o" and stop - at < 3:
        stop += 1
    after = chars[stop] if stop < len(chars) else " "
    if after.isalpha() or after == "'":
        return False
    before = chars[at - 1] if at else " "
    inside = before in ":." and at > 1 and _is_digit(chars[at - 2])
    return _is_digit(after) or inside


def _number_end(chars: str, at: int) -> int:
    end = len(chars)
    while at < end:
        if _is_digit(chars[at]):
            at += 1
            continue
        if chars[at] != "o":
            break
        stop = at
        while stop < end and chars[stop] == "o" and stop - at < 3:
            stop += 1
        after = chars[stop] if stop < end else " "
        if after.isalpha() or after == "'":
            break
        at = stop
    return at


def _word_end(chars: str, at: int) -> int:
    end = len(chars)
    while at < end:
        if chars[at].isalpha() or (chars[at] == "'" and at + 1 < end and chars[at + 1].isalpha()):
            at += 1
        else:
            break
    return at


def _join_digit_words(found: list[Token]) -> list[Token]:
    """Read "2nite", "2day" and "b4" as the words they stand for."""
    joined: list[Token] = []
    at = 0
    while at < len(found):
        token = found[at]
        after = found[at + 1] if at + 1 < len(found) else None
        word = ""
        if after is not None and after.glued:
            if token.kind == "num" and token.text == "2" and after.kind == "word":
                word = _DIGIT_WORDS.get(after.text, "")
            elif token.kind == "word" and after.kind == "num" and not token.glued:
                if (token.text, after.text) == ("b", "4"):
                    word = "before"
                elif (token.text, after.text) == ("m", "8"):
                    word = "mate"
        if word and after is not None:
            typed = token.text + after.text
            joined.append(Token("word", word, token.glued, "digit for letters", typed))
            at += 2
        else:
            joined.append(token)
            at += 1
    return joined
