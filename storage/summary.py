"""The summary of closed episodes: a cache, one file for each month of closing, one row for each.

It saves reading thousands of files at the start. It is never a second truth: a month whose file
is missing, damaged, older than it had been or made by other rules is rebuilt from the episodes; an
episode without a row gets one; a row without an episode goes. Before a closed episode is
corrected, its month's file is removed, so that a crash cannot leave a row that is out of date.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from storage import files
from storage.envelope import Damaged, Sealer
from storage.layout import Layout
from storage.ledger import Ledger
from storage.model import Past


class MonthRows(msgspec.Struct, frozen=True, kw_only=True):
    """`made_by` names the rules that made the rows."""

    made_by: str
    rows: list[Past]


_decoder = msgspec.json.Decoder(MonthRows)


class Summary:
    """The rows of one book's closed episodes. `by_person` may be read from another thread:
    its lists only grow at the end, or are replaced. They are in no order.

    made_by: names the rules that make rows; a month made by others is rebuilt.
    """

    def __init__(self, layout: Layout, sealer: Sealer, ledger: Ledger, made_by: str) -> None:
        self._layout = layout
        self._sealer = sealer
        self._ledger = ledger
        self._made_by = made_by
        self._months: dict[str, dict[str, Past]] = {}
        self._month_of: dict[str, str] = {}
        self.by_person: dict[str, list[Past]] = {}
        self._dirty: set[str] = set()
        self._versions: dict[str, int] = {}

    @property
    def dirty(self) -> bool:
        return bool(self._dirty)

    def __contains__(self, ref: str) -> bool:
        return ref in self._month_of

    def month_of(self, ref: str) -> str | None:
        """The month in whose folder the closed episode is; None if there is no such episode."""
        return self._month_of.get(ref)

    def rows(self) -> Iterator[Past]:
        """Every row, by month of closing."""
        for month in self._months.values():
            yield from month.values()

    def load(self, month: str, refs: list[str], read: Callable[[str], Past | None]) -> list[str]:
        """The rows of one month. `refs`: the episodes that are there; `read` makes a row from the
        episode's file, None if that cannot be read. Returns the references of rows whose episode
        is not there."""
        kept = self._read(month)
        gone = sorted(kept.keys() - refs)
        for ref in gone:
            del kept[ref]
        for ref in refs if len(kept) < len(refs) else ():
            if ref not in kept and (row := read(ref)) is not None:
                kept[ref] = row
                self._dirty.add(month)
        if gone:
            self._dirty.add(month)
        self._months[month] = kept
        self._month_of.update(dict.fromkeys(kept, month))
        for row in kept.values():
            self.by_person.setdefault(row.person, []).append(row)
        return gone

    def put(self, month: str, row: Past) -> None:
        """A new row, or another for the same episode."""
        self._remove(row.ref)
        self._place(month, row)
        self._dirty.add(month)

    def drop(self, ref: str) -> None:
        """The episode's file is gone or cannot be read."""
        month = self._month_of.get(ref)
        if month is not None:
            self._remove(ref)
            self._dirty.add(month)

    def distrust(self, month: str) -> None:
        """Removes the month's file, durably, before one of its episodes changes."""
        path = self._layout.summary_of(month).path
        if path.exists():
            files.remove(path)
        self._dirty.add(month)

    def flush(self) -> None:
        """Writes the months that have changed. Raises OSError; then it is tried again."""
        for month in sorted(self._dirty):
            place = self._layout.summary_of(month)
            version = max(self._versions.get(month, 0), self._ledger.expected(place)) + 1
            rows = list(self._months.get(month, {}).values())
            data = msgspec.json.encode(MonthRows(made_by=self._made_by, rows=rows))
            sealed = self._sealer.seal(place.kind, place.name, version, data)
            files.write_whole(place.path, sealed)
            self._versions[month] = version
            self._ledger.note(place, version)
            self._dirty.discard(month)

    def _read(self, month: str) -> dict[str, Past]:
        place = self._layout.summary_of(month)
        try:
            content = self._sealer.unseal(place.kind, place.name, files.read(place.path))
            found = _decoder.decode(content.data)
        except (FileNotFoundError, Damaged, msgspec.MsgspecError):
            return {}
        if found.made_by != self._made_by or content.version < self._ledger.expected(place):
            return {}
        self._versions[month] = content.version
        return {row.ref: row for row in found.rows}

    def _place(self, month: str, row: Past) -> None:
        self._months.setdefault(month, {})[row.ref] = row
        self._month_of[row.ref] = month
        self.by_person.setdefault(row.person, []).append(row)

    def _remove(self, ref: str) -> None:
        month = self._month_of.pop(ref, None)
        if month is None:
            return
        row = self._months[month].pop(ref)
        others = [other for other in self.by_person[row.person] if other.ref != ref]
        self.by_person[row.person] = others
