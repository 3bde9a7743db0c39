"""Stories of what a person is told: the act, the number, who acts, and that nobody is left alone.
Which story holds which point stands in README.md beside this file.
Morgan and Sasha are duty managers, Robin is the manager. Saturday 21 November 2026, 21:30."""

from __future__ import annotations

import re

from sandbox.driver import Person
from tests.stories.night import Night, london, reference

NIGHT, DAY = "+44 7700 900102", "+44 7700 900101"


async def taps(who: Person, *labels: str) -> int:
    """Taps one after the other; answers with how many."""
    for label in labels:
        await who.taps(label)
    return len(labels)


def plain(message: object) -> str:
    return re.sub(r"<[^>]+>", "", str(message))


async def test_a_reminder_is_an_instruction_with_the_number_of_the_hour(night: Night) -> None:
    """Who, since when, the act, 999; the emergency duty team at night, the day team on Monday."""
    ref = await night.reports(night.morgan, police="Just now")
    await night.clock.advance(hours=1)
    seen = plain(await night.morgan.sees(ref, "Do now"))
    assert f"{ref} · YP-01 · age 15 · MISSING since 21:30" in seen
    assert f"Do now: Ring Haringey's emergency duty team: {NIGHT}." in seen
    assert "set by this service" in seen and "overdue" not in seen
    assert "Call 999" in seen
    await night.clock.go_to(london("2026-11-23 10:00"), stepwise=False)
    await night.morgan.sends(f"/case {ref}")
    card = plain(await night.morgan.has_on_screen(ref, "Do now"))
    assert f"Ring Haringey's duty team: {DAY}" in card and NIGHT not in card


async def test_the_usual_entries_take_few_taps(night: Night) -> None:
    """From the first tap to the record: report 9, police 3, authority 4, parents 3, return 3.
    The button that opens a form is the way to it; what it asks is counted."""
    morgan = night.morgan
    count = 1
    await morgan.presses("🚨 Report missing")
    count += await taps(morgan, "YP-01", "No, or not confirmed", "Not yet", "Just now")
    count += await taps(morgan, "No set time", "Did not come back", "None of these")
    count += await taps(morgan, "Save the report")
    assert count <= 9
    ref = reference(str(await morgan.has_on_screen("Level 1", "MISSING")))
    for button, answers, most, said in (
        ("Police told", ("Just now", "No reference yet", "Skip"), 3, "police told"),
        (
            "Authority told",
            ("Emergency duty team manager", "Phone", "Just now", "Skip"),
            4,
            "authority acts on it",
        ),
        ("Parents told", ("I did", "Just now", "Missing, police told"), 3, "parents told"),
        ("They're back", ("Just now", "None of these"), 3, "BACK since"),
    ):
        await morgan.taps(button)
        assert await taps(morgan, *answers) <= most
        await morgan.has_on_screen(ref, said)


async def test_the_actions_are_in_reach_and_what_was_decided_stands_there(night: Night) -> None:
    """One tap from the card: who alerts whom, who does what; each leads to a decision."""
    ref = await night.reports(night.morgan, "YP-03", police="Just now", concerns="No")
    await night.morgan.taps("Actions")
    shown = plain(await night.morgan.has_on_screen("Who alerts whom", "actions of the protocol"))
    assert "the Police Public Protection Desk alerts the social work teams" in shown
    meeting = re.search(r"(\d+)\. Responsible authority: call a professionals' meeting", shown)
    assert meeting, shown
    await taps(night.morgan, meeting[1], "Record what became of it", "Booked", "Mon 23 Nov 09:00")
    await night.morgan.sends(f"/case {ref}")
    await night.morgan.taps("Actions")
    await night.morgan.has_on_screen("with the host authority ✓ booked for Mon 23 Nov 09:00")


async def test_a_time_that_cannot_be_is_asked_again_with_both_times(night: Night) -> None:
    """Police cannot have been told before the young person was last seen; nothing is saved."""
    ref = await night.reports(night.morgan)
    await taps(night.morgan, "Police told", "1 h ago")
    asked = plain(await night.morgan.has_on_screen("would be before", "last seen"))
    assert "20:30" in asked and "21:30" in asked
    await taps(night.morgan, "Just now", "No reference yet", "Skip")
    await night.morgan.has_on_screen(ref, "21:30 police told")


async def test_a_report_asks_by_urgency_and_keeps_what_is_sensitive_out_of_the_chat(
    night: Night,
) -> None:
    """A nine-year-old: police before anything else. What was ticked is counted, not shown."""
    morgan = night.morgan
    await morgan.sends("/missing")
    await morgan.taps("YP-02")
    await morgan.has_on_screen("Does somebody know for certain where they are?")
    await morgan.taps("No, or not confirmed")
    asked = plain(await morgan.has_on_screen("Ring police now: 101, in danger 999"))
    assert "last seen" not in asked.casefold()
    await taps(morgan, "Not yet", "Just now", "No set time", "Did not come back")
    await taps(morgan, "Self-harm", "CSE risk", "That's all (2 ticked)")
    summary = plain(await morgan.has_on_screen("Save it?"))
    assert "Makes it worse: 2 ticked, kept out of this chat" in summary
    assert "Self-harm" not in summary
    await morgan.taps("Save the report")
    card = plain(await morgan.has_on_screen("YP-02", "Level 2"))
    assert "Self-harm" not in card and "Ring the police" in card


async def test_the_lists_say_since_when_what_was_done_and_what_is_next(night: Night) -> None:
    """/open and the list of the shift: reference and age, the next act, a button for each case."""
    first = await night.reports(night.morgan, police="Just now")
    second = await night.reports(night.morgan, "YP-02")
    await night.morgan.sends("/open")
    shown = plain(await night.morgan.has_on_screen("Open cases", first, second))
    assert f"{first} · YP-01, 15 · Rowan House" in shown
    assert "missing since 21:30" in shown and "police told 21:30" in shown
    assert "Nobody is recorded as told." in shown and "Next: Ring the police" in shown
    await night.morgan.sends("/today")
    shown = plain(await night.morgan.has_on_screen("Your shift", first, second))
    assert "Missing, last seen 21:30" in shown and "Ring the placing authority" in shown
    await night.morgan.sends("/returned")
    await night.morgan.has_on_screen("Who is back?")
    await night.morgan.taps(first)
    await night.morgan.has_on_screen(first, "is the young person back at the home")


async def test_a_home_that_nobody_covers_rings_the_administrators_at_that_moment(
    night: Night,
) -> None:
    """The last who covers it blocks the bot: said at once, and that somebody can be reached again
    when there is."""
    ref = await night.reports(night.morgan, police="Just now")
    for person in (night.morgan, night.sasha, night.robin):
        await person.blocks()
    await night.quinn.sees("Nobody who covers", "Rowan House")
    await night.forget()
    await night.clock.advance(hours=1)
    asked = plain(await night.quinn.sees(ref, "Ring Haringey's emergency duty team"))
    assert "Nobody who covers this home can be reached, so you are asked." in asked
    await night.sasha.unblocks()
    await night.sasha.sends("/start")
    await night.quinn.sees("somebody who covers it can be reached again")
