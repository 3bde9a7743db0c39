"""What a tap on an episode card does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from handlers import (
    ask_second_factor,
    card,
    draft_session,
    explanations,
    settling,
    show_card,
)
from handlers.case_view import CaseView
from handlers.chat import Button, Incoming, Screen
from handlers.context import Context, NotAllowed
from handlers.paging import named, page_number
from handlers.recording import RECORDINGS
from handlers.wording import case_answers, recording
from handlers.wording import settling as ending
from handlers.wording.duties import BUTTONS, title
from handlers.wording.form import at_another_home
from protocol.counting import counting, last_of
from protocol.facts import (
    LOG_ONLY,
    AuthorityTold,
    AuthorityWritten,
    Closed,
    Fact,
    InterviewHeld,
    InterviewOffered,
    Located,
    ParentsTold,
    ParentsWithheld,
    PoliceTold,
    Returned,
    SafeAndWell,
    SignedOff,
)
from reminders.case_records import new_ids
from storage.model import Episode
from storage.store import Change

ONCE: dict[str, type[Fact]] = {
    "police": PoliceTold,
    "authority": AuthorityTold,
    "written": AuthorityWritten,
    "parents": ParentsTold,
    "withheld": ParentsWithheld,
    "found": Located,
    "back": Returned,
    "safewell": SafeAndWell,
    "offered": InterviewOffered,
    "held": InterviewHeld,
    "signoff": SignedOff,
}
"""What is usually recorded once: whoever records it again is shown what stands there."""
READING = ("signoff", "undo", "fix")
"""Forms that show what is on record or end a case: the second factor comes before them."""
NEVER_ASKED = {"home", "again", "done", "decide", "do", *RECORDINGS} - set(READING)
"""What happened is put on record without the second factor, whoever is woken by it."""


async def tapped(context: Context, incoming: Incoming, parts: list[str]) -> None:
    """c:REF:action[:duty]"""
    ref, action, *rest = (*parts, "", "")[: max(3, len(parts))]
    episode = await context.records.seen_by(incoming.staff, ref)
    if action not in NEVER_ASKED and await ask_second_factor.comes_first(
        context, incoming, ref, "sign" if action == "closing" else "open"
    ):
        return
    context.shown(incoming.staff, ref)
    if action == "home":
        await _found_or_back(context, incoming, ref)
    elif action in RECORDINGS and action not in ("done", "decide"):
        await begin_recording(context, incoming, episode, action)
    elif action == "card":
        await show_card.card_of(context, incoming, ref, incoming.message_id)
    else:
        await _as_it_stands(context, incoming, episode, action, rest)


async def _as_it_stands(
    context: Context, incoming: Incoming, episode: Episode, action: str, rest: Sequence[str]
) -> None:
    """The buttons for which it has to be known how the case stands."""
    now_on = await show_card.view(context, episode)
    at = incoming.message_id
    match action:
        case "more":
            await context.phone.show(incoming.chat_id, card.more(now_on, incoming.staff), at)
        case "timeline":
            page = page_number(rest[0]) if rest[0] else -1
            await context.phone.show(incoming.chat_id, card.timeline(now_on, page), at)
        case "why":
            await explanations.level(context, incoming, now_on)
        case "times" | "actions":
            page = page_number(rest[0])
            await explanations.listing(context, incoming, now_on, action, page)
        case "rule":
            await explanations.item(context, incoming, now_on, rest[0])
        case "settle":
            await settling.listing(context, incoming, now_on)
        case "item":
            await _item(context, incoming, now_on, rest[0])
        case "decide" | "do":
            await _decide(context, incoming, now_on, rest[0], record=action == "do")
        case "late":
            await _late(context, incoming, now_on)
        case "close" | "closing":
            await close_case(context, incoming, now_on, sure=action == "closing")
        case "again":
            await _again(context, incoming, now_on)
        case "done":
            await _done(context, incoming, now_on, rest[0])
        case _:
            await show_card.card_of(context, incoming, episode.ref, at)


async def _done(context: Context, incoming: Incoming, now_on: CaseView, duty: str) -> None:
    """Only what is (still) to be done, and has no form of its own, is recorded as done."""
    duty = named(duty, [d.id for d in card.done_by_hand(now_on)]) or duty
    if duty in {d.id for d in card.done_by_hand(now_on)}:
        await begin_recording(context, incoming, now_on.episode, "done", duty=duty)
        return
    ref, name = now_on.episode.ref, title(duty, now_on.pack)
    text = case_answers.no_longer(name) if name != duty else ""
    await show_card.card_of(context, incoming, ref, incoming.message_id, text)


async def _item(context: Context, incoming: Incoming, now_on: CaseView, tapped_: str) -> None:
    """One thing of the list: how it is recorded, or what is decided about it."""
    about = named(tapped_, settling.left(now_on))
    if about is None:
        await settling.listing(context, incoming, now_on)
    elif not await settling.item(context, incoming, now_on, about):
        await _decide(context, incoming, now_on, about, record=True)


async def _decide(
    context: Context, incoming: Incoming, now_on: CaseView, tapped_: str, *, record: bool
) -> None:
    actions = [action.id for action in now_on.state.computed.actions]
    about = named(tapped_, (*settling.left(now_on), *actions))
    if about is None:
        await settling.listing(context, incoming, now_on)
        return
    kind, answers = "decide", settling.decide_answers(about, now_on.pack)
    if record:
        kind, answers = settling.form_for(about, now_on.pack)
    await begin_recording(context, incoming, now_on.episode, kind, answers=answers)


async def _late(context: Context, incoming: Incoming, now_on: CaseView) -> None:
    """What can still be recorded when a case is closed, by a manager."""
    if not now_on.closed or not incoming.staff.manages:
        raise NotAllowed(ending.LATE_MANAGER)
    screen = settling.late_screen(now_on.episode.ref)
    await context.phone.show(incoming.chat_id, screen, incoming.message_id)


async def begin_recording(
    context: Context,
    incoming: Incoming,
    episode: Episode,
    kind: str,
    duty: str = "",
    answers: dict[str, Any] | None = None,
) -> None:
    """Begins the form that puts this on record, where the case still takes it."""
    if episode.closed_at is not None:
        if not incoming.staff.manages:
            raise NotAllowed(ending.LATE_MANAGER)
        if kind in settling.NOT_LATE:
            raise NotAllowed(case_answers.IS_CLOSED)
    hint = _on_record(context, episode, kind)
    if answers is None:
        pack = context.pack.of(episode.home)
        answers = {"duty": duty, "title": title(duty, pack)} if duty else {}
    if kind == "undo":
        answers = {"names": settling.names(episode, context.pack.of(episode.home))}
    if kind == "signoff":
        now_on = await show_card.view(context, episode)
        answers, hint = settling.sign_off(context, now_on, incoming.staff)
    if episode.closed_at is not None:
        hint = ending.LATE
    await draft_session.begin(
        context,
        incoming,
        kind,
        episode=episode,
        answers=answers,
        at=incoming.message_id,
        hint=hint,
    )


def _on_record(context: Context, episode: Episode, kind: str) -> str:
    """Somebody has recorded this before: when, and who."""
    wanted = ONCE.get(kind)
    found = [x for x in counting(episode.facts) if wanted and isinstance(x, wanted)]
    if not found:
        return ""
    author = context.service.person(found[-1].by)
    name = author.name if author else found[-1].by
    return case_answers.already(
        getattr(found[-1], "at", found[-1].recorded_at), name, context.clock.now()
    )


async def _found_or_back(context: Context, incoming: Incoming, ref: str) -> None:
    buttons = tuple((Button(BUTTONS[a], f"c:{ref}:{a}"),) for a in ("back", "found", "card"))
    await context.phone.show(
        incoming.chat_id, Screen(case_answers.back_or_found(ref), buttons), incoming.message_id
    )


async def _again(context: Context, incoming: Incoming, now_on: CaseView) -> None:
    """A new report for the same young person; the earlier episode ends where they were found."""
    episode = now_on.episode
    if not now_on.closed and not now_on.back and not now_on.has(Located):
        raise NotAllowed(case_answers.STILL_AWAY)
    person = await context.store.person(episode.person)
    if person is not None and not incoming.staff.covers(person.home):
        raise NotAllowed(at_another_home(episode.person))
    home = person.home if person is not None else episode.home
    answers = {"again": episode.ref, "home": home, "who": episode.person, "dup": "new"}
    await draft_session.begin(context, incoming, "report", answers=answers)


async def close_case(context: Context, incoming: Incoming, now_on: CaseView, *, sure: bool) -> None:
    """Closes the case, once it may be closed and this was confirmed (`sure`)."""
    episode = now_on.episode
    if now_on.closed or (why_not := await _not_closable(context, episode)):
        above = "" if now_on.closed else why_not
        await show_card.card_of(context, incoming, episode.ref, incoming.message_id, above)
        return
    if why_not := settling.why_not_close(now_on, incoming.staff):
        await show_card.card_of(context, incoming, episode.ref, incoming.message_id, why_not)
        return
    if not sure:
        unmet = [title(d.id, now_on.pack) for d in now_on.duties if d.id != "CLOSE"]
        screen = Screen(
            recording.close_review(episode.ref, unmet),
            (
                (Button(BUTTONS["card"], f"c:{episode.ref}:card"),),
                (Button(BUTTONS["close"], f"c:{episode.ref}:closing"),),
            ),
        )
        await context.phone.show(incoming.chat_id, screen, incoming.message_id)
        return
    now = context.clock.now()

    def build(current: Episode) -> Change:
        if current.closed_at is not None:  # somebody was a moment quicker
            raise NotAllowed(case_answers.IS_CLOSED)
        if counted(current.facts) != counted(episode.facts):
            raise NotAllowed(case_answers.changed_meanwhile(current.ref))
        closed = Closed(
            id=new_ids(current)(),
            by=incoming.staff.id,
            recorded_at=now,
            at=now,
            **settling.closing(now_on),
        )
        return Change(facts=[closed], close=True)

    await context.records.update(episode.ref, build, incoming.update_id)
    await show_card.card_of(context, incoming, episode.ref, incoming.message_id)


async def _not_closable(context: Context, episode: Episode) -> str:
    """Why the case cannot be closed; "" if it can."""
    standing = await context.engine.cases.standing_of(episode.ref)
    if not standing.computed.returned:
        return case_answers.not_closable(episode.ref)
    return "" if last_of(episode.facts, SignedOff) else case_answers.NEEDS_SIGN_OFF


def counted(facts: Sequence[Fact]) -> list[str]:
    """The ids of what people and the bot put on record, without the log of what was sent."""
    return [fact.id for fact in facts if not isinstance(fact, LOG_ONLY)]
