"""``python -m sandbox.pictures``: the pictures of the documentation, taken from a running sandbox.

Beside them the moments of docs/MOMENTS.md as they are now; the pictures of the first edition beside
them were taken once.

Needs Chromium and Playwright (requirements-dev.txt); nothing else on the machine is touched.
"""

from __future__ import annotations

import asyncio
import io
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import httpx
from PIL import Image
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from sandbox.browser import ARGUMENTS, HOW_TO_GET_ONE, chromium
from sandbox.launch import CannotOpen, Sandbox
from sandbox.moments import photograph

HERE = Path(__file__).resolve().parent
PICTURES = HERE.parent / "docs" / "pictures"
COLOURS, FEW = 200, 64
REPORT = (
    "Report missing", "YP-03", "No, or not confirmed", "Not yet", "2 h ago", "30 min ago",
    "Did not come back", "None of these", "Save the report",
)  # fmt: skip


class Camera:
    """Plays a little on the page and takes pictures of it."""

    def __init__(self, browser: Browser, url: str, folder: Path) -> None:
        self._browser = browser
        self._url = url
        self._folder = folder

    async def window(
        self, width: int, height: int, *, dark: bool = False, scale: float = 1
    ) -> Page:
        """A window on the page, ready."""
        page = await self._browser.new_page(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            device_scale_factor=scale,
            reduced_motion="reduce",
        )
        await page.goto(self._url)
        await page.wait_for_selector("body[data-ready=yes]")
        return page

    async def begin(self, night: str = "") -> None:
        """Everything anew, with the clock held so that pictures repeat."""
        async with httpx.AsyncClient(base_url=self._url, timeout=60, trust_env=False) as client:
            (await client.post("/practice/begin", json={"night": night})).raise_for_status()
            (await client.post("/clock", json={"mode": "frozen"})).raise_for_status()

    async def take(self, what: Page | Locator, name: str) -> None:
        """One picture, in few colours so that it stays small."""
        save(await what.screenshot(), self._folder / f"{name}.png", COLOURS)


def save(taken: bytes, file: Path, colours: int) -> None:
    """A picture in so few colours that it stays small."""
    with Image.open(io.BytesIO(taken)) as image:
        small = image.convert("RGB").quantize(colours, dither=Image.Dither.NONE)
        small.save(file, optimize=True)


def phone(page: Page, name: str = "Morgan Example") -> Locator:
    """A phone of the page."""
    return page.get_by_role("article", name=f"Phone of {name}")


async def tap(on: Locator, label: str) -> None:
    """The newest button that says this, until the bot has answered."""
    said = re.compile(re.escape(label))
    inline = on.locator(".message .buttons button", has_text=said).last
    other = on.locator(".keys button, .empty button", has_text=said).first
    await expect(inline.or_(other).last).to_be_visible()
    if not await inline.count():
        await other.click()
        return
    shown = await inline.element_handle()
    await inline.click()
    if shown is not None:
        await shown.wait_for_element_state("hidden")


async def move(page: Page, to: str) -> None:
    """A button of the clock."""
    async with page.expect_response("**/practice/clock"):
        await page.locator(f"[data-move={to}]").click()
    await page.evaluate(
        "async () => { while ((await (await fetch('/practice')).json()).moving_to !== null)"
        " await new Promise((done) => setTimeout(done, 30)); }"
    )


async def take_all(browser: Browser, url: str, folder: Path) -> None:
    """All pictures of the documentation."""
    camera = Camera(browser, url, folder)
    await camera.begin("placed-from-camden")
    page = await camera.window(1280, 860)
    morgan = phone(page)
    await tap(morgan, "Start")
    for label in REPORT[:5]:
        await tap(morgan, label)
    await expect(morgan).to_contain_text("When were they due back?")
    await camera.take(morgan, "question")
    for label in REPORT[5:]:
        await tap(morgan, label)
    await expect(page.locator("#knows .level")).to_contain_text("Level 1")
    tall = await camera.window(410, 1240)
    await expect(phone(tall)).to_contain_text("Why level")
    await camera.take(phone(tall), "conversation")
    await tall.close()
    await tap(morgan, "Police told")
    await tap(morgan, "Just now")
    await tap(morgan, "No reference")
    await tap(morgan, "Skip")
    await move(page, "hour")
    await camera.take(page, "page")
    dark = await camera.window(1280, 860, dark=True)
    await camera.take(dark, "page-dark")
    await dark.close()
    narrow = await camera.window(390, 800)
    await camera.take(narrow, "page-narrow")
    await narrow.close()
    await move(page, "hour")
    await tap(morgan, "Authority told")
    for label in ("Emergency duty team manager", "Phone", "Just now", "Skip"):
        await tap(morgan, label)
    await move(page, "hour")
    await move(page, "hour")
    await tap(morgan, "Case")
    await tap(morgan, "They're back")
    await tap(morgan, "Just now")
    await tap(morgan, "None of these")
    await expect(page.locator("#knows")).to_contain_text("Back")
    await page.locator("#debrief-open").click()
    await expect(page.locator("#debrief svg")).to_be_visible()
    await camera.take(page.locator("#debrief"), "debrief")


async def _photograph(url: str, folder: Path, browser_path: str) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=browser_path, args=list(ARGUMENTS)
        )
        await take_all(browser, url, folder)
        moments = folder / "moments"
        moments.mkdir(exist_ok=True)
        await photograph(
            browser, url, lambda taken, name: save(taken, moments / f"after-{name}.png", FEW)
        )
        await browser.close()


def main(command: Sequence[str], folder: Path = PICTURES) -> int:
    """Take them; exit status 0, or 2 with a line that says what is missing."""
    browser_path = chromium()
    if not browser_path:
        print(HOW_TO_GET_ONE, file=sys.stderr)
        return 2
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        try:
            with Sandbox(Path(scratch) / "data", 0, command) as sandbox:
                asyncio.run(_photograph(sandbox.url, folder, browser_path))
        except CannotOpen as error:
            print(error, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main([sys.executable, str(HERE.parent / "main.py")]))
