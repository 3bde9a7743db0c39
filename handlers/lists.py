"""Lists: open cases with what is due next, one case by reference, who is back."""

from __future__ import annotations

import re
from collections.abc import Sequence

from handlers import show_card
from handlers.chat import Button, Incoming, Screen, rows
from handlers.context import Context
from handlers.wording import lists as say
from handlers.wording import menu
from storage.model import Episode

REFERENCE = re.compile(r"\b[A-Z]{2,4}-[A-Z0-9]{4,6}\b")
MOST = 12
"""Cases on one screen; a phone shows no more."""


def reference_in(text: str) -> str:
    """A case reference somewhere in typed words."""
    found = REFERENCE.search(text.upper())
    return found[0] if found else ""


async def mine(context: Context, incoming: Incoming) -> Sequence[Episode]:
    """Open cases of the homes that this person covers, oldest first."""
    sees = context.engine.service_state.sees
    return [e for e in await context.store.open_episodes() if sees(incoming.staff, e.home)]


async def open_cases(context: Context, incoming: Incoming, _: list[str]) -> None:
    """/open"""
    cases = await mine(context, incoming)
    if not cases:
        await context.phone.say(incoming.chat_id, menu.NO_CASES, keyboard=True)
        return
    now = context.clock.now()
    lines = []
    for episode in cases[:MOST]:
        home = context.service.home(episode.home)
        standing = await context.engine.standing_of(episode.ref)
        duties = context.engine.duties_in(episode)[1]
        lines.append(say.case_line(episode, home, standing, duties, context.pack, now))
    if len(cases) > MOST:
        lines.append(say.more(len(cases) - MOST))
    buttons = [Button(e.ref, f"c:{e.ref}:card") for e in cases[:MOST]]
    await context.phone.show(
        incoming.chat_id, Screen("\n\n".join([say.OPEN, *lines]), rows(buttons, 3))
    )


async def one_case(context: Context, incoming: Incoming, words: list[str]) -> None:
    """/case RH-7K2D; without a reference, the open cases to choose from."""
    ref = reference_in(" ".join(words))
    if ref:
        await show_card.card_of(context, incoming, ref)
    elif words:
        await context.phone.say(incoming.chat_id, menu.no_such_case("with that reference"))
    else:
        await _choose(context, incoming, "case", "card", await mine(context, incoming))


async def returned(context: Context, incoming: Incoming, _: list[str]) -> None:
    """/returned: which of those still away?"""
    away = [
        e
        for e in await mine(context, incoming)
        if not (await context.engine.standing_of(e.ref)).computed.closable
    ]
    await _choose(context, incoming, "returned", "home", away)


async def _choose(
    context: Context, incoming: Incoming, question: str, action: str, cases: Sequence[Episode]
) -> None:
    if not cases:
        await context.phone.say(incoming.chat_id, menu.NO_CASES, keyboard=True)
        return
    buttons = [
        Button(say.case_button(e, context.service.home(e.home)), f"c:{e.ref}:{action}")
        for e in cases[:MOST]
    ]
    await context.phone.show(incoming.chat_id, Screen(menu.which_case(question), rows(buttons, 1)))
