"""Which of the facts on record count: the one place where that is decided.

Facts are appended, never edited. `Withdrawn` takes a fact out of the reckoning; withdrawn itself,
it takes out nothing. A correction takes the place of the fact of its own kind that it names, and
of every other correction of that fact, however many there are and whichever of them they name: of
all that was written about one thing the entry recorded last counts. A withdrawn correction takes
no place. A correction by another kind of fact (the time last seen, after the report) changes a
value and leaves the fact standing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from protocol import facts as f
from protocol.clock_corrections import as_corrected
from protocol.episode import utc

F = TypeVar("F", bound=f.Recorded)


def in_order(facts: Sequence[f.Fact]) -> list[f.Fact]:
    """The facts as recorded: by `recorded_at`, those of one moment as they stand; with the times at
    which they count after the clock went back."""
    return sorted(as_corrected(facts), key=lambda fact: utc(fact.recorded_at))


def counting(facts: Sequence[f.Fact]) -> list[f.Fact]:
    """The facts that count, in order; withdrawals that hold are among them."""
    return counting_of(in_order(facts))


def counting_of(ordered: Sequence[f.Fact]) -> list[f.Fact]:
    """The same, of facts that are in order already (`in_order`)."""
    things = _things(ordered)
    gone: set[str] = set()
    taken: set[str] = set()
    kept: list[f.Fact] = []
    for fact in reversed(ordered):
        thing = things[fact.id]
        if fact.id in gone or thing in taken:
            continue
        taken.add(thing)
        kept.append(fact)
        if isinstance(fact, f.Withdrawn):
            gone.add(fact.fact)
    kept.reverse()
    return kept


def last_of(facts: Sequence[f.Fact], kind: type[F]) -> F | None:
    """The fact of this kind that counts and was recorded last."""
    return next((fact for fact in reversed(counting(facts)) if isinstance(fact, kind)), None)


def all_about(facts: Sequence[f.Fact], fact: f.Fact) -> list[f.Fact]:
    """Everything written about the same thing as this fact that was not withdrawn, latest first:
    what has to be withdrawn for none of it to count."""
    ordered = in_order(facts)
    things = _things(ordered)
    withdrawn = {w.fact for w in counting(facts) if isinstance(w, f.Withdrawn)}
    thing = things.get(fact.id)
    return [x for x in reversed(ordered) if things[x.id] == thing and x.id not in withdrawn]


def _things(ordered: Sequence[f.Fact]) -> dict[str, str]:
    """Fact id -> id of the first entry about the same thing."""
    kinds: dict[str, type] = {}
    things: dict[str, str] = {}
    for fact in ordered:
        same = bool(fact.corrects) and kinds.get(fact.corrects) is type(fact)
        things[fact.id] = things[fact.corrects] if same else fact.id
        kinds[fact.id] = type(fact)
    return things
