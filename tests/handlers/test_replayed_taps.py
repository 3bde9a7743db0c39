"""Whatever buttons were ever shown to anybody: tapped by a colleague of another home, they tell and
change nothing of this one."""

from __future__ import annotations

from typing import Any

from handlers.chat import Screen
from tests.handlers.chat_world import ChatWorld

OF_CEDAR = ("Cay", "YP-11", "Cedar", "CH-")
COMMANDS = (
    "/open",
    "/duty",
    "/today",
    "/people",
    "/digest",
    "/returned",
    "words that nobody asked",
)
DEPTH = 2


def watched(world: ChatWorld) -> set[str]:
    """Fills with the data of every button that is shown from now on."""
    seen: set[str] = set()
    show = world.phone.show

    async def showing(chat: int, screen: Screen, at: int = 0) -> int:
        seen.update(button.data for row in screen.rows for button in row)
        return await show(chat, screen, at)

    world.phone.show = showing  # type: ignore[method-assign]
    return seen


def leaks(world: ChatWorld) -> list[str]:
    """Words of the other home on Amy's phone."""
    shown: list[Any] = list(world.chat("amy").values())
    texts = [screen.text for screen in shown]
    texts += [button.label for screen in shown for row in screen.rows for button in row]
    return [text for text in texts if any(word in text for word in OF_CEDAR)]


async def test_nobodys_buttons_show_a_colleague_anything_of_another_home() -> None:
    async with ChatWorld() as world:
        await world.reports("amy")
        ref = await world.reports("cay", "YP-11")
        seen = watched(world)
        for who in ("cay", "mia", "dot", "ada"):
            for text in (*COMMANDS, f"/case {ref}"):
                await world.sends(who, text)
            for _ in range(DEPTH):
                for data in sorted(seen):
                    await world.forges(who, data)
        assert len(seen) > 500
        before = await world.store.episode(ref)
        for data in sorted(seen):
            await world.forges("amy", data)
            assert leaks(world) == [], data
            world.phone.chats.pop(1, None)
        after = await world.store.episode(ref)
        assert after.entries == before.entries
