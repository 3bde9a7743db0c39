"""Reading and changing the records of a case on behalf of a member of staff."""

from __future__ import annotations

from collections.abc import Callable

from handlers.context import Context
from protocol.facts import Fact
from protocol.provider import Staff
from storage.model import Episode, Message, Past
from storage.store import Change, Conflict, NotFound

TRIES = 8


def new_ids(episode: Episode | None) -> Callable[[], str]:
    """Ids for facts to be appended to this episode: f1, f2 … in the order of the record."""
    taken = {fact.id for fact in episode.facts} if episode else set()
    count = len(episode.entries) if episode else 0

    def new() -> str:
        nonlocal count
        count += 1
        while f"f{count}" in taken:
            count += 1
        return f"f{count}"

    return new


async def case(context: Context, ref: str, staff: Staff) -> Episode:
    """The episode, if this person may see it. Raises NotFound for "no" and "not yours" alike."""
    episode = await context.store.episode(ref)
    if not context.engine.service_state.sees(staff, episode.home):
        raise NotFound(ref)
    return episode


async def record(
    context: Context,
    episode: Episode,
    build: Callable[[Episode], list[Fact]],
    *,
    update_id: int | None = None,
    ends_draft: str = "",
    close: bool = False,
) -> Episode:
    """Appends what `build` makes of the episode as it stands; again when somebody was quicker.

    Raises NotSaved: then nothing of it is on record.
    """
    for _ in range(TRIES):
        change = Change(
            facts=build(episode), update_id=update_id, ends_draft=ends_draft, close=close
        )
        try:
            saved = await context.store.commit(episode.ref, episode.version, change)
        except Conflict:
            episode = await context.store.episode(episode.ref)
            continue
        await context.engine.changed(episode.ref)
        return saved
    raise Conflict(episode.ref)


async def history(context: Context, episode: Episode) -> list[Past]:
    """The young person's other episodes, oldest first."""
    return [p for p in await context.store.history(episode.person) if p.ref != episode.ref]


async def owe_card(context: Context, ref: str, staff: Staff) -> None:
    """The facts are saved but the answer did not arrive: the card follows when Telegram is back."""
    now = context.clock.now()
    for _ in range(TRIES):
        episode = await context.store.episode(ref)
        message = Message(
            id=f"card-{staff.id}-{episode.version}",
            to=staff.id,
            kind="card",
            created_at=now,
            due_at=now,
            priority=40,
        )
        try:
            await context.store.commit(ref, episode.version, Change(messages=[message]))
        except Conflict:
            continue
        await context.engine.changed(ref)
        return
