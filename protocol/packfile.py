"""Reading pack files: TOML with the line of every key, so that a mistake can be pointed at."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, TypeAlias

from protocol.mistakes import Mistake

Place: TypeAlias = tuple[str | int, ...]
"""Where a value stands: table names, list positions (from 0) and keys, outermost first."""

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*[A-Za-z0-9_-]+)*)\s*=""")


class PackError(ValueError):
    """A pack is refused. The text is one line: file, line, key, what is wrong, what is allowed."""

    def __init__(
        self, message: str, *, file: str, line: int = 0, key: str = "", allowed: str = ""
    ) -> None:
        self.file, self.line, self.key, self.allowed = file, line, key, allowed
        self.message = message
        where = f"{file}:{line}" if line else file
        text = f"{where}: {key}: {message}" if key else f"{where}: {message}"
        super().__init__(f"{text}; allowed: {allowed}" if allowed else text)

    @property
    def remedy(self) -> str:
        """What is allowed, as a sentence."""
        return f"Allowed: {self.allowed}." if self.allowed else ""

    @property
    def mistake(self) -> Mistake:
        """The same in the form that all files share."""
        place = (self.key,) if self.key else ()
        return Mistake(
            file=self.file, line=self.line, place=place, what=self.message, remedy=self.remedy
        )


class Document:
    """One TOML file: its tables, and the line on which each key stands."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        try:
            self.tables: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"line (\d+)", str(error))
            raise PackError(
                f"not valid TOML: {error}", file=name, line=int(found[1]) if found else 0
            ) from None
        self._text = text
        self._lines: dict[Place, int] | None = None

    def error(self, place: Place, message: str, allowed: str = "") -> PackError:
        """A PackError that points at this place of the file."""
        return PackError(
            message, file=self.name, line=self.line(place), key=spell(place), allowed=allowed
        )

    def line(self, place: Place) -> int:
        """The line of the key, or of the nearest thing around it that has one.

        Within a list that runs over several lines the key itself is looked for.
        """
        if self._lines is None:
            self._lines = index_lines(self._text)
        for length in range(len(place), 0, -1):
            found = self._lines.get(place[:length]) or self._lines.get((*place[:length], 0))
            if found is not None:
                return self._within(found, place[length:])
        return 1

    def _within(self, start: int, rest: Place) -> int:
        lines = self._text.splitlines()
        assert self._lines is not None  # noqa: S101
        later = [line for line in self._lines.values() if line > start]
        end = min(later, default=len(lines) + 1)
        element = next((part for part in rest if isinstance(part, int)), 0)
        key = next((part for part in reversed(rest) if isinstance(part, str)), None)
        if key is None:
            return start
        spelt = re.compile(rf"""(?<![\w-])["']?{re.escape(key)}["']?\s*=""")
        tables = -1
        for number in range(start, end):
            tables += lines[number - 1].count("{")
            if spelt.search(lines[number - 1]) and tables >= element:
                return number
        return start


def read_document(path: Path) -> Document:
    """Raises PackError when the file cannot be read or is not TOML."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise PackError(f"cannot be read: {error.strerror}", file=path.name) from None
    except UnicodeDecodeError:
        raise PackError("cannot be read: not UTF-8 text", file=path.name) from None
    except ValueError:
        raise PackError("is no name of a file", file=repr(path.name)) from None
    return Document(path.name, text)


def spell(place: Place) -> str:
    """A place as people write it: rule[2].when[0].category."""
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def index_lines(text: str) -> dict[Place, int]:
    """The line (from 1) of each table header and of each key that starts a line."""
    lines: dict[Place, int] = {}
    table: Place = ()
    counts: dict[Place, int] = {}
    depth = 0
    quote = ""
    for number, line in enumerate(text.splitlines(), 1):
        if not depth and not quote:
            header = _HEADER.match(line)
            if header:
                table = _header_place(header[2], listed=header[1] == "[[", counts=counts)
                lines.setdefault(table, number)
                continue
            key = _KEY.match(line)
            if key:
                lines.setdefault((*table, *_parts(key[1])), number)
        depth, quote = _carry(line, depth, quote)
    return lines


def _parts(dotted: str) -> Place:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


def _header_place(dotted: str, *, listed: bool, counts: dict[Place, int]) -> Place:
    place: Place = ()
    parts = _parts(dotted)
    for position, part in enumerate(parts):
        place = (*place, part)
        last = position == len(parts) - 1
        if last and listed:
            counts[place] = counts.get(place, -1) + 1
        if place in counts:
            place = (*place, counts[place])
    return place


def _carry(line: str, depth: int, quote: str) -> tuple[int, str]:
    """Open brackets and open multi-line string after this line."""
    position = 0
    while position < len(line):
        if quote:
            end = line.find(quote, position)
            if end < 0:
                return depth, quote if len(quote) == 3 else ""
            position, quote = end + len(quote), ""
            continue
        rest = line[position:]
        if rest[0] == "#":
            break
        if rest[:3] in ('"""', "'''"):
            quote = rest[:3]
        elif rest[0] in "\"'":
            closed = re.match(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'', rest)
            position += closed.end() if closed else 1
            continue
        elif rest[0] in "[{":
            depth += 1
        elif rest[0] in "]}":
            depth -= 1
        position += len(quote) or 1
    return depth, quote
