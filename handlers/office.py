"""What every handler is given: the book, the engine, the clock, the phone, and the service."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from handlers.chat import Phone
from protocol.facts import Fact, Withdrawn
from protocol.pack import Pack
from reminders.acts import Acts
from reminders.clock import Clock
from reminders.engine import Engine
from reminders.service import Service, Staff
from reminders.shifts import Shifts
from storage.model import Episode, Message, Past
from storage.store import Change, Conflict, NotFound, Store

TRIES = 8


class Handlers(msgspec.Struct, frozen=True, kw_only=True):
    """The things that handlers work with, put together once at start-up."""

    store: Store
    engine: Engine
    acts: Acts
    shifts: Shifts
    clock: Clock
    phone: Phone
    service: Service
    pack: Pack
    identifiers: str = "reference"
    told_not_saved: set[str] = msgspec.field(default_factory=set)
    """Staff ids who were told that theirs was NOT saved: they hear when saving works again."""


class NotAllowed(Exception):
    """The person may not do or see this; the text says what is allowed."""


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


async def case(desk: Handlers, ref: str, staff: Staff) -> Episode:
    """The episode, if this person may see it. Raises NotFound for "no" and "not yours" alike."""
    episode = await desk.store.episode(ref)
    if not staff.covers(episode.home):
        raise NotFound(ref)
    return episode


async def record(
    desk: Handlers,
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
            saved = await desk.store.commit(episode.ref, episode.version, change)
        except Conflict:
            episode = await desk.store.episode(episode.ref)
            continue
        await desk.engine.changed(episode.ref)
        return saved
    raise Conflict(episode.ref)


def standing(facts: tuple[Fact, ...]) -> list[Fact]:
    """The facts that count: those that were not withdrawn, nor put right by a later one."""
    gone = {f.fact for f in facts if isinstance(f, Withdrawn)}
    gone |= {f.corrects for f in facts if f.corrects and f.id not in gone}
    return [f for f in facts if f.id not in gone and not isinstance(f, Withdrawn)]


async def history(desk: Handlers, episode: Episode) -> list[Past]:
    """The young person's other episodes, oldest first."""
    return [p for p in await desk.store.history(episode.person) if p.ref != episode.ref]


async def owe_card(desk: Handlers, ref: str, staff: Staff) -> None:
    """The facts are saved but the answer did not arrive: the card follows when Telegram is back."""
    now = desk.clock.now()
    for _ in range(TRIES):
        episode = await desk.store.episode(ref)
        message = Message(
            id=f"card-{staff.id}-{episode.version}",
            to=staff.id,
            kind="card",
            created_at=now,
            due_at=now,
            priority=40,
        )
        try:
            await desk.store.commit(ref, episode.version, Change(messages=[message]))
        except Conflict:
            continue
        await desk.engine.changed(ref)
        return
