"""Stories of the rota: shifts, gaps, taking over, handing over, swaps, the afternoon's look."""

from datetime import date, datetime, time, timedelta

import msgspec
import pytest

from handlers.wording import service
from handlers.wording.messages import Words
from protocol.london import OfficeHours, england_bank_holidays
from protocol.pack import load_pack
from reminders import rota
from reminders.policy import Exception_, Pattern, Policy
from reminders.rota import Cover, RotaState
from reminders.write_behind import OfficeChange
from tests.reminders.virtual import in_virtual_time, utc
from tests.reminders.world import PACK, SERVICE, World

ALL = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NIGHTS = Policy(
    rota=(
        Pattern(days=ALL, start=time(8), end=time(20), staff=("amy",), homes=("rowan",)),
        Pattern(days=ALL, start=time(20), end=time(8), staff=("ben",), homes=("rowan",)),
    )
)


def duty(now: datetime, policy: Policy = NIGHTS, state: RotaState | None = None, home="rowan"):
    return rota.on_duty(home, now, policy=policy, service=SERVICE, state=state or RotaState())


@pytest.mark.parametrize(
    ("moment", "who"),
    [
        ("2026-03-06 19:59", ("amy",)),
        ("2026-03-06 20:00", ("ben",)),
        ("2026-03-07 07:59", ("ben",)),
        ("2026-03-07 08:00", ("amy",)),
        # In summer time the shifts follow the clocks on the wall.
        ("2026-07-06 18:59", ("amy",)),
        ("2026-07-06 19:00", ("ben",)),
        # The night the clocks go back is an hour longer, the night they go forward shorter.
        ("2026-10-25 07:59", ("ben",)),
        ("2026-10-25 08:00", ("amy",)),
        ("2026-03-29 06:59", ("ben",)),
        ("2026-03-29 07:00", ("amy",)),
    ],
)
def test_the_weekly_pattern(moment, who):
    assert duty(utc(moment)) == who


def test_without_a_rota_everybody_in_the_order_of_the_list_managers_last():
    assert duty(utc("2026-03-06 23:00"), Policy()) == ("amy", "ben", "mia")
    assert duty(utc("2026-03-06 23:00"), Policy(), home="cedar") == ("cay", "mia")


def test_a_dated_exception_stands_in_place_of_the_pattern():
    christmas = Exception_(
        start=datetime(2026, 12, 25, 8),  # noqa: DTZ001 - London time, as written in the file
        end=datetime(2026, 12, 26, 8),  # noqa: DTZ001
        staff=("mia",),
    )
    policy = Policy(rota=NIGHTS.rota, exceptions=(christmas,))
    assert duty(utc("2026-12-25 07:59"), policy) == ("ben",)
    assert duty(utc("2026-12-25 22:00"), policy) == ("mia",)
    assert duty(utc("2026-12-26 08:00"), policy) == ("amy",)


def test_a_rolling_rota_of_two_weeks():
    rolling = Policy(
        rota=(
            Pattern(
                days=ALL,
                start=time(20),
                end=time(8),
                staff=("amy",),
                every_weeks=2,
                first_week=date(2026, 3, 4),
            ),
            Pattern(
                days=ALL,
                start=time(20),
                end=time(8),
                staff=("ben",),
                every_weeks=2,
                first_week=date(2026, 3, 11),
            ),
        )
    )
    assert duty(utc("2026-03-06 23:00"), rolling) == ("amy",)
    assert duty(utc("2026-03-13 23:00"), rolling) == ("ben",)
    assert duty(utc("2026-03-20 23:00"), rolling) == ("amy",)


BY_DAY_AND_ON_CALL = Policy(
    rota=(
        Pattern(when="office_hours", staff=("amy",), homes=("rowan",)),
        Pattern(when="out_of_hours", staff=("ben",), homes=("rowan",)),
    )
)


