"""Reads every file of the records and says what is wrong; changes nothing, needs no lock.

It may run beside the bot: the catalogue is read first, so it can only be behind the files, and an
episode that is moved to the archive meanwhile is found there.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from protocol.attachment_facts import Attached, attachments_in
from storage import audit_files, chain, files, format_mark
from storage.apply import digest_of
from storage.audit import broken_at
from storage.envelope import Damaged, Sealer
from storage.keys import Keys
from storage.layout import Layout, Place, month_of
from storage.model import Episode, Office, Past
from storage.record_file import document_in, read_only
from storage.shapes import SHAPES
from storage.store import StoreError
from storage.version_catalogue import VersionCatalogue
from storage.walk import Opened, Progress, no_progress, walk


def verify(
    folder: Path,
    keys: Keys | None,
    *,
    summarise: Callable[[Episode], Past] | None = None,
    rows_by: str = "",
    closed: bool = True,
    progress: Progress = no_progress,
) -> list[str]:
    """One line for each problem, without personal data; none if all is well.

    summarise, rows_by: as for the store; with them each row of the catalogue is made again and
    compared.  closed: False leaves out closed episodes and their rows, for a quick look.
    progress: told how many files are done, of how many.
    """
    layout = Layout(folder)
    if not folder.is_dir():
        return [f"there is no book in {folder}"]
    sealer = Sealer(keys)
    problems: list[str] = []
    try:
        if format_mark.read(layout, sealer) is None:
            problems.append(
                "the book's mark is missing or damaged; it is made anew at the next start"
            )
        check = _Check(layout, sealer, problems, summarise, rows_by)
        check.everything(closed=closed, progress=progress)
    except StoreError as error:
        problems.append(str(error))
    except OSError as error:
        problems.append(f"{error.filename or folder} cannot be read: {error.strerror or error}")
    return problems


class _Check:
    def __init__(
        self,
        layout: Layout,
        sealer: Sealer,
        problems: list[str],
        summarise: Callable[[Episode], Past] | None,
        rows_by: str,
    ) -> None:
        self.layout = layout
        self.sealer = sealer
        self.problems = problems
        self.summarise = summarise
        self.catalogue = VersionCatalogue(layout, sealer, rows_by, problems.append)
        self.present: set[str] = set()
        self.rows: dict[str, Past] = {}
        self.attached: dict[str, Attached] = {}

    def everything(self, *, closed: bool, progress: Progress) -> None:
        self.catalogue.load()
        if not self.catalogue.found and format_mark.has_files(self.layout):
            self.problems.append("the catalogue is missing or damaged")
        months = self.catalogue.months() if closed else []
        for month in months:
            self.catalogue.versions_of(month)
        places = [
            place
            for place in self.layout.records()
            if closed or self.layout.month_of(place) is None
        ]
        for opened in walk(places, self.sealer, progress, total=len(places)):
            self._record(opened)
        for place in places:
            self._moved(place)
        self._attachments(closed=closed)
        self._audit()
        self._missing(months)
        for month in months:
            self._rows(month)
        for label, what in sorted(self.catalogue.older.items()):
            if what not in self.problems:
                self.problems.append(f"{what} (found at a start; {label} is not put right yet)")
        self._set_aside()

    def _record(self, opened: Opened) -> None:
        place = opened.place
        if opened.content is None:
            self.problems.append(f"{place.label}: {opened.problem}")
            return
        try:
            value = document_in(opened.content.data, place.kind, SHAPES[place.kind])
        except Damaged as error:
            self.problems.append(f"{place.label}: {error}")
            return
        expected = self.catalogue.expected(place)
        if isinstance(value, Episode):
            expected = self._episode(place, value)
        if value.version < expected:
            self.problems.append(
                f"{place.label} is an older copy: version {value.version}, "
                f"but it had come to {expected}"
            )
        self.present.add(place.label)

    def _moved(self, place: Place) -> None:
        """An open episode that was closed and moved since its folder was listed."""
        if place.path.parent != self.layout.open or place.path.exists():
            return
        moved = self.layout.find_closed(place.name)
        if moved is not None and place.label not in self.present:
            for opened in walk([moved], self.sealer):
                self._record(opened)

    def _episode(self, place: Place, episode: Episode) -> int:
        """Returns the version that it had at least come to."""
        if episode.ref != place.name:
            self.problems.append(f"{place.label}: it holds another episode")
        broken = chain.broken_at(episode)
        if broken is not None:
            self.problems.append(f"{place.label}: the chain is broken at fact {broken}")
        self.attached |= self._named_by(episode)
        if place.label in self.present:
            self.problems.append(f"{place.label} is there twice, open and closed")
        month = self.layout.month_of(place)
        if month is None:
            return self.catalogue.expected(place)
        if episode.closed_at is None or month_of(episode.closed_at) != month:
            self.problems.append(f"{place.label}: it was not closed in {month}")
        if self.summarise is not None:
            self.rows[episode.ref] = self.summarise(episode)
        return self.catalogue.expected_closed(month, place)

    def _named_by(self, episode: Episode) -> dict[str, Attached]:
        """The attachments of this episode, by label."""
        return {
            self.layout.attachment(episode.ref, name).label: fact
            for name, fact in attachments_in(episode.facts).items()
        }

    def _audit(self) -> None:
        """Its chain, from where it begins to the newest record."""
        with contextlib.suppress(Damaged, OSError):
            office = read_only(self.layout.office, Office, self.sealer) or Office()
            found = audit_files.records_after(
                self.layout, self.sealer, office, 0, self.problems.append
            )
            if (broken := broken_at(found, office.audit_from)) is not None:
                self.problems.append(f"audit: {broken}")

    def _attachments(self, *, closed: bool) -> None:
        """Each is what its fact says, each fact has one, and none has no fact."""
        found: set[str] = set()
        for opened in walk(self.layout.all_attachments(), self.sealer):
            label = opened.place.label
            ref = opened.place.name.partition(" ")[0]
            if f"episode {ref}" not in self.present and not closed:
                continue
            found.add(label)
            named = self.attached.get(label) or self._named_now(ref).get(label)
            if opened.content is None:
                self.problems.append(f"{label}: {opened.problem}")
            elif named is not None and digest_of(opened.content.data) != named.digest:
                self.problems.append(f"{label}: it is not the file that was attached")
            elif (
                named is None
                and opened.place.path.parent != self.layout.unsettled
                and f"episode {ref}" in self.present
            ):
                self.problems.append(f"{label}: no entry of the case names it")
        for label in sorted(self.attached.keys() - found):
            ref = label.split()[1]
            if label in self._named_now(ref):
                self.problems.append(f"{label} is missing")

    def _named_now(self, ref: str) -> dict[str, Attached]:
        """Read once more: it may have changed since, beside the running bot."""
        places = (self.layout.open_episode(ref), self.layout.find_closed(ref))
        for opened in walk([place for place in places if place is not None], self.sealer):
            if opened.content is not None:
                with contextlib.suppress(Damaged):
                    return self._named_by(document_in(opened.content.data, "episode", Episode))
        return {}

    def _missing(self, months: list[str]) -> None:
        known = {label for label in self.catalogue.files if not label.startswith("draft")}
        for month in months:
            known |= {f"episode {ref}" for ref in self.catalogue.versions_of(month)}
        for label in sorted(known - self.present):
            ref = label.removeprefix("episode ")
            if not any(label in problem for problem in self.problems) and not (
                self.layout.find_closed(ref) if label != ref else None
            ):
                self.problems.append(f"{label} is missing")

    def _rows(self, month: str) -> None:
        for row in self.catalogue.rows_of(month):
            label = f"episode {row.ref}"
            if label not in self.present and f"{label} is missing" not in self.problems:
                self.problems.append(f"catalogue {month}: row {row.ref} has no episode")
            elif self.rows.get(row.ref, row) != row:
                self.problems.append(
                    f"catalogue {month}: row {row.ref} is not what its episode says"
                )

    def _set_aside(self) -> None:
        for name in files.names(self.layout.aside):
            kind, _, rest = name.partition(".")
            label = f"{kind} {rest.partition('.')[0]}" if kind in ("episode", "draft") else kind
            if label not in self.present:
                self.problems.append(f"{label} was set aside and is not restored: aside/{name}")
