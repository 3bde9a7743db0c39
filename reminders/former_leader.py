"""What a former leader said to people while it could not reach the database, put on record later.

It reminded from memory, and ended before it could save whom. Whoever leads now edits those messages
as it does its own, and tells whoever was woken how it ended. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from protocol.facts import Located, Returned, Told
from reminders.sending import SENDING
from storage.incoming import Reminded
from storage.model import Episode, Message
from storage.store import Change

BY_FORMER = "former_knew"
"""In `Message.data`: said by a leader that did not know what was recorded meanwhile. Its value: the
ids of the returns and findings that it knew."""


def to_keep(ref: str, change: Change, knew: int) -> Reminded | None:
    """Of what the database refused, what was said, or may have been; None: nothing was. knew: how
    many facts the case had."""
    messages = tuple(message for message in change.messages if _left(message))
    told = tuple(fact for fact in change.facts if isinstance(fact, Told))
    if not messages and not told:
        return None
    return Reminded(ref=ref, told=told, messages=messages, knew=knew)


def put_on_record(record: Episode, reminded: Reminded) -> Change | None:
    """What the episode lacks of it; None: nothing, or the case is closed. Doing it twice does
    nothing the second time."""
    if record.closed_at is not None:
        return None
    present = {_saying(fact) for fact in record.facts if isinstance(fact, Told)}
    known = {message.id: message for message in record.messages}
    facts = [
        msgspec.structs.replace(fact, id=f"former~{fact.at:%y%m%d%H%M%S%f}~{fact.id}")
        for fact in reminded.told
        if _saying(fact) not in present
    ]
    ends = [f.id for f in record.facts[: reminded.knew] if isinstance(f, Located | Returned)]
    messages = [_copy(message, ends) for message in _unknown(known, reminded.messages)]
    return Change(facts=facts, messages=messages) if facts or messages else None


def _left(message: Message) -> bool:
    return message.state == "sent" or (message.state == "waiting" and message.error == SENDING)


def _unknown(known: dict[str, Message], messages: Iterable[Message]) -> Iterable[Message]:
    for message in messages:
        same = known.get(message.id)
        if same is not None and same.state == "sent" and same.message_id == message.message_id:
            continue
        if _name(message) not in known:
            yield message


def _copy(message: Message, ends: list[str]) -> Message:
    """Under a name of its own: the leader of now may have a message of this name. One that was
    under way may have arrived; whoever may have been woken is told the end."""
    return msgspec.structs.replace(
        message,
        id=_name(message),
        state="sent",
        ambiguous=message.ambiguous or message.state != "sent",
        sent_at=message.sent_at or message.created_at,
        error="",
        data={**message.data, BY_FORMER: ends},
    )


def _name(message: Message) -> str:
    return f"{message.id}~former~{message.message_id or message.attempts}"


def _saying(fact: Told) -> tuple[str, str, str, str, datetime]:
    """What makes it this one: its id and when it was recorded are the leader's of now."""
    return fact.message, fact.to, fact.channel, fact.outcome, fact.at
