"""The page as a person uses it: phones, clock, weather, what the bot knows."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from playwright.async_api import Browser, Locator, Page, expect

PATIENCE = 20_000
"""Milliseconds; far more than it takes on a quiet machine."""
expect.set_options(timeout=PATIENCE)
NAMES = {
    "morgan": "Morgan Example",
    "sasha": "Sasha Sample",
    "robin": "Robin Model",
}


class OnPhone:
    """One phone of the page."""

    def __init__(self, page: Page, name: str) -> None:
        self.node = page.get_by_role("article", name=f"Phone of {name}")
        self.chat = self.node.get_by_role("log")
        self.taps_made = 0

    async def taps(self, label: str, *, edits: bool = True) -> None:
        """The newest inline button, or the key, that says this; waits until it is there.

        An inline button is gone when the bot has answered, unless it is not expected to (`edits`).
        """
        exact = re.compile(re.escape(label))
        button = self.node.locator(".message .buttons button", has_text=exact).last
        key = self.node.locator(".keys button, .empty button", has_text=exact).first
        await expect(button.or_(key).last).to_be_visible()
        self.taps_made += 1
        if await button.count():
            shown = await button.element_handle()
            await button.click()
            if shown is not None and edits:
                # The next question has some of the same buttons: wait until this one is gone.
                await shown.wait_for_element_state("hidden")
        else:
            await key.click()

    async def types(self, text: str) -> None:
        field = self.node.get_by_label("Message", exact=True)
        await field.fill(text)
        await field.press("Enter")

    async def sees(self, *texts: str) -> None:
        """The newest message that says the first says them all."""
        message = self.messages.filter(has_text=texts[0]).last
        for text in texts:
            await expect(message).to_contain_text(text)

    async def sees_nothing_of(self, text: str) -> None:
        await expect(self.messages.filter(has_text=text)).to_have_count(0)

    @property
    def messages(self) -> Locator:
        return self.chat.locator(".message")

    async def logs(self, person: str, *answers: str) -> None:
        """A report by taps alone, from Report missing to the saved card."""
        await self.taps("Report missing")
        usual = ("No, or not confirmed", "Not yet", "1 h ago", "30 min ago", "Did not come back")
        for answer in (person, *(answers or usual), "None of these", "Save the report"):
            await self.taps(answer)
        await self.sees("Level", "Why")


class Room:
    """The page in one window."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.faults: list[str] = []
        self._asked: list[str] = []
        self._phones: dict[str, OnPhone] = {}
        page.on("request", lambda request: self._asked.append(request.url))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on(
            "console", lambda said: self.faults.append(said.text) if said.type == "error" else None
        )

    @classmethod
    async def open(
        cls, browser: Browser, url: str, width: int = 1280, height: int = 860, dark: bool = False
    ) -> "Room":
        page = await browser.new_page(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        page.set_default_timeout(PATIENCE)
        room = cls(page, url)
        await page.goto(url)
        await page.wait_for_selector("body[data-ready=yes]")
        return room

    def strangers(self) -> Sequence[str]:
        """Addresses beyond the sandbox that the page asked for."""
        own = urlsplit(self.url).netloc
        return [url for url in self._asked if urlsplit(url).netloc not in (own, "")]

    def phone(self, who: str) -> OnPhone:
        if who not in self._phones:
            self._phones[who] = OnPhone(self.page, NAMES[who])
        return self._phones[who]

    async def plays(self, night: str) -> None:
        await self.page.locator(f"[data-night={night}]").click()
        await expect(self.page.locator(".steps")).to_be_visible()

    async def moves(self, to: str) -> None:
        """A button of the clock; waits until the clock has arrived."""
        async with self.page.expect_response("**/practice/clock"):
            await self.page.locator(f"[data-move={to}]").click()
        await self.arrives()

    async def goes(self, label: str) -> None:
        """The step's own button, such as "Go to Mon 2 Mar 20:30"."""
        async with self.page.expect_response("**/practice/clock"):
            await self.page.get_by_role("button", name=label).click()
        await self.arrives()

    async def arrives(self) -> None:
        await self.page.evaluate(
            "async () => { while ((await (await fetch('/practice')).json()).moving_to !== null)"
            " await new Promise((done) => setTimeout(done, 30)); }"
        )

    @property
    def time(self) -> Locator:
        return self.page.locator("#now")

    @property
    def knows(self) -> Locator:
        return self.page.locator("#knows")

    async def turns(self, label: str, *, on: bool) -> None:
        """A switch of the weather."""
        if await self.page.locator("#weather").get_attribute("open") is None:
            await self.page.locator("#weather > summary").click()
        switch = self.page.get_by_role("switch", name=label)
        await expect(switch).to_have_attribute("aria-checked", str(not on).lower())
        await switch.click()
        await expect(switch).to_have_attribute("aria-checked", str(on).lower())
        await self.page.locator("#weather > summary").click()

    async def looks_back(self) -> Locator:
        await self.page.locator("#debrief-open").click()
        dialog = self.page.locator("#debrief")
        await expect(dialog).to_be_visible()
        return dialog
