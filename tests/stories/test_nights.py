"""Stories of nights on duty. Morgan and Sasha are duty managers, Robin is the manager."""

from __future__ import annotations

import pytest

from tests.stories.night import Night, london


async def test_a_quick_unauthorised_absence_is_level_1_and_nothing_more(night: Night) -> None:
    """15, at a friend's and that is confirmed: back within the hour; nobody else is troubled."""
    ref = await night.reports(night.morgan, known=True, seen="30 min ago")
    await night.morgan.has_on_screen("Level 1", "AWAY, whereabouts known")
    await night.clock.advance(minutes=40)
    await night.morgan.taps("They're back")
    await night.morgan.taps("Just now")
    await night.morgan.taps("None of these")
    await night.morgan.sees(ref, "BACK since", "Level 1", "Was away 1 h 10 min")
    await night.forget()
    await night.clock.advance(hours=8)
    await night.stage.nobody_got_anything_else()


@pytest.mark.words
async def test_a_15_year_old_away_all_night(night: Night) -> None:
    """Told in time at every step; 4 h, 24 h, the return, and the interview within 72 hours."""
    ref = await night.reports(night.morgan, police="Just now")
    await night.records_authority(night.morgan)
    await night.records_parents(night.morgan)
    await night.forget()

    await night.clock.advance(hours=3, minutes=59)
    await night.stage.nobody_got_anything_else()
    await night.clock.advance(minutes=1)
    await night.morgan.sees("no short absence any more", ref, "level 2")
    await night.robin.sees(ref, "Now level 2")
    await night.morgan.taps("I have it")
    await night.morgan.taps("Phoning now")
    await night.morgan.taps("1 h")
    await night.morgan.sees("You have it", "I ask again at 02:30")
    await night.done(night.morgan)

    await night.clock.advance(hours=20)
    await night.morgan.sees("away for 24 hours")
    await night.done(night.morgan)

    await night.clock.advance(hours=1)
    await night.morgan.sends(f"/case {ref}")
    await night.morgan.taps("They're back")
    await night.morgan.taps("15 min ago")
    await night.morgan.taps("None of these")
    await night.morgan.sees("BACK since", "Level 3", "Was away 24 h 45 min")
    for answers in (
        ("Police told: found", "Just now"),
        ("Authority told: back", "Team manager", "Phone", "Just now"),
        ("Parents told: found", "I did", "Just now"),
        ("Written confirmation sent", "Just now"),
    ):
        for answer in answers:
            await night.morgan.taps(answer)
    await night.forget()

    await night.clock.go_to(london("2026-11-23 08:00"))
    await night.morgan.sees("well check", "no time in protocol")
    await night.morgan.taps("Safe and well check")
    await night.morgan.taps("Yes, done")
    await night.morgan.taps("15 min ago")
    await night.morgan.sees("safe and well check done")
    await night.morgan.taps("Interview offered")
    await night.morgan.taps("Just now")
    await night.morgan.taps("Independent service")
    await night.morgan.taps("Accepted or declined")
    await night.morgan.taps("Accepted")
    await night.forget()

    await night.clock.go_to(london("2026-11-25 08:00"))
    await night.morgan.sees("return interview", "by 22:15")
    await night.clock.advance(hours=4)
    await night.morgan.sends(f"/case {ref}")
    await night.morgan.taps("Interview held")
    await night.morgan.taps("30 min ago")
    await night.morgan.taps("Independent service")
    await night.morgan.sees("return interview held")
    await night.robin.sends(f"/case {ref}")
    await night.robin.taps("Sign off")
    await night.robin.sees("Still open")
    await night.robin.sends("the rest is the authority's and is followed there")
    await night.robin.taps("Skip")
    await night.robin.sees("signed off by a manager")
    await night.robin.taps("Close")
    await night.robin.sees("Reminders end")
    await night.robin.taps("Close")
    await night.robin.sees(ref, "CLOSED")
    await night.robin.taps("Entry after closing")
    await night.robin.taps("Interview shared")
    await night.robin.taps("Social worker")
    await night.robin.taps("That's all")
    await night.robin.sees(ref, "CLOSED")
    await night.robin.taps("Timeline")
    await night.robin.sees("interview shared", "(after closing)")
    await night.forget()
    await night.clock.advance(hours=4)
    await night.stage.nobody_got_anything_else()