@pytest.mark.parametrize(
    ("moment", "who"),
    [
        ("2026-04-02 15:59", ("amy",)),  # Thursday before Easter, 16:59 in London
        ("2026-04-02 16:00", ("ben",)),
        ("2026-04-03 11:00", ("ben",)),  # Good Friday
        ("2026-04-04 11:00", ("ben",)),
        ("2026-04-06 11:00", ("ben",)),  # Easter Monday
        ("2026-04-07 07:59", ("ben",)),
        ("2026-04-07 08:00", ("amy",)),
    ],
)
def test_out_of_hours_somebody_else_is_asked_first(moment, who):
    """In office hours Amy, else Ben; weekends and bank holidays are out of hours all day."""
    office = OfficeHours(closed=england_bank_holidays((2026,)))
    assert (
        rota.on_duty(
            "rowan",
            utc(moment),
            policy=BY_DAY_AND_ON_CALL,
            service=SERVICE,
            state=RotaState(),
            office=office,
        )
        == who
    )


def test_a_weekend_on_call_has_a_person_for_each_day():
    """What is out of hours begins anew on each day, so that days can be named."""
    weekend = Policy(
        rota=(
            Pattern(when="out_of_hours", days=("friday", "saturday"), staff=("amy",)),
            Pattern(when="out_of_hours", days=("sunday",), staff=("ben",)),
        )
    )
    assert duty(utc("2026-03-06 18:00"), weekend) == ("amy",)
    assert duty(utc("2026-03-08 08:59"), weekend) == ("amy",)
    assert duty(utc("2026-03-08 09:00"), weekend) == ("ben",)
    assert duty(utc("2026-03-09 08:59"), weekend) == ("ben",)
    assert duty(utc("2026-03-09 09:00"), weekend) == ()


@in_virtual_time
async def test_on_a_bank_holiday_the_one_on_call_is_asked_and_told_the_emergency_duty_team():
    """Easter Monday at noon: the authority's emergency duty team is named, and Ben is asked."""
    pack = load_pack(
        "haringey-2011",
        "cautious",
        {"bank_holidays": [d.isoformat() for d in england_bank_holidays((2026,))]},
    )
    async with World(policy=BY_DAY_AND_ON_CALL, start=utc("2026-04-06 10:00"), pack=pack) as world:
        await world.report(ago=timedelta(0), told=False, by="mia")
        await world.until(utc("2026-04-06 11:05"))
        asked = [g for g in world.telegram.got if g.message.kind == "reminder"]
        assert (asked[0].to, asked[0].message.about) == ("ben", "N-POLICE")
        # Nobody answered about the police, so everybody hears of the authority at once.
        told = {g.to: g.message.data["route"] for g in asked if g.message.about == "N-RA"}
        assert told == {"ben": "EDT", "mia": "EDT", "amy": "EDT"}


def test_swaps_and_covers_hold_for_their_time_only():
    swap = Cover(
        home="rowan",
        staff="amy",
        start=utc("2026-03-06 20:00"),
        end=utc("2026-03-07 08:00"),
        instead_of="ben",
    )
    state = RotaState(covers=(swap,))
    assert duty(utc("2026-03-06 23:00"), state=state) == ("amy",)
    assert duty(utc("2026-03-07 23:00"), state=state) == ("ben",)


def test_gaps_are_found_before_the_night():
    days_only = Policy(rota=NIGHTS.rota[:1])
    found = rota.gaps(
        "rowan",
        utc("2026-03-06 15:00"),
        utc("2026-03-07 15:00"),
        policy=days_only,
        service=SERVICE,
        state=RotaState(),
    )
    assert found == [(utc("2026-03-06 20:00"), utc("2026-03-07 08:00"))]


@in_virtual_time
async def test_in_a_gap_the_managers_stand_in():
    async with World(policy=Policy(rota=NIGHTS.rota[:1])) as world:
        await world.report(ago=timedelta(0))
        await world.until(utc("2026-03-07 01:31"))
        assert world.asked("CP-4H") == [("01:30", "mia")]
        assert world.telegram.got[0].message.data.get("gap")


