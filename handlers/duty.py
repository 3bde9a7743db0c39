"""Who is on duty: taking over, handing over, the list for a shift, the day of the digest."""

from __future__ import annotations

from collections.abc import Sequence

from handlers import swap
from handlers.chat import Button, Incoming, Screen, rows
from handlers.office import Handlers, NotAllowed
from handlers.people import people
from handlers.split import split
from handlers.wording import duty as say
from handlers.wording import menu
from handlers.wording.messages import Words
from reminders.service import Role, Staff


async def rota(desk: Handlers, incoming: Incoming, _: list[str]) -> None:
    """/duty: who is asked first and next for each home, and what can be done about it."""
    await desk.phone.show(incoming.chat_id, _rota(desk, incoming.staff))


def _rota(desk: Handlers, staff: Staff, above: str = "") -> Screen:
    administrator = staff.role is Role.ADMINISTRATOR
    homes = [h for h in desk.service.homes if administrator or staff.covers(h.id)]
    lines = [say.TITLE]
    for home in homes:
        lines.append(say.on_duty(home, desk.shifts.on_duty(home.id), desk.service))
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


async def today(desk: Handlers, incoming: Incoming, _: list[str]) -> None:
    """/today: what is open, unmet, and falls due on this shift."""
    lines = await desk.shifts.duty_list(incoming.staff)
    words = Words(desk.service, desk.pack, desk.clock.now())
    on = desk.shifts.wants_list(incoming.staff)
    button = Button(say.LIST_OFF, "d:list:off") if on else Button(say.LIST_ON, "d:list")
    for part in split(Screen(say.short_list(lines, words), ((button,),))):
        await desk.phone.show(incoming.chat_id, part)


async def _by_itself(desk: Handlers, incoming: Incoming, parts: Sequence[str]) -> None:
    """d:list, d:list:HOUR, d:list:off: the short list comes by itself, or no more."""
    staff = incoming.staff
    wanted = [*parts] != ["off"]
    hour = int(parts[0]) % 24 if parts and parts[0].isdigit() else None
    if wanted and hour is None and not desk.shifts.has_shifts(staff):
        hours = [Button(f"{h:02d}:00", f"d:list:{h}") for h in range(24)]
        # A message of its own: the list above stays to be read.
        await desk.phone.show(incoming.chat_id, Screen(say.LIST_WHEN, rows(hours, 4)))
        return
    coming = await desk.shifts.list_setting(
        staff, wanted=wanted, hour=hour, update_id=incoming.update_id
    )
    text = say.list_set(coming, desk.clock.now(), by_rota=hour is None) if wanted else say.LIST_ENDS
    at = incoming.message_id if hour is not None else 0
    await desk.phone.show(incoming.chat_id, Screen(text), at)


async def digest(desk: Handlers, incoming: Incoming, _: list[str]) -> None:
    """/digest: the day, then the hour."""
    if not incoming.staff.manages:
        raise NotAllowed(say.DIGEST_FOR_MANAGERS)
    days = [Button(day, f"d:day:{i}") for i, day in enumerate(say.DAYS)]
    await desk.phone.show(incoming.chat_id, Screen(say.WHICH_DAY, rows(days, 4)))


