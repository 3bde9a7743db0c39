"""Bad weather and a bot in trouble, each by one switch and undone by the same."""

from playwright.async_api import expect

from tests.browser.room import Room


async def test_what_was_written_while_telegram_was_down_is_answered_afterwards(room: Room) -> None:
    morgan = room.phone("morgan")
    await morgan.taps("Start")
    await morgan.sees("Nightlight is on")
    await room.turns("Telegram is down", on=True)
    await morgan.types("/open")
    await morgan.sees_nothing_of("No open cases")
    await room.turns("Telegram is down", on=False)
    await expect(morgan.messages.filter(has_text="No open cases")).to_be_visible()


async def test_a_killed_bot_goes_on_with_the_same_report(room: Room) -> None:
    """Killed in the middle of a report; started again, it asks the next question."""
    morgan = room.phone("morgan")
    await morgan.taps("Start")
    for answer in ("Report missing", "YP-01", "No, or not confirmed"):
        await morgan.taps(answer)
    await morgan.sees("Have police been told?")
    await room.turns("The bot is killed", on=True)
    await expect(room.page.locator("#weather-count")).to_have_text("1")
    await room.turns("The bot is killed", on=False)
    await morgan.sees("I was restarted")
    await morgan.taps("Go on with it")
    await morgan.taps("Not yet")
    await morgan.sees("When were they last seen?")


async def test_with_a_full_disk_it_says_that_nothing_is_saved(room: Room) -> None:
    morgan = room.phone("morgan")
    await morgan.taps("Start")
    await morgan.sees("Nightlight is on")
    await room.turns("The bot's disk is full", on=True)
    await morgan.taps("Report missing")
    await morgan.sees("NOT saved")
    await room.turns("The bot's disk is full", on=False)
    await morgan.taps("Report missing")
    await morgan.sees("Which young person?")


async def test_who_blocks_the_bot_gets_nothing_until_it_is_unblocked(room: Room) -> None:
    morgan = room.phone("morgan")
    await morgan.taps("Start")
    await morgan.logs("YP-01")
    menu = morgan.node.get_by_label("Menu of this phone")
    await menu.click()
    blocking = morgan.node.get_by_role("switch", name="Blocks the bot")
    await blocking.click()
    await expect(blocking).to_have_attribute("aria-checked", "true")
    before = await morgan.messages.count()
    await room.moves("hour")
    await expect(morgan.messages).to_have_count(before)
    await menu.click()
    await blocking.click()
    await expect(blocking).to_have_attribute("aria-checked", "false")
    await menu.click()
    await morgan.types("/open")
    await morgan.sees("RH-")
