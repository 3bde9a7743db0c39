"""Records of each format that was released, kept as they were written: they can be read for ever.

`python -m tests.storage.test_formats` writes those of the present format, once, when it is new.
"""

import asyncio
import shutil
import sys
from pathlib import Path

import pytest

from storage import chain
from storage.keys import Keys
from storage.model import Person
from storage.store import Change
from storage.tinydb_store import TinyStore
from storage.verify import verify
from tests.storage import people
from tests.storage.people import NIGHT, later, summarise

KEPT = Path(__file__).parent.parent / "data"
KEY = Keys([bytes(range(32))], source="this test")
KEYS = {"store-v1-plain": None, "store-v1-encrypted": KEY}


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
    assert (await (await shelf.again()).episode("ROWAN-7K3F")).version == 3
    assert shelf.troubles == []


if __name__ == "__main__":
    for kept, its_keys in KEYS.items():
        if (KEPT / kept).exists():
            sys.exit(f"{kept} is there already: a format that was released does not change")
        asyncio.run(write(KEPT / kept, its_keys))
        (KEPT / kept / "lock").unlink()
