"""Stories of homes that nobody covers (any more), and of "I have it" that ends with its owner."""

import asyncio
from datetime import date, time, timedelta

import msgspec
import pytest

from protocol import facts as f
from protocol.provider import Role
from reminders.policy import NightCheck, Policy
from reminders.sending import Unreachable
from tests.reminders.test_shifts import NIGHTS
from tests.reminders.virtual import in_virtual_time, utc
from tests.reminders.world import SERVICE, World, staff


def only(*people):
    """The two homes with these people."""
    return msgspec.structs.replace(SERVICE, staff=people)


def until(person, day):
    return msgspec.structs.replace(person, expires=date.fromisoformat(day))


AMY = staff("amy", 1, Role.DUTY_MANAGER, "rowan")
BEN = staff("ben", 2, Role.DUTY_MANAGER, "rowan")
CAY = staff("cay", 3, Role.DUTY_MANAGER, "cedar")
MIA = staff("mia", 4, Role.MANAGER, "cedar")
ADA = staff("ada", 5, Role.ADMINISTRATOR)


def blocked(*people):
    def fails(message):
        return Unreachable("Forbidden: bot was blocked") if message.to in people else None

    return fails


@in_virtual_time
async def test_everybody_of_the_home_blocked_the_bot_and_the_manager_of_another_is_rung():
    """Amy and Ben are all there is at Rowan House; Mia manages the other home only."""
    async with World(service=only(AMY, BEN, MIA, ADA)) as world:
        ref = await world.report()
        world.telegram.fails = blocked("amy", "ben")
        await world.until(utc("2026-03-07 01:21"))
        asked = world.asked("CP-4H")
        assert asked == [("01:20", "mia")]
        [told] = [g.message for g in world.telegram.got if g.message.kind == "nobody_covers"]
        assert (told.to, told.data["homes"]) == ("mia", ["rowan"])
        [rung] = [g.message for g in world.telegram.got if g.message.about == "CP-4H"]
        assert rung.data["gap"] == "uncovered"
        assert world.engine.service_state.sees(world.staff("mia"), "rowan")
        answer = await world.has_it(ref, "CP-4H", "mia")
        assert answer.outcome == "done"
        assert world.engine.health()["homes_without_cover"] == ["rowan"]
        assert not world.engine.health()["ok"]


@in_virtual_time
async def test_without_any_manager_the_administrators_are_rung():
    async with World(service=only(AMY, ADA)) as world:
        ref = await world.report()
        await world.shifts.staff_blocked("amy")
        await world.advance(seconds=20)
        assert ("ada", "nobody_covers") in world.telegram.new()
        await world.until(utc("2026-03-07 01:21"))
        assert world.asked("CP-4H") == [("01:20", "ada")]
        assert world.engine.service_state.sees(world.staff("ada"), "rowan")
        assert (await world.has_it(ref, "CP-4H", "ada")).outcome == "done"


@in_virtual_time
async def test_two_homes_within_a_second_are_two_messages_on_record():
    async with World(service=only(AMY, CAY, ADA)) as world:
        for person in ("amy", "cay"):
            await world.shifts.staff_blocked(person)
            await world.advance(milliseconds=200)
        await world.advance(seconds=20)
        told = [g.message for g in world.telegram.got if g.message.kind == "nobody_covers"]
        assert [(one.to, one.data["homes"]) for one in told] == [
            ("ada", ["rowan"]),
            ("ada", ["cedar"]),
        ]
        office = await world.store.office()
        assert len([m for m in office.messages if m.kind == "nobody_covers"]) == 2


@in_virtual_time
async def test_the_last_one_expires_at_midnight_and_the_manager_hears_of_it_then():
    service = only(until(AMY, "2026-03-06"), MIA, ADA)
    async with World(service=service) as world:
        await world.report()
        await world.until(utc("2026-03-06 23:59"))
        assert [x for x in world.telegram.new() if x[1] == "nobody_covers"] == []
        await world.until(utc("2026-03-07 00:01"))
        assert world.telegram.new() == [("mia", "nobody_covers")]
        await world.until(utc("2026-03-07 01:21"))
        assert world.asked("CP-4H") == [("01:20", "mia")]


