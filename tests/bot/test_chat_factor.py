"""The second factor in the chat with the real one of the pages: for how long it holds, that one
count of tries and one lock hold for both, and what is in the audit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import msgspec
import pytest

from protocol import facts as f
from tests.web.pages_world import ADDRESS, PIN, SETTINGS, Browser, PagesWorld

BUTTONS = msgspec.structs.replace(SETTINGS, chat_second_factor="buttons")
ON_A_PAGE = msgspec.structs.replace(SETTINGS, chat_second_factor="page")
WRONG = "111222"


class Chat:
    """One person's chat in a service whose chat asks for the second factor."""

    def __init__(self, world: PagesWorld, who: str) -> None:
        self.world, self.who = world, who

    async def opens(self, ref: str) -> bool:
        """Whether the card comes at once; what is asked instead stays open."""
        await self.world.sends(self.who, f"/case {ref}")
        return "Do now" in self.text

    async def gives(self, pin: str = PIN) -> None:
        for key in (*pin, "OK"):
            number = max(self.world.chat(self.who))
            labels = [b for row in self.world.screen(self.who).rows for b in row]
            data = next(b.data for b in labels if b.label.endswith(key))
            await self.world.forges(self.who, data, number)

    @property
    def text(self) -> str:
        return self.world.text(self.who)

    async def on_the_page(self) -> Browser:
        """The page behind the button of the question."""
        opens = next(b.opens for row in self.world.screen(self.who).rows for b in row if b.opens)
        browser = self.world.browser()
        await browser.get(opens.removeprefix(ADDRESS))
        app = self.world.init_data(self.who)
        await browser.post("/in", {"app": app, "to": "/chat"})
        return browser


async def settled() -> None:
    """What a page has set going in the chat is done."""
    for _ in range(50):
        await asyncio.sleep(0)


@pytest.fixture
async def world() -> AsyncIterator[PagesWorld]:
    async with PagesWorld(settings=BUTTONS) as made:
        await made.visitor("ben")
        made.clock.go(hours=30)
        yield made


async def adopt_ben(world: PagesWorld, **changed: object) -> None:
    """The staff list with this of Ben."""
    people = [
        msgspec.structs.replace(one, **changed) if one.id == "ben" else one
        for one in world.provider.staff
    ]
    service = msgspec.structs.replace(world.provider, staff=tuple(people))
    await world.engine.adopt(service, world.policy, world.pack)


async def lines(world: PagesWorld, who: str = "ben") -> list[str]:
    """What is on record of the second factor."""
    return [
        r.line["what"]
        for r in await world.store.audit()
        if r.line.get("by") == who and "second factor" in r.line["what"]
    ]


async def test_it_holds_for_as_long_as_cases_are_opened_and_a_day_at_most(
    world: PagesWorld,
) -> None:
    ref = await world.reports("amy")
    ben = Chat(world, "ben")
    assert not await ben.opens(ref)
    await ben.gives()
    assert "Do now" in ben.text
    for _ in range(3):
        world.clock.go(hours=7, minutes=59)
        assert await ben.opens(ref)
    world.clock.go(minutes=3)
    assert not await ben.opens(ref), "24 hours"
    await ben.gives()
    world.clock.go(hours=8)
    assert not await ben.opens(ref), "8 hours without opening a case"


async def test_a_clock_that_goes_back_asks_again(world: PagesWorld) -> None:
    ref = await world.reports("amy")
    ben = Chat(world, "ben")
    await ben.opens(ref)
    await ben.gives()
    world.clock.go(hours=-1)
    assert not await ben.opens(ref)


async def test_the_hours_are_those_of_the_configuration() -> None:
    settings = msgspec.structs.replace(BUTTONS, chat_second_factor_hours=1)
    async with PagesWorld(settings=settings) as world:
        await world.visitor("ben")
        ref = await world.reports("amy")
        ben = Chat(world, "ben")
        assert await ben.opens(ref), "given on the page a moment ago"
        world.clock.go(minutes=59)
        assert await ben.opens(ref)
        world.clock.go(hours=1)
        assert not await ben.opens(ref)


