"""No screen is too large for Telegram, however many homes, cases and colleagues, and long names."""

from __future__ import annotations

import msgspec
import pytest

from handlers.chat import Button, Screen, rows
from handlers.paging import Item, page_number, paged, pages
from protocol import facts as f
from protocol.provider import Home, Provider, Role
from storage.store import Change
from tests.handlers.chat_world import PROVIDER, ChatWorld, TooMuch, refused, staff, young
from tests.reminders.world import utc

LONG = " of the Very Long Name & Sons, formerly the Old Rectory, upper floor"


def large(homes: int, name: str = LONG) -> Provider:
    """Many homes with long names, long ids and a colleague each; Amy and Mia cover all."""
    places = tuple(
        Home(id=f"home-{n:03}-{'x' * 40}", name=f"Home {n:03}{name}", prefix=f"H{n:03}")
        for n in range(homes)
    )
    people = tuple(
        staff(f"staff-{n:03}-{'y' * 40}", 1000 + n, Role.DUTY_MANAGER) for n in range(homes)
    )
    everywhere = (staff("amy", 1, Role.DUTY_MANAGER), staff("mia", 4, Role.MANAGER))
    return msgspec.structs.replace(PROVIDER, homes=places, staff=(*everywhere, *people))


async def cases(world: ChatWorld, count: int) -> list[str]:
    """That many open cases, spread over the homes."""
    found = []
    for n in range(count):
        home = world.provider.homes[n % len(world.provider.homes)]
        ref = await world.store.new_reference(home.prefix)
        now = world.clock.now()
        opened = f.Opened(
            id="f1",
            by="amy",
            recorded_at=now,
            category="missing",
            child=young("x").child,
            aware_at=now,
            last_seen_at=now,
        )
        await world.store.create(ref, home.id, f"YP-{n:03}-{'z' * 60}", Change(facts=[opened]))
        await world.engine.planner.changed(ref)
        found.append(ref)
        world.clock.go(seconds=1)
    return found


async def walk(world: ChatWorld, who: str, *, most: int = 400) -> int:
    """Taps every button that was ever shown, once, and every button that this brings up. A screen
    that breaks a limit raises; what the person was told in its place is looked at as well."""
    tapped: set[str] = set()
    for _ in range(most):
        found = [
            (number, button.data)
            for number, screen in world.chat(who).items()
            for row in screen.rows
            for button in row
            if kind_of(button.data) not in tapped
        ]
        if not found:
            break
        number, data = found[-1]
        tapped.add(kind_of(data))
        await world.forges(who, data, number)
        assert "does not take" not in world.last(who), data
        assert "went wrong" not in world.last(who), data
    return len(tapped)


def kind_of(data: str) -> str:
    """Buttons that differ only in the case or the draft they belong to are one kind."""
    parts = data.split(":")
    return ":".join([parts[0], *parts[2:]]) if parts[0] in "cfr" else data


@pytest.mark.parametrize("homes", [60, 200])
async def test_many_homes_with_long_names(homes: int) -> None:
    """/duty, taking over, handing over to one of many: every screen arrives, page by page."""
    async with ChatWorld(large(homes), ()) as world:
        for command in ("/duty", "/today", "/open", "/case", "/returned", "/missing", "/digest"):
            await world.sends("mia", command)
            assert "does not take" not in world.last("mia"), command
        await world.sends("mia", "/cancel")
        await world.sends("amy", "/duty")
        assert "Home 000" in world.text("amy")
        await world.taps("amy", "Next page")
        assert "Home 020" in world.text("amy")
        await world.taps("amy", "I am taking over", "Next page", "Home 012")
        assert "You have taken over" in world.text("amy")
        await world.taps("amy", "Hand over", "Next page", "Home 013", "Next page", "Staff-008")
        assert "is asked to take over" in world.text("amy")


async def test_every_screen_with_many_cases_keeps_to_the_limits() -> None:
    async with ChatWorld(
        large(60), [young(f"YP-{n:03}-{'z' * 60}", f"home-000-{'x' * 40}") for n in range(90)]
    ) as world:
        found = await cases(world, 130)
        for command in ("/duty", "/today", "/open", "/case", "/returned"):
            await world.sends("mia", command)
            assert "does not take" not in world.last("mia"), command
        await world.sends("mia", f"/case {found[-1]}")
        assert await walk(world, "mia") > 60


