"""The audit's chain on disk: pages, what commands leave, and what a power cut leaves of them."""

import asyncio
import secrets
import subprocess
import sys
from datetime import timedelta

import msgspec
import pytest

from storage import audit_files
from storage.audit import PAGE, Anchor, broken_at
from storage.backup import backup, check_backup
from storage.envelope import Sealer
from storage.keys import Keys, load_keys, new_key_file
from storage.layout import Layout
from storage.rekey import reseal
from storage.restore import restore, restore_one
from storage.snapshot import read_snapshot
from storage.tinydb_store import TinyStore
from storage.verify import verify
from tests.storage import people
from tests.storage.contract import line
from tests.storage.people import NIGHT, later, summarise


async def with_records(shelf, count=2 * PAGE):
    """So many records: with the next one a page is full, where not said otherwise."""
    store = await shelf.open()
    for n in range(0, count, 8):
        await store.update_office(log=[line(one) for one in range(n, min(n + 8, count))])
    return store


def leave(shelf, n):
    layout = Layout(shelf.folder)
    return audit_files.leave(layout, sealer(shelf), line(n), later(minutes=n))


def sealer(shelf):
    return Sealer(shelf.keys)


def problems(shelf):
    return verify(shelf.folder, shelf.keys, summarise=summarise)


def spoil_file(path):
    path.write_bytes(people.spoilt(path.read_bytes()))


def numbers(records):
    return [one.line["n"] for one in records if "n" in one.line]


async def test_a_commit_costs_the_same_however_long_the_audit_is(shelf):
    store = await with_records(shelf, 3 * PAGE)
    first = (shelf.folder / "office.nlb").stat().st_size
    for n in range(0, 10 * PAGE, 8):
        await store.update_office(log=[line(one) for one in range(n, n + 8)])
    assert (shelf.folder / "office.nlb").stat().st_size < first * 1.1
    assert len(list((shelf.folder / "audit").iterdir())) == 11


async def test_what_commands_left_is_taken_once_and_in_order(shelf):
    store = await with_records(shelf, 3)
    for n in range(10, 10 + 2 * audit_files.AT_A_TIME + 3):
        leave(shelf, n)
    beside = await read_snapshot(shelf.folder, keys=shelf.keys, summarise=summarise)
    assert [one["n"] for one in await beside.left()] == list(range(10, 113))
    assert await store.take_left() == 103
    assert await store.take_left() == 0
    records = await store.audit()
    assert numbers(records) == [0, 1, 2, *range(10, 113)]
    assert broken_at(records, Anchor()) is None
    beside = await read_snapshot(shelf.folder, keys=shelf.keys, summarise=summarise)
    assert (await beside.left(), numbers(await beside.audit())) == ([], numbers(records))
    assert problems(shelf) == []


async def test_a_left_line_that_was_changed_is_set_aside_and_told(shelf):
    store = await with_records(shelf, 1)
    path = Layout(shelf.folder).left_line(leave(shelf, 5)).path
    spoil_file(path)
    leave(shelf, 6)
    assert await store.take_left() == 1
    await asyncio.sleep(0)
    assert shelf.kinds() == ["set_aside"]
    assert numbers(await store.audit()) == [0, 6]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.unlink(), "is missing"),
        (spoil_file, "audit 00000065"),
    ],
)
async def test_a_page_that_was_removed_or_changed_is_found_and_can_be_restored(
    shelf, tmp_path, spoil, said
):
    await with_records(shelf, 4 * PAGE)
    await shelf.close()
    backup(shelf.folder, tmp_path / "backups", shelf.keys, now=NIGHT)
    spoil(shelf.folder / "audit" / "00000065.nlb")
    assert any(said in one for one in problems(shelf))
    assert any("breaks at record 65" in one for one in problems(shelf))
    restore_one(tmp_path / "backups", shelf.folder, shelf.keys, "00000065", now=NIGHT)
    for path in (shelf.folder / "aside").glob("audit.*"):
        path.unlink()
    assert problems(shelf) == []


