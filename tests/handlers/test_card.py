"""The card: what to do now, what is due, what is done, and which buttons are in reach, as a case
goes from the report to its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from handlers import card, show_card
from handlers.case_view import CaseView
from handlers.wording import card as say
from protocol import facts as f
from reminders.duties import Duty
from storage.store import Change
from tests.handlers.chat_world import ChatWorld, young

Buttons = Callable[[CaseView, Any], Sequence[Sequence[Any]]]


class Case(ChatWorld):
    """One case, and what is put on record about it."""

    async def __aenter__(self) -> Case:
        await super().__aenter__()
        self.ref = await self.reports()
        return self

    async def adds(self, kind: Any, by: str = "amy", **fields: Any) -> str:
        """A fact of now; its id."""
        now, episode = self.clock.now(), await self.store.episode(self.ref)
        name = f"x{len(episode.entries)}"
        fact = kind(id=name, by=by, recorded_at=now, **{"at": now, **fields})
        await self.context.records.update(self.ref, lambda _: Change(facts=[fact]))
        return name

    async def told(self) -> None:
        """Police, placing authority and parents."""
        await self.adds(f.PoliceTold)
        await self.adds(f.AuthorityTold, role="edt_duty_manager")
        await self.adds(f.ParentsTold)

    async def found(self) -> None:
        await self.forges("amy", f"c:{self.ref}:found")
        await self.taps("amy", "Just now", "Skip", "No", "Yes")

    async def view(self) -> CaseView:
        return await show_card.view(self.context, await self.store.episode(self.ref))

    async def buttons(self, make: Buttons, who: str = "amy") -> list[str]:
        """The actions of each row, as one text."""
        rows = make(await self.view(), self.staff(who))
        assert all(b.data.startswith(f"c:{self.ref}:") for row in rows for b in row)
        return [" ".join(b.data.split(":", 2)[2] for b in row) for row in rows]


# Buttons --------------------------------------------------------------------------------------


async def test_in_reach_is_what_is_likeliest_next() -> None:
    async with Case() as it:
        end = ["found back", "note actions", "why more"]
        assert await it.buttons(card.main_buttons) == ["police authority", "parents withheld", *end]
        assert await it.buttons(card.main_buttons, "mia") == await it.buttons(card.main_buttons)
        await it.adds(f.PoliceTold)
        assert await it.buttons(card.main_buttons) == [
            "authority", "police_said", "parents withheld", *end
        ]  # fmt: skip
        await it.adds(f.AuthorityTold, role="edt_duty_manager")
        assert await it.buttons(card.main_buttons) == ["police_said", "parents withheld", *end]
        await it.adds(f.ParentsTold)
        assert await it.buttons(card.main_buttons) == ["police_said", *end]
        it.clock.go(hours=5)
        assert await it.buttons(card.main_buttons) == ["done:CP-4H", "police_said", *end]
        await it.found()
        assert await it.buttons(card.main_buttons) == [
            "done:CP-4H", "back_police back_parents", "found_how", "back again", "note actions",
            "why more",
        ]  # fmt: skip


async def test_parents_who_are_not_told_for_a_reason_are_not_asked_about() -> None:
    async with Case() as it:
        await it.adds(f.ParentsWithheld, reason="a welfare reason", decided_by="mia")
        assert "parents withheld" not in await it.buttons(card.main_buttons)


async def test_of_a_child_who_is_not_looked_after_no_authority_and_no_parents_are_told() -> None:
    async with Case() as it:
        view = await it.view()
        child = msgspec.structs.replace(view.folded.child, looked_after=False)
        duties = tuple(duty for duty in view.duties if duty.id != "N-RA")
        own = msgspec.structs.replace(
            view, folded=msgspec.structs.replace(view.folded, child=child), duties=duties
        )
        rows = card.main_buttons(own, it.staff("amy"))
        actions = [b.data.split(":", 2)[2] for row in rows for b in row]
        assert actions == ["police", "found", "back", "note", "actions", "why", "more"]
        asked = msgspec.structs.replace(own, duties=view.duties)
        assert any(duty.id == "N-RA" for duty in view.duties)
        assert "authority" in [
            b.data[-9:] for r in card.main_buttons(asked, it.staff("amy")) for b in r
        ]


async def test_after_a_return_the_questions_come_first_and_the_end_is_a_managers() -> None:
    async with Case() as it:
        await it.told()
        it.clock.go(hours=5)
        await it.comes_back("amy", it.ref)
        asked = [
            "back_police back_authority", "back_parents written", "came_back medical",
            "safewell offered", "settle",
        ]  # fmt: skip
        end = ["note actions", "again why more"]
        assert await it.buttons(card.main_buttons) == [*asked, *end]
        assert await it.buttons(card.main_buttons, "mia") == [*asked, "signoff", *end]
        await it.signs_off("mia", it.ref)
        assert await it.buttons(card.main_buttons, "mia") == [*asked, "close", *end]
        await it.forges("mia", f"c:{it.ref}:closing")
        assert await it.buttons(card.main_buttons) == ["timeline why"]
        assert await it.buttons(card.main_buttons, "mia") == ["timeline why", "late"]


async def test_behind_more_is_all_else_that_can_be_recorded() -> None:
    async with Case() as it:
        first, told = ["fix timeline", "category worse"], "police authority parents"
        assert await it.buttons(card.more_buttons) == [
            *first, told, "undo together", "raise", "card"
        ]  # fmt: skip
        await it.adds(f.PoliceTold)
        assert await it.buttons(card.more_buttons) == [
            *first, told, "police_said", "undo together", "raise", "card"
        ]  # fmt: skip
        await it.adds(f.AuthorityTold, role="edt_duty_manager")
        written = [*first, "written", told, "police_said acknowledged", "undo together"]
        assert await it.buttons(card.more_buttons) == [*written, "raise", "card"]
        it.clock.go(hours=5)
        checks = ["done:CP-4H", "done:REV-WEEKLY", "done:STRAT-14D"]
        assert await it.buttons(card.more_buttons) == [*checks, *written, "raise", "card"]
        assert (await it.buttons(card.more_buttons, "mia"))[-2:] == ["raise lower", "card"]
        await it.adds(f.LevelRaised, level=3, reason="seen with a stranger")
        assert await it.buttons(card.more_buttons) == [*checks, *written, "card"]
        assert (await it.buttons(card.more_buttons, "mia"))[-2:] == ["lower", "card"]
        await it.found()
        after = ["time_away meeting", "plans assessment"]
        assert await it.buttons(card.more_buttons) == [*checks, *written, *after, "card"]
        await it.adds(f.MeetingHeld, meeting="strategy")
        assert "action" in await it.buttons(card.more_buttons)


async def test_behind_more_after_a_return_nobody_is_told_of_the_absence() -> None:
    async with Case() as it:
        await it.told()
        await it.comes_back("amy", it.ref)
        await it.adds(f.InterviewHeld)
        rows = await it.buttons(card.more_buttons)
        assert rows[0] == "fix timeline"
        assert not {"category worse", "police authority parents"} & {*rows}
        assert {"time_away meeting", "plans assessment", "action", "card"} <= {*rows}


async def test_what_is_not_known_of_earlier_concerns_can_be_said_later() -> None:
    people = (young("YP-01", historical_concerns="unknown"),)
    async with ChatWorld(people=people) as world:
        ref = await world.reports()
        view = await show_card.view(world.context, await world.store.episode(ref))
        unknown = msgspec.structs.replace(view.folded.child, historical_concerns="unknown")
        for child, asked in ((unknown, True), (view.folded.child, None)):
            folded = msgspec.structs.replace(view.folded, child=child)
            seen = msgspec.structs.replace(view, folded=folded)
            rows = card.more_buttons(seen, world.staff("amy"))
            actions = [b.data.split(":", 2)[2] for row in rows for b in row]
            wanted = asked if asked is not None else child.historical_concerns == "unknown"
            assert ("concerns" in actions) == wanted


# Which duties ---------------------------------------------------------------------------------


def due(view: CaseView, **minutes: float) -> CaseView:
    """The same case with these duties, due in so many minutes."""
    names = {name.replace("_", "-"): at for name, at in minutes.items()}
    made = [
        Duty(id=name, at=view.now + timedelta(minutes=at), starts=view.now)
        for name, at in names.items()
    ]
    return msgspec.structs.replace(view, duties=tuple(made))


def ids(duties: Sequence[Duty]) -> list[str]:
    return [duty.id for duty in duties]


async def test_at_most_three_are_to_be_done_now_and_what_cannot_wait_comes_first() -> None:
    async with Case() as it:
        view = await it.view()
        now, later = card.urgent_first(
            due(view, N_RA=-5, CP_4H=-50, CP_1H=-90, N_POLICE=30, STRAT_14D=60, REV_WEEKLY=40)
        )
        assert ids(now) == ["N-POLICE", "CP-1H", "CP-4H"]
        assert ids(later) == ["N-RA", "REV-WEEKLY", "STRAT-14D"]
        now, later = card.urgent_first(due(view, STRAT_14D=60, REV_WEEKLY=40))
        assert ids(now) == ["REV-WEEKLY"], "nothing is due: the next"
        assert ids(later) == ["STRAT-14D"]
        now, later = card.urgent_first(due(view, N_RA=0, CP_4H=1))
        assert (ids(now), ids(later)) == (["N-RA"], ["CP-4H"])
        assert card.urgent_first(due(view)) == ([], [])
        same = due(view, N_RA=-5, CP_4H=-5, N_PARENTS=-5)
        assert ids(card.urgent_first(same)[0]) == ["CP-4H", "N-PARENTS", "N-RA"]


async def test_done_by_hand_are_checkpoints_that_have_come_and_what_may_be_held_early() -> None:
    async with Case() as it:
        view = await it.view()
        seen = due(view, CP_1H=0, CP_4H=1, REV_WEEKLY=500, STRAT_14D=500, N_POLICE=-5, NO_SUCH=-1)
        assert ids(card.done_by_hand(seen)) == ["CP-1H", "REV-WEEKLY", "STRAT-14D", "NO-SUCH"]


async def test_several_checkpoints_are_told_apart_on_their_buttons() -> None:
    async with Case() as it:
        view = await it.view()
        one = card.main_buttons(due(view, CP_4H=-5), it.staff("amy"))[0][0].label
        several = card.main_buttons(due(view, CP_24H=-5, CP_4H=-5), it.staff("amy"))
        two = [row[0].label for row in several[:2]]
        assert len({one, *two}) == 3
        ticked = card.more_buttons(
            due(view, CP_4H=-5, CP_8H=-4, REV_WEEKLY=1, STRAT_14D=1, CP_1H=-1), it.staff("amy")
        )
        assert sum(b.data.startswith(f"c:{it.ref}:done:") for row in ticked for b in row) == 4


# The text -------------------------------------------------------------------------------------


def heads(text: str) -> list[str]:
    """The headings of a card's text."""
    return [line for line in text.splitlines() if line in HEADS]


