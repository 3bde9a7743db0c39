"""One simulated service: people, Telegram, disk and process, driven by one seed."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import hashlib
import math
import os
from collections import deque
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import msgspec
import structlog

import bot.arrivals
import bot.audit_trail
import bot.monthly
import bot.second_channel
import bot.sender
import bot.switch_command
import handlers.draft_session
import reminders.engine
import storage.reference
from bot.summary import summarise
from protocol.london import england_bank_holidays
from protocol.pack import Pack, load_pack
from storage.model import Episode
from tests.simulation import breaks, life, loop, needs, people, service, sometimes
from tests.simulation.checker import Broken, Chats, Checker
from tests.simulation.disk import Disk
from tests.simulation.gateway import Gateway
from tests.simulation.mischief import Mischief
from tests.simulation.process import Process
from tests.simulation.profiles import PROFILES
from tests.simulation.telegram import SPEAKING, Line, Shown, Telegram, Weather

SETTLE_SECONDS = 75.0
"""After the process, Telegram or the disk is back, so long until everything must run again."""
TRACE = 60
AIMS = ("remind", "remind", "answer", "commit", "create", "draft", "drop", "office", "poll", "tap")
"""Where a process may be made to die: at the next such reach for the world."""
ROUGH = Weather(server_error=0.08, lost_answer=0.05, dropped=0.03, too_many=0.01)


@functools.cache
def _pack(year: int) -> Pack:
    holidays = england_bank_holidays(range(year - 1, year + 2))
    settings = {"bank_holidays": sorted(d.isoformat() for d in holidays)}
    return load_pack("haringey-2011", "cautious", settings)


class Result(msgspec.Struct, kw_only=True):
    """What came of one run."""

    seed: int
    days: int
    start: datetime
    steps: int = 0
    broken: str = ""
    name: str = ""
    at: str = ""
    trace: list[str] = []
    digest: str = ""
    counts: dict[str, int] = {}
    hits: dict[str, int] = {}
    chats: Chats = msgspec.field(default_factory=Chats)


class _Seeded:
    """In the place of `secrets`: same seed, same references."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng

    def token_hex(self, count: int) -> str:
        return self._rng.randbytes(count).hex()

    def choice(self, options: Any) -> Any:
        return self._rng.choice(options)


