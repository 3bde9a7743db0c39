"""Coming in to the pages: who is let in, how often they may guess, and when it ends."""

import asyncio
from datetime import timedelta

import msgspec
import pyotp
import pytest

from protocol.provider import Provider
from tests.web.pages_world import PIN, TOKEN, WITH_AUDITOR, PagesWorld
from web.second_factor import problem_with

OTHER_TOKEN = "654321:another-example-token-x"


async def test_a_link_from_the_chat_and_a_new_pin_open_the_cases():
    async with PagesWorld() as world:
        await world.sends("amy", "/pages")
        await world.taps("amy", "Link for a browser")
        address = world.text("amy").splitlines()[-1]
        browser = world.browser()
        await browser.post("/in", {"link": address.partition("#")[2]})
        assert "Choose a PIN" in browser.text
        await browser.post("/pin", await world.first_pin("amy"))
        assert "Open cases" in browser.text
        again = world.browser()
        await again.comes_in("amy")
        assert "Open cases" in again.text


async def test_a_link_is_used_once_within_five_minutes():
    async with PagesWorld() as world:
        secret = world.link("amy")
        first, second = world.browser(), world.browser()
        await first.post("/in", {"link": secret})
        await second.post("/in", {"link": secret})
        assert second.page.status_code == 403
        assert "used up or too old" in second.text
        secret = world.link("amy")
        world.seconds.time += 5 * 60
        await second.post("/in", {"link": secret})
        assert second.page.status_code == 403


async def test_a_new_link_ends_the_one_before():
    async with PagesWorld() as world:
        old, _ = world.link("amy"), world.link("amy")
        browser = world.browser()
        await browser.post("/in", {"link": old})
        assert browser.page.status_code == 403


async def test_telegram_lets_in_by_its_signature_once():
    async with PagesWorld() as world:
        proof = world.init_data("amy")
        browser, thief = world.browser(), world.browser()
        await browser.post("/in", {"app": proof})
        assert "Choose a PIN" in browser.text
        assert "SameSite=None; Partitioned" in browser.page.history[0].headers["set-cookie"]
        await thief.post("/in", {"app": proof})
        assert thief.page.status_code == 403


@pytest.mark.parametrize(
    "spoil",
    [
        lambda world: world.init_data("amy", token=OTHER_TOKEN),
        lambda world: world.init_data("amy", timedelta(minutes=6)),
        lambda world: world.init_data("amy", -timedelta(minutes=2)),
        lambda world: world.init_data("amy").replace("%3A+1", "%3A+4"),
        lambda world: world.init_data("amy").partition("&hash")[0],
        lambda world: world.init_data("amy") + "&user=%7B%22id%22%3A4%7D",
        lambda world: "user=%7B%22id%22%3A1%7D&hash=",
        lambda world: "é" * 9000,
        lambda world: "",
    ],
    ids=["token", "old", "future", "person", "unsigned", "twice", "empty", "long", "nothing"],
)
async def test_what_telegram_did_not_sign_just_now_opens_nothing(spoil):
    async with PagesWorld() as world:
        browser = world.browser()
        await browser.post("/in", {"app": spoil(world)})
        assert browser.page.status_code == 403
        assert "set-cookie" not in browser.page.headers


async def test_a_stranger_with_a_true_signature_stays_outside():
    async with PagesWorld() as world:
        proof = world.init_data("amy")
        await world.restarts(msgspec.structs.replace(WITH_AUDITOR, staff=WITH_AUDITOR.staff[1:]))
        browser = world.browser()
        await browser.post("/in", {"app": proof})
        assert browser.page.status_code == 403


async def test_without_the_pin_no_page_opens():
    async with PagesWorld() as world:
        await world.reports()
        browser = world.browser()
        await browser.post("/in", {"link": world.link("amy")})
        for path in ("/cases", "/rota", "/figures", "/people"):
            await browser.get(path)
            assert "Choose a PIN" in browser.text


