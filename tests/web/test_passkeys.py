"""A passkey in the place of the PIN: made with the PIN, checked by the library's own code against
keys that really sign, refused for whatever is not this person, this page, this moment."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from handlers.wording import messages, people
from tests.support.passkey_device import Device, asked_in
from tests.web.pages_world import ADDRESS, PIN, Browser, PagesWorld
from web.passkeys import ADDED_MESSAGE, MOST
from web.settings import WebSettings

NAME = "my phone"


async def adds(browser: Browser, device: Device, name: str = NAME) -> None:
    await browser.get("/passkeys")
    await browser.post("/passkeys/new", {"pin": PIN})
    await browser.post(
        "/passkeys", {"name": name, "credential": device.makes(asked_in(browser.page.text))}
    )
    assert "The passkey is added" in browser.text, browser.text


async def at_the_pin(world: PagesWorld, who: str = "amy") -> Browser:
    browser = world.browser()
    await browser.post("/in", {"link": world.link(who)})
    assert "Your PIN" in browser.text
    return browser


async def shows(browser: Browser, credential: str) -> int:
    await browser.post("/pin", {"credential": credential}, number=0)
    return browser.page.status_code


async def test_a_passkey_made_with_the_pin_lets_its_person_in_and_they_hear_of_it():
    async with PagesWorld() as world:
        amy, device = await world.visitor("amy"), Device(ADDRESS)
        await adds(amy, device)
        assert NAME in amy.text
        assert await world.told(ADDED_MESSAGE) == {"amy"}
        words = messages.Words(world.context.service, world.pack, world.clock.now())
        assert "Was it not you?" in people.told(ADDED_MESSAGE, {}, words).text
        world.clock.go(hours=1)
        again = await at_the_pin(world)
        assert await shows(again, device.signs(asked_in(again.page.text))) == 200
        assert "Open cases" in again.text
        await again.get("/passkeys")
        assert "last used" in again.text
        logged = [line["what"] for line in (await world.store.office()).lines]
        assert "pages: passkey added" in logged
        mia = await world.visitor("mia")
        await mia.get("/people")
        assert "PIN and passkey" in mia.text
        by_pin = await at_the_pin(world)
        await by_pin.post("/pin", {"pin": PIN})
        assert "Open cases" in by_pin.text, "the PIN goes on working"


LIES = {
    "another key": {"key": ec.generate_private_key(ec.SECP256R1())},
    "another page": {"origin": "https://evil.example"},
    "the same name over http": {"origin": ADDRESS.replace("https", "http")},
    "another port": {"origin": f"{ADDRESS}:8443"},
    "another service": {"rp": "example.org"},
    "a challenge of its own": {"challenge": b"0" * 43},
    "something else that was signed": {"type": "webauthn.create"},
}


@pytest.mark.parametrize("lie", LIES)
async def test_what_was_not_signed_here_now_by_that_key_opens_nothing(lie):
    async with PagesWorld() as world:
        device = Device(ADDRESS)
        await adds(await world.visitor("amy"), device)
        browser = await at_the_pin(world)
        told = device.signs(asked_in(browser.page.text), **LIES[lie])
        assert await shows(browser, told) == 403
        assert "That passkey was not accepted" in browser.text
        assert world.pages.site.factors.of("amy").tries == 1
        assert await shows(browser, device.signs(asked_in(browser.page.text))) == 200
        assert world.pages.site.factors.of("amy").tries == 0


@pytest.mark.parametrize(
    "sent", ["", "{}", "[]", "null", "{", '{"rawId": 1, "response": {}}', "\u0000" * 9, "9" * 400]
)
async def test_what_no_browser_sends_is_a_wrong_try_and_no_error(sent):
    async with PagesWorld() as world:
        amy = await world.visitor("amy")
        await adds(amy, Device(ADDRESS))
        await amy.post("/passkeys/new", {"pin": PIN})
        await amy.post("/passkeys", {"name": "x", "credential": sent})
        assert amy.page.status_code == 422
        assert await shows(await at_the_pin(world), sent) == 403


async def test_a_challenge_is_for_one_session_once_and_for_five_minutes():
    async with PagesWorld() as world:
        device = Device(ADDRESS)
        await adds(await world.visitor("amy"), device)
        first, second = await at_the_pin(world), await at_the_pin(world)
        seen = device.signs(asked_in(first.page.text))
        assert await shows(second, seen) == 403, "it was asked for in another session"
        assert await shows(first, seen) == 200
        late = await at_the_pin(world)
        proof = device.signs(asked_in(late.page.text))
        assert await shows(late, "{}") == 403
        assert await shows(late, proof) == 403, "it was used"
        amy = await world.visitor("amy")
        await amy.get("/passkeys")
        await amy.post("/passkeys/new", {"pin": PIN})
        made = Device(ADDRESS).makes(asked_in(amy.page.text))
        token = amy.hidden("/out")
        await amy.post("/passkeys", {"name": "x", "credential": "{}"})
        await amy.post("/passkeys", token | {"name": "used up", "credential": made})
        assert amy.page.status_code == 422
        await amy.post("/passkeys/new", {"pin": PIN})
        made = Device(ADDRESS).makes(asked_in(amy.page.text))
        world.seconds.time += 5 * 60
        await amy.post("/passkeys", {"name": "late", "credential": made})
        assert amy.page.status_code == 422 and "Begin again" in amy.text


async def test_a_key_that_did_not_ask_who_holds_it_is_no_second_factor():
    async with PagesWorld() as world:
        amy, device = await world.visitor("amy"), Device(ADDRESS)
        await adds(amy, device)
        device.verified = False
        browser = await at_the_pin(world)
        assert await shows(browser, device.signs(asked_in(browser.page.text))) == 403
        await amy.post("/passkeys/new", {"pin": PIN})
        careless = Device(ADDRESS, verified=False)
        made = careless.makes(asked_in(amy.page.text))
        await amy.post("/passkeys", {"name": "x", "credential": made})
        assert amy.page.status_code == 422


async def test_a_count_that_goes_back_is_a_copy_and_one_that_stays_at_nought_is_none():
    async with PagesWorld() as world:
        amy, counts, never = await world.visitor("amy"), Device(ADDRESS), Device(ADDRESS)
        never.counts = False
        await adds(amy, counts)
        await adds(amy, never, "my key")
        for device in (counts, never, never, counts):
            browser = await at_the_pin(world)
            assert await shows(browser, device.signs(asked_in(browser.page.text))) == 200
        counts.count -= 1
        browser = await at_the_pin(world)
        assert await shows(browser, counts.signs(asked_in(browser.page.text))) == 403


async def test_five_wrong_ones_lock_whatever_they_were_and_a_reset_takes_the_passkeys():
    async with PagesWorld() as world:
        device = Device(ADDRESS)
        await adds(await world.visitor("amy"), device)
        browser = await at_the_pin(world)
        for _ in range(3):
            lie = device.signs(asked_in(browser.page.text), origin="https://evil.example")
            assert await shows(browser, lie) == 403
        proof = device.signs(asked_in(browser.page.text))
        for _ in range(2):
            await browser.post("/pin", {"pin": "999998"})
        assert "Locked" in browser.text
        assert await shows(browser, proof) == 403, "a right one comes too late"
        mia = await world.visitor("mia")
        await mia.get("/people")
        await mia.post("/people/amy/reset")
        assert world.pages.site.factors.of("amy").passkeys == ()
        amy = await world.visitor("amy")
        assert "Open cases" in amy.text
        await amy.get("/passkeys")
        assert NAME not in amy.text


async def test_a_new_one_needs_the_pin_and_wrong_ones_lock_there_too():
    async with PagesWorld() as world:
        thief = await world.visitor("amy")  # a session that was left open
        await thief.get("/passkeys")
        made = Device(ADDRESS).makes({"rp": {"id": "pages.example.org"}, "challenge": "QUFBQQ"})
        sent = thief.hidden("/out") | {"name": "x", "credential": made}
        await thief.post("/passkeys", sent)
        assert thief.page.status_code == 422, "nobody asked for it"
        for _ in range(5):
            await thief.get("/passkeys")
            await thief.post("/passkeys/new", {"pin": "999998"})
            assert "data-passkey" not in thief.page.text
        assert "Locked" in thief.text
        await thief.get("/cases")
        assert "Open these pages from the chat" in thief.text
        assert world.pages.site.factors.of("amy").passkeys == ()


async def test_each_is_removed_by_its_owner_and_ends_the_other_sessions():
    async with PagesWorld() as world:
        amy, device = await world.visitor("amy"), Device(ADDRESS)
        await adds(amy, device)
        await adds(amy, Device(ADDRESS), "the office computer")
        other = await at_the_pin(world)
        assert await shows(other, device.signs(asked_in(other.page.text))) == 200
        [phone, _] = world.pages.site.factors.of("amy").passkeys
        ben = await world.visitor("ben")
        await ben.get("/cases")
        path = f"/passkeys/{phone.number}/remove"
        await ben.post(path, ben.hidden("/out"))
        assert ben.page.status_code == 404
        await amy.get("/passkeys")
        await amy.post(path)
        assert NAME not in amy.text and "the office computer" in amy.text
        assert (await amy.get("/cases")).status_code == 200 and "Open cases" in amy.text
        await other.get("/cases")
        assert "Open these pages from the chat" in other.text
        browser = await at_the_pin(world)
        assert await shows(browser, device.signs(asked_in(browser.page.text))) == 403
        assert "pages: passkey removed" in [x["what"] for x in (await world.store.office()).lines]


async def test_ten_are_enough_and_each_device_has_one():
    async with PagesWorld() as world:
        amy, device = await world.visitor("amy"), Device(ADDRESS)
        await adds(amy, device)
        await amy.post("/passkeys/new", {"pin": PIN})
        asked = asked_in(amy.page.text)
        assert len(asked["excludeCredentials"]) == 1, "the device itself refuses a second one"
        await amy.post("/passkeys", {"name": "twice", "credential": device.makes(asked)})
        assert amy.page.status_code == 422
        for number in range(MOST - 1):
            world.seconds.time += 60
            await adds(amy, Device(ADDRESS), f"number {number}")
        await amy.post("/passkeys/new", {"pin": PIN})
        made = Device(ADDRESS).makes(asked_in(amy.page.text))
        await amy.post("/passkeys", {"name": "one more", "credential": made})
        assert "You have ten passkeys" in amy.text


async def test_a_name_that_cannot_be_shown_is_asked_for_again_with_a_new_challenge():
    async with PagesWorld() as world:
        amy, device = await world.visitor("amy"), Device(ADDRESS)
        await amy.get("/passkeys")
        await amy.post("/passkeys/new", {"pin": PIN})
        for name in ("", "x" * 41, "a\tb"):
            made = device.makes(asked_in(amy.page.text))
            await amy.post("/passkeys", {"name": name, "credential": made})
            assert "Please give the device a name" in amy.text
        made = device.makes(asked_in(amy.page.text))
        await amy.post("/passkeys", {"name": NAME, "credential": made})
        assert "The passkey is added" in amy.text


async def test_where_the_address_has_no_name_there_are_no_passkeys():
    """Practice at http://127.0.0.1: browsers make none there."""
    async with PagesWorld(settings=WebSettings(address="https://192.0.2.7")) as world:
        assert not world.pages.site.passkeys.possible


async def test_no_passkey_s_page_says_what_is_not_its_owner_s():
    async with PagesWorld() as world:
        device = Device(ADDRESS)
        await adds(await world.visitor("amy"), device)
        amy, ben = await at_the_pin(world), await world.visitor("ben")
        assert NAME not in amy.text and "Amy" not in amy.text, "before the second factor"
        out = await at_the_pin(world, "ben")
        assert "data-passkey" not in out.page.text
        await ben.get("/passkeys")
        assert NAME not in ben.text
