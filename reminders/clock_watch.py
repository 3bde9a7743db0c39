"""The machine's clock was set back (or forward): what lies ahead by mistake is put right.

Noticed against the monotonic clock while running, and at the start by records that are later than
now. Facts count as of now from then on (protocol/clock_corrections.py), and so do the messages, the
rota as changed in chat and the markers of what was sent. See docs/REMINDERS.md.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from protocol.clock_corrections import as_corrected
from protocol.counting import last_of
from protocol.facts import NIGHTLIGHT, ClockCorrected, Fact, Withdrawn
from reminders import monthly
from reminders.rota import RotaState
from reminders.shift_list import wishes
from reminders.weekly_digest import DigestState
from reminders.write_behind import OfficeChange
from storage.model import Episode, Message, Office
from storage.store import Change

TOLERANCE = timedelta(seconds=60)
"""Clocks that are kept right are moved by less."""
LONGEST_PAUSE = timedelta(minutes=10)
"""Telegram hardly ever asks for more; a longer one was set by a clock that was wrong."""
BEFORE = timedelta(seconds=1)
"""Messages from before the correction do not count as asked since."""


def latest_ahead(record: Episode, now: datetime) -> datetime | None:
    """The latest time of our own making in this record that lies ahead of `now`; None: there is
    none."""
    moments = [fact.recorded_at for fact in as_corrected(record.facts)]
    moments += [message.created_at for message in record.messages]
    latest = max(moments, default=now)
    return latest if latest > now + TOLERANCE else None


def put_right(record: Episode, now: datetime) -> Change | None:
    """What lies ahead in this record counts as now."""
    was = latest_ahead(record, now)
    if was is None:
        return None
    fact = ClockCorrected(
        id=f"clock~{record.version + 1}", by=NIGHTLIGHT, recorded_at=now, at=now, was=was
    )
    return Change(facts=[fact], messages=_messages(record.messages, now))


def came_forward(record: Episode, now: datetime) -> Change | None:
    """The clock is again where it was: the correction is withdrawn."""
    fact = last_of(record.facts, ClockCorrected)
    if fact is None or now < fact.was:
        return None
    withdrawn: Fact = Withdrawn(
        id=f"clock~{record.version + 1}",
        by=NIGHTLIGHT,
        recorded_at=now,
        at=now,
        fact=fact.id,
        reason="the clock came forward again",
    )
    return Change(facts=[withdrawn])


def put_right_office(office: Office, now: datetime) -> OfficeChange | None:
    """Likewise in the service's own file: covers, offers and swaps, digests, lists, messages."""
    state: dict[str, Any] = {}
    rota = RotaState.read(office.state.get("rota"))
    covers = tuple(
        msgspec.structs.replace(one, start=now) if one.start > now and not one.in_place else one
        for one in rota.covers
    )
    offers = tuple(_asked(one, "offered_at", now) for one in rota.offers)
    swaps = tuple(_asked(one, "asked_at", now) for one in rota.swaps)
    right = msgspec.structs.replace(rota, covers=covers, offers=offers, swaps=swaps)
    if right != rota:
        state["rota"] = right.written()
    digest = DigestState.read(office.state.get("digest"))
    right_digest = DigestState(
        since=min(digest.since, now) if digest.since else None,
        choices={
            one: msgspec.structs.replace(choice, since=min(choice.since, now))
            for one, choice in digest.choices.items()
        },
        sent={one: moment for one, moment in digest.sent.items() if moment <= now},
    )
    if right_digest != digest:
        state["digest"] = msgspec.to_builtins(right_digest)
    lists = wishes(office.state.get("shift_list"))
    right_lists = {
        one: msgspec.structs.replace(
            wish,
            since=min(wish.since, now),
            sent=wish.sent if wish.sent is not None and wish.sent <= now else None,
        )
        for one, wish in lists.items()
    }
    if right_lists != lists:
        state["shift_list"] = msgspec.to_builtins(right_lists)
    months = office.state.get(monthly.KEY) or {}
    right_months = monthly.not_ahead(months, now)
    if right_months != months:
        state[monthly.KEY] = right_months
    messages = _messages(office.messages, now)
    return OfficeChange(state=state, messages=messages) if state or messages else None


def _asked(question: Any, name: str, now: datetime) -> Any:
    """An offer or a swap that was asked for "later than now": it runs out as much later than now as
    it was to run out after it was asked."""
    at = getattr(question, name)
    if at <= now:
        return question
    left = question.expires_at - at
    return msgspec.structs.replace(question, **{name: now, "expires_at": now + left})


def _messages(messages: tuple[Message, ...], now: datetime) -> list[Message]:
    found = []
    for message in messages:
        ahead = message.created_at >= now
        pause = message.not_before if message.state == "waiting" else None
        if not ahead and (pause is None or pause <= now + LONGEST_PAUSE):
            continue
        found.append(
            msgspec.structs.replace(
                message,
                created_at=min(message.created_at, now - BEFORE),
                due_at=min(message.due_at, now),
                not_before=None,
                sent_at=min(message.sent_at, now) if message.sent_at else None,
            )
        )
    return found