@in_virtual_time
async def test_a_hand_over_in_the_middle_of_a_ladder():
    """Ben is asked, goes, Amy accepts: she gets the list, and the next asking is hers."""
    async with World(policy=NIGHTS) as world:
        ref = await world.report(ago=timedelta(0), by="ben")
        await world.until(utc("2026-03-07 01:32"))
        assert world.asked("CP-4H") == [("01:30", "ben")]
        offer = await world.shifts.hand_over(world.staff("ben"), world.staff("amy"), ["rowan"])
        await world.advance(seconds=5)
        assert ("amy", "handover_offer") in world.telegram.new()
        assert await world.shifts.accept(world.staff("mia"), offer.id) == "not_allowed"
        assert await world.shifts.accept(world.staff("amy"), offer.id) == "done"
        assert await world.shifts.accept(world.staff("amy"), offer.id) == "over"
        assert world.shifts.on_duty("rowan") == ("amy",)
        await world.until(utc("2026-03-07 01:41"))
        assert world.telegram.new() == [
            ("ben", "handover_accepted"),
            ("amy", "handover"),
            ("amy", "reminder CP-4H"),
        ]
        card = next(g.message for g in world.telegram.got if g.message.kind == "handover")
        line = card.data["episodes"][0]
        assert (line["ref"], [d["duty"] for d in line["unmet"]]) == (ref, ["CP-4H"])
        assert card.data["giver"] == "ben"
        await world.until(utc("2026-03-07 20:01"))
        assert world.shifts.on_duty("rowan") == ("ben",)


@in_virtual_time
async def test_nobody_accepts_the_hand_over():
    """It stays with the first, and the manager is told."""
    async with World(policy=NIGHTS) as world:
        offer = await world.shifts.hand_over(world.staff("ben"), world.staff("amy"), ["rowan"])
        await world.advance(minutes=14)
        assert world.telegram.new() == [("amy", "handover_offer")]
        await world.advance(minutes=2)
        assert sorted(world.telegram.new()) == [("ben", "handover_kept"), ("mia", "handover_kept")]
        assert await world.shifts.accept(world.staff("amy"), offer.id) == "over"
        assert world.shifts.on_duty("rowan") == ("ben",)


@in_virtual_time
async def test_an_offer_that_runs_out_while_something_else_is_chosen_is_not_passed_over():
    """The alarm for it has not rung yet when a manager chooses the hour of a digest."""
    async with World(policy=NIGHTS) as world:
        await world.advance(seconds=7)  # out of step with the heartbeat
        await world.shifts.hand_over(world.staff("ben"), world.staff("amy"), ["rowan"])
        await world.advance(minutes=14)
        world.engine.alarm.stop()
        await world.advance(seconds=61)
        await world.shifts.digest_setting(world.staff("mia"), weekday=4, hour=16)
        await world.advance(seconds=5)
        assert ("mia", "handover_kept") in world.telegram.new()


@in_virtual_time
async def test_an_offer_that_runs_out_after_the_rota_changed_hands_names_who_is_on_duty_now():
    """Ben offers at the end of his night; Mia does not answer; by then it is Amy's day."""
    async with World(policy=NIGHTS) as world:
        await world.until(utc("2026-03-07 07:55"))
        await world.shifts.hand_over(world.staff("ben"), world.staff("mia"), ["rowan"])
        await world.advance(minutes=16)
        [told] = [g.message for g in world.telegram.got if g.said == "handover_kept"]
        assert (told.to, told.data["giver"], told.data["keeper"]) == ("ben", "ben", "amy")


@in_virtual_time
async def test_a_refused_hand_over_and_one_taken_back():
    async with World(policy=NIGHTS) as world:
        amy, ben = world.staff("amy"), world.staff("ben")
        offer = await world.shifts.hand_over(ben, amy, ["rowan"])
        await world.advance(seconds=5)
        assert await world.shifts.refuse(amy, offer.id) == "done"
        await world.advance(seconds=5)
        world.telegram.new()
        offer = await world.shifts.hand_over(ben, amy, ["rowan"])
        assert await world.shifts.refuse(ben, offer.id) == "done"
        await world.advance(minutes=20)
        assert [said for _, said in world.telegram.new()] == ["handover_offer"]
        assert await world.shifts.hand_over(ben, world.staff("cay"), ["rowan"]) is None


