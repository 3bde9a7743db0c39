"""The forms behind the card's buttons: what they put on record; nothing is saved unseen."""

from __future__ import annotations

import msgspec
import pytest

from handlers.report import FEARED_FOR, police_first
from protocol import facts as f
from protocol.facts import Child
from protocol.fold import fold
from storage.model import Person
from storage.store import Change
from tests.handlers.chat_world import ChatWorld
from tests.handlers.test_form import state
from tests.handlers.test_time_order import answers, told_everybody


async def test_continue_is_the_last_button_and_dont_know_keeps_what_is_ticked() -> None:
    async with ChatWorld() as world:
        await world.sends("amy", "/missing")
        await world.taps("amy", "YP-01", "No, or not", "Not yet", "Just now", "No set time")
        await world.taps("amy", "Did not come back", "Mental health", "Risky contacts")
        assert world.labels("amy")[-1] == "That's all (2 ticked)"
        assert world.labels("amy")[-4:-1] == ["‹ Back", "Cancel", "Don't know about the rest"]
        await world.taps("amy", "Don't know about the rest")
        assert "Makes it worse: 2 ticked, kept out of this chat, rest: don't know" in world.text(
            "amy"
        )
        assert "Mental health" not in world.text("amy"), "sensitive ticks do not stay in the chat"
        assert world.labels("amy")[-1] == "✅ Save the report"
        await world.taps("amy", "Save the report")
        [opened] = await world.facts((await world.case()).ref, f.Opened)
        child = opened.child
        assert (child.mental_health, child.risky_contacts) == (True, True)
        assert child.historical_concerns == "unknown"
        assert "factors" in opened.not_known


DECISIONS = {
    "withheld": (["words", "Social worker"], f.ParentsWithheld),
    "raise": (["Level 3", "words"], f.LevelRaised),
    "lower": (["Level 1", "words"], f.LevelStoodDown),
    "found": (["Just now", "Skip", "Yes", "No"], f.Located),
}


@pytest.mark.parametrize("action", DECISIONS)
async def test_a_decision_is_shown_whole_before_it_is_saved(action: str) -> None:
    steps, kind = DECISIONS[action]
    async with ChatWorld() as world:
        ref = await world.reports(young_person="YP-02")
        await world.forges("mia", f"c:{ref}:{action}")
        for step in steps:
            if step == "words":
                await world.sends("mia", "a reason in her own words")
            else:
                await world.taps("mia", step)
        assert await world.facts(ref, kind) == []
        assert "This is what goes on record. Save it?" in world.text("mia")
        assert "her own words" not in world.text("mia")
        assert world.labels("mia")[-1] == "✅ Save"
        await world.taps("mia", "Save")
        assert len(await world.facts(ref, kind)) == 1


async def test_found_and_safe_needs_no_summary() -> None:
    async with ChatWorld() as world:
        ref = await world.reports()
        await world.forges("amy", f"c:{ref}:found")
        await world.taps("amy", "Just now", "Skip", "No", "Yes")
        assert len(await world.facts(ref, f.Located)) == 1


async def test_who_decided_is_chosen_by_button_managers_by_name() -> None:
    async with ChatWorld() as world:
        ref = await world.reports()
        await world.forges("amy", f"c:{ref}:withheld")
        await world.sends("amy", "contact only with a supervisor")
        assert "Our manager Mia Example" in world.labels("amy")
        await world.taps("amy", "Our manager Mia", "Save")
        [fact] = await world.facts(ref, f.ParentsWithheld)
        assert (fact.decided_by, fact.reason) == (
            "Our manager Mia Example",
            "contact only with a supervisor",
        )


async def test_what_is_not_known_of_the_return_is_kept_as_not_known() -> None:
    async with ChatWorld() as world:
        ref = await world.reports()
        await world.forges("amy", f"c:{ref}:found")
        await world.taps("amy", "Just now", "Don't know", "Don't know", "Don't know")
        [located] = await world.facts(ref, f.Located)
        assert (located.return_unsafe, located.contact_blocked) == ("unknown", "unknown")
        await world.forges("amy", f"c:{ref}:back")
        await world.taps("amy", "Just now", "Hurt or harmed", "Don't know about the rest")
        [away] = await world.facts(ref, f.WhileAway)
        assert away.harmed is True
        assert (away.crime_suspected, away.crime_victim) == ("unknown", "unknown")


