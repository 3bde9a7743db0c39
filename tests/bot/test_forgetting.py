"""Whatever stands in a chat goes after a day, and what is still open is shown anew, quietly."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from telegram.error import Forbidden, NetworkError

from bot.chats_on_record import read
from handlers.chat import Screen
from handlers.wording import forgotten
from protocol import facts as f
from protocol.provider import Chat
from storage.store import Change
from tests.bot.night import BotNight
from tests.reminders.virtual import in_virtual_time

AMY, BEN, CAY, MIA, ADA = 1, 2, 3, 4, 5
HOUR = 3600.0
SOON = Chat(forget_after_hours=2)
LIMIT = 2 * HOUR
"""The shortest nights are told quickest; that the time is a setting has its own test."""
REF = "RH-2345"
MARK = "📌"


async def case(night: BotNight, ref: str = REF, home: str = "rowan") -> None:
    """A 15-year-old was last seen just now."""
    now = night.clock.now()
    opened = f.Opened(
        id="f1",
        by="amy",
        recorded_at=now,
        aware_at=now,
        last_seen_at=now,
        category="missing",
        child=f.Child(age=15, looked_after=True, historical_concerns=False),
    )
    await night.store.create(ref, home, "YP-1", Change(facts=[opened]))
    await night.bot.engine.planner.changed(ref)


async def come_back(night: BotNight, ref: str = REF) -> None:
    def build(_: Any) -> Change:
        now = night.clock.now()
        fact = f.Returned(id=f"back{ref}", by="amy", recorded_at=now, at=now)
        return Change(facts=[fact])

    await night.bot.engine.records.update(ref, build)


def oldest(night: BotNight, chat: int) -> float:
    """For how long the oldest message of this chat has stood there, but for the keyboard's."""
    keyboard = night.bot.forgetting.record.kept.keyboard.get(chat)
    now = asyncio.get_running_loop().time()
    ages = [
        now - since
        for (to, number), since in night.telegram.stands.items()
        if to == chat and number != keyboard
    ]
    return max(ages, default=0.0)


def marks(night: BotNight, chat: int) -> list[str]:
    return [text for text in night.telegram.standing(chat).values() if text.startswith(MARK)]


@in_virtual_time
async def test_a_night_and_the_next_night_all_is_gone_and_the_case_has_one_quiet_message() -> None:
    async with BotNight(chat=SOON) as night:
        await case(night)
        night.telegram.types(AMY, "/version")
        night.telegram.types(AMY, "/start")
        for _ in range(3 * 6):
            await asyncio.sleep(600)
            assert oldest(night, AMY) <= LIMIT + 900
            assert oldest(night, MIA) <= LIMIT + 900
        assert 1 not in night.telegram.standing(AMY), "her own message"
        assert [REF in text for text in marks(night, AMY)] == [True]
        assert {chat for chat, text in night.telegram.quiet if MARK in text} >= {AMY, MIA}
        assert all(quiet for quiet in night.telegram.quiet)
        assert marks(night, CAY) == [], "she never heard of it"
        await asyncio.sleep(3 * HOUR + 60)
        assert len(marks(night, AMY)) == 1, "replaced when its own time was over"


@in_virtual_time
async def test_nothing_goes_before_its_time_and_the_keyboard_stays() -> None:
    async with BotNight(chat=SOON) as night:
        night.telegram.types(AMY, "/start")
        await asyncio.sleep(LIMIT - 700)
        before = len(night.telegram.standing(AMY))
        assert night.telegram.removed == []
        await asyncio.sleep(1500)
        kept = night.telegram.standing(AMY)
        assert before >= 2 and len(kept) == 1
        night.telegram.types(AMY, "/start")
        await asyncio.sleep(LIMIT + 900)
        assert len(night.telegram.standing(AMY)) == 1, "the newest alone brings the buttons"


@pytest.mark.parametrize("hours", [1, 40])
@in_virtual_time
async def test_the_time_is_a_setting(hours: int) -> None:
    async with BotNight(chat=Chat(forget_after_hours=hours)) as night:
        night.telegram.types(AMY, "/version")
        await asyncio.sleep(hours * HOUR - 700)
        assert night.telegram.removed == []
        await asyncio.sleep(1500)
        assert (AMY, 1) in night.telegram.removed


@in_virtual_time
async def test_the_message_of_a_case_says_what_is_so_and_goes_when_it_is_closed() -> None:
    async with BotNight(chat=SOON) as night:
        await case(night)
        await asyncio.sleep(3 * HOUR)
        assert "MISSING since" in marks(night, AMY)[0]
        await come_back(night)
        await asyncio.sleep(10)
        assert "BACK since" in marks(night, AMY)[0] and len(marks(night, AMY)) == 1
        now = night.clock.now()
        closing = [
            f.SignedOff(id="s", by="mia", recorded_at=now, at=now),
            f.Closed(id="c", by="mia", recorded_at=now, at=now),
        ]
        await night.bot.engine.records.update(REF, lambda _: Change(facts=closing, close=True))
        await asyncio.sleep(60)
        assert marks(night, AMY) == [] == marks(night, MIA)


