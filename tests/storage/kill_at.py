"""Kills a process with an attachment or the audit in hand at each operation on a file, one by one.

    python -m tests.storage.kill_at FOLDER attach|remove|forget
    python -m tests.storage.kill_at FOLDER page|take|shorten

Copies the records in FOLDER/book to FOLDER/1, FOLDER/2, …; in the first the change is killed
(SIGKILL) before its first operation on a file, in the second before its second, and so on until one
gets through. Prints how many there are, and for each whether the change was confirmed.
"""

import asyncio
import os
import shutil
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from storage import files
from storage.keys import load_keys
from storage.store import Change
from storage.tinydb_store import TinyStore
from tests.storage import people
from tests.storage.contract import line

OPERATIONS = ("create", "write", "fsync", "close", "replace", "fsync_folder", "unlink")
NAME = "ROWAN-7K3F"
AUDIT = ("page", "take", "shorten")


def kill_before(number):
    """From here on, at the operation with this number."""
    count = 0

    def dying(real):
        def operation(*arguments):
            nonlocal count
            count += 1
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments)

        return operation

    for name in OPERATIONS:
        setattr(files, name, dying(getattr(files, name)))


async def change_audit(store, what, number):
    """There are 128 records: with the next one the first 64 go into a page of their own."""
    if what == "shorten":
        await store.update_office(log=[line(500)])
    kill_before(number)
    if what == "page":
        await store.update_office(log=[line(1000)])
    elif what == "take":
        await store.take_left()
    else:
        await store.forget_audit(people.later(minutes=64))


async def change(folder, keys, what, number):
    store = TinyStore(folder, keys=keys, summarise=people.summarise, now=lambda: datetime.now(UTC))
    await store.open()
    if what in AUDIT:
        await change_audit(store, what, number)
        os._exit(7)
    episode = await store.episode(NAME)
    kill_before(number)
    if what == "attach":
        await store.commit(NAME, episode.version, people.attached("f90", b"\xff\xd8\xff new"))
    elif what == "remove":
        gone = Change(facts=[people.removed("f91", "f2")])
        await store.commit(NAME, episode.version, gone)
    else:
        await store.forget(NAME)
    # Confirmed; what is still to be tidied is not waited for.
    os._exit(7)


def main(folder, what):
    keys = load_keys({"file": str(folder / "book.key")})
    confirmed, number = [], 0
    while True:
        number += 1
        shutil.copytree(folder / "book", folder / str(number))
        child = os.fork()
        if child == 0:
            asyncio.run(change(folder / str(number), keys, what, number))
        status = os.waitpid(child, 0)[1]
        confirmed.append(os.WIFEXITED(status) and os.WEXITSTATUS(status) == 7)
        if confirmed[-1]:
            break
    sys.stdout.buffer.write(msgspec.json.encode(confirmed))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
