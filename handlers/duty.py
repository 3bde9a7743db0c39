"""Who is on duty: taking over, handing over, the list for a shift, the day of the digest."""

from __future__ import annotations

from collections.abc import Sequence

from handlers import swap
from handlers.chat import Button, Incoming, Screen, rows
from handlers.context import Context, NotAllowed
from handlers.message_parts import split
from handlers.people import people
from handlers.wording import duty as say
from handlers.wording import menu
from handlers.wording.messages import Words
from protocol.provider import Role, Staff


async def rota(context: Context, incoming: Incoming, _: list[str]) -> None:
    """/duty: who is asked first and next for each home, and what can be done about it."""
    await context.phone.show(incoming.chat_id, _rota(context, incoming.staff))


def _rota(context: Context, staff: Staff, above: str = "") -> Screen:
    administrator = staff.role is Role.ADMINISTRATOR
    homes = [h for h in context.service.homes if administrator or staff.covers(h.id)]
    lines = [say.TITLE]
    for home in homes:
        lines.append(say.on_duty(home, context.shifts.on_duty(home.id), context.service))
    text = "\n".join(lines) if not above else "\n".join([above, "", *lines])
    if administrator:
        return Screen(text)
    buttons = [
        Button(say.TAKE_OVER, "d:take"),
        Button(say.HAND_OVER, "d:give"),
        Button(say.SWAP, "d:swap"),
        Button(say.SHORT_LIST, "d:today"),
    ]
    return Screen(text, rows(buttons, 2))


async def today(context: Context, incoming: Incoming, _: list[str]) -> None:
    """/today: what is open, unmet, and falls due on this shift."""
    lines = await context.shifts.duty_list(incoming.staff)
    words = Words(context.service, context.pack, context.clock.now())
    on = context.shifts.wants_list(incoming.staff)
    button = Button(say.LIST_OFF, "d:list:off") if on else Button(say.LIST_ON, "d:list")
    for part in split(Screen(say.short_list(lines, words), ((button,),))):
        await context.phone.show(incoming.chat_id, part)


async def _by_itself(context: Context, incoming: Incoming, parts: Sequence[str]) -> None:
    """d:list, d:list:HOUR, d:list:off: the short list comes by itself, or no more."""
    staff = incoming.staff
    wanted = [*parts] != ["off"]
    hour = int(parts[0]) % 24 if parts and parts[0].isdigit() else None
    if wanted and hour is None and not context.shifts.has_shifts(staff):
        hours = [Button(f"{h:02d}:00", f"d:list:{h}") for h in range(24)]
        # A message of its own: the list above stays to be read.
        await context.phone.show(incoming.chat_id, Screen(say.LIST_WHEN, rows(hours, 4)))
        return
    coming = await context.shifts.list_setting(
        staff, wanted=wanted, hour=hour, update_id=incoming.update_id
    )
    text = (
        say.list_set(coming, context.clock.now(), by_rota=hour is None) if wanted else say.LIST_ENDS
    )
    at = incoming.message_id if hour is not None else 0
    await context.phone.show(incoming.chat_id, Screen(text), at)


async def digest(context: Context, incoming: Incoming, _: list[str]) -> None:
    """/digest: the day, then the hour."""
    if not incoming.staff.manages:
        raise NotAllowed(say.DIGEST_FOR_MANAGERS)
    days = [Button(day, f"d:day:{i}") for i, day in enumerate(say.DAYS)]
    await context.phone.show(incoming.chat_id, Screen(say.WHICH_DAY, rows(days, 4)))


