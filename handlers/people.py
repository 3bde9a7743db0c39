"""The staff list in chat: /people and its screens; /id, /privacy, /version, /reload."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from handlers import draft_session, people_forms
from handlers.chat import Button, Incoming, Screen, rows
from handlers.context import Context, NotAllowed
from handlers.paging import Item, code, label, named, page_number, paged
from handlers.wording import people as say
from protocol.provider import Role, Staff
from protocol.staff_facts import may_manage

PEOPLE_ON_A_PAGE = 12
PARTS = (("role", say.ROLE), ("homes", say.HOMES), ("until", say.UNTIL))
"""What of an entry can be changed by a colleague, beside name and number."""


async def people(context: Context, incoming: Incoming, _: list[str]) -> None:
    """/people: the list, as far as this person manages it."""
    await context.phone.show(incoming.chat_id, _list(context, incoming.staff))


def _list(context: Context, actor: Staff, page: int = 0) -> Screen:
    if not context.staff_list.manages_people(actor):
        raise NotAllowed(say.FOR_THOSE_WHO_MANAGE)
    now = context.clock.now()
    items = [
        Item(
            say.entry(one, context.service),
            ((Button(label(one.name), f"p:one:{code(one.id)}"),),),
        )
        for one in context.staff_list.visible(actor)
        if one.active(now)
    ]
    items += [
        Item(
            say.link_waits(one, now),
            ((Button(label(f"{say.WITHDRAW}: {one.staff.name}"), f"p:off:{one.id}"),),),
        )
        for one in context.staff_list.invitations(actor)
    ]
    return paged(
        say.TITLE,
        items,
        page,
        lambda number: f"p:list:{number}",
        tail=((Button(say.INVITE, "p:invite"),),),
        most_items=PEOPLE_ON_A_PAGE,
        gap="\n",
    )


async def tapped(context: Context, incoming: Incoming, parts: list[str]) -> None:
    """p:list:PAGE, p:one:ID, p:invite, p:set:WHAT:ID, p:account:ID, p:end:ID, p:off:INVITATION."""
    actor, at = incoming.staff, incoming.message_id
    match parts:
        case ["one", person]:
            await context.phone.show(incoming.chat_id, _page(context, actor, person), at)
        case ["invite"] if context.staff_list.manages_people(actor):
            await draft_session.begin(context, incoming, people_forms.INVITE)
        case ["set", "phone", person] if person == code(actor.id):
            await draft_session.begin(context, incoming, people_forms.PHONE, at=at)
        case ["set", ("name" | "role" | "homes" | "until" | "phone") as what, person]:
            one = _to_change(context, actor, person)
            answers = people_forms.preset(people_forms.MEMBER, one.id, what)
            await draft_session.begin(
                context, incoming, people_forms.MEMBER, answers=answers, at=at
            )
        case ["account", person]:
            one = _to_change(context, actor, person)
            await context.phone.link("")
            wanted = msgspec.structs.replace(one, telegram_id=0, second_channel=())
            screen = await people_forms.make_link(context, incoming, wanted, one.id)
            await context.phone.show(incoming.chat_id, screen, at)
        case ["end", person]:
            one = _to_change(context, actor, person)
            answers = people_forms.preset(people_forms.LEAVE, one.id)
            await draft_session.begin(context, incoming, people_forms.LEAVE, answers=answers)
        case ["off", invitation]:
            why = await context.staff_list.withdraw(actor, invitation, update_id=incoming.update_id)
            if why:
                raise NotAllowed(say.REASONS[why])
            await context.phone.show(incoming.chat_id, _list(context, actor), at)
        case ["list", page]:
            await context.phone.show(incoming.chat_id, _list(context, actor, page_number(page)), at)
        case _:
            await context.phone.show(incoming.chat_id, _list(context, actor), at)


def _named(context: Context, actor: Staff, wanted: str) -> Staff:
    visible = context.staff_list.visible(actor)
    found = named(wanted, [one.id for one in visible])
    if found is None:
        raise NotAllowed(say.REASONS["gone"])
    return next(one for one in visible if one.id == found)


def _to_change(context: Context, actor: Staff, wanted: str) -> Staff:
    one = _named(context, actor, wanted)
    if not may_manage(actor, one):
        raise NotAllowed(say.REASONS["not_allowed"])
    if context.staff_list.is_governed(one.id):
        raise NotAllowed(say.REASONS["configuration"])
    return one


def _page(context: Context, actor: Staff, wanted: str) -> Screen:
    one = _named(context, actor, wanted)
    governed = context.staff_list.is_governed(one.id)
    yours = one.id == actor.id
    id_ = code(one.id)
    buttons: list[Button] = []
    if yours and not governed:
        buttons = [Button(say.PHONE, f"p:set:phone:{id_}")]
    elif not governed:
        buttons = [Button(text, f"p:set:{what}:{id_}") for what, text in PARTS]
        buttons += [
            Button(say.PHONE, f"p:set:phone:{id_}"),
            Button(say.NAME, f"p:set:name:{id_}"),
            Button(say.ACCOUNT, f"p:account:{id_}"),
            Button(say.END, f"p:end:{id_}"),
        ]
    text = say.page(
        one,
        context.service,
        governed=governed,
        yours=yours,
        ended=not one.active(context.clock.now()),
    )
    return Screen(text, (*rows(buttons, 2), (Button(say.BACK, "p:list:0"),)))


# What anybody may ask ---------------------------------------------------------------------------


async def my_id(context: Context, incoming: Incoming, _: Sequence[str]) -> None:
    """/id"""
    person = incoming.staff
    await context.phone.say(incoming.chat_id, say.your_id(person.telegram_id, person))


async def privacy(context: Context, incoming: Incoming, _: Sequence[str]) -> None:
    """/privacy"""
    await context.phone.say(incoming.chat_id, say.privacy(context.service))


async def reload(context: Context, incoming: Incoming, _: Sequence[str]) -> None:
    """/reload"""
    if incoming.staff.role is not Role.ADMINISTRATOR:
        raise NotAllowed(say.RELOAD_FOR_ADMINISTRATORS)
    outcome = await context.reload(incoming.staff.id)
    if outcome is None:
        raise NotAllowed(say.NO_FILE)
    text = (
        say.reload_refused(outcome.problems) if outcome.problems else say.reloaded(outcome.changes)
    )
    await context.phone.say(incoming.chat_id, text)


async def version(context: Context, incoming: Incoming, _: Sequence[str]) -> None:
    """/version"""
    pack = context.pack
    known = f"{pack.book.title}, {pack.preset}" if pack.preset else pack.book.title
    await context.phone.say(incoming.chat_id, say.version(context.version, known))
