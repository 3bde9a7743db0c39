"""Somebody who is not on the staff list taps the link of an invitation: asked, confirmed, on."""

from __future__ import annotations

from datetime import datetime

import msgspec
import structlog

from handlers import draft_session, people_forms
from handlers.chat import Button, Incoming, Screen, Unreached
from handlers.context import Context
from handlers.wording import menu
from handlers.wording import people as say
from protocol.provider import Staff
from protocol.staff_facts import Invitation
from storage.store import NotSaved

log = structlog.get_logger(__name__)
START = "/start"


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """What came from an account that is on no list. Times in UTC."""

    update_id: int
    telegram_id: int
    chat_id: int
    sent_at: datetime
    text: str = ""
    data: str = ""
    message_id: int = 0
    callback_id: str = ""


async def received(context: Context, visitor: Visitor) -> bool:
    """Deals with the tap on a link or its answer. False: it has to do with no invitation, and
    nothing was said. Of a link that does not exist nothing is told either."""
    try:
        if visitor.data.startswith("j:"):
            return await _answered(context, visitor)
        word, _, secret = visitor.text.partition(" ")
        if word == START and secret:
            return await _opened(context, visitor, secret.strip())
    except NotSaved:
        await _say(context, visitor, say.TRY_AGAIN)
        return True
    finally:
        if visitor.callback_id:
            await context.phone.answer(visitor.callback_id)
    return False


async def _opened(context: Context, visitor: Visitor, secret: str) -> bool:
    outcome, invitation = await context.staff_list.opened(
        visitor.telegram_id, secret, update_id=visitor.update_id
    )
    if invitation is None:
        return False
    await context.phone.remove(visitor.chat_id, visitor.message_id)
    if outcome == "ask":
        await _show(context, visitor, _question(context, invitation))
    elif outcome in say.OPENINGS:
        await _say(context, visitor, say.OPENINGS[outcome])
    return True


def _question(context: Context, invitation: Invitation) -> Screen:
    inviter = context.service.person(invitation.by)
    text = say.invited(
        invitation,
        inviter.name if inviter else "",
        context.service,
        say.privacy(context.service),
    )
    yes, no = Button(say.YES, f"j:yes:{invitation.id}"), Button(say.NO, f"j:no:{invitation.id}")
    return Screen(text, ((no,), (yes,)))


async def _answered(context: Context, visitor: Visitor) -> bool:
    answer, _, number = visitor.data.removeprefix("j:").partition(":")
    people = context.staff_list
    invitation = people.waiting_for(visitor.telegram_id, number)
    if invitation is None:
        mine = context.engine.service_state.staff_record.invitations.get(number)
        if mine is None or mine.telegram_id != visitor.telegram_id:
            return False
        await _show(context, visitor, Screen(say.NO_LONGER), visitor.message_id)
        return True
    new = await people.answered(
        visitor.telegram_id, number, yes=answer == "yes", update_id=visitor.update_id
    )
    if new is None:
        text = say.NOT_ME if answer != "yes" else say.NO_LONGER
        await _show(context, visitor, Screen(text), visitor.message_id)
        return True
    await _welcome(context, visitor, new, moved=bool(invitation.account_of))
    return True


async def _welcome(context: Context, visitor: Visitor, new: Staff, *, moved: bool) -> None:
    """They are on the list: what this bot is, and the one question that is left."""
    done = say.moved(new) if moved else say.joined(new)
    await _show(context, visitor, Screen(done), visitor.message_id)
    incoming = Incoming(
        update_id=visitor.update_id,
        staff=new,
        chat_id=visitor.chat_id,
        sent_at=visitor.sent_at,
    )
    try:
        await context.phone.say(visitor.chat_id, menu.WELCOME, keyboard=True)
        if not new.phone:
            await draft_session.begin(context, incoming, people_forms.PHONE)
    except Unreached:
        context.phone.later(visitor.chat_id)


async def answered_before(context: Context, incoming: Incoming, _: list[str]) -> None:
    """The answer of somebody who is on the list by now (a tap that came twice)."""
    shown = Screen(say.joined(incoming.staff))
    await context.phone.show(incoming.chat_id, shown, incoming.message_id)


async def _show(context: Context, visitor: Visitor, screen: Screen, at: int = 0) -> None:
    try:
        await context.phone.show(visitor.chat_id, screen, at)
    except Unreached:
        log.warning("an invited person is answered later")
        context.phone.later(visitor.chat_id)


async def _say(context: Context, visitor: Visitor, text: str) -> None:
    try:
        await context.phone.say(visitor.chat_id, text)
    except Unreached:
        context.phone.later(visitor.chat_id)