@in_virtual_time
async def test_an_offer_is_not_accepted_by_somebody_who_no_longer_covers_the_home():
    async with World(policy=NIGHTS) as world:
        amy, ben = world.staff("amy"), world.staff("ben")
        offer = await world.shifts.hand_over(ben, amy, ["rowan"])
        moved = msgspec.structs.replace(amy, homes=("cedar",))
        state = world.engine.service_state
        staff = tuple(moved if one.id == "amy" else one for one in state.service.staff)
        service = msgspec.structs.replace(state.service, staff=staff)
        state.adopt(service, state.policy, state.pack)
        assert await world.shifts.accept(moved, offer.id) == "not_covered"
        assert "amy" not in world.shifts.on_duty("rowan")


@in_virtual_time
async def test_taking_over_in_chat_puts_one_first_until_the_rota_changes_hands():
    async with World(policy=NIGHTS) as world:
        await world.report(ago=timedelta(0), by="ben")
        assert await world.shifts.take_over(world.staff("mia"), ["rowan"]) == "done"
        assert await world.shifts.take_over(world.staff("cay"), ["rowan"]) == "not_allowed"
        await world.until(utc("2026-03-07 01:51"))
        assert world.asked("CP-4H") == [("01:30", "mia"), ("01:40", "mia"), ("01:50", "ben")]
        assert ("ben", "taken_over") in world.telegram.new()
        await world.until(utc("2026-03-07 08:01"))
        assert world.shifts.on_duty("rowan") == ("amy",)


@in_virtual_time
async def test_the_rota_as_changed_in_chat_survives_a_restart():
    async with World(policy=NIGHTS) as world:
        await world.shifts.take_over(world.staff("mia"), ["rowan"])
        await world.process_down(until=utc("2026-03-07 00:00"))
        assert world.shifts.on_duty("rowan") == ("mia", "ben")


@in_virtual_time
async def test_every_afternoon_the_coming_night_is_looked_over():
    """A gap, somebody who never opened the bot, somebody whose time on the list ends today."""
    policy = Policy(rota=NIGHTS.rota[:1])
    async with World(
        policy=policy, start=utc("2026-03-06 12:00"), started=("ben", "mia", "cay")
    ) as world:
        await world.until(utc("2026-03-06 14:59"))
        assert world.telegram.new() == []
        await world.until(utc("2026-03-06 15:01"))
        assert world.telegram.new() == [("mia", "night_check")]
        data = msgspec.json.decode(msgspec.json.encode(world.telegram.got[-1].message.data))
        rowan, *others = data["homes"]
        assert (rowan["home"], others) == ("rowan", [])
        assert rowan["never_started"] == ["amy"]
        assert rowan["gaps"] == [["2026-03-06T20:00:00Z", "2026-03-07T08:00:00Z"]]
        await world.process_down(until=utc("2026-03-06 16:00"))
        await world.until(utc("2026-03-07 14:00"))
        assert world.telegram.new() == []


@in_virtual_time
async def test_the_look_over_knows_who_was_arranged_for_the_night_and_whose_time_ends_at_midnight():
    """Cay never opened the bot and stands in tonight: she is named, the one she stands in for is
    not. Amy's time on the list ends with the day, in the middle of the night shift."""
    service = msgspec.structs.replace(
        SERVICE,
        staff=tuple(
            msgspec.structs.replace(s, expires=date(2026, 3, 6)) if s.id == "amy" else s
            for s in SERVICE.staff
        ),
    )
    night = Pattern(days=ALL, start=time(20), end=time(8), staff=("ben",), homes=("cedar",))
    policy = Policy(
        rota=(
            Pattern(days=ALL, start=time(8), end=time(20), staff=("mia",), homes=("cedar",)),
            msgspec.structs.replace(night, staff=("mia",)),
            Pattern(days=ALL, start=time(8), end=time(8), staff=("amy",), homes=("rowan",)),
        )
    )
    started = ("amy", "ben", "mia")
    async with World(
        policy=policy, service=service, start=utc("2026-03-06 12:00"), started=started
    ) as world:
        cover = Cover(
            home="cedar",
            staff="cay",
            start=utc("2026-03-06 20:00"),
            end=utc("2026-03-07 08:00"),
            instead_of="mia",
            in_place=True,
        )
        state = {"rota": RotaState(covers=(cover,)).written()}
        await world.engine.service_state.change(lambda _: OfficeChange(state=state))
        await world.until(utc("2026-03-06 15:01"))
        [told] = [g.message for g in world.telegram.got if g.message.kind == "night_check"]
        found = {one["home"]: one for one in told.data["homes"]}
        assert found["cedar"] == {"home": "cedar", "never_started": ("cay",)}
        assert found["rowan"]["expired"] == ("amy",)
        assert found["rowan"]["gaps"] == (("2026-03-07T00:00:00Z", "2026-03-07T15:00:00Z"),)