class SimWorld:
    """Everything of one run. `main` is run in a `SimLoop`."""

    looks_for_commands = 900.0
    """Seconds. None is run beside it, and a look costs a visit to a real folder."""

    def __init__(
        self,
        seed: int,
        days: int,
        *,
        keep_trace: bool = False,
        rate: float = 1.0,
        profile: str = "",
    ) -> None:
        self.seed, self.days = seed, days
        self.profile = PROFILES[profile]
        self.rate = rate * self.profile.rate
        root = Random(f"nightlight {seed}")
        day = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=root.randrange(3 * 365))
        if root.random() < self.profile.clock_change:
            day = self._near_a_clock_change(root, day.year, self.profile.days_before)
        self.start = day + timedelta(seconds=root.randrange(86400))
        self.rng = Random(root.random())
        self.made = service.make(Random(root.random()), self.start, days)
        self.provider = self.made.config.service
        self.without_rota = set(service.cluster(3))
        self.clock = loop.SimClock(self.start)
        self.pack = _pack(self.start.year)
        self.disk = Disk(
            Random(root.random()),
            lambda episode: summarise(episode, self.pack, self.clock.now()),
            self.clock.now,
            self.profile.slow_disk,
        )
        self.steady = Weather(lost_answer=self.profile.lost_answer)
        self.telegram = Telegram(self, Random(root.random()))
        self.secrets = _Seeded(Random(root.random()))
        self.gateway = Gateway(self, Random(root.random()))
        self.checker = Checker(self)
        self.mischief = Mischief(self, Random(f"mischief {seed}"))
        self.people = {
            s.id: people.PersonAtPhone(self, s, Random(root.random()))
            for s in self.made.config.staff
        }
        self.process: Process | None = None
        self.absences: list[life.Absence] = []
        self.by_ref: dict[str, life.Absence] = {}
        self.words = 0
        self.steps = 0
        self.full_until = -1.0
        self.managers_same_since = 0.0
        self.away_since = 0.0
        self.itself_since = 0.0
        """Since when nothing but Telegram was in the bot's way."""
        self.counts: dict[str, int] = {}
        self._trace: deque[tuple[float, str, str, str]] = deque(maxlen=TRACE)
        self._all: list[str] | None = [] if keep_trace else None
        self._digest = hashlib.sha256()
        self._bad: list[list[float]] = []
        self._resting: list[tuple[float, float, str]] = []
        self._slow: list[tuple[float, float]] = []
        self.moved_at = -1e9
        """When the machine's clock was set last."""
        self.hits: dict[str, int] = {}
        self._troubles: set[str] = set()
        self._failed: asyncio.Future[None] | None = None
        self._broken: Broken | None = None
        self._on_duty: tuple[datetime, dict[str, bool]] = (self.start, {})

    @staticmethod
    def _near_a_clock_change(rng: Random, year: int, before: range) -> datetime:
        month = rng.choice((3, 10))
        last = datetime(year, month, 31, tzinfo=UTC)
        sunday = last - timedelta(days=(last.weekday() + 1) % 7)
        return sunday - timedelta(days=rng.choice(before))

    # Time ---------------------------------------------------------------------------------------

    def at(self, seconds: float) -> datetime:
        """What the machine's clock, as it is set now, shows or showed then."""
        return self.start + timedelta(seconds=seconds) + self.clock.wrong_by

    def loop_time(self, moment: datetime) -> float:
        return (moment - self.start - self.clock.wrong_by).total_seconds()

    def set_clock(self, wrong_by: timedelta) -> None:
        """Somebody sets the machine's clock; nothing is expected until that can be noticed."""
        self.trouble("clock")
        self.note("clock", "", str(wrong_by))
        self.clock.wrong_by, self.moved_at = wrong_by, self._now()
        self.checker.clock_set()

    def clock_noticed(self) -> None:
        self.over("clock")
        self.checker.clock_moved()

    def clock_moved_within(self, seconds: float) -> bool:
        return "clock" in self._troubles or self._now() - self.moved_at < seconds

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def later(self, seconds: float, act: Callable[..., Any], *args: Any) -> asyncio.TimerHandle:
        """In the world's own context: what the world plans does not die with the process in whose
        course it was planned."""
        loop_ = asyncio.get_running_loop()
        return loop_.call_later(seconds, act, *args, context=self.context)

    # Fair time ----------------------------------------------------------------------------------

    def trouble(self, kind: str) -> None:
        """From now on nothing can be expected of the bot."""
        if not self._troubles:
            self._bad.append([self._now(), float("inf")])
        self._troubles.add(kind)
        self.note("trouble", kind)

    def over(self, kind: str) -> None:
        if kind not in self._troubles:
            return
        self._troubles.discard(kind)
        self.note("over", kind)
        if kind != "telegram":
            self.itself_since = self._now() + SETTLE_SECONDS
        if not self._troubles:
            self._bad[-1][1] = self._now() + SETTLE_SECONDS

    def bad(self, seconds: float) -> None:
        """Telegram told the bot to wait."""
        if not self._troubles:
            self._bad.append([self._now(), self._now() + seconds])

    def rests(self, person: str, seconds: float) -> None:
        """Nothing can be expected of this person's chat for so long."""
        self._resting.append((self._now(), self._now() + seconds, person))

    def rested(self, since: float, person: str) -> bool:
        """Did this chat rest since then?"""
        return any(one == person and ended > since for _, ended, one in self._resting)

    def somebody_rests(self, but: str) -> bool:
        """Does another chat rest at this moment?"""
        now = self._now()
        return any(b <= now < e and one != but for b, e, one in self._resting)

    def slow(self, seconds: float) -> None:
        """Disk or network take so long from now on."""
        self._slow.append((self._now(), self._now() + seconds))

    def slowness(self, since: float, until: float) -> float:
        """For how much of this span disk or network were slow."""
        self._slow = [one for one in self._slow if one[1] > until - 600.0]
        spans = sorted(one for one in self._slow if one[1] > since and one[0] < until)
        total, reached = 0.0, since
        for begun, ended in spans:
            low, high = max(begun, reached), min(ended, until)
            if high > low:
                total, reached = total + high - low, high
        return total

    def fair(self, since: float, until: float, people: Collection[str] = ()) -> float:
        """Seconds in this span in which everything was there, also the chats of these people."""
        away, reached = 0.0, since
        bad: list[Sequence[float]] = list(self._bad)
        if people:
            bad += [(a, b) for a, b, one in self._resting if one in people]
            bad.sort(key=lambda span: span[0])
        for begun, ended in bad:
            low, high = max(begun, reached), min(ended, until)
            if high > low:
                away += high - low
                reached = high
        return until - since - away

    # What happens, written down -----------------------------------------------------------------

    def note(self, what: str, who: str = "", more: str = "") -> None:
        entry = (self._now(), what, who, more)
        self._trace.append(entry)
        self._digest.update(repr(entry).encode())
        self.counts[what] = self.counts.get(what, 0) + 1
        if self._all is not None:
            self._all.append(self._line(entry))

    def hit(self, what: str) -> None:
        """One of the moments that a long run has to meet happened."""
        self.hits[what] = self.hits.get(what, 0) + 1

    def more_words(self) -> int:
        """A number for words that somebody types."""
        self.words += 1
        return self.words

    def _line(self, entry: tuple[float, str, str, str]) -> str:
        moment = self.start + timedelta(seconds=entry[0])
        return f"{moment:%a %d %b %H:%M:%S.%f} {' '.join(x for x in entry[1:] if x)}"

    def delivered(self, line: Line, shown: Shown, *, edited: bool = False) -> None:
        speaking = SPEAKING.get() if shown.proactive else None
        what = "edits" if edited else "reminds" if shown.proactive else "answers"
        if speaking is not None:
            more = " ".join(f"{r}/{m.kind}/{m.about}" for r, m in speaking.parts)
        else:
            more = shown.text.partition("\n")[0][:60]
        self.note(what, line.person, more)
        self.checker.shown(line, shown, speaking)
        person = self.people.get(line.person)
        if person is not None:
            person.sees(shown)

    def saw_write(self, kind: str, ref: str, what: Any, done: Any) -> None:
        facts = getattr(what, "facts", ())
        more = " ".join(f"{type(x).__name__}/{x.by}" for x in facts)
        self.note(kind, ref, more)
        self.checker.wrote(kind, ref, what, done)
        if kind == "commit":
            self.mischief.asked(ref, what.messages)
        if kind == "create":
            self._opened(done)

    def logged(self, level: str, event: str, fields: dict[str, Any]) -> None:
        """An unforeseen error in the bot is a fault, whatever becomes of it."""
        owner = loop.OWNER.get()
        if owner is None or not owner.alive:
            return
        if fields.get("exc_info") or level == "critical":
            error = fields.get("exc_info")
            self.checker.broken("an error in the bot", f"{event}: {error!r}")

    def _mistake(self, _: Any, what: dict[str, Any]) -> None:
        """A callback of the world's own raised."""
        if "handle" in what:
            self.fail(Broken("a mistake of the simulation", repr(what.get("exception"))))

    def fail(self, broken: Broken) -> None:
        if self._broken is None:
            self._broken = broken
            self.note("BROKEN", "", str(broken))
            if self._failed is not None and not self._failed.done():
                self._failed.set_result(None)

    # What is true -------------------------------------------------------------------------------

    def absence_of(self, ref: str) -> life.Absence | None:
        return self.by_ref.get(ref)

    def is_on_duty(self, person: str, now: datetime) -> bool:
        hour = now.replace(minute=0, second=0, microsecond=0)
        if self._on_duty[0] != hour:
            self._on_duty = (hour, {})
        known = self._on_duty[1]
        if person not in known:
            staff = self.made.staff(person)
            homes = [h.id for h in self.made.config.homes if staff.covers(h.id)]
            policy = self.made.policy
            known[person] = any(person in needs.on_rota(h, now, policy, ()) for h in homes)
        return known[person]

    def some_manager_can_be_told(self, person: str) -> bool:
        staff = self.made.staff(person)
        now = self.clock.now()
        service_ = self.provider
        homes = [h.id for h in service_.homes if staff.covers(h.id)]
        told = {s.id for h in homes for s in service_.managers(h, now)}
        told |= {s.id for s in service_.administrators(now)}
        told.discard(person)
        return any(
            not self.telegram.by_person[one].blocked and self.telegram.by_person[one].started
            for one in told
        )

    def _opened(self, episode: Episode) -> None:
        now = self.clock.true()
        for absence in reversed(self.absences):
            if absence.person == episode.person and not absence.ref:
                absence.ref = episode.ref
                break
        else:
            absence = life.Absence(
                home=episode.home,
                person=episode.person,
                gone_at=now,
                back_at=now + timedelta(hours=self.rng.uniform(0.5, 12)),
                whereabouts_known=False,
                ref=episode.ref,
            )
        self.by_ref[episode.ref] = absence
        wait = max(0.0, (absence.back_at - now).total_seconds())
        self.later(wait + self.rng.expovariate(1 / 900), self._comes_back, absence, 4)

    # The world's own course ---------------------------------------------------------------------

    async def main(self) -> Result:
        running = asyncio.get_running_loop()
        self.context = contextvars.copy_context()
        self._failed = running.create_future()
        running.set_exception_handler(self._mistake)
        for staff in self.made.config.staff:
            self.telegram.add(staff.id, staff.telegram_id, started=staff.id != "duty2e")
        self.telegram.add("stranger", 6666)
        await self.disk.book.put_people(self.made.people)
        self.mischief.begin()
        self._starts()
        for act, mean in self.course():
            self.again(act, mean)
        for _ in range(self.profile.gone_at_first):
            self._somebody_goes()
        self._look_at_holders()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._failed, self.days * 86400.0)
        if self.process is not None and self.process.life.alive:
            loop.kill(self.process.life)
        self.disk.book.nobody_wrote()
        return self._result()

    def course(self) -> list[tuple[Callable[[], None], float]]:
        """What happens by itself, and how many seconds lie between on average."""
        days = 86400.0
        return [
            (self._somebody_goes, days / (0.5 * self.rate)),
            (self._somebody_fidgets, days / (8 * self.rate)),
            (self._crashes, 1.5 * days),
            (self._upgrade, 9 * days),
            (self._telegram_away, 3 * days),
            (self._rough_weather, 2 * days),
            (self._disk_full, 6 * days),
            (self._somebody_blocks, 3 * days),
            (self._a_holder_blocks, 6 * days),
            (self._a_home_is_deserted, 8 * days),
            (self._chat_moves, 20 * days),
        ]

    def _look_at_holders(self) -> None:
        self.checker.holders()
        self.checker.live_alarms()
        self.checker.somebody_can_be_reached()
        self.checker.answers.everybody_was_answered()
        self.checker.answers.administrators_know()
        self.checker.nothing_lies_ahead()
        self.checker.chats_forget()
        self.later(300.0, self._look_at_holders)

    def again(self, act: Callable[[], None], mean: float) -> None:
        """From now on every so often; `mean`: seconds between, in the usual world."""
        mean /= self.profile.often.get(act.__name__.lstrip("_"), 1.0)

        def come() -> None:
            act()
            self.later(self.rng.expovariate(1 / mean), come)

        self.later(self.rng.expovariate(1 / mean), come)

    def _starts(self) -> None:
        if self.process is not None and self.process.alive:
            return
        self.note("starts")
        self.process = Process(self)
        self.over("process")

    def _ended(self, seconds: float) -> None:
        self.checker.process_ended()
        self.telegram.waiter = None
        self.later(seconds, self._starts)

    def died(self, where: str) -> None:
        """The process reached the point at which it was to die."""
        self.note("dies", where)
        self.hit(sometimes.death(where))
        self.trouble("process")
        process = self.process
        assert process is not None

        def bury() -> None:
            loop.kill(process.life)
            self._ended(self._downtime())

        # In the world's own context: it must not end with the process.
        loop_ = asyncio.get_running_loop()
        loop_.call_soon(bury, context=self.context)

    def _downtime(self) -> float:
        luck = self.rng.random()
        at_once = self.profile.comes_back_at_once
        if luck < at_once:
            return self.rng.uniform(0.7, 3)  # a supervisor that starts it again at once
        luck = 0.35 + 0.65 * (luck - at_once) / (1.0 - at_once)
        if luck < 0.7:
            return self.rng.uniform(3, 60)
        if luck < 0.93:
            return self.rng.uniform(60, 2400)
        return self.rng.uniform(1, 12) * 3600

    def _crashes(self) -> None:
        process = self.process
        if process is None or not process.alive or process.dies_in is not None:
            return
        if self.rng.random() < 0.2:
            self.note("dies", "in its sleep")
            self.trouble("process")
            loop.kill(process.life)
            self._ended(self._downtime())
        else:
            process.dies_in = 1 + min(200, int(self.rng.expovariate(1 / 12)))
            if self.rng.random() < 0.7:
                process.dies_at = self.rng.choice(AIMS)
                process.dies_in = self.rng.randrange(1, 10)

    def _upgrade(self) -> None:
        process = self.process
        if process is None or not process.alive:
            return
        self.note("stops", "in order")
        self.trouble("process")
        process.ask_to_stop()

        def buried() -> None:
            loop.kill(process.life)
            self._ended(self.rng.uniform(1, 90))

        self.later(self.rng.uniform(5, 30), buried)

    def _telegram_away(self) -> None:
        away = self.rng.lognormvariate(math.log(self.profile.away_seconds), 1.7)
        how = self.rng.choice(("refuses", "hangs", "fails", "deaf"))
        self.telegram_away(min(8 * 3600.0, away), Weather(away=how))

    def telegram_away(self, seconds: float, weather: Weather) -> None:
        """Telegram cannot be reached from now on, for so long."""
        if self.telegram.weather.away:
            return
        self.telegram.weather = weather
        self.trouble("telegram")
        self.away_since = self._now()
        self.later(60.0, self._another_way)
        self.telegram.wake()
        self.later(seconds, self._fair_weather)

    def _another_way(self) -> None:
        """While Telegram is away: is somebody told by the second channel?"""
        if not self.telegram.weather.away:
            return
        if self._troubles == {"telegram"}:
            since = max(self.away_since, self.itself_since, self.moved_at)
            self.checker.another_way(since)
        self.later(60.0, self._another_way)

    def _rough_weather(self) -> None:
        if self.telegram.weather is not self.steady:
            return
        self.telegram.weather = ROUGH
        self.trouble("telegram")
        self.later(self.rng.uniform(60, 5400), self._fair_weather)

    def _fair_weather(self) -> None:
        self.telegram.weather = self.steady
        self.over("telegram")

    def _disk_full(self) -> None:
        self.disk_full(self.rng.uniform(30, 7200))

    def disk_full(self, seconds: float) -> None:
        """No room from now on, for so long."""
        if self.disk.full:
            return
        self.disk.full, self.full_until = True, float("inf")
        self.trouble("disk")

        def room() -> None:
            self.disk.full, self.full_until = False, self._now()
            self.over("disk")

        self.later(seconds, room)

    def _somebody_blocks(self) -> None:
        self._blocks(self.rng.choice(list(self.people)))

    def _a_holder_blocks(self) -> None:
        """Somebody who has just said that they have it."""
        now = self.clock.now()
        watches = list(self.checker.watches)
        held = [needs.holder(self.checker.episodes[ref].facts, duty, now) for ref, duty in watches]
        if holders := sorted({one.by for one in held if one is not None}):
            self.hit("whoever had it blocked the bot")
            self._blocks(self.rng.choice(holders))

    def _blocks(self, person: str) -> None:
        line = self.telegram.by_person[person]
        if line.blocked:
            return
        self.managers_same_since = self._now()
        self.telegram.blocks(person, True)

        def back() -> None:
            self.managers_same_since = self._now()
            self.telegram.blocks(person, False)
            self.checker.came_back(person)

        self.later(self.rng.uniform(0.1, 60) * 3600, back)

    def _a_home_is_deserted(self) -> None:
        """Everybody who covers the homes of one cluster blocks the bot, for some hours; mostly
        where something is due."""
        due = sorted({self.checker.episodes[ref].home for ref, _ in self.checker.watches})
        clusters = [service.cluster(number) for number in range(4)]
        busy = [homes for homes in clusters if set(homes) & set(due)]
        homes = self.rng.choice(busy if busy and self.rng.random() < 0.8 else clusters)
        people = [s.id for s in self.made.config.staff if any(s.covers(h) for h in homes)]
        if any(self.telegram.by_person[one].blocked for one in people):
            return
        self.note("deserted", homes[0])
        self.managers_same_since = self._now()
        for one in people:
            self.telegram.blocks(one, True)

        def back() -> None:
            self.managers_same_since = self._now()
            for one in people:
                self.telegram.blocks(one, False)
                self.checker.came_back(one)

        self.later(self.rng.uniform(0.5, 20) * 3600, back)

    def _chat_moves(self) -> None:
        person = self.rng.choice(list(self.people))
        line = self.telegram.by_person[person]
        if not line.moved_to:
            self.telegram.moves(person, line.chat_id + 90000)

    # The young people, and who misses them ------------------------------------------------------

    def _somebody_goes(self) -> None:
        rng, now = self.rng, self.clock.true()
        away = {a.person for a in self.absences if not a.is_back(now)}
        young = rng.choice(self.made.people)
        if young.ref in away:
            return
        long, hours = self.profile.long_absences, self.profile.long_hours
        absence = life.absence(rng, young.home, young.ref, now, long, hours)
        self.absences.append(absence)
        self.later(rng.expovariate(1 / 2400), self._is_missed, absence, 3)

    def _is_missed(self, absence: life.Absence, tries: int) -> None:
        """Somebody on duty reports; if nothing comes of it somebody tries again later."""
        if absence.ref or tries == 0:
            return
        reporter = self._somebody(absence.home)
        if reporter is not None and reporter.intent is None:
            reporter.wants(people.Intent(what="report", absence=absence))
        self.later(self.rng.uniform(700, 3600), self._is_missed, absence, tries - 1)

    def _comes_back(self, absence: life.Absence, tries: int) -> None:
        """Somebody records the return, and looks after what is left to do."""
        episode = self.checker.episodes[absence.ref]
        if episode.closed_at is not None or tries == 0:
            return
        somebody = self._somebody(absence.home, managers=tries < 3)
        if somebody is not None and somebody.intent is None:
            somebody.wants(people.Intent(what="back", ref=absence.ref, absence=absence))
        wait = self.rng.uniform(1200, 7200) if tries == 4 else self.rng.uniform(10, 50) * 3600
        self.later(wait, self._comes_back, absence, tries - 1)

    def _somebody(self, home: str, *, managers: bool = False) -> people.PersonAtPhone | None:
        now = self.clock.now()
        named = sorted(needs.on_rota(home, now, self.made.policy, ()))
        found = [n for n in named if self.made.staff(n).active(now) and self._covers(n, home)]
        if not found or managers:
            staff = self.made.config.staff
            found = [
                s.id
                for s in staff
                if s.covers(home) and s.active(now) and (s.manages or not managers)
            ]
        found = [n for n in found if not self.telegram.by_person[n].blocked]
        return self.people[self.rng.choice(found)] if found else None

    def _covers(self, person: str, home: str) -> bool:
        return self.made.staff(person).covers(home)

    def _somebody_fidgets(self) -> None:
        luck = self.rng.random()
        if luck < 0.05:
            self.telegram.types("stranger", self.rng.choice(("/start", "hello?", "/open")))
            return
        person = self.people[self.rng.choice(list(self.people))]
        if luck < 0.1:
            self.telegram.types(person.staff.id, "", kind="sticker")
        elif person.intent is None and person.awake(self.clock.true()):
            person.fidgets()

    # The end ------------------------------------------------------------------------------------

    def _result(self) -> Result:
        broken = self._broken
        return Result(
            seed=self.seed,
            days=self.days,
            start=self.start,
            steps=self.steps,
            broken=str(broken) if broken else "",
            name=broken.name if broken else "",
            at=f"{self.clock.true():%a %d %b %Y %H:%M:%S}",
            trace=[self._line(e) for e in self._trace] if broken else [],
            digest=self._digest.hexdigest()[:16],
            counts=dict(self.counts),
            hits=dict(self.hits),
            chats=self.checker.chats,
        )

    @property
    def whole_trace(self) -> list[str]:
        return self._all or []


