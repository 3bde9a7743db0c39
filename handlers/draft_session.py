"""Filling in a form: from the first question to the facts, through one draft on disk.

What a draft assumed when it was begun (the home, the list, the case, who may see it) is looked up
again each time it is used.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

import msgspec

from handlers import (
    ask_second_factor,
    form_answers,
    form_screen,
    people_forms,
    report,
    report_facts,
    show_card,
)
from handlers import form as forms
from handlers.chat import Button, Incoming, Screen, Unreached
from handlers.context import Context, NotAllowed
from handlers.draft_state import (
    REPORT,
    NoLongerPossible,
    draft_by_id,
    drafts_of,
    form_of,
    owner_key,
    sees_case,
    state_of,
    title_of,
)
from handlers.form import FormState
from handlers.form_answers import Taken
from handlers.recording import RECORDINGS
from handlers.recording.questions import rest_as_notes, words_as_notes
from handlers.wording import case_answers, menu
from handlers.wording import form as say
from handlers.wording import report as report_words
from handlers.wording import second_factor as factor_words
from handlers.wording.common import clock
from reminders.case_records import new_ids
from storage.model import Draft, Episode
from storage.store import Change, NotFound

SIGNED = ("signoff",)
"""Forms whose author signs for the case with the second factor, if the chat asks for it."""
A_TIME = 40
"""Characters of what may have been meant as a time; anything longer is a text."""


async def begin(
    context: Context,
    incoming: Incoming,
    kind: str,
    *,
    episode: Episode | None = None,
    answers: dict[str, Any] | None = None,
    at: int = 0,
    hint: str = "",
) -> bool:
    """Asks the first question, on message `at` or a new one, with a `hint` above it.

    An unfinished draft of another kind is not thrown away unseen: it is offered first, and then
    the answer is False. Raises NotAllowed.
    """
    if kind == REPORT and not any(incoming.staff.covers(home.id) for home in context.service.homes):
        raise NotAllowed(report_words.NO_HOME)
    owner = owner_key(incoming.staff.id, kind)
    unfinished = await context.store.draft(owner)
    if unfinished is not None and _worth_keeping(unfinished):
        await offer(context, incoming, unfinished, at)
        return False
    draft = Draft(
        id=secrets.token_hex(3),
        owner=owner,
        kind=kind,
        started_at=context.clock.now(),
        answers=answers or {},
        episode=episode.ref if episode else "",
        chat_id=incoming.chat_id,
        message_id=at,
    )
    try:
        state = await state_of(context, draft, incoming)
    except NoLongerPossible as reason:
        raise NotAllowed(str(reason)) from None
    if kind in RECORDINGS and (why_not := RECORDINGS[kind].needs(state)):
        raise NotAllowed(why_not)
    await context.store.save_draft(draft, incoming.update_id)
    await _show(context, incoming, draft, hint)
    return True


def _worth_keeping(draft: Draft) -> bool:
    """A report that has answers, or words that somebody typed."""
    if draft.kind == REPORT:
        return any(not key.endswith("~") and key != "again" for key in draft.answers)
    return any(
        isinstance(value, dict) or (isinstance(value, str) and value.startswith(forms.WORDS))
        for value in draft.answers.values()
    )


async def offer(context: Context, incoming: Incoming, draft: Draft, at: int = 0) -> None:
    """ "You have an unfinished report": go on, or start anew."""
    await context.phone.show(incoming.chat_id, await offered(context, draft), at)


async def offered(context: Context, draft: Draft) -> Screen:
    """What is shown of a half-finished draft: go on with it, or throw it away."""
    started = clock(draft.started_at, context.clock.now())
    if draft.kind == REPORT:
        person = next(
            (p for p in await context.store.people() if p.ref == draft.answers.get("who")), None
        )
        home = context.service.home(person.home if person else draft.answers.get("home", ""))
        text = report_words.unfinished(
            home.name if home else "", person.ref if person else "", started
        )
    elif draft.kind in people_forms.FORMS:
        text = report_words.unfinished_service(people_forms.titles(draft.kind), started)
    elif await sees_case(context, draft):
        text = report_words.unfinished_other(draft.episode, title_of(draft), started)
    else:
        drop = Button(report_words.DROP, f"m:drop:{draft.id}")
        return Screen(report_words.unfinished_elsewhere(started), ((drop,),))
    return Screen(
        text,
        (
            (Button(report_words.GO_ON, f"m:go:{draft.id}"),),
            (Button(report_words.DROP, f"m:drop:{draft.id}"),),
        ),
    )


async def resume(context: Context, incoming: Incoming, draft_id: str) -> None:
    """Shows the question that comes next, on the message that was tapped."""
    draft = await draft_by_id(context, incoming.staff.id, draft_id)
    if draft is None:
        await context.phone.show(incoming.chat_id, Screen(say.STALE), incoming.message_id)
        return
    draft = msgspec.structs.replace(
        draft,
        message_id=incoming.message_id,
        chat_id=incoming.chat_id,
        touched_at=context.clock.now(),
    )
    await context.store.save_draft(draft, incoming.update_id)
    await _show(context, incoming, draft)


async def tapped(
    context: Context, incoming: Incoming, draft_id: str, step: str, value: str
) -> None:
    """A button of a form."""
    draft = await draft_by_id(context, incoming.staff.id, draft_id)
    if draft is None:
        closed = Screen(case_answers.CLOSED_FORM)
        await context.phone.show(incoming.chat_id, closed, incoming.message_id)
        return
    if incoming.message_id:
        draft = msgspec.structs.replace(draft, message_id=incoming.message_id)
    if value == form_screen.CANCEL:
        await _cancelled(context, incoming, draft)
        return
    try:
        state = await state_of(context, draft, incoming)
    except NoLongerPossible as reason:
        await _impossible(context, incoming, draft, str(reason))
        return
    taken = form_answers.tap(form_of(draft.kind), state, step, value)
    if taken is None:
        await _show(context, incoming, draft, hint=say.STALE)
        return
    await _take(context, incoming, draft, taken)


async def typed(context: Context, incoming: Incoming, draft: Draft) -> bool:
    """Words for the question that is asked now. They leave the chat once they are on disk.

    False: they do not answer it, and nothing was done with them.
    """
    try:
        state = await state_of(context, draft, incoming)
    except NoLongerPossible:
        return False
    step = forms.current(form_of(draft.kind), state)
    if context.words_page and not isinstance(step, forms.When | forms.Choice):
        return False
    # Reading a date may load dateparser, which takes a moment: not on the event loop.
    taken = await asyncio.to_thread(form_answers.typed, form_of(draft.kind), state, incoming.text)
    asked_for_a_time = isinstance(step, forms.When)
    if not taken.kept and (not asked_for_a_time or len(incoming.text) > A_TIME):
        return False
    if not taken.kept:
        return await _not_taken(context, incoming, draft, taken)
    try:
        await _take(context, incoming, draft, taken)
    except Unreached:
        # It is on disk; only the answer did not arrive.
        await context.phone.remove(incoming.chat_id, incoming.message_id)
        raise
    await take_out(context, incoming, sensitive=taken.sensitive)
    return True


async def _not_taken(context: Context, incoming: Incoming, draft: Draft, taken: Taken) -> bool:
    """Asks once more, and says that the words are not kept. False if that cannot be said now: then
    they are not answered, and are kept as others that nobody asked for."""
    now = context.clock.now()
    draft = msgspec.structs.replace(draft, answers=taken.answers, touched_at=now)
    try:
        await _show(
            context,
            incoming,
            await context.store.save_draft(draft),
            hint=f"{taken.hint}\n{say.NOT_KEPT}",
        )
    except Unreached:
        return False
    await take_out(context, incoming, sensitive=taken.sensitive)
    return True


async def take_out(context: Context, incoming: Incoming, *, sensitive: bool = True) -> None:
    """Takes a typed message out of the chat."""
    gone = await context.phone.remove(incoming.chat_id, incoming.message_id)
    if not gone and sensitive:
        await context.phone.say(incoming.chat_id, menu.NOT_REMOVED)


async def ask_again(context: Context, incoming: Incoming, draft: Draft, hint: str = "") -> None:
    """The question once more, at the bottom of the chat; where it stood before it goes."""
    await context.phone.remove(incoming.chat_id, draft.message_id, own=True)
    draft = msgspec.structs.replace(draft, message_id=0)
    await _show(context, incoming, draft, hint)


async def cancel(context: Context, incoming: Incoming) -> bool:
    """Ends the draft if there is one."""
    drafts = await drafts_of(context, incoming.staff.id)
    if not drafts:
        return False
    await _cancelled(context, incoming, drafts[0])
    return True


async def drop(context: Context, incoming: Incoming, draft_id: str) -> None:
    """Throws this draft away; nothing happens if it ended in the meantime."""
    draft = await draft_by_id(context, incoming.staff.id, draft_id)
    if draft is None:
        await context.phone.show(incoming.chat_id, Screen(say.STALE), incoming.message_id)
    else:
        await _cancelled(context, incoming, draft)


async def _take(context: Context, incoming: Incoming, draft: Draft, taken: Taken) -> None:
    draft = msgspec.structs.replace(draft, answers=taken.answers)
    if taken.cancelled:
        await _cancelled(context, incoming, draft)
    elif taken.finished or taken.answers.get("dup") == "open":
        await _finish(context, incoming, draft)
    else:
        draft = msgspec.structs.replace(draft, touched_at=context.clock.now())
        draft = await context.store.save_draft(draft, incoming.update_id)
        await _show(context, incoming, draft, hint=taken.hint)


async def _show(context: Context, incoming: Incoming, draft: Draft, hint: str = "") -> None:
    try:
        state = await state_of(context, draft, incoming)
    except NoLongerPossible as reason:
        await _impossible(context, incoming, draft, str(reason))
        return
    if draft.episode:
        context.shown(incoming.staff, draft.episode)
    page = f"{context.words_page}/{draft.id}" if context.words_page else ""
    screen = form_screen.screen(form_of(draft.kind), draft, state, hint, page)
    shown = await context.phone.show(incoming.chat_id, screen, draft.message_id)
    if shown != draft.message_id:
        await context.store.save_draft(msgspec.structs.replace(draft, message_id=shown))


async def show_again(context: Context, incoming: Incoming, draft: Draft, hint: str = "") -> None:
    """The question that comes next, where the form stands."""
    await _show(context, incoming, draft, hint)


async def _impossible(context: Context, incoming: Incoming, draft: Draft, why: str) -> None:
    """What was typed stays on disk until its owner throws it away."""
    buttons = ((Button(report_words.DROP, f"m:drop:{draft.id}"),),)
    text = f"{why}\n{say.NOT_ON_RECORD}"
    await context.phone.show(incoming.chat_id, Screen(text, buttons), draft.message_id)


async def _cancelled(context: Context, incoming: Incoming, draft: Draft) -> None:
    await context.store.drop_draft(draft.owner, incoming.update_id)
    if draft.episode:
        try:
            await show_card.card_of(context, incoming, draft.episode, draft.message_id)
            return
        except NotFound:  # no longer theirs to see
            pass
    await context.phone.show(incoming.chat_id, Screen(say.CANCELLED), draft.message_id)


async def _signs_first(context: Context, incoming: Incoming, draft: Draft) -> bool:
    """Whether the second factor comes before this is on record. Until then it stays a draft."""
    factor = context.second_factor
    if draft.kind not in SIGNED or factor is None or factor.given(incoming.staff, to_sign=True):
        return False
    draft = msgspec.structs.replace(draft, touched_at=context.clock.now())
    draft = await context.store.save_draft(draft, incoming.update_id)
    await _show(context, incoming, draft, factor_words.SIGN_FIRST)
    save = msgspec.structs.replace(incoming, text="", data=f"f:{draft.id}:!:{form_screen.DONE}")
    return await ask_second_factor.comes_first(context, save, draft.episode, "sign")


async def _finish(context: Context, incoming: Incoming, draft: Draft) -> None:
    if await _signs_first(context, incoming, draft):
        return
    try:
        state = await state_of(context, draft, incoming)
        if draft.kind in people_forms.FORMS:
            await _finish_service(context, incoming, draft, state)
            return
        if draft.answers.get("dup") == "open" and draft.answers.get("who") in state.open_cases:
            await context.store.drop_draft(draft.owner, incoming.update_id)
            episode = await context.records.episode(state.open_cases[draft.answers["who"]])
        elif draft.kind == REPORT:
            episode = await _open_case(context, incoming, draft, state)
        else:
            episode = await _append(context, incoming, draft, state)
    except _AskAgain:
        draft = await context.store.save_draft(draft, incoming.update_id)
        await _show(context, incoming, draft)
    except NoLongerPossible as reason:
        draft = await context.store.save_draft(draft, incoming.update_id)
        await _impossible(context, incoming, draft, str(reason))
    else:
        await show_card.card_of(context, incoming, episode.ref, draft.message_id)


async def _finish_service(
    context: Context, incoming: Incoming, draft: Draft, state: FormState
) -> None:
    """A form about no case: its act is one commit; a crash before the draft goes shows it again,
    and doing it twice changes nothing."""
    screen = await people_forms.FORMS[draft.kind].finish(context, incoming, state)
    await context.store.drop_draft(draft.owner)
    await context.phone.show(incoming.chat_id, screen, draft.message_id)


class _AskAgain(Exception):
    """An answer no longer holds at the moment of saving: its question comes again."""


async def _open_case(
    context: Context, incoming: Incoming, draft: Draft, state: FormState
) -> Episode:
    """The report becomes an episode; one write holds the facts and the end of the draft."""
    home = report.home_of(state)
    known = context.service.home(home)
    if forms.current(report.FORM, state) is not None or known is None:
        raise _AskAgain
    person = report.person_of(state)
    state = msgspec.structs.replace(state, now=context.clock.now())
    new_id = new_ids(None)
    facts = report_facts.facts(state, new_id, draft.started_at)
    change = Change(
        facts=[*facts, *rest_as_notes(state, report.FORM.steps, new_id)],
        update_id=incoming.update_id,
        ends_draft=draft.id,
    )
    return await context.records.open(home, known.prefix, person.ref if person else "", change)


async def _append(context: Context, incoming: Incoming, draft: Draft, state: FormState) -> Episode:
    recording = RECORDINGS[draft.kind]
    now = context.clock.now()

    def build(current: Episode) -> Change:
        if current.closed_at is not None and not incoming.staff.manages:
            raise NoLongerPossible(say.closed_meanwhile(current.ref))
        fresh = msgspec.structs.replace(state, now=now, episode=current)
        if forms.current(recording.form, fresh) is not None:
            raise _AskAgain
        new_id = new_ids(current)
        facts, steps = recording.facts(fresh, new_id), recording.form.steps
        keep = rest_as_notes if facts else words_as_notes
        return Change(facts=[*facts, *keep(fresh, steps, new_id)], ends_draft=draft.id)

    return await context.records.update(draft.episode, build, incoming.update_id)
