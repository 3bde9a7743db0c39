"""The page without a mouse, and for a screen reader."""

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from sandbox.practice_routes import PAGE
from tests.browser.room import Room

MOST_TABS = 60
HEAVIEST = 200_000
"""Bytes of the whole page."""


async def goes_to(page: Page, name: str, key: str = "Tab") -> None:
    """Presses Tab until the control with this name has the focus.

    A scrolling part of the page takes the focus too; it is passed by, whatever it says.
    """
    seen = []
    for _ in range(MOST_TABS):
        await page.keyboard.press(key)
        label = await page.evaluate(
            "() => document.activeElement.matches('button, summary, input, select, textarea, a')"
            " ? (document.activeElement.getAttribute('aria-label')"
            " || document.activeElement.textContent).trim() : ''"
        )
        if name in label:
            return
        seen.append(label[:30])
    raise AssertionError(f"the keyboard does not reach {name!r}; it passed {seen}")


async def test_a_report_is_logged_with_the_keyboard_alone(room: Room) -> None:
    page, morgan = room.page, room.phone("morgan")
    await goes_to(page, "Start")
    await page.keyboard.press("Enter")
    await morgan.sees("Nightlight is on")
    await goes_to(page, "Report missing")
    await page.keyboard.press("Enter")
    await morgan.sees("Which young person?")
    await goes_to(page, "YP-01", "Shift+Tab")
    for question, answer in (
        ("Does somebody know for certain", "No, or not confirmed"),
        ("Have police been told?", "Not yet"),
        ("When were they last seen?", "1 h ago"),
        ("When were they due back?", "30 min ago"),
        ("What happened", "Did not come back"),
        ("Anything that makes it worse?", "None of these"),
        ("Nothing is saved yet", "Save the report"),
    ):
        await page.keyboard.press("Enter")
        await morgan.sees(question)
        focused = page.locator(":focus")
        await expect(focused).to_have_count(1)
        if answer not in (await focused.inner_text()):
            await goes_to(page, answer)
    await page.keyboard.press("Enter")
    await morgan.sees("Level 1", "Why")
    await expect(page.locator("#spoken")).not_to_be_empty()


async def test_weather_opens_and_closes_by_keyboard(room: Room) -> None:
    page = room.page
    await page.locator("#weather summary").focus()
    await page.keyboard.press("Enter")
    await goes_to(page, "Telegram is slow")
    await page.keyboard.press("Space")
    switch = page.get_by_role("switch", name="Telegram is slow")
    await expect(switch).to_have_attribute("aria-checked", "true")
    await expect(switch).to_be_focused()
    await page.keyboard.press("Space")
    await expect(switch).to_have_attribute("aria-checked", "false")
    await page.keyboard.press("Escape")
    await expect(switch).to_be_hidden()


async def serious(page: Page) -> list[str]:
    """What axe-core finds that shuts somebody out."""
    found = (await Axe().run(page)).response["violations"]
    return [
        f"{v['id']}: {v['nodes'][0]['html'][:200]} {v['nodes'][0]['any'][:1]}"
        for v in found
        if v["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_axe_finds_nothing_serious(room: Room, browser: Browser, *, dark: bool) -> None:
    await room.page.close()
    shown = await Room.open(browser, room.url, dark=dark)
    assert await serious(shown.page) == []
    await shown.plays("placed-from-camden")
    morgan = shown.phone("morgan")
    await morgan.taps("Start")
    await morgan.logs("YP-03")
    await shown.moves("hour")
    await shown.knows.get_by_text("facts as written").click()
    await shown.page.locator("#weather summary").click()
    assert await serious(shown.page) == []
    await shown.page.keyboard.press("Escape")
    await shown.looks_back()
    assert await serious(shown.page) == []
    await shown.page.close()


def test_the_whole_page_is_light() -> None:
    """Nothing is fetched beyond these files, so this is all that a phone has to load."""
    assert sum(path.stat().st_size for path in PAGE.iterdir()) <= HEAVIEST
