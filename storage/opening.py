"""Opening the book: look before touching, then read it, then put right what was left half done."""

from __future__ import annotations

import contextlib
from datetime import datetime
from typing import TypeVar

from storage import damage, files, mark, migrate
from storage.book import Book
from storage.layout import Place
from storage.ledger import LATELY
from storage.model import Episode, Office, Past
from storage.shapes import DraftSlot, Register

T = TypeVar("T", Episode, Office, Register, DraftSlot)


def open_book(book: Book) -> None:
    """Reads what has to be in memory. Raises StoreError (nothing was touched then)."""
    layout = book.layout
    found = mark.read(layout, book.sealer)
    new = not layout.folder.exists()
    try:
        for folder in layout.folders():
            files.make_folder(folder)
        book.lock.take(book.now())
    except OSError as error:
        msg = f"the book in {layout.folder} cannot be opened: {error.strerror}"
        raise mark.BookProblem(msg) from error
    try:
        _open_locked(book, found, new=new)
    except BaseException:
        book.lock.release()
        raise


def _open_locked(book: Book, found: mark.Mark | None, *, new: bool) -> None:
    folder = book.layout.folder
    try:
        _prepare(book, found)
    except OSError as error:
        if new:
            msg = f"no book can be made in {folder}: {error.strerror}"
            raise mark.BookProblem(msg) from error
        book.report("not_saved", f"the disk refuses: {error.strerror}")
    try:
        _read(book)
    except OSError as error:
        msg = f"the book in {folder} cannot be read: {error.strerror}"
        raise mark.BookProblem(msg) from error


def _prepare(book: Book, found: mark.Mark | None) -> None:
    """A mark, the present format, no left-over temporary files. Raises OSError."""
    layout, sealer = book.layout, book.sealer
    for folder in layout.folders():
        files.sweep(folder)
    if migrate.is_needed(layout, found):
        migrate.from_format_1(layout, sealer, lambda place, why: _set_aside(book, place, why))
        book.ledger.begin()
    elif found is None and mark.has_files(layout):
        book.report("ledger", "the book's mark was missing or damaged; it was made anew")
        mark.write(layout, sealer, mark.Mark())
    elif found is None:
        book.ledger.begin()
        mark.write(layout, sealer, mark.Mark())


def _read(book: Book) -> None:
    layout = book.layout
    book.ledger.load()
    if not book.ledger.found and mark.has_files(layout):
        book.report("ledger", "the ledger is missing or damaged: older copies cannot be noticed")
    found = _Found()
    book.office = _live(book, layout.office, Office) or Office()
    found.seen.update(book.office.seen)
    book.register = _live(book, layout.register, Register) or Register()
    _read_rows(book, found)
    _read_open(book, found)
    _read_lately_closed(book, found)
    _read_drafts(book, found)
    book.seen.start_with(found.seen)
    _report_missing(book)
    with contextlib.suppress(OSError):
        book.tidy()


class _Found:
    """What was come across in files: Telegram updates, and drafts that ended in episodes."""

    def __init__(self) -> None:
        self.seen: set[int] = set()
        self.ended: set[str] = set()

    def look(self, episode: Episode) -> None:
        self.seen.update(episode.seen)
        self.ended.update(episode.drafts)


def _read_rows(book: Book, found: _Found) -> None:
    """The rows of all closed episodes, from the summary where it can be trusted."""
    aside = damage.refs_aside(book.layout)
    known_lately = bool(book.ledger.lately)
    made: list[tuple[datetime, str, str]] = []
    for month in book.layout.months():

        def make_row(ref: str, month: str = month) -> Past | None:
            known = book.ledger.closed_at_version(month, ref)
            episode = _closed(book, ref, month)
            if episode is None or episode.closed_at is None:
                return None
            found.look(episode)
            if not known_lately or known < episode.version:
                made.append((episode.closed_at, ref, month))
            return book.summarise(episode)

        for ref in book.summary.load(month, book.layout.closed_refs(month), make_row):
            if ref not in aside:
                book.report("missing", f"the file of episode {ref}, closed in {month}, is missing")
    for _, ref, month in sorted(made)[-LATELY:]:
        book.ledger.remember(ref, month)


