"""Who was shown which case in the chat: lines of the audit, one for a person, case and session.

A reading is a screen about a case that somebody asked for: a card, a list, a form, also of the
chat's forms on a page. What the bot sends by itself (alarms, lists, the message of an open case) is
told, not read. A session ends when nothing was shown for half an hour, so that a night of taps is a
few lines. They wait in memory for half a second and go into the chain with the record of the chats,
in one commit, so that no answer waits for them; while the disk refuses they are kept in memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from protocol.facts import NIGHTLIGHT
from reminders.clock import Clock

SESSION = timedelta(minutes=30)
"""After so long without the same case shown to the same person a line is written anew."""
READ, TOLD = "read in chat", "told in chat"
Line = dict[str, str]


class ChatReadings:
    """What is not yet on record, and who was shown what just now."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._read: dict[tuple[str, str], datetime] = {}
        self._told: dict[tuple[str, str], datetime] = {}
        self._new: list[Line] = []

    def read(self, staff: str, ref: str) -> bool:
        """They are shown this case, as they asked for it. True: a line is to be written."""
        if self._goes_on(self._read, staff, ref):
            return False
        self._new.append(self._line(READ, by=staff, ref=ref))
        return True

    def told(self, staff: str, refs: Iterable[str]) -> None:
        """A message to them names these cases. What they asked for is a reading and no more."""
        for ref in refs:
            if self._is_on(self._read, (staff, ref)) or self._goes_on(self._told, staff, ref):
                continue
            self._new.append(self._line(TOLD, by=NIGHTLIGHT, about=staff, ref=ref))

    def take(self) -> list[Line]:
        """The lines that are to be written now, oldest first."""
        for shown in (self._read, self._told):
            for key in [key for key in shown if not self._is_on(shown, key)]:
                del shown[key]
        lines, self._new = self._new, []
        return lines

    def give_back(self, lines: list[Line]) -> None:
        """They could not be written."""
        self._new = [*lines, *self._new]

    def _line(self, what: str, **more: str) -> Line:
        return {"at": self._clock.now().isoformat(), "what": what, **more}

    def _goes_on(self, shown: dict[tuple[str, str], datetime], staff: str, ref: str) -> bool:
        """Whether a session goes on; from now on one does."""
        on = self._is_on(shown, (staff, ref))
        shown[(staff, ref)] = self._clock.now()
        return on

    def _is_on(self, shown: dict[tuple[str, str], datetime], key: tuple[str, str]) -> bool:
        last = shown.get(key)
        return last is not None and last <= self._clock.now() < last + SESSION