async def test_a_9_year_old_late_by_two_hours(night: Night) -> None:
    """Away at a friend's: level 1 at first, level 2 when more than two hours have gone by."""
    ref = await night.reports(night.morgan, "YP-02", known=True, seen="1 h ago")
    await night.morgan.has_on_screen("Level 1")
    await night.clock.advance(minutes=60)
    await night.morgan.sees(ref, "a younger child is still away")
    await night.clock.advance(minutes=1)
    await night.robin.sees(ref, "Now level 2")
    await night.morgan.sends(f"/case {ref}")
    await night.morgan.sees("Level 2", "for longer than is of concern")


@pytest.mark.words
async def test_parents_are_not_to_be_told_and_the_reason_is_kept(night: Night) -> None:
    """A welfare reason replaces the duty to tell; the words leave the chat and stay on record."""
    ref = await night.reports(night.morgan, police="Just now")
    await night.morgan.taps("Not to be told")
    await night.morgan.sends("contact only with a supervisor, interim order")
    await night.morgan.taps("Social worker")
    await night.morgan.sees("Reason: 7 words (kept, taken out of this chat)", "Save it?")
    await night.morgan.taps("Save")
    await night.morgan.sees("parents not to be told, reason kept")
    assert "supervisor" not in await night.morgan.screen()
    await night.records_authority(night.morgan)
    await night.forget()
    await night.clock.advance(hours=3)
    await night.stage.nobody_got_anything_else()
    night.stop()
    assert "contact only with a supervisor" in night.record(ref)


@pytest.mark.words
async def test_a_wrong_time_is_put_right(night: Night) -> None:
    """Last seen was an hour earlier than logged: the clock moves, the first entry stays."""
    ref = await night.reports(night.morgan, police="Just now")
    await night.morgan.taps("More")
    await night.morgan.taps("Put right")
    await night.morgan.taps("Last seen")
    await night.morgan.sends("half eight")
    await night.morgan.sees("20:30")
    await night.morgan.taps("Yes")
    await night.morgan.sees("MISSING since 20:30", "last seen put right: 20:30")
    await night.forget()
    await night.records_authority(night.morgan)
    await night.records_parents(night.morgan)
    await night.forget()
    await night.clock.advance(hours=3)
    await night.robin.sees(ref, "Now level 2")


async def test_two_managers_act_on_one_case_at_once(night: Night) -> None:
    """Both have the card open; one is told who has it, nothing is recorded twice unseen."""
    ref = await night.reports(night.morgan, police="Just now")
    await night.sasha.sends(f"/case {ref}")
    await night.forget()
    await night.clock.advance(hours=1)
    await night.morgan.sees("Ring Haringey's")
    await night.morgan.taps("I have it")
    await night.sasha.taps("Authority told")
    await night.sasha.taps("Emergency duty team manager")
    await night.sasha.taps("Phone")
    await night.sasha.taps("Just now")
    await night.sasha.taps("Skip")
    await night.sasha.sees("Emergency duty team manager (phone)", "Sasha Sample")
    await night.morgan.taps("Phoning now")
    await night.morgan.sees("No longer due", "Emergency duty team manager")


async def test_an_unknown_person_gets_one_neutral_line(night: Night) -> None:
    """Whatever they write, they learn nothing, and only once."""
    stranger = await night.stage.person("Nobody Known", user_id=9999)
    await stranger.sends("/start")
    await stranger.sees("You are not on its list")
    await stranger.sends("/open")
    await stranger.sends("RH-7K2D")
    await stranger.sees_nothing()
    await night.stage.nobody_got_anything_else()


