"""The documents that only the book itself knows, beside those of the model."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from storage.model import Draft, Episode, Office, Person


class DraftSlot(msgspec.Struct, frozen=True, kw_only=True):
    """One member of staff's file of drafts. When a draft is dropped the file stays, for `seen`."""

    owner: str
    version: int = 0
    draft: Draft | None = None
    seen: tuple[int, ...] = ()


class Register(msgspec.Struct, frozen=True, kw_only=True):
    """The young people, by reference."""

    version: int = 0
    people: dict[str, Person] = {}


SHAPES: dict[str, type[Episode] | type[Office] | type[Register] | type[DraftSlot]] = {
    "episode": Episode,
    "office": Office,
    "register": Register,
    "draft": DraftSlot,
}
"""The document in each kind of record."""

Record: TypeAlias = Episode | Office | Register | DraftSlot


def named(record: Record) -> tuple[str, str]:
    """Kind and name, as they are bound into a record's seal."""
    match record:
        case Episode():
            return "episode", record.ref
        case DraftSlot():
            return "draft", record.owner
        case Office():
            return "office", "office"
        case Register():
            return "register", "register"
