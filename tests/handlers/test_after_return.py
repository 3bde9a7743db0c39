"""After the return: who is told, what is decided, signing off, closing, entries after closing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from handlers import draft_session, draft_state
from protocol import facts as f
from protocol.fold import fold
from protocol.provider import Role
from storage.store import Change
from tests.handlers.chat_world import PROVIDER, ChatWorld, staff


async def back(world: ChatWorld, who: str = "amy", home: str = "", hours: int = 3) -> str:
    """Missing, nobody told, back after three hours."""
    ref = await world.reports(who, home=home)
    world.clock.go(hours=hours)
    await world.comes_back(who, ref)
    return ref


async def standing(world: ChatWorld, ref: str):
    return (await world.engine.cases.standing_of(ref)).computed


async def test_back_after_three_hours_with_nobody_told() -> None:
    """The duties to tell stay, and the card asks for them first."""
    async with ChatWorld() as world:
        ref = await back(world)
        computed = await standing(world, ref)
        assert {"N-RA", "N-PARENTS"} <= set(computed.due)
        assert {"N-RA", "N-PARENTS", "POLICE-NOT-TOLD"} <= set(computed.to_settle)
        assert world.labels("amy")[:3] == ["🚓 Police told", "🏛 Authority told", "👪 Parents told"]
        await world.taps("amy", "Authority told", "Accountable manager")
        await world.taps("amy", "Phone", "Just now", "Skip")
        computed = await standing(world, ref)
        assert "N-RA" not in computed.due
        assert "N-BACK-RA" not in computed.due, "told after the return tells both"


async def test_the_reason_why_police_were_not_told_settles_it() -> None:
    async with ChatWorld() as world:
        ref = await back(world)
        await world.forges("amy", f"c:{ref}:settle")
        assert "to settle" in world.text("amy")
        await world.forges("amy", f"c:{ref}:item:POLICE-NOT-TOLD")
        await world.taps("amy", "Decide otherwise", "Not needed")
        await world.sends("amy", "back before the agreed time was up")
        [decided] = await world.facts(ref, f.Decided)
        assert (decided.about, decided.outcome) == ("POLICE-NOT-TOLD", "not_needed")
        assert decided.note == "back before the agreed time was up"
        assert "POLICE-NOT-TOLD" not in (await standing(world, ref)).to_settle
        assert "back before" not in world.last("amy")


async def test_whoever_was_told_is_told_that_it_is_over() -> None:
    async with ChatWorld() as world:
        ref = await world.reports()
        await world.forges("amy", f"c:{ref}:police")
        await world.taps("amy", "Just now", "No reference", "Skip")
        world.clock.go(hours=2)
        await world.comes_back("amy", ref)
        assert "N-BACK-POLICE" in (await standing(world, ref)).due
        await world.taps("amy", "Police told: found", "Just now")
        assert "N-BACK-POLICE" not in (await standing(world, ref)).due
        [told] = await world.facts(ref, f.ToldOfReturn)
        assert told.whom == "police"


async def test_told_and_accepted_are_two_facts() -> None:
    """A manager was told but has not answered: the duty stays until she says that she acts."""
    async with ChatWorld() as world:
        ref = await world.reports()
        await world.forges("amy", f"c:{ref}:authority")
        await world.taps("amy", "A manager told, no answer", "Phone", "Just now", "Skip")
        assert "N-RA" in (await standing(world, ref)).due
        world.clock.go(minutes=40)
        await world.forges("amy", f"c:{ref}:acknowledged")
        await world.taps("amy", "Accountable manager", "Phone", "Just now", "Skip")
        assert "N-RA" not in (await standing(world, ref)).due
        assert len(await world.facts(ref, f.AuthorityTold)) == 1
        assert len(await world.facts(ref, f.AuthorityAcknowledged)) == 1


async def test_the_role_that_was_wrong_takes_the_acknowledgement_with_it() -> None:
    async with ChatWorld() as world:
        ref = await world.reports()
        await world.forges("amy", f"c:{ref}:authority")
        await world.taps("amy", "Accountable manager", "Phone", "Just now", "Skip")
        assert "N-RA" not in (await standing(world, ref)).due
        await world.forges("amy", f"c:{ref}:fix")
        await world.taps("amy", "Who was reached", "child's social worker", "Phone")
        assert "N-RA" in (await standing(world, ref)).due


async def test_found_unsafe_at_night_referred_and_placed() -> None:
    async with ChatWorld() as world:
        ref = await world.reports()
        world.clock.go(hours=4, minutes=30)
        await world.forges("amy", f"c:{ref}:found")
        await world.taps("amy", "Just now", "Skip", "Yes", "Yes", "Save")
        assert "REF-OOH" in (await standing(world, ref)).due
        await world.taps("amy", "Referral made", "Emergency duty team", "Just now")
        assert "REF-OOH" not in (await standing(world, ref)).due
        await world.forges("amy", f"c:{ref}:referral_result")
        await world.taps("amy", "Emergency place", "Yes", "Yes")
        await world.sends("amy", "e07000223")
        await world.taps("amy", "Skip")
        [answer] = await world.facts(ref, f.ReferralAnswered)
        assert (answer.outcome, answer.suitable) == ("emergency_accommodation", True)
        assert (answer.district, answer.note) == ("E07000223", "")
        [referral] = await world.facts(ref, f.Referred)
        assert (referral.to, referral.reason) == ("emergency_duty_team", "unsafe_return")


async def test_an_interview_by_the_key_worker_does_not_count_and_an_independent_one_does() -> None:
    async with ChatWorld() as world:
        ref = await back(world)
        await world.forges("amy", f"c:{ref}:held")
        await world.taps("amy", "Just now", "Somebody of our placement")
        computed = await standing(world, ref)
        assert "RI-72H" in computed.due
        assert "RI-NOT-INDEPENDENT" in computed.reasons
        world.clock.go(hours=20)
        await world.forges("amy", f"c:{ref}:held")
        await world.taps("amy", "Just now", "Independent service")
        assert "RI-72H" not in (await standing(world, ref)).due
        await world.forges("amy", f"c:{ref}:content")
        await world.taps("amy", "School", "1", "None of these", "None of these", "Skip", "Yes")
        held = fold((await world.store.episode(ref)).facts)
        assert held.ri_held_by == "independent"
        known = (await world.facts(ref, f.WhileAway))[-1]
        assert (known.push, known.pull, known.harmed) == (("school",), (), False)


async def test_booked_is_put_off_until_then_and_back_on_the_list() -> None:
    async with ChatWorld() as world:
        ref = await back(world, hours=5)
        about = next(
            name for name in (await standing(world, ref)).to_settle if name.startswith("HAR-A2")
        )
        await world.forges("amy", f"c:{ref}:settle")
        await world.forges("amy", f"c:{ref}:item:{about}")
        await world.taps("amy", "Handed over")
        await world.sends("amy", "day manager")
        await world.taps("amy", "In 4 h")
        assert about not in (await standing(world, ref)).to_settle
        await world.forges("amy", f"c:{ref}:settle")
        assert "handed over until" in world.text("amy")
        world.clock.go(hours=5)
        assert about in (await standing(world, ref)).to_settle


async def test_signed_off_with_something_open_only_with_a_reason() -> None:
    async with ChatWorld() as world:
        ref = await back(world)
        left = (await standing(world, ref)).to_settle
        await world.forges("mia", f"c:{ref}:signoff")
        assert "Still open:" in world.text("mia")
        assert "Skip" not in world.labels("mia")
        await world.sends("mia", "moved to another provider today")
        await world.taps("mia", "Skip")
        [signed] = await world.facts(ref, f.SignedOff)
        assert signed.left_open == left
        assert signed.reason == "moved to another provider today"
        await world.forges("amy", f"c:{ref}:closing")
        assert await world.facts(ref, f.Closed) == [], "only a manager closes with something open"
        await world.forges("mia", f"c:{ref}:closing")
        [closed] = await world.facts(ref, f.Closed)
        assert (closed.left_open, closed.reason) == (left, signed.reason)


async def test_what_came_up_after_the_sign_off_is_not_closed_unseen() -> None:
    """Police were told after all, late: now somebody has to hear that it is over, too."""
    async with ChatWorld() as world:
        ref = await world.reports()
        await world.forges("amy", f"c:{ref}:police")
        await world.taps("amy", "Just now", "No reference", "Skip")
        world.clock.go(hours=3)
        await world.comes_back("amy", ref)
        await world.forges("amy", f"c:{ref}:back_police")
        await world.taps("amy", "Just now")
        await world.signs_off("mia", ref)
        told = (await world.facts(ref, f.ToldOfReturn))[0]
        episode = await world.store.episode(ref)
        wrong = f.Withdrawn(
            id="w1", by="amy", recorded_at=world.clock.now(), at=world.clock.now(), fact=told.id,
            reason="another case",
        )  # fmt: skip
        await world.store.commit(ref, episode.version, Change(facts=[wrong]))
        await world.engine.planner.changed(ref)
        await world.forges("mia", f"c:{ref}:closing")
        assert "Open since the sign-off" in world.last("mia")
        assert await world.facts(ref, f.Closed) == []


TWO_MANAGERS = replace(PROVIDER, staff=(*PROVIDER.staff, staff("max", 7, Role.MANAGER, "rowan")))


async def test_whoever_did_the_work_does_not_sign_it_off_alone() -> None:
    async with ChatWorld(TWO_MANAGERS) as world:
        ref = await back(world, "mia", "Rowan House")
        await world.forges("mia", f"c:{ref}:signoff")
        assert "another manager signs it off: Max Example" in world.last("mia")
        await world.signs_off("max", ref)
        assert len(await world.facts(ref, f.SignedOff)) == 1


@pytest.mark.parametrize("alone", [True, False])
async def test_a_manager_who_is_alone_or_where_the_service_says_so_signs_off(alone: bool) -> None:
    provider = PROVIDER if alone else replace(TWO_MANAGERS, another_manager_signs_off=False)
    async with ChatWorld(provider) as world:
        ref = await back(world, "mia", "Rowan House")
        await world.signs_off("mia", ref)
        assert len(await world.facts(ref, f.SignedOff)) == 1


async def test_an_interview_a_week_after_closing() -> None:
    """The case stays closed; the entry stands in the timeline as one after closing."""
    async with ChatWorld() as world:
        ref = await back(world)
        await world.signs_off("mia", ref)
        await world.forges("mia", f"c:{ref}:closing")
        world.clock.go(days=7)
        await world.forges("amy", f"c:{ref}:held")
        assert "A manager can still add an entry" in world.last("amy")
        await world.forges("mia", f"c:{ref}:late")
        await world.taps("mia", "Interview held", "Just now", "Independent service")
        assert len(await world.facts(ref, f.InterviewHeld)) == 1
        episode = await world.store.episode(ref)
        assert episode.closed_at is not None
        assert await world.cases() == []
        await world.forges("mia", f"c:{ref}:timeline")
        lines = world.text("mia").splitlines()
        assert [line for line in lines if "interview held" in line and "after closing" in line]
        assert not [line for line in lines if "closed" in line and "after closing" in line][:0]


async def test_police_refuse_are_challenged_and_accept() -> None:
    async with ChatWorld() as world:
        ref = await world.reports()
        await world.forges("amy", f"c:{ref}:police")
        await world.taps("amy", "Just now", "No reference", "Skip")
        await world.forges("amy", f"c:{ref}:police_said")
        await world.taps("amy", "No, refused")
        await world.sends("amy", "they want to wait until the morning")
        await world.taps("amy", "Skip", "Just now")
        duties = {d.id for d in world.engine.cases.duties_in(await world.store.episode(ref))[1]}
        assert "POLICE-CHALLENGE" in duties
        world.clock.go(minutes=20)
        await world.forges("amy", f"r:{ref}:POLICE-CHALLENGE:do")
        await world.taps("amy", "Yes, accepted", "Medium")
        await world.sends("amy", "4711")
        await world.taps("amy", "Just now")
        duties = {d.id for d in world.engine.cases.duties_in(await world.store.episode(ref))[1]}
        assert "POLICE-CHALLENGE" not in duties
        answers = await world.facts(ref, f.PoliceAnswered)
        assert [(a.accepted, a.grade, a.officer) for a in answers] == [
            (False, "not_given", ""), (True, "medium", "4711"),
        ]  # fmt: skip


async def test_two_young_people_away_together() -> None:
    async with ChatWorld() as world:
        first = await world.reports("amy", "YP-01")
        second = await world.reports("amy", "YP-02")
        await world.forges("amy", f"c:{second}:together")
        await world.taps("amy", first)
        [link] = await world.facts(second, f.AwayTogether)
        assert link.other == first
        await world.forges("amy", f"c:{second}:timeline")
        assert f"away together with {first}" in world.text("amy")


async def test_the_reference_of_another_homes_case_is_not_shown_to_who_does_not_cover_it() -> None:
    """Hal manages both homes and knows that the two were together; Amy covers one of them."""
    async with ChatWorld() as world:
        ref = await world.reports("amy", "YP-01")
        episode = await world.store.episode(ref)
        at, other = world.clock.now(), "CD-7K3M"
        common = {"by": "amy", "recorded_at": at, "at": at}
        facts = [
            f.AwayTogether(id="x1", other=other, **common),
            f.GoneAgain(id="x2", next_episode=other, **common),
        ]
        await world.store.commit(ref, episode.version, Change(facts=facts))
        for screen in ("card", "timeline", "undo"):
            await world.forges("amy", f"c:{ref}:{screen}")
            assert other not in world.text("amy")
            assert other not in str(world.labels("amy"))
        await world.forges("amy", f"c:{ref}:timeline")
        assert "away together with a young person of another home" in world.text("amy")


async def test_how_they_came_back_and_where_they_are() -> None:
    async with ChatWorld() as world:
        ref = await back(world)
        at = (await world.facts(ref, f.Returned))[0].at
        await world.forges("amy", f"c:{ref}:came_back")
        await world.taps("amy", "Police", "Same placement", "Placing authority manager")
        episode = await world.store.episode(ref)
        assert fold(episode.facts).returned_at == at
        back_ = (await world.facts(ref, f.Returned))[-1]
        assert (back_.to, back_.decided_by) == ("same_placement", "placing authority manager")
        assert (await world.facts(ref, f.Collected))[0].by_whom == "police"


async def test_what_was_not_known_is_asked_again_and_answered() -> None:
    async with ChatWorld() as world:
        ref = await world.reports()
        world.clock.go(hours=3)
        await world.forges("amy", f"c:{ref}:back")
        await world.taps("amy", "Just now", "Don't know")
        assert {"ASK-CRIME", "ASK-HARM"} <= set((await standing(world, ref)).prompts)
        await world.forges("amy", f"c:{ref}:time_away")
        await world.taps("amy", "None of these", "None of these")
        assert (await standing(world, ref)).prompts == ()


async def test_everything_settled_needs_no_reason_and_leaves_nothing_open() -> None:
    async with ChatWorld() as world:
        ref = await back(world)
        for _ in range(20):
            left = (await standing(world, ref)).to_settle
            if not left:
                break
            at = world.clock.now() + timedelta(seconds=1)
            episode = await world.store.episode(ref)
            fact = f.Decided(
                id=f"d{len(episode.facts)}", by="amy", recorded_at=at, at=at, about=left[0],
                outcome="not_needed", note="n", decided_by="manager",
            )  # fmt: skip
            await world.store.commit(ref, episode.version, Change(facts=[fact]))
            world.clock.go(seconds=2)
            await world.engine.planner.changed(ref)
        assert (await standing(world, ref)).closable
        await world.forges("mia", f"c:{ref}:signoff")
        await world.taps("mia", "Skip")
        [signed] = await world.facts(ref, f.SignedOff)
        assert (signed.left_open, signed.reason) == ((), "")


async def test_a_draft_on_a_case_that_is_no_longer_theirs_does_not_say_which() -> None:
    async with ChatWorld() as world:
        ref = await world.reports("dot", home="Rowan House")
        await world.forges("dot", f"c:{ref}:withheld")
        await world.sends("dot", "a reason that took a while to write")
        [draft] = await draft_state.drafts_of(world.context, "dot")
        assert ref in (await draft_session.offered(world.context, draft)).text
        people = [replace(s, homes=("cedar",)) if s.id == "dot" else s for s in PROVIDER.staff]
        await world.restarts(replace(PROVIDER, staff=tuple(people)))
        offered = await draft_session.offered(world.context, draft)
        assert ref not in offered.text
        assert [b.label for row in offered.rows for b in row] == ["Throw it away"]


async def test_a_wrong_entry_is_taken_back_with_what_it_had_settled() -> None:
    """The parents were not told that it is over after all: the duty is back."""
    async with ChatWorld() as world:
        ref = await world.reports()
        await world.forges("amy", f"c:{ref}:police")
        await world.taps("amy", "Just now", "No reference", "Skip")
        world.clock.go(hours=2)
        await world.comes_back("amy", ref)
        await world.forges("amy", f"c:{ref}:back_police")
        await world.taps("amy", "Just now")
        assert "N-BACK-POLICE" not in (await standing(world, ref)).due
        await world.forges("amy", f"c:{ref}:undo")
        await world.taps("amy", "police told that it is over")
        await world.sends("amy", "it was another case")
        await world.taps("amy", "Save")
        assert "N-BACK-POLICE" in (await standing(world, ref)).due
        assert len(await world.facts(ref, f.Withdrawn)) == 1
