"""Stories of a Telegram that is down, slow, full, or has lost somebody."""

from datetime import timedelta

import msgspec
import pytest

from protocol import facts as f
from reminders.policy import Limits, Policy
from reminders.sending import (
    SENDING,
    MaybeSent,
    Moved,
    NotSent,
    Refused,
    Stopped,
    TooFast,
    Unreachable,
)
from storage.store import Change, NotSaved
from tests.reminders.virtual import VirtualClock, in_virtual_time, utc
from tests.reminders.world import FRIDAY_NIGHT, SERVICE, World, summarise
from tests.support.memory_store import MemoryStore


def with_addresses(*names: str):
    """The service in which these people have a second channel."""
    return msgspec.structs.replace(
        SERVICE,
        staff=tuple(
            msgspec.structs.replace(s, second_channel=("json://localhost/",))
            if s.id in names
            else s
            for s in SERVICE.staff
        ),
    )


class Gateway:
    """A second channel that takes everything."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str, str]] = []

    async def send(self, person, message, ref) -> None:
        self.got.append((person, ref, message.about))


@pytest.mark.usefixtures("own_heartbeat")
@in_virtual_time
async def test_telegram_is_down_from_one_to_five_on_the_night_the_clocks_go_forward():
    """29 March 2026: the 4 h check waits, goes by the second channel after ten minutes, and
    reaches each person once when Telegram is back, with how late it is."""
    gateway = Gateway()
    world = World(
        start=utc("2026-03-28 21:30"), second=gateway, service=with_addresses("amy", "mia")
    )
    async with world:
        await world.report(ago=timedelta(0))
        await world.until(utc("2026-03-29 01:00"))
        assert world.telegram.new() == []
        world.telegram.fails = lambda _: NotSent("no connection")
        await world.until(utc("2026-03-29 05:00"))
        assert world.telegram.new() == []
        assert ("amy", "RH-2345", "CP-4H") in gateway.got
        world.telegram.fails = lambda _: None
        await world.until(utc("2026-03-29 05:00") + timedelta(seconds=40))
        got = [g for g in world.telegram.got if g.message.about == "CP-4H"]
        assert sorted(g.to for g in got) == ["amy", "ben", "mia"]
        amy = next(g for g in got if g.to == "amy")
        assert amy.message.due_at == utc("2026-03-29 01:30")
        assert amy.message.data["late_minutes"] == 210
        assert not amy.message.ambiguous
        assert ("ada", "alarm") in world.telegram.new()


@in_virtual_time
async def test_the_second_channel_is_not_used_for_a_short_outage():
    gateway = Gateway()
    async with World(second=gateway, service=with_addresses("amy")) as world:
        await world.report(ago=timedelta(0))
        await world.until(utc("2026-03-07 01:29"))
        world.telegram.fails = lambda _: NotSent("no connection")
        await world.until(utc("2026-03-07 01:35"))
        world.telegram.fails = lambda _: None
        await world.until(utc("2026-03-07 01:36"))
        assert world.asked("CP-4H") == [("01:35", "amy")]
        assert gateway.got == []


class Useless:
    """A second channel whose address nobody can use."""

    async def send(self, person, message, ref) -> None:
        raise Refused("no address that can be used")


@in_virtual_time
async def test_an_address_that_cannot_be_used_is_told_once_a_day():
    """However many texts would have gone there."""
    async with World(second=Useless(), service=with_addresses("amy")) as world:
        ref = await world.report(ago=timedelta(0))
        await world.until(utc("2026-03-07 06:00"))
        told = [g for g in world.telegram.got if g.message.kind == "address"]
        assert {(g.to, g.message.data["person"]) for g in told} == {("mia", "amy"), ("ada", "amy")}
        assert len(told) == 2
        record = await world.store.episode(ref)
        assert sum(m.error.startswith("no address") for m in record.messages) > 1


class Overtaken(MemoryStore):
    """While the first attempt to send is being written down somebody records the return."""

    overtaken = False

    async def commit(self, ref, version, change):
        done = await super().commit(ref, version, change)
        if not self.overtaken and any(m.error == SENDING for m in change.messages):
            self.overtaken = True
            now = done.messages[-1].due_at
            back = f.Returned(id="back", by="ben", recorded_at=now, at=now)
            await super().commit(ref, done.version, Change(facts=[back]))
        return done


@in_virtual_time
async def test_a_return_that_is_written_while_a_reminder_waits_for_the_disk_stops_it():
    clock = VirtualClock(FRIDAY_NIGHT)
    store = Overtaken(summarise=summarise, now=clock.now)
    async with World(clock=clock, store=store) as world:
        await world.report(ago=timedelta(0))
        await world.until(utc("2026-03-07 01:32"))
        assert store.overtaken
        assert world.asked("CP-4H") == []


@in_virtual_time
async def test_a_lost_answer_is_sent_again_and_marked():
    async with World() as world:
        await world.report(ago=timedelta(0))
        errors = [MaybeSent("read timed out")]
        world.telegram.fails = lambda _: errors.pop() if errors else None
        world.telegram.arrives_all_the_same = True
        await world.until(utc("2026-03-07 01:31"))
        first, second = (g.message for g in world.telegram.got if g.message.about == "CP-4H")
        assert first.id == second.id
        assert (first.ambiguous, second.ambiguous) == (False, True)


@in_virtual_time
async def test_a_crash_while_sending_repeats_the_reminder_marked():
    """The attempt is on record before it is made, so the repeat can be recognised."""
    async with World() as world:
        await world.report(ago=timedelta(0))
        world.telegram.delay = 20
        await world.until(utc("2026-03-07 01:30") + timedelta(seconds=5))
        assert world.telegram.attempts[0][1] == "amy"
        await world.process_down(until=utc("2026-03-07 01:32"))
        await world.until(utc("2026-03-07 01:33"))
        asked = [g.message for g in world.telegram.got if g.message.about == "CP-4H"]
        assert [m.ambiguous for m in asked] == [True]
        assert asked[0].data["late_minutes"] == 2


@in_virtual_time
async def test_who_blocked_the_bot_is_passed_over_at_once_and_the_manager_is_told():
    async with World() as world:
        await world.report(ago=timedelta(0))
        world.telegram.fails = lambda m: (
            Unreachable("bot was blocked by the user") if m.to == "amy" else None
        )
        await world.until(utc("2026-03-07 01:30") + timedelta(seconds=20))
        assert world.asked("CP-4H") == [("01:30", "ben")]
        assert ("mia", "unreachable") in world.telegram.new()
        record = await world.store.episode("RH-2345")
        told = [e.fact for e in record.entries if isinstance(e.fact, f.Told)]
        assert ("amy", "unreachable") in [(t.to, t.outcome) for t in told]
        world.telegram.fails = lambda _: None
        await world.shifts.staff_started("amy")
        await world.until(utc("2026-03-07 02:20"))
        assert world.asked("CP-4H")[1:] == [
            ("01:40", "amy"),
            ("01:50", "ben"),
            ("02:00", "ben"),
            ("02:10", "mia"),
        ]
        assert not [g for g in world.telegram.got if g.message.kind == "unreachable"][1:]


@in_virtual_time
async def test_somebody_who_left_the_service_is_not_asked():
    left = utc("2026-03-06 00:00").date()
    service = msgspec.structs.replace(
        SERVICE,
        staff=tuple(
            msgspec.structs.replace(s, expires=left) if s.id == "amy" else s for s in SERVICE.staff
        ),
    )
    async with World(service=service) as world:
        await world.report(ago=timedelta(0), by="ben")
        await world.until(utc("2026-03-07 04:30"))
        assert world.asked("CP-4H")[0] == ("01:30", "ben")
        assert "amy" not in {g.to for g in world.telegram.got}


@in_virtual_time
async def test_a_group_that_moved_is_followed():
    async with World() as world:
        await world.report(ago=timedelta(0))
        world.telegram.fails = lambda m: Moved(-1007) if m.chat_id == 1 else None
        await world.until(utc("2026-03-07 01:31"))
        asked = [g.message for g in world.telegram.got if g.to == "amy"]
        assert {m.chat_id for m in asked} == {-1007}
        assert world.engine.service_state.reachability["amy"].chat_id == -1007


@in_virtual_time
async def test_where_a_group_moved_to_is_known_after_a_restart():
    """The new chat is on record: nothing goes to the old one any more."""
    async with World() as world:
        await world.report(ago=timedelta(0))
        old = []

        def moves(message):
            if message.chat_id == 1:
                old.append(message.id)
                return Moved(-1007)
            return None

        world.telegram.fails = moves
        await world.until(utc("2026-03-07 01:31"))
        assert len(old) == 1
        await world.process_down(until=utc("2026-03-07 01:40"))
        await world.until(utc("2026-03-07 01:50"))
        asked = [g.message for g in world.telegram.got if g.to == "amy"]
        assert len(asked) >= 2
        assert {m.chat_id for m in asked} == {-1007}
        assert len(old) == 1


@in_virtual_time
async def test_too_many_requests_holds_up_that_chat_alone():
    async with World() as world:
        await world.report(ago=timedelta(0))
        await world.report("CH-2345", home="cedar", person="YP-2", by="cay", ago=timedelta(0))
        errors = {"amy": TooFast(30)}
        world.telegram.fails = lambda m: errors.pop(m.to, None)
        await world.until(utc("2026-03-07 01:30") + timedelta(seconds=29))
        assert {who for _, who in world.asked("CP-4H")} == {"cay"}
        await world.until(utc("2026-03-07 01:31"))
        assert {who for _, who in world.asked("CP-4H")} == {"amy", "cay"}
        assert [who for _, who, _ in world.telegram.attempts].count("amy") == 2


@in_virtual_time
async def test_a_message_that_telegram_will_never_take_is_raised_to_the_manager():
    async with World() as world:
        await world.report(ago=timedelta(0))
        world.telegram.fails = lambda m: Refused("can't parse entities") if m.to == "amy" else None
        await world.until(utc("2026-03-07 01:31"))
        assert {(who, said) for who, said in world.telegram.new() if said == "refused"} == {
            ("mia", "refused"),
            ("ada", "refused"),
        }


@in_virtual_time
async def test_a_fault_in_the_wording_stops_neither_the_loop_nor_the_others():
    async with World() as world:
        await world.report(ago=timedelta(0))

        def broken(message):
            if message.to == "amy":
                raise KeyError("no such word")

        world.telegram.fails = broken
        await world.until(utc("2026-03-07 01:55"))
        assert ("01:50", "ben") in world.asked("CP-4H")


@in_virtual_time
async def test_a_refused_token_stops_sending_and_is_raised_to_the_owner():
    async with World() as world:
        stopped = []
        world.engine.events.telegram_refused.listen(lambda: stopped.append(True))
        await world.report(ago=timedelta(0))
        world.telegram.fails = lambda _: Stopped("401 Unauthorized")
        await world.until(utc("2026-03-07 03:00"))
        assert stopped == [True]
        assert {at.strftime("%H:%M") for at, _, _ in world.telegram.attempts} == {"01:30"}
        assert not world.engine.health()["ok"]


@in_virtual_time
async def test_pings_of_one_person_at_one_moment_are_one_message():
    """Two young people away since the same minute: one message with both 4 h checks."""
    async with World() as world:
        await world.report(ago=timedelta(0))
        await world.report("RH-3456", person="YP-2", ago=timedelta(0))
        await world.until(utc("2026-03-07 01:31"))
        mine = [g for g in world.telegram.got if g.to == "amy"]
        assert {(g.ref, g.message.about) for g in mine} >= {
            ("RH-2345", "CP-4H"),
            ("RH-3456", "CP-4H"),
        }
        assert len([a for a in world.telegram.attempts if a[1] == "amy"]) <= 2
        record = await world.store.episode("RH-3456")
        assert all(m.state == "sent" for m in record.messages if m.to == "amy")


@in_virtual_time
async def test_a_joined_message_that_is_refused_goes_out_in_single_ones():
    async with World() as world:
        await world.report(ago=timedelta(0))
        await world.report("RH-3456", person="YP-2", ago=timedelta(0))
        world.telegram.fails = lambda m: Refused("too long") if m.kind == "several" else None
        await world.until(utc("2026-03-07 01:31"))
        assert [who for _, who in world.asked("CP-4H")].count("amy") == 2
        assert not any(g.joined for g in world.telegram.got)


class FullDisk:
    """A store whose writes fail while `full`."""

    def __init__(self, store) -> None:
        self._store = store
        self.full = False

    def __getattr__(self, name):
        return getattr(self._store, name)

    async def commit(self, ref, version, change: Change):
        if self.full:
            raise NotSaved("no space left")
        return await self._store.commit(ref, version, change)

    async def update_office(self, **fields):
        if self.full:
            raise NotSaved("no space left")
        return await self._store.update_office(**fields)


@pytest.mark.usefixtures("own_heartbeat")
@in_virtual_time
async def test_a_full_disk_does_not_silence_reminders():
    world = World()
    disk = FullDisk(world.store)
    world.store = disk
    world.make()
    async with world:
        await world.report(ago=timedelta(0))
        disk.full = True
        await world.until(utc("2026-03-07 01:45"))
        assert world.asked("CP-4H") == [("01:30", "amy"), ("01:40", "amy")]
        assert world.engine.health()["unsaved_records"] == 1
        disk.full = False
        await world.advance(seconds=20)
        record = await world.store.episode("RH-2345")
        assert [m.state for m in record.messages if m.about == "CP-4H"] == ["sent", "sent"]
        assert world.engine.health()["unsaved_records"] == 0


@pytest.mark.parametrize("many", [40, 120])
def test_the_limits_are_kept_under_a_burst(many):
    """However many are due at once: 30 a second in all, and never a second too early."""

    @in_virtual_time
    async def burst():
        policy = Policy(limits=Limits(join_at_most=1))
        service = msgspec.structs.replace(
            SERVICE,
            staff=tuple(
                msgspec.structs.replace(SERVICE.staff[0], id=f"p{n}", telegram_id=100 + n)
                for n in range(many)
            ),
        )
        async with World(policy=policy, service=service, started=()) as world:
            for n in range(many):
                await world.engine.notices.tell([f"p{n}"], "test", "notice", {"n": n})
            await world.advance(seconds=many / 20 + 5)
            times = [at for at, _, _ in world.telegram.attempts]
            assert len(times) == many
            for first, later in zip(times, times[30:], strict=False):
                assert (later - first).total_seconds() > 1.0

    burst()
