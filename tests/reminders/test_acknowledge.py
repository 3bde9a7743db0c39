"""What people do with a reminder: have it, take it over, give it back, put it off, press late."""

from datetime import timedelta

from protocol import facts as f
from storage.model import Message
from storage.store import Change
from tests.reminders.virtual import FrozenClock, in_virtual_time, utc
from tests.reminders.world import FRIDAY_NIGHT, World


@in_virtual_time
async def test_only_one_person_has_it():
    """The second "I have it" changes nothing and says who has it; a take-over is explicit."""
    async with World() as world:
        ref = await world.report(ago=timedelta(0))
        await world.until(utc("2026-03-07 01:52"))
        first = await world.has_it(ref, "CP-4H", "amy", next_step="ring mum")
        second = await world.has_it(ref, "CP-4H", "ben")
        assert (first.outcome, second.outcome, second.owner) == ("done", "held_by_other", "amy")
        assert second.next_step == "ring mum"
        third = await world.has_it(ref, "CP-4H", "ben", take_over=True)
        assert (third.outcome, third.owner) == ("done", "ben")
        assert [d.owner for d in (await duties(world, ref)) if d.id == "CP-4H"] == ["ben"]
        world.telegram.new()
        await world.advance(seconds=5)
        assert ("amy", "taken CP-4H") in [(g.to, g.said) for g in world.telegram.got]


async def duties(world, ref):
    return world.engine.cases.duties_in(await world.store.episode(ref))[1]


@in_virtual_time
async def test_given_back_it_is_asked_again_at_once():
    async with World() as world:
        ref = await world.report(ago=timedelta(0))
        await world.until(utc("2026-03-07 01:31"))
        await world.has_it(ref, "CP-4H", "amy")
        await world.advance(minutes=5)
        [answer] = await world.acts.release(ref, ["CP-4H"], world.staff("amy"))
        assert answer.outcome == "done"
        await world.advance(minutes=1)
        assert world.asked("CP-4H") == [("01:30", "amy"), ("01:36", "amy")]


@in_virtual_time
async def test_a_button_on_an_old_message_does_nothing_wrong():
    """After the return, after closing, in another home's case, on a duty that never was."""
    async with World() as world:
        ref = await world.report(ago=timedelta(0))
        await world.until(utc("2026-03-07 01:31"))
        assert (await world.has_it(ref, "CP-4H", "cay")).outcome == "not_allowed"
        assert (await world.has_it("RH-9999", "CP-4H", "amy")).outcome == "not_allowed"
        assert (await world.has_it(ref, "NO-SUCH", "amy")).outcome == "over"
        await world.returns(ref)
        assert (await world.has_it(ref, "CP-4H", "amy")).outcome == "over"
        before = len((await world.store.episode(ref)).entries)
        await world.records(ref, world.fact(f.Closed), close=True)
        assert (await world.has_it(ref, "SIGN-OFF", "mia")).outcome == "closed"
        assert len((await world.store.episode(ref)).entries) == before + 1


@in_virtual_time
async def test_snooze_goes_up_to_the_due_time_and_no_further():
    async with World() as world:
        ref = await world.report(ago=timedelta(hours=1))
        await world.returns(ref)
        await world.until(utc("2026-03-08 22:00"))
        due = next(d for d in await duties(world, ref) if d.id == "RI-72H")
        answer = await world.acts.snooze(
            ref, "RI-72H", world.staff("amy"), due.at + timedelta(hours=5)
        )
        assert (answer.outcome, answer.until) == ("done", due.at)
        assert world.asked("RI-72H") == []
        await world.until(due.at + timedelta(minutes=1))
        assert world.asked("RI-72H") == [("21:30", "amy")]
        late = await world.acts.snooze(
            ref, "RI-72H", world.staff("amy"), due.at + timedelta(hours=5)
        )
        assert late.outcome == "too_late"


@in_virtual_time
async def test_telling_the_social_worker_alone_is_not_enough():
    """The reminder goes on, and the first on duty and the manager are told why, once."""
    async with World() as world:
        ref = await world.report(ago=timedelta(0), told=False)
        await world.records(ref, world.fact(f.PoliceTold))
        await world.until(utc("2026-03-06 22:31"))
        assert world.asked("N-RA") == [("22:30", "amy")]
        await world.records(ref, world.fact(f.AuthorityTold, role="social_worker", by="amy"))
        await world.until(utc("2026-03-06 23:00"))
        notes = [g.to for g in world.telegram.got if g.message.kind == "not_enough"]
        assert notes == ["mia"]
        asked = [g for g in world.telegram.got if g.message.kind != "not_enough"]
        assert len([g for g in asked if g.message.about == "N-RA"]) >= 2
        await world.records(ref, world.fact(f.AuthorityTold, role="edt_duty_manager", by="amy"))
        world.telegram.new()
        await world.until(utc("2026-03-06 23:29"))
        assert not [s for _, s in world.telegram.new() if "N-RA" in s]


