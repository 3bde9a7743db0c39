"""While the service is stopped on purpose, every page says so, and no case takes an entry."""

from __future__ import annotations

from protocol import facts as f
from reminders.stopped import STOPPED
from reminders.write_behind import OfficeChange
from tests.web.crawler import routes_of
from tests.web.pages_world import PagesWorld, london_time


async def stops(world: PagesWorld, state: object) -> None:
    await world.engine.service_state.change(lambda _: OfficeChange(state={STOPPED: state}))


async def test_every_page_says_that_the_service_is_stopped_and_none_when_it_works_again():
    async with PagesWorld() as world:
        ref = await world.reports()
        mia, stranger = await world.visitor("mia"), world.browser()
        paths = [r.path for r in routes_of(world) if "GET" in r.methods and "{" not in r.path]
        paths = [p for p in paths if not p.endswith((".css", ".js"))]
        paths += [f"/cases/{ref}", f"/cases/{ref}/police", "/nothing-here"]
        assert len(paths) > 12
        at = world.clock.now().isoformat()
        await stops(world, {"at": at, "by": ["ada", "mia"]})
        for browser in (mia, stranger):
            for path in paths:
                await browser.get(path)
                assert "This service is stopped since 21:30" in browser.text, path
        await mia.get(f"/cases/{ref}/police")
        await mia.post(f"/cases/{ref}/police", {"at": london_time(world.clock.now())})
        assert "NOT saved" in mia.text
        assert await world.facts(ref, f.PoliceTold) == []
        await stops(world, None)
        for path in paths:
            await mia.get(path)
            assert "is stopped" not in mia.text, path
