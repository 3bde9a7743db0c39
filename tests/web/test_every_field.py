"""What a page must never take for its own, planted in every field of every form, by everybody who
may fill it in: it stands on pages as text, and nowhere does it come alive."""

from __future__ import annotations

from fnmatch import fnmatch

from protocol import facts as f
from tests.support.passkey_device import Device
from tests.web.crawler import (
    PAYLOAD,
    PLANTED,
    Form,
    Page,
    Walk,
    names_in_queries,
    names_in_templates,
    routes_of,
)
from tests.web.pages_world import ADDRESS, PIN, Browser, PagesWorld, london_time
from tests.web.test_passkeys import adds
from tests.web.test_rota_pages import NO_SUNDAYS
from tests.web.test_staff_pages import invited, joins
from web.figure_pages import HERE

QUOTED = PAYLOAD.replace('"', '""')
TABLE = (
    "reference,home,date_of_birth,looked_after_by,placed_in,name\n"
    f'YP-70,rowan,2012-03-04,Haringey,Haringey,"{QUOTED}"\n'
)
FILES = {
    "/register/import/file": ("table.csv", TABLE.encode()),
    "/cases/{ref}/attachments": (f"{PAYLOAD}.txt", PAYLOAD.encode()),
}
STARTS = ("/", "/cases", "/register", "/rota", "/figures", "/people", "/people/one/sam", "/forms")
STATIC = {"/pages.css", "/pages.js"}
NOT_FILLED = {"csrf", "once"}


def answers(world: PagesWorld) -> dict[str, str]:
    """What somebody would write, by the name of the field."""
    return {
        "name": "Kim Okafor",
        "phone": "07700 900123",
        "at": london_time(world.clock.now()),
        "reference": "YP-71",
        "date_of_birth": "2012-03-04",
        "reviewed_on": "2026-11-01",
        "review_by": "2027-02-01",
        "text": PAYLOAD,
        "words": PAYLOAD,
        "reason": PAYLOAD,
        "officer": "1234",
        "pin": PIN,
        "again": PIN,
    }


async def ready(world: PagesWorld) -> str:
    """A service with something of everything; answers with an open case."""
    mia = await world.visitor("mia")
    await adds(mia, Device(ADDRESS))
    await joins(world, (await invited(world, mia))[1])
    closed = await world.reports(young_person="YP-02")
    await world.comes_back("amy", closed)
    await world.signs_off("mia", closed)
    await world.forges("mia", f"c:{closed}:close")
    await world.taps("mia", "Close")
    ref = await world.reports()
    world.clock.go(minutes=10)
    now = world.clock.now()
    fact = f.AuthorityTold(
        id="told", by="amy", recorded_at=now, at=now, role="message_left", acknowledged=False
    )
    await world.pages.site.recording.append(ref, -5, lambda _: [fact])
    return ref


async def walks(world: PagesWorld, who: str) -> Walk:
    """Everything that this person can reach, and every name that a page reads of an address."""
    one = Walk(world, await world.visitor(who), answers(world), FILES)
    for_authorities = next(f"/figures/{k}" for k, x in HERE.items() if x.needs_authority)
    await one.everything(*STARTS, for_authorities)
    for path in ("/", "/in", "/cases", "/figures/repeats"):
        for name in sorted(names_in_queries()):
            await one.opens(f"{path}?{name}={PAYLOAD}")
    return one


class Outsider(Walk):
    """Somebody with a new link for each form: one answer ends it."""

    def __init__(self, world: PagesWorld, mia: Browser, ref: str, kind: str) -> None:
        super().__init__(world, world.browser(), answers(world), FILES)
        self.pace = 20.0  # entrances take few requests of one address
        self._mia, self._ref, self._kind = mia, ref, kind

    async def opened(self) -> Page:
        await self._mia.get(f"/cases/{self._ref}")
        await self._mia.post(f"/cases/{self._ref}/links", {"kind": self._kind})
        secret = self._mia.text.partition("/outside#")[2].split()[0]
        return self.look("/outside", "POST", await self.browser.post("/outside", {"link": secret}))

    async def as_it_is_now(self, form: Form) -> Form:
        if form.action != "/outside/answer":
            return form
        return next(f for f in (await self.opened()).forms if f.action == form.action)


async def of_outsiders(world: PagesWorld, ref: str) -> list[Walk]:
    """The entrance and both kinds of link."""
    mia, found = await world.visitor("mia"), list[Walk]()
    for kind in ("authority", "interviewer"):
        one = Outsider(world, mia, ref, kind)
        await one.everything("/outside")
        for form in (await one.opened()).forms:
            await one.fills(form)
        found.append(one)
    return found


async def of_the_entrance(world: PagesWorld) -> Walk:
    """Somebody who comes in: the first PIN is chosen, then it is given."""
    one = Walk(world, world.browser(), answers(world), FILES)
    one.pace = 20.0
    await one.everything("/")
    for _ in range(2):
        one.browser = world.browser()
        if not world.pages.site.factors.of("cay").pin:
            one.answers["activation"] = await world.activation("cay")
        await one.browser.post("/in", {"link": world.link("cay")})
        page = await one.opens("/pin")
        for form in page.forms:
            await one.fills(form)
        await adds(await world.visitor("cay"), Device(ADDRESS))
    one.browser = await world.visitor("cay")
    await one.opens("/chat")
    assert world.pages.site.factors.of("cay").pin
    return one


async def test_nothing_that_somebody_types_comes_alive_on_any_page():
    async with PagesWorld(policy=NO_SUNDAYS) as world:
        ref = await ready(world)
        # Ben answers the swap that Amy asks for; Ada resets what the others have set up.
        done = [await walks(world, who) for who in ("amy", "ben", "mia", "eve", "ada")]
        done.append(await of_the_entrance(world))
        done += await of_outsiders(world, await world.reports(young_person="YP-02"))
        for who in ("mia", "eve"):
            reader = Walk(world, await world.visitor(who), {}, FILES)
            await reader.opens(f"/cases/{ref}")
            assert reader.browser.page.text.count(PLANTED) >= 5, "what was planted is on record"
            done.append(reader)
        assert [one for walk in done for one in walk.alive] == []
        assert sum(walk.shown for walk in done) > 50
        _nothing_is_left_out(world, done)


def _nothing_is_left_out(world: PagesWorld, done: list[Walk]) -> None:
    """Every route was reached, and every field of every template was filled in."""
    routes = {
        (method, route.path)
        for route in routes_of(world)
        for method in route.methods - {"HEAD"}
        if route.path not in STATIC
    }
    reached = {one for walk in done for one in walk.reached}
    assert routes - reached - {("POST", "/out"), ("GET", "/forms/{draft}")} == set()
    filled = {name for walk in done for name in walk.filled}
    left = [
        f"{template}: {name}"
        for template, names in names_in_templates().items()
        for name in sorted(names)
        if not any(fnmatch(one, name) for one in filled)
    ]
    assert left == []
