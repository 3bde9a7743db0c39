"""Found and back, and what follows: safe and well check, return interview."""

from __future__ import annotations

from handlers.chat import plain
from handlers.form import UNKNOWN, FormState, Ticks
from handlers.recording.parts import (
    NewId,
    Recording,
    at,
    author,
    begin,
    choice,
    form,
    options_of,
    text,
    when,
    words,
)
from handlers.wording import recording as say
from handlers.wording.form import answer
from protocol import facts as f
from protocol.facts import Fact


def _found(c: FormState, new: NewId) -> list[Fact]:
    return [
        f.Located(
            at=when(c),
            where=text(c, "where"),
            return_unsafe=c.answers["safe"] in ("yes", UNKNOWN),
            contact_blocked=c.answers["free"] == "no",
            **author(c, new),
        )
    ]


def _returned(c: FormState, new: NewId) -> list[Fact]:
    hurt = c.answers["hurt"] if c.answers["hurt"] != UNKNOWN else []
    return [
        f.Returned(
            at=when(c),
            crime_while_away="crime" in hurt,
            harmed_while_away="harmed" in hurt,
            **author(c, new),
        )
    ]


def _safewell(c: FormState, new: NewId) -> list[Fact]:
    done = c.answers["done"] == "yes"
    return [f.SafeAndWell(at=when(c), done=done, reason=text(c, "why"), **author(c, new))]


def _answered(c: FormState, new: NewId) -> list[Fact]:
    accepted = c.answers["ans"] == "yes"
    return [
        f.InterviewAnswered(at=c.now, accepted=accepted, reason=text(c, "why"), **author(c, new))
    ]


RECORDINGS: dict[str, Recording] = {
    "found": Recording(
        form=form(
            "found",
            say.FOUND,
            at(not_before=begin),
            words("where", say.FOUND_WHERE, skip=say.SKIP, unknown=True),
            choice("safe", say.FOUND_SAFE, say.YES_NO, width=2),
            choice("free", say.FOUND_CONTACT, say.YES_NO, width=2),
        ),
        facts=_found,
    ),
    "back": Recording(
        form=form(
            "back",
            say.RETURNED,
            at(not_before=begin),
            Ticks(
                key="hurt",
                label=say.LABELS["hurt"],
                ask=lambda _: say.RETURNED_HURT,
                options=options_of(say.RETURNED_OPTIONS),
                tell=lambda v, _: (
                    answer(v)
                    if v == UNKNOWN
                    else plain(", ".join(label for label, k in say.RETURNED_OPTIONS if k in v))
                    or "nothing known"
                ),
            ),
        ),
        facts=_returned,
    ),
    "safewell": Recording(
        form=form(
            "safewell",
            say.SAFEWELL,
            choice("done", say.SAFEWELL_DONE, say.SAFEWELL_OPTIONS, unknown=False),
            at(applies=lambda c: c.answers.get("done") == "yes"),
            words("why", say.REASON, applies=lambda c: c.answers.get("done") == "no"),
        ),
        facts=_safewell,
    ),
    "offered": Recording(
        form=form(
            "offered",
            say.OFFERED,
            at(),
            words("by", say.BY_WHOM, say.BY_OPTIONS, unknown=True),
        ),
        facts=lambda c, new: [
            f.InterviewOffered(
                at=when(c), offered_by=text(c, "by", say.BY_OPTIONS), **author(c, new)
            )
        ],
    ),
    "answered": Recording(
        form=form(
            "answered",
            say.ANSWERED,
            choice("ans", say.ANSWERED_ASK, say.ANSWERED_OPTIONS, unknown=False, width=2),
            words("why", say.REASON, applies=lambda c: c.answers.get("ans") == "no"),
        ),
        facts=_answered,
    ),
    "held": Recording(
        form=form(
            "held",
            say.HELD,
            at(),
            words("by", say.BY_WHOM, say.BY_OPTIONS, unknown=True),
        ),
        facts=lambda c, new: [
            f.InterviewHeld(at=when(c), held_by=text(c, "by", say.BY_OPTIONS), **author(c, new))
        ],
    ),
}
