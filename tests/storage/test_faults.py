"""The disk refuses: full, broken, forbidden, read-only; at every operation in turn.

After each fault the book is the old one or the new one, the process goes on, and once the disk
works again everything can be written. Nothing is confirmed that is not on disk.
"""

import asyncio
import contextlib
import errno
import os
import subprocess

import msgspec
import pytest

from storage import files
from storage.store import Change, NotFound, NotSaved
from storage.verify import verify
from tests.storage import people
from tests.storage.contract import close, report

OPERATIONS = ("create", "write", "fsync", "close", "replace", "fsync_folder", "unlink")
ERRORS = (errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS)


class Faults:
    """Makes the n-th operation on a file fail, and counts them."""

    def __init__(self, monkeypatch):
        self.count = 0
        self.fail_at = 0
        self.error = errno.ENOSPC
        self.fired = False
        for name in OPERATIONS:
            monkeypatch.setattr(files, name, self.faulty(name, getattr(files, name)))

    def faulty(self, name, real):
        def operation(*arguments):
            self.count += 1
            if self.count == self.fail_at:
                self.fired = True
                if name == "write":
                    # A full disk takes what still fits.
                    os.write(arguments[0], arguments[1][: len(arguments[1]) // 2])
                if name == "close":
                    real(*arguments)
                raise OSError(self.error, os.strerror(self.error))
            return real(*arguments)

        return operation

    def arm(self, at, error):
        self.count, self.fail_at, self.error, self.fired = 0, at, error, False

    def disarm(self):
        self.fail_at = 0


@pytest.fixture
def faults(monkeypatch):
    return Faults(monkeypatch)


async def make(store):
    change = Change(facts=[people.opened()], update_id=7, ends_draft="d1")
    await store.create("ROWAN-NEW2", "rowan", "RE-02", change)


async def add_fact(store):
    episode = await store.episode("ROWAN-7K3F")
    change = Change(facts=[people.police("f3")], messages=[people.reminder("m1")], update_id=7)
    await store.commit(episode.ref, episode.version, change)


async def close_it(store):
    await close(store, "ROWAN-7K3F")


async def correct_a_closed_one(store):
    episode = await store.episode("ROWAN-DONE")
    change = Change(facts=[people.returned("f40")], update_id=7)
    await store.commit(episode.ref, episode.version, change)


async def attach_a_file(store):
    episode = await store.episode("ROWAN-7K3F")
    change = msgspec.structs.replace(people.attached("f3"), update_id=7)
    await store.commit(episode.ref, episode.version, change)


async def remove_a_file(store):
    episode = await store.episode("ROWAN-7K3F")
    change = Change(facts=[people.removed("f4", "f2")], update_id=7)
    await store.commit(episode.ref, episode.version, change)


async def kept(store):
    """What can be opened of the attachments."""
    found = {}
    for name in ("f2", "f3"):
        with contextlib.suppress(NotFound):
            found[name] = await store.attachment("ROWAN-7K3F", name)
    return found


async def save_a_draft(store):
    await store.save_draft(people.draft(step="two"), update_id=7)


async def drop_a_draft(store):
    await store.drop_draft("robin", update_id=7)


async def write_office(store):
    await store.update_office(state={"rota": 2}, update_id=7)


CHANGES = (
    make,
    add_fact,
    close_it,
    correct_a_closed_one,
    attach_a_file,
    remove_a_file,
    save_a_draft,
    drop_a_draft,
    write_office,
)


async def prepared(shelf):
    store = await shelf.open()
    made = await report(store)
    await store.commit(made.ref, made.version, people.attached("f2"))
    await report(store, ref="ROWAN-DONE", person="RE-03")
    await close(store, "ROWAN-DONE")
    await store.save_draft(people.draft(step="one"))
    await store.update_office(state={"rota": 1})
    return await shelf.again()


async def look(store):
    """All that the changes touch."""
    office = await store.office()
    draft = await store.draft("robin")
    return (
        await store.open_episodes(),
        await store.episode("ROWAN-7K3F"),
        await store.episode("ROWAN-DONE"),
        await kept(store),
        await store.history("RE-01"),
        await store.history("RE-02"),
        await store.history("RE-03"),
        draft and draft.answers,
        office.state,
    )


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
async def test_a_fault_at_every_operation_leaves_the_old_book_or_the_new_one(
    shelf, faults, change, tmp_path
):
    """The errors take turns from operation to operation; for a new fact, each at each."""
    for turn in range(len(ERRORS) if change is add_fact else 1):
        at = 0
        while True:
            at += 1
            error = ERRORS[(at + turn) % len(ERRORS)]
            shelf.folder = tmp_path / f"book-{turn}-{at}"
            shelf.troubles.clear()
            store = await prepared(shelf)
            before = await look(store)
            faults.arm(at, error)
            try:
                await change(store)
            except NotSaved:
                saved = False
                assert await look(store) == before, "what was not saved must not be shown"
                assert not await store.seen(7)
            else:
                saved = True
            fired = faults.fired
            faults.disarm()
            after = await look(store)
            assert (after != before) == saved
            # The process goes on: the disk works again, and so does the book.
            await report(store, ref="ROWAN-NEXT", person="RE-09")
            store = await shelf.again()
            again = await look(store)
            await shelf.close()
            assert again[1:] == after[1:]
            assert verify(shelf.folder, shelf.keys, summarise=people.summarise) == []
            assert not list(shelf.folder.rglob("*.tmp"))
            assert set(shelf.kinds()) <= {"not_saved", "saved_again"}
            assert ("not_saved" in shelf.kinds()) == (not saved)
            if not fired:
                assert saved
                break
        assert at > 3


async def test_not_saved_is_told_once_and_so_is_saved_again(shelf, faults):
    store = await shelf.open()
    await report(store)
    for _ in range(3):
        faults.arm(1, errno.ENOSPC)
        with pytest.raises(NotSaved, match="NOT saved: No space left"):
            await add_fact(store)
    faults.disarm()
    await add_fact(store)
    await store.open_episodes()
    await shelf.close()
    assert shelf.kinds() == ["not_saved", "saved_again"]
    assert "paper" in shelf.troubles[0][1]


async def test_a_disk_that_works_again_is_noticed_without_anybody_writing(
    shelf, faults, monkeypatch
):
    monkeypatch.setattr("storage.tinydb_store.FLUSH_SECONDS", 0.01)
    store = await shelf.open()
    await report(store)
    told = asyncio.Event()
    faults.arm(1, errno.EROFS)
    with pytest.raises(NotSaved):
        await add_fact(store)
    faults.disarm()
    store.watch(lambda trouble: told.set() if trouble.kind == "saved_again" else None)
    await asyncio.wait_for(told.wait(), 5)


async def test_a_fault_while_the_book_is_being_opened(shelf, faults, tmp_path):
    """A start on a disk that refuses shows what is there, or says in a line why it cannot."""
    at = 0
    while True:
        at += 1
        shelf.folder = tmp_path / f"book-{at}"
        store = await prepared(shelf)
        before = await look(store)
        await shelf.close()
        faults.arm(at, errno.ENOSPC)
        store = await shelf.open()
        fired = faults.fired
        faults.disarm()
        assert await look(store) == before
        await add_fact(store)
        await shelf.close()
        if not fired:
            break


@pytest.fixture
def small_disk(tmp_path):
    """A real file system of 1 MB, where mounting is permitted."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"mounting is not permitted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def remount(folder, option):
    subprocess.run(["mount", "-o", f"remount,{option}", folder], check=True)


async def test_a_disk_that_really_fills_up(shelf, small_disk):
    shelf.folder = small_disk / "book"
    store = await shelf.open()
    await report(store)
    filler = small_disk / "filler"
    with filler.open("wb", buffering=0) as full, pytest.raises(OSError, match="No space"):
        while True:
            full.write(b"x" * 4096)
    confirmed = await store.episode("ROWAN-7K3F")
    refused = 0
    for n in range(5):
        episode = await store.episode("ROWAN-7K3F")
        facts = [people.note(f"n{n}", "z" * 5000)]
        try:
            confirmed = await store.commit(episode.ref, episode.version, Change(facts=facts))
        except NotSaved:
            refused += 1
    assert refused > 0
    assert await store.episode("ROWAN-7K3F") == confirmed
    await shelf.close()
    store = await shelf.open()
    assert await store.episode("ROWAN-7K3F") == confirmed
    filler.unlink()
    change = Change(facts=[people.note("after")])
    confirmed = await store.commit("ROWAN-7K3F", confirmed.version, change)
    assert await (await shelf.again()).episode("ROWAN-7K3F") == confirmed
    assert verify(shelf.folder, shelf.keys) == []
    assert shelf.kinds().count("set_aside") == 0


async def test_a_disk_that_becomes_read_only(shelf, small_disk):
    """The bot starts, shows and reminds from what is there; it only cannot write."""
    shelf.folder = small_disk / "book"
    made = await report(await shelf.open())
    await shelf.close()
    remount(small_disk, "ro")
    store = await shelf.open()
    assert await store.open_episodes() == (made,)
    with pytest.raises(NotSaved, match="Read-only"):
        await store.commit(made.ref, 1, Change(facts=[people.police()]))
    remount(small_disk, "rw")
    await store.commit(made.ref, 1, Change(facts=[people.police()]))
    await shelf.close()
    assert shelf.kinds() == ["not_saved", "saved_again"]
