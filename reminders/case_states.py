"""How each case stands now: its level and what is still to be done, computed from its record and
from the young person's other episodes."""

from __future__ import annotations

from datetime import UTC, datetime

from protocol.pack import Pack
from protocol.provider import Provider
from protocol.standing import Standing
from reminders import assessment_cache
from reminders.all_clear import ReusedMessages
from reminders.assessment_cache import Known
from reminders.clock import Clock
from reminders.duties import Duty, duties, read
from reminders.policy import Policy
from reminders.service_state import ServiceState
from reminders.write_behind import Beside
from storage.model import Episode, Past
from storage.store import Store

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def cases_of(
    store: Store,
    clock: Clock,
    service: Provider,
    policy: Policy,
    pack: Pack,
    beside: Beside | None = None,
) -> CaseStates:
    """The cases of one service, as the engine and whoever words its messages share them.

    beside: where it outlives the process what people were told while nothing could be saved.
    """
    return CaseStates(
        ServiceState(
            store=store, clock=clock, service=service, policy=policy, pack=pack, beside=beside
        )
    )


class CaseStates:
    """Remembers of open cases what was computed last, so that only what changed is computed anew.

    `load` first; `history_changed` after every commit of facts; `forget` when a case is closed.
    """

    def __init__(self, service_state: ServiceState) -> None:
        self.service_state = service_state
        self.reused = ReusedMessages()
        self._history: dict[str, tuple[Past, ...]] = {}
        self._known: dict[str, Known] = {}

    async def load(self) -> None:
        """Reads the rows of all episodes. The store is open."""
        for row in await self.service_state.store.past(BEGINNING):
            self._history[row.person] = (*self._history.get(row.person, ()), row)

    async def history_changed(self, record: Episode) -> bool:
        """Reads the rows of this young person again; True if that changes their other cases. The
        row of their only case is of no use to any other, and takes as long as an assessment."""
        known = self._history.get(record.person)
        if known and all(row.ref == record.ref for row in known):
            return False
        rows = tuple(await self.service_state.store.history(record.person))
        if rows == known:
            return False
        self._history[record.person] = rows
        return True

    async def standing_of(self, ref: str) -> Standing:
        """Computed, peak and set level of an open or closed episode. Raises NotFound."""
        record = await self.service_state.write_behind.episode(ref)
        return self.standing(record, self.service_state.clock.now())

    def standing(self, record: Episode, now: datetime) -> Standing:
        """The same of a record as it was read. What is on record is known, also while the machine's
        clock stands before it."""
        if record.entries:
            now = max(now, record.entries[-1].fact.recorded_at)
        history = assessment_cache.earlier(self._history.get(record.person, ()), record.ref)
        before = self._known.get(record.ref)
        pack = self.service_state.pack.of(record.home)
        known = assessment_cache.know(before, record, history, pack, now)
        if record.closed_at is None:
            self._known[record.ref] = known
        return known.standing

    def try_pack(self, record: Episode, pack: Pack) -> Standing:
        """How this record would stand under another pack; raises whatever the pack cannot do."""
        history = assessment_cache.earlier(self._history.get(record.person, ()), record.ref)
        now = self.service_state.clock.now()
        return assessment_cache.know(None, record, history, pack.of(record.home), now).standing

    def duties_in(self, record: Episode) -> tuple[int, list[Duty]]:
        """The level shown of this record, and everything still to be done in it, soonest first,
        with who has it."""
        now = self.service_state.clock.now()
        standing = self.standing(record, now)
        wanted = duties(
            read(record.facts),
            standing.computed,
            self.service_state.policy,
            self.service_state.closed_days,
        )
        return standing.shown, wanted

    def forget(self, ref: str) -> None:
        """This case is closed or gone."""
        self._known.pop(ref, None)
