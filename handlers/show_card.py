"""Shows a case to a person: the card as it stands now."""

from __future__ import annotations

from handlers import card, case_records
from handlers.case_view import CaseView, case_view
from handlers.chat import Incoming, Refused, Screen, Unreached
from handlers.context import Context
from storage.model import Episode


async def view(context: Context, episode: Episode) -> CaseView:
    """The case as it stands now."""
    return case_view(
        episode,
        await context.engine.cases.standing_of(episode.ref),
        context.engine.cases.duties_in(episode)[1],
        await context.store.person(episode.person),
        context.service,
        context.pack,
        context.clock.now(),
        context.identifiers,
    )


async def card_of(
    context: Context, incoming: Incoming, ref: str, at: int = 0, above: str = ""
) -> None:
    """The card on message `at` (0: a new one), with a line above it. Owed if Telegram is away."""
    episode = await case_records.case(context, ref, incoming.staff)
    screen = card.card(await view(context, episode), incoming.staff)
    if above:
        screen = Screen(f"{above}\n\n{screen.text}", screen.rows)
    try:
        await context.phone.show(incoming.chat_id, screen, at)
    except Refused:
        raise
    except Unreached:
        await case_records.owe_card(context, ref, incoming.staff)