async def test_given_and_wrong_are_on_record_as_of_the_chat(world: PagesWorld) -> None:
    ref = await world.reports("amy")
    before = len(await lines(world))
    ben = Chat(world, "ben")
    await ben.opens(ref)
    await ben.gives(WRONG)
    await ben.gives()
    assert (await lines(world))[before:] == [
        "chat: second factor tried",
        "chat: second factor wrong",
        "chat: second factor tried",
        "chat: second factor right",
    ]
    assert not any(PIN in str(one.line) or WRONG in str(one.line) for one in
                   await world.store.audit())  # fmt: skip


async def test_one_count_of_tries_and_one_lock_for_page_and_chat(world: PagesWorld) -> None:
    ref = await world.reports("amy")
    ben = Chat(world, "ben")
    browser = world.browser()
    await browser.post("/in", {"link": world.link("ben")})
    for _ in range(2):
        await browser.post("/pin", {"pin": WRONG})
    await ben.opens(ref)
    await ben.gives(WRONG)
    assert "2 tries are left" in ben.text
    await ben.gives(WRONG)
    await ben.gives(WRONG)
    assert "Locked" in ben.text
    audit = [one.line["what"] for one in await world.store.audit()]
    assert "chat: locked" in audit
    await browser.get("/pin")
    assert "Locked" in browser.text
    await world.forges("ben", f"r:{ref}:N-POLICE:have")
    assert await world.facts(ref, f.Acknowledged), "whoever is locked out still answers an alarm"


async def test_a_lock_on_the_page_ends_what_was_given_in_the_chat(world: PagesWorld) -> None:
    ref = await world.reports("amy")
    ben = Chat(world, "ben")
    await ben.opens(ref)
    await ben.gives()
    browser = world.browser()
    await browser.post("/in", {"link": world.link("ben")})
    for _ in range(5):
        await browser.post("/pin", {"pin": WRONG})
    assert not await ben.opens(ref)
    assert "Locked" in ben.text


async def test_a_reset_ends_it_and_the_first_pin_is_chosen_on_the_page(world: PagesWorld) -> None:
    ref = await world.reports("amy")
    ben = Chat(world, "ben")
    await ben.opens(ref)
    await ben.gives()
    await world.factors.reset(world.staff("mia"), world.staff("ben"))
    assert not await ben.opens(ref)
    assert "You need a PIN" in ben.text
    browser = await ben.on_the_page()
    assert "Choose a PIN" in browser.text
    await browser.post("/pin", await world.first_pin("ben"))
    assert "go back to the chat" in browser.text
    await settled()
    assert "Do now" in ben.text


async def test_another_telegram_account_of_the_same_person_gives_it_anew(
    world: PagesWorld,
) -> None:
    ref = await world.reports("amy")
    ben = Chat(world, "ben")
    await ben.opens(ref)
    await ben.gives()
    await adopt_ben(world, telegram_id=77)
    assert not await ben.opens(ref)


async def test_somebody_with_an_app_gives_both_on_the_page(world: PagesWorld) -> None:
    """Codes of an app are typed: what is typed stands in the chat."""
    ref = await world.reports("amy")

    def with_app(one):
        return msgspec.structs.replace(one, app="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")

    await world.factors.change("ben", with_app, "ben", "")
    ben = Chat(world, "ben")
    assert not await ben.opens(ref)
    assert "on the page of your organisation" in ben.text
    assert "1" not in world.labels("ben")
    assert world.factors.of("ben").tries == 0


