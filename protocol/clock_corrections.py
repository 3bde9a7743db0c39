"""Facts from before the machine's clock went back, as they count since. Pure.

A fact recorded "later than now" cannot be: the clock was wrong then, or it is now. From the moment
at which that was noticed (`ClockCorrected`) whatever was recorded before as later than it counts
as of that moment, so that nothing waits for a time that lies ahead by mistake. Where the clock
comes forward again, the correction is withdrawn like any other fact.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from protocol import facts as f


def as_corrected(facts: Sequence[f.Fact]) -> Sequence[f.Fact]:
    """The facts in the order of the record, with the times at which they count."""
    if f.ClockCorrected not in map(type, facts):
        return facts
    withdrawn = {fact.fact for fact in facts if isinstance(fact, f.Withdrawn)}
    found = list(facts)
    for place, fact in enumerate(facts):
        if isinstance(fact, f.ClockCorrected) and fact.id not in withdrawn:
            found[:place] = [_not_after(earlier, fact.at) for earlier in found[:place]]
            earliest = fact.at
            for back in range(place - 1, -1, -1):
                # What was recorded first stays first.
                earliest = min(earliest, found[back].recorded_at)
                if found[back].recorded_at > earliest:
                    found[back] = msgspec.structs.replace(found[back], recorded_at=earliest)
    return found


def _not_after(fact: f.Fact, limit: datetime) -> f.Fact:
    """Times up to the recording count as `limit` at the latest; what was still to come then is as
    far from it as it was from the recording."""
    if fact.recorded_at <= limit:
        return fact
    changed: dict[str, datetime] = {"recorded_at": limit}
    for name in fact.__struct_fields__:
        moment = getattr(fact, name)
        if not isinstance(moment, datetime):
            continue
        if moment > fact.recorded_at:
            changed[name] = limit + (moment - fact.recorded_at)
        elif moment > limit:
            changed[name] = limit
    return msgspec.structs.replace(fact, **changed)
