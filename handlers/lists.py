"""Lists of cases, a page at a time: open ones with what is due next, and which one is meant."""

from __future__ import annotations

import re
from collections.abc import Sequence

from handlers import ask_second_factor, show_card
from handlers.chat import Button, Incoming
from handlers.context import Context
from handlers.paging import Item, label, page_number, paged
from handlers.wording import lists as say
from handlers.wording import menu
from protocol.provider import Provider, Staff
from storage import reference
from storage.model import Episode

ON_A_PAGE = 10
"""Cases on one page; a phone shows no more."""


def reference_in(text: str, provider: Provider) -> str:
    """A case reference somewhere in typed words: only the prefix of a home makes it one, so that
    "well-known" is none."""
    found = _references(provider).search(text.upper())
    return found[0] if found else ""


def only_reference(text: str, provider: Provider) -> str:
    """The reference, if the text is nothing else."""
    found = _references(provider).fullmatch(text.upper().strip(" .,;:!?"))
    return found[0] if found else ""


def _references(provider: Provider) -> re.Pattern[str]:
    prefixes = "|".join(sorted({re.escape(reference.prefix(h.prefix)) for h in provider.homes}))
    return re.compile(rf"(?<![\w-])(?:{prefixes})-[{reference.ALPHABET}]{{4,8}}(?![\w-])")


async def mine(context: Context, staff: Staff) -> Sequence[Episode]:
    """Open cases that this person may see, newest first."""
    sees = context.engine.service_state.sees
    found = [e for e in await context.records.open_episodes() if sees(staff, e.home)]
    return found[::-1]


async def open_cases(context: Context, incoming: Incoming, _: list[str]) -> None:
    """/open"""
    await _open(context, incoming, 0)


async def _open(context: Context, incoming: Incoming, page: int, at: int = 0) -> None:
    """Each case with the young person, since when, what was done, the next act, and its button."""
    cases = await mine(context, incoming.staff)
    if not cases:
        await context.phone.say(incoming.chat_id, menu.NO_CASES, keyboard=True)
        return
    items = []
    for episode in cases:
        text = say.case(await show_card.view(context, episode))
        items.append(Item(text, ((_button(context, episode, "card"),),)))
    screen = paged(say.OPEN, items, page, lambda number: f"l:open:{number}", most_items=ON_A_PAGE)
    for episode in cases:
        if episode.ref in screen.text:
            context.shown(incoming.staff, episode.ref)
    await context.phone.show(incoming.chat_id, screen, at)


async def one_case(context: Context, incoming: Incoming, words: list[str]) -> None:
    """/case RH-7K2D; without a reference, the open cases to choose from."""
    if words:
        await card_by_reference(context, incoming, words[0])
    else:
        await _choose(context, incoming, "case", 0)


async def card_by_reference(context: Context, incoming: Incoming, ref: str) -> None:
    """The card, after the second factor if it is asked for. Raises NotFound."""
    await context.records.seen_by(incoming.staff, ref)
    if not await ask_second_factor.comes_first(context, incoming, ref):
        await show_card.card_of(context, incoming, ref)


async def returned(context: Context, incoming: Incoming, _: list[str]) -> None:
    """/returned: which of those still away?"""
    await _choose(context, incoming, "returned", 0)


async def _choose(
    context: Context, incoming: Incoming, question: str, page: int, at: int = 0
) -> None:
    """The cases as buttons, newest first. "case": all that are open; "returned": still away."""
    cases = await mine(context, incoming.staff)
    if question == "returned":
        cases = [
            e
            for e in cases
            if not (await context.engine.cases.standing_of(e.ref)).computed.returned
        ]
    if not cases:
        await context.phone.say(incoming.chat_id, menu.NO_CASES, keyboard=True)
        return
    action = "home" if question == "returned" else "card"
    items = [Item("", ((_button(context, episode, action),),)) for episode in cases]
    screen = paged(
        menu.which_case(question),
        items,
        page,
        lambda number: f"l:{question}:{number}",
        most_items=ON_A_PAGE,
    )
    await context.phone.show(incoming.chat_id, screen, at)


def _button(context: Context, episode: Episode, action: str) -> Button:
    home = context.service.home(episode.home)
    return Button(label(say.case_button(episode, home)), f"c:{episode.ref}:{action}")


async def tapped(context: Context, incoming: Incoming, parts: list[str]) -> None:
    """l:open:PAGE, l:case:PAGE, l:returned:PAGE"""
    match parts:
        case [("case" | "returned") as question, page]:
            await _choose(context, incoming, question, page_number(page), incoming.message_id)
        case ["open", page]:
            await _open(context, incoming, page_number(page), incoming.message_id)
        case _:
            await _open(context, incoming, 0, incoming.message_id)
