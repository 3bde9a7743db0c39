"""Stories of single nights: who is asked, when, and until whom somebody answers."""

from datetime import datetime, time, timedelta
from itertools import pairwise

import msgspec

from protocol import facts as f
from protocol.london import LONDON
from reminders.policy import FOR_MANAGERS, OWN_LADDERS, Pattern, Policy
from tests.reminders import world as worlds
from tests.reminders.test_shifts import ALL
from tests.reminders.virtual import LoopAlarm, in_virtual_time, utc
from tests.reminders.world import SERVICE, World


class HastyAlarm(LoopAlarm):
    """Rings a millisecond too early the first time, as a clock that is being put right lets it."""

    hasty: datetime | None = None

    def set(self, moment: datetime | None) -> None:
        again = moment is None or moment == self.hasty
        self.hasty = moment
        super().set(moment if again else moment - timedelta(milliseconds=1))


@in_virtual_time
async def test_the_four_hour_check_is_asked_of_the_first_on_duty_at_four_hours():
    async with World() as world:
        ref = await world.report(ago=timedelta(0))
        await world.until(utc("2026-03-07 01:29"))
        assert world.telegram.new() == []
        await world.until(utc("2026-03-07 01:31"))
        assert world.telegram.new() == [
            ("amy", "reminder CP-4H"),
            ("amy", "level"),
            ("mia", "level"),
        ]
        answer = await world.has_it(ref, "CP-4H", "amy", next_step="ring the police")
        assert (answer.outcome, answer.owner) == ("done", "amy")
        assert answer.until - world.clock.now() == timedelta(minutes=60)
        await world.advance(minutes=50)
        assert world.telegram.new() == []


@in_virtual_time
async def test_nobody_answers_all_night():
    """Level 2: the first twice, the next twice, the managers twice, everybody, then the card."""
    async with World() as world:
        await world.report(ago=timedelta(0))
        await world.until(utc("2026-03-07 04:00"))
        assert world.asked("CP-4H") == [
            ("01:30", "amy"),
            ("01:40", "amy"),
            ("01:50", "ben"),
            ("02:00", "ben"),
            ("02:10", "mia"),
            ("02:20", "mia"),
            ("02:30", "amy"),
            ("02:30", "ben"),
            ("02:30", "mia"),
            *((at, who) for at in ("02:40", "03:10") for who in ("amy", "ben", "mia")),
        ]
        cards = [g.message for g in world.telegram.got if g.message.kind == "telephone"]
        assert cards[0].data["people"] == ["amy", "ben", "mia"]
        assert not any(g.to in ("cay", "ada") for g in world.telegram.got)


@in_virtual_time
async def test_acknowledged_and_forgotten():
    """ "I have it" ends the asking of all; not done in time, its owner is asked again first."""
    async with World() as world:
        ref = await world.report(ago=timedelta(0))
        await world.until(utc("2026-03-07 01:55"))
        assert world.asked("CP-4H")[-1] == ("01:50", "ben")
        world.telegram.new()
        await world.has_it(ref, "CP-4H", "ben", next_step="drive round")
        await world.advance(minutes=59)
        assert world.telegram.new() == []
        held = [g for g in world.telegram.edits if g.message.kind == "settled"]
        assert {(g.to, g.message.data["ended"][0]["by"]) for g in held} == {("amy", "ben")}
        await world.advance(minutes=2)
        assert world.telegram.new() == [("ben", "reminder CP-4H")]
        assert world.telegram.got[-1].message.data["was_with"] == "ben"
        await world.records(ref, world.fact(f.DutyDone, by="ben", duty="CP-4H"))
        await world.advance(hours=6)
        assert not [said for _, said in world.telegram.new() if "CP-4H" in said]


@in_virtual_time
async def test_the_return_stops_what_is_about_the_absence_at_once():
    async with World() as world:
        ref = await world.report(ago=timedelta(0))
        await world.until(utc("2026-03-07 01:45"))
        assert world.telegram.new()
        world.telegram.delay = 5
        await world.returns(ref)
        await world.until(utc("2026-03-07 07:59"))
        assert sorted(world.telegram.new()) == [("mia", "over")]
        await world.until(utc("2026-03-07 08:01"))
        assert world.telegram.new() == [("amy", "reminder SAFE-WELL")]
        await world.records(ref, world.fact(f.Closed), close=True)
        await world.advance(hours=48)
        assert world.telegram.new() == []


@in_virtual_time
async def test_the_return_does_not_stop_what_people_have_to_be_told():
    """Back before anybody was told: authority and parents still have to be, and the reminder ends
    with their word, not with the return."""
    async with World() as world:
        ref = await world.report(ago=timedelta(0), told=False)
        await world.returns(ref, told=False)
        await world.until(utc("2026-03-07 04:00"))
        asked = {about for _, about in world.telegram.new()}
        assert {"reminder N-RA", "reminder N-BACK-RA", "reminder N-PARENTS"} <= asked
        told = {"role": "edt_duty_manager", "how": "phone"}
        await world.records(ref, world.fact(f.AuthorityTold, **told), world.fact(f.ParentsTold))
        await world.advance(minutes=1)
        world.telegram.new()
        await world.advance(hours=2)
        rang = {about for _, about in world.telegram.new()}
        assert not rang & {"reminder N-RA", "reminder N-BACK-RA", "reminder N-PARENTS"}


