"""Records one by one: read and checked against the catalogue, saved, put back after a refusal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from storage import files, format_mark, quarantine
from storage.audit import AuditPage
from storage.envelope import Damaged, Sealer
from storage.layout import Layout, Place
from storage.lock import Lock
from storage.model import Episode, Office
from storage.record_file import RecordFile
from storage.shapes import DraftSlot, Register
from storage.version_catalogue import VersionCatalogue

T = TypeVar("T", Episode, Office, Register, DraftSlot, AuditPage)


class RecordFiles:
    """What is known of each file of the records. For one thread at a time."""

    def __init__(
        self,
        layout: Layout,
        sealer: Sealer,
        lock: Lock,
        catalogue: VersionCatalogue,
        report: Callable[[str, str], None],
        now: Callable[[], datetime],
    ) -> None:
        self.layout, self.sealer, self.lock, self.catalogue = layout, sealer, lock, catalogue
        self.report, self.now = report, now
        self.mark_is_behind = False
        self.doubtful: dict[Path, RecordFile[Any]] = {}
        """Files whose last change the disk refused."""
        self._told: set[str] = set()
        self._files: dict[str, RecordFile[Any]] = {}

    def load(self, place: Place, shape: type[T], *, expected: int) -> T | None:
        """One record, or None if there is none that can be used: a damaged one is set aside, and
        reported. An older copy is reported and used: it is the best there is. Raises OSError."""
        try:
            value = self.file(place, shape).load()
            if isinstance(value, Episode) and value.ref != place.name:
                msg = "it holds another episode"
                raise Damaged(msg)
        except Damaged as error:
            self.forget(place)
            self.lock.check()
            what = quarantine.set_aside(self.layout, place, str(error), self.now())
            self.report("set_aside", what)
            return None
        if value is not None:
            older = self.catalogue.check(place, value.version, expected)
            if older is not None:
                self._report_once("older", older)
        return value

    def file(self, place: Place, shape: type[T]) -> RecordFile[T]:
        """The file at this place, with what is known of it."""
        file = self._files.get(place.label)
        if file is None or file.place != place:
            file = RecordFile(place, shape, self.sealer)
            self._files[place.label] = file
        return file

    def of_open(self, ref: str) -> RecordFile[Episode]:
        """The file of an open episode; of one that is closed in this commit, too."""
        known = self._files.get(f"episode {ref}")
        return known or self.file(self.layout.open_episode(ref), Episode)

    def forget(self, place: Place) -> None:
        """What is known of the file there: it is gone, or will hardly be read again."""
        self._files.pop(place.label, None)

    def save(self, file: RecordFile[T], value: T) -> None:
        """The record as from now on. What the disk refuses is doubtful until it was put back.
        Raises OSError."""
        self.lock.check()
        if self.mark_is_behind:
            format_mark.write(self.layout, self.sealer)
            self.mark_is_behind = False
        try:
            file.save(value)
            self.lock.check()
        except OSError:
            self.doubtful[file.place.path] = file
            raise
        self.doubtful.pop(file.place.path, None)

    def put_back(self) -> None:
        """What was refused is taken back. Raises OSError; then the rest is done next time."""
        for path, file in list(self.doubtful.items()):
            file.put_back()
            del self.doubtful[path]

    def probe(self) -> None:
        """Raises OSError if a record could not be written now."""
        self.lock.check()
        for folder in (self.layout.folder, self.layout.open, self.layout.drafts):
            trial = folder / ".probe.tmp"
            files.write_whole(trial, bytes(4096))
            files.remove(trial)

    def report_page(self, what: str) -> None:
        """A page of the audit that cannot be used, or is missing."""
        self._report_once("unreadable", what)

    def _report_once(self, kind: str, what: str) -> None:
        if what not in self._told:
            self._told.add(what)
            self.report(kind, what)
