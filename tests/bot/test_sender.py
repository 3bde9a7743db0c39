"""What the bot says by itself is put into words at the moment of sending, as things stand then."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from bot.sender import WordedSender
from handlers.chat import Screen
from handlers.message_parts import visible
from protocol import facts as f
from reminders.combining import joined
from reminders.limits import Turn
from reminders.sending import Refused, Sent
from storage.model import Message
from storage.store import Change
from tests.handlers.chat_world import ChatWorld

TURN: Any = None
AMY, MIA = 1, 4


class Sending:
    """Telegram's side: what was sent, changed and taken away."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, list[Screen], Turn, bytes, bool]] = []
        self.changed: list[tuple[int, int, Screen]] = []
        self.removed: list[tuple[int, int, Screen]] = []

    async def send(
        self, chat_id: int, screens: Any, turn: Turn, picture: bytes = b"", *, quiet: bool = False
    ) -> int:
        self.sent.append((chat_id, list(screens), turn, picture, quiet))
        return 900 + len(self.sent)

    async def change(self, chat_id: int, message_id: int, screen: Screen) -> None:
        self.changed.append((chat_id, message_id, screen))

    async def remove(self, chat_id: int, message_id: int, instead: Screen) -> None:
        self.removed.append((chat_id, message_id, instead))


class Speaking(ChatWorld):
    """A service, and the bot's own words."""

    async def __aenter__(self) -> Speaking:
        await super().__aenter__()
        self.telegram: Any = Sending()
        self.sender = WordedSender(self.telegram, self.engine.cases)
        return self

    def message(self, kind: str, about: str = "", to: str = "amy", **fields: Any) -> Message:
        now = self.clock.now()
        data = {"duty_at": now.isoformat(), **fields.pop("data", {})}
        return Message(
            id=f"{kind}~{about}~{to}~{fields.pop('number', 0)}",
            to=to,
            kind=kind,
            about=about,
            created_at=now,
            due_at=now,
            data=data,
            chat_id=self.staff(to).telegram_id,
            **fields,
        )

    async def says(self, message: Message, ref: str = "", turn: Any = TURN) -> str:
        """Sends it; the text as its reader has it."""
        episode = await self.store.episode(ref) if ref else None
        sent = await self.sender.send(message, episode, turn)
        assert sent == Sent(message.chat_id, 900 + len(self.telegram.sent))
        chat, screens, _, _, _ = self.telegram.sent[-1]
        assert chat == message.chat_id
        return "\n".join(screen.text for screen in screens)

    def buttons(self) -> list[str]:
        screens = self.telegram.sent[-1][1]
        return [b.data for screen in screens for row in screen.rows for b in row]

    def labels_and_data(self) -> list[tuple[str, str]]:
        """Label and data of each."""
        screens = self.telegram.sent[-1][1]
        return [(b.label, b.data) for screen in screens for row in screen.rows for b in row]


async def test_nothing_goes_to_somebody_who_is_not_on_the_list_now() -> None:
    """Unknown; without a chat; or their last day is over when the message is sent."""
    async with Speaking() as it:
        ref = await it.reports()
        episode = await it.store.episode(ref)
        alarm = it.message("reminder", "N-POLICE")
        away = [
            msgspec.structs.replace(alarm, to="nobody"),
            msgspec.structs.replace(alarm, chat_id=None),
        ]
        over = msgspec.structs.replace(it.staff("amy"), expires=date(2026, 11, 20))
        for message in away:
            with pytest.raises(Refused, match=r"^not on the staff list$"):
                await it.sender.send(message, episode, TURN)
        others = tuple(one for one in it.provider.staff if one.id != "amy")
        await it.restarts(msgspec.structs.replace(it.provider, staff=(*others, over)))
        it.sender = WordedSender(it.telegram, it.engine.cases)
        with pytest.raises(Refused, match=r"^not on the staff list$"):
            await it.sender.send(alarm, episode, TURN)
        assert it.telegram.sent == []


