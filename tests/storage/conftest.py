import asyncio
import secrets

import pytest

from storage.keys import Keys
from storage.tinydb_store import TinyStore
from tests.storage.people import NIGHT, summarise
from tests.support import postgres

pytest.register_assert_rewrite("tests.storage.contract")


def make_keys(count=1):
    """So many new keys, newest first, in memory only."""
    return Keys([secrets.token_bytes(32) for _ in range(count)], source="this test")


class Shelf:
    """One book on disk that can be opened again and again, as by one process after the other."""

    def __init__(self, folder, keys):
        self.folder = folder
        self.keys = keys
        self.now = NIGHT
        self.troubles = []
        self.store = None

    async def open(self, **changes):
        fields = {"keys": self.keys, "summarise": summarise, "now": lambda: self.now}
        store = TinyStore(self.folder, **{**fields, **changes})
        store.watch(lambda trouble: self.troubles.append((trouble.kind, trouble.what)))
        await store.open()
        self.store = store
        return store

    async def close(self):
        if self.store is not None:
            await self.store.close()
            self.store = None

    async def again(self, **changes):
        """Closes the book and opens it anew."""
        await self.close()
        return await self.open(**changes)

    def kinds(self):
        return [kind for kind, _ in self.troubles]

    def files(self):
        """Everything in the folder but the lock, by path."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and path.name != "lock"
        }

    def put_back(self, files):
        """The folder as `files` found it."""
        for path in self.folder.rglob("*.nlb"):
            path.unlink()
        for name, data in files.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_bytes(data)


@pytest.fixture(scope="module")
def server():
    """A PostgreSQL with the tables, for the tests of one file."""
    server = asyncio.run(postgres.prepared())
    yield server
    server.gone()


@pytest.fixture
def keys():
    return make_keys()


@pytest.fixture
async def shelf(tmp_path, keys):
    shelf = Shelf(tmp_path / "book", keys)
    yield shelf
    await shelf.close()
