"""Reads every file of the book and says what is wrong; changes nothing, needs no lock.

It may run beside the bot: the ledger is read first, so it can only be behind the files, and an
episode that is moved to the archive meanwhile is found there.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from storage import chain, files, format_mark
from storage.envelope import Damaged, Sealer
from storage.keys import Keys
from storage.layout import Layout, Place, month_of
from storage.ledger import Ledger
from storage.model import Episode, Office, Past
from storage.record_file import RecordFile
from storage.shapes import DraftSlot, Register
from storage.store import StoreError
from storage.summary import MonthRows

SHAPES: dict[str, type[Episode] | type[Office] | type[Register] | type[DraftSlot]] = {
    "episode": Episode,
    "office": Office,
    "register": Register,
    "draft": DraftSlot,
}


def verify(
    folder: Path,
    keys: Keys | None,
    *,
    summarise: Callable[[Episode], Past] | None = None,
    rows_by: str = "",
    closed: bool = True,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[str]:
    """One line for each problem, without personal data; none if all is well.

    summarise, rows_by: as for the store; with them each summary row is made again and compared.
    closed: False leaves out closed episodes and the summary, for a quick look.
    progress: told how many files are done, of how many.
    """
    layout = Layout(folder)
    if not folder.is_dir():
        return [f"there is no book in {folder}"]
    sealer = Sealer(keys)
    try:
        found = format_mark.read(layout, sealer)
    except StoreError as error:
        return [str(error)]
    problems: list[str] = []
    if found is None:
        problems.append("the book's mark is missing or damaged; it is made anew at the next start")
    elif found.coming_from is not None:
        problems.append("a migration was interrupted; it goes on at the next start")
    check = _Check(layout, sealer, problems, summarise, rows_by)
    check.everything(closed=closed, progress=progress)
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
        self.rows_by = rows_by
        self.ledger = Ledger(layout, sealer, problems.append)
        self.present: set[str] = set()
        self.rows: dict[str, Past] = {}

    def everything(self, *, closed: bool, progress: Callable[[int, int], None]) -> None:
        self.ledger.load()
        if not self.ledger.found and format_mark.has_files(self.layout):
            self.problems.append("the ledger is missing or damaged")
        if closed:
            for month in self.ledger.months():
                self.ledger.refs_of(month)
        places = [
            place
            for place in self.layout.records()
            if closed or place.path.parent.parent != self.layout.closed
        ]
        for done, place in enumerate(places):
            progress(done, len(places))
            self._record(place)
        progress(len(places), len(places))
        self._missing(closed=closed)
        if closed:
            for place in self.layout.summaries():
                self._summary(place)
        for label, what in sorted(self.ledger.older.items()):
            if what not in self.problems:
                self.problems.append(f"{what} (found at a start; {label} is not put right yet)")
        self._aside()

    def _record(self, place: Place) -> None:
        shape = SHAPES[place.kind]
        try:
            value = RecordFile(place, shape, self.sealer).load()
            if value is None and place.kind == "episode":
                moved = self.layout.find_closed(place.name)
                if moved is not None and moved != place:
                    self._record(moved)
                return
        except Damaged as error:
            self.problems.append(f"{place.label}: {error}")
            return
        except OSError as error:
            self.problems.append(f"{place.label}: cannot be read: {error.strerror}")
            return
        if value is None:
            return
        expected = self.ledger.expected(place)
        if isinstance(value, Episode):
            expected = self._episode(place, value)
        if value.version < expected:
            self.problems.append(
                f"{place.label} is an older copy: version {value.version}, "
                f"but it had come to {expected}"
            )
        self.present.add(place.label)

    def _episode(self, place: Place, episode: Episode) -> int:
        """Returns the version that it had at least come to."""
        if episode.ref != place.name:
            self.problems.append(f"{place.label}: it holds another episode")
        broken = chain.broken_at(episode)
        if broken is not None:
            self.problems.append(f"{place.label}: the chain is broken at fact {broken}")
        if place.label in self.present:
            self.problems.append(f"{place.label} is there twice, open and closed")
        if place.path.parent == self.layout.open:
            return self.ledger.expected(place)
        month = place.path.parent.name
        if episode.closed_at is None or month_of(episode.closed_at) != month:
            self.problems.append(f"{place.label}: it was not closed in {month}")
        if self.summarise is not None:
            self.rows[episode.ref] = self.summarise(episode)
        return self.ledger.expected_closed(month, place)

    def _missing(self, *, closed: bool) -> None:
        known = {label for label in self.ledger.files if not label.startswith(("draft", "summary"))}
        if closed:
            for month in self.ledger.months():
                known |= {f"episode {ref}" for ref in self.ledger.refs_of(month)}
        for label in sorted(known - self.present):
            ref = label.removeprefix("episode ")
            if not any(label in problem for problem in self.problems) and not (
                self.layout.find_closed(ref) if label != ref else None
            ):
                self.problems.append(f"{label} is missing")

    def _summary(self, place: Place) -> None:
        try:
            content = self.sealer.unseal(place.kind, place.name, files.read(place.path))
            month = msgspec.json.decode(content.data, type=MonthRows)
        except FileNotFoundError:
            return
        except (Damaged, OSError, msgspec.MsgspecError) as error:
            self.problems.append(f"{place.label}: {error}; it is made anew at the next start")
            return
        if content.version < self.ledger.expected(place):
            self.problems.append(f"{place.label} is an older copy; it is made anew at next start")
        for row in month.rows:
            label = f"episode {row.ref}"
            if label not in self.present and f"{label} is missing" not in self.problems:
                self.problems.append(f"{place.label}: row {row.ref} has no episode")
            elif month.made_by == self.rows_by and self.rows.get(row.ref, row) != row:
                self.problems.append(f"{place.label}: row {row.ref} is not what its episode says")

    def _aside(self) -> None:
        for name in files.names(self.layout.aside):
            kind, _, rest = name.partition(".")
            label = f"{kind} {rest.partition('.')[0]}" if kind in ("episode", "draft") else kind
            if label not in self.present:
                self.problems.append(f"{label} was set aside and is not restored: aside/{name}")
