"""What the running bot adds to the audit by itself, and what it does with the audit.

Which configuration holds, from when; which level was computed of a case, and by which protocol;
what commands left; the way to the second place; and the end of what is too old.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog

from bot import __version__
from bot.config import Config
from bot.second_place import SecondPlace
from handlers.wording import alarms
from protocol.pack import Pack
from protocol.staff_facts import StaffRecord
from reminders.policy import Policy
from reminders.service_state import ServiceState
from reminders.write_behind import OfficeChange
from storage.audit import AuditRecord
from storage.model import Office
from storage.store import Store, StoreError

log = structlog.get_logger(__name__)
CONFIGURATION, LEVELS, SENT = "audit_configuration", "audit_levels", "audit_sent"
"""Keys of the service's own file: the digest of each key's value; the level and the protocol last
put on record, by case; the number of the last record in a syslog."""
STARTED, RELOADED = "configuration at the start", "configuration taken over"
REFUSED = "configuration refused"
COMPUTED = "level computed"
LOOK_SECONDS = 20.0
BATCH = 500
YEAR = timedelta(days=365.25)


class AuditTrail:
    """`run` looks every 20 seconds, and at once when a level was computed anew.

    alarm: told what an administrator has to know.
    """

    def __init__(
        self,
        store: Store,
        state: ServiceState,
        config: Config,
        second: SecondPlace | None,
        alarm: Callable[[str], Awaitable[None]],
    ) -> None:
        self._store, self._state, self._config = store, state, config
        self._second, self._alarm = second, alarm
        self._levels: list[tuple[str, datetime, list[Any]]] = []
        self._latest: dict[str, list[Any]] = {}
        self._packs: list[tuple[Pack, str]] = []
        """Those in use, each with its version: most homes share one, and to work it out takes as
        long as many reminders."""
        self._wake = asyncio.Event()
        self._sent: int | None = None
        self._fails = self._differs = False
        self._looked_on = ""
        state.events.assessed.listen(self._assessed)

    async def started(self, config: Config, policy: Policy) -> None:
        """This configuration holds since the start."""
        await self._configured(STARTED, config, policy)

    async def taken_over(self, config: Config, policy: Policy, by: str) -> None:
        """This configuration holds from now on. by: who had it read again."""
        self._config = config
        await self._configured(RELOADED, config, policy, by)

    async def refused(self, by: str, problems: int) -> None:
        """A configuration, with its protocol, was read again and not taken over."""
        await self.note(REFUSED, by=by, problems=problems)

    async def note(self, what: str, **more: str | int) -> None:
        """A line of what the service did by itself. more: ids and numbers, no names. While the
        disk refuses, it is kept in memory until it takes it."""
        line = {"at": self._state.clock.now().isoformat(), "what": what, **more}
        await self._state.change(lambda _: OfficeChange(log=[line]))

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._wake.clear()
            await self.once()
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def once(self) -> None:
        """Everything that is to be done now. While the records refuse, it waits."""
        try:
            await self._store.take_left()
            await self._record_levels()
            await self._forget()
        except StoreError as error:
            log.warning("the audit waits", why=type(error).__name__)
        await self._send()

    # Configuration ------------------------------------------------------------------------

    async def _configured(self, what: str, config: Config, policy: Policy, by: str = "") -> None:
        digests = dict(digests_of(config, policy))
        whole = hashlib.sha256(msgspec.json.encode(digests, order="sorted")).hexdigest()
        now = self._state.clock.now()

        def build(office: Office) -> OfficeChange:
            before = office.state.get(CONFIGURATION) or {}
            changed = sorted(
                key for key in {*digests, *before} if digests.get(key) != before.get(key)
            )
            line = {
                "at": now.isoformat(),
                "what": what,
                **({"by": by} if by else {}),
                "configuration": whole,
                "changed": changed if before else [],
                "pack": self._pack_of(""),
                "program": __version__,
            }
            state = {CONFIGURATION: digests} if changed else {}
            return OfficeChange(state=state, log=[line])

        await self._state.change(build)

    # Levels -------------------------------------------------------------------------------

    def _assessed(self, ref: str, home: str, level: int, shown: int) -> None:
        found = [level, shown, self._pack_of(home)]
        if ref not in self._latest:
            self._latest[ref] = (self._state.state.get(LEVELS) or {}).get(ref, [])
        if self._latest[ref] != found:
            self._latest[ref] = found
            self._levels.append((ref, self._state.clock.now(), found))
            self._wake.set()

    async def _record_levels(self) -> None:
        """Those that are not what was put on record last, with the protocol that they are by."""
        if not self._levels:
            return
        still_open = {one.ref for one in await self._state.write_behind.open_episodes()}
        came, self._levels = self._levels, []

        def build(office: Office) -> OfficeChange:
            known = dict(office.state.get(LEVELS) or {})
            lines = []
            for ref, at, found in came:
                known[ref] = found
                level, shown, pack = found
                line = {"at": at.isoformat(), "what": COMPUTED, "ref": ref, "level": level}
                lines.append({**line, "shown": shown, "pack": pack})
            kept = {ref: one for ref, one in known.items() if ref in still_open}
            return OfficeChange(state={LEVELS: kept}, log=lines)

        await self._state.change(build)
        self._latest = {ref: one for ref, one in self._latest.items() if ref in still_open}

    def _pack_of(self, home: str) -> str:
        pack = self._state.pack.of(home)
        for known, version in self._packs:
            if known is pack:
                return version
        in_use = {id(self._state.pack.of(one.id)) for one in self._state.service.homes}
        self._packs = [one for one in self._packs if id(one[0]) in in_use]
        self._packs.append((pack, version_of(pack)))
        return self._packs[-1][1]

    # Second place and end -----------------------------------------------------------------

    async def _send(self) -> None:
        """What is not there yet, in order. What fails is tried again; an administrator is told
        once, and once that it works."""
        if self._second is None:
            return
        try:
            if self._sent is None:
                self._sent = await self._begin(self._second)
            while records := (await self._store.audit(self._sent))[:BATCH]:
                await asyncio.to_thread(self._second.add, records)
                self._sent = records[-1].number
                if self._config.audit.syslog:
                    await self._sent_until(self._sent)
        except (OSError, StoreError) as error:
            self._sent = None
            log.warning("the second place of the audit fails", why=type(error).__name__)
            if not self._fails:
                self._fails = True
                why = getattr(error, "strerror", "") or type(error).__name__
                await self._alarm(alarms.second_place_fails(str(why)))
        else:
            if self._fails:
                self._fails = False
                await self._alarm(alarms.SECOND_PLACE_WORKS)

    async def _sent_until(self, number: int) -> None:
        await self._state.change(lambda _: OfficeChange(state={SENT: number}))

    async def _begin(self, second: SecondPlace) -> int:
        """The number of the last record that is there, as far as that can be known."""
        if self._config.audit.syslog:
            return int(self._state.state.get(SENT) or 0)
        last = await asyncio.to_thread(second.last)
        office = await self._state.write_behind.office()
        if last is None or last.number <= office.audit_from.number:
            return office.audit_from.number
        found: list[AuditRecord] = list(await self._store.audit(last.number - 1))
        if found and (found[0].number, found[0].digest) != (last.number, last.digest):
            found = []
        if not found and not self._differs:
            # It goes on from here: what stands there is evidence.
            self._differs = True
            await self._alarm(alarms.SECOND_PLACE_DIFFERS)
        if found:
            return last.number
        return office.audit[-1].number if office.audit else 0

    async def _forget(self) -> None:
        """Once a day: what is older than the configuration says."""
        now = self._state.clock.now()
        if (day := f"{now:%Y-%m-%d}") != self._looked_on:
            self._looked_on = day
            count = await self._store.forget_audit(now - YEAR * self._config.retention.audit_years)
            log.info("the audit was looked over", deleted=count)


def digests_of(config: Config, policy: Policy) -> Iterator[tuple[str, str]]:
    """Each key of the configuration, as `staff[2].role`, and a digest of its value: what is in it
    stays in it. People who joined in chat are no part of it."""
    shown = msgspec.structs.replace(config, on_record=StaffRecord())
    for part in (shown, policy):
        for key, value in _leaves("", msgspec.to_builtins(part, str_keys=True, order="sorted")):
            data = msgspec.json.encode([key, value], order="sorted")
            yield key, hashlib.sha256(data).hexdigest()[:16]


def _leaves(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from _leaves(f"{key}.{name}".lstrip("."), inner)
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        for number, inner in enumerate(value):
            yield from _leaves(f"{key}[{number}]", inner)
    else:
        yield key, value


def version_of(pack: Pack) -> str:
    """Its id, and a digest of all its rules with the settings that hold."""
    rules = _spelt([pack.book, pack.settings]).encode()
    return f"{pack.book.id}/{hashlib.sha256(rules).hexdigest()[:12]}"


def _spelt(value: Any) -> str:
    """The same text for the same value, whatever the order in which sets and tables were made."""
    if isinstance(value, msgspec.Struct):
        fields = (f"{name}={_spelt(getattr(value, name))}" for name in value.__struct_fields__)
        return f"{type(value).__name__}({','.join(fields)})"
    if isinstance(value, Mapping):
        return str(sorted((_spelt(key), _spelt(inner)) for key, inner in value.items()))
    if isinstance(value, set | frozenset):
        return str(sorted(map(_spelt, value)))
    if isinstance(value, list | tuple):
        return str([_spelt(inner) for inner in value])
    return repr(value)
