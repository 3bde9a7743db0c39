"""What the sandbox server can carry: ``python -m bench.server [--users 50] [--seconds 5]``.

The server runs as a process of its own. Each person writes, waits for the bot's answer, and writes
again; one bot polls and answers. So one round is a message in, an update out, a reply in.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import aiohttp
from rich.console import Console
from rich.table import Table

from sandbox.serve import listening_socket

TOKEN = "110201:bench-example"


class Load:
    """The bot, the people, and the times they measured (s)."""

    def __init__(self, session: aiohttp.ClientSession, users: int) -> None:
        self.session = session
        self.users = users
        self.rounds: list[float] = []
        self.sends: list[float] = []
        self._answered = [asyncio.Event() for _ in range(users)]

    async def bot(self) -> None:
        """Poll, answer every message at the same time, confirm by the next poll."""
        offset = 0
        while True:
            poll = {"offset": offset, "timeout": 20}
            async with self.session.post(f"/bot{TOKEN}/getUpdates", json=poll) as answer:
                updates = (await answer.json())["result"]
            if updates:
                offset = updates[-1]["update_id"] + 1
                await asyncio.gather(*(self._reply(update["message"]) for update in updates))

    async def _reply(self, message: dict[str, Any]) -> None:
        reply = {"chat_id": message["chat"]["id"], "text": f"<b>noted</b> {message['text']}"}
        reply |= {"parse_mode": "HTML"}
        begin = time.perf_counter()
        async with self.session.post(f"/bot{TOKEN}/sendMessage", json=reply) as answer:
            assert (await answer.json())["ok"]
        self.sends.append(time.perf_counter() - begin)
        self._answered[message["chat"]["id"] - 7000].set()

    async def person(self, number: int, until: float) -> None:
        """Write and wait for the answer until the time is up."""
        while time.perf_counter() < until:
            self._answered[number].clear()
            begin = time.perf_counter()
            said = {"user": 7000 + number, "text": "hello"}
            async with self.session.post("/human/send", json=said) as answer:
                assert answer.status == 200, await answer.text()
            await self._answered[number].wait()
            self.rounds.append(time.perf_counter() - begin)


def memory(pid: int) -> float:
    """Resident memory of a process in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def cpu(pid: int) -> float:
    """Seconds of processor time a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure(url: str, pid: int, users: int, seconds: float) -> Table:
    """Run the load and tabulate it."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(url, connector=connector) as session:
        load = Load(session, users)
        for number in range(users):
            person = {"first_name": f"User {number}", "id": 7000 + number, "started": True}
            async with session.post("/human/users", json=person) as answer:
                assert answer.status == 200
        bot = asyncio.create_task(load.bot())
        rest, busy, begin = memory(pid), cpu(pid), time.perf_counter()
        await asyncio.gather(*(load.person(n, begin + seconds) for n in range(users)))
        took, busy = time.perf_counter() - begin, cpu(pid) - busy
        bot.cancel()
    rounds = len(load.rounds)
    table = Table(title=f"Sandbox server, {users} people, {seconds:.0f} s, {os.cpu_count()} cores")
    for column in ("what", "value"):
        table.add_column(column)
    for what, value in (
        ("updates a second (message in, update out, reply in)", f"{rounds / took:,.0f}"),
        ("Bot API and human requests a second, at least", f"{2 * rounds / took:,.0f}"),
        ("server's processor time a round", f"{1000 * busy / rounds:.2f} ms"),
        ("sendMessage under this load, p50 / p95", spread(load.sends)),
        ("message to answer under this load, p50 / p95", spread(load.rounds)),
        ("memory before", f"{rest:.0f} MB"),
        (f"memory after {2 * rounds:,} messages", f"{memory(pid):.0f} MB"),
    ):
        table.add_row(what, value)
    return table


def spread(times: list[float]) -> str:
    """Median and 95th percentile in milliseconds."""
    return f"{1000 * median(times):.1f} / {1000 * quantiles(times, n=20)[18]:.1f} ms"


def main() -> None:
    """Start the server, put the load on it, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=5)
    arguments = parser.parse_args()
    with listening_socket(0) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "sandbox.server", "--port", str(port), "--no-flood"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert server.stdout is not None
        server.stdout.readline()
        time.sleep(0.3)
        url = f"http://127.0.0.1:{port}"
        table = asyncio.run(measure(url, server.pid, arguments.users, arguments.seconds))
        Console().print(table)
    finally:
        server.terminate()
        server.wait(10)


if __name__ == "__main__":
    main()
