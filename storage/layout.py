"""Where things are in the book's folder, and what each file is called in its seal.

book.nlb                   the book's own mark: its format, sealed with its key
open/REF.nlb               an episode that goes on
closed/2026-11/REF.nlb     a closed one, in the month of its closing (UTC)
drafts/OWNER.nlb           the half-finished conversation of one member of staff
register.nlb               the young people
office.nlb                 the service's own file
audit/00000065.nlb         a page of the audit, by its first record
left/ID.nlb                what a command beside the bot leaves for the audit
attachments/REF/f12.nlb    the bytes of a file beside an episode, by the id of its fact
unsettled/REF.f12.nlb      the same while it is being added or removed
catalogue/live.nlb         how far each of these had come, and, by month of closing, ...
catalogue/2026-11.nlb      ... each closed episode, with a row for each
aside/                     damaged files, under names that say when and why
lock                       a note: which process has the folder open
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote

from storage import files

SUFFIX = ".nlb"

_MONTH = re.compile(r"\d{4}-\d{2}")


class Place(NamedTuple):
    """A file and what it is: kind and name are bound into its seal."""

    path: Path
    kind: str
    name: str

    @property
    def label(self) -> str:
        """For messages; no personal data: "episode ROWAN-7K3F", "office"."""
        return self.kind if self.kind == self.name else f"{self.kind} {self.name}"


class Layout:
    """The paths of one book."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.open = folder / "open"
        self.closed = folder / "closed"
        self.drafts = folder / "drafts"
        self.catalogue = folder / "catalogue"
        self.attachments = folder / "attachments"
        self.unsettled = folder / "unsettled"
        self.audit = folder / "audit"
        self.left = folder / "left"
        self.aside = folder / "aside"
        self.lock = folder / "lock"
        self.mark = Place(folder / f"book{SUFFIX}", "book", "book")
        self.register = Place(folder / f"register{SUFFIX}", "register", "register")
        self.office = Place(folder / f"office{SUFFIX}", "office", "office")

    def open_episode(self, ref: str) -> Place:
        """Where an episode is that goes on."""
        return Place(self.open / f"{ref}{SUFFIX}", "episode", ref)

    def closed_episode(self, ref: str, month: str) -> Place:
        """Where an episode is that was closed in this month."""
        return Place(self.closed / month / f"{ref}{SUFFIX}", "episode", ref)

    def draft(self, owner: str) -> Place:
        """Where the drafts of this member of staff are."""
        return Place(self.drafts / f"{quote(owner, safe='')}{SUFFIX}", "draft", owner)

    def audit_page(self, name: str) -> Place:
        """Where a page of the audit is, by the number of its first record in eight digits."""
        return Place(self.audit / f"{name}{SUFFIX}", "audit", name)

    def audit_pages(self) -> list[str]:
        """Their names, oldest first."""
        return _stems(self.audit)

    def left_line(self, name: str) -> Place:
        """Where a command leaves a line for the audit."""
        return Place(self.left / f"{name}{SUFFIX}", "left", name)

    def left_lines(self) -> list[str]:
        """Names of those that are there, oldest first."""
        return _stems(self.left)

    def attachment(self, ref: str, name: str) -> Place:
        """Where the bytes are that the fact with this id names."""
        path = self.attachments / ref / f"{quote(name, safe='')}{SUFFIX}"
        return Place(path, "attachment", f"{ref} {name}")

    def unsettled_attachment(self, ref: str, name: str) -> Place:
        """Where they are while they are being added or removed."""
        path = self.unsettled / f"{ref}.{quote(name, safe='')}{SUFFIX}"
        return Place(path, "attachment", f"{ref} {name}")

    def unsettled_attachments(self) -> list[tuple[str, str]]:
        """Reference of the episode and name of each."""
        found = (stem.partition(".") for stem in _stems(self.unsettled))
        return [(ref, unquote(name)) for ref, _, name in found]

    def attachments_of(self, ref: str) -> list[str]:
        """Names of those that are settled."""
        return [unquote(stem) for stem in _stems(self.attachments / ref)]

    def all_attachments(self) -> Iterator[Place]:
        """Every file with the bytes of an attachment. Those that are being settled first, so that
        none is missed."""
        for ref, name in self.unsettled_attachments():
            yield self.unsettled_attachment(ref, name)
        for ref in files.folders(self.attachments):
            for name in self.attachments_of(ref):
                yield self.attachment(ref, name)

    def catalogue_of(self, name: str) -> Place:
        """Where a part of the catalogue is: "live", or a month."""
        return Place(self.catalogue / f"{name}{SUFFIX}", "catalogue", name)

    def open_refs(self) -> list[str]:
        """References of the episodes that go on, by their files."""
        return _stems(self.open)

    def closed_refs(self, month: str) -> list[str]:
        """References of the episodes closed in that month, by their files."""
        return _stems(self.closed / month)

    def owners(self) -> list[str]:
        """Staff ids of those with a file of drafts."""
        return [unquote(stem) for stem in _stems(self.drafts)]

    def months(self) -> list[str]:
        """The months that hold closed episodes, oldest first."""
        return [name for name in files.folders(self.closed) if _MONTH.fullmatch(name)]

    def find_closed(self, ref: str) -> Place | None:
        """Looks through the months for a closed episode, newest month first."""
        for month in reversed(self.months()):
            place = self.closed_episode(ref, month)
            if place.path.exists():
                return place
        return None

    def everything(self) -> Iterator[Place]:
        """Every file, in the order in which a copy made meanwhile is consistent: the catalogue, the
        records, the attachments that they name, and the mark, whose format is never behind them.
        Each folder is listed when its turn comes."""
        for name in _stems(self.catalogue):
            yield self.catalogue_of(name)
        yield from self.records()
        yield from self.all_attachments()
        for name in self.left_lines():
            yield self.left_line(name)
        if self.mark.path.exists():
            yield self.mark

    def records(self) -> Iterator[Place]:
        """Every file that is a record: drafts, office, register, pages of the audit, open episodes,
        closed ones. The pages after the office: whatever leaves it meanwhile is in them already."""
        for owner in self.owners():
            yield self.draft(owner)
        for single in (self.office, self.register):
            if single.path.exists():
                yield single
        for name in self.audit_pages():
            yield self.audit_page(name)
        for ref in self.open_refs():
            yield self.open_episode(ref)
        for month in self.months():
            for ref in self.closed_refs(month):
                yield self.closed_episode(ref, month)

    def catalogue_months(self) -> list[str]:
        """The months of which there is a file in the catalogue."""
        return [name for name in _stems(self.catalogue) if _MONTH.fullmatch(name)]

    def month_of(self, place: Place) -> str | None:
        """The month in whose folder this closed episode is; None for anything else."""
        folder = place.path.parent
        return folder.name if folder.parent == self.closed else None

    def folders(self) -> list[Path]:
        """Every folder in which the book writes."""
        closed = [self.closed / month for month in self.months()]
        return [self.folder, self.open, self.drafts, self.catalogue, self.audit, self.left, *closed]


def month_of(moment: datetime) -> str:
    """ "2026-11" for a moment of November 2026 in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m")


def _stems(folder: Path) -> list[str]:
    return [name.removesuffix(SUFFIX) for name in files.names(folder) if name.endswith(SUFFIX)]
