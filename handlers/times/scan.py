"""One text with its times marked off, and what the judges of its other words found."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from .items import Item, Why
from .text import Line
from .word_table import BLOCKED, PHRASES, kind, near

_EXCUSED = re.compile(r"(?<![\w'])(?:" + "|".join(PHRASES) + r")(?![\w'])")
_BLOCKED = re.compile(r"(?<![\w'])(?:" + "|".join(BLOCKED) + ")")


class Scan:
    """The tokens that no time took, and the verdict so far.

    Attributes:
        tokens: all tokens of the line.
        items: its times.
        names: names of people and homes of this service, lower case.
        used: the tokens that a time took.
        excused: the tokens of a phrase in which a guard does no harm ("not seen since").
        refused: why the text must be asked back, or None.
        doubt: the reading may only be offered.
        words: the word to blame.
    """

    def __init__(self, line: Line, items: Sequence[Item], names: Collection[str]) -> None:
        self.tokens, self.items, self.names = line.tokens, items, names
        self.used = {n for item in items for n in range(item.first, item.last)}
        self.excused: set[int] = set()
        for match in _EXCUSED.finditer(line.text):
            inside = (n for n, at in enumerate(line.starts) if match.start() <= at < match.end())
            self.excused.update(inside)
        self.excused -= self.used
        words = [t for t in self.tokens if t.kind == "word" and len(t.text) > 1]
        self.capitals_tell = len(words) > 2 and any(not t.capital for t in words[1:])
        self.refused: Why | None = None
        self.doubt = False
        self.words = ""
        if blocked := _BLOCKED.search(line.text):
            self.refused, self.words = Why.VAGUE, blocked.group()

    def refuse(self, why: Why, n: int) -> None:
        """The text must be asked back because of token `n`."""
        if self.refused is None:
            self.refused, self.words = why, self.tokens[n].text

    def unsure(self, n: int) -> None:
        """The reading may only be offered because of token `n`."""
        if not self.doubt and self.refused is None:
            self.words = self.word(n)
        self.doubt = True

    def word(self, n: int) -> str:
        """The text of token `n`, or ""."""
        return self.tokens[n].text if 0 <= n < len(self.tokens) else ""

    def free(self, n: int) -> bool:
        """Is there a token at `n` that no time took?"""
        return 0 <= n < len(self.tokens) and n not in self.used

    def free_word(self, n: int) -> str:
        """The word at `n` if no time and no excused phrase took it, or ""."""
        if self.free(n) and n not in self.excused and self.tokens[n].kind == "word":
            return self.tokens[n].text
        return ""

    def is_name(self, n: int) -> bool:
        """Is this a capitalised name or place: not the first word, in a text with small letters?"""
        token = self.tokens[n]
        first = n == 0 or self.word(n - 1) in {".", "!", "?", ":"}
        if not token.capital or first or not self.capitals_tell:
            return False
        return kind(token.text) == "names" or (len(token.text) > 2 and not near(token.text))

    def approx(self, n: int) -> bool:
        """Is this "about" or one of its like?"""
        return kind(self.word(n)) == "approx"

    def gap(self, one: Item, other: Item) -> range:
        """The tokens between two times."""
        low, high = sorted((one, other), key=lambda item: item.first)
        return range(low.last, high.first)
