"""Several pings for one person at one moment become one message. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from storage.model import Episode, Message

JOINABLE = frozenset({"reminder", "escalation", "telephone", "level", "not_enough", "taken"})
"""Kinds of message of which several may be said in one."""
SEVERAL = "several"


def late_minutes(message: Message, now: datetime) -> int:
    """Whole minutes after the time at which it should have been there; 0 if it is in time."""
    return max(0, int((now - message.due_at).total_seconds() // 60))


def joined(
    parts: Sequence[tuple[str, Message, Episode | None]], chat_id: int, now: datetime
) -> Message:
    """One message for the sender: the only one, or one of kind "several" whose `data["parts"]`
    holds the single messages as builtins, each with `ref` (and `late_minutes` in its data)."""
    single = [
        (ref, msgspec.structs.replace(_late(message, now), chat_id=chat_id))
        for ref, message, _ in parts
    ]
    first = single[0][1]
    if len(single) == 1:
        return first
    data: dict[str, Any] = {
        "parts": [{"ref": ref, **msgspec.to_builtins(message)} for ref, message in single]
    }
    return Message(
        id=first.id,
        to=first.to,
        kind=SEVERAL,
        created_at=first.created_at,
        due_at=min(message.due_at for _, message in single),
        priority=first.priority,
        data=data,
        attempts=first.attempts,
        ambiguous=any(message.ambiguous for _, message in single),
        chat_id=chat_id,
    )


def _late(message: Message, now: datetime) -> Message:
    late = late_minutes(message, now)
    if late < 1:
        return message
    return msgspec.structs.replace(message, data={**message.data, "late_minutes": late})


def parts(message: Message) -> list[tuple[str, Message]]:
    """The single messages of one that was sent, each with its episode's reference; for the
    wording. A message that was not joined comes back alone, with "" for its reference."""
    if message.kind != SEVERAL:
        return [("", message)]
    return [(raw["ref"], msgspec.convert(raw, Message)) for raw in message.data["parts"]]
