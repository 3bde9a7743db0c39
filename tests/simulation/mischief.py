"""What goes wrong beside the weather: the machine's clock, answers that cannot be read, floods and
long pauses of one chat, and deaths at the worst moments.

All of it is planned from the seed and lives in the world, not in the process.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from bot.telegram_client import Unreadable, read_answer
from protocol.london import LONDON
from reminders.outbox import SENDING
from storage.model import Message
from tests.simulation import people
from tests.simulation.telegram import Line, Speaking, Update_, Weather

if TYPE_CHECKING:
    from tests.simulation.world import SimWorld

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MOVES = (-HOUR, -HOUR, -DAY, HOUR, DAY)
HEARTBEAT_SECONDS = 15.0
"""So often the running bot looks whether its clock was moved. (Here its heartbeat is rare.)"""
SPOILT_SPELL = 0.2
"""Share of answers that cannot be read in a spell of them."""
POISON = 5
"""Updates with which a whole answer becomes unreadable are one in so many of those that are not as
they should be."""
SLOW_SPELL_SECONDS = 8.0
"""While a backup runs beside it, say, every write waits."""
STRANGERS = range(60000, 60150)
WORST = ("saved", "sent", "owed")
"""Right after a commit that holds what a person did and before the answer; between a message and
its record; after a removal went on record and before what it is about."""
PAGE = b"<html><body>502 Bad Gateway</body></html>"


def _without(*path: str) -> Callable[[dict[str, Any]], None]:
    def cut(raw: dict[str, Any]) -> None:
        inner: Any = raw
        for name in path[:-1]:
            inner = inner.get(name)
            if not isinstance(inner, dict):
                return
        inner.pop(path[-1], None)

    return cut


def _instead(kind: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def put(raw: dict[str, Any]) -> None:
        number = raw["update_id"]
        raw.clear()
        raw.update({"update_id": number, kind: value})

    return put


SPOILERS = (
    (True, _without("message", "chat")),
    (True, _without("message", "message_id")),
    (True, _instead("message", None)),
    (True, _instead("message", ["a", "list"])),
    (True, _instead("message", {"message_id": "x", "chat": 5, "text": {"no": "text"}})),
    (True, _instead("callback_query", {"id": 7, "from": {"id": 2**70}})),
    (True, _instead("callback_query", {"id": "7"})),
    (True, _instead("my_chat_member", {"chat": {}, "from": {}})),
    (False, _instead("poll", {"id": "1"})),
    (False, _instead("poll_answer", {"poll_id": "1", "user": {}})),
    (False, _without("message", "from")),
    (False, _without("message", "date")),
)
"""What an update may lack, and whether it says too little to be dealt with at all: then it is
passed over, and an administrator is told."""


class Mischief:
    """One run's share of it."""

    def __init__(self, world: SimWorld, rng: Random) -> None:
        self.world = world
        self.rng = rng
        self.spell = False
        self.polls_spoilt = 0
        self._fails: set[tuple[str, str]] = set()
        """Case and message, of attempts that will meet an error of Telegram's."""

    def begin(self) -> None:
        """Called once, before the first process."""
        rng, days = self.rng, 86400.0
        if rng.random() < self.world.profile.wrong_clock:
            self.world.clock.wrong_by = rng.choice((-DAY, -HOUR, HOUR, DAY))
            self.world.clock.moved()
            self.world.hit("the machine came up with a wrong clock")
            self.world.later(rng.uniform(300, 3 * 3600), self._clock_is_set, timedelta())
        for act, mean in (
            (self._clock_is_wrong, 6 * days),
            (self._answers_cannot_be_read, 2 * days),
            (self._an_update_cannot_be_read, 0.7 * days),
            (self._polls_cannot_be_read, 2 * days),
            (self._a_chat_has_to_rest, 1.2 * days),
            (self._flood, 1.5 * days),
            (self._strangers, 5 * days),
            (self._worst_moment, 0.8 * days),
            (self._unasked, 0.5 * days / self.world.rate),
            (self._two_answer_at_once, 2 * days),
            (self._in_haste, 3 * days),
            (self._away_as_something_falls_due, 6 * days),
            (self._digests_of_one_hour, 10 * days),
            (self._all_homes_are_handed_over, 6 * days),
        ):
            self.world.again(act, mean)
        if rng.random() < self.world.profile.full_at_the_end:
            self._full_at_the_end()
        if "full_as_something_falls_due" in self.world.profile.often:
            self.world.again(self._full_as_something_falls_due, days)

    # The clock -------------------------------------------------------------------------------

    def _clock_is_wrong(self) -> None:
        if self.world.clock.wrong_by:
            return
        self._clock_is_set(self.rng.choice(MOVES))
        self.world.later(self.rng.uniform(120, 6 * 3600), self._clock_is_set, timedelta())

    def _clock_is_set(self, wrong_by: timedelta) -> None:
        if self.world.clock.wrong_by == wrong_by:
            return
        back = wrong_by < self.world.clock.wrong_by
        self.world.hit("the clock went back" if back else "the clock went forward")
        self.world.set_clock(wrong_by)
        self.world.later(self.rng.uniform(0.0, HEARTBEAT_SECONDS), self._heartbeat)

    def _heartbeat(self) -> None:
        """The next beat of the running process, or of the one that starts."""
        process = self.world.process
        if process is None or not process.beat():
            self.world.later(2.0, self._heartbeat)
            return
        self.world.later(5.0, self.world.clock_noticed)

    # What cannot be read -----------------------------------------------------------------------

    def _answers_cannot_be_read(self) -> None:
        if self.spell:
            return
        self.spell = True
        self.world.trouble("unreadable")

        def over() -> None:
            self.spell = False
            self.world.over("unreadable")

        self.world.later(self.rng.uniform(20, 1200), over)

    def swallowed(self, method: str) -> None:
        """Something on the way answers in Telegram's place, which never hears of the request.
        Raises Unreadable."""
        if self._spoils():
            status = self.rng.choice((200, 200, 401, 403, 404))
            self.world.hit("a page of HTML in Telegram's place")
            read_answer(method, status, PAGE)

    def spoilt(self, method: str, result: Any) -> None:
        """Telegram did it, and its answer arrives damaged. Raises Unreadable."""
        if not self._spoils():
            return
        whole = json.dumps({"ok": True, "result": result}).encode()
        payload = self.rng.choice((whole[: len(whole) // 2], b"[]", b'{"ok": true}', b"null", PAGE))
        self.world.hit("an answer that cannot be read")
        read_answer(method, 200, payload)

    def _spoils(self) -> bool:
        return self.rng.random() < (SPOILT_SPELL if self.spell else self.world.profile.spoilt)

    def _polls_cannot_be_read(self) -> None:
        """The next few answers to polls, whatever is in them: too few to give anything up for."""
        self.polls_spoilt = self.rng.randrange(1, 4)

    def polled(self, found: list[Update_]) -> list[Any]:
        """What an answer to a poll brings. Raises Unreadable."""
        raws = [u.raw if u.raw is not None else u.as_sent() for u in found]
        poison = next((place for place, u in enumerate(found) if u.poison), None)
        if poison is None and not self.polls_spoilt:
            return raws
        self.world.slow(3.0)
        whole = json.dumps({"ok": True, "result": raws}).encode()
        if poison is None:
            self.polls_spoilt -= 1
            self.world.hit("a poll that cannot be read")
            payload = self.rng.choice(
                (whole[: len(whole) - 3], b"[]", b'{"ok": true}', b'{"ok": true, "result": {}}')
            )
        else:
            self.world.hit("an update that spoils the whole answer")
            at = whole.index(b'"update_id": %d' % found[poison].id)
            payload = whole[: at + len(b'"update_id": %d' % found[poison].id)]
        if not isinstance(result := read_answer("getUpdates", 200, payload), list):
            raise Unreadable
        return result

    def _an_update_cannot_be_read(self) -> None:
        telegram, rng = self.world.telegram, self.rng
        person = rng.choice([*self.world.people, "stranger"])
        poison = rng.randrange(POISON) == 0
        update = telegram.types(person, "of no use", spoilt=True)
        raw = update.as_sent()
        update.lost = poison
        if not poison:
            update.lost, spoil = rng.choice(SPOILERS)
            spoil(raw)
        update.raw, update.poison = raw, poison
        self.world.hit("an update that cannot be read")

    # Floods and pauses ---------------------------------------------------------------------------

    def _a_chat_has_to_rest(self) -> None:
        """Telegram refuses everything to one chat, for longer than anybody waits."""
        line = self._somebody()
        seconds = float(self.rng.choice((40, 60, 120, 300, 600)))
        if line.rests_until > self._now() or line.blocked:
            return
        line.rests_until = self._now() + seconds
        self.world.rests(line.person, seconds + 5.0)
        self.world.hit("a chat has to rest")
        self._others_write(seconds, line.person)

    def _flood(self) -> None:
        """Somebody's phone sends dozens of things at once."""
        rng = self.rng
        line = self._somebody()
        if line.blocked:
            return
        count = rng.randrange(15, 110)
        self.world.hit("a flood")
        self.world.note("flood", line.person, str(count))
        self.world.rests(line.person, 60.0)
        for _ in range(count):
            words = f"and again qzx{self.world.more_words()}" if rng.random() < 0.05 else ""
            text = words or rng.choice(people.NONSENSE)
            self.world.later(rng.uniform(0.0, 4.0), self._sends, line.person, text)
        if rng.random() < 0.3 and line.rests_until < self._now():
            line.rests_until = self._now() + 40.0
        self._others_write(10.0, line.person)

    def _sends(self, person: str, text: str) -> None:
        self.world.telegram.types(person, text, flood=True)

    def _strangers(self) -> None:
        self.world.hit("a hundred strangers")
        for number in STRANGERS:
            name = f"stranger{number}"
            if name not in self.world.telegram.by_person:
                self.world.telegram.add(name, number)
            self.world.later(self.rng.uniform(0.0, 3.0), self.world.telegram.types, name, "/start")
        self._others_write(5.0, "")

    def _others_write(self, seconds: float, but: str) -> None:
        """Other people go on with their work meanwhile, and have to be answered."""
        for _ in range(6):
            person = self.rng.choice([p for p in self.world.people if p != but])
            self.world.later(self.rng.uniform(0.0, seconds), self._writes, person)

    def _writes(self, person: str) -> None:
        someone = self.world.people[person]
        if someone.intent is None and not self.world.telegram.by_person[person].blocked:
            self.world.telegram.types(person, self.rng.choice(("/open", "/duty", "/help")))

    def _somebody(self) -> Line:
        return self._line(self.rng.choice(list(self.world.people)))

    # Words that nobody asked for -----------------------------------------------------------------

    def _unasked(self) -> None:
        """Alone, after a command, or long."""
        rng, telegram = self.rng, self.world.telegram
        line = self._somebody()
        if line.blocked:
            return
        words = f"please help qzx{self.world.more_words()}"
        text = rng.choice((words, f"/open {words}", f"/nothing {words}", f"well-known {words}"))
        if rng.random() < 0.15:
            text = f"{words} " + "long " * rng.choice((200, 800))
        telegram.types(line.person, text.strip())
        self.world.hit("words that nobody asked for")

    # Telegram is away -----------------------------------------------------------------------------

    def _away_as_something_falls_due(self) -> None:
        """Telegram goes away right before the next thing is asked about for the first time, and the
        disk is slow as the second channel takes over: a round that began before may end after."""
        if (wait := self._before_something_falls_due()) is None:
            return
        self.world.hit("Telegram went away as something fell due")
        self.world.later(wait, self.world.telegram_away, 1800.0, Weather(away="refuses"))
        self.world.later(wait + 5.0, self._slow_as_the_second_channel_takes_over)

    def _full_as_something_falls_due(self) -> None:
        """What is then to be said cannot be put on record for a minute."""
        if (wait := self._before_something_falls_due()) is not None:
            self.world.later(wait, self.world.disk_full, 60.0)

    def _before_something_falls_due(self) -> float | None:
        """Seconds until right before something is asked about for the first time; None: nothing is
        to come."""
        now = self._now()
        soon = [one.since - now for one in self.world.checker.watches.values() if one.since > now]
        return max(0.0, min(soon) - self.rng.uniform(1.0, 30.0)) if soon else None

    def _slow_as_the_second_channel_takes_over(self) -> None:
        """As soon as it is known when that will be."""
        process = self.world.process
        if not self.world.telegram.weather.away or process is None or process.engine is None:
            return
        moment = process.engine.watch.second_at
        if moment is None:
            self.world.later(5.0, self._slow_as_the_second_channel_takes_over)
            return
        self.world.later(
            max(0.0, self.world.loop_time(moment) - self._now() - 3.0), self._disk_is_slow
        )

    def _disk_is_slow(self) -> None:
        self.world.disk.slow_until = self._now() + SLOW_SPELL_SECONDS

    # Two people, one duty -----------------------------------------------------------------------

    def _two_answer_at_once(self) -> None:
        """Two of those who are asked about the same duty say within a moment that they have it."""
        asked = self._can_answer()
        both = [key for key, people_ in asked.items() if len(people_) > 1]
        if not both:
            return
        ref, duty = self.rng.choice(both)
        self.world.hit("two answered at once")
        for person in self.rng.sample(list(asked[ref, duty]), 2):
            wait, number = self.rng.uniform(0.0, 0.4), asked[ref, duty][person]
            tap = self.world.telegram.taps
            self.world.later(wait, tap, person, number, f"r:{ref}:{duty}:have")

    def asked(self, ref: str, messages: Sequence[Message]) -> None:
        """Somebody is about to be asked, and somebody else, who was asked before, has it now; the
        attempt fails for a moment and the disk is slow, so that the next attempt goes on record
        right behind that answer."""
        for message in messages:
            begins = message.error == SENDING and message.attempts == 1
            if not begins or message.kind not in ("reminder", "escalation"):
                continue
            if self.rng.random() >= self.world.profile.meanwhile:
                continue
            others = self._can_answer().get((ref, message.about), {})
            others.pop(message.to, None)
            if others:
                person = self.rng.choice(sorted(others))
                self.world.hit("somebody answered while another was being asked")
                tap, data = self.world.telegram.taps, f"r:{ref}:{message.about}:have"
                self.world.later(self.rng.uniform(0.0, 0.3), tap, person, others[person], data)
                self._fails.add((ref, message.id))
                self._disk_is_slow()

    def fails(self, speaking: Speaking | None) -> bool:
        """Does Telegram fail for a moment, before it has taken this?"""
        parts = speaking.parts if speaking is not None else ()
        failing = self._fails & {(ref, message.id) for ref, message in parts}
        self._fails -= failing
        return bool(failing)

    def _can_answer(self) -> dict[tuple[str, str], dict[str, int]]:
        """Case and duty, and whose phone shows on which message the button "I have it"."""
        found: dict[tuple[str, str], dict[str, int]] = {}
        for (person, number), about in self.world.checker.alarms.items():
            shown = self._line(person).shown.get(number)
            offered = [d for row in shown.rows for _, d in row] if shown is not None else []
            for ref, duty in about:
                if f"r:{ref}:{duty}:have" in offered:
                    found.setdefault((ref, duty), {})[person] = number
        return found

    # What a rota and a list bring ----------------------------------------------------------------

    def _digests_of_one_hour(self) -> None:
        """All managers choose the coming hour for their weekly picture and text."""
        soon = self.world.clock.now().astimezone(LONDON) + HOUR
        self.world.hit("digests of one hour")
        for someone in self.world.people.values():
            if someone.staff.manages and not self._line(someone.staff.id).blocked:
                self.world.later(
                    self.rng.uniform(0.0, 60.0), someone.wants_digest, soon.weekday(), soon.hour
                )

    def _all_homes_are_handed_over(self) -> None:
        """Somebody who covers several clusters offers all of it to one colleague."""
        someone = self.world.people[self.rng.choice(("heada", "headb", "headc"))]
        if someone.intent is None and not self._line(someone.staff.id).blocked:
            self.world.hit("all homes were handed over")
            someone.wants(people.Intent(what="give", steps=6))

    def _full_at_the_end(self) -> None:
        """The disk is full while somebody works whose time on the list ends meanwhile."""
        someone = self.world.people["leaver"]
        end = someone.staff.expires_at
        assert end is not None
        before = self.world.loop_time(end) - 600.0
        if before <= 60.0:
            return
        self.world.later(before, self.world.disk_full, 1800.0)
        for _ in range(4):
            wait = before + self.rng.uniform(60.0, 500.0)
            self.world.later(wait, someone.wants, people.Intent(what="report"))

    def _line(self, person: str) -> Line:
        return self.world.telegram.by_person[person]

    # The worst moments ---------------------------------------------------------------------------

    def _worst_moment(self) -> None:
        """The process dies the next time that it comes to one of them."""
        process = self.world.process
        if process is None or not process.alive or process.dies_in is not None:
            return
        process.dies_at, process.dies_in = self.rng.choice(WORST), 1

    def _in_haste(self) -> None:
        """Somebody asks for several things within a second, and the process dies at one of the
        answers."""
        process, line = self.world.process, self._somebody()
        if process is None or not process.alive or process.dies_in is not None or line.blocked:
            return
        self.world.hit("somebody wrote in haste as the process died")
        self.world.rests(line.person, 10.0)
        for _ in range(self.rng.randrange(3, 6)):
            text = self.rng.choice(("/open", "/duty", "/help", "/returned"))
            self.world.later(
                self.rng.uniform(0.0, 1.0), self.world.telegram.types, line.person, text
            )
        process.dies_at, process.dies_in = "answer", self.rng.randrange(2, 12)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