@in_virtual_time
async def test_an_alarm_that_rings_too_early_rings_again(monkeypatch):
    """Not only the heartbeat, up to a quarter of a minute later, makes up for it."""
    monkeypatch.setattr(worlds, "LoopAlarm", HastyAlarm)
    async with World() as world:
        await world.advance(seconds=7)  # out of step with the heartbeat
        await world.report(ago=timedelta(0))
        await world.until(utc("2026-03-07 01:30") + timedelta(seconds=8))
        assert ("amy", "reminder CP-4H") in world.telegram.new()


@in_virtual_time
async def test_for_the_young_the_next_person_is_asked_after_five_minutes_the_manager_after_ten():
    async with World() as world:
        child = f.Child(age=9, looked_after=True, historical_concerns=False)
        await world.report(ago=timedelta(0), child=child)
        await world.until(utc("2026-03-07 01:41"))
        assert world.asked("CP-4H")[:3] == [("01:30", "amy"), ("01:35", "ben"), ("01:40", "mia")]


@in_virtual_time
async def test_about_the_police_the_manager_is_asked_after_ten_minutes_whatever_the_age():
    async with World() as world:
        await world.report(told=False)
        await world.advance(minutes=16)
        assert [who for _, who in world.asked("N-POLICE")] == ["amy", "ben", "mia"]


@in_virtual_time
async def test_nobody_reads_the_same_words_again_within_ten_minutes():
    """Mia is the one on duty and the manager: two rungs of the ladder are hers."""
    service = msgspec.structs.replace(
        SERVICE, staff=tuple(s for s in SERVICE.staff if s.id in ("amy", "mia", "ada"))
    )
    policy = Policy(rota=(Pattern(days=ALL, start=time(0), end=time(0), staff=("mia", "amy")),))
    async with World(service=service, policy=policy) as world:
        await world.report(told=False, by="amy")
        await world.until(utc("2026-03-07 01:00"))
        asked = [
            g.at
            for g in world.telegram.got
            if g.to == "mia" and g.message.about == "N-POLICE" and g.message.kind != "telephone"
        ]
        gaps = [(b - a).total_seconds() for a, b in pairwise(asked)]
        assert min(gaps) >= 599


@in_virtual_time
async def test_what_managers_do_by_day_waits_for_the_morning():
    """Everything of the return is done at night: the sign-off is asked of the manager by day."""
    async with World() as world:
        ref = await world.report(ago=timedelta(hours=1))
        await world.returns(ref)
        await world.records(ref, world.fact(f.SafeAndWell, done=True))
        await world.records(ref, world.fact(f.InterviewOffered))
        await world.records(ref, world.fact(f.InterviewHeld, held_by="independent visitor"))
        await world.advance(days=4)
        asked = [g for g in world.telegram.got if g.message.about == "SIGN-OFF"]
        assert OWN_LADDERS["SIGN-OFF"] is OWN_LADDERS["REV-WEEKLY"] is FOR_MANAGERS
        assert {g.to for g in asked} == {"mia"}
        hours = {g.at.astimezone(LONDON).hour for g in asked}
        assert min(hours) >= 9 and max(hours) < 17


@in_virtual_time
async def test_a_refusal_of_the_police_rings_at_night():
    """Half past one: they refuse the report. It is challenged now, by the next person and the
    manager if nobody answers; "I have it" holds for the level's time and not for a day."""
    async with World(start=utc("2026-03-07 01:30")) as world:
        ref = await world.report()
        await world.advance(minutes=10)
        await world.records(ref, world.fact(f.PoliceAnswered, accepted=False, reason="they wait"))
        await world.advance(minutes=25)
        assert world.asked("POLICE-CHALLENGE") == [
            ("01:40", "amy"),
            ("01:45", "ben"),
            ("01:50", "mia"),
            ("02:00", "mia"),
        ]
        assert {g.message.priority for g in world.telegram.got if g.said.endswith("GE")} == {0}
        assert OWN_LADDERS["POLICE-CHALLENGE"] is OWN_LADDERS["N-POLICE"]
        answer = await world.has_it(ref, "POLICE-CHALLENGE", "ben")
        assert answer.until - world.clock.now() == timedelta(minutes=120)
        told = world.fact(f.PoliceAnswered, by="ben", accepted=True, grade="medium")
        await world.records(ref, told)
        world.telegram.new()
        await world.advance(hours=8)
        assert not [said for _, said in world.telegram.new() if "CHALLENGE" in said]
