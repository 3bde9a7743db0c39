"""Who is on duty: taking over, handing over, the list for a shift, the day of the digest."""

from __future__ import annotations

from collections.abc import Sequence

from handlers import swap
from handlers.chat import Button, Incoming, Screen, rows
from handlers.colleagues import colleagues, named_person
from handlers.context import Context, NotAllowed
from handlers.message_parts import split
from handlers.paging import Item, code, label, named, page_number, paged
from handlers.wording import duty as say
from handlers.wording import menu
from handlers.wording.messages import Words
from handlers.wording.service import case_rows
from protocol.provider import Staff

HOMES_ON_A_PAGE = 20
HOMES_TO_CHOOSE = 12


async def rota(context: Context, incoming: Incoming, _: list[str]) -> None:
    """/duty: who is asked first and next for each home, and what can be done about it."""
    await context.phone.show(incoming.chat_id, _rota(context, incoming.staff))


def _rota(context: Context, staff: Staff, above: str = "", page: int = 0) -> Screen:
    everywhere = not staff.works_on_cases
    homes = [h for h in context.service.homes if everywhere or staff.covers(h.id)]
    items = [
        Item(say.on_duty(home, context.shifts.on_duty(home.id), context.service)) for home in homes
    ]
    buttons = [
        Button(say.TAKE_OVER, "d:take"),
        Button(say.HAND_OVER, "d:give"),
        Button(say.SWAP, "d:swap"),
        Button(say.SHORT_LIST, "d:today"),
    ]
    return paged(
        "\n\n".join([above, say.TITLE] if above else [say.TITLE]),
        items,
        page,
        lambda number: f"d:rota:{number}",
        tail=() if everywhere else rows(buttons, 2),
        most_items=HOMES_ON_A_PAGE,
        gap="\n",
    )


async def today(context: Context, incoming: Incoming, _: list[str]) -> None:
    """/today: what is open, unmet, and falls due on this shift."""
    lines = await context.shifts.duty_list(incoming.staff)
    for line in lines:
        context.shown(incoming.staff, line["ref"])
    words = Words(context.service, context.pack, context.clock.now())
    on = context.shifts.wants_list(incoming.staff)
    button = Button(say.LIST_OFF, "d:list:off") if on else Button(say.LIST_ON, "d:list")
    for part in split(Screen(say.short_list(lines, words), (*case_rows(lines), (button,)))):
        await context.phone.show(incoming.chat_id, part)


async def _by_itself(context: Context, incoming: Incoming, parts: Sequence[str]) -> None:
    """d:list, d:list:HOUR, d:list:off: the short list comes by itself, or no more."""
    staff = incoming.staff
    wanted = [*parts] != ["off"]
    hour = int(parts[0]) if parts and _number(parts[0], 24) else None
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
    """/digest: when it comes and about which homes, and what can be done about it."""
    if not incoming.staff.works_on_cases:
        raise NotAllowed(menu.ADMINISTRATOR)
    await _digest(context, incoming)


async def _digest(context: Context, incoming: Incoming, at: int = 0, above: str = "") -> None:
    staff = incoming.staff
    coming = context.shifts.next_digest(staff)
    homes = [home.name for home in context.service.homes if staff.covers(home.id)]
    buttons = [Button(say.SEND_NOW, "d:digest:now")]
    buttons.append(Button(say.CHANGE_WHEN if coming else say.EVERY_WEEK, "d:digest:when"))
    if coming:
        buttons.append(Button(say.DIGEST_OFF, "d:digest:off"))
    text = say.digest_is_set(coming, homes, context.clock.now(), above)
    await context.phone.show(incoming.chat_id, Screen(text, rows(buttons, 1)), at)


