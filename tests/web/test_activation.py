"""The first PIN is chosen by whoever has the Telegram account *and* the code that whoever manages
them told them by voice."""

from __future__ import annotations

import re

import pytest

from tests.web.pages_world import PIN, Browser, PagesWorld

FIRST = {"pin": PIN, "again": PIN}


async def code_of(manager: Browser, person: str) -> str:
    """As the manager's page shows it."""
    await manager.get("/people")
    await manager.post(f"/people/{person}/reset")
    found = re.search(r"Activation code for [\w ]+: (\d{4} \d{4})\.", manager.text)
    assert found, manager.text
    return found[1]


async def at_the_door(world: PagesWorld, who: str) -> Browser:
    browser = world.browser()
    await browser.post("/in", {"link": world.link(who)})
    assert "Choose a PIN" in browser.text and "Activation code" in browser.text
    return browser


async def test_whoever_holds_the_telegram_account_alone_chooses_no_pin():
    async with PagesWorld() as world:
        thief = await at_the_door(world, "amy")
        for code in ("", "12345678", "0" * 80):
            await thief.post("/pin", FIRST | {"activation": code})
            assert thief.page.status_code == 403
            assert "That activation code is not right" in thief.text
        assert not world.pages.site.factors.of("amy").pin


async def test_the_code_a_manager_makes_lets_its_person_choose_one_once():
    async with PagesWorld() as world:
        mia = await world.visitor("mia")
        amy = await at_the_door(world, "amy")
        code = await code_of(mia, "amy")  # while she waits on the telephone, at the same page
        await mia.get("/people")
        assert code not in mia.text, "it is shown once"
        ben = await at_the_door(world, "ben")
        await ben.post("/pin", FIRST | {"activation": code})
        assert ben.page.status_code == 403, "it is hers alone"
        await amy.post("/pin", FIRST | {"activation": code})
        assert "Open cases" in amy.text
        assert not world.pages.site.factors.of("amy").activation
        assert code.replace(" ", "") not in str(await world.store.office())
        said = "".join(text for _, text in world.phone.said)
        assert code not in said, "it is in no chat"


@pytest.mark.parametrize("spoil", ["late", "newer"])
async def test_an_old_code_is_worth_nothing(spoil):
    async with PagesWorld() as world:
        mia = await world.visitor("mia")
        code = await code_of(mia, "amy")
        if spoil == "late":
            world.clock.go(days=7)
        else:
            assert await code_of(mia, "amy") != code
        amy = await at_the_door(world, "amy")
        await amy.post("/pin", FIRST | {"activation": code})
        assert amy.page.status_code == 403


async def test_after_five_wrong_ones_the_right_one_is_too_late_until_there_is_a_new_one():
    async with PagesWorld() as world:
        mia = await world.visitor("mia")
        code = await code_of(mia, "amy")
        thief = await at_the_door(world, "amy")
        for _ in range(5):
            await thief.post("/pin", FIRST | {"activation": "11112222"})
        assert "Locked" in thief.text
        await thief.post("/pin", FIRST | {"activation": code})
        assert thief.page.status_code == 403
        await mia.get("/people")
        assert "locked" in mia.text
        code = await code_of(mia, "amy")
        amy = await at_the_door(world, "amy")
        await amy.post("/pin", FIRST | {"activation": code.replace(" ", "")})
        assert "Open cases" in amy.text


async def test_a_reset_needs_a_code_too_and_nobody_makes_their_own_or_another_s():
    async with PagesWorld() as world:
        amy, mia = await world.visitor("amy"), await world.visitor("mia")
        code = await code_of(mia, "amy")
        await amy.get("/cases")
        assert "Open these pages from the chat" in amy.text, "her session ended"
        again = await at_the_door(world, "amy")
        await again.post("/pin", FIRST)
        assert again.page.status_code == 403
        await again.post("/pin", FIRST | {"activation": code})
        assert "Open cases" in again.text
        max_ = await world.visitor("max")
        for browser, person in ((mia, "mia"), (max_, "amy"), (again, "ben")):
            await browser.get("/people")
            await browser.post(f"/people/{person}/reset", browser.hidden("/out"))
            assert browser.page.status_code == 403
