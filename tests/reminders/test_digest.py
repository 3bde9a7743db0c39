"""The weekly digest: on the chosen day and hour, late if missed, never twice, never with a name."""

import socket
from datetime import date, timedelta

import msgspec
import pytest

from bot.summary import summarise
from handlers.wording import digest, messages
from protocol import facts as f
from reminders.digest import _repeat_window, _repeats
from reports.drawing import weeks_by_level
from storage.model import Past, Person, Profile
from tests.reminders.virtual import VirtualClock, in_virtual_time, utc
from tests.reminders.world import PACK, World
from tests.support.memory_store import MemoryStore


def digests(world):
    return [g for g in world.telegram.got if g.message.kind == "digest"]


@in_virtual_time
async def test_monday_at_nine_unless_the_manager_chose_otherwise():
    async with World(start=utc("2026-03-06 12:00")) as world:
        await world.until(utc("2026-03-09 08:59"))
        assert digests(world) == []
        await world.until(utc("2026-03-09 09:01"))
        assert [g.to for g in digests(world)] == ["mia"]
        coming = await world.shifts.digest_setting(world.staff("mia"), 3, 17)
        assert coming == utc("2026-03-12 17:00")
        await world.until(utc("2026-03-12 17:01"))
        await world.until(utc("2026-03-17 12:00"))
        assert [g.at.strftime("%a %H:%M") for g in digests(world)] == ["Mon 09:00", "Thu 17:00"]


@in_virtual_time
async def test_a_duty_manager_has_it_when_they_want_it_and_nobody_who_does_not():
    async with World(start=utc("2026-03-06 12:00")) as world:
        amy = world.staff("amy")
        assert world.shifts.next_digest(amy) is None
        await world.shifts.digest_setting(amy, 0, 9)
        await world.shifts.digest_off(world.staff("mia"))
        assert world.shifts.next_digest(world.staff("mia")) is None
        await world.until(utc("2026-03-09 09:01"))
        assert [g.to for g in digests(world)] == ["amy"]
        await world.shifts.digest_now(world.staff("mia"))
        await world.advance(minutes=1)
        assert [g.to for g in digests(world)] == ["amy", "mia"]
        await world.until(utc("2026-03-16 09:01"))
        assert [g.to for g in digests(world)] == ["amy", "mia", "amy"]


@in_virtual_time
async def test_repeats_are_counted_in_the_days_and_from_the_tiers_of_the_protocol():
    pack = PACK.with_settings({"staffs_window_days": 30, "staffs_tiers": [2, 4]})
    window = _repeat_window(pack)
    now = utc("2026-03-09 09:00")

    def row(days, person="YP-1", category="missing"):
        at = now - timedelta(days=days)
        fields = {"home": "rowan", "end": at, "level": 1, "peak": 1, "closed_at": None}
        return Past(ref=f"A{days}", person=person, category=category, start=at, **fields)

    rows = [row(1), row(29), row(40), row(2, "YP-2"), row(3, "YP-3"), row(4, "YP-3", "other")]
    assert _repeats(rows, now, window) == [{"person": "YP-1", "episodes": 2, "tier": 2}]


@in_virtual_time
async def test_choosing_an_hour_that_has_gone_sends_nothing_at_once():
    async with World(start=utc("2026-03-06 12:00")) as world:
        await world.shifts.digest_setting(world.staff("mia"), 3, 17)
        await world.advance(hours=1)
        assert digests(world) == []


@in_virtual_time
async def test_sent_late_if_missed_and_never_twice():
    async with World(start=utc("2026-03-06 12:00")) as world:
        await world.until(utc("2026-03-09 08:00"))
        await world.process_down(until=utc("2026-03-09 11:00"))
        await world.advance(minutes=1)
        assert [g.message.data["late_minutes"] for g in digests(world)] == [120]
        await world.process_down(until=utc("2026-03-09 12:00"))
        await world.advance(hours=5)
        assert len(digests(world)) == 1


@in_virtual_time
async def test_nine_o_clock_is_nine_on_the_wall_in_summer_too():
    async with World(start=utc("2026-03-27 12:00")) as world:
        await world.until(utc("2026-03-30 12:00"))
        assert [g.at.strftime("%H:%M") for g in digests(world)] == ["08:00"]


