"""The service's own pages in a real browser, on a phone and on the office computer: coming in,
the record, the call to police, an invitation, a gap; by keyboard, enlarged, dark, and for axe."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.pages_served import Served, served
from tests.browser.test_keyboard import goes_to
from tests.web.pages_world import PIN

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 860}
SIZES = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])


@asynccontextmanager
async def window(browser: Browser, site: Served, size=DESK, **more) -> AsyncIterator[Page]:
    """A browser of one person; nothing may fail in it, and nothing may be asked from elsewhere."""
    context = await browser.new_context(viewport=size, ignore_https_errors=True, **more)
    page = await context.new_page()
    page.set_default_timeout(10_000)
    faults, asked = [], []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda m: faults.append(m.text) if "Content Security" in m.text else None)
    page.on("request", lambda request: asked.append(request.url))
    yield page
    assert faults == []
    assert [url for url in asked if not url.startswith(site.address)] == []
    await context.close()


async def comes_in(page: Page, site: Served, who: str, pin: str = PIN) -> None:
    """By a link of the chat, with their PIN; the first time it is chosen."""
    await page.goto(site.link(who))
    await presses(page.get_by_role("button", name="Open"))
    await gives_pin(page, pin)


async def gives_pin(page: Page, pin: str) -> None:
    await expect(page.locator("[name=pin]")).to_be_visible()
    await page.locator("[name=pin]").fill(pin)
    again = page.locator("input[name=again][type=password]")
    if await again.count():
        await again.fill(pin)
    await presses(page.locator("form:has([name=pin]) button").first)


async def presses(what: Locator) -> None:
    """A link or button that leads to another page; until that one is there."""
    async with what.page.expect_navigation():
        await what.click()


async def fits(page: Page) -> None:
    """Nothing is wider than the window: nobody scrolls sideways to read."""
    wide = await page.evaluate(
        "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert wide <= 0, f"{page.url} is {wide} px too wide"


async def sound(page: Page) -> None:
    """axe finds nothing serious, and the page fits."""
    await fits(page)
    found = (await Axe().run(page)).response["violations"]
    heavy = [
        (one["id"], [node["html"][:120] for node in one["nodes"]][:3])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    assert heavy == [], page.url


@SIZES
async def test_the_first_visit_sets_up_a_pin_and_five_wrong_ones_lock_out(
    browser: Browser, size: dict[str, int]
) -> None:
    async with served() as site, window(browser, site, size) as page:
        await page.goto(site.link("amy"))
        assert site.secret_of_last_link not in page.url
        await presses(page.get_by_role("button", name="Open"))
        await sound(page)
        await gives_pin(page, "111111")
        await expect(page.get_by_role("alert")).to_contain_text("Too easy to guess")
        await gives_pin(page, PIN)
        await expect(page.get_by_role("heading", name="Open cases")).to_be_visible()
        await sound(page)
        await presses(page.get_by_role("button", name="Sign out"))
        await page.goto(site.link("amy"))
        await presses(page.get_by_role("button", name="Open"))
        await sound(page)
        for _ in range(5):
            await gives_pin(page, "999998")
        await expect(page.get_by_text("Locked after five wrong tries")).to_be_visible()
        await sound(page)
        async with window(browser, site, size) as managers:
            await comes_in(managers, site, "mia")
            await presses(managers.get_by_role("link", name="People"))
            await sound(managers)
            await presses(managers.get_by_role("button", name="Reset the PIN of Amy Example"))
            await expect(managers.get_by_role("status")).to_contain_text("The PIN is reset")
        await page.goto(site.link("amy"))
        await presses(page.get_by_role("button", name="Open"))
        await gives_pin(page, "604182")
        await expect(page.get_by_role("heading", name="Open cases")).to_be_visible()


@SIZES
async def test_the_record_is_read_printed_and_given_to_police(
    browser: Browser, size: dict[str, int]
) -> None:
    async with served() as site, window(browser, site, size) as page:
        ref = await site.world.reports()
        site.world.clock.go(minutes=10)
        await comes_in(page, site, "amy")
        await presses(page.get_by_role("link", name=ref))
        await expect(page.get_by_role("heading", name=re.compile(ref))).to_be_visible()
        assert ref not in await page.title()
        await sound(page)
        await page.emulate_media(media="print")
        await expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
        paper = await page.pdf()
        assert paper.startswith(b"%PDF")
        await page.emulate_media(media="screen")
        await page.goto(f"{site.address}/cases/{ref}/police")
        await sound(page)
        size_of_answers = await page.locator(".aloud dd").first.evaluate(
            "(node) => parseFloat(getComputedStyle(node).fontSize)"
        )
        assert size_of_answers >= 20
        tel = await page.locator("a[href^='tel:']").first.get_attribute("href")
        assert re.fullmatch(r"tel:\+?[0-9]+", tel or "")
        form = page.locator(f"form[action='/cases/{ref}/police']").first
        await form.locator("[name=reference]").fill("CAD 4471")
        await presses(form.get_by_role("button").last)
        await expect(page.get_by_role("status").or_(page.get_by_text("Saved."))).to_be_visible()
        await expect(page.get_by_text("CAD 4471").first).to_be_visible()


async def test_a_manager_invites_and_sees_the_gap_of_the_rota(browser: Browser) -> None:
    async with served() as site, window(browser, site, PHONE) as page:
        await comes_in(page, site, "mia")
        await presses(page.get_by_role("link", name="People"))
        await presses(page.get_by_role("link", name="Invite a colleague"))
        await sound(page)
        await page.get_by_label("First name and surname").fill("Sam Sample")
        await page.get_by_label("Rowan House").check()
        await presses(page.get_by_role("button", name="Make the link"))
        await expect(page.locator("#link")).to_contain_text("https://t.me/")
        await sound(page)
        await presses(page.get_by_role("link", name="Rota"))
        await expect(page.get_by_text("Gap", exact=True).first).to_be_visible()
        await sound(page)
        take = page.get_by_role("button", name=re.compile("Take the shift at Rowan House")).first
        await presses(take)
        await expect(page.get_by_role("status")).to_contain_text("You have this shift")


async def test_the_register_is_kept_and_a_table_looked_at_before_it_is_imported(
    browser: Browser,
) -> None:
    table = "ref,home,dob,name\nYP-01,rowan,14/05/2011,Kit Example\nYP-50,rowan,02/03/2012,\n"
    async with served() as site, window(browser, site, PHONE) as page:
        await comes_in(page, site, "mia")
        await presses(page.get_by_role("link", name="Register", exact=True))
        await sound(page)
        await presses(page.get_by_role("link", name="Import a table"))
        file = {"name": "young people.csv", "mimeType": "text/csv", "buffer": table.encode()}
        await page.get_by_label("File", exact=True).set_input_files(file)
        await presses(page.get_by_role("button", name="Show what will change"))
        await expect(page.get_by_text("1 new, 1 changed, 0 as they are")).to_be_visible()
        await sound(page)
        await presses(page.get_by_role("button", name="Import this"))
        await expect(page.get_by_role("status")).to_contain_text("2 young people imported.")
        await presses(page.get_by_role("link", name="To the register"))
        await presses(page.get_by_role("link", name="YP-50"))
        await sound(page)
        await page.get_by_label("Medication, and what happens").fill("insulin, four times a day")
        await page.get_by_label("Next review by").fill("2026-11-01")
        await presses(page.get_by_role("button", name="Save the profile"))
        await expect(page.get_by_text("Review overdue since 1 Nov 2026.")).to_be_visible()


async def test_the_keyboard_alone_reaches_and_does_it(browser: Browser) -> None:
    async with served() as site, window(browser, site) as page:
        ref = await site.world.reports()
        await page.goto(site.link("amy"))
        await page.keyboard.press("Enter")  # the one button has the focus
        await page.locator("[name=pin]").wait_for()
        await page.locator("[name=pin]").focus()
        await page.keyboard.type(PIN)
        await page.keyboard.press("Tab")
        await page.keyboard.type(PIN)
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/cases")
        await page.keyboard.press("Tab")
        await expect(page.locator(":focus")).to_have_text("To the content")
        await page.keyboard.press("Enter")
        await goes_to(page, ref)
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"**/cases/{ref}")
        await goes_to(page, "Rota")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/rota")
        await goes_to(page, "Sign out")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("Open these pages from the chat")).to_be_visible()


async def test_twice_as_large_and_dark_everything_fits_and_can_be_read(browser: Browser) -> None:
    """Enlarging to 200 % leaves half the width: 640 of 1280, and 195 of a phone's 390."""
    half = {"width": 640, "height": 430}
    async with served() as site, window(browser, site, half, color_scheme="dark") as page:
        ref = await site.world.reports()
        await comes_in(page, site, "mia")
        await expect(page.get_by_role("heading", name="Open cases")).to_be_visible()
        paths = ("/cases", f"/cases/{ref}", f"/cases/{ref}/police", "/register")
        paths += ("/register/young/YP-01", "/register/new", "/people", "/rota", "/figures")
        for path in (*paths, "/figures/children"):
            answer = await page.goto(site.address + path)
            if path != "/figures/children":
                assert answer is not None and answer.status == 200, path
            await sound(page)
        await page.set_viewport_size({"width": 320, "height": 640})
        for path in paths:
            await page.goto(site.address + path)
            await fits(page)
