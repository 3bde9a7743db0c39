"""Where things are in the book's folder.

open/REF.json              an episode that goes on
closed/2026-11/REF.json    a closed one, in the month of its closing (UTC)
drafts/OWNER.json          the half-finished conversation of one member of staff
register.json              the young people
office.json                the service's own file
aside/                     damaged files, under names that say when and why
lock                       held by the running bot
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

SUFFIX = ".json"


class Layout:
    """The paths of one book."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.open = folder / "open"
        self.closed = folder / "closed"
        self.drafts = folder / "drafts"
        self.aside = folder / "aside"
        self.register = folder / f"register{SUFFIX}"
        self.office = folder / f"office{SUFFIX}"
        self.lock = folder / "lock"

    def open_episode(self, ref: str) -> Path:
        return self.open / f"{ref}{SUFFIX}"

    def closed_episode(self, ref: str, closed_at: datetime) -> Path:
        return self.closed / month(closed_at) / f"{ref}{SUFFIX}"

    def draft(self, owner: str) -> Path:
        return self.drafts / f"{quote(owner, safe='')}{SUFFIX}"

    def months(self) -> list[Path]:
        """The folders of closed episodes, oldest month first."""
        return sorted(path for path in self.closed.glob("[0-9]*-[0-9]*") if path.is_dir())


def month(moment: datetime) -> str:
    """ "2026-11" for a moment of November 2026 in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m")


def name_of(path_or_name: Path | str) -> str:
    """The record's name: "REF" for ".../REF.json"."""
    return Path(path_or_name).name.removesuffix(SUFFIX)
