"""Damage, tampering, and what they cost: one episode, never the book."""

import random
import shutil

import pytest

from protocol.facts import Note
from storage import chain
from storage.envelope import Damaged, Sealer
from storage.layout import Layout, Place
from storage.model import Episode, Person
from storage.record_file import RecordFile
from storage.store import Change, NotFound
from storage.verify import verify
from storage.version_catalogue import VersionCatalogue
from tests.storage import people
from tests.storage.contract import close, report
from tests.storage.people import later


@pytest.fixture(params=["encrypted", "plain"])
def either(shelf, request):
    """The book, encrypted or plain: damage shows in both, tampering in the first."""
    if request.param == "plain":
        shelf.keys = None
    return shelf


async def three_episodes(shelf):
    """Two open, one closed, everything else once; the book is left closed."""
    store = await shelf.open()
    await store.put_people([Person(ref="RE-01", home="rowan", child=people.opened().child)])
    await report(store, ref="ROWAN-2222")
    await report(store, ref="ROWAN-3333", person="RE-02")
    await report(store, ref="ROWAN-4444", person="RE-03", at=later(days=-40))
    await close(store, "ROWAN-4444", at=later(days=-30))
    await store.save_draft(people.draft())
    await store.update_office(state={"rota": 1})
    await shelf.close()
    return shelf.folder


def path_of(shelf, name):
    return next(shelf.folder.rglob(f"{name}.nlb"))


async def test_every_flipped_bit_of_an_episode_is_detected(either):
    """Every byte, a different bit of each."""
    await three_episodes(either)
    path = path_of(either, "ROWAN-2222")
    good = path.read_bytes()
    sealer = Sealer(either.keys)
    for place in range(len(good)):
        flipped = bytearray(good)
        flipped[place] ^= 1 << (place % 8)
        path.write_bytes(flipped)
        with pytest.raises(Damaged):
            RecordFile(Place(path, "episode", "ROWAN-2222"), Episode, sealer).load()
    path.write_bytes(good)
    assert verify(either.folder, either.keys) == []


async def test_a_flipped_bit_in_any_file_is_found_by_verify(either):
    await three_episodes(either)
    rng = random.Random(1)
    checked = 0
    for path in sorted(either.folder.rglob("*.nlb")):
        good = path.read_bytes()
        for place in {0, 5, 6, 10, len(good) - 1, *rng.sample(range(len(good)), 12)}:
            flipped = bytearray(good)
            flipped[place] ^= 1 << rng.randrange(8)
            path.write_bytes(flipped)
            assert verify(either.folder, either.keys), f"{path.name}, byte {place}"
            checked += 1
        path.write_bytes(good)
    assert checked > 80
    assert verify(either.folder, either.keys) == []


@pytest.mark.parametrize("length", [0, 1, 20, 35, 60, -1])
async def test_a_file_that_was_cut_off_is_detected(either, length):
    await three_episodes(either)
    path = path_of(either, "ROWAN-2222")
    path.write_bytes(path.read_bytes()[:length])
    assert len(verify(either.folder, either.keys)) == 1


async def test_damage_costs_one_episode_and_the_administrator_is_told(either):
    await three_episodes(either)
    path = path_of(either, "ROWAN-2222")
    path.write_bytes(people.spoilt(path.read_bytes()))
    store = await either.open()
    assert [episode.ref for episode in await store.open_episodes()] == ["ROWAN-3333"]
    assert len(await store.history("RE-03")) == 1
    [(kind, what)] = either.troubles
    assert kind == "set_aside"
    assert "ROWAN-2222" in what and "restore" in what
    [aside] = (either.folder / "aside").iterdir()
    assert aside.name.startswith("episode.ROWAN-2222.2026-11-21T23-40-00Z.the-")
    await either.close()
    assert any("was set aside" in line for line in verify(either.folder, either.keys))
    await either.open()
    assert len(either.troubles) == 1, "told once, not at every start"


async def test_a_damaged_closed_episode_is_found_when_it_is_read(either):
    await three_episodes(either)
    store = await either.open()
    path_of(either, "ROWAN-4444").write_bytes(b"\0" * 700)
    with pytest.raises(NotFound, match="cannot be used"):
        await store.episode("ROWAN-4444")
    assert await store.history("RE-03") == ()
    await either.close()
    assert either.kinds() == ["set_aside"]


