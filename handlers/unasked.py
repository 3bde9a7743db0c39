"""Words that nobody asked for: beside a reference, after a command, in the middle of a form, alone.

They may hold what does not belong in a chat, and what belongs on record. They are kept on disk,
leave the chat, and their sender says what becomes of them.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

import msgspec

from handlers import draft_session, draft_state, form_answers, lists, show_card
from handlers import form as forms
from handlers.chat import Button, Incoming, Screen
from handlers.context import Context, NotAllowed
from handlers.paging import Item, label, page_number, paged
from handlers.recording.questions import own_words
from handlers.wording import case_answers
from handlers.wording import unasked as say
from handlers.wording.form import STALE
from protocol.facts import Note
from protocol.provider import Staff
from reminders.case_records import new_ids
from storage.model import Draft, Episode
from storage.store import Change

KIND = "words"
TAKEN = "words~"
"""In a form: which words were added to an answer of it last."""
JUST_NOW = timedelta(minutes=10)
"""What somebody recorded within this time may be what they go on writing about."""
FIRST_CASES = 4
"""Cases offered straight away; the rest behind a button."""


def owner(staff_id: str) -> str:
    """Whose words these are, as the store keeps them."""
    return f"{staff_id}.words"


async def kept(context: Context, staff_id: str) -> Draft | None:
    """What this person typed and has not decided about."""
    return await context.store.draft(owner(staff_id))


async def keep(context: Context, incoming: Incoming, text: str, *, ref: str = "") -> None:
    """Puts the words on disk and takes them out of the chat; `ask` asks what becomes of them.

    ref: the case that was named beside them.
    """
    words = form_answers.tidy(text)
    before = await kept(context, incoming.staff.id)
    texts: list[str] = list(before.answers["texts"]) if before else []
    if before and texts and _same_text(before, texts[-1], incoming):
        texts[-1] = form_answers.joined(texts[-1], words)
    else:
        texts.append(words)
    draft = Draft(
        id=before.id if before else secrets.token_hex(3),
        owner=owner(incoming.staff.id),
        kind=KIND,
        started_at=before.started_at if before else context.clock.now(),
        answers={
            "texts": texts,
            "at": incoming.sent_at.isoformat(),
            "ref": ref or (before.answers["ref"] if before else ""),
        },
        chat_id=incoming.chat_id,
        message_id=before.message_id if before else 0,
        touched_at=context.clock.now(),
    )
    await context.store.save_draft(draft, incoming.update_id)
    await draft_session.take_out(context, incoming)


async def ask(context: Context, incoming: Incoming) -> None:
    """What becomes of the words that are kept? At the bottom of the chat, and there alone."""
    draft = await kept(context, incoming.staff.id)
    if draft is None:
        return
    if draft.message_id:
        await context.phone.remove(incoming.chat_id, draft.message_id, own=True)
    await _offer(context, incoming, draft)


def _same_text(before: Draft, last: str, incoming: Incoming) -> bool:
    """Was this a part of a pasted text that the phone cut?"""
    at = datetime.fromisoformat(before.answers["at"])
    return len(last) >= form_answers.LONG_TEXT and incoming.sent_at - at <= form_answers.SAME_TEXT


async def _offer(context: Context, incoming: Incoming, draft: Draft, at: int = 0) -> None:
    screen = await offered(context, incoming.staff, draft)
    shown = await context.phone.show(incoming.chat_id, screen, at)
    await context.store.save_draft(msgspec.structs.replace(draft, message_id=shown))


async def offered(context: Context, staff: Staff, draft: Draft) -> Screen:
    """What can become of the words, the likeliest first."""
    rows: list[tuple[Button, ...]] = []
    form = await _form_with_words(context, staff)
    if form is not None:
        rows.append((Button(say.ADD_TO_ANSWER, "w:form"),))
    cases = await _cases(context, staff, draft)
    if cases and (latest := _just_recorded(context, staff, cases)):
        rows.append((Button(say.add_to_entry(latest.ref), f"w:note:{latest.ref}"),))
    for episode in cases[:FIRST_CASES]:
        rows.append((Button(_case(context, episode), f"w:note:{episode.ref}"),))
    if len(cases) > FIRST_CASES:
        rows.append((Button(say.OTHER_CASE, "w:cases:0"),))
    rows.append((Button(say.REPORT, "w:report"), Button(say.EMERGENCY, "w:999")))
    rows.append((Button(say.THROW_AWAY, "w:drop"),))
    characters = sum(map(len, draft.answers["texts"]))
    return Screen(say.kept(len(draft.answers["texts"]), characters), tuple(rows))


def _case(context: Context, episode: Episode) -> str:
    home = context.service.home(episode.home)
    return label(say.note_on(episode.ref, home.name if home else ""))


async def _cases(context: Context, staff: Staff, draft: Draft) -> list[Episode]:
    """Open cases of this person's homes, the one that was named first, then the newest."""
    named = draft.answers["ref"]
    mine = list(await lists.mine(context, staff))
    return sorted(mine, key=lambda e: e.ref != named)


