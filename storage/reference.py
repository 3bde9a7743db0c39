"""Case references: what may be said aloud, typed on a phone and shown in a chat.

The home's prefix, a hyphen, and random characters without look-alikes (no 0, O, 1, I, L) and
without vowels, so that no word comes out by chance. `ROWAN-7K3F` says nothing about anybody.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"
LENGTH = 4
PREFIX_LENGTH = 6
TRIES_PER_LENGTH = 50

_ALLOWED = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,39}")


def check(ref: str) -> None:
    """Raises ValueError for a reference that could not be the name of a file on every system."""
    if not _ALLOWED.fullmatch(ref):
        msg = f"{ref!r} is not a case reference: letters, digits and hyphens, at most 40"
        raise ValueError(msg)


def prefix(home: str) -> str:
    """The letters and digits of the home's id, in capitals, the first six."""
    kept = "".join(c for c in home.upper() if c.isascii() and c.isalnum())
    return kept[:PREFIX_LENGTH] or "HOME"


def make(home: str, taken: Callable[[str], bool]) -> str:
    """A reference for which `taken` is false; one character longer once four are crowded."""
    length = LENGTH
    while True:
        for _ in range(TRIES_PER_LENGTH):
            ref = f"{prefix(home)}-{''.join(secrets.choice(ALPHABET) for _ in range(length))}"
            if not taken(ref):
                return ref
        length += 1
