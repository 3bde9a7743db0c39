"""The desk: takes what a member of staff typed or tapped to the part that deals with it.

Whatever goes wrong, the person is told whether it was saved, and nothing else is lost by it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import structlog

from handlers import duty, filling, lists, on_case, showing
from handlers.chat import Incoming, Screen, Unreached
from handlers.office import Handlers, NotAllowed
from handlers.wording import card as card_words
from handlers.wording import common, menu
from reminders.service import Role
from storage.store import Conflict, NotFound, NotSaved

log = structlog.get_logger(__name__)
Act: TypeAlias = Callable[[Handlers, Incoming, list[str]], Awaitable[None]]

PRESSED = {
    menu.REPORT: "/missing",
    menu.OPEN: "/open",
    menu.DUTY: "/duty",
    menu.RETURNED: "/returned",
}


async def receive(desk: Handlers, incoming: Incoming) -> None:
    """Deals with one update. Comes back when its facts are on disk or the person knows better."""
    if await desk.store.seen(incoming.update_id):
        await again(desk, incoming)
        return
    try:
        await _dispatch(desk, incoming)
    except NotSaved as error:
        log.error("not saved", why=str(error))
        desk.told_not_saved.add(incoming.staff.id)
        await _tell(desk, incoming, common.NOT_SAVED)
    except NotAllowed as error:
        await _tell(desk, incoming, str(error))
    except NotFound as error:
        await _tell(desk, incoming, menu.no_such_case(str(error)))
    except Conflict:
        log.warning("too many changes at once", update_id=incoming.update_id)
        await _tell(desk, incoming, menu.FAILED)
    except Unreached:
        log.warning("an answer did not reach its person", staff=incoming.staff.id)
    except Exception:
        log.exception("a handler failed", update_id=incoming.update_id)
        await _tell(desk, incoming, menu.FAILED)
    finally:
        if incoming.callback_id:
            await desk.phone.answer(incoming.callback_id)


async def again(desk: Handlers, incoming: Incoming) -> None:
    """Telegram delivered it twice (a crash came between saving and confirming): the fact is on
    record once; what the person may not have seen is shown."""
    drafts = await filling.drafts_of(desk, incoming.staff.id)
    try:
        if drafts and incoming.update_id in drafts[0].seen:
            await desk.phone.show(
                incoming.chat_id, await filling.offered(desk, drafts[0]), drafts[0].message_id
            )
            return
        for episode in reversed(await desk.store.open_episodes()):
            if incoming.update_id in episode.seen:
                await showing.card_of(desk, incoming, episode.ref)
                return
    except Unreached:
        log.warning("an answer did not reach its person", staff=incoming.staff.id)
    finally:
        if incoming.callback_id:
            await desk.phone.answer(incoming.callback_id)


async def _tell(desk: Handlers, incoming: Incoming, text: str) -> None:
    """A line of its own, so that it rings: never an edit of something above."""
    try:
        await desk.phone.say(incoming.chat_id, text)
    except Unreached:
        log.warning("a person could not be told", staff=incoming.staff.id)


async def _dispatch(desk: Handlers, incoming: Incoming) -> None:
    if incoming.other:
        await _refuse_kind(desk, incoming)
    elif incoming.data:
        await _tapped(desk, incoming)
    elif incoming.text in PRESSED:
        await _command(desk, incoming, PRESSED[incoming.text])
    elif incoming.text.startswith("/"):
        await _command(desk, incoming, incoming.text)
    elif incoming.text:
        await _typed(desk, incoming)


async def _typed(desk: Handlers, incoming: Incoming) -> None:
    drafts = await filling.drafts_of(desk, incoming.staff.id)
    if drafts:
        await filling.typed(desk, incoming, drafts[0])
        return
    if ref := lists.reference_in(incoming.text):
        await showing.card_of(desk, incoming, ref)
        return
    # Words that nobody asked for may hold what does not belong in a chat.
    await desk.phone.remove(incoming.chat_id, incoming.message_id)
    await desk.phone.say(incoming.chat_id, menu.UNKNOWN, keyboard=True)


async def _refuse_kind(desk: Handlers, incoming: Incoming) -> None:
    gone = await desk.phone.remove(incoming.chat_id, incoming.message_id)
    await desk.phone.say(incoming.chat_id, menu.REFUSED_KIND if gone else menu.NOT_REMOVED)


async def _command(desk: Handlers, incoming: Incoming, text: str) -> None:
    name, _, rest = text.partition(" ")
    name = name.partition("@")[0].casefold()
    if incoming.staff.role is Role.ADMINISTRATOR and name in CASE_COMMANDS:
        raise NotAllowed(menu.ADMINISTRATOR)
    act = COMMANDS.get(name)
    if act is None:
        await desk.phone.say(incoming.chat_id, menu.UNKNOWN, keyboard=True)
        return
    await act(desk, incoming, rest.split())


async def _start(desk: Handlers, incoming: Incoming, _: list[str]) -> None:
    await desk.shifts.staff_started(incoming.staff.id)
    await desk.phone.say(incoming.chat_id, menu.WELCOME, keyboard=True)


async def _help(desk: Handlers, incoming: Incoming, _: list[str]) -> None:
    await desk.phone.say(incoming.chat_id, menu.HELP, keyboard=True)


async def _cancel(desk: Handlers, incoming: Incoming, _: list[str]) -> None:
    if not await filling.cancel(desk, incoming):
        await desk.phone.say(incoming.chat_id, menu.NOTHING_TO_CANCEL, keyboard=True)


async def _missing(desk: Handlers, incoming: Incoming, _: list[str]) -> None:
    await filling.begin(desk, incoming, "report")


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


async def _tapped(desk: Handlers, incoming: Incoming) -> None:
    kind, _, rest = incoming.data.partition(":")
    parts = rest.split(":")
    act = TAPS.get(kind)
    if act is None or (kind != "d" and incoming.staff.role is Role.ADMINISTRATOR):
        await desk.phone.show(incoming.chat_id, Screen(card_words.CLOSED_FORM), incoming.message_id)
        return
    await act(desk, incoming, parts)


async def _form(desk: Handlers, incoming: Incoming, parts: list[str]) -> None:
    draft_id, step, value = (":".join(parts).split(":", 2) + ["", ""])[:3]
    await filling.tapped(desk, incoming, draft_id, step, value)


async def _menu(desk: Handlers, incoming: Incoming, parts: list[str]) -> None:
    match parts:
        case ["go", draft_id]:
            await filling.resume(desk, incoming, draft_id)
        case ["drop", draft_id]:
            await filling.drop(desk, incoming, draft_id)
        case ["new"]:
            await filling.begin(desk, incoming, "report", at=incoming.message_id)
        case ["open"]:
            await lists.open_cases(desk, incoming, [])


TAPS: dict[str, Act] = {
    "f": _form,
    "c": on_case.tapped,
    "r": on_case.reminder_tapped,
    "d": duty.tapped,
    "m": _menu,
}
