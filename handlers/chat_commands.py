"""Commands that are typed in chat, and what each begins."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from handlers import (
    draft_session,
    duty,
    kill_switch,
    lists,
    monthly,
    pages,
    people,
)
from handlers.chat import Incoming
from handlers.context import Context
from handlers.wording import menu
from handlers.wording import pages as page_words

Act: TypeAlias = Callable[[Context, Incoming, list[str]], Awaitable[None]]

LINKED = re.compile(r"[A-Za-z0-9_-]{16,64}")
"""What a link with an invitation puts behind /start."""


def command_of(text: str) -> str:
    """The command as it stands in the table, also with the name of a bot behind it. "/open Jamie"
    and "/open@Jamie" are none."""
    name, at, bot = text.partition("@")
    return name.casefold() if not at or bot.casefold().endswith("bot") else text


async def _start(context: Context, incoming: Incoming, _: list[str]) -> None:
    await context.shifts.staff_started(incoming.staff.id)
    if LINKED.fullmatch(incoming.text.partition(" ")[2]):  # somebody of the list tapped a link
        await context.phone.remove(incoming.chat_id, incoming.message_id)
    await context.phone.say(incoming.chat_id, menu.WELCOME, keyboard=True)


async def _help(context: Context, incoming: Incoming, _: list[str]) -> None:
    text = menu.HELP if context.pages is None else f"{menu.HELP}\n{page_words.IN_HELP}"
    await context.phone.say(incoming.chat_id, text, keyboard=True)


async def _cancel(context: Context, incoming: Incoming, _: list[str]) -> None:
    if not await draft_session.cancel(context, incoming):
        await context.phone.say(incoming.chat_id, menu.NOTHING_TO_CANCEL, keyboard=True)


async def _missing(context: Context, incoming: Incoming, _: list[str]) -> None:
    await draft_session.begin(context, incoming, "report")


COMMANDS: dict[str, Act] = {
    "/start": _start,
    "/help": _help,
    "/cancel": _cancel,
    "/missing": _missing,
    "/open": lists.open_cases,
    "/case": lists.one_case,
    "/returned": lists.returned,
    "/duty": duty.rota,
    "/today": duty.today,
    "/digest": duty.digest,
    "/reports": monthly.reports,
    "/people": people.people,
    "/pages": pages.pages,
    "/id": people.my_id,
    "/privacy": people.privacy,
    "/version": people.version,
    "/reload": people.reload,
    kill_switch.STOP: kill_switch.stop,
    kill_switch.RESUME: kill_switch.resume,
}
CHANGING = {"/cancel", kill_switch.STOP, kill_switch.RESUME}
"""Dealt with once more these could change something else; "/missing" offers what it began."""
FORM_COMMANDS = {"/missing", *CHANGING}
"""Commands after which a form stands at the bottom, or none is shown."""
CASE_COMMANDS = {"/missing", "/open", "/case", "/returned", "/today"}
