"""Every route of the pages, asked by everybody who may not: found in the application itself, so
that a new one cannot be forgotten. What is not theirs is as what does not exist; nothing changes.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

from protocol import facts as f
from protocol.attachment_facts import attachments_in
from tests.web.crawler import routes_of
from tests.web.pages_world import ADDRESS, WITH_AUDITOR, Browser, PagesWorld
from tests.web.test_every_field import FILES, STATIC
from tests.web.test_rota_pages import NO_SUNDAYS

FOR_EVERYBODY = {"/", "/in", "/pin", "/out", "/outside", "/outside/answer", *STATIC}
NO_CASE = "RH-0000"
VALUES: dict[str, tuple[str, str]] = {
    "draft": ("abcdef", "abcde0"),
    "kind": ("case", "case"),
    "name": ("f1", "f0"),
    "number": ("0000aaaa", "0000aaab"),
}
"""What stands for a part of a path: something that may be there, and something that is not."""


def text_of(browser: Browser) -> str:
    """Without what is new on every page, and without the name of the case."""
    text = re.sub(r'name="(?:csrf|once)" value="[^"]*"', "", browser.page.text)
    return re.sub(r"RH-\w{4,6}|f\d+\b", "*", text)


async def asks(browser: Browser, method: str, path: str, token: str) -> tuple[int, str]:
    if method == "GET":
        await browser.get(path)
    else:
        fields = {"csrf": token, "kind": "authority", "at": "2026-11-21T21:30", "text": "x"}
        more: dict[str, Any] = {}
        if path.endswith(("/file", "/attachments")):
            more["files"] = {"file": FILES["/cases/{ref}/attachments"]}
        browser.page = await browser.client.post(
            path, data=fields, headers={"origin": ADDRESS}, follow_redirects=True, **more
        )
    return browser.page.status_code, text_of(browser)


def every(world: PagesWorld) -> list[tuple[str, str]]:
    """Method and pattern of all routes for those who are signed in."""
    return [
        (method, str(route.path))
        for route in routes_of(world)
        for method in sorted(route.methods - {"HEAD"})
        if route.path not in FOR_EVERYBODY
    ]


def filled(pattern: str, ref: str, real: bool) -> str:
    """A path of this pattern, of a case that exists or of one that does not."""

    def value(found: re.Match[str]) -> str:
        name = found[1].partition(":")[0]
        return ref if name == "ref" else VALUES[name][not real]

    return re.sub(r"\{([\w:]+)\}", value, pattern)


async def state_of(world: PagesWorld, ref: str) -> Any:
    """Everything that a request could have changed; a second factor is each person's own."""
    office = await world.store.office()
    state = {key: value for key, value in office.state.items() if key != "pages"}
    return (await world.store.episode(ref)).facts, state, await world.store.people()


@pytest.mark.parametrize("who", ["cay", "max", "ada"])
async def test_another_home_s_case_is_nowhere_by_no_path(who):
    """A duty manager and a manager of the other home, and an administrator."""
    async with PagesWorld(policy=NO_SUNDAYS) as world:
        ref = await world.reports()
        amy = await world.visitor("amy")
        await amy.get(f"/cases/{ref}")
        await amy.post(f"/cases/{ref}/links", {"kind": "authority"})
        number = world.pages._links.live(ref)[0].number
        await amy.get(f"/cases/{ref}")
        await amy.post(f"/cases/{ref}/links", {"kind": "interviewer"})
        await world.forges("amy", f"c:{ref}:note")
        draft = (await world.store.draft("amy.case")).id
        await asks(amy, "POST", f"/cases/{ref}/attachments", amy.hidden("/out")["csrf"])
        [attached] = attachments_in((await world.store.episode(ref)).facts)
        real = {"draft": draft, "number": number, "name": attached}
        other = await world.visitor(who)
        await other.get("/people" if who == "ada" else "/cases")
        token = other.hidden("/out")["csrf"]
        before = await state_of(world, ref)
        paths = [(m, p) for m, p in every(world) if "{ref}" in p or "{draft}" in p]
        assert len(paths) > 9
        for method, pattern in paths:
            if pattern.startswith("/register"):
                theirs, nobody = "YP-01", "YP-99"
            else:
                theirs, nobody = ref, NO_CASE
            there = filled(pattern, theirs, real=True)
            for name, value in real.items():
                there = there.replace(VALUES[name][0], value) if f"{{{name}}}" in pattern else there
            found = await asks(other, method, there, token)
            missing = await asks(other, method, filled(pattern, nobody, real=False), token)
            if who == "ada" and pattern.startswith("/register"):
                continue  # an administrator keeps the list; what is read there has tests of its own
            assert found == missing, f"{method} {pattern}"
            assert found[0] in (200, 403, 404, 422), f"{method} {pattern}"
            assert ref not in other.page.text
        assert await state_of(world, ref) == before


