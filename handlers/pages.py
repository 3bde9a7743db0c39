"""The way from the chat to the service's own pages: /pages and its buttons."""

from __future__ import annotations

from handlers.chat import Button, Incoming, Screen
from handlers.context import Context, NotAllowed
from handlers.wording import pages as say


async def pages(context: Context, incoming: Incoming, _: list[str]) -> None:
    """/pages: opens them inside Telegram, or offers a link for a browser."""
    if context.pages is None:
        raise NotAllowed(say.OFF)
    await context.phone.show(
        incoming.chat_id,
        Screen(
            say.PAGES,
            (
                (Button(say.OPEN_IN_CHAT, "", opens=f"{context.pages.address}/in"),),
                (Button(say.OPEN_IN_BROWSER, "g:link"),),
            ),
        ),
    )


async def tapped(context: Context, incoming: Incoming, _: list[str]) -> None:
    """g:link: a one-time link takes the place of the button; the next one ends it."""
    if context.pages is None:
        raise NotAllowed(say.OFF)
    again = Screen(
        say.link(context.pages.link(incoming.staff)),
        ((Button(say.OPEN_IN_BROWSER, "g:link"),),),
    )
    await context.phone.show(incoming.chat_id, again, incoming.message_id)
