"""Ten moments of three nights as they look on a phone of 390 pixels, for the documents.

`photograph` plays them on a running sandbox, whichever version of the bot is in it: where a button
was called otherwise, the other words stand beside it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from playwright.async_api import Browser, Page

from sandbox.driver import Person, Refused, Stage
from sandbox.screen import matching_button

WIDTH, HEIGHT = 390, 700
MORGAN, SASHA, ROBIN = 7001, 7002, 7003
NAMES = {MORGAN: "Morgan Example", SASHA: "Sasha Sample", ROBIN: "Robin Model"}
HEAD = 170
"""Pixels of the page above the phone."""
SHOW_NEWEST = """() => {
  const chat = document.querySelector("article.phone .chat");
  const newest = [...chat.querySelectorAll(".message")].at(-1);
  const high = newest ? newest.offsetHeight : 0;
  if (high > chat.clientHeight)
    chat.scrollTop += newest.getBoundingClientRect().top - chat.getBoundingClientRect().top;
}"""
REST = 30.0
"""Seconds that the bot may take to come to rest."""
Take: TypeAlias = Callable[[int, str], Awaitable[None]]


class Phones:
    """The phones of a practice session, its nights and its clock."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._people = {user: Person(stage, user, name, None) for user, name in NAMES.items()}
        stage.people.update(self._people)

    async def begin(self, night: str) -> None:
        """A night anew, with its clock held."""
        await self._stage.post("/practice/begin", {"night": night})
        await self._stage.post("/clock", {"mode": "frozen"})
        await self._stage.catch_up()

    async def go_to(self, moment: str) -> None:
        """To a London time, past everything that is planned on the way."""
        await self._stage.post("/practice/clock", {"to": moment, "wait": True})
        await self._stage.settle()

    async def do(self, user: int, *acts: str) -> None:
        """Taps, one after the other; "/…" and ":…" are typed. "a|b": whichever button there is;
        "a|": only if there is one."""
        person = self._people[user]
        for act in acts:
            if act.startswith(("/", ":")):
                await person.sends(act.removeprefix(":"))
            else:
                await self._tap(person, act.split("|"))

    async def report(self, user: int, *first: str) -> None:
        """A new report up to its card: the first answers, then whatever is asked."""
        await self.do(user, "/start", "/missing", *first, "No, or not")
        person = self._people[user]
        for _ in range(len(ANSWERS)):
            newest = (await person.chat())["messages"][-1]
            if matching_button(newest, "Save"):
                break
            asked = newest["text"].rsplit("\n\n", 1)[-1].casefold()
            await self.do(user, *next(acts for words, acts in ANSWERS if words in asked))
        await self.do(user, "Save")

    async def _tap(self, person: Person, labels: list[str]) -> None:
        for label in labels[:-1]:
            try:
                await person.taps(label)
            except Refused:
                continue
            return
        if labels[-1]:
            await person.taps(labels[-1])


ANSWERS = (
    ("last seen?", (":16:00", "Yes")),
    ("due back?", (":17:00", "Yes")),
    ("police", ("Not yet",)),
    ("what happened", ("Did not come back",)),
    ("make it worse", ("None",)),
    ("", ("None",)),
)
"""What is answered to which question of the report, in whatever order they come."""


async def play(phones: Phones, take: Take) -> None:
    """Three nights, a picture at each moment."""
    card = ("/open", "RH-")
    await phones.begin("out-all-night")
    await phones.report(MORGAN, "YP-02")
    await take(MORGAN, "card-after-save")
    await phones.go_to("2026-03-03T18:20:00")
    await take(MORGAN, "first-reminder")
    await phones.do(MORGAN, *card, "Police told", "Just now", "No reference", "Skip")
    await phones.do(MORGAN, *card, "Parents told", "I did", "Just now", "Missing, police told")
    await phones.do(MORGAN, *card, "Authority told", "Emergency duty team manager", "Phone")
    await phones.do(MORGAN, "Just now", "Skip")
    await phones.go_to("2026-03-03T21:01:00")
    await take(MORGAN, "four-hours")
    await phones.go_to("2026-03-03T22:15:00")
    await take(ROBIN, "telephone-card")
    await phones.do(MORGAN, *card, "Actions|Why")
    await take(MORGAN, "actions")
    await phones.report(SASHA, "Rowan House", "YP-01")
    await phones.do(MORGAN, "/open")
    await take(MORGAN, "open-cases")
    await phones.do(MORGAN, "/duty", "Hand over", "Sasha Sample|Sasha")
    await take(SASHA, "hand-over")
    await phones.do(MORGAN, "/open", "YP-02|RH-", "They're back|Back", "Just now", "None")
    await take(ROBIN, "all-clear")
    card = ("/open", "AL-")
    await phones.begin("parents-not-told")
    await phones.report(SASHA, "Alder Lodge", "YP-11")
    await phones.do(SASHA, *card, "Not to be told", ":no contact without supervision")
    await phones.do(SASHA, "Court order or care plan")
    await take(SASHA, "withheld-summary")
    await phones.begin("found-then-back")
    await phones.report(SASHA, "Alder Lodge", "YP-13")
    await phones.do(SASHA, *card, "Found", "Just now", "Skip", "Yes", "Yes", "Save|")
    await take(SASHA, "found-unsafe")


async def photograph(browser: Browser, url: str, save: Callable[[bytes, str], None]) -> None:
    """Plays the moments; each picture goes to `save` with its name."""
    async with Stage(url, wait=REST) as stage:
        phones = Phones(stage)

        async def take(user: int, name: str) -> None:
            page = await _page(browser, url, user)
            save(await page.locator("article.phone").first.screenshot(), name)
            await page.close()

        await play(phones, take)


async def _page(browser: Browser, url: str, user: int) -> Page:
    """The page as wide as a small phone, with the newest message of one person's chat: from its
    beginning, if it is longer than the screen."""
    page = await browser.new_page(
        viewport={"width": WIDTH, "height": HEIGHT + HEAD}, reduced_motion="reduce"
    )
    await page.goto(url)
    await page.wait_for_selector("body[data-ready=yes]")
    await page.get_by_role("combobox", name="Whose phone this is").first.select_option(str(user))
    await page.wait_for_timeout(300)
    await page.evaluate(SHOW_NEWEST)
    return page