@pytest.mark.parametrize("signed_in", [False, True])
async def test_on_a_page_the_pin_is_given_and_the_chat_goes_on_by_itself(
    signed_in: bool,
) -> None:
    """Also somebody who is signed in on the page gives it: the chat wants to know it now."""
    async with PagesWorld(settings=ON_A_PAGE) as world:
        browser = await world.visitor("ben")
        world.clock.go(hours=9)
        ref = await world.reports("amy")
        ben = Chat(world, "ben")
        assert not await ben.opens(ref)
        if signed_in:
            await browser.get("/in?to=/chat")
        else:
            browser = await ben.on_the_page()
        assert "Your PIN" in browser.text
        assert not await ben.opens(ref)
        await browser.post("/pin", {"pin": WRONG})
        assert not await ben.opens(ref)
        await browser.post("/pin", {"pin": PIN})
        assert "go back to the chat" in browser.text
        await settled()
        assert "Do now" in ben.text
        assert not any("Your PIN" in one.text for one in world.chat("ben").values())


@pytest.mark.parametrize("gone", ["too late", "stopped", "left", "expired", "moved"])
async def test_on_a_page_what_does_not_hold_any_more_is_not_done(gone: str) -> None:
    async with PagesWorld(settings=ON_A_PAGE) as world:
        await world.visitor("ben")
        world.clock.go(hours=9)
        ref = await world.reports("amy")
        await world.forges("ben", f"c:{ref}:timeline")
        match gone:
            case "too late":
                world.clock.go(minutes=30)
            case "stopped":
                await world.engine.kill_switch.command("stop")
            case "left":
                people = tuple(one for one in world.provider.staff if one.id != "ben")
                less = msgspec.structs.replace(world.provider, staff=people)
                await world.engine.adopt(less, world.policy, world.pack)
            case "expired":
                await adopt_ben(world, expires=world.clock.now().date() - timedelta(days=1))
            case "moved":
                await adopt_ben(world, telegram_id=77)
        said = len(world.phone.said)
        world.factors.given("ben")
        await settled()
        assert len(world.phone.said) == said


async def sign_off(world: PagesWorld, after: Callable[[], None] = lambda: None) -> str:
    """Mia opens the case with her PIN, and signs it off when `after` has moved the clock."""
    ref = await world.reports("amy")
    await world.comes_back("amy", ref)
    mia = Chat(world, "mia")
    await world.forges("mia", f"c:{ref}:signoff")
    await mia.gives()
    await world.sends("mia", "nothing more will be known")
    after()
    await world.taps("mia", "Skip")
    return ref


async def test_within_five_minutes_the_same_pin_signs_and_later_it_is_asked_again() -> None:
    async with PagesWorld(settings=BUTTONS) as world:
        await world.visitor("mia")
        world.clock.go(hours=30)
        first = await sign_off(world, lambda: world.clock.go(minutes=5))
        assert await world.facts(first, f.SignedOff)
    async with PagesWorld(settings=BUTTONS) as world:
        await world.visitor("mia")
        world.clock.go(hours=30)
        second = await sign_off(world, lambda: world.clock.go(minutes=5, seconds=1))
        assert not await world.facts(second, f.SignedOff)
        await Chat(world, "mia").gives()
        assert await world.facts(second, f.SignedOff)


async def test_after_the_clock_went_back_signing_asks_again() -> None:
    async with PagesWorld(settings=BUTTONS) as world:
        await world.visitor("mia")
        world.clock.go(hours=30)
        ref = await sign_off(world, lambda: world.clock.go(minutes=-1))
        assert not await world.facts(ref, f.SignedOff)


async def test_a_service_that_does_not_want_it_is_asked_for_nothing() -> None:
    async with PagesWorld() as world:
        ref = await world.reports("amy")
        assert await Chat(world, "ben").opens(ref)


async def test_a_form_on_a_page_is_not_asked_for_it_again() -> None:
    """The page itself has asked; the chat's hours are not those of a session on the page."""
    async with PagesWorld(settings=BUTTONS) as world:
        browser = await world.visitor("mia")
        ref = await world.reports("amy")
        await world.comes_back("amy", ref)
        world.clock.go(hours=9)
        await browser.get("/forms")
        await browser.post("/forms/tap", {"data": f"c:{ref}:timeline"})
        assert "report logged" in browser.text
