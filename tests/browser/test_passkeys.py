"""A passkey in real Chromium, with its own virtual authenticator: made once, used to come in,
removed; and what is shown where there is none."""

from playwright.async_api import Browser, Page, expect

from tests.browser.pages_served import Served, served
from tests.browser.test_pages import DESK, PHONE, comes_in, presses, sound, window
from tests.web.pages_world import PIN


async def authenticator(page: Page, *, verifies: bool = True) -> None:
    """A device that keeps passkeys and asks for a finger; not verifies: the finger is another's."""
    session = await page.context.new_cdp_session(page)
    await session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": verifies,
        "automaticPresenceSimulation": True,
    }
    await session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


async def makes_one(page: Page) -> None:
    await presses(page.get_by_role("link", name="Passkeys"))
    await page.get_by_label("Your PIN, once more").fill(PIN)
    await presses(page.get_by_role("button", name="Go on"))


async def opens_link(page: Page, site: Served) -> None:
    await page.goto(site.link("amy"))
    await presses(page.get_by_role("button", name="Open"))


async def test_a_passkey_is_made_lets_in_and_is_removed(browser: Browser) -> None:
    async with served() as site, window(browser, site, PHONE) as page:
        await authenticator(page)
        await comes_in(page, site, "amy")
        await makes_one(page)
        await sound(page)
        await page.get_by_label("What you call this device").fill("My phone")
        await presses(page.get_by_role("button", name="Make the passkey"))
        await expect(page.get_by_role("status")).to_contain_text("The passkey is added")
        await sound(page)
        await presses(page.get_by_role("button", name="Sign out"))
        await opens_link(page, site)
        await sound(page)
        await presses(page.get_by_role("button", name="Come in with a passkey"))
        await expect(page.get_by_role("heading", name="Open cases")).to_be_visible()
        await makes_one(page)
        await page.get_by_label("What you call this device").fill("The same phone")
        await page.get_by_role("button", name="Make the passkey").click()
        await expect(page.get_by_role("alert")).to_contain_text("has a passkey for these pages")
        await presses(page.get_by_role("button", name="Remove My phone"))
        await expect(page.get_by_role("status")).to_contain_text("The passkey is removed")
        await presses(page.get_by_role("button", name="Sign out"))
        await opens_link(page, site)
        await expect(page.get_by_label("PIN")).to_be_visible()
        await expect(page.get_by_role("button", name="Come in with a passkey")).to_have_count(0)


async def test_where_the_device_says_no_the_pin_lets_in(browser: Browser) -> None:
    async with served() as site, window(browser, site, PHONE) as page:
        await authenticator(page)
        await comes_in(page, site, "amy")
        await makes_one(page)
        await page.get_by_label("What you call this device").fill("My phone")
        await presses(page.get_by_role("button", name="Make the passkey"))
        async with window(browser, site, PHONE) as other:
            await authenticator(other, verifies=False)
            await opens_link(other, site)
            await other.get_by_role("button", name="Come in with a passkey").click()
            await expect(other.get_by_role("alert")).to_contain_text("The passkey was not used")
            await sound(other)
            await other.get_by_label("PIN", exact=True).fill(PIN)
            await presses(other.get_by_role("button", name="Come in", exact=True))
            await expect(other.get_by_role("heading", name="Open cases")).to_be_visible()


async def test_a_browser_without_passkeys_offers_none_and_says_where(browser: Browser) -> None:
    async with served() as site, window(browser, site, DESK) as page:
        await page.add_init_script("delete window.PublicKeyCredential")
        await comes_in(page, site, "amy")
        await makes_one(page)
        await expect(page.get_by_text("This browser makes no passkeys here")).to_be_visible()
        await expect(page.get_by_role("button", name="Make the passkey")).to_be_hidden()
