"""Every guided night can be played to its end, with every step seen and every check met."""

from tests.practice.player import Player

TOLD = ("Phone", "Just now", "Skip")


async def tells_that_it_is_over(player: Player, who: str = "morgan", ref: str = "RH-") -> None:
    """Whoever was told that the young person is away hears that they are found or back."""
    await player.does(who, ref, "Police told: found", "Just now")
    await player.does(who, ref, "Authority told: back", "Team manager", "Phone", "Just now")
    await player.does(who, ref, "Parents told: found", "I did", "Just now")


async def all_is_well(player: Player) -> None:
    night = (await player.practice())["night"]
    assert [step["do"] for step in night["steps"] if not step["done"]] == []
    debrief = await player.debrief()
    assert [f for f in debrief["findings"] if f["verdict"] != "yes"] == []
    assert all(case["picture"].startswith("<svg") for case in debrief["cases"])


async def test_late_home_from_school(player: Player) -> None:
    await player.begins("late-from-school")
    answers = ("Yes, confirmed", "Not yet", "15:30", "18:00", "At a friend's or family", "None")
    await player.logs("morgan", "YP-01", *answers)
    await player.goes_to("2026-03-02T20:30:00")
    await player.does("morgan", "RH-", "They're back", "Just now", "None")
    await all_is_well(player)


async def test_fifteen_and_out_all_night(player: Player) -> None:
    await player.begins("out-all-night")
    answers = ("No, or not", "Just now", "16:00", "17:00", "Did not come back", "None")
    await player.logs("morgan", "YP-02", *answers)
    await player.does("morgan", "RH-", "Authority told", "Emergency duty team manager", *TOLD)
    await player.does("morgan", "RH-", "Parents told", "I did", "Just now", "Missing, police told")
    await player.goes_to("2026-03-03T21:00:00")
    await player.phones["morgan"].sees("Still missing, done")
    await player.does("morgan", "RH-", "Still missing, done", "Just now", "Skip")
    await player.goes_to("2026-03-04T02:00:00")
    await player.does("morgan", "RH-", "They're back", "Just now", "None")
    await tells_that_it_is_over(player)
    await player.does("morgan", "RH-", "Safe and well", "Yes, done", "Just now")
    await player.does("morgan", "RH-", "Interview offered", "Just now", "Placing authority")
    await player.goes_to("2026-03-06T16:00:00")
    await player.does("morgan", "RH-", "Interview held", "Just now", "Independent service")
    await all_is_well(player)


async def test_ten_years_old_and_late(player: Player) -> None:
    await player.begins("ten-years-old")
    answers = ("Yes, confirmed", "Not yet", "15:15", "15:45", "At a friend's or family", "None")
    await player.logs("morgan", "YP-05", *answers)
    await player.goes_to("2026-03-04T17:50:00")
    await player.phones["morgan"].sees("Still away, done")
    await player.does("morgan", "RH-", "Still away, done", "Just now", "Skip")
    await player.goes_to("2026-03-04T18:30:00")
    await player.does("morgan", "RH-", "They're back", "Just now", "None")
    await all_is_well(player)


async def test_saturday_night_placed_by_camden(player: Player) -> None:
    await player.begins("placed-from-camden")
    answers = ("No, or not", "Not yet", "21:00", "22:30", "Did not come back", "None")
    await player.logs("morgan", "YP-03", *answers)
    await player.does("morgan", "RH-", "Police told", "Just now", "No reference", "Skip")
    await player.does("morgan", "RH-", "Authority told", "social worker", *TOLD)
    await player.goes_to("2026-03-08T00:15:00")
    await player.phones["morgan"].taps("I have it")
    await player.goes_to("2026-03-08T00:30:00")
    await player.does("morgan", "RH-", "Authority told", "Emergency duty team manager", *TOLD)
    await player.does("morgan", "RH-", "Parents told", "Social worker", "Just now", "Missing")
    await player.goes_to("2026-03-08T08:30:00")
    await player.does("morgan", "RH-", "More", "Written confirmation sent", "Just now")
    await all_is_well(player)


