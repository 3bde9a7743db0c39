"""Hand-overs and swaps that nobody accepted in time: they end, and those concerned are told."""

from __future__ import annotations

from datetime import datetime

import msgspec

from reminders.notices import office_message
from reminders.rota import Offer, RotaState
from reminders.service_state import ServiceState
from reminders.swaps import TAPPED_TWICE, not_swapped
from reminders.write_behind import OfficeChange
from storage.model import Message, Office


class UnansweredOffers:
    """Ends each at its own moment."""

    name = "hand-overs"

    def __init__(self, service_state: ServiceState) -> None:
        self.service_state = service_state

    def next_at(self, now: datetime) -> datetime | None:
        """When (UTC) the next one ends."""
        return min((end for end in self._ends() if end > now), default=None)

    def _ends(self) -> list[datetime]:
        state = self.service_state.rota
        ends = [offer.expires_at for offer in state.offers]
        return [*ends, *(swap.expires_at for swap in state.swaps)]

    async def run(self, now: datetime) -> None:
        """Ends what nobody answered."""
        if not any(end <= now for end in self._ends()):
            return

        def build(office: Office) -> OfficeChange | None:
            state = RotaState.read(office.state.get("rota"))
            offers = [one for one in state.offers if one.expires_at <= now]
            swaps = [one for one in state.swaps if one.expires_at <= now]
            state = msgspec.structs.replace(
                state,
                offers=tuple(one for one in state.offers if one not in offers),
                swaps=tuple(one for one in state.swaps if one not in swaps),
            ).pruned(now)
            messages = [
                m
                for one in offers
                for m in not_accepted(self.service_state, one, "unanswered", now)
            ]
            messages += [
                m for one in swaps for m in not_swapped(self.service_state, one, "unanswered", now)
            ]
            at = now.isoformat()
            log = [{"at": at, "what": "hand-over unanswered", "offer": one.id} for one in offers]
            log += [{"at": at, "what": "swap unanswered", "swap": one.id} for one in swaps]
            return OfficeChange(state={"rota": state.written()}, messages=messages, log=log)

        await self.service_state.change(build)


def not_accepted(
    service_state: ServiceState, offer: Offer, why: str, now: datetime
) -> list[Message]:
    """It stays with the giver, or with whom the rota names by now; the giver and the managers
    are told, each of their own homes."""
    told = {offer.giver: list(offer.homes)}
    for manager in service_state.managers(offer.homes, now):
        own = [home for home in offer.homes if manager.covers(home)]
        told.setdefault(manager.id, own or list(offer.homes))
    told.pop(offer.taker, None)
    first = {service_state.on_duty(home, now)[:1] for home in offer.homes}
    keeper = next(iter(first)) if len(first) == 1 else ()
    data = {"offer": offer.id, "why": why, "giver": offer.giver, "taker": offer.taker}
    data["keeper"] = keeper[0] if keeper else offer.giver
    return [
        office_message(
            f"kept~{offer.id}~{one}",
            one,
            "handover_kept",
            now,
            {**data, "homes": homes},
            priority=15,
        )
        for one, homes in told.items()
    ]


def again(known: Offer, offer: Offer) -> bool:
    """The same was offered a moment ago: its giver tapped twice."""
    same = (known.giver, known.taker, known.homes) == (offer.giver, offer.taker, offer.homes)
    return same and offer.offered_at - known.offered_at < TAPPED_TWICE


def without(change: OfficeChange, offer_id: str) -> OfficeChange:
    """The change, and the offer is over with it."""
    state = RotaState.read(change.state["rota"])
    kept = tuple(o for o in state.offers if o.id != offer_id)
    state = msgspec.structs.replace(state, offers=kept)
    return msgspec.structs.replace(change, state={**change.state, "rota": state.written()})
