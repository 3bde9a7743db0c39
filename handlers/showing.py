"""Shows a case to a person: the card as it stands now."""

from __future__ import annotations

from handlers import card, office
from handlers.chat import Incoming, Screen, Unreached
from handlers.office import Handlers
from storage.model import Episode


async def view(desk: Handlers, incoming: Incoming, episode: Episode) -> card.View:
    """The case as it stands now, for this person."""
    return card.View(
        episode=episode,
        state=await desk.engine.standing_of(episode.ref),
        duties=desk.engine.duties_in(episode)[1],
        person=await desk.store.person(episode.person),
        staff=incoming.staff,
        service=desk.service,
        pack=desk.pack,
        clock=desk.clock,
        identifiers=desk.identifiers,
    )


async def card_of(
    desk: Handlers, incoming: Incoming, ref: str, at: int = 0, above: str = ""
) -> None:
    """The card on message `at` (0: a new one), with a line above it. Owed if Telegram is away."""
    episode = await office.case(desk, ref, incoming.staff)
    screen = card.card(await view(desk, incoming, episode))
    if above:
        screen = Screen(f"{above}\n\n{screen.text}", screen.rows)
    try:
        await desk.phone.show(incoming.chat_id, screen, at)
    except Unreached:
        await office.owe_card(desk, ref, incoming.staff)
