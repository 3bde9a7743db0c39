"""The standing of an episode, kept as long as neither its facts nor the time can change it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from protocol.attachment_facts import ATTACHMENT_FACTS
from protocol.episode import Earlier
from protocol.facts import LOG_ONLY, Acknowledged, Fact, HoldEnded, Snoozed
from protocol.pack import Pack
from protocol.standing import Standing, standing
from storage.model import Entry, Episode, Past

NO_PART_IN_RULES = (*LOG_ONLY, *ATTACHMENT_FACTS, Acknowledged, HoldEnded, Snoozed)


def substance(record: Episode) -> tuple[Fact, ...]:
    """The facts that the rules look at: without what the bot said and who has it in hand."""
    return tuple(e.fact for e in record.entries if not isinstance(e.fact, NO_PART_IN_RULES))


def by_people(entries: Sequence[Entry]) -> int:
    """How many of these are not the log of sending and reading: it counts up when somebody wrote
    something."""
    return sum(not isinstance(e.fact, LOG_ONLY) for e in entries)


def earlier(rows: Sequence[Past], ref: str) -> tuple[Earlier, ...]:
    """The other absences of the same young person, as the rules count them."""
    return tuple(
        Earlier(
            category="missing" if row.category == "missing" else "unauthorised_absence",
            start=row.start,
            end=row.end,
        )
        for row in rows
        if row.ref != ref
    )


class Known(msgspec.Struct, frozen=True):
    """A standing with what it was made from. `entries`: of the record that was looked at last."""

    entries: tuple[Entry, ...]
    facts: tuple[Fact, ...]
    history: tuple[Earlier, ...]
    made_at: datetime
    standing: Standing
    pack: Pack

    def holds(
        self, facts: tuple[Fact, ...], history: tuple[Earlier, ...], pack: Pack, now: datetime
    ) -> bool:
        """Whether the assessment still is that of these facts under this pack at `now`."""
        if pack is not self.pack:
            return False
        if len(facts) != len(self.facts) or now < self.made_at or history != self.history:
            return False
        if facts and facts[-1].id != self.facts[-1].id:
            return False
        changes = self.standing.computed.changes_at
        return changes is None or now < changes


def know(
    known: Known | None,
    record: Episode,
    history: tuple[Earlier, ...],
    pack: Pack,
    now: datetime,
) -> Known:
    """`known` itself if it still holds, else a new one."""
    entries = record.entries
    same = known is not None and known.entries is entries  # as after a commit of messages alone
    facts = known.facts if known is not None and same else substance(record)
    if known is not None and known.holds(facts, history, pack, now):
        return known if same else msgspec.structs.replace(known, entries=entries)
    return Known(entries, facts, history, now, standing(facts, history, pack, now), pack)
