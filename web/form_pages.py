"""The forms of the chat on a page: what may not be typed there is typed here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape, unescape
from typing import TYPE_CHECKING

from handlers.wording import pages as say
from storage.store import NotFound
from web.parts import ChatForms, Shown
from web.recording import once_of
from web.site import Refusal, Site, Visitor, page, post, see

if TYPE_CHECKING:
    from markupsafe import Markup
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

LONGEST_WORDS = 12_000
"""Characters of one answer; what is over the length of an entry goes on record as a note."""
LONGEST_DATA = 64
TAGS = re.compile(r"(</?(?:b|i|u|s|code|pre|blockquote)>)")
"""What our own wording marks; all else in a screen is text."""


def routes(site: Site, forms: ChatForms) -> list[Route]:
    """/forms: the form in hand, a button of it, words for it."""
    from starlette.routing import Route

    def draw(visitor: Visitor, shown: Shown) -> Response:
        return site.draw(
            "form.html",
            visitor,
            shown=shown,
            text=marked_up(shown.text),
            said=[marked_up(one) for one in shown.said],
            once=site.recording.new_once(),
            longest=LONGEST_WORDS,
            nothing=say.NOTHING_IN_HAND,
            cases=[],
        )

    async def begun(request: Request, visitor: Visitor) -> Response:
        draft = str(request.path_params.get("draft", ""))
        shown = await forms.in_hand(visitor.staff, draft)
        if shown is not None:
            return draw(visitor, shown)
        if draft:
            return see("/forms")
        cases = [
            one.ref
            for one in await site.records.open_episodes()
            if site.state.sees(visitor.staff, one.home)
        ]
        return site.draw(
            "form.html",
            visitor,
            shown=Shown(),
            text="",
            said=[],
            once=site.recording.new_once(),
            longest=LONGEST_WORDS,
            nothing=say.NOTHING_IN_HAND,
            cases=cases,
        )

    async def tapped(_: Request, visitor: Visitor, form: Mapping[str, str]) -> Response:
        data = form.get("data", "")
        if not data or len(data) > LONGEST_DATA or data[0] not in "cfmrl":
            raise Refusal(400)
        return draw(visitor, await forms.tapped(visitor.staff, data, once_of(form)))

    async def typed(_: Request, visitor: Visitor, form: Mapping[str, str]) -> Response:
        text = form.get("text", "").strip()
        if len(text) > LONGEST_WORDS:
            raise Refusal(413)
        if not text:
            raise Refusal(400)
        given = form.get("draft", ""), form.get("step", "")
        if not all(given):
            raise NotFound("form")
        return draw(visitor, await forms.typed(visitor.staff, *given, text, once_of(form)))

    return [
        Route("/forms", page(site, begun)),
        Route("/forms/tap", post(site, tapped), methods=["POST"]),
        Route("/forms/words", post(site, typed), methods=["POST"]),
        Route("/forms/{draft}", page(site, begun)),
    ]


def marked_up(text: str) -> Markup:
    """A screen of the chat as it stands on a page: its few marks, and nothing else as HTML."""
    from markupsafe import Markup

    parts = TAGS.split(text)
    safe = [one if TAGS.fullmatch(one) else escape(unescape(one)) for one in parts]
    return Markup("".join(safe))  # noqa: S704 - every part that is no mark of ours is escaped
