"""What really happens to the young people: they go, are missed, and come back."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

import msgspec


class Absence(msgspec.Struct, kw_only=True, eq=False):
    """One absence as it truly is. `ref`: its case, once somebody reported it."""

    home: str
    person: str
    gone_at: datetime
    back_at: datetime
    whereabouts_known: bool
    ref: str = ""

    def is_back(self, now: datetime) -> bool:
        return now >= self.back_at


def absence(
    rng: Random, home: str, person: str, gone_at: datetime, long: float, long_hours: range
) -> Absence:
    """Most are back within hours, some after days, a few (this share) after so many hours."""
    luck = rng.random()
    luck = 1.0 if luck >= 1.0 - long else luck * 0.95 / (1.0 - long)
    if luck < 0.55:
        hours = rng.uniform(0.5, 6)
    elif luck < 0.85:
        hours = rng.uniform(6, 30)
    elif luck < 0.95:
        hours = rng.uniform(30, 120)
    else:
        hours = rng.uniform(long_hours.start, long_hours.stop)
    return Absence(
        home=home,
        person=person,
        gone_at=gone_at,
        back_at=gone_at + timedelta(hours=hours),
        whereabouts_known=rng.random() < 0.25,
    )
