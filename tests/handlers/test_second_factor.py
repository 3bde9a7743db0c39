"""The second factor in the chat: what it stands before, what it never stands before, and what was
wanted is done when it was given. A found phone opens no case; nobody who is woken is stopped."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Literal

import msgspec
import pytest

from handlers import router, show_card
from handlers.chat import Screen
from handlers.wording import menu, messages
from handlers.wording import second_factor as say
from protocol import facts as f
from storage.model import Message
from storage.store import NotSaved
from tests.handlers.chat_world import ChatWorld

PIN = "274938"
ASKED = "Your PIN"


class Factor:
    """`handlers.context.SecondFactor` with one PIN for everybody."""

    digits = (6, 12)
    tries = 5
    page = "https://pages.example.org/in?to=/chat"

    def __init__(self) -> None:
        self.asked: dict[str, Any] = {}
        self.answered: dict[str, str] = {}
        self.opened: set[str] = set()
        self.signed: set[str] = set()
        self.wrong = 0
        self.there: Literal["buttons", "page", "none"] = "buttons"
        self.full = False

    def given(self, staff: Any, *, to_sign: bool = False) -> bool:
        return staff.id in (self.signed if to_sign else self.opened)

    def way(self, staff: Any) -> str:
        assert staff.id
        return "locked" if self.wrong >= self.tries else self.there

    async def check(self, staff: Any, pin: str) -> bool:
        if self.full:
            raise NotSaved("full")
        if pin != PIN:
            self.wrong += 1
            return False
        self.gives(staff.id)
        return True

    def gives(self, who: str) -> None:
        self.wrong = 0
        self.opened.add(who)
        self.signed.add(who)

    def tries_left(self, staff: Any) -> int:
        assert staff.id
        return self.tries - self.wrong


class FactorWorld(ChatWorld):
    """The chat of a service that asks for it."""

    def make_second_factor(self) -> Factor:
        self.factor = Factor()
        return self.factor

    def asks(self, who: str) -> bool:
        return ASKED in self.text(who)

    async def presses(self, who: str, *keys: str) -> None:
        """Keys of the question that stands lowest."""
        number = max(self.chat(who))
        question, ref = self.factor.asked[self.staff(who).id].number, self.factor.asked[who].ref
        for key in keys:
            await self.forges(who, f"k:{question}:{ref}:{key}", number)

    async def gives_pin(self, who: str, pin: str = PIN) -> None:
        await self.presses(who, *pin, "ok")


@pytest.fixture
async def world() -> AsyncIterator[FactorWorld]:
    async with FactorWorld() as made:
        yield made


READING = [
    "card", "more", "timeline", "timeline:0", "why", "times", "times:0", "actions", "rule:tx",
    "settle", "item:x", "late", "close", "closing", "signoff", "undo", "fix", "no such thing", "",
]  # fmt: skip


@pytest.mark.parametrize("action", READING)
async def test_a_found_phone_reads_nothing_of_a_case(world: FactorWorld, action: str) -> None:
    ref = await world.reports("amy")
    before = len(world.phone.said)
    await world.forges("mia", f"c:{ref}:{action}")
    assert world.asks("mia")
    assert [text for _, text in world.phone.said[before:]] == [world.text("mia")]


@pytest.mark.parametrize("typed", ["/case {}", "{}", "{} please?"])
async def test_a_typed_reference_opens_nothing_either(world: FactorWorld, typed: str) -> None:
    ref = await world.reports("amy")
    await world.sends("ben", typed.format(ref))
    assert not any("Do now" in screen.text for screen in world.chat("ben").values())


async def test_a_case_of_another_home_is_not_even_asked_about(world: FactorWorld) -> None:
    ref = await world.reports("amy")
    for way in (f"/case {ref}", ref):
        await world.sends("cay", way)
        assert world.text("cay") == menu.no_such_case(ref)


RECORDING = [
    "police", "authority", "parents", "withheld", "back", "found", "home", "note", "raise",
    "worse", "police_said", "acknowledged", "safewell", "again", "done:x", "decide:x", "do:x",
]  # fmt: skip


@pytest.mark.parametrize("action", RECORDING)
async def test_nobody_is_stopped_from_putting_on_record_what_happened(
    world: FactorWorld, action: str
) -> None:
    ref = await world.reports("amy")
    await world.forges("ben", f"c:{ref}:{action}")
    assert not any(ASKED in text for _, text in world.phone.said)


async def test_a_report_a_woken_answer_and_a_return_never_meet_it(world: FactorWorld) -> None:
    """From the report to the return, by those who have not given it since the start."""
    ref = await world.reports("amy")
    world.clock.go(hours=3)
    for action in ("have", "mine", "n0", "n0-30", "later", "back"):
        await world.forges("ben", f"r:{ref}:N-POLICE:{action}")
    await world.forges("ben", f"r:{ref}:all:have")
    await world.forges("ben", f"r:{ref}:N-POLICE:do")
    await world.taps("ben", "Just now")
    await world.sends("ben", "CAD 4471 of tonight")
    await world.sends("amy", "/returned")
    await world.taps("amy", ref, "They're back", "Just now", "None of these")
    assert await world.facts(ref, f.Acknowledged)
    assert await world.facts(ref, f.Returned)
    assert not any(ASKED in text for _, text in world.phone.said)


async def test_every_button_of_every_alarm_but_reading_the_case_goes_on(
    world: FactorWorld,
) -> None:
    """Whatever a reminder offers at night: only Case and Why open something."""
    await world.reports("amy")
    world.clock.go(hours=5)
    episode = await world.case()
    _, due = world.engine.cases.duties_in(episode)
    view = await show_card.view(world.context, episode)
    offered: dict[str, str] = {}
    for duty in due:
        asking = Message(
            id="m", to="ben", kind="reminder", about=duty.id, created_at=view.now,
            due_at=view.now, data={"duty_at": duty.at.isoformat()},
        )  # fmt: skip
        for row in messages.reminder(asking, view).rows:
            offered |= {button.data: button.label for button in row}
    assert len(offered) > 5
    for data, label in offered.items():
        world.phone.said.clear()
        await world.forges("ben", data)
        asked = any(ASKED in text for _, text in world.phone.said)
        assert asked == (label == "📄 Case"), (label, data)


async def test_the_pin_opens_what_was_tapped_and_the_question_becomes_it(
    world: FactorWorld,
) -> None:
    ref = await world.reports("amy")
    await world.forges("ben", f"c:{ref}:timeline")
    number = max(world.chat("ben"))
    await world.gives_pin("ben")
    assert max(world.chat("ben")) == number
    assert "timeline" in world.text("ben")
    await world.forges("ben", f"c:{ref}:card")
    assert "Do now" in world.text("ben")


async def test_the_pin_opens_what_was_typed_and_the_question_goes(world: FactorWorld) -> None:
    ref = await world.reports("amy")
    await world.sends("ben", f"/case {ref}")
    await world.gives_pin("ben")
    assert "Do now" in world.text("ben")
    assert not any(ASKED in screen.text for screen in world.chat("ben").values())


async def test_an_alarm_keeps_its_buttons_while_the_pin_is_asked_for(world: FactorWorld) -> None:
    """The question is a message of its own: who gives up still has "I have it"."""
    ref = await world.reports("amy")
    await world.sends("ben", "/open")
    alarm = max(world.chat("ben"))
    await world.taps("ben", ref)
    assert world.asks("ben")
    assert max(world.chat("ben")) > alarm
    assert ref in world.chat("ben")[alarm].text
    await world.taps("ben", "Cancel")
    assert max(world.chat("ben")) == alarm
    assert not world.factor.asked


async def test_digits_stand_there_as_dots_and_are_rubbed_out(world: FactorWorld) -> None:
    ref = await world.reports("amy")
    await world.forges("ben", f"c:{ref}:card")
    await world.presses("ben", "2", "7", "4", "b")
    assert world.text("ben").count("●") == 2
    await world.presses("ben", "ok")
    assert say.DIGITS.format(6, 12) in world.text("ben")
    assert world.factor.wrong == 0
    await world.presses("ben", *"4938", "ok")
    assert "Do now" in world.text("ben")
    every = [text for chat, text in world.phone.said if chat == world.staff("ben").telegram_id]
    assert not any("27" in text or "4938" in text for text in every)


async def test_a_wrong_pin_says_how_many_tries_are_left_and_the_last_locks(
    world: FactorWorld,
) -> None:
    ref = await world.reports("amy")
    await world.forges("ben", f"c:{ref}:card")
    for left in ("4 tries are left", "3 tries are left", "2 tries are left", "1 try is left"):
        await world.gives_pin("ben", "111222")
        assert left in world.text("ben")
    await world.gives_pin("ben", "111222")
    assert "Locked" in world.text("ben")
    assert world.labels("ben") == []
    await world.sends("ben", f"/case {ref}")
    assert "Locked" in world.text("ben")
    await world.forges("ben", f"c:{ref}:back")
    assert "Locked" not in world.text("ben")


async def test_a_pin_that_was_reset_meanwhile_is_chosen_anew(world: FactorWorld) -> None:
    ref = await world.reports("amy")
    await world.forges("ben", f"c:{ref}:card")
    world.factor.there = "none"
    await world.gives_pin("ben", "111222")
    assert world.text("ben") == say.to_choose("open", ref, "")


async def test_a_tap_without_a_case_offers_none(world: FactorWorld) -> None:
    await world.forges("ben", "k:zz")
    assert world.screen("ben") == Screen(say.OVER)


async def test_a_pin_that_is_typed_leaves_the_chat_and_is_nothing(world: FactorWorld) -> None:
    ref = await world.reports("amy")
    await world.forges("ben", f"c:{ref}:card")
    for typed in (PIN, "274 938", "1234"):
        world.phone.removed.clear()
        await world.sends("ben", typed)
        assert world.phone.removed == [(world.staff("ben").telegram_id, world._typed)]
        assert say.TYPED in world.text("ben")
    assert world.factor.wrong == 0
    assert await world.store.draft("ben.words") is None
    await world.gives_pin("ben")
    assert "Do now" in world.text("ben")


async def test_other_words_and_digits_at_other_times_are_kept_as_ever(world: FactorWorld) -> None:
    ref = await world.reports("amy")
    await world.sends("ben", "4471234")
    assert await world.store.draft("ben.words") is not None
    await world.forges("ben", f"c:{ref}:card")
    await world.sends("ben", "seen at the station at nine")
    kept = await world.store.draft("ben.words")
    assert kept is not None
    assert "seen at the station at nine" in kept.answers["texts"]
    assert not any(ASKED in screen.text for screen in world.chat("ben").values())


async def test_whoever_goes_on_with_something_else_is_not_asked_any_more(
    world: FactorWorld,
) -> None:
    ref = await world.reports("amy")
    await world.forges("ben", f"c:{ref}:card")
    question = world.factor.asked["ben"].number
    await world.sends("ben", "/duty")
    assert not any(ASKED in screen.text for screen in world.chat("ben").values())
    await world.forges("ben", f"k:{question}:{ref}:1", 7)
    assert world.text("ben") == say.OVER


@pytest.mark.parametrize("why", ["too late", "restart", "somebody else"])
async def test_an_old_question_says_so_and_offers_the_case(world: FactorWorld, why: str) -> None:
    ref = await world.reports("amy")
    await world.forges("ben", f"c:{ref}:card")
    number, data = world.button("ben", "1")
    who = "ben"
    match why:
        case "too late":
            world.clock.go(minutes=5)
        case "restart":
            await world.restarts(world.provider)
        case "somebody else":
            who = "dot"
    await world.forges(who, data, number)
    assert world.text(who) == say.OVER
    assert "Do now" not in world.text(who)
    await world.taps(who, "Case")
    assert world.asks(who)


async def test_an_earlier_question_takes_no_digit_of_a_later_one(world: FactorWorld) -> None:
    """A tap that was under way: the later question stays as it is."""
    ref = await world.reports("amy")
    await world.forges("ben", f"c:{ref}:card")
    number, key = world.button("ben", "1")
    await world.forges("ben", f"c:{ref}:why")
    await world.forges("ben", key, number)
    assert world.factor.asked["ben"].digits == ""
    assert say.OVER in world.last("ben")


async def test_cancel_tapped_twice_leaves_nothing_behind(world: FactorWorld) -> None:
    ref = await world.reports("amy")
    before = set(world.chat("ben"))
    await world.forges("ben", f"c:{ref}:card")
    number, cancel = world.button("ben", "Cancel")
    for _ in range(2):
        await world.forges("ben", cancel, number)
    assert set(world.chat("ben")) == before


async def test_ok_tapped_twice_is_one_try_and_the_card_stays(world: FactorWorld) -> None:
    ref = await world.reports("amy")
    await world.forges("ben", f"c:{ref}:card")
    number, ok = world.button("ben", "OK")
    await world.presses("ben", *"111222")
    for _ in range(2):
        await world.forges("ben", ok, number)
    assert world.factor.wrong == 1
    assert "4 tries are left" in world.text("ben")
    await world.presses("ben", *PIN)
    for _ in range(2):
        await world.forges("ben", ok, number)
    assert "Do now" in world.text("ben")


async def test_while_the_disk_is_full_it_is_said_and_the_question_stays(world: FactorWorld) -> None:
    ref = await world.reports("amy")
    await world.forges("ben", f"c:{ref}:card")
    world.factor.full = True
    await world.gives_pin("ben")
    assert say.NOT_NOW in world.text("ben")
    world.factor.full = False
    await world.gives_pin("ben")
    assert "Do now" in world.text("ben")


async def test_what_was_wanted_is_looked_at_as_things_stand_then(world: FactorWorld) -> None:
    """Ben's home changes between the tap and the PIN: the case is not his to see any more."""
    ref = await world.reports("amy")
    await world.forges("ben", f"c:{ref}:timeline")
    people = [
        msgspec.structs.replace(one, homes=("cedar",)) if one.id == "ben" else one
        for one in world.provider.staff
    ]
    moved = msgspec.structs.replace(world.provider, staff=tuple(people))
    await world.engine.adopt(moved, world.policy, world.pack)
    await world.gives_pin("ben")
    assert world.text("ben") == menu.no_such_case("")
    assert not any(ASKED in screen.text for screen in world.chat("ben").values())


