"""`people import`: the register from a table, also while the bot runs."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from bot.audit_line import put_on_record_if_possible
from bot.config import Config, ConfigError
from bot.config_file import load
from bot.database import hand_over
from bot.record_reading import open_for_reading
from bot.register import BadRegister, keeping, questions, read, taken
from bot.resources import keys_of, open_alone
from protocol.london import day_of
from protocol.mistakes import Mistake
from reminders.clock import SystemClock
from storage import incoming
from storage.incoming import NotTaken
from storage.lock import StoreInUse
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
    folder = config_path.resolve().parent
    try:
        config, _ = load(config_path, token_needed=False)
    except ConfigError as error:
        return _refuse(error.problems)
    try:
        people = read(file, config.service, day_of(SystemClock().now()))
        asyncio.run(_put(config, folder, file.name, people, sure))
    except BadRegister as error:
        status = _refuse(error.problems)
        put_on_record_if_possible(config, folder, "register refused", problems=len(error.problems))
        return status
    except _Asked as asked:
        for mistake in asked.mistakes:
            print(mistake, file=sys.stderr)
        print("Nothing was imported. If they are two, run it again with --sure.", file=sys.stderr)
        return 2
    except (StoreError, NotTaken, OSError) as error:
        print(f"Nothing was imported: {error}", file=sys.stderr)
        return 2
    put_on_record_if_possible(config, folder, "register imported", rows=len(people))
    print(f"{len(people)} young people imported.")
    return 0


def _refuse(problems: Sequence[str]) -> int:
    print(*problems, "Nothing was imported.", sep="\n", file=sys.stderr)
    return 2


async def _put(
    config: Config, folder: Path, name: str, people: Sequence[Person], sure: bool
) -> None:
    try:
        store = await open_alone(config, folder)
    except StoreInUse:  # by the running bot, which has the register in memory
        records = await open_for_reading(config, folder)
        _look(await records.people(), people, name, sure)
        sealed = incoming.sealed_register(keys_of(config, folder), people)
        await hand_over(config, folder, "register", sealed)
        return
    try:
        known = await store.people()
        _look(known, people, name, sure)
        await store.put_people(keeping(people, {one.ref: one for one in known}))
    finally:
        await store.close()


def _look(known: Sequence[Person], people: Sequence[Person], name: str, sure: bool) -> None:
    present = {person.ref: person for person in known}
    if wrong := taken(people, present):
        raise BadRegister([msgspec.structs.replace(one, file=name) for one in wrong])
    asked = [] if sure else questions(people, present)
    if asked:
        raise _Asked([msgspec.structs.replace(one, file=name) for one in asked])
