"""Links for people without an account: one question about one case, no child's name, an end."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from protocol import facts as f
from tests.web.pages_world import ADDRESS, Browser, PagesWorld, london_time
from web.outside_links import LINKS

OFFICER = {"name": "Kim Okafor", "role": "edt_duty_manager", "started": "yes"}


async def link(world: PagesWorld, who: str, ref: str, kind: str) -> str:
    """The secret of a link that this person makes on the case's page."""
    browser = await world.visitor(who)
    await browser.get(f"/cases/{ref}")
    await browser.post(f"/cases/{ref}/links", {"kind": kind})
    return browser.text.partition("/outside#")[2].split()[0]


async def opens(world: PagesWorld, secret: str) -> Browser:
    browser = world.browser()
    await browser.post("/outside", {"link": secret})
    return browser


async def told(world: PagesWorld) -> str:
    ref = await world.reports()
    now = world.clock.now()
    fact = f.AuthorityTold(
        id="told", by="amy", recorded_at=now, at=now, role="message_left", acknowledged=False
    )
    await world.pages.site.recording.append(ref, -5, lambda _: [fact])
    return ref


async def test_the_officer_s_word_is_on_record_with_their_name_and_ends_the_link():
    async with PagesWorld() as world:
        ref = await told(world)
        secret = await link(world, "amy", ref, "authority")
        officer = await opens(world, secret)
        assert ref in officer.text and "Rowan House" in officer.text
        for name in ("YP-01", "2011", "14 May"):
            assert name not in officer.text
        await officer.post("/outside/answer", OFFICER)
        assert "On record" in officer.text
        [fact] = await world.facts(ref, f.AuthorityAcknowledged)
        assert (fact.by, fact.who, fact.role) == ("link", "Kim Okafor", "edt_duty_manager")
        again = await opens(world, secret)
        assert again.page.status_code == 403
        await again.post("/outside/answer", OFFICER | {"link": secret})  # replayed
        assert again.page.status_code == 403
        assert len(await world.facts(ref, f.AuthorityAcknowledged)) == 1
        amy = await world.visitor("amy")
        await amy.get(f"/cases/{ref}")
        assert "Kim Okafor" in amy.text
        assert "Kim Okafor" not in "".join(text for _, text in world.phone.said)


async def test_two_answers_at_once_are_one():
    async with PagesWorld() as world:
        ref = await told(world)
        secret = await link(world, "amy", ref, "authority")
        both = [await opens(world, secret) for _ in range(2)]
        await asyncio.gather(*(one.post("/outside/answer", OFFICER) for one in both))
        assert sorted(one.page.status_code for one in both) == [200, 403]
        assert len(await world.facts(ref, f.AuthorityAcknowledged)) == 1


async def test_an_ended_or_old_link_and_a_closed_one_open_nothing():
    async with PagesWorld() as world:
        ref = await told(world)
        secret = await link(world, "amy", ref, "authority")
        amy = await world.visitor("amy")
        await amy.get(f"/cases/{ref}")
        path = f"/cases/{ref}/links/{next(iter(world.pages._links.live(ref))).number}/revoke"
        officer = await opens(world, secret)
        await amy.post(path)
        assert amy.page.status_code == 200 and path not in amy.page.text
        await officer.post("/outside/answer", OFFICER)
        assert officer.page.status_code == 403
        old = await link(world, "amy", ref, "authority")
        world.clock.go(hours=24)
        assert (await opens(world, old)).page.status_code == 403
        assert await world.facts(ref, f.AuthorityAcknowledged) == []


@pytest.mark.parametrize("secret", ["", "x" * 43, "../../etc", "<script>"])
async def test_a_forged_link_opens_nothing_and_guessing_ends_soon(secret):
    async with PagesWorld() as world:
        ref = await told(world)
        await link(world, "amy", ref, "authority")
        thief = await opens(world, secret)
        assert thief.page.status_code == 403 and ref not in thief.text
        for _ in range(21):
            await thief.post("/outside", {"link": secret})
        assert thief.page.status_code == 429
        assert secret not in str((await world.store.office()).state[LINKS]) or not secret


async def test_a_link_answers_for_its_own_case_and_kind_only():
    async with PagesWorld() as world:
        ref = await told(world)
        other = await world.reports(young_person="YP-02")
        secret = await link(world, "amy", ref, "interviewer")
        browser = await opens(world, secret)
        await browser.post(
            "/outside/answer", OFFICER | {"ref": other, "kind": "authority", "answer": ""}
        )
        assert browser.page.status_code == 422
        for one in (ref, other):
            assert await world.facts(one, f.AuthorityAcknowledged) == []


@pytest.mark.parametrize("who", ["cay", "eve", "ada"])
async def test_only_who_works_on_a_case_makes_and_ends_links(who):
    async with PagesWorld() as world:
        ref = await told(world)
        await link(world, "amy", ref, "authority")
        number = world.pages._links.live(ref)[0].number
        one = await world.visitor(who)
        await one.get("/people" if who == "ada" else "/cases")
        token = one.hidden("/out")
        for path in (f"/cases/{ref}/links", f"/cases/{ref}/links/{number}/revoke"):
            await one.post(path, token | {"kind": "authority"})
            assert one.page.status_code == 404
        assert len(world.pages._links.live(ref)) == 1


async def test_the_interviewer_accepts_and_records_the_outcome_by_the_same_link():
    async with PagesWorld() as world:
        ref = await world.reports()
        await world.comes_back("amy", ref)
        secret = await link(world, "amy", ref, "interviewer")
        one = await opens(world, secret)
        at = world.clock.now() + timedelta(hours=20)
        answer = {"name": "Ola Example", "at": london_time(at)}
        await one.post("/outside/answer", answer | {"answer": "accept"})
        [booked] = await world.facts(ref, f.InterviewBooked)
        assert booked.by_whom == "Ola Example" and booked.on == at
        world.clock.go(hours=21)
        one = await opens(world, secret)
        outcome = {"answer": "held", "independent": "yes", "words": "<script>alert(1)</script>"}
        await one.post("/outside/answer", answer | outcome)
        [held] = await world.facts(ref, f.InterviewHeld)
        assert held.held_by == "Ola Example" and held.independent is True
        mia = await world.visitor("mia")
        await mia.get(f"/cases/{ref}")
        assert "<script>alert" not in mia.page.text and "alert(1)" in mia.text


async def test_a_decline_needs_its_reason_and_is_on_record():
    async with PagesWorld() as world:
        ref = await world.reports()
        secret = await link(world, "amy", ref, "interviewer")
        one = await opens(world, secret)
        answer = {"name": "Ola Example", "answer": "decline"}
        await one.post("/outside/answer", answer)
        assert one.page.status_code == 422
        await one.post("/outside/answer", answer | {"words": "on leave"})
        [note] = await world.facts(ref, f.Note)
        assert "Ola Example does not hold" in note.text


async def test_an_answer_from_another_site_is_refused():
    async with PagesWorld() as world:
        ref = await told(world)
        secret = await link(world, "amy", ref, "authority")
        browser = await opens(world, secret)
        answer = await browser.client.post(
            f"{ADDRESS}/outside/answer",
            data=OFFICER | {"link": secret},
            headers={"origin": "https://evil.example"},
        )
        assert answer.status_code == 403
        assert await world.facts(ref, f.AuthorityAcknowledged) == []
