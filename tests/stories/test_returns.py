"""Stories of what follows: found or back, told, decided, signed off, closed, and added later.
Morgan and Sasha are duty managers, Robin is the manager. Saturday 21 November 2026, 21:30."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.driver import Person
from tests.stories.night import Night, london, reference

ANOTHER_MANAGER = """
[[staff]]
id = "toni"
name = "Toni Placeholder"
telegram_id = 7005
role = "manager"
phone = "07700 900205"
"""


async def taps(who: Person, *labels: str) -> None:
    for label in labels:
        await who.taps(label)


async def taps_of_a_report(who: Person, whereabouts: str, police: str, *, worse: str) -> None:
    """A report of YP-01 with one thing ticked that makes it worse."""
    await who.sends("/missing")
    await taps(who, "YP-01", whereabouts, police, "Just now", "No set time", "Did not come back")
    await taps(who, worse, "That's all (1 ticked)", "Save the report")


async def comes_back(night: Night, ref: str, *, when: str = "Just now") -> None:
    await night.morgan.sends(f"/case {ref}")
    await taps(night.morgan, "They're back", when, "None of these")
    await night.morgan.sees(ref, "BACK since")


async def told(night: Night) -> str:
    """Missing; police, the authority and the parents know."""
    ref = await night.reports(night.morgan, police="Just now")
    await night.records_authority(night.morgan)
    await night.records_parents(night.morgan)
    await night.forget()
    return ref


async def signs_off_with_a_reason(who: Person, ref: str) -> None:
    await who.sends(f"/case {ref}")
    await taps(who, "Sign off")
    await who.sees("Still open", "Why do you sign off with this open?")
    await taps(who, "The authority follows it up", "Skip")
    await who.sees("signed off by a manager")


@pytest.mark.words
async def test_back_after_three_hours_with_nobody_told(night: Night) -> None:
    """The return ends no duty to tell: each is asked until it is on record, or why not."""
    ref = await night.reports(night.morgan)
    await night.clock.advance(hours=3)
    await comes_back(night, ref)
    card = await night.morgan.has_on_screen("Do now", "Ring Haringey's")
    assert "Authority told" in str(card)
    await night.forget()
    await night.clock.advance(minutes=30)
    await night.morgan.sees(ref, "Ring Haringey's emergency duty team")
    await night.morgan.sends(f"/case {ref}")
    await night.records_authority(night.morgan)
    await night.records_parents(night.morgan)
    await taps(night.morgan, "To settle")
    await night.morgan.sees("to settle", "Record why the police were not told")
    await taps(night.morgan, "why the police were not told", "Decide otherwise", "Not needed")
    await night.morgan.sends("back before the agreed time was over")
    await taps(night.morgan, "To settle")
    shown = str(await night.morgan.has_on_screen("to settle", "Tap one"))
    assert "why the police were not told" not in shown
    assert "Ring the placing authority" not in shown


async def test_two_young_people_away_together(night: Night) -> None:
    """Linked once, shown on both cases; each keeps its own level and its own return."""
    first = await night.reports(night.morgan, "YP-01", police="Just now")
    second = await night.reports(night.sasha, "YP-02", home="Rowan House", police="Just now")
    await night.sasha.sends(f"/case {second}")
    await taps(night.sasha, "More", "Away together", first)
    await night.sasha.sees(second, f"away together with {first}")
    await night.morgan.sends(f"/case {first}")
    await night.morgan.sees(first, f"away together with {second}")
    await comes_back(night, first)
    await night.sasha.sends(f"/case {second}")
    await night.sasha.has_on_screen(second, "MISSING since")


@pytest.mark.words
async def test_a_weekly_review_that_a_weekend_has_missed_stays(night: Night) -> None:
    """Due on a Saturday night: asked of the manager on Monday morning, and again until it is held;
    the duty manager is not asked. With a note it stands for both weeks."""
    ref = await told(night)
    await night.clock.go_to(london("2026-11-28 22:00"), stepwise=False)
    await night.forget()
    await night.clock.go_to(london("2026-11-30 09:01"), stepwise=False)
    await night.robin.sees(ref, "weekly review")
    asked = [str(seen) for seen in night.morgan.unseen if "I have it" in str(seen)]
    assert "weekly review" not in " ".join(asked), "named in the quiet status, asked of the manager"
    await night.forget()
    await night.clock.go_to(london("2026-12-07 09:30"), stepwise=False)
    await night.robin.sees(ref, "weekly review", "overdue")
    await night.robin.sends(f"/case {ref}")
    await taps(night.robin, "More", "weekly review", "Just now")
    await night.robin.sends("both weeks looked at: the search goes on")
    shown = str(await night.robin.has_on_screen(ref, "done: Hold the weekly review"))
    assert "Hold the weekly review: due since" not in shown


async def test_a_voicemail_is_no_acknowledgement_and_what_nobody_answers_climbs(
    night: Night,
) -> None:
    """Told is not accepted: nobody goes on, so the manager hears of it, until somebody acts."""
    ref = await night.reports(night.morgan, police="Just now")
    await taps(night.morgan, "Authority told", "Voicemail or message left", "Phone", "Just now")
    await taps(night.morgan, "Skip")
    await night.morgan.sees("does not count yet", "Authority acts on it")
    await night.records_parents(night.morgan)
    await night.forget()
    await night.clock.advance(hours=1)
    await night.morgan.sees(ref, "Ring Haringey's emergency duty team")
    await night.clock.advance(hours=1, minutes=30)
    await night.robin.sees(ref, "Ring Haringey's emergency duty team")
    await night.morgan.sends(f"/case {ref}")
    await taps(night.morgan, "Authority acts on it", "Emergency duty team manager", "Phone")
    await taps(night.morgan, "Just now", "Skip")
    await night.morgan.sees("authority acts on it: Emergency duty team manager")
    await night.forget()
    await night.clock.advance(hours=1)
    said = " ".join(str(seen) for seen in (*night.morgan.unseen, *night.robin.unseen))
    assert "Ring Haringey's" not in said


@pytest.fixture
async def two_managers(tmp_path: Path) -> AsyncIterator[Night]:
    one = Night(tmp_path, ANOTHER_MANAGER)
    try:
        yield await one.begin()
    finally:
        await one.end()


async def test_whoever_did_the_work_does_not_sign_it_off_alone(two_managers: Night) -> None:
    night = two_managers
    toni = await night.stage.person("Toni Placeholder", user_id=7005)
    await toni.sends("/start")
    ref = await told(night)
    await comes_back(night, ref)
    await night.robin.sends(f"/case {ref}")
    await taps(night.robin, "Medical check", "Yes")
    await taps(night.robin, "Sign off")
    await night.robin.sees("another manager signs it off: Toni Placeholder")
    await signs_off_with_a_reason(toni, ref)


async def shows_to_settle(who: Person, ref: str) -> str:
    await who.sends(f"/case {ref}")
    await who.taps("To settle")
    return str(await who.has_on_screen("to settle"))


async def test_an_interview_by_the_key_worker_does_not_count_an_independent_one_does(
    night: Night,
) -> None:
    """What somebody of the placement heard is kept; the interview is asked for until somebody who
    is independent of the home has held it."""
    ref = await told(night)
    await comes_back(night, ref)
    await night.clock.go_to(london("2026-11-22 11:00"), stepwise=False)
    await night.morgan.sends(f"/case {ref}")
    await taps(night.morgan, "Interview held", "Just now", "Somebody of our placement")
    await night.morgan.sees(ref, "return interview held")
    await taps(night.morgan, "Safe and well check", "Yes, done", "Just now")
    await night.morgan.has_on_screen("safe and well check done", "Arrange the return interview")
    assert "return interview" in await shows_to_settle(night.morgan, ref)
    await night.forget()
    await night.clock.go_to(london("2026-11-24 21:31"), stepwise=False)
    await night.morgan.sees(ref, "return interview is held by somebody independent")
    await night.morgan.sends(f"/case {ref}")
    await taps(night.morgan, "Interview held", "Just now", "Independent service")
    card = str(await night.morgan.has_on_screen(ref, "return interview held"))
    assert "Arrange the return interview" not in card
    await night.forget()
    await night.clock.advance(days=2)
    said = " ".join(str(seen) for seen in (*night.morgan.unseen, *night.robin.unseen))
    assert "return interview" not in said


@pytest.mark.words
async def test_parents_are_not_to_be_told_and_then_told_after_all(night: Night) -> None:
    """Withheld is not told: nobody is asked, and the card says so. Taken back, they are due."""
    ref = await night.reports(night.morgan, police="Just now")
    await night.records_authority(night.morgan)
    await taps(night.morgan, "Not to be told")
    await night.morgan.sends("they may be in danger at home")
    await taps(night.morgan, "Social worker", "Save")
    card = str(await night.morgan.has_on_screen(ref, "parents not to be told, reason kept"))
    assert "parents told" not in card.casefold() and "danger at home" not in card
    await night.forget()
    await night.clock.advance(hours=2)
    assert night.morgan.unseen == []
    await night.morgan.sends(f"/case {ref}")
    await taps(night.morgan, "More", "Put right", "Parents may be told after all")
    await night.morgan.sends("a mistake: there is no such decision")
    await taps(night.morgan, "Save")
    await night.morgan.has_on_screen(ref, "Tell the parents")
    await night.forget()
    await night.clock.advance(minutes=30)
    await night.morgan.sees(ref, "Do now", "parents")
    await night.morgan.sends(f"/case {ref}")
    await night.records_parents(night.morgan)
    await night.morgan.has_on_screen(ref, "parents told")
    await night.forget()
    await night.clock.advance(hours=1)
    assert not [seen for seen in night.morgan.unseen if "parents" in str(seen)]
    assert "they may be in danger at home" in night.record(ref)


async def test_an_interview_is_declined_and_the_reason_is_kept(night: Night) -> None:
    """With a reason it is settled: nobody is asked for it; the record alone has the reason."""
    ref = await told(night)
    await comes_back(night, ref)
    await night.morgan.sends(f"/case {ref}")
    await taps(night.morgan, "Interview offered", "Just now", "Independent service")
    await taps(night.morgan, "Accepted or declined", "Declined")
    await night.morgan.sends("says it was only about the bus")
    card = str(await night.morgan.has_on_screen(ref, "return interview declined, reason kept"))
    assert "about the bus" not in card
    assert "return interview" not in await shows_to_settle(night.morgan, ref)
    await night.forget()
    await night.clock.advance(days=4)
    said = " ".join(str(seen) for seen in (*night.morgan.unseen, *night.robin.unseen))
    assert ref in said and "return interview" not in said
    assert "reason: says it was only about the bus" in night.record(ref)


async def test_a_manager_closes_with_a_reason_and_the_digest_says_so(night: Night) -> None:
    ref = await told(night)
    await comes_back(night, ref)
    await signs_off_with_a_reason(night.robin, ref)
    await taps(night.robin, "Close")
    await night.robin.has_on_screen("Not recorded as done yet", "Arrange the return interview")
    await taps(night.robin, "Close")
    await night.robin.has_on_screen(ref, "CLOSED", "closed (Robin Model)")
    await night.forget()
    await night.clock.go_to(london("2026-11-23 09:01"), stepwise=False)
    digest = await night.robin.sees("Your week", "Signed off with something open: 1")
    assert f"{ref} (Robin Model)" in str(digest)
    assert "Reason: the authority follows it up" in str(digest)
    assert f"Still to be held: {ref}" in str(digest)
    assert night.morgan.unseen == []


async def test_a_young_person_was_taken_and_it_is_known_where_to(night: Night) -> None:
    """A crime in action although the whereabouts are known: nothing says 101 until police know,
    and nothing says 999 as the act when they do; then found, and back."""
    morgan = night.morgan
    await taps_of_a_report(morgan, "Yes, confirmed", "Not yet", worse="Taken or forced")
    card = str(await morgan.has_on_screen("Crime in action: ring 999 now", "Do now"))
    ref = reference(card)
    assert "Ring 999 and say that the young person was taken or forced away" in card
    assert "101" not in card
    await night.forget()
    await night.clock.advance(minutes=30)
    woken = str(await morgan.sees(ref, "Do now: Ring 999 and say"))
    assert "101" not in woken
    await morgan.sends("/open")
    shown = str(await morgan.has_on_screen("Open cases", ref, "Next: Ring 999"))
    assert "report the young person missing" not in shown
    await morgan.sends(f"/case {ref}")
    await taps(morgan, "Police told", "Just now", "No reference yet", "Skip")
    card = str(await morgan.has_on_screen(ref, "police told"))
    assert "999 now" not in card and "Ring 999" not in card
    await night.forget()
    await night.clock.advance(hours=4)
    await morgan.sees(ref, "Ask the police for news")
    await morgan.sends(f"/case {ref}")
    await taps(morgan, "Found", "Just now", "Skip", "No", "Yes")
    await morgan.has_on_screen(ref, "FOUND", "not back")
    await morgan.sends(f"/case {ref}")
    await taps(morgan, "They're back", "Just now", "None of these")
    card = str(await morgan.has_on_screen(ref, "BACK since"))
    assert "999 now" not in card and "report the young person missing" not in card
