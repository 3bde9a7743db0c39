"""Reading a TOML file that people write, and saying what keeps it from being read.

What an editor puts around a text (a byte order mark, Windows line ends) is taken off; what cannot
be read is explained by the usual slips: curly quotes, no quotes, a bracket that is not closed.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from protocol.mistakes import Mistake
from protocol.toml_places import Place, places

CURLY = re.compile("[\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb]")
_CURLY_VALUE = re.compile(rf"[=\[,{{]\s*{CURLY.pattern}")
_STRING = re.compile(r"\"(?:\\.|[^\"\\])*\"|'[^']*'")
_BARE_VALUE = re.compile(r"\s*[\w.-]+\s*=\s*(?!(?:true|false)\s*$)[A-Za-z_./@:+-]")

STRAIGHT = 'Type straight quotes ("), not those of a text program.'
KEY_VALUE = 'Write key = "value".'


class Unreadable(Exception):
    """The file cannot be read at all. `mistake` says why, with the line where it is known."""

    def __init__(self, name: str, what: str, remedy: str, line: int = 0) -> None:
        self.mistake = Mistake(file=name, line=line, what=what, remedy=remedy)
        super().__init__(str(self.mistake))


def read_toml(path: Path) -> tuple[dict[str, Any], dict[Place, int]]:
    """The tables of the file, and on which line each key stands. Raises Unreadable."""
    text = read_text(path)
    return parse_toml(path.name, text), places(text)


def read_text(path: Path) -> str:
    """The file's text, with plain line ends. Raises Unreadable."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        remedy = "Look at the name; a configuration begins as a copy of config.example.toml."
        raise Unreadable(path.name, "there is no such file", remedy) from None
    except IsADirectoryError:
        raise Unreadable(path.name, "is a folder", "Name the file in it.") from None
    except OSError as error:
        why = error.strerror or "the system does not say why"
        remedy = "Look at its owner and its rights."
        raise Unreadable(path.name, f"cannot be read ({why})", remedy) from None
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in raw:
        remedy = "Save it as plain text in UTF-8."
        raise Unreadable(path.name, "is saved as UTF-16, or is no text", remedy)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        what = "a character on this line is not saved as UTF-8"
        remedy = "Save the file as UTF-8 (in the editor: Save as, encoding)."
        raise Unreadable(path.name, what, remedy, line) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse_toml(name: str, text: str) -> dict[str, Any]:
    """The tables in the text. Raises Unreadable."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line, what, remedy = _explained(str(error), text)
        raise Unreadable(name, what, remedy, line) from None


def _explained(error: str, text: str) -> tuple[int, str, str]:
    """What stands in the way: line, what, remedy."""
    lines = text.splitlines() or [""]
    at = re.search(r"line (\d+)", error)
    number = min(int(at[1]), len(lines)) if at else len(lines)
    for count, line in enumerate(lines[:number], 1):  # noticed later than it stands, perhaps
        if _CURLY_VALUE.search(line.partition("#")[0]):
            return count, "holds curly quotes", STRAIGHT
    line = lines[number - 1].partition("#")[0]
    if re.search(r"Cannot (?:overwrite|declare|mutate|redefine)", error):
        remedy = "Keep one; for several of a kind write [[…]] with two brackets."
        return number, "a key or table stands here for the second time", remedy
    if "\\" in line and "escape" in error.lower():
        remedy = r"Write \\ for one backslash, or put the text in single quotes."
        return number, "a backslash in the text is read as the beginning of a sign", remedy
    if re.match(r"\s*[A-Za-z_.]+\s*:", line):
        return number, "a colon stands in the place of =", KEY_VALUE
    if _BARE_VALUE.match(line):
        return number, "the value is not in quotes", KEY_VALUE
    if at is None or re.search(r"Unclosed|end of document|Unterminated|Illegal character", error):
        remedy = "Close it: ] or } or a second quote."
        return _last_opened(lines[:number]), "a bracket or quote is opened and not closed", remedy
    reason = error.partition(" (at")[0]
    return number, f"is not valid TOML: {reason[:1].lower()}{reason[1:]}", KEY_VALUE


def _last_opened(lines: list[str]) -> int:
    """The line of a quote that is not closed on it, else of the last bracket left open."""
    opened: list[int] = []
    for number, line in enumerate(lines, 1):
        rest = _STRING.sub("", line).partition("#")[0]
        if '"' in rest or "'" in rest:
            return number
        for sign in rest:
            if sign in "[{":
                opened.append(number)
            elif sign in "]}" and opened:
                opened.pop()
    return opened[-1] if opened else len(lines)
