"""Stories of a machine whose clock is set back, or forward."""

import time
from datetime import timedelta

import pytest

from handlers.wording import common
from protocol import facts as f
from protocol.clock_corrections import as_corrected
from protocol.fold import fold
from reminders.clock import SystemClock
from reminders.duties import read
from tests.reminders.test_shifts import NIGHTS
from tests.reminders.virtual import in_virtual_time, utc
from tests.reminders.world import World

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def alarms(world):
    return [g.message.data["what"] for g in world.telegram.got if g.message.kind == "alarm"]


@pytest.mark.parametrize("back", [HOUR, DAY])
@in_virtual_time
async def test_a_due_duty_is_asked_at_once_after_the_clock_went_back(back):
    """Police were not told; the case was logged a moment ago, by a clock that was ahead."""
    async with World() as world:
        await world.report(told=False)
        await world.advance(minutes=6)
        assert ("amy", "reminder N-POLICE") in world.telegram.new()
        world.clock.shift(-back)
        await world.advance(seconds=20)
        assert ("amy", "reminder N-POLICE") in world.telegram.new()
        assert alarms(world) == ["clock_back"]
        said = [g.message for g in world.telegram.got if g.message.about == "N-POLICE"][-1]
        assert "late_minutes" not in said.data
        assert "in 0 min" not in common.due(
            utc(said.data["duty_at"][:16].replace("T", " ")), world.clock.now()
        )


@pytest.mark.parametrize("back", [HOUR, DAY])
@in_virtual_time
async def test_the_asking_goes_on_to_the_next_person_after_the_clock_went_back(back):
    async with World() as world:
        await world.report(told=False)
        await world.advance(minutes=16)
        world.clock.shift(-back)
        await world.advance(seconds=20)
        world.telegram.new()
        await world.advance(minutes=61)
        assert {who for who, said in world.telegram.new() if said.endswith("N-POLICE")} >= {
            "amy",
            "ben",
            "mia",
        }


@in_virtual_time
async def test_the_next_check_counts_from_the_correction_at_the_latest():
    """A case that was logged by a clock a day ahead: the four hours end four hours later."""
    async with World() as world:
        ref = await world.report()
        world.clock.shift(-DAY)
        await world.advance(hours=4, minutes=1)
        assert [who for _, who in world.asked("CP-4H")] == ["amy"]
        folded = fold((await world.store.episode(ref)).facts)
        assert folded.last_seen_at <= world.clock.now() - 4 * HOUR


@pytest.mark.parametrize("back", [HOUR, DAY])
@in_virtual_time
async def test_noticed_at_the_start_as_well(back):
    """The clock was put right while the process was down."""
    async with World() as world:
        await world.report(told=False)
        await world.advance(minutes=6)
        await world.engine.stop()
        world.clock.shift(-back)
        world.make()
        await world.engine.start()
        world.telegram.new()
        await world.advance(seconds=20)
        assert ("amy", "reminder N-POLICE") in world.telegram.new()
        assert alarms(world) == ["clock_back"]


@in_virtual_time
async def test_i_have_it_holds_no_longer_than_it_was_meant_to():
    async with World() as world:
        ref = await world.report(told=False)
        await world.advance(minutes=6)
        answer = await world.has_it(ref, "N-POLICE", "amy")
        length = answer.until - world.clock.now()
        world.clock.shift(-DAY)
        await world.advance(seconds=20)
        world.telegram.new()
        await world.until(world.clock.now() + length)
        await world.advance(minutes=1)
        assert ("amy", "reminder N-POLICE") in world.telegram.new()


@in_virtual_time
async def test_who_took_over_still_is_first_after_the_clock_went_back():
    async with World(policy=NIGHTS, start=utc("2026-03-07 22:00")) as world:
        await world.shifts.take_over(world.staff("mia"), ["rowan"])
        world.clock.shift(-HOUR)
        await world.advance(seconds=20)
        assert world.shifts.on_duty("rowan") == ("mia", "ben")


@in_virtual_time
async def test_a_hand_over_still_runs_out_in_time_after_the_clock_went_back():
    async with World(policy=NIGHTS) as world:
        await world.shifts.hand_over(world.staff("ben"), world.staff("amy"), ["rowan"])
        world.clock.shift(-DAY)
        await world.advance(minutes=16)
        assert ("ben", "handover_kept") in world.telegram.new()


@in_virtual_time
async def test_the_digest_still_comes_after_the_clock_went_back_a_week():
    """It was sent by a clock that was a week ahead."""
    async with World(start=utc("2026-03-16 08:50")) as world:
        await world.advance(minutes=15)
        await world.shifts.digest_setting(world.staff("mia"), weekday=0, hour=10)
        await world.until(utc("2026-03-16 10:01"))
        assert ("mia", "digest") in world.telegram.new()
        world.clock.shift(-7 * DAY)
        await world.advance(seconds=20)
        world.clock.shift(6 * DAY + 23 * HOUR + timedelta(minutes=50))
        await world.advance(minutes=15)
        assert ("mia", "digest") in world.telegram.new()


@in_virtual_time
async def test_a_clock_that_comes_forward_again_takes_the_correction_back():
    """It was set back by mistake and put right a quarter of an hour later."""
    async with World() as world:
        ref = await world.report()
        before = fold((await world.store.episode(ref)).facts)
        world.clock.shift(-DAY)
        await world.advance(minutes=15)
        assert fold((await world.store.episode(ref)).facts).last_seen_at < before.last_seen_at
        world.clock.shift(DAY)
        await world.advance(minutes=1)
        assert fold((await world.store.episode(ref)).facts).last_seen_at == before.last_seen_at
        assert alarms(world) == ["clock_back", "clock_forward"]
        await world.until(utc("2026-03-07 01:21"))
        assert ("amy", "reminder CP-4H") in world.telegram.new()


