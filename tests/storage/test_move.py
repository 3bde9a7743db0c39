"""Moving between folder and database, either way: all arrives, or it is said what did not."""

import msgspec
import pytest

from storage.audit import PAGE, AuditPage, full_page
from storage.envelope import Sealer
from storage.layout import Layout
from storage.move import MoveProblem, to_database, to_folder
from storage.record_file import RecordFile
from storage.tinydb_store import TinyStore
from storage.verify import verify
from tests.storage import people
from tests.storage.people import NIGHT, summarise
from tests.storage.test_audit import leave, numbers, with_records
from tests.storage.test_postgres import Installation
from tests.storage.test_tinydb_store import a_night, everything
from tests.support import postgres

pytestmark = pytest.mark.skipif(
    not postgres.usable(), reason="no PostgreSQL server on this machine (package postgresql)"
)


@pytest.fixture
async def service(server, keys):
    service = Installation(server, keys)
    yield service
    await service.close()


@pytest.fixture
async def filled(shelf):
    """A folder in which a night was recorded, and what was in it."""
    store = await shelf.open()
    await a_night(store)
    episode = await store.episode("ROWAN-2222")
    await store.commit(episode.ref, episode.version, people.attached("f90"))
    before = await everything(store)
    await shelf.close()
    return before


async def test_there_and_back_again(shelf, service, filled, tmp_path):
    store = await service.open()
    assert await to_database(shelf.folder, shelf.keys, store) == 6
    store = await service.again()
    assert await everything(store) == filled
    assert await store.attachment("ROWAN-2222", "f90") == people.PHOTO
    assert [await store.seen(n) for n in (41, 42, 43, 44)] == [True, True, True, False]
    back = tmp_path / "back"
    assert await to_folder(store, back, shelf.keys) == 6
    await service.close()
    assert verify(back, shelf.keys, summarise=summarise) == []
    again = TinyStore(back, keys=shelf.keys, summarise=summarise, now=lambda: NIGHT)
    await again.open()
    assert await everything(again) == filled
    assert await again.attachment("ROWAN-2222", "f90") == people.PHOTO
    await again.close()
    assert verify(back, shelf.keys, summarise=summarise) == []


async def test_the_audit_moves_whole_with_what_is_left_for_it(shelf, service, filled, tmp_path):
    store = await with_records(shelf, 3 * PAGE)
    await shelf.close()
    layout = Layout(shelf.folder)
    leave(shelf, 999)
    # A crash can leave a page whose records have not left the service's own file yet.
    page = msgspec.structs.replace(full_page(store._records.office.audit), first=2 * PAGE + 1)
    RecordFile(layout.audit_page("00000129"), AuditPage, Sealer(shelf.keys)).save(page)
    await to_database(shelf.folder, shelf.keys, await service.open())
    store = await service.again()
    assert await store.take_left() == 1
    assert numbers(await store.audit()) == [*range(3 * PAGE), 999]
    back = tmp_path / "back"
    await to_folder(store, back, shelf.keys)
    shelf.folder = back
    assert numbers(await (await shelf.open()).audit()) == [*range(3 * PAGE), 999]
    await shelf.close()
    assert verify(back, shelf.keys, summarise=summarise) == []


async def test_an_interrupted_move_goes_on(shelf, service, filled, monkeypatch):
    monkeypatch.setattr("storage.move.AT_A_TIME", 2)
    store = await service.open()
    real, times = store.add_records, []

    async def failing(records):
        times.append(1)
        if len(times) == 3:
            raise OSError(5, "the line broke")
        await real(records)

    store.add_records = failing
    with pytest.raises(OSError, match="line broke"):
        await to_database(shelf.folder, shelf.keys, store)
    store = await service.again()
    assert len(await store.versions()) == 4
    assert await to_database(shelf.folder, shelf.keys, store) == 6
    assert await everything(await service.again()) == filled


async def test_a_database_that_was_used_meanwhile_is_not_overwritten(shelf, service, filled):
    store = await service.open()
    await to_database(shelf.folder, shelf.keys, store)
    store = await service.again()
    await store.update_office(state={"rota": 2})
    with pytest.raises(MoveProblem, match="used meanwhile"):
        await to_database(shelf.folder, shelf.keys, store)
    assert (await store.office()).state["rota"] == 2


async def test_a_damaged_file_stops_the_move_and_is_named(shelf, service, filled):
    path = shelf.folder / "open" / "ROWAN-2222.nlb"
    path.write_bytes(path.read_bytes()[:-1])
    store = await service.open()
    with pytest.raises(MoveProblem, match="ROWAN-2222 cannot be used"):
        await to_database(shelf.folder, shelf.keys, store)


async def test_a_damaged_attachment_stops_the_move_and_is_named(shelf, service, filled):
    path = shelf.folder / "attachments" / "ROWAN-2222" / "f90.nlb"
    path.write_bytes(path.read_bytes()[:-1])
    store = await service.open()
    with pytest.raises(MoveProblem, match="attachment ROWAN-2222 f90 cannot be used"):
        await to_database(shelf.folder, shelf.keys, store)


async def test_a_folder_that_is_there_is_left_alone(shelf, service, filled):
    store = await service.open()
    with pytest.raises(MoveProblem, match="is there already"):
        await to_folder(store, shelf.folder, shelf.keys)
