"""The way of one update through the rooms, until its fact is on disk.

    python -m tests.structure.journey

Somebody is reminded and taps "I have it"; the bot is put together as it runs, with a store and a
Telegram in memory. A stay is a run of calls within one room; a climb is a call from a
room to one above it, which only something given to its constructor can make.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from types import FrameType
from typing import Any

from tests.bot.night import BotNight, Sent
from tests.bot.test_whole_bot import AMY, case
from tests.reminders.virtual import in_virtual_time
from tests.structure.test_imports import ROOMS, ROOT


class Journey:
    """The calls between rooms, in order. Given to `sys.setprofile`."""

    def __init__(self) -> None:
        self.stays: list[str] = []
        self.climbs: list[str] = []
        self._begun: set[int] = set()
        self._frames: list[FrameType] = []

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        """A call: where to, and from which room of ours it comes."""
        room = _room(frame)
        if event != "call" or not room or id(frame) in self._begun:
            return
        callers = [one for one in _above(frame) if _room(one)]
        if not any(_named(one).startswith("bot/dispatch.py") for one in (frame, *callers)):
            return  # what the bot does beside it
        self._begun.add(id(frame))
        self._frames.append(frame)  # so that no other gets its id
        if not self.stays or self.stays[-1] != room:
            self.stays.append(room)
        if callers and ROOMS.index(room) < ROOMS.index(_room(callers[0])):
            self.climbs.append(f"{_named(callers[0])} calls {_named(frame)}")


def _above(frame: FrameType) -> Iterator[FrameType]:
    while frame.f_back is not None:
        frame = frame.f_back
        yield frame


def _room(frame: FrameType) -> str:
    path = Path(frame.f_code.co_filename)
    if not path.is_relative_to(ROOT):
        return ""
    if path.name == "memory_store.py":
        return "storage"
    room = path.relative_to(ROOT).parts[0]
    return room if room in ROOMS else ""


def _named(frame: FrameType) -> str:
    path = Path(frame.f_code.co_filename).relative_to(ROOT)
    return f"{path}:{frame.f_code.co_qualname}"


@in_virtual_time
async def travel(journey: Journey) -> None:
    """Follows a tap on "I have it" to the acknowledgement on disk."""
    buttons: list[tuple[str, str, int]] = []
    async with BotNight() as night:
        send, commit = night.telegram.send_message, night.store.commit

        async def kept(chat_id: int, text: str, **how: Any) -> Sent:
            sent = await send(chat_id, text, **how)
            rows = how["reply_markup"].inline_keyboard if how.get("reply_markup") else ()
            found = [(b.text, b.callback_data, sent.message_id) for row in rows for b in row]
            buttons.extend(found if chat_id == AMY else ())
            return sent

        async def saved(*given: Any, **more: Any) -> Any:
            record = await commit(*given, **more)
            if len(record.facts) > facts:
                sys.setprofile(None)
            return record

        night.telegram.send_message = kept  # type: ignore[method-assign]
        await case(night)
        while not any("I have it" in text for text, _, _ in buttons):
            await asyncio.sleep(60)
        data, message = next((d, m) for text, d, m in buttons if "I have it" in text)
        facts = len((await night.store.episode("RH-2345")).facts)
        night.store.commit = saved
        night.telegram.put(_tap(data, message))
        sys.setprofile(journey)
        try:
            await asyncio.sleep(5)
        finally:
            sys.setprofile(None)
        assert len((await night.store.episode("RH-2345")).facts) > facts


def _tap(data: str, message: int) -> dict[str, Any]:
    chat = {"id": AMY, "type": "private"}
    person = {"id": AMY, "is_bot": False, "first_name": "Amy"}
    shown = {"message_id": message, "date": 1, "chat": chat, "text": "x"}
    tap = {"id": "1", "from": person, "chat_instance": "1", "data": data, "message": shown}
    return {"update_id": 900, "callback_query": tap}


def main() -> None:
    """Prints it."""
    journey = Journey()
    travel(journey)
    print(" > ".join(journey.stays))
    acting = [room for room, _ in groupby(r for r in journey.stays if r != "protocol")]
    print(f"{len(journey.stays)} stays, {len(acting)} without the pure functions of protocol/")
    print(f"{len(journey.climbs)} climbs")
    print(*sorted(set(journey.climbs)), sep="\n")


if __name__ == "__main__":
    main()
