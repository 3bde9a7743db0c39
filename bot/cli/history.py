"""`import history`: episodes of the time before, so that counts are right from the first day."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import msgspec
from rich.console import Console
from rich.progress import Progress

from bot.audit_line import put_on_record_if_possible
from bot.config import Config, ConfigError
from bot.config_file import load
from bot.history_file import BadHistory, read_csv, read_ssd
from bot.history_rows import OldEpisode
from bot.resources import open_alone
from protocol import facts as f
from protocol.facts import Child, Fact
from protocol.provider import Provider
from reminders.clock import SystemClock
from storage.model import Past, Person
from storage.store import Change, Conflict, Store, StoreError

EVER = datetime.fromisoformat("1900-01-02T00:00:00+00:00")


class Counted(msgspec.Struct, kw_only=True):
    """What came of a file."""

    read: int = 0
    new: int = 0
    known: int = 0
    opened: int = 0


def run(
    file: Path,
    config_path: Path,
    *,
    form: Literal["csv", "ssd"],
    map_path: Path | None,
    dry_run: bool,
    with_open: bool,
) -> int:
    """Exit status 0; 1 with a line for each bad row, 2 for what stands in the way of any file."""
    if form == "ssd" and map_path is None:
        return _refuse(["--map: is needed with --format ssd: miss_person_id,person,home."], 2)
    try:
        config, _ = load(config_path, token_needed=False)
        counted = asyncio.run(
            _import(
                file, config_path.resolve().parent, config, map_path, dry_run=dry_run,
                with_open=with_open, form=form,
            )
        )  # fmt: skip
    except ConfigError as error:
        return _refuse(error.problems, 2)
    except BadHistory as error:
        return _refuse([*error.problems, "Nothing was imported."], 1)
    except StoreError as error:
        return _refuse([str(error)], 2)
    if not dry_run:
        folder = config_path.resolve().parent
        put_on_record_if_possible(config, folder, "history imported", rows=counted.new)
    would = "would be " if dry_run else ""
    print(
        f"{counted.read} rows read: {counted.new} {would}imported"
        f"{f' ({counted.opened} of them open)' if counted.opened else ''}, "
        f"{counted.known} known already."
    )
    return 0


async def _import(
    file: Path,
    folder: Path,
    config: Config,
    map_path: Path | None,
    *,
    form: str,
    dry_run: bool,
    with_open: bool,
) -> Counted:
    store = await open_alone(config, folder)
    try:
        now = SystemClock().now()
        people = {person.ref: person for person in await store.people()}
        listed = {ref: person.home for ref, person in people.items()}
        if form == "ssd" and map_path is not None:
            found = read_ssd(file, map_path, config.service, listed, now, with_open=with_open)
        else:
            found = read_csv(file, config.service, listed, now, with_open=with_open)
        new = unknown(found, await store.past(EVER))
        counted = Counted(read=len(found), new=len(new), known=len(found) - len(new))
        counted.opened = sum(episode.returned_at is None for episode in new)
        if not dry_run:
            with Progress(console=Console(stderr=True), transient=True) as bar:
                for episode in bar.track(new, description="Importing"):
                    await keep(store, config.service, people[episode.person], episode, now)
        return counted
    finally:
        await store.close()


def unknown(found: Iterable[OldEpisode], past: Iterable[Past]) -> list[OldEpisode]:
    """Those that are not on record, and not twice in the file: by person, start and category, or
    by the source's own id."""
    seen: set[tuple[str, datetime, str] | str] = set()
    for row in past:
        seen.add((row.person, row.start, row.category))
        if row.source:
            seen.add(row.source)
    new = []
    for episode in found:
        names: list[tuple[str, datetime, str] | str] = [
            (episode.person, episode.start, episode.category),
            episode.source,
        ]
        if any(name in seen for name in names if name):
            continue
        seen.update(name for name in names if name)
        new.append(episode)
    return new


async def keep(
    store: Store, provider: Provider, person: Person, episode: OldEpisode, now: datetime
) -> None:
    """One episode on record: closed, or an open case of the bot. Raises StoreError."""
    home = provider.home(episode.home)
    prefix = home.prefix if home else episode.home
    if episode.returned_at is None:
        change = Change(facts=opened(episode, person.child, now))
    else:
        change = Change(facts=closed(episode, person.child, now), close=True)
    for _ in range(8):
        ref = await store.new_reference(prefix)
        try:
            await store.create(ref, episode.home, person.ref, change)
        except Conflict:
            continue
        return
    raise Conflict(episode.home)


def closed(episode: OldEpisode, child: Child, now: datetime) -> Sequence[Fact]:
    """The facts of an episode that is over."""
    signed: dict[str, Any] = {"by": f.NIGHTLIGHT, "recorded_at": now}
    imported = f.Imported(
        id="f1",
        category=episode.category,
        child=child,
        start=episode.start,
        returned_at=episode.returned_at,
        source=episode.source,
        **episode.known,
        **signed,
    )
    return [imported, f.Closed(id="f2", at=episode.returned_at or now, **signed)]


def opened(episode: OldEpisode, child: Child, now: datetime) -> Sequence[Fact]:
    """The facts of one that goes on: from now on it is a case like any other. A source does not say
    which role at the authority was told, so that is recorded as not acknowledged."""
    signed: dict[str, Any] = {"by": f.NIGHTLIGHT, "recorded_at": now}
    known = episode.known
    found: list[Fact] = [
        f.Opened(
            id="f1",
            category=episode.category,
            child=child,
            aware_at=episode.start,
            last_seen_at=episode.start,
            not_known=("circumstances",),
            **signed,
        )
    ]
    told: dict[str, Callable[[datetime], Fact]] = {
        "police_told": lambda at: f.PoliceTold(id="f2", at=at, **signed),
        "authority_told": lambda at: f.AuthorityTold(
            id="f3", at=at, role="unknown", how="unknown", acknowledged=False, **signed
        ),
        "parents_told": lambda at: f.ParentsTold(id="f4", at=at, **signed),
        "located_at": lambda at: f.Located(id="f5", at=at, **signed),
    }
    found += [make(known[name]) for name, make in told.items() if _is_time(known.get(name))]
    return found


def _is_time(value: object) -> bool:
    return isinstance(value, datetime)


def _refuse(lines: Sequence[str], status: int) -> int:
    for line in lines:
        print(line, file=sys.stderr)
    return status