@in_virtual_time
async def test_unknown_concerns_are_asked_again_on_the_next_working_day():
    """Logged on Friday night as "don't know": asked on Monday at ten, until answered."""
    async with World() as world:
        child = f.Child(age=15, looked_after=True, historical_concerns="unknown")
        ref = await world.report(ago=timedelta(0), child=child)
        await world.until(utc("2026-03-09 09:59"))
        assert world.asked("ASK-CONCERNS") == []
        await world.until(utc("2026-03-09 10:01"))
        assert world.asked("ASK-CONCERNS") == [("10:00", "amy")]
        known = f.Child(age=15, looked_after=True, historical_concerns=False)
        await world.records(ref, world.fact(f.ChildChanged, child=known))
        await world.advance(days=3)
        assert len(world.asked("ASK-CONCERNS")) == 1


@in_virtual_time
async def test_a_level_that_rises_is_announced_once():
    async with World() as world:
        ref = await world.report(ago=timedelta(0))
        await world.until(utc("2026-03-07 03:00"))
        raised = world.fact(f.LevelRaised, by="ben", level=3, reason="seen with strangers")
        await world.records(ref, raised)
        await world.advance(hours=1)
        told = [
            (g.to, g.message.data["before"], g.message.data["level"])
            for g in world.telegram.got
            if g.message.kind == "level"
        ]
        assert told == [("amy", 1, 2), ("mia", 1, 2), ("amy", 2, 3), ("mia", 2, 3)]


@in_virtual_time
async def test_found_and_gone_again():
    """Found at two, gone again at half past: the first case falls silent, the next one asks."""
    async with World() as world:
        ref = await world.report(ago=timedelta(0))
        await world.until(utc("2026-03-07 02:00"))
        await world.records(ref, world.fact(f.Located, where="station"))
        await world.advance(minutes=30)
        gone = world.fact(f.GoneAgain, next_episode="RH-3456")
        await world.records(ref, gone)
        await world.report("RH-3456", person="YP-1", ago=timedelta(0))
        world.telegram.new()
        asked_before = len([g for g in world.telegram.got if g.ref == ref])
        await world.until(utc("2026-03-07 07:00"))
        later = [g for g in world.telegram.got if g.ref == ref][asked_before:]
        assert [g.said for g in later if g.message.about.startswith("CP-")] == []
        second = [g.said for g in world.telegram.got if g.ref == "RH-3456"]
        assert "reminder CP-4H" in second


@in_virtual_time
async def test_a_wrong_return_that_is_withdrawn_starts_the_asking_again():
    async with World() as world:
        ref = await world.report(ago=timedelta(0))
        await world.until(utc("2026-03-07 01:32"))
        back = world.fact(f.Returned)
        await world.records(ref, back)
        await world.until(utc("2026-03-07 01:42"))
        assert world.asked("CP-4H") == [("01:30", "amy")]
        await world.records(ref, world.fact(f.Withdrawn, fact=back.id, reason="wrong child"))
        await world.advance(minutes=1)
        assert world.asked("CP-4H") == [("01:30", "amy"), ("01:42", "amy")]


@in_virtual_time
async def test_weekly_reviews_one_by_one_and_the_meeting_before_fourteen_days():
    async with World() as world:
        ref = await world.report(ago=timedelta(0))
        for duty in ("CP-4H", "CP-24H", "CP-72H-OPEN"):
            await world.records(ref, world.fact(f.DutyDone, duty=duty))
        await world.until(utc("2026-03-15 08:59"))
        weekly = [g for g in world.telegram.got if g.message.about == "REV-WEEKLY"]
        assert weekly == []
        await world.until(utc("2026-03-16 09:01"))
        weekly = [g for g in world.telegram.got if g.message.about == "REV-WEEKLY"]
        assert weekly[-1].at.strftime("%a %d %H:%M") == "Mon 16 09:00"
        assert {g.to for g in weekly} == {"mia"}, "managers, by day"
        await world.records(ref, world.fact(f.DutyDone, duty="REV-WEEKLY"))
        world.telegram.new()
        await world.until(utc("2026-03-17 08:59"))
        assert not [s for _, s in world.telegram.new() if "REV-WEEKLY" in s]
        await world.until(utc("2026-03-17 09:01"))
        meeting = [g for g in world.telegram.got if g.message.about == "STRAT-14D"]
        assert meeting[0].message.data["early"]
        assert meeting[0].at.strftime("%d %H:%M") == "17 09:00"
        await world.until(utc("2026-03-23 09:01"))
        weekly = [g for g in world.telegram.got if g.message.about == "REV-WEEKLY"]
        assert weekly[-1].at.strftime("%d %H:%M") == "23 09:00"


