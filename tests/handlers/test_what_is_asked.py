"""Everything of a return that has a place on record is asked, in the order in which it comes up."""

from __future__ import annotations

from datetime import time, timedelta
from itertools import pairwise

import pytest
from msgspec.structs import replace

from handlers import card, next_steps, show_card
from protocol import facts as f
from protocol import london
from protocol.fold import fold
from storage.store import Change
from tests.handlers.chat_world import PROVIDER, ChatWorld, young

ASKED = time(9)
"""In London, on the day set for an action or a review."""


def coded(code: str):
    """Camden with a code of its own."""
    found = tuple(replace(a, code=code) if a.name == "Camden" else a for a in PROVIDER.authorities)
    return replace(PROVIDER, authorities=found)


async def found(world: ChatWorld, *, told: bool = True, safe: str = "No") -> str:
    ref = await world.reports()
    if told:
        await world.forges("amy", f"c:{ref}:police")
        await world.taps("amy", "Just now", "No reference", "Skip")
    world.clock.go(hours=3)
    await world.forges("amy", f"c:{ref}:found")
    await world.taps("amy", "Just now", "Skip", safe, "Yes")
    if safe != "No":
        await world.taps("amy", "Save")
    return ref


async def held(world: ChatWorld) -> str:
    ref = await world.reports()
    world.clock.go(hours=3)
    await world.comes_back("amy", ref)
    world.clock.go(hours=40)
    await world.forges("amy", f"c:{ref}:held")
    await world.taps("amy", "Just now", "Independent service")
    return ref


async def duties(world: ChatWorld, ref: str) -> dict[str, object]:
    listed = world.engine.cases.duties_in(await world.store.episode(ref))[1]
    return {duty.id: duty for duty in listed}


async def steps(world: ChatWorld, ref: str) -> list[str]:
    """The forms that are offered after the return, in order."""
    now_on = await show_card.view(world.context, await world.store.episode(ref))
    return next_steps.after_return(now_on)


async def test_police_who_found_them_need_not_be_told() -> None:
    """Who found them, where, in whose area: three taps where the authority is a district."""
    async with ChatWorld(coded("E09000007")) as world:
        ref = await found(world)
        assert "N-BACK-POLICE" in await duties(world, ref)
        await world.taps("amy", "Who found them", "Police", "In public", "Camden")
        assert "N-BACK-POLICE" not in await duties(world, ref)
        located = (await world.facts(ref, f.Located))[-1]
        assert (located.found_by, located.place) == ("police", "public_place")
        assert (located.authority, located.district) == ("Camden", "E09000007")
        assert located.return_unsafe is False, "what was known before is carried along"
        assert "📍 Who found them, where" not in world.labels("amy")


async def test_a_district_without_a_code_goes_into_the_notes() -> None:
    async with ChatWorld() as world:
        ref = await found(world)
        await world.taps("amy", "Who found them", "Parents", "Family home")
        await world.sends("amy", "Invented County")
        await world.sends("amy", "Farland")
        located = (await world.facts(ref, f.Located))[-1]
        assert (located.authority, located.district) == ("Invented County", "")
        assert (await world.facts(ref, f.Note))[-1].text == "District, by name: Farland"
        assert "Farland" not in world.last("amy")


async def test_what_is_not_known_of_the_place_stays_unknown() -> None:
    async with ChatWorld() as world:
        ref = await found(world)
        await world.taps("amy", "Who found them", "Don't know", "Don't know", "Don't know")
        located = (await world.facts(ref, f.Located))[-1]
        assert (located.found_by, located.place) == ("unknown", "unknown")
        assert (located.authority, located.district) == ("", "")


