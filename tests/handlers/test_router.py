"""Whatever goes wrong, the person is told whether it was saved; and each tap goes to its part."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from handlers import chat_commands
from handlers.chat import Incoming, Refused, Unreached
from handlers.context import Context, NotAllowed
from handlers.wording import case_answers, common, menu
from handlers.wording import form as form_words
from handlers.wording import pages as page_words
from protocol import facts as f
from storage.store import Change, Conflict, NotFound, NotSaved
from tests.handlers.chat_world import PROVIDER, ChatWorld

Break = Callable[[Exception, bool], None]


@pytest.fixture
def breaks(monkeypatch: pytest.MonkeyPatch) -> Break:
    """`breaks(error, saves)`: /version fails with this, and a note is on record by then."""

    def broken(error: Exception, saves: bool) -> None:
        async def act(context: Context, incoming: Incoming, _: list[str]) -> None:
            if saves:
                [episode] = await context.records.open_episodes()
                now = context.clock.now()
                note = f.Note(id="n1", by="amy", recorded_at=now, at=now, text="x")
                change = Change(facts=[note])
                await context.records.update(episode.ref, lambda _: change, incoming.update_id)
            raise error

        monkeypatch.setitem(chat_commands.COMMANDS, "/version", act)

    return broken


@pytest.mark.parametrize(
    ("error", "said", "said_if_saved"),
    [
        (NotSaved("full"), common.NOT_SAVED, common.SAVED_BUT_NOT_ALL),
        (NotAllowed("Not you."), "Not you.", "Not you."),
        (NotFound("?"), menu.no_such_case(""), menu.SAVED_NOT_YOURS),
        (Conflict("x"), menu.FAILED, menu.SAVED_BUT),
        (Refused("long"), menu.CANNOT_SHOW, menu.SAVED_BUT_NOT_SHOWN),
        (RuntimeError("x"), menu.FAILED, menu.SAVED_BUT),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, Exception) else None,
)
async def test_whatever_fails_the_person_is_told_whether_it_was_saved(
    breaks: Break, error: Exception, said: str, said_if_saved: str
) -> None:
    async with ChatWorld() as world:
        await world.reports()
        world.broken = True
        not_saved: list[str] = []
        world.engine.events.told_not_saved.listen(not_saved.append)
        breaks(error, False)
        await world.sends("amy", "/version")
        assert world.text("amy") == said
        assert not_saved == (["amy"] if isinstance(error, NotSaved) else [])
        breaks(error, True)
        await world.sends("amy", "/version")
        assert world.text("amy") == said_if_saved
        assert len(not_saved) <= 1, "it is on record"


async def test_what_cannot_be_told_now_is_told_later(breaks: Break) -> None:
    async with ChatWorld() as world:
        breaks(Unreached("away"), False)
        await world.sends("amy", "/version")
        assert [chat for chat, _ in world.phone.told_later] == [1]
        assert world.chat("amy") == {}
        world.phone.away = True
        breaks(RuntimeError(), False)
        await world.sends("ben", "/version")
        assert [chat for chat, _ in world.phone.told_later] == [1, 2]


async def test_a_case_that_is_not_there_is_named_as_it_was_typed() -> None:
    async with ChatWorld() as world:
        await world.sends("amy", "/case rh-2345")
        assert world.text("amy") == menu.no_such_case("RH-2345")
        await world.forges("amy", "c:RH-2345:card")
        assert world.text("amy") == menu.no_such_case("")


# Taps -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", ["c:RH-2345:card", "m:go:d1", "zz:1", "nonsense", "f:d1:who:.x"])
async def test_the_waiting_sign_of_every_tap_ends(data: str) -> None:
    async with ChatWorld() as world:
        ended = world.phone.answered
        await world.forges("amy", data)
        assert ended == ["q"]
        await world.again("amy")
        await world.forges("amy", data)
        assert ended == ["q", "q"]
        await world.sends("amy", "/id")
        assert ended == ["q", "q"], "what was typed has none"


async def test_a_button_of_no_part_closes_its_screen() -> None:
    async with ChatWorld() as world:
        await world.sends("amy", "/id")
        [number] = world.chat("amy")
        await world.forges("amy", "zz:1", number)
        assert world.text("amy") == case_answers.CLOSED_FORM
        assert list(world.chat("amy")) == [number]


@pytest.mark.parametrize("data", ["c:{}:card", "r:{}:N-POLICE:have", "w:note:{}", "l:open:0"])
async def test_an_administrators_taps_on_cases_close_their_screen(data: str) -> None:
    async with ChatWorld() as world:
        ref = await world.reports()
        await world.sends("ada", "/id")
        [number] = world.chat("ada")
        await world.forges("ada", data.format(ref), number)
        assert world.chat("ada")[number].text == case_answers.CLOSED_FORM
        assert len(world.chat("ada")) == 1


@pytest.mark.parametrize("text", ["/missing", "/open", "/case RH-2345", "/returned", "/today"])
async def test_an_administrator_sees_no_case_by_any_command(text: str) -> None:
    async with ChatWorld() as world:
        await world.reports()
        await world.sends("ada", text)
        assert world.text("ada") == menu.ADMINISTRATOR
        assert not await world.context.store.draft("ada")


async def test_an_unfinished_report_is_gone_on_with_or_dropped_or_begun_anew() -> None:
    async with ChatWorld() as world:
        await world.sends("amy", "/missing")
        await world.taps("amy", "YP-01")
        draft = await world.store.draft("amy")
        assert draft is not None
        await world.sends("amy", "/missing")
        number = max(world.chat("amy"))
        await world.forges("amy", f"m:go:{draft.id}", number)
        assert "Young person: YP-01" in world.chat("amy")[number].text
        await world.forges("amy", f"m:drop:{draft.id}", number)
        assert "Cancelled" in world.chat("amy")[number].text
        assert await world.store.draft("amy") is None
        await world.forges("amy", "m:new", number)
        assert "Which young person?" in world.chat("amy")[number].text
        assert len(world.chat("amy")) == 2, "on the message that was tapped"


async def test_any_other_button_of_the_menu_shows_the_open_cases() -> None:
    async with ChatWorld() as world:
        ref = await world.reports()
        for data in ("m:open", "m:", "m:new:1", "m:go"):
            await world.forges("amy", data)
            assert ref in world.text("amy")
            assert "YP-01" in world.text("amy")


async def test_the_keyboards_labels_are_commands() -> None:
    async with ChatWorld() as world:
        ref = await world.reports()
        said = []
        for label in (menu.REPORT, menu.OPEN, menu.DUTY, menu.RETURNED):
            await world.sends("ben", label)
            said.append(world.last("ben"))
            await world.sends("ben", "/cancel")
        assert "Which young person?" in said[0]
        assert ref in said[1]
        assert "Rowan House" in said[2]
        assert "Who is back?" in said[3]


async def test_a_command_may_name_the_bot_and_be_in_capitals() -> None:
    async with ChatWorld() as world:
        ref = await world.reports()
        for text in ("/open", "/open@example_bot", "/OPEN"):
            await world.sends("ben", text)
            assert ref in world.text("ben")


async def test_cancel_says_if_there_is_nothing_to_cancel() -> None:
    async with ChatWorld() as world:
        await world.sends("amy", "/cancel")
        assert world.text("amy") == menu.NOTHING_TO_CANCEL
        await world.sends("amy", "/missing")
        await world.sends("amy", "/cancel")
        assert "Cancelled" in world.last("amy")


async def test_start_and_help_come_with_the_keyboard(monkeypatch: pytest.MonkeyPatch) -> None:
    async with ChatWorld() as world:
        with_keyboard: list[tuple[int, str]] = []

        async def say(chat_id: int, text: str, *, keyboard: bool = False) -> int:
            if keyboard:
                with_keyboard.append((chat_id, text))
            return 1

        monkeypatch.setattr(world.phone, "say", say)
        for text in ("/start", "/help", "/cancel"):
            await world.sends("amy", text)
        assert with_keyboard == [
            (1, menu.WELCOME), (1, menu.HELP), (1, menu.NOTHING_TO_CANCEL)
        ]  # fmt: skip


async def test_after_a_command_the_question_in_hand_is_at_the_bottom_again() -> None:
    async with ChatWorld() as world:
        await world.sends("amy", "/missing")
        await world.taps("amy", "YP-01")
        question = world.text("amy")
        await world.sends("amy", "/id")
        assert world.text("amy") == question
        assert len([s for s in world.chat("amy").values() if s.text == question]) == 1
        await world.sends_kind("amy", "photo")
        assert world.text("amy") == question
        assert menu.REFUSED_KIND in [screen.text for screen in world.chat("amy").values()]


# Delivered twice ------------------------------------------------------------------------------


async def test_a_fact_that_comes_twice_is_on_record_once_and_its_card_is_shown() -> None:
    async with ChatWorld() as world:
        other = await world.reports(young_person="YP-02")
        ref = await world.reports()
        await world.forges("amy", f"c:{ref}:found")
        await world.taps("amy", "Just now", "Skip", "No", "Yes")
        number = max(world.chat("amy"))
        await world.again("amy")
        await world.forges("amy", "f:any:!:ok", number)
        assert ref in world.last("amy") and other not in world.last("amy")
        assert len(world.chat("amy")) > 0 and max(world.chat("amy")) > number, "a new message"
        assert len(await world.facts(ref, f.Located)) == 1


async def test_an_answer_that_comes_twice_shows_where_the_form_is() -> None:
    async with ChatWorld() as world:
        await world.sends("amy", "/missing")
        await world.taps("amy", "YP-01")
        number = max(world.chat("amy"))
        await world.again("amy")
        await world.forges("amy", "f:any:who:.YP-01", number)
        assert "unfinished report" in world.chat("amy")[number].text
        assert "YP-01" in world.chat("amy")[number].text
        assert list(world.chat("amy")) == [number]


async def test_what_comes_twice_while_telegram_is_away_is_shown_later() -> None:
    async with ChatWorld() as world:
        await world.sends("amy", "/missing")
        await world.taps("amy", "YP-01")
        world.phone.away = True
        await world.again("amy")
        await world.forges("amy", "f:any:who:.YP-01", 1)
        assert [chat for chat, _ in world.phone.told_later] == [1]


async def test_a_command_that_comes_twice_and_saved_nothing_is_done_again() -> None:
    async with ChatWorld() as world:
        await world.sends("amy", "/id")
        await world.again("amy")
        await world.sends("amy", "/id")
        assert len(world.chat("amy")) == 2


async def test_the_case_that_was_named_beside_the_words_is_offered_first() -> None:
    async with ChatWorld() as world:
        older = await world.reports()
        newer = await world.reports(young_person="YP-02")
        world.clock.go(hours=1)
        for number, text in enumerate((f"{older} she rang", f"/open {older} she rang again")):
            await world.sends("ben", text)
            offered = [b for row in world.screen("ben").rows for b in row]
            notes = [b.data for b in offered if b.data.startswith("w:note:")]
            assert notes == [f"w:note:{older}", f"w:note:{newer}"]
            draft = await world.store.draft("ben.words")
            assert draft is not None and len(draft.answers["texts"]) == number + 1


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("/duty", True),
        ("/open", True),
        ("/case RW-7K2M", True),
        ("rh-7k2m", True),
        (menu.DUTY, True),
        ("/help", True),
        ("/cancel", False),
        ("/missing", True),
        (menu.REPORT, True),
        ("/stop", False),
        ("she is back", False),
    ],
)
async def test_only_what_asks_for_something_may_be_dealt_with_once_more(
    text: str, asks: bool
) -> None:
    """In a chat that takes nothing. A report that is begun or thrown away, and words, are not."""
    async with ChatWorld() as world:
        world.phone.away = True
        await world.sends("amy", text)
        assert [bool(asked) for _, asked in world.phone.told_later] == [asks]


async def test_what_comes_again_about_a_case_that_is_no_longer_theirs_is_answered() -> None:
    """The process died before it confirmed the tap, and started with Amy at another home."""
    async with ChatWorld() as world:
        await world.reports("amy")
        number, data = world.button("amy", "Note")
        await world.restarts(
            msgspec.structs.replace(
                PROVIDER,
                staff=tuple(
                    msgspec.structs.replace(one, homes=("cedar",)) if one.id == "amy" else one
                    for one in PROVIDER.staff
                ),
            )
        )
        await world.again("amy")
        await world.forges("amy", data, number)
        assert world.last("amy") == menu.SAVED_NOT_YOURS


# What does not stay in the chat ----------------------------------------------------------------


class PagesTakeWords:
    """The links of a service where words are typed on its own pages."""

    address = "https://pages.example"
    take_words = True

    def opening(self, path: str) -> str:
        return f"{self.address}/{path}"

    def link(self, _: object) -> str:
        return self.address


class WordsOnPages(ChatWorld):
    """A service that lets no words into the chat."""

    def make_links(self) -> PagesTakeWords:
        return PagesTakeWords()


async def test_where_words_are_typed_on_pages_the_chat_says_so_and_leads_there() -> None:
    """They leave Amy's chat, and nothing is left of them anywhere else."""
    async with WordsOnPages() as world:
        await world.sends("amy", "she was seen at the station with a man")
        assert world.text("amy") == page_words.NOT_TAKEN
        [[button]] = world.screen("amy").rows
        assert button.label == form_words.WRITE
        assert button.opens.startswith(f"{PagesTakeWords.address}/")
        assert world.phone.removed == [(1, 1)]