@in_virtual_time
async def test_the_look_over_is_made_good_when_the_process_was_down():
    policy = Policy(rota=NIGHTS.rota[:1])
    async with World(policy=policy, start=utc("2026-03-06 12:00")) as world:
        await world.process_down(until=utc("2026-03-06 17:30"))
        await world.until(utc("2026-03-06 17:31"))
        assert world.telegram.new() == [("mia", "night_check")]
        assert world.telegram.got[-1].message.data["late_minutes"] == 150


@in_virtual_time
async def test_a_night_without_trouble_is_not_worth_a_message():
    async with World(policy=NIGHTS, start=utc("2026-03-06 12:00")) as world:
        await world.advance(days=2)
        assert world.telegram.new() == []


@in_virtual_time
async def test_the_short_list_at_the_start_of_a_shift():
    async with World(policy=NIGHTS) as world:
        await world.report(ago=timedelta(0), by="ben")
        await world.report("CH-2345", home="cedar", person="YP-2", by="cay")
        mine = await world.shifts.duty_list(world.staff("ben"))
        assert [line["ref"] for line in mine] == ["RH-2345"]
        assert [d["duty"] for d in mine[0]["falls_due"]] == ["CP-4H"]
        everything = await world.shifts.duty_list(world.staff("mia"))
        assert {line["ref"] for line in everything} == {"RH-2345", "CH-2345"}


@in_virtual_time
async def test_one_message_about_the_night_however_many_homes_are_in_trouble():
    """And it names what two homes have in common once."""
    policy = Policy(
        rota=tuple(
            Pattern(days=ALL, start=time(9), end=time(20), staff=(one,), homes=(home,))
            for one, home in (("amy", "rowan"), ("cay", "cedar"))
        )
    )
    async with World(policy=policy, start=utc("2026-03-06 12:00")) as world:
        await world.until(utc("2026-03-06 15:01"))
        assert world.telegram.new() == [("mia", "night_check")]
        message = world.telegram.got[-1].message
        text = service.screen(message, Words(SERVICE, PACK, utc("2026-03-06 15:01"))).text
        assert text.splitlines()[1:-1] == [
            "• Rowan House and Cedar House: nobody from 20:00 to Sat 7 Mar 09:00"
        ]


MONTHLY = Policy(
    rota=(
        Pattern(
            days=("friday",),
            start=time(20),
            end=time(8),
            staff=("ben",),
            every_weeks=4,
            first_week=date(2026, 3, 2),
        ),
    )
)


@in_virtual_time
async def test_taking_over_ends_at_the_next_change_of_the_rota_however_far():
    """Ben works every fourth Friday night; Mia takes over on a Monday, 18 days before."""
    async with World(policy=MONTHLY, start=utc("2026-03-16 12:00")) as world:
        await world.shifts.take_over(world.staff("mia"), ["rowan"])
        world.clock.shift(utc("2026-04-03 18:59") - world.clock.now())
        assert world.shifts.on_duty("rowan") == ("mia",)
        world.clock.shift(utc("2026-04-03 19:01") - world.clock.now())
        assert world.shifts.on_duty("rowan") == ("ben",)


@in_virtual_time
async def test_taking_over_ends_when_a_dated_exception_begins_however_far():
    """A home without any pattern: everybody on the list, but Ben alone over Easter."""
    easter = Exception_(
        start=datetime.fromisoformat("2026-04-03 09:00"),
        end=datetime.fromisoformat("2026-04-07 09:00"),
        staff=("ben",),
        homes=("rowan",),
    )
    async with World(policy=Policy(exceptions=(easter,)), start=utc("2026-03-06 12:00")) as world:
        await world.shifts.take_over(world.staff("mia"), ["rowan"])
        world.clock.shift(utc("2026-04-03 07:59") - world.clock.now())
        assert world.shifts.on_duty("rowan")[0] == "mia"
        world.clock.shift(utc("2026-04-03 08:01") - world.clock.now())
        assert world.shifts.on_duty("rowan") == ("ben",)


