"""One writer."""

import asyncio
import shutil
import subprocess
import sys

import pytest

from storage import files
from storage.backup import BackupProblem, backup
from storage.lock import StoreInUse
from storage.model import Person
from storage.rekey import reseal
from storage.restore import restore_one
from storage.snapshot import read_snapshot
from storage.store import Change, NotSaved
from storage.verify import verify
from tests.storage import people
from tests.storage.contract import report
from tests.storage.people import NIGHT

SECOND = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from storage.tinydb_store import TinyStore
from storage.lock import StoreInUse
from tests.storage.people import summarise

async def main():
    store = TinyStore(
        Path(sys.argv[1]), keys=None, summarise=summarise, now=lambda: datetime.now(UTC)
    )
    try:
        await store.open()
    except StoreInUse as error:
        print(error)
        return
    print("opened", flush=True)
    sys.stdin.read()

asyncio.run(main())
"""


def second_process(folder):
    return subprocess.Popen(
        [sys.executable, "-c", SECOND, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


async def test_a_second_process_is_refused_and_told_who_has_the_book(shelf):
    shelf.keys = None
    await report(await shelf.open())
    before = shelf.files()
    result = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", SECOND, str(shelf.folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "is in use by process" in result.stdout
    assert "started 2026-11-21 23:40:00 UTC" in result.stdout
    assert shelf.files() == before


async def test_the_book_is_free_again_when_its_process_was_killed(shelf):
    shelf.keys = None
    with second_process(shelf.folder) as other:
        assert (await asyncio.to_thread(other.stdout.readline)).strip() == "opened"
        with pytest.raises(StoreInUse, match=f"process {other.pid},"):
            await shelf.open()
        other.kill()
        await asyncio.to_thread(other.wait)
    await shelf.open()


async def test_a_second_store_in_the_same_process_is_refused_too(shelf):
    await shelf.open()
    first, shelf.store = shelf.store, None
    with pytest.raises(StoreInUse):
        await shelf.open()
    await first.close()
    await shelf.open()


# The folder and the lock's note are swapped while the bot runs ------------------------------


async def second_is_refused(folder):
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", SECOND, str(folder)],
        capture_output=True,
        text=True,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    return "is in use by" in done.stdout


@pytest.mark.parametrize("how", ["removed", "replaced", "a link to elsewhere", "a folder"])
async def test_a_lock_file_that_is_gone_or_another_lets_nobody_in(shelf, tmp_path, how):
    shelf.keys = None
    made = await report(await shelf.open())
    note = shelf.folder / "lock"
    note.unlink()
    if how == "replaced":
        note.write_text("somebody else")
    elif how == "a link to elsewhere":
        (tmp_path / "elsewhere").write_text("")
        note.symlink_to(tmp_path / "elsewhere")
    elif how == "a folder":
        note.mkdir()
    assert await second_is_refused(shelf.folder)
    await shelf.store.commit(made.ref, made.version, Change(facts=[people.police()]))
    assert verify(shelf.folder, None) in ([], ["the catalogue is missing or damaged"])


async def test_a_folder_reached_by_another_path_is_the_same_folder(shelf, tmp_path):
    shelf.keys = None
    await report(await shelf.open())
    (tmp_path / "link").symlink_to(shelf.folder)
    assert await second_is_refused(tmp_path / "link")


def swap_moved(folder):
    folder.rename(folder.with_name("moved"))
    shutil.copytree(folder.with_name("moved"), folder)


def swap_only_moved(folder):
    folder.rename(folder.with_name("moved"))


def swap_removed(folder):
    shutil.copytree(folder, folder.with_name("moved"))
    shutil.rmtree(folder)


def swap_link(folder):
    """The configuration names a link, and that is turned to a copy."""
    shutil.copytree(folder, folder.with_name("copy"))
    real = folder.resolve()
    folder.unlink() if folder.is_symlink() else folder.rename(folder.with_name("moved"))
    folder.symlink_to(real.with_name("copy"))


@pytest.mark.parametrize("swap", [swap_moved, swap_only_moved, swap_removed, swap_link])
async def test_nothing_is_confirmed_once_the_folder_is_another_one(shelf, swap):
    """Moved away, moved and copied back, removed, or a link turned to a copy: what is written by
    then is refused aloud, and nothing that another process keeps there is touched."""
    store = await shelf.open()
    made = await report(store)
    await store.save_draft(people.draft())
    swap(shelf.folder)
    theirs = shelf.files()
    attempts = [
        store.commit(made.ref, made.version, Change(facts=[people.police()])),
        store.create("ROWAN-2222", "rowan", "RE-02", Change(facts=[people.opened()])),
        store.save_draft(people.draft(home="rowan")),
        store.drop_draft("robin"),
        store.put_people([Person(ref="RE-01", home="rowan", child=people.opened().child)]),
        store.update_office(state={"a": 1}),
    ]
    for attempt in attempts:
        with pytest.raises(NotSaved, match="moved, replaced or removed"):
            await attempt
    assert await store.episode(made.ref) == made
    await shelf.close()
    assert shelf.files() == theirs
    assert "not_saved" in shelf.kinds()


async def test_a_folder_that_is_put_back_can_be_written_again(shelf, monkeypatch):
    monkeypatch.setattr("storage.tinydb_store.FLUSH_SECONDS", 0.01)
    store = await shelf.open()
    made = await report(store)
    away = shelf.folder.with_name("moved")
    shelf.folder.rename(away)
    change = Change(facts=[people.police()])
    with pytest.raises(NotSaved):
        await store.commit(made.ref, made.version, change)
    away.rename(shelf.folder)
    after = await store.commit(made.ref, made.version, change)
    assert (await (await shelf.again()).episode(made.ref)) == after
    assert verify(shelf.folder, shelf.keys) == []


async def test_the_folder_is_swapped_in_the_middle_of_a_commit(shelf, monkeypatch):
    """Between the look and the end of the write: not confirmed."""
    store = await shelf.open()
    made = await report(store)
    whole = files.write_whole

    def and_swap(path, data):
        whole(path, data)
        monkeypatch.setattr(files, "write_whole", whole)
        swap_moved(shelf.folder)

    monkeypatch.setattr(files, "write_whole", and_swap)
    with pytest.raises(NotSaved, match="moved, replaced or removed"):
        await store.commit(made.ref, made.version, Change(facts=[people.police()]))
    assert await store.episode(made.ref) == made


async def test_a_second_process_in_the_new_folder_keeps_what_it_confirmed(shelf):
    """The old bot goes on in memory while a new one was started in the folder put in its place."""
    shelf.keys = None
    old = await shelf.open()
    made = await report(old)
    await old.close()
    old = await shelf.open()
    swap_moved(shelf.folder)
    shelf.store = None
    new = await shelf.open()
    confirmed = await new.commit(made.ref, made.version, Change(facts=[people.police()]))
    with pytest.raises(NotSaved):
        await old.commit(made.ref, made.version, Change(facts=[people.note("f7")]))
    await old.close()
    assert await (await shelf.again()).episode(made.ref) == confirmed
    assert verify(shelf.folder, None) == []


async def test_reading_commands_beside_the_bot_change_nothing_and_keep_no_lock(shelf, tmp_path):
    """backup, verify, a snapshot and a look with `check`, and then the bot writes on."""
    store = await shelf.open()
    made = await report(store)
    before = shelf.files()
    backup(shelf.folder, tmp_path / "copies", shelf.keys, now=NIGHT)
    verify(shelf.folder, shelf.keys)
    await read_snapshot(shelf.folder, keys=shelf.keys, summarise=people.summarise)
    assert shelf.files() == before
    with pytest.raises(StoreInUse):
        reseal(shelf.folder, shelf.keys, now=NIGHT)
    with pytest.raises(StoreInUse):
        restore_one(tmp_path / "copies", shelf.folder, shelf.keys, made.ref, now=NIGHT)
    await store.commit(made.ref, made.version, Change(facts=[people.police()]))


async def test_a_backup_whose_folder_was_swapped_meanwhile_says_so(shelf, tmp_path):
    await report(await shelf.open())
    await shelf.close()

    def swap_once(done, total):
        if done == 1:
            swap_moved(shelf.folder)

    with pytest.raises(BackupProblem, match="moved, replaced or removed"):
        backup(shelf.folder, tmp_path / "copies", shelf.keys, now=NIGHT, progress=swap_once)
    assert list((tmp_path / "copies").iterdir()) == []
