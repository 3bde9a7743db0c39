import pytest

from tests.storage.contract import StoreContract
from tests.storage.people import NIGHT, summarise
from tests.support.memory_store import MemoryStore


class TestMemoryStore(StoreContract):
    @pytest.fixture
    async def store(self):
        store = MemoryStore(summarise=summarise, now=lambda: NIGHT)
        await store.open()
        yield store
        await store.close()
