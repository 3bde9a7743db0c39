"""Mischief that is aimed: it strikes a commit of a record, or a sending, while it is under way.

What matters in leading a service happens in the few milliseconds in which nobody can say whether a
commit is there. Faults that come by themselves hardly meet them.
"""

from __future__ import annotations

import asyncio
from random import Random
from typing import TYPE_CHECKING

from tests.simulation.database import Backend
from tests.simulation.telegram import SPEAKING

if TYPE_CHECKING:
    from tests.simulation.node import NodeProcess
    from tests.simulation.node_world import NodesWorld

AIMS = (
    "a commit was not done",
    "the answer to a commit was lost",
    "the line went down at a commit",
    "a commit was broken off before the standby had it",
    "a commit was broken off and the primary failed",
    "a leader was stopped in a commit",
    "a leader was stopped in a sending",
    "a leader died after a sending",
)
EPISODES = ("create", "commit")


class Moments:
    """Once aim is taken, the next commit, or sending, that fits is struck."""

    def __init__(self, world: NodesWorld, rng: Random) -> None:
        self.world = world
        self.rng = rng
        self._aims: dict[str, bool] = {}
        """Whether at commits of episodes only."""

    def take_aim(self) -> None:
        self._aims.setdefault(self.rng.choice(AIMS), self.rng.random() < 0.6)

    def _strikes(self, aim: str, kind: str = "") -> bool:
        if aim not in self._aims or (kind and self._aims[aim] and kind not in EPISODES):
            return False
        del self._aims[aim]
        self.world.hit(aim)
        return True

    # At the node ------------------------------------------------------------------------------

    async def commit_leaves(self, process: NodeProcess, kind: str) -> None:
        """The statement has not left the machine."""
        if self._strikes("a leader was stopped in a commit", kind):
            await self._stops(process)

    async def request_leaves(self, process: NodeProcess) -> None:
        """The process has asked whether it leads, and nothing has left the machine."""
        if self._strikes("a leader was stopped in a sending"):
            await self._stops(process)

    async def _stops(self, process: NodeProcess) -> None:
        self.world.stop(process, self.rng.choice((8.0, 9.9, 11.0, 14.0, 25.0)))
        await asyncio.sleep(0)

    def sends(self, process: NodeProcess) -> None:
        """A message is about to be sent. A leader dies at those of cases: what has arrived and is
        not on record as sent comes again from the next."""
        speaking = SPEAKING.get()
        parts = speaking.parts if speaking is not None else []
        for ref, message in parts:
            self.world.checker.is_on_record(process, ref, message)
        of_case = any(ref for ref, _ in parts)
        if of_case and process.dies_in is None and self._strikes("a leader died after a sending"):
            process.dies_at, process.dies_in = "sent", 1

    # At the primary ---------------------------------------------------------------------------

    def commit_arrives(self, backend: Backend, kind: str) -> None:
        if self._strikes("a commit was not done", kind):
            self.world.database.end(backend)

    def commit_in_log(self, backend: Backend, kind: str) -> None:
        """It stands in the primary's log, and has not left for the standby."""
        world = self.world
        if world.database.standby is None:
            return
        alone = self._strikes("a commit was broken off before the standby had it", kind)
        fails = self._strikes("a commit was broken off and the primary failed", kind)
        if not (alone or fails):
            return
        world.stop_standby(self.rng.choice((3.0, 5.5, 9.0, 20.0)))
        world.later(0.01, world.database.end, backend)
        if fails:
            world.later(self.rng.choice((0.1, 0.5, 2.0, 7.0)), world.fail_primary, 1.0, 8.0)

    def commit_done(self, backend: Backend, kind: str) -> None:
        """On both servers, and nobody has heard of it."""
        if self._strikes("the answer to a commit was lost", kind):
            self.world.database.end(backend)
        elif self._strikes("the line went down at a commit", kind):
            node = backend.session.node
            if not node.cut:
                self.world.cut(node, "answers", self.rng.choice((1.0, 4.0, 9.0, 20.0)))
