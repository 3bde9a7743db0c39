"""Puts on record what people do on the pages: what they read, and what they say."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence

from protocol.facts import CaseRead, Fact
from protocol.provider import Staff
from reminders.case_records import CaseRecords, new_ids
from reminders.service_state import ServiceState
from reminders.stopped import stop_of
from reminders.write_behind import OfficeChange
from storage.model import Episode
from storage.store import Change, NotFound, NotSaved

ONCE_BITS = 52


class Recording:
    """Reading and changing cases from a page. Auditors and whoever works on a case now may read
    it; everybody else learns nothing of it."""

    def __init__(self, records: CaseRecords) -> None:
        self._records = records
        self._state = records.service_state

    def may_read(self, staff: Staff, home: str) -> bool:
        """The record of that home's cases, today."""
        return self._state.sees(staff, home) or (
            staff.active(self._state.clock.now()) and staff.audits(home)
        )

    async def episode(self, staff: Staff, ref: str) -> Episode:
        """The case. Raises NotFound for "no" and "not yours" alike."""
        episode = await self._records.episode(ref)
        if not self.may_read(staff, episode.home):
            raise NotFound(ref)
        return episode

    async def read(self, staff: Staff, ref: str, what: str, attachment: str = "") -> Episode:
        """The case, with this reading on record first. While the disk refuses, the reading is kept
        in memory until it takes it: somebody who is ringing police is not turned away."""
        await self.episode(staff, ref)
        line = {"what": f"read {what}", "by": staff.id, "ref": ref, "attachment": attachment}
        await on_record(self._state, line)

        def reading(current: Episode) -> Change:
            now = self._state.clock.now()
            fact = CaseRead(
                id=new_ids(current)(),
                by=staff.id,
                recorded_at=now,
                what=what,
                attachment=attachment,
            )
            return Change(facts=[fact])

        return await self._records.update(ref, reading)

    # What a form says -------------------------------------------------------------------------

    def new_once(self) -> int:
        """A number for one form: however often it is sent, it is on record once."""
        return secrets.randbits(ONCE_BITS)

    async def is_saved(self, once: int) -> bool:
        """Is what this form said on record already?"""
        return await self._state.store.seen(once)

    async def append(
        self, ref: str, once: int, build: Callable[[Episode], Sequence[Fact]]
    ) -> Episode:
        """Appends what `build` makes of the case as it stands. Raises as `change`."""
        return await self.change(ref, once, lambda now: Change(facts=build(now)))

    async def change(self, ref: str, once: int, build: Callable[[Episode], Change]) -> Episode:
        """Commits what `build` makes of the case as it stands; nothing if that form was saved
        already. Raises NotSaved (also while the service is stopped), Conflict."""
        if stop_of(self._state.state) is not None:
            raise NotSaved("the service is stopped")
        return await self._records.update(
            ref, lambda now: None if once in now.seen else build(now), once
        )


async def on_record(state: ServiceState, line: Mapping[str, str | int]) -> None:
    """A line of the service's audit, at this moment; what is "" is left out. While the disk
    refuses, it is kept in memory until it takes it."""
    kept = {"at": state.clock.now().isoformat(), **{k: v for k, v in line.items() if v != ""}}
    await state.change(lambda _: OfficeChange(log=[kept]))


def once_of(form: Mapping[str, str]) -> int:
    """The number of a form, as records keep those of updates: below 0, where Telegram's are not.
    One that is not ours is a new one."""
    text = form.get("once", "")
    given = int(text) if text.isascii() and text.isdecimal() and len(text) <= 16 else 0
    number: int = (given or secrets.randbits(ONCE_BITS)) % 2**ONCE_BITS
    return -1 - number
