"""Asks for the second factor of the pages in the chat: before a case is opened after hours without
that, and before somebody signs for one.

What was wanted waits in memory and is done at once when the second factor was given. Alarms, what
is put on record, reports and returns never come here. Digits are no words: they are never kept.
"""

from __future__ import annotations

import re
import secrets
from datetime import timedelta

import msgspec

from handlers.chat import Button, Incoming, Screen, rows
from handlers.context import Asked, Context, SecondFactor
from handlers.wording import second_factor as say
from storage.store import NotSaved

WAITS = timedelta(minutes=5)
"""So long what was wanted waits for a PIN that is tapped here."""
WAITS_FOR_A_PAGE = timedelta(minutes=30)
"""And for a page: somebody without a PIN rings for their code first."""
PIN_LIKE = re.compile(r"[0-9]{4,12}")
OK, RUB_OUT, CANCEL = "ok", "b", "x"
CASE = ("c", "r")
"""Buttons whose answer takes the place of the question."""


async def comes_first(
    context: Context, incoming: Incoming, ref: str, wanted: say.Wanted = "open"
) -> bool:
    """Whether it is asked for now, so that nothing else is done with this update."""
    factor = context.second_factor
    if factor is None or factor.given(incoming.staff, to_sign=wanted == "sign"):
        return False
    by_buttons = factor.way(incoming.staff) == "buttons"
    asked = Asked(
        incoming=incoming,
        number=secrets.token_hex(3),
        ref=ref,
        wanted=wanted,
        until=context.clock.now() + (WAITS if by_buttons else WAITS_FOR_A_PAGE),
    )
    await _show(context, factor, asked)
    return True


def left(context: Context, incoming: Incoming) -> Asked | None:
    """The question that is open, if its person goes on with something else: it is over then."""
    factor = context.second_factor
    if factor is None or incoming.data.startswith("k:") or _like_a_pin(incoming):
        return None
    return factor.asked.pop(incoming.staff.id, None)


async def tapped(context: Context, incoming: Incoming, parts: list[str]) -> Incoming | None:
    """k:NUMBER:REF:key. What was wanted, if the PIN is right now."""
    number, ref, key = (*parts, "", "", "")[:3]
    factor = context.second_factor
    asked = _open(context, factor, incoming)
    if factor is not None and factor.answered.get(incoming.staff.id) == number:
        return None  # tapped twice
    if factor is None or asked is None or asked.number != number:
        case = ((Button(say.CASE, f"c:{ref}:card"),),) if ref else ()
        await context.phone.show(incoming.chat_id, Screen(say.OVER, case), incoming.message_id)
        return None
    asked = msgspec.structs.replace(asked, message_id=incoming.message_id)
    if key == CANCEL:
        del factor.asked[incoming.staff.id]
        factor.answered[incoming.staff.id] = number
        await context.phone.remove(incoming.chat_id, incoming.message_id, own=True)
        return None
    if key == OK:
        return await _check(context, factor, incoming, asked)
    digits = asked.digits[:-1] if key == RUB_OUT else asked.digits
    if len(key) == 1 and key.isdecimal():
        digits = (digits + key)[: factor.digits[1]]
    await _show(context, factor, msgspec.structs.replace(asked, digits=digits))
    return None


def is_typed(context: Context, incoming: Incoming) -> bool:
    """Digits while the PIN is asked for: they leave the chat, and count as nothing."""
    asked = _open(context, context.second_factor, incoming)
    return asked is not None and _like_a_pin(incoming)


async def not_taken(context: Context, incoming: Incoming) -> None:
    """Says so, after `is_typed`."""
    factor = context.second_factor
    asked = _open(context, factor, incoming)
    if factor is None or asked is None:
        return
    by_buttons = factor.way(incoming.staff) == "buttons"
    said = say.TYPED if by_buttons else say.TYPED_FOR_A_PAGE
    await _show(context, factor, msgspec.structs.replace(asked, digits=""), said)


