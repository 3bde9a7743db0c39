"""The contract, on disk, encrypted and plain; and what a restart must bring back."""

import asyncio

import pytest

from storage.audit import PAGE, Anchor, broken_at
from storage.envelope import Sealer
from storage.layout import Layout
from storage.model import Office, Person
from storage.store import Change, StoreError
from storage.version_catalogue import VersionCatalogue
from tests.storage import people
from tests.storage.contract import StoreContract, close, report
from tests.storage.people import later


class TestEncryptedBook(StoreContract):
    @pytest.fixture
    async def store(self, shelf):
        return await shelf.open()


class TestPlainBook(StoreContract):
    @pytest.fixture
    async def store(self, shelf):
        shelf.keys = None
        return await shelf.open()


async def a_night(store):
    """Two open episodes, one closed, a draft, the register, the office."""
    await store.put_people([Person(ref="RE-01", home="rowan", child=people.opened().child)])
    await report(store, ref="ROWAN-2222")
    made = await report(store, ref="ROWAN-3333", person="RE-02", at=later(minutes=1))
    change = Change(facts=[people.police()], messages=[people.reminder("m1")], update_id=41)
    await store.commit(made.ref, made.version, change)
    await report(store, ref="ROWAN-4444", at=later(days=-3))
    await close(store, "ROWAN-4444", at=later(days=-2))
    await store.save_draft(people.draft(home="rowan"), update_id=42)
    await store.update_office(state={"rota": {"tonight": "sam"}}, update_id=43)


async def everything(store):
    return (
        await store.open_episodes(),
        await store.episode("ROWAN-4444"),
        await store.history("RE-01"),
        await store.past(later(days=-9)),
        await store.draft("robin"),
        await store.people(),
        await store.office(),
    )


async def test_a_restart_brings_everything_back(shelf):
    store = await shelf.open()
    await a_night(store)
    before = await everything(store)
    store = await shelf.again()
    assert await everything(store) == before
    assert [await store.seen(n) for n in (41, 42, 43, 44)] == [True, True, True, False]
    assert shelf.troubles == []


async def test_a_restart_without_a_farewell_brings_everything_back(shelf):
    """What is on disk at any moment is enough: the catalogue may be behind."""
    store = await shelf.open()
    await a_night(store)
    before = await everything(store)
    copied = shelf.files()
    await shelf.close()
    shelf.put_back(copied)
    assert await everything(await shelf.open()) == before
    assert shelf.troubles == []


async def test_a_commit_goes_on_after_a_restart(shelf):
    made = await report(await shelf.open())
    store = await shelf.again()
    after = await store.commit(made.ref, made.version, Change(facts=[people.police()]))
    assert after.entries[0] == made.entries[0]
    assert await (await shelf.again()).episode(made.ref) == after


async def test_an_update_that_closed_an_episode_is_recognised_after_a_restart(shelf):
    store = await shelf.open()
    await report(store)
    change = Change(facts=[people.closed()], close=True, update_id=99)
    await store.commit("ROWAN-7K3F", 1, change)
    assert await (await shelf.again()).seen(99)


async def test_updates_of_two_closed_cases_are_recognised_after_a_power_cut(shelf):
    """The first is corrected while the catalogue does not know yet that the second was closed."""
    store = await shelf.open()
    for ref, number in (("ROWAN-2222", 98), ("ROWAN-3333", 99)):
        made = await report(store, ref=ref)
        change = Change(facts=[people.closed()], close=True, update_id=number)
        await store.commit(ref, made.version, change)
    await store.commit("ROWAN-2222", 2, Change(facts=[people.note("n1", "later")], update_id=100))
    copied = shelf.files()
    await shelf.close()
    shelf.put_back(copied)
    store = await shelf.open()
    assert [await store.seen(number) for number in (98, 99, 100)] == [True, True, True]
    assert shelf.troubles == []


async def test_updates_of_a_dropped_draft_are_recognised_after_a_restart(shelf):
    store = await shelf.open()
    await store.save_draft(people.draft(), update_id=50)
    await store.drop_draft("robin", update_id=51)
    store = await shelf.again()
    assert await store.draft("robin") is None
    assert await store.seen(50)
    assert await store.seen(51)


async def test_the_process_died_between_the_report_and_the_end_of_its_draft(shelf):
    """The episode is there, so the draft must not be offered again."""
    store = await shelf.open()
    await store.save_draft(people.draft(), update_id=60)
    draft_file = shelf.folder / "drafts" / "robin.nlb"
    left_over = draft_file.read_bytes()
    change = Change(facts=[people.opened()], ends_draft="d1", update_id=61)
    await store.create("ROWAN-7K3F", "rowan", "RE-01", change)
    await shelf.close()
    draft_file.write_bytes(left_over)
    store = await shelf.open()
    assert await store.draft("robin") is None
    assert not draft_file.exists()
    assert shelf.troubles == []


async def test_the_process_died_between_closing_and_moving(shelf):
    store = await shelf.open()
    await report(store)
    done = await close(store, "ROWAN-7K3F")
    await shelf.close()
    closed = shelf.folder / "closed" / "2026-11" / "ROWAN-7K3F.nlb"
    closed.rename(shelf.folder / "open" / "ROWAN-7K3F.nlb")
    store = await shelf.open()
    assert await store.open_episodes() == ()
    assert await store.episode("ROWAN-7K3F") == done
    assert closed.exists()