@in_virtual_time
async def test_a_power_cut_between_sending_and_the_record_leaves_nothing_behind() -> None:
    async with BotNight(chat=SOON) as night:
        await night.answered(AMY, "/version")
        await asyncio.sleep(60)
        await night.answered(AMY, "/version")  # and at once the power is gone
        await night.killed()
        lost = max(night.telegram.standing(AMY))
        kept = night.bot.forgetting.record.kept
        assert not any(
            lost in standing.numbers for slot in kept.slots.values() for standing in slot.values()
        )
        await night.answered(AMY, "/version")
        await asyncio.sleep(LIMIT + 1800)
        assert lost not in night.telegram.standing(AMY)
        assert oldest(night, AMY) <= LIMIT + 900


@pytest.mark.parametrize("others", [True, False], ids=["of a chat", "of the service"])
@in_virtual_time
async def test_a_power_cut_at_the_very_first_message_leaves_nothing_behind(others: bool) -> None:
    async with BotNight(chat=SOON) as night:
        if others:
            await night.answered(BEN, "/version")
            await asyncio.sleep(60)
        night.telegram.loses = lambda chat: chat == AMY
        await case(night)
        while not night.telegram.standing(AMY):
            await asyncio.sleep(0.01)
        await night.killed()
        [lost] = night.telegram.standing(AMY)
        night.telegram.loses = lambda chat: False
        assert night.bot.forgetting.record.last(AMY) == 0, "nothing was known of this chat"
        await asyncio.sleep(LIMIT + 1800)
        assert lost not in night.telegram.standing(AMY)


@in_virtual_time
async def test_a_message_whose_answer_was_lost_goes_too() -> None:
    async with BotNight(chat=SOON) as night:
        await night.answered(AMY, "/version")
        night.telegram.loses = lambda chat: chat == AMY
        await night.answered(AMY, "/version")
        lost = set(night.telegram.standing(AMY))
        night.telegram.loses = lambda chat: False
        await asyncio.sleep(60)
        await night.answered(AMY, "/version")
        await asyncio.sleep(LIMIT + 1800)
        assert not lost & set(night.telegram.standing(AMY))


@in_virtual_time
async def test_numbers_that_are_guessed_are_never_those_of_a_newer_message() -> None:
    """The service was down for long, so that what may stand there is due at once; what is sent
    after the start stays for its day."""
    async with BotNight(chat=SOON) as night:
        await night.answered(AMY, "/version")
        await night.stop()
        await asyncio.sleep(30 * HOUR)
        await night.start()
        await case(night)
        night.telegram.types(AMY, "/version")
        await asyncio.sleep(5)
        new = {n for n in night.telegram.standing(AMY) if night.telegram.stands[(AMY, n)] > 100_000}
        assert len(new) >= 2
        await asyncio.sleep(1.5 * HOUR)
        gone = {number for chat, number in night.telegram.removed if chat == AMY}
        assert max(new) not in gone


@in_virtual_time
async def test_telegram_was_away_for_days_and_the_person_is_asked_once_to_clear_the_chat() -> None:
    async with BotNight(chat=SOON) as night:
        await night.answered(AMY, "/version")
        await night.answered(AMY, "/version")
        await asyncio.sleep(60)
        night.telegram.fails = lambda method, chat: NetworkError("away")
        await asyncio.sleep(50 * HOUR)
        assert night.bot.forgetting.overdue()["chats_hold_messages_since"] is not None
        night.telegram.fails = lambda method, chat: None
        await asyncio.sleep(HOUR)
        ours = [text for text in night.telegram.standing(AMY).values() if text]
        assert forgotten.TOO_OLD in ours, "ours lose their words"
        assert not any("Nightlight" in text for text in ours)
        assert night.telegram.texts(AMY).count(forgotten.CLEAR_CHAT) == 1
        await asyncio.sleep(6 * HOUR)
        assert night.telegram.texts(AMY).count(forgotten.CLEAR_CHAT) == 1
        assert night.bot.forgetting.overdue() == {
            "chats_hold_messages_since": None,
            "chats_to_be_cleared": 0,
        }


@in_virtual_time
async def test_somebody_blocked_the_bot_and_is_asked_when_they_come_back() -> None:
    async with BotNight(chat=SOON) as night:
        await night.answered(AMY, "/version")
        night.telegram.fails = lambda method, chat: (
            Forbidden("bot was blocked by the user") if chat == AMY else None
        )
        await asyncio.sleep(49 * HOUR)
        assert night.bot.forgetting.overdue()["chats_to_be_cleared"] == 1
        night.telegram.fails = lambda method, chat: None
        night.telegram.types(AMY, "/version")
        await asyncio.sleep(HOUR)
        assert night.telegram.texts(AMY).count(forgotten.CLEAR_CHAT) == 1


