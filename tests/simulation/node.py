"""A machine that runs the bot on the simulated database: standing by, leading, followed."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from telegram.error import Conflict, NetworkError

from bot.app import App
from bot.bootstrap import CannotStart, bootstrap
from bot.database import leading
from bot.telegram_client import NotLeading
from storage import incoming
from storage.incoming import Reminded
from storage.keys import Keys
from storage.lease import Lease
from storage.model import Draft, Episode
from storage.postgres import PostgresStore
from storage.store import NotSaved
from tests.simulation import loop
from tests.simulation.database import CONNECT_SECONDS, PUTS, SAYING, SimSession
from tests.simulation.gateway import SimSecond
from tests.simulation.process import DriftingAlarm, Heard, Process
from tests.simulation.telegram import TIMEOUT_SECONDS, SimBot

if TYPE_CHECKING:
    from tests.simulation.node_world import NodesWorld

T = TypeVar("T")

ARRIVES_LATE_SECONDS = 2.0
"""For so long after a request that its process was stopped in, a chat may be written to too fast:
the process gave the request up when it woke, or another one leads that knows nothing of it."""


class NodeClock(loop.SimClock):
    """A machine's own clock: a little off."""

    def __init__(self, world: NodesWorld, off_by: timedelta) -> None:
        super().__init__(world.start)
        self.wrong_by = self._seen = off_by


class Node:
    """One machine, and the process that systemd keeps running on it."""

    def __init__(self, world: NodesWorld, name: str, rng: Random) -> None:
        self.world = world
        self.name = name
        self.cut = ""
        """From the database: "both" ways, or the "answers" only."""
        self.no_telegram = False
        self.off = False
        """The machine has no power."""
        self.files: dict[str, bytes] = {}
        """What its processes kept for whoever leads, by their lives."""
        self.clock = NodeClock(world, timedelta(seconds=rng.uniform(-0.5, 0.5)))
        self.process: NodeProcess | None = None
        self.disturbed_at = -1e9
        """When the line to the database was last cut or mended, or the process went on."""
        self.fit_since = 0.0
        """Since when it could lead."""

    @property
    def fit(self) -> bool:
        process = self.process
        return (
            process is not None
            and process.alive
            and not process.life.paused
            and not self.cut
            and not self.no_telegram
        )


class NodeFile:
    """In the place of `storage.unsaved_file.UnsavedFile`: on the node's own disk."""

    def __init__(self, folder: Path, service: str, life: str, keys: Keys | None) -> None:
        del folder, service
        self._process: NodeProcess = _owner()
        self._life = life
        self._keys = keys

    async def keep(self, unsaved: Sequence[Reminded]) -> None:
        await self._process.point("kept beside")
        files = self._process.node.files
        if unsaved:
            self._process.world.hit("what was said is kept beside")
            files[self._life] = incoming.sealed_reminded(self._keys, unsaved)
        else:
            files.pop(self._life, None)


class NodeFiles:
    """In the place of `storage.unsaved_file.FormerLives`, likewise."""

    def __init__(self, folder: Path, service: str) -> None:
        del folder, service
        self._process: NodeProcess = _owner()

    async def all(self) -> list[tuple[str, bytes]]:
        return sorted(self._process.node.files.items())

    async def forget(self, name: str) -> None:
        await self._process.point("handed on")
        self._process.world.hit("what was said is handed on")
        del self._process.node.files[name]


def _owner() -> NodeProcess:
    owner: Any = loop.OWNER.get()
    return owner.process  # type: ignore[no-any-return]


class NodeProcess(Process):
    """One life of the bot on a node, put together by the real `bootstrap` from its configuration:
    it waits for the lease, leads, and ends when it is followed."""

    world: NodesWorld

    def __init__(self, world: NodesWorld, node: Node) -> None:
        self.node = node
        self.lease: Lease | None = None
        self.stopped_at = -1e9
        super().__init__(world)
        self.life.process = self

    @property
    def leads(self) -> bool:
        """It began a term, and does not know of a later one."""
        return self.alive and self.lease is not None and not self.lease.lost.is_set()

    async def point(self, what: str) -> None:
        aimed = not self.dies_at or self.dies_at == what
        if self.dies_in is not None and self.life.alive and aimed:
            self.dies_in -= 1
            if self.dies_in <= 0:
                self.life.alive = False
                self.world.node_dies(self, what)
        if not self.life.alive:
            await asyncio.get_running_loop().create_future()
        self.world.steps += 1

    async def outside(self, work: Coroutine[Any, Any, T]) -> T:
        """What has left the machine goes its way, whatever becomes of the process."""
        context = contextvars.copy_context()
        context.run(loop.OWNER.set, None)
        task = asyncio.get_running_loop().create_task(work, context=context)
        task.add_done_callback(_heard)
        return await asyncio.shield(task)

    async def connect(self, address: str, name: str) -> SimSession:
        """In the place of `storage.postgres_session.connect`."""
        del address
        await self.point("connect")
        session = SimSession(self.world.database, self, name)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self.outside(self.world.database.accept(self.node, session))
        except TimeoutError:
            raise psycopg.OperationalError("connection timeout expired") from None
        return session

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or not self.life.alive:
            return
        error = task.exception()
        if error is not None and not isinstance(error, CannotStart):
            self.world.checker.broken("the process ended by itself", repr(error))
        self.world.node_ended(self, str(error) if error else str(task.result()))

    async def _run(self) -> Any:
        world = self.world
        bot = await bootstrap(
            world.made.config,
            world.made.policy,
            Path(),
            clock=self.node.clock,
            pack=world.pack,
            reminding=NodeBot(world.telegram, self, proactive=True),  # type: ignore[arg-type]
            sender=Heard,
            second=SimSecond(world, self),
            alarm=DriftingAlarm(world, self.node.clock),  # type: ignore[arg-type]
        )
        self.engine = bot.engine
        self.lease = leading(bot.store)
        self._app = App(bot)
        world.began_to_lead(self)
        if self._stopping:
            self._app.stop()
        return await self._app.run()

    def ends_well(self, name: str) -> None:
        """Nobody speaks to Telegram for the service whom somebody else follows, unless they cannot
        ask the database."""
        lease, world, now = self.lease, self.world, asyncio.get_running_loop().time()
        if lease is None or world.term <= lease.term:
            return
        recent = now - max(self.node.disturbed_at, world.database_disturbed_at)
        unasked = self.node.cut or not world.database.up or recent < 20.0
        followed = now - world.term_since < 2.0
        if not unasked and not (lease.certain and followed):
            world.checker.broken(
                "a deposed leader speaks", f"{self.node.name} in term {lease.term}: {name}"
            )