async def test_what_a_crash_left_of_a_temporary_file_is_ignored_and_swept(shelf):
    store = await shelf.open()
    await report(store)
    await shelf.close()
    for folder in ("", "open", "drafts", "closed/2026-11"):
        (shelf.folder / folder).mkdir(exist_ok=True, parents=True)
        (shelf.folder / folder / ".ROWAN-7K3F.nlb.tmp").write_bytes(b"half a fi")
    store = await shelf.open()
    assert len(await store.open_episodes()) == 1
    assert not list(shelf.folder.rglob("*.tmp"))


async def test_references_of_closed_and_damaged_episodes_stay_taken(shelf):
    store = await shelf.open()
    await report(store)
    await report(store, ref="ROWAN-2222")
    await close(store, "ROWAN-7K3F")
    await shelf.close()
    (shelf.folder / "open" / "ROWAN-2222.nlb").write_bytes(b"garbage")
    store = await shelf.open()
    for ref in ("ROWAN-7K3F", "ROWAN-2222"):
        with pytest.raises(StoreError):
            await report(store, ref=ref)


async def test_an_episode_of_another_month_is_archived_where_it_was_closed(shelf):
    store = await shelf.open()
    await report(store, at=later(days=-60))
    await close(store, "ROWAN-7K3F", at=later(days=-30))
    assert (shelf.folder / "closed" / "2026-10" / "ROWAN-7K3F.nlb").exists()


async def test_rows_of_closed_episodes_are_made_anew(shelf):
    """Their file is missing, damaged or made by other rules; only what is damaged is reported."""
    store = await shelf.open()
    await a_night(store)
    rows = await store.history("RE-01")
    await shelf.close()
    path = shelf.folder / "catalogue" / "2026-11.nlb"
    good = path.read_bytes()
    for bad in (None, b"", good[:-1], good[:50] + b"x" + good[51:]):
        if bad is None:
            path.unlink()
        else:
            path.write_bytes(bad)
        assert await (await shelf.open()).history("RE-01") == rows
        await shelf.close()
        assert {kind for kind, _ in shelf.troubles} == {"catalogue"}
        shelf.troubles.clear()
    assert await (await shelf.open(rows_by="other rules")).history("RE-01") == rows
    assert shelf.troubles == []


async def test_a_row_of_the_catalogue_is_read_and_not_made_again(shelf):
    """Otherwise a start would have to read every episode there ever was."""
    store = await shelf.open()
    await report(store, at=later(days=-60))
    await close(store, "ROWAN-7K3F", at=later(days=-30))
    made = []

    def counting(episode):
        made.append(episode.ref)
        return people.summarise(episode)

    store = await shelf.again(summarise=counting)
    assert [row.ref for row in await store.history("RE-01")] == ["ROWAN-7K3F"]
    assert made == []


async def test_a_crash_right_after_a_correction_of_a_closed_episode(shelf):
    """The row on disk is from before the correction; it must not be believed."""
    store = await shelf.open()
    await report(store)
    done = await close(store, "ROWAN-7K3F")
    store = await shelf.again()
    change = Change(facts=[people.returned("f30", at=later(hours=9))])
    await store.commit("ROWAN-7K3F", done.version, change)
    on_disk = VersionCatalogue(Layout(shelf.folder), Sealer(shelf.keys), "", pytest.fail)
    on_disk.load()
    assert on_disk.rows_of("2026-11") == ()


async def test_a_caller_who_stops_waiting_does_not_stop_the_change(shelf):
    store = await shelf.open()
    made = await report(store)
    facts = [people.note(f"n{n}") for n in range(200)]
    waiting = asyncio.create_task(store.commit(made.ref, 1, Change(facts=facts)))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    now = await store._read(lambda: store._records.episode(made.ref))
    assert now.version == 2
    assert await store.episode(made.ref) == now
    assert await (await shelf.again()).episode(made.ref) == now


async def test_changes_made_at_once_are_taken_one_by_one(shelf):
    store = await shelf.open()
    await report(store)
    tries = [store.commit("ROWAN-7K3F", 1, Change(facts=[people.note(f"n{n}")])) for n in range(20)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(not isinstance(result, Exception) for result in results) == 1
    assert len((await store.episode("ROWAN-7K3F")).facts) == 2


async def test_files_are_for_the_owner_only(shelf):
    store = await shelf.open()
    await a_night(store)
    await shelf.close()
    for path in [shelf.folder, *shelf.folder.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


async def test_nothing_personal_can_be_read_from_an_encrypted_book(shelf):
    store = await shelf.open()
    child = people.opened().child
    await store.put_people([Person(ref="RE-01", home="rowan", child=child, name="Robin Example")])
    await report(store, note="seen near the station")
    await close(store, "ROWAN-7K3F")
    await store.save_draft(people.draft(note="seen near the station"))
    await shelf.close()
    for name, data in shelf.files().items():
        for secret in (b"Robin Example", b"station", b"RE-01", b"looked_after"):
            assert secret not in data, name


async def test_lines_that_an_earlier_version_kept_are_the_first_of_the_chain(shelf):
    store = await shelf.open()
    records = store._records
    old = Office(version=1, log=tuple({"n": n} for n in range(2000)))
    records.files.save(records.files.file(records.layout.office, Office), old)
    store = await shelf.again()
    for n in range(2000, 2040):
        await store.update_office(log=[{"n": n}])
    records = await store.audit()
    assert [one.line["n"] for one in records] == list(range(2040))
    assert broken_at(records, Anchor()) is None
    assert len((await store.office()).audit) < 2 * PAGE