@pytest.mark.parametrize(
    ("kind", "about", "data", "said"),
    [
        ("reminder", "N-POLICE", {}, ["⏰", "YP-01", "<b>Do now:</b>"]),
        ("escalation", "N-POLICE", {"asked": ["ben"]}, ["‼️", "No answer from Ben Example."]),
        ("telephone", "N-POLICE", {"people": ["ben"]}, ["☎️", "Ring them now", "Ben Example: +44"]),
        ("level", "", {"level": 2, "before": 1}, ["🔔", "Now <b>level 2</b>"]),
        ("not_enough", "N-RA", {"role": "other"}, ["alone does not count"]),
        (
            "taken",
            "N-POLICE",
            {"owner": "ben", "until": "2026-11-21T22:00:00+00:00"},
            ["Ben Example has it", "You need do nothing"],
        ),
        (
            "over",
            "",
            {"by": "ben", "what": "back", "at": "2026-11-21T21:00:00+00:00", "fact": "f9"},
            ["🏠", "MISSING since", "Recorded as back by Ben Example"],
        ),
        ("card", "", {}, ["YP-01", "Level 1"]),
        ("something_new", "N-POLICE", {}, ["🔔", "Rowan House: Ring the police"]),
    ],
)
async def test_each_message_about_a_case_has_its_own_words(
    kind: str, about: str, data: dict[str, Any], said: list[str]
) -> None:
    """Only the good news comes without a sound."""
    async with Speaking() as it:
        ref = await it.reports()
        turn = object()
        text = await it.says(it.message(kind, about, data=data), ref, turn)
        for words in said:
            assert words in text
        assert ("YP-01" in text) == (kind != "something_new")
        _, _, given, picture, quiet = it.telegram.sent[-1]
        assert given is turn
        assert picture == b""
        assert quiet == (kind == "over")


async def test_a_home_that_is_not_in_the_configuration_is_called_by_its_id() -> None:
    async with Speaking() as it:
        ref = await it.reports()
        episode = msgspec.structs.replace(await it.store.episode(ref), home="elsewhere")
        await it.sender.send(it.message("something_new"), episode, TURN)
        assert "elsewhere" in it.telegram.sent[-1][1][0].text


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        ("alarm", {"what": "part", "line": "Reminders stopped."}, "Reminders stopped."),
        ("covered_again", {"homes": ["rowan"]}, "Rowan House: somebody who covers it"),
        ("invitation_declined", {"name": "Dee"}, "Whoever tapped your link"),
        ("unheard_of", {}, "🔔 unheard of"),
    ],
)
async def test_each_message_about_the_service_has_its_own_words(
    kind: str, data: dict[str, Any], said: str
) -> None:
    async with Speaking() as it:
        assert said in await it.says(it.message(kind, to="mia", data=data))
        assert it.telegram.sent[-1][2:] == (TURN, b"", False)


DIGEST = {
    "from": "2026-11-14T08:00:00+00:00",
    "to": "2026-11-21T08:00:00+00:00",
    "open": [],
    "unmet": [],
    "interviews": {
        "ended": 0, "held": 0, "declined": 0, "on_time": 0, "on_time_percent": None, "waiting": []
    },
    "by_level": {},
    "by_home": {},
    "repeats": [],
    "unanswered": [],
    "out_of_hours_referrals": {"week": 0, "weeks": 0},
}  # fmt: skip


async def test_a_digest_has_its_picture_if_there_are_weeks_to_draw() -> None:
    weeks = [{"from": "2026-11-16", "levels": [2, 1, 0]}]
    async with Speaking() as it:
        without = it.message("digest", to="mia", data=DIGEST)
        assert "Your week" in await it.says(without)
        assert it.telegram.sent[-1][3] == b""
        drawn = it.message("digest", to="mia", data={**DIGEST, "weeks": weeks})
        assert "Your week" in await it.says(drawn)
        assert it.telegram.sent[-1][3].startswith(b"\x89PNG")
        other = it.message("alarm", to="mia", data={"what": "part", "line": "x", "weeks": weeks})
        await it.says(other)
        assert it.telegram.sent[-1][3] == b"", "no other message has a picture"


async def test_the_months_figures_are_made_when_they_are_sent() -> None:
    async with Speaking() as it:
        await it.reports()
        turn = object()
        month = it.message("monthly", to="mia", data={"month": "2026-11"})
        text = await it.says(month, turn=turn)
        assert "November 2026" in text
        assert "Rowan House" in text
        assert "Episodes: 1" in text
        _, _, given, picture, quiet = it.telegram.sent[-1]
        assert (given, quiet) == (turn, False)
        assert picture.startswith(b"\x89PNG")


