"""Walks the pages as somebody who fills in every form that they find, each field in turn with what
a page must never take for its own.

Forms and routes are found in what the pages show, and held against what the code has: a field that
no walk reaches fails a test, so none can be forgotten.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx

import web
from tests.web.pages_world import ADDRESS, Browser, PagesWorld

PLANTED = "x-planted"
PAYLOAD = f"'\"><{PLANTED} onplanted=1>{{{{7*7}}}}"
WITHIN_FIELDS = ("javascript:", "data:", "vbscript:")
ALIKE = 2
"""So many pages of one route are looked at in each round."""
KEPT = ("csrf", "once")
"""Fields that are sent as they came; their attacks are tests of their own."""
HERE = Path(web.__file__).parent


class Field(NamedTuple):
    """One field: what it is ("text", "hidden", "select", …), and what may stand in it."""

    name: str
    kind: str
    values: tuple[str, ...]


class Form(NamedTuple):
    """One form of a page. asked: the question above it, if it is one of the chat's."""

    page: str
    action: str
    method: str
    asked: str
    file: bool
    fields: tuple[Field, ...]


class Page(HTMLParser):
    """What stands on a page: forms, links, and whatever was planted and came alive."""

    def __init__(self, address: str, text: str) -> None:
        super().__init__()
        self.address = address
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.alive: list[str] = []
        self._fields: list[Field] = []
        self._form: dict[str, str] | None = None
        self._select = ""
        self._options: list[str] = []
        found = re.search(r'<p class="asked">(.*?)</p>', text, re.S)
        self.asked = found.group(1).rpartition("\n\n")[2][:60] if found else ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == PLANTED or "onplanted" in given:
            self.alive.append(f"<{tag} {given}>")
        for name in ("href", "src", "action", "formaction"):
            if given.get(name, "").strip().casefold().startswith(WITHIN_FIELDS):
                self.alive.append(f"<{tag} {name}={given[name]!r}>")
        if tag == "a" and given.get("href", "").startswith("/"):
            self.links.append(given["href"])
        elif tag == "img":
            self.links.append(given["src"])
        elif tag == "form":
            self._form, self._fields = given, []
        elif tag == "select":
            self._select, self._options = given["name"], []
        elif tag == "option":
            self._options.append(given.get("value", ""))
        elif tag in ("input", "textarea", "button") and "name" in given:
            kind = tag if tag == "textarea" else given.get("type", "text")
            kind = "button" if tag == "button" else kind
            self._fields.append(Field(given["name"], kind, (given.get("value", ""),)))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._fields.append(Field(self._select, "select", tuple(self._options)))
        elif tag == "form" and self._form is not None:
            form, self._form = self._form, None
            self.forms.append(
                Form(
                    page=self.address,
                    action=form["action"],
                    method=form.get("method", "get"),
                    asked=self.asked,
                    file=form.get("enctype", "").startswith("multipart"),
                    fields=tuple(self._fields),
                )
            )


