"""Stories of the end: alarms are edited, older ones go, and whoever was woken hears once."""

from datetime import timedelta

import msgspec
import pytest

from protocol import facts as f
from reminders import all_clear
from reminders.sending import MaybeSent, Unreachable
from storage.model import Message
from storage.store import Change
from tests.reminders.virtual import in_virtual_time, utc
from tests.reminders.world import World


def edits(world):
    """(person, kind, [(duty, why, by)]) of every edit so far."""
    return [
        (
            g.to,
            g.message.kind,
            [(one["duty"], one["why"], one["by"]) for one in g.message.data["ended"]],
        )
        for g in world.edits
    ]


async def all_night(world, **report):
    """Amy, Ben and Mia are asked about the four-hour check, and nobody answers until 03:00."""
    ref = await world.report(**report)
    await world.until(utc("2026-03-07 03:00"))
    assert {g.to for g in world.telegram.got if g.message.about == "CP-4H"} == {"amy", "ben", "mia"}
    return ref


def live_alarms(world):
    """(person, message id, duty) of every alarm that a phone still shows as it came."""
    changed = {(g.to, g.message.data["of"]) for g in world.telegram.edits}
    return {
        (m.to, m.message_id, m.about)
        for held in world.store._episodes.values()
        for m in held.messages
        if m.kind in ("reminder", "escalation", "telephone")
        and m.state == "sent"
        and (m.to, m.message_id) not in changed
    }


@in_virtual_time
async def test_when_a_duty_is_done_every_phone_says_so():
    async with World() as world:
        ref = await all_night(world)
        await world.records(ref, world.fact(f.DutyDone, by="ben", duty="CP-4H"))
        await world.advance(seconds=30)
        done = [e for e in edits(world.telegram) if e[1] == "settled"]
        assert sorted(done) == [
            (one, "settled", [("CP-4H", "done", "ben")]) for one in ("amy", "ben", "mia")
        ]
        assert live_alarms(world) == set()


@in_virtual_time
async def test_a_phone_holds_one_alarm_of_a_duty_however_long_it_goes_on():
    async with World() as world:
        await all_night(world)
        about = [m for m in live_alarms(world) if m[2] == "CP-4H"]
        assert len(about) == len({who for who, _, _ in about}) == 3


@in_virtual_time
async def test_when_they_are_back_everybody_who_was_woken_hears_once():
    """Amy records the return: she has seen it. Ada and Cay were not woken."""
    async with World() as world:
        ref = await all_night(world)
        world.telegram.new()
        await world.returns(ref, by="amy")
        await world.advance(minutes=3)
        assert sorted(world.telegram.new()) == [("ben", "over"), ("mia", "over")]
        assert live_alarms(world) == set()
        settled = [e for e in edits(world.telegram) if e[1] == "settled"]
        assert {why for _, _, ended in settled for _, why, _ in ended} == {"back"}
        await world.process_down(until=world.clock.now() + timedelta(minutes=5))
        await world.advance(minutes=5)
        assert [x for x in world.telegram.new() if x[1] == "over"] == []


@in_virtual_time
async def test_a_manager_who_was_told_of_the_level_hears_the_end():
    async with World() as world:
        ref = await world.report()
        await world.until(utc("2026-03-07 01:21"))
        assert ("mia", "level") in world.telegram.new()
        await world.returns(ref, by="amy")
        await world.advance(seconds=30)
        assert ("mia", "over") in world.telegram.new()


@in_virtual_time
async def test_who_was_woken_about_the_police_hears_the_end_too():
    async with World() as world:
        ref = await world.report(told=False)
        await world.advance(minutes=20)
        assert {who for _, who in world.asked("N-POLICE")} == {"amy", "ben", "mia"}
        await world.returns(ref, by="amy")
        await world.advance(seconds=30)
        assert {who for who, said in world.telegram.new() if said == "over"} == {"ben", "mia"}


@in_virtual_time
async def test_nobody_is_told_of_an_end_that_was_a_mistake():
    """The return was withdrawn before the quiet word could be sent."""
    async with World() as world:
        ref = await all_night(world)
        world.telegram.fails = lambda m: MaybeSent("no answer") if m.kind == "over" else None
        fact = world.fact(f.Returned, by="amy")
        await world.records(ref, fact)
        await world.advance(seconds=2)
        await world.records(ref, world.fact(f.Withdrawn, fact=fact.id, reason="not them"))
        world.telegram.fails = lambda _: None
        await world.advance(minutes=2)
        assert [x for x in world.telegram.new() if x[1] == "over"] == []


@in_virtual_time
async def test_who_was_asked_sees_where_it_rang_that_somebody_has_it():
    async with World() as world:
        ref = await all_night(world)
        world.telegram.new()
        await world.has_it(ref, "CP-4H", "ben")
        await world.advance(seconds=30)
        assert world.telegram.new() == []
        held = [e for e in edits(world.telegram) if e[1] == "settled"]
        assert sorted(held) == [
            (one, "settled", [("CP-4H", "held", "ben")]) for one in ("amy", "mia")
        ]
        await world.records(ref, world.fact(f.DutyDone, by="ben", duty="CP-4H"))
        await world.advance(seconds=30)
        assert len([e for e in edits(world.telegram) if e[2] == [("CP-4H", "done", "ben")]]) == 3


@in_virtual_time
async def test_an_alarm_that_was_on_its_way_when_it_was_done_is_edited_as_well():
    async with World() as world:
        ref = await world.report()
        world.telegram.delay = 10.0
        await world.until(utc("2026-03-07 01:20") + timedelta(seconds=5))
        await world.records(ref, world.fact(f.DutyDone, by="ben", duty="CP-4H"))
        world.telegram.delay = 0.05
        await world.advance(seconds=40)
        assert len(world.asked("CP-4H")) == 1
        assert live_alarms(world) == set()