async def test_a_restart_in_the_middle_of_a_report(night: Night) -> None:
    """Power cut after three answers: the report is offered again and goes on where it was."""
    await night.morgan.sends("/missing")
    await night.morgan.taps("YP-03")
    await night.morgan.taps("No, or not confirmed")
    await night.morgan.taps("Just now")
    await night.morgan.taps("1 h ago")
    night.kill()
    await night.start()
    await night.morgan.sees("unfinished report", "YP-03")
    await night.morgan.taps("Go on with it")
    await night.morgan.sees("Last seen: Sat 21 Nov 20:30", "When were they due back?")
    await night.morgan.taps("No set time")
    await night.morgan.taps("Left unnoticed")
    await night.morgan.taps("None of these")
    await night.morgan.taps("Don't know")
    await night.morgan.taps("Save the report")
    await night.morgan.sees("MISSING since", "Level 2")


async def test_a_restart_in_the_middle_of_a_reminder(night: Night) -> None:
    """The bot is down when a duty falls due: it is told at once after the start, marked LATE."""
    await night.reports(night.morgan, police="Just now")
    night.kill()
    await night.clock.advance(minutes=95)
    await night.start()
    await night.morgan.sees("Ring Haringey's", "LATE by 35 min")
    await night.morgan.taps("I have it")
    await night.morgan.sees("You have it")
    night.kill()
    await night.start()
    await night.morgan.sees_nothing()


@pytest.mark.both_books
async def test_a_full_disk_is_said_at_once_and_so_is_its_end(night: Night) -> None:
    """What could not be written is not confirmed; paper until it works again."""
    ref = await night.reports(night.morgan, police="Just now")
    night.fill_disk()
    await night.morgan.taps("Found")
    await night.morgan.sees("NOT saved", "on paper")
    await night.morgan.sees("Nothing can be saved just now")
    await night.sasha.sends("/missing")
    await night.sasha.sees("NOT saved")
    night.empty_disk()
    await night.morgan.sends("/missing")
    await night.morgan.sees("Saving works again")
    await night.sasha.sees("Saving works again")
    await night.morgan.taps("Cancel")
    await night.morgan.sends(f"/case {ref}")
    await night.morgan.taps("Found")
    await night.morgan.sees("When? Tap, or type a time.")


async def test_why_is_explained_on_one_screen(night: Night) -> None:
    """The level, a due time and an action: rule, facts, source, and what would change it."""
    await night.reports(night.morgan)
    await night.morgan.taps("Why")
    await night.morgan.sees(
        "Source: Gap in the Haringey protocol", "Next: at Sun 22 Nov 01:30 it becomes level 2"
    )
    await night.morgan.taps("Due times")
    await night.morgan.taps("Ring the placing authority")
    await night.morgan.sees("By: Sat 21 Nov 22:30", "Source:")
    await night.morgan.taps("The level: why")
    await night.morgan.taps("Actions")
    await night.morgan.sees("Duty manager, foster carer or parent: report the young person missing")
    await night.morgan.taps("Back to the case")
    await night.morgan.sees("MISSING since", "Level 1")


@pytest.mark.words
async def test_a_level_is_raised_by_anyone_and_stood_down_only_by_a_manager(night: Night) -> None:
    """Computed, highest and set level are kept apart and shown so."""
    ref = await night.reports(night.morgan, police="Just now")
    await night.morgan.taps("More")
    await night.morgan.taps("Raise level")
    await night.morgan.taps("Level 3")
    await night.morgan.sends("said they would hurt themselves")
    await night.morgan.taps("Save")
    await night.morgan.sees("Level 3", "computed: 1, set by a person: 3")
    await night.robin.sees(ref, "Now level 3")
    await night.morgan.taps("More")
    assert "Stand level down" not in await night.morgan.screen()
    await night.robin.sends(f"/case {ref}")
    await night.robin.taps("More")
    await night.robin.taps("Stand level down")
    await night.robin.taps("Level 1")
    await night.robin.sends("spoke to them, safe at a friend's")
    await night.robin.taps("Save")
    await night.robin.sees("Level 1", "highest so far: 3")