async def tapped(desk: Handlers, incoming: Incoming, parts: list[str]) -> None:
    """d:…"""
    at = incoming.message_id
    staff = incoming.staff
    if staff.role is Role.ADMINISTRATOR:
        raise NotAllowed(menu.ADMINISTRATOR)
    match parts:
        case ["today"]:
            await today(desk, incoming, [])
        case ["list", *chosen]:
            await _by_itself(desk, incoming, chosen)
        case ["take"]:
            await _which_home(desk, incoming, "take", say.TAKE_WHICH)
        case ["take", home]:
            outcome = await desk.shifts.take_over(
                staff, _homes(desk, staff, home), update_id=incoming.update_id
            )
            await desk.phone.show(incoming.chat_id, _rota(desk, staff, say.TAKEN[outcome]), at)
        case ["give"]:
            await _which_home(desk, incoming, "give", say.GIVE_WHICH)
        case ["give", home]:
            await _to_whom(desk, incoming, home)
        case ["give", home, "", page] if page.isdigit():
            await _to_whom(desk, incoming, home, int(page))
        case ["give", home, person]:
            await _offer(desk, incoming, home, person)
        case ["accept", offer]:
            outcome = await desk.shifts.accept(staff, offer, update_id=incoming.update_id)
            text = say.ACCEPTED[outcome]
            over = outcome == "over"  # what is true now, for somebody who tapped twice too
            shown = _rota(desk, staff, text) if over else Screen(text)
            await desk.phone.show(incoming.chat_id, shown, at)
        case ["refuse" | "back" as how, offer]:
            outcome = await desk.shifts.refuse(staff, offer, update_id=incoming.update_id)
            text = say.TAKEN_BACK if (how, outcome) == ("back", "done") else say.REFUSED[outcome]
            await desk.phone.show(incoming.chat_id, Screen(text), at)
        case ["swap"]:
            await swap.which(desk, incoming)
        case ["swap", *chosen]:
            await swap.chosen(desk, incoming, chosen)
        case ["agree" | "decline" as answer, offer]:
            await swap.answered(desk, incoming, offer, yes=answer == "agree")
        case ["day", day] if staff.manages and day.isdigit():
            hours = [Button(f"{h:02d}:00", f"d:hour:{day}:{h}") for h in range(6, 22)]
            await desk.phone.show(incoming.chat_id, Screen(say.WHICH_HOUR, rows(hours, 4)), at)
        case ["hour", day, hour] if staff.manages and day.isdigit() and hour.isdigit():
            moment = await desk.shifts.digest_setting(
                staff, int(day) % 7, int(hour) % 24, update_id=incoming.update_id
            )
            await desk.phone.show(
                incoming.chat_id, Screen(say.digest_set(moment, desk.clock.now())), at
            )
        case _:
            await desk.phone.show(incoming.chat_id, _rota(desk, staff), at)


def _homes(desk: Handlers, staff: Staff, home: str) -> Sequence[str]:
    """One home, or all that this person covers."""
    mine = [h.id for h in desk.service.homes if staff.covers(h.id)]
    return mine if home == "*" else [home]


async def _which_home(desk: Handlers, incoming: Incoming, action: str, question: str) -> None:
    homes = [h for h in desk.service.homes if incoming.staff.covers(h.id)]
    if len(homes) == 1 and action == "give":
        await _to_whom(desk, incoming, homes[0].id)
        return
    buttons = [Button(h.name, f"d:{action}:{h.id}") for h in homes]
    if len(homes) > 1:
        buttons.append(Button(say.ALL_HOMES, f"d:{action}:*"))
    await desk.phone.show(incoming.chat_id, Screen(question, rows(buttons, 1)), incoming.message_id)


async def _to_whom(desk: Handlers, incoming: Incoming, home: str, page: int = 0) -> None:
    homes = _homes(desk, incoming.staff, home)
    now = desk.clock.now()
    others = [
        s
        for s in desk.service.staff
        if s.id != incoming.staff.id and s.active(now) and all(s.covers(h) for h in homes)
    ]
    buttons = people(others, f"d:give:{home}", page)
    text = say.TO_WHOM if others else say.NOBODY_ELSE
    await desk.phone.show(incoming.chat_id, Screen(text, rows(buttons, 1)), incoming.message_id)


async def _offer(desk: Handlers, incoming: Incoming, home: str, person: str) -> None:
    taker = desk.service.person(person)
    offer = None
    if taker is not None:
        offer = await desk.shifts.hand_over(
            incoming.staff,
            taker,
            _homes(desk, incoming.staff, home),
            update_id=incoming.update_id,
        )
    if taker is None or offer is None:
        raise NotAllowed(say.NOT_POSSIBLE)
    text = say.offered(taker.name, offer.expires_at, desk.clock.now())
    take_back = ((Button(say.TAKE_BACK, f"d:back:{offer.id}"),),)
    await desk.phone.show(incoming.chat_id, Screen(text, take_back), incoming.message_id)
