"""What a draft is about, looked up anew each time it is used: home, case, who may see it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from handlers import (
    people_forms,
    report,
)
from handlers.chat import Incoming
from handlers.context import Context
from handlers.form import Form, FormState
from handlers.recording import RECORDINGS
from handlers.wording import card as card_words
from handlers.wording import form as say
from handlers.wording import report as report_words
from protocol.fold import fold
from storage.model import Draft, Episode, Person
from storage.store import NotFound

REPORT = "report"
IN_HAND = timedelta(minutes=30)
"""For so long after its last question a form is still being filled in."""


class NoLongerPossible(Exception):
    """The draft cannot be used any more as things stand; the text says why."""


def owner_key(staff_id: str, kind: str) -> str:
    """A person may have a report half-finished and still record something on another case."""
    return staff_id if kind == REPORT else f"{staff_id}.case"


def staff_of(owner: str) -> str:
    """Whose draft it is, of an owner key: no staff id has a dot in it."""
    return owner.partition(".")[0]


async def drafts_of(context: Context, staff_id: str) -> list[Draft]:
    """This person's half-filled forms, the one shown last first."""
    both = [await context.store.draft(owner_key(staff_id, kind)) for kind in (REPORT, "case")]
    found = [draft for draft in both if draft is not None]
    if len(found) > 1:  # asked of everybody after each update, and nearly everybody has none
        now = context.clock.now()
        found.sort(key=lambda draft: _last(draft, now), reverse=True)
    return found


def _last(draft: Draft, now: datetime) -> tuple[bool, int]:
    """Of two forms in hand the one that the later update touched: a clock may have gone back in
    between. Telegram may begin its numbers anew when nobody wrote for a week."""
    touched = draft.touched_at or draft.started_at
    return now - touched <= IN_HAND, draft.seen[-1] if draft.seen else 0


async def draft_by_id(context: Context, staff_id: str, draft_id: str) -> Draft | None:
    """This person's draft with that id; None if it ended."""
    return next((d for d in await drafts_of(context, staff_id) if d.id == draft_id), None)


def form_of(kind: str) -> Form:
    """The form that a kind of draft fills in."""
    if kind in people_forms.FORMS:
        return people_forms.FORMS[kind].form
    return report.FORM if kind == REPORT else RECORDINGS[kind].form


async def state_of(
    context: Context, draft: Draft, incoming: Incoming, answers: dict[str, Any] | None = None
) -> FormState:
    """Everything that the form's questions may look at, read fresh from the store.

    Raises NoLongerPossible.
    """
    staff, answers = incoming.staff, draft.answers if answers is None else answers
    episode, level = None, 1
    if draft.episode:
        episode = await _still_theirs(context, draft, incoming)
        level = (await context.engine.cases.standing_of(episode.ref)).shown
    home = episode.home if episode else str(answers.get("home", ""))
    people = [p for p in await context.store.people() if staff.covers(p.home)]
    if before := answers.get("again"):
        people = await _with_who_was_away(context, incoming, people, before)
    return FormState(
        answers=answers,
        now=incoming.sent_at if incoming.text else context.clock.now(),
        staff=staff,
        service=context.service,
        people=people,
        open_cases={
            e.person: e.ref for e in await context.records.open_episodes() if staff.covers(e.home)
        },
        episode=episode,
        late=incoming.late,
        level=level,
        young_below=context.pack.of(home).settings.older_band_min_age,
    )


async def _still_theirs(context: Context, draft: Draft, incoming: Incoming) -> Episode:
    try:
        episode = await context.records.seen_by(incoming.staff, draft.episode)
    except NotFound:
        raise NoLongerPossible(say.no_longer_yours(draft.episode)) from None
    if episode.closed_at is not None and not incoming.staff.manages:
        raise NoLongerPossible(say.closed_meanwhile(draft.episode))
    if RECORDINGS[draft.kind].manager_only and not incoming.staff.manages:
        raise NoLongerPossible(card_words.MANAGER_ONLY)
    return episode


async def _with_who_was_away(
    context: Context, incoming: Incoming, people: list[Person], before: str
) -> list[Person]:
    """The young person of the earlier case, also when the register does not have them any more."""
    try:
        episode = await context.records.seen_by(incoming.staff, before)
    except NotFound:
        raise NoLongerPossible(say.no_longer_yours(before)) from None
    known = next((p for p in people if p.ref == episode.person), None)
    if known is None:
        if await context.store.person(episode.person) is not None:
            raise NoLongerPossible(say.at_another_home(episode.person))
        known = Person(ref=episode.person, home=episode.home, child=fold(episode.facts).child)
    others = [p for p in people if p.ref != known.ref]
    return [*others, msgspec.structs.replace(known, left_on=None)]


async def sees_case(context: Context, draft: Draft) -> bool:
    """Whether the draft's owner may still see the case that it is about."""
    owner = context.service.person(staff_of(draft.owner))
    try:
        return owner is not None and bool(await context.records.seen_by(owner, draft.episode))
    except NotFound:
        return False


def title_of(draft: Draft) -> str:
    """What a draft is called."""
    return str(draft.answers.get("title") or report_words.TITLES.get(draft.kind, draft.kind))


async def in_hand(context: Context, staff_id: str) -> Draft | None:
    """The form that this person is filling in at the moment."""
    drafts = await drafts_of(context, staff_id)
    if not drafts:
        return None
    touched = drafts[0].touched_at or drafts[0].started_at
    return drafts[0] if context.clock.now() - touched <= IN_HAND else None
