"""`drill`: the newest backup restored into a folder that goes again, verified, compared with the
records as they are, and the evidence of it written down."""

from __future__ import annotations

import asyncio
import hashlib
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bot import __version__
from bot.audit_line import put_on_record_if_possible
from bot.config import Config, ConfigError
from bot.config_file import load
from bot.record_reading import open_for_reading
from bot.resources import WrongPack, keys_of, pack_of, row_maker
from reminders.case_states import BEGINNING
from reminders.clock import SystemClock
from storage import backup as backups
from storage import files
from storage.envelope import Sealer
from storage.restore import restore
from storage.snapshot import read_snapshot
from storage.store import StoreError, StoreReader
from storage.verify import verify

OLD_HOURS = 26
"""A daily backup that is older was missed."""


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How much is in the records."""

    open_cases: int
    all_cases: int
    facts_of_open_cases: int
    young_people: int


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What is written down of a drill. No personal data. Times in UTC.

    passed: every file of the backup was restored and is in order, and nothing in it is newer than
    the records.  manifest: SHA-256 of the backup's manifest, which names it beyond doubt.
    """

    passed: bool
    made_at: datetime
    by_version: str
    backup: str
    backup_made_at: datetime
    backup_age_hours: float
    manifest: str
    files: int
    restored_seconds: float
    verified_seconds: float
    restored: Counts
    now: Counts
    problems: tuple[str, ...]
    warnings: tuple[str, ...]


def run(source: str, report: Path | None, config_path: Path) -> int:
    """Exit status 0 if the drill was passed, 1 if not, 2 if it could not be held.

    source: a backup, or the folder of backups; "": as configured.  report: the file for the
    evidence (JSON); None: beside the backup that was tried.
    """
    try:
        config, _ = load(config_path, token_needed=False)
        evidence, beside = hold(config, config_path.resolve().parent, source)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    except (StoreError, OSError) as error:
        print(f"The drill was not held: {error}", file=sys.stderr)
        return 2
    target = report or beside.with_name(f"drill-{evidence.made_at:%Y%m%d-%H%M%S}.json")
    text = msgspec.json.format(msgspec.json.encode(evidence), indent=2)
    files.write_whole(target, text + b"\n")
    put_on_record_if_possible(
        config,
        config_path.resolve().parent,
        "restore drill",
        files=evidence.files,
        problems=len(evidence.problems),
    )
    _say(evidence, target)
    return 0 if evidence.passed else 1


def hold(config: Config, folder: Path, source: str) -> tuple[Evidence, Path]:
    """The drill; and which backup was tried. Raises StoreError, OSError."""
    where = source or config.book.backup_folder
    if not where:
        raise backups.BackupProblem(
            "no backup is named: give its folder, or set book.backup_folder"
        )
    if config.book.database:
        raise backups.BackupProblem("the records are in a database: docs/SEVERAL-MACHINES.md")
    keys = keys_of(config, folder)
    path = backups.newest(folder / where)
    manifest = backups.read_manifest(path, Sealer(keys))
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="nightlight-drill-") as room:
        target = Path(room) / "restored"
        begun = time.monotonic()
        problems = list(restore(path, target, keys))
        restored_in = time.monotonic() - begun
        begun = time.monotonic()
        problems += verify(target, keys)
        verified_in = time.monotonic() - begun
        restored = asyncio.run(_counts(config, folder, target))
    present = asyncio.run(_counts(config, folder, None))
    age = (now - manifest.made_at).total_seconds() / 3600
    warnings = []
    if age > OLD_HOURS:
        warnings.append(f"the newest backup is {age:.0f} hours old: a daily one was missed")
    if restored.all_cases > present.all_cases:
        problems.append("the backup has more cases than the records: something was lost since")
    evidence = Evidence(
        passed=not problems,
        made_at=now,
        by_version=__version__,
        backup=path.name,
        backup_made_at=manifest.made_at,
        backup_age_hours=round(age, 1),
        manifest=hashlib.sha256(msgspec.json.encode(manifest)).hexdigest(),
        files=len(manifest.files),
        restored_seconds=round(restored_in, 2),
        verified_seconds=round(verified_in, 2),
        restored=restored,
        now=present,
        problems=tuple(problems),
        warnings=tuple(warnings),
    )
    return evidence, path


async def _counts(config: Config, folder: Path, restored: Path | None) -> Counts:
    """Of a restored folder, or of the records as they are."""
    if restored is None:
        return await _count(await open_for_reading(config, folder))
    clock = SystemClock()
    try:
        pack = pack_of(config, folder, ())
    except WrongPack as error:
        raise StoreError(f"the protocol pack cannot be used: {error}") from error
    make, made_by = row_maker(config, lambda: pack, clock)
    return await _count(
        await read_snapshot(restored, keys=keys_of(config, folder), summarise=make, rows_by=made_by)
    )


async def _count(records: StoreReader) -> Counts:
    opened = await records.open_episodes()
    return Counts(
        open_cases=len(opened),
        all_cases=len(await records.past(BEGINNING)),
        facts_of_open_cases=sum(len(episode.entries) for episode in opened),
        young_people=len(await records.people()),
    )


def _say(evidence: Evidence, target: Path) -> None:
    for line in (*evidence.problems, *(f"warning: {line}" for line in evidence.warnings)):
        print(line)
    outcome = "passed" if evidence.passed else "NOT passed"
    print(
        f"Drill {outcome}: {evidence.backup}, {evidence.files} files, restored in "
        f"{evidence.restored_seconds} s and verified in {evidence.verified_seconds} s; "
        f"{evidence.restored.open_cases} open of {evidence.restored.all_cases} cases "
        f"(now {evidence.now.open_cases} of {evidence.now.all_cases}). Evidence: {target}"
    )
