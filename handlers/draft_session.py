"""Filling in: from the first question to the facts, through one draft on disk."""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

import msgspec

from handlers import case_records, report, show_card
from handlers import form as forms
from handlers.chat import Button, Incoming, Screen, Unreached
from handlers.context import Context, NotAllowed
from handlers.form import Form, FormState, Taken
from handlers.recording import RECORDINGS
from handlers.wording import card as card_words
from handlers.wording import form as say
from handlers.wording import menu
from handlers.wording import report as report_words
from handlers.wording.common import clock
from protocol.facts import Fact
from storage.model import Draft, Episode
from storage.store import Change, Conflict

REPORT = "report"


def owner_key(staff_id: str, kind: str) -> str:
    """A person may have a report half-finished and still record something on another case."""
    return staff_id if kind == REPORT else f"{staff_id}.case"


async def drafts_of(context: Context, staff_id: str) -> list[Draft]:
    """This person's drafts, the one shown last first."""
    found = [await context.store.draft(owner_key(staff_id, kind)) for kind in (REPORT, "case")]
    return sorted(
        (d for d in found if d is not None),
        key=lambda d: d.touched_at or d.started_at,
        reverse=True,
    )


async def draft_by_id(context: Context, staff_id: str, draft_id: str) -> Draft | None:
    return next((d for d in await drafts_of(context, staff_id) if d.id == draft_id), None)


def form_of(kind: str) -> Form:
    return report.FORM if kind == "report" else RECORDINGS[kind].form


async def state_of(
    context: Context, draft: Draft, incoming: Incoming, answers: dict[str, Any] | None = None
) -> FormState:
    """Everything that the form's questions may look at, read fresh from the book."""
    episode = await context.store.episode(draft.episode) if draft.episode else None
    people = [p for p in await context.store.people() if incoming.staff.covers(p.home)]
    return FormState(
        answers=draft.answers if answers is None else answers,
        now=incoming.sent_at if incoming.text else context.clock.now(),
        staff=incoming.staff,
        service=context.service,
        people=people,
        open_cases={e.person: e.ref for e in await context.store.open_episodes()},
        episode=episode,
        late=incoming.late,
    )


async def begin(
    context: Context,
    incoming: Incoming,
    kind: str,
    *,
    episode: Episode | None = None,
    answers: dict[str, Any] | None = None,
    at: int = 0,
    hint: str = "",
) -> None:
    """Asks the first question, on message `at` or a new one, with a `hint` above it.

    An unfinished draft of another kind is not thrown away unseen: it is offered first.
    """
    if kind in RECORDINGS and RECORDINGS[kind].manager_only and not incoming.staff.manages:
        raise NotAllowed(card_words.MANAGER_ONLY)
    owner = owner_key(incoming.staff.id, kind)
    unfinished = await context.store.draft(owner)
    if unfinished is not None and _worth_keeping(unfinished):
        await offer(context, incoming, unfinished, at)
        return
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
    await context.store.save_draft(draft, incoming.update_id)
    await _show(context, incoming, draft, hint)


def _worth_keeping(draft: Draft) -> bool:
    """A report that has answers, or words that somebody typed."""
    if draft.kind == "report":
        return any(not key.endswith("~") and key != "again" for key in draft.answers)
    return any(isinstance(v, str) and len(v) > 20 for v in draft.answers.values())


async def offer(context: Context, incoming: Incoming, draft: Draft, at: int = 0) -> None:
    """ "You have an unfinished report": go on, or start anew."""
    await context.phone.show(incoming.chat_id, await offered(context, draft), at)


