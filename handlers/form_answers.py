"""What a tap or typed words do to a form: the answers as they are then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from handlers.form import (
    UNKNOWN,
    WORDS,
    Choice,
    Form,
    FormState,
    Ticks,
    When,
    Words,
    answered,
    current,
    finished,
)
from handlers.form_screen import (
    BACK,
    CANCEL,
    CHANGE,
    DONE,
    MORE,
    OPTION,
    PAGE_OF_TICKS,
    TEXT_LIMIT,
    kept_words,
    stamp,
    unstamp,
)
from handlers.paging import named, page_number
from handlers.times import explain
from handlers.wording import form as say

LONG_TEXT = 3000
"""A text of this length may have been cut by the phone: more of it is waited for."""
SAME_TEXT = timedelta(seconds=10)
"""Parts of one pasted text arrive within this time."""
IN_ONE_PART = 4096
"""Characters at which a phone cuts a pasted text."""


class Taken(msgspec.Struct, frozen=True):
    """What a tap or a text did to the answers; `hint` is shown above the question."""

    answers: dict[str, Any]
    hint: str = ""
    finished: bool = False
    cancelled: bool = False
    sensitive: bool = False
    """The typed message held free text: take it out of the chat."""
    kept: bool = True
    """The typed words are in the answers; if not, they are kept elsewhere or said to be lost."""


def tap(form: Form, state: FormState, step_key: str, value: str) -> Taken | None:
    """What a tapped button does; None when it belongs to a question that is no longer asked."""
    answers = dict(state.answers)
    step = current(form, state)
    if step_key != (step.key if step else "!"):
        return None
    if value == CANCEL:
        return Taken(answers, cancelled=True)
    if value == BACK:
        return Taken(_back(form, state))
    if step is None:
        return Taken(answers, finished=value == DONE)
    pending = f"{step.key}~"
    if isinstance(step, Ticks):
        return _tap_ticks(form, step, state, answers, value)
    if value == UNKNOWN and step.unknown:
        answers.pop(pending, None)
        answers[step.key] = UNKNOWN
        return _taken(form, state, answers)
    if isinstance(step, When):
        return _tap_when(form, step, state, answers, value)
    if isinstance(step, Choice) and value.startswith(MORE):
        answers[pending] = page_number(value[len(MORE) :])
        return Taken(answers)
    if isinstance(step, Words) and (kept := kept_words(step.key, answers)):
        if value not in (DONE, CHANGE):
            return None
        del answers[pending]
        if value == CHANGE:
            return Taken(answers)
        answers[step.key] = WORDS + kept
        return _taken(form, state, answers)
    if isinstance(step, Words) and step.skip and value == "":
        answers[step.key] = ""
        return _taken(form, state, answers)
    chosen = _chosen(step, state, value)
    if chosen is None:
        return None
    answers.pop(pending, None)
    answers[step.key] = chosen
    return _taken(form, state, answers)


def _chosen(step: Choice | Ticks | Words, state: FormState, value: str) -> str | None:
    """The option that a button stands for, if it is still offered."""
    if not value.startswith(OPTION):
        return None
    return named(value[len(OPTION) :], [o.value for o in step.options(state)])


def _tap_ticks(
    form: Form, step: Ticks, state: FormState, answers: dict[str, Any], value: str
) -> Taken | None:
    """ "Don't know" keeps what is ticked: then only the rest is unknown."""
    pending = f"{step.key}~"
    there = {o.value for o in step.options(state)}
    ticked = [t for t in answers.get(pending, step.preset(state)) if t in there]
    if value.startswith(MORE):
        answers[f"{step.key}{PAGE_OF_TICKS}"] = page_number(value[len(MORE) :])
        return Taken(answers)
    if value in (UNKNOWN, DONE):
        answers.pop(f"{step.key}{PAGE_OF_TICKS}", None)
    if value == UNKNOWN and step.unknown:
        answers.pop(pending, None)
        answers[step.key] = [*ticked, UNKNOWN] if ticked else UNKNOWN
        return _taken(form, state, answers)
    if value == DONE:
        answers.pop(pending, None)
        answers[step.key] = ticked
        return _taken(form, state, answers)
    chosen = _chosen(step, state, value)
    if chosen is None:
        return None
    answers[pending] = [t for t in ticked if t != chosen] if chosen in ticked else [*ticked, chosen]
    return Taken(answers)


def _tap_when(
    form: Form, step: When, state: FormState, answers: dict[str, Any], value: str
) -> Taken | None:
    pending = f"{step.key}~"
    offered = answers.pop(pending, None)
    if value == CHANGE:
        return Taken(answers)
    if value == "-" and step.optional:
        answers[step.key] = ""
        return _taken(form, state, answers)
    quick = {o.value for o in step.quick(state)}
    waiting = {stamp(datetime.fromisoformat(t)) for t in offered or ()}
    if value not in quick | waiting:
        return None
    try:
        minutes = int(value[1:])
        moment = state.now - timedelta(minutes=minutes) if value[0] == "a" else unstamp(value)
    except (ValueError, OverflowError, OSError):
        return None
    at = moment.replace(second=0, microsecond=0)
    if state.late and value.startswith("a"):
        answers[pending] = [at.isoformat()]
        return Taken(answers, hint=say.LATE_TAP)
    return _keep_time(form, step, state, answers, at)


def _keep_time(
    form: Form, step: When, state: FormState, answers: dict[str, Any], at: datetime
) -> Taken:
    if conflict := step.conflict(at, state):
        answers.pop(step.key, None)
        return Taken(answers, hint=conflict)
    answers[step.key] = at.isoformat()
    return _taken(form, state, answers)


def _names(state: FormState) -> frozenset[str]:
    """The words of the names of homes, staff and young people: harmless beside a typed time."""
    names = [home.name for home in state.service.homes]
    names += [person.name for person in state.service.staff]
    names += [person.name for person in state.people]
    return frozenset(" ".join(names).casefold().split())


def typed(form: Form, state: FormState, text: str) -> Taken:
    """What typed words do to the question that is asked now."""
    answers = dict(state.answers)
    step = current(form, state)
    match step:
        case When():
            found = explain(text, state.now, _names(state))
            answers.pop(f"{step.key}~", None)
            if not found.readings:
                reason = found.refused.value if found.refused else ""
                if found.likely is None:
                    return Taken(answers, hint=say.refused(reason), kept=False)
                answers[f"{step.key}~"] = [found.likely.astimezone(UTC).isoformat()]
                return Taken(answers, hint=say.refused(reason, offering=True), kept=False)
            answers[f"{step.key}~"] = [t.astimezone(UTC).isoformat() for t in found.readings[:6]]
            return Taken(answers)
        case Words():
            return _typed_words(form, step, state, answers, text)
        case Choice(options=options):
            wanted = text.casefold().strip()
            match_ = [o for o in options(state) if o.label.casefold() == wanted]
            if match_:
                answers.pop(f"{step.key}~", None)
                answers[step.key] = match_[0].value
                return _taken(form, state, answers)
    return Taken(answers, hint=say.USE_BUTTONS, sensitive=True, kept=False)


def _typed_words(
    form: Form, step: Words, state: FormState, answers: dict[str, Any], text: str
) -> Taken:
    words = tidy(text)
    if not words:
        return Taken(answers, hint=say.EMPTY)
    kept = answers.get(f"{step.key}~")
    if isinstance(kept, dict):
        before, at = str(kept["text"]), datetime.fromisoformat(kept["at"])
        if state.now - at <= SAME_TEXT or len(before) <= TEXT_LIMIT:
            words = joined(before, words)
    elif len(words) < LONG_TEXT:
        answers[step.key] = WORDS + words
        return _taken(form, state, answers, sensitive=True)
    if len(words) < LONG_TEXT:  # a shorter text in the place of one that was too long
        del answers[f"{step.key}~"]
        answers[step.key] = WORDS + words
        return _taken(form, state, answers, sensitive=True)
    answers[f"{step.key}~"] = {"text": words, "at": state.now.isoformat()}
    return Taken(answers, sensitive=True)


def tidy(text: str) -> str:
    """Typed words without stray spaces; paragraphs stay."""
    lines = [" ".join(line.split()) for line in text.strip().splitlines()]
    return "\n".join(lines)


def joined(first: str, then: str) -> str:
    """Two parts of one text. A phone cuts at the limit in the middle of a word if it has to."""
    return f"{first}{'' if len(first) % IN_ONE_PART == 0 else ' '}{then}"


def _taken(
    form: Form, state: FormState, answers: dict[str, Any], *, sensitive: bool = False
) -> Taken:
    """Answers that no longer apply are dropped; a form without review ends with its last answer."""
    after = msgspec.structs.replace(state, answers=answers)
    for step in form.steps:
        if step.key in answers and not step.applies(after):
            del answers[step.key]
    return Taken(answers, finished=finished(form, after), sensitive=sensitive)


def _back(form: Form, state: FormState) -> dict[str, Any]:
    """Takes back the last thing that was said: a time waiting for its tap, else an answer."""
    answers = dict(state.answers)
    step = current(form, state)
    if (
        step is not None
        and answers.pop(f"{step.key}~", None) is not None
        and isinstance(step, When)
    ):
        return answers
    before = answered(form, state)
    if step is not None:
        before = [s for s in before if form.steps.index(s) < form.steps.index(step)]
    if step is not None and step.key in answers:
        del answers[step.key]
    elif before:
        del answers[before[-1].key]
    return answers
