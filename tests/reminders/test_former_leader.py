"""A leader that was cut off from the database reminded from memory, and ended before it could save
whom. Whoever leads by then puts it on record, edits those messages and tells how it ended."""

from datetime import timedelta
from functools import partial

import msgspec

from protocol import facts as f
from reminders.former_leader import put_on_record, to_keep
from reminders.sending import SENDING
from reminders.write_behind import WriteBehind
from storage.incoming import Reminded, sealed_reminded, unsealed_reminded
from storage.model import Message
from storage.store import Change, NotSaved
from tests.reminders.test_write_behind import opened
from tests.reminders.virtual import in_virtual_time, utc
from tests.reminders.world import World

NIGHT = utc("2026-03-07 03:00")


def alarm(to: str, at, number: int | None = 900, about: str = "CP-4H", **fields) -> Message:
    return Message(
        id=f"{about}~former~0.0~{to}",
        to=to,
        kind="escalation",
        created_at=at,
        due_at=at,
        about=about,
        **{"state": "sent", "sent_at": at, "chat_id": 1, "message_id": number, **fields},
    )


def told(message: Message) -> f.Told:
    return f.Told(
        id=f"told~7~{message.id}~1",
        by="nightlight",
        recorded_at=message.created_at,
        at=message.created_at,
        message=message.id,
        to=message.to,
        about=message.about,
    )


async def leads_now(world, ref, *messages, knew=1):
    """The leader of now learns of these; twice, as the machine that left them may do so twice."""
    left = Reminded(ref=ref, told=tuple(map(told, messages)), messages=messages, knew=knew)
    left = unsealed_reminded(None, sealed_reminded(None, [left]))[0]
    for _ in range(2):
        await world.engine.records.update(ref, partial(put_on_record, reminded=left))
    await world.advance(minutes=3)


async def back(world):
    """A case that everybody was woken about, and Amy has recorded that they are back."""
    ref = await world.report()
    await world.until(NIGHT)
    await world.returns(ref, by="amy")
    await world.advance(minutes=3)
    world.telegram.new()
    return ref


@in_virtual_time
async def test_whoever_only_a_former_leader_woke_hears_the_end():
    """Cay was never asked by the leader of now."""
    async with World() as world:
        ref = await back(world)
        await leads_now(world, ref, alarm("cay", NIGHT - timedelta(minutes=5)))
        assert world.telegram.new() == [("cay", "over")]
        record = await world.store.episode(ref)
        assert [x.about for x in record.facts if isinstance(x, f.Told) and x.to == "cay"] == [
            "CP-4H",
            "over",
        ]


@in_virtual_time
async def test_whoever_was_woken_again_after_the_end_hears_it_again_and_the_alarm_is_edited():
    """Ben heard at 03:00 that they are back; at 03:04 the former leader rang him all the same."""
    async with World() as world:
        ref = await back(world)
        world.telegram.edits.clear()
        await leads_now(world, ref, alarm("ben", world.clock.now()))
        assert world.telegram.new() == [("ben", "over")]
        assert ("ben", 900) in [(g.to, g.message.data["of"]) for g in world.telegram.edits]
        await world.advance(hours=1)
        assert ("ben", "over") not in world.telegram.new()


@in_virtual_time
async def test_who_was_woken_before_they_heard_hears_nothing_again():
    async with World() as world:
        ref = await back(world)
        await leads_now(world, ref, alarm("ben", NIGHT - timedelta(minutes=5)))
        assert world.telegram.new() == []


@in_virtual_time
async def test_what_is_due_after_the_return_is_no_reason_to_tell_the_end():
    async with World() as world:
        ref = await back(world)
        await leads_now(world, ref, alarm("ben", world.clock.now(), about="SAFE-WELL"))
        assert ("ben", "over") not in world.telegram.new()


@in_virtual_time
async def test_a_former_leader_that_knew_of_the_end_asked_for_what_goes_on():
    """Found, not back: what the police are asked for is due all the same."""
    async with World() as world:
        ref = await back(world)
        knew = len((await world.store.episode(ref)).facts)
        await leads_now(world, ref, alarm("ben", world.clock.now()), knew=knew)
        assert ("ben", "over") not in world.telegram.new()


@in_virtual_time
async def test_who_recorded_the_return_hears_it_when_they_were_rung_after_it():
    async with World() as world:
        ref = await back(world)
        await leads_now(world, ref, alarm("amy", world.clock.now()))
        assert world.telegram.new() == [("amy", "over")]


@in_virtual_time
async def test_one_that_may_have_arrived_counts_as_one_that_woke():
    async with World() as world:
        ref = await back(world)
        one = alarm("cay", NIGHT - timedelta(minutes=5), None, state="waiting", error=SENDING)
        await leads_now(world, ref, msgspec.structs.replace(one, sent_at=None))
        assert world.telegram.new() == [("cay", "over")]


@in_virtual_time
async def test_a_closed_case_is_left_as_it_is():
    async with World() as world:
        ref = await back(world)
        record = await world.store.episode(ref)
        closed = msgspec.structs.replace(record, closed_at=NIGHT)
        left = Reminded(ref=ref, messages=(alarm("cay", NIGHT),))
        assert put_on_record(closed, left) is None
        assert put_on_record(record, left) is not None


def test_only_what_was_said_is_kept():
    one, waits = alarm("ben", NIGHT), alarm("cay", NIGHT, state="waiting")
    change = Change(facts=[told(one)], messages=[one, waits])
    said = Reminded(ref="RH-2345", told=(told(one),), messages=(one,), knew=4)
    assert to_keep("RH-2345", change, 4) == said
    assert to_keep("RH-2345", Change(messages=[waits]), 4) is None


class Disk:
    def __init__(self) -> None:
        self.kept: list[list[str]] = []
        self.knew: list[int] = []

    async def keep(self, unsaved):
        self.knew += [one.knew for one in unsaved]
        self.kept.append([m.id for one in unsaved for m in one.messages])


@in_virtual_time
async def test_what_is_said_while_nothing_is_saved_is_kept_beside_and_goes_when_it_is():
    store, _ = await opened()
    disk = Disk()
    write_behind = WriteBehind(store, disk)
    one = alarm("ben", NIGHT)
    await write_behind.put("RH-2345", lambda _: Change(messages=[one]))
    assert disk.kept == [], "on record"
    store.refuses = [NotSaved("away")]
    two = alarm("cay", NIGHT)
    await write_behind.put("RH-2345", lambda _: Change(messages=[two]))
    assert disk.kept == [[two.id]]
    assert disk.knew == [len((await store.episode("RH-2345")).facts)]
    await write_behind.flush()
    assert disk.kept == [[two.id], []]
