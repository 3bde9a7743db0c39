"""What is half-finished, from its offer to its end: each button on the message it stands on, and
nothing that was done is done twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from handlers import card, show_card
from handlers.chat import Screen
from handlers.form_screen import TEXT_LIMIT
from handlers.wording import case_answers
from handlers.wording import form as form_words
from handlers.wording import report as report_words
from handlers.wording import unasked as say
from handlers.wording.common import clock
from protocol import facts as f
from storage.model import Draft
from tests.handlers.chat_world import PROVIDER, ChatWorld, young


class Drafts(ChatWorld):
    """Amy, who is half-way through something."""

    async def draft(self, owner: str = "amy") -> Draft:
        found = await self.store.draft(owner)
        assert found is not None
        return found

    async def tap(self, data: str) -> Screen:
        """What stands on the newest message after this button."""
        number = max(self.chat("amy"))
        await self.forges("amy", data, number)
        assert max(self.chat("amy")) == number, "no new message"
        assert self.last("amy") == self.text("amy")
        return self.screen("amy")

    async def done_once(self) -> bool:
        """The last update is known: it changes nothing when it comes again."""
        return await self.store.seen(self._update)

    def shows(self, label: str) -> bool:
        chat = self.chat("amy").values()
        return any(b.label == label for screen in chat for row in screen.rows for b in row)

    async def the_card(self, ref: str) -> str:
        view = await show_card.view(self.context, await self.store.episode(ref))
        return card.card(view, self.staff("amy")).text


def offer(draft: Draft) -> list[list[tuple[str, str]]]:
    return [
        [(report_words.GO_ON, f"m:go:{draft.id}")],
        [(report_words.DROP, f"m:drop:{draft.id}")],
    ]


def rows(screen: Screen) -> list[list[tuple[str, str]]]:
    return [[(button.label, button.data) for button in row] for row in screen.rows]


# Offered, taken up, thrown away ---------------------------------------------------------------


async def test_an_unfinished_report_is_offered_with_what_is_known_of_it() -> None:
    async with Drafts() as world:
        started = world.clock.now()
        await world.sends("dot", "/missing")
        await world.taps("dot", "Cedar")
        world.clock.go(minutes=5)
        await world.sends("dot", "/missing")
        at = clock(started, world.clock.now())
        assert world.text("dot") == report_words.unfinished("Cedar House", "", at)
        offered = max(world.chat("dot"))
        await world.taps("dot", "Go on")
        assert max(world.chat("dot")) == offered and "Which young person" in world.text("dot")
        await world.taps("dot", "YP-11")
        await world.sends("dot", "/missing")
        assert world.text("dot") == report_words.unfinished("Cedar House", "YP-11", at)
        assert rows(world.screen("dot")) == offer(await world.draft("dot"))


async def test_an_unfinished_form_is_offered_by_its_name() -> None:
    async with Drafts() as world:
        first = await world.reports()
        second = await world.reports(young_person="YP-02")
        at = clock(world.clock.now(), world.clock.now())
        await world.forges("amy", f"c:{first}:withheld")
        await world.sends("amy", "a reason")
        await world.forges("amy", f"c:{second}:note", max(world.chat("amy")))
        withheld = report_words.TITLES["withheld"]
        assert world.text("amy") == report_words.unfinished_other(first, withheld, at)
        assert rows(world.screen("amy")) == offer(await world.draft("amy.case"))
        draft = await world.draft("amy.case")
        shown = await world.tap(f"m:go:{draft.id}")
        assert shown.text.startswith(f"<b>{first} · ")
        assert await world.done_once()
        await world.sends("mia", "/people")
        await world.taps("mia", "Invite")
        await world.sends("mia", "Sam Sample")
        await world.forges("mia", f"c:{first}:note")
        assert "Invite a colleague" in world.last("mia")
        assert rows(world.screen("mia")) == offer(await world.draft("mia.case"))


async def test_thrown_away_or_cancelled_where_it_stands() -> None:
    async with Drafts() as world:
        await world.sends("amy", "/missing")
        draft = await world.draft()
        assert (await world.tap(f"m:drop:{draft.id}")).text == form_words.CANCELLED
        assert await world.done_once()
        assert await world.store.draft("amy") is None
        for stale in (f"m:drop:{draft.id}", f"m:go:{draft.id}"):
            assert await world.tap(stale) == Screen(form_words.STALE)
        assert await world.tap(f"f:{draft.id}:who:.x") == Screen(case_answers.CLOSED_FORM)
        ref = await world.reports()
        await world.forges("amy", f"c:{ref}:note")
        draft = await world.draft("amy.case")
        assert (await world.tap(f"f:{draft.id}:note:x")).text == await world.the_card(ref)
        assert await world.done_once()
        await world.forges("amy", f"c:{ref}:note")
        await world.sends("amy", "/cancel")
        assert await world.done_once()
        assert await world.store.draft("amy.case") is None


async def test_a_form_on_a_case_that_is_no_longer_theirs_is_cancelled_without_it() -> None:
    async with Drafts() as world:
        ref = await world.reports("dot", home="Rowan House")
        await world.forges("dot", f"c:{ref}:withheld")
        await world.sends("dot", "a reason")
        draft = await world.draft("dot.case")
        people = [replace(s, homes=("cedar",)) if s.id == "dot" else s for s in PROVIDER.staff]
        await world.restarts(replace(PROVIDER, staff=tuple(people)))
        number = max(world.chat("dot"))
        await world.forges("dot", f"m:go:{draft.id}", number)
        why = form_words.no_longer_yours(ref)
        assert world.chat("dot")[number].text == f"{why}\n{form_words.NOT_ON_RECORD}"
        assert rows(world.chat("dot")[number]) == [[(report_words.DROP, f"m:drop:{draft.id}")]]
        await world.forges("dot", f"m:drop:{draft.id}", number)
        assert world.chat("dot")[number] == Screen(form_words.CANCELLED)


async def test_a_form_that_is_taken_up_again_is_in_hand() -> None:
    """Words are added to its answer, although half an hour has gone since its last question."""
    async with Drafts() as world:
        await world.sends("amy", "/missing")
        await world.taps("amy", "YP-01", "No, or not", "Not yet", "Just now", "No set time")
        await world.sends("amy", "shouting in the hall")
        draft = await world.draft()
        world.clock.go(minutes=31)
        await world.sends("amy", "then the door")
        assert not world.shows(say.ADD_TO_ANSWER)
        await world.forges("amy", f"m:go:{draft.id}", draft.message_id)
        assert (await world.draft()).touched_at == world.clock.now()
        await world.sends("amy", "and the car")
        assert world.shows(say.ADD_TO_ANSWER)


async def test_a_report_of_somebody_who_has_a_case_shows_that() -> None:
    async with Drafts() as world:
        ref = await world.reports()
        await world.sends("amy", "/missing")
        await world.taps("amy", "YP-01")
        number = max(world.chat("amy"))
        await world.taps("amy", "Open")
        assert await world.done_once()
        assert await world.store.draft("amy") is None
        assert world.chat("amy")[number].text == await world.the_card(ref)
        assert len(await world.cases()) == 1


# Typed answers --------------------------------------------------------------------------------


async def test_a_time_counts_from_when_it_was_typed_and_an_entry_from_when_it_is_saved() -> None:
    """The bot was down for a quarter of an hour."""
    async with Drafts() as world:
        ref = await world.reports()
        world.clock.go(hours=1)
        typed = world.clock.now() - timedelta(minutes=15)
        await world.forges("amy", f"c:{ref}:police")
        await world.sends("amy", "10 min ago", sent_at=typed)
        await world.taps("amy", "Yes", "No reference")
        await world.sends("amy", "the desk", sent_at=typed)
        [told] = await world.facts(ref, f.PoliceTold)
        assert told.at == typed - timedelta(minutes=10)
        assert told.recorded_at == world.clock.now()


async def test_what_is_no_time_is_said_not_to_be_kept_and_the_question_stays_in_hand() -> None:
    async with Drafts() as world:
        ref = await world.reports()
        await world.forges("amy", f"c:{ref}:police")
        number = max(world.chat("amy"))
        world.clock.go(minutes=20)
        await world.sends("amy", "no idea")
        assert form_words.NOT_KEPT in world.chat("amy")[number].text
        assert (await world.draft("amy.case")).touched_at == world.clock.now()
        assert world.phone.removed[-1][1] == world._typed
        await world.sends("amy", "x" * 41)
        assert (await world.draft("amy.words")).answers["texts"] == ["x" * 41]


async def test_what_one_entry_does_not_hold_goes_into_notes_beside_it() -> None:
    async with Drafts() as world:
        await world.sends("amy", "/missing")
        await world.taps("amy", "YP-01", "No, or not", "Not yet", "Just now", "No set time")
        await world.sends("amy", "a" * 3000)
        await world.sends("amy", "b" * 3000)
        await world.taps("amy", "Keep it all", "None of these", "Save the report")
        ref = (await world.case()).ref
        [opened] = await world.facts(ref, f.Opened)
        [note] = await world.facts(ref, f.Note)
        assert len(opened.circumstances) <= TEXT_LIMIT
        assert opened.circumstances.count("a") + note.text.count("a") == 3000
        assert opened.circumstances.count("b") + note.text.count("b") == 3000
        assert note.id != opened.id


# Words that nobody asked for ------------------------------------------------------------------


async def test_each_way_for_words_that_nobody_asked_for() -> None:
    """All on the one message; a tap on it later says that it is over."""
    async with Drafts(people=tuple(young(f"YP-0{n}") for n in range(1, 7))) as world:
        refs = [await world.reports("amy", f"YP-0{n}") for n in range(1, 7)]
        world.clock.go(minutes=11)
        await world.sends("amy", "seen at the station")
        at_first = world.screen("amy")
        assert at_first.text == say.kept(1, 19)
        home = "Rowan House"
        newest = [one.ref for one in sorted(await world.cases(), key=lambda e: e.ref)]
        offered = [data for row in rows(at_first) for label, data in row if label.startswith("📝")]
        assert len(offered) == 5 and offered[-1] == "w:cases:0"
        assert {data.removeprefix("w:note:") for data in offered[:4]} < set(newest)
        assert rows(at_first)[0][0][0] == say.note_on(offered[0].removeprefix("w:note:"), home)
        assert rows(at_first)[-2:] == [
            [(say.REPORT, "w:report"), (say.EMERGENCY, "w:999")],
            [(say.THROW_AWAY, "w:drop")],
        ]
        shown = await world.tap("w:999")
        assert shown.text == say.RING_999 and rows(shown) == [[(say.BACK, "w:back")]]
        assert await world.tap("w:back") == at_first
        shown = await world.tap("w:cases:0")
        assert shown.text.startswith(say.WHICH_CASE)
        every = [data for row in rows(shown) for _, data in row]
        assert sorted(every[:-1]) == sorted(f"w:note:{ref}" for ref in refs)
        assert every[-1] == "w:back"
        assert await world.tap("w:odd") == at_first
        assert await world.tap("w:form") == at_first, "no form is in hand"
        shown = await world.tap(f"w:note:{refs[2]}")
        above = say.on_record(refs[2])
        assert shown.text == f"{above}\n\n{await world.the_card(refs[2])}"
        assert await world.done_once()
        [note] = await world.facts(refs[2], f.Note)
        assert (note.text, note.by, note.at) == ("seen at the station", "amy", world.clock.now())
        assert await world.store.draft("amy.words") is None
        for over in ("w:drop", "w:back", f"w:note:{refs[1]}"):
            assert await world.tap(over) == Screen(form_words.STALE)


async def test_words_go_with_what_was_recorded_last() -> None:
    async with Drafts() as world:
        refs = []
        for young_person in ("YP-01", "YP-02"):
            refs.append(await world.reports(young_person=young_person))
            world.clock.go(minutes=4)
        await world.sends("amy", "shouting in the hall")
        label = say.add_to_entry(refs[1])
        assert rows(world.screen("amy"))[0] == [(label, f"w:note:{refs[1]}")]


async def test_words_are_thrown_away_or_become_a_report() -> None:
    async with Drafts() as world:
        await world.sends("amy", "shouting in the hall")
        await world.sends("amy", "then the door")
        assert world.text("amy") == say.kept(2, 33)
        assert (await world.tap("w:drop")) == Screen(say.THROWN_AWAY)
        assert await world.done_once()
        assert await world.store.draft("amy.words") is None
        await world.sends("amy", "shouting in the hall")
        await world.tap("w:report")
        assert (await world.draft()).answers["what"] == '"shouting in the hall'
        assert await world.store.draft("amy.words") is None


@pytest.mark.parametrize("named", [True, False])
async def test_the_case_that_was_named_comes_first(named: bool) -> None:
    async with Drafts() as world:
        first = await world.reports()
        second = await world.reports(young_person="YP-02")
        world.clock.go(minutes=11)
        for ref in (first, second) if named else ("",):
            await world.sends("amy", f"{ref} she rang from the station".strip())
            top = rows(world.screen("amy"))[0][0][1]
            if named:
                assert top == f"w:note:{ref}"
            await world.tap("w:drop")
