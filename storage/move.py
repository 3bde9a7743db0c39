"""Moving the records of a service between a folder and a database, either way, verified.

Nobody may change them meanwhile: the folder's lock and the service's lease are held by the caller.
Interrupted at any point, it is run again and goes on. What was moved stays where it was, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from protocol import attachment_facts as facts
from storage import audit_files, files, format_mark
from storage.apply import digest_of
from storage.attachment_files import AttachmentFiles
from storage.audit import AuditPage
from storage.audit_files import in_chain
from storage.envelope import Damaged, Sealer
from storage.keys import Keys
from storage.layout import Layout, Place, month_of
from storage.model import Episode, Office
from storage.postgres import PostgresStore
from storage.record_file import RecordFile, document_in
from storage.shapes import SHAPES, Record, named
from storage.store import StoreError
from storage.version_catalogue import VersionCatalogue
from storage.walk import Progress, no_progress, walk

AT_A_TIME = 200


class MoveProblem(StoreError):
    """Nothing was lost: the records are where they were. The text says what to do."""


def records_in(
    folder: Path, keys: Keys | None, progress: Progress = no_progress
) -> Iterator[Record]:
    """Every record of a folder. Raises MoveProblem for one that cannot be used."""
    layout = Layout(folder)
    places = list(layout.records())
    office = Office()
    for opened in walk(places, Sealer(keys), progress, total=len(places)):
        if opened.content is None:
            msg = (
                f"{opened.place.label} cannot be used ({opened.problem}): bring it back from a "
                "backup, or move the file away, then run this again"
            )
            raise MoveProblem(msg)
        kind = opened.place.kind
        record: Any = document_in(opened.content.data, kind, SHAPES[kind])
        if isinstance(record, Office):
            office = record
        if not isinstance(record, AuditPage) or in_chain(office, record):
            yield record


def attachments_in(folder: Path, keys: Keys | None) -> Iterator[tuple[str, bytes]]:
    """Every attachment of a folder by its name in the seal, one at a time in memory; what no entry
    names (it was being added or removed) is left out. Raises MoveProblem."""
    layout, sealer = Layout(folder), Sealer(keys)
    found = AttachmentFiles(layout, sealer)
    for record in records_in(folder, keys):
        if not isinstance(record, Episode):
            continue
        for name, fact in facts.attachments_in(record.facts).items():
            label = layout.attachment(record.ref, name).label
            try:
                data = found.read(record.ref, name)
            except (Damaged, OSError) as error:
                msg = f"{label} cannot be used ({error}): bring it back from a backup"
                raise MoveProblem(msg) from error
            if digest_of(data) != fact.digest:
                msg = f"{label} is not the file that was attached: bring it back from a backup"
                raise MoveProblem(msg)
            yield f"{record.ref} {name}", data


async def to_database(
    folder: Path, keys: Keys | None, store: PostgresStore, progress: Progress = no_progress
) -> int:
    """From a folder into the database. `store`: open, of a service that is led by the caller.

    Returns how many records there are. Raises MoveProblem, StoreError.
    """
    there = {(kind, name): version for kind, name, version in await store.versions()}
    arrived = set(await store.attachment_names())
    waiting: list[Record] = []
    count = 0
    for record in records_in(folder, keys, progress):
        count += 1
        kind, name = named(record)
        version = there.get((kind, name), 0)
        if version and version != record.version:
            msg = (
                f"the database has version {version} of {kind} {name}, the folder "
                f"{record.version}: it was used meanwhile; nothing of it was changed"
            )
            raise MoveProblem(msg)
        if not version:
            waiting.append(record)
        if len(waiting) == AT_A_TIME:
            await store.add_records(waiting)
            waiting.clear()
    await store.add_records(waiting)
    for name, data in attachments_in(folder, keys):
        if name not in arrived:
            await store.add_attachment(name, data)
    await _compare(store, folder, keys)
    await _move_left(Layout(folder), Sealer(keys), store)
    return count


async def _move_left(layout: Layout, sealer: Sealer, store: PostgresStore) -> None:
    """What commands left for the audit goes along, each once: whoever leads next takes it."""

    def damaged(name: str, why: str) -> None:
        msg = f"{layout.left_line(name).label} cannot be used ({why}): move the file away"
        raise MoveProblem(msg)

    for name, line in list(audit_files.left(layout, sealer, damaged)):
        await store.leave(line)
        files.remove(layout.left_line(name).path)


async def to_folder(
    store: PostgresStore, folder: Path, keys: Keys | None, progress: Progress = no_progress
) -> int:
    """From the database into a new folder, which gets its name when all is in it.

    Raises MoveProblem (the folder is there), StoreError, OSError.
    """
    if folder.exists():  # noqa: ASYNC240 - a command, with nothing beside it
        msg = f"{folder} is there already: name a folder that is not, or move it away"
        raise MoveProblem(msg)
    half = folder.with_name(f"{folder.name}.moving")
    layout, sealer = Layout(half), Sealer(keys)
    catalogue = VersionCatalogue(layout, sealer, "", _nobody)
    await store.take_left()
    total = len(await store.versions())
    count = 0
    async for record in store.everything():
        place = _place(layout, record)
        files.make_folder(place.path.parent)
        file: RecordFile[Any] = RecordFile(place, type(record), sealer)
        if file.load() != record:
            file.save(record)
        catalogue.note(place, record.version)
        if (month := layout.month_of(place)) is not None:
            catalogue.note_closed(month, place, record.version)
        count += 1
        progress(count, total)
    attachments = AttachmentFiles(layout, sealer)
    for full in await store.attachment_names():
        ref, _, name = full.partition(" ")
        attachments.change(ref, {name: await store.attachment_content(full)}, ())
        attachments.settle(ref, [name])
    await _compare(store, half, keys)
    files.make_folder(layout.catalogue)
    catalogue.begin()
    catalogue.flush()
    format_mark.write(layout, sealer)
    half.rename(folder)
    return count


def _nobody(_: str) -> None:
    """A new catalogue has no problems to be told of."""


async def _compare(store: PostgresStore, folder: Path, keys: Keys | None) -> None:
    """Every record is in both, and the same. Raises MoveProblem."""
    left = {named(record): record for record in records_in(folder, keys)}
    async for record in store.everything():
        if left.pop(named(record), None) != record:
            kind, name = named(record)
            msg = f"{kind} {name} is not the same in both"
            raise MoveProblem(msg)
    if left:
        kind, name = next(iter(left))
        msg = f"{kind} {name} is in the folder and not in the database"
        raise MoveProblem(msg)
    there = set(await store.attachment_names())
    for full, data in attachments_in(folder, keys):
        if full not in there or await store.attachment_content(full) != data:
            msg = f"attachment {full} is not the same in both"
            raise MoveProblem(msg)
        there.remove(full)
    if there:
        msg = f"attachment {min(there)} is in the database and not in the folder"
        raise MoveProblem(msg)


def _place(layout: Layout, record: Record) -> Place:
    kind, name = named(record)
    if isinstance(record, Episode):
        if record.closed_at is None:
            return layout.open_episode(name)
        return layout.closed_episode(name, month_of(record.closed_at))
    places = {
        "draft": layout.draft(name),
        "office": layout.office,
        "audit": layout.audit_page(name),
    }
    return places.get(kind, layout.register)
