"""A chosen PIN is told to those who would notice, and nobody is locked out for ever."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.arrivals import unlock_taker
from bot.cli import pages
from bot.config_file import load
from bot.resources import open_alone
from handlers.wording import messages, people
from storage.envelope import Damaged
from storage.incoming import Unlock, sealed_unlock
from storage.keys import Keys
from tests.bot.test_cli import PLAIN
from tests.bot.test_config import written
from tests.web.pages_world import PIN, PagesWorld
from web.second_factor import PAGES, RESET, SET_UP, TRIES, SecondFactor, with_factor


async def test_whoever_manages_somebody_hears_that_their_pin_was_chosen():
    async with PagesWorld() as world:
        await world.visitor("amy")
        told = [m for m in (await world.store.office()).messages if m.kind == SET_UP]
        assert {m.to for m in told} == {"amy", "mia"}
        words = messages.Words(world.context.service, world.pack, world.clock.now())
        text = people.told(SET_UP, told[0].data, words).text
        assert "Amy Example" in text and "Was it not them?" in text
        await world.visitor("amy")  # the next visit is no news
        after = [m for m in (await world.store.office()).messages if m.kind == SET_UP]
        assert len(after) == len(told)


async def test_of_a_manager_and_an_administrator_somebody_hears_too():
    async with PagesWorld() as world:
        await world.visitor("mia")
        told = {m.to for m in (await world.store.office()).messages if m.kind == SET_UP}
        assert told == {"mia", "ada"}


def test_the_machine_s_own_command_lets_a_sole_manager_back_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, PLAIN)
    config, _ = load(path)
    person = config.service.staff[0].id
    locked = with_factor({}, person, SecondFactor(mark="a", pin="hash", tries=TRIES))

    async def locks() -> None:
        store = await open_alone(config, tmp_path)
        try:
            await store.update_office(state=locked)
        finally:
            await store.close()

    assert pages.unlock("nobody", path) == 2
    asyncio.run(locks())
    assert pages.unlock(person, path) == 0
    printed = capsys.readouterr().out
    assert "is reset" in printed
    code = printed.partition("seven days: ")[2].strip()
    assert len(code.replace(" ", "")) == 8
    store = asyncio.run(_read(config, tmp_path))
    assert store.state[PAGES][person].get("tries", 0) == 0
    assert not store.state[PAGES][person].get("pin")
    assert store.lines[-1]["by"] == "machine"
    assert code not in str(store) and code.replace(" ", "") not in str(store)


async def test_a_running_bot_resets_a_pin_by_a_command_and_an_old_command_does_nothing():
    """Mia manages the home alone and has locked herself out; whoever is at the machine reads the
    code out to her. A copy of the command that somebody puts there later is worth nothing."""
    async with PagesWorld() as world:
        old = await world.visitor("mia")
        factors, state = world.pages.site.factors, world.engine.service_state
        hashed = factors._hasher.hash("27493827")
        left = sealed_unlock(None, Unlock(staff="mia", activation=hashed, at=world.clock.now()))
        browser = world.browser()
        await browser.post("/in", {"link": world.link("mia")})
        for _ in range(TRIES):
            world.seconds.time += 30
            await browser.post("/pin", {"pin": "111222"})
        assert factors.of("mia").locked
        take = unlock_taker(state, lambda: None, world.clock.now)
        await take(left)
        once = await world.store.audit()
        await take(left)  # the bot was cut off before the file was away
        assert await world.store.audit() == once
        assert not factors.of("mia").locked
        assert (once[-1].line["what"], once[-1].line["by"]) == (RESET, "machine")
        await old.get("/people")
        assert "Choose a PIN" not in old.text and "Invite" not in old.text, "the session is over"
        await browser.post("/in", {"link": world.link("mia")})
        await browser.post("/pin", {"pin": PIN, "again": PIN, "activation": "2749 3827"})
        assert "Open cases" in browser.text
        world.clock.go(minutes=11)
        await take(left)
        assert factors.of("mia").pin, "she keeps what she has chosen"
        with pytest.raises(Damaged):
            await unlock_taker(state, lambda: Keys([bytes(32)], source="this test"))(left)


async def _read(config, folder):  # type: ignore[no-untyped-def]
    store = await open_alone(config, folder)
    try:
        return await store.office()
    finally:
        await store.close()
