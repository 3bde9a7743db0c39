"""The time until the next reminder, when the leader of a service ends: two real bots, a real
PostgreSQL, and the stand-in for Telegram.

    python -m tests.storage.takeover [--kinds killed_process=50 killed_primary=10 ...]

prints the figures of docs/SEVERAL-MACHINES.md. A case falls due four times a second. Measured is
the time from the end of the leader (or of the primary) until a reminder that fell due after that is
in somebody's chat. Every case that fell due has to be heard of, and none twice without a word.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import secrets
import signal
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from string import ascii_uppercase

import httpx
import msgspec
import psycopg

from bench.reminders import report, summarise
from sandbox import serve
from sandbox.server import own_requests
from storage.lease import Lease
from storage.postgres import PostgresStore, new_mark
from storage.store import Change
from tests.storage.failover import prepared
from tests.storage.takeover_bot import Bot, local_ports
from tests.storage.takeover_chats import PATIENCE_SECONDS, Chats
from tests.support.machines import Machine, machines
from tests.support.postgres import Server

HOMES = 40
"""Each with a duty manager of its own: one chat takes one message a second."""
STEP_SECONDS = 0.25
SECONDS_EACH = {
    "killed_process": 12.0,
    "stopped_process": 25.0,
    "killed_primary": 30.0,
    "vanished_machine": 30.0,
}
"""About so long one end takes, with what is put right after it."""
AT_ONCE_SECONDS = 270.0
"""One service is used for so long at most: after five minutes reminders are repeated."""
BEGIN_SECONDS = 8.0
CONFIG = """
[[authorities]]
name = "Camden"
emergency_duty_team = {{ label = "Out of hours", phone = "07700 900112" }}
[[staff]]
id = "robin"
name = "Robin Model"
telegram_id = 7003
role = "manager"
phone = "07700 900203"
[[staff]]
id = "quinn"
name = "Quinn Specimen"
telegram_id = 7004
role = "administrator"
phone = "07700 900204"
[telegram]
token = "{token}"
api = "{api}"
[book]
database = "{database}"
service = "{service}"
unencrypted = "yes, plain files"
[health]
port = 0
"""


class Figures(msgspec.Struct):
    """What one kind of end showed. `seconds`: until the next reminder, for each end."""

    kind: str
    seconds: list[float] = msgspec.field(default_factory=list)
    due: int = 0
    unheard: int = 0
    twice: int = 0

    def line(self) -> str:
        """For people."""
        ordered = sorted(self.seconds)
        p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
        return (
            f"{self.kind.replace('_', ' ')}: {len(ordered)} times, next reminder after p50 "
            f"{statistics.median(ordered):.2f} s, p99 {p99:.2f} s, most {ordered[-1]:.2f} s; "
            f"{self.due} duties, {self.unheard} unheard, {self.twice} twice without a word"
        )


class Takeovers:
    """Two bots of one service, whose leader ends again and again."""

    def __init__(
        self, servers: list[Server], both: Sequence[Machine], kind: str, times: int, folder: Path
    ) -> None:
        self.servers, self.kind, self.times = servers, kind, times
        self.figures = Figures(kind)
        self._folder, self._free = folder, list(both)
        self._service = f"oak-{secrets.token_hex(4)}"
        self._stack = ExitStack()
        self._last = 0.0
        """After this moment (seconds since 1970) no other end is begun: the cases would run out."""
        self._cases: list[tuple[str, float]] = []
        self._bots: list[Bot] = []

    def run(self) -> Figures:
        """All of it."""
        with self._stack:
            self._begin()
            while len(self.figures.seconds) < self.times and time.time() < self._last:
                self._end_one()
            self._compare(time.time())
        return self.figures

    def _begin(self) -> None:
        server = self._stack.enter_context(serve.Server())
        self._port = server.url.rsplit(":", 1)[1]
        client = httpx.Client(base_url=server.url, timeout=60, trust_env=False)
        with client:
            client.post("/settings", json={"flood": False}).raise_for_status()
            client.post("/human/bots", json={"token": self._token}).raise_for_status()
            for user in (7003, 7004, *range(7100, 7100 + HOMES)):
                person = {"id": user, "first_name": "Example", "started": True}
                client.post("/human/users", json=person).raise_for_status()
        self._chats = Chats(server.url)
        self._stack.callback(self._chats.end)
        asyncio.run(self._fill())
        self._stack.callback(self._end_bots)
        self._bots += [self._bot(), self._bot()]
        first = self._cases[0][1]
        self._chats.next_after(first - 1, self._cases)
        time.sleep(max(0.0, first + 3 - time.time()))

    @property
    def _token(self) -> str:
        return f"{int(self._service[-8:], 16) + 1_000_000}:token-of-a-takeover"

    async def _fill(self) -> None:
        """Cases that fall due one after the other from soon on."""
        address = self._address("127.0.0.1")
        lease = Lease(address, self._service, new_mark(None, self._service))
        await lease.take()
        store = PostgresStore(
            address,
            self._service,
            keys=None,
            summarise=summarise,
            now=lambda: datetime.now(UTC),
            lease=lease,
        )
        await store.open()
        count = int((BEGIN_SECONDS + (self.times + 1) * SECONDS_EACH[self.kind]) / STEP_SECONDS)
        first = time.time() + BEGIN_SECONDS + count * 0.004
        for n in range(count):
            ref, due = f"OH-{n + 1000}", first + n * STEP_SECONDS
            facts = report(datetime.fromtimestamp(due, UTC))
            await store.create(ref, f"h{n % HOMES}", f"YP-{n}", Change(facts=facts))
            self._cases.append((ref, due))
        self._last = self._cases[-1][1] - SECONDS_EACH[self.kind]
        await store.close()

    def _address(self, host: str) -> str:
        hosts = ",".join(host for _ in self.servers)
        ports = ",".join(str(server.port) for server in self.servers)
        return f"host={hosts} port={ports} user=nightlight dbname=postgres"

    def _bot(self) -> Bot:
        machine = self._free.pop() if self._free else None
        host = machine.here if machine else "127.0.0.1"
        homes = ", ".join(
            f'{{ id = "h{n}", name = "House {n}", prefix = "{prefix}", authority = "Camden" }}'
            for n, prefix in zip(range(HOMES), _prefixes(), strict=False)
        )
        staff = "".join(
            f'[[staff]]\nid = "m{n}"\nname = "Person {n}"\ntelegram_id = {7100 + n}\n'
            f'role = "duty_manager"\nhomes = ["h{n}"]\nphone = "07700 900201"\n'
            for n in range(HOMES)
        )
        config = self._folder / f"{secrets.token_hex(4)}.toml"
        text = CONFIG.format(
            token=self._token,
            api=f"http://{host}:{self._port}",
            database=self._address(host),
            service=self._service,
        )
        config.write_text(f"homes = [{homes}]\n{staff}{text}", encoding="utf-8")
        return Bot(config, self._folder / "bots.log", machine)

    def _end_bots(self) -> None:
        while self._bots:
            self._bots.pop().kill()

    # One end after the other ------------------------------------------------------------------

    def _end_one(self) -> None:
        for bot in list(self._bots):
            if bot.ended:  # it was followed; as systemd does, it is begun again
                self._replace(bot)
        self._both_are_ready()
        time.sleep(random.uniform(0.5, 1.5))
        leader = self._leader()
        died = time.time()
        getattr(self, f"_{self.kind}")(leader, died)

    def _asked(self, statement: str) -> list[tuple[str, int]]:
        with psycopg.connect(
            self._address("127.0.0.1"), target_session_attrs="read-write"
        ) as connection:
            found = connection.execute(statement.encode(), (self._service,)).fetchall()
        return [(str(first), int(second)) for first, second in found]

    def _both_are_ready(self) -> None:
        """One leads, the other stands by."""
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            names = self._asked(
                "SELECT application_name, 1 FROM pg_stat_activity WHERE application_name "
                "~ ('^nightlight ' || %s || ' [0-9a-f]{8}$')"
            )
            if len(names) == len(self._bots):
                return
            time.sleep(0.1)
        raise AssertionError(f"not both are ready: {names}")

    def _leader(self) -> Bot:
        """The one that polls: it has the session that holds the lock."""
        found = self._asked(
            "SELECT a.client_addr::text, a.client_port FROM pg_stat_activity AS a "
            "JOIN nightlight.service AS s ON a.application_name = s.holder WHERE s.name = %s"
        )
        ports = {port for _, port in found}
        for bot in self._bots:
            if bot.machine is not None:
                if any(host.startswith(bot.machine.network.split("/")[0]) for host, _ in found):
                    return bot
            elif ports & local_ports(bot.pid):
                return bot
        raise AssertionError("nobody leads")

    def _heard(self, died: float) -> None:
        self.figures.seconds.append(self._chats.next_after(died, self._cases) - died)

    def _killed_process(self, leader: Bot, died: float) -> None:
        leader.kill()
        self._heard(died)
        self._replace(leader)

    def _stopped_process(self, leader: Bot, died: float) -> None:
        """It sleeps for longer than its lease, and wakes as if nothing had been."""
        leader.signal(signal.SIGSTOP)
        self._heard(died)
        leader.signal(signal.SIGCONT)
        time.sleep(2)  # time to speak, if it could
        leader.kill()
        self._replace(leader)

    def _vanished_machine(self, leader: Bot, died: float) -> None:
        """Its cable is pulled out: nobody is told. When it is plugged in, it has been followed."""
        assert leader.machine is not None
        leader.machine.pull_out()
        self._heard(died)
        leader.machine.plug_in()
        time.sleep(2)  # time to speak, if it could
        leader.kill()
        self._replace(leader)

    def _killed_primary(self, leader: Bot, died: float) -> None:
        """Power cut of the primary; its synchronous standby is promoted, and gets a new one."""
        primary, standby = self.servers
        primary.kill()
        standby.promote()
        self._heard(died)
        primary.replace(standby, primary.port)
        standby.wait_for(primary.name)
        self.servers.reverse()

    def _replace(self, bot: Bot) -> None:
        bot.kill()
        self._bots.remove(bot)
        if bot.machine is not None:
            self._free.append(bot.machine)
        self._bots.append(self._bot())

    def _compare(self, now: float) -> None:
        """What fell due until now has been heard of, and once."""
        fell_due = [ref for ref, due in self._cases if due < now]
        until = time.time() + PATIENCE_SECONDS
        heard = self._chats.heard
        while time.time() < until and any(ref not in heard for ref in fell_due):
            time.sleep(0.2)
        self.figures.due = len(fell_due)
        self.figures.unheard = sum(ref not in heard for ref in fell_due)
        for ref in fell_due:
            said = [text for _, text in heard.get(ref, ())]
            self.figures.twice += len(said) - len(set(said))


def _prefixes() -> Iterator[str]:
    """Of the homes: AA, AB …"""
    return ("".join(two) for two in product(ascii_uppercase, repeat=2))


@contextlib.contextmanager
def reached_by(both: Sequence[Machine]) -> Iterator[None]:
    """The stand-in for Telegram answers these machines, too."""
    if not both:
        yield
        return
    before = serve.HOST, own_requests.NAMES
    serve.HOST = "0.0.0.0"
    own_requests.NAMES = before[1] | {"0.0.0.0", *(one.here for one in both)}
    try:
        yield
    finally:
        serve.HOST, own_requests.NAMES = before


def measured(kind: str, times: int, folder: Path) -> Figures:
    """So many ends of one kind, with two bots and all that they need."""
    found = Figures(kind)
    most = int(AT_ONCE_SECONDS / SECONDS_EACH[kind])
    with ExitStack() as stack:
        both = stack.enter_context(machines(2)) if kind == "vanished_machine" else []
        stack.enter_context(reached_by(both))
        servers = prepared(2 if kind == "killed_primary" else 1, both)
        for server in servers:
            stack.callback(server.gone)
        while len(found.seconds) < times:
            now = min(most, times - len(found.seconds))
            one = Takeovers(servers, both, kind, now, folder).run()
            found.seconds += one.seconds
            found.due += one.due
            found.unheard += one.unheard
            found.twice += one.twice
    return found


def main(kinds: dict[str, int], folder: Path) -> int:
    """kinds: how often each.  folder: for configurations and logs."""
    wrong = 0
    for kind, times in kinds.items():
        found = measured(kind, times, folder)
        print(found.line(), flush=True)
        wrong += found.unheard + found.twice
    return 1 if wrong else 0


def _kind(text: str) -> tuple[str, int]:
    kind, _, times = text.partition("=")
    if kind not in SECONDS_EACH:
        raise argparse.ArgumentTypeError(f"one of {', '.join(SECONDS_EACH)}, as KIND=TIMES")
    return kind, int(times or 1)


if __name__ == "__main__":
    import tempfile

    ask = argparse.ArgumentParser(prog="python -m tests.storage.takeover")
    usual = {"killed_process": 50, "stopped_process": 5, "killed_primary": 10}
    ask.add_argument("--kinds", nargs="+", type=_kind, default=list(usual.items()))
    ask.add_argument("--keep", type=Path, help="a folder for configurations and logs")
    given = ask.parse_args()
    with tempfile.TemporaryDirectory() as made:
        sys.exit(main(dict(given.kinds), given.keep or Path(made)))