@in_virtual_time
async def test_an_exception_that_is_written_down_later_ends_taking_over_as_well():
    """Mia took over with nothing planned; the exception came into the configuration after that."""
    async with World(policy=Policy(), start=utc("2026-03-06 12:00")) as world:
        await world.shifts.take_over(world.staff("mia"), ["rowan"])
        await world.advance(minutes=1)
        easter = Exception_(
            start=datetime.fromisoformat("2026-04-03 09:00"),
            end=datetime.fromisoformat("2026-04-07 09:00"),
            staff=("ben",),
        )
        world.policy = Policy(exceptions=(easter,))
        await world.process_down(until=utc("2026-03-06 13:00"))
        assert world.shifts.on_duty("rowan")[0] == "mia"
        world.clock.shift(utc("2026-04-03 08:01") - world.clock.now())
        assert world.shifts.on_duty("rowan") == ("ben",)


@in_virtual_time
async def test_whoever_takes_a_gap_has_it_until_the_rota_changes_hands_and_managers_hear_it():
    """Nobody works on Sundays. Amy takes it; Ben is too late, Cay is of the other home."""
    days = ALL[:-1]
    policy = Policy(
        rota=tuple(msgspec.structs.replace(pattern, days=days) for pattern in NIGHTS.rota)
    )
    sunday = utc("2026-03-08 08:00")
    async with World(policy=policy) as world:
        take = world.shifts.take_gap
        assert await take(world.staff("cay"), "rowan", sunday) == "not_allowed"
        assert await take(world.staff("amy"), "rowan", sunday) == "done"
        assert await take(world.staff("ben"), "rowan", sunday) == "over"
        assert await take(world.staff("ben"), "rowan", utc("2027-03-07 08:00")) == "over"
        state = world.shifts.service_state
        assert state.on_duty("rowan", utc("2026-03-08 07:59")) == ("ben",)
        assert state.on_duty("rowan", utc("2026-03-08 20:00")) == ("amy",)
        assert state.on_duty("rowan", utc("2026-03-09 07:59")) == ("amy",)
        assert state.on_duty("rowan", utc("2026-03-09 08:01")) == ("amy",)
        assert state.on_duty("rowan", utc("2026-03-09 20:01")) == ("ben",)
        await world.advance(seconds=5)
        assert ("mia", "gap_taken") in world.telegram.new()


@in_virtual_time
async def test_a_hand_over_that_was_tapped_twice_is_offered_once_and_a_new_one_rings_again():
    async with World(policy=NIGHTS) as world:
        ben, amy, mia = (world.staff(one) for one in ("ben", "amy", "mia"))
        first = await world.shifts.hand_over(ben, amy, ["rowan"])
        await world.advance(seconds=2)
        assert await world.shifts.hand_over(ben, amy, ["rowan"]) == first
        await world.advance(seconds=5)
        assert world.telegram.new() == [("amy", "handover_offer")]
        other = await world.shifts.hand_over(ben, mia, ["rowan"])
        assert await world.shifts.accept(amy, first.id) == "over"
        await world.advance(minutes=1)
        await world.shifts.hand_over(ben, mia, ["rowan"])
        await world.advance(seconds=5)
        assert world.telegram.new() == 2 * [("mia", "handover_offer")]
        assert await world.shifts.accept(mia, other.id) == "over", "the newer one stands"


@in_virtual_time
async def test_what_was_sent_is_not_sent_again_when_a_second_tap_makes_the_same_message():
    """A take-over and a digest, tapped twice within a second; an attempt is under way by then."""
    async with World(policy=NIGHTS) as world:
        amy, mia = world.staff("amy"), world.staff("mia")
        for tap in (1, 3):
            await world.shifts.take_over(amy, ["rowan"], update_id=tap)
            await world.shifts.digest_now(mia, update_id=tap + 1)
            await world.advance(seconds=0.3)
        await world.advance(seconds=10)
        assert sorted(world.telegram.new()) == [
            ("amy", "handover"),
            ("ben", "taken_over"),
            ("mia", "digest"),
        ]
