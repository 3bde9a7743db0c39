"""How long it takes somebody who has never seen Nightlight: from `git clone` to a logged report in
the sandbox. Commands, taps and seconds are counted; packages are fetched as for a new machine.

    python -m bench.from_clone
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sandbox.driver import Person, Stage

ROOT = Path(__file__).parents[1]
READY = re.compile(r"is ready: (\S+)")
MORGAN = 7001
TAPS = (
    "YP-01", "No, or not confirmed", "Not yet", "Just now", "No set time", "Did not come back",
    "None of these", "Save the report",
)  # fmt: skip
"""After "Report missing", as somebody would tap who is in a hurry."""


async def _report(url: str) -> int:
    """Logs a report on the phone; how many taps it took."""
    taps = 1
    async with Stage(url, wait=20) as stage:
        morgan = Person(stage, MORGAN, "Morgan Example", None)
        stage.people[morgan.id] = morgan
        await morgan.sends("/missing")
        for label in TAPS:
            await morgan.taps(label)
            taps += 1
        await morgan.has_on_screen("Level")
    return taps


def _ready(process: subprocess.Popen[str]) -> str:
    for line in process.stdout or ():
        print(f"  {line.rstrip()}")
        if found := READY.search(line):
            return found[1]
    sys.exit("the sandbox did not start")


def main() -> None:
    """Prints what was done and how long it took."""
    with tempfile.TemporaryDirectory(prefix="nightlight-clone-") as room:
        copy = Path(room) / "nightlight"
        begun = time.monotonic()
        subprocess.run(["git", "clone", "--quiet", ROOT, copy], check=True)
        cloned = time.monotonic()
        process = subprocess.Popen(
            ["make", "sandbox", "SANDBOX=--port 0"],
            cwd=copy,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            url = _ready(process)
            ready = time.monotonic()
            taps = asyncio.run(_report(url))
            logged = time.monotonic()
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)
    print(f"git clone            {cloned - begun:6.1f} s")
    print(f"make sandbox, ready  {ready - cloned:6.1f} s")
    print(f"a report, {taps} taps     {logged - ready:6.1f} s")
    print(f"2 commands           {logged - begun:6.1f} s in all")


if __name__ == "__main__":
    main()
