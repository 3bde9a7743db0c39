"""Bad weeks, drawn by a seed: people who forget, block and press anything, a Telegram that drops,
repeats and refuses, a process that is killed while it sends. What must hold is checked all along.
"""

import asyncio
import os
import random
from collections import deque
from datetime import datetime, timedelta

import pytest

from protocol import facts as f
from reminders.all_clear import ASKING
from reminders.combining import parts
from reminders.duties import AFTER_RETURN
from reminders.policy import NightCheck, Policy
from reminders.sending import MaybeSent, NotSent, TooFast, Unreachable
from tests.reminders.virtual import run, utc
from tests.reminders.world import World

POLICY = Policy(night_check=NightCheck(enabled=False))
SEEDS = int(os.environ.get("NIGHTLIGHT_BAD_WEEKS", "6"))
"""How many weeks; more by setting the variable."""
STEPS = 100
PATIENCE = timedelta(minutes=10)


class Week:
    """One week under one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.world = World(start=utc("2026-03-27 18:00"), policy=POLICY)
        self.world.telegram.fails = self.weather
        self.mood = "fine"
        self.rough_until: datetime = self.world.clock._start
        self.blocked: set[str] = set()
        self.returned: dict[str, datetime] = {}
        self.cases: list[str] = []
        self.window: deque[float] = deque()
        self.refused = 0
        self.checked = 0

    def weather(self, message):
        """Telegram as it is at the moment; also keeps its account of the permitted rate."""
        now = asyncio.get_running_loop().time()
        while self.window and self.window[0] <= now - 1.0:
            self.window.popleft()
        self.window.append(now)
        if len(self.window) > 30:
            self.refused += 1
        self.world.telegram.arrives_all_the_same = False
        if self.mood == "down":
            return NotSent("no connection")
        if message.to in self.blocked:
            return Unreachable("bot was blocked by the user")
        if self.mood == "flaky":
            kind = self.random.randrange(4)
            if kind == 0:
                self.world.telegram.arrives_all_the_same = True
                return MaybeSent("the answer was lost")
            if kind == 1:
                return MaybeSent("bad gateway")
            if kind == 2:
                return TooFast(self.random.randrange(1, 20))
        return None

    async def live(self) -> None:
        world = self.world
        await world.__aenter__()
        for _ in range(STEPS):
            await getattr(self, self.random.choices(*zip(*self.acts, strict=True))[0])()
            await world.advance(seconds=self.random.choice([1, 20, 300, 1800, 5400]))
            await self.check()
        self.mood = "fine"
        await world.advance(minutes=30)
        await self.check()
        await world.engine.stop()

    acts = (
        ("report", 2),
        ("come_back", 2),
        ("close", 1),
        ("tell", 3),
        ("have_it", 6),
        ("done", 3),
        ("press_anything", 2),
        ("block", 1),
        ("unblock", 2),
        ("change_weather", 4),
        ("crash", 2),
        ("hand_over", 1),
        ("wait", 6),
    )

    async def wait(self) -> None:
        await self.world.advance(minutes=self.random.randrange(1, 60))

    def open(self) -> list[str]:
        return [ref for ref in self.cases if ref not in self.returned]

    async def report(self) -> None:
        if len(self.open()) < 4:
            ref = f"RH-{len(self.cases) + 100}"
            home = self.random.choice(["rowan", "cedar"])
            self.cases.append(ref)
            await self.world.report(
                ref,
                home=home,
                person=f"YP-{self.random.randrange(6)}",
                by="amy" if home == "rowan" else "cay",
                ago=timedelta(minutes=self.random.randrange(600)),
                told=self.random.random() < 0.5,
            )

    async def come_back(self) -> None:
        if self.open():
            ref = self.random.choice(self.open())
            self.returned[ref] = self.world.clock.now()
            await self.world.returns(ref)

    async def close(self) -> None:
        for ref in self.returned:
            record = await self.world.store.episode(ref)
            if record.closed_at is None and self.random.random() < 0.3:
                await self.world.records(ref, self.world.fact(f.Closed), close=True)

    async def tell(self) -> None:
        if self.open():
            facts = self.world.everybody_told()
            await self.world.records(self.random.choice(self.open()), self.random.choice(facts))

    async def have_it(self) -> None:
        asked = [g for g in self.world.telegram.got if g.message.kind in ASKING]
        if asked:
            got = self.random.choice(asked[-6:])
            await self.world.has_it(got.ref, got.message.about, got.to)

    async def press_anything(self) -> None:
        if self.cases:
            who = self.random.choice(["amy", "ben", "cay", "mia"])
            duty = self.random.choice(["CP-4H", "N-RA", "SIGN-OFF", "RI-72H", "NONSENSE"])
            answer = await self.world.has_it(self.random.choice(self.cases), duty, who)
            assert answer.outcome != "done" or answer.owner == who

    async def done(self) -> None:
        if self.open():
            duty = self.random.choice(["CP-4H", "CP-24H", "CP-72H-OPEN"])
            fact = self.world.fact(f.DutyDone, duty=duty)
            await self.world.records(self.random.choice(self.open()), fact)

    async def block(self) -> None:
        self.blocked = {self.random.choice(["amy", "ben", "cay"])}

    async def unblock(self) -> None:
        for who in self.blocked:
            await self.world.shifts.staff_started(who)
        self.blocked = set()

    async def change_weather(self) -> None:
        self.mood = self.random.choice(["fine", "fine", "flaky", "down"])
        self.rough_until = self.world.clock.now()

    async def hand_over(self) -> None:
        offer = await self.world.shifts.hand_over(
            self.world.staff("amy"), self.world.staff("ben"), ["rowan"]
        )
        if offer is not None and self.random.random() < 0.6:
            await self.world.shifts.accept(self.world.staff("ben"), offer.id)

    async def crash(self) -> None:
        """Killed wherever it stands, and started again a little later."""
        me = asyncio.current_task()
        for task in asyncio.all_tasks():
            if task is not me:
                task.cancel()
        self.world.engine.alarm.stop()
        self.world.engine._stopping = True
        self.world.engine.planner.stop()
        self.world.engine.delivery._running = False
        await self.world.advance(seconds=self.random.choice([1, 60, 3600]))
        self.world.make()
        await self.world.engine.start()
        self.rough_until = self.world.clock.now()

    # What must hold -------------------------------------------------------------------------------

    async def check(self) -> None:
        world, now = self.world, self.world.clock.now()
        homes = {ref: (await world.store.episode(ref)).home for ref in self.cases}
        for got in world.telegram.got[self.checked :]:
            if got.ref:
                assert world.staff(got.to).covers(homes[got.ref]), got
            back = self.returned.get(got.ref)
            if (
                got.message.kind in ASKING
                and back is not None
                and got.at - back > timedelta(seconds=2)
            ):
                assert got.message.about in AFTER_RETURN, (got, back)
        self.checked = len(world.telegram.got)
        seen: dict[tuple[str, str], int] = {}
        for got in world.telegram.got:
            key = (got.ref, got.message.id)
            if key in seen:
                assert got.message.ambiguous, f"a repeat that cannot be recognised: {got}"
            seen[key] = seen.get(key, 0) + 1
        assert self.refused == 0
        if self.mood == "down":
            self.rough_until = now
        if self.mood == "fine" and now - self.rough_until > PATIENCE:
            await self.nobody_is_forgotten(now)

    async def nobody_is_forgotten(self, now: datetime) -> None:
        """Each duty that has been due for some minutes was asked of somebody who could be."""
        for ref in self.open():
            record = await self.world.store.episode(ref)
            for duty in self.world.engine.cases.duties_in(record)[1]:
                begun = duty.round_start(now)
                if duty.at > now or not duty.in_protocol or now - begun < PATIENCE:
                    continue
                reached = [
                    m
                    for m in record.messages
                    if m.about == duty.id
                    and m.kind in ASKING
                    and m.state == "sent"
                    and m.created_at >= begun
                ]
                assert reached, (ref, duty, [(m.id, m.state, m.error) for m in record.messages])


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_bad_week(seed):
    run(Week(seed).live())


def test_parts_of_a_single_message_is_the_message_itself():
    """The reader of joined messages takes both kinds."""
    from storage.model import Message

    now = utc("2026-03-27 18:00")
    one = Message(id="m", to="amy", kind="notice", created_at=now, due_at=now)
    assert parts(one) == [("", one)]
