"""Shifts and offers of somebody who left: a named colleague has them, or the rota decides."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from protocol.provider import Staff
from protocol.staff_facts import StaffRecord
from reminders.policy import Ladder, Ladders, Policy
from reminders.rota import Cover, Offer, RotaState, Swap


def with_successors(policy: Policy, record: StaffRecord) -> Policy:
    """The written rota and ladders with each successor where somebody stood who left. Whoever left
    without one stays written down, and is passed over as anybody is who is not on the list."""
    if not record.successors:
        return policy

    def names(ids: Sequence[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(record.replaced_by(one) or one for one in ids))

    def ladder(one: Ladder) -> Ladder:
        steps = tuple(
            msgspec.structs.replace(step, who=record.replaced_by(step.who) or step.who)
            for step in one.steps
        )
        return msgspec.structs.replace(one, steps=steps)

    own = policy.ladders
    named = {key: ladder(getattr(own, key)) for key in ("level_1", "level_2", "level_3")}
    ladders = Ladders(
        **named,
        young=ladder(own.young),
        early=ladder(own.early),
        duty={duty: ladder(one) for duty, one in own.duty.items()},
    )
    return msgspec.structs.replace(
        policy,
        rota=tuple(msgspec.structs.replace(one, staff=names(one.staff)) for one in policy.rota),
        exceptions=tuple(
            msgspec.structs.replace(one, staff=names(one.staff)) for one in policy.exceptions
        ),
        ladders=ladders,
    )


class WithoutLeaver(msgspec.Struct, frozen=True):
    """What was arranged in chat, without somebody who left.

    offers, swaps: those that are off.  given_back: shifts that the leaver had taken from somebody,
    who works them again.
    """

    rota: RotaState
    offers: tuple[Offer, ...]
    swaps: tuple[Swap, ...]
    given_back: tuple[Cover, ...]


def without(state: RotaState, leaver: str, successor: Staff | None, now: datetime) -> WithoutLeaver:
    """Covers go to the successor where they cover the home, else they end; what was offered to or
    by the leaver, or asked of or by them, is off."""
    covers: list[Cover] = []
    given_back: list[Cover] = []
    for cover in state.covers:
        if cover.staff == leaver:
            if successor is None or not successor.covers(cover.home):
                if cover.instead_of and (cover.end is None or cover.end > now):
                    given_back.append(cover)
                continue
            cover = msgspec.structs.replace(cover, staff=successor.id)
        if cover.instead_of == leaver and successor is not None:
            cover = msgspec.structs.replace(cover, instead_of=successor.id)
        covers.append(cover)
    offers = tuple(o for o in state.offers if leaver in (o.giver, o.taker))
    swaps = tuple(s for s in state.swaps if leaver in (s.asker, s.colleague))
    kept = msgspec.structs.replace(
        state,
        covers=tuple(covers),
        offers=tuple(o for o in state.offers if o not in offers),
        swaps=tuple(s for s in state.swaps if s not in swaps),
    )
    return WithoutLeaver(kept.pruned(now), offers, swaps, tuple(given_back))