async def test_why_an_absence_was_without_permission_stands_in_the_report() -> None:
    async with ChatWorld() as world:
        ref = await world.reports()
        await world.forges("amy", f"c:{ref}:category")
        await world.taps("amy", "Yes, confirmed", "Skip")
        world.clock.go(hours=1)
        await world.comes_back("amy", ref)
        await world.taps("amy", "Why they were absent", "Where they were was known")
        [*_, changed] = await world.facts(ref, f.CategoryChanged)
        assert changed.reason == "where they were was known and confirmed"
        assert "❓ Why they were absent" not in world.labels("amy")


async def test_the_reason_keeps_what_was_put_right_of_the_report() -> None:
    async with ChatWorld() as world:
        await world.sends("amy", "/missing")
        usual = {
            "Nothing is saved yet": "Save the report",
            "Which young person?": "YP-01",
            "Does somebody know": "Yes, confirmed",
            "last seen": "30 min ago",
            "due back": "No set time",
            "What happened": "Did not come back",
            "police": "Not yet",
            "worse": "None of these",
            "earlier concerns": "No",
        }
        while not await world.cases():
            question = world.last("amy").rpartition("\n\n")[2].casefold()
            await world.taps("amy", next(a for q, a in usual.items() if q.casefold() in question))
        [case] = await world.cases()
        await world.forges("amy", f"c:{case.ref}:fix")
        await world.taps("amy", "Last seen", "1 h ago")
        seen = fold((await world.store.episode(case.ref)).facts).last_seen_at
        await world.comes_back("amy", case.ref)
        await world.taps("amy", "Why they were absent")
        await world.sends("amy", "an agreed visit went on")
        opened = (await world.facts(case.ref, f.Opened))[-1]
        assert opened.category_reason == "an agreed visit went on"
        assert fold((await world.store.episode(case.ref)).facts).last_seen_at == seen


async def test_a_missing_episode_is_not_asked_why_it_was_an_absence() -> None:
    async with ChatWorld() as world:
        ref = await world.reports()
        await world.forges("amy", f"c:{ref}:absence")
        assert "missing episode" in world.last("amy")


async def test_police_asked_to_come_along() -> None:
    async with ChatWorld() as world:
        ref = await world.reports()
        world.clock.go(hours=3)
        await world.comes_back("amy", ref)
        await world.forges("amy", f"c:{ref}:came_back")
        await world.taps("amy", "Carer", "Yes", "Same placement", "Social worker")
        [collected] = await world.facts(ref, f.Collected)
        assert (collected.by_whom, collected.police_along) == ("carer", True)


@pytest.mark.parametrize(
    ("said", "officer", "spoke_to"),
    [("4711", "4711", ""), ("PC 123456", "PC 123456", ""), ("the desk", "", "the desk")],
)
async def test_a_number_is_the_officers(said: str, officer: str, spoke_to: str) -> None:
    async with ChatWorld() as world:
        ref = await world.reports()
        await world.forges("amy", f"c:{ref}:police")
        await world.taps("amy", "Just now", "No reference")
        await world.sends("amy", said)
        [told] = await world.facts(ref, f.PoliceTold)
        assert (told.officer, told.spoke_to) == (officer, spoke_to)


async def test_after_telling_the_answers_are_asked() -> None:
    """Told is not accepted: the card asks for the police's answer and the authority's."""
    async with ChatWorld() as world:
        ref = await world.reports()
        await world.forges("amy", f"c:{ref}:police")
        await world.taps("amy", "Just now", "No reference", "Skip")
        await world.taps("amy", "Authority told", "Voicemail or message left", "Phone")
        await world.taps("amy", "Just now", "Skip")
        assert "N-RA" in await duties(world, ref)
        assert {"🚓 What police said", "🏛 Authority acts on it"} <= {*world.labels("amy")}
        await world.taps("amy", "What police said", "Yes, accepted", "High", "Skip", "Just now")
        await world.taps("amy", "Authority acts on it", "The child's social worker", "Phone")
        await world.taps("amy", "Just now", "Skip")
        assert "N-RA" in await duties(world, ref), "the child's social worker alone is not enough"
        await world.taps("amy", "Authority acts on it", "Accountable manager", "Phone", "Just now")
        await world.taps("amy", "Skip")
        assert "N-RA" not in await duties(world, ref)
        assert not {"🚓 What police said", "🏛 Authority acts on it"} & {*world.labels("amy")}


