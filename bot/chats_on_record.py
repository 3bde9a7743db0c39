"""What is on record of the messages that stand in chats: its shape in the service's own file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from storage.model import Plain

KEY = "chats"
"""Where it is kept in the service's own file."""
SLOT = timedelta(minutes=10)
"""Messages of so long are kept, and go, together."""


class Standing(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Messages of one chat, of one slot. numbers: theirs. spans: first and last number of what may
    be there. refs: cases that they name."""

    numbers: list[int] = []
    spans: list[tuple[int, int]] = []
    refs: list[str] = []

    def may_have(self, number: int) -> bool:
        """Whether this message stands or may stand here."""
        guessed = any(first <= number <= last for first, last in self.spans)
        return guessed or number in self.numbers


class Gap(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Something may have arrived in this chat that is not known: after the message with number
    `last`, when `top` was the highest number of any chat. slot: not before that. later: `top` and
    `slot` of each further time, as long as nothing later is known of the chat."""

    last: int
    top: int
    slot: int
    later: list[tuple[int, int]] = []


class Shown(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The message that says how a case stands. version: of the case as it is said. day: London's,
    counted, by which it writes its times. says: a checksum of it."""

    number: int
    version: int = 0
    day: int = 0
    says: int = 0


class Kept(msgspec.Struct, kw_only=True, omit_defaults=True):
    """All that is on record. Chats are Telegram's numbers, cases are references.

    slots: messages by ten minutes since 1970, oldest first. last: each chat's highest number.
    keyboard: the message that brings the buttons below the text field; without it they vanish, and
    it names no case. gaps: by chat. owed: chats and cases that have to be shown anew. shown: chat,
    then case. stayed: how many messages are too old to go, in chats whose owner was not asked yet.
    """

    slots: dict[int, dict[int, Standing]] = {}
    last: dict[int, int] = {}
    keyboard: dict[int, int] = {}
    gaps: dict[int, Gap] = {}
    owed: list[tuple[int, str]] = []
    shown: dict[int, dict[str, Shown]] = {}
    stayed: dict[int, int] = {}


def read(state: Any) -> Kept:
    """The record as it is kept in `Office.state`."""
    return msgspec.convert(state.get(KEY) or {}, Kept, strict=False)


def slot_of(moment: datetime) -> int:
    """The ten minutes in which this moment (UTC) lies."""
    return int(moment.timestamp() // SLOT.total_seconds())


def begins(slot: int) -> datetime:
    """When (UTC) these ten minutes begin."""
    return datetime.fromtimestamp(slot * SLOT.total_seconds(), UTC)


class AsWritten:
    """The record as the file has it, made anew only where it changed: a day has 144 slots, and a
    message changes one of them."""

    def __init__(self) -> None:
        self._slots: dict[int, Any] = {}

    def changed(self, slot: int) -> None:
        """Something of these ten minutes."""
        self._slots.pop(slot, None)

    def everything_changed(self) -> None:
        """Any of them."""
        self._slots.clear()

    def of(self, kept: Kept) -> Plain:
        """All of it, as `read` reads it."""
        for slot in self._slots.keys() - kept.slots.keys():
            del self._slots[slot]
        for slot in kept.slots.keys() - self._slots.keys():
            self._slots[slot] = msgspec.to_builtins(kept.slots[slot], str_keys=True)
        whole = Plain(msgspec.to_builtins(msgspec.structs.replace(kept, slots={}), str_keys=True))
        if kept.slots:
            whole["slots"] = {str(slot): self._slots[slot] for slot in kept.slots}
        return whole