class Walk:
    """One browser on its way. answers: by field name, what a person would write there; {} for
    what the form offers.  files: by action, name and content of a file."""

    def __init__(
        self,
        world: PagesWorld,
        browser: Browser,
        answers: dict[str, str],
        files: dict[str, tuple[str, bytes]],
    ) -> None:
        self.world, self.browser = world, browser
        self.answers, self.files = answers, files
        self.routes = routes_of(world)
        self.reached: set[tuple[str, str]] = set()
        self.filled: set[str] = set()
        self.alive: list[str] = []
        self.shown = 0
        """Pages on which what was planted stands as text."""
        self.pace = 2.0
        """Seconds between two requests."""
        self._done: set[object] = set()
        self._once = id(self) % 10**12

    async def everything(self, *starts: str) -> None:
        """Every page that links lead to, twice, as forms make new ones; every form once."""
        for _ in range(2):
            seen, waiting, alike = set(starts), deque(starts), Counter[str]()
            while waiting:
                page = await self.opens(waiting.popleft())
                for form in page.forms:
                    await self.fills(form)
                for link in page.links:
                    path = link.partition("#")[0]
                    alike[route := self._route(urlsplit(path).path)] += path not in seen
                    if path not in seen and alike[route] <= ALIKE:
                        waiting.append(path)
                    seen.add(path)

    async def opens(self, path: str) -> Page:
        """A page, looked at."""
        return self.look(path, "GET", await self.browser.get(path))

    async def fills(self, form: Form) -> None:
        """Each field in turn with what is planted, then as a person would."""
        route, names = self._route(form.action), {field.name for field in form.fields}
        if route == "/out":
            return
        for pressed in [f.values[0] for f in form.fields if f.kind == "button"] or [""]:
            # The same button of another case or form is the same.
            kind = re.sub(r"[A-Z]{2}-[A-Z0-9]{4,6}|\b[0-9a-f]{6,}\b|\d{6,}", "*", pressed)
            for name in [*sorted(names - set(KEPT)), ""]:
                shape = (route, frozenset(names), name)
                key = shape if name else (*shape, form.asked, kind)
                if key in self._done:
                    continue
                self._done.add(key)
                self.filled |= names
                await self._goes_on(await self._sends(form, planted=name, pressed=pressed))

    async def _goes_on(self, page: Page) -> None:
        """With the forms that came as an answer."""
        for one in page.forms:
            if one.method == "post":
                await self.fills(one)

    async def _sends(self, form: Form, planted: str, pressed: str) -> Page:
        """planted: the field in which it stands; "": in none."""
        fields: dict[str, str] = {}
        for field in (await self.as_it_is_now(form)).fields:
            if field.kind == "button":
                fields[field.name] = pressed
            elif field.kind == "hidden":
                fields[field.name] = field.values[0]
            elif field.kind in ("radio", "checkbox"):
                fields.setdefault(field.name, field.values[0] or "on")
            elif field.kind == "select":
                fields[field.name] = next((v for v in field.values if v), "")
            elif field.kind != "file":
                fields[field.name] = self.answers.get(field.name, field.values[0])
        if "once" in fields:
            self._once += 1
            fields["once"] = str(self._once)
        if planted:
            fields[planted] = PAYLOAD
        if form.method == "get":
            return await self.opens(str(httpx.URL(form.action, params=fields)))
        more: dict[str, Any] = {"data": fields}
        if form.file:
            more["files"] = {"file": self.files[self._route(form.action)]}
        answer = await self.browser.client.post(
            form.action, headers={"origin": ADDRESS}, follow_redirects=True, **more
        )
        self.browser.page = answer
        return self.look(form.action, "POST", answer)

    async def as_it_is_now(self, form: Form) -> Form:
        """What was saved meanwhile is in the hidden fields of the page as it is now."""
        page = Page(form.page, (await self.browser.get(form.page)).text)
        names = {f.name for f in form.fields}
        for one in page.forms:
            if one.action == form.action and {f.name for f in one.fields} == names:
                return one
        return form

    def look(self, path: str, method: str, answer: httpx.Response) -> Page:
        self.world.seconds.time += self.pace
        self.reached.add((method, self._route(urlsplit(path).path)))
        if answer.history:
            self.reached.add(("GET", self._route(answer.url.path)))
        for one in (*answer.history, answer):
            for name, value in one.headers.items():
                if f"<{PLANTED}" in value:
                    self.alive.append(f"{method} {path}: header {name}: {value}")
        assert answer.status_code < 500, f"{method} {path}: {answer.status_code}"
        if not answer.headers.get("content-type", "").startswith("text/html"):
            return Page(path, "")
        page = Page(str(answer.url.raw_path, "ascii"), answer.text)
        self.shown += PLANTED in answer.text
        self.alive += [f"{method} {path}: {one}" for one in page.alive]
        return page

    def _route(self, path: str) -> str:
        return route_of(self.routes, path)


def routes_of(world: PagesWorld) -> list[Any]:
    """The routes of the application behind the guard."""
    return list(world.app._app.router.routes)


def route_of(routes: list[Any], path: str) -> str:
    """Its pattern, such as "/cases/{ref}"."""
    for route in routes:
        if route.path_regex.match(path):
            return str(route.path)
    return path


def names_in_templates() -> dict[str, set[str]]:
    """Names of all form fields, by template; where a name is made, with * for what is put in."""
    found: dict[str, set[str]] = {}
    for path in sorted((HERE / "templates").glob("*.html")):
        text = path.read_text(encoding="utf-8")
        names = re.findall(r"<(?:input|select|textarea|button)[^>]*?\sname=\"([^\"]+)\"", text)
        found[path.name] = {re.sub(r"\{\{.*?\}\}", "*", name) for name in names}
    return found


def names_in_queries() -> set[str]:
    """Names of what pages read of an address."""
    found: set[str] = set()
    for path in sorted(HERE.glob("*.py")):
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r"query(?:_params)?\.get\(\s*\"(\w+)\"", text))
        found |= set(re.findall(r"\"(\w+)\" in request\.query_params", text))
    return found
