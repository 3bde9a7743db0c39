"""Long texts in parts that Telegram takes, cut where a reader would."""

from __future__ import annotations

import re

from handlers.chat import Screen

LONGEST = 4096
"""Characters of one message after its formatting is taken off (Telegram's limit)."""
MOST_BUTTONS = 90
_TAG = re.compile(r"<[^>]+>")


def visible(text: str) -> int:
    """Length as Telegram counts it: UTF-16 units without tags. Entities count as written, which
    errs on the short side of the limit."""
    return len(_TAG.sub("", text).encode("utf-16-le")) // 2


def split(screen: Screen, longest: int = LONGEST) -> list[Screen]:
    """The screen in parts, at blank lines, else line ends, else words; buttons on the last one.

    No tag spans a line here (wording keeps to that), so a cut at a line end leaves none open.
    """
    rows = screen.rows[:MOST_BUTTONS]
    texts = _texts(screen.text, longest)
    return [*(Screen(text) for text in texts[:-1]), Screen(texts[-1], rows)]


def _texts(text: str, longest: int) -> list[str]:
    if visible(text) <= longest:
        return [text]
    for gap in ("\n\n", "\n", " "):
        parts, current = [], ""
        for piece in text.split(gap):
            longer = f"{current}{gap}{piece}" if current else piece
            if current and visible(longer) > longest:
                parts.append(current)
                current = piece
            else:
                current = longer
        parts.append(current)
        if all(visible(part) <= longest for part in parts):
            return [part for part in parts if part.strip()]
    units = longest // 2
    return [text[i : i + units] for i in range(0, len(text), units)]
