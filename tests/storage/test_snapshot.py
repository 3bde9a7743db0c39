"""Reading beside a running bot: no lock, nothing written, and every episode is there once."""

from datetime import UTC, datetime

import pytest

from storage.keys import KeyProblem
from storage.snapshot import read_snapshot
from storage.store import Change, NotFound, StoreError
from tests.storage import people
from tests.storage.conftest import make_keys
from tests.storage.contract import close, report
from tests.storage.people import later, summarise
from tests.storage.test_tinydb_store import a_night

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


async def look(shelf, **changes):
    return await read_snapshot(
        shelf.folder, **{"keys": shelf.keys, "summarise": summarise, **changes}
    )


async def test_it_says_the_same_as_the_store_that_is_open_beside_it(shelf):
    store = await shelf.open()
    await a_night(store)
    before = shelf.files()
    seen = await look(shelf)
    assert await seen.open_episodes() == await store.open_episodes()
    assert await seen.episode("ROWAN-4444") == await store.episode("ROWAN-4444")
    assert await seen.past(LONG_AGO) == await store.past(LONG_AGO)
    assert await seen.history("RE-02") == await store.history("RE-02")
    assert await seen.draft("robin") == await store.draft("robin")
    assert await seen.people() == await store.people()
    assert await seen.office() == await store.office()
    assert seen.problems == []
    assert shelf.files() == before
    with pytest.raises(NotFound):
        await seen.episode("ROWAN-9999")


async def test_the_bot_goes_on_writing_while_it_is_read(shelf):
    store = await shelf.open()
    made = await report(store)
    seen = await look(shelf)
    await store.commit(made.ref, made.version, Change(facts=[people.police()]))
    assert await seen.episode(made.ref) == made
    assert (await (await look(shelf)).episode(made.ref)).version == 2


async def test_an_episode_that_is_closed_meanwhile_counts_once(shelf):
    """Its open copy was read, and then it was moved: both are found, one is counted."""
    store = await shelf.open()
    await report(store)
    copied = (shelf.folder / "open" / "ROWAN-7K3F.nlb").read_bytes()
    await close(store, "ROWAN-7K3F")
    (shelf.folder / "open" / "ROWAN-7K3F.nlb").write_bytes(copied)
    seen = await look(shelf)
    assert await seen.open_episodes() == ()
    [row] = await seen.past(LONG_AGO)
    assert row.closed_at is not None
    (shelf.folder / "open" / "ROWAN-7K3F.nlb").unlink()


async def test_an_episode_that_was_closed_but_not_moved_is_a_closed_one(shelf):
    store = await shelf.open()
    await report(store)
    await close(store, "ROWAN-7K3F")
    await shelf.close()
    moved = shelf.folder / "closed" / "2026-11" / "ROWAN-7K3F.nlb"
    moved.rename(shelf.folder / "open" / "ROWAN-7K3F.nlb")
    (shelf.folder / "catalogue" / "2026-11.nlb").unlink()
    seen = await look(shelf)
    assert await seen.open_episodes() == ()
    assert [row.ref for row in await seen.past(LONG_AGO)] == ["ROWAN-7K3F"]
    assert (await seen.episode("ROWAN-7K3F")).closed_at is not None


async def test_a_corrected_closed_episode_is_read_with_its_correction(shelf):
    """Before the store has written its rows again."""
    store = await shelf.open()
    await report(store)
    done = await close(store, "ROWAN-7K3F")
    await shelf.again()
    found = people.returned("f11", at=later(hours=2))
    await shelf.store.commit(done.ref, done.version, Change(facts=[found]))
    [row] = await (await look(shelf)).past(LONG_AGO)
    assert row.end == later(hours=2)


async def test_a_damaged_file_is_named_and_left_where_it_is(shelf):
    store = await shelf.open()
    await report(store)
    await report(store, ref="ROWAN-2222")
    path = shelf.folder / "open" / "ROWAN-2222.nlb"
    path.write_bytes(path.read_bytes()[:-1])
    seen = await look(shelf)
    assert [e.ref for e in await seen.open_episodes()] == ["ROWAN-7K3F"]
    assert [line.split(":")[0] for line in seen.problems] == ["episode ROWAN-2222 cannot be used"]
    assert path.exists()


async def test_a_wrong_key_and_no_records_are_one_line(shelf, tmp_path):
    await report(await shelf.open())
    with pytest.raises(KeyProblem):
        await look(shelf, keys=make_keys())
    with pytest.raises(StoreError, match="there is no book in"):
        await read_snapshot(tmp_path / "nowhere", keys=None, summarise=summarise)
    assert not (tmp_path / "nowhere").exists()


async def test_a_draft_whose_episode_was_saved_is_not_half_finished(shelf):
    store = await shelf.open()
    await store.save_draft(people.draft())
    left_over = (shelf.folder / "drafts" / "robin.nlb").read_bytes()
    change = Change(facts=[people.opened()], ends_draft="d1")
    await store.create("ROWAN-7K3F", "rowan", "RE-01", change)
    (shelf.folder / "drafts" / "robin.nlb").write_bytes(left_over)
    assert await (await look(shelf)).draft("robin") is None
