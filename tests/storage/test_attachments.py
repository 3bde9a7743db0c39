"""Files beside the record on disk: sealed, never named without their bytes, never left behind."""

import asyncio
import subprocess
import sys

import msgspec
import pytest

from protocol.attachment_facts import attachments_in
from storage.backup import backup, check_backup
from storage.keys import Keys, load_keys, new_key_file
from storage.rekey import reseal
from storage.restore import restore, restore_one
from storage.snapshot import read_snapshot
from storage.store import Change, NotFound, StoreError
from storage.tinydb_store import TinyStore
from storage.verify import verify
from tests.storage import people
from tests.storage.contract import close, report
from tests.storage.people import NIGHT, PHOTO, spoilt, summarise

REF = "ROWAN-7K3F"


async def with_photo(shelf):
    """An open case with one attachment, f2."""
    store = await shelf.open()
    made = await report(store)
    await store.commit(REF, made.version, people.attached("f2"))
    return store


def problems(shelf):
    return verify(shelf.folder, shelf.keys, summarise=summarise)


async def test_neither_bytes_nor_name_can_be_read_on_the_disk(shelf):
    await with_photo(shelf)
    await shelf.close()
    found = shelf.files()
    assert "attachments/ROWAN-7K3F/f2.nlb" in found
    for path, raw in found.items():
        assert b"coat" not in raw, path
        assert "coat" not in path
    assert (shelf.folder / "attachments" / REF / "f2.nlb").stat().st_mode & 0o077 == 0


async def test_one_attachment_in_anothers_place_is_not_taken_for_it(shelf):
    store = await with_photo(shelf)
    episode = await store.episode(REF)
    await store.commit(REF, episode.version, people.attached("f3", b"\xff\xd8\xff other"))
    folder = shelf.folder / "attachments" / REF
    (folder / "f2.nlb").write_bytes((folder / "f3.nlb").read_bytes())
    for _ in range(2):
        with pytest.raises(StoreError, match="cannot be read"):
            await store.attachment(REF, "f2")
    await asyncio.sleep(0)
    assert shelf.kinds() == ["unreadable"], "told once, however often it is opened"


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.unlink(), "attachment ROWAN-7K3F f2 is missing"),
        (lambda path: path.write_bytes(spoilt(path.read_bytes())), "attachment ROWAN-7K3F f2:"),
        (
            lambda path: path.rename(path.with_name("f9.nlb")),
            "attachment ROWAN-7K3F f9:",
        ),
    ],
)
async def test_verify_names_what_is_wrong_and_a_backup_puts_it_right(shelf, tmp_path, spoil, said):
    await with_photo(shelf)
    await shelf.close()
    assert problems(shelf) == []
    kept = backup(shelf.folder, tmp_path / "kept", shelf.keys, now=NIGHT)
    assert check_backup(kept.path, shelf.keys) == []
    spoil(shelf.folder / "attachments" / REF / "f2.nlb")
    assert any(one.startswith(said) for one in problems(shelf))
    line = restore_one(tmp_path / "kept", shelf.folder, shelf.keys, REF, now=NIGHT)
    assert line.startswith("Restored from nightlight-")
    assert line.endswith(": 1 attachment of episode ROWAN-7K3F")
    assert await (await shelf.open()).attachment(REF, "f2") == PHOTO


async def test_a_file_that_no_entry_names_is_told(shelf):
    store = await with_photo(shelf)
    other = shelf.folder / "attachments" / REF / "f8.nlb"
    other.write_bytes(store._records.sealer.seal("attachment", f"{REF} f8", 1, b"planted"))
    await shelf.close()
    assert problems(shelf) == ["attachment ROWAN-7K3F f8: no entry of the case names it"]


async def test_other_bytes_sealed_with_the_key_are_not_what_was_attached(shelf):
    store = await with_photo(shelf)
    place = store._records.layout.attachment(REF, "f2")
    place.path.write_bytes(store._records.sealer.seal(place.kind, place.name, 1, b"another"))
    await shelf.close()
    assert problems(shelf) == ["attachment ROWAN-7K3F f2: it is not the file that was attached"]


async def test_a_whole_restore_and_a_new_key_keep_attachments(shelf, tmp_path):
    await with_photo(shelf)
    await shelf.close()
    backup(shelf.folder, tmp_path / "kept", shelf.keys, now=NIGHT)
    shelf.folder = tmp_path / "elsewhere"
    assert restore(tmp_path / "kept", shelf.folder, shelf.keys) == []
    old = next(iter(shelf.keys.by_id.values()))
    both = Keys([bytes(range(32)), old], source="this test")
    assert reseal(shelf.folder, both, now=NIGHT) == []
    shelf.keys = Keys([bytes(range(32))], source="this test")
    assert problems(shelf) == []
    assert await (await shelf.open()).attachment(REF, "f2") == PHOTO