def given_on_a_page(context: Context, staff_id: str) -> Incoming | None:
    """What this person wanted, who has given it on a page; None if nothing waits for that."""
    factor = context.second_factor
    asked = factor.asked.pop(staff_id, None) if factor is not None else None
    person = context.service.person(staff_id)
    now = context.clock.now()
    if asked is None or person is None or not person.active(now) or now >= asked.until:
        return None
    if person.telegram_id != asked.incoming.staff.telegram_id:
        return None
    return _wanted(asked, msgspec.structs.replace(asked.incoming, staff=person, callback_id=""))


def takes_its_place(incoming: Incoming) -> bool:
    """Whether the answer to what was wanted comes where the question stood; else that goes."""
    return incoming.data.partition(":")[0] in CASE


# ----------------------------------------------------------------------------------------------


def _like_a_pin(incoming: Incoming) -> bool:
    return bool(PIN_LIKE.fullmatch(re.sub(r"[\s-]", "", incoming.text)))


def _open(context: Context, factor: SecondFactor | None, incoming: Incoming) -> Asked | None:
    asked = factor.asked.get(incoming.staff.id) if factor is not None else None
    if factor is None or asked is None:
        return None
    if context.clock.now() >= asked.until:
        del factor.asked[incoming.staff.id]
        return None
    return asked


async def _check(
    context: Context, factor: SecondFactor, incoming: Incoming, asked: Asked
) -> Incoming | None:
    shortest, longest = factor.digits
    if not asked.digits:
        return None
    emptied = msgspec.structs.replace(asked, digits="")
    if len(asked.digits) < shortest:
        await _show(context, factor, asked, say.DIGITS.format(shortest, longest))
        return None
    # While it is looked at nothing waits: whoever taps twice gives one try.
    del factor.asked[incoming.staff.id]
    try:
        right = await factor.check(incoming.staff, asked.digits)
    except NotSaved:
        await _show(context, factor, emptied, say.NOT_NOW)
        return None
    if right:
        factor.answered[incoming.staff.id] = asked.number
        return _wanted(asked, incoming)
    by_buttons = factor.way(incoming.staff) == "buttons"  # else it was reset, or is locked now
    said = say.wrong(factor.tries_left(incoming.staff)) if by_buttons else ""
    await _show(context, factor, emptied, said)
    return None


def _wanted(asked: Asked, incoming: Incoming) -> Incoming:
    """What was asked for, as if it came now. The question's message becomes the answer to it."""
    was = asked.incoming
    return msgspec.structs.replace(
        incoming, text=was.text, data=was.data, message_id=asked.message_id
    )


async def _show(context: Context, factor: SecondFactor, asked: Asked, said: str = "") -> None:
    """Where it stands, or at the bottom of the chat; from then on what was wanted waits for it."""
    staff, wanted, ref = asked.incoming.staff, asked.wanted, asked.ref
    cancel = Button(say.CANCEL, _data(asked, CANCEL))
    opens = factor.page
    way = factor.way(staff)
    factor.asked[staff.id] = asked
    match way:
        case "locked":
            del factor.asked[staff.id]
            screen = Screen(say.locked(factor.tries))
        case "none":
            choose = Button(say.CHOOSE_THERE, "", opens=opens)
            screen = Screen(say.to_choose(wanted, ref, said), ((cancel,), (choose,)))
        case "page":
            give = Button(say.GIVE_THERE, "", opens=opens)
            screen = Screen(say.on_a_page(wanted, ref, said), ((cancel,), (give,)))
        case "buttons":
            keys = [Button(str(n), _data(asked, str(n))) for n in (*range(1, 10), 0)]
            last = (
                Button(say.RUB_OUT, _data(asked, RUB_OUT)),
                keys.pop(),
                Button(say.OK, _data(asked, OK)),
            )
            below = (cancel, Button(say.ON_THE_PAGE, "", opens=opens))
            text = say.keypad(wanted, ref, len(asked.digits), said)
            screen = Screen(text, (*rows(keys, 3), last, below))
    shown = await context.phone.show(asked.incoming.chat_id, screen, asked.message_id)
    if staff.id in factor.asked and shown != asked.message_id:
        factor.asked[staff.id] = msgspec.structs.replace(asked, message_id=shown)


def _data(asked: Asked, key: str) -> str:
    return f"k:{asked.number}:{asked.ref}:{key}"
