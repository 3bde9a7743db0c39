"""What a commit costs, and a start: beside the same bytes in plain Python, and beside default
TinyDB.

    python -m bench.storage [--commits 150] [--closed 0 2500 25000 100000] [--open 50 200 1000]

(a) plain: the bytes that the store has just written are written again with temporary file, fsync,
    rename and fsync of the folder, taking turns with the store's commits, so that both meet the
    same disk at the same time. One folder, as many files as there are open episodes.
    "in thread": the same handed to a ThreadPoolExecutor and awaited, as an event loop that must
    not stop has to.
(b) default TinyDB: one JSONStorage file that holds the same episodes, one update of one of them
    (at 25,000 closed and more measured once).

The book is encrypted. Episodes have about 3 KB. Medians.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec
from tinydb import TinyDB

from bench.table import machine
from protocol.facts import Child, Closed, Fact, Note, Opened, Returned
from storage import chain, files, format_mark
from storage.envelope import Sealer
from storage.keys import load_keys, new_key_file
from storage.layout import Layout, month_of
from storage.model import Episode, Message, Past
from storage.record_file import fields_of
from storage.store import Change
from storage.tinydb_store import TinyStore
from storage.version_catalogue import VersionCatalogue

NOW = datetime(2026, 11, 21, 23, 40, tzinfo=UTC)
TEN_YEARS = 3650
BLOCK = 10
"""The three take turns in blocks: ext4 lets a thread wait a little when another one has just
synced, in the hope of serving both at once, so turns of one would measure that."""
DEFAULT_TINYDB_UP_TO = 25_000
"""Above, one update of the default storage takes a quarter of a minute: only with --full."""


def summarise(episode: Episode) -> Past:
    """A row by the plainest rules."""
    opened = episode.entries[0].fact
    assert isinstance(opened, Opened)
    return Past(
        ref=episode.ref,
        person=episode.person,
        home=episode.home,
        category=opened.category,
        start=opened.aware_at,
        end=episode.closed_at,
        level=2,
        peak=2,
        closed_at=episode.closed_at,
    )


def an_episode(number: int, closed_at: datetime | None) -> Episode:
    """About 3 KB: a report, notes, messages; of one of 400 young people."""
    at = (closed_at or NOW) - timedelta(days=1)
    facts: list[Fact] = [
        Opened(
            id="f0",
            by="robin",
            recorded_at=at,
            category="missing",
            child=Child(age=15, looked_after=True, in_childrens_home=True),
            aware_at=at,
            circumstances="left after supper without a coat; told nobody where to",
        )
    ]
    for n in range(1, 4):
        text = "phone goes to voicemail; text message sent"
        facts.append(Note(id=f"f{n}", by="robin", recorded_at=at, at=at, text=text))
    if closed_at is not None:
        facts.append(Returned(id="f8", by="robin", recorded_at=at, at=at))
        facts.append(Closed(id="f9", by="sam", recorded_at=at, at=closed_at))
    messages = tuple(
        Message(id=f"m{n}", to="robin", kind="reminder", created_at=at, due_at=at, about="CP-4H")
        for n in range(8)
    )
    ref = f"ROWAN-{number:06}"
    return Episode(
        ref=ref,
        home="rowan",
        person=f"RE-{number % 400:03}",
        version=1,
        entries=chain.extend(ref, (), facts),
        messages=messages,
        closed_at=closed_at,
    )


def episodes(closed: int, still_open: int) -> Iterator[Episode]:
    """So many closed and open episodes, spread over ten years."""
    for number in range(closed):
        days = 40 + TEN_YEARS * (closed - number) / closed
        yield an_episode(number, NOW - timedelta(days=days))
    for number in range(closed, closed + still_open):
        yield an_episode(number, None)


def build(folder: Path, closed: int, still_open: int, rows_by: str = "") -> None:
    """A book as the store would have left it, written without waiting for the disk each time."""
    new_key_file(folder / "book.key", NOW)
    sealer = Sealer(load_keys({"file": str(folder / "book.key")}))
    layout = Layout(folder / "book")
    catalogue = VersionCatalogue(layout, sealer, rows_by, print)
    for path in layout.folders():
        files.make_folder(path)
    for episode in episodes(closed, still_open):
        place = layout.open_episode(episode.ref)
        if episode.closed_at is not None:
            month = month_of(episode.closed_at)
            place = layout.closed_episode(episode.ref, month)
            catalogue.note_closed(month, place, 1)
            catalogue.put(month, summarise(episode))
        else:
            catalogue.note(place, 1)
        data = msgspec.json.encode({"episode": {"1": fields_of(episode)}})
        files.write_unsynced(place.path, sealer.seal("episode", episode.ref, 1, data))
    catalogue.flush()
    format_mark.write(layout, sealer)
    files.sync()


def open_store(folder: Path) -> TinyStore:
    """The store over the folder that `build` made, not open yet."""
    keys = load_keys({"file": str(folder / "book.key")})
    return TinyStore(folder / "book", keys=keys, summarise=summarise, now=lambda: NOW)


def write_plainly(path: Path, data: bytes) -> None:
    """(a): what an atomic, durable write costs without a store."""
    temporary = path.with_suffix(".tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.write(descriptor, data)
    os.fsync(descriptor)
    os.close(descriptor)
    temporary.replace(path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


class Times(NamedTuple):
    """Milliseconds of each commit, and of each plain write of the same bytes."""

    store: list[float]
    plain: list[float]
    threaded: list[float]


async def commits(folder: Path, count: int) -> Times:
    """Commits to random open episodes, taking turns with plain writes of the same bytes."""
    store = open_store(folder)
    await store.open()
    loop = asyncio.get_running_loop()
    refs = [episode.ref for episode in await store.open_episodes()]
    plain = folder / "plain"
    plain.mkdir(exist_ok=True)
    rng = random.Random(1)
    times = Times([], [], [])
    with ThreadPoolExecutor(max_workers=1) as thread:
        for n in range(0, count + BLOCK, BLOCK):
            written: list[tuple[Path, bytes]] = []
            for m in range(n, n + BLOCK):
                episode = await store.episode(rng.choice(refs))
                fact = Note(id=f"n{m}", by="robin", recorded_at=NOW, at=NOW, text="rang school")
                message = msgspec.structs.replace(episode.messages[0], attempts=m)
                change = Change(facts=[fact], messages=[message], update_id=m)
                started = time.perf_counter()
                await store.commit(episode.ref, episode.version, change)
                times.store.append((time.perf_counter() - started) * 1000)
                path = folder / "book" / "open" / f"{episode.ref}.nlb"
                written.append((plain / episode.ref, path.read_bytes()))
            for path, data in written:
                started = time.perf_counter()
                write_plainly(path, data)
                times.plain.append((time.perf_counter() - started) * 1000)
            for path, data in written:
                started = time.perf_counter()
                await loop.run_in_executor(thread, write_plainly, path, data)
                times.threaded.append((time.perf_counter() - started) * 1000)
    await store.close()
    return Times(*(series[BLOCK:] for series in times))


def default_tinydb(folder: Path, closed: int, still_open: int) -> float:
    """(b): milliseconds of one update, the median of a few."""
    path = folder / "default.json"
    with path.open("wb") as file:
        file.write(b'{"_default":{')
        for number, episode in enumerate(episodes(closed, still_open), start=1):
            comma = b"," if number > 1 else b""
            file.write(comma + b'"%d":' % number + msgspec.json.encode(fields_of(episode)))
        file.write(b"}}")
    taken = []
    with TinyDB(path) as db:
        for n in range(3 if closed < DEFAULT_TINYDB_UP_TO else 1):
            started = time.perf_counter()
            db.update({"version": n}, doc_ids=[closed + 1])
            taken.append((time.perf_counter() - started) * 1000)
    path.unlink()
    return statistics.median(taken)


START = """
import asyncio, sys, time
from pathlib import Path
from bench.storage import open_store

