"""What somebody had begun who is not on the list any more goes to whoever has their shifts, or is
on duty for the home: a report that was never saved is a young person of whom nobody is reminded."""

from __future__ import annotations

import re
import secrets
from html import unescape
from typing import Any

import msgspec
import structlog

from handlers import draft_state, form_screen, people_forms, unasked
from handlers import form as forms
from handlers.chat import Incoming, Screen, Unreached
from handlers.context import Context
from handlers.wording import people as say
from protocol.provider import Staff
from storage.model import Draft
from storage.store import NotFound

log = structlog.get_logger(__name__)


async def hand_on(context: Context) -> None:
    """Looks at everybody who has left or whose last day is over. Safe to repeat: a crash between
    the copy and the end of the original is made good the next time."""
    now = context.clock.now()
    service = context.service
    for gone in (*service.former, *(one for one in service.staff if not one.active(now))):
        for draft in await unasked.unfinished(context, gone):
            await _hand_on(context, gone, draft)


async def _hand_on(context: Context, gone: Staff, draft: Draft) -> None:
    worth = draft.kind == unasked.KIND or any(
        not key.endswith("~") or isinstance(value, dict) for key, value in draft.answers.items()
    )
    if draft.kind in people_forms.FORMS or not worth:
        await context.store.drop_draft(draft.owner)
        return
    receiver = await _receiver(context, gone, draft)
    if receiver is None:
        return
    own = await context.store.draft(receiver.id)
    if draft.kind == draft_state.REPORT and (own is None or own.id == draft.id):
        now = context.clock.now()
        chat = context.engine.service_state.chat_of(receiver.id, None) or receiver.telegram_id
        draft = msgspec.structs.replace(
            draft, owner=receiver.id, chat_id=chat, message_id=0, touched_at=now, seen=()
        )
        kept = await context.store.save_draft(draft)
        await context.store.drop_draft(gone.id)
    else:
        texts = await _texts(context, receiver, draft)
        kept = await _as_words(context, receiver, draft, texts)
        await context.store.drop_draft(draft.owner)
    await _tell(context, gone, receiver, kept)


async def _receiver(context: Context, gone: Staff, draft: Draft) -> Staff | None:
    """A named successor who may see the home, or the first on duty there; None: nobody can."""
    state = context.engine.service_state
    now = context.clock.now()
    successor = state.staff_record.replaced_by(gone.id)
    homes = await _homes(context, gone, draft)
    crews = [(home, state.crew(home, now).duty) for home in homes]
    wanted = [successor] * bool(successor) + [one for _, duty in crews for one in duty]
    for one in wanted:
        person = next((s for s in context.service.staff if s.id == one and s.active(now)), None)
        if person is not None and any(state.sees(person, home) for home in homes):
            return person
    return None


async def _homes(context: Context, gone: Staff, draft: Draft) -> list[str]:
    """The home that the draft is about, else all that its owner covered."""
    ref = draft.episode or str(draft.answers.get("ref", ""))
    if ref:
        try:
            return [(await context.records.episode(ref)).home]
        except NotFound:
            pass
    person = await context.store.person(str(draft.answers.get("who", "")))
    if person is not None:
        return [person.home]
    if home := context.service.home(str(draft.answers.get("home", ""))):
        return [home.id]
    return [home.id for home in context.service.homes if not gone.homes or home.id in gone.homes]


async def _texts(context: Context, receiver: Staff, draft: Draft) -> list[str]:
    """What was answered, in words: typed ones whole, taps as they are read back."""
    if draft.kind == unasked.KIND:
        return list(draft.answers["texts"])
    form = draft_state.form_of(draft.kind)
    as_receiver = Incoming(
        update_id=0,
        staff=receiver,
        chat_id=receiver.telegram_id,
        sent_at=context.clock.now(),
    )
    lines = [draft_state.title_of(draft)]
    try:
        state = await draft_state.state_of(context, draft, as_receiver)
    except draft_state.NoLongerPossible:
        state = None
    for step in form.steps:
        value: Any = draft.answers.get(step.key) or form_screen.kept_words(step.key, draft.answers)
        if not value:
            continue
        if isinstance(step, forms.Words) and value != forms.UNKNOWN:
            shown = str(value).removeprefix(forms.WORDS)
        elif state is not None:
            shown = unescape(re.sub(r"<[^>]*>", "", step.tell(value, state)))
        else:
            continue
        lines.append(f"{step.label}: {shown}")
    return ["\n".join(lines)]


async def _as_words(context: Context, receiver: Staff, draft: Draft, texts: list[str]) -> Draft:
    """Kept as words of the receiver, who says what becomes of them."""
    before = await unasked.kept(context, receiver.id)
    had = list(before.answers["texts"]) if before else []
    now = context.clock.now()
    chat = context.engine.service_state.chat_of(receiver.id, None) or receiver.telegram_id
    ref = draft.episode or str(draft.answers.get("ref", ""))
    return await context.store.save_draft(
        Draft(
            id=before.id if before else secrets.token_hex(3),
            owner=unasked.owner(receiver.id),
            kind=unasked.KIND,
            started_at=before.started_at if before else draft.started_at,
            answers={
                "texts": had + [text for text in texts if text not in had],
                "at": now.isoformat(),
                "ref": ref or (before.answers["ref"] if before else ""),
            },
            chat_id=chat,
            touched_at=now,
        )
    )


async def _tell(context: Context, gone: Staff, receiver: Staff, draft: Draft) -> None:
    offered = await unasked.reminder_of(context, receiver, draft)
    text = f"{say.left_behind(gone.name)}\n\n{offered.text}"
    try:
        await context.phone.show(draft.chat_id, Screen(text, offered.rows))
    except Unreached:
        log.warning("a colleague learns of a draft later", draft=draft.id)
        context.phone.later(draft.chat_id)