async def test_parents_are_not_to_be_told(player: Player) -> None:
    await player.begins("parents-not-told")
    answers = ("No, or not", "16:40", "16:00", "No set time", "Left unnoticed", "None")
    await player.logs("sasha", "YP-11", *answers)
    reason = ":no contact without supervision"
    await player.does("sasha", "AL-", "Not to be told", reason, "Court order or care plan", "Save")
    await player.does("sasha", "AL-", "Authority told", "Accountable manager", *TOLD)
    await player.goes_to("2026-03-09T19:30:00")
    await player.does("sasha", "AL-", "They're back", "Just now", "None")
    await all_is_well(player)


async def test_found_first_and_back_three_hours_later(player: Player) -> None:
    await player.begins("found-then-back")
    answers = ("No, or not", "Not yet", "08:30", "16:00", "Did not come back", "None")
    await player.logs("sasha", "YP-13", *answers)
    await player.does("sasha", "AL-", "Police told", "Just now", "No reference", "Skip")
    await player.does("sasha", "AL-", "Authority told", "Accountable manager", *TOLD)
    await player.does("sasha", "AL-", "Parents told", "I did", "Just now", "Missing, police told")
    await player.goes_to("2026-03-12T20:00:00")
    await player.does("sasha", "AL-", "Still missing, done", "Just now", "Skip")
    await player.goes_to("2026-03-13T16:00:00")
    await player.does("robin", "AL-", "Still missing, done", "Just now", "Skip")
    await player.goes_to("2026-03-13T18:00:00")
    await player.goes_to("2026-03-13T22:00:00")
    await player.does("sasha", "AL-", "Found", "Just now", "Skip", "No", "Yes")
    await player.goes_to("2026-03-14T01:00:00")
    await player.does("sasha", "AL-", "They're back", "Just now", "None")
    await tells_that_it_is_over(player, "sasha", "AL-")
    await player.goes_to("2026-03-15T15:00:00")
    await player.does("sasha", "AL-", "Safe and well", "Yes, done", "Just now")
    await player.does("sasha", "AL-", "Interview offered", "Just now", "Placing authority")
    await player.does("sasha", "AL-", "Interview held", "Just now", "Independent service")
    await player.does("robin", "AL-", "Sign off", ":nothing more will be known", "Skip")
    await player.does("robin", "AL-", "Close", "Close")
    await all_is_well(player)


async def test_seen_being_taken(player: Player) -> None:
    await player.begins("taken-by-somebody")
    answers = ("Taken or forced", "Not yet", "20:40", "21:00", "Did not come back", "None")
    await player.logs("morgan", "YP-01", *answers)
    await player.phones["morgan"].has_on_screen("Crime in action: ring 999 now")
    await player.does("morgan", "RH-", "Police told", "Just now", "No reference", "Skip")
    await player.does("morgan", "RH-", "Authority told", "Emergency duty team manager", *TOLD)
    await player.does("morgan", "RH-", "Parents told", "I did", "Just now", "Missing, police told")
    await player.goes_to("2026-03-06T23:45:00")
    await player.does("morgan", "RH-", "They're back", "Just now", "None")
    await tells_that_it_is_over(player)
    await all_is_well(player)


async def test_found_and_not_safe_to_go_back(player: Player) -> None:
    await player.begins("found-and-unsafe")
    answers = ("No, or not", "Just now", "17:00", "20:00", "Did not come back", "None")
    await player.logs("sasha", "YP-13", *answers)
    await player.does("sasha", "AL-", "Authority told", "Emergency duty team manager", *TOLD)
    await player.does("sasha", "AL-", "Parents told", "I did", "Just now", "Missing, police told")
    await player.goes_to("2026-03-11T22:30:00")
    await player.does("sasha", "AL-", "Found", "Just now", "Skip", "Yes", "Yes", "Save")
    await player.phones["sasha"].has_on_screen("Refer now", "+44 7700 900102")
    await player.does("sasha", "AL-", "Referral made", "Emergency duty team", "Just now")
    await player.does(
        "sasha", "AL-", "What came of it", "Emergency place", "Yes", "Yes", "Skip", "Skip"
    )
    await player.goes_to("2026-03-12T12:00:00")
    await player.does("sasha", "AL-", "They're back", "Just now", "None")
    await tells_that_it_is_over(player, "sasha", "AL-")
    await player.does("sasha", "AL-", "Safe and well", "Yes, done", "Just now")
    await player.does("sasha", "AL-", "Interview offered", "Just now", "Placing authority")
    await all_is_well(player)