async def test_who_will_hold_the_interview() -> None:
    async with ChatWorld() as world:
        ref = await world.reports()
        world.clock.go(hours=3)
        await world.comes_back("amy", ref)
        await world.forges("amy", f"c:{ref}:booked")
        await world.taps("amy", "In 4 h", "Independent service")
        [booked] = await world.facts(ref, f.InterviewBooked)
        assert booked.by_whom == "independent service"


async def test_an_action_of_the_interview_has_an_owner_and_a_day_and_is_asked_about() -> None:
    async with ChatWorld() as world:
        ref = await held(world)
        today = london.day_of(world.clock.now())
        later, sooner = today + timedelta(days=7), today + timedelta(days=2)
        for what, owner, day in (
            ("Talk to the school", "Key worker", later),
            ("Refer to a service", "Social worker", sooner),
        ):
            await world.forges("amy", f"c:{ref}:action")
            await world.taps("amy", what, owner, f"{day:%a} {day.day} {day:%b}")
        actions = (await world.facts(ref, f.InterviewHeld))[-1].actions
        assert [(x.what, x.owner, x.by) for x in actions] == [
            ("talk to the school", "key worker", later),
            ("refer to a service", "social worker", sooner),
        ]
        assert (await duties(world, ref))["RI-ACTIONS"].at == london.at(sooner, ASKED)
        world.clock.go(days=2)
        await world.engine.tick()
        await world.forges("amy", f"r:{ref}:RI-ACTIONS:do")
        await world.taps("amy", "Done")
        assert (await duties(world, ref))["RI-ACTIONS"].at == london.at(later, ASKED)


async def test_no_action_was_agreed() -> None:
    async with ChatWorld() as world:
        ref = await held(world)
        assert "action" in await steps(world, ref)
        await world.forges("amy", f"c:{ref}:action")
        await world.taps("amy", "No action was agreed")
        assert (await world.facts(ref, f.InterviewHeld))[-1].actions == ()
        assert "action" not in await steps(world, ref)
        assert "RI-ACTIONS" not in await duties(world, ref)


async def test_a_meeting_names_its_lead_and_its_next_review_which_is_asked_about() -> None:
    async with ChatWorld() as world:
        ref = await world.reports()
        world.clock.go(hours=3)
        await world.comes_back("amy", ref)
        await world.forges("amy", f"c:{ref}:meeting")
        await world.taps("amy", "Strategy meeting", "Held", "Just now", "Police", "Social worker")
        await world.taps("amy", "These (2)" if "These (2)" in world.labels("amy") else "2", "Skip")
        await world.sends("amy", "the social worker")
        day = london.day_of(world.clock.now()) + timedelta(days=14)
        await world.taps("amy", f"{day:%a} {day.day} {day:%b}")
        [meeting] = await world.facts(ref, f.MeetingHeld)
        assert (meeting.meeting, meeting.lead_professional) == ("strategy", "the social worker")
        assert meeting.present == ("police", "social worker")
        assert meeting.next_review == london.at(day, ASKED)
        assert (await duties(world, ref))["MEETING-STRATEGY"].at == meeting.next_review
        await world.forges("amy", f"c:{ref}:action")
        await world.taps("amy", "Talk to the school", "School", "No day set")
        assert (await world.facts(ref, f.MeetingHeld))[-1].actions[0].owner == "school"
        world.clock.go(days=14)
        await world.forges("amy", f"r:{ref}:MEETING-STRATEGY:do")
        await world.taps("amy", "Held", "Just now", "None of these", "Skip", "Skip", "No day set")
        assert "MEETING-STRATEGY" not in await duties(world, ref)