def _just_recorded(context: Context, staff: Staff, cases: list[Episode]) -> Episode | None:
    """The case on which this person has just put something on record."""
    since = context.clock.now() - JUST_NOW

    def latest(episode: Episode) -> datetime | None:
        mine = [x.recorded_at for x in episode.facts if x.by == staff.id]
        return max((at for at in mine if at >= since), default=None)

    found = [(at, episode) for episode in cases if (at := latest(episode)) is not None]
    return max(found, key=lambda one: one[0])[1] if found else None


async def _form_with_words(context: Context, staff: Staff) -> tuple[Draft, str] | None:
    """The form in hand, and the last answer in words that was given in it."""
    draft = await draft_state.in_hand(context, staff.id)
    if draft is None:
        return None
    keys = [
        step.key
        for step in draft_state.form_of(draft.kind).steps
        if str(draft.answers.get(step.key, "")).startswith(forms.WORDS)
    ]
    return (draft, keys[-1]) if keys else None


async def tapped(context: Context, incoming: Incoming, parts: list[str]) -> None:
    """w:note:REF, w:form, w:cases:PAGE, w:report, w:999, w:drop, w:back"""
    draft, at = await kept(context, incoming.staff.id), incoming.message_id
    if draft is None:
        await context.phone.show(incoming.chat_id, Screen(STALE), at)
        return
    match parts:
        case ["note", ref]:
            await _on_record(context, incoming, draft, ref)
        case ["form"]:
            await _into_the_form(context, incoming, draft)
        case ["cases", page]:
            await _choose(context, incoming, draft, page_number(page))
        case ["report"]:
            await _as_report(context, incoming, draft)
        case ["999"]:
            back = ((Button(say.BACK, "w:back"),),)
            await context.phone.show(incoming.chat_id, Screen(say.RING_999, back), at)
        case ["drop"]:
            await context.store.drop_draft(draft.owner, incoming.update_id)
            await context.phone.show(incoming.chat_id, Screen(say.THROWN_AWAY), at)
        case _:
            await _offer(context, incoming, draft, at)


async def _on_record(context: Context, incoming: Incoming, draft: Draft, ref: str) -> None:
    """The words become notes on this case, in the commit that ends their draft."""
    await context.records.seen_by(incoming.staff, ref)
    now = context.clock.now()

    def build(current: Episode) -> Change:
        if current.closed_at is not None:
            raise NotAllowed(case_answers.IS_CLOSED)
        new_id = new_ids(current)
        notes = [
            Note(id=new_id(), by=incoming.staff.id, recorded_at=now, at=now, text=part)
            for text in draft.answers["texts"]
            for part in _parts(text)
        ]
        return Change(facts=notes, ends_draft=draft.id)

    await context.records.update(ref, build, incoming.update_id)
    await show_card.card_of(context, incoming, ref, incoming.message_id, say.on_record(ref))


def _parts(text: str) -> list[str]:
    found, rest = [], text
    while rest:
        part, rest = own_words(forms.WORDS + rest)
        found.append(part)
    return found


async def _into_the_form(context: Context, incoming: Incoming, draft: Draft) -> None:
    """They go on with the last answer in words of the form in hand."""
    found = await _form_with_words(context, incoming.staff)
    if found is None:
        await _offer(context, incoming, draft, incoming.message_id)
        return
    form, key = found
    answers: dict[str, Any] = dict(form.answers)
    these = f"{draft.id}:{len(draft.answers['texts'])}"
    if answers.get(TAKEN) != these:  # else a power cut came before their own draft was gone
        answers[key] = "\n".join([answers[key], *draft.answers["texts"]])
    answers[TAKEN] = these
    form = msgspec.structs.replace(form, answers=answers)
    form = await context.store.save_draft(form, incoming.update_id)
    await context.store.drop_draft(draft.owner)
    await context.phone.show(incoming.chat_id, Screen(say.ADDED), incoming.message_id)
    await draft_session.ask_again(context, incoming, form)


async def _choose(context: Context, incoming: Incoming, draft: Draft, page: int) -> None:
    items = [
        Item("", ((Button(_case(context, episode), f"w:note:{episode.ref}"),),))
        for episode in await _cases(context, incoming.staff, draft)
    ]
    screen = paged(
        say.WHICH_CASE,
        items,
        page,
        lambda number: f"w:cases:{number}",
        tail=((Button(say.BACK, "w:back"),),),
        most_items=12,
    )
    await context.phone.show(incoming.chat_id, screen, incoming.message_id)


async def _as_report(context: Context, incoming: Incoming, draft: Draft) -> None:
    """A report is begun with the words as what happened."""
    words = forms.WORDS + "\n".join(draft.answers["texts"])
    begun = await draft_session.begin(
        context, incoming, draft_state.REPORT, answers={"what": words}, at=incoming.message_id
    )
    if begun:
        await context.store.drop_draft(draft.owner)


async def unfinished(context: Context, staff: Staff) -> list[Draft]:
    """Whatever this person has begun and not ended: forms, and words that wait to be decided."""
    words = await kept(context, staff.id)
    return [*await draft_state.drafts_of(context, staff.id), *([words] if words else [])]


async def reminder_of(context: Context, staff: Staff, draft: Draft) -> Screen:
    """What somebody is shown of something unfinished, to go on with it."""
    if draft.kind == KIND:
        return await offered(context, staff, draft)
    return await draft_session.offered(context, draft)
