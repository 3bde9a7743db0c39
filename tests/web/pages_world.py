"""The pages over the chat in memory: real guard, routes, sessions and record, asked over ASGI by
browsers of our own. Seconds pass only when they are moved."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode

import httpx
import msgspec

from bot.chat_factor import ChatFactor, GoOnInChat
from bot.monthly import Rows
from bot.page_forms import PageForms
from bot.pages_parts import RegisterTables, address_of
from protocol import london
from protocol.provider import Role
from reminders.shifts import Shifts
from reminders.staff_list import StaffList
from reminders.write_behind import OfficeChange
from storage.model import Office
from tests.handlers.chat_world import PROVIDER, ChatWorld, staff
from web import init_data
from web.app import Pages
from web.links import PageLinks
from web.parts import Parts
from web.second_factor import SecondFactors, new_code, reset_of
from web.sessions import Sessions
from web.settings import WebSettings

ADDRESS = "https://pages.example.org"
TOKEN = "123456:an-example-token-of-nobody"
PIN = "274938"
SETTINGS = WebSettings(address=ADDRESS)
WITH_AUDITOR = msgspec.structs.replace(
    PROVIDER,
    staff=(
        *PROVIDER.staff,
        staff("eve", 7, Role.AUDITOR, "rowan"),
        staff("max", 8, Role.MANAGER, "cedar"),
    ),
)


class Seconds:
    """A monotonic clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def cheap(factors: SecondFactors) -> SecondFactors:
    """Hashes that cost nothing: whether guesses are counted is not a matter of their price."""
    from argon2 import PasswordHasher

    factors._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    return factors


class Browser:
    """One browser: keeps cookies, fills in the forms that it was given."""

    def __init__(self, world: PagesWorld) -> None:
        self._world = world
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=world.app, raise_app_exceptions=True),
            base_url=ADDRESS,
            event_hooks={"response": [self._read]},
        )
        self.page = httpx.Response(200)
        self.answers: list[httpx.Response] = []

    async def _read(self, answer: httpx.Response) -> None:
        await answer.aread()
        self.answers.append(answer)

    async def get(self, path: str, **more: Any) -> httpx.Response:
        self.page = await self.client.get(path, follow_redirects=True, **more)
        return self.page

    async def post(
        self,
        path: str,
        fields: dict[str, str] | None = None,
        number: int = -1,
        **headers: str,
    ) -> httpx.Response:
        """As the page's last form that goes there, or the one with this number, with its hidden
        fields unless they are given."""
        hidden = self.hidden(path, number)
        sent = {"origin": ADDRESS, "sec-fetch-site": "same-origin"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        self.page = await self.client.post(
            path, data=hidden | (fields or {}), headers=sent, follow_redirects=True
        )
        return self.page

    def hidden(self, action: str, number: int = -1) -> dict[str, str]:
        """Hidden fields of the page's last form that goes there."""
        forms = re.findall(
            rf'<form method="post" action="{re.escape(action)}".*?</form>', self.page.text, re.S
        )
        if not forms:
            return {}
        found = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', forms[number])
        return {name: unescape(value) for name, value in found}

    async def sends_file(
        self,
        path: str,
        name: str,
        content: bytes,
        kind: str = "application/octet-stream",
        more: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """The form with a file of the page that is shown. kind: what the browser says it is."""
        forms = re.findall(rf'action="{re.escape(path)}" enc.*?</form>', self.page.text, re.S)
        given = re.findall(r'name="(csrf|once)" value="([^"]*)"', forms[-1]) if forms else []
        fields = dict(given)
        self.page = await self.client.post(
            path,
            data=fields | (more or {}),
            files={"file": (name, content, kind)},
            headers={"origin": ADDRESS} | (headers or {}),
            follow_redirects=True,
        )
        return self.page

    @property
    def text(self) -> str:
        return unescape(re.sub(r"<[^>]+>", " ", self.page.text))

    async def comes_in(self, who: str, pin: str = PIN) -> httpx.Response:
        """By a link of this person, with their PIN; the first time it is set up."""
        secret = self._world.link(who)
        await self.post("/in", {"link": secret})
        fields = {"pin": pin}
        if "Choose a PIN" in self.page.text:
            fields |= {"again": pin, "code": "", "activation": await self._world.activation(who)}
        return await self.post("/pin", fields)


class PagesWorld(ChatWorld):
    """`async with PagesWorld() as world`, then `await world.visitor("amy")`."""

    def __init__(
        self,
        provider: Any = WITH_AUDITOR,
        settings: WebSettings = SETTINGS,
        **more: Any,
    ) -> None:
        self.settings = settings
        self.seconds = Seconds()
        super().__init__(provider, **more)

    def make_links(self) -> PageLinks:
        self.sessions = Sessions(self.seconds)
        return PageLinks(self.settings, self.sessions)

    def make_second_factor(self) -> ChatFactor | None:
        state = self.engine.service_state
        codes = self.settings.activation == "code"
        self.factors = cheap(SecondFactors(state, wall=self.clock.now, codes=codes))
        if self.settings.chat_second_factor == "off":
            return None
        return ChatFactor(self.factors, state, self.settings, self.links)

    def make_pages(self) -> Pages:
        if self.context.second_factor is not None:
            self.factors.given.listen(GoOnInChat(self.context).given)
        pages = Pages(
            self.settings,
            self.engine,
            TOKEN,
            Rows(self.engine.service_state).of_the_last_years,
            Parts(
                forms=PageForms(self.context),
                register=RegisterTables(),
                staff_list=StaffList(self.engine),
                shifts=Shifts(self.engine),
                invitation=address_of(self.phone.link),
            ),
            sessions=self.sessions,
            factors=self.factors,
            seconds=self.seconds,
        )
        self.app = pages.app()
        return pages

    def link(self, who: str) -> str:
        """The secret of a new link."""
        return str(self.links.link(self.staff(who))).partition("#")[2]

    async def activation(self, who: str) -> str:
        """A new activation code for this person, made on the service's own machine."""
        code, now = new_code(), self.clock.now()
        hashed = self.pages.site.factors._hasher.hash(code)

        def build(office: Office) -> OfficeChange:
            return reset_of(office, who, "machine", now, hashed)

        await self.engine.service_state.change(build)
        return code

    async def first_pin(self, who: str) -> dict[str, str]:
        """What this person types at their first visit."""
        return {"pin": PIN, "again": PIN, "activation": await self.activation(who)}

    def browser(self) -> Browser:
        return Browser(self)

    async def visitor(self, who: str) -> Browser:
        browser = self.browser()
        await browser.comes_in(who)
        assert browser.page.status_code == 200, browser.text
        return browser

    async def told(self, kind: str) -> set[str]:
        """Who is told this by the service, about no case."""
        return {m.to for m in (await self.store.office()).messages if m.kind == kind}

    def init_data(self, who: str, age: timedelta = timedelta(), token: str = TOKEN) -> str:
        """What Telegram hands to a page that this person opens."""
        values = {
            "auth_date": str(int((self.clock.now() - age).timestamp())),
            "query_id": "AAexample",
            "user": json.dumps({"id": self.staff(who).telegram_id, "first_name": "Sam"}),
        }
        return urlencode(values | {"hash": init_data.signature(values, token)})


def london_time(moment: Any) -> str:
    """As a browser sends a time that was chosen."""
    return f"{moment.astimezone(london.LONDON):%Y-%m-%dT%H:%M}"
