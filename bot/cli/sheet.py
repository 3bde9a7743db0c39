"""`sheet`: a sheet of a case or a young person as PDF, also while the bot runs."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from bot.audit_line import put_on_record_if_possible
from bot.config import Config, ConfigError
from bot.config_file import load
from bot.record_reading import open_for_reading
from reminders.clock import SystemClock
from reports.arguments import Unusable
from reports.command import save
from reports.sheet_values import Case
from reports.sheets import SHEETS, chronology
from storage.store import NotFound, StoreError

NAMES = (*SHEETS, "chronology")


def run(name: str, reference: str, out: Path, config_path: Path) -> int:
    """Exit status 0, or 2 with the reason in a line; then nothing was written."""
    if name not in NAMES:
        print(f"{name[:40]}: no such sheet. Allowed: {', '.join(NAMES)}.", file=sys.stderr)
        return 2
    folder = config_path.resolve().parent
    try:
        config, _ = load(config_path, token_needed=False)
        page, problems = asyncio.run(_make(name, reference, config, folder))
        about = {"person" if name == "chronology" else "ref": reference}
        put_on_record_if_possible(config, folder, "sheet", sheet=name, **about)
        save(out, page)
    except NotFound:
        what = "young person" if name == "chronology" else "case"
        print(f"There is no {what} {reference}.", file=sys.stderr)
        return 2
    except ConfigError as error:
        print("\n".join(error.problems), file=sys.stderr)
        return 2
    except (StoreError, Unusable) as error:
        print(error, file=sys.stderr)
        return 2
    for problem in problems:
        print(f"Left out: {problem}.", file=sys.stderr)
    return 0


async def _make(name: str, reference: str, config: Config, folder: Path) -> tuple[bytes, list[str]]:
    records = await open_for_reading(config, folder)
    now = SystemClock().now()
    if name != "chronology":
        episode = await records.episode(reference)
        person = await records.person(episode.person)
        problems = [x for x in records.problems if f"episode {reference}" in x]
        return SHEETS[name](Case(episode, person, config.service, now)), problems
    person = await records.person(reference)
    past = await records.history(reference)
    if person is None and not past:
        raise NotFound(reference)
    wanted = sorted(past, key=lambda row: row.start)
    found = {x.ref: x for x in records.episodes([row.ref for row in wanted])}
    cases = [
        Case(found[row.ref], person, config.service, now) for row in wanted if row.ref in found
    ]
    return chronology(person, reference, cases, now), list(records.problems)