@pytest.mark.parametrize("action", ["found", "back"])
async def test_every_screen_after_a_return_keeps_to_the_limits(action: str) -> None:
    """Found or back, nobody told, nothing known: all that is left to settle, each with its form."""
    async with ChatWorld(large(60), [young("YP-1", f"home-000-{'x' * 40}")]) as world:
        [ref] = await cases(world, 1)
        world.clock.go(hours=30)
        await world.forges("mia", f"c:{ref}:{action}")
        for answer in ("Just now", "Don't know", "Don't know", "Don't know"):
            if "Cancel" in world.labels("mia"):
                await world.taps("mia", answer)
        await world.sends("mia", f"/case {ref}")
        assert await walk(world, "mia") > 15


async def test_lists_turn_pages_and_begin_with_the_newest() -> None:
    async with ChatWorld() as world:
        found = await cases(world, 30)
        for command in ("/open", "/case", "/returned"):
            await world.sends("mia", command)
            assert found[-1] in world.labels("mia")[0], command
            for _ in range(2):
                await world.taps("mia", "Next page")
            assert found[0] in " ".join(world.labels("mia")), command


async def test_a_long_timeline_turns_pages() -> None:
    async with ChatWorld() as world:
        [ref] = await cases(world, 1)
        episode = await world.store.episode(ref)
        now = utc("2026-11-21 21:31")
        notes = [
            f.Note(
                id=f"n{n}",
                by="amy",
                recorded_at=now,
                at=now,
                text="x",
            )
            for n in range(200)
        ]
        await world.store.commit(ref, episode.version, Change(facts=notes))
        await world.forges("mia", f"c:{ref}:timeline")
        assert "report logged" not in world.text("mia")
        for _ in range(8):
            await world.taps("mia", "Page before")
        assert "report logged" in world.text("mia")


async def test_a_screen_that_telegram_refuses_ends_in_words() -> None:
    """Whatever is still too large: the person is told, and what was saved is said to be saved."""
    async with ChatWorld() as world:
        ref = await world.reports()
        real = world.phone.show

        async def show(chat_id: int, screen: Screen, message_id: int = 0) -> int:
            if screen.rows and "Level" in screen.text:
                raise TooMuch("reply markup is too long")
            return await real(chat_id, screen, message_id)

        world.phone.show = show  # type: ignore[method-assign]
        await world.sends("amy", f"/case {ref}")
        assert "Telegram does not take this screen" in world.last("amy")
        await world.forges("amy", f"c:{ref}:found")
        await world.taps("amy", "Just now", "Skip", "No", "Yes")
        assert "It is saved" in world.last("amy")
        assert "NOT saved" not in world.last("amy")


def test_pages_hold_every_item_once_and_fit() -> None:
    items = [Item(f"{'é' * (n % 700)}", rows([Button("🚨" * 50, f"c:{n}")])) for n in range(300)]
    assert [item for page in pages(items) for item in page] == items
    for number in range(len(pages(items))):
        assert refused(paged("Head", items, number, lambda n: f"l:open:{n}")) == ""
    assert paged("Head", [], 7, str) == Screen("Head")
    assert [page_number(text) for text in ("3", "-1", "²", "x", "", "9" * 40)] == [3, 0, 0, 0, 0, 0]


async def test_lists_say_who_since_when_what_was_done_and_what_is_next() -> None:
    """/open and the list of a shift, each case with its button."""
    async with ChatWorld() as world:
        ref = await world.reports()
        world.clock.go(minutes=30)
        await world.forges("amy", f"c:{ref}:parents")
        await world.taps("amy", "I did", "Just now", "Missing, police told")
        for command in ("/open", "/today"):
            await world.sends("amy", command)
            for part in (ref, "YP-01, 15", "Rowan House", "level", "21:30", "parents told 22:00"):
                assert part in world.text("amy"), (command, part)
            assert "‼️" in world.text("amy"), "the next act"
            assert any(ref in label for label in world.labels("amy")), command
            await world.taps("amy", ref)
            assert "· Level" in world.last("amy")