async def tapped(context: Context, incoming: Incoming, parts: list[str]) -> None:
    """d:…"""
    at = incoming.message_id
    staff = incoming.staff
    if staff.role is Role.ADMINISTRATOR:
        raise NotAllowed(menu.ADMINISTRATOR)
    match parts:
        case ["today"]:
            await today(context, incoming, [])
        case ["list", *chosen]:
            await _by_itself(context, incoming, chosen)
        case ["take"]:
            await _which_home(context, incoming, "take", say.TAKE_WHICH)
        case ["take", home]:
            outcome = await context.shifts.take_over(
                staff, _homes(context, staff, home), update_id=incoming.update_id
            )
            await context.phone.show(
                incoming.chat_id, _rota(context, staff, say.TAKEN[outcome]), at
            )
        case ["give"]:
            await _which_home(context, incoming, "give", say.GIVE_WHICH)
        case ["give", home]:
            await _to_whom(context, incoming, home)
        case ["give", home, "", page] if page.isdigit():
            await _to_whom(context, incoming, home, int(page))
        case ["give", home, person]:
            await _offer(context, incoming, home, person)
        case ["accept", offer]:
            outcome = await context.shifts.accept(staff, offer, update_id=incoming.update_id)
            text = say.ACCEPTED[outcome]
            over = outcome == "over"  # what is true now, for somebody who tapped twice too
            shown = _rota(context, staff, text) if over else Screen(text)
            await context.phone.show(incoming.chat_id, shown, at)
        case ["refuse" | "back" as how, offer]:
            outcome = await context.shifts.refuse(staff, offer, update_id=incoming.update_id)
            text = say.TAKEN_BACK if (how, outcome) == ("back", "done") else say.REFUSED[outcome]
            await context.phone.show(incoming.chat_id, Screen(text), at)
        case ["swap"]:
            await swap.which(context, incoming)
        case ["swap", *chosen]:
            await swap.chosen(context, incoming, chosen)
        case ["agree" | "decline" as answer, offer]:
            await swap.answered(context, incoming, offer, yes=answer == "agree")
        case ["day", day] if staff.manages and day.isdigit():
            hours = [Button(f"{h:02d}:00", f"d:hour:{day}:{h}") for h in range(6, 22)]
            await context.phone.show(incoming.chat_id, Screen(say.WHICH_HOUR, rows(hours, 4)), at)
        case ["hour", day, hour] if staff.manages and day.isdigit() and hour.isdigit():
            moment = await context.shifts.digest_setting(
                staff, int(day) % 7, int(hour) % 24, update_id=incoming.update_id
            )
            await context.phone.show(
                incoming.chat_id, Screen(say.digest_set(moment, context.clock.now())), at
            )
        case _:
            await context.phone.show(incoming.chat_id, _rota(context, staff), at)


def _homes(context: Context, staff: Staff, home: str) -> Sequence[str]:
    """One home, or all that this person covers."""
    mine = [h.id for h in context.service.homes if staff.covers(h.id)]
    return mine if home == "*" else [home]


async def _which_home(context: Context, incoming: Incoming, action: str, question: str) -> None:
    homes = [h for h in context.service.homes if incoming.staff.covers(h.id)]
    if len(homes) == 1 and action == "give":
        await _to_whom(context, incoming, homes[0].id)
        return
    buttons = [Button(h.name, f"d:{action}:{h.id}") for h in homes]
    if len(homes) > 1:
        buttons.append(Button(say.ALL_HOMES, f"d:{action}:*"))
    await context.phone.show(
        incoming.chat_id, Screen(question, rows(buttons, 1)), incoming.message_id
    )


async def _to_whom(context: Context, incoming: Incoming, home: str, page: int = 0) -> None:
    homes = _homes(context, incoming.staff, home)
    now = context.clock.now()
    others = [
        s
        for s in context.service.staff
        if s.id != incoming.staff.id and s.active(now) and all(s.covers(h) for h in homes)
    ]
    buttons = people(others, f"d:give:{home}", page)
    text = say.TO_WHOM if others else say.NOBODY_ELSE
    await context.phone.show(incoming.chat_id, Screen(text, rows(buttons, 1)), incoming.message_id)


async def _offer(context: Context, incoming: Incoming, home: str, person: str) -> None:
    taker = context.service.person(person)
    offer = None
    if taker is not None:
        offer = await context.shifts.hand_over(
            incoming.staff,
            taker,
            _homes(context, incoming.staff, home),
            update_id=incoming.update_id,
        )
    if taker is None or offer is None:
        raise NotAllowed(say.NOT_POSSIBLE)
    text = say.offered(taker.name, offer.expires_at, context.clock.now())
    take_back = ((Button(say.TAKE_BACK, f"d:back:{offer.id}"),),)
    await context.phone.show(incoming.chat_id, Screen(text, take_back), incoming.message_id)