@in_virtual_time
async def test_what_a_digest_says():
    """Open cases with what is unmet, interviews and how many in time, repeats, the unanswered."""
    async with World(start=utc("2026-03-06 12:00")) as world:
        for n in range(2):
            ref = await world.report(f"RH-222{n + 2}", ago=timedelta(minutes=30))
            await world.returns(ref)
            await world.records(ref, world.fact(f.SafeAndWell, done=True))
            await world.records(ref, world.fact(f.InterviewHeld, held_by="visitor"))
            await world.advance(minutes=10)
        await world.report(ago=timedelta(0))
        await world.until(utc("2026-03-09 09:01"))
        data = msgspec.json.decode(msgspec.json.encode(digests(world)[0].message.data))
        assert [line["ref"] for line in data["open"]] == ["RH-2222", "RH-2223", "RH-2345"]
        away = data["open"][-1]
        assert [d["duty"] for d in away["unmet"]] == ["CP-4H", "CP-24H"]
        assert away["next"]["duty"] == "CP-72H-OPEN"
        assert data["repeats"] == [{"person": "YP-1", "episodes": 3, "tier": 3}]
        assert {"ref": "RH-2345", "duty": "CP-4H"} in data["unanswered"]
        assert sum(v["week"] for v in data["by_level"].values()) == 3
        assert data["by_home"]["rowan"] == {"week": 3, "before_mean": 0.0}
        assert len(data["weeks"]) == 12
        assert sum(data["weeks"][-1]["levels"]) == 3
        assert weeks_by_level(data["weeks"]).startswith(b"\x89PNG")


@in_virtual_time
async def test_interviews_on_time_are_counted_in_the_week_in_which_their_time_ended():
    from reminders.digest import _interviews

    now = utc("2026-03-09 09:00")

    def row(ref, due, held=None, declined=None):
        return Past(
            ref=ref,
            person="YP-1",
            home="rowan",
            category="missing",
            start=utc("2026-03-01 09:00"),
            end=None,
            level=2,
            peak=2,
            closed_at=None,
            interview_due_at=utc(due),
            interview_held_at=utc(held) if held else None,
            interview_declined_at=utc(declined) if declined else None,
        )

    rows = [
        row("A", "2026-03-05 09:00", held="2026-03-05 09:00"),
        row("B", "2026-03-05 09:00", held="2026-03-06 09:00"),
        row("C", "2026-03-06 09:00", declined="2026-03-06 08:00"),
        row("D", "2026-03-07 09:00"),
        row("E", "2026-03-11 09:00"),
        row("F", "2026-02-20 09:00", held="2026-02-20 08:00"),
    ]
    assert _interviews(rows, utc("2026-03-02 09:00"), now) == {
        "ended": 4,
        "held": 2,
        "declined": 1,
        "on_time": 1,
        "on_time_percent": 33,
        "waiting": ["D", "E"],
    }


@in_virtual_time
async def test_a_digest_that_comes_late_is_still_of_its_own_week():
    """Down from Sunday to Wednesday: what began on Tuesday belongs to the next digest, and what
    began on the Tuesday before is not forgotten."""
    async with World(start=utc("2026-03-03 12:00")) as world:
        await world.report("RH-2222", ago=timedelta(0))
        await world.returns("RH-2222")
        await world.until(utc("2026-03-08 12:00"))
        await world.process_down(until=utc("2026-03-11 12:00"))
        await world.report("RH-2223", person="YP-2", ago=timedelta(hours=20))
        await world.advance(minutes=1)
        first = digests(world)[0].message.data
        assert (first["from"], first["to"]) == ("2026-03-02T09:00:00Z", "2026-03-09T09:00:00Z")
        assert first["late_minutes"] == 51 * 60
        assert first["by_home"]["rowan"]["week"] == 1
        assert "RH-2223" not in {line["ref"] for line in first["open"]}
        await world.until(utc("2026-03-16 09:01"))
        assert digests(world)[1].message.data["by_home"]["rowan"]["week"] == 1


@in_virtual_time
async def test_an_out_of_hours_referral_counts_in_the_week_in_which_it_was_made():
    """Away from Monday morning before the digest, found on Tuesday night with reason not to go
    back: a referral to the emergency duty team, of the second week. Another who is found in office
    hours is referred to the day team and is not counted."""
    clock = VirtualClock(utc("2026-03-06 12:00"))
    store = MemoryStore(summarise=lambda e: summarise(e, PACK, clock.now()), now=clock.now)
    async with World(clock=clock, store=store) as world:
        await world.until(utc("2026-03-09 08:00"))
        await world.report("RH-2222", ago=timedelta(0))
        await world.report("RH-2223", person="YP-2", ago=timedelta(0))
        await world.until(utc("2026-03-09 12:00"))
        assert digests(world)[0].message.data["out_of_hours_referrals"] == {"week": 0, "weeks": 0}
        await world.records(
            "RH-2223",
            world.fact(f.Located, return_unsafe=True),
            world.fact(f.Referred, to="duty_team"),
        )
        await world.returns("RH-2223")
        await world.until(utc("2026-03-10 22:00"))
        await world.records(
            "RH-2222",
            world.fact(f.Located, return_unsafe=True),
            world.fact(f.Referred, to="emergency_duty_team"),
        )
        await world.returns("RH-2222")
        for ref in ("RH-2222", "RH-2223"):
            await world.records(ref, world.fact(f.SignedOff), world.fact(f.Closed), close=True)
        await world.until(utc("2026-03-16 12:00"))
        assert digests(world)[1].message.data["out_of_hours_referrals"] == {"week": 1, "weeks": 1}
        await world.until(utc("2026-03-23 12:00"))
        assert digests(world)[2].message.data["out_of_hours_referrals"] == {"week": 0, "weeks": 1}


