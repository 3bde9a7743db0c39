"""The service's own pages: how heavy they are, how soon a long case file is there, and whether the
chat answers as quickly with them.

    python -m bench.pages [--rounds 60] [--answers 40]

Case file: one case of 500 entries, each with a sentence, in an encrypted book on this disk, asked
for through everything that stands before a page (guard, session, second factor), each reading put
on record. Beside it the file of a new case, so that what the entries cost is seen. Weight: a page
with its style sheet and script, as they go over the line, without compression.

Chat: /open asked again and again of two bots that take turns, one with pages, of which somebody
opens the entrance twice a second, and one without. Aims: 150 kB, 50 ms, 1.05.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx

from bench.one_bot import PACE_SECONDS, ROOT, Bench, prepare
from bench.table import Row, show
from protocol.facts import Note
from storage.keys import load_keys, new_key_file
from storage.store import Change
from storage.tinydb_store import TinyStore
from tests.handlers.chat_world import SATURDAY_NIGHT
from tests.reminders.world import summarise
from tests.web.pages_world import PagesWorld

ENTRIES = 500
WORDS = "Rang the friend's mother, who has not seen them since the afternoon; will ring back."
IN_A_ROW = 5
HOST = "pages.example.org"
PATHS = ("/cases", "/register", "/people", "/rota", "/figures", "/register/young/YP-01")


async def a_long_case(world: PagesWorld) -> str:
    """A case with so many entries; its reference."""
    ref = await world.reports()
    episode = await world.store.episode(ref)
    begun = world.clock.now()
    notes = [
        Note(
            id=f"n{n}",
            by=("amy", "ben", "mia")[n % 3],
            recorded_at=begun + timedelta(seconds=n),
            at=begun + timedelta(seconds=n),
            text=f"{n}. {WORDS}",
        )
        for n in range(ENTRIES - len(episode.facts))
    ]
    await world.store.commit(ref, episode.version, Change(facts=notes))
    world.clock.go(hours=1)
    return ref


async def pages(rounds: int) -> tuple[list[Row], list[Row]]:
    """How long pages take (ms), and how heavy they are (kB)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        await asyncio.to_thread(new_key_file, folder / "book.key", SATURDAY_NIGHT)
        store = TinyStore(
            folder / "book",
            keys=load_keys({"file": str(folder / "book.key")}),
            summarise=summarise,
            now=lambda: SATURDAY_NIGHT,
        )
        world = PagesWorld(store=store)
        async with world:
            short, long = await world.reports(young_person="YP-02"), await a_long_case(world)
            browser = await world.visitor("mia")
            times = {
                what: await _times(world, browser.client, f"/cases/{ref}", rounds)
                for what, ref in (
                    (f"case file of {ENTRIES} entries", long),
                    ("a new case's file", short),
                )
            }
            fixed = sum([len((await browser.get(f)).content) for f in ("/pages.css", "/pages.js")])
            weights = [
                Row(
                    what=path,
                    figures={"kB": (len((await browser.get(path)).content) + fixed) / 1e3},
                )
                for path in (*PATHS, f"/cases/{short}/police", f"/cases/{short}")
            ]
            whole = len((await browser.get(f"/cases/{long}")).content) + fixed
            weights.append(Row(what=f"case file of {ENTRIES} entries", figures={"kB": whole / 1e3}))
        await store.close()
    rows = [
        Row(
            what=what,
            figures={
                "p50 ms": statistics.median(wall for wall, _ in found),
                "p95 ms": sorted(wall for wall, _ in found)[int(len(found) * 0.95)],
                "processor p50 ms": statistics.median(worked for _, worked in found),
            },
        )
        for what, found in times.items()
    ]
    return rows, weights


async def _times(
    world: PagesWorld, client: httpx.AsyncClient, path: str, rounds: int
) -> list[tuple[float, float]]:
    """Milliseconds on the clock, and of the processor: another's work lengthens only the first."""
    found = []
    for _ in range(rounds + 3):
        world.seconds.time += 1.0  # as often as a person would, for the guard
        begun, worked = time.perf_counter(), time.process_time()
        answer = await client.get(path)
        found.append(((time.perf_counter() - begun) * 1000, (time.process_time() - worked) * 1000))
        answer.raise_for_status()
    return found[3:]


# The chat, with pages and without -----------------------------------------------------------------


class Served:
    """One bot's process with its stand-in for Telegram; port 0: without pages."""

    def __init__(self, bench: Bench, port: int) -> None:
        self.bench, self.port = bench, port

    async def answers(self) -> list[float]:
        """Milliseconds until /open is answered, so many in a row."""
        opening = asyncio.create_task(self._somebody_opens()) if self.port else None
        try:
            found = []
            for _ in range(IN_A_ROW):
                found.append(await self.bench.answered("/human/send", {"text": "/open"}))
                await asyncio.sleep(PACE_SECONDS)
            return found
        finally:
            if opening is not None:
                opening.cancel()
                await asyncio.gather(opening, return_exceptions=True)

    async def _somebody_opens(self) -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            while True:
                url = f"http://127.0.0.1:{self.port}/in"
                (await client.get(url, headers={"host": HOST})).raise_for_status()
                await asyncio.sleep(0.5)


@asynccontextmanager
async def served(folder: Path, *, with_pages: bool) -> AsyncIterator[Served]:
    """A bot that is up, until the block ends."""
    bench, port = Bench(folder), 0
    await bench.begin()
    config = await asyncio.to_thread(prepare, folder, bench.url)
    if with_pages:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        text = config.read_text(encoding="utf-8")
        web = f'\n[web]\naddress = "https://{HOST}"\nport = {port}\n'
        config.write_text(text + web, encoding="utf-8")
    process, begun = bench.launch(
        [sys.executable, str(ROOT / "main.py"), "run", "--config", str(config)]
    )
    try:
        await bench.started(begun)
        await bench.answered("/human/send", {"text": "/start"})
        await bench.answered("/human/send", {"text": "/open"})
        yield Served(bench, port)
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 60)
        await bench.end()


async def chat(answers: int) -> list[Row]:
    """Two bots that take turns."""
    found: dict[bool, list[float]] = {True: [], False: []}
    async with contextlib.AsyncExitStack() as stack:
        bots = {}
        for on in (True, False):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            bots[on] = await stack.enter_async_context(served(folder, with_pages=on))
        while len(found[False]) < answers:
            for on, bot in bots.items():
                found[on] += await bot.answers()
    return [
        Row(
            what=what,
            figures={"p50 ms": statistics.median(found[on]), "answers": float(len(found[on]))},
        )
        for what, on in (("chat, pages on and in use", True), ("chat, pages off", False))
    ]


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--answers", type=int, default=40)
    given = parser.parse_args()
    times, weights = asyncio.run(pages(given.rounds))
    show("Until a page is there", times)
    show("Weight of a page with style and script", weights, ratio=False)
    if given.answers:
        show("The chat's own answers", asyncio.run(chat(given.answers)))


if __name__ == "__main__":
    main()