async def test_a_text_too_long_for_telegram_goes_out_in_parts() -> None:
    async with Speaking() as it:
        lines = "\n".join(f"{number} {'word ' * 30}" for number in range(60))
        await it.says(it.message("alarm", to="mia", data={"what": "part", "line": lines}))
        screens = it.telegram.sent[-1][1]
        assert len(screens) > 1
        assert all(visible(screen.text) <= 4096 for screen in screens)


# Several in one -------------------------------------------------------------------------------


async def test_several_alarms_of_two_cases_are_one_message_with_a_block_for_each_case() -> None:
    async with Speaking() as it:
        first = await it.reports()
        second = await it.reports(young_person="YP-02")
        one = it.message("reminder", "N-POLICE")
        two = it.message("reminder", "N-RA")
        three = it.message("escalation", "N-POLICE", data={"asked": ["ben"]})
        level = it.message("level", data={"level": 2, "before": 1})
        parts = [
            (first, one, None),
            (first, level, None),
            (first, two, None),
            (second, three, None),
        ]
        text = await it.says(joined(parts, AMY, it.clock.now()))
        assert text.count("YP-01") == 1, "one block for both duties; the level is a line below"
        assert text.count("Call 999") == 2 and f"{first}: now <b>level 2</b>" in text
        assert text.count("YP-02") == 1
        assert text.index("⏰") < text.index("‼️") < text.index("🔔")
        assert "1. " in text and "2. " in text
        assert f"r:{first}:all:have" in it.buttons()
        assert f"r:{first}:N-POLICE:do" in it.buttons()
        assert f"r:{first}:N-RA:do" in it.buttons()
        assert f"r:{second}:N-POLICE:have" in it.buttons()
        for label, data in it.labels_and_data():
            assert label.endswith(f" · {data.split(':')[1]}"), "each says which case it is for"
        assert f"c:{first}:why" in it.buttons()
        blocks = text.split("\n\n")
        assert sum(block.startswith("⏰") for block in blocks) == 1


async def test_what_may_have_arrived_is_marked_also_when_it_is_one_of_several() -> None:
    async with Speaking() as it:
        ref = await it.reports()
        other = await it.reports(young_person="YP-02")
        again = it.message("reminder", "N-POLICE", ambiguous=True)
        fresh = it.message("reminder", "N-RA")
        assert "Sent again" in await it.says(again, ref)
        assert "Sent again" not in await it.says(fresh, ref)
        both = joined([(ref, again, None), (other, fresh, None)], AMY, it.clock.now())
        assert (await it.says(both)).count("Sent again") == 2, "the whole may have arrived"
        marked = msgspec.structs.replace(both, ambiguous=False)
        assert (await it.says(marked)).count("Sent again") == 1
        neither = joined([(ref, fresh, None), (other, fresh, None)], AMY, it.clock.now())
        assert "Sent again" not in await it.says(neither)


async def test_of_several_only_what_still_exists_is_said() -> None:
    async with Speaking() as it:
        ref = await it.reports()
        here = it.message("reminder", "N-POLICE")
        gone = it.message("reminder", "N-RA")
        level = it.message("level", data={"level": 2, "before": 1})
        parts = [("RH-GONE", gone, None), ("RH-GONE", level, None), (ref, here, None)]
        text = await it.says(joined(parts, AMY, it.clock.now()))
        assert "RH-GONE" not in text and "YP-01" in text
        with pytest.raises(Refused, match=r"^nothing of it is true any more$"):
            await it.says(joined(parts[:2], AMY, it.clock.now()))


# Edits of what rang ---------------------------------------------------------------------------


def edit(it: Speaking, kind: str, ref: str, **data: Any) -> Message:
    return it.message(kind, data={"ref": ref, "of": 70, "parts": [], "ended": [], **data})


DONE = {"duty": "N-POLICE", "why": "done", "by": "ben", "at": "2026-11-21T21:25:00+00:00"}


async def test_an_alarm_that_is_done_says_so_in_its_own_place() -> None:
    async with Speaking() as it:
        ref = await it.reports()
        for episode in (await it.store.episode(ref), None):
            message = edit(it, "settled", ref, ended=[DONE])
            assert await it.sender.send(message, episode, TURN) == Sent(AMY, 70)
            chat, number, screen = it.telegram.changed.pop()
            assert (chat, number) == (AMY, 70)
            assert screen.text.startswith("✅ Done 21:25 by Ben Example: Ring the police")
            assert ref in screen.text
            assert screen.rows == ()
        assert it.telegram.sent == []