@in_virtual_time
async def test_an_asking_under_way_goes_on_with_the_next_home_when_the_last_one_expires():
    service = only(until(AMY, "2026-03-06"), MIA, ADA)
    async with World(service=service, start=utc("2026-03-06 20:03")) as world:
        await world.report()
        await world.until(utc("2026-03-07 00:01"))
        assert world.asked("CP-4H") == [("23:53", "amy"), ("00:00", "mia")]
        assert world.engine.watch.figures.late == 0


@pytest.mark.parametrize("left", ["person", "home"])
@in_virtual_time
async def test_taken_out_of_the_configuration_with_a_case_open(left):
    """The last person of the home was taken off the list, or the home itself was removed."""
    async with World(service=only(AMY, MIA, ADA)) as world:
        await world.report()
        world.service = only(MIA, ADA)
        if left == "home":
            world.service = msgspec.structs.replace(only(AMY, MIA, ADA), homes=SERVICE.homes[1:])
            world.service = msgspec.structs.replace(world.service, staff=(MIA, ADA))
        await world.process_down(until=utc("2026-03-06 22:00"))
        await world.until(utc("2026-03-06 22:01"))
        assert ("mia", "nobody_covers") in world.telegram.new()
        await world.until(utc("2026-03-07 01:21"))
        assert world.asked("CP-4H") == [("01:20", "mia")]


@in_virtual_time
async def test_the_afternoon_says_that_nobody_will_cover_the_home_tonight():
    """Amy's time ends at midnight, Ben never opened the bot."""
    service = only(until(AMY, "2026-03-06"), BEN, MIA, ADA)
    policy = Policy(night_check=NightCheck(at=time(15)))
    start = utc("2026-03-06 14:00")
    async with World(service=service, policy=policy, start=start, started=("amy", "mia")) as world:
        await world.until(utc("2026-03-06 15:01"))
        told = {g.to: g.message for g in world.telegram.got if g.message.kind == "night_check"}
        rowan = next(h for h in told["mia"].data["homes"] if h["home"] == "rowan")
        assert rowan["uncovered_from"][:16] == "2026-03-07T00:00"


@in_virtual_time
async def test_somebody_comes_back_and_the_others_are_told():
    async with World(service=only(AMY, MIA, ADA)) as world:
        await world.report()
        await world.shifts.staff_blocked("amy")
        await world.advance(seconds=20)
        world.telegram.new()
        await world.shifts.staff_started("amy")
        await world.advance(seconds=20)
        assert world.telegram.new() == [("mia", "covered_again")]
        assert not world.engine.service_state.sees(world.staff("mia"), "rowan")
        await world.until(utc("2026-03-07 01:21"))
        assert world.asked("CP-4H") == [("01:20", "amy")]


# "I have it" ----------------------------------------------------------------------------------


@in_virtual_time
async def test_i_have_it_ends_when_its_owner_blocks_the_bot():
    async with World() as world:
        ref = await world.report()
        await world.until(utc("2026-03-07 01:21"))
        assert (await world.has_it(ref, "CP-4H", "amy")).outcome == "done"
        world.telegram.new()
        await world.advance(minutes=5)
        await world.shifts.staff_blocked("amy")
        await world.advance(seconds=5)
        assert ("ben", "reminder CP-4H") in world.telegram.new()
        said = [g.message for g in world.telegram.got if g.to == "ben"][-1]
        assert (said.data["was_with"], said.data["was_with_why"]) == ("amy", "unreachable")
        assert (await world.has_it(ref, "CP-4H", "ben")).outcome == "done"


@in_virtual_time
async def test_i_have_it_ends_when_a_message_about_something_else_meets_a_blocked_chat():
    async with World() as world:
        ref = await world.report()
        await world.until(utc("2026-03-07 01:21"))
        await world.has_it(ref, "CP-4H", "amy")
        world.telegram.fails = blocked("amy")
        await world.engine.notices.tell(["amy"], "anything", "notice", {})
        await world.advance(seconds=5)
        assert ("ben", "reminder CP-4H") in world.telegram.new()