async def test_plans_and_reviews_are_ticked_in_one_go() -> None:
    async with ChatWorld() as world:
        ref = await held(world)
        await world.forges("amy", f"c:{ref}:plans")
        await world.taps("amy", "Care plan", "Placement plan", "Early review", "3")
        decided = {x.about: x for x in await world.facts(ref, f.Decided)}
        assert decided["RET-CARE-PLAN"].note == "care plan, placement plan"
        assert {x.outcome for x in decided.values()} == {"done"}
        assert {*decided} == {"RET-CARE-PLAN", "SG-REVIEW"}


async def test_away_together_stands_on_both_cases_and_is_taken_back_on_both() -> None:
    async with ChatWorld() as world:
        first = await world.reports("amy", "YP-01")
        second = await world.reports("amy", "YP-02")
        await world.forges("amy", f"c:{second}:together")
        await world.taps("amy", first)
        for ref, other in ((first, second), (second, first)):
            await world.forges("amy", f"c:{ref}:card")
            assert f"away together with {other}" in world.last("amy")
        await world.forges("amy", f"c:{second}:undo")
        await world.taps("amy", "away together")
        await world.sends("amy", "it was somebody else")
        await world.taps("amy", "Save")
        for ref in (first, second):
            await world.forges("amy", f"c:{ref}:card")
            assert "away together" not in world.last("amy")


async def test_a_link_that_was_half_written_is_completed_at_the_start() -> None:
    """The process ended between the two cases."""
    async with ChatWorld(people=(young("YP-01"), young("YP-02"))) as world:
        first = await world.reports("amy", "YP-01")
        second = await world.reports("amy", "YP-02")
        episode = await world.store.episode(second)
        now = world.clock.now()
        link = f.AwayTogether(id="t", by="amy", recorded_at=now, at=now, other=first)
        await world.store.commit(second, episode.version, Change(facts=[link]))
        await world.restarts(PROVIDER)
        await world.engine.tick()
        [mirrored] = await world.facts(first, f.AwayTogether)
        assert mirrored.other == second


async def test_asked_again_nothing_that_was_known_is_taken_back() -> None:
    """Hurt, said on return; the interview says nothing new of it."""
    async with ChatWorld() as world:
        ref = await world.reports()
        world.clock.go(hours=3)
        await world.forges("amy", f"c:{ref}:back")
        await world.taps("amy", "Just now", "Hurt or harmed", "1")
        await world.forges("amy", f"c:{ref}:time_away")
        await world.taps("amy", "Don't know", "Don't know")
        episode = fold((await world.store.episode(ref)).facts)
        assert episode.harmed_while_away is True
        assert episode.crime_victim == "unknown"


async def test_more_about_the_return_moves_no_question_to_a_later_day() -> None:
    async with ChatWorld() as world:
        ref = await world.reports()
        world.clock.go(hours=3)
        await world.forges("amy", f"c:{ref}:back")
        await world.taps("amy", "Just now", "Don't know")
        asked = (await duties(world, ref))["ASK-HARM"].at
        world.clock.go(days=2)
        await world.forges("amy", f"c:{ref}:came_back")
        await world.taps("amy", "Police", "Same placement", "Social worker")
        assert (await duties(world, ref))["ASK-HARM"].at == asked


async def test_what_is_asked_comes_in_the_order_of_three_days() -> None:
    """Telling first, then how they came back, then the check and the interview, then the plans."""
    async with ChatWorld() as world:
        ref = await world.reports()
        world.clock.go(hours=3)
        await world.comes_back("amy", ref)
        now_on = await show_card.view(world.context, await world.store.episode(ref))
        found_ = await steps(world, ref)
        order = ["police", "authority", "parents", "came_back", "medical", "offered", "plans"]
        places = [found_.index(step) for step in order]
        assert all(a < b for a, b in pairwise(places)), found_
        shown = [b.data for row in card.card(now_on, world.staff("amy")).rows for b in row]
        assert [d for d in shown if d.endswith(":police")]
