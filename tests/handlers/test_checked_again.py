"""What a draft or a button assumed is looked at again when it is used; and what a tap that no
button of ours offered may show or do: nothing."""

from __future__ import annotations

from datetime import time

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handlers.case_buttons import counted
from handlers.chat import Screen
from protocol import facts as f
from protocol.facts import Opened
from protocol.provider import Role
from reminders.policy import Pattern, Policy
from tests.handlers.chat_world import PROVIDER, ChatWorld, authority, staff, young


def covering(name: str, *homes: str):
    """The same service, in which this person covers other homes."""
    people = tuple(
        msgspec.structs.replace(s, homes=homes) if s.id == name else s for s in PROVIDER.staff
    )
    return msgspec.structs.replace(PROVIDER, staff=people)


async def answered(world: ChatWorld, who: str, *answers: str) -> Opened:
    await world.taps(who, *answers)
    [opened] = await world.facts((await world.cases())[-1].ref, Opened)
    return opened


async def test_not_sure_of_the_home_asks_again_and_files_it_nowhere_by_itself() -> None:
    async with ChatWorld() as world:
        await world.sends("dot", "/missing")
        await world.taps("dot", "Don't know", "Someone not on the list")
        assert "For which home is it logged?" in world.text("dot")
        await world.taps("dot", "Cedar House", "14", "Looked after", "Kent", "No, or not")
        await world.taps("dot", "Not yet", "Just now", "No set time", "Did not come back")
        await world.taps("dot", "None of these", "No", "Save the report")
        assert (await world.case()).home == "cedar"


async def test_a_report_for_a_home_that_is_no_longer_covered_asks_for_the_home_again() -> None:
    async with ChatWorld() as world:
        await world.sends("dot", "/missing")
        await world.taps("dot", "Rowan House", "Someone not on the list", "14", "Looked after")
        await world.taps("dot", "Kent", "No, or not", "Not yet", "Just now", "No set time")
        await world.taps("dot", "Did not come back", "None of these", "No")
        await world.restarts(covering("dot", "cedar"))
        await world.taps("dot", "Save the report")
        assert [e.home for e in await world.cases()] == ["cedar"]
        assert "CH-" in world.text("dot"), "the one home left is shown before it is saved"


async def test_a_report_whose_home_has_gone_is_not_saved_under_another() -> None:
    three = msgspec.structs.replace(
        PROVIDER,
        homes=(*PROVIDER.homes, msgspec.structs.replace(PROVIDER.homes[0], id="elm", prefix="EL")),
        staff=(*PROVIDER.staff[1:], staff("amy", 1, Role.DUTY_MANAGER)),
    )
    async with ChatWorld(three) as world:
        await world.sends("amy", "/missing")
        await world.taps("amy", "Rowan House", "YP-01", "No, or not", "Not yet", "Just now")
        fewer = msgspec.structs.replace(three, homes=three.homes[1:])
        await world.restarts(fewer)
        await world.taps("amy", "No set time")
        assert "no longer on the list" in world.text("amy")
        assert "Which home?" in world.text("amy")
        assert await world.cases() == []


async def test_the_placing_authority_is_kept_by_name() -> None:
    async with ChatWorld() as world:
        await world.sends("amy", "/missing")
        await world.taps("amy", "Someone not on the list", "14", "Looked after", "Camden")
        others = (authority("Barnet", 7), *PROVIDER.authorities)
        await world.restarts(msgspec.structs.replace(PROVIDER, authorities=others))
        await world.taps("amy", "No, or not", "Not yet", "Just now", "No set time")
        opened = await answered(
            world, "amy", "Did not come back", "None of these", "No", "Save the report"
        )
        assert opened.child.responsible_la == "Camden"


async def test_a_note_is_not_written_into_a_case_that_one_may_no_longer_see() -> None:
    async with ChatWorld() as world:
        ref = await world.reports("dot", home="Rowan House")
        await world.forges("dot", f"c:{ref}:note")
        await world.restarts(covering("dot", "cedar"))
        await world.sends("dot", "her phone went off at nine")
        assert await world.facts(ref, f.Note) == []
        told = "".join(s.text for s in world.chat("dot").values())
        assert "You no longer cover the home" in told
        draft = await world.store.draft("dot.words")
        assert draft.answers["texts"] == ["her phone went off at nine"]