def member(number: int, status: str) -> dict[str, Any]:
    """Telegram says that Amy has blocked the bot, or lets it write again."""
    amy = {"id": AMY, "is_bot": False, "first_name": "Somebody"}
    bot = {"id": 1000, "is_bot": True, "first_name": "Bot"}
    was, now = {"user": bot, "status": "member"}, {"user": bot, "status": status}
    chat = {"id": AMY, "type": "private"}
    change = {
        "chat": chat, "from": amy, "date": 0, "old_chat_member": was, "new_chat_member": now,
    }  # fmt: skip
    return {"update_id": number, "my_chat_member": change}


@in_virtual_time
async def test_a_closed_chat_is_tried_once_an_hour_and_at_once_when_it_is_open_again() -> None:
    async with BotNight(chat=SOON) as night:
        await night.answered(AMY, "/version")
        tried: list[str] = []
        closed = Forbidden("bot was blocked by the user")

        def fails(method: str, chat: int) -> Exception | None:
            if chat == AMY:
                tried.append(method)
            return closed if chat == AMY else None

        night.telegram.fails = fails
        night.telegram.put(member(900, "kicked"))
        await asyncio.sleep(LIMIT + 700)
        assert tried
        tried.clear()
        await asyncio.sleep(4 * HOUR)
        assert len(tried) == 4
        assert night.telegram.standing(AMY)
        night.telegram.fails = lambda method, chat: None
        night.telegram.put(member(901, "member"))
        await asyncio.sleep(700)
        assert oldest(night, AMY) < HOUR


@in_virtual_time
async def test_somebody_is_back_while_telegram_still_deletes_what_stands_there() -> None:
    async with BotNight(chat=SOON) as night:
        await night.answered(AMY, "/version")
        night.telegram.fails = lambda method, chat: (
            Forbidden("bot was blocked by the user") if chat == AMY else None
        )
        await asyncio.sleep(47 * HOUR)
        assert oldest(night, AMY) > 46 * HOUR
        night.telegram.fails = lambda method, chat: None
        await asyncio.sleep(900)
        assert oldest(night, AMY) <= LIMIT + 900
        assert night.telegram.texts(AMY).count(forgotten.CLEAR_CHAT) == 0


@in_virtual_time
async def test_a_kill_during_the_deletion_ends_with_all_gone() -> None:
    async with BotNight(chat=SOON) as night:
        await case(night)
        for _ in range(3):
            await night.answered(AMY, "/version")
            await night.answered(BEN, "/version")
        taken = night.telegram.delete_messages

        async def slowly(chat_id: int, message_ids: list[int]) -> bool:
            await asyncio.sleep(3)
            return await taken(chat_id, message_ids)

        night.telegram.delete_messages = slowly  # type: ignore[method-assign]
        await asyncio.sleep(LIMIT - HOUR / 2)
        before = len(night.telegram.removed)
        while len(night.telegram.removed) == before:
            await asyncio.sleep(1)
        await night.killed()
        await asyncio.sleep(1800)
        for chat in (AMY, BEN, MIA):
            assert oldest(night, chat) <= LIMIT + 900
            assert len(marks(night, chat)) <= 1
        assert len(marks(night, AMY)) == 1


@in_virtual_time
async def test_what_was_typed_and_never_saved_stays_until_its_sender_was_told() -> None:
    async with BotNight(chat=SOON) as night:
        await night.bot.context.phone.will_remove(AMY, 7, 999)
        night.telegram.stands[(AMY, 7)] = 0.0
        night.bot.forgetting.record.came(AMY, 7)
        await night.bot.context.phone.will_remove(AMY, 8, 998)
        await asyncio.sleep(2)
        await night.killed()
        await asyncio.sleep(LIMIT + 1800)
        assert (AMY, 7) not in night.telegram.removed
        await asyncio.sleep(23 * HOUR)
        assert any("NOT on record" in text for text in night.telegram.texts(AMY))
        assert (AMY, 7) not in night.telegram.removed, "it can still be copied"
        await asyncio.sleep(22 * HOUR)
        assert (AMY, 7) in night.telegram.removed


