import pytest

from storage.tiny import TinyStore
from tests.storage.contract import StoreContract
from tests.storage.people import NIGHT, summarise


class TestTinyStore(StoreContract):
    @pytest.fixture
    async def store(self, tmp_path):
        store = TinyStore(tmp_path / "book", keys=None, summarise=summarise, now=lambda: NIGHT)
        await store.open()
        yield store
        await store.close()