async def _digest_tapped(context: Context, incoming: Incoming, parts: Sequence[str]) -> None:
    """d:digest:…"""
    at, staff = incoming.message_id, incoming.staff
    match [*parts]:
        case ["when"]:
            days = [Button(day, f"d:digest:day:{i}") for i, day in enumerate(say.DAYS)]
            await context.phone.show(incoming.chat_id, Screen(say.WHICH_DAY, rows(days, 4)), at)
        case ["day", day] if _number(day, 7):
            hours = [Button(f"{h:02d}:00", f"d:digest:hour:{day}:{h}") for h in range(6, 22)]
            await context.phone.show(incoming.chat_id, Screen(say.WHICH_HOUR, rows(hours, 4)), at)
        case ["hour", day, hour] if _number(day, 7) and _number(hour, 24):
            await context.shifts.digest_setting(
                staff, int(day), int(hour), update_id=incoming.update_id
            )
            await _digest(context, incoming, at)
        case ["off"]:
            await context.shifts.digest_off(staff, update_id=incoming.update_id)
            await _digest(context, incoming, at)
        case ["now"]:
            await context.shifts.digest_now(staff, update_id=incoming.update_id)
            await _digest(context, incoming, at, say.ON_ITS_WAY)
        case _:
            await _digest(context, incoming, at)


async def tapped(context: Context, incoming: Incoming, parts: list[str]) -> None:
    """d:…"""
    at = incoming.message_id
    staff = incoming.staff
    match parts:
        case ["rota", page]:
            rota_page = _rota(context, staff, page=page_number(page))
            await context.phone.show(incoming.chat_id, rota_page, at)
        case _ if not staff.works_on_cases:
            raise NotAllowed(menu.ADMINISTRATOR)
        case ["today"]:
            await today(context, incoming, [])
        case ["list", *chosen]:
            await _by_itself(context, incoming, chosen)
        case ["take"]:
            await _which_home(context, incoming, "take", 0)
        case [("take" | "give") as action, "", "home", page]:
            await _which_home(context, incoming, action, page_number(page))
        case ["take", home]:
            outcome = await context.shifts.take_over(
                staff, _homes(context, staff, home), update_id=incoming.update_id
            )
            await context.phone.show(
                incoming.chat_id, _rota(context, staff, say.TAKEN[outcome]), at
            )
        case ["give"]:
            await _which_home(context, incoming, "give", 0)
        case ["give", home]:
            await _to_whom(context, incoming, home)
        case ["give", home, "", page]:
            await _to_whom(context, incoming, home, page_number(page))
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
        case ["digest", *chosen]:
            await _digest_tapped(context, incoming, chosen)
        case _:
            await context.phone.show(incoming.chat_id, _rota(context, staff), at)


def _number(text: str, below: int) -> bool:
    """Is this a number from 0 to one less than `below`?"""
    return text.isascii() and text.isdecimal() and len(text) < 3 and int(text) < below


def _homes(context: Context, staff: Staff, home: str) -> Sequence[str]:
    """The home that a button names, or all that this person covers. Raises NotAllowed for any that
    they do not cover, so that nothing of another home is shown."""
    mine = [h.id for h in context.service.homes if staff.covers(h.id)]
    if home == ALL:
        return mine
    found = named(home, mine)
    if found is None:
        raise NotAllowed(say.NOT_YOUR_HOME)
    return [found]


ALL = "*"


async def _which_home(context: Context, incoming: Incoming, action: str, page: int) -> None:
    homes = [h for h in context.service.homes if incoming.staff.covers(h.id)]
    if len(homes) == 1 and action == "give":
        await _to_whom(context, incoming, code(homes[0].id))
        return
    items = [Item("", ((Button(label(h.name), f"d:{action}:{code(h.id)}"),),)) for h in homes]
    tail = ((Button(say.ALL_HOMES, f"d:{action}:{ALL}"),),) if len(homes) > 1 else ()
    screen = paged(
        say.TAKE_WHICH if action == "take" else say.GIVE_WHICH,
        items,
        page,
        lambda number: f"d:{action}::home:{number}",
        tail=tail,
        most_items=HOMES_TO_CHOOSE,
    )
    await context.phone.show(incoming.chat_id, screen, incoming.message_id)


async def _to_whom(context: Context, incoming: Incoming, home: str, page: int = 0) -> None:
    homes = _homes(context, incoming.staff, home)
    now = context.clock.now()
    others = [
        s
        for s in context.service.staff
        if s.id != incoming.staff.id and s.active(now) and all(s.covers(h) for h in homes)
    ]
    text = say.TO_WHOM if others else say.NOBODY_ELSE
    screen = colleagues(text, others, f"d:give:{home}", page)
    await context.phone.show(incoming.chat_id, screen, incoming.message_id)


async def _offer(context: Context, incoming: Incoming, home: str, person: str) -> None:
    taker = named_person(context.service, person)
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
