"""In a real browser: words written on a page and read back, the officer's answer by a link, the
figures, and the first visit with an activation code."""

import pytest
from playwright.async_api import Browser, expect

from protocol import facts as f
from tests.browser.pages_served import served
from tests.browser.test_pages import PHONE, SIZES, comes_in, presses, sound, window
from tests.web.pages_world import PIN

WORDS = "She rang her aunt from <b>the harbour</b>"


@SIZES
async def test_a_note_is_written_on_the_page_and_read_back(
    browser: Browser, size: dict[str, int]
) -> None:
    async with served() as site, window(browser, site, size) as page:
        ref = await site.world.reports()
        await comes_in(page, site, "amy")
        await page.goto(f"{site.address}/cases/{ref}")
        await presses(page.get_by_role("button", name="Note", exact=False).first)
        await sound(page)
        await page.get_by_label("In your words").fill(WORDS)
        await presses(page.get_by_role("button", name="Keep"))
        if not await site.world.facts(ref, f.Note):
            await presses(page.get_by_role("button", name="Save"))
        await page.goto(f"{site.address}/cases/{ref}")
        await expect(page.get_by_text(WORDS)).to_be_visible()
        assert "harbour" not in "".join(text for _, text in site.world.phone.said)


@SIZES
async def test_the_officer_answers_by_a_link_once(browser: Browser, size: dict[str, int]) -> None:
    async with served() as site, window(browser, site) as amy, window(browser, site, size) as page:
        ref = await site.world.reports()
        now = site.world.clock.now()
        told = f.AuthorityTold(
            id="told", by="amy", recorded_at=now, at=now, role="message_left", acknowledged=False
        )
        await site.world.pages.site.recording.append(ref, -5, lambda _: [told])
        await comes_in(amy, site, "amy")
        await amy.goto(f"{site.address}/cases/{ref}")
        await presses(amy.locator(f"form[action='/cases/{ref}/links'] button").first)
        link = (await amy.locator(".key").inner_text()).strip()
        await page.goto(link)
        await presses(page.get_by_role("button", name="Open"))
        await sound(page)
        await page.get_by_label("Your name").fill("Kim Okafor")
        await page.get_by_label("I have received this").check()
        await presses(page.get_by_role("button", name="Put it on record"))
        await expect(page.get_by_role("status")).to_contain_text("on record")
        [fact] = await site.world.facts(ref, f.AuthorityAcknowledged)
        assert fact.who == "Kim Okafor"
        await page.goto("about:blank")
        await page.goto(link)
        await presses(page.get_by_role("button", name="Open"))
        await expect(page.get_by_role("alert")).to_contain_text("used up")


async def test_a_report_has_its_numbers_and_its_files(browser: Browser) -> None:
    async with served() as site, window(browser, site, PHONE) as page:
        await site.world.reports()
        await comes_in(page, site, "mia")
        await presses(page.get_by_role("link", name="Figures"))
        await sound(page)
        await presses(page.locator(".cards a").first)
        await sound(page)
        await expect(page.locator("table").first).to_be_visible()
        async with page.expect_download() as waiting:
            await page.get_by_role("link", name="XLSX").click()
        assert (await waiting.value).suggested_filename.endswith(".xlsx")


@pytest.mark.parametrize("right", [True, False])
async def test_the_first_pin_needs_the_code_that_was_told(browser: Browser, right: bool) -> None:
    async with served(activation="code") as site, window(browser, site, PHONE) as page:
        code = await site.world.activation("amy")
        await page.goto(site.link("amy"))
        await presses(page.get_by_role("button", name="Open"))
        await sound(page)
        await page.get_by_label("Activation code").fill(code if right else "11112222")
        await page.locator("[name=pin]").fill(PIN)
        await page.locator("input[name=again]").fill(PIN)
        await presses(page.locator("form:has([name=pin]) button").first)
        if right:
            await expect(page.get_by_role("heading", name="Open cases")).to_be_visible()
        else:
            await expect(page.get_by_role("alert")).to_contain_text("not right")
            await sound(page)
