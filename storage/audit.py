"""The audit of the service: who signed in, read, exported and changed what, in a chain.

Each record carries the digest of the one before, as an episode's facts do. The newest stand in the
service's own file, so that what was done and the record of it are one commit; the older ones lie in
pages of a fixed size, which are written once. So adding one costs the same in year ten. When the
oldest pages are deleted, number and digest of the last record in them stay: the anchor.

A line of the audit is a dictionary: `at` (UTC, ISO 8601), `what`, and ids of staff (`by`, `staff`,
`about`), cases (`ref`) and things. It holds no free text and no name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

PAGE = 64
"""Records in a page. The service's own file holds fewer than two pages of them."""
AUDIT_DELETED = "audit: oldest part deleted"
ROOT = "audit"
"""Stands in for the digest before the first record."""

_canonical = msgspec.json.Encoder(order="sorted")


class AuditRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One link of the chain. `number` counts from 1 and is never used twice."""

    number: int
    line: dict[str, Any]
    digest: str

    @property
    def at(self) -> datetime | None:
        """When (UTC); None where the line has no time that can be read."""
        try:
            return datetime.fromisoformat(str(self.line.get("at")))
        except ValueError:
            return None


class AuditPage(msgspec.Struct, frozen=True, kw_only=True):
    """Records that are complete: `PAGE` of them. `version` is for the store, and never changes."""

    first: int
    records: tuple[AuditRecord, ...]
    version: int = 1


class Anchor(msgspec.Struct, frozen=True, kw_only=True):
    """Where the chain begins: number and digest of the last record that was deleted."""

    number: int = 0
    digest: str = ROOT


class Break(NamedTuple):
    """number: of the record; at: its moment as it is written there, "" if it is not there."""

    number: int
    at: str
    why: str

    def __str__(self) -> str:
        at = f" of {self.at}" if self.at else ""
        return f"the chain breaks at record {self.number}{at}: {self.why}"


def link(before: str, number: int, line: Mapping[str, Any]) -> str:
    """The digest (hex) of this line after the record whose digest is `before`."""
    data = f"{before}\n{number}\n".encode() + _canonical.encode(line)
    return hashlib.sha256(data).hexdigest()


def extend(
    tail: Sequence[AuditRecord], anchor: Anchor, lines: Iterable[Mapping[str, Any]]
) -> tuple[AuditRecord, ...]:
    """The newest records with these lines appended in order."""
    last, before = (tail[-1].number, tail[-1].digest) if tail else (anchor.number, anchor.digest)
    added = []
    for number, line in enumerate(lines, last + 1):
        before = link(before, number, line)
        added.append(AuditRecord(number=number, line=dict(line), digest=before))
    return (*tail, *added)


def full_page(tail: Sequence[AuditRecord]) -> AuditPage | None:
    """What goes from the newest records into a page of its own; None while they are few."""
    if len(tail) < 2 * PAGE:
        return None
    return AuditPage(first=tail[0].number, records=tuple(tail[:PAGE]))


def broken_at(records: Iterable[AuditRecord], anchor: Anchor) -> Break | None:
    """The first record that does not follow from the one before; None if the chain holds."""
    number, before = anchor.number, anchor.digest
    for record in records:
        number += 1
        at = str(record.line.get("at", ""))
        if record.number != number:
            return Break(number, "", f"it is missing; record {record.number} of {at} follows")
        if link(before, number, record.line) != record.digest:
            return Break(number, at, "it is not what was written, or one before it was changed")
        before = record.digest
    return None
