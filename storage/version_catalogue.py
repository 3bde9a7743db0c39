"""How far each file had come, and one row for each closed episode.

Versions: the number of a file's changes when it was last written, so that an older copy is
noticed. They are kept in memory and flushed every now and then, and at the end (see `TinyStore`):
always behind the files or level with them, so a crash gives no false alarm. What this cannot
notice is an older copy no older than the last flush, or a whole folder put back, catalogue
included: for that, look at the date of the last fact.

Rows: they save reading thousands of files at the start, and are never a second truth. Those of a
month whose file is missing, damaged, older than it had been or made by other rules are made anew
from the episodes; an episode without a row gets one; a row without an episode goes. Before a
closed episode is corrected, its row is taken out on disk, so that a crash cannot leave one that is
out of date.

Open episodes, drafts, register and office are in `catalogue/live`; closed episodes, with their
rows, in one file for each month of closing, so that a commit costs the same in year ten. `live`
knows the version of each month's file in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import msgspec

from storage import files
from storage.envelope import Damaged, Sealer
from storage.layout import Layout, Place
from storage.model import Past

LATELY = 50
"""Closed episodes that are read at the start, for the Telegram updates in them: far more than can
be closed by the 100 updates that Telegram may hand over again."""

_L = TypeVar("_L", bound=msgspec.Struct)


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """`files`: version by label.  `months`: version of each month's file.  `lately`: closed
    episodes written last, with their month.  `older`: what was found older than it had been, and
    still is not put right, by label."""

    version: int = 0
    files: dict[str, int] = {}
    months: dict[str, int] = {}
    lately: dict[str, str] = {}
    older: dict[str, str] = {}


class Month(msgspec.Struct, frozen=True, kw_only=True):
    """The episodes closed in one month: `versions` by reference; `rows`, made by the rules that
    `made_by` names."""

    version: int = 0
    versions: dict[str, int] = {}
    made_by: str = ""
    rows: list[Past] = []


def without_rows(data: bytes) -> bytes | None:
    """The content of a month's file without its rows; None if it is not that of a month."""
    try:
        month = msgspec.json.decode(data, type=Month, strict=True)
    except msgspec.MsgspecError:
        return None
    if not month.rows:
        return None
    return msgspec.json.encode(msgspec.structs.replace(month, rows=[], made_by=""))


class _Known:
    """A month in memory. `version`: of its file when last read or written."""

    def __init__(self, month: Month) -> None:
        self.version = month.version
        self.versions = dict(month.versions)
        self.rows = {row.ref: row for row in month.rows}


