"""Lists: open cases with what is due next, one case by reference, who is back."""

from __future__ import annotations

import re
from collections.abc import Sequence

from handlers import showing
from handlers.chat import Button, Incoming, Screen, rows
from handlers.office import Handlers
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


async def mine(desk: Handlers, incoming: Incoming) -> Sequence[Episode]:
    """Open cases of the homes that this person covers, oldest first."""
    return [e for e in await desk.store.open_episodes() if incoming.staff.covers(e.home)]


async def open_cases(desk: Handlers, incoming: Incoming, _: list[str]) -> None:
    """/open"""
    cases = await mine(desk, incoming)
    if not cases:
        await desk.phone.say(incoming.chat_id, menu.NO_CASES, keyboard=True)
        return
    now = desk.clock.now()
    lines = []
    for episode in cases[:MOST]:
        home = desk.service.home(episode.home)
        standing = await desk.engine.standing_of(episode.ref)
        duties = desk.engine.duties_in(episode)[1]
        lines.append(say.case_line(episode, home, standing, duties, desk.pack, now))
    if len(cases) > MOST:
        lines.append(say.more(len(cases) - MOST))
    buttons = [Button(e.ref, f"c:{e.ref}:card") for e in cases[:MOST]]
    await desk.phone.show(
        incoming.chat_id, Screen("\n\n".join([say.OPEN, *lines]), rows(buttons, 3))
    )


async def one_case(desk: Handlers, incoming: Incoming, words: list[str]) -> None:
    """/case RH-7K2D; without a reference, the open cases to choose from."""
    ref = reference_in(" ".join(words))
    if ref:
        await showing.card_of(desk, incoming, ref)
    elif words:
        await desk.phone.say(incoming.chat_id, menu.no_such_case("with that reference"))
    else:
        await _choose(desk, incoming, "case", "card", await mine(desk, incoming))


async def returned(desk: Handlers, incoming: Incoming, _: list[str]) -> None:
    """/returned: which of those still away?"""
    away = [
        e
        for e in await mine(desk, incoming)
        if not (await desk.engine.standing_of(e.ref)).computed.closable
    ]
    await _choose(desk, incoming, "returned", "home", away)


async def _choose(
    desk: Handlers, incoming: Incoming, question: str, action: str, cases: Sequence[Episode]
) -> None:
    if not cases:
        await desk.phone.say(incoming.chat_id, menu.NO_CASES, keyboard=True)
        return
    buttons = [
        Button(say.case_button(e, desk.service.home(e.home)), f"c:{e.ref}:{action}")
        for e in cases[:MOST]
    ]
    await desk.phone.show(incoming.chat_id, Screen(menu.which_case(question), rows(buttons, 1)))
