"""The context: takes what a member of staff typed or tapped to the part that deals with it.

Whatever goes wrong, the person is told whether it was saved, and nothing else is lost by it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import structlog

from handlers import case_buttons, draft_session, duty, lists, show_card
from handlers.chat import Incoming, Screen, Unreached
from handlers.context import Context, NotAllowed
from handlers.wording import card as card_words
from handlers.wording import common, menu
from protocol.provider import Role
from storage.store import Conflict, NotFound, NotSaved

log = structlog.get_logger(__name__)
Act: TypeAlias = Callable[[Context, Incoming, list[str]], Awaitable[None]]

PRESSED = {
    menu.REPORT: "/missing",
    menu.OPEN: "/open",
    menu.DUTY: "/duty",
    menu.RETURNED: "/returned",
}


async def receive(context: Context, incoming: Incoming) -> None:
    """Deals with one update. Comes back when its facts are on disk or the person knows better."""
    if await context.store.seen(incoming.update_id):
        await again(context, incoming)
        return
    try:
        await _dispatch(context, incoming)
    except NotSaved as error:
        log.error("not saved", why=str(error))
        context.told_not_saved.add(incoming.staff.id)
        await _tell(context, incoming, common.NOT_SAVED)
    except NotAllowed as error:
        await _tell(context, incoming, str(error))
    except NotFound as error:
        await _tell(context, incoming, menu.no_such_case(str(error)))
    except Conflict:
        log.warning("too many changes at once", update_id=incoming.update_id)
        await _tell(context, incoming, menu.FAILED)
    except Unreached:
        log.warning("an answer reaches its person later", staff=incoming.staff.id)
        context.phone.later(incoming.chat_id)
    except Exception:
        log.exception("a handler failed", update_id=incoming.update_id)
        await _tell(context, incoming, menu.FAILED)
    finally:
        if incoming.callback_id:
            await context.phone.answer(incoming.callback_id)


async def again(context: Context, incoming: Incoming) -> None:
    """Telegram delivered it twice (a crash came between saving and confirming): the fact is on
    record once; what the person may not have seen is shown."""
    if incoming.text and incoming.text not in PRESSED and not incoming.text.startswith("/"):
        # Saved, and perhaps not removed before the crash.
        await context.phone.remove(incoming.chat_id, incoming.message_id)
    drafts = await draft_session.drafts_of(context, incoming.staff.id)
    try:
        if drafts and incoming.update_id in drafts[0].seen:
            await context.phone.show(
                incoming.chat_id,
                await draft_session.offered(context, drafts[0]),
                drafts[0].message_id,
            )
            return
        for episode in reversed(await context.store.open_episodes()):
            if incoming.update_id in episode.seen:
                await show_card.card_of(context, incoming, episode.ref)
                return
    except Unreached:
        log.warning("an answer reaches its person later", staff=incoming.staff.id)
        context.phone.later(incoming.chat_id)
    finally:
        if incoming.callback_id:
            await context.phone.answer(incoming.callback_id)


async def _tell(context: Context, incoming: Incoming, text: str) -> None:
    """A line of its own, so that it rings: never an edit of something above."""
    try:
        await context.phone.say(incoming.chat_id, text)
    except Unreached:
        log.warning("a person is told later", staff=incoming.staff.id)
        context.phone.later(incoming.chat_id)


async def _dispatch(context: Context, incoming: Incoming) -> None:
    if incoming.other:
        await _refuse_kind(context, incoming)
    elif incoming.data:
        await _tapped(context, incoming)
    elif incoming.text in PRESSED:
        await _command(context, incoming, PRESSED[incoming.text])
    elif incoming.text.startswith("/"):
        await _command(context, incoming, incoming.text)
    elif incoming.text:
        await _typed(context, incoming)


async def _typed(context: Context, incoming: Incoming) -> None:
    drafts = await draft_session.drafts_of(context, incoming.staff.id)
    if drafts:
        await draft_session.typed(context, incoming, drafts[0])
        return
    if ref := lists.reference_in(incoming.text):
        await show_card.card_of(context, incoming, ref)
        return
    # Words that nobody asked for may hold what does not belong in a chat.
    await context.phone.remove(incoming.chat_id, incoming.message_id)
    await context.phone.say(incoming.chat_id, menu.UNKNOWN, keyboard=True)


async def _refuse_kind(context: Context, incoming: Incoming) -> None:
    gone = await context.phone.remove(incoming.chat_id, incoming.message_id)
    await context.phone.say(incoming.chat_id, menu.REFUSED_KIND if gone else menu.NOT_REMOVED)


async def _command(context: Context, incoming: Incoming, text: str) -> None:
    name, _, rest = text.partition(" ")
    name = name.partition("@")[0].casefold()
    if name in CASE_COMMANDS and _sees_no_case(context, incoming):
        raise NotAllowed(menu.ADMINISTRATOR)
    act = COMMANDS.get(name)
    if act is None:
        await context.phone.say(incoming.chat_id, menu.UNKNOWN, keyboard=True)
        return
    await act(context, incoming, rest.split())


def _sees_no_case(context: Context, incoming: Incoming) -> bool:
    """An administrator, as long as no home with open cases is without anybody who covers it."""
    staff = incoming.staff
    if staff.role is not Role.ADMINISTRATOR:
        return False
    sees = context.engine.service_state.sees
    return not any(sees(staff, home) for home in context.engine.open_homes())


async def _start(context: Context, incoming: Incoming, _: list[str]) -> None:
    await context.shifts.staff_started(incoming.staff.id)
    await context.phone.say(incoming.chat_id, menu.WELCOME, keyboard=True)


async def _help(context: Context, incoming: Incoming, _: list[str]) -> None:
    await context.phone.say(incoming.chat_id, menu.HELP, keyboard=True)


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
}
CASE_COMMANDS = {"/missing", "/open", "/case", "/returned", "/today"}


async def _tapped(context: Context, incoming: Incoming) -> None:
    kind, _, rest = incoming.data.partition(":")
    parts = rest.split(":")
    act = TAPS.get(kind)
    if act is None or (kind != "d" and _sees_no_case(context, incoming)):
        await context.phone.show(
            incoming.chat_id, Screen(card_words.CLOSED_FORM), incoming.message_id
        )
        return
    await act(context, incoming, parts)


async def _form(context: Context, incoming: Incoming, parts: list[str]) -> None:
    draft_id, step, value = (":".join(parts).split(":", 2) + ["", ""])[:3]
    await draft_session.tapped(context, incoming, draft_id, step, value)


async def _menu(context: Context, incoming: Incoming, parts: list[str]) -> None:
    match parts:
        case ["go", draft_id]:
            await draft_session.resume(context, incoming, draft_id)
        case ["drop", draft_id]:
            await draft_session.drop(context, incoming, draft_id)
        case ["new"]:
            await draft_session.begin(context, incoming, "report", at=incoming.message_id)
        case ["open"]:
            await lists.open_cases(context, incoming, [])


TAPS: dict[str, Act] = {
    "f": _form,
    "c": case_buttons.tapped,
    "r": case_buttons.reminder_tapped,
    "d": duty.tapped,
    "m": _menu,
}