@pytest.mark.parametrize("closed", [True, False])
async def test_a_form_on_a_case_that_was_closed_or_lost_keeps_its_words(closed: bool) -> None:
    async with ChatWorld() as world:
        ref = await world.reports("dot", home="Rowan House")
        await world.forges("dot", f"c:{ref}:withheld")
        await world.sends("dot", "a reason that took a while to write")
        if closed:
            await world.comes_back("mia", ref)
            await world.signs_off("mia", ref)
            await world.forges("mia", f"c:{ref}:closing")
        else:
            await world.restarts(covering("dot", "cedar"))
        await world.taps("dot", "Social worker")
        assert "Nothing of it is on record" in world.last("dot")
        assert await world.facts(ref, f.ParentsWithheld) == []
        assert (await world.store.draft("dot.case")) is not None
        await world.taps("dot", "Throw it away")
        assert (await world.store.draft("dot.case")) is None


async def found(world: ChatWorld) -> str:
    ref = await world.reports("dot", home="Rowan House")
    world.clock.go(minutes=30)
    await world.forges("dot", f"c:{ref}:found")
    await world.taps("dot", "Just now", "Skip", "No", "Yes")
    return ref


async def test_gone_again_for_somebody_whom_the_register_has_moved() -> None:
    """To a home that is covered: with everything known of them. To another: in words, no case."""
    async with ChatWorld() as world:
        ref = await found(world)
        await world.store.put_people([young("YP-01", "cedar")])
        await world.forges("amy", f"c:{ref}:again")
        assert "register of another home" in world.last("amy")
        assert len(await world.cases()) == 1
        await world.forges("dot", f"c:{ref}:again")
        opened = await answered(
            world, "dot", "No, or not", "Not yet", "Just now", "No set time",
            "Did not come back", "None of these", "Save the report",
        )  # fmt: skip
        newest = (await world.cases())[-1]
        assert (newest.home, newest.person) == ("cedar", "YP-01")
        assert opened.child.dob == young("YP-01").child.dob


async def test_gone_again_for_somebody_who_is_not_on_the_register_keeps_who_they_are() -> None:
    async with ChatWorld(people=()) as world:
        await world.sends("amy", "/missing")
        await world.taps("amy", "Someone not on the list", "9", "Looked after", "Camden")
        await world.taps("amy", "No, or not", "Not yet", "Just now", "No set time")
        await world.taps("amy", "Did not come back", "None of these", "Yes", "Save the report")
        first = await world.case()
        world.store._people.clear()
        await world.comes_back("amy", first.ref)
        await world.forges("amy", f"c:{first.ref}:again")
        opened = await answered(
            world, "amy", "No, or not", "Not yet", "Just now", "No set time",
            "Did not come back", "None of these", "Save the report",
        )  # fmt: skip
        newest = (await world.cases())[-1]
        assert newest.person == first.person
        assert (opened.child.age, opened.child.responsible_la) == (9, "Camden")


async def test_who_leaves_in_the_future_is_still_on_the_list_today() -> None:
    from datetime import date

    people = (
        msgspec.structs.replace(young("YP-01"), left_on=date(2026, 12, 24)),
        msgspec.structs.replace(young("YP-02"), left_on=date(2026, 11, 21)),
        msgspec.structs.replace(young("YP-03"), left_on=date(2026, 11, 20)),
    )
    async with ChatWorld(people=people) as world:
        await world.sends("amy", "/missing")
        assert world.labels("amy")[:3] == ["YP-01", "Someone not on the list", "Cancel"]


async def test_old_buttons_of_a_closed_case_change_nothing() -> None:
    async with ChatWorld() as world:
        ref = await world.reports()
        await world.comes_back("amy", ref)
        await world.signs_off("mia", ref)
        await world.forges("mia", f"c:{ref}:closing")
        before = counted((await world.store.episode(ref)).facts)
        for action in (
            "police", "authority", "parents", "withheld", "found", "back", "note", "raise",
            "lower", "fix", "signoff", "close", "closing", "done:CP-4H", "worse", "category",
        ):  # fmt: skip
            await world.forges("mia", f"c:{ref}:{action}")
            assert "went wrong" not in world.last("mia"), action
        for action in ("have", "do", "later", "back", "mine", "n0", "n0-30"):
            await world.forges("mia", f"r:{ref}:N-POLICE:{action}")
        assert counted((await world.store.episode(ref)).facts) == before


