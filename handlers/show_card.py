"""Shows a case to a person: the card as it stands now."""

from __future__ import annotations

from handlers import card
from handlers.case_view import CaseView, case_view
from handlers.chat import Button, Incoming, Refused, Screen, Unreached
from handlers.context import Context
from handlers.wording.pages import RECORD
from protocol.provider import Staff
from storage.model import Episode, Message
from storage.store import Change


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
    episode = await context.records.seen_by(incoming.staff, ref)
    context.shown(incoming.staff, ref)
    screen = card.card(await view(context, episode), incoming.staff)
    if above:
        screen = Screen(f"{above}\n\n{screen.text}", screen.rows)
    if context.pages is not None:
        page = Button(RECORD, "", opens=context.pages.opening(f"/cases/{ref}"))
        screen = Screen(screen.text, (*screen.rows, (page,)))
    try:
        await context.phone.show(incoming.chat_id, screen, at)
    except Refused:
        raise
    except Unreached:
        await _owe_card(context, ref, incoming.staff)


async def _owe_card(context: Context, ref: str, staff: Staff) -> None:
    """The facts are saved but the answer did not arrive: the card follows when Telegram is back."""
    now = context.clock.now()

    def build(episode: Episode) -> Change:
        message = Message(
            id=f"card-{staff.id}-{episode.version}",
            to=staff.id,
            kind="card",
            created_at=now,
            due_at=now,
            priority=40,
        )
        return Change(messages=[message])

    await context.records.update(ref, build)
