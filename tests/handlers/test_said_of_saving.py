"""Whatever fails around a save: nobody is told "not saved" of what is on disk, nor the contrary."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from storage.store import Conflict, NotFound, NotSaved
from tests.handlers.chat_world import ChatWorld

NOT, YES = "NOT saved", "It is saved"
Flow = Callable[[ChatWorld, str], Awaitable[None]]


async def reports(world: ChatWorld, _: str) -> None:
    await world.sends("amy", "/missing")
    await world.taps("amy", "YP-02", "No, or not", "Not yet", "Just now", "No set time")
    await world.sends("amy", "shouting in the hall")
    await world.taps("amy", "None of these", "Save the report")


async def notes(world: ChatWorld, ref: str) -> None:
    await world.forges("amy", f"c:{ref}:note")
    await world.sends("amy", "her phone went off at nine")


async def raises(world: ChatWorld, ref: str) -> None:
    await world.forges("amy", f"c:{ref}:raise")
    await world.taps("amy", "Level 3")
    await world.sends("amy", "worried")
    await world.taps("amy", "Save")


async def has_it(world: ChatWorld, ref: str) -> None:
    await world.forges("amy", f"r:{ref}:N-POLICE:have")
    await world.forges("amy", f"r:{ref}:N-POLICE:back")


async def unasked(world: ChatWorld, ref: str) -> None:
    await world.sends("amy", "she rang from the station")
    await world.forges("amy", f"w:note:{ref}")


async def takes_over(world: ChatWorld, _: str) -> None:
    await world.sends("amy", "/duty")
    await world.forges("amy", "d:over:rowan")


FLOWS: dict[str, Flow] = {
    "a report": reports,
    "a note": notes,
    "a level": raises,
    "I have it": has_it,
    "words": unasked,
    "taking over": takes_over,
}
PLACES = ("show", "changed", "standing_of", "people")
ERRORS: dict[str, Exception] = {
    "broken": RuntimeError("broken"),
    "not found": NotFound("gone"),
    "disk": NotSaved("full"),
    "conflict": Conflict("again"),
}


def breaks(world: ChatWorld, place: str, error: Exception, which: int) -> None:
    """The call number `which` fails in that place."""
    owner: Any = {
        "show": world.phone,
        "changed": world.engine.planner,
        "standing_of": world.engine.cases,
        "people": world.store,
    }[place]
    real, calls = getattr(owner, place), [0]

    async def failing(*args: Any, **fields: Any) -> Any:
        calls[0] += 1
        if calls[0] == which:
            raise error
        return await real(*args, **fields)

    setattr(owner, place, failing)


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("flow", FLOWS)
async def test_what_is_said_of_saving_is_so(flow: str, place: str, error: str) -> None:
    for which in range(1, 7):
        with capture_logs():
            await one(flow, place, error, which)


async def one(flow: str, place: str, error: str, which: int) -> None:
    async with ChatWorld() as world:
        ref = await world.reports("amy")
        breaks(world, place, ERRORS[error], which)
        said: list[tuple[str, int]] = []
        say = world.phone.say

        async def saying(chat: int, text: str, *, keyboard: bool = False) -> int:
            said.append((text, world._update))
            return await say(chat, text)

        world.phone.say = saying  # type: ignore[method-assign]
        with contextlib.suppress(AssertionError):  # the button that comes next is not there
            await FLOWS[flow](world, ref)
        for text, update in said:
            saved = await world.store.seen(update)
            assert not (NOT in text and saved), (which, text)
            assert not (YES in text and not saved), (which, text)