def _read_open(book: Book, found: _Found) -> None:
    """The open episodes, and those that were closed but not moved yet."""
    episodes: dict[str, Episode] = {}
    for ref in book.layout.open_refs():
        place = book.layout.open_episode(ref)
        episode = _live(book, place, Episode)
        if episode is None or not _is_latest(book, episode, place):
            continue
        found.look(episode)
        if episode.closed_at is None:
            episodes[ref] = episode
        else:
            book.finish_closing(episode, episode.closed_at)
    book.episodes = episodes


def _is_latest(book: Book, episode: Episode, place: Place) -> bool:
    """An episode is open or closed, never both: where there are two, one was put there by
    somebody, and the one with more changes counts."""
    month = book.summary.month_of(episode.ref)
    if month is None:
        return True
    closed = _closed(book, episode.ref, month)
    if closed is not None and closed.version >= episode.version:
        _set_aside(book, place, "older copy of a closed episode")
        return False
    if closed is not None:
        _set_aside(book, book.layout.closed_episode(episode.ref, month), "older copy")
    book.summary.drop(episode.ref)
    return True


def _read_lately_closed(book: Book, found: _Found) -> None:
    """The closed episodes written last: Telegram may hand over their updates again."""
    for ref, month in book.ledger.lately.items():
        if book.summary.month_of(ref) != month:
            continue
        episode = _closed(book, ref, month)
        if episode is None:
            book.summary.drop(ref)
        else:
            found.look(episode)


def _read_drafts(book: Book, found: _Found) -> None:
    """Drafts, but for those whose episode was saved just before the process died."""
    slots: dict[str, DraftSlot] = {}
    for owner in book.layout.owners():
        slot = _live(book, book.layout.draft(owner), DraftSlot)
        if slot is None:
            continue
        found.seen.update(slot.seen)
        if slot.draft is not None and slot.draft.id in found.ended:
            book.forget_draft(owner)
        else:
            slots[owner] = slot
    book.slots = slots


def _report_missing(book: Book) -> None:
    """What the ledger knows of and the folder does not hold."""
    layout = book.layout
    aside = damage.refs_aside(layout)
    for place in (layout.office, layout.register):
        if book.ledger.expected(place) and not place.path.exists():
            book.report("missing", f"the {place.label} file is missing")
    for label in list(book.ledger.files):
        kind, _, ref = label.partition(" ")
        if kind != "episode" or ref in book.episodes or ref in aside:
            continue
        month = book.summary.month_of(ref)
        if month is None:
            book.report("missing", f"the file of episode {ref} is missing")
        elif _closed(book, ref, month) is None:
            book.summary.drop(ref)


def _live(book: Book, place: Place, shape: type[T]) -> T | None:
    """A record that stays in memory, or None if there is none that can be used."""
    expected = book.ledger.expected(place)
    try:
        value = book.load(place, shape, expected=expected)
    except OSError as error:
        _unreadable(book, place, error)
        return None
    if value is not None and value.version > expected:
        book.ledger.note(place, value.version)
    return value


def _closed(book: Book, ref: str, month: str) -> Episode | None:
    try:
        return book.load_closed(ref, month)
    except OSError as error:
        _unreadable(book, book.layout.closed_episode(ref, month), error)
        return None


def _unreadable(book: Book, place: Place, error: OSError) -> None:
    book.report("unreadable", f"{place.label} cannot be read ({error.strerror}); left where it is")


def _set_aside(book: Book, place: Place, why: str) -> None:
    book.report("set_aside", damage.set_aside(book.layout, place, why, book.now()))
