"""The chat asks for a PIN: who is woken acts without it, who reads or signs gives it, on the real
process with its pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.driver import Person
from tests.stories.night import Night, free_port
from tests.stories.writing import PIN, Writer

pytestmark = pytest.mark.words_in_chat
WEB = """
[web]
address = "http://127.0.0.1:@PORT@"
port = @PORT@
activation = "none"
chat_second_factor = "buttons"
"""
ASKED = "Your PIN"


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Night]:
    """As ever, with pages, and a chat that asks for the second factor."""
    one = Night(tmp_path, WEB.replace("@PORT@", str(free_port())))
    try:
        await one.begin()
        await one.stage.post("/settings", {"pages_here": True})
        yield one
    finally:
        await one.end()


async def gives_pin(person: Person, pin: str = PIN) -> None:
    for key in (*pin, "OK"):
        await person.taps(key)


async def asked(person: Person) -> bool:
    return ASKED in await person.screen()


async def test_a_woken_duty_manager_acts_without_it_and_reads_and_signs_with_it(
    night: Night,
) -> None:
    robin = Writer(night.stage, night.robin.id, "Robin Example", None, night.traffic)
    ref = await night.reports(night.morgan)

    # Woken: the alarm is answered, the return is recorded, without any question.
    await night.clock.advance(minutes=40)
    await night.morgan.taps("I have")
    await night.morgan.sends("/returned")
    await night.morgan.taps(ref)
    for answer in ("They're back", "Just now", "None of these"):
        await night.morgan.taps(answer)
    for person in (night.morgan, night.sasha, night.robin):
        assert not await asked(person)

    # The manager has no PIN yet: chosen on the page, and the case stands in the chat by itself.
    await night.robin.sends(f"/case {ref}")
    await night.robin.sees("You need a PIN", "to open")
    page = await robin.opens("🔒 Choose a PIN")
    assert "go back to the chat" in page.text
    await night.robin.sees(ref, "BACK")
    assert "You need a PIN" not in await night.robin.screen()
    await night.forget()

    # Signed later than five minutes after: once more, and a power cut in between loses nothing.
    await night.clock.advance(minutes=10)
    await night.robin.sends(f"/case {ref}")
    assert not await asked(night.robin)
    await night.robin.taps("Sign off")
    await night.robin.sends("the rest follows with the social worker")
    await night.robin.taps("Skip")
    assert await asked(night.robin)
    night.kill()
    await night.start()
    await night.robin.taps("1")
    await night.robin.sees("This question is over")
    await night.robin.taps("Save")
    await gives_pin(night.robin, "111222")
    await night.robin.sees("That was not right", "4 tries are left")
    await gives_pin(night.robin)
    await night.robin.has_on_screen("signed off")
    assert not await asked(night.robin)
    assert night.stop() == 0
    assert "signed off" in night.record(ref)
    await robin.closes()
