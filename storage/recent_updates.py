"""Recent update ids, a bounded number of them."""

from __future__ import annotations

from collections.abc import Iterable

LIMIT = 50_000
"""A busy service sees a few thousand updates in the 24 hours for which Telegram keeps them."""


class Recent:
    """A set that forgets the oldest. May be asked from another thread."""

    def __init__(self) -> None:
        self._ids: dict[int, None] = {}

    def __contains__(self, update_id: int) -> bool:
        return update_id in self._ids

    def add(self, *update_ids: int | None) -> None:
        """Takes note of these; the oldest are forgotten."""
        for update_id in update_ids:
            if update_id is not None:
                self._ids[update_id] = None
        while len(self._ids) > LIMIT:
            del self._ids[next(iter(self._ids))]

    def start_with(self, update_ids: Iterable[int]) -> None:
        """At the start: ids from all files, in no order; the highest are the latest."""
        self.add(*sorted(update_ids)[-LIMIT:])
