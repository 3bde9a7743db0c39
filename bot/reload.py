"""The configuration read again while the bot runs: checked whole first, then taken over at one
moment, or refused with everything that is wrong; after a refusal nothing is different.

What is read only at the start (token, records, ports) cannot be taken over: a change of it is
refused, too, so that nobody believes in a setting that does not hold yet.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import msgspec
import structlog

from bot.config import Config, ConfigError
from bot.config_file import Read, read_file
from bot.resources import WrongPack, pack_of
from protocol.mistakes import Mistake
from protocol.pack import Pack
from protocol.provider import Provider
from reminders.engine import Engine
from reminders.policy import Policy
from reminders.policy_file import unknown_duties
from reminders.staff_list import StaffList
from storage.reference import prefix

log = structlog.get_logger(__name__)

AT_THE_START = ("telegram", "book", "health", "export", "web", "audit", "practice")
"""Tables that are read when the process starts, and only then."""
POLICY_AT_THE_START = ("limits", "watching")


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """`problems`: why nothing was taken over; empty if it was. `changes`: what is different now, a
    line each."""

    problems: Sequence[str] = ()
    changes: Sequence[str] = ()


class Reload:
    """Reads the file again.

    Args:
        path: the configuration file; None: there is none (a bot put together in a test).
        config, policy: as they were read last.
        engine: asks everything anew under what is taken over.
        staff_list: puts on record who joined or left by the file.
        taken_over: told what holds from now on, and who asked for it.
        refused: told who asked, and how many mistakes there are.
    """

    def __init__(
        self,
        path: Path | None,
        config: Config,
        policy: Policy,
        engine: Engine,
        staff_list: StaffList,
        taken_over: Callable[[Config, Policy, str], Awaitable[None]],
        refused: Callable[[str, int], Awaitable[None]],
    ) -> None:
        self._path = path
        self._folder = path.resolve().parent if path else Path()
        self._config = config
        self._policy = policy
        self._engine = engine
        self._staff_list = staff_list
        self._taken_over, self._refused = taken_over, refused
        self._one_at_a_time = asyncio.Lock()

    async def run(self, by: str) -> Outcome | None:
        """Comes back when everything is planned anew. None: there is no file to read.

        by: a staff id, or `reminders.stopped.MACHINE`.
        """
        if self._path is None:
            return None
        async with self._one_at_a_time:
            outcome = await self._run(self._path, by)
        if outcome.problems:
            await self._refused(by, len(outcome.problems))
            log.warning("the configuration was not taken over", problems=len(outcome.problems))
        else:
            log.info("the configuration was taken over", changes=len(outcome.changes))
        return outcome

    async def _run(self, path: Path, by: str) -> Outcome:
        try:
            read = read_file(path, record=self._engine.service_state.staff_record)
        except ConfigError as error:
            return Outcome(problems=error.problems)
        found = list(read.mistakes)
        pack, more = self._pack(read)
        found += more
        if not read.mistakes:
            found += read.located(await self._misfits(read, pack))
        if found or pack is None:
            return Outcome(problems=[str(one) for one in found])
        before, state = self._config, self._engine.service_state
        changes = _changes(state.configured, read.config.configured)
        if _pack_name(state.pack) != _pack_name(pack) or before.protocol != read.config.protocol:
            changes.append(f"protocol: {_pack_name(pack)}; every open case is assessed anew")
        if self._policy != read.policy:
            changes.append("rota, ladders or times of reminders")
        await self._engine.adopt(read.config.configured, read.policy, pack)
        await self._staff_list.follow_configuration()
        self._config, self._policy = read.config, read.policy
        await self._taken_over(read.config, read.policy, by)
        return Outcome(changes=changes)

    def _pack(self, read: Read) -> tuple[Pack | None, list[Mistake]]:
        try:
            pack = pack_of(read.config, self._folder, read.policy.holidays)
        except WrongPack as error:
            return None, read.located([Mistake(place=error.place, what=str(error))])
        return pack, read.located(unknown_duties(read.policy, pack.duty_ids()))

    async def _misfits(self, read: Read, pack: Pack | None) -> list[Mistake]:
        """What does not go together with the process as it runs and with the open cases."""
        found = []
        restart = "Restart the bot for this, or put back what it was."
        for table in AT_THE_START:
            if getattr(read.config, table) != getattr(self._config, table):
                what = "was changed, and is read at the start only"
                found.append(Mistake(place=(table,), what=what, remedy=restart))
        for table in POLICY_AT_THE_START:
            if getattr(read.policy, table) != getattr(self._policy, table):
                what = "was changed, and is read at the start only"
                found.append(Mistake(place=(table,), what=what, remedy=restart))
        new, old = read.config.configured, self._engine.service_state.configured
        for episode in await self._engine.records.open_episodes():
            found += _home_of(episode.ref, episode.home, old, new)
            if pack is not None:
                try:
                    self._engine.cases.try_pack(episode, pack)
                except Exception as error:
                    log.warning("a pack cannot assess a case", why=type(error).__name__)
                    what = f"{episode.ref} cannot be assessed by this protocol"
                    remedy = "Try it with nightlight assess; keep the protocol until then."
                    found.append(Mistake(place=("protocol", "pack"), what=what, remedy=remedy))
        return found


def _home_of(ref: str, home_id: str, old: Provider, new: Provider) -> list[Mistake]:
    """A home with an open case can be renamed; it cannot go, nor lose the prefix by which people
    type the case."""
    was, now = old.home(home_id), new.home(home_id)
    if was is None:
        return []
    if now is None:
        what = f"{was.name} ({home_id}) was taken out, and its case {ref} is open"
        remedy = "Close the case first, or put the home back until then."
        return [Mistake(place=("homes",), what=what, remedy=remedy)]
    if prefix(was.prefix) != prefix(now.prefix):
        n = next(i for i, one in enumerate(new.homes) if one.id == home_id)
        what = f"was changed from {was.prefix} to {now.prefix}, and {ref} is open"
        remedy = "Close the case first: people type its reference."
        return [Mistake(place=("homes", n, "prefix"), what=what, remedy=remedy)]
    return []


def _pack_name(pack: Pack) -> str:
    return f"{pack.book.title}, {pack.preset}" if pack.preset else pack.book.title


def _changes(old: Provider, new: Provider) -> list[str]:
    """What an administrator wants to see confirmed: who and what came, went or is different."""
    found: list[str] = []
    tables = (
        ("home", {h.id: h for h in old.homes}, {h.id: h for h in new.homes}),
        ("staff", {s.id: s for s in old.staff}, {s.id: s for s in new.staff}),
        ("authority", {a.name: a for a in old.authorities}, {a.name: a for a in new.authorities}),
    )
    for word, before, after in tables:
        found += [f"{word}: {after[one].name} is new" for one in after if one not in before]
        found += [f"{word}: {before[one].name} is out" for one in before if one not in after]
        found += [
            f"{word}: {after[one].name} is different"
            for one in after
            if one in before and before[one] != after[one]
        ]
    if old.privacy != new.privacy:
        found.append("privacy")
    if old.chat != new.chat:
        found.append("how the chat is kept")
    if old.another_manager_signs_off != new.another_manager_signs_off:
        found.append("who signs off")
    return found
