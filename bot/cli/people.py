"""`people import`: the register from a table."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from bot.config import Config, ConfigError, load
from bot.register import BadRegister, questions, read, taken
from bot.resources import open_alone
from protocol.london import day_of
from protocol.mistakes import Mistake
from reminders.clock import SystemClock
from storage.model import Person
from storage.store import StoreError


class _Asked(Exception):
    """Somebody has to say whether this is right."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__()
        self.mistakes = mistakes


def run(file: Path, config_path: Path, *, sure: bool = False) -> int:
    """Exit status 0, or 2 with a line for each mistake.

    sure: what looks like one young person twice is two.
    """
    try:
        config, _ = load(config_path, token_needed=False)
        people = read(file, config.service, day_of(SystemClock().now()))
        asyncio.run(_put(config, config_path.resolve().parent, file.name, people, sure))
    except (ConfigError, BadRegister) as error:
        for line in error.problems:
            print(line, file=sys.stderr)
        print("Nothing was imported.", file=sys.stderr)
        return 2
    except _Asked as asked:
        for mistake in asked.mistakes:
            print(mistake, file=sys.stderr)
        print("Nothing was imported. If they are two, run it again with --sure.", file=sys.stderr)
        return 2
    except StoreError as error:
        print(f"Nothing was imported: {error}", file=sys.stderr)
        return 2
    print(f"{len(people)} young people imported.")
    return 0


async def _put(
    config: Config, folder: Path, name: str, people: Sequence[Person], sure: bool
) -> None:
    store = await open_alone(config, folder)
    try:
        present = {person.ref: person for person in await store.people()}
        if wrong := taken(people, present):
            raise BadRegister([msgspec.structs.replace(one, file=name) for one in wrong])
        asked = [] if sure else questions(people, present)
        if asked:
            raise _Asked([msgspec.structs.replace(one, file=name) for one in asked])
        await store.put_people(people)
    finally:
        await store.close()
