"""`report`: figures from files of rows or from the service's own records."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from bot.audit_line import put_on_record
from bot.config import Config, ConfigError
from bot.config_file import load
from bot.record_reading import open_for_reading
from reports import command
from reports.arguments import Unusable
from reports.command import Asked, Records
from reports.named_persons import Known, known
from reports.rows import Row
from storage.model import Person
from storage.store import StoreError

EVERYTHING = date(2000, 1, 1), date(2099, 12, 31)
"""A report also asks for the period before, for windows of months, and for who is still missing."""


def report(asked: Asked, config_path: Path) -> int:
    """Exit status 0; 1 with bad rows; 2 with the reason in a line."""
    if asked.name == "list":
        return command.show_list(sys.stdout)
    records = Records(
        lambda: from_records(config_path, asked.name), lambda: known_people(config_path)
    )
    return command.run(asked, records, sys.stdout, sys.stderr)


def known_people(config_path: Path) -> Known | None:
    """Who is on the register and on the staff list; None without a configuration. Unusable."""
    if not config_path.exists():
        return None
    try:
        config, _ = load(config_path, token_needed=False)
        people = asyncio.run(_register(config, config_path.resolve().parent))
    except ConfigError as error:
        raise Unusable("\n".join(error.problems)) from None
    except StoreError as error:
        raise Unusable(str(error)) from None
    service = config.service
    return known(
        [
            *(person.name for person in people),
            *(staff.name for staff in (*service.staff, *service.former)),
        ],
        [person.ref for person in people],
        [person.child.dob for person in people if person.child.dob],
        [
            *(text for home in service.homes for text in (home.name, home.prefix, home.code)),
            *(authority.name for authority in service.authorities),
        ],
    )


async def _register(config: Config, folder: Path) -> Sequence[Person]:
    return await (await open_for_reading(config, folder)).people()


def from_records(config_path: Path, name: str) -> Iterable[Row]:
    """Rows of all episodes on record, as known now. What cannot be read is named. Unusable.

    name: of the report that is made of them.
    """
    from bot.episode_rows import episode_rows

    try:
        config, _ = load(config_path, token_needed=False)
        folder = config_path.resolve().parent
        found = asyncio.run(episode_rows(config, folder, *EVERYTHING))
        put_on_record(config, folder, "report from the records", report=name, rows=len(found.rows))
    except ConfigError as error:
        raise Unusable("\n".join(error.problems)) from None
    except StoreError as error:
        raise Unusable(str(error)) from None
    for problem in found.problems:
        print(f"Left out: {problem}.", file=sys.stderr)
    return found.rows
