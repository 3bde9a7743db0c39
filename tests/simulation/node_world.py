"""Two nodes that lead one service in turn, on a database with a standby, in the same world of
people, homes and Telegram as one process has."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import msgspec

import bot.bootstrap
import bot.unsaved
import storage.lease
import storage.postgres
import storage.postgres_commits
import storage.postgres_session
from bot.config import Book, Health
from reminders.sending import SENDING
from storage.envelope import Sealer
from storage.model import Episode, Message
from storage.postgres import new_mark
from storage.shapes import SHAPES, Register
from tests.simulation import loop, node_breaks, sometimes
from tests.simulation.checker import Checker
from tests.simulation.database import Database, Entry, OfRecord, OfService
from tests.simulation.node import HeardStore, Node, NodeBot, NodeFile, NodeFiles, NodeProcess
from tests.simulation.node_moments import AIMS, Moments
from tests.simulation.telegram import Shown
from tests.simulation.world import Result, SimWorld, in_this_world

SERVICE = "oak"
LOOK_SECONDS = 5.0
RESTARTS_SECONDS = 2.5, 6.0
"""After so long a process that ended is back: `RestartSec` of docs/nightlight.service, and its
start. A standby looks sooner, so that one that cannot reach Telegram does not follow itself."""
STANDBY_LOOKS_SECONDS = 2.0
"""In the place of 0.25 s: most of a quiet day would be a standby's looking."""
LEADS_AGAIN_SECONDS = 60.0
"""So soon, where a node and the database are there, somebody leads: the lease (10 s), attempts that
were begun before (5 s each), systemd's pause, and the reading of the records."""
SILENT_SECONDS = 240.0
"""A leader that cannot reach Telegram gives up after 180 s without an answer."""
FORESEEN = ("not the leader any more", "telegram was silent for too long")
"""Critical, and what has to happen."""
HAPPENS = (
    "a machine lost its power",
    "a process was stopped",
    "a node was cut off from the database",
    "a node was cut off from Telegram",
    "all sessions were cut",
    "the primary failed",
    "the primary was stopped",
    "the standby was stopped",
    "the database was away",
    "a commit was looked up",
    "a commit was taken back",
    "what was said is kept beside",
    "what was said is handed on",
    *AIMS,
)
"""Moments that a long run has to meet."""
DAY, HOUR = 86400.0, 3600.0


class LoopTime:
    """In the place of `time`: the loop's."""

    @staticmethod
    def monotonic() -> float:
        return asyncio.get_running_loop().time()


class NodesChecker(Checker):
    """Also: what leading promises. What two may say at once is forgiven where it is documented."""

    world: NodesWorld
    early = 1.0

    def _copy(self, ref: str, message: Message, shown: Shown) -> None:
        key = (ref, message.id)
        if self.world.two_may_speak:
            self.excuses[key] = self.excuses.get(key, 0) + 1
            self.unwritten.add(key)
        super()._copy(ref, message, shown)

    def broken(self, name: str, what: str) -> None:
        # Two that remind have two limiters.
        if name != "429 provoked" or not self.world.two_may_speak:
            super().broken(name, what)

    def _still_true(self, ref: str, message: Message, begun: float) -> None:
        if not self.world.two_may_speak:
            super()._still_true(ref, message, begun)

    def is_on_record(self, process: NodeProcess, ref: str, message: Message) -> None:
        """It is about to be sent: that it may have arrived is saved before, so that whoever leads
        next says so. What the database refused is in memory, and goes on from there."""
        engine = process.engine
        if engine is None or engine.write_behind.unsaved or self.world.two_may_speak:
            return
        episode = self.episodes.get(ref)
        saved = (episode.messages if episode else ()) if ref else self.office.messages
        stands = next((one for one in saved if one.id == message.id), None)
        if stands is None or stands.error != SENDING:
            self.broken("sent before it was on record", f"{ref} {message.kind} {message.id}")

    def taken_back(self, kind: str, name: str, record: Any, update_ids: set[int]) -> None:
        """What somebody was told is not saved, and had arrived all the same."""
        self.world.hit("a commit was taken back")
        for number in update_ids:
            self.counted.pop(number, None)
        if kind == "episode":
            if record is None:
                self.forget(name)
            else:
                self.episodes[name] = record
                if record.closed_at is None:
                    self.closed_at.pop(name, None)
                self._look(record)

    def forget(self, ref: str) -> None:
        for key in [key for key in self.watches if key[0] == ref]:
            self._drop(key)