async def test_below_what_is_done_stands_what_is_not() -> None:
    async with Speaking() as it:
        ref = await it.reports()
        rang = [it.message("reminder", duty) for duty in ("N-POLICE", "N-RA")]
        await it.store.commit(ref, (await it.case()).version, Change(messages=rang))
        message = edit(it, "settled", ref, ended=[DONE], parts=[one.id for one in rang])
        await it.sender.send(message, None, TURN)
        [(_, _, screen)] = it.telegram.changed
        above, _, below = screen.text.partition("\n\n")
        assert above.startswith("✅ Done") and "\n" not in above
        assert below.startswith("⏰")
        buttons = [b.data for row in screen.rows for b in row]
        assert f"r:{ref}:N-RA:have" in buttons
        assert f"r:{ref}:N-POLICE:have" not in buttons
        only_that = edit(it, "settled", ref, ended=[DONE], parts=[rang[0].id])
        await it.sender.send(only_that, None, TURN)
        assert "⏰" not in it.telegram.changed[-1][2].text, "what was in other messages stays there"


async def test_an_edit_leaves_what_the_same_message_says_of_another_case() -> None:
    """Of the other case one duty is still to be done, one no longer, and one rang elsewhere."""
    async with Speaking() as it:
        first = await it.reports()
        second = await it.reports(young_person="YP-02")
        due = [d.id for d in it.engine.cases.duties_in(await it.store.episode(second))[1]]
        assert "N-RA" in due
        rang = [
            it.message("reminder", "N-RA", message_id=70, state="sent"),
            it.message("reminder", "CP-99H", message_id=70, state="sent"),
            it.message("reminder", "N-PARENTS", message_id=71, state="sent"),
            it.message("reminder", "N-POLICE", to="ben", message_id=70, state="sent"),
            it.message("level", "NOT-ASKING", message_id=70, state="sent"),
        ]
        version = (await it.store.episode(second)).version
        await it.store.commit(second, version, Change(messages=rang))
        message = edit(it, "settled", first, ended=[DONE], beside=["RH-GONE", second])
        await it.sender.send(message, None, TURN)
        [(_, _, screen)] = it.telegram.changed
        lines = screen.text.partition("\n\n")[0].splitlines()
        assert len(lines) == 2
        assert lines[0].startswith("✅ Done") and first in lines[0]
        assert lines[1].startswith("✅ No longer due") and second in lines[1]
        assert "YP-02" in screen.text
        buttons = [b.data for row in screen.rows for b in row if b.data.startswith("r:")]
        assert {b for b in buttons if b.endswith(":have")} == {f"r:{second}:N-RA:have"}


async def test_of_another_case_that_was_closed_nothing_is_asked_any_more() -> None:
    async with Speaking() as it:
        first = await it.reports()
        second = await it.reports(young_person="YP-02")
        rang = [it.message("reminder", "N-RA", message_id=70, state="sent")]
        now = it.clock.now()
        closed = f.Closed(id="closed", by="mia", recorded_at=now, at=now)
        version = (await it.store.episode(second)).version
        change = Change(facts=[closed], messages=rang, close=True)
        await it.store.commit(second, version, change)
        message = edit(it, "settled", first, ended=[DONE], beside=[second])
        await it.sender.send(message, None, TURN)
        [(_, _, screen)] = it.telegram.changed
        assert "No longer due" in screen.text
        assert screen.rows == ()


async def test_an_alarm_that_was_asked_again_below_is_taken_away() -> None:
    async with Speaking() as it:
        ref = await it.reports()
        sent = await it.sender.send(edit(it, "collapsed", ref), None, TURN)
        assert sent == Sent(AMY, 70)
        assert it.telegram.removed == [(AMY, 70, Screen("↓ Asked again below."))]
        assert it.telegram.changed == []


async def test_an_alarm_that_its_reader_made_a_form_of_is_left_alone() -> None:
    async with Speaking() as it:
        ref = await it.reports()
        it.engine.cases.reused.add(AMY, 70)
        for kind in ("settled", "collapsed"):
            assert await it.sender.send(edit(it, kind, ref), None, TURN) == Sent(AMY, 70)
        assert it.telegram.removed == it.telegram.changed == []


