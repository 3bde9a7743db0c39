"""The bytes of attachments on disk: each in an envelope of its own, beside the episode.

A commit writes the bytes before the fact, so a fact never lacks them. What is being added or
removed lies in the folder `unsettled` until the record says what becomes of it; so whatever a
crash leaves is settled at the next start, by looking into that folder alone. Nothing else is ever
removed by inference.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Mapping

from storage import files
from storage.envelope import Sealer
from storage.layout import Layout, Place

ONCE = 1
"""An attachment is never changed: this is its version."""


class AttachmentFiles:
    """Those of one folder of records. Raises OSError where the disk refuses."""

    def __init__(self, layout: Layout, sealer: Sealer) -> None:
        self._layout = layout
        self._sealer = sealer
        self.waiting: set[str] = set()
        """Episodes of which something may not be settled."""

    def begin(self) -> None:
        """At the start: something may be left half added or half removed."""
        files.sweep(self._layout.unsettled)
        self.waiting.update(self._unsettled())

    def change(self, ref: str, contents: Mapping[str, bytes], going: Iterable[str]) -> None:
        """Before the record says so: durably on disk, or about to go."""
        if contents:
            self.waiting.add(ref)
        for name, data in contents.items():
            place = self._layout.unsettled_attachment(ref, name)
            files.make_folder(place.path.parent)
            files.write_whole(place.path, self._sealer.seal(place.kind, place.name, ONCE, data))
        for name in going:
            self.waiting.add(ref)
            source, target = self._places(ref, name)
            if source.path.exists():
                files.move(source.path, target.path)

    def settle(self, ref: str, kept: Collection[str]) -> None:
        """What the record names stays; the rest of what is not settled goes."""
        for name in self._unsettled().get(ref, ()):
            target, source = self._places(ref, name)
            if name in kept:
                files.move(source.path, target.path)
            else:
                files.remove(source.path)
        if not kept:
            with contextlib.suppress(OSError):
                (self._layout.attachments / ref).rmdir()

    def read(self, ref: str, name: str) -> bytes:
        """Raises FileNotFoundError, another OSError, or Damaged."""
        settled, unsettled = self._places(ref, name)
        # It may be settled between the first look and the second, for whoever reads beside the bot.
        for place in (settled, unsettled, settled):
            with contextlib.suppress(FileNotFoundError):
                raw = files.read(place.path)
                return self._sealer.unseal(place.kind, place.name, raw).data
        raise FileNotFoundError(settled.path)

    def _unsettled(self) -> dict[str, list[str]]:
        """Names by the episode's reference."""
        found: dict[str, list[str]] = {}
        for ref, name in self._layout.unsettled_attachments():
            found.setdefault(ref, []).append(name)
        return found

    def _places(self, ref: str, name: str) -> tuple[Place, Place]:
        return self._layout.attachment(ref, name), self._layout.unsettled_attachment(ref, name)
