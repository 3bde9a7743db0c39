"""`python -m tests.practice.counted`: how many messages a person gets in a night.

Three nights are played on a practice session: as they go by on the phones of a duty manager, a
colleague and a manager. Counted is what arrives, also if it is taken back later; edits do not ring
and are not counted. `--url` counts on a session that runs already, such as one of another version.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.driver import Stage
from sandbox.launch import Sandbox
from sandbox.moments import MORGAN, NAMES, REST, Phones

CARD = ("/open", "RH-")


async def nobody(phones: Phones, count: Counted) -> None:
    """Logged, and then nobody touches a phone until the morning."""
    await phones.begin("out-all-night")
    await phones.report(MORGAN, "YP-02")
    await count.until("2026-03-03T18:00:00", hours=12)


async def told_and_nobody(phones: Phones, count: Counted) -> None:
    """Everybody is told at once; what rings from then on is left to ring."""
    await phones.begin("out-all-night")
    await phones.report(MORGAN, "YP-02")
    await phones.do(MORGAN, *CARD, "Police told", "Just now", "No reference", "Skip")
    await phones.do(MORGAN, *CARD, "Parents told", "I did", "Just now", "Missing, police told")
    await phones.do(MORGAN, *CARD, "Authority told", "Emergency duty team manager", "Phone")
    await phones.do(MORGAN, "Just now", "Skip")
    await count.until("2026-03-03T18:00:00", hours=12)


async def three_nights(phones: Phones, count: Counted) -> None:
    """As `nobody`, three nights and days long."""
    await phones.begin("out-all-night")
    await phones.report(MORGAN, "YP-02")
    await count.until("2026-03-03T18:00:00", hours=72)


NIGHTS: dict[str, tuple[Callable[[Phones, Counted], Awaitable[None]], int]] = {
    "logged, nobody answers until 06:00": (nobody, 1),
    "all told, nobody answers until 06:00": (told_and_nobody, 1),
    "logged, nobody answers for three nights": (three_nights, 3),
}
"""With how many nights it is."""


class Counted:
    """What arrives on whose phone: messages that ring, and those that come without a sound."""

    def __init__(self, stage: Stage, phones: Phones) -> None:
        self._stage = stage
        self._phones = phones
        self.rings: Counter[int] = Counter()
        self.quiet: Counter[int] = Counter()

    async def until(self, start: str, hours: int) -> None:
        """From a London time on, so many hours, in steps short enough for one request."""
        await self._stage.settle()
        since = (await self._stage.get("/human/events", since=10**9))["last"]
        begin = datetime.fromisoformat(start)
        for hour in range(1, hours + 1):
            await self._phones.go_to((begin + timedelta(hours=hour)).isoformat())
            found: Any = await self._stage.get("/human/events", since=since)
            since = found["last"]
            for event in found["events"]:
                if event["kind"] == "message" and event["message"]["from"]["is_bot"]:
                    kind = self.quiet if event["message"].get("silent") else self.rings
                    kind.update(event["users"])


async def counted(url: str) -> None:
    """Plays them and prints a line for each."""
    print("| night | who | rings | without a sound | a night |\n|---|---|---:|---:|---:|")
    async with Stage(url, wait=REST) as stage:
        phones = Phones(stage)
        for name, (play, nights) in NIGHTS.items():
            count = Counted(stage, phones)
            await play(phones, count)
            rings, quiet = count.rings, count.quiet
            for user, person in NAMES.items():
                each = rings[user] + quiet[user]
                print(
                    f"| {name} | {person} | {rings[user]} | {quiet[user]} | {each / nights:.1f} |"
                )
            rang, came = (sum(kind[user] for user in NAMES) for kind in (rings, quiet))
            mean = (rang + came) / nights / len(NAMES)
            print(f"| {name} | all three | {rang} | {came} | {mean:.1f} |", flush=True)


def main() -> None:
    """On a session of its own, or the one that is named."""
    ask = argparse.ArgumentParser(prog="python -m tests.practice.counted", description=__doc__)
    ask.add_argument("--url", default="", help="a practice session that runs already")
    given = ask.parse_args()
    if given.url:
        asyncio.run(counted(given.url))
        return
    command = [sys.executable, str(Path(__file__).parents[2] / "main.py")]
    with (
        tempfile.TemporaryDirectory() as folder,
        Sandbox(Path(folder) / "data", 0, command) as sandbox,
    ):
        asyncio.run(counted(sandbox.url))


if __name__ == "__main__":
    main()