HEADS = ["<b>Do now</b>", "<b>Due</b>", "<b>Next</b>", "<b>Done</b>"]


async def test_what_cannot_wait_stands_above_what_is_due() -> None:
    async with Case() as it:
        view = await it.view()
        text = card.text(due(view, N_RA=-5, STRAT_14D=60))
        assert heads(text) == ["<b>Do now</b>", "<b>Due</b>", "<b>Done</b>"]
        assert text.index("Do now") < text.index("🕑") < text.index("report logged")
        assert heads(card.text(due(view, N_RA=-5))) == ["<b>Do now</b>", "<b>Done</b>"]
        calm = card.text(due(view, REV_WEEKLY=40, STRAT_14D=60))
        assert heads(calm) == ["<b>Next</b>", "<b>Done</b>"]
        assert calm.count("🕑") == 2
        nothing = card.text(due(view))
        assert heads(nothing) == ["<b>Done</b>"]
        assert "Nothing is due now." in nothing
        assert say.NOTHING_DUE not in calm + text


async def test_of_what_comes_later_few_are_shown_and_fewer_when_much_is_to_be_done() -> None:
    async with Case() as it:
        view = await it.view()
        many: dict[str, float] = {f"CP_{n}H": 60 * n for n in (1, 2, 3, 4, 5)}
        calm = card.text(due(view, **many))
        assert calm.count("🕑") == say.MOST_DUE
        assert "… and 2 more" in calm
        one_now = card.text(due(view, N_RA=-5, **many))
        assert one_now.count("🕑") == say.MOST_DUE - 1
        assert "… and 3 more" in one_now
        busy = card.text(due(view, N_RA=-5, N_PARENTS=-5, N_POLICE=-5, **many))
        assert busy.count("🕑") == 1