@pytest.mark.parametrize("name", ["office", "register", "robin", "live", "2026-10", "book"])
async def test_damage_to_any_other_file_does_not_stop_the_book(either, name):
    await three_episodes(either)
    for path in either.folder.rglob(f"{name}.nlb"):
        path.write_bytes(b"NLBK" + b"?" * 200)
    store = await either.open()
    assert len(await store.open_episodes()) == 2
    assert len(await store.history("RE-03")) == 1
    await store.update_office(state={"rota": 2})
    await either.again()
    assert len(await either.store.open_episodes()) == 2


async def test_two_swapped_files_are_detected(either):
    """Both are undamaged, but neither is what its name says."""
    await three_episodes(either)
    one, other = path_of(either, "ROWAN-2222"), path_of(either, "ROWAN-3333")
    swapped = other.read_bytes(), one.read_bytes()
    one.write_bytes(swapped[0])
    other.write_bytes(swapped[1])
    assert len(verify(either.folder, either.keys)) == 2
    store = await either.open()
    assert await store.open_episodes() == ()
    assert either.kinds() == ["set_aside", "set_aside"]


async def test_two_swapped_drafts_are_detected(either):
    """Nothing in a draft's content says whose it is but the seal."""
    store = await either.open()
    await store.save_draft(people.draft(owner="robin"))
    await store.save_draft(people.draft(owner="sam"))
    await either.close()
    one, other = path_of(either, "robin"), path_of(either, "sam")
    swapped = other.read_bytes(), one.read_bytes()
    one.write_bytes(swapped[0])
    other.write_bytes(swapped[1])
    assert len(verify(either.folder, either.keys)) == 2


async def test_a_closed_episode_in_the_place_of_an_open_one_is_detected(either):
    await three_episodes(either)
    shutil.copy(path_of(either, "ROWAN-4444"), path_of(either, "ROWAN-2222"))
    assert len(verify(either.folder, either.keys)) == 1


async def test_an_older_copy_put_back_is_detected(either):
    await three_episodes(either)
    path = path_of(either, "ROWAN-2222")
    older = path.read_bytes()
    store = await either.open()
    await store.commit("ROWAN-2222", 1, Change(facts=[people.police()]))
    await either.close()
    path.write_bytes(older)
    [problem] = verify(either.folder, either.keys)
    assert "older copy: version 1, but it had come to 2" in problem
    store = await either.open()
    assert either.kinds() == ["older"]
    assert len(await store.open_episodes()) == 2, "it is the best there is: go on with it"
    change = Change(facts=[people.note("n1"), people.note("n2")])
    episode = await store.commit("ROWAN-2222", 1, change)
    await store.commit("ROWAN-2222", episode.version, Change(facts=[people.note("n3")]))
    await either.close()
    assert "not put right" in verify(either.folder, either.keys)[0], "not forgotten by writing on"


async def test_an_older_copy_of_a_closed_episode_is_detected(either):
    await three_episodes(either)
    path = path_of(either, "ROWAN-4444")
    older = path.read_bytes()
    store = await either.open()
    await store.commit("ROWAN-4444", 2, Change(facts=[people.note("late")]))
    await either.close()
    path.write_bytes(older)
    assert len(verify(either.folder, either.keys)) == 1
    store = await either.open()
    await store.episode("ROWAN-4444")
    await either.close()
    assert either.kinds() == ["older"]


async def test_a_closed_episode_put_back_among_the_open_ones(either):
    """An older copy, from when it was open, beside the closed one."""
    await three_episodes(either)
    older = path_of(either, "ROWAN-2222").read_bytes()
    store = await either.open()
    await close(store, "ROWAN-2222")
    await either.close()
    (either.folder / "open" / "ROWAN-2222.nlb").write_bytes(older)
    assert verify(either.folder, either.keys)
    store = await either.open()
    assert [episode.ref for episode in await store.open_episodes()] == ["ROWAN-3333"]
    assert (await store.episode("ROWAN-2222")).closed_at is not None
    assert "set_aside" in either.kinds()


async def test_a_removed_episode_is_missed(either):
    await three_episodes(either)
    path_of(either, "ROWAN-2222").unlink()
    path_of(either, "ROWAN-4444").unlink()
    assert len(verify(either.folder, either.keys)) == 2
    await either.open()
    assert either.kinds() == ["missing", "missing"]


async def test_a_removed_catalogue_is_missed(either):
    await three_episodes(either)
    shutil.rmtree(either.folder / "catalogue")
    assert any("catalogue" in line for line in verify(either.folder, either.keys))
    await either.open()
    assert either.kinds() == ["catalogue"]