async def refused(world: PagesWorld, browser: Browser, token: str) -> None:
    """By every route: the entrance for whoever looks, 403 for whoever sends."""
    ref = (await world.case()).ref
    before = await state_of(world, ref)
    for method, pattern in every(world):
        path = re.sub(r"\{[\w:]+\}", "amy", pattern.replace("{ref}", ref))
        status, text = await asks(browser, method, path, token)
        if method == "GET":
            assert "Open these pages from the chat" in text, f"GET {pattern}"
        else:
            assert status == 403, f"POST {pattern}"
        assert ref not in browser.page.text
        world.seconds.time += 1
    assert await state_of(world, ref) == before


async def test_whoever_is_not_signed_in_gets_no_page_and_changes_nothing():
    async with PagesWorld(policy=NO_SUNDAYS) as world:
        await world.reports()
        await refused(world, world.browser(), "x")


async def test_whoever_gave_no_second_factor_gets_no_page_and_changes_nothing():
    async with PagesWorld(policy=NO_SUNDAYS) as world:
        ref = await world.reports()
        browser = world.browser()
        await browser.post("/in", {"link": world.link("amy")})
        token = browser.hidden("/pin")["csrf"]
        for method, pattern in every(world):
            path = re.sub(r"\{[\w:]+\}", "amy", pattern.replace("{ref}", ref))
            status, text = await asks(browser, method, path, token)
            assert (method, status) == ("POST", 403) or "PIN" in text, f"{method} {pattern}"
            assert ref not in browser.page.text


@pytest.mark.parametrize("who", ["amy", "mia", "ada", "eve"])
async def test_whoever_left_the_list_is_outside_by_every_route_at_once(who):
    async with PagesWorld(policy=NO_SUNDAYS) as world:
        await world.reports()
        browser = await world.visitor(who)
        token = browser.hidden("/out")["csrf"]
        without = tuple(one for one in WITH_AUDITOR.staff if one.id != who)
        provider = msgspec.structs.replace(WITH_AUDITOR, staff=without)
        world.engine.service_state.adopt(provider, world.policy, world.context.pack)
        await refused(world, browser, token)


async def test_an_auditor_reads_and_changes_nothing_by_any_route():
    async with PagesWorld(policy=NO_SUNDAYS) as world:
        ref = await world.reports()
        eve = await world.visitor("eve")
        await eve.get(f"/cases/{ref}")
        token = eve.hidden("/out")["csrf"]

        async def said() -> Any:
            facts, *rest = await state_of(world, ref)
            return [x for x in facts if not isinstance(x, f.CaseRead)], rest

        before = await said()
        for method, pattern in every(world):
            if method == "POST":
                path = re.sub(r"\{[\w:]+\}", "amy", pattern.replace("{ref}", ref))
                status, _ = await asks(eve, method, path, token)
                assert status in (200, 400, 403, 404, 422), f"POST {pattern}"
        assert await said() == before