@in_virtual_time
async def test_i_have_it_ends_at_midnight_with_its_owners_time_on_the_list():
    service = only(until(AMY, "2026-03-06"), BEN, MIA, ADA)
    async with World(service=service, start=utc("2026-03-06 19:40")) as world:
        ref = await world.report()
        await world.until(utc("2026-03-06 23:31"))
        answer = await world.has_it(ref, "CP-4H", "amy")
        assert answer.until > utc("2026-03-07 00:30")
        world.telegram.new()
        await world.until(utc("2026-03-07 00:01"))
        assert ("ben", "reminder CP-4H") in world.telegram.new()
        assert world.telegram.got[-1].message.data["was_with_why"] == "off_list"


@in_virtual_time
async def test_i_have_it_ends_when_its_owner_was_taken_off_the_list():
    async with World() as world:
        ref = await world.report()
        await world.until(utc("2026-03-07 01:21"))
        await world.has_it(ref, "CP-4H", "amy")
        world.service = only(*(s for s in SERVICE.staff if s.id != "amy"))
        await world.process_down(until=utc("2026-03-07 01:25"))
        world.telegram.new()
        await world.until(utc("2026-03-07 01:26"))
        assert ("ben", "reminder CP-4H") in world.telegram.new()


@in_virtual_time
async def test_i_have_it_ends_with_the_shift():
    async with World(policy=NIGHTS, start=utc("2026-03-07 03:40")) as world:
        ref = await world.report(by="ben")
        await world.until(utc("2026-03-07 07:31"))
        await world.has_it(ref, "CP-4H", "ben")
        world.telegram.new()
        await world.until(utc("2026-03-07 07:59"))
        assert world.telegram.new() == []
        await world.until(utc("2026-03-07 08:01"))
        assert world.telegram.new() == [("amy", "reminder CP-4H")]
        assert world.telegram.got[-1].message.data["was_with_why"] == "off_duty"


@in_virtual_time
async def test_i_have_it_ends_with_the_hand_over():
    async with World(policy=NIGHTS) as world:
        ref = await world.report(by="ben")
        await world.until(utc("2026-03-07 01:21"))
        await world.has_it(ref, "CP-4H", "ben")
        offer = await world.shifts.hand_over(world.staff("ben"), world.staff("amy"), ["rowan"])
        await world.shifts.accept(world.staff("amy"), offer.id)
        world.telegram.new()
        await world.advance(seconds=5)
        assert ("amy", "reminder CP-4H") in world.telegram.new()


@in_virtual_time
async def test_a_manager_who_was_never_on_duty_keeps_what_they_have():
    async with World(policy=NIGHTS, start=utc("2026-03-07 03:40")) as world:
        ref = await world.report(by="ben")
        await world.until(utc("2026-03-07 07:31"))
        await world.has_it(ref, "CP-4H", "mia")
        await world.until(utc("2026-03-07 08:30"))
        assert len(world.asked("CP-4H")) == 1


@in_virtual_time
async def test_who_comes_back_does_not_have_it_again():
    """It was asked of the next person: that goes on until somebody answers."""
    async with World() as world:
        ref = await world.report()
        await world.until(utc("2026-03-07 01:21"))
        await world.has_it(ref, "CP-4H", "amy")
        await world.shifts.staff_blocked("amy")
        await world.advance(minutes=1)
        await world.shifts.staff_started("amy")
        await world.advance(seconds=5)
        record = await world.store.episode(ref)
        assert not any(d.held(world.clock.now()) for d in world.engine.cases.duties_in(record)[1])