def _heard(task: asyncio.Task[Any]) -> None:
    if not task.cancelled():
        task.exception()


class NodeBot(SimBot):
    """Asks before each request whether this process may speak, as `TelegramRequest` does."""

    process: NodeProcess

    async def _leads(self, name: str) -> None:
        lease = self.process.lease
        if lease is not None and not await lease.may_act():
            raise NotLeading
        self.process.ends_well(name)
        if self.process.node.no_telegram:
            await asyncio.sleep(TIMEOUT_SECONDS)
            raise NetworkError("httpx.ConnectTimeout")

    async def _request(self, deliver: Any, method: str) -> Any:
        begun, process = asyncio.get_running_loop().time(), self.process
        moments = process.world.moments
        await self._leads(method)
        await moments.request_leaves(process)
        if self.proactive and method == "sendMessage":
            moments.sends(process)

        def arrives() -> Any:
            if process.stopped_at >= begun:
                now = asyncio.get_running_loop().time()
                self.telegram.too_late_until = now + ARRIVES_LATE_SECONDS
            return deliver()

        return await process.outside(super()._request(arrives, method))

    async def answer_callback_query(self, callback_query_id: str, **more: Any) -> bool:
        try:
            await self._leads("answerCallbackQuery")
        except asyncio.CancelledError:
            # Nobody could say in time who leads, and the waiting sign ends by itself.
            if self.process.life.alive:
                self.telegram.world.checker.gave_up(callback_query_id)
            raise
        return await super().answer_callback_query(callback_query_id, **more)

    def _polls_still(self) -> bool:
        return self.process.world.polling is self.process

    async def raw_updates(
        self, offset: int | None, seconds: int, allowed: tuple[str, ...], limit: int = 100
    ) -> list[dict[str, Any]]:
        """Of two that poll, the earlier one is told."""
        await self._leads("getUpdates")
        telegram, world = self.telegram, self.process.world
        other = world.polling
        if other is not None and other is not self.process and telegram.waiter is not None:
            waiter, telegram.waiter = telegram.waiter, None
            if not waiter.done():
                waiter.set_exception(Conflict("terminated by other getUpdates request"))
        world.polling = self.process
        try:
            async with asyncio.timeout(seconds + TIMEOUT_SECONDS):
                return await super().raw_updates(offset, seconds, allowed, limit)
        except TimeoutError:
            return []


class HeardStore(PostgresStore):
    """The real store; the world hears what it is asked for and what it confirms."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        owner: Any = loop.OWNER.get()
        self.process: NodeProcess = owner.process
        self._not_saved: dict[tuple[str, str], int] = {}
        """Records of which it was said, and not put right since; as they stand in memory."""

    async def _said(
        self,
        kind: str,
        ref: str,
        what: Any,
        work: Callable[[], Coroutine[Any, Any, T]],
        after: str = "",
    ) -> T:
        await self.process.point(kind)
        SAYING.set((kind, ref, what))
        done = await work()
        if isinstance(done, Episode):
            self.process.world.acknowledged(self.process, done)
        update_id = getattr(what, "update_id", what if isinstance(what, int) else None)
        await self.process.point(after or ("saved" if update_id else kind))
        return done

    async def _put(self, puts: list[Any]) -> None:
        PUTS.set(puts)
        try:
            await super()._put(puts)
        except NotSaved:
            for put in puts:
                self._not_saved.setdefault((put.kind, put.name), put.old)
            raise
        for put in puts:
            self._not_saved.pop((put.kind, put.name), None)
        self.process.world.not_saved(self._not_saved)

    async def _is_there(self, puts: list[Any]) -> bool:
        self.process.world.hit("a commit was looked up")
        return await super()._is_there(puts)

    async def create(self, ref: str, home: str, person: str, change: Any) -> Episode:
        return await self._said(
            "create", ref, change, partial(super().create, ref, home, person, change)
        )

    async def commit(self, ref: str, version: int, change: Any) -> Episode:
        return await self._said(
            "commit", ref, change, partial(super().commit, ref, version, change)
        )

    async def save_draft(self, draft: Draft, update_id: int | None = None) -> Draft:
        return await self._said(
            "draft", draft.owner, update_id, partial(super().save_draft, draft, update_id)
        )

    async def drop_draft(self, owner: str, update_id: int | None = None) -> None:
        await self._said("drop", owner, update_id, partial(super().drop_draft, owner, update_id))

    async def put_people(self, people: Sequence[Any]) -> None:
        await self._said("people", "", None, partial(super().put_people, people))

    async def update_office(self, **change: Any) -> Any:
        owed = "removals" in (change.get("state") or {})
        return await self._said(
            "office",
            "",
            change.get("update_id"),
            partial(super().update_office, **change),
            after="owed" if owed else "office",
        )