EVERYTHING = {
    "Time noticed": (["21:35", "yes"], "noticed put right: 21:35 (was 21:30)"),
    "Last seen": (["21:20", "yes"], "last seen put right: 21:20 (was 21:30)"),
    "Due back": (["21:25", "yes"], "due back put right: 21:25 (was no set time)"),
    "Time police were told": (["21:45", "yes"], "21:45 police told"),
    "Time authority was told": (["21:51", "yes"], "(was 21:50)"),
    "Time parents were told": (["21:56", "yes"], "(was 21:55)"),
    "Time found": (["22:21", "yes"], "(was 22:20)"),
    "Time back": (["22:24", "yes"], "(was 22:25)"),
    "Time of safe and well check": (["22:27", "yes"], "(was 22:26)"),
    "Time interview was offered": (["22:26", "yes"], "(was 22:27)"),
    "Time interview was held": (["22:29", "yes"], "(was 22:28)"),
    "Who was reached there": (
        ["Voicemail", "Phone"],
        "(was authority: Accountable manager (phone))",
    ),
    "Police were NOT told": (["words", "Save"], "withdrawn: police told"),
    "Authority was NOT told": (["words", "Save"], "withdrawn: authority: Accountable manager"),
    "Parents were NOT told": (["words", "Save"], "withdrawn: parents told"),
    "NOT found after all": (["words", "Save"], "withdrawn: found"),
    "NOT back after all": (["words", "Save"], "withdrawn: back"),
    "NO safe and well check": (["words", "Save"], "withdrawn: safe and well check done"),
    "Interview NOT offered": (["words", "Save"], "withdrawn: return interview offered"),
    "Interview NOT held": (["words", "Save"], "withdrawn: return interview held"),
    "What makes it worse": (["Mental health", "That's all"], "+ mental health"),
    "Missing or away": (["Yes, confirmed", "words", "Save"], "(was missing)"),
}


@pytest.mark.parametrize("what", EVERYTHING)
async def test_everything_can_be_put_right_and_the_timeline_shows_both(what: str) -> None:
    steps, shown = EVERYTHING[what]
    async with ChatWorld() as world:
        ref = await told_everybody(world)
        await world.forges("amy", f"c:{ref}:fix")
        await world.taps("amy", what)
        for step in steps:
            if step == "words":
                await world.sends("amy", "somebody misheard it")
            else:
                await answers(world, [step])
        await world.forges("amy", f"c:{ref}:timeline")
        assert shown in world.text("amy")


async def test_the_time_noticed_put_right_keeps_what_was_put_right_before() -> None:
    """The report once more, as the last word on all of it."""
    async with ChatWorld() as world:
        ref = await told_everybody(world)
        for steps in (
            ["Last seen", "21:10", "yes"],
            ["Missing or away", "Yes, confirmed"],
            ["What makes it worse", "Mental health", "That's all"],
            ["Time noticed", "21:35", "yes"],
        ):
            await world.forges("amy", f"c:{ref}:fix")
            await answers(world, steps)
            if steps[0] == "Missing or away":
                await world.sends("amy", "seen by the police")
                await world.taps("amy", "Save")
            world.clock.go(minutes=1)
        now = fold((await world.store.episode(ref)).facts)
        assert now.aware_at is not None
        assert now.aware_at.strftime("%H:%M") == "21:35"
        assert now.last_seen_at is not None
        assert now.last_seen_at.strftime("%H:%M") == "21:10"
        assert now.child.mental_health
        assert now.category == "unauthorised_absence"


async def test_the_time_noticed_put_right_keeps_since_when_they_are_missing() -> None:
    async with ChatWorld() as world:
        ref = await told_everybody(world)
        for steps in (["Missing or away", "Yes, confirmed"], ["Time noticed", "21:35", "yes"]):
            await world.forges("amy", f"c:{ref}:fix")
            await answers(world, steps)
            if steps[0] == "Missing or away":
                await world.sends("amy", "seen by the police")
                await world.taps("amy", "Save")
                episode = await world.store.episode(ref)
                now = world.clock.now()
                missing = f.CategoryChanged(
                    id="later", by="amy", recorded_at=now, at=now, category="missing"
                )
                await world.store.commit(ref, episode.version, Change(facts=[missing]))
                since = now
            world.clock.go(minutes=5)
        folded = fold((await world.store.episode(ref)).facts)
        assert (folded.category, folded.missing_since) == ("missing", since)