async def test_the_last_three_entries_stand_below_done() -> None:
    async with Case() as it:
        await it.told()
        note = await it.adds(f.Note, text="x")
        text = card.text(await it.view())
        done = text.partition("<b>Done</b>\n")[2].partition("\n\n")[0].splitlines()
        assert done[0] == f"… {len(await all_lines(it)) - 3} earlier, see Timeline"
        assert [line[:1] for line in done[1:]] == ["✓", "✓", "✓"]
        await it.adds(f.Withdrawn, fact=note, reason="wrong case")
        text = card.text(await it.view())
        done = text.partition("<b>Done</b>\n")[2].partition("\n\n")[0].splitlines()
        assert "parents" in done[-1], "what was withdrawn, and its withdrawal, are in the timeline"


async def all_lines(it: Case) -> list[str]:
    found = []
    for fact in (await it.store.episode(it.ref)).facts:
        line = say.done_line(fact, it.pack, it.clock.now(), {})
        found += [line] if line else []
    return found


async def test_a_closed_card_asks_for_nothing() -> None:
    async with Case() as it:
        await it.told()
        await it.comes_back("amy", it.ref)
        await it.signs_off("mia", it.ref)
        await it.forges("mia", f"c:{it.ref}:closing")
        text = card.text(await it.view())
        assert heads(text) == ["<b>Done</b>"]
        assert "CLOSED" in text and say.NOTHING_DUE not in text
        assert "<b>Why level" in text


