"""Leaders are killed, stopped and cut off, primaries are killed: what was confirmed stays.

    python -m tests.storage.failover [FAILOVERS] [SEED] [--kinds vanished_machine] [--lease 10]

prints the figures of docs/SEVERAL-MACHINES.md: facts confirmed and lost, terms, and the time from
the end of a leader until the next fact is confirmed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import secrets
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from queue import Empty, Queue
from typing import IO

import msgspec
import psycopg

from storage.postgres import PostgresStore
from storage.postgres_schema import migrate
from tests.storage.leader import REF
from tests.storage.people import NIGHT, summarise, texts
from tests.support.machines import Machine, machines
from tests.support.postgres import Server

LEASE_SECONDS = 2.0
PATIENCE_SECONDS = 40.0
ROOT = Path(__file__).parents[2]


class Node:
    """One process on one machine."""

    lease = LEASE_SECONDS

    def __init__(
        self,
        address: str,
        service: str,
        name: str,
        said: Queue[tuple[Node, list[str]]],
        log: IO[bytes],
        machine: Machine | None = None,
    ) -> None:
        self.name, self.machine = name, machine
        prefix = machine.prefix if machine else []
        self._process = subprocess.Popen(
            [
                *prefix, sys.executable, "-m", "tests.storage.leader", address, service, name,
                str(self.lease),
            ],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=ROOT,
        )  # fmt: skip
        self._said = said
        self.last = ""
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            words, self.last = line.split(), line
            # A line that a kill cut short said nothing.
            if line.endswith("\n") and words[0] in ("leads", "saved") and len(words) == 3:
                self._said.put((self, words))

    @property
    def ended(self) -> bool:
        """Its process is over."""
        return self._process.poll() is not None

    def signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self._process.wait()
        self._listening.join()
        assert self._process.stdout is not None
        self._process.stdout.close()


class Figures(msgspec.Struct):
    """What a run showed. `seconds`: by kind of end, until the next fact was confirmed."""

    failovers: int = 0
    confirmed: int = 0
    lost: int = 0
    twice: int = 0
    written_after_the_end: int = 0
    seconds: dict[str, list[float]] = msgspec.field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        yield (
            f"{self.failovers} failovers: {self.confirmed} facts confirmed, {self.lost} lost, "
            f"{self.twice} twice, {self.written_after_the_end} by a leader that was followed"
        )
        for kind, took in self.seconds.items():
            ordered = sorted(took)
            p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
            yield (
                f"{kind}: {len(took)} times, next fact after p50 "
                f"{statistics.median(took):.2f} s, p99 {p99:.2f} s, most {ordered[-1]:.2f} s"
            )


class Failovers:
    """Two nodes and a database, with one end after the other."""

    def __init__(
        self, servers: list[Server], chance: random.Random, machines: Sequence[Machine] = ()
    ) -> None:
        """machines: two, each for one node; without, both run on this one."""
        self.servers, self.chance = servers, chance
        self._free = list(machines)
        self.address = self._address_from("127.0.0.1")
        self.service = f"oak-{secrets.token_hex(4)}"
        self.said: Queue[tuple[Node, list[str]]] = Queue()
        self.figures = Figures()
        self.confirmed: list[str] = []
        self.terms: list[int] = []
        self._count = 0
        self._log = (servers[0].root / "nodes.log").open("ab")
        self.nodes = [self.node(), self.node()]

    def _address_from(self, host: str) -> str:
        """Of all servers, as a node reaches them by this host."""
        hosts = ",".join(host for _ in self.servers)
        ports = ",".join(str(server.port) for server in self.servers)
        return f"host={hosts} port={ports} user=nightlight dbname=postgres"

    def node(self) -> Node:
        self._count += 1
        machine = self._free.pop() if self._free else None
        address = self._address_from(machine.here) if machine else self.address
        name = f"n{self._count}"
        return Node(address, self.service, name, self.said, self._log, machine)

    def next_saved(self, *, besides: Node | None = None, after: float = 0.0) -> Node:
        """Waits for a confirmed fact of any node (but this one), later than a moment."""
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            try:
                node, words = self.said.get(timeout=0.5)
            except Empty:
                continue
            if self._took(words) and node is not besides and float(words[-1]) > after:
                return node
        states = []
        for node in self.nodes:
            states.append(f"{node.name}: {'ended' if node.ended else 'runs'}, last {node.last}")
            node.signal(signal.SIGUSR1)  # it says where it stands
        time.sleep(1)
        log = Path(self._log.name).read_text(errors="replace")[-12000:]
        raise AssertionError(f"nobody leads; {states}; the nodes said:\n{log}")

    def _took(self, words: list[str]) -> bool:
        if words[0] == "leads":
            self.terms.append(int(words[1]))
        if words[0] == "saved":
            self.confirmed.append(words[1])
        return words[0] == "saved"

    def run(self, count: int, kinds: list[str]) -> Figures:
        leader = self.next_saved()
        for _ in range(count):
            time.sleep(self.chance.uniform(0.0, 0.3))
            self._replace_those_that_ended()
            kind = self.chance.choice(kinds)
            began = time.monotonic()
            leader = getattr(self, f"_{kind}")(leader, began)
            self.figures.failovers += 1
            self.figures.seconds.setdefault(kind.replace("_", " "), []).append(
                time.monotonic() - began
            )
        self.end()
        while not self.said.empty():
            self._took(self.said.get()[1])
        self._compare()
        return self.figures

    def end(self) -> None:
        """Kills both nodes."""
        while self.nodes:
            self.nodes.pop().kill()
        self._log.close()

    def _killed_process(self, leader: Node, began: float) -> Node:
        leader.kill()
        self._replace(leader)
        return self.next_saved(besides=leader, after=began)

    def _stopped_process(self, leader: Node, began: float) -> Node:
        """Its machine sleeps for longer than its lease, and wakes as if nothing had been."""
        leader.signal(signal.SIGSTOP)
        new = self.next_saved(besides=leader, after=began)
        leader.signal(signal.SIGCONT)
        time.sleep(0.3)  # time to write, if it could
        leader.kill()
        self._replace(leader)
        return new

    def _vanished_machine(self, leader: Node, began: float) -> Node:
        """Its cable is pulled out: the database is not told that it is gone, nor is it. When it is
        plugged in again, it has been followed."""
        assert leader.machine is not None
        leader.machine.pull_out()
        new = self.next_saved(besides=leader, after=began)
        leader.machine.plug_in()
        time.sleep(0.3)  # time to write, if it could
        leader.kill()
        self._replace(leader)
        return new

    def _cut_connections(self, leader: Node, began: float) -> Node:
        """Every connection of the service is closed by the server, of leader and standby."""
        with psycopg.connect(self.address, autocommit=True, target_session_attrs="read-write") as c:
            c.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name LIKE %s",
                (f"nightlight {self.service} %",),
            )
        return self.next_saved(after=began)

    def _killed_primary(self, leader: Node, began: float) -> Node:
        """Power cut of the primary; its synchronous standby is promoted, and gets a new one."""
        primary, standby = self.servers
        primary.kill()
        standby.promote()
        node = self.next_saved(after=began)
        port = primary.port
        primary.replace(standby, port)
        standby.wait_for(primary.name)
        self.servers.reverse()
        return node

    def _replace_those_that_ended(self) -> None:
        """A leader that was followed ends; as systemd does, it is started again, as a standby."""
        for node in list(self.nodes):
            if node.ended:
                node.kill()
                self._replace(node)

    def _replace(self, node: Node) -> None:
        if node in self.nodes:
            self.nodes.remove(node)
            if node.machine is not None:
                self._free.append(node.machine)
            self.nodes.append(self.node())

    def _compare(self) -> None:
        async def facts() -> list[str]:
            reader = PostgresStore(
                self.address, self.service, keys=None, summarise=summarise, now=lambda: NIGHT
            )
            await reader.open()
            assert reader.problems == []
            return texts((await reader.episode(REF)).facts)

        there = asyncio.run(facts())
        self.figures.confirmed = len(self.confirmed)
        self.figures.lost = len(set(self.confirmed) - set(there))
        # A fact is named after its node, the term and a number: those of one term lie together.
        terms = [int(name.split("-")[1]) for name in there if name.startswith("n")]
        self.figures.written_after_the_end = sum(b < a for a, b in pairwise(terms))
        self.figures.twice = len(there) - len(set(there))
        assert self.terms == sorted(set(self.terms)), "two leaders in one term"


def prepared(servers: int = 1, machines: Sequence[Machine] = ()) -> list[Server]:
    """A primary with the tables, and a synchronous standby if there are to be two. machines: from
    which it is reached, besides this one."""
    primary = Server(machines=machines)

    async def prepare() -> None:
        connection = await psycopg.AsyncConnection.connect(primary.address, autocommit=True)
        async with connection:
            await migrate(connection)

    asyncio.run(prepare())
    if servers == 1:
        return [primary]
    standby = Server("standby", primary=primary)
    primary.wait_for("standby")
    return [primary, standby]


def main(count: int, seed: int, kinds: list[str], lease: float) -> int:
    """kinds: each as often as it stands there.  lease: seconds."""
    Node.lease = lease
    with ExitStack() as stack:
        both = stack.enter_context(machines(2)) if "vanished_machine" in kinds else []
        servers = prepared(2, both)
        try:
            run = Failovers(servers, random.Random(seed), both)
            try:
                figures = run.run(count, kinds)
            finally:
                run.end()
        finally:
            for server in servers:
                server.gone()
    print(*figures.lines(), sep="\n")
    return 1 if figures.lost or figures.twice or figures.written_after_the_end else 0


if __name__ == "__main__":
    usual = [*["killed_process"] * 6, *["cut_connections"] * 2, "stopped_process", "killed_primary"]
    ask = argparse.ArgumentParser(prog="python -m tests.storage.failover")
    ask.add_argument("failovers", type=int, nargs="?", default=50)
    ask.add_argument("seed", type=int, nargs="?", default=os.getpid())
    ask.add_argument("--kinds", nargs="+", choices={*usual, "vanished_machine"}, default=usual)
    ask.add_argument("--lease", type=float, default=LEASE_SECONDS, help="seconds")
    given = ask.parse_args()
    sys.exit(main(given.failovers, given.seed, given.kinds, given.lease))
