"""/stop and /resume, and the answer to whatever comes while the service is stopped."""

from __future__ import annotations

import structlog

from handlers.chat import Incoming, Unreached
from handlers.context import Context
from handlers.wording import kill_switch as words
from protocol.provider import Role
from reminders.kill_switch import CONFIRM_WITHIN, Turn

log = structlog.get_logger(__name__)
STOP, RESUME = "/stop", "/resume"


async def stop(context: Context, incoming: Incoming, _: list[str]) -> None:
    """An administrator wants the service stopped. Raises NotSaved."""
    await _turn(context, incoming, "stop")


async def resume(context: Context, incoming: Incoming, _: list[str]) -> None:
    """An administrator wants it to work again. Raises NotSaved."""
    await _turn(context, incoming, "resume")


async def refused(context: Context, incoming: Incoming, *, words_typed: bool) -> bool:
    """Was this answered with "stopped" and nothing else? Nothing of it is saved: words stay in the
    chat, where their author can copy them, until the service works again."""
    found = context.engine.kill_switch.stopped
    command = incoming.text.partition(" ")[0].partition("@")[0].casefold()
    administrator = incoming.staff.role is Role.ADMINISTRATOR
    if found is None or (administrator and command in (STOP, RESUME)):
        return False
    if incoming.callback_id:
        await context.phone.answer(incoming.callback_id, words.TAPPED, alert=True)
    if words_typed:
        await context.phone.will_remove_once_resumed(incoming.chat_id, incoming.message_id)
    try:
        text = words.refusal(found.at, context.clock.now(), words_typed=words_typed)
        await context.phone.say(incoming.chat_id, text)
    except Unreached:
        log.warning("a person is told later that the service is stopped")
        context.phone.later(incoming.chat_id)
    return True


async def _turn(context: Context, incoming: Incoming, what: Turn) -> None:
    now = context.clock.now()
    until = now + CONFIRM_WITHIN
    match await context.engine.kill_switch.ask(incoming.staff, what, incoming.update_id):
        case "not_allowed":
            text = words.NOT_ALLOWED
        case "alone":
            text = words.ALONE
        case "already":
            text = words.ALREADY[what]
        case "asked" | "yours":
            text = words.asked(what, until, now)
        case "done":
            away = context.engine.service_state.unreachable()
            text = words.not_reached(
                [one for one in context.service.staff if one.id in away and one.active(now)]
            )
    await context.phone.say(incoming.chat_id, text)
