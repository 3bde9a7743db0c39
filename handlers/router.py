"""Takes what a member of staff typed or tapped to the part that deals with it.

Whatever goes wrong, the person is told whether it was saved, and nothing else is lost by it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
import structlog

from handlers import (
    ask_second_factor,
    case_buttons,
    draft_session,
    draft_state,
    duty,
    joining,
    kill_switch,
    lists,
    pages,
    people,
    reminder_buttons,
    show_card,
    unasked,
)
from handlers.chat import Button, Incoming, Refused, Screen, Unreached
from handlers.chat_commands import (
    CASE_COMMANDS,
    CHANGING,
    COMMANDS,
    FORM_COMMANDS,
    LINKED,
    Act,
    command_of,
)
from handlers.context import Context, NotAllowed
from handlers.wording import case_answers, common, menu
from handlers.wording import form as form_words
from handlers.wording import pages as page_words
from storage.model import Draft
from storage.store import Conflict, NotFound, NotSaved

log = structlog.get_logger(__name__)

PRESSED = {
    menu.REPORT: "/missing",
    menu.OPEN: "/open",
    menu.DUTY: "/duty",
    menu.RETURNED: "/returned",
}


async def receive(context: Context, incoming: Incoming) -> None:
    """Deals with one update. Comes back when its facts are on disk or the person knows better."""
    if await kill_switch.refused(context, incoming, words_typed=_holds_words(incoming)):
        return
    await _deal_with(context, incoming, _received)


async def given_on_a_page(context: Context, staff_id: str) -> None:
    """This person gave the second factor on a page: what they wanted in the chat is done now."""
    wanted = ask_second_factor.given_on_a_page(context, staff_id)
    if wanted is not None and context.engine.kill_switch.stopped is None:
        await _deal_with(context, wanted, _go_on)


async def _received(context: Context, incoming: Incoming) -> None:
    if await context.store.seen(incoming.update_id):
        await again(context, incoming)
        return
    if _holds_words(incoming):
        # On record before they are saved, so that no crash leaves them in the chat.
        lost = (incoming.other and not incoming.caption) or context.words_page
        promised = 0 if lost else incoming.update_id
        await context.phone.will_remove(incoming.chat_id, incoming.message_id, promised)
    await _dispatch(context, incoming)


async def _deal_with(
    context: Context, incoming: Incoming, act: Callable[[Context, Incoming], Awaitable[None]]
) -> None:
    try:
        await act(context, incoming)
    except NotSaved as error:
        log.error("not saved", why=str(error))
        if not await _saved(context, incoming):
            context.engine.events.told_not_saved(incoming.staff.id)
        await _tell(context, incoming, common.NOT_SAVED, common.SAVED_BUT_NOT_ALL)
    except NotAllowed as error:
        await _tell(context, incoming, str(error))
    except NotFound:
        unseen = menu.no_such_case(_case_meant(context, incoming))
        await _tell(context, incoming, unseen, menu.SAVED_NOT_YOURS)
    except Conflict:
        log.warning("too many changes at once", update_id=incoming.update_id)
        await _tell(context, incoming, menu.FAILED, menu.SAVED_BUT)
    except Refused as error:
        log.error("Telegram refuses a screen", why=str(error), update_id=incoming.update_id)
        await _tell(context, incoming, menu.CANNOT_SHOW, menu.SAVED_BUT_NOT_SHOWN)
    except Unreached:
        log.warning("an answer reaches its person later", staff=incoming.staff.id)
        context.phone.later(incoming.chat_id, _asked(context, incoming))
    except Exception:
        log.exception("a handler failed", update_id=incoming.update_id)
        await _tell(context, incoming, menu.FAILED, menu.SAVED_BUT)
    finally:
        await _end(context, incoming)


async def _end(context: Context, incoming: Incoming) -> None:
    """What was typed goes if it is on disk, and stays if it is not; a tap waits no longer."""
    if _holds_words(incoming):
        saved = await _saved(context, incoming)
        await context.phone.dealt_with(incoming.chat_id, incoming.message_id, saved=saved)
    if incoming.callback_id:
        await context.phone.answer(incoming.callback_id)


def _holds_words(incoming: Incoming) -> bool:
    """Whether somebody typed or sent more than a command or a label of the keyboard."""
    text = incoming.text
    typed = bool(text) and text not in PRESSED and command_of(text) not in COMMANDS
    return typed or bool(incoming.other)


def _asked(context: Context, incoming: Incoming) -> int:
    """Its number, if it only asks for something: dealt with twice it changes nothing."""
    if incoming.edited:
        return 0
    if lists.only_reference(incoming.text, context.service):
        return incoming.update_id
    name = command_of(PRESSED.get(incoming.text, incoming.text).partition(" ")[0])
    return incoming.update_id if name in COMMANDS and name not in CHANGING else 0


async def _saved(context: Context, incoming: Incoming) -> bool:
    """Is what this update was about on disk, although something failed afterwards?"""
    try:
        return await context.store.seen(incoming.update_id)
    except Exception:
        log.exception("it cannot be told whether an update was saved")
        return False


async def _half_finished(context: Context, incoming: Incoming) -> Draft | None:
    """What this update was about, if that is kept but not on record yet."""
    drafts = await unasked.unfinished(context, incoming.staff)
    return next((draft for draft in drafts if incoming.update_id in draft.seen), None)


def _case_meant(context: Context, incoming: Incoming) -> str:
    """The reference in what was typed, which its author knows; "" for a tap on an old screen."""
    return lists.reference_in(incoming.text, context.service)


async def again(context: Context, incoming: Incoming) -> None:
    """Telegram delivered it twice (a crash came between saving and confirming): the fact is on
    record once; what the person may not have seen is shown. Raises NotFound when they may not see
    that case any more."""
    if _holds_words(incoming):
        # Saved, and perhaps not removed before the crash.
        await draft_session.take_out(context, incoming)
    if (draft := await _half_finished(context, incoming)) is not None:
        screen = await unasked.reminder_of(context, incoming.staff, draft)
        await context.phone.show(incoming.chat_id, screen, draft.message_id)
        return
    for episode in reversed(await context.records.open_episodes()):
        if incoming.update_id in episode.seen:
            await show_card.card_of(context, incoming, episode.ref)
            return


async def _tell(context: Context, incoming: Incoming, text: str, if_saved: str = "") -> None:
    """A line of its own, so that it rings: never an edit of something above.

    if_saved: what is said instead when the update's change is on disk all the same.
    """
    if if_saved and await _saved(context, incoming):
        half = await _half_finished(context, incoming)
        text = menu.KEPT_BUT if half is not None else if_saved
    try:
        await context.phone.say(incoming.chat_id, text)
    except Unreached:
        log.warning("a person is told later", staff=incoming.staff.id)
        context.phone.later(incoming.chat_id, _asked(context, incoming))


async def _dispatch(context: Context, incoming: Incoming) -> None:
    left = ask_second_factor.left(context, incoming)
    try:
        await _take_to_its_part(context, incoming)
    finally:
        if left is not None and left.message_id:
            await context.phone.remove(incoming.chat_id, left.message_id, own=True)


async def _take_to_its_part(context: Context, incoming: Incoming) -> None:
    if incoming.edited:
        await _edited(context, incoming)
    elif incoming.other:
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
    if ask_second_factor.is_typed(context, incoming):
        await draft_session.take_out(context, incoming)
        await ask_second_factor.not_taken(context, incoming)
        return
    drafts = await draft_state.drafts_of(context, incoming.staff.id)
    if drafts and await draft_session.typed(context, incoming, drafts[0]):
        return
    if not drafts and (ref := lists.only_reference(incoming.text, context.service)):
        await lists.card_by_reference(context, incoming, ref)
        return
    await _unasked(context, incoming, incoming.text)


async def _unasked(context: Context, incoming: Incoming, words: str) -> None:
    """Words that nobody asked for."""
    await _keep(context, incoming, words)
    await _ask_about(context, incoming)


async def _keep(context: Context, incoming: Incoming, words: str) -> None:
    """On disk, and out of the chat; of somebody who sees no case only out of the chat."""
    if _sees_no_case(context, incoming) or context.words_page:
        await draft_session.take_out(context, incoming)
        return
    ref = lists.reference_in(words, context.service)
    await unasked.keep(context, incoming, words, ref=ref)


async def _ask_about(context: Context, incoming: Incoming) -> None:
    """What becomes of the words that were kept? A form in hand stays at the bottom of the chat."""
    if _sees_no_case(context, incoming):
        raise NotAllowed(menu.ADMINISTRATOR_WORDS)
    if page := context.words_page:
        write = Button(form_words.WRITE, "", opens=page)
        await context.phone.show(incoming.chat_id, Screen(page_words.NOT_TAKEN, ((write,),)))
        await _question_at_the_bottom(context, incoming)
        return
    await unasked.ask(context, incoming)
    if (draft := await draft_state.in_hand(context, incoming.staff.id)) is not None:
        await draft_session.ask_again(context, incoming, draft, form_words.KEPT_BESIDE)


async def _edited(context: Context, incoming: Incoming) -> None:
    """Words that were typed into a message that was dealt with: they answer no question."""
    words = incoming.text or incoming.caption
    if _holds_words(incoming) and not lists.only_reference(words, context.service):
        await _unasked(context, incoming, words)


async def _refuse_kind(context: Context, incoming: Incoming) -> None:
    if incoming.caption:
        # What was typed below it is kept; both leave the chat.
        await _keep(context, incoming, incoming.caption)
        await context.phone.say(incoming.chat_id, menu.REFUSED_KIND)
        await _ask_about(context, incoming)
        return
    gone = await context.phone.remove(incoming.chat_id, incoming.message_id)
    await context.phone.say(incoming.chat_id, menu.REFUSED_KIND if gone else menu.NOT_REMOVED)
    await _question_at_the_bottom(context, incoming)


async def _question_at_the_bottom(context: Context, incoming: Incoming) -> None:
    if (draft := await draft_state.in_hand(context, incoming.staff.id)) is not None:
        await draft_session.ask_again(context, incoming, draft)


async def _command(context: Context, incoming: Incoming, text: str) -> None:
    name, _, rest = text.partition(" ")
    name = command_of(name)
    act = COMMANDS.get(name)
    if act is None:
        await _unasked(context, incoming, text)
        return
    ref = lists.reference_in(rest, context.service) if name == "/case" else ""
    beside = " ".join(w for w in rest.split() if w.upper().strip(".,;:!?()") != ref)
    if name == "/start" and LINKED.fullmatch(rest):
        beside = ""
    if beside:
        # First, as the act may be saved under this update, too, and then it counts as dealt with.
        await _keep(context, incoming, beside)
    try:
        if name in CASE_COMMANDS and _sees_no_case(context, incoming):
            raise NotAllowed(menu.ADMINISTRATOR)
        await act(context, incoming, [ref] if ref else [])
    finally:
        if beside:
            await _ask_about(context, incoming)
        elif name not in FORM_COMMANDS:
            await _question_at_the_bottom(context, incoming)


def _sees_no_case(context: Context, incoming: Incoming) -> bool:
    """An administrator or auditor, unless a home with open cases has nobody who covers it."""
    staff = incoming.staff
    if staff.works_on_cases:
        return False
    sees = context.engine.service_state.sees
    return not any(sees(staff, home) for home in context.engine.planner.open_homes())


async def _tapped(context: Context, incoming: Incoming) -> None:
    kind, _, rest = incoming.data.partition(":")
    parts = rest.split(":")
    act = TAPS.get(kind)
    if act is None or (kind in CASE_TAPS and _sees_no_case(context, incoming)):
        await context.phone.show(
            incoming.chat_id, Screen(case_answers.CLOSED_FORM), incoming.message_id
        )
        return
    await act(context, incoming, parts)


async def _form(context: Context, incoming: Incoming, parts: list[str]) -> None:
    draft_id, step, value = (":".join(parts).split(":", 2) + ["", ""])[:3]
    await draft_session.tapped(context, incoming, draft_id, step, value)


async def _pin(context: Context, incoming: Incoming, parts: list[str]) -> None:
    wanted = await ask_second_factor.tapped(context, incoming, parts)
    if wanted is not None:
        await _go_on(context, wanted)


async def _go_on(context: Context, wanted: Incoming) -> None:
    """With what was asked for before the second factor; its question is the message."""
    question = wanted.message_id
    if not ask_second_factor.takes_its_place(wanted):
        await context.phone.remove(wanted.chat_id, question, own=True)
        await _take_to_its_part(context, msgspec.structs.replace(wanted, message_id=0))
        return
    try:
        await _take_to_its_part(context, wanted)
    except (Conflict, NotAllowed, NotFound, NotSaved):
        await context.phone.remove(wanted.chat_id, question, own=True)
        raise


async def _menu(context: Context, incoming: Incoming, parts: list[str]) -> None:
    match parts:
        case ["go", draft_id]:
            await draft_session.resume(context, incoming, draft_id)
        case ["drop", draft_id]:
            await draft_session.drop(context, incoming, draft_id)
        case ["new"]:
            await draft_session.begin(context, incoming, "report", at=incoming.message_id)
        case _:
            await lists.open_cases(context, incoming, [])


TAPS: dict[str, Act] = {
    "f": _form,
    "c": case_buttons.tapped,
    "r": reminder_buttons.reminder_tapped,
    "d": duty.tapped,
    "k": _pin,
    "m": _menu,
    "w": unasked.tapped,
    "l": lists.tapped,
    "p": people.tapped,
    "g": pages.tapped,
    "j": joining.answered_before,
}
CASE_TAPS = {"c", "r", "w", "l"}
"""Buttons of which those who see no case get nothing."""