@pytest.mark.usefixtures("own_heartbeat")
@in_virtual_time
async def test_a_digest_that_cannot_be_made_holds_up_nothing_else(monkeypatch):
    """The round goes on: the heartbeat beats, reminders are sent, and it is tried again."""
    from reminders import digest

    real, broken = digest.gather, [True]

    async def gather(*given):
        if broken[0]:
            raise ValueError("a file that nobody can read")
        return await real(*given)

    monkeypatch.setattr(digest, "gather", gather)
    async with World(start=utc("2026-03-06 12:00")) as world:
        await world.until(utc("2026-03-09 08:00"))
        await world.report(ago=timedelta(hours=2, minutes=59))
        await world.until(utc("2026-03-09 09:03"))
        assert world.asked("CP-4H") == [("09:01", "amy")]
        assert digests(world) == []
        assert world.engine.watch.last_beat > utc("2026-03-09 09:02")
        broken[0] = False
        await world.advance(minutes=2)
        assert len(digests(world)) == 1


@in_virtual_time
async def test_a_manager_of_one_home_reads_of_that_home_only():
    from tests.reminders.world import SERVICE

    service = msgspec.structs.replace(
        SERVICE,
        staff=tuple(
            msgspec.structs.replace(s, homes=("cedar",)) if s.id == "mia" else s
            for s in SERVICE.staff
        ),
    )
    async with World(start=utc("2026-03-06 12:00"), service=service) as world:
        await world.report(ago=timedelta(0))
        await world.until(utc("2026-03-09 09:01"))
        assert digests(world)[0].message.data["open"] == []
        assert "mia" not in {who for _, who in world.asked("CP-4H")}


def test_the_picture_needs_no_network(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a picture needs no network")

    monkeypatch.setattr(socket, "socket", refuse)
    week = {"from": "2026-03-02", "levels": [1, 2, 0]}
    assert len(weeks_by_level([week] * 12)) > 10_000


@in_virtual_time
async def test_a_case_that_was_signed_off_with_something_open_is_listed_with_the_reason():
    clock = VirtualClock(utc("2026-03-10 08:00"))
    store = MemoryStore(summarise=lambda e: summarise(e, PACK, clock.now()), now=clock.now)
    async with World(clock=clock, store=store) as world:
        await world.report("RH-2222", ago=timedelta(0))
        await world.returns("RH-2222")
        why = {"left_open": ("RI", "SAFE-WELL"), "reason": "moved to another authority"}
        await world.records(
            "RH-2222", world.fact(f.SignedOff, **why), world.fact(f.Closed, **why), close=True
        )
        await world.until(utc("2026-03-16 12:00"))
        [line] = digests(world)[-1].message.data["left_open"]
        assert (line["ref"], line["duties"]) == ("RH-2222", ["RI", "SAFE-WELL"])
        assert line["reason"] == "moved to another authority"
        await world.until(utc("2026-03-23 12:00"))
        assert digests(world)[-1].message.data["left_open"] == []


@in_virtual_time
async def test_a_profile_that_is_to_be_reviewed_is_named_by_reference_to_the_home_s_managers():
    async with World(start=utc("2026-03-06 12:00")) as world:
        people = {
            "YP-71": date(2026, 3, 1),
            "YP-72": date(2026, 3, 23),
            "YP-73": date(2026, 3, 24),
            "YP-74": None,
        }
        kept = Person(ref="YP-70", home="rowan", child=f.Child(dob=date(2011, 5, 14)))
        await world.store.put_people(
            [
                msgspec.structs.replace(
                    kept,
                    ref=ref,
                    name="Ash Invented",
                    profile=Profile(description="tall", review_by=by),
                )
                for ref, by in people.items()
            ]
            + [
                msgspec.structs.replace(
                    kept,
                    ref="YP-75",
                    left_on=date(2026, 3, 2),
                    profile=Profile(review_by=date(2026, 3, 1)),
                )
            ]
        )
        await world.shifts.digest_setting(world.staff("amy"), 0, 9)
        await world.until(utc("2026-03-09 09:01"))
        found = {g.to: g.message for g in digests(world)}
        assert found["amy"].data["reviews"] == []
        assert [(x["person"], x["overdue"]) for x in found["mia"].data["reviews"]] == [
            ("YP-71", True),
            ("YP-72", False),
        ]
        words = messages.Words(world.engine.service_state.service, PACK, utc("2026-03-09 09:01"))
        text = digest.weekly(found["mia"], words).text
        assert "Missing profiles to look at again: 2" in text
        assert "YP-71: was due by 1 Mar 2026" in text and "YP-72: due by 23 Mar 2026" in text
        assert "tall" not in text and "Ash" not in text
