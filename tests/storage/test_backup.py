"""A copy made while the bot runs, and the way back from it."""

import asyncio
import hashlib
import random
import threading
from datetime import timedelta

import msgspec
import pytest

from bot.cli import maintenance
from storage.backup import BackupProblem, Manifest, backup, check_backup, newest
from storage.envelope import Sealer
from storage.keys import KeyProblem
from storage.lock import StoreInUse
from storage.restore import restore, restore_one
from storage.store import Change
from storage.verify import verify
from tests.storage import people
from tests.storage.conftest import Shelf, make_keys
from tests.storage.contract import close, report
from tests.storage.people import NIGHT, later
from tests.storage.test_tinydb_store import a_night, everything


@pytest.fixture
def target(tmp_path):
    return tmp_path / "backups"


@pytest.fixture
async def second(tmp_path, keys):
    """Another folder on another machine, with the same key."""
    shelf = Shelf(tmp_path / "elsewhere", keys)
    yield shelf
    await shelf.close()


async def test_a_night_is_backed_up_restored_and_played_on(shelf, second, target):
    store = await shelf.open()
    await a_night(store)
    made = backup(shelf.folder, target, shelf.keys, now=NIGHT)
    assert made.problems == ()
    assert made.path.name == "nightlight-20261121T234000Z"
    assert check_backup(made.path, shelf.keys) == []
    before = await everything(store)
    assert restore(target, second.folder, second.keys) == []
    assert verify(second.folder, second.keys, summarise=people.summarise) == []
    store = await second.open()
    assert await everything(store) == before
    await close(store, "ROWAN-2222")
    episode = await store.episode("ROWAN-3333")
    await store.commit(episode.ref, episode.version, Change(facts=[people.note("n1")]))
    assert len(await (await second.again()).open_episodes()) == 1
    assert second.troubles == []


async def test_a_backup_is_as_unreadable_as_the_book(shelf, target):
    store = await shelf.open()
    await report(store, note="seen near the station")
    made = backup(shelf.folder, target, shelf.keys, now=NIGHT)
    files = [path for path in made.path.rglob("*") if path.is_file()]
    assert len(files) >= 3
    for path in files:
        assert b"station" not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(BackupProblem, match="no manifest that can be trusted"):
        restore(target, shelf.folder.with_name("other"), make_keys())


async def test_backups_made_while_people_write_are_consistent(shelf, tmp_path, target):
    """Twenty backups beside a busy night: in each one every confirmed report of before is there,
    as a draft, open, or closed, once."""
    store = await shelf.open()
    rng = random.Random(3)
    done = asyncio.Event()

    async def busy():
        n = 0
        while not done.is_set():
            n += 1
            still_open = await store.open_episodes()
            if len(still_open) < 15 or rng.random() < 0.3:
                await store.save_draft(people.draft(draft_id=f"d{n}"))
                change = Change(facts=[people.opened()], ends_draft=f"d{n}")
                ref = await store.new_reference("rowan")
                await store.create(ref, "rowan", "RE-01", change)
            elif rng.random() < 0.5:
                await close(store, rng.choice(still_open).ref)
            else:
                episode = rng.choice(still_open)
                facts = [people.note(f"n{n}")]
                await store.commit(episode.ref, episode.version, Change(facts=facts))
            await asyncio.sleep(0)

    writing = asyncio.create_task(busy())
    for n in range(20):
        await asyncio.sleep(0.02)
        at_least = {e.ref: e.version for e in await store.open_episodes()}
        draft = await store.draft("robin")
        now = NIGHT + timedelta(minutes=n)
        made = await asyncio.to_thread(backup, shelf.folder, target, shelf.keys, now=now)
        assert made.problems == ()
        assert check_backup(made.path, shelf.keys) == []
        copy = Shelf(tmp_path / f"copy-{n}", shelf.keys)
        assert restore(made.path, copy.folder, copy.keys) == []
        assert verify(copy.folder, copy.keys, summarise=people.summarise) == []
        copied = await copy.open()
        for ref, version in at_least.items():
            assert (await copied.episode(ref)).version >= version
        if draft is not None and (found := await copied.draft("robin")) is None:
            rows = await copied.past(later(days=-1))
            ended = {d for row in rows for d in (await copied.episode(row.ref)).drafts}
            assert draft.id in ended
        elif draft is not None:
            assert int(found.id[1:]) >= int(draft.id[1:])
        assert copy.troubles == []
        await copy.close()
    done.set()
    await writing