async def ready_to_sign(world: FactorWorld) -> str:
    """Back, and the sign-off's last question on Mia's phone, who opened the case long ago."""
    ref = await world.reports("amy")
    await world.comes_back("amy", ref)
    world.factor.opened.add("mia")
    await world.forges("mia", f"c:{ref}:signoff")
    await world.sends("mia", "nothing more will be known")
    return ref


async def test_signing_off_asks_although_the_case_is_open_and_loses_no_word(
    world: FactorWorld,
) -> None:
    ref = await ready_to_sign(world)
    await world.sends("mia", "All agreed with Camden")
    assert world.asks("mia")
    assert "to sign for" in world.text("mia") and ref in world.text("mia")
    assert not await world.facts(ref, f.SignedOff)
    await world.gives_pin("mia")
    [signed] = await world.facts(ref, f.SignedOff)
    assert (signed.by, signed.remark) == ("mia", "All agreed with Camden")
    assert signed.reason == "nothing more will be known"
    assert not any(ASKED in screen.text for screen in world.chat("mia").values())


@pytest.mark.parametrize("why", ["cancel", "too late", "restart"])
async def test_a_sign_off_without_the_pin_stays_a_draft_that_can_be_saved(
    world: FactorWorld, why: str
) -> None:
    ref = await ready_to_sign(world)
    await world.taps("mia", "Skip")
    match why:
        case "cancel":
            await world.taps("mia", "Cancel")
        case "too late":
            world.clock.go(minutes=5)
            await world.presses("mia", "1")
        case "restart":
            await world.restarts(world.provider)
    assert not await world.facts(ref, f.SignedOff)
    await world.taps("mia", "Save")
    assert world.asks("mia")
    await world.gives_pin("mia")
    assert len(await world.facts(ref, f.SignedOff)) == 1


