"""Safe look-ahead over tokens, and the small words every reader needs: numbers and am/pm."""

from __future__ import annotations

from .text import Token
from .words import ONES, TENS

_NONE = Token("end", "", False)


class Line:
    """The tokens of one text; asking beyond either end gives an empty token."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens

    def __len__(self) -> int:
        return len(self.tokens)

    def at(self, i: int) -> Token:
        """The token at `i`, or an empty one."""
        return self.tokens[i] if 0 <= i < len(self.tokens) else _NONE

    def word(self, i: int) -> str:
        """The word at `i`, or ""."""
        token = self.at(i)
        return token.text if token.kind == "word" else ""

    def words(self, i: int, *expected: str) -> bool:
        """Do exactly these words stand at `i`?"""
        return all(self.word(i + n) == word for n, word in enumerate(expected))

    def mark(self, i: int, allowed: str) -> bool:
        """Is there one of these marks at `i`?"""
        token = self.at(i)
        return token.kind == "mark" and token.text in allowed

    def glued_mark(self, i: int, allowed: str) -> bool:
        """Is there one of these marks at `i`, with no space before or after it?"""
        return self.mark(i, allowed) and self.at(i).glued and self.at(i + 1).glued

    def digits(self, i: int) -> str:
        """The digits of the number at `i`, or ""."""
        token = self.at(i)
        return token.text if token.kind == "num" else ""

    def typed(self, first: int, last: int) -> str:
        """What was typed from token `first` up to `last`, for an explanation."""
        out = ""
        for i in range(first, last):
            token = self.at(i)
            shown = token.typed or token.text
            if token.slip == "run together" and token.glued and token.typed == token.text:
                continue
            out += shown if token.glued or not out else " " + shown
        return out


def number_words(line: Line, i: int) -> tuple[int, int] | None:
    """A number 0-99 in words at `i`: its value and the position after it."""
    word = line.word(i)
    if word in TENS:
        j = i + 1
        if line.mark(j, "-") and line.at(j).glued:
            j += 1
        unit = ONES.get(line.word(j), 0)
        if 1 <= unit <= 9:
            return TENS[word] + unit, j + 1
        return TENS[word], i + 1
    if word in ONES:
        return ONES[word], i + 1
    return None


def small_number(line: Line, i: int) -> tuple[int, int] | None:
    """A number of at most two digits, in digits or words."""
    digits = line.digits(i)
    if digits:
        return (int(digits), i + 1) if len(digits) <= 2 else None
    return number_words(line, i)


def half_of_day(line: Line, i: int) -> tuple[str, int] | None:
    """am or pm at `i` in any spelling ("pm", "p.m.", "p m"), and the position after it."""
    word = line.word(i)
    if word in {"am", "pm"}:
        return word, _after_dot(line, i + 1)
    if word in {"a", "p"}:
        j = i + 1
        if line.mark(j, ".") and line.at(j).glued:
            j += 1
        if line.word(j) == "m":
            return word + "m", _after_dot(line, j + 1, wanted=j > i + 1)
    if len(word) > 2 and word[:2] in {"am", "pm"} and set(word[2:]) == {"x"}:
        return word[:2], i + 1
    return None


def _after_dot(line: Line, i: int, *, wanted: bool = False) -> int:
    """Step over the full stop of "p.m."."""
    return i + 1 if wanted and line.mark(i, ".") and line.at(i).glued else i
