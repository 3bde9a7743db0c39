"""A guided night from its start to the debrief."""

from playwright.async_api import expect

from tests.browser.room import Room


async def test_a_night_played_well_ends_with_every_check_met(room: Room) -> None:
    await room.plays("late-from-school")
    await expect(room.time).to_contain_text("Mon 2 Mar 2026, 18:2")
    morgan = room.phone("morgan")
    await morgan.taps("Start")
    await morgan.taps("Report missing")
    await morgan.taps("YP-01")
    await morgan.taps("Yes, confirmed")
    await morgan.taps("Not yet")
    await morgan.types("15:30")
    await morgan.taps("15:30")
    await morgan.types("18:00")
    await morgan.taps("18:00")
    for answer in ("At a friend's or family", "None of these", "Save the report"):
        await morgan.taps(answer)
    await morgan.sees("Level 1", "Next")
    await expect(room.page.locator(".steps li").nth(1)).to_have_class("done")

    await room.goes("Go to Mon 2 Mar 20:30")
    await morgan.taps("They're back")
    await morgan.taps("Just now")
    await morgan.taps("None of these")
    await expect(room.page.get_by_text("All done.")).to_be_visible()

    await room.page.get_by_role("button", name="Look back: debrief").click()
    dialog = room.page.locator("#debrief")
    await expect(dialog.locator(".findings .good .unseen", has_text="yes")).to_have_count(4)
    await expect(dialog.locator("svg.timeline")).to_be_visible()
    await expect(dialog).to_contain_text("Nothing was late.")
    await expect(dialog).to_contain_text("level one response")


async def test_what_was_not_done_is_late_with_its_source(room: Room) -> None:
    """Nobody rings police or Camden for two hours: the debrief says so, and by which rule."""
    await room.plays("placed-from-camden")
    morgan = room.phone("morgan")
    await morgan.taps("Start")
    await morgan.logs("YP-03")
    await room.moves("hour")
    await room.moves("hour")
    await expect(morgan.node).to_have_class("phone ringing")
    dialog = await room.looks_back()
    await expect(dialog.locator(".findings li").first).to_contain_text(
        "Police told within a quarter of an hour — still open, 2 h after it was due"
    )
    await expect(dialog).to_contain_text("DCSF statutory guidance 2009, 3.5 paragraph 24")
    await expect(dialog.locator("svg .t-bar-open").first).to_be_attached()
    link = dialog.get_by_role("link", name="Save the picture")
    saved = await room.page.request.get(f"{room.url}{await link.get_attribute('href')}")
    assert saved.headers["content-type"].startswith("image/svg+xml")
    assert "Ring the police" in await saved.text()


async def test_the_bot_asks_again_until_somebody_has_it(room: Room) -> None:
    """A reminder rings, shows as not read, and is read once the phone is in the hand."""
    await room.plays("placed-from-camden")
    morgan = room.phone("morgan")
    await morgan.taps("Start")
    await morgan.logs("YP-03")
    await room.moves("next")
    await expect(morgan.node.locator(".unread")).to_contain_text("1")
    await morgan.sees("not read yet")
    await morgan.chat.click()
    await expect(morgan.node.locator(".unread")).to_be_hidden()
    await morgan.sees_nothing_of("not read yet")
    await morgan.taps("I have it")
    await morgan.sees("You have it")
    await expect(room.knows).to_contain_text("Morgan Example has it")


async def test_from_opening_the_page_to_a_logged_report_it_is_ten_taps(room: Room) -> None:
    morgan = room.phone("morgan")
    await morgan.taps("Start")
    await morgan.logs("YP-01")
    assert morgan.taps_made == 10
    await expect(room.knows.locator(".level")).to_contain_text("Level 1")
    await room.knows.get_by_text("facts as written").click()
    await expect(room.knows.locator(".facts")).to_contain_text("opened")