async def test_files_attached_while_a_backup_is_made_are_all_in_it(shelf, tmp_path):
    """One after each file that is copied: whatever entry is in the copy, its bytes are, too; and
    bytes without an entry, attached between the two, do not come back."""
    store = await with_photo(shelf)
    await report(store, ref="ROWAN-DONE", person="RE-03")
    await close(store, "ROWAN-DONE")
    loop = asyncio.get_running_loop()
    count = 0

    async def attach():
        nonlocal count
        count += 1
        episode = await store.episode(REF)
        data = b"\xff\xd8\xff" + bytes([count])
        await store.commit(REF, episode.version, people.attached(f"n{count}", data))

    def meanwhile(*_):
        if count < 20:
            asyncio.run_coroutine_threadsafe(attach(), loop).result(timeout=20)

    def make():
        return backup(shelf.folder, tmp_path / "kept", shelf.keys, now=NIGHT, progress=meanwhile)

    made = await asyncio.to_thread(make)
    assert made.problems == () and count > 3
    shelf.folder = tmp_path / "elsewhere"
    await store.close()
    assert restore(tmp_path / "kept", shelf.folder, shelf.keys) == []
    assert problems(shelf) == [], "before the first start, too"
    store = await shelf.open()
    named = attachments_in((await store.episode(REF)).facts)
    assert len(named) > 1
    for name in named:
        await store.attachment(REF, name)
    await shelf.close()
    assert problems(shelf) == []


async def test_whoever_reads_beside_the_bot_opens_them_too(shelf):
    await with_photo(shelf)
    reader = await read_snapshot(shelf.folder, keys=shelf.keys, summarise=summarise)
    assert await reader.attachment(REF, "f2") == PHOTO
    with pytest.raises(NotFound):
        await reader.attachment(REF, "f1")


async def test_a_case_that_is_deleted_takes_its_attachments_along(shelf):
    store = await with_photo(shelf)
    await close(store, REF)
    await store.forget(REF)
    assert not [path for path in shelf.files() if "attach" in path or "unsettled" in path]
    assert not (shelf.folder / "attachments" / REF).exists()
    await shelf.close()
    assert problems(shelf) == []


async def test_nothing_is_removed_by_the_word_of_an_older_copy(shelf):
    """An older copy does not know of the file: what is not settled stays for the backup's word."""
    store = await with_photo(shelf)
    path = shelf.folder / "open" / f"{REF}.nlb"
    older = path.read_bytes()
    episode = await store.episode(REF)
    await store.commit(REF, episode.version, people.attached("f3"))
    await shelf.close()
    settled = shelf.folder / "attachments" / REF / "f3.nlb"
    unsettled = shelf.folder / "unsettled" / f"{REF}.f3.nlb"
    settled.rename(unsettled)
    path.write_bytes(older)
    await shelf.open()
    await shelf.close()
    assert "older" in shelf.kinds()
    assert unsettled.exists()


def kill(folder, what):
    """Confirmed or not, for each operation before which the process was killed."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.storage.kill_at", str(folder), what],
        capture_output=True,
        check=True,
        timeout=120,
    )
    return msgspec.json.decode(done.stdout, type=list[bool])


@pytest.mark.parametrize("what", ["attach", "remove", "forget"])
async def test_killed_at_any_operation_the_fact_and_the_bytes_stand_or_fall_together(
    tmp_path, what
):
    new_key_file(tmp_path / "book.key", NIGHT)
    keys = load_keys({"file": str(tmp_path / "book.key")})

    def shelf(folder):
        return TinyStore(folder, keys=keys, summarise=summarise, now=lambda: NIGHT)

    store = shelf(tmp_path / "book")
    await store.open()
    made = await report(store)
    await store.commit(REF, made.version, people.attached("f2"))
    if what == "forget":
        await close(store, REF)
    await store.close()
    outcomes = kill(tmp_path, what)
    assert len(outcomes) > 8
    assert outcomes[-1]
    for number, confirmed in enumerate(outcomes, 1):
        folder = tmp_path / str(number)
        assert not [one for one in verify(folder, keys) if "attachment" in one]
        store = shelf(folder)
        await store.open()
        try:
            facts = (await store.episode(REF)).facts
        except NotFound:
            facts = ()
        names = attachments_in(facts)
        for name, fact in names.items():
            assert len(await store.attachment(REF, name)) == fact.size
        if confirmed:
            assert list(names) == {"attach": ["f2", "f90"], "remove": [], "forget": []}[what]
        # The change can be made, or made again, and nothing of what was refused is left.
        left = [one.stem for one in (folder / "attachments").rglob("*.nlb")]
        assert sorted(left) == sorted(names)
        assert not list((folder / "unsettled").glob("*"))
        await store.close()
        assert verify(folder, keys, summarise=summarise) == []


async def test_ten_megabytes_are_taken(shelf):
    store = await shelf.open()
    made = await report(store)
    data = b"\xff\xd8\xff" + bytes(10_000_000)
    made = await store.commit(REF, made.version, people.attached("f2", data))
    assert await store.attachment(REF, "f2") == data
    await store.commit(REF, made.version, Change(facts=[people.removed("f3", "f2")]))
    assert sum(path.stat().st_size for path in shelf.folder.rglob("*.nlb")) < 100_000
