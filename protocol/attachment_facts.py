"""Facts about files beside the record. Nothing follows from them: no rule, level or reminder.

The bytes are kept apart from the facts, by the id of the `Attached` that names them
(`storage/attachment_files.py`); the digest binds them into the chain of the record.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

from protocol.recorded import Recorded

Media: TypeAlias = Literal[
    "jpeg", "png", "webp", "heic", "pdf", "text", "docx", "xlsx", "odt", "ods",
    "mp3", "m4a", "ogg", "wav",
]  # fmt: skip
"""What a file is, by its content; nothing else is taken."""


class Attached(Recorded, frozen=True, kw_only=True, tag="attached"):
    """A file was put beside the record. name: as people read it, its ending that of `media`.
    size: bytes.  digest: SHA-256 of the bytes, hex."""

    name: str
    media: Media
    size: int
    digest: str


class AttachmentRemoved(Recorded, frozen=True, kw_only=True, tag="attachment_removed"):
    """The bytes of a wrong attachment went. attachment: id of the `Attached`."""

    attachment: str
    reason: str


ATTACHMENT_FACTS = (Attached, AttachmentRemoved)


def attachments_in(facts: Iterable[object]) -> dict[str, Attached]:
    """Those whose bytes are kept, by id, in the order of the record."""
    found: dict[str, Attached] = {}
    for fact in facts:
        if isinstance(fact, Attached):
            found[fact.id] = fact
        elif isinstance(fact, AttachmentRemoved):
            found.pop(fact.attachment, None)
    return found
