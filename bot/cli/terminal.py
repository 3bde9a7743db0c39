"""What the command line prints: any text, on any terminal, in any encoding, as text and no more.

Records hold what people typed. A note with a terminal's control sequences in it must not move the
cursor or colour the screen of whoever reads it, and a name with an accent must not end a command
on a terminal that knows only ASCII. So every command prints through `SafeText`, whatever it uses
for printing; nothing that a command prints itself needs control sequences.
"""

from __future__ import annotations

import io
import re
import sys
from typing import TextIO, cast

_CONTROL = re.compile(
    r"\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
"""Control characters but tab and line break, and those that turn the direction of writing."""


def visible(text: str) -> str:
    """The text with every control character spelt out, such as `\\x1b`."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


class SafeText(io.TextIOWrapper):
    """A text stream that spells out control characters, and what its encoding does not have.

    It says that it is no terminal, so libraries write plain text to it.
    """

    def write(self, text: str) -> int:
        """All of the text; returns its length."""
        super().write(visible(text))
        return len(text)

    def isatty(self) -> bool:
        """Never: colours and moving bars are control sequences."""
        return False


def use_safe_streams() -> None:
    """From here on, standard output and standard error are `SafeText`."""
    sys.stdout = _safe(sys.stdout)
    sys.stderr = _safe(sys.stderr)


def _safe(stream: TextIO) -> TextIO:
    if isinstance(stream, SafeText):
        return stream
    try:
        stream.flush()
        raw = open(stream.fileno(), "wb", closefd=False)  # noqa: SIM115
    except (OSError, ValueError, AttributeError):
        return stream  # no file behind it, as in a test that captures what is printed
    safe = SafeText(
        raw, encoding=stream.encoding or "ascii", errors="backslashreplace", line_buffering=True
    )
    return cast(TextIO, safe)