async def test_few_entries_have_none_earlier() -> None:
    async with Case() as it:
        assert "earlier, see Timeline" not in card.text(await it.view())


async def test_more_and_card_have_the_buttons_of_their_reader() -> None:
    async with Case() as it:
        view = await it.view()
        for who in ("amy", "mia"):
            main, more = card.card(view, it.staff(who)), card.more(view, it.staff(who))
            assert main.text == card.text(view) != more.text
            assert main.rows == card.main_buttons(view, it.staff(who))
            assert more.rows == card.more_buttons(view, it.staff(who))


# The timeline ---------------------------------------------------------------------------------


async def test_the_timeline_has_every_entry_in_order_and_says_what_was_taken_back() -> None:
    async with Case() as it:
        note = await it.adds(f.Note, text="x")
        await it.adds(f.PoliceTold)
        await it.adds(f.Withdrawn, fact=note, reason="wrong case")
        screen = card.timeline(await it.view())
        lines = screen.text.splitlines()
        assert lines[0] == say.timeline(it.ref)
        assert "report logged" in lines[1]
        gone = [line for line in lines if line.endswith(say.GONE)]
        assert len(gone) == 1 and "note" in gone[0].casefold()
        assert any("police told" in line.casefold() for line in lines)
        assert len(lines) == 1 + len(await all_lines(it)), "one line each"
        assert [[b.data for b in row] for row in screen.rows] == [[f"c:{it.ref}:card"]]


async def test_what_was_added_after_closing_says_so() -> None:
    async with Case() as it:
        await it.adds(f.Closed, by="mia")
        await it.adds(f.Note, text="late", by="mia")
        lines = card.timeline(await it.view()).text.splitlines()
        late = [line for line in lines if line.endswith(card.AFTER_CLOSING)]
        assert len(late) == 1 and late[0] == lines[-1]


@pytest.mark.parametrize(
    ("page", "first", "turn"),
    [(-1, False, [0]), (0, True, [1]), (1, False, [0]), (9, False, [0])],
)
async def test_the_newest_page_of_the_timeline_is_shown_first(
    page: int, first: bool, turn: list[int]
) -> None:
    async with Case() as it:
        for _ in range(card.ENTRIES):
            await it.adds(f.Note, text="x")
        screen = card.timeline(await it.view(), page)
        assert ("report logged" in screen.text) == first
        turns = [b.data for row in screen.rows for b in row if ":timeline:" in b.data]
        assert turns == [f"c:{it.ref}:timeline:{number}" for number in turn]
        if first:
            assert len(screen.text.splitlines()) == 1 + card.ENTRIES


# What the rules say ---------------------------------------------------------------------------


def judged(view: CaseView, **computed: Any) -> CaseView:
    """The same case, with the rules saying something else."""
    outcome = msgspec.structs.replace(view.state.computed, **computed)
    return msgspec.structs.replace(
        view, state=msgspec.structs.replace(view.state, computed=outcome)
    )


async def test_harm_by_a_stranger_asks_for_a_referral_behind_more() -> None:
    async with Case() as it:
        view = await it.view()
        reasons = view.state.computed.reasons
        assert "HAR-SH-AGENCY" not in reasons
        asked = judged(view, reasons=(*reasons, "HAR-SH-AGENCY"))
        rows = card.more_buttons(asked, it.staff("amy"))
        assert f"c:{it.ref}:referred" in [b.data for row in rows for b in row]


async def test_who_is_only_away_is_still_away_at_a_checkpoint() -> None:
    async with Case() as it:
        missing = due(await it.view(), CP_4H=-5)
        away = judged(missing, reasons=())
        assert missing.missing and not away.missing
        for seen, label in ((missing, "✅ Still missing, done"), (away, "✅ Still away, done")):
            assert card.main_buttons(seen, it.staff("amy"))[0][0].label == label


async def test_from_the_third_episode_on_the_card_says_how_many() -> None:
    async with Case() as it:
        view = judged(await it.view(), counts={"count_90": 3})
        lines = card.text(view).splitlines()
        place = lines.index(say.repeats(view))
        assert lines[place - 1] == "" and "3rd episode" in lines[place]
        assert place < lines.index("<b>Done</b>")


async def test_a_case_of_another_home_is_not_named_on_the_card() -> None:
    async with Case() as it:
        await it.adds(f.AwayTogether, other="CH-2345")
        view = await it.view()
        assert "CH-2345" not in card.text(view) + card.timeline(view).text
        here = f"{it.ref[:3]}2345"
        await it.adds(f.AwayTogether, other=here)
        view = await it.view()
        assert here in card.text(view) and here in card.timeline(view).text