async def test_five_wrong_pins_lock_until_a_manager_resets_it():
    async with PagesWorld() as world:
        await world.visitor("amy")
        browser = world.browser()
        await browser.post("/in", {"link": world.link("amy")})
        for _ in range(5):
            world.seconds.time += 30
            await browser.post("/pin", {"pin": "111222"})
        assert "Locked" in browser.text
        await browser.post("/pin", {"pin": PIN})
        assert browser.page.status_code == 403
        manager = await world.visitor("mia")
        await manager.get("/people")
        assert "locked" in manager.text
        await manager.post("/people/amy/reset")
        assert "Activation code for Amy" in manager.text
        office = await world.store.office()
        assert [x["what"] for x in office.lines if x.get("about") == "amy"] == [
            "pages: activation code made",
            "pages: activation code tried",
            "pages: second factor set up",
            *["pages: second factor tried", "pages: second factor wrong"] * 4,
            "pages: locked",
            "pages: second factor wrong",
            "pages: second factor reset",
        ]
        await browser.comes_in("amy", "907172")
        assert "Open cases" in browser.text


async def test_guesses_side_by_side_count_each():
    """Twelve browsers guess at once, the last with the right PIN: five are looked at."""
    async with PagesWorld() as world:
        await world.visitor("amy")
        browsers = [world.browser() for _ in range(5)]
        for browser in browsers:
            await browser.post("/in", {"link": world.link("amy")})
        hidden = [browser.hidden("/pin") for browser in browsers]
        looked_at = []
        verify = world.pages.site.factors._verify

        async def counted(hashed: str, pin: str) -> bool:
            looked_at.append(pin)
            await asyncio.sleep(0)
            return await verify(hashed, pin)

        world.pages.site.factors._verify = counted
        await asyncio.gather(
            *(
                browser.post("/pin", fields | {"pin": f"11122{n}"})
                for n in range(2)
                for browser, fields in zip(browsers, hidden, strict=True)
            )
        )
        assert len(looked_at) == 5
        assert world.pages.site.factors.of("amy").locked


async def test_the_right_pin_takes_the_wrong_tries_away():
    async with PagesWorld() as world:
        await world.visitor("amy")
        for _ in range(3):
            browser = world.browser()
            await browser.post("/in", {"link": world.link("amy")})
            await browser.post("/pin", {"pin": "111222"})
            await browser.post("/pin", {"pin": PIN})
            assert "Open cases" in browser.text


async def test_an_app_s_code_is_asked_for_and_used_once():
    async with PagesWorld() as world:
        browser = world.browser()
        await browser.post("/in", {"link": world.link("amy")})
        app = pyotp.TOTP(browser.hidden("/pin")["secret"])
        first = app.at(world.clock.now())
        await browser.post("/pin", await world.first_pin("amy") | {"code": first})
        assert "Open cases" in browser.text
        world.clock.go(seconds=30)
        code = app.at(world.clock.now())
        other = world.browser()
        await other.post("/in", {"link": world.link("amy")})
        await other.post("/pin", {"pin": PIN, "code": "000000"})
        assert other.page.status_code == 403
        await other.post("/pin", {"pin": PIN, "code": code})
        assert "Open cases" in other.text
        third = world.browser()
        await third.post("/in", {"link": world.link("amy")})
        await third.post("/pin", {"pin": PIN, "code": code})
        assert third.page.status_code == 403


@pytest.mark.parametrize(
    ("pin", "problem"),
    [
        ("12345", "digits"),
        ("1234567890123", "digits"),
        ("27493a", "digits"),
        ("٢٧٤٩٣٨", "digits"),
        ("", "digits"),
        ("123456", "easy"),
        ("987654", "easy"),
        ("000000", "easy"),
        ("121212", "easy"),
        ("274274", "easy"),
        ("274938", ""),
        ("274938274930", ""),
    ],
)
def test_a_pin_is_six_to_twelve_digits_that_nobody_guesses_first(pin, problem):
    assert problem_with(pin) == problem


async def test_a_session_ends_after_a_quarter_of_an_hour_without_use_and_after_eight_hours():
    async with PagesWorld() as world:
        browser = await world.visitor("amy")
        for _ in range(34):
            world.seconds.time += 14 * 60
            await browser.get("/cases")
            assert "Open cases" in browser.text
        world.seconds.time += 14 * 60
        await browser.get("/cases")
        assert "Open these pages from the chat" in browser.text
        browser = await world.visitor("amy")
        world.seconds.time += 15 * 60
        await browser.get("/cases")
        assert "Open these pages from the chat" in browser.text