@in_virtual_time
async def test_a_clock_that_jumps_forward_makes_nothing_wait():
    async with World() as world:
        await world.report()
        world.clock.shift(4 * HOUR)
        await world.advance(seconds=20)
        assert ("amy", "reminder CP-4H") in world.telegram.new()
        assert alarms(world)[0] == "clock_forward"


@in_virtual_time
async def test_a_clock_that_is_kept_right_is_left_alone():
    async with World() as world:
        ref = await world.report()
        world.clock.shift(timedelta(seconds=-20))
        await world.advance(minutes=1)
        assert not alarms(world)
        facts = (await world.store.episode(ref)).facts
        assert not any(isinstance(x, f.ClockCorrected) for x in facts)


def test_what_was_written_down_first_stays_first():
    """A return is withdrawn in the seconds before anybody notices that the clock went back."""
    ahead, now = utc("2026-03-07 21:30"), utc("2026-03-06 21:30")
    facts = (
        f.Returned(id="f1", by="amy", recorded_at=ahead, at=ahead),
        f.Withdrawn(id="f2", by="amy", recorded_at=now, at=now, fact="f1", reason="not them"),
        f.ClockCorrected(id="f3", by="nightlight", recorded_at=now, at=now, was=ahead),
    )
    assert [x.recorded_at for x in as_corrected(facts)] == [now, now, now]
    late = f.ClockCorrected(
        id="f3", by="nightlight", recorded_at=now + HOUR, at=now + HOUR, was=ahead
    )
    assert [x.recorded_at for x in as_corrected((*facts[:2], late))] == [now, now, now + HOUR]


def test_the_machines_clock_is_watched_against_the_monotonic_one(monkeypatch):
    clock = SystemClock()
    assert abs(clock.moved()) < timedelta(seconds=1)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() - 3600)
    assert abs(clock.moved() + HOUR) < timedelta(seconds=1)
    assert abs(clock.moved()) < timedelta(seconds=1)


@in_virtual_time
async def test_an_alarm_keeps_its_record_when_the_clock_passes_the_same_time_again():
    """An hour back to the second at which the first asking began: what was sent then is still
    known, so that it can be edited when it is over."""
    async with World() as world:
        ref = await world.report(told=False)
        await world.advance(minutes=6)
        sent = [m for m in (await world.store.episode(ref)).messages if m.about == "N-POLICE"]
        began = min(m.created_at for m in sent)
        await world.advance(minutes=20)
        world.clock.shift(began - world.clock.now())
        await world.engine.tick()
        await world.advance(minutes=21)
        messages = (await world.store.episode(ref)).messages
        arrived = [g.to for g in world.telegram.got if g.message.about == "N-POLICE"]
        kept = [m.to for m in messages if m.about == "N-POLICE" and m.state == "sent"]
        assert sorted(arrived) == sorted(kept)
        assert arrived == ["amy", "ben", "mia", "mia"] * 2


@in_virtual_time
async def test_who_was_under_way_to_when_the_clock_went_back_is_asked_on():
    """The answer of Telegram comes after the correction, and brings no time that lies ahead."""
    async with World() as world:
        ref = await world.report(told=False)
        world.telegram.delay = 40
        await world.advance(minutes=5, seconds=10)
        world.clock.shift(-DAY)
        await world.advance(minutes=2)
        world.telegram.delay = 0.05
        now = world.clock.now()
        assert all(m.created_at <= now for m in (await world.store.episode(ref)).messages)
        await world.advance(minutes=40)
        assert {who for _, who in world.asked("N-POLICE")} >= {"amy", "ben", "mia"}


@pytest.mark.parametrize("back", [timedelta(seconds=40), HOUR])
@in_virtual_time
async def test_what_is_written_after_something_is_not_earlier_than_it(back):
    """Woken, then the clock goes back by some seconds, which nobody notices; then they are back:
    whoever was woken hears it, and of two times last seen the one written later counts."""
    async with World() as world:
        ref = await world.report(told=False)
        await world.advance(minutes=6)
        assert ("amy", "reminder N-POLICE") in world.telegram.new()
        first = world.fact(f.LastSeen, at=world.clock.now() - timedelta(minutes=30))
        await world.puts(ref, first)
        world.clock.shift(-back)
        second = world.fact(f.LastSeen, at=world.clock.now() - timedelta(minutes=20))
        await world.puts(ref, second)
        record = await world.store.episode(ref)
        assert fold(record.facts).last_seen_at == second.at
        assert (await world.engine.cases.standing_of(ref)).computed.start <= world.clock.now()
        await world.puts(ref, world.fact(f.Returned, by="ben"))
        await world.advance(minutes=1)
        assert ("amy", "over") in world.telegram.new()


@in_virtual_time
async def test_a_card_is_shown_before_anybody_noticed_that_the_clock_went_back():
    async with World() as world:
        ref = await world.report()
        world.clock.shift(-DAY)
        standing = await world.engine.cases.standing_of(ref)
        assert standing.computed.level == 1
        assert standing.computed.due


def test_a_return_logged_while_the_clock_was_ahead_is_asked_about_when_it_is_due() -> None:
    """The grace after a return counts from when it was logged by the clock as it was put right."""
    now = utc("2026-03-06 23:00")
    ahead = now + timedelta(days=1)
    seen = read(
        [
            f.Returned(id="f1", by="amy", recorded_at=ahead, at=now),
            f.ClockCorrected(id="f2", by="nightlight", recorded_at=now, at=now, was=ahead),
        ]
    )
    assert seen.back_at == now
