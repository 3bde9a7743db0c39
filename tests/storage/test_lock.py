"""One writer."""

import asyncio
import subprocess
import sys

import pytest

from storage.lock import BookInUse
from tests.storage.contract import report

SECOND = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from storage.tiny import TinyStore
from storage.lock import BookInUse
from tests.storage.people import summarise

async def main():
    store = TinyStore(
        Path(sys.argv[1]), keys=None, summarise=summarise, now=lambda: datetime.now(UTC)
    )
    try:
        await store.open()
    except BookInUse as error:
        print(error)
        return
    print("opened", flush=True)
    sys.stdin.read()

asyncio.run(main())
"""


def second_process(folder):
    return subprocess.Popen(
        [sys.executable, "-c", SECOND, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


async def test_a_second_process_is_refused_and_told_who_has_the_book(shelf):
    shelf.keys = None
    await report(await shelf.open())
    before = shelf.files()
    result = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", SECOND, str(shelf.folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "is in use by process" in result.stdout
    assert "started 2026-11-21 23:40:00 UTC" in result.stdout
    assert shelf.files() == before


async def test_the_book_is_free_again_when_its_process_was_killed(shelf):
    shelf.keys = None
    with second_process(shelf.folder) as other:
        assert (await asyncio.to_thread(other.stdout.readline)).strip() == "opened"
        with pytest.raises(BookInUse, match=f"process {other.pid},"):
            await shelf.open()
        other.kill()
        await asyncio.to_thread(other.wait)
    await shelf.open()


async def test_a_second_store_in_the_same_process_is_refused_too(shelf):
    await shelf.open()
    first, shelf.store = shelf.store, None
    with pytest.raises(BookInUse):
        await shelf.open()
    await first.close()
    await shelf.open()