async def test_a_backup_is_made_by_another_process_while_the_bot_holds_the_book(shelf, target):
    store = await shelf.open()
    await report(store)
    result = []
    other = threading.Thread(
        target=lambda: result.append(maintenance.backup_book(shelf.folder, target, shelf.keys))
    )
    other.start()
    await asyncio.to_thread(other.join)
    assert result == [0]
    assert maintenance.verify_backup(target, shelf.keys) == 0


async def test_only_so_many_backups_are_kept(shelf, target):
    await report(await shelf.open())
    (target / "holiday photos").mkdir(parents=True)
    for day in range(5):
        backup(shelf.folder, target, shelf.keys, now=NIGHT + timedelta(days=day), keep=3)
    names = sorted(path.name for path in target.iterdir())
    assert names == [
        "holiday photos",
        "nightlight-20261123T234000Z",
        "nightlight-20261124T234000Z",
        "nightlight-20261125T234000Z",
    ]
    assert newest(target).name == names[-1]


async def test_a_damaged_file_is_noticed_while_copying_and_no_older_backup_goes(shelf, target):
    await report(await shelf.open())
    backup(shelf.folder, target, shelf.keys, now=NIGHT, keep=1)
    path = shelf.folder / "open" / "ROWAN-7K3F.nlb"
    path.write_bytes(path.read_bytes()[:-1])
    made = backup(shelf.folder, target, shelf.keys, now=later(days=1), keep=1)
    assert made.problems == ("episode ROWAN-7K3F: the seal does not match",)
    assert len(list(target.iterdir())) == 2


async def test_a_changed_backup_is_noticed(shelf, target, tmp_path):
    await a_night(await shelf.open())
    made = backup(shelf.folder, target, shelf.keys, now=NIGHT)
    episode = made.path / "open" / "ROWAN-2222.nlb"
    good = episode.read_bytes()
    newer = await shelf.store.commit("ROWAN-2222", 1, Change(facts=[people.police()]))
    assert newer.version == 2
    for bad in (
        people.spoilt(good),
        (shelf.folder / "open" / "ROWAN-2222.nlb").read_bytes(),
        (made.path / "open" / "ROWAN-3333.nlb").read_bytes(),
    ):
        episode.write_bytes(bad)
        assert len(check_backup(made.path, shelf.keys)) == 1
        assert len(restore(made.path, tmp_path / f"r{hash(bad)}", shelf.keys)) == 1
    episode.unlink()
    (made.path / "open" / "ROWAN-5555.nlb").write_bytes(good)
    assert sorted(check_backup(made.path, shelf.keys)) == [
        "open/ROWAN-2222.nlb: missing",
        "open/ROWAN-5555.nlb: not in the manifest",
    ]
    (made.path / "manifest.nlb").write_bytes(good)
    with pytest.raises(BackupProblem, match="manifest"):
        check_backup(made.path, shelf.keys)


async def test_a_restore_writes_only_into_its_folder(shelf, target, tmp_path):
    """Of a plain backup anybody can make a manifest, with any names in it."""
    shelf.keys = None
    await report(await shelf.open())
    made = backup(shelf.folder, target, None, now=NIGHT)
    digest = hashlib.sha256(b"x").hexdigest()
    manifest = Manifest(made_at=NIGHT, files={"../../escaped": digest})
    sealed = Sealer(None).seal("manifest", "manifest", 0, msgspec.json.encode(manifest))
    (made.path / "manifest.nlb").write_bytes(sealed)
    (target / "escaped").write_bytes(b"x")
    problems = restore(made.path, tmp_path / "restored", None)
    assert "../../escaped: missing" in problems
    assert all("not in the manifest" in line for line in problems[:-1])
    assert not (tmp_path.parent / "escaped").exists()