async def test_words_in_the_middle_of_a_form_leave_its_question_at_the_bottom() -> None:
    async with WordsOnPages() as world:
        await world.sends("amy", "/missing")
        question = world.text("amy")
        await world.sends_kind("amy", "photo")
        assert world.text("amy") == question
        await world.sends("amy", "a note", edited=True)
        assert world.text("amy") == question
        assert page_words.NOT_TAKEN in [screen.text for screen in world.chat("amy").values()]


@pytest.mark.parametrize("gone", [True, False])
async def test_a_picture_is_said_to_be_gone_only_if_it_is(
    gone: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ChatWorld() as world:

        async def remove(chat_id: int, message_id: int, *, own: bool = False) -> bool:
            return gone

        monkeypatch.setattr(world.phone, "remove", remove)
        await world.sends_kind("amy", "photo")
        assert world.text("amy") == (menu.REFUSED_KIND if gone else menu.NOT_REMOVED)


async def test_what_may_not_be_on_record_is_not_called_saved(
    breaks: Break, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk can be read no more: nobody is told that something was saved."""
    async with ChatWorld() as world:
        breaks(RuntimeError("x"), False)
        world.broken = True
        read = world.store.seen

        async def seen(update_id: int) -> bool:
            seen.asked += 1  # type: ignore[attr-defined]
            if seen.asked > 1:  # type: ignore[attr-defined]
                raise OSError("the disk")
            return await read(update_id)

        seen.asked = 0  # type: ignore[attr-defined]
        monkeypatch.setattr(world.store, "seen", seen)
        await world.sends("amy", "/version")
        assert world.text("amy") == menu.FAILED


async def test_what_was_typed_into_an_older_command_is_not_dealt_with_once_more() -> None:
    async with ChatWorld() as world:
        world.phone.away = True
        await world.sends("amy", "/duty she is with Robin", edited=True)
        assert [bool(asked) for _, asked in world.phone.told_later] == [False]


@pytest.mark.parametrize("data", ["f", "f:d1", "f:d1:who"])
async def test_a_button_that_is_cut_short_closes_its_screen(data: str) -> None:
    """Of an unfinished form that is no longer there."""
    async with ChatWorld() as world:
        await world.sends("amy", "/id")
        [number] = world.chat("amy")
        await world.forges("amy", data, number)
        assert world.text("amy") == case_answers.CLOSED_FORM
