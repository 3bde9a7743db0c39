"""Who waits for an answer, and what became of the words that people typed."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import msgspec

from tests.simulation.telegram import Line, Update_

if TYPE_CHECKING:
    from tests.simulation.checker import Checker
    from tests.simulation.world import SimWorld

KNOWN_SECONDS = 270.0
"""After so much fair time an administrator has heard of an update that could not be read."""
MARKER = re.compile(r"qzx\d+")
NOT_KEPT = re.compile(
    r"not kept|NOT saved|not recorded|Thrown away|not saved|went wrong|could not be recorded"
)
ANSWER_SECONDS = 2.0
"""An answer is on its way after so long at most, whatever other chats do."""
WORDS_SECONDS = 1800.0
"""After so much fair time typed words are on disk, or their sender knows better."""
KEPT_IN_CHAT_SECONDS, IN_CHAT_SECONDS = 2 * 3600.0, 48 * 3600.0
"""Typed words leave the chat after so much fair time: those that are on disk, and others."""


class Waiting(msgspec.Struct, kw_only=True, eq=False):
    """Somebody who wrote or tapped and has no answer yet. Times: loop seconds."""

    person: str
    chat: int
    at: float


class Words(msgspec.Struct, kw_only=True, eq=False):
    """What somebody typed that may be about a young person."""

    person: str
    number: int
    at: float
    kept: bool = False
    told: bool = False
    gone: bool = False
    flood: bool = False
    """One of a hundred at once: what is said of it may be overtaken by what is said of the next."""


class Answers:
    """Nobody waits for another person's chat, and no typed word vanishes."""

    def __init__(self, world: SimWorld, checker: Checker) -> None:
        self.world = world
        self.checker = checker
        self.waiting: dict[int, Waiting] = {}
        self.taps: dict[str, int] = {}
        self.words: dict[str, Words] = {}
        self.passed_over_at: float | None = None
        self.told_of_updates = -1e9

    def _time(self) -> float:
        return asyncio.get_running_loop().time()

    def to_tap(self, callback_id: str) -> None:
        """A tap was answered."""
        if (update_id := self.taps.pop(callback_id, None)) is not None:
            self._was_answered(update_id)

    def in_chat(self, chat_id: int) -> None:
        """Something was said or removed in this chat."""
        for update_id, waits in list(self.waiting.items()):
            if waits.chat == chat_id:
                self._was_answered(update_id)

    def passed_over(self) -> None:
        """An update that says nothing was confirmed."""
        if self.passed_over_at is None:
            self.passed_over_at = self._time()

    def asks(self, update: Update_) -> None:
        """Somebody wrote or tapped."""
        now, line = self._time(), self.world.telegram.by_person[update.person]
        if self.world.provider.person(update.person) is None or update.spoilt:
            return
        if not (update.data or update.text) or update.kind == "my_chat_member":
            return
        if update.tap:
            self.taps[update.tap] = update.id
        self.waiting[update.id] = Waiting(person=update.person, chat=line.chat_id, at=now)

    def _was_answered(self, update_id: int) -> None:
        waits = self.waiting.pop(update_id, None)
        if waits is not None:
            self._not_too_late(waits)

    def _not_too_late(self, waits: Waiting) -> None:
        """Nobody waits for another person's chat."""
        now = self._time()
        if self.world.somebody_rests(waits.person):
            self.world.hit("somebody answered beside a chat that rests")
        if self.world.rested(waits.at, waits.person) or now - waits.at <= ANSWER_SECONDS:
            return
        staff = self.world.provider.person(waits.person)
        if staff is None or not staff.active(self.world.clock.now()):
            return  # a stranger now: they come last
        if self.world.fair(waits.at, now) < now - waits.at:
            return
        waited = now - waits.at - self.world.slowness(waits.at, now)
        if waited > ANSWER_SECONDS:
            self.checker.broken(
                "somebody waited for another chat", f"{waits.person}: {waited:.1f} s"
            )

    def everybody_was_answered(self) -> None:
        """Every so often: whoever wrote has been answered."""
        now, moment = self._time(), self.world.clock.now()
        for update_id, waits in list(self.waiting.items()):
            if update_id in self.checker.counted or now - waits.at > 86400.0:
                del self.waiting[update_id]
            elif now - waits.at > 60.0:
                staff = self.world.provider.person(waits.person)
                line = self.world.telegram.by_person[waits.person]
                if staff is None or not staff.active(moment) or line.blocked:
                    del self.waiting[update_id]
                elif line.chat_id == waits.chat:
                    self._not_too_late(waits)

    def administrators_know(self) -> None:
        """Every so often: of updates that could not be read an administrator was told, that day."""
        since, now = self.passed_over_at, self._time()
        twice = self.world.clock_moved_within(2 * 86400.0)  # a day that comes twice is told once
        if since is None or twice or self.told_of_updates > since - 86400.0:
            self.passed_over_at = None
            return
        late = self.world.fair(since, now, self.world.people) > KNOWN_SECONDS
        if late and self.world.some_manager_can_be_told("admina"):
            self.checker.broken("updates were passed over and nobody was told", "")

    # Words ---------------------------------------------------------------------------------------

    def typed(self, person: str, number: int, text: str, *, flood: bool = False) -> None:
        if self.world.provider.person(person) is None:
            return
        for marker in MARKER.findall(text):
            self.words[marker] = Words(person=person, number=number, at=self._time(), flood=flood)
            self.world.later(WORDS_SECONDS, self._words_are_somewhere, marker)

    def says(self, line: Line, text: str) -> None:
        """This stands on somebody's screen, perhaps as it stood there before."""
        if self.words and NOT_KEPT.search(text):
            for words in self.words.values():
                words.told |= words.person == line.person

    def taken_out(self, person: str, number: int) -> None:
        for words in self.words.values():
            words.gone |= (words.person, words.number) == (person, number)

    def not_kept(self, person: str, number: int) -> bool:
        """Did somebody type this, and it is not on disk?"""
        return any(
            (words.person, words.number) == (person, number) and not words.kept
            for words in self.words.values()
        )

    def kept(self, what: Any) -> None:
        """This is on disk."""
        if not self.words:
            return
        for marker in MARKER.findall(msgspec.json.encode(what, enc_hook=str).decode()):
            if (words := self.words.get(marker)) is not None:
                words.kept = True

    def _words_are_somewhere(self, marker: str) -> None:
        """On disk and soon out of the chat, or its sender knows better."""
        words, now = self.words[marker], self._time()
        line = self.world.telegram.by_person[words.person]
        staff = self.world.provider.person(words.person)
        if line.blocked or line.moved_to or staff is None:
            del self.words[marker]
            return
        if not staff.active(self.world.clock.now()):
            del self.words[marker]
            return
        if not words.gone and now - words.at > 3600.0:
            self.world.hit("words were still owed their removal after an hour")
        fair = self.world.fair(words.at, now, {words.person})
        if fair < WORDS_SECONDS:
            self.world.later(WORDS_SECONDS - fair + 1.0, self._words_are_somewhere, marker)
            return
        gone = words.gone or words.number not in line.typed
        if gone and not (words.kept or words.told or words.flood):
            self.checker.broken("typed words vanished", f"{words.person} {marker}")
        limit = KEPT_IN_CHAT_SECONDS if words.kept else IN_CHAT_SECONDS
        if gone or words.told:
            del self.words[marker]
        elif fair > limit:
            self.checker.broken("typed words stay in a chat", f"{words.person} {marker}")
        else:
            self.world.later(limit - fair + 2.0, self._words_are_somewhere, marker)