async def test_signing_goes_on_with_the_case_as_it_is_when_the_pin_comes(
    world: FactorWorld,
) -> None:
    """A colleague adds a note between Save and the PIN: both are on record, each once."""
    ref = await ready_to_sign(world)
    await world.taps("mia", "Skip")
    await world.forges("amy", f"c:{ref}:note")
    await world.sends("amy", "the worker rang back")
    await world.gives_pin("mia")
    assert len(await world.facts(ref, f.SignedOff)) == 1
    assert len(await world.facts(ref, f.Note)) == 1


async def test_closing_asks_once_more(world: FactorWorld) -> None:
    ref = await ready_to_sign(world)
    world.factor.signed.add("mia")
    await world.taps("mia", "Skip")
    world.factor.signed.clear()
    await world.forges("mia", f"c:{ref}:close")
    assert not world.asks("mia")
    await world.forges("mia", f"c:{ref}:closing")
    assert world.asks("mia")
    assert (await world.store.episode(ref)).closed_at is None
    await world.gives_pin("mia")
    assert (await world.store.episode(ref)).closed_at is not None


@pytest.mark.parametrize(
    ("there", "button"), [("page", say.GIVE_THERE), ("none", say.CHOOSE_THERE)]
)
async def test_who_gives_it_on_a_page_is_sent_there_and_then_it_goes_on(
    world: FactorWorld, there: Literal["page", "none"], button: str
) -> None:
    ref = await world.reports("amy")
    world.factor.there = there
    await world.forges("ben", f"c:{ref}:card")
    opens = {b.label: b.opens for row in world.screen("ben").rows for b in row}
    assert opens[button] == world.factor.page
    await world.sends("ben", PIN)
    assert say.TYPED_FOR_A_PAGE in world.text("ben")
    world.clock.go(minutes=10)
    world.factor.gives("ben")
    await router.given_on_a_page(world.context, "ben")
    assert "Do now" in world.text("ben")
    shown = len(world.phone.said)
    await router.given_on_a_page(world.context, "ben")
    assert len(world.phone.said) == shown


@pytest.mark.parametrize("duty", ["SIGN-OFF", "CLOSE"])
async def test_a_reminder_to_sign_or_close_opens_the_case_with_it(
    world: FactorWorld, duty: str
) -> None:
    """No alarm of the night: a manager's work by day."""
    ref = await ready_to_sign(world)
    if duty == "CLOSE":
        world.factor.signed.add("mia")
        await world.taps("mia", "Skip")
    world.clock.go(days=20)
    world.factor.opened.clear()
    await world.forges("mia", f"r:{ref}:{duty}:do")
    assert world.asks("mia")
    await world.gives_pin("mia")
    assert not world.asks("mia")