@in_virtual_time
async def test_the_interview_is_asked_for_a_day_before_and_until_it_is_held():
    async with World() as world:
        ref = await world.report(ago=timedelta(hours=6))
        await world.returns(ref)
        await world.records(ref, world.fact(f.SafeAndWell, done=True))
        await world.until(utc("2026-03-07 10:01"))
        assert world.asked("RI-OFFER") == [("10:00", "amy")]
        await world.records(ref, world.fact(f.InterviewOffered))
        await world.until(utc("2026-03-09 08:01"))
        assert world.asked("RI-72H") == [("08:00", "amy")]
        await world.until(utc("2026-03-09 21:31"))
        assert world.asked("RI-72H")[-1] == ("21:30", "amy")
        await world.records(ref, world.fact(f.InterviewHeld, held_by="independent visitor"))
        count = len(world.asked("RI-72H"))
        await world.advance(days=2)
        assert len(world.asked("RI-72H")) == count
        assert {who for _, who in world.asked("SIGN-OFF")} == {"mia"}


@in_virtual_time
async def test_nothing_is_due_in_the_first_minutes_because_the_author_has_the_card():
    """Police not told yet when logged: the author is not pinged while still at the card."""
    async with World() as world:
        await world.report(ago=timedelta(0), told=False)
        await world.advance(minutes=4)
        assert world.telegram.new() == []
        await world.advance(minutes=2)
        assert world.telegram.new() == [("amy", "reminder N-POLICE")]
        assert "late_minutes" not in world.telegram.got[0].message.data


@in_virtual_time
async def test_down_across_each_checkpoint_nothing_is_lost():
    """The process is down over 4 h, 24 h and 72 h; each goes out at once, marked LATE."""
    async with World() as world:
        ref = await world.report(ago=timedelta(0))
        for duty, down, up in (
            ("CP-4H", "2026-03-07 01:00", "2026-03-07 02:05"),
            ("CP-24H", "2026-03-07 21:00", "2026-03-07 22:05"),
            ("CP-72H-OPEN", "2026-03-09 21:00", "2026-03-09 22:05"),
        ):
            await world.until(utc(down))
            await world.process_down(until=utc(up))
            await world.advance(seconds=30)
            asked = [g for g in world.telegram.got if g.message.about == duty]
            assert asked[-1].message.data["late_minutes"] == 35, duty
            assert asked[-1].message.kind == "reminder"
            await world.records(ref, world.fact(f.DutyDone, duty=duty))


@in_virtual_time
async def test_a_practice_clock_that_stands_still_and_is_moved_by_hand():
    clock = FrozenClock(FRIDAY_NIGHT)
    async with World(clock=clock) as world:
        await world.report(ago=timedelta(0))
        await world.advance(days=3)
        assert world.telegram.new() == []
        assert world.engine.next_at == utc("2026-03-07 01:30")
        clock.shift(timedelta(hours=4))
        await world.advance(seconds=1)
        assert world.asked("CP-4H") == [("01:30", "amy")]
        assert world.engine.idle


@in_virtual_time
async def test_idle_tells_when_all_is_said():
    async with World() as world:
        changes = []
        world.engine.events.idle_changed.listen(lambda: changes.append(world.engine.idle))
        await world.report(ago=timedelta(0))
        await world.until(utc("2026-03-07 01:29"))
        assert world.engine.idle
        world.telegram.delay = 2
        await world.until(utc("2026-03-07 01:30") + timedelta(seconds=1))
        assert not world.engine.idle
        await world.advance(seconds=30)
        assert world.engine.idle and changes[-1]


@in_virtual_time
async def test_a_message_of_a_handler_goes_out_too():
    """Any waiting message that a handler put on record is sent."""
    async with World() as world:
        ref = await world.report(ago=timedelta(0))
        record = await world.store.episode(ref)
        now = world.clock.now()
        card = Message(id="card~1", to="ben", kind="card", created_at=now, due_at=now)
        await world.store.commit(ref, record.version, Change(messages=[card]))
        await world.engine.planner.changed(ref)
        await world.advance(seconds=2)
        assert world.telegram.new() == [("ben", "card")]
