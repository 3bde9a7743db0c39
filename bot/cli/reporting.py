"""`report`: figures from files of rows or from the service's own records."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from bot.config import ConfigError, load
from reports import command
from reports.asking import Unusable
from reports.command import Asked
from reports.rows import Row
from storage.store import StoreError

EVERYTHING = date(2000, 1, 1), date(2099, 12, 31)
"""A report also asks for the period before, for windows of months, and for who is still missing."""


def report(asked: Asked, config_path: Path) -> int:
    """Exit status 0; 1 with bad rows; 2 with the reason in a line."""
    if asked.name == "list":
        return command.show_list(sys.stdout)
    return command.run(asked, lambda: from_records(config_path), sys.stdout, sys.stderr)


def from_records(config_path: Path) -> Iterable[Row]:
    """Rows of all episodes on record, as known now. What cannot be read is named. Unusable."""
    from bot.episode_rows import episode_rows

    try:
        config, _ = load(config_path, token_needed=False)
        found = asyncio.run(episode_rows(config, config_path.resolve().parent, *EVERYTHING))
    except ConfigError as error:
        raise Unusable("\n".join(error.problems)) from None
    except StoreError as error:
        raise Unusable(str(error)) from None
    for problem in found.problems:
        print(f"Left out: {problem}.", file=sys.stderr)
    return found.rows
