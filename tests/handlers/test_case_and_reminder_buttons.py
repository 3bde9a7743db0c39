"""Every button of a card and of a reminder leads where it says, on the message it stands on."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from handlers import card, explanations, settling, show_card
from handlers.case_view import CaseView
from handlers.wording import case_answers, recording
from handlers.wording import settling as ending
from handlers.wording.acts import subject
from handlers.wording.duties import BUTTONS, title
from protocol import facts as f
from protocol.pack import load_pack
from reminders.acknowledge import Answer
from tests.handlers.chat_world import PACK, ChatWorld
from tests.handlers.test_packs_per_home import EXAMPLE

POLICE = "N-POLICE"
RING = title(POLICE, PACK)
CARD = BUTTONS["card"]


class Case(ChatWorld):
    """A young person whom Amy has reported, and the card on her phone."""

    ref: str

    async def __aenter__(self) -> Case:
        await super().__aenter__()
        self.ref = await self.reports("amy")
        return self

    async def view(self) -> CaseView:
        return await show_card.view(self.context, await self.store.episode(self.ref))

    async def tap(self, data: str, who: str = "amy") -> str:
        """What stands there after this button; it takes the place of what stood there before."""
        number = max(self.chat(who), default=0)
        await self.forges(who, data.format(self.ref), number)
        if number:
            assert max(self.chat(who)) == number
            assert self.text(who) == self.last(who)
        return self.last(who)

    async def the_card(self, who: str = "amy", above: str = "") -> bool:
        shown = card.card(await self.view(), self.staff(who))
        text = f"{above}\n\n{shown.text}" if above else shown.text
        return self.last(who) == text and self.screen(who).rows == shown.rows

    def rows(self, who: str = "amy") -> list[list[tuple[str, str]]]:
        return [
            [(b.label, b.data.replace(self.ref, "{}")) for b in row]
            for row in self.screen(who).rows
        ]


def said(answer: Answer, world: Case, **more: Any) -> str:
    return case_answers.outcome(answer, RING, world.context.service, world.clock.now(), **more)


# Reminders ------------------------------------------------------------------------------------


async def test_i_have_it_asks_what_is_next_and_by_when() -> None:
    async with Case() as world:
        head = subject(await world.view())
        have = await world.tap("r:{}:N-POLICE:have")
        until = (await world.facts(world.ref, f.Acknowledged))[-1].until
        assert until > world.clock.now()
        mine = Answer(duty=POLICE, outcome="done", owner="amy", until=until)
        assert have == f"{head}\n{said(mine, world)}\n\n{case_answers.WHAT_NEXT}"
        steps = [label for label, _ in recording.NEXT_OPTIONS]
        each = [(label, f"r:{{}}:N-POLICE:n{n}") for n, label in enumerate(steps)]
        below = [(case_answers.GIVE_BACK, "r:{}:N-POLICE:back"), (CARD, "c:{}:card")]
        assert world.rows() == [each[:2], each[2:], below]
        by_when = case_answers.by_when(RING, steps[3])
        assert await world.tap("r:{}:N-POLICE:n3") == f"{head}\n{by_when}"
        times = [(label, f"r:{{}}:N-POLICE:n3-{n}") for label, n in recording.NEXT_MINUTES]
        assert world.rows() == [times[:3], times[3:]]
        await world.tap("r:{}:N-POLICE:n3-60")
        hour = Answer(
            duty=POLICE,
            outcome="done",
            owner="amy",
            until=world.clock.now() + timedelta(hours=1),
            next_step="asking a colleague",
        )
        assert await world.the_card(above=said(hour, world))
        assert await world.store.seen(world._update)
        taken = (await world.facts(world.ref, f.Acknowledged))[-1]
        assert (taken.duty, taken.until, taken.next_step) == (
            POLICE,
            hour.until,
            "asking a colleague",
        )


@pytest.mark.parametrize("odd", ["n4", "nx", "n-1", "n0-7", "odd", ""])
async def test_what_no_button_offers_shows_the_case_and_changes_nothing(odd: str) -> None:
    async with Case() as world:
        await world.tap(f"r:{{}}:N-POLICE:{odd}")
        assert await world.the_card()
        assert await world.facts(world.ref, f.Acknowledged) == []


async def test_what_somebody_else_has_can_be_taken_over() -> None:
    async with Case() as world:
        await world.tap("r:{}:N-POLICE:have")
        taken = (await world.facts(world.ref, f.Acknowledged))[-1]
        theirs = Answer(duty=POLICE, outcome="held_by_other", owner="amy", until=taken.until)
        shown = await world.tap("r:{}:N-POLICE:have", "ben")
        assert shown == f"{subject(await world.view())}\n{said(theirs, world)}"
        assert world.rows("ben") == [
            [(case_answers.TAKE_IT, "r:{}:N-POLICE:mine")],
            [(CARD, "c:{}:card")],
        ]
        await world.tap("r:{}:N-POLICE:mine", "ben")
        assert (await world.facts(world.ref, f.Acknowledged))[-1].by == "ben"
        assert await world.store.seen(world._update)
        assert case_answers.WHAT_NEXT in world.last("ben")


async def test_given_back_and_put_off() -> None:
    async with Case() as world:
        await world.tap("r:{}:N-POLICE:have")
        await world.tap("r:{}:N-POLICE:back")
        back = Answer(duty=POLICE, outcome="done")
        assert await world.the_card(above=said(back, world, given_back=True))
        assert await world.store.seen(world._update)
        await world.tap("r:{}:N-POLICE:later")
        assert await world.the_card(above=said(Answer(duty=POLICE, outcome="too_late"), world))
        early = next(d for d in (await world.view()).duties if d.at > world.clock.now())
        await world.tap(f"r:{{}}:{early.id}:later")
        assert world.last("amy").startswith(f"Later: <b>{title(early.id, PACK)}</b>.")
        assert len(await world.facts(world.ref, f.Snoozed)) == 1
        assert await world.store.seen(world._update)


async def test_what_is_not_due_any_more_says_so() -> None:
    async with Case() as world:
        await world.forges("amy", f"c:{world.ref}:police")
        await world.taps("amy", "Just now", "No reference", "Skip")
        for action in ("have", "mine", "do", "later", "back", "n0"):
            await world.tap(f"r:{{}}:N-POLICE:{action}")
            assert await world.the_card(above=case_answers.no_longer(RING))


async def test_a_reminder_calls_a_duty_what_the_homes_own_protocol_calls_it(
    tmp_path: Path,
) -> None:
    """Two protocols with a duty of the same id."""
    others = tmp_path / "other.toml"
    text = EXAMPLE.read_text(encoding="utf-8")
    others.write_text(text.replace("Ring the head of service", "Ring the chief"), encoding="utf-8")
    pack = load_pack(EXAMPLE, overrides={"protocol_la": "Haringey"})
    kents = load_pack(others, overrides={"protocol_la": "Kent"})
    async with ChatWorld(pack=pack.serving({"cedar": kents}, {})) as world:
        ref = await world.reports("cay", "YP-11")
        world.clock.go(hours=5)
        for action in ("have", "n0", "n0-30"):
            await world.forges("cay", f"r:{ref}:EX-NIGHT:{action}")
            assert "<b>Ring the chief</b>" in world.last("cay")


async def test_doing_it_begins_the_form_that_records_it() -> None:
    async with Case() as world:
        shown = await world.tap("r:{}:N-POLICE:do")
        assert shown.startswith(f"<b>{world.ref} · {recording.POLICE}</b>")
        await world.tap("r:{}:N-RA:do")
        assert recording.AUTHORITY_ROLE in world.last("amy")


# The card -------------------------------------------------------------------------------------


async def test_the_screens_behind_the_card() -> None:
    async with Case() as world:
        await world.tap("c:{}:card")
        assert await world.the_card()
        view, amy = await world.view(), world.staff("amy")
        assert await world.tap("c:{}:more") == card.more(view, amy).text
        assert world.screen("amy").rows == card.more(view, amy).rows
        assert await world.tap("c:{}:timeline") == card.timeline(view, -1).text
        assert await world.tap("c:{}:timeline:0") == card.timeline(view, 0).text
        for action in ("why", "times", "actions"):
            shown = await world.tap(f"c:{{}}:{action}")
            assert shown.startswith(f"<b>{world.ref}")
            assert (CARD, "c:{}:card") in world.rows()[-1]
        first, second = await world.tap("c:{}:times:0"), await world.tap("c:{}:actions:0")
        assert first != second != await world.tap("c:{}:why")
        if "Next page" in str(world.labels("amy")):
            assert second != await world.tap("c:{}:actions:1")
        await world.tap("c:{}:actions:0")
        one = next(data for row in world.rows() for _, data in row if ":rule:" in data)
        shown = await world.tap(one)
        assert explanations.say.GONE not in shown and shown != second
        await world.tap("c:{}:rule:tno-such-thing")
        assert await world.the_card(above=explanations.say.GONE)
        await world.tap("c:{}:home")
        assert world.text("amy") == case_answers.back_or_found(world.ref)
        assert world.rows() == [[(BUTTONS[a], f"c:{{}}:{a}")] for a in ("back", "found", "card")]
        await world.tap("c:{}:odd")
        assert await world.the_card()


async def test_pages_of_the_actions_are_turned() -> None:
    async with Case() as world:
        await world.comes_back("amy", world.ref)
        first = await world.tap("c:{}:actions")
        if any("Next" in label for label in world.labels("amy")):
            assert await world.tap("c:{}:actions:1") != first


async def test_only_what_is_still_to_be_done_by_hand_is_recorded_as_done() -> None:
    async with Case() as world:
        world.clock.go(hours=30)
        by_hand = card.done_by_hand(await world.view())[0]
        shown = await world.tap(f"c:{{}}:done:{by_hand.id}")
        assert shown.startswith(f"<b>{world.ref} · {title(by_hand.id, PACK)}</b>")
        await world.taps("amy", "Just now", "Skip")
        [done] = await world.facts(world.ref, f.DutyDone)
        assert done.duty == by_hand.id
        await world.tap(f"c:{{}}:done:{by_hand.id}")
        assert await world.the_card(above=case_answers.no_longer(title(by_hand.id, PACK)))
        await world.tap("c:{}:done:nothing-of-ours")
        assert await world.the_card()


async def begun(world: Case) -> tuple[str, dict[str, Any]]:
    """The form that Amy has before her, and the answers with which it began."""
    draft = await world.store.draft("amy.case")
    assert draft is not None
    return draft.kind, draft.answers


async def test_what_is_taken_back_is_called_by_what_it_was_about() -> None:
    async with Case() as world:
        await world.comes_back("amy", world.ref)
        left = settling.left(await world.view())
        about = next(one for one in left if settling.decidable(one, PACK))
        await world.tap(f"c:{{}}:decide:{about}")
        await world.taps("amy", "Handed over")
        await world.sends("amy", "the day team")
        await world.taps("amy", "In 4 h")
        await world.tap("c:{}:undo")
        assert title(about, PACK) in str(world.labels("amy"))
        assert about not in str(world.labels("amy"))


async def test_the_list_of_what_is_left_and_each_item_of_it() -> None:
    async with Case() as world:
        world.clock.go(hours=5)
        await world.comes_back("amy", world.ref)
        view = await world.view()
        left = settling.left(view)
        await world.tap("c:{}:settle")
        assert world.rows() == [
            *([(title(one, PACK)[:60], f"c:{{}}:item:{one}")] for one in left),
            [(CARD, "c:{}:card")],
        ]
        await world.tap("c:{}:settle", "mia")
        assert world.rows("mia")[-2:] == [
            [(BUTTONS["signoff"], "c:{}:signoff")],
            [(CARD, "c:{}:card")],
        ]
        decided = {one for one in left if settling.form_for(one, PACK)[0] == "decide"}
        two_ways = {one for one in left if one not in decided and settling.decidable(one, PACK)}
        assert decided and two_ways
        one = min(two_ways)
        await world.tap(f"c:{{}}:item:{one}")
        kind, _ = settling.form_for(one, PACK)
        known = PACK.item(one)
        assert known is not None
        assert world.text("amy") == ending.item(world.ref, title(one, PACK), known.source)
        assert world.rows() == [
            [(BUTTONS.get(kind, ending.RECORD_IT), f"c:{{}}:do:{one}")],
            [(ending.DECIDE_OTHERWISE, f"c:{{}}:decide:{one}")],
            [(BUTTONS["settle"], "c:{}:settle")],
        ]
        await world.tap(f"c:{{}}:decide:{one}")
        assert f"{world.ref} · {title(one, PACK)}" in world.text("amy")
        for action, about in (("decide", one), *(("do", one) for one in left)):
            await world.tap(f"c:{{}}:{action}:{about}")
            kind, answers = settling.form_for(about, PACK)
            if action == "decide":
                kind, answers = "decide", settling.decide_answers(about, PACK)
            assert await begun(world) == (kind, answers)
        for about in set(left) - two_ways:
            await world.tap(f"c:{{}}:item:{about}")
            assert await begun(world) == settling.form_for(about, PACK)
        for nothing in ("item", "decide", "do"):
            await world.tap(f"c:{{}}:{nothing}:no-such-thing")
            assert world.text("amy").startswith(ending.to_settle(world.ref, [], [])[:10])


@pytest.mark.parametrize("about", ["STRAT-14D", "MEETING-ACTIONS", POLICE, "CP-4H", "SG-REVIEW"])
def test_the_form_that_records_a_duty_begins_with_what_is_known_of_it(about: str) -> None:
    kind, answers = settling.form_for(about, PACK)
    named = {"duty": about, "title": title(about, PACK)}
    item = PACK.item(about)
    if about == POLICE:
        assert (kind, answers) == ("police", {})
    elif about in ("STRAT-14D", "SG-REVIEW"):
        assert (kind, answers) == ("meeting", named)
    elif about == "MEETING-ACTIONS":
        assert (kind, answers) == ("decide", named)
        assert settling.decide_answers(about, PACK) == named
    else:
        assert item is not None
        outs = {"outs": " ".join(sorted(item.settling.outcomes))}
        needs = {"needs": " ".join(sorted(item.settling.needs))}
        assert settling.decide_answers(about, PACK) == {**named, **outs, **needs}
        assert kind == ("decide" if item.settling.outcomes else "done")


async def test_closing_is_confirmed_and_says_what_is_not_done() -> None:
    async with Case() as world:
        await world.tap("c:{}:close", "mia")
        assert await world.the_card("mia", above=case_answers.not_closable(world.ref))
        await world.comes_back("amy", world.ref)
        await world.tap("c:{}:close", "mia")
        assert await world.the_card("mia", above=case_answers.NEEDS_SIGN_OFF)
        await world.signs_off("mia", world.ref)
        view = await world.view()
        unmet = [title(d.id, PACK) for d in view.duties if d.id != "CLOSE"]
        for data in ("c:{}:close", "r:{}:CLOSE:do"):
            await world.tap(data, "mia")
            assert world.text("mia") == recording.close_review(world.ref, unmet)
            assert world.rows("mia") == [
                [(CARD, "c:{}:card")],
                [(BUTTONS["close"], "c:{}:closing")],
            ]
        await world.tap("c:{}:closing", "mia")
        assert (await world.store.episode(world.ref)).closed_at == world.clock.now()
        assert await world.store.seen(world._update)
        assert await world.the_card("mia")
        await world.tap("c:{}:closing", "mia")
        assert await world.the_card("mia")


async def test_what_is_recorded_once_is_shown_before_it_is_recorded_again() -> None:
    async with Case() as world:
        assert "On record already" not in await world.tap("c:{}:police")
        await world.taps("amy", "Just now", "No reference", "Skip")
        at = world.clock.now()
        world.clock.go(minutes=10)
        shown = await world.tap("c:{}:police", "ben")
        assert case_answers.already(at, "Amy Example", world.clock.now()) in shown
        assert "On record already" not in await world.tap("c:{}:note")


async def test_what_a_manager_still_records_after_closing() -> None:
    async with Case() as world:
        await world.tap("c:{}:late", "mia")
        assert world.last("mia") == ending.LATE_MANAGER
        await world.comes_back("amy", world.ref)
        await world.signs_off("mia", world.ref)
        await world.forges("mia", f"c:{world.ref}:closing")
        await world.tap("c:{}:late", "mia")
        assert world.text("mia") == ending.LATE
        offered = (*settling.LATE, "settle", "card")
        assert world.rows("mia") == [[(BUTTONS[kind], f"c:{{}}:{kind}")] for kind in offered]
        await world.forges("amy", f"c:{world.ref}:late")
        assert world.last("amy") == ending.LATE_MANAGER
        await world.forges("amy", f"c:{world.ref}:note")
        assert world.last("amy") == ending.LATE_MANAGER
        for kind in settling.NOT_LATE:
            await world.forges("mia", f"c:{world.ref}:{kind}")
            assert world.last("mia") == case_answers.IS_CLOSED
        await world.forges("mia", f"c:{world.ref}:note")
        assert ending.LATE in world.last("mia")
