"""Kills a real writing process at random moments and looks for what it had confirmed.

    python -m tests.storage.crash --kills 500

The writer opens the book, writes as a busy night would, with files beside the cases, and prints a
line for each change once the store has confirmed it; this process reads the lines from a pipe,
sends SIGKILL after a random time, and opens the book itself: every confirmed fact must be there,
every file must be readable, every chain must hold, no temporary file may be left, no attachment
may be without its fact, and no start may report any trouble.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from protocol.attachment_facts import attachments_in
from storage.keys import load_keys, new_key_file
from storage.store import Change
from storage.tinydb_store import TinyStore
from storage.verify import verify
from tests.storage import people

AT_MOST_SECONDS = 0.25
"""The writer lives at most so long after its first confirmed change."""


class Confirmed(msgspec.Struct):
    """One line of the writer: a change that the store confirmed."""

    what: str
    ref: str = ""
    version: int = 0
    facts: tuple[str, ...] = ()
    update: int = 0


class Loss(AssertionError):
    """Something that was confirmed is not there."""


def make_store(folder: Path) -> TinyStore:
    keys = load_keys({"file": str(folder / "book.key")})
    return TinyStore(
        folder / "book",
        keys=keys,
        summarise=people.summarise,
        now=lambda: datetime.now(UTC),
    )


async def write_for_ever(folder: Path, seed: int) -> None:
    """The writer: reports, facts, reminders, drafts, closings, the office file, without end."""
    rng = random.Random(seed)
    store = make_store(folder)
    await store.open()
    say(Confirmed("ready"))
    update = seed * 1_000_000
    while True:
        update += 1
        still_open = await store.open_episodes()
        chance = rng.random()
        if len(still_open) < 3 or (chance < 0.15 and len(still_open) < 12):
            ref = await store.new_reference("rowan")
            await store.save_draft(people.draft(draft_id=f"d{update}", note="x" * 300), update)
            say(Confirmed("draft", ref=f"d{update}", update=update))
            update += 1
            now = datetime.now(UTC)
            change = Change(
                facts=[people.opened(at=now)], update_id=update, ends_draft=f"d{update - 1}"
            )
            made = await store.create(ref, "rowan", f"RE-{rng.randrange(5)}", change)
        elif chance < 0.25:
            made = await close_one(store, rng.choice(still_open).ref, update)
        elif chance < 0.35:
            await store.update_office(state={"last": update}, update_id=update)
            say(Confirmed("office", update=update))
            continue
        elif chance < 0.5:
            episode = rng.choice(still_open)
            change = people.attached(f"a{update}", rng.randbytes(rng.randrange(1, 100_000)))
            files = [*attachments_in(episode.facts)]
            if len(files) > 2:
                change = Change(facts=[people.removed(f"a{update}", rng.choice(files))])
            change = msgspec.structs.replace(change, update_id=update)
            made = await store.commit(episode.ref, episode.version, change)
        else:
            episode = rng.choice(still_open)
            facts = [people.note(f"n{update}-{n}", "y" * 200) for n in range(rng.randint(1, 3))]
            messages = [people.reminder(f"m{update}")]
            change = Change(facts=facts, messages=messages, update_id=update)
            made = await store.commit(episode.ref, episode.version, change)
        facts = tuple(fact.id for fact in made.facts)
        say(Confirmed("episode", made.ref, made.version, facts, update))


async def close_one(store: TinyStore, ref: str, update: int):
    episode = await store.episode(ref)
    now = datetime.now(UTC)
    facts = [people.returned(f"r{update}", at=now), people.closed(f"c{update}", at=now)]
    change = Change(facts=facts, update_id=update, close=True)
    return await store.commit(ref, episode.version, change)


def say(confirmed: Confirmed) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(confirmed) + b"\n")
    sys.stdout.buffer.flush()


class Expected:
    """All that was ever confirmed, over all the lives of the writer."""

    def __init__(self) -> None:
        self.episodes: dict[str, Confirmed] = {}
        self.updates: list[int] = []
        self.office = 0
        self.changes = 0

    def add(self, lines: Iterable[bytes]) -> None:
        for line in lines:
            if not line.endswith(b"\n"):
                continue  # the kill came between two parts of a line; it confirmed nothing
            confirmed = msgspec.json.decode(line, type=Confirmed)
            if confirmed.what == "ready":
                continue
            self.changes += 1
            self.updates.append(confirmed.update)
            if confirmed.what == "episode":
                self.episodes[confirmed.ref] = confirmed
            elif confirmed.what == "office":
                self.office = confirmed.update

    async def check(self, folder: Path, recent: int) -> None:
        """Raises Loss. `recent`: how many of the last updates must be recognised."""
        problems = verify(folder / "book", load_keys({"file": str(folder / "book.key")}))
        if problems:
            raise Loss(problems)
        store = make_store(folder)
        troubles: list[object] = []
        store.watch(troubles.append)
        await store.open()
        try:
            for ref, confirmed in self.episodes.items():
                episode = await store.episode(ref)
                ids = tuple(fact.id for fact in episode.facts)
                if episode.version < confirmed.version or ids[: len(confirmed.facts)] != (
                    confirmed.facts
                ):
                    raise Loss(ref, episode.version, confirmed.version)
                for name in attachments_in(episode.facts):
                    await store.attachment(ref, name)
            if (await store.office()).state.get("last", 0) < self.office:
                raise Loss("office")
            for update in self.updates[-recent:] if recent else ():
                if not await store.seen(update):
                    raise Loss("update", update)
            if list((folder / "book" / "unsettled").glob("*")):
                raise Loss("an attachment was left between added and removed")
            if troubles or list((folder / "book").rglob("*.tmp")):
                raise Loss(troubles)
        finally:
            await store.close()


def one_life(folder: Path, seed: int, rng: random.Random) -> list[bytes]:
    """Starts a writer, kills it after a random time, returns the lines it got out."""
    command = [sys.executable, "-m", "tests.storage.crash", "--write", str(folder)]
    with subprocess.Popen(
        [*command, "--seed", str(seed)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None and writer.stderr is not None
        # Some die while they are still opening the book, most while they write.
        lines = [writer.stdout.readline()] if rng.random() > 0.1 else []
        time.sleep(rng.random() * AT_MOST_SECONDS)
        writer.send_signal(signal.SIGKILL)
        lines += writer.stdout.readlines()
        errors = writer.stderr.read()
    if errors:
        raise Loss(errors.decode())
    return lines


def run(kills: int, seed: int, folder: Path) -> Expected:
    """So many lives and deaths; raises Loss at the first confirmed change that is not there."""
    rng = random.Random(seed)
    new_key_file(folder / "book.key", datetime.now(UTC))
    expected = Expected()
    for life in range(1, kills + 1):
        before = expected.changes
        expected.add(one_life(folder, life, rng))
        # A file keeps 200 update ids; with a dozen open files the last 100 are always in one.
        asyncio.run(expected.check(folder, recent=min(100, expected.changes - before)))
    return expected


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write is not None:
        asyncio.run(write_for_ever(options.write, options.seed))
        return
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="nightlight-crash-") as folder:
        expected = run(options.kills, options.seed, Path(folder))
    print(
        f"{options.kills} kills, {expected.changes} confirmed changes to "
        f"{len(expected.episodes)} episodes: none lost, every file readable "
        f"({time.monotonic() - started:.0f} s)"
    )


if __name__ == "__main__":
    main()