async def test_whoever_has_the_key_and_changes_a_record_is_found(shelf):
    store = await with_records(shelf, 4 * PAGE)
    place = Layout(shelf.folder).audit_page("00000001")
    page = store._records.files.load(place, audit_files.AuditPage, expected=0)
    changed = [*page.records]
    changed[9] = msgspec.structs.replace(changed[9], line={**changed[9].line, "by": "robin"})
    file = store._records.files.file(place, audit_files.AuditPage)
    file.save(msgspec.structs.replace(page, records=tuple(changed)))
    await shelf.close()
    assert problems(shelf) == [
        f"audit: the chain breaks at record 10 of {line(9)['at']}: "
        "it is not what was written, or one before it was changed"
    ]


async def test_another_key_and_a_backup_keep_the_audit_and_what_is_left(shelf, tmp_path):
    await with_records(shelf, 3 * PAGE)
    await shelf.close()
    leave(shelf, 999)
    shelf.keys = Keys([secrets.token_bytes(32), *shelf.keys.by_id.values()], source="this test")
    assert reseal(shelf.folder, shelf.keys, now=NIGHT) == []
    made = backup(shelf.folder, tmp_path / "backups", shelf.keys, now=NIGHT)
    assert check_backup(made.path, shelf.keys) == []
    restore(tmp_path / "backups", tmp_path / "again", shelf.keys)
    shelf.folder = tmp_path / "again"
    store = await shelf.open()
    assert await store.take_left() == 1
    assert numbers(await store.audit()) == [*range(3 * PAGE), 999]


@pytest.mark.parametrize("what", ["page", "take", "shorten"])
async def test_a_power_cut_at_each_operation_leaves_the_audit_whole(shelf, tmp_path, what):
    """Afterwards the chain holds, nothing that was confirmed is lost, nothing is there twice."""
    new_key_file(tmp_path / "book.key", NIGHT)
    shelf.keys = load_keys({"file": str(tmp_path / "book.key")})
    await with_records(shelf, 2 * PAGE)
    await shelf.close()
    if what == "take":
        for n in (2000, 2001):
            leave(shelf, n)
    command = [sys.executable, "-m", "tests.storage.kill_at", str(tmp_path), what]
    done = await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True)
    confirmed = msgspec.json.decode(done.stdout)
    assert len(confirmed) > 3
    for number, was_confirmed in enumerate(confirmed, 1):
        folder = tmp_path / str(number)
        store = TinyStore(folder, keys=shelf.keys, summarise=summarise, now=lambda: NIGHT)
        await store.open()
        await store.take_left()
        await store.update_office(log=[line(3000)])
        records = await store.audit()
        office = await store.office()
        assert broken_at(records, office.audit_from) is None, number
        found = numbers(records)
        assert found[-1] == 3000
        assert len(found) == len(set(found)), number
        if what == "page" and was_confirmed:
            assert found[:-1] == [*range(2 * PAGE), 1000], number
        elif what == "page":
            assert found[:-1] in ([*range(2 * PAGE)], [*range(2 * PAGE), 1000]), number
        elif what == "take":
            assert found == [*range(2 * PAGE), 2000, 2001, 3000], number
        else:
            await store.forget_audit(later(minutes=PAGE))
            assert numbers(await store.audit()) == [*range(PAGE, 2 * PAGE), 500, 3000], number
            assert not (folder / "audit" / "00000001.nlb").exists()
        await store.close()
        assert verify(folder, shelf.keys, summarise=summarise) == [], number
        await asyncio.sleep(0)


async def test_only_whole_pages_that_are_old_enough_go(shelf):
    store = await with_records(shelf, 3 * PAGE + 5)
    shelf.now = later(days=1)
    assert await store.forget_audit(NIGHT + timedelta(minutes=PAGE - 1)) == 0
    assert await store.forget_audit(NIGHT + timedelta(minutes=PAGE)) == PAGE
    store = await shelf.again()
    records = await store.audit()
    assert records[0].number == PAGE + 1
    assert records[-1].line == {
        "at": shelf.now.isoformat(),
        "what": "audit: oldest part deleted",
        "through": PAGE,
    }
    await shelf.close()
    assert problems(shelf) == []
