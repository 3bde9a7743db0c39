"""A practice session with the real bot, and Chromium to look at its page."""

import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from sandbox.browser import ARGUMENTS, HOW_TO_GET_ONE, chromium
from sandbox.launch import Sandbox
from tests.browser.room import Room

HERE = Path(__file__).parent
MAIN = HERE.parents[1] / "main.py"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One event loop for all of them, so that they can share one browser."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if pytest_asyncio.is_async_test(item):
                item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    path = chromium()
    if not path:
        if os.environ.get("CI"):
            pytest.fail(HOW_TO_GET_ONE)
        pytest.skip(HOW_TO_GET_ONE)
    return path


@pytest.fixture(scope="session")
def sandbox(chromium_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One session for all tests of this process; each begins it anew."""
    folder = tmp_path_factory.mktemp("practice") / "data"
    with Sandbox(folder, 0, [sys.executable, str(MAIN)]) as sandbox:
        yield sandbox


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium_path: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium_path, args=list(ARGUMENTS)
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def room(sandbox: Sandbox, browser: Browser) -> AsyncIterator[Room]:
    """Fresh practice, and its page in a window of 1280 by 860."""
    async with httpx.AsyncClient(base_url=sandbox.url, trust_env=False, timeout=40) as client:
        (await client.post("/practice/begin", json={})).raise_for_status()
    room = await Room.open(browser, sandbox.url)
    yield room
    assert room.faults == []
    assert room.strangers() == [], "the page asked for something from elsewhere"
    await room.page.close()
