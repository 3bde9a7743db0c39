"""The record on the pages: who may read it, that reading is on record, and what attacks meet."""

import msgspec
import pytest

from protocol import facts as f
from tests.web.pages_world import ADDRESS, PagesWorld, london_time

XSS = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


async def test_every_reading_is_on_record_and_an_auditor_sees_it():
    async with PagesWorld() as world:
        ref = await world.reports()
        amy, eve = await world.visitor("amy"), await world.visitor("eve")
        await amy.get(f"/cases/{ref}")
        assert "Amy Example" in amy.text
        assert [(x.by, x.what) for x in await world.facts(ref, f.CaseRead)] == [
            ("amy", "case_file")
        ]
        await eve.get(f"/cases/{ref}")
        assert "Who has read this on these pages" in eve.text
        assert "Amy Example, case file" in eve.text
        token = eve.hidden("/out")
        await eve.post(f"/cases/{ref}/police", token | {"at": london_time(world.clock.now())})
        assert eve.page.status_code == 422
        last = (await world.facts(ref, f.CaseRead))[-1]
        assert (last.by, last.what) == ("eve", "police_call"), "what is shown with a refusal, too"
        assert await world.facts(ref, f.PoliceTold) == []


async def test_what_police_were_told_and_said_is_on_record_once():
    async with PagesWorld() as world:
        ref = await world.reports()
        world.clock.go(minutes=10)
        amy = await world.visitor("amy")
        await amy.get(f"/cases/{ref}/police")
        fields = amy.hidden(f"/cases/{ref}/police") | {
            "at": london_time(world.clock.now()),
            "reference": XSS,
            "spoke_to": XSS,
            "officer": "",
        }
        for _ in range(2):  # a second tap on the same form
            await amy.post(f"/cases/{ref}/police", fields)
            assert "Saved." in amy.text
        [told] = await world.facts(ref, f.PoliceTold)
        assert (told.by, told.reference) == ("amy", XSS)
        assert XSS not in amy.page.text
        assert "<img" not in amy.page.text
        later = {"at": london_time(world.clock.now()), "accepted": "yes", "grade": "high"}
        await amy.post(f"/cases/{ref}/police", later)
        [answer] = await world.facts(ref, f.PoliceAnswered)
        assert answer.accepted and answer.grade == "high"


@pytest.mark.parametrize("rest", ["", "/police", "/paper/case", "/paper/police"])
async def test_another_home_s_case_is_as_one_that_does_not_exist(rest):
    async with PagesWorld() as world:
        ref = await world.reports()
        for who in ("cay", "ada"):  # of the other home; an administrator
            other = await world.visitor(who)
            await other.get(f"/cases/{ref}{rest}")
            there = other.page
            await other.get(f"/cases/RH-0000{rest}")
            assert there.status_code == other.page.status_code == 404
            assert there.text == other.page.text
        assert await world.facts(ref, f.CaseRead) == []


@pytest.mark.parametrize(
    ("headers", "spoil", "status"),
    [
        ({"origin": "https://evil.example"}, {}, 403),
        ({"origin": "null"}, {}, 403),
        ({"sec-fetch-site": "cross-site"}, {}, 403),
        ({}, {"csrf": "x"}, 403),
        ({"host": "evil.example"}, {}, 421),
        ({"content-type": "text/plain"}, {}, 400),
        ({}, {"reference": "x" * 70_000}, 413),
    ],
)
async def test_a_form_from_elsewhere_changes_nothing(headers, spoil, status):
    async with PagesWorld() as world:
        ref = await world.reports()
        amy = await world.visitor("amy")
        await amy.get(f"/cases/{ref}/police")
        fields = amy.hidden(f"/cases/{ref}/police") | {"at": london_time(world.clock.now())}
        sent = {"origin": ADDRESS} | headers
        answer = await amy.client.post(f"/cases/{ref}/police", data=fields | spoil, headers=sent)
        assert answer.status_code == status
        assert ref not in answer.text
        assert await world.facts(ref, f.PoliceTold) == []


@pytest.mark.parametrize(
    "path", ["/cases/..%2f", "/%2e%2e/etc/passwd", "//cases", "/cases/RH%2D1", "/static/x", "/x;y"]
)
async def test_paths_that_say_two_things_lead_nowhere(path):
    async with PagesWorld() as world:
        amy = await world.visitor("amy")
        answer = await amy.client.get(ADDRESS + path)
        assert answer.status_code == 404


async def test_every_answer_has_the_headers_and_too_many_requests_are_refused():
    async with PagesWorld() as world:
        browser = world.browser()
        for path in ("/", "/pages.css", "/nothing"):
            answer = await browser.client.get(path)
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy and "unsafe" not in policy
            assert answer.headers["cache-control"] == "no-store"
        found = [(await browser.client.get("/")).status_code for _ in range(130)]
        assert found[-1] == 429


async def test_the_pages_of_each_role_open_and_the_chat_goes_on():
    async with PagesWorld() as world:
        ref = await world.reports()
        mia = await world.visitor("mia")
        for path in (
            "/cases",
            f"/cases/{ref}",
            "/figures",
            "/figures/timeliness",
            "/people",
            "/rota",
        ):
            await mia.get(path)
            assert mia.page.status_code == 200, path
            assert len(mia.page.content) < 150_000
        pdf = await mia.get(f"/cases/{ref}/paper/case")
        assert pdf.content.startswith(b"%PDF")
        for kind in ("csv", "json"):
            assert (await mia.get(f"/figures/timeliness/file.{kind}")).status_code == 200
        amy = await world.visitor("amy")
        assert (await amy.get("/figures")).status_code == 404
        before = msgspec.json.encode((await world.store.episode(ref)).version)
        await world.sends("amy", f"/case {ref}")
        assert "Level" in world.text("amy")
        assert before == msgspec.json.encode((await world.store.episode(ref)).version)