async def test_a_restore_needs_an_empty_folder(shelf, target):
    await report(await shelf.open())
    backup(shelf.folder, target, shelf.keys, now=NIGHT)
    with pytest.raises(BackupProblem, match="not empty"):
        restore(target, shelf.folder, shelf.keys)
    (shelf.folder.parent / "empty").mkdir()
    assert restore(target, shelf.folder.parent / "empty", shelf.keys) == []


@pytest.mark.parametrize("ref", ["ROWAN-3333", "ROWAN-4444"])
async def test_one_damaged_episode_comes_back_from_the_backup(shelf, target, ref):
    store = await shelf.open()
    await a_night(store)
    before = await everything(store)
    backup(shelf.folder, target, shelf.keys, now=NIGHT)
    await shelf.close()
    path = next(shelf.folder.rglob(f"{ref}.nlb"))
    path.write_bytes(b"?" * 300)
    await shelf.open()
    await shelf.close()
    said = restore_one(target, shelf.folder, shelf.keys, ref, now=NIGHT)
    assert "was restored" in said and "lost" not in said
    assert verify(shelf.folder, shelf.keys, summarise=people.summarise) == []
    store = await shelf.open()
    assert await everything(store) == before
    assert await store.seen(41)


async def test_an_older_copy_put_back_is_put_right_from_the_backup(shelf, target):
    store = await shelf.open()
    await report(store)
    path = shelf.folder / "open" / "ROWAN-7K3F.nlb"
    older = path.read_bytes()
    latest = await store.commit("ROWAN-7K3F", 1, Change(facts=[people.police()]))
    backup(shelf.folder, target, shelf.keys, now=NIGHT)
    await shelf.close()
    path.write_bytes(older)
    await shelf.open()
    await shelf.close()
    restore_one(target, shelf.folder, shelf.keys, "ROWAN-7K3F", now=NIGHT)
    assert verify(shelf.folder, shelf.keys) == []
    assert await (await shelf.open()).episode("ROWAN-7K3F") == latest


async def test_a_restore_says_what_the_backup_does_not_have(shelf, target):
    store = await shelf.open()
    await report(store)
    backup(shelf.folder, target, shelf.keys, now=NIGHT)
    await store.commit("ROWAN-7K3F", 1, Change(facts=[people.police()]))
    await store.commit("ROWAN-7K3F", 2, Change(facts=[people.note("n1")]))
    await shelf.close()
    (shelf.folder / "open" / "ROWAN-7K3F.nlb").unlink()
    said = restore_one(target, shelf.folder, shelf.keys, "ROWAN-7K3F", now=NIGHT)
    assert "it had come to 3, so 2 later changes are lost" in said
    assert verify(shelf.folder, shelf.keys) == []
    assert (await (await shelf.open()).episode("ROWAN-7K3F")).version == 1


@pytest.mark.parametrize("what", ["office", "register"])
async def test_the_register_and_the_office_come_back_too(shelf, target, what):
    store = await shelf.open()
    await a_night(store)
    before = await everything(store)
    backup(shelf.folder, target, shelf.keys, now=NIGHT)
    await shelf.close()
    (shelf.folder / f"{what}.nlb").write_bytes(b"?" * 300)
    await shelf.open()
    await shelf.close()
    restore_one(target, shelf.folder, shelf.keys, what, now=NIGHT)
    assert await everything(await shelf.open()) == before


async def test_a_good_episode_is_not_replaced_by_an_older_one(shelf, target):
    store = await shelf.open()
    await report(store)
    backup(shelf.folder, target, shelf.keys, now=NIGHT)
    await store.commit("ROWAN-7K3F", 1, Change(facts=[people.police()]))
    with pytest.raises(StoreInUse, match=r"process \d+, started 2026-11-21 23:40:00 UTC"):
        restore_one(target, shelf.folder, shelf.keys, "ROWAN-7K3F", now=NIGHT)
    await shelf.close()
    before = shelf.files()
    with pytest.raises(BackupProblem, match="in order"):
        restore_one(target, shelf.folder, shelf.keys, "ROWAN-7K3F", now=NIGHT)
    with pytest.raises(BackupProblem, match="not in the backup"):
        restore_one(target, shelf.folder, shelf.keys, "ROWAN-ZZZZ", now=NIGHT)
    with pytest.raises((BackupProblem, KeyProblem)):
        restore_one(target, shelf.folder, make_keys(), "ROWAN-7K3F", now=NIGHT)
    assert shelf.files() == before


