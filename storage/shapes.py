"""The documents that only the book itself knows, beside those of the model."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from storage.audit import AuditPage
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


Record: TypeAlias = Episode | Office | Register | DraftSlot | AuditPage

SHAPES: dict[str, type[Record]] = {
    "episode": Episode,
    "office": Office,
    "register": Register,
    "draft": DraftSlot,
    "audit": AuditPage,
}
"""The document in each kind of record."""


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
        case AuditPage():
            return "audit", page_name(record.first)


def page_name(first: int) -> str:
    """Of the page of the audit that begins with this record."""
    return f"{first:08d}"
