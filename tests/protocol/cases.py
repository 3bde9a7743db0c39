"""Short ways to make episodes and facts for the tests of the rules."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from protocol import facts as f
from protocol.assess import Assessment, assess
from protocol.episode import Earlier, Episode
from protocol.pack import Pack, load_pack

PACK = load_pack("haringey-2011", "cautious")
SIX = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
"""Monday 2 March 2026, 18:00 in London: the start of most absences here."""
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
OLDER = f.Child(dob=date(2011, 9, 10), historical_concerns=False)
YOUNGER = f.Child(dob=date(2016, 9, 10), historical_concerns=False)
IN_CARE = f.Child(
    dob=date(2011, 9, 10),
    historical_concerns=False,
    looked_after=True,
    responsible_la="Haringey",
    placement_la="Haringey",
)


def away(child: f.Child = OLDER, **facts: Any) -> Episode:
    """An unauthorised absence since six."""
    return episode("unauthorised_absence", child, **facts)


def missing(child: f.Child = OLDER, **facts: Any) -> Episode:
    """Missing since six."""
    return episode("missing", child, **facts)


def episode(category: Any, child: f.Child, **facts: Any) -> Episode:
    times = {"last_seen_at": SIX, "aware_at": SIX + 20 * MINUTE, **facts}
    return Episode(category=category, child=child, **times)


def after(hours: float, case: Episode, *history: Earlier, pack: Pack = PACK) -> Assessment:
    """The case that many hours after six."""
    return assess(case, history, pack, SIX + hours * HOUR)


def earlier(days: float, category: Any = "missing", nudge: timedelta = timedelta()) -> Earlier:
    """An episode that began that many days before six."""
    return Earlier(category=category, start=SIX - timedelta(days=days) + nudge)


class Record:
    """Writes facts as a home does: each with an id, an author and the time of writing."""

    def __init__(self) -> None:
        self.facts: list[f.Fact] = []
        self._ids = (f"f{number}" for number in count(1))

    def write(self, kind: type, recorded_at: datetime, **fields: Any) -> str:
        name = next(self._ids)
        if "at" in kind.__struct_fields__:
            fields.setdefault("at", recorded_at)
        self.facts.append(kind(id=name, by="m.example", recorded_at=recorded_at, **fields))
        return name
