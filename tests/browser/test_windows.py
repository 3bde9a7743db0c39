"""Several windows on one practice, the clock, the reset, and a narrow screen."""

from playwright.async_api import Browser, expect

from tests.browser.room import Room


async def test_two_windows_show_the_same_night(room: Room, browser: Browser) -> None:
    """What the trainee does in one window, the trainer sees in the other."""
    trainer = await Room.open(browser, room.url)
    await room.phone("morgan").taps("Start")
    await room.phone("morgan").logs("YP-02")
    await trainer.phone("morgan").sees("Level 1", "Why")
    await expect(trainer.knows.locator(".level")).to_contain_text("Level 1")
    await trainer.moves("hour")
    shown = await trainer.time.inner_text()
    await expect(room.time).to_contain_text(shown[:-9])
    await trainer.page.close()


async def test_the_clock_goes_to_tomorrow_and_to_the_night_of_the_change(room: Room) -> None:
    await room.moves("morning")
    await expect(room.time).to_contain_text("09:00")
    await room.plays("late-from-school")
    await room.moves("change")
    await expect(room.time).to_contain_text("Sun 29 Mar 2026, 00:30")
    await expect(room.time).to_contain_text("GMT")
    await room.moves("hour")
    await expect(room.time).to_contain_text("02:30")
    await expect(room.time).to_contain_text("BST")


async def test_a_reset_asks_first_and_then_forgets_everything(room: Room) -> None:
    morgan = room.phone("morgan")
    await morgan.taps("Start")
    await morgan.logs("YP-01")
    await room.page.locator("#reset").click()
    await room.page.get_by_role("button", name="Cancel", exact=True).click()
    await expect(room.knows.locator(".case")).to_have_count(1)
    await room.page.locator("#reset").click()
    await room.page.locator("#sure-yes").click()
    await expect(room.knows).to_contain_text("No cases yet")
    await expect(morgan.node.get_by_role("button", name="Start", exact=True)).to_be_visible()


async def test_a_narrow_screen_shows_one_phone_and_a_switch(room: Room, browser: Browser) -> None:
    narrow = await Room.open(browser, room.url, width=390, height=800)
    await expect(narrow.page.get_by_role("article")).to_have_count(1)
    await expect(narrow.knows).to_be_hidden()
    await narrow.page.get_by_role("button", name="Bot knows").click()
    await expect(narrow.knows).to_be_visible()
    await expect(narrow.page.get_by_role("article")).to_have_count(0)
    await narrow.page.get_by_role("button", name="Phone", exact=True).click()
    await narrow.page.get_by_label("Whose phone this is").select_option(label="Robin Model")
    await narrow.phone("robin").taps("Start")
    await narrow.phone("robin").sees("Nightlight is on")
    width = await narrow.page.evaluate("document.documentElement.scrollWidth")
    assert width == 390, "the page can be pushed sideways"
    await narrow.page.close()


async def test_pictures_and_files_are_shown(room: Room) -> None:
    """What is sent while the bot is down stays on the phone; back again, it takes it out."""
    robin = room.phone("robin")
    await robin.taps("Start")
    await room.turns("The bot is killed", on=True)
    picture = {"name": "a.png", "mimeType": "image/png", "buffer": PICTURE}
    await robin.node.locator("input[type=file]").set_input_files([picture])
    image = robin.messages.last.locator("img")
    await expect(image).to_be_visible()
    assert await image.evaluate("node => node.naturalWidth") == 1
    text = {"name": "rota.txt", "mimeType": "text/plain", "buffer": b"who is on duty"}
    await robin.node.locator("input[type=file]").set_input_files([text])
    await expect(robin.messages.last.get_by_role("link", name="rota.txt")).to_be_visible()
    await room.turns("The bot is killed", on=False)
    await robin.sees("I do not keep photos")


PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415478"
    "9c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)
