"""Records of each format that was released, kept as they were written: they can be read for ever.

`python -m tests.storage.test_formats` writes those of the present format, once, when it is new.
"""

import asyncio
import shutil
import sys
from pathlib import Path

import pytest

from protocol.facts import CaseRead
from storage import chain
from storage.backup import backup
from storage.envelope import FORMAT
from storage.keys import Keys
from storage.model import Person
from storage.rekey import reseal
from storage.restore import restore_one
from storage.store import Change
from storage.tinydb_store import TinyStore
from storage.verify import verify
from tests.storage import people
from tests.storage.people import NIGHT, later, summarise

KEPT = Path(__file__).parent.parent / "data"
KEY = Keys([bytes(range(32))], source="this test")
KEYS = {
    "store-v1-plain": None,
    "store-v1-encrypted": KEY,
    "store-v2-plain": None,
    "store-v2-encrypted": KEY,
}


async def write(folder, keys):
    """A little of everything that the store keeps."""
    store = TinyStore(folder, keys=keys, summarise=summarise, now=lambda: NIGHT)
    await store.open()
    child = people.opened().child
    await store.put_people([Person(ref="RE-01", home="rowan", child=child, name="Robin Example")])
    for ref, person, ends in (("ROWAN-2222", "RE-02", -38), ("ROWAN-3333", "RE-01", -9)):
        facts = [people.opened(at=later(days=ends - 1))]
        await store.create(ref, "rowan", person, Change(facts=facts, update_id=11))
        facts = [people.closed(at=later(days=ends))]
        await store.commit(ref, 1, Change(facts=facts, close=True, update_id=12))
    await store.create(
        "ROWAN-7K3F", "rowan", "RE-01", Change(facts=[people.opened()], update_id=14)
    )
    told = people.reminder("m1", state="sent", sent_at=later(minutes=2))
    change = Change(facts=[people.police()], messages=[told], update_id=15)
    await store.commit("ROWAN-7K3F", 1, change)
    read = CaseRead(id="f20", by="robin", recorded_at=NIGHT, what="attachment", attachment="f20")
    await store.commit("ROWAN-3333", 2, Change(facts=[read]))
    await store.commit("ROWAN-3333", 3, people.attached("f21"))
    await store.save_draft(people.draft("sam", home="rowan", person="RE-02"), update_id=16)
    await store.update_office(
        state={"rota": {"tonight": "robin"}}, messages=[people.reminder("o1")], update_id=17
    )
    await store.close()


@pytest.mark.parametrize("name", KEYS)
async def test_kept_records_are_read_and_can_be_written(shelf, name):
    shutil.copytree(KEPT / name, shelf.folder)
    shelf.keys = KEYS[name]
    assert verify(shelf.folder, shelf.keys, summarise=summarise) == []
    store = await shelf.open()
    [episode] = await store.open_episodes()
    assert (episode.ref, episode.version) == ("ROWAN-7K3F", 2)
    assert [fact.id for fact in episode.facts] == ["f1", "f2"]
    assert chain.broken_at(episode) is None
    assert episode.messages[0].sent_at == later(minutes=2)
    assert (await store.episode("ROWAN-2222")).closed_at == later(days=-38)
    assert [row.ref for row in await store.history("RE-01")] == ["ROWAN-3333", "ROWAN-7K3F"]
    assert (await store.draft("sam")).answers == {"home": "rowan", "person": "RE-02"}
    assert (await store.person("RE-01")).name == "Robin Example"
    assert (await store.office()).state == {"rota": {"tonight": "robin"}}
    assert [await store.seen(n) for n in (11, 12, 14, 15, 16, 17, 18)] == [True] * 6 + [False]
    await store.commit("ROWAN-7K3F", 2, Change(facts=[people.note("f7")]))
    store = await shelf.again()
    assert (await store.episode("ROWAN-7K3F")).version == 3
    if "v1" not in name:
        assert isinstance((await store.episode("ROWAN-3333")).facts[-2], CaseRead)
        assert await store.attachment("ROWAN-3333", "f21") == people.PHOTO
    assert shelf.troubles == []


def refuses(shelf, monkeypatch):
    """Whether a version that knows only the format before refuses the folder, and says so."""
    with monkeypatch.context() as older:
        older.setattr("storage.envelope.FORMAT", FORMAT - 1)
        problems = verify(shelf.folder, shelf.keys, summarise=summarise)
    return any(f"has format {FORMAT}, and this version" in one for one in problems)


async def test_a_folder_takes_the_present_format_with_the_first_change(shelf, monkeypatch):
    """Until then the version before still opens it; from then on it refuses with a message, in the
    place of setting aside what it cannot read."""
    shutil.copytree(KEPT / "store-v1-encrypted", shelf.folder)
    shelf.keys = KEY
    store = await shelf.open()
    assert not refuses(shelf, monkeypatch)
    read = CaseRead(id="f7", by="robin", recorded_at=NIGHT, what="case_file")
    await store.commit("ROWAN-7K3F", 2, Change(facts=[read]))
    assert refuses(shelf, monkeypatch)
    assert verify(shelf.folder, shelf.keys, summarise=summarise) == []
    assert (await (await shelf.again()).episode("ROWAN-7K3F")).facts[-1] == read


async def test_a_record_that_comes_back_from_a_backup_brings_its_format_along(
    shelf, tmp_path, monkeypatch
):
    shutil.copytree(KEPT / "store-v1-encrypted", shelf.folder)
    shelf.keys = KEY
    store = await shelf.open()
    await store.commit("ROWAN-7K3F", 2, Change(facts=[people.note("f7")]))
    await shelf.close()
    backup(shelf.folder, tmp_path / "kept", KEY, now=NIGHT)
    shutil.rmtree(shelf.folder)
    shutil.copytree(KEPT / "store-v1-encrypted", shelf.folder)
    assert not refuses(shelf, monkeypatch)
    restore_one(tmp_path / "kept", shelf.folder, KEY, "ROWAN-7K3F", now=NIGHT)
    assert refuses(shelf, monkeypatch)


async def test_another_key_changes_no_format(shelf, monkeypatch):
    shutil.copytree(KEPT / "store-v1-encrypted", shelf.folder)
    shelf.keys = Keys([bytes(31) + b"1", bytes(range(32))], source="this test")
    assert reseal(shelf.folder, shelf.keys, now=NIGHT) == []
    assert not refuses(shelf, monkeypatch)


if __name__ == "__main__":
    for kept, its_keys in KEYS.items():
        if f"-v{FORMAT}-" not in kept:
            continue
        if (KEPT / kept).exists():
            sys.exit(f"{kept} is there already: a format that was released does not change")
        asyncio.run(write(KEPT / kept, its_keys))
        (KEPT / kept / "lock").unlink()
