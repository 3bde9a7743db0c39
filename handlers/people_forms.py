"""Forms about the staff list: inviting, changing, ending, and one's own telephone number."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, timedelta
from typing import Any, TypeAlias

import msgspec

from handlers import form as forms
from handlers.chat import Incoming, Screen, plain
from handlers.context import Context
from handlers.form import Choice, Form, FormState, Option, Ticks, Words
from handlers.wording import people as say
from handlers.wording.common import ROLES
from protocol.london import day_of
from protocol.provider import Role, Staff
from protocol.staff_facts import is_name, is_number, may_succeed

INVITE, MEMBER, LEAVE, PHONE = "invite", "member", "leave", "phone"
ALL, NONE = "*", "-"
LAST_DAYS = (("1 day", 1), ("1 week", 7), ("4 weeks", 28), ("3 months", 91), ("1 year", 365))
Finish: TypeAlias = Callable[[Context, Incoming, FormState], Awaitable[Screen]]


class ServiceForm(msgspec.Struct, frozen=True):
    """A form that is about no case, and what becomes of its answers."""

    form: Form
    finish: Finish


def words(value: Any) -> str:
    """What was typed as an answer, without its mark."""
    return str(value).removeprefix(forms.WORDS) if value else ""


def _name_problem(value: Any, _: FormState) -> str:
    return "" if is_name(words(value)) else say.NO_NAME


def _number_problem(value: Any, _: FormState) -> str:
    return "" if not value or is_number(words(value)) else say.NO_NUMBER


def _roles(c: FormState) -> list[Option]:
    roles = list(Role) if c.staff.role is Role.ADMINISTRATOR else [Role.DUTY_MANAGER, Role.MANAGER]
    return [Option(say.role_button(role), role.value) for role in roles]


def _homes(c: FormState) -> list[Option]:
    all_ = c.staff.role is Role.ADMINISTRATOR or not c.staff.homes
    mine = [h for h in c.service.homes if all_ or h.id in c.staff.homes]
    found = [Option(home.name, home.id) for home in mine]
    return [*([Option(say.ALL_HOMES, ALL)] if all_ else []), *found]


def _one_home(value: Any, _: FormState) -> str:
    return "" if value else say.ONE_HOME


def _tell_homes(value: Any, c: FormState) -> str:
    chosen = Staff(id="", name="", telegram_id=0, role=Role.MANAGER, homes=homes_of(value))
    return say.homes_of(chosen, c.service)


def homes_of(value: Any) -> tuple[str, ...]:
    """The homes that were ticked; empty: all."""
    ticked = value if isinstance(value, list) else []
    return () if ALL in ticked else tuple(ticked)


def _last_days(c: FormState) -> list[Option]:
    today = day_of(c.now)
    offered = [(f"{text}: {say.day(today + timedelta(days=n))}", n) for text, n in LAST_DAYS]
    return [
        Option(say.NO_LAST_DAY, NONE),
        *(Option(text, (today + timedelta(days=n)).isoformat()) for text, n in offered),
    ]


def _last_day(value: Any) -> date | None:
    return None if value == NONE else date.fromisoformat(value)


def _tell_last_day(value: Any, _: FormState) -> str:
    last = _last_day(value)
    return say.day(last) if last else say.NO_LAST_DAY


def _sees_cases(c: FormState) -> bool:
    return c.answers.get("role") not in (None, Role.ADMINISTRATOR.value)


def _whom(c: FormState) -> Staff | None:
    return c.service.person(str(c.answers.get("whom", "")))


NAME = Words(
    key="name",
    ask=lambda _: say.ASK_NAME,
    label=say.NAME,
    tell=lambda value, _: plain(words(value)),
    unknown=False,
    wrong=_name_problem,
)
ROLE = Choice(
    key="role",
    ask=lambda _: say.ASK_ROLE,
    label=say.ROLE,
    options=_roles,
    tell=lambda value, _: ROLES[Role(value)],
    unknown=False,
)
HOMES = Ticks(
    key="homes",
    ask=lambda _: say.ASK_HOMES,
    label=say.HOMES,
    options=_homes,
    tell=_tell_homes,
    unknown=False,
    wrong=_one_home,
)
UNTIL = Choice(
    key="until",
    ask=lambda _: say.ASK_UNTIL,
    label=say.UNTIL,
    options=_last_days,
    tell=_tell_last_day,
    unknown=False,
)
THEIR_PHONE = Words(
    key="phone",
    ask=lambda _: say.ASK_THEIR_PHONE,
    label=say.PHONE,
    tell=lambda value, _: plain(words(value)) or say.LATER.lower(),
    unknown=False,
    wrong=_number_problem,
)


def _only(step: Any, what: str) -> Any:
    return msgspec.structs.replace(step, applies=lambda c: c.answers.get("what") == what)


def _invite_form() -> Form:
    return Form(
        kind=INVITE,
        title=lambda _: say.INVITE_TITLE,
        steps=(NAME, ROLE, msgspec.structs.replace(HOMES, applies=_sees_cases), UNTIL),
        review=lambda _: say.LINK_REVIEW,
        save_label=say.MAKE_LINK,
    )


def _member_form() -> Form:
    new_name = msgspec.structs.replace(NAME, ask=lambda _: say.ASK_NEW_NAME)

    def homes_too(c: FormState) -> bool:
        """Somebody who was an administrator had no homes."""
        was = _whom(c)
        what = c.answers.get("what")
        had_none = was is not None and was.role is Role.ADMINISTRATOR
        return what == "homes" or (what == "role" and had_none and _sees_cases(c))

    return Form(
        kind=MEMBER,
        title=lambda c: who.name if (who := _whom(c)) else say.TITLE,
        steps=(
            _only(new_name, "name"),
            _only(ROLE, "role"),
            msgspec.structs.replace(HOMES, applies=homes_too),
            _only(UNTIL, "until"),
            _only(THEIR_PHONE, "phone"),
        ),
    )


def _successors(c: FormState) -> list[Option]:
    leaver = _whom(c)
    others = may_succeed(c.staff, leaver, c.service.staff, c.now) if leaver else []
    return [Option(say.TO_THE_ROTA, NONE), *(Option(one.name, one.id) for one in others)]


def _successor(c: FormState) -> Staff | None:
    return c.service.person(str(c.answers.get("to", "")))


LEAVE_FORM = Form(
    kind=LEAVE,
    title=lambda c: who.name if (who := _whom(c)) else say.TITLE,
    steps=(
        Choice(
            key="to",
            ask=lambda _: say.ASK_SUCCESSOR,
            label="Shifts go to",
            options=_successors,
            tell=lambda value, c: (
                plain(to.name) if (to := c.service.person(value)) else say.TO_THE_ROTA
            ),
            unknown=False,
        ),
    ),
    review=lambda c: say.leave_review(who, _successor(c)) if (who := _whom(c)) else "",
    save_label=say.END_IT,
)
PHONE_FORM = Form(
    kind=PHONE,
    title=lambda _: say.PHONE_TITLE,
    steps=(msgspec.structs.replace(THEIR_PHONE, ask=lambda _: say.ASK_PHONE, skip=say.LATER),),
)


async def _invited(context: Context, incoming: Incoming, c: FormState) -> Screen:
    await context.phone.link("")  # the bot's name is known before a secret is made
    answers = c.answers
    role = Role(answers["role"])
    wanted = Staff(
        id="",
        name=words(answers["name"]),
        telegram_id=0,
        role=role,
        homes=() if role is Role.ADMINISTRATOR else homes_of(answers["homes"]),
        expires=_last_day(answers["until"]),
    )
    return await make_link(context, incoming, wanted)


async def make_link(
    context: Context, incoming: Incoming, wanted: Staff, account_of: str = ""
) -> Screen:
    """The link, or why there is none."""
    people = context.staff_list
    secret, made = await people.invite(
        incoming.staff, wanted, account_of=account_of, update_id=incoming.update_id
    )
    if made is None:
        reason = "configuration" if people.is_governed(account_of) else "not_allowed"
        return Screen(say.REASONS[reason])
    address = await context.phone.link(secret)
    return Screen(say.link(made, address, context.service, context.clock.now()))


async def _changed(context: Context, incoming: Incoming, c: FormState) -> Screen:
    was = next((s for s in context.service.staff if s.id == c.answers["whom"]), None)
    if was is None:
        return Screen(say.REASONS["gone"])
    new, answers = was, c.answers
    if "name" in answers:
        new = msgspec.structs.replace(new, name=words(answers["name"]))
    if "role" in answers:
        role = Role(answers["role"])
        homes = () if role is Role.ADMINISTRATOR else new.homes
        new = msgspec.structs.replace(new, role=role, homes=homes)
    if "homes" in answers:
        new = msgspec.structs.replace(new, homes=homes_of(answers["homes"]))
    if "until" in answers:
        new = msgspec.structs.replace(new, expires=_last_day(answers["until"]))
    if "phone" in answers:
        new = msgspec.structs.replace(new, phone=words(answers["phone"]))
    why = await context.staff_list.change(incoming.staff, new, update_id=incoming.update_id)
    return Screen(say.REASONS[why]) if why else Screen(say.CHANGED)


async def _left(context: Context, incoming: Incoming, c: FormState) -> Screen:
    leaver = c.service.person(c.answers["whom"])
    to = "" if c.answers["to"] == NONE else str(c.answers["to"])
    why = await context.staff_list.end(
        incoming.staff, c.answers["whom"], successor=to, update_id=incoming.update_id
    )
    if why or leaver is None:
        return Screen(say.REASONS[why or "gone"])
    return Screen(say.ended(leaver))


async def _own_phone(context: Context, incoming: Incoming, c: FormState) -> Screen:
    phone = words(c.answers["phone"])
    if not phone:
        return Screen(say.PHONE_LATER)
    why = await context.staff_list.own_phone(incoming.staff, phone, update_id=incoming.update_id)
    return Screen(say.REASONS[why] if why else say.PHONE_SAVED)


FORMS: dict[str, ServiceForm] = {
    INVITE: ServiceForm(_invite_form(), _invited),
    MEMBER: ServiceForm(_member_form(), _changed),
    LEAVE: ServiceForm(LEAVE_FORM, _left),
    PHONE: ServiceForm(PHONE_FORM, _own_phone),
}


def titles(kind: str) -> str:
    """What an unfinished form of this kind is called."""
    return {
        INVITE: say.INVITE_TITLE,
        MEMBER: "a change of the staff list",
        LEAVE: "ending somebody's time on the list",
        PHONE: say.PHONE_TITLE,
    }[kind]


def preset(kind: str, whom: str, what: str = "") -> dict[str, Any]:
    """The answers with which a form about this person begins."""
    return {"whom": whom, **({"what": what} if what else {})} if kind != PHONE else {}


__all__: Sequence[str] = ("FORMS", "INVITE", "LEAVE", "MEMBER", "PHONE", "make_link", "preset")
