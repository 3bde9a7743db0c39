"""Who may see and do what with a case: each of these rules holds in the handlers themselves."""

from __future__ import annotations

import msgspec
import pytest

from handlers import draft_state
from protocol import facts as f
from protocol.facts import Acknowledged, Closed, LevelStoodDown, SignedOff
from storage.model import Episode, Message
from storage.store import Change
from tests.handlers.chat_world import SATURDAY_NIGHT, ChatWorld
from tests.reminders.world import summarise
from tests.support.memory_store import MemoryStore


async def test_a_case_cannot_be_closed_before_a_manager_has_signed_it_off() -> None:
    async with ChatWorld() as world:
        ref = await world.reports()
        await world.comes_back("amy", ref)
        for action in ("close", "closing"):
            await world.forges("mia", f"c:{ref}:{action}")
            assert "has to sign off" in world.last("mia")
        assert await world.facts(ref, Closed) == []
        await world.signs_off("mia", ref)
        assert len(await world.facts(ref, SignedOff)) == 1
        await world.forges("amy", f"c:{ref}:closing")
        assert "only a manager can close" in world.last("amy")
        await world.forges("mia", f"c:{ref}:closing")
        assert len(await world.facts(ref, Closed)) == 1


async def test_a_case_of_another_home_is_the_same_as_no_case() -> None:
    """Every way to a case: a button, a reminder's button, the reference, the command."""
    async with ChatWorld() as world:
        ref = await world.reports()
        for data in (
            f"c:{ref}:card",
            f"c:{ref}:timeline",
            f"c:{ref}:note",
            f"r:{ref}:N-POLICE:have",
        ):
            await world.forges("cay", data)
            assert "There is no case" in world.last("cay")
        for text in (ref, f"/case {ref}"):
            await world.sends("cay", text)
            assert "There is no case" in world.last("cay")
        assert ref not in "".join(s.text for s in world.chat("cay").values()).replace(
            f"There is no case {ref} that you may see.", ""
        )
        assert "YP-01" not in "".join(text for chat, text in world.phone.said if chat == 3)


async def test_only_a_manager_lowers_a_level_at_the_beginning_and_when_it_is_saved() -> None:
    async with ChatWorld() as world:
        ref = await world.reports(young_person="YP-02")
        await world.forges("amy", f"c:{ref}:lower")
        assert "Only a manager" in world.last("amy")
        await world.forges("mia", f"c:{ref}:lower")
        await world.taps("mia", "Level 1")
        amy = world.staff("amy")
        demoted = tuple(
            msgspec.structs.replace(s, role=amy.role) if s.id == "mia" else s
            for s in world.provider.staff
        )
        await world.restarts(msgspec.structs.replace(world.provider, staff=demoted))
        await world.sends("mia", "the police have found them at a friend's house")
        assert "Only a manager" in world.last("mia")
        assert await world.facts(ref, LevelStoodDown) == []


async def test_a_card_that_did_not_arrive_is_owed() -> None:
    """The fact is saved, Telegram is away: the card is in the outbox of the case."""
    async with ChatWorld() as world:
        ref = await world.reports()
        await world.forges("amy", f"c:{ref}:found")
        await world.taps("amy", "Just now", "Skip", "No")
        world.phone.away = True
        await world.taps("amy", "Yes")
        episode = await world.store.episode(ref)
        assert len(await world.facts(ref, f.Located)) == 1
        assert [m.to for m in episode.messages if m.kind == "card"] == ["amy"]


async def test_an_unfinished_report_is_offered_before_a_new_one_is_begun() -> None:
    async with ChatWorld() as world:
        await world.sends("amy", "/missing")
        await world.taps("amy", "YP-01")
        await world.sends("amy", "/missing")
        assert "unfinished report" in world.last("amy")
        assert "YP-01" in world.last("amy")
        await world.taps("amy", "Go on with it")
        assert "Young person: YP-01" in world.last("amy")


async def test_a_half_written_note_is_offered_before_a_form_on_another_case() -> None:
    async with ChatWorld() as world:
        first, second = await world.reports(), await world.reports(young_person="YP-02")
        await world.forges("amy", f"c:{first}:raise")
        await world.taps("amy", "Level 3")
        await world.forges("amy", f"c:{first}:withheld")
        await world.sends("amy", "a welfare reason that took a while to write")
        await world.forges("amy", f"c:{second}:note")
        assert "something unfinished" in world.last("amy")
        assert first in world.last("amy")


