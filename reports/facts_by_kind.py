"""The facts of one episode that count, by kind, for the fields of its row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from protocol import facts as f
from protocol.episode import utc

F = TypeVar("F", bound=f.Recorded)


class OnRecord:
    """The facts of one episode that count, in order, by kind."""

    def __init__(self, facts: Sequence[f.Fact]) -> None:
        self.facts = facts
        self._by_kind: dict[type, list[Any]] = {}
        for fact in facts:
            self._by_kind.setdefault(type(fact), []).append(fact)

    def last(self, kind: type[F]) -> F | None:
        """The one recorded last."""
        found = self._by_kind.get(kind)
        return found[-1] if found else None

    def all(self, *kinds: type[F]) -> list[F]:
        """Those of these kinds, in order."""
        if len(kinds) == 1:
            return self._by_kind.get(kinds[0], [])
        present = [kind for kind in kinds if kind in self._by_kind]
        if len(present) < 2:
            return self.all(present[0]) if present else []
        return [fact for fact in self.facts if isinstance(fact, kinds)]


def whole(moment: datetime) -> datetime:
    """In UTC, whole seconds."""
    return utc(moment).replace(microsecond=0)
