"""`show`: a case's whole record on the service's own screen, with what was kept out of the chat."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.audit_line import put_on_record_if_possible
from bot.cli.terminal import visible
from bot.config import Config, ConfigError
from bot.config_file import load
from bot.record_reading import open_for_reading
from protocol.provider import Provider
from reports.entries import lines
from storage.model import Episode, Person
from storage.store import NotFound, StoreError


def run(ref: str, config_path: Path) -> int:
    """Exit status 0, or 2 with the reason in a line."""
    try:
        config, _ = load(config_path, token_needed=False)
        shown, problems = asyncio.run(_read(ref, config_path.resolve().parent, config))
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    except NotFound:
        print(f"There is no case {ref}.", file=sys.stderr)
        return 2
    except StoreError as error:
        print(error, file=sys.stderr)
        return 2
    put_on_record_if_possible(config, config_path.resolve().parent, "show", ref=ref)
    for line in problems:
        print(line, file=sys.stderr)
    Console().print(shown)
    return 0


async def _read(ref: str, folder: Path, config: Config) -> tuple[Table, list[str]]:
    records = await open_for_reading(config, folder)
    episode = await records.episode(ref)
    shown = table(episode, await records.person(episode.person), config.service)
    return shown, [line for line in records.problems if f"episode {ref}" in line]


def table(episode: Episode, person: Person | None, service: Provider) -> Table:
    """Every entry in order: when it was written and by whom, when it happened, what, the digest."""
    home = service.home(episode.home)
    name = f" ({person.name})" if person and person.name else ""
    shown = Table(
        title=Text(
            f"{episode.ref} · {home.name if home else episode.home} · {episode.person}{name}"
        ),
        caption="Operational copy. Not the statutory record; not the report to police.",
    )
    for heading in ("Written", "By", "Happened", "Entry", "What", "Digest"):
        shown.add_column(heading, overflow="fold")
    for line in lines(episode, service):
        entry = line.kind if line.counts else f"(no longer counts) {line.kind}"
        cells = (line.written, line.by, line.happened, entry, line.what, line.digest[:12])
        # As `Text`, because square brackets in a note are no mark-up.
        shown.add_row(*(Text(visible(cell)) for cell in cells))
    return shown