@pytest.mark.parametrize("action", ["", "have", "mine", "do", "later", "back", "n0", "n1", "other"])
async def test_no_button_of_a_reminder_works_for_another_home(action: str) -> None:
    """The reminder was forwarded, or its reader covers the home no more."""
    async with ChatWorld() as world:
        ref = await world.reports()
        due = due_in(world, await world.case())
        before = (await world.case()).version
        for duty in (*due, "all"):
            await world.forges("cay", f"r:{ref}:{duty}:{action}")
            assert "There is no case with that reference" in world.last("cay")
        assert due
        assert (await world.case()).version == before


class ClosedMeanwhile(MemoryStore):
    """A manager closes the case in the moment in which somebody else's note is saved."""

    closes = False

    async def commit(self, ref: str, version: int, change: Change) -> Episode:
        if self.closes and any(isinstance(fact, f.Note) for fact in change.facts):
            self.closes = False
            now = self._now()
            closed = Closed(id="closed", by="mia", recorded_at=now, at=now)
            await super().commit(ref, version, Change(facts=[closed], close=True))
        return await super().commit(ref, version, change)


async def test_a_note_that_meets_a_case_closed_a_moment_ago_is_not_added_to_it() -> None:
    """Only managers add something late; what was typed stays on disk."""
    store = ClosedMeanwhile(summarise=summarise, now=lambda: SATURDAY_NIGHT)
    async with ChatWorld(store=store) as world:
        ref = await world.reports()
        await world.forges("amy", f"c:{ref}:note")
        store.closes = True
        await world.sends("amy", "the neighbour saw her at the bus stop")
        assert f"<b>{ref}</b> was closed meanwhile." in world.last("amy")
        assert await world.facts(ref, f.Note) == []
        [draft] = await draft_state.drafts_of(world.context, "amy")
        assert "bus stop" in str(draft.answers)


def due_in(world: ChatWorld, episode: Episode) -> list[str]:
    """What is due in this case."""
    return [duty.id for duty in world.engine.cases.duties_in(episode)[1]]


async def test_i_have_all_of_it_takes_what_is_due_and_nothing_that_a_colleague_has() -> None:
    """One tap for the whole alarm; what Ben has already stays his, and giving back gives all."""
    async with ChatWorld() as world:
        ref = await world.reports("amy")
        world.clock.go(hours=3)

        async def owners() -> dict[str, str]:
            now = world.clock.now()
            wanted = world.engine.cases.duties_in(await world.store.episode(ref))[1]
            return {d.id: d.owner if d.held(now) else "" for d in wanted if d.at <= now}

        await world.forges("ben", f"r:{ref}:N-POLICE:have")
        await world.forges("amy", f"r:{ref}:all:have")
        said = world.last("amy")
        assert said.startswith(f"<b>{ref}</b> · YP-01") and "You have it:" in said
        assert "Ben" in said and "has this until" in said
        held = await owners()
        assert len(held) > 2
        assert held == {duty: "ben" if duty == "N-POLICE" else "amy" for duty in held}
        await world.forges("amy", f"r:{ref}:all:back")
        assert "Given back" in world.last("amy")
        assert {duty for duty, who in (await owners()).items() if who} == {"N-POLICE"}
        await world.forges("amy", f"r:{ref}:all:back")
        assert "nothing in hand" in world.last("amy")


async def test_all_of_it_is_what_this_alarm_asks_for_and_no_work_of_the_day() -> None:
    async with ChatWorld() as world:
        ref = await world.reports("amy")
        world.clock.go(hours=3)
        rang = [
            Message(
                id=f"{duty}~1~amy", to="amy", kind="reminder", about=duty, state="sent",
                created_at=world.clock.now(), due_at=world.clock.now(), message_id=900,
            )
            for duty in ("N-POLICE", "N-RA")
        ]  # fmt: skip
        await world.store.commit(ref, (await world.case()).version, Change(messages=rang))
        await world.forges("amy", f"r:{ref}:all:have", at=900)
        held = [fact.duty for fact in await world.facts(ref, Acknowledged)]
        assert held == ["N-POLICE", "N-RA"]


async def test_all_of_it_of_an_old_alarm_when_nothing_is_due_any_more() -> None:
    async with ChatWorld() as world:
        ref = await world.reports("amy")
        await world.comes_back("amy", ref)
        world.clock.go(days=-1)
        await world.forges("amy", f"r:{ref}:all:have")
        assert "Nothing is due any more" in world.last("amy")
