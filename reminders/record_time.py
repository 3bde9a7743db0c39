"""Times of our own making never go back within one record. Pure.

A machine's clock is set back now and then: by seconds, which nobody notices, or by a day, which is
noticed some seconds later. What is recorded after something is not earlier than it, so that
whoever compares the times of facts and messages sees them in the order in which they were recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from protocol.facts import ClockCorrected, Fact
from storage.model import Episode, Message
from storage.store import Change


def latest(record: Episode) -> datetime | None:
    """The time (UTC) of the entry or message that was recorded last; None: there is none."""
    moments = [message.created_at for message in record.messages]
    if record.entries:
        moments.append(record.entries[-1].fact.recorded_at)
    return max(moments, default=None)


def never_back(record: Episode, change: Change) -> Change:
    """The change with nothing that is new in it earlier than what is on record. Where the clock is
    put right (`ClockCorrected`) time begins anew."""
    if any(isinstance(fact, ClockCorrected) for fact in change.facts):
        return change
    floor = latest(record)
    if floor is None:
        return change
    facts = _facts(change.facts, floor)
    messages = _messages(record, change.messages, floor)
    if facts is change.facts and messages is change.messages:
        return change
    return msgspec.structs.replace(change, facts=facts, messages=messages)


def _facts(facts: Sequence[Fact], floor: datetime) -> Sequence[Fact]:
    if all(fact.recorded_at >= floor for fact in facts):
        return facts
    return [
        msgspec.structs.replace(fact, recorded_at=max(fact.recorded_at, floor)) for fact in facts
    ]


def _messages(record: Episode, messages: Sequence[Message], floor: datetime) -> Sequence[Message]:
    if all(message.created_at >= floor for message in messages):
        return messages
    before = {message.id: message.created_at for message in record.messages}
    return [
        msgspec.structs.replace(message, created_at=floor)
        if message.created_at < floor and before.get(message.id) != message.created_at
        else message
        for message in messages
    ]