async def test_a_reminder_says_what_is_true_when_it_is_sent() -> None:
    """A quarter of an hour later than it was planned, and the case is at another level by then."""
    async with Speaking() as it:
        ref = await it.reports()
        message = it.message("reminder", "N-POLICE")
        assert "level 1" in await it.says(message, ref)
        now = it.clock.now()
        raised = f.LevelRaised(id="up", by="amy", recorded_at=now, at=now, level=3, reason="x")
        await it.context.records.update(ref, lambda _: Change(facts=[raised]))
        it.clock.time += timedelta(minutes=15)
        later = msgspec.structs.replace(message, data={**message.data, "late_minutes": 15})
        text = await it.says(later, ref)
        assert "level 3" in text
        assert "LATE by 15 min" in text


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"why": "reached", "person": "ben"}, "✅ I can reach <b>Ben Example</b> again."),
        ({"why": "handover"}, "This hand-over needs no answer any more."),
    ],
)
async def test_a_message_about_the_service_that_does_not_hold_any_more(
    data: dict[str, Any], said: str
) -> None:
    async with Speaking() as it:
        message = it.message("no_longer", data={"of": 70, **data})
        assert await it.sender.send(message, None, TURN) == Sent(AMY, 70)
        [(chat, number, screen)] = it.telegram.changed
        assert (chat, number) == (AMY, 70)
        assert screen.text.startswith(said)
        it.engine.cases.reused.add(AMY, 70)
        assert await it.sender.send(message, None, TURN) == Sent(AMY, 70)
        assert len(it.telegram.changed) == 1


class Amending(Speaking):
    """Two cases; of the first the police are told. What rang stands in message 70."""

    async def __aenter__(self) -> Amending:
        await super().__aenter__()
        self.first = await self.reports()
        self.second = await self.reports(young_person="YP-02")
        await self.fact(f.PoliceTold, by="ben")
        return self

    async def fact(self, kind: Any, by: str = "amy", **fields: Any) -> None:
        now = self.clock.now()
        made = kind(id=f"{kind.__name__}", by=by, recorded_at=now, at=now, **fields)
        await self.context.records.update(self.first, lambda _: Change(facts=[made]))

    async def rang(self, ref: str, *messages: Message) -> list[str]:
        """These were sent about this case; their ids."""
        sent = [
            one if one.message_id else msgspec.structs.replace(one, message_id=70)
            for one in (msgspec.structs.replace(m, state="sent") for m in messages)
        ]
        await self.context.records.update(ref, lambda _: Change(messages=sent))
        return [one.id for one in sent]

    async def amended(self, parts: list[str], to: str = "amy", **data: Any) -> Screen:
        """What the message says after the edit."""
        of = {"ref": self.first, "of": 70, "parts": parts, "ended": [], "told": [], **data}
        message = self.message("amended", to=to, data=of)
        for episode in (None, await self.store.episode(self.first)):
            sent = await self.sender.send(message, episode, TURN)
            assert sent == Sent(self.staff(to).telegram_id, 70)
        before, after = self.telegram.changed[-2:]
        assert before == after
        screen: Screen = after[2]
        return screen


def asked(screen: Screen) -> set[str]:
    """The duties that this screen asks for, with their cases."""
    data = [b.data for row in screen.rows for b in row]
    return {d.removeprefix("r:").removesuffix(":have") for d in data if d.endswith(":have")}


async def test_an_amended_message_says_all_that_is_true_of_it_now() -> None:
    async with Amending() as it:
        level = it.message("level", data={"level": 2, "before": 1})
        parts = await it.rang(
            it.first, it.message("reminder", "N-POLICE"), it.message("reminder", "N-RA"), level
        )
        screen = await it.amended(parts)
        lines = screen.text.partition("\n\n")[0].splitlines()
        assert lines[0].startswith("✅ Done 21:30 by Ben Example: Ring the police")
        assert lines[1] == f"🔔 <b>{it.first}</b> is at level 1 now."
        assert len(lines) == 2
        assert screen.text.partition("\n\n")[2].startswith("⏰")
        assert asked(screen) == {f"{it.first}:N-RA"}


async def test_what_was_told_and_is_so_still_stands_below_what_asks() -> None:
    async with Amending() as it:
        level = it.message("level", data={"level": 1, "before": 0})
        parts = await it.rang(it.first, level, it.message("reminder", "N-RA"))
        screen = await it.amended(parts)
        assert screen.text.startswith("⏰")
        assert "Now <b>level 1</b>" in screen.text
        assert screen.text.index("⏰") < screen.text.index("🔔")
        assert f"c:{it.first}:why" in [b.data for row in screen.rows for b in row]
        level_alone = await it.amended([level.id])
        assert level_alone.text.startswith("🔔") and asked(level_alone) == set()