async def test_parents_may_be_told_after_all() -> None:
    async with ChatWorld() as world:
        ref = await world.reports()
        await world.forges("amy", f"c:{ref}:withheld")
        await world.sends("amy", "contact only with a supervisor")
        await world.taps("amy", "Social worker", "Save")
        await world.forges("amy", f"c:{ref}:fix")
        await world.taps("amy", "Parents may be told after all")
        await world.sends("amy", "the order has ended")
        await world.taps("amy", "Save")
        assert not fold((await world.store.episode(ref)).facts).parents_withheld_reason


async def test_the_young_ring_police_first_and_an_agency_is_asked_about() -> None:
    async with ChatWorld() as world:
        await world.sends("amy", "/missing")
        await world.taps("amy", "YP-02", "No, or not")
        assert "Ring police now: 101, in danger 999." in world.text("amy")
        await world.sends("amy", "/cancel")
        await world.sends("amy", "/missing")
        await world.taps("amy", "Someone not on the list", "14", "At home", "School or another")
        await world.taps("amy", "No, or not", "Not yet", "Just now", "No set time")
        assert "Ring police now" not in "".join(s.text for s in world.chat("amy").values())
        await world.taps("amy", "Did not come back", "None of these", "No", "Save the report")
        [opened] = await world.facts((await world.case()).ref, f.Opened)
        assert (opened.reported_by_other_agency, opened.parents_reported) == (True, False)
        standing = await world.engine.cases.standing_of((await world.case()).ref)
        assert "HAR-SH-AGENCY" in standing.computed.reasons


async def test_taken_by_force_is_a_crime_in_action_from_the_second_tap_on() -> None:
    async with ChatWorld() as world:
        await world.sends("amy", "/missing")
        await world.taps("amy", "YP-02", "🆘 Taken or forced away")
        assert "Crime in action: ring 999 now" in world.text("amy")
        await world.taps("amy", "Not yet", "Just now", "No set time", "Did not come back")
        await world.taps("amy", "None of these", "Save the report")
        case = await world.case()
        assert await world.facts(case.ref, f.Abducted)
        assert "Crime in action: ring 999 now" in world.text("amy")


async def test_feared_for_means_police_first_and_is_on_record() -> None:
    async with ChatWorld() as world:
        await world.sends("amy", "/missing")
        await world.taps("amy", "Someone not on the list", "16", "At home", "Parents or carers")
        await world.taps("amy", "No, and I fear for them")
        assert "Ring police now: 101, in danger 999." in world.text("amy")
        await world.taps("amy", "Not yet", "Just now", "No set time", "Did not come back")
        await world.taps("amy", "Self-harm", "Health, meds", "That's all", "No", "Save the report")
        case = await world.case()
        [opened] = await world.facts(case.ref, f.Opened)
        assert (opened.child.self_harm, opened.child.health_need) == (True, True)
        [note] = await world.facts(case.ref, f.Note)
        assert note.text == "Reported with fear for their safety."


async def test_whoever_the_register_knows_to_be_at_risk_has_police_first() -> None:
    for flag in sorted(FEARED_FOR):
        known = Child(age=16, historical_concerns=False, **{flag: True})
        person = Person(ref="YP-90", home="rowan", child=known)
        answers = {"who": "YP-90", "known": "missing"}
        said = msgspec.structs.replace(state(**answers), people=[person])
        assert police_first(said), flag
    calm = Person(ref="YP-90", home="rowan", child=Child(age=16, historical_concerns=False))
    assert not police_first(msgspec.structs.replace(said, people=[calm]))


async def test_a_report_takes_at_most_nine_taps() -> None:
    async with ChatWorld() as world:
        taps = (
            "YP-01", "No, or not", "Not yet", "Just now", "No set time", "Did not come back",
            "None of these", "Save the report",
        )  # fmt: skip
        await world.sends("amy", "🚨 Report missing")
        await world.taps("amy", *taps)
        assert len(await world.cases()) == 1
        assert 1 + len(taps) <= 9
