"""How far each file had come: its version when last written, so that an older copy is noticed.

Kept in memory and flushed every now and then, and at the end (see `TinyStore`): it is always
behind the files or level with them, so a crash gives no false alarm. What it cannot notice is an
older copy no older than the last flush, or a whole book put back, ledger included: for that, look
at the date of the last fact.

Open episodes, drafts, register and office are in `ledger/live`; closed episodes in one ledger for
each month of closing, loaded when that month is touched, so that a commit costs the same in year
ten. `live` knows the version of each month's ledger in turn.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

from storage import files
from storage.envelope import Damaged, Sealer
from storage.layout import Layout, Place

LATELY = 50
"""Closed episodes that are read at the start, for the Telegram updates in them: far more than can
be closed by the 100 updates that Telegram may hand over again."""

_L = TypeVar("_L", bound=msgspec.Struct)


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """`files`: version by label.  `months`: version of each month's ledger.  `lately`: closed
    episodes written last, with their month.  `older`: what was found older than it had been, and
    still is not put right, by label."""

    version: int = 0
    files: dict[str, int] = {}
    months: dict[str, int] = {}
    lately: dict[str, str] = {}
    older: dict[str, str] = {}


class Month(msgspec.Struct, frozen=True, kw_only=True):
    version: int = 0
    refs: dict[str, int] = {}


class Ledger:
    """The ledger of one book. Not for two threads at a time.

    problem: told in one line, without personal data, of a ledger that is missing or damaged.
    """

    def __init__(self, layout: Layout, sealer: Sealer, problem: Callable[[str], None]) -> None:
        self._layout = layout
        self._sealer = sealer
        self._problem = problem
        self.files: dict[str, int] = {}
        self.older: dict[str, str] = {}
        self.lately: dict[str, str] = {}
        self.found = False
        """Whether there was a ledger on disk."""
        self._version = 0
        self._month_versions: dict[str, int] = {}
        self._months: dict[str, dict[str, int]] = {}
        self._dirty_months: set[str] = set()
        self.dirty = False

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

    def note(self, place: Place, version: int) -> None:
        """This file is on disk at this version."""
        if self.files.get(place.label) != version:
            self.files[place.label] = version
            self.dirty = True

    def note_closed(self, month: str, place: Place, version: int) -> None:
        """This episode is on disk, closed, at this version."""
        known = self._month(month)
        if known.get(place.name) != version or place.label in self.files:
            known[place.name] = version
            self._dirty_months.add(month)
            self.files.pop(place.label, None)
            self.dirty = True

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
        return max(self._month(month).get(place.name, 0), self.expected(place))

    def closed_at_version(self, month: str, ref: str) -> int:
        """The version of a closed episode in its month's ledger; 0 if it is not there."""
        return self._month(month).get(ref, 0)

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

    def refs_of(self, month: str) -> dict[str, int]:
        """Versions of the episodes closed in that month, by reference."""
        return dict(self._month(month))

    def months(self) -> list[str]:
        """The months of which there is, or should be, a ledger."""
        return sorted({*self._month_versions, *self._months})

    def begin(self) -> None:
        """Writes the first ledger of a new book, so that a missing one can be told from none yet.
        Raises OSError."""
        if not self._layout.ledger_of("live").path.exists():
            self.dirty = True
            self.flush()

    def flush(self) -> None:
        """Writes what has changed. Raises OSError; then it is tried again next time."""
        if not self.dirty:
            return
        for month in sorted(self._dirty_months):
            version = self._month_versions.get(month, 0) + 1
            self._write(month, Month(version=version, refs=self._months[month]), version)
            self._month_versions[month] = version
        self._dirty_months.clear()
        live = Live(
            version=self._version + 1,
            files=self.files,
            months=self._month_versions,
            lately=self.lately,
            older=self.older,
        )
        self._write("live", live, live.version)
        self._version = live.version
        self.dirty = False

    def _month(self, month: str) -> dict[str, int]:
        known = self._months.get(month)
        if known is None:
            read = self._read(month, Month)
            expected = self._month_versions.get(month, 0)
            if read is None and expected:
                self._problem(f"the ledger of {month} is missing")
            elif read is not None and read.version < expected:
                self._problem(f"the ledger of {month} is an older copy")
            known = dict(read.refs) if read is not None else {}
            self._months[month] = known
        return known

    def _read(self, name: str, shape: type[_L]) -> _L | None:
        place = self._layout.ledger_of(name)
        try:
            raw = files.read(place.path)
            return msgspec.json.decode(
                self._sealer.unseal(place.kind, place.name, raw).data, type=shape
            )
        except FileNotFoundError:
            return None
        except (Damaged, msgspec.MsgspecError) as error:
            self._problem(f"the ledger {name} is damaged ({error}) and was begun anew")
            return None

    def _write(self, name: str, value: Live | Month, version: int) -> None:
        place = self._layout.ledger_of(name)
        data = msgspec.json.encode(value)
        files.write_whole(place.path, self._sealer.seal(place.kind, place.name, version, data))
