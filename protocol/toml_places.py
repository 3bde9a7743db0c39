"""On which line of a TOML file each key and each element of a list stands.

`tomllib` reads the values; this reads the same text once more for the places, so that a mistake
can be pointed at. It expects text that `tomllib` accepts.
"""

from __future__ import annotations

import re
from typing import TypeAlias

Place: TypeAlias = tuple[str | int, ...]
"""Where a value stands: table names, list positions (from 0) and keys, outermost first."""

_BLANK = re.compile(r"(?:[ \t\r]|#[^\n]*)*")
_BLANK_LINES = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_STRING = re.compile(
    r"\"{3}(?:\\.|[^\\])*?\"{3,5}|'{3}.*?'{3,5}|\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*'", re.DOTALL
)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BARE_VALUE = re.compile(r"[^,\]}\n#]*")


def line_of(lines: dict[Place, int], place: Place) -> int:
    """The line (from 1) of this place, or of the nearest thing around it that has one."""
    for length in range(len(place), 0, -1):
        found = lines.get(place[:length])
        if found is not None:
            return found
    return 1


def places(text: str) -> dict[Place, int]:
    """The line (from 1) of each table, key and element of a list."""
    return _Walk(text).lines


class _Walk:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self.lines: dict[Place, int] = {}
        self._counts: dict[Place, int] = {}
        table: Place = ()
        while not self._end(_BLANK_LINES):
            if self._text.startswith("[", self._at):
                table = self._header()
            else:
                self._pair(table)

    def _end(self, blank: re.Pattern[str]) -> bool:
        self._take(blank)
        return self._at >= len(self._text)

    def _take(self, what: re.Pattern[str]) -> str:
        found = what.match(self._text, self._at)
        if found is None:
            return ""
        self._at = found.end()
        return found[0]

    def _skip(self, characters: str) -> bool:
        if self._text.startswith(characters, self._at):
            self._at += len(characters)
            return True
        return False

    def _note(self, place: Place) -> None:
        line = self._text.count("\n", 0, self._at) + 1
        for length in range(1, len(place) + 1):
            self.lines.setdefault(place[:length], line)

    def _header(self) -> Place:
        listed = self._skip("[[")
        if not listed:
            self._skip("[")
        line_start = self._at
        place: Place = ()
        parts = self._key()
        for position, part in enumerate(parts, 1):
            place = (*place, part)
            if position == len(parts) and listed:
                self._counts[place] = self._counts.get(place, -1) + 1
            if place in self._counts:
                place = (*place, self._counts[place])
        end, self._at = self._at, line_start
        self._note(place)
        self._at = end
        self._skip("]]" if listed else "]")
        return place

    def _key(self) -> Place:
        parts: list[str] = []
        while True:
            self._take(_BLANK)
            quoted = self._take(_STRING)
            part = quoted[1:-1] if quoted else self._take(_BARE_KEY)
            parts.append(part)
            self._take(_BLANK)
            if not self._skip("."):
                return tuple(parts)

    def _pair(self, table: Place) -> None:
        before = self._at
        place = (*table, *self._key())
        end, self._at = self._at, before
        self._note(place)
        self._at = end
        if not self._skip("="):
            self._at += 1  # no TOML that we know: go on, rather than stand still
            return
        self._take(_BLANK)
        self._value(place)

    def _value(self, place: Place) -> None:
        if self._skip("["):
            position = 0
            while not self._end(_BLANK_LINES) and not self._skip("]"):
                self._note((*place, position))
                self._value((*place, position))
                self._take(_BLANK_LINES)
                self._skip(",")
                position += 1
        elif self._skip("{"):
            while not self._end(_BLANK_LINES) and not self._skip("}"):
                self._pair(place)
                self._take(_BLANK_LINES)
                self._skip(",")
        elif not self._take(_STRING):
            self._take(_BARE_VALUE)
