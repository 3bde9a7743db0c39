"""The real process is killed at random moments while people log reports and duties fall due."""

from __future__ import annotations

import asyncio
import os
import random
import re
from typing import Any

import pytest

from sandbox.driver import Person
from tests.stories.night import REFERENCE, Night

KILLS = int(os.environ.get("NIGHTLIGHT_KILLS", "12"))
SEED = int(os.environ.get("NIGHTLIGHT_SEED", "20261121"))
ENOUGH = 3
PATIENCE_SECONDS = 120.0
THUMB_SECONDS = 0.05
YOUNG_PEOPLE = ["YP-01", "YP-03", "YP-04"]
ANSWERS = {
    "Which home?": ["Rowan House"],
    "Which young person?": YOUNG_PEOPLE,
    "Is this a new one?": ["Yes, a new report"],
    "know for certain": ["No, or not confirmed"],
    "last seen? Tap": ["15 min ago", "30 min ago", "1 h ago"],
    "due back? Tap": ["No set time", "15 min ago"],
    "What happened": ["Did not come back", "Left unnoticed"],
    "police been told": ["Not yet", "Don't know"],
    "makes it worse?": ["None of these", "That's all"],
    "Any earlier concerns": ["No", "Don't know"],
    "Save it?": ["Save the report"],
    "Is this the time?": ["Yes"],
    "Is that right?": ["Yes"],
    "unfinished report": ["Go on with it"],
}


def newest(chat: dict[str, Any], me: int) -> dict[str, Any]:
    """The newest message that asks something or shows a case; a reminder in between is none."""
    for message in reversed(chat["messages"]):
        text = message.get("text", "")
        if message["from"]["id"] != me and (
            any(q in text for q in ANSWERS) or re.search(r"· Level \d|Level \d ·", text)
        ):
            return message
    return {"text": ""}


def _a_life(chance: random.Random) -> float:
    """Seconds until the next power cut: sometimes in the middle of the start, mostly later."""
    return chance.uniform(0.0, 1.0) if chance.random() < 0.3 else chance.uniform(2.0, 5.0)


class Hand:
    """A person who goes on tapping whatever happens, and notes what they saw confirmed."""

    def __init__(self, person: Person, chance: random.Random) -> None:
        self.person = person
        self.chance = chance
        self.confirmed: dict[str, str] = {}
        self._last = ("", 0.0)

    async def goes_on(self) -> None:
        chat = await self.person.chat()
        message = newest(chat, self.person.id)
        text = message["text"]
        now = asyncio.get_running_loop().time()
        if re.search(r"· Level \d|Level \d ·", text):
            ref = REFERENCE.findall(text)[0]
            if ref not in self.confirmed:
                self.confirmed[ref] = text
            await self._act("", "/missing", now)
            return
        for question, choices in ANSWERS.items():
            if question in text:
                await self._act(text, self.chance.choice(choices), now)
                return
        await self._act("", "/missing", now)

    async def _act(self, screen: str, what: str, now: float) -> None:
        """Does it once; again after two seconds in which nothing changed."""
        key = screen or what
        if key == self._last[0] and now - self._last[1] < 1.0:
            await asyncio.sleep(0.03)
            return
        self._last = (key, now)
        try:
            if what.startswith("/"):
                await self.person.sends(what, settle=False)
            else:
                await self.person.taps(what, settle=False)
        except AssertionError:
            pass  # the button went away while the thumb was coming down
        await asyncio.sleep(THUMB_SECONDS)


async def test_no_confirmed_fact_and_no_due_reminder_is_lost_when_the_process_is_killed(
    night: Night,
) -> None:
    """Every report that was seen confirmed is in the book, and its police duty reaches somebody."""
    night.unread = True
    chance = random.Random(SEED)
    hands = [Hand(night.morgan, chance), Hand(night.sasha, chance)]
    finished = asyncio.Event()

    def saved() -> int:
        return sum(len(hand.confirmed) for hand in hands)

    async def keep_on(hand: Hand) -> None:
        while not finished.is_set():
            await hand.goes_on()

    async def power_cuts() -> None:
        time = asyncio.get_running_loop().time
        until = time() + PATIENCE_SECONDS
        kills = 0
        while (kills < KILLS or saved() < ENOUGH) and time() < until:
            kills += 1
            await asyncio.sleep(_a_life(chance))
            night.kill()
            await night.stage.post("/clock", {"advance_seconds": 600, "wait": 0})
            await asyncio.to_thread(night.launch)
            await asyncio.sleep(0.8)
        # On a slow machine few reports fit between two kills: the rest come through without.
        while saved() < ENOUGH and time() < until + PATIENCE_SECONDS:
            await asyncio.sleep(0.2)
        finished.set()

    await asyncio.gather(power_cuts(), *(keep_on(hand) for hand in hands))
    await night.until_followed()
    await night.clock.advance(minutes=30)

    confirmed = {ref: text for hand in hands for ref, text in hand.confirmed.items()}
    if len(confirmed) < ENOUGH:
        stands = [await hand.person.screen() for hand in hands]
        pytest.fail(f"too few reports came through to prove anything: {confirmed}; now {stands}")
    said = [
        message.get("text", "")
        for person in (night.morgan, night.sasha, night.robin)
        for message in (await person.chat())["messages"]
    ]
    untold = [
        ref
        for ref in confirmed
        if not any(ref in text and "Ring the police" in text and "Due" in text for text in said)
    ]
    assert not untold, f"no reminder about telling police for {untold}"
    night.stop()
    for ref in confirmed:
        record = night.record(ref)
        assert "opened" in record, f"{ref} was seen confirmed and is not in the book"
        assert record.count(" opened ") == 1, f"{ref} was opened twice"


@pytest.mark.words_in_chat
async def test_typed_words_leave_the_chat_after_a_power_cut_of_thirty_hours(night: Night) -> None:
    """The cut comes when they are on disk and not yet out of the chat. After a day Telegram does
    not deliver the message again, but that it is to go is on record."""
    ref = await night.reports(night.morgan, police="Just now")
    await night.morgan.taps("Note")
    hanging = await night.stage.faults.add("hang", method="deleteMessage", seconds=60)
    await night.morgan.sends("she rang from the station", settle=False)
    for _ in range(100):
        await asyncio.sleep(0.1)
        if "note kept" in await night.morgan.screen():
            break
    night.kill()
    await night.stage.faults.remove(hanging)
    assert "she rang from the station" in await night.morgan.screen()
    await night.clock.advance(hours=30, stepwise=False, settle=False)
    await night.start()
    for _ in range(100):
        if "she rang from the station" not in (text := await night.morgan.screen()):
            break
        await asyncio.sleep(0.1)
    assert "she rang from the station" not in text
    assert "could not take" not in text and "NOT on record" not in text
    night.stop()
    assert "she rang from the station" in night.record(ref)