async def test_what_stands_on_record_is_shown_before_it_is_recorded_again(night: Night) -> None:
    """Sasha has an old card open and taps Police told, which Morgan has recorded meanwhile."""
    ref = await night.reports(night.morgan)
    await night.sasha.sends(f"/case {ref}")
    await night.morgan.taps("Police told")
    for answer in ("Just now", "No reference yet", "Skip"):
        await night.morgan.taps(answer)
    await night.sasha.taps("Police told")
    await night.sasha.sees("On record already: 21:30 (Morgan Example)")
    await night.sasha.taps("Cancel")
    await night.sasha.sees("police told (Morgan Example)")


@pytest.mark.words
async def test_places_and_stray_words_leave_the_chat(night: Night) -> None:
    """A pin on a map has no place here, nor has a sentence that nobody asked for."""
    await night.morgan.sends_other(location={"latitude": 51.6, "longitude": -0.1})
    await night.morgan.sees("I do not keep photos")
    await night.morgan.sends("Cedar was at her aunt's")
    on_pages = night.words == "pages"
    said = "not recorded" if on_pages else "kept and taken out of this chat, but not on record"
    await night.morgan.sees(said)
    assert "aunt" not in await night.morgan.screen()


async def test_someone_who_is_not_on_the_list(night: Night) -> None:
    """Age and living are asked; a reference is made, and stands in the list the next time."""
    await night.sasha.sends("/missing")
    for answer in (
        "Alder Lodge",
        "Someone not on the list",
        "14",
        "Looked after",
        "Camden",
        "No, or not confirmed",
        "Just now",
        "Just now",
        "No set time",
        "Don't know",
        "None of these",
        "Don't know",
    ):
        await night.sasha.taps(answer)
    await night.sasha.taps("Save the report")
    await night.sasha.sees("MISSING since", "Level 2")
    ref = await night.newest_case(night.sasha)
    await night.sasha.sends("/missing")
    await night.sasha.taps("Alder Lodge")
    await night.sasha.sees(f"{ref}-YP")


async def test_back_at_the_time_they_were_due(night: Night) -> None:
    """A usual answer is one tap: "at due-back time"."""
    await night.morgan.sends("/missing")
    for answer in ("YP-01", "Yes, confirmed", "Not yet", "1 h ago", "15 min ago"):
        await night.morgan.taps(answer)
    for answer in ("Did not come back", "None of these", "Save the report"):
        await night.morgan.taps(answer)
    await night.clock.advance(minutes=10)
    await night.morgan.taps("They're back")
    await night.morgan.taps("At due-back time")
    await night.morgan.taps("None of these")
    await night.morgan.sees("BACK since 21:15", "Level 1", "Was away 0 min")


async def test_a_report_that_was_never_saved_is_not_forgotten(night: Night) -> None:
    """Called away after two questions: as long as there is no case, the bot asks for it."""
    await night.morgan.sends("/missing")
    await night.morgan.taps("YP-01")
    await night.forget()
    await night.clock.advance(minutes=9)
    await night.stage.nobody_got_anything_else()
    await night.clock.advance(minutes=1)
    await night.morgan.sees("unfinished report", "YP-01", "not saved as a case yet")
    await night.clock.advance(minutes=10)
    await night.morgan.sees("unfinished report")
    await night.morgan.taps("Throw it away")
    await night.forget()
    await night.clock.advance(hours=2)
    await night.stage.nobody_got_anything_else()


@pytest.mark.folder
async def test_a_damaged_file_costs_one_case_and_the_administrator_is_told(night: Night) -> None:
    """One bit flips on the disk: that case is set aside, the other goes on."""
    hurt = await night.reports(night.morgan, police="Just now")
    sound = await night.reports(night.morgan, "YP-03", police="Just now", concerns="No")
    night.stop()
    [file] = (night.folder / "book" / "open").glob(f"{hurt}*")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(bytes(content))
    await night.start()
    await night.quinn.sees("A file of the record was set aside")
    await night.morgan.sends("/open")
    listed = str(await night.morgan.sees("Open cases", sound))
    assert hurt not in listed
