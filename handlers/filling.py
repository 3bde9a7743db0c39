"""Filling in: from the first question to the facts, through one draft on disk."""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

import msgspec
import structlog

from handlers import form as forms
from handlers import office, report, showing
from handlers.chat import Button, Incoming, Screen
from handlers.form import Context, Form, Taken
from handlers.office import Handlers, NotAllowed
from handlers.recording import RECORDINGS
from handlers.wording import card as card_words
from handlers.wording import form as say
from handlers.wording import menu
from handlers.wording import report as report_words
from handlers.wording.common import clock
from protocol.facts import Fact, GoneAgain
from storage.model import Draft, Episode, Person
from storage.store import Change, Conflict, NotFound, NotSaved

log = structlog.get_logger(__name__)


REPORT = "report"


def owner_key(staff_id: str, kind: str) -> str:
    """A person may have a report half-finished and still record something on another case."""
    return staff_id if kind == REPORT else f"{staff_id}.case"


async def drafts_of(desk: Handlers, staff_id: str) -> list[Draft]:
    """This person's drafts, the one shown last first."""
    found = [await desk.store.draft(owner_key(staff_id, kind)) for kind in (REPORT, "case")]
    return sorted(
        (d for d in found if d is not None),
        key=lambda d: d.touched_at or d.started_at,
        reverse=True,
    )


async def draft_by_id(desk: Handlers, staff_id: str, draft_id: str) -> Draft | None:
    return next((d for d in await drafts_of(desk, staff_id) if d.id == draft_id), None)


def form_of(kind: str) -> Form:
    return report.FORM if kind == "report" else RECORDINGS[kind].form


async def context_of(
    desk: Handlers, draft: Draft, incoming: Incoming, answers: dict[str, Any] | None = None
) -> Context:
    """Everything that the form's questions may look at, read fresh from the book."""
    episode = await desk.store.episode(draft.episode) if draft.episode else None
    people = [p for p in await desk.store.people() if incoming.staff.covers(p.home)]
    return Context(
        answers=draft.answers if answers is None else answers,
        now=incoming.sent_at if incoming.text else desk.clock.now(),
        staff=incoming.staff,
        service=desk.service,
        people=people,
        open_cases={e.person: e.ref for e in await desk.store.open_episodes()},
        episode=episode,
        late=incoming.late,
    )


