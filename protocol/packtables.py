"""The tables that a pack file may have, and careful access to one of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from protocol.packfile import Document, Place

TABLES: dict[str, tuple[str, ...]] = {
    "pack": ("id", "title", "about", "include", "review_by"),
    "level": ("number", "name", "text", "source"),
    "route": ("id", "when", "text", "source", "label"),
    "rule": ("id", "level", "when", "text", "source", "label"),
    "tier": ("id", "steps", "counted", "enabled", "text", "source", "label"),
    "duty": (
        "id", "case", "title", "act", "contact", "who", "kind", "when", "from", "after_minutes",
        "after_hours", "after_days", "every_days", "set_by", "office_hours", "early_hours",
        "daytime", "emergency", "to_settle", "settled_by", "decision_needs", "challenge", "text",
        "source", "label",
    ),
    "action": (
        "id", "title", "act", "who", "on", "when", "by", "settle", "settle_if", "settled_by",
        "decision_needs", "source", "label",
    ),
    "prompt": ("id", "text", "again", "when", "source", "label"),
    "ambiguity": ("id", "text", "choice", "settings", "why"),
}  # fmt: skip
"""The keys of each kind of table. All but [pack] are lists of tables."""
ID = re.compile(r"[A-Z0-9][A-Z0-9-]{0,23}")
ALLOWED_IN_ID = "capital letters, digits and -, at most 24"
"""An id goes into buttons, with a case reference, in 64 bytes; and it must hold no colon."""
NAMED = ("settings", "presets", "counts")
"""Tables whose keys are names of settings, presets and counts."""


class Fields:
    """One table of a pack file: each access checks the value and says where it stands."""

    def __init__(
        self, document: Document, place: Place, table: Any, keys: Collection[str] | None
    ) -> None:
        self.document = document
        self.place = place
        if not isinstance(table, dict):
            raise document.error(place, "is a table")
        self.table: Mapping[str, Any] = table
        for key in table if keys is not None else ():
            if key not in keys:  # type: ignore[operator]  # there are keys
                raise self.error(key, "unknown key", ", ".join(keys or ()))

    def __contains__(self, key: str) -> bool:
        return key in self.table

    def error(self, key: str, message: str, allowed: str = "") -> Exception:
        """A PackError for this key; for the table itself if the key is not there."""
        place = (*self.place, key) if key in self.table else self.place
        return self.document.error(place, message, allowed)

    def text(self, key: str) -> str:
        """A text that has to be there."""
        value = self.table.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.error(key, f"the {key} is missing")
        return value

    def optional_text(self, key: str) -> str:
        """The text under this key; "" if there is none."""
        return self.text(key) if key in self.table else ""

    def flag(self, key: str, usual: bool) -> bool:
        """The yes or no under this key; `usual` if there is none."""
        value = self.table.get(key, usual)
        if not isinstance(value, bool):
            raise self.error(key, f"{value!r} is not allowed", "true, false")
        return value

    def choice(self, key: str, allowed: Collection[str]) -> str:
        """The text under this key, which has to be one of `allowed`."""
        value = self.table.get(key)
        if not isinstance(value, str) or value not in allowed:
            raise self.error(key, f"{value!r} is not allowed", ", ".join(allowed))
        return value

    def new(self, key: str, taken: Collection[str]) -> str:
        """A text that nothing of the kind has yet."""
        value = self.text(key)
        if value in taken:
            raise self.error(key, f"{value!r} is there twice")
        if not ID.fullmatch(value):
            raise self.error(key, f"{value!r} does not go into a button", ALLOWED_IN_ID)
        return value

    def texts(self, key: str, allowed: Collection[str], what: str) -> tuple[str, ...]:
        """A list of texts, each of them one of `allowed`; () if the key is not there."""
        values = self.table.get(key, [])
        if not isinstance(values, list):
            raise self.error(key, f"{values!r} is not a list")
        for number, value in enumerate(values):
            if not isinstance(value, str) or value not in allowed:
                place = (*self.place, key, number)
                raise self.document.error(place, f"{value!r} is {what}", ", ".join(allowed))
        return tuple(values)


def tables(document: Document, kind: str) -> Iterator[Fields]:
    """The tables [[kind]] of a document, in order."""
    found = document.tables.get(kind, [])
    if not isinstance(found, list):
        raise document.error((kind,), f"is a list: write [[{kind}]]")
    for number, table in enumerate(found):
        yield Fields(document, (kind, number), table, TABLES[kind])


def named(document: Document, kind: str) -> Iterator[tuple[str, Fields]]:
    """The tables [kind.NAME] of a document, with their names."""
    found = document.tables.get(kind, {})
    for name, table in Fields(document, (kind,), found, None).table.items():
        yield name, Fields(document, (kind, name), table, None)


def check_top(document: Document, *, is_pack: bool) -> None:
    """Only tables that belong into this kind of file. Raises PackError."""
    for key in document.tables:
        if key not in TABLES and key not in NAMED:
            raise document.error((key,), "unknown table", ", ".join((*TABLES, *NAMED)))
        if key in ("pack", "settings", "presets") and not is_pack:
            raise document.error((key,), "belongs in the pack itself, not in what it includes")
