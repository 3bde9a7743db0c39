"""Files beside a case in a real browser: attached, saved, refused, removed."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from protocol import facts as f
from tests.browser.pages_served import served
from tests.browser.test_pages import DESK, PHONE, comes_in, presses, sound, window

SIZES = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
COAT = b"\xff\xd8\xff\xe0\x00\x10JFIF a coat" + bytes(200_000)


async def chooses(page: Page, name: str, kind: str, content: bytes) -> None:
    file = {"name": name, "mimeType": kind, "buffer": content}
    await page.get_by_label("Attach a file").set_input_files(file)


@SIZES
async def test_a_file_is_attached_saved_by_a_colleague_and_removed_by_a_manager(
    browser: Browser, size: dict[str, int]
) -> None:
    async with served() as site:
        ref = await site.world.reports()
        async with window(browser, site, size) as page:
            await comes_in(page, site, "amy")
            await presses(page.get_by_role("link", name=ref))
            await chooses(page, "../the coat.jpg", "image/jpeg", COAT)
            await presses(page.get_by_role("button", name="Attach", exact=True))
            await expect(page.get_by_role("status")).to_have_text("Saved.")
            await sound(page)
            assert ref not in await page.title()
            await presses(page.get_by_role("link", name="To the case file"))
            await sound(page)
            async with page.expect_download() as coming:
                await page.get_by_role("link", name="the coat.jpg", exact=True).click()
            saved = await coming.value
            assert saved.suggested_filename == "the coat.jpg"
            assert await asyncio.to_thread(Path(await saved.path()).read_bytes) == COAT
        readings = await site.world.facts(ref, f.CaseRead)
        [attached] = await site.world.facts(ref, f.Attached)
        assert [x.by for x in readings if x.attachment == attached.id] == ["amy"]
        async with window(browser, site, size) as page:
            await comes_in(page, site, "mia")
            await page.goto(f"{site.address}/cases/{ref}")
            await page.get_by_text("Remove the coat.jpg").click()
            await sound(page)
            await page.get_by_label("Why it goes").fill("of another young person")
            await presses(page.get_by_role("button", name="Remove it"))
            await expect(page.get_by_role("status")).to_have_text("Saved.")
            await expect(page.get_by_role("link", name="the coat.jpg")).to_have_count(0)


async def test_what_is_too_large_or_no_file_that_is_taken_is_refused_and_said(
    browser: Browser,
) -> None:
    async with served() as site, window(browser, site, PHONE) as page:
        ref = await site.world.reports()
        await comes_in(page, site, "amy")
        await page.goto(f"{site.address}/cases/{ref}")
        page_before = page.url
        await chooses(page, "film.pdf", "application/pdf", b"%PDF-1.7" + bytes(10_000_000))
        await page.get_by_role("button", name="Attach", exact=True).click()
        said = await page.get_by_label("Attach a file").evaluate("(one) => one.validationMessage")
        assert said == "NOT attached. A file may have 10 MB at most."
        assert page.url == page_before, "it was not sent"
        html = b"<!doctype html><script>document.title = 'run'</script>"
        await chooses(page, "letter.pdf", "application/pdf", html)
        await presses(page.get_by_role("button", name="Attach", exact=True))
        await expect(page.get_by_role("alert")).to_contain_text("By its content this is no file")
        await sound(page)
        assert await page.title() == "Attachments"
        assert await site.world.facts(ref, f.Attached) == []


async def test_a_text_full_of_markup_is_saved_and_never_shown(browser: Browser) -> None:
    """Opened by its address, with nothing but the browser's own manners in between."""
    async with served() as site, window(browser, site) as page:
        ref = await site.world.reports()
        await comes_in(page, site, "amy")
        await page.goto(f"{site.address}/cases/{ref}")
        await chooses(page, "a.html", "text/html", b"Said: <script>document.title='run'</script>")
        await presses(page.get_by_role("button", name="Attach", exact=True))
        [fact] = await site.world.facts(ref, f.Attached)
        assert (fact.name, fact.media) == ("a.txt", "text")
        async with page.expect_download():
            await page.evaluate(
                "(path) => { location.href = path }", f"/cases/{ref}/attachments/{fact.id}"
            )
        assert await page.title() == "Attachments"
