"""People whose words are taken on the service's own pages: the button in their chat opens a page as
Telegram would, and there they write."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from sandbox.driver import Stage
from sandbox.person import HumanSide, Person
from tests.support.traffic import Traffic

PIN = "274938"
FORMS = "to=/forms/"


class WritingStage(Stage):
    """Everybody on it writes where the bot asks for it."""

    def __init__(self, url: str, traffic: Traffic, **more: Any) -> None:
        super().__init__(url, **more)
        self._traffic = traffic
        self._writers: list[Writer] = []

    async def __aexit__(self, *error: Any) -> None:
        for writer in self._writers:
            await writer.closes()
        await super().__aexit__(*error)

    async def person(self, name: str, user_id: int | None = None, **more: Any) -> Person:
        made = await super().person(name, user_id, **more)
        writer = Writer(self, made.id, name, more.get("chat"), self._traffic)
        self.people[made.id] = writer
        self._writers.append(writer)
        return writer


class Writer(Person):
    """Somebody who answers a question for words on the page that its button opens."""

    def __init__(
        self, stage: HumanSide, user_id: int, name: str, chat: int | str | None, traffic: Traffic
    ) -> None:
        super().__init__(stage, user_id, name, chat)
        self._traffic = traffic
        self._browser: httpx.AsyncClient | None = None

    async def sends(self, text: str, *, reply_to: int | None = None, settle: bool = True) -> Any:
        """On the page, if the newest message has a button for it; else in the chat."""
        if settle:
            await self._stage.settle()
        button = "" if text.startswith("/") else await self._asks_for_words()
        if not button:
            return await super().sends(text, reply_to=reply_to, settle=settle)
        self._stage.checkpoint()
        opened = await self._stage.post("/human/open", {"user": self.id, "text": button})
        await self._writes(str(opened["url"]), text)
        if settle:
            await self._stage.settle()
        return {}

    async def closes(self) -> None:
        """Their browser."""
        if self._browser is not None:
            await self._browser.aclose()

    async def _asks_for_words(self) -> str:
        """The label of the button that opens the page of the question; "" if none is asked."""
        chat = await self.chat()
        said = [m for m in chat["messages"] if m["from"]["is_bot"]]
        rows = said[-1].get("reply_markup", {}).get("inline_keyboard", []) if said else []
        for button in (one for row in rows for one in row):
            if FORMS in button.get("web_app", {}).get("url", ""):
                return str(button["text"])
        return ""

    async def opens(self, button: str) -> httpx.Response:
        """The page behind this button of the chat, after their PIN."""
        opened = await self._stage.post("/human/open", {"user": self.id, "text": button})
        return (await self._at(str(opened["url"])))[1]

    async def _at(self, address: str) -> tuple[str, httpx.Response]:
        parts = urlsplit(address)
        origin = f"{parts.scheme}://{parts.netloc}"
        return origin, await self._comes_in(origin, address.partition("#")[0], parts.fragment)

    async def _writes(self, address: str, text: str) -> None:
        origin, page = await self._at(address)
        assert 'action="/forms/words"' in page.text, page.text
        self._traffic.typed(text)
        page = await self._posts(origin, page, "/forms/words", {"text": text})
        assert page.status_code == 200, page.text

    async def _comes_in(self, origin: str, page: str, fragment: str) -> httpx.Response:
        """As Telegram's browser does: a cookie of before is still good."""
        if self._browser is None:
            self._browser = httpx.AsyncClient(trust_env=False)
        found = await self._asks("GET", page)
        if 'action="/in"' in found.text:
            handed = parse_qs(fragment)["tgWebAppData"][0]
            found = await self._posts(origin, found, "/in", {"app": handed})
        if 'action="/pin"' in found.text:
            again = {"again": PIN} if "Choose a PIN" in found.text else {}
            found = await self._posts(origin, found, "/pin", {"pin": PIN, **again})
        return found

    async def _posts(
        self, origin: str, page: httpx.Response, action: str, fields: dict[str, str]
    ) -> httpx.Response:
        """The form of the page that goes there."""
        [form, *_] = re.findall(rf'<form [^>]*action="{action}".*?</form>', page.text, re.S)
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
        given = {name: unescape(value) for name, value in hidden.items()} | fields
        return await self._asks("POST", origin + action, given, {"origin": origin})

    async def _asks(self, method: str, address: str, *form: dict[str, str]) -> httpx.Response:
        """An answer, and those after it where it leads. form: fields and headers of a POST."""
        assert self._browser is not None
        fields, headers = form or (None, None)
        answer = await self._browser.request(method, address, data=fields, headers=headers)
        self._traffic.page(answer)
        # A browser counts this machine as a secure address and sends the cookie there; httpx not.
        for cookie in answer.headers.get_list("set-cookie"):
            self._browser.headers["cookie"] = cookie.partition(";")[0]
        if answer.next_request is None:
            return answer
        return await self._asks("GET", str(answer.next_request.url))
