"""Kills a process that writes to the second place of the audit, at each operation on a file and at
each of some bytes within the write.

    python -m tests.bot.kill_second_place FOLDER

Copies FOLDER/service to FOLDER/1, FOLDER/2, …; in each the records that its second place lacks are
brought there, and the process is killed (SIGKILL) a bit later than in the one before. Prints how
many copies there are; in the last one the change was confirmed.
"""

import asyncio
import os
import shutil
import signal
import sys
from pathlib import Path

from bot.config_file import load
from bot.record_reading import open_for_reading
from bot.second_place import AuditFile
from storage import files
from tests.storage.kill_at import kill_before

PARTS = 4
"""The write is cut off after none, one, two … quarters."""


def kill_within_write(part):
    """So much of it reaches the disk, then nothing more happens."""

    def torn(descriptor, data):
        os.write(descriptor, data[: len(data) * part // PARTS])
        os.kill(os.getpid(), signal.SIGKILL)

    files.write = torn


def bring(folder, number):
    path = folder / "config.toml"
    config, _ = load(path, token_needed=False)
    place = AuditFile(folder / config.audit.file)
    records = asyncio.run(_records(config, folder))
    last = place.last()
    missing = [one for one in records if last is None or one.number > last.number]
    if number <= PARTS:
        kill_within_write(number)
    else:
        kill_before(number - PARTS)
    place.add(missing)
    os._exit(7)


async def _records(config, folder):
    return await (await open_for_reading(config, folder)).audit()


def main(folder):
    number = 0
    while True:
        number += 1
        shutil.copytree(folder / "service", folder / str(number))
        child = os.fork()
        if child == 0:
            bring(folder / str(number), number)
        status = os.waitpid(child, 0)[1]
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 7:
            break
    print(number)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
