"""Where an episode stands: the computed level, the peak, and the level that people have set.

The three are kept apart. Anyone on duty may raise the level; it then shows as long as it is higher
than the computed one. Only a manager stands it down, with a reason (who may is checked where the
fact is recorded). A stand-down holds until the computed level rises above what it was when the
manager decided: then the computed level shows again, because the manager has not seen that.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Literal, TypeAlias

import msgspec

from protocol import facts as f
from protocol.assess import Assessment, Case, levels_at
from protocol.counting import counting_of, in_order
from protocol.earlier_episodes import History
from protocol.episode import Earlier, utc
from protocol.fold import CHANGING, fold_counting
from protocol.pack import MOMENT, Pack

HIGHEST = 3
"""There is no level above it."""
SetBy: TypeAlias = f.LevelRaised | f.LevelStoodDown
SET_BY = (f.LevelRaised, f.LevelStoodDown)


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to "what level is this?", with the parts it is made of."""

    computed: Assessment
    peak: int
    """Highest level on record: computed with the facts as they stood at each time, or raised."""
    set_level: int | None
    """The level that people have set and that still holds; None if none."""
    shown: int
    """The level to show and to act on."""
    why: Literal["computed", "raised", "stood_down", "stand_down_lapsed"]
    """Where `shown` comes from. Lapsed: the computed level rose after a manager stood it down."""
    set_by: SetBy | None
    """The fact behind a set level, or behind a stand-down that no longer holds."""


def standing(
    facts: Sequence[f.Fact], history: Sequence[Earlier], pack: Pack, now: datetime
) -> Standing:
    """Computed, peak and set level at `now` (aware). Facts recorded later are not known yet."""
    now = utc(now)
    known = [fact for fact in in_order(facts) if utc(fact.recorded_at) <= now]
    counted = counting_of(known)
    folded = fold_counting(counted)
    case = Case(folded, history, pack, pack.placing_for(folded.child))
    decisions = [fact for fact in counted if isinstance(fact, SET_BY)]
    down = next((d for d in reversed(decisions) if isinstance(d, f.LevelStoodDown)), None)
    raises = [
        d
        for d in (decisions[decisions.index(down) + 1 :] if down else decisions)
        if isinstance(d, f.LevelRaised)
    ]
    relevant = [fact for fact in known if type(fact) in CHANGING]
    changed = {utc(fact.recorded_at) for fact in (*relevant, *([down] if down else []))}
    moments = sorted(changed)
    last = [(moment, case.level_at(moment)) for moment in moments[-1:]]
    computed = case.assess(now)
    levels: list[tuple[datetime, int]] = []
    if down is not None or computed.level < HIGHEST:
        before = _levels_before(relevant, moments, case.history, pack)
        levels = [*before, *last, (now, computed.level)]
    raised = [_tier(d.level) for d in decisions if isinstance(d, f.LevelRaised)]
    peak = max([computed.level, *(level for _, level in levels), *raised])

    def answer(
        shown: int, why: Literal["computed", "raised", "stood_down", "stand_down_lapsed"],
        set_level: int | None = None, set_by: SetBy | None = None,
    ) -> Standing:  # fmt: skip
        return Standing(
            computed=computed, peak=peak, set_level=set_level, shown=shown, why=why, set_by=set_by
        )

    lapsed = down is not None and _has_risen_since(levels, utc(down.recorded_at))
    base = computed.level if down is None or lapsed else _tier(down.level)
    if raises:
        highest = max(raises, key=lambda fact: _tier(fact.level))
        if _tier(highest.level) > base:
            return answer(_tier(highest.level), "raised", _tier(highest.level), highest)
    if down is not None:
        if lapsed:
            return answer(base, "stand_down_lapsed", None, down)
        return answer(base, "stood_down", base, down)
    return answer(base, "computed")


def _levels_before(
    facts: Sequence[f.Fact], moments: Sequence[datetime], history: History, pack: Pack
) -> list[tuple[datetime, int]]:
    """The computed level with the facts (in order) as they stood: at each of these moments but the
    last, and just before the next one. In between it can only rise, so these, that of the last
    moment and the level now are the highest values."""
    recorded = [utc(fact.recorded_at) for fact in facts]
    levels: list[tuple[datetime, int]] = []
    for moment, following in pairwise(moments):
        episode = fold_counting(counting_of(facts[: bisect_right(recorded, moment)]))
        pair = [moment, following - MOMENT]
        levels += zip(pair, levels_at(episode, history, pack, pair), strict=True)
    return levels


def _has_risen_since(levels: Sequence[tuple[datetime, int]], decided: datetime) -> bool:
    """Whether the computed level was ever higher after `decided` than at that moment."""
    then, *later = [level for moment, level in levels if moment >= decided]
    return max(later) > then


def _tier(level: int) -> int:
    """A set level is a level of the protocol, whatever was written down."""
    return min(HIGHEST, max(1, level))
