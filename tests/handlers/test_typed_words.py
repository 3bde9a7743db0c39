"""Nothing that was typed is lost: it is an answer, a note, kept beside, or said to be not kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from handlers.form_screen import TEXT_LIMIT
from protocol.facts import Note, Opened
from tests.handlers.chat_world import ChatWorld

LONG = "word " * 819  # 4,095 characters: what a phone sends as the first part of a longer text


async def kept(world: ChatWorld, who: str = "amy") -> list[str]:
    draft = await world.store.draft(f"{who}.words")
    return draft.answers["texts"] if draft else []


async def the_note(world: ChatWorld, ref: str) -> list[str]:
    return [note.text for note in await world.facts(ref, Note)]


async def test_a_note_of_four_thousand_characters_is_taken() -> None:
    async with ChatWorld() as world:
        ref = await world.reports()
        await world.forges("amy", f"c:{ref}:note")
        text = ("x" * 99 + " ") * 40
        await world.sends("amy", text)
        await world.taps("amy", "That's all")
        assert await the_note(world, ref) == [text.strip()]


async def test_parts_of_one_pasted_text_are_joined() -> None:
    """The phone cut it at 4,096 characters; the parts arrive within a second."""
    async with ChatWorld() as world:
        ref = await world.reports()
        await world.forges("amy", f"c:{ref}:note")
        await world.sends("amy", LONG)
        world.clock.go(seconds=1)
        await world.sends("amy", "and the end of it")
        assert await the_note(world, ref) == []
        assert f"one answer holds {TEXT_LIMIT:,}" in world.text("amy")
        await world.taps("amy", "Keep it all")
        notes = await the_note(world, ref)
        assert " ".join(notes) == f"{LONG}and the end of it"
        assert all(len(note) <= TEXT_LIMIT for note in notes)


async def test_a_text_that_is_too_long_stays_and_a_shorter_one_takes_its_place() -> None:
    async with ChatWorld() as world:
        ref = await world.reports()
        await world.forges("amy", f"c:{ref}:note")
        await world.sends("amy", LONG)
        world.clock.go(minutes=2)
        await world.sends("amy", "in short: at the station")
        assert await the_note(world, ref) == ["in short: at the station"]


async def test_parts_of_the_circumstances_are_joined_and_the_form_goes_on_after_them() -> None:
    async with ChatWorld() as world:
        await world.sends("amy", "/missing")
        await world.taps("amy", "YP-01", "No, or not", "Not yet", "Just now", "No set time")
        await world.sends("amy", "a" * 3500)
        world.clock.go(seconds=1)
        await world.sends("amy", "b" * 300)
        await world.taps("amy", "That's all", "None of these", "Save the report")
        [opened] = await world.facts((await world.case()).ref, Opened)
        assert opened.circumstances == f"{'a' * 3500} {'b' * 300}"


async def test_a_second_message_after_a_note_is_offered_as_its_continuation() -> None:
    async with ChatWorld() as world:
        ref = await world.reports()
        await world.forges("amy", f"c:{ref}:note")
        await world.sends("amy", "her phone went off at nine")
        world.clock.go(seconds=5)
        await world.sends("amy", "and on again at ten")
        assert await kept(world) == ["and on again at ten"]
        assert world.labels("amy")[0] == f"➕ Goes with what I just recorded on {ref}"
        await world.taps("amy", "Goes with")
        assert await the_note(world, ref) == ["her phone went off at nine", "and on again at ten"]
        assert await kept(world) == []


async def test_a_second_message_after_an_answer_is_offered_as_its_continuation() -> None:
    async with ChatWorld() as world:
        await world.sends("amy", "/missing")
        await world.taps("amy", "YP-01", "No, or not", "Not yet", "Just now", "No set time")
        await world.sends("amy", "shouting in the hall")
        await world.sends("amy", "then the door")
        assert "Anything that makes it worse?" in world.text("amy")
        await world.taps("amy", "Add to my last answer")
        assert "Anything that makes it worse?" in world.text("amy")
        await world.taps("amy", "None of these", "Save the report")
        [opened] = await world.facts((await world.case()).ref, Opened)
        assert opened.circumstances.startswith("shouting in the hall\nthen the door")


@pytest.mark.parametrize(
    "text",
    [
        "well-known",
        "no-show",
        "YP-06 is missing please help",
        "/missing YP-06 please help",
        "/note she rang from the station",
        "/case she is back",
        "{ref} she rang from the station",
        "/case {ref} she rang from the station",
        "/help me please",
    ],
)
async def test_words_that_nobody_asked_for_leave_the_chat_and_are_kept(text: str) -> None:
    async with ChatWorld() as world:
        ref = await world.reports("ben")
        await world.sends("amy", text.format(ref=ref))
        assert (1, world._typed) in world.phone.removed
        [words] = await kept(world)
        assert words.split()[-1] == text.split()[-1]
        offers = [s for s in world.chat("amy").values() if "not on record" in s.text]
        assert len(offers) == 1
        assert "999" in offers[0].text
        await world.taps("amy", f"Note on {ref}")
        assert await the_note(world, ref) == [words]
        assert await kept(world) == []


async def test_a_text_in_three_parts_that_nobody_asked_for_is_one_text() -> None:
    async with ChatWorld() as world:
        ref = await world.reports()
        world.clock.go(minutes=20)
        parts = [("abc " * 1024)[:4096], "d" * 4096, "the end"]
        for part in parts:
            await world.sends("amy", part)
            world.clock.go(seconds=1)
        [words] = await kept(world)
        assert words.replace(" ", "") == "".join(parts).replace(" ", "")
        offers = world.chat("amy").values()
        assert len([s for s in offers if "not on record" in s.text]) == 1
        await world.taps("amy", f"Note on {ref}")
        assert " ".join(await the_note(world, ref)).replace(" ", "") == words.replace(" ", "")


async def test_words_alone_can_begin_a_report() -> None:
    async with ChatWorld() as world:
        await world.sends("amy", "YP-01 has been gone since tea please help")
        await world.taps("amy", "Report missing", "YP-01", "No, or not", "Not yet", "1 h ago")
        await world.taps("amy", "No set time", "None of these", "Save the report")
        [opened] = await world.facts((await world.case()).ref, Opened)
        assert opened.circumstances == "YP-01 has been gone since tea please help"
        assert await kept(world) == []


async def test_a_reference_alone_opens_the_case() -> None:
    async with ChatWorld() as world:
        ref = await world.reports()
        for text in (ref, ref.lower(), f" {ref}. "):
            await world.sends("amy", text)
            assert ref in world.last("amy")
        assert await kept(world) == []
        await world.sends("amy", "RH-2222")
        assert "There is no case RH-2222 that you may see." in world.last("amy")


async def test_what_is_no_time_is_kept_if_it_is_a_text_and_said_to_be_lost_if_not() -> None:
    async with ChatWorld() as world:
        await world.sends("amy", "/missing")
        await world.taps("amy", "YP-01", "No, or not")
        await world.sends("amy", "later tonight")
        assert "What you typed was not kept." in world.text("amy")
        await world.sends("amy", "the police said on the phone that they would send somebody round")
        assert await kept(world) == [
            "the police said on the phone that they would send somebody round"
        ]
        assert "Have police been told?" in world.text("amy")


@pytest.mark.parametrize("what", ["photo", "/duty", "/help", "/nonsense", "/case"])
async def test_the_question_stays_at_the_bottom(what: str) -> None:
    """A photo or a command in the middle of a form: what is asked is the lowest message."""
    async with ChatWorld() as world:
        await world.sends("amy", "/missing")
        await world.taps("amy", "YP-01")
        if what == "photo":
            await world.sends_kind("amy", "photo")
        else:
            await world.sends("amy", what)
        assert "Does somebody know" in world.text("amy")
        await world.taps("amy", "No, or not")
        assert "police" in world.text("amy")


async def test_nothing_typed_is_removed_before_it_is_on_disk() -> None:
    """The disk refuses: the words stay in the chat."""
    from storage.store import NotSaved

    async with ChatWorld() as world:
        ref = await world.reports()
        await world.forges("amy", f"c:{ref}:note")

        async def refuses(*_: object, **__: object) -> None:
            raise NotSaved("the disk is full")

        real = world.store.commit, world.store.save_draft
        world.store.commit = world.store.save_draft = refuses
        removed = list(world.phone.removed)
        await world.sends("amy", "her phone went off at nine")
        assert "NOT saved" in world.last("amy")
        assert world.phone.removed == removed
        world.store.commit, world.store.save_draft = real
        await world.sends("amy", "her phone went off at nine")
        assert await the_note(world, ref) == ["her phone went off at nine"]


async def test_an_administrator_sees_no_cases_in_what_is_said_of_typed_words() -> None:
    async with ChatWorld() as world:
        ref = await world.reports()
        await world.sends("ada", f"what about {ref}")
        assert "was not kept" in world.last("ada")
        assert await kept(world, "ada") == []


async def test_typed_words_are_no_button_and_no_button_is_a_reference() -> None:
    """Answers like "=9", "?" or "x" are words; a young person called "x" does not cancel."""
    from tests.handlers.chat_world import PEOPLE, young

    people = (*PEOPLE, young("x"), young("<"), young("ok"), young("more:1"), young("?"))
    async with ChatWorld(people=people) as world:
        for ref in ("x", "<", "ok", "more:1", "?"):
            await world.sends("amy", "/missing")
            await world.taps("amy", ref, "No, or not", "Not yet", "Just now", "No set time")
            await world.sends("amy", "=9")
            await world.taps("amy", "None of these", "Save the report")
            newest = (await world.cases())[-1]
            assert newest.person == ref
            [opened] = await world.facts(newest.ref, Opened)
            assert opened.circumstances == "=9"
            world.clock.go(minutes=1)


def test_the_time_in_which_parts_are_joined_is_seconds() -> None:
    from handlers.form_answers import SAME_TEXT

    assert timedelta(seconds=2) <= SAME_TEXT <= timedelta(seconds=30)


def at_each_save(world: ChatWorld, look: Callable[[], None]) -> None:
    """Calls it whenever something is about to be put on disk."""
    for name in ("save_draft", "commit", "create"):
        save = getattr(world.store, name)

        async def watched(*args: Any, _save: Any = save, **fields: Any) -> Any:
            look()
            return await _save(*args, **fields)

        setattr(world.store, name, watched)


@pytest.mark.parametrize(
    ("begun", "text"),
    [
        ("c:{ref}:note", "she rang from the station"),
        ("c:{ref}:raise", "Level 3"),
        ("", "she rang from the station"),
        ("", "/case {ref} she rang from the station"),
        ("", "/missing she rang from the station"),
        ("", "/she_rang"),
        ("", "/start she rang from the station"),
    ],
)
async def test_that_it_leaves_the_chat_is_on_record_before_it_is_saved(
    begun: str, text: str
) -> None:
    """So a power cut between saving and removing leaves no words in the chat."""
    async with ChatWorld() as world:
        ref = await world.reports()
        if begun:
            await world.forges("amy", begun.format(ref=ref))
        promised: list[bool] = []

        def look() -> None:
            promised.append(world.phone.owed == {(1, world._typed): world._update})

        at_each_save(world, look)
        await world.sends("amy", text.format(ref=ref))
        assert promised and promised[0]
        assert (1, world._typed) in world.phone.removed
        assert world.phone.owed == {}


@pytest.mark.parametrize("text", ["/open", "/open@nightlight_example_bot", "📂 Open cases"])
async def test_a_bare_command_costs_no_record(text: str) -> None:
    async with ChatWorld() as world:
        await world.reports()
        world.phone.dealt.clear()
        at_each_save(world, lambda: pytest.fail("nothing is to be saved"))
        await world.sends("amy", text)
        assert world.phone.dealt == []


async def test_a_reference_alone_stays_in_the_chat() -> None:
    async with ChatWorld() as world:
        ref = await world.reports()
        world.phone.dealt.clear()
        await world.sends("amy", ref)
        assert world.phone.dealt == [(1, world._typed, False)]
        assert (1, world._typed) not in world.phone.removed


async def test_a_photo_leaves_the_chat_whatever_happens() -> None:
    async with ChatWorld() as world:
        seen: list[int] = []
        remove = world.phone.remove

        async def removing(chat: int, number: int, *, own: bool = False) -> bool:
            seen.append(world.phone.owed[(chat, number)])
            return await remove(chat, number)

        world.phone.remove = removing  # type: ignore[method-assign]
        await world.sends_kind("amy", "photo")
        assert seen == [0]


async def test_words_beside_a_command_are_saved_before_the_command_is() -> None:
    """Both are saved under one update, which comes again after a power cut and is passed over: what
    was saved second would be lost, and taken out of the chat."""
    async with ChatWorld() as world:
        saved: list[str] = []
        save = world.store.save_draft

        async def power_cut(draft: Any, update_id: int | None = None) -> Any:
            if saved:
                raise OSError("the power fails")
            saved.append(draft.kind)
            return await save(draft, update_id)

        world.store.save_draft = power_cut  # type: ignore[method-assign]
        await world.sends("amy", "/missing she rang from the station")
        assert saved == ["words"]
        assert await kept(world) == ["she rang from the station"]


async def test_a_command_that_came_again_is_taken_out_with_its_words() -> None:
    async with ChatWorld() as world:
        await world.sends("amy", "/open\nshe rang from the station")
        world.phone.removed.clear()
        await world.again("amy")
        await world._in("amy", text="/open\nshe rang from the station", message_id=world._typed)
        assert (1, world._typed) in world.phone.removed


@pytest.mark.parametrize("text", ["/missing she is gone", "/case RH-2345 she is gone", "/open now"])
async def test_words_of_an_administrator_leave_the_chat_beside_every_command(text: str) -> None:
    async with ChatWorld() as world:
        await world.sends("ada", text)
        assert (5, world._typed) in world.phone.removed
        assert "was not kept" in world.last("ada")


async def test_a_link_leaves_the_chat_and_other_words_behind_start_are_kept() -> None:
    async with ChatWorld() as world:
        await world.sends("amy", "/start Jrm2xN0u8dG5aVqY")
        assert (1, world._typed) in world.phone.removed
        assert await kept(world) == []
        await world.sends("amy", "/start Jamie rang")
        assert await kept(world) == ["Jamie rang"]


async def test_words_answer_the_question_that_was_asked_last_also_after_the_clock_went_back() -> (
    None
):
    """A report is half-finished; the clock goes back an hour; then a note is begun."""
    async with ChatWorld() as world:
        ref = await world.reports()
        await world.sends("amy", "/missing")
        await world.taps("amy", "YP-02", "No, or not", "Not yet", "Just now", "No set time")
        world.clock.go(hours=-1)
        await world.forges("amy", f"c:{ref}:note")
        await world.sends("amy", "she rang from the station")
        assert await the_note(world, ref) == ["she rang from the station"]


async def test_what_is_typed_below_a_photo_is_kept() -> None:
    """The photo is refused; the words are not thrown away with it."""
    async with ChatWorld() as world:
        await world._in("amy", other="photo", caption="at the station at nine", message_id=77)
        assert (1, 77) in world.phone.removed
        assert await kept(world) == ["at the station at nine"]
        assert any("do not keep photos" in text for _, text in world.phone.said)


@pytest.mark.parametrize("text", ["/open she is at the station", "she is at the station"])
async def test_words_that_are_put_into_an_older_message_are_kept_and_answer_nothing(
    text: str,
) -> None:
    """ "/open" stays in the chat; its author puts words into it afterwards."""
    async with ChatWorld() as world:
        ref = await world.reports()
        await world.forges("amy", f"c:{ref}:note")
        await world._in("amy", text=text, message_id=77, edited=True)
        assert (1, 77) in world.phone.removed
        assert await kept(world) == [text]
        assert await the_note(world, ref) == []


async def test_a_command_that_is_put_right_by_editing_says_nothing() -> None:
    async with ChatWorld() as world:
        before = len(world.phone.said)
        await world._in("amy", text="/open", message_id=77, edited=True)
        assert len(world.phone.said) == before and world.phone.removed == []


async def test_words_that_were_added_to_an_answer_are_added_once() -> None:
    """The power fails when they are in the form and still kept beside it; they are offered again
    after the restart, and their author adds them again."""
    async with ChatWorld() as world:
        await world.sends("amy", "/missing")
        await world.taps("amy", "YP-01", "No, or not", "Not yet", "Just now", "No set time")
        await world.sends("amy", "shouting in the hall")
        await world.sends("amy", "then the door")
        drop = world.store.drop_draft

        async def power_cut(owner: str, update_id: int | None = None) -> None:
            raise OSError("the power fails")

        world.store.drop_draft = power_cut  # type: ignore[method-assign]
        await world.taps("amy", "Add to my last answer")
        world.store.drop_draft = drop  # type: ignore[method-assign]
        assert await kept(world) == ["then the door"]
        await world.taps("amy", "Add to my last answer")
        assert await kept(world) == []
        await world.sends("amy", "and the car")
        await world.taps("amy", "Add to my last answer")
        await world.taps("amy", "None of these", "Save the report")
        [opened] = await world.facts((await world.case()).ref, Opened)
        assert opened.circumstances.count("then the door") == 1
        assert opened.circumstances.count("and the car") == 1


async def test_what_is_no_time_is_kept_if_it_cannot_be_said_that_it_is_not() -> None:
    """Ten characters for "When?", in a chat that takes nothing for the moment."""
    async with ChatWorld() as world:
        await world.sends("amy", "/missing")
        await world.taps("amy", "YP-01", "No, or not")
        world.phone.away = True
        await world.sends("amy", "not a time")
        assert await kept(world) == ["not a time"]