class NodesWorld(SimWorld):
    """One run: `main` is run in a `PausingLoop`."""

    service = SERVICE
    looks_for_commands = 2.0

    def __init__(
        self,
        seed: int,
        hours: int,
        *,
        keep_trace: bool = False,
        rate: float = 1.0,
        profile: str = "nodes",
    ) -> None:
        self.nodes: list[Node] = []
        super().__init__(seed, 1, keep_trace=keep_trace, rate=rate, profile=profile)
        self.days = hours / 24.0  # type: ignore[assignment]
        config = msgspec.structs.replace(
            self.made.config,
            book=Book(unencrypted="yes, plain files", database="simulated", service=SERVICE),
            health=Health(),
        )
        self.made = msgspec.structs.replace(self.made, config=config)
        self.chance = Random(f"nodes {seed}")
        self.checker: NodesChecker = NodesChecker(self)
        self.database = Database(self, Random(self.chance.random()))
        self.nodes = [Node(self, name, Random(self.chance.random())) for name in ("a", "b")]
        self.moments = Moments(self, Random(self.chance.random()))
        self.term = 0
        self.term_since = 0.0
        self.term_of: dict[int, str] = {}
        self.database_disturbed_at = -1e9
        self.acked: dict[str, int] = {}
        self.versions: dict[tuple[str, str], int] = {}
        self.seen_in: dict[tuple[str, str], set[int]] = {}
        """Updates in the last commit of a record."""
        self.polling: NodeProcess | None = None
        self.works_since: float | None = None
        self.idle_since = 0.0
        self.deaf_at = -1e9
        """When a leader last could not reach Telegram."""
        self._two_until = -1e9
        self._prepare()

    def _prepare(self) -> None:
        """The tables, the service and its register."""
        register = Register(version=1, people={one.ref: one for one in self.made.people})
        content = Sealer(None).seal("register", "register", 1, msgspec.json.encode(register))
        rows: dict[Any, Any] = {
            ("service", SERVICE): OfService(new_mark(None, SERVICE)),
            ("record", SERVICE, "register", "register"): OfRecord(
                1, content, None, None, None, self.start
            ),
        }
        self.database.primary.tables |= rows
        assert self.database.standby is not None
        self.database.standby.tables |= rows

    # Which process the rest of the world sees -------------------------------------------------

    @property
    def process(self) -> NodeProcess | None:  # type: ignore[override]
        """The one that leads; of two that believe so, the later one."""
        found = [n.process for n in self.nodes if n.process is not None and n.process.leads]
        return max(found, key=lambda p: p.lease.term if p.lease else 0, default=None)

    @process.setter
    def process(self, _: Any) -> None:
        return

    def course(self) -> list[tuple[Callable[[], None], float]]:
        return [
            *super().course(),
            (self._machine_loses_power, 1.0 * DAY),
            (self._process_is_stopped, 6 * HOUR),
            (self._line_to_database, 6 * HOUR),
            (self._line_to_telegram, 1.0 * DAY),
            (self._sessions_are_cut, 6 * HOUR),
            (self._primary_fails, 6 * HOUR),
            (self._primary_stops, 10 * HOUR),
            (self._standby_stops, 8 * HOUR),
            (self._hand_over, 10 * HOUR),
            (self.moments.take_aim, 4 * HOUR),
        ]

    async def main(self) -> Result:
        result = await super().main()
        for node in self.nodes:
            if node.process is not None and node.process.life.alive:
                loop.kill(node.process.life)
        return result

    # What the records say ----------------------------------------------------------------------

    def saved(self, entry: Entry) -> None:
        """A commit that cannot be lost any more."""
        assert entry.told is not None
        process, term, rows, saying, puts = entry.told
        if term != self.term:
            self.checker.broken(
                "a deposed leader wrote", f"{process.node.name} in term {term}, now {self.term}"
            )
        self.counts["commits"] = self.counts.get("commits", 0) + 1
        first = rows[0]
        self.versions[first.kind, first.name] = first.new
        if first.new < first.old:
            record = None
            if first.content is not None:
                data = Sealer(None).unseal(first.kind, first.name, first.content).data
                record = msgspec.json.decode(data, type=SHAPES[first.kind])
            now_seen = self.seen_in.pop((first.kind, first.name), set())
            self.checker.taken_back(first.kind, first.name, record, now_seen)
            return
        kind, ref, what = saying
        done = puts[0].record
        if kind in ("draft", "drop"):
            done = done.draft
        update_id = getattr(what, "update_id", what if isinstance(what, int) else None)
        self.seen_in[first.kind, first.name] = {update_id} if update_id is not None else set()
        self.saw_write(kind, ref, what, done)

    def acknowledged(self, process: NodeProcess, episode: Episode) -> None:
        """The program holds it to be saved, and says so to somebody next."""
        there = self.versions.get(("episode", episode.ref), 0)
        if there < episode.version:
            what = f"{episode.ref}: {episode.version} confirmed, {there} saved"
            self.checker.broken("confirmed and not saved on both servers", what)
        truth = self.checker.episodes[episode.ref]
        if truth.facts[: len(episode.facts)] != episode.facts:
            self.checker.broken("confirmed and other facts saved", episode.ref)
        self.acked[episode.ref] = max(self.acked.get(episode.ref, 0), episode.version)

    def not_saved(self, said: Mapping[tuple[str, str], int]) -> None:
        """The leader saves again: what it said was not saved has been taken back by now."""
        for (kind, name), version in said.items():
            row = self.database.primary.tables.get(("record", SERVICE, kind, name))
            if (row.version if row is not None else 0) != version:
                self.checker.broken("not saved was said, and it stands", f"{kind} {name}")

    def a_term(self, row: Any) -> None:
        """A leader began, renewed or ended its term."""
        if row.term > self.term:
            if row.term != self.term + 1:
                self.checker.broken("a term was left out", f"{self.term}, then {row.term}")
            self.term, self.term_since = row.term, self._now()
            self.note("term", row.holder.rpartition(" ")[2], str(row.term))
        elif row.term < self.term:
            self.checker.broken("an earlier term came again", f"{row.term} after {self.term}")
        holder = self.term_of.setdefault(row.term, row.holder)
        if row.holder not in ("", holder):
            self.checker.broken("two leaders in one term", f"{row.term}: {holder}, {row.holder}")

    def logged(self, level: str, event: str, fields: dict[str, Any]) -> None:
        if event not in FORESEEN:
            super().logged(level, event, fields)

    # Who leads -----------------------------------------------------------------------------------

    def began_to_lead(self, process: NodeProcess) -> None:
        assert process.lease is not None
        self.note("leads", process.node.name, str(process.lease.term))
        self.checker.process_ended()
        self._reckon()

    @property
    def two_may_speak(self) -> bool:
        """A leader that cannot ask the database goes on reminding, and has been followed; or has
        been so until a moment ago, or has written nothing of what it said."""
        self._look_for_two()
        return self._now() < self._two_until

    def _look_for_two(self) -> None:
        for node in self.nodes:
            process = node.process
            old = process is not None and process.leads and process.lease.term < self.term  # type: ignore[union-attr]
            if old and not process.life.paused:  # type: ignore[union-attr]
                self._two_until = self._now() + 15.0

    def _working(self) -> bool:
        """Is there a leader to whom nothing is in the way?"""
        process = self.process
        return process is not None and process.node.fit and self.database.up

    def _reckon(self) -> None:
        """After whatever happened: what can be expected from now on?"""
        self._look_for_two()
        now, works = self._now(), self._working()
        if works:
            self.over("process")
            self.works_since = self.works_since if self.works_since is not None else now
        elif "process" not in self._troubles:
            self.trouble("process")
        if not works:
            self.idle_since = now if self.works_since is not None else self.idle_since
            self.works_since = None
        process = self.process
        away = process is not None and (bool(process.node.cut) or not self.database.up)
        if away and not self.disk.full:
            self.disk.full, self.full_until = True, float("inf")
        elif self.disk.full and not away:
            self.disk.full, self.full_until = False, now
        for node in self.nodes:
            if not (node.fit and self.database.up):
                node.fit_since = float("inf")
            elif node.fit_since == float("inf"):
                node.fit_since = now

    def _watch(self) -> None:
        """Every so often: where somebody could lead, somebody does."""
        self._reckon()
        now = self._now()
        if not self._working():
            process = self.process
            bound = LEADS_AGAIN_SECONDS
            since = max(min(node.fit_since for node in self.nodes), self.idle_since)
            if process is not None and process.node.no_telegram:
                bound, self.deaf_at = SILENT_SECONDS, now
            else:
                since = max(since, self.deaf_at)
            if now - since > bound:
                self.checker.broken("nobody leads", f"for {now - since:.0f} s")
        self.later(LOOK_SECONDS, self._watch)

    # Processes -----------------------------------------------------------------------------------

    def _starts(self) -> None:
        for node in self.nodes:
            self._start(node)
        self._watch()

    def _start(self, node: Node) -> None:
        if node.off or (node.process is not None and node.process.life.alive):
            return
        self.note("starts", node.name)
        node.process = NodeProcess(self, node)
        self._reckon()

    def node_dies(self, process: NodeProcess, where: str) -> None:
        """It reached the point at which it was to die."""
        self.note("dies", process.node.name, where)
        self.hit(sometimes.death(where))
        asyncio.get_running_loop().call_soon(
            self._bury, process, self._pause_of_systemd(), context=self.context
        )
        self._reckon()

    def node_ended(self, process: NodeProcess, status: str) -> None:
        """It ended by itself, and is started again."""
        self.note("ends", process.node.name, status)
        self.counts[f"status {status[:20]}"] = self.counts.get(f"status {status[:20]}", 0) + 1
        self._bury(process, self.chance.uniform(*RESTARTS_SECONDS))

    def _bury(self, process: NodeProcess, seconds: float) -> None:
        loop.kill(process.life)
        node = process.node
        for server in {self.database.primary}:
            for backend in list(server.backends):
                if backend.session.process is process:
                    self.database.leave(backend.session)
        if self.polling is process:
            self.polling, self.telegram.waiter = None, None
        self.checker.process_ended()
        self.later(seconds, self._start, node)
        self._reckon()

    def _pause_of_systemd(self) -> float:
        return self.chance.uniform(*RESTARTS_SECONDS) if self.chance.random() < 0.8 else 120.0

    def _a_leader(self, often: float = 0.8) -> Node:
        """Mostly the node that leads."""
        process = self.process
        if process is not None and self.chance.random() < often:
            return process.node
        return self.chance.choice(self.nodes)

    def _crashes(self) -> None:
        process = self._a_leader().process
        if process is None or not process.alive or process.life.paused:
            return
        if self.chance.random() < 0.3:
            self.note("dies", process.node.name, "in its sleep")
            process.life.alive = False
            self._bury(process, self._pause_of_systemd())
        elif process.dies_in is None:
            process.dies_in = 1 + min(100, int(self.chance.expovariate(1 / 10)))
            if self.chance.random() < 0.7:
                process.dies_at = self.chance.choice(
                    ("remind", "answer", "commit", "create", "draft", "office", "poll", "database")
                )
                process.dies_in = self.chance.randrange(1, 6)

    def _machine_loses_power(self) -> None:
        node = self._a_leader()
        process = node.process
        if node.off or process is None or not process.life.alive:
            return
        self.note("power", node.name, "off")
        self.hit("a machine lost its power")
        node.off = True
        process.life.alive = False
        self._bury(process, 1e9)
        self.later(self.chance.uniform(5.0, 3600.0), self._power, node)

    def _power(self, node: Node) -> None:
        node.off = False
        self._start(node)

    def _process_is_stopped(self) -> None:
        """SIGSTOP, or a machine that sleeps; mostly for longer than the lease."""
        node = self._a_leader()
        process = node.process
        if process is None or not process.life.alive or process.life.paused:
            return
        seconds = self.chance.choice((3.0, 8.0, 9.9, 11.0, 20.0, 60.0, 600.0))
        self.stop(process, seconds * self.chance.uniform(0.9, 1.1))

    def stop(self, process: NodeProcess, seconds: float) -> None:
        node = process.node
        self.note("stopped", node.name, f"{seconds:.1f}")
        self.hit("a process was stopped")
        process.life.paused = True
        process.stopped_at = asyncio.get_running_loop().time()
        self._reckon()

        def goes_on() -> None:
            if process.life.alive:
                self.note("goes on", node.name)
                running: Any = asyncio.get_running_loop()
                running.go_on(process.life)
                self._reckon()

        self.later(seconds, goes_on)

    def _hand_over(self) -> None:
        """systemctl restart, of the leader."""
        self._upgrade()

    def _upgrade(self) -> None:
        process = self.process
        if process is None or not process.alive or process.life.paused:
            return
        self.note("stops", process.node.name, "in order")
        process.ask_to_stop()

        def buried() -> None:
            if process.life.alive:
                process.life.alive = False
                self._bury(process, 1.0)

        self.later(60.0, buried)

    # Lines ----------------------------------------------------------------------------------------

    def _line_to_database(self) -> None:
        node = self._a_leader()
        if node.cut:
            return
        way = self.chance.choice(("both", "answers"))
        seconds = self.chance.choice((1.0, 4.0, 9.0, 20.0, 120.0, 1800.0))
        self.cut(node, way, seconds)

    def cut(self, node: Node, way: str, seconds: float) -> None:
        node.cut = way
        self.note("cut", node.name, f"{node.cut} {seconds:.0f}")
        self.hit("a node was cut off from the database")
        node.disturbed_at = self._now()
        self._reckon()

        def mended() -> None:
            self.note("mended", node.name)
            node.cut, node.disturbed_at = "", self._now()
            for backend in list(self.database.primary.backends):
                session = backend.session
                if session.node is node and session.closed:
                    self.database.leave(session)
            self._reckon()

        self.later(seconds * self.chance.uniform(0.7, 1.3), mended)

    def _line_to_telegram(self) -> None:
        node = self._a_leader()
        if node.no_telegram:
            return
        node.no_telegram = True
        self.note("no telegram", node.name)
        self.hit("a node was cut off from Telegram")
        if self.polling is node.process:
            self.telegram.wake()
        self._reckon()

        def mended() -> None:
            node.no_telegram = False
            self._reckon()

        self.later(self.chance.choice((5.0, 60.0, 600.0, 3600.0)), mended)

    def _sessions_are_cut(self) -> None:
        """By whoever administers the database, or by what lies between."""
        self.note("sessions", "", "cut")
        self.hit("all sessions were cut")
        for backend in list(self.database.primary.backends):
            self.database.end(backend)

    # Servers --------------------------------------------------------------------------------------

    def _primary_fails(self) -> None:
        self.fail_primary(1.0, 25.0)

    def fail_primary(self, soonest: float, latest: float) -> None:
        """It is killed, or vanishes; the standby is promoted within these seconds."""
        database = self.database
        if database.standby is None or not database.primary.alive:
            return
        if not database.primary.thawed.is_set():
            return
        vanished = self.chance.random() < 0.5
        self.note("primary", database.primary.name, "vanishes" if vanished else "is killed")
        self.hit("the primary failed")
        self.database_disturbed_at = self._now()
        database.kill_primary(vanished=vanished)
        self._reckon()
        self.later(self.chance.uniform(soonest, latest), self._promoted)

    def _promoted(self) -> None:
        self.note("promoted", self.database.standby.name if self.database.standby else "")
        self.database_disturbed_at = self._now()
        self.database.promote()
        tables = self.database.primary.tables
        for ref, version in self.acked.items():
            row = tables.get(("record", SERVICE, "episode", ref))
            if row is None or row.version < version:
                self.checker.broken("an acknowledged fact was lost", f"{ref} at {version}")
        self._reckon()
        self.later(self.chance.uniform(10.0, 600.0), self.database.add_standby)

    def _primary_stops(self) -> None:
        """It answers nothing for a while, and goes on as if nothing had been."""
        database = self.database
        server = database.primary
        if not server.alive or not server.thawed.is_set():
            return
        self.note("primary", server.name, "stops")
        self.hit("the primary was stopped")
        database.stop_primary()
        self.database_disturbed_at = self._now()
        self._reckon()

        def goes_on() -> None:
            self.note("primary", server.name, "goes on")
            self.database_disturbed_at = self._now()
            database.thaw_primary()
            self._reckon()

        self.later(self.chance.choice((0.5, 3.0, 6.0, 12.0, 40.0)), goes_on)

    def _standby_stops(self) -> None:
        self.stop_standby(self.chance.choice((0.5, 4.0, 7.0, 15.0, 60.0)))

    def stop_standby(self, seconds: float) -> None:
        """No commit ends; after a while it is there again."""
        database = self.database
        if database.standby is None or database.standby_stopped:
            return
        standby = database.standby
        self.note("standby", standby.name, "stops")
        self.hit("the standby was stopped")
        database.stop_standby(True)
        self.database_disturbed_at = self._now()
        self._reckon()

        def goes_on() -> None:
            if database.standby is standby:
                database.stop_standby(False)
                self.database_disturbed_at = self._now()
                self._reckon()

        self.later(seconds, goes_on)

    def disk_full(self, seconds: float) -> None:
        """The database is away for so long, and comes back as it was."""
        database = self.database
        if not database.primary.alive or not database.primary.thawed.is_set():
            return
        self.note("database", "", "away")
        self.hit("the database was away")
        self.database_disturbed_at = self._now()
        database.kill_primary(vanished=False)
        self._reckon()

        def back() -> None:
            if not database.primary.alive:
                self.note("database", "", "back")
                database.restart_primary()
                self.database_disturbed_at = self._now()
                self._reckon()

        self.later(seconds, back)


