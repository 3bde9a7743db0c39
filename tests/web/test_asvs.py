"""docs/ASVS.md names tests that exist; and the few requirements that had none."""

from __future__ import annotations

import re
from pathlib import Path

from tests.web.pages_world import ADDRESS, PagesWorld, london_time
from web.guard import client_of

HERE = Path(__file__).parents[1]
TABLE = HERE.parent / "docs" / "ASVS.md"


def test_every_test_that_the_table_names_exists():
    named = re.findall(r"`([\w/]+\.py)::(test_\w+)`", TABLE.read_text(encoding="utf-8"))
    assert len(named) > 50
    for path, test in named:
        assert f"def {test}(" in (HERE / path).read_text(encoding="utf-8"), f"{path}::{test}"


def test_no_chapter_is_left_out():
    headings = re.findall(r"^## V(\d+) ", TABLE.read_text(encoding="utf-8"), re.M)
    assert [int(one) for one in headings] == list(range(1, 18))


async def test_no_page_has_a_script_or_style_of_its_own():
    async with PagesWorld() as world:
        ref = await world.reports()
        mia = await world.visitor("mia")
        for path in ("/cases", f"/cases/{ref}", "/figures", "/people", "/rota", "/forms"):
            await mia.get(path)
            page = mia.page.text
            assert not re.search(r"<script(?! src=\"/)|<style|\son\w+=|\sstyle=|javascript:", page)
            assert not re.search(r"(?:src|href|action)=\"(?!/|#|tel:|otpauth:)", page), path
            assert 'action="/out"' in page
        script = (await mia.get("/pages.js")).text
        for word in ("eval", "innerHTML", "localStorage", "sessionStorage", "document.cookie"):
            assert word not in script


async def test_no_answer_is_for_another_origin_and_signing_out_clears_what_is_kept():
    async with PagesWorld() as world:
        amy = await world.visitor("amy")
        await amy.get("/cases", headers={"origin": "https://evil.example"})
        assert "access-control-allow-origin" not in amy.page.headers
        assert amy.page.headers["content-type"] == "text/html; charset=utf-8"
        policy = amy.page.headers["content-security-policy"]
        assert "object-src 'none'" in policy and "base-uri 'none'" in policy
        await amy.post("/out")
        assert amy.page.history[0].headers["clear-site-data"] == '"cache", "storage"'


async def test_the_pin_is_masked_and_can_be_filled_in():
    async with PagesWorld() as world:
        browser = world.browser()
        await browser.post("/in", {"link": world.link("amy")})
        fields = re.findall(r"<input [^>]*name=\"(?:pin|again)\"[^>]*>", browser.page.text)
        assert len(fields) == 2
        for field in fields:
            assert 'type="password"' in field and 'autocomplete="new-password"' in field


async def test_other_methods_and_lists_of_files_are_not_there():
    async with PagesWorld() as world:
        browser = world.browser()
        for method in ("TRACE", "PUT", "DELETE", "PATCH", "OPTIONS"):
            answer = await browser.client.request(method, "/cases", headers={"origin": ADDRESS})
            assert answer.status_code == 405, method
        for path in ("/static", "/static/", "/templates", "/.git/config", "/docs", "/metrics"):
            assert (await browser.client.get(path)).status_code == 404, path


async def test_a_field_that_comes_twice_is_refused():
    async with PagesWorld() as world:
        ref = await world.reports()
        amy = await world.visitor("amy")
        await amy.get(f"/cases/{ref}/police")
        fields = amy.hidden(f"/cases/{ref}/police") | {"at": london_time(world.clock.now())}
        twice = fields | {"reference": ["A", "B"]}
        sent = {"origin": ADDRESS}
        answer = await amy.client.post(f"/cases/{ref}/police", data=twice, headers=sent)
        assert answer.status_code == 400


async def test_a_proxy_is_believed_on_this_machine_only_and_a_second_host_never():
    named = {b"x-forwarded-for": b"198.51.100.1, 203.0.113.7"}
    assert client_of({"client": ("127.0.0.1", 1)}, named) == "203.0.113.7"
    assert client_of({"client": ("192.0.2.9", 1)}, named) == "192.0.2.9"
    async with PagesWorld() as world:
        browser = world.browser()
        host = ADDRESS.removeprefix("https://")
        twice = [("host", host), ("host", "evil.example")]
        assert (await browser.client.get("/", headers=twice)).status_code == 421
        forwarded = {"x-forwarded-host": "evil.example", "forwarded": "host=evil.example"}
        await browser.post("/in", {"link": world.link("amy")}, **forwarded)
        assert "evil.example" not in browser.page.text
        assert "evil.example" not in str(browser.page.history[0].headers)