async def test_a_case_that_changed_after_the_question_is_not_closed_unseen() -> None:
    async with ChatWorld() as world:
        ref = await world.reports()
        await world.comes_back("amy", ref)
        await world.signs_off("mia", ref)
        await world.forges("ben", f"c:{ref}:fix")
        await world.taps("ben", "NOT back after all")
        await world.sends("ben", "it was somebody else")
        await world.taps("ben", "Save")
        await world.forges("mia", f"c:{ref}:closing")
        assert await world.facts(ref, f.Closed) == []
        assert "cannot be closed" in world.last("mia")


@pytest.mark.parametrize(
    "action",
    ["safewell", "offered", "answered", "held", "signoff", "again", "done:CP-4H", "done:x"],
)
async def test_what_needs_a_return_or_a_due_duty_cannot_be_forged(action: str) -> None:
    async with ChatWorld() as world:
        ref = await world.reports()
        before = counted((await world.store.episode(ref)).facts)
        await world.forges("mia", f"c:{ref}:{action}")
        assert "f:" not in "".join(b.data for r in world.screen("mia").rows for b in r)[:2]
        assert await world.store.draft("mia.case") is None
        assert counted((await world.store.episode(ref)).facts) == before


@pytest.mark.parametrize("action", ["referral_result", "ask_safe", "found_how"])
async def test_what_completes_an_entry_is_not_asked_while_there_is_none(action: str) -> None:
    async with ChatWorld() as world:
        ref = await world.reports()
        await world.forges("mia", f"c:{ref}:{action}")
        assert await world.store.draft("mia.case") is None
        assert "Record" in world.last("mia")


async def test_words_about_an_entry_that_was_taken_back_meanwhile_are_a_note() -> None:
    """Mia types what came of a referral that Amy has just taken back."""
    async with ChatWorld() as world:
        ref = await world.reports()
        await world.forges("amy", f"c:{ref}:referral")
        await world.taps("amy", "Duty team", "Another reason", "Just now")
        await world.forges("mia", f"c:{ref}:referral_result")
        await world.taps("mia", "No action", "Yes")
        await world.forges("amy", f"c:{ref}:undo")
        await world.taps("amy", "referred to")
        await world.sends("amy", "it was another case")
        await world.taps("amy", "Save")
        await world.sends("mia", "they rang at nine and will not come")
        assert await world.facts(ref, f.ReferralAnswered) == []
        [note] = await world.facts(ref, f.Note)
        assert note.text == "they rang at nine and will not come"


NOBODYS = ("cay", "Cay Example", "Cedar", "CH-", "YP-11")


