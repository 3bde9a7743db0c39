"""Swapping shifts: one asks, a colleague answers, and the rota names the right person afterwards.

Only shifts of the written rota that have not begun can be swapped; who is on duty now hands over.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

import msgspec

from protocol.provider import Staff
from reminders.notices import office_message
from reminders.rota import Cover, RotaState, Swap, Turn
from reminders.rota_patterns import Shift, exceptions, shifts
from reminders.service_state import ServiceState
from reminders.write_behind import OfficeChange
from storage.model import Message, Office

TAPPED_TWICE = timedelta(seconds=10)
"""Who asks the same of the same colleague again within so long has tapped twice."""
AHEAD = timedelta(days=28)
"""How far ahead shifts are offered for a swap."""

Answered: TypeAlias = Literal["agreed", "declined", "taken_back", "over", "not_allowed"]
"""over: answered already, run out, or the rota has changed since. not_allowed: not this person's
to answer."""


class Coming:
    """The rota of the coming weeks, swaps reckoned in, laid out once for one question: shifts that
    begin after `now` (UTC) and within `ahead`."""

    def __init__(
        self,
        service_state: ServiceState,
        now: datetime,
        state: RotaState | None = None,
        *,
        ahead: timedelta = AHEAD,
    ) -> None:
        self._service_state = service_state
        self._now = now
        self._until = now + ahead
        self._state = service_state.rota if state is None else state
        self._worked: dict[str, list[tuple[Shift, tuple[str, ...]]]] = {}

    def turns(self, staff: Staff) -> list[Turn]:
        """The shifts that this person will work, soonest first. One that is at several homes is
        one turn."""
        found: dict[tuple[datetime, datetime], dict[str, None]] = {}
        for home in self._service_state.homes_of(staff):
            for span, workers in self._at(home):
                if staff.id in workers and staff.active(span.start):
                    found.setdefault((span.start, span.end), {})[home] = None
        return [
            Turn(start=start, end=end, homes=tuple(homes))
            for (start, end), homes in sorted(found.items(), key=lambda item: item[0])
        ]

    def colleagues(self, asker: Staff, turn: Turn) -> list[Staff]:
        """Who could work this turn: covers its homes, can be written to, is not at work then."""
        away = self._service_state.unreachable()
        return [
            one
            for one in self._service_state.service.staff
            if one.id != asker.id
            and one.id not in away
            and one.active(turn.start)
            and all(one.covers(home) for home in turn.homes)
            and not _busy(self.turns(one), turn)
        ]

    def in_return(self, asker: Staff, colleague: Staff, turn: Turn) -> list[Turn]:
        """What the asker could work for the colleague: at their own homes, when they are free."""
        own = [one for one in self.turns(asker) if one != turn]
        return [
            one
            for one in self.turns(colleague)
            if all(asker.covers(home) for home in one.homes)
            and asker.active(one.start)
            and not _busy(own, one)
        ]

    def _at(self, home: str) -> list[tuple[Shift, tuple[str, ...]]]:
        """The written shifts of a home that are to begin, each with who works it; where an
        exception holds, only that."""
        if home not in self._worked:
            service_state, until = self._service_state, self._until
            special = exceptions(home, self._now, until, service_state.policy)
            usual = [
                span
                for span in shifts(
                    home, self._now, until, service_state.policy, service_state.office_hours
                )
                if not any(one.start <= span.start < one.end for one in special)
            ]
            self._worked[home] = [
                (span, _workers(home, span, self._state))
                for span in (*usual, *special)
                if span.start > self._now
            ]
        return self._worked[home]


class Swaps:
    """What people do about swaps. Every act raises NotSaved if the book cannot be written.

    `changed` is called after every change: who is asked when may be different.
    """

    def __init__(self, service_state: ServiceState, changed: Callable[[], Awaitable[None]]) -> None:
        self.service_state = service_state
        self._changed = changed

    def coming(self) -> Coming:
        """The next four weeks as they stand now."""
        return Coming(self.service_state, self.service_state.clock.now())

    async def ask(
        self,
        asker: Staff,
        colleague: Staff,
        gives: Turn,
        takes: Turn | None,
        *,
        update_id: int | None = None,
    ) -> Swap | None:
        """The colleague is asked to work `gives`; the asker works `takes` for it. None: not
        possible (any more)."""
        service_state, now = self.service_state, self.service_state.clock.now()
        coming = Coming(service_state, now)
        free = [one.id for one in coming.colleagues(asker, gives)]
        if gives not in coming.turns(asker) or colleague.id not in free:
            return None
        if takes is not None and takes not in coming.in_return(asker, colleague, gives):
            return None
        begins = [gives.start, *([takes.start] if takes else [])]
        made: list[Swap] = []

        def build(office: Office) -> OfficeChange | None:
            state = RotaState.read(office.state.get("rota"))
            made[:] = [
                one
                for one in state.swaps
                if (one.asker, one.colleague, one.gives, one.takes)
                == (asker.id, colleague.id, gives, takes)
                and now - one.asked_at < TAPPED_TWICE
            ]
            if made:
                return None
            swap = Swap(
                id=f"{office.version}-{asker.id}",
                asker=asker.id,
                colleague=colleague.id,
                gives=gives,
                takes=takes,
                asked_at=now,
                expires_at=min(
                    now + timedelta(hours=service_state.policy.hand_over.swap_hours), *begins
                ),
            )
            made[:] = [swap]
            data = {"swap": swap.id, "parts": _parts(swap), "expires_at": swap.expires_at}
            question = office_message(
                f"swap-offer~{swap.id}", colleague.id, "swap_offer", now, data, priority=30
            )
            same = (asker.id, gives)
            kept = tuple(one for one in state.swaps if (one.asker, one.gives) != same)
            state = msgspec.structs.replace(state, swaps=(*kept, swap))
            return OfficeChange(
                state={"rota": state.written()},
                messages=[question],
                log=[_line(now, "swap asked", asker.id, swap)],
            )

        await service_state.change(build, update_id)
        await self._changed()
        return made[0]

    async def answer(
        self, staff: Staff, swap_id: str, *, yes: bool, update_id: int | None = None
    ) -> tuple[Answered, Swap | None]:
        """The colleague's yes or no; "no" of the one who asked takes it back. On yes the rota
        changes hands for these shifts, and the asker and the managers are told."""
        swap = next((one for one in self.service_state.rota.swaps if one.id == swap_id), None)
        if swap is None:
            return "over", None
        if staff.id != swap.colleague and (yes or staff.id != swap.asker):
            return "not_allowed", None
        outcome: list[Answered] = ["over"]

        def build(office: Office) -> OfficeChange | None:
            now = self.service_state.clock.now()
            state = RotaState.read(office.state.get("rota"))
            if swap not in state.swaps or swap.expires_at <= now:
                outcome[0] = "over"
                return None
            kept = tuple(one for one in state.swaps if one != swap)
            covers: tuple[Cover, ...] = ()
            messages: list[Message] = []
            if not yes:
                outcome[0] = "declined" if staff.id == swap.colleague else "taken_back"
                if outcome[0] == "declined":
                    messages = not_swapped(self.service_state, swap, "declined", now)
            elif self._stands(swap, state, now):
                outcome[0] = "agreed"
                covers = _covers(swap)
                messages = _told(self.service_state, swap, "swap", {}, now, also=(swap.asker,))
            else:
                outcome[0] = "over"
                messages = not_swapped(self.service_state, swap, "changed", now)
            state = msgspec.structs.replace(state, swaps=kept, covers=(*state.covers, *covers))
            return OfficeChange(
                state={"rota": state.pruned(now).written()},
                messages=messages,
                log=[_line(now, f"swap {outcome[0]}", staff.id, swap)],
            )

        await self.service_state.change(build, update_id)
        await self._changed()
        return outcome[0], swap

    def _stands(self, swap: Swap, state: RotaState, now: datetime) -> bool:
        """Does each of the two still work what they give away?"""
        service = self.service_state.service
        asker, colleague = service.person(swap.asker), service.person(swap.colleague)
        if asker is None or colleague is None or not colleague.active(swap.gives.start):
            return False
        coming = Coming(self.service_state, now, state)
        own, theirs = coming.turns(asker), coming.turns(colleague)
        returned = swap.takes is None or swap.takes in theirs
        return swap.gives in own and returned and not _busy(theirs, swap.gives)


def not_swapped(service_state: ServiceState, swap: Swap, why: str, now: datetime) -> list[Message]:
    """It stays as it was: the one who asked and the managers are told."""
    return _told(service_state, swap, "swap_kept", {"why": why}, now, also=(swap.asker,))


def _told(
    service_state: ServiceState,
    swap: Swap,
    kind: str,
    more: dict[str, Any],
    now: datetime,
    *,
    also: Sequence[str],
) -> list[Message]:
    """Messages to these people, and to the managers, each of their own homes."""
    parts = _parts(swap)
    told = dict.fromkeys(also, parts)
    homes = [home for part in parts for home in part["homes"]]
    for manager in service_state.managers(homes, now):
        own = [
            {**part, "homes": covered}
            for part in parts
            if (covered := [home for home in part["homes"] if manager.covers(home)])
        ]
        told.setdefault(manager.id, own or parts)
    told.pop(swap.colleague, None)
    return [
        office_message(
            f"{kind}~{swap.id}~{one}", one, kind, now, {**more, "parts": shown}, priority=30
        )
        for one, shown in told.items()
    ]


def _parts(swap: Swap) -> list[dict[str, Any]]:
    """Who works what instead of whom."""
    found = [(swap.colleague, swap.asker, swap.gives)]
    if swap.takes is not None:
        found.append((swap.asker, swap.colleague, swap.takes))
    return [
        {"staff": to, "instead_of": out, "start": t.start, "end": t.end, "homes": list(t.homes)}
        for to, out, t in found
    ]


def _covers(swap: Swap) -> tuple[Cover, ...]:
    return tuple(
        Cover(
            home=home,
            staff=part["staff"],
            start=part["start"],
            end=part["end"],
            instead_of=part["instead_of"],
            in_place=True,
        )
        for part in _parts(swap)
        for home in part["homes"]
    )


def _workers(home: str, span: Shift, state: RotaState) -> tuple[str, ...]:
    """Who works this shift, swaps reckoned in."""
    names = span.staff
    for cover in state.covers:
        whole = cover.start <= span.start and (cover.end is None or span.end <= cover.end)
        if cover.home == home and cover.in_place and whole:
            names = tuple(cover.staff if one == cover.instead_of else one for one in names)
    return names


def _busy(own: Iterable[Turn], turn: Turn) -> bool:
    return any(one.start < turn.end and turn.start < one.end for one in own)


def _line(now: datetime, what: str, by: str, swap: Swap) -> dict[str, Any]:
    return {"at": now.isoformat(), "what": what, "by": by, "swap": swap.id}