async def begin(
    desk: Handlers,
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
    unfinished = await desk.store.draft(owner)
    if unfinished is not None and _worth_keeping(unfinished):
        await offer(desk, incoming, unfinished, at)
        return
    draft = Draft(
        id=secrets.token_hex(3),
        owner=owner,
        kind=kind,
        started_at=desk.clock.now(),
        answers=answers or {},
        episode=episode.ref if episode else "",
        chat_id=incoming.chat_id,
        message_id=at,
    )
    await desk.store.save_draft(draft, incoming.update_id)
    await _show(desk, incoming, draft, hint)


def _worth_keeping(draft: Draft) -> bool:
    """A report that has answers, or words that somebody typed."""
    if draft.kind == "report":
        return any(not key.endswith("~") and key != "again" for key in draft.answers)
    return any(isinstance(v, str) and len(v) > 20 for v in draft.answers.values())


async def offer(desk: Handlers, incoming: Incoming, draft: Draft, at: int = 0) -> None:
    """ "You have an unfinished report": go on, or start anew."""
    await desk.phone.show(incoming.chat_id, await offered(desk, draft), at)


async def offered(desk: Handlers, draft: Draft) -> Screen:
    started = clock(draft.started_at, desk.clock.now())
    if draft.kind == "report":
        person = next(
            (p for p in await desk.store.people() if p.ref == draft.answers.get("who")), None
        )
        home = desk.service.home(person.home if person else draft.answers.get("home", ""))
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


async def resume(desk: Handlers, incoming: Incoming, draft_id: str) -> None:
    """Shows the question that comes next, on the message that was tapped."""
    draft = await draft_by_id(desk, incoming.staff.id, draft_id)
    if draft is None:
        await desk.phone.show(incoming.chat_id, Screen(say.STALE), incoming.message_id)
        return
    draft = msgspec.structs.replace(
        draft,
        message_id=incoming.message_id,
        chat_id=incoming.chat_id,
        touched_at=desk.clock.now(),
    )
    await desk.store.save_draft(draft, incoming.update_id)
    await _show(desk, incoming, draft)


async def tapped(desk: Handlers, incoming: Incoming, draft_id: str, step: str, value: str) -> None:
    """A button of a form."""
    draft = await draft_by_id(desk, incoming.staff.id, draft_id)
    if draft is None:
        await desk.phone.show(incoming.chat_id, Screen(card_words.CLOSED_FORM), incoming.message_id)
        return
    if incoming.message_id:
        draft = msgspec.structs.replace(draft, message_id=incoming.message_id)
    context = await context_of(desk, draft, incoming)
    taken = forms.tap(form_of(draft.kind), context, step, value)
    if taken is None:
        await _show(desk, incoming, draft, hint=say.STALE)
        return
    await _take(desk, incoming, draft, taken)


async def typed(desk: Handlers, incoming: Incoming, draft: Draft) -> None:
    """Words for the question that is asked now; they leave the chat once they are kept."""
    context = await context_of(desk, draft, incoming)
    # Reading a date may load dateparser, which takes a moment: not on the event loop.
    taken = await asyncio.to_thread(forms.typed, form_of(draft.kind), context, incoming.text)
    await _take(desk, incoming, draft, taken)
    gone = await desk.phone.remove(incoming.chat_id, incoming.message_id)
    if not gone and taken.sensitive:
        await desk.phone.say(incoming.chat_id, menu.NOT_REMOVED)


async def cancel(desk: Handlers, incoming: Incoming) -> bool:
    """Ends the draft if there is one."""
    drafts = await drafts_of(desk, incoming.staff.id)
    if not drafts:
        return False
    await _cancelled(desk, incoming, drafts[0])
    return True


async def drop(desk: Handlers, incoming: Incoming, draft_id: str) -> None:
    """Throws this draft away; nothing happens if it ended in the meantime."""
    draft = await draft_by_id(desk, incoming.staff.id, draft_id)
    if draft is None:
        await desk.phone.show(incoming.chat_id, Screen(say.STALE), incoming.message_id)
    else:
        await _cancelled(desk, incoming, draft)


async def _take(desk: Handlers, incoming: Incoming, draft: Draft, taken: Taken) -> None:
    draft = msgspec.structs.replace(draft, answers=taken.answers)
    if taken.cancelled:
        await _cancelled(desk, incoming, draft)
    elif taken.finished or taken.answers.get("dup") == "open":
        await _finish(desk, incoming, draft)
    else:
        draft = msgspec.structs.replace(draft, touched_at=desk.clock.now())
        draft = await desk.store.save_draft(draft, incoming.update_id)
        await _show(desk, incoming, draft, hint=taken.hint)


async def _show(desk: Handlers, incoming: Incoming, draft: Draft, hint: str = "") -> None:
    context = await context_of(desk, draft, incoming)
    screen = forms.screen(form_of(draft.kind), draft, context, hint)
    shown = await desk.phone.show(incoming.chat_id, screen, draft.message_id)
    if shown != draft.message_id:
        await desk.store.save_draft(msgspec.structs.replace(draft, message_id=shown))


async def _cancelled(desk: Handlers, incoming: Incoming, draft: Draft) -> None:
    await desk.store.drop_draft(draft.owner, incoming.update_id)
    if draft.episode:
        await showing.card_of(desk, incoming, draft.episode, draft.message_id)
    else:
        await desk.phone.show(incoming.chat_id, Screen(say.CANCELLED), draft.message_id)


async def _finish(desk: Handlers, incoming: Incoming, draft: Draft) -> None:
    context = await context_of(desk, draft, incoming)
    if draft.answers.get("dup") == "open":
        await desk.store.drop_draft(draft.owner, incoming.update_id)
        episode = await desk.store.episode(context.open_cases[draft.answers["who"]])
    elif draft.kind == "report":
        episode = await _open_case(desk, incoming, draft, context)
    else:
        episode = await _append(desk, incoming, draft, context)
    await showing.card_of(desk, incoming, episode.ref, draft.message_id)


async def _open_case(desk: Handlers, incoming: Incoming, draft: Draft, context: Context) -> Episode:
    """The report becomes an episode; one write holds the facts and the end of the draft."""
    home = report.home_of(context)
    known = desk.service.home(home)
    prefix = known.prefix if known else home
    person = report.person_of(context)
    now = desk.clock.now()
    context = msgspec.structs.replace(context, now=now)
    change = Change(
        facts=report.facts(context, office.new_ids(None), draft.started_at),
        update_id=incoming.update_id,
        ends_draft=draft.id,
    )
    for _ in range(office.TRIES):
        ref = await desk.store.new_reference(prefix)
        try:
            episode = await desk.store.create(
                ref, home, person.ref if person else f"{ref}-YP", change
            )
            break
        except Conflict:
            continue
    else:
        raise Conflict(home)
    if person is None:
        await _list_person(desk, episode, context)
    await desk.engine.changed(episode.ref)
    before = draft.answers.get("again")
    if before:
        await _gone_again(desk, incoming, before, episode.ref)
    return episode


async def _list_person(desk: Handlers, episode: Episode, context: Context) -> None:
    """Someone who was not on the list is from now on, by a reference of their own."""
    person = Person(ref=episode.person, home=episode.home, child=report.child(context))
    try:
        await desk.store.put_people([person])
    except NotSaved:
        log.error("a young person could not be put on the list", ref=episode.person)


async def _gone_again(desk: Handlers, incoming: Incoming, before: str, ref: str) -> None:
    """The earlier episode ends where the young person was found; the new one goes on."""
    now = desk.clock.now()
    try:
        episode = await desk.store.episode(before)
    except NotFound:
        return

    def build(current: Episode) -> list[Fact]:
        return [
            GoneAgain(
                id=office.new_ids(current)(),
                by=incoming.staff.id,
                recorded_at=now,
                at=now,
                next_episode=ref,
            )
        ]

    await office.record(desk, episode, build)


async def _append(desk: Handlers, incoming: Incoming, draft: Draft, context: Context) -> Episode:
    recording = RECORDINGS[draft.kind]
    if recording.manager_only and not incoming.staff.manages:
        raise NotAllowed(card_words.MANAGER_ONLY)
    now = desk.clock.now()

    def build(current: Episode) -> list[Fact]:
        fresh = msgspec.structs.replace(context, now=now, episode=current)
        return recording.facts(fresh, office.new_ids(current))

    return await office.record(
        desk,
        await desk.store.episode(draft.episode),
        build,
        update_id=incoming.update_id,
        ends_draft=draft.id,
    )