async def test_a_backup_does_not_go_into_the_book_itself(shelf):
    await report(await shelf.open())
    with pytest.raises(BackupProblem, match="own folder"):
        backup(shelf.folder, shelf.folder / "backups", shelf.keys, now=NIGHT)


async def test_a_full_disk_leaves_no_half_of_a_backup(shelf, target, monkeypatch):
    await a_night(await shelf.open())
    left = [4]

    def failing(descriptor, data):
        left[0] -= 1
        if left[0] == 0:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("storage.files.write", failing)
    with pytest.raises(BackupProblem, match="No space left"):
        backup(shelf.folder, target, shelf.keys, now=NIGHT)
    monkeypatch.undo()
    assert list(target.iterdir()) == []


async def test_the_commands_say_in_a_line_what_they_did(shelf, target, tmp_path, capsys):
    await a_night(await shelf.open())
    await shelf.close()
    assert maintenance.verify_book(shelf.folder, shelf.keys, summarise=people.summarise) == 0
    assert maintenance.backup_book(shelf.folder, target, shelf.keys, keep=2) == 0
    assert maintenance.verify_backup(target, shelf.keys) == 0
    assert maintenance.restore_book(target, tmp_path / "new", shelf.keys) == 0
    assert maintenance.restore_book(target, tmp_path / "new", shelf.keys) == 2
    assert maintenance.verify_book(tmp_path / "nothing", shelf.keys) == 1
    (shelf.folder / "open" / "ROWAN-2222.nlb").unlink()
    assert maintenance.verify_book(shelf.folder, shelf.keys) == 1
    assert maintenance.restore_book(target, shelf.folder, shelf.keys, episode="ROWAN-2222") == 0
    assert maintenance.verify_book(shelf.folder, shelf.keys) == 0
    out = capsys.readouterr().out
    for line in ("is in order", "files copied to", "Restored into", "ROWAN-2222 was restored"):
        assert line in out


async def test_rows_in_a_backup_cannot_be_older_than_its_episodes(shelf, tmp_path):
    """A closed episode is corrected between the copy of the catalogue and its own: after the
    restore its row is that of the corrected one."""
    store = await shelf.open()
    await report(store, at=later(days=-60))
    done = await close(store, "ROWAN-7K3F", at=later(days=-30))
    await shelf.again()
    copied = []

    def correct(done_files, _total):
        copied.append(done_files)
        if len(copied) == 3:  # the mark and the live part are copied, the month is not yet
            change = Change(facts=[people.returned("f30", at=later(days=-31))])
            shelf.store._records.commit("ROWAN-7K3F", done.version, change)

    backup(shelf.folder, tmp_path / "copies", shelf.keys, now=NIGHT, progress=correct)
    await shelf.close()
    restore(tmp_path / "copies", tmp_path / "new", shelf.keys)
    shelf.folder = tmp_path / "new"
    [row] = await (await shelf.open()).history("RE-01")
    assert row.end == later(days=-31)
    assert verify(shelf.folder, shelf.keys, summarise=people.summarise) == []


async def test_backups_by_a_clock_that_was_ahead_do_not_push_out_newer_ones(shelf, tmp_path):
    """Names are in the order of making: the newest is kept and restored, whatever it is called."""
    await shelf.open()
    target = tmp_path / "backups"
    made = [
        backup(shelf.folder, target, shelf.keys, now=NIGHT + timedelta(days=at), keep=3)
        for at in (400, 401, 402, 0, 1, 2)
    ]
    assert sorted(p.name for p in target.iterdir()) == [one.path.name for one in made[3:]]
    assert newest(target) == made[-1].path
