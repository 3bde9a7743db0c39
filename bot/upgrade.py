"""A backup before another version of the program touches the records."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import structlog

from bot import __version__
from bot.config import Config
from bot.resources import keys_of
from reminders.service_state import ServiceState
from reminders.write_behind import OfficeChange
from storage.backup import backup
from storage.envelope import Damaged, Sealer
from storage.layout import Layout
from storage.model import Office
from storage.record_file import read_only
from storage.store import StoreError

log = structlog.get_logger(__name__)
PROGRAM = "program"
"""Under this key the service's own file keeps the version that had it last."""
BEFORE = "before-upgrades"
"""Where the copy goes, beside the records, if no folder for backups is configured."""


def backup_before(config: Config, folder: Path) -> str:
    """Copies the records if the version that had them last is another; before anything is written.
    Returns that version, or "" if nothing was to be done.

    Raises StoreError: no copy could be made, so nothing may be touched.
    """
    if config.book.database:
        return ""  # a database has backups of its own: docs/SEVERAL-MACHINES.md
    layout = Layout(folder / config.book.folder)
    if not layout.office.path.exists():
        return ""
    keys = keys_of(config, folder)
    try:
        office = read_only(layout.office, Office, Sealer(keys))
    except (Damaged, OSError, msgspec.MsgspecError):
        return ""  # opening the records sets it aside, and says so
    last = str(office.state.get(PROGRAM, "")) if office is not None else ""
    if last == __version__:
        return ""
    where = config.book.backup_folder or f"{config.book.folder}-{BEFORE}"
    try:
        made = backup(layout.folder, folder / where, keys, now=datetime.now(UTC))
    except OSError as error:
        raise StoreError(f"no backup before the upgrade: {error.strerror or error}") from error
    log.info("backup made before an upgrade", files=made.files, last=last or "unknown")
    return last or "unknown"


async def remember(state: ServiceState) -> None:
    """From now on it is this version that had the records last."""
    if state.state.get(PROGRAM) != __version__:
        await state.change(lambda _: OfficeChange(state={PROGRAM: __version__}))
