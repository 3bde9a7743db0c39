"""The assessment of one episode at one moment: level, reasons, duties and when they change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from protocol.episode import Earlier, Episode
from protocol.pack import Pack


class Due(msgspec.Struct, frozen=True):
    """One duty with a time: `at` is aware, in London; `due` once the moment has come."""

    at: datetime
    status: Literal["pending", "due"]


class Action(msgspec.Struct, frozen=True):
    """Something the protocol asks for. `due_at` None: no time in the protocol."""

    id: str
    title: str
    who: str
    due_at: datetime | None
    source: str
    label: str = ""


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """What the pack says of an episode at `now`. All times are aware, in London."""

    level: int
    level_reasons: tuple[str, ...]
    """Sorted ids of the rules that fired at the winning level."""
    reasons: tuple[str, ...]
    """Sorted ids of everything that fired."""
    due: dict[str, Due]
    actions: tuple[Action, ...]
    checkpoints: tuple[str, ...]
    """Those ids of `due` that are checkpoints of the absence, soonest first."""
    routing: str
    closable: bool
    start: datetime
    end: datetime
    elapsed_minutes: int
    age: int | None
    counts: dict[str, int]
    out_of_hours: bool
    ra_route: Literal["EDT", "duty_team"] | None
    changes_at: datetime | None


def assess(
    episode: Episode, history: Sequence[Earlier], pack: Pack, now: datetime
) -> Assessment:
    """Pure and total. Raises ValueError only for a `now` without an offset."""