@in_virtual_time
async def test_a_half_finished_report_is_offered_anew_without_a_sound() -> None:
    async with BotNight(chat=SOON) as night:
        take_out, there = night.telegram.delete_message, []

        async def noting(chat_id: int, message_id: int) -> bool:
            there.append((chat_id, message_id) in night.telegram.stands)
            return await take_out(chat_id, message_id)

        night.telegram.delete_message = noting  # type: ignore[method-assign]
        await night.answered(AMY, "/missing")
        await asyncio.sleep(9 * HOUR)
        assert there and all(there), "no offer is taken away that has gone"
        standing = [text for text in night.telegram.standing(AMY).values() if text]
        assert any("not saved" in text.casefold() for text in standing), standing
        assert night.telegram.quiet
        assert oldest(night, AMY) <= LIMIT + 900


@in_virtual_time
async def test_a_form_in_hand_stays_for_the_moment() -> None:
    async with BotNight(chat=SOON) as night:
        await night.answered(AMY, "/version")
        number = max(night.telegram.standing(AMY))
        await asyncio.sleep(LIMIT - 300)
        night.bot.forgetting.record.reused(AMY, number)
        await asyncio.sleep(900)
        assert number in night.telegram.standing(AMY)
        await asyncio.sleep(2 * HOUR)
        assert number not in night.telegram.standing(AMY)


@in_virtual_time
async def test_a_list_of_many_cases_is_not_turned_into_many_messages() -> None:
    async with BotNight(chat=SOON) as night:
        record = night.bot.forgetting.record
        for number in range(2, 8):
            await case(night, f"RH-234{number}")
        refs = " ".join(f"RH-234{number}" for number in range(2, 8))
        record.sent(CAY, 50_000, refs)
        record.sent(BEN, 50_001, "RH-2342 and RH-2343, not XX-2344")
        slots = [slot for slots in record.due(night.clock.now()).values() for slot in slots]
        assert record.refs(CAY, slots) == []
        assert {"RH-2342", "RH-2343"} <= set(record.refs(BEN, slots))
        assert "XX-2344" not in record.refs(BEN, slots)


@in_virtual_time
async def test_a_card_on_the_status_message_is_not_overwritten() -> None:
    async with BotNight(chat=SOON) as night:
        await case(night)
        await asyncio.sleep(3 * HOUR)
        shown = night.bot.forgetting.record.kept.shown[AMY][REF].number
        await night.bot.context.phone.show(AMY, Screen("a form"), shown)
        await come_back(night)
        await asyncio.sleep(600)
        assert night.telegram.standing(AMY)[shown] == "a form"


@in_virtual_time
async def test_one_commit_for_many_messages() -> None:
    async with BotNight(chat=SOON) as night:
        await asyncio.sleep(5)
        before = (await night.store.office()).version
        for number in range(200):
            night.bot.forgetting.record.came(AMY, 100 + number)
        await asyncio.sleep(5)
        office = await night.store.office()
        assert office.version - before <= 2
        assert sum(len(one[AMY].numbers) for one in read(office.state).slots.values()) >= 200


@in_virtual_time
async def test_a_clock_that_was_ahead_keeps_nothing_for_longer() -> None:
    async with BotNight(chat=SOON) as night:
        await night.answered(AMY, "/version")
        await asyncio.sleep(5)
        state = read(night.bot.engine.service_state.state)
        later = {slot + 10_000: chats for slot, chats in state.slots.items()}
        ahead = msgspec.to_builtins(msgspec.structs.replace(state, slots=later), str_keys=True)
        await night.stop()
        await night.store.update_office(state={"chats": ahead})
        await night.start()
        await asyncio.sleep(LIMIT + 1800)
        assert oldest(night, AMY) <= LIMIT + 900


@in_virtual_time
async def test_it_goes_to_the_minute_and_what_fails_is_tried_again_ever_more_rarely() -> None:
    async with BotNight(chat=SOON) as night:
        loop = asyncio.get_running_loop()
        work: list[bool] = []
        night.bot.forgetting._busy = work.append
        await night.bot.forgetting.look()
        assert work == [True, False]
        await night.answered(AMY, "/version")
        oldest_ = night.bot.forgetting.record.oldest
        assert oldest_ is not None
        due = loop.time() + (oldest_ - night.clock.now()).total_seconds() + LIMIT
        tried: list[float] = []

        def fails(method: str, chat: int) -> Exception | None:
            if method != "delete":
                return None
            tried.append(loop.time())
            return NetworkError("away")

        night.telegram.fails = fails
        await asyncio.sleep(LIMIT + HOUR)
        assert due <= tried[0] < due + 60
        gaps = [round(b - a, -1) for a, b in pairwise(tried)]
        assert gaps[:6] == [60, 120, 300, 600, 600, 600]
        night.telegram.fails = lambda method, chat: None
        await asyncio.sleep(1200)
        assert night.telegram.standing(AMY) == {}
        tried.clear()
        await night.answered(AMY, "/version")
        night.telegram.fails = fails
        await asyncio.sleep(LIMIT + 600)
        assert round(tried[1] - tried[0], -1) == 60, "from the beginning"