@pytest.mark.parametrize(
    "data",
    [
        "d:give:cedar", "d:give:cedar::0", "d:give:cedar:cay", "d:take:cedar", "d:give:*:cay",
        "d:swap:1d2f3a.1e0", "d:swap:1d2f3a.1e0:cay", "d:swap:1d2f3a.1e0:cay:0",
        "d:accept:x", "d:agree:x", "c:CH-2345:card", "c:CH-2345:timeline", "r:CH-2345:N-RA:have",
        "w:note:CH-2345", "m:go:abc", "l:open:0", "l:case:9", "l:returned:²", "d:rota:1",
    ],
)  # fmt: skip
async def test_a_forged_tap_shows_nothing_of_another_home(data: str) -> None:
    async with ChatWorld() as world:
        ref = await world.reports("cay", "YP-11")
        await world.sends("amy", "some words that are kept")
        await world.forges("amy", data.replace("CH-2345", ref))
        seen = "".join(
            s.text + "".join(b.label for r in s.rows for b in r) for s in world.chat("amy").values()
        )
        seen = seen.replace(f"There is no case {ref}", "")
        assert not [word for word in NOBODYS if word in seen]
        assert "went wrong" not in seen


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    data=st.lists(
        st.lists(
            st.sampled_from(
                ["c", "r", "d", "m", "f", "w", "l", "REF", "N-RA", "take", "give", "swap", "day",
                 "hour", "list", "rota", "0", "9", "-1", "²", "٣", "", "x", "<", "ok", "?", "*",
                 "n", "n0", "n0-9", "n9-x", "done", "rule", "t", "fix", "back", "DRAFT", "!",
                 ".x", "more:z", "a99999999999", "t99999999999", "é" * 20, "card", "timeline"]
            ),
            min_size=1,
            max_size=5,
        ),
        min_size=1,
        max_size=12,
    )
)  # fmt: skip
async def test_no_data_makes_a_handler_fail(data: list[list[str]]) -> None:
    async with ChatWorld() as world:
        ref = await world.reports()
        await world.sends("mia", "/missing")
        draft = await world.store.draft("mia")
        for parts in data:
            text = ":".join(parts).replace("REF", ref).replace("DRAFT", draft.id)
            await world.forges("mia", text)
            assert "went wrong" not in world.last("mia"), text


async def test_not_saved_is_only_said_of_what_was_not_saved() -> None:
    """The fact is on disk, something fails after that: "It is saved", whatever it was."""
    from storage.store import Conflict, NotSaved

    for error in (RuntimeError("x"), NotSaved("x"), Conflict("x")):
        async with ChatWorld() as world:
            ref = await world.reports()
            await world.forges("amy", f"c:{ref}:note")

            async def fails(*_: object, error: Exception = error) -> None:
                raise error

            world.engine.planner.changed = fails
            world.broken = True
            await world.sends("amy", "her phone went off at nine")
            assert "It is saved" in world.last("amy"), error
            assert len(await world.facts(ref, f.Note)) == 1


async def test_a_forged_swap_names_nobody_of_another_home() -> None:
    """Amy works Rowan House on Sunday night; Cay, of Cedar House, cannot work it for her."""
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    night = Pattern(days=days, start=time(20), end=time(8), staff=("amy",), homes=("rowan",))
    async with ChatWorld(policy=Policy(rota=(night,))) as world:
        [turn, *_] = world.context.shifts.swaps.coming().turns(world.staff("amy"))
        for tail in ("cay", "cay:0", "ben"):
            await world.forges("amy", f"d:swap:{turn.key}:{tail}")
            seen = "".join(s.text for s in world.chat("amy").values())
            assert ("Ben Example" in seen) == (tail == "ben")
            assert "Cay" not in seen


async def test_an_answer_of_a_form_is_not_said_to_be_on_record() -> None:
    """The answer is in the draft, the next question cannot be shown."""
    async with ChatWorld() as world:
        await world.sends("amy", "/missing")
        real = world.phone.show

        async def show(chat_id: int, screen: Screen, message_id: int = 0) -> int:
            if screen.rows:
                raise RuntimeError("x")
            return await real(chat_id, screen, message_id)

        world.phone.show = show  # type: ignore[method-assign]
        await world.taps("amy", "YP-01")
        assert "kept, but it is not on record yet" in world.last("amy")
        assert await world.cases() == []


async def test_what_was_typed_and_comes_twice_is_kept_once() -> None:
    async with ChatWorld() as world:
        await world.sends("amy", "she rang from the station")
        world._update -= 1
        await world.sends("amy", "she rang from the station")
        assert (await world.store.draft("amy.words")).answers["texts"] == [
            "she rang from the station"
        ]
        assert "not on record" in world.text("amy")


async def test_no_text_of_an_error_reaches_a_person() -> None:
    async with ChatWorld() as world:
        for text in ("RH-2222", "/case RH-2222", "/case nothing"):
            await world.sends("amy", text)
        for data in ("c:RH-2222:card", "c::card", "c:x", "r:RH-2222:N-RA:have"):
            await world.forges("amy", data)
        said = [text for _, text in world.phone.said]
        assert not [text for text in said if "episode" in text.casefold()]
        assert all(text.count("There is no case") <= 1 for text in said)
