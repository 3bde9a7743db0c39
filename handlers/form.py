"""Forms: a few questions on one message, answered with one thumb, kept on disk at every step.

The draft holds the answers; the question to ask is the first one that applies and has no answer.
So a restart changes nothing: the same draft leads to the same question. A tap names the step it
belongs to, and a tap on a step that is not the one now asked changes nothing.

An answer counts only as long as it holds: an option that is no longer there (another home, a young
person who has moved) or a time in an impossible order is asked again, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import msgspec

from handlers.wording import form as say
from protocol.provider import Provider, Staff
from storage.model import Episode, Past, Person

UNKNOWN = "?"
"""The value kept for "don't know"."""
WORDS = '"'
"""Stands before typed words in an answer, so that they are never taken for a button's value."""


class FormState(msgspec.Struct, frozen=True, kw_only=True):
    """What a question may look at: the answers so far, the time (UTC), who asks, and the case."""

    answers: Mapping[str, Any]
    now: datetime
    staff: Staff
    service: Provider
    people: Sequence[Person] = ()
    open_cases: Mapping[str, str] = {}
    """Young person -> reference of their open case."""
    episode: Episode | None = None
    history: Sequence[Past] = ()
    late: bool = False
    level: int = 1
    """The level that the case shows now."""
    young_below: int = 12
    """Below this age a young person counts as young (the pack's setting)."""


class Option(msgspec.Struct, frozen=True):
    """A button of a question: what it says, and the answer that it gives."""

    label: str
    value: str


Options: TypeAlias = Callable[[FormState], Sequence[Option]]
Text: TypeAlias = Callable[[FormState], str]


def always(_: FormState) -> bool:
    """For a question that is asked in every case."""
    return True


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A question. `key` is short: it travels in every button."""

    key: str
    ask: Text
    label: str
    """What the answer is called in the list of answers above the question."""
    applies: Callable[[FormState], bool] = always
    tell: Callable[[Any, FormState], str] = lambda value, _: say.answer(value)
    """How the answer reads in that list."""
    unknown: bool = True
    """Offer "Don't know"."""
    wrong: Callable[[Any, FormState], str] = lambda *_: ""
    """Why an answer of words or ticks is not taken; "" if it is."""


class Choice(Step, frozen=True, kw_only=True):
    """One of a few buttons."""

    options: Options
    width: int = 1


class Ticks(Step, frozen=True, kw_only=True):
    """Any number of buttons, each on or off, and "none of these"."""

    options: Options
    width: int = 2
    preset: Callable[[FormState], Sequence[str]] = lambda _: ()


class When(Step, frozen=True, kw_only=True):
    """A moment in the past: quick buttons, or typed and confirmed."""

    quick: Options
    conflict: Callable[[datetime, FormState], str] = lambda *_: ""
    """Why this moment cannot be right beside what is known; "" if it can."""
    optional: str = ""
    """Label of a button for "there is none" (no set time), if that is an answer."""


class Words(Step, frozen=True, kw_only=True):
    """Typed words, with buttons for usual answers. Taken out of the chat once kept.

    A long text is kept until the person says that it is all: the phone may have cut it in parts.
    """

    options: Options = lambda _: ()
    skip: str = ""


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """Questions in order, and what becomes of the answers."""

    kind: str
    title: Text
    notice: str = ""
    """A line under the title on every screen of the form."""
    steps: tuple[Choice | Ticks | When | Words, ...]
    review: Text = lambda _: ""
    """What is asked before saving; where it is "", the last answer saves."""
    save_label: str = ""


Question: TypeAlias = Choice | Ticks | When | Words


def problem(step: Question, state: FormState) -> str:
    """Why the answer to this question no longer holds, or could not be; "" if it holds."""
    value = state.answers[step.key]
    if value == UNKNOWN and step.unknown:
        return ""
    match step:
        case Choice(options=options):
            return "" if value in {o.value for o in options(state)} else say.NO_LONGER
        case Ticks(options=options):
            there = {o.value for o in options(state)} | {UNKNOWN}
            there_are_all = isinstance(value, list) and there.issuperset(value)
            return step.wrong(value, state) if there_are_all else say.NO_LONGER
        case When():
            if value == UNKNOWN:
                return say.NO_LONGER
            return step.conflict(datetime.fromisoformat(value), state) if value else ""
        case Words(options=options):
            typed = not value or value.startswith(WORDS)
            known = typed or value in {o.value for o in options(state)}
            return step.wrong(value, state) if known else say.NO_LONGER


def current(form: Form, state: FormState) -> Question | None:
    """The question to ask now; None when all are answered."""
    return next((s for s in form.steps if s.applies(state) and not holds(s, state)), None)


def holds(step: Question, state: FormState) -> bool:
    """Whether the question has an answer that still stands."""
    return step.key in state.answers and not problem(step, state)


def answered(form: Form, state: FormState) -> list[Question]:
    """The questions that were answered and still apply, in order."""
    return [s for s in form.steps if s.key in state.answers and s.applies(state)]


def finished(form: Form, state: FormState) -> bool:
    """Everything is answered, and nothing is left to be confirmed."""
    return current(form, state) is None and not form.review(state)


def moment(answers: Mapping[str, Any], key: str) -> datetime | None:
    """A kept time as aware UTC; None for unknown, none or not asked."""
    value = answers.get(key)
    return datetime.fromisoformat(value) if value and value != UNKNOWN else None
