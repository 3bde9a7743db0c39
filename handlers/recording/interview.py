"""The return interview: booked, held, what came out of it, with whom it was shared."""

from __future__ import annotations

from typing import Any

import msgspec

from handlers.form import FormState
from handlers.recording.after_return import AWAY, known_away, time_away
from handlers.recording.answers import coming, given, pick, said, ticked, ticks, until, yes
from handlers.recording.questions import (
    NewId,
    Recording,
    at,
    author,
    back_or_found,
    form,
    last,
    text,
    when,
)
from handlers.recording.time_order import HELD
from handlers.wording import after_return as say
from handlers.wording import interview as talk
from protocol import facts as f
from protocol.facts import Fact


def _booked(c: FormState, new: NewId) -> list[Fact]:
    on = until(c.answers["on"], c.now) or c.now
    by_whom = given(c, "who_", "")
    return [f.InterviewBooked(at=c.now, on=on, by_whom=by_whom, **author(c, new))]


def _held(c: FormState, new: NewId) -> list[Fact]:
    by = given(c, "ind", "")
    return [
        f.InterviewHeld(
            at=when(c),
            held_by=by,
            independent=None if not by else by != "placement",
            **author(c, new),
        )
    ]


def _content(c: FormState, new: NewId) -> list[Fact]:
    """What came out of it: the interview as recorded, fuller, and what is counted of it."""
    held = last(c, f.InterviewHeld)
    if held is None:
        return []
    fuller = {"content": text(c, "note"), "referral_consent": yes(c, "con"), "corrects": held.id}
    return [msgspec.structs.replace(held, **fuller, **author(c, new)), *time_away(c, new)]


def _was_held(c: FormState) -> str:
    return "" if last(c, f.InterviewHeld) else talk.NOT_HELD


def _shared(c: FormState, new: NewId) -> list[Fact]:
    found: Any = ticked(c, "with")
    if not found:
        return []
    return [f.InterviewShared(at=c.now, shared_with=found, **author(c, new))]


RECORDINGS: dict[str, Recording] = {
    "booked": Recording(
        form=form(
            "booked",
            talk.BOOKED,
            coming("on", talk.BOOKED_ASK),
            pick("who_", talk.BOOKED_WHO, talk.HELD_BY_OPTIONS),
        ),
        facts=_booked,
    ),
    "held": Recording(
        form=form(
            "held",
            "Return interview held",
            at(HELD),
            pick("ind", talk.HELD_BY, talk.HELD_BY_OPTIONS),
        ),
        facts=_held,
        needs=back_or_found,
    ),
    "content": Recording(
        form=form(
            "content",
            talk.CONTENT_TITLE,
            ticks("push", talk.PUSH_ASK, talk.PUSH_OPTIONS, preset=known_away("push")),
            ticks("pull", talk.PULL_ASK, talk.PULL_OPTIONS, preset=known_away("pull")),
            AWAY,
            said("note", talk.CONTENT, skip=say.SKIP),
            pick("con", talk.CONSENT, say.YES_NO, width=2),
        ),
        facts=_content,
        needs=_was_held,
    ),
    "shared": Recording(
        form=form("shared", talk.SHARED, ticks("with", talk.SHARED_ASK, talk.SHARED_OPTIONS)),
        facts=_shared,
    ),
}
