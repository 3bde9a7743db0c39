"""The way round Telegram: it says the case reference and nothing else."""

from __future__ import annotations

import msgspec
import pytest

from bot.second_channel import SecondChannel
from handlers.wording.second import second_channel
from reminders.sending import NotSent, Refused
from storage.model import Message
from tests.bot.receiver import Receiver
from tests.reminders.virtual import utc
from tests.reminders.world import SERVICE


def reminder() -> Message:
    now = utc("2026-03-07 01:30")
    return Message(
        id="m", to="amy", kind="telephone", created_at=now, due_at=now, about="CP-4H", data={}
    )


def second(*addresses: str) -> SecondChannel:
    service = msgspec.structs.replace(
        SERVICE,
        staff=(msgspec.structs.replace(SERVICE.staff[0], second_channel=addresses),),
    )
    return SecondChannel(lambda: service, lambda message, ref: f"{ref}: {message.about}")


@pytest.mark.filterwarnings("ignore")
async def test_the_second_channel_says_the_case_reference_and_nothing_else():
    with Receiver() as receiver:
        channel = second(f"json://127.0.0.1:{receiver.port}/sms")
        await channel.send("amy", reminder(), "RH-2345")
        assert [(m["title"], m["message"]) for m in receiver.got] == [
            ("Nightlight", "RH-2345: CP-4H")
        ]


@pytest.mark.filterwarnings("ignore")
async def test_a_gateway_that_fails_is_tried_again_an_address_that_is_none_is_not():
    with Receiver(status=500) as receiver, pytest.raises(NotSent):
        await second(f"json://127.0.0.1:{receiver.port}/").send("amy", reminder(), "RH-2345")
    with pytest.raises(Refused):
        await second("nonsense").send("amy", reminder(), "RH-2345")
    with pytest.raises(Refused):
        await second().send("amy", reminder(), "RH-2345")


@pytest.mark.parametrize(
    ("what", "says"),
    [
        (
            "stop",
            "Nightlight was stopped at 01:30 on 07 Jul. Use paper and telephone, and note the "
            "times. In danger: 999.",
        ),
        (
            "resume",
            "Nightlight works again since 01:30 on 07 Jul. Please open Telegram: it says what is "
            "due.",
        ),
    ],
)
def test_the_kill_switch_by_the_second_channel_says_what_to_do(what, says):
    data = {"what": what, "by": ["ada"], "at": "2026-07-07T00:30:00+00:00"}
    message = msgspec.structs.replace(reminder(), kind="switched", data=data)
    assert second_channel(message, "") == says
