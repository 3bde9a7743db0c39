"""Opening the book: look before touching, then read it, then put right what was left half done."""

from __future__ import annotations

import contextlib
from datetime import datetime
from typing import TypeVar

from storage import files, format_mark, quarantine
from storage.layout import Place
from storage.model import Episode, Office, Past
from storage.open_episodes import OpenEpisodes
from storage.record_folder import RecordFolder
from storage.shapes import DraftSlot, Register
from storage.version_catalogue import LATELY

T = TypeVar("T", Episode, Office, Register, DraftSlot)


def open_folder(records: RecordFolder) -> None:
    """Reads what has to be in memory. Raises StoreError (nothing was touched then)."""
    layout = records.layout
    found = format_mark.read(layout, records.sealer)
    new = not layout.folder.exists()
    try:
        for folder in layout.folders():
            files.make_folder(folder)
        records.lock.take(records.now())
    except OSError as error:
        msg = f"the book in {layout.folder} cannot be opened: {error.strerror}"
        raise format_mark.StoreProblem(msg) from error
    try:
        _open_locked(records, found, new=new)
    except BaseException:
        records.lock.release()
        raise


def _open_locked(records: RecordFolder, found: format_mark.Mark | None, *, new: bool) -> None:
    folder = records.layout.folder
    try:
        _prepare(records, found)
    except OSError as error:
        if new:
            msg = f"no book can be made in {folder}: {error.strerror}"
            raise format_mark.StoreProblem(msg) from error
        records.report("not_saved", f"the disk refuses: {error.strerror}")
    try:
        _read(records)
    except OSError as error:
        msg = f"the book in {folder} cannot be read: {error.strerror}"
        raise format_mark.StoreProblem(msg) from error


def _prepare(records: RecordFolder, found: format_mark.Mark | None) -> None:
    """A mark, the present format, no left-over temporary files. Raises OSError."""
    layout, sealer = records.layout, records.sealer
    records.files.mark_is_behind = format_mark.is_behind(found)
    for folder in layout.folders():
        files.sweep(folder)
    if found is None and format_mark.has_files(layout):
        records.report("catalogue", "the mark of the records was missing or damaged; made anew")
    elif found is None:
        records.catalogue.begin()
    if found is None:
        format_mark.write(layout, sealer)
        records.files.mark_is_behind = False


def _read(records: RecordFolder) -> None:
    layout = records.layout
    records.catalogue.load()
    if not records.catalogue.found and format_mark.has_files(layout):
        records.report(
            "catalogue", "the catalogue is missing or damaged: older copies cannot be noticed"
        )
    found = _Found()
    records.office = _live(records, layout.office, Office) or Office()
    found.seen.update(records.office.seen)
    records.register = _live(records, layout.register, Register) or Register()
    _read_rows(records, found)
    _read_open(records, found)
    _read_lately_closed(records, found)
    _read_drafts(records, found)
    records.seen.start_with(found.seen)
    _report_missing(records)
    records.attachments.begin()
    with contextlib.suppress(OSError):
        records.tidy()


class _Found:
    """What was come across in files: Telegram updates, and drafts that ended in episodes."""

    def __init__(self) -> None:
        self.seen: set[int] = set()
        self.ended: set[str] = set()

    def look(self, episode: Episode) -> None:
        self.seen.update(episode.seen)
        self.ended.update(episode.drafts)


def _read_rows(records: RecordFolder, found: _Found) -> None:
    """The rows of all closed episodes, from the catalogue where it can be trusted."""
    aside = quarantine.refs_aside(records.layout)
    known_lately = bool(records.catalogue.lately)
    made: list[tuple[datetime, str, str]] = []
    for month in records.layout.months():

        def make_row(ref: str, month: str = month) -> Past | None:
            known = records.catalogue.versions_of(month).get(ref, 0)
            episode = _closed(records, ref, month)
            if episode is None or episode.closed_at is None:
                return None
            found.look(episode)
            if not known_lately or known < episode.version:
                made.append((episode.closed_at, ref, month))
            return records.summarise(episode)

        for ref in records.catalogue.load_rows(month, records.layout.closed_refs(month), make_row):
            if ref not in aside:
                records.report(
                    "missing", f"the file of episode {ref}, closed in {month}, is missing"
                )
    for _, ref, month in sorted(made)[-LATELY:]:
        records.catalogue.remember(ref, month)