def simulate(
    seed: int,
    days: int,
    *,
    breaking: str = "",
    keep_trace: bool = False,
    rate: float = 1.0,
    profile: str = "",
) -> tuple[Result, list[str]]:
    """One run: the same arguments give the same result, step by step."""
    world = SimWorld(seed, days, keep_trace=keep_trace, rate=rate, profile=profile)
    with in_this_world(world), breaks.applied(breaking):
        result = loop.run(world.main())
    return result, world.whole_trace


def run_seed(given: tuple[int, int, str, float, str]) -> Result:
    """Seed, days, fault, rate and profile: for a pool of processes."""
    seed, days, breaking, rate, profile = given
    return simulate(seed, days, breaking=breaking, rate=rate, profile=profile)[0]


@contextlib.contextmanager
def in_this_world(world: SimWorld) -> Any:
    """Puts the world in the place of the machine: time, chance, the log, the drawing of charts."""
    replaced = [
        (handlers.draft_session, "secrets", world.secrets),
        (storage.reference, "secrets", world.secrets),
        (bot.sender, "_chart", lambda weeks: b"png"),
        (bot.monthly, "picture", lambda figures: b"png"),
        (reminders.engine, "HEARTBEAT_SECONDS", 900.0),
        (bot.arrivals, "LOOK_SECONDS", world.looks_for_commands),
        (bot.audit_trail, "LOOK_SECONDS", max(20.0, world.looks_for_commands)),
        (bot.switch_command, "LOOK_SECONDS", world.looks_for_commands),
        (bot.second_channel, "_notify", world.gateway.notify),
    ]
    before = [(module, name, getattr(module, name)) for module, name, _ in replaced]
    for module, name, value in replaced:
        setattr(module, name, value)

    def hear(_: Any, level: str, event: dict[str, Any]) -> Any:
        world.logged(level, str(event.pop("event", "")), event)
        raise structlog.DropEvent

    config = structlog.get_config()
    structlog.configure(
        processors=[_with_error, hear],
        wrapper_class=structlog.make_filtering_bound_logger(40),
        cache_logger_on_first_use=False,
    )
    notify = os.environ.pop("NOTIFY_SOCKET", None)
    try:
        yield
    except Exception as error:
        error.add_note(f"seed {world.seed}")
        raise
    finally:
        structlog.configure(**config)
        for module, name, value in before:
            setattr(module, name, value)
        if notify is not None:
            os.environ["NOTIFY_SOCKET"] = notify


def _with_error(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    import sys
    import traceback

    if event.get("exc_info"):
        error = event["exc_info"]
        if error is True:
            error = sys.exc_info()[1]
        if isinstance(error, BaseException):
            lines = traceback.format_exception(error)
            event["exc_info"] = "".join(lines)[-1500:]
    return event