@in_virtual_time
async def test_edits_survive_a_crash():
    async with World() as world:
        ref = await all_night(world)
        await world.engine.stop()
        record = await world.store.episode(ref)
        await world.store.commit(
            ref, record.version, Change(facts=[world.fact(f.DutyDone, by="ben", duty="CP-4H")])
        )
        world.make()
        await world.engine.start()
        await world.advance(seconds=30)
        assert live_alarms(world) == set()


@in_virtual_time
async def test_the_alarms_of_a_closed_case_are_edited():
    async with World() as world:
        ref = await all_night(world)
        await world.records(
            ref,
            world.fact(f.Returned, by="amy"),
            world.fact(f.SignedOff, by="mia"),
            world.fact(f.Closed, by="mia"),
            close=True,
        )
        await world.advance(seconds=30)
        assert {who for who, kind, _ in edits(world.telegram) if kind == "settled"} == {
            "amy",
            "ben",
            "mia",
        }


@pytest.mark.parametrize("close", [False, True])
@in_virtual_time
async def test_somebody_who_blocked_the_bot_is_shown_the_end_when_they_come_back(close):
    """Ben was asked all night, blocked the bot, and the check was done: his alarms say so as soon
    as he lets the bot write again, also when the case is closed by then."""
    async with World() as world:
        ref = await all_night(world)
        world.telegram.fails = lambda m: Unreachable("blocked") if m.to == "ben" else None
        await world.shifts.staff_blocked("ben")
        await world.records(ref, world.fact(f.DutyDone, by="mia", duty="CP-4H"))
        await world.advance(minutes=1)
        if close:
            await world.returns(ref, by="mia")
            await world.records(ref, world.fact(f.Closed, by="mia"), close=True)
            await world.advance(minutes=1)
        left = {one for one in live_alarms(world) if one[0] == "ben"}
        assert left and not {one for one in live_alarms(world) if one[0] == "amy"}
        world.telegram.fails = lambda _: None
        await world.advance(hours=2)
        await world.shifts.staff_started("ben")
        await world.advance(minutes=1)
        assert not live_alarms(world) & left
        shown = len(world.telegram.edits)
        await world.shifts.staff_started("ben")
        await world.advance(hours=1)
        assert len(world.telegram.edits) == shown


@in_virtual_time
async def test_an_edit_that_met_a_blocked_chat_is_made_up():
    """Nobody knew yet that Ben had blocked the bot: the edit itself found it out."""
    async with World() as world:
        ref = await all_night(world)
        world.telegram.fails = lambda m: Unreachable("blocked") if m.to == "ben" else None
        await world.records(ref, world.fact(f.DutyDone, by="mia", duty="CP-4H"))
        await world.advance(minutes=1)
        assert {one for one, _, _ in live_alarms(world)} == {"ben"}
        world.telegram.fails = lambda _: None
        await world.shifts.staff_started("ben")
        await world.advance(minutes=1)
        assert live_alarms(world) == set()


def test_who_was_woken_after_they_heard_hears_the_end_although_a_clock_made_all_times_equal():
    """Found, then asked about the check at four hours, then back: a clock that went back has put
    the first two at one time, and their order is that of the record."""
    now = utc("2026-03-07 06:00")
    found = f.Located(id="f1", by="mia", recorded_at=now, at=now)
    back = f.Returned(id="f2", by="ben", recorded_at=now, at=now)
    told = {"created_at": now, "due_at": now, "to": "amy", "state": "sent"}
    heard = Message(id="a", kind="over", data={"fact": "f1", "what": "found", "at": now}, **told)
    asked = Message(id="b", kind="reminder", about="CP-4H", **told)
    said, _ = all_clear.over([heard, asked], [found, back], now)
    assert [(m.to, m.data["what"]) for m in said] == [("amy", "back")]
    assert all_clear.over([asked, heard], [found, back], now) == ([], [])


@in_virtual_time
async def test_a_return_that_is_put_right_before_the_quiet_word_went_is_still_heard_of():
    async with World() as world:
        ref = await all_night(world)
        world.telegram.new()
        world.telegram.fails = lambda m: MaybeSent("no answer") if m.kind == "over" else None
        fact = world.fact(f.Returned, by="amy")
        await world.records(ref, fact)
        await world.advance(seconds=1)
        await world.records(ref, world.fact(f.Returned, by="amy", corrects=fact.id))
        world.telegram.fails = lambda _: None
        await world.advance(minutes=3)
        assert sorted(world.telegram.new()) == [("ben", "over"), ("mia", "over")]


@in_virtual_time
async def test_whoever_was_off_the_list_for_the_first_end_hears_the_one_that_was_put_right():
    """A clock that was a day ahead took them off the list for hours, and was put right."""
    async with World() as world:
        ref = await all_night(world)
        world.telegram.fails = lambda m: MaybeSent("no answer") if m.kind == "over" else None
        fact = world.fact(f.Returned, by="amy")
        await world.records(ref, fact)
        await world.advance(seconds=1)

        def off_the_list(record):
            said = [m for m in record.messages if m.kind == "over" and m.to == "ben"]
            failed = {"state": "failed", "error": all_clear.NOT_ON_LIST}
            return Change(messages=[msgspec.structs.replace(m, **failed) for m in said])

        await world.engine.records.update(ref, off_the_list)
        world.telegram.fails = lambda _: None
        await world.advance(minutes=3)
        world.telegram.new()
        await world.records(ref, world.fact(f.Returned, by="amy", corrects=fact.id))
        await world.advance(minutes=3)
        assert ("ben", "over") in world.telegram.new()
