"""Books of older formats, kept as they were written by the versions of then."""

import shutil
from pathlib import Path

import pytest

from storage import chain, files, format_mark
from storage.envelope import Sealer
from storage.keys import Keys
from storage.layout import Layout
from storage.migrate import from_format_1, is_needed
from storage.verify import verify
from tests.storage import people
from tests.storage.people import later

KEY_OF_THE_KEPT_BOOK = bytes(range(32))
KEPT = Path(__file__).parent.parent / "data"


@pytest.fixture(params=["encrypted", "plain"])
def format_1(shelf, request):
    if request.param == "plain":
        shelf.keys = None
    shutil.copytree(KEPT / "book-v1", shelf.folder)
    return shelf


async def check_all_is_there(store):
    """What was written into the book of format 1 when it was made."""
    [episode] = await store.open_episodes()
    assert episode.ref == "ROWAN-7K3F"
    assert episode.version == 2
    assert [fact.id for fact in episode.facts] == ["f1", "f2"]
    assert chain.broken_at(episode) is None
    assert episode.messages[0].sent_at == later(minutes=2)
    assert (await store.episode("ROWAN-2222")).closed_at == later(days=-38)
    assert [row.ref for row in await store.history("RE-01")] == ["ROWAN-3333", "ROWAN-7K3F"]
    assert (await store.draft("sam")).answers == {"home": "rowan", "person": "RE-02"}
    assert (await store.person("RE-01")).name == "Robin Example"
    office = await store.office()
    assert office.state == {"rota": {"tonight": "robin"}}
    assert [message.id for message in office.messages] == ["o1"]
    assert [await store.seen(n) for n in (11, 12, 14, 15, 16)] == [True] * 5


async def test_a_book_of_format_1_is_taken_over(format_1):
    await check_all_is_there(await format_1.open())
    await format_1.close()
    assert not list(format_1.folder.rglob("*.json"))
    assert verify(format_1.folder, format_1.keys, summarise=people.summarise) == []
    await check_all_is_there(await format_1.open())
    assert format_1.troubles == []


@pytest.mark.parametrize("name", ["book-v2-plain", "book-v2-encrypted"])
async def test_a_book_of_format_2_is_read(shelf, name):
    """The present format, as it was first written: a change that could not read it any more is a
    new format, and needs a migration."""
    shutil.copytree(KEPT / name, shelf.folder)
    encrypted = Keys([KEY_OF_THE_KEPT_BOOK], source="this test")
    shelf.keys = encrypted if name == "book-v2-encrypted" else None
    assert verify(shelf.folder, shelf.keys, summarise=people.summarise) == []
    await check_all_is_there(await shelf.open())
    assert shelf.troubles == []


async def test_a_migration_can_be_interrupted_at_any_point(shelf, monkeypatch):
    """The process dies at the n-th write or removal, for every n."""
    real = {name: getattr(files, name) for name in ("write_whole", "remove")}
    at = 0
    while True:
        at += 1
        shutil.rmtree(shelf.folder, ignore_errors=True)
        shutil.copytree(KEPT / "book-v1", shelf.folder)
        left = [at]

        def dying(*arguments, name, left=left):
            left[0] -= 1
            if left[0] == 0:
                raise KeyboardInterrupt
            real[name](*arguments)

        for name in real:
            monkeypatch.setattr(files, name, lambda *a, name=name: dying(*a, name=name))
        try:
            layout, sealer = Layout(shelf.folder), Sealer(shelf.keys)
            assert is_needed(layout, format_mark.read(layout, sealer))
            from_format_1(layout, sealer, lambda place, why: pytest.fail(why))
            died = False
        except KeyboardInterrupt:
            died = True
        for name, function in real.items():
            monkeypatch.setattr(files, name, function)
        await check_all_is_there(await shelf.open())
        await shelf.close()
        assert verify(shelf.folder, shelf.keys) == []
        if not died:
            break
    assert at > 10


async def test_a_damaged_file_of_format_1_costs_one_episode(format_1):
    path = format_1.folder / "open" / "ROWAN-7K3F.json"
    path.write_bytes(path.read_bytes()[:100])
    store = await format_1.open()
    assert await store.open_episodes() == ()
    assert [row.ref for row in await store.history("RE-01")] == ["ROWAN-3333"]
    assert format_1.kinds()[0] == "set_aside"
    [aside] = (format_1.folder / "aside").iterdir()
    assert aside.name.startswith("episode.ROWAN-7K3F")
