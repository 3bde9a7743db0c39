"""A phone of the sandbox opens the service's own pages in a sheet: the guided night about them."""

from urllib.parse import urlsplit

import httpx
from playwright.async_api import Browser, expect

from sandbox.launch import Sandbox
from tests.browser.room import Room

PIN = "274938"


async def test_police_are_rung_from_the_page_and_the_chat_has_nothing_of_it(
    sandbox: Sandbox, browser: Browser
) -> None:
    async with httpx.AsyncClient(base_url=sandbox.url, trust_env=False, timeout=40) as client:
        (await client.post("/practice/begin", json={})).raise_for_status()
    room = await Room.open(browser, sandbox.url)
    await room.plays("call-from-the-page")
    morgan = room.phone("morgan")
    await morgan.taps("Start")
    await morgan.taps("Report missing")
    for answer in ("YP-02", "No, or not confirmed", "Not yet"):
        await morgan.taps(answer)
    for typed in ("18:00", "20:00"):
        await morgan.types(typed)
        await morgan.taps(typed)
    for answer in ("Did not come back", "None of these", "Save the report"):
        await morgan.taps(answer)
    await morgan.sees("Level", "Why")
    await morgan.types("/pages")
    await morgan.taps("Open the pages here", edits=False)
    sheet = room.page.frame_locator("#sheet-page")
    await sheet.get_by_label("PIN", exact=False).first.fill(PIN)
    await sheet.locator("input[name=again]").fill(PIN)
    await sheet.locator("form:has([name=pin]) button").first.click()
    await sheet.locator(".cards a").first.click()
    await sheet.get_by_role("link", name="Call to police").click()
    await sheet.get_by_label("Their reference").fill("CAD 4471")
    await sheet.get_by_role("button", name="Save: police were told").click()
    await expect(sheet.get_by_role("status")).to_contain_text("Saved.")
    await room.page.get_by_role("button", name="Close").click()
    await expect(room.page.locator(".steps li").nth(2)).to_have_class("done")
    assert "CAD 4471" not in await morgan.chat.inner_text()
    dialog = await room.looks_back()
    await expect(dialog.locator(".findings li").nth(0).locator(".unseen")).to_contain_text("yes")
    await expect(dialog.locator(".findings li").nth(1).locator(".unseen")).to_contain_text("yes")
    # Nothing but the sandbox and the pages, both of this machine, was asked.
    assert {urlsplit(url).hostname for url in room.strangers()} == {"127.0.0.1"}
    assert room.faults == []
    await room.page.close()
