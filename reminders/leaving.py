"""What is settled when somebody leaves the staff list: rota, swaps, offers, cases in hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from protocol import staff_facts as f
from protocol.provider import Staff
from reminders.notices import office_message
from reminders.rota import RotaState
from reminders.service_state import ServiceState
from reminders.successors import without
from reminders.swaps import not_swapped
from storage.model import Message, Office


def settled(
    state: ServiceState,
    office: Office,
    rota: Any,
    left: f.Left,
    in_hand: dict[str, list[dict[str, Any]]],
) -> tuple[Any, list[Message]]:
    """The rota without the leaver, their waiting messages taken back, and who is told what."""
    leaver, now = left.staff_id, left.at
    successor = state.service.person(left.successor) if left.successor else None
    after = without(RotaState.read(rota), leaver, successor, now)
    messages = [
        msgspec.structs.replace(m, state="cancelled", error="left")
        for m in office.messages
        if m.to == leaver and m.state == "waiting"
    ]
    for swap in after.swaps:
        kept = not_swapped(state, swap, "left", now)
        messages += [m for m in kept if m.to != leaver]
    for offer in after.offers:
        other = offer.taker if offer.giver == leaver else offer.giver
        data = {"giver": offer.giver, "taker": offer.taker, "homes": list(offer.homes)}
        messages.append(
            office_message(
                f"offer-off~{offer.id}~{other}", other, "offer_off", now, data, priority=15
            )
        )
    for given_back in after.given_back:
        shift: dict[str, Any] = {
            "staff": leaver,
            "home": given_back.home,
            "start": given_back.start,
            "end": given_back.end,
        }
        to = given_back.instead_of
        name = f"back~{leaver}~{given_back.home}~{given_back.start:%y%m%d%H%M}~{to}"
        messages.append(office_message(name, to, "shift_back", now, shift, priority=15))
    messages += _takes_over(state, leaver, successor, in_hand.get(leaver, []), now)
    return after.rota.written(), messages


def _takes_over(
    state: ServiceState,
    leaver: str,
    successor: Staff | None,
    lines: list[dict[str, Any]],
    now: datetime,
) -> list[Message]:
    """What the leaver had in hand: told to the successor, or to whoever is on duty there."""
    by_person: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        crew = state.on_duty(line["home"], now)
        to = next((one for one in crew if one != leaver), "")
        if successor is not None and state.sees(successor, line["home"]):
            to = successor.id
        if to:
            by_person.setdefault(to, []).append(line)
    if successor is not None:
        by_person.setdefault(successor.id, [])
    return [
        office_message(
            f"takes-over~{leaver}~{now:%y%m%d%H%M%S}~{to}",
            to,
            "takes_over",
            now,
            {
                "leaver": leaver,
                "episodes": found,
                "successor": successor is not None and to == successor.id,
            },
            priority=15,
        )
        for to, found in by_person.items()
    ]


def leaving_log(left: f.Left, told: Sequence[Message]) -> list[dict[str, str]]:
    """For the service's log: who left, and who was told to take over which case."""
    common = {"at": left.at.isoformat(), "by": left.by, "staff": left.staff_id}
    taken = [
        {**common, "what": "case taken over", "taker": one.to, "ref": str(line["ref"])}
        for one in told
        if one.kind == "takes_over"
        for line in one.data["episodes"]
    ]
    ended = {**common, "what": "left the staff list"}
    return [ended | ({"taker": left.successor} if left.successor else {}), *taken]
