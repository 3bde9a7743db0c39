"""How much is being dealt with just now: a sandbox waits until nothing is."""

from __future__ import annotations

from reminders.events import Signal


class Activity:
    """Called with True when something is begun and with False when it is done.

    Attributes:
        changed: is sent with every call.
    """

    def __init__(self) -> None:
        self._under_way = 0
        self.changed: Signal[[]] = Signal()

    def __call__(self, begins: bool) -> None:
        """Something was begun, or done."""
        self._under_way += 1 if begins else -1
        self.changed()

    @property
    def idle(self) -> bool:
        """Nothing is under way."""
        return self._under_way == 0