async def test_an_amended_message_leaves_out_what_stood_in_other_messages() -> None:
    """Of its own case the parts that are named; of the others what has its number."""
    async with Amending() as it:
        mine = it.message("reminder", "N-RA")
        other = it.message("reminder", "N-PARENTS", message_id=71)
        bens = it.message("reminder", "CP-4H", to="ben")
        unnamed = it.message("escalation", "N-RA", number=2)
        [part, *_] = await it.rang(it.first, mine, other, bens, unnamed)
        second = it.message("reminder", "N-POLICE", number=3)
        away = it.message("reminder", "N-RA", message_id=71, number=4)
        await it.rang(it.second, second, away)
        screen = await it.amended([part, other.id, bens.id], beside=["RH-GONE", it.second])
        assert asked(screen) == {f"{it.first}:N-RA", f"{it.second}:N-POLICE"}
        assert screen.text.count("⏰") == 2 and "‼️" not in screen.text
        assert asked(await it.amended([part])) == {f"{it.first}:N-RA"}


async def test_of_a_closed_case_the_message_asks_for_nothing() -> None:
    async with Amending() as it:
        level = it.message("level", data={"level": 1, "before": 0})
        parts = await it.rang(it.first, level, it.message("reminder", "N-RA"))
        now = it.clock.now()
        closed = f.Closed(id="closed", by="mia", recorded_at=now, at=now)
        change = Change(facts=[closed], close=True)
        await it.context.records.update(it.first, lambda _: change)
        screen = await it.amended(parts)
        assert asked(screen) == set() and screen.rows == ()
        assert screen.text.splitlines()[-1] == f"✅ Closed: <b>{it.first}</b>"
        assert len(screen.text.splitlines()) == 2


async def test_whoever_stood_in_hears_the_end_and_is_asked_nothing() -> None:
    """Cay, of another home, was asked because nobody else could be reached."""
    async with Amending() as it:
        done = it.message("reminder", "N-POLICE", to="cay")
        live = it.message("reminder", "N-RA", to="cay")
        parts = await it.rang(it.first, done, live)
        screen = await it.amended(parts, to="cay")
        assert screen.rows == ()
        assert screen.text.startswith("✅ Done 21:30 by Ben Example")
        only_live = await it.amended([live.id], to="cay")
        assert only_live.text == f"✅ Not with you any more: <b>{it.first}</b>"
        ref = await it.reports("cay", "YP-11")
        await it.rang(ref, it.message("reminder", "N-RA", to="cay"))
        both = await it.amended([live.id], to="cay", beside=[ref])
        assert asked(both) == {f"{ref}:N-RA"}
        assert it.first not in both.text


async def test_below_what_is_done_nothing_is_asked_of_whoever_stood_in() -> None:
    """Neither of the case that the edit is about, nor of another in the same message."""
    async with Amending() as it:
        parts = await it.rang(
            it.first,
            it.message("reminder", "N-POLICE", to="cay"),
            it.message("reminder", "N-RA", to="cay"),
        )
        await it.rang(it.second, it.message("reminder", "N-RA", to="cay"))
        told = {"ref": it.first, "of": 70, "parts": parts, "ended": [DONE]}
        message = it.message("settled", to="cay", data={**told, "beside": [it.second]})
        await it.sender.send(message, None, TURN)
        [(_, _, screen)] = it.telegram.changed
        assert screen.rows == ()
        done, other = screen.text.splitlines()
        assert done.startswith("✅ Done 21:25 by Ben Example") and it.first in done
        assert other == f"✅ Not with you any more: <b>{it.second}</b>"


async def test_an_amended_message_names_who_has_it_by_now() -> None:
    async with Amending() as it:
        parts = await it.rang(it.first, it.message("reminder", "N-RA"))
        await it.forges("ben", f"r:{it.first}:N-RA:have")
        screen = await it.amended(parts)
        assert screen.text.startswith("👍 Ben Example has it until ")
        assert screen.rows == ()


async def test_a_message_about_the_staff_list_names_people() -> None:
    async with Speaking() as it:
        data = {"giver": "ben", "taker": "cay"}
        text = await it.says(it.message("offer_off", data=data))
        assert "<b>Ben Example</b> and <b>Cay Example</b> is off" in text