async def test_whoever_leaves_the_list_is_outside_at_once():
    async with PagesWorld() as world:
        browser = await world.visitor("amy")
        without = tuple(one for one in WITH_AUDITOR.staff if one.id != "amy")
        provider: Provider = msgspec.structs.replace(WITH_AUDITOR, staff=without)
        state = world.engine.service_state
        state.adopt(provider, world.policy, world.context.pack)
        await browser.get("/cases")
        assert "Open these pages from the chat" in browser.text


async def test_a_reset_ends_the_person_s_sessions():
    async with PagesWorld() as world:
        browser, manager = await world.visitor("amy"), await world.visitor("mia")
        await manager.get("/people")
        await manager.post("/people/amy/reset")
        await browser.get("/cases")
        assert "Open these pages from the chat" in browser.text


async def test_nobody_resets_their_own_pin_or_that_of_another_s_people():
    async with PagesWorld() as world:
        await world.visitor("amy")
        max_ = await world.visitor("max")  # a manager of the other home
        await max_.get("/people")
        assert "Amy" not in max_.text
        token = max_.hidden("/out")
        for person in ("amy", "max", "eve", "nobody"):
            await max_.post(f"/people/{person}/reset", token)
            assert max_.page.status_code in (403, 404)
        assert world.pages.site.factors.of("amy").pin


async def test_signing_out_ends_the_session():
    async with PagesWorld() as world:
        browser = await world.visitor("amy")
        cookie = dict(browser.client.cookies)
        await browser.post("/out")
        browser.client.cookies.update(cookie)
        await browser.get("/cases")
        assert "Open these pages from the chat" in browser.text


async def test_the_cookie_of_before_the_pin_opens_nothing_afterwards():
    async with PagesWorld() as world:
        browser = world.browser()
        await browser.post("/in", {"link": world.link("amy")})
        before = dict(browser.client.cookies)
        await browser.post("/pin", await world.first_pin("amy"))
        thief = world.browser()
        thief.client.cookies.update(before)
        await thief.get("/cases")
        assert "Open these pages from the chat" in thief.text


async def test_no_pin_is_in_the_record_as_it_was_typed():
    async with PagesWorld() as world:
        await world.visitor("amy")
        kept = msgspec.json.encode(await world.store.office()).decode()
        assert PIN not in kept
        assert "argon2id" in kept


def test_the_token_signs_as_telegram_describes():
    """A fixed example, made with another implementation of the same description."""
    import hashlib
    import hmac

    from web.init_data import signature

    values = {"auth_date": "1700000000", "user": '{"id":1}', "query_id": "q"}
    text = b'auth_date=1700000000\nquery_id=q\nuser={"id":1}'
    key = hmac.digest(b"WebAppData", TOKEN.encode(), "sha256")
    assert signature(values, TOKEN) == hmac.new(key, text, hashlib.sha256).hexdigest()


async def test_the_button_of_a_card_opens_its_case_and_nothing_else_can_be_asked_for():
    async with PagesWorld() as world:
        ref = await world.reports()
        [page] = [b for row in world.screen("amy").rows for b in row if b.opens]
        assert page.opens == f"https://pages.example.org/in?to=/cases/{ref}"
        amy = world.browser()
        await amy.get(page.opens.removeprefix("https://pages.example.org"))
        await amy.post("/in", {"app": world.init_data("amy")})
        await amy.post("/pin", await world.first_pin("amy"))
        assert f"Case {ref}" in amy.text
        await amy.get(f"/in?to=/cases/{ref}")  # still signed in
        assert f"Case {ref}" in amy.text
        for to in (
            "https://evil.example",
            "//evil.example",
            "/out",
            "/cases/../people",
            "/forms?x",
        ):
            ben = world.browser()
            await ben.post("/in", {"app": world.init_data("ben"), "to": to})
            first = "Choose a PIN" in ben.page.text
            fields = await world.first_pin("ben") if first else {}
            await ben.post("/pin", fields | {"pin": PIN})
            assert "Open cases" in ben.text, to
            world.clock.go(seconds=1)
