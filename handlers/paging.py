"""Long lists in pages: no screen is larger than Telegram takes, or longer than a person reads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence

import msgspec

from handlers.chat import Button, Screen
from handlers.message_parts import visible
from handlers.wording.form import EARLIER, LATER

MOST_BUTTONS = 40
"""Buttons on one page; Telegram takes 100."""
MOST_BYTES = 6000
"""Markup of one page in bytes; Telegram takes about 10,000."""
MOST_CHARACTERS = 3000
"""Text of one page, tags not counted; Telegram takes 4,096, and a heading comes on top."""
LABEL = 60
"""Characters of a button's label."""
CODE_BYTES = 24
"""Bytes of a value inside a button's data, of which Telegram takes 64 in all."""


class Item(msgspec.Struct, frozen=True):
    """One entry of a list: a paragraph (may be empty) and its rows of buttons."""

    text: str = ""
    rows: tuple[tuple[Button, ...], ...] = ()


def label(text: str, longest: int = LABEL) -> str:
    """A button's label of at most `longest` characters."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def code(value: str) -> str:
    """What stands for this value (an id from the configuration or the register) in a button: the
    value itself, or for a long one a digest of it."""
    if len(value.encode()) <= CODE_BYTES and ":" not in value:
        return value
    return f"#{hashlib.sha256(value.encode()).hexdigest()[:16]}"


def named(wanted: str, values: Sequence[str]) -> str | None:
    """The value that a button's code stands for; None if it is not among these (any more)."""
    return next((value for value in values if code(value) == wanted), None)


def weight(button: Button) -> int:
    """Bytes of this button in the markup, as the library writes it."""
    return len(json.dumps({"text": button.label, "callback_data": button.data})) + 2


def pages(items: Sequence[Item], most_items: int = 1000) -> list[list[Item]]:
    """The items in pages that fit, in order; at least one page."""
    found: list[list[Item]] = [[]]
    characters = buttons = size = 0
    for item in items:
        its = [button for row in item.rows for button in row]
        long, heavy = visible(item.text) + 2, sum(map(weight, its))
        full = (
            characters + long > MOST_CHARACTERS
            or buttons + len(its) > MOST_BUTTONS
            or size + heavy > MOST_BYTES
            or len(found[-1]) >= most_items
        )
        if found[-1] and full:
            found.append([])
            characters = buttons = size = 0
        found[-1].append(item)
        characters, buttons, size = characters + long, buttons + len(its), size + heavy
    return found


def paged(
    head: str,
    items: Sequence[Item],
    number: int,
    turn: Callable[[int], str],
    *,
    tail: Sequence[tuple[Button, ...]] = (),
    most_items: int = 1000,
    gap: str = "\n\n",
) -> Screen:
    """Page `number` (counted from 0; one that is not there is the nearest) under a heading.

    turn: what a button that leads to a page sends.  tail: rows that stand on every page.
    """
    found = pages(items, most_items)
    number = max(0, min(number, len(found) - 1))
    texts = [head, *(item.text for item in found[number] if item.text)]
    rows = [row for item in found[number] for row in item.rows]
    turning = []
    if number:
        turning.append(Button(EARLIER, turn(number - 1)))
    if number + 1 < len(found):
        turning.append(Button(LATER, turn(number + 1)))
    if turning:
        rows.append(tuple(turning))
    return Screen(gap.join(texts), (*rows, *tail))


def page_number(text: str) -> int:
    """A page in a button's data; 0 for anything that is no number."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0
