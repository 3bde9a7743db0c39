"""Found and back, and what follows: safe and well check, return interview."""

from __future__ import annotations

import msgspec

from handlers.chat import plain
from handlers.form import UNKNOWN, FormState, Ticks
from handlers.recording.questions import (
    NewId,
    Recording,
    at,
    author,
    back_or_found,
    choice,
    decides,
    form,
    options_of,
    text,
    when,
    words,
)
from handlers.recording.time_order import BACK, CHECK, FOUND, OFFERED
from handlers.wording import recording as say
from handlers.wording.form import NOT_ONE, SUMMARY, answer
from protocol import facts as f
from protocol.facts import Fact


def _found(c: FormState, new: NewId) -> list[Fact]:
    return [
        f.Located(
            at=when(c),
            where=text(c, "where"),
            return_unsafe=YES_OR_NO[c.answers["safe"]],
            contact_blocked=NOT[YES_OR_NO[c.answers["free"]]],
            **author(c, new),
        )
    ]


YES_OR_NO: dict[str, f.Answer] = {"yes": True, "no": False, UNKNOWN: "unknown"}
NOT: dict[f.Answer, f.Answer] = {True: False, False: True, "unknown": "unknown"}


def _unsafe(c: FormState) -> str:
    """A young person who may not be safe to go back, or cannot speak freely, is acted upon."""
    acted_upon = c.answers.get("safe") == "yes" or c.answers.get("free") == "no"
    return SUMMARY if acted_upon else ""


def _returned(c: FormState, new: NewId) -> list[Fact]:
    """The return, and what is known of the time away: of what was not ticked, no or not known."""
    ticked = c.answers["hurt"]
    rest: f.Answer = "unknown" if UNKNOWN in ticked else False

    def said(what: str) -> f.Answer:
        return True if what in ticked else rest

    at = when(c)
    return [
        f.Returned(at=at, **author(c, new)),
        f.WhileAway(
            at=at,
            harmed=said("harmed"),
            crime_suspected=said("suspected"),
            crime_victim=said("victim"),
            **author(c, new),
        ),
    ]


def _while_away(value: list[str] | str, _: FormState) -> str:
    ticked = [label for label, key in say.RETURNED_OPTIONS if key in value]
    rest = [answer(UNKNOWN)] if UNKNOWN in value else []
    return plain(", ".join([*ticked, *rest])) or NOT_ONE


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
        form=decides(
            "found",
            say.FOUND,
            at(FOUND),
            words("where", say.FOUND_WHERE, skip=say.SKIP, unknown=True),
            choice("safe", say.FOUND_SAFE, say.YES_NO, width=2),
            choice("free", say.FOUND_CONTACT, say.YES_NO, width=2),
            review=_unsafe,
        ),
        facts=_found,
    ),
    "back": Recording(
        form=form(
            "back",
            say.RETURNED,
            at(BACK),
            Ticks(
                key="hurt",
                label=say.LABELS["hurt"],
                ask=lambda _: say.RETURNED_HURT,
                options=options_of(say.RETURNED_OPTIONS),
                tell=_while_away,
            ),
        ),
        facts=_returned,
    ),
    "safewell": Recording(
        form=form(
            "safewell",
            say.SAFEWELL,
            choice("done", say.SAFEWELL_DONE, say.SAFEWELL_OPTIONS, unknown=False),
            at(CHECK, applies=lambda c: c.answers.get("done") == "yes"),
            words("why", say.REASON, applies=lambda c: c.answers.get("done") == "no"),
        ),
        facts=_safewell,
        needs=back_or_found,
    ),
    "offered": Recording(
        form=form(
            "offered",
            say.OFFERED,
            at(OFFERED),
            msgspec.structs.replace(
                words("by", say.BY_WHOM, say.BY_OPTIONS, unknown=True), label=say.OFFERED_BY
            ),
        ),
        facts=lambda c, new: [
            f.InterviewOffered(at=when(c), offered_by=text(c, "by"), **author(c, new))
        ],
        needs=back_or_found,
    ),
    "answered": Recording(
        form=form(
            "answered",
            say.ANSWERED,
            choice("ans", say.ANSWERED_ASK, say.ANSWERED_OPTIONS, unknown=False, width=2),
            words("why", say.REASON, applies=lambda c: c.answers.get("ans") == "no"),
        ),
        facts=_answered,
        needs=back_or_found,
    ),
}
