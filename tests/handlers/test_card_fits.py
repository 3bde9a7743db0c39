"""The card of a usual case is one screen of a phone before its buttons; a question with its buttons
is one, too; and no screen says again what the one before it said."""

import re

import msgspec
import pytest

from handlers.form import Form, Question
from handlers.form_screen import PAGE
from handlers.form_screen import screen as form_screen
from handlers.recording import RECORDINGS
from handlers.wording.common import DANGER
from protocol.facts import Decided
from storage.model import Draft
from tests.handlers.chat_world import ChatWorld
from tests.handlers.test_summaries import NOW, STEPS, state

LETTERS = 42
"""What a line of a bubble holds at 390 x 700: measured in the sandbox's page in Chromium."""


def phone_lines(text: str) -> int:
    shown = re.sub(r"<[^>]+>", "", text)
    return sum(max(1, -(-len(line) // LETTERS)) for line in shown.splitlines())


@pytest.mark.parametrize(("hours", "most"), [(0, 26), (2, 26), (5, 28)])
async def test_the_card_of_a_usual_case_is_one_screen(hours: int, most: int) -> None:
    """After the report, after two hours and after five, with police told."""
    async with ChatWorld() as world:
        await world.reports()
        await world.taps("amy", "Police told", "Just now", "No reference", "Skip")
        world.clock.go(hours=hours)
        await world.sends("amy", f"/case {(await world.case()).ref}")
        text = world.text("amy")
        assert phone_lines(text) <= most, text
        at = [text.find(part) for part in ("Do now", "Next", "Due<", "Done", "Why level")]
        found = [place for place in at if place >= 0]
        assert found == sorted(found) and len(found) >= 3


async def test_whose_a_time_is_stands_below_the_list() -> None:
    """Marks keep the lines short; a time of another day has its weekday."""
    async with ChatWorld() as world:
        await world.reports()
        ref = (await world.case()).ref
        world.clock.go(hours=1)
        await world.sends("amy", f"/case {ref}")
        text = world.text("amy")
        assert "* time set by this service" in text
        assert re.search(r"🕑 (Sun )?\d\d:\d\d [A-Z][^\n]*\*", text), text
        assert "overdue" not in text


IN_VIEW, LINE, ROW = 520, 20, 36
"""Pixels of the chat at 390 x 700 between the person's name and the field for typing; of a line of
text; and of a row of buttons: measured in the sandbox's page in Chromium."""


async def test_the_question_about_risks_is_in_view_with_all_its_buttons() -> None:
    """In a report with everything answered above it, the longest there is."""
    async with ChatWorld() as world:
        await world.sends("amy", "/missing")
        await world.taps("amy", "YP-01", "No, or not", "Not yet", "Just now", "No set time")
        await world.taps("amy", "Did not come back")
        screen = world.screen("amy")
        assert "make it worse" in screen.text or "makes it worse" in screen.text
        assert phone_lines(screen.text) * LINE + len(screen.rows) * ROW <= IN_VIEW
        assert max(len(b.label) for row in screen.rows[:6] for b in row) <= 15
        assert {"Taken or forced", "Self-harm", "Don't know"} < set(world.labels("amy"))
        assert world.labels("amy")[-1] == "None of these"


@pytest.mark.parametrize(("kind", "step"), STEPS, ids=[f"{kind}-{s.key}" for kind, s in STEPS])
def test_every_question_is_in_view_with_all_its_buttons(kind: str, step: Question) -> None:
    """Of a long list a page; the way to the next one is in view, too."""
    if kind in RECORDINGS and step.key == "fix":
        assert len(step.options(state())) > PAGE
    form = Form(kind=kind, title=lambda _: "RH-7K2D · A title", steps=(step,))
    draft = Draft(id="m1.case", owner="m1", kind=kind, started_at=NOW, answers={})
    screen = form_screen(msgspec.structs.replace(form), draft, state())
    asked = screen.text.rpartition("\n\n")[2]
    assert phone_lines(asked) * LINE + len(screen.rows) * ROW <= IN_VIEW, screen


async def test_more_says_only_what_the_card_does_not() -> None:
    """Which case, what else is due, and 999; nothing of the card once more."""
    async with ChatWorld() as world:
        ref = await world.reports()
        card = world.screen("amy")
        await world.forges("amy", f"c:{ref}:more")
        more = world.screen("amy")
        both = set(card.text.splitlines()) & set(more.text.splitlines()) - {""}
        assert both == {card.text.splitlines()[0], "<i>* time set by this service</i>", DANGER}
        assert "… and 3 more: ⋯ More" in card.text
        assert more.text.count("🕑") == 3


async def test_the_actions_say_who_acts_and_each_can_be_recorded() -> None:
    """Who alerts whom above them; a number leads to what became of it, or to the form for it."""
    async with ChatWorld() as world:
        ref = await world.reports()
        await world.forges("amy", f"c:{ref}:actions")
        text = re.sub(r"<[^>]+>", "", world.text("amy"))
        assert "Who alerts whom: Looked after by another authority and placed here" in text
        assert "1. Duty manager, foster carer or parent: report the young person missing" in text
        numbered = re.findall(r"^\d+\. (.*)$", text, re.MULTILINE)
        assert len(numbered) >= 5 and all(": " in line for line in numbered)
        await world.taps("amy", "1")
        assert "🚓 Police told" in world.labels("amy")
        await world.taps("amy", "Actions", "6", "Record what became of it", "Not needed")
        await world.sends("amy", "the authority says no")
        [decided] = await world.facts(ref, Decided)
        assert (decided.about, decided.outcome) == ("SG-NI71-OOA", "not_needed")
        await world.forges("amy", f"c:{ref}:actions")
        assert "with the host authority ✓ not needed, reason kept" in world.text("amy")


async def test_no_screen_of_why_shows_the_ids_of_rules() -> None:
    """Rules are named by what they say; their ids are for the document of the protocol."""
    async with ChatWorld() as world:
        ref = await world.reports()
        shown = []
        for screen in ("why", "times", "actions"):
            await world.forges("amy", f"c:{ref}:{screen}")
            shown.append(world.text("amy"))
            leading = [
                b.data for row in world.screen("amy").rows for b in row if ":rule:" in b.data
            ]
            for data in leading:
                await world.forges("amy", data)
                shown.append(world.text("amy"))
        assert len(shown) > 10
        for text in shown:
            assert not re.search(r"\b(?!RH-|YP-)[A-Z]{2,}[0-9]*-[A-Z0-9]+\b", text), text
            assert "gap)" not in text and "Label" not in text
