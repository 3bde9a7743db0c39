"""Swapping a shift: which of mine, with whom, what in return; and the colleague's answer."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.chat import Button, Incoming, Screen, rows
from handlers.colleagues import colleagues, named_person
from handlers.context import Context, NotAllowed
from handlers.paging import label, page_number
from handlers.wording import swap as say
from protocol.provider import Staff
from reminders.rota import Turn

MOST_TURNS = 8
MOST_OWN = 4
NOTHING = "0"


async def which(context: Context, incoming: Incoming) -> None:
    """d:swap, the coming shifts of this person."""
    turns = context.shifts.swaps.coming().turns(incoming.staff)
    buttons = [
        Button(label(say.button(turn, context.service, incoming.staff)), f"d:swap:{turn.key}")
        for turn in turns[:MOST_TURNS]
    ]
    await _show(context, incoming, say.WHICH if turns else say.NO_TURNS, buttons)


async def chosen(context: Context, incoming: Incoming, parts: Sequence[str]) -> None:
    """d:swap:TURN[:PERSON[:TURN in return]], and d:swap:TURN::PAGE for more people."""
    asker = incoming.staff
    coming = context.shifts.swaps.coming()
    turn = _turn(coming.turns(asker), parts[0])
    match [*parts[1:]]:
        case [] | ["", _]:
            page = page_number(parts[2]) if len(parts) > 2 else 0
            others = coming.colleagues(asker, turn)
            text = say.with_whom(turn, context.service) if others else say.NOBODY
            screen = colleagues(text, others, f"d:swap:{turn.key}", page, tail=(BACK,))
            await context.phone.show(incoming.chat_id, screen, incoming.message_id)
        case [person]:
            colleague = _colleague(context, person, coming.colleagues(asker, turn))
            offered = coming.in_return(asker, colleague, turn)[:MOST_TURNS]
            buttons = [
                Button(
                    label(say.button(one, context.service, asker)),
                    f"d:swap:{turn.key}:{person}:{one.key}",
                )
                for one in offered
            ]
            buttons.append(Button(say.NOTHING_BACK, f"d:swap:{turn.key}:{person}:{NOTHING}"))
            await _show(context, incoming, say.in_return(colleague.name, turn), buttons)
        case [person, returned, *_]:
            colleague = _colleague(context, person, coming.colleagues(asker, turn))
            takes = None
            if returned != NOTHING:
                takes = _turn(coming.in_return(asker, colleague, turn), returned)
            await _ask(context, incoming, colleague, turn, takes)


async def _ask(
    context: Context, incoming: Incoming, colleague: Staff, turn: Turn, takes: Turn | None
) -> None:
    swap = await context.shifts.swaps.ask(
        incoming.staff, colleague, turn, takes, update_id=incoming.update_id
    )
    if swap is None:
        raise NotAllowed(say.NOT_POSSIBLE)
    text = say.asked(swap, colleague.name, context.service, context.clock.now())
    back = ((Button(say.TAKE_BACK, f"d:decline:{swap.id}"),),)
    await context.phone.show(incoming.chat_id, Screen(text, back), incoming.message_id)


async def answered(context: Context, incoming: Incoming, swap_id: str, *, yes: bool) -> None:
    """d:agree:SWAP and d:decline:SWAP."""
    outcome, swap = await context.shifts.swaps.answer(
        incoming.staff, swap_id, yes=yes, update_id=incoming.update_id
    )
    text = say.outcome(outcome, swap, context.service)
    if outcome == "over":  # what is true now, for somebody who tapped twice too
        coming = context.shifts.swaps.coming().turns(incoming.staff)
        text = "\n".join([text, *say.own(coming[:MOST_OWN], context.service)])
    await context.phone.show(incoming.chat_id, Screen(text), incoming.message_id)


def _turn(turns: Sequence[Turn], key: str) -> Turn:
    found = next((turn for turn in turns if turn.key == key), None)
    if found is None:
        raise NotAllowed(say.NOT_POSSIBLE)
    return found


def _colleague(context: Context, person: str, free: Sequence[Staff]) -> Staff:
    """One of those who could work it: of anybody else not even the name is shown."""
    found = named_person(context.service, person)
    if found is None or found not in free:
        raise NotAllowed(say.NOT_POSSIBLE)
    return found


BACK = (Button(say.BACK, "d:rota"),)


async def _show(context: Context, incoming: Incoming, text: str, buttons: Sequence[Button]) -> None:
    screen = Screen(text, (*rows(buttons, 1), BACK))
    await context.phone.show(incoming.chat_id, screen, incoming.message_id)
