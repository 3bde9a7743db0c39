"""A home can have a protocol of its own, and the placing authority's is followed beside the home's
(DCSF statutory guidance 2009, 3.5 paragraph 27)."""

from __future__ import annotations

from datetime import UTC, timedelta
from pathlib import Path

from bot.summary import summarise
from protocol.pack import load_pack
from tests.handlers.chat_world import PACK, ChatWorld

EXAMPLE = Path(__file__).parents[1] / "data" / "protocol" / "exampleshire.toml"
CAMDENS = load_pack(EXAMPLE, overrides={"protocol_la": "Camden"})
"""Camden wants to be told within 30 minutes, the Haringey pack within 60."""
KENTS = load_pack("guidance-2009", overrides={"protocol_la": "Kent"})
SERVICE = PACK.serving({"cedar": KENTS}, {"Camden": CAMDENS})


async def due(world: ChatWorld, ref: str) -> dict[str, tuple[timedelta, str]]:
    """Of each duty: how long after the start it is due, and whose protocol says so."""
    record = await world.store.episode(ref)
    start = (await world.engine.cases.standing_of(ref)).computed.start.astimezone(UTC)
    found = world.engine.cases.duties_in(record)[1]
    return {duty.id: (duty.at - start, duty.authority) for duty in found}


async def test_a_young_person_placed_by_an_authority_with_a_stricter_protocol() -> None:
    """Rowan House lies in Haringey; Camden placed YP-01 there. Level and reasons stay Haringey's;
    what Camden wants sooner, or beside it, is asked in its name, and ends with the same fact."""
    async with ChatWorld(pack=SERVICE) as world:
        ref = await world.reports("amy")
        found = (await world.engine.cases.standing_of(ref)).computed
        assert all(r.startswith(("HAR-", "SG-", "APPG-", "STF-", "CUR-")) for r in found.reasons)
        assert found.placing is not None
        home_wants, camden_wants = found.due["N-RA"].at, found.placing.due["N-RA"].at
        assert home_wants - camden_wants == timedelta(minutes=30)
        asked = await due(world, ref)
        assert {asked[duty][1] for duty in ("N-RA", "EX-NIGHT", "EX-REVIEW")} == {"Camden"}
        assert asked["N-PARENTS"][1] == "", "that one both want at the same time"
        await world.forges("amy", f"c:{ref}:card")
        text = world.text("amy")
        [asked_for] = [line for line in text.splitlines() if "the placing authority" in line]
        assert asked_for.startswith("🕑 22:00 ")
        assert "(Camden's own protocol)" in asked_for
        await world.taps("amy", "Authority told", "Accountable manager")
        await world.taps("amy", "Phone", "Just now", "Skip")
        assert "N-RA" not in await due(world, ref)
        await world.taps("amy", "Police told", "Just now", "No reference", "Skip")
        assert "Ring the head of service (Camden's own protocol)" in world.last("amy")


async def test_what_the_placing_authority_wants_stands_in_the_way_of_signing_off() -> None:
    """Camden's pack wants the decision on regulation 40; Haringey's, as set here, does not."""
    camdens = load_pack("guidance-2009", overrides={"protocol_la": "Camden"})
    async with ChatWorld(pack=PACK.serving({}, {"Camden": camdens})) as world:
        ref = await world.reports("amy")
        world.clock.go(hours=3)
        await world.comes_back("amy", ref)
        found = (await world.engine.cases.standing_of(ref)).computed
        assert "CUR-REG40" not in found.to_settle
        assert found.placing is not None
        assert found.placing.to_settle == ("CUR-REG40",)
        await world.forges("amy", f"c:{ref}:settle")
        wanted = "Decide whether to notify Ofsted without delay (Camden's own protocol)"
        assert wanted in world.text("amy")
        await world.forges("amy", f"c:{ref}:item:CUR-REG40")
        await world.taps("amy", "Not needed")
        await world.sends("amy", "not a serious event")
        found = (await world.engine.cases.standing_of(ref)).computed
        assert found.placing is not None
        assert found.placing.to_settle == ()


async def test_a_home_in_another_area_follows_the_protocol_of_that_area() -> None:
    """Cedar House lies in Kent, whose pack is another one: its rules and levels count."""
    async with ChatWorld(pack=SERVICE) as world:
        ref = await world.reports("cay", "YP-11")
        found = (await world.engine.cases.standing_of(ref)).computed
        assert found.level_reasons == ("GUI-L2",)
        assert not any(reason.startswith("HAR-L") for reason in found.reasons)
        await world.forges("cay", f"c:{ref}:why")
        assert "the guidance has no levels" in world.last("cay")
        there = await world.reports("amy")
        assert "HAR-GAP-OPEN" in (await world.engine.cases.standing_of(there)).computed.reasons


async def test_the_rows_of_a_home_are_made_by_its_own_protocol() -> None:
    async with ChatWorld(pack=SERVICE) as world:
        ref = await world.reports("cay", "YP-11")
        world.clock.go(hours=25)
        record = await world.store.episode(ref)
        now = world.clock.now()
        assert summarise(record, SERVICE, now).level == 3
        assert summarise(record, PACK, now).level == 2