def _read_open(records: RecordFolder, found: _Found) -> None:
    """The open episodes, and those that were closed but not moved yet."""
    episodes: dict[str, Episode] = {}
    for ref in records.layout.open_refs():
        place = records.layout.open_episode(ref)
        episode = _live(records, place, Episode)
        if episode is None or not _is_latest(records, episode, place):
            continue
        found.look(episode)
        if episode.closed_at is None:
            episodes[ref] = episode
        else:
            records.finish_closing(episode, episode.closed_at)
    records.episodes = OpenEpisodes(episodes)


def _is_latest(records: RecordFolder, episode: Episode, place: Place) -> bool:
    """An episode is open or closed, never both: where there are two, one was put there by
    somebody, and the one with more changes counts."""
    month = records.catalogue.month_of(episode.ref)
    if month is None:
        return True
    closed = _closed(records, episode.ref, month)
    if closed is not None and closed.version >= episode.version:
        _set_aside(records, place, "older copy of a closed episode")
        return False
    if closed is not None:
        _set_aside(records, records.layout.closed_episode(episode.ref, month), "older copy")
    records.catalogue.drop(episode.ref)
    return True


def _read_lately_closed(records: RecordFolder, found: _Found) -> None:
    """The closed episodes written last: Telegram may hand over their updates again."""
    for ref, month in records.catalogue.lately.items():
        if records.catalogue.month_of(ref) != month:
            continue
        episode = _closed(records, ref, month)
        if episode is None:
            records.catalogue.drop(ref)
        else:
            found.look(episode)


def _read_drafts(records: RecordFolder, found: _Found) -> None:
    """Drafts, but for those whose episode was saved just before the process died."""
    slots: dict[str, DraftSlot] = {}
    for owner in records.layout.owners():
        slot = _live(records, records.layout.draft(owner), DraftSlot)
        if slot is None:
            continue
        found.seen.update(slot.seen)
        if slot.draft is not None and slot.draft.id in found.ended:
            records.forget_draft(owner)
        else:
            slots[owner] = slot
    records.slots = slots


def _report_missing(records: RecordFolder) -> None:
    """What the catalogue knows of and the folder does not hold."""
    layout = records.layout
    aside = quarantine.refs_aside(layout)
    for place in (layout.office, layout.register):
        if records.catalogue.expected(place) and not place.path.exists():
            records.report("missing", f"the {place.label} file is missing")
    for label in list(records.catalogue.files):
        kind, _, ref = label.partition(" ")
        if kind != "episode" or ref in records.episodes or ref in aside:
            continue
        month = records.catalogue.month_of(ref)
        if month is None:
            records.report("missing", f"the file of episode {ref} is missing")
        elif _closed(records, ref, month) is None:
            records.catalogue.drop(ref)


def _live(records: RecordFolder, place: Place, shape: type[T]) -> T | None:
    """A record that stays in memory, or None if there is none that can be used."""
    expected = records.catalogue.expected(place)
    try:
        value = records.files.load(place, shape, expected=expected)
    except OSError as error:
        _unreadable(records, place, error)
        return None
    if value is not None and value.version > expected:
        records.catalogue.note(place, value.version)
    return value


def _closed(records: RecordFolder, ref: str, month: str) -> Episode | None:
    try:
        return records.load_closed(ref, month)
    except OSError as error:
        _unreadable(records, records.layout.closed_episode(ref, month), error)
        return None


def _unreadable(records: RecordFolder, place: Place, error: OSError) -> None:
    records.report(
        "unreadable", f"{place.label} cannot be read ({error.strerror}); left where it is"
    )


def _set_aside(records: RecordFolder, place: Place, why: str) -> None:
    records.report("set_aside", quarantine.set_aside(records.layout, place, why, records.now()))