async def test_an_older_catalogue_of_a_month_is_detected(either):
    await three_episodes(either)
    path = either.folder / "catalogue" / "2026-10.nlb"
    older = path.read_bytes()
    store = await either.open()
    await store.commit("ROWAN-4444", 2, Change(facts=[people.note("late")]))
    await either.close()
    path.write_bytes(older)
    assert verify(either.folder, either.keys) == ["the catalogue of 2026-10 is an older copy"]


async def test_a_plain_file_does_not_pass_in_an_encrypted_book(shelf):
    """Anybody can write one, with a digest that is right."""
    await three_episodes(shelf)
    layout = Layout(shelf.folder)
    place = layout.open_episode("ROWAN-2222")
    forged = Episode(ref="ROWAN-2222", home="rowan", person="RE-01", version=9)
    RecordFile(place, Episode, Sealer(None)).save(forged)
    assert verify(shelf.folder, shelf.keys) == [
        "episode ROWAN-2222: a plain file in an encrypted book"
    ]
    await shelf.open()
    assert shelf.kinds() == ["set_aside"]


async def test_files_of_an_older_format_are_no_part_of_a_present_book(shelf):
    """Format 1 was plain: whoever drops such a file into the folder must not be believed."""
    await three_episodes(shelf)
    (shelf.folder / "open" / "ROWAN-9999.json").write_bytes(b'{"episode": {"1": {}}}')
    store = await shelf.open()
    assert len(await store.open_episodes()) == 2
    assert (shelf.folder / "open" / "ROWAN-9999.json").exists()


async def test_an_edited_fact_breaks_the_chain(either):
    """By somebody who has the key, and edits without computing all that follows anew."""
    await three_episodes(either)
    store = await either.open()
    await store.commit("ROWAN-2222", 1, Change(facts=[people.note("n1", "rang at nine")]))
    await store.commit("ROWAN-2222", 2, Change(facts=[people.note("n2")]))
    episode = await store.episode("ROWAN-2222")
    await either.close()
    assert chain.broken_at(episode) is None
    entries = list(episode.entries)
    fact = entries[1].fact
    assert isinstance(fact, Note)
    edited = people.note("n1", "rang at ten")
    for bad in (
        [entries[0], type(entries[1])(fact=edited, digest=entries[1].digest), entries[2]],
        [entries[0], entries[2]],
        [entries[1], entries[0], entries[2]],
    ):
        forged = Episode(
            ref="ROWAN-2222", home="rowan", person="RE-01", version=3, entries=tuple(bad)
        )
        assert chain.broken_at(forged) is not None
        path = path_of(either, "ROWAN-2222")
        RecordFile(Place(path, "episode", "ROWAN-2222"), Episode, Sealer(either.keys)).save(forged)
        [problem] = verify(either.folder, either.keys)
        assert "the chain is broken at fact" in problem


async def test_a_row_that_is_not_what_its_episode_says_is_found(either):
    await three_episodes(either)

    def other(episode):
        row = people.summarise(episode)
        return type(row)(**{**{f: getattr(row, f) for f in row.__struct_fields__}, "level": 3})

    [problem] = verify(either.folder, either.keys, summarise=other)
    assert "row ROWAN-4444 is not what its episode says" in problem


async def test_what_is_reported_holds_no_personal_data(either):
    await three_episodes(either)
    for path in either.folder.rglob("*.nlb"):
        path.write_bytes(people.spoilt(path.read_bytes()))
    lines = verify(either.folder, either.keys)
    assert lines
    for secret in ("supper", "RE-01", "robin's"):
        assert all(secret not in line for line in lines)


async def test_the_catalogue_is_never_ahead_of_the_files(shelf, monkeypatch):
    """A crash between a write and the flush must not look like tampering."""
    store = await shelf.open()
    for n in range(3):
        await report(store, ref=f"ROWAN-{n}{n}{n}{n}")
        behind = VersionCatalogue(Layout(shelf.folder), Sealer(shelf.keys), "", pytest.fail)
        behind.load()
        for ref in Layout(shelf.folder).open_refs():
            episode = await store.episode(ref)
            assert behind.expected(Layout(shelf.folder).open_episode(ref)) <= episode.version


@pytest.mark.parametrize("name", ["open", "drafts", "catalogue", "closed", "audit"])
async def test_a_file_in_the_place_of_a_folder_is_named_and_no_traceback(shelf, name):
    folder = await three_episodes(shelf)
    if (folder / name).is_dir():
        shutil.rmtree(folder / name)
    (folder / name).write_text("somebody's copy of something")
    named = [line for line in verify(folder, shelf.keys) if str(folder / name) in line]
    assert named
    assert all(line.endswith("cannot be read: Not a directory") for line in named)