async def main():
    store = open_store(Path(sys.argv[1]))
    started = time.perf_counter()
    await store.open()
    took = time.perf_counter() - started
    peak = next(l for l in open("/proc/self/status") if l.startswith("VmHWM")).split()[1]
    assert len(await store.open_episodes()) == int(sys.argv[2])
    print(took, int(peak) / 1024)
    await store.close()

asyncio.run(main())
"""


def start_up(folder: Path, still_open: int) -> tuple[float, float]:
    """Seconds from `open()` to ready, and the process's peak memory in MB: medians of three
    processes."""
    runs = [
        subprocess.run(
            [sys.executable, "-c", START, str(folder), str(still_open)],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for _ in range(3)
    ]
    return (
        statistics.median(float(run[0]) for run in runs),
        statistics.median(float(run[1]) for run in runs),
    )


def one_row(closed: int, still_open: int, count: int, *, full: bool) -> float:
    """Builds, measures and prints; returns the ratio of store to plain."""
    folder = Path(tempfile.mkdtemp(prefix="nightlight-bench-"))
    try:
        build(folder, closed, still_open)
        times = asyncio.run(commits(folder, count))
        store, plain, threaded = (statistics.median(series) for series in times)
        p95 = statistics.quantiles(times.store, n=20)[18]
        start, memory = start_up(folder, still_open)
        shutil.rmtree(folder / "book")
        line = f"{closed:>8,} {still_open:>6,} {store:>9.2f} {p95:>7.2f} {plain:>9.2f}"
        line += f" {store / plain:>7.2f} {threaded:>9.2f} {store / threaded:>7.2f}"
        if full or closed <= DEFAULT_TINYDB_UP_TO:
            default = default_tinydb(folder, closed, still_open)
            line += f" {default:>10.0f} {default / store:>8,.0f}"
        else:
            line += f" {'-':>10} {'-':>8}"
        print(f"{line} {start * 1000:>9.0f} {memory:>7.0f}", flush=True)
    finally:
        shutil.rmtree(folder)
    return store / plain


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--commits", type=int, default=150)
    parser.add_argument("--closed", type=int, nargs="+", default=[0, 2_500, 25_000, 100_000])
    parser.add_argument("--open", type=int, nargs="+", default=[50, 200, 1_000])
    parser.add_argument("--full", action="store_true", help="default TinyDB at any size")
    options = parser.parse_args()
    print(machine())
    print(f"{datetime.now(UTC):%Y-%m-%d}, medians of {options.commits} commits, encrypted\n")
    print(
        f"{'closed':>8} {'open':>6} {'commit ms':>9} {'p95':>7} {'(a) plain':>9} {'x (a)':>7} "
        f"{'in thread':>9} {'x':>7} {'(b) TinyDB':>10} {'(b) x':>8} {'start ms':>9} {'MB':>7}"
    )
    middle = 200 if 200 in options.open else options.open[0]
    ratios = [one_row(c, middle, options.commits, full=options.full) for c in options.closed]
    at = 25_000 if 25_000 in options.closed else options.closed[-1]
    for still_open in options.open:
        if still_open != middle:
            one_row(at, still_open, options.commits, full=options.full)
    print(f"\nlargest / smallest history, each in multiples of (a): {ratios[-1] / ratios[0]:.2f}")


if __name__ == "__main__":
    main()