@in_virtual_time
async def test_that_a_manager_cannot_be_reached_is_heard_although_those_told_cannot_be_reached():
    """Mia is lost while Lee, who is to hear of it, has blocked the bot too: whoever is next
    hears of both."""
    lee = staff("lee", 6, Role.MANAGER, "cedar")
    nia = staff("nia", 7, Role.MANAGER, "rowan")
    async with World(service=only(AMY, CAY, MIA, lee, nia, ADA)) as world:
        world.telegram.fails = blocked("mia", "lee")
        await world.engine.planner.lost("mia", "blocked")
        await world.advance(seconds=20)
        heard = {g.message.data["person"] for g in world.telegram.got if g.message.to == "ada"}
        assert heard == {"mia", "lee"}


@in_virtual_time
async def test_what_nobody_could_hear_is_heard_by_the_first_who_comes_back():
    async with World(service=only(AMY, MIA, ADA)) as world:
        world.telegram.fails = blocked("amy", "mia", "ada")
        await world.engine.planner.lost("amy", "blocked")
        await world.advance(seconds=20)
        assert not world.telegram.got
        world.telegram.fails = blocked("amy", "mia")
        await world.shifts.staff_started("ada")
        await world.advance(seconds=20)
        heard = {g.message.data.get("person") for g in world.telegram.got if g.message.to == "ada"}
        assert {"amy", "mia"} <= heard


@in_virtual_time
async def test_killed_when_a_message_has_met_a_closed_chat_it_is_known_after_the_start():
    """Between the two writes: that the message failed, and that its reader cannot be reached."""
    async with World(service=only(AMY, BEN, MIA, ADA)) as world:
        await world.report()
        world.telegram.fails = blocked("amy")
        outbox = world.engine.delivery.outbox

        async def killed(*_):
            await asyncio.Event().wait()

        outbox.failed = killed
        await world.until(utc("2026-03-07 01:21"))
        await world.process_down(until=utc("2026-03-07 01:22"))
        await world.advance(seconds=30)
        assert "amy" in world.engine.service_state.unreachable()
        assert ("ada", "amy") in [
            (g.message.to, g.message.data.get("person")) for g in world.telegram.got
        ]


@in_virtual_time
async def test_who_heard_that_nobody_covers_a_home_hears_that_somebody_does():
    """Ada was told, as no manager could be reached; Mia is back first, then Amy."""
    async with World(service=only(AMY, MIA, ADA)) as world:
        await world.shifts.staff_blocked("mia")
        await world.shifts.staff_blocked("amy")
        await world.advance(seconds=30)
        assert ("ada", "nobody_covers") in world.telegram.new()
        await world.shifts.staff_started("mia")
        await world.advance(seconds=30)
        world.telegram.new()
        await world.shifts.staff_started("amy")
        await world.advance(seconds=30)
        assert ("ada", "covered_again") in world.telegram.new()
        await world.shifts.staff_blocked("amy")
        await world.advance(seconds=30)
        await world.shifts.staff_started("amy")
        await world.advance(seconds=30)
        again = [x for x in world.telegram.new() if x == ("ada", "covered_again")]
        assert again == [], "she heard the last word"


@in_virtual_time
async def test_i_have_it_that_ended_by_a_wrong_clock_ends_once_more_when_it_is_right():
    """The machine was a day behind as its owner left the list. By the right clock what ended it
    stands before it, and it is ended anew; the case goes on being asked about."""
    async with World() as world:
        ref = await world.report()
        await world.until(utc("2026-03-07 01:21"))
        await world.has_it(ref, "CP-4H", "amy")
        world.clock.shift(-timedelta(days=1))
        await world.advance(minutes=1)
        world.service = only(*(s for s in SERVICE.staff if s.id != "amy"))
        await world.process_down(until=world.clock.now() + timedelta(minutes=4))
        await world.advance(minutes=2)
        world.clock.shift(timedelta(days=1))
        world.telegram.new()
        await world.advance(minutes=30)
        ended = [x for x in (await world.store.episode(ref)).facts if isinstance(x, f.HoldEnded)]
        assert len({x.id for x in ended}) == 2
        assert world.engine.watch.planning_failed == 0
        assert ("ben", "reminder CP-4H") in world.telegram.new()