async def offered(context: Context, draft: Draft) -> Screen:
    started = clock(draft.started_at, context.clock.now())
    if draft.kind == "report":
        person = next(
            (p for p in await context.store.people() if p.ref == draft.answers.get("who")), None
        )
        home = context.service.home(person.home if person else draft.answers.get("home", ""))
        text = report_words.unfinished(
            home.name if home else "", person.ref if person else "", started
        )
    else:
        text = report_words.unfinished_other(f"{draft.episode} · {draft.kind}", started)
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
        await context.phone.show(
            incoming.chat_id, Screen(card_words.CLOSED_FORM), incoming.message_id
        )
        return
    if incoming.message_id:
        draft = msgspec.structs.replace(draft, message_id=incoming.message_id)
    state = await state_of(context, draft, incoming)
    taken = forms.tap(form_of(draft.kind), state, step, value)
    if taken is None:
        await _show(context, incoming, draft, hint=say.STALE)
        return
    await _take(context, incoming, draft, taken)


async def typed(context: Context, incoming: Incoming, draft: Draft) -> None:
    """Words for the question that is asked now; they leave the chat once they are kept."""
    state = await state_of(context, draft, incoming)
    # Reading a date may load dateparser, which takes a moment: not on the event loop.
    taken = await asyncio.to_thread(forms.typed, form_of(draft.kind), state, incoming.text)
    try:
        await _take(context, incoming, draft, taken)
    except Unreached:
        # It is on disk; only the answer did not arrive.
        await context.phone.remove(incoming.chat_id, incoming.message_id)
        raise
    gone = await context.phone.remove(incoming.chat_id, incoming.message_id)
    if not gone and taken.sensitive:
        await context.phone.say(incoming.chat_id, menu.NOT_REMOVED)


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
    state = await state_of(context, draft, incoming)
    screen = forms.screen(form_of(draft.kind), draft, state, hint)
    shown = await context.phone.show(incoming.chat_id, screen, draft.message_id)
    if shown != draft.message_id:
        await context.store.save_draft(msgspec.structs.replace(draft, message_id=shown))


async def _cancelled(context: Context, incoming: Incoming, draft: Draft) -> None:
    await context.store.drop_draft(draft.owner, incoming.update_id)
    if draft.episode:
        await show_card.card_of(context, incoming, draft.episode, draft.message_id)
    else:
        await context.phone.show(incoming.chat_id, Screen(say.CANCELLED), draft.message_id)


async def _finish(context: Context, incoming: Incoming, draft: Draft) -> None:
    state = await state_of(context, draft, incoming)
    if draft.answers.get("dup") == "open":
        await context.store.drop_draft(draft.owner, incoming.update_id)
        episode = await context.store.episode(state.open_cases[draft.answers["who"]])
    elif draft.kind == "report":
        episode = await _open_case(context, incoming, draft, state)
    else:
        episode = await _append(context, incoming, draft, state)
    await show_card.card_of(context, incoming, episode.ref, draft.message_id)


async def _open_case(
    context: Context, incoming: Incoming, draft: Draft, state: FormState
) -> Episode:
    """The report becomes an episode; one write holds the facts and the end of the draft."""
    home = report.home_of(state)
    known = context.service.home(home)
    prefix = known.prefix if known else home
    person = report.person_of(state)
    now = context.clock.now()
    state = msgspec.structs.replace(state, now=now)
    change = Change(
        facts=report.facts(state, case_records.new_ids(None), draft.started_at),
        update_id=incoming.update_id,
        ends_draft=draft.id,
    )
    for _ in range(case_records.TRIES):
        ref = await context.store.new_reference(prefix)
        try:
            episode = await context.store.create(
                ref, home, person.ref if person else f"{ref}-YP", change
            )
            break
        except Conflict:
            continue
    else:
        raise Conflict(home)
    await context.engine.opened(episode.ref)
    return episode


async def _append(context: Context, incoming: Incoming, draft: Draft, state: FormState) -> Episode:
    recording = RECORDINGS[draft.kind]
    if recording.manager_only and not incoming.staff.manages:
        raise NotAllowed(card_words.MANAGER_ONLY)
    now = context.clock.now()

    def build(current: Episode) -> list[Fact]:
        fresh = msgspec.structs.replace(state, now=now, episode=current)
        return recording.facts(fresh, case_records.new_ids(current))

    return await case_records.record(
        context,
        await context.store.episode(draft.episode),
        build,
        update_id=incoming.update_id,
        ends_draft=draft.id,
    )