@contextlib.contextmanager
def with_nodes(world: NodesWorld) -> Any:
    """The simulated database in the place of the driver."""

    async def connect(address: str, name: str) -> Any:
        owner: Any = loop.OWNER.get()
        return await owner.process.connect(address, name)

    def client(token: str, api: str, may_act: Any) -> NodeBot:
        del token, api, may_act
        owner: Any = loop.OWNER.get()
        return NodeBot(world.telegram, owner.process, proactive=False)

    replaced = [
        (storage.lease, "connect", connect),
        (storage.postgres_commits, "connect", connect),
        (storage.postgres, "PostgresStore", HeardStore),
        (storage.lease, "time", LoopTime),
        (storage.lease, "LOOK_SECONDS", STANDBY_LOOKS_SECONDS),
        (storage.lease, "secrets", world.secrets),
        (storage.postgres_session, "connect", connect),
        (bot.unsaved, "UnsavedFile", NodeFile),
        (bot.unsaved, "FormerLives", NodeFiles),
        (bot.bootstrap, "telegram_client", client),
    ]
    before = [(module, name, getattr(module, name)) for module, name, _ in replaced]
    for module, name, value in replaced:
        setattr(module, name, value)
    try:
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)


def simulate(
    seed: int,
    hours: int,
    *,
    breaking: str = "",
    keep_trace: bool = False,
    rate: float = 1.0,
    profile: str = "nodes",
) -> tuple[Result, list[str]]:
    """One run: the same arguments give the same result, step by step."""
    world = NodesWorld(seed, hours, keep_trace=keep_trace, rate=rate, profile=profile)
    with in_this_world(world), with_nodes(world), node_breaks.applied(breaking):
        result = loop.run(world.main(), loop.PausingLoop)
    return result, world.whole_trace


def run_seed(given: tuple[int, int, str, float, str]) -> Result:
    """Seed, hours, fault, rate and profile: for a pool of processes."""
    seed, hours, breaking, rate, profile = given
    return simulate(seed, hours, breaking=breaking, rate=rate, profile=profile)[0]