async def test_a_long_text_pasted_in_parts(player: Player) -> None:
    """Every word is in the record, in order, and none is left in the chat."""
    await player.begins("pasted-in-parts")
    answers = ("No, or not", "Just now", "18:00", "20:00", "Did not come back", "None")
    await player.logs("morgan", "YP-02", *answers)
    parts = [f"alpha{n} " + "and so on " * 300 + f"omega{n}" for n in range(3)]
    await player.does("morgan", "RH-", "Note")
    morgan = player.phones["morgan"]
    for part in parts[:-1]:
        await morgan.sends(part, settle=False)
    await morgan.sends(parts[-1])
    await morgan.taps("Keep it all")
    facts = (await player.knows())["episodes"][0]["facts"]
    written = " ".join(fact["text"] for fact in facts if fact["kind"] == "note")
    marks = [f"{mark}{n}" for n in range(3) for mark in ("alpha", "omega")]
    assert [word for word in written.split() if word in marks] == marks
    assert written.count("and so on") == 900
    assert "alpha" not in await morgan.screen()
    await player.does("morgan", "RH-", "Authority told", "Emergency duty team manager", *TOLD)
    await player.does("morgan", "RH-", "Parents told", "I did", "Just now", "Missing, police told")
    await player.goes_to("2026-03-08T22:30:00")
    await player.does("morgan", "RH-", "They're back", "Just now", "None")
    await all_is_well(player)


async def test_nobody_answers_all_night(player: Player) -> None:
    """Whoever was rung hears once that it is over, and no alarm is left that still asks for it."""
    await player.begins("nobody-answers")
    answers = ("No, or not", "Just now", "17:00", "21:00", "Did not come back", "None")
    await player.logs("morgan", "YP-02", *answers)
    await player.does("morgan", "RH-", "Authority told", "Emergency duty team manager", *TOLD)
    await player.does("morgan", "RH-", "Parents told", "I did", "Just now", "Missing, police told")
    await player.goes_to("2026-03-06T02:30:00")
    robin = await player.phones["robin"].has_on_screen("Ring them now")
    assert "+44 7700 900201" in robin["text"]
    await player.goes_to("2026-03-06T06:00:00")
    for who in ("morgan", "sasha", "robin"):
        asking = [m for m in (await player.phones[who].chat())["messages"] if asks(m)]
        assert 1 <= len(asking) <= 3, (who, [m["text"] for m in asking])
    await player.does("morgan", "RH-", "They're back", "Just now", "None")
    for who in ("sasha", "robin"):
        messages = (await player.phones[who].chat())["messages"]
        assert not [m["text"] for m in messages if asks(m)], who
        over = [m for m in messages if "You need not do anything now" in m.get("text", "")]
        assert len(over) == 1, who
    await tells_that_it_is_over(player)
    await all_is_well(player)
    episode = (await player.knows())["episodes"][0]
    states = {duty["id"]: duty["state"] for duty in episode["duties"]}
    assert states["CP-4H"] == "not_met", "the debrief says what was never done"
    [case] = (await player.debrief())["cases"]
    assert not case["closed"] and case["unrecorded"] == episode["unrecorded"]
    assert "Ask the police for the safe and well check" in case["unrecorded"]
    assert "the police reference" in case["unrecorded"]
    assert "who found them" not in case["unrecorded"], "nobody found them: they came back"
    assert not [line for line in case["unrecorded"] if "-" in line.split()[0]], "no ids of ours"


def asks(message: dict) -> bool:
    """Whether a message still offers to take the look after four hours."""
    return "Still missing" in str(message.get("reply_markup", message.get("buttons", "")))