class VersionCatalogue:
    """The catalogue of one folder. Not for two threads at a time, but for `by_person`: its lists
    only grow at the end, or are replaced. They are in no order.

    made_by: names the rules that make rows; rows made by others are made anew.
    problem: told in one line, without personal data, of a part that is missing or damaged.
    """

    def __init__(
        self, layout: Layout, sealer: Sealer, made_by: str, problem: Callable[[str], None]
    ) -> None:
        self._layout = layout
        self._sealer = sealer
        self._made_by = made_by
        self._problem = problem
        self.files: dict[str, int] = {}
        self.older: dict[str, str] = {}
        self.lately: dict[str, str] = {}
        self.by_person: dict[str, list[Past]] = {}
        self.found = False
        """Whether there was a catalogue on disk."""
        self.dirty = False
        self._version = 0
        self._month_versions: dict[str, int] = {}
        self._months: dict[str, _Known] = {}
        self._month_of: dict[str, str] = {}
        self._dirty_months: set[str] = set()

    def load(self) -> None:
        """Reads the live part. A damaged one is reported, and begun anew."""
        live = self._read("live", Live)
        if live is None:
            return
        self.found = True
        self._version = live.version
        self.files = dict(live.files)
        self.older = dict(live.older)
        self.lately = dict(live.lately)
        self._month_versions = dict(live.months)

    # Versions -----------------------------------------------------------------------------

    def note(self, place: Place, version: int) -> None:
        """This file is on disk at this version."""
        if self.files.get(place.label) != version:
            self.files[place.label] = version
            self.dirty = True

    def note_closed(self, month: str, place: Place, version: int) -> None:
        """This episode is on disk, closed, at this version."""
        known = self._month(month).versions
        if known.get(place.name) != version or place.label in self.files:
            known[place.name] = version
            self.files.pop(place.label, None)
            self._touch(month)

    def remember(self, ref: str, month: str) -> None:
        """This closed episode was written just now."""
        self.lately.pop(ref, None)
        self.lately[ref] = month
        while len(self.lately) > LATELY:
            del self.lately[next(iter(self.lately))]
        self.dirty = True

    def expected(self, place: Place) -> int:
        """The version that the file had at least come to; 0 if it is not known."""
        return self.files.get(place.label, 0)

    def expected_closed(self, month: str, place: Place) -> int:
        """As `expected`, of an episode closed in that month."""
        return max(self._month(month).versions.get(place.name, 0), self.expected(place))

    def versions_of(self, month: str) -> dict[str, int]:
        """Versions of the episodes closed in that month, by reference."""
        return dict(self._month(month).versions)

    def months(self) -> list[str]:
        """The months of which there is, or should be, a file."""
        return sorted({*self._month_versions, *self._months, *self._layout.catalogue_months()})

    def check(self, place: Place, version: int, expected: int) -> str | None:
        """What to say of a file found at `version`, or None. Remembers it until put right."""
        if version >= expected:
            return None
        what = f"{place.label} is an older copy: version {version}, but it had come to {expected}"
        if place.label not in self.older:
            self.older[place.label] = what
            self.dirty = True
        return what

    def put_right(self, place: Place, version: int, month: str | None) -> None:
        """An administrator restored this file at this version: it counts from here."""
        self.older.pop(place.label, None)
        self.files.pop(place.label, None)
        if month is None:
            self.note(place, version)
        else:
            self.note_closed(month, place, version)

    # Rows of closed episodes --------------------------------------------------------------

    def __contains__(self, ref: str) -> bool:
        return ref in self._month_of

    def month_of(self, ref: str) -> str | None:
        """The month in whose folder the closed episode is; None if there is no such episode."""
        return self._month_of.get(ref)

    def rows(self) -> Iterator[Past]:
        """Every row, by month of closing."""
        for month in self._months.values():
            yield from month.rows.values()

    def rows_of(self, month: str) -> Sequence[Past]:
        """The rows of one month that can be trusted."""
        return tuple(self._month(month).rows.values())

    def load_rows(
        self, month: str, refs: Sequence[str], read: Callable[[str], Past | None]
    ) -> list[str]:
        """The rows of one month. `refs`: the episodes that are there; `read` makes a row from the
        episode's file, None if that cannot be read. Returns the references of rows whose episode
        is not there."""
        kept = self._month(month).rows
        gone = sorted(kept.keys() - refs)
        for ref in gone:
            del kept[ref]
        for ref in refs if len(kept) < len(refs) else ():
            if ref not in kept and (row := read(ref)) is not None:
                kept[ref] = row
                self._touch(month)
        if gone:
            self._touch(month)
        self._month_of.update(dict.fromkeys(kept, month))
        for row in kept.values():
            self.by_person.setdefault(row.person, []).append(row)
        return gone

    def put(self, month: str, row: Past) -> None:
        """A new row, or another for the same episode."""
        self._remove(row.ref)
        self._month(month).rows[row.ref] = row
        self._month_of[row.ref] = month
        self.by_person.setdefault(row.person, []).append(row)
        self._touch(month)

    def drop(self, ref: str) -> None:
        """The episode's file is gone or cannot be read."""
        month = self._month_of.get(ref)
        if month is not None:
            self._remove(ref)
            self._touch(month)

    def forget(self, ref: str) -> None:
        """The episode goes for good: neither its row nor its version is kept."""
        month = self._month_of.get(ref)
        if month is not None:
            self._remove(ref)
            self._month(month).versions.pop(ref, None)
            self.lately.pop(ref, None)
            self._touch(month)

    def distrust(self, month: str, ref: str) -> None:
        """Takes the row out on disk, durably, before the episode changes. In memory it stays.
        Raises OSError."""
        # As in `flush`: other rows of that month come to the disk with this.
        if self.dirty:
            self._write_live()
        self._write_month(month, without=ref)
        self._touch(month)

    # The disk -----------------------------------------------------------------------------

    def begin(self) -> None:
        """Writes the first catalogue of a new folder, so that a missing one can be told from none
        yet. Raises OSError."""
        if not self._layout.catalogue_of("live").path.exists():
            self.dirty = True
            self.flush()

    def flush(self) -> None:
        """Writes what has changed. Raises OSError; then it is tried again next time."""
        if not self.dirty:
            return
        # The live part before the months: an episode whose row is on disk is not read at the
        # start, unless the live part says that it was written lately.
        self._write_live()
        if self._dirty_months:
            for month in sorted(self._dirty_months):
                self._write_month(month)
                self._dirty_months.discard(month)
            self._write_live()
        self.dirty = False

    def _write_live(self) -> None:
        live = Live(
            version=self._version + 1,
            files=self.files,
            months=self._month_versions,
            lately=self.lately,
            older=self.older,
        )
        self._write("live", live, live.version)
        self._version = live.version

    def _write_month(self, month: str, *, without: str = "") -> None:
        known = self._month(month)
        version = max(known.version, self._month_versions.get(month, 0)) + 1
        rows = [row for ref, row in known.rows.items() if ref != without]
        value = Month(version=version, versions=known.versions, made_by=self._made_by, rows=rows)
        self._write(month, value, version)
        known.version = version
        self._month_versions[month] = version

    def _touch(self, month: str) -> None:
        self._dirty_months.add(month)
        self.dirty = True

    def _remove(self, ref: str) -> None:
        month = self._month_of.pop(ref, None)
        if month is None:
            return
        row = self._months[month].rows.pop(ref)
        others = [other for other in self.by_person[row.person] if other.ref != ref]
        self.by_person[row.person] = others

    def _month(self, month: str) -> _Known:
        known = self._months.get(month)
        if known is None:
            known = self._months[month] = self._read_month(month)
        return known

    def _read_month(self, month: str) -> _Known:
        read = self._read(month, Month)
        expected = self._month_versions.get(month, 0)
        if read is None:
            if expected:
                self._problem(f"the catalogue of {month} is missing")
            return _Known(Month())
        known = _Known(read)
        if read.version < expected:
            self._problem(f"the catalogue of {month} is an older copy")
            known.rows.clear()
        elif read.made_by != self._made_by:
            known.rows.clear()
        return known

    def _read(self, name: str, shape: type[_L]) -> _L | None:
        place = self._layout.catalogue_of(name)
        try:
            raw = files.read(place.path)
            content = self._sealer.unseal(place.kind, place.name, raw)
            return msgspec.json.decode(content.data, type=shape)
        except FileNotFoundError:
            return None
        except (Damaged, msgspec.MsgspecError) as error:
            self._problem(f"the catalogue {name} is damaged ({error}) and was begun anew")
            return None

    def _write(self, name: str, value: Live | Month, version: int) -> None:
        place = self._layout.catalogue_of(name)
        data = msgspec.json.encode(value)
        files.write_whole(place.path, self._sealer.seal(place.kind, place.name, version, data))
