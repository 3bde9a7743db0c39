"""What stands in the chats when a story ends, and whether the bot knows all of it.

Nothing is old: what has stood there for longer than the service's limit is gone. And nothing is
forgotten: each message is on the bot's record, in the ten minutes in which it was sent or earlier,
so that it goes when its time comes. That it does is told in `test_chat_forgets.py`, and for a month
in the simulation.

A story that ends in a killed process is looked at after one more start, one that ends in a fault or
on a full disk when that is over: only that words have left the chat is not asked there, as those
that were never on disk stay on purpose. Of a bot that was stopped in order it is not asked what is
too old, as it may have ended before it had the time to take it out. Not looked at is the story in
which people go on through a row of power cuts to the end (`Night.unread`): no bot has read all of
what stands there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

from bot.chat_record import IN_USE
from bot.chats_on_record import SLOT, Kept, begins, read
from bot.config import Config
from bot.record_reading import open_for_reading
from handlers.wording.menu import KEYBOARD
from sandbox.driver import Person, Stage

BUTTONS = frozenset(chain(*KEYBOARD))
SLACK = SLOT + IN_USE
TELEGRAM_DELETES = timedelta(hours=48)
LOOKS, LOOK_SECONDS = 50, 0.2
"""Deletion waits a little between requests."""
Chats = Mapping[int, Sequence[Mapping[str, Any]]]
"""The messages that stand in each person's chat."""


async def standing(stage: Stage, people: Sequence[Person] = ()) -> Chats:
    """As the phones show them. people: whose chats are meant, if not those of all."""
    return {one.id: (await one.chat())["messages"] for one in people or stage.people.values()}


async def old(stage: Stage, given: Config) -> list[str]:
    """What stands there for too long, once the bot had the time to take it out."""
    limit = timedelta(hours=given.chat.forget_after_hours) + SLACK
    listed = {one.telegram_id for one in given.service.staff}
    for _ in range(LOOKS):
        now = await stage.clock.now()
        found = [
            f"{chat}: stands for {now - sent}: {message.get('text', '')[:60]!r}"
            for chat, messages in (await standing(stage)).items()
            for message in messages
            if limit < now - (sent := _sent(message)) < TELEGRAM_DELETES
            and chat in listed
            and not _own_words(chat, message)
            and not _keyboard(message)
        ]
        if not found:
            return []
        await asyncio.sleep(LOOK_SECONDS)
    return found


async def typed(stage: Stage, given: Config, people: Sequence[Person] = ()) -> list[str]:
    """What somebody on the list typed and what stands there still: all of it is on disk by now."""
    listed = {one.telegram_id for one in given.service.staff}
    return [
        f"{chat}: was typed and stands: {message['text']!r}"
        for chat, messages in (await standing(stage, people)).items()
        for message in messages
        if chat in listed and _own_words(chat, message) and message["text"] not in BUTTONS
    ]


async def unknown(
    stage: Stage, given: Config, folder: Path, people: Sequence[Person] = ()
) -> list[str]:
    """What stands there and is not on the record of a bot that has ended in order."""
    office = await (await open_for_reading(given, folder)).office()
    kept = read(office.state)
    now = await stage.clock.now()
    return [
        f"{chat}: not on record: {message['message_id']} of {_sent(message)}: "
        f"{message.get('text', '')[:60]!r}"
        for chat, messages in (await standing(stage, people)).items()
        if _was_listed(given, kept, chat)
        for message in messages
        if now - _sent(message) < TELEGRAM_DELETES
        and not _known(kept, chat, message)
        and not _keyboard(message)
        and kept.keyboard.get(chat) != message["message_id"]
    ]


def _was_listed(given: Config, kept: Kept, chat: int) -> bool:
    return chat in kept.last or any(one.telegram_id == chat for one in given.service.staff)


def _known(kept: Kept, chat: int, message: Mapping[str, Any]) -> bool:
    """On record in time. What a process sent that died before it had put anything on record counts
    from the next one's start: it could be an alarm, and must not go too soon."""
    slots = list(_slots(kept, chat, message["message_id"]))
    ever = [slot for slot, chats in kept.slots.items() if any(x.numbers for x in chats.values())]
    if not ever or not slots:
        return False
    return _sent(message) < begins(min(ever)) or begins(min(slots)) <= _sent(message)


def _slots(kept: Kept, chat: int, number: int) -> Iterator[int]:
    """Those in which this message is, or may be."""
    for slot, chats in kept.slots.items():
        here = chats.get(chat)
        if here is not None and (
            number in here.numbers or any(first <= number <= last for first, last in here.spans)
        ):
            yield slot
    gap = kept.gaps.get(chat)
    if gap is not None and number >= gap.last:
        yield gap.slot


def _keyboard(message: Mapping[str, Any]) -> bool:
    """It brings the buttons below the text field, or did: it names no case, and stays."""
    return "is on." in message.get("text", "")


def _own_words(chat: int, message: Mapping[str, Any]) -> bool:
    """What was typed may stay for longer while it is not saved: they are told, and can copy it."""
    return message["from"]["id"] == chat and not message.get("text", "").startswith("/")


def _sent(message: Mapping[str, Any]) -> datetime:
    return datetime.fromtimestamp(message["date"], UTC)
