"""Forms: a few questions on one message, answered with one thumb, kept on disk at every step.

The draft holds the answers; the question to ask is the first one that applies and has no answer.
So a restart changes nothing: the same draft leads to the same question. A tap names the step it
belongs to, and a tap on a step that is not the one now asked changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

import msgspec

from handlers.chat import Button, Screen, rows
from handlers.times import explain, shown
from handlers.wording import form as say
from protocol.provider import Provider, Staff
from storage.model import Draft, Episode, Past, Person

UNKNOWN = "?"
"""The value kept for "don't know"."""

BACK, CANCEL, DONE, CHANGE = "<", "x", "ok", "no"
MORE = "more:"


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


class Option(msgspec.Struct, frozen=True):
    label: str
    value: str


Options: TypeAlias = Callable[[FormState], Sequence[Option]]
Text: TypeAlias = Callable[[FormState], str]


def always(_: FormState) -> bool:
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


class Choice(Step, frozen=True, kw_only=True):
    """One of a few buttons."""

    options: Options
    width: int = 1


class Ticks(Step, frozen=True, kw_only=True):
    """Any number of buttons, each on or off, and "none of these"."""

    options: Options
    preset: Callable[[FormState], Sequence[str]] = lambda _: ()


class When(Step, frozen=True, kw_only=True):
    """A moment in the past: quick buttons, or typed and confirmed."""

    quick: Options
    not_before: Callable[[FormState], datetime | None] = lambda _: None
    optional: str = ""
    """Label of a button for "there is none" (no set time), if that is an answer."""


class Words(Step, frozen=True, kw_only=True):
    """A few typed words, with buttons for usual answers. Taken out of the chat once kept."""

    options: Options = lambda _: ()
    longest: int = 500
    skip: str = ""


class Form(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    title: Text
    notice: str = ""
    """A line under the title on every screen of the form."""
    steps: tuple[Choice | Ticks | When | Words, ...]
    review: Text | None = None
    """What is asked before saving; without it, the last answer saves."""
    save_label: str = ""


class Taken(msgspec.Struct, frozen=True):
    """What a tap or a text did to the answers; `hint` is shown above the question."""

    answers: dict[str, Any]
    hint: str = ""
    finished: bool = False
    cancelled: bool = False
    sensitive: bool = False
    """The typed message held free text: take it out of the chat."""


def current(form: Form, state: FormState) -> Choice | Ticks | When | Words | None:
    """The question to ask now; None when all are answered."""
    return next((s for s in form.steps if s.key not in state.answers and s.applies(state)), None)


def answered(form: Form, state: FormState) -> list[Choice | Ticks | When | Words]:
    return [s for s in form.steps if s.key in state.answers and s.applies(state)]


def _data(draft: Draft, step: str, value: str) -> str:
    return f"f:{draft.id}:{step}:{value}"


def screen(form: Form, draft: Draft, state: FormState, hint: str = "") -> Screen:
    """The message as it should stand now."""
    step = current(form, state)
    lines = [say.title(form.title(state)), *([form.notice] if form.notice else [])]
    lines += [
        say.given(s.label, s.tell(state.answers[s.key], state)) for s in answered(form, state)
    ]
    lines.append("")
    if hint:
        lines += [hint, ""]
    buttons: list[tuple[Button, ...]]
    if step is None:
        lines.append(form.review(state) if form.review else "")
        buttons = [(Button(form.save_label or say.SAVE, _data(draft, "!", DONE)),)]
    else:
        question, buttons = _question(step, draft, state)
        lines.append(question)
    tail = []
    if answered(form, state) or (step is not None and f"{step.key}~" in state.answers):
        tail.append(Button(say.BACK, _data(draft, step.key if step else "!", BACK)))
    tail.append(Button(say.CANCEL, _data(draft, step.key if step else "!", CANCEL)))
    return Screen("\n".join(lines).strip(), (*buttons, tuple(tail)))


def _question(
    step: Choice | Ticks | When | Words, draft: Draft, state: FormState
) -> tuple[str, list[tuple[Button, ...]]]:
    dont_know: list[tuple[Button, ...]] = []
    if step.unknown:
        dont_know.append((Button(say.DONT_KNOW, _data(draft, step.key, UNKNOWN)),))
    match step:
        case When():
            return _when_question(step, draft, state, dont_know)
        case Ticks():
            ticked = state.answers.get(f"{step.key}~", list(step.preset(state)))
            options = step.options(state)
            buttons = [
                Button(
                    say.ticked(o.label) if o.value in ticked else o.label,
                    _data(draft, step.key, o.value),
                )
                for o in options
            ]
            done = say.these(len(ticked)) if ticked else say.NONE_OF_THESE
            return step.ask(state), [
                (Button(done, _data(draft, step.key, DONE)),),
                *rows(buttons, 2),
                *dont_know,
            ]
        case Choice(options=options, width=width):
            page = int(state.answers.get(f"{step.key}~", 0))
            return step.ask(state), [
                *_paged(step, draft, options(state), width, page),
                *dont_know,
            ]
        case Words(options=options):
            buttons = [Button(o.label, _data(draft, step.key, o.value)) for o in options(state)]
            if step.skip:
                buttons.append(Button(step.skip, _data(draft, step.key, "")))
            return step.ask(state), [*rows(buttons, 2), *dont_know]


PAGE = 16


def _paged(
    step: Choice, draft: Draft, options: Sequence[Option], width: int, page: int
) -> list[tuple[Button, ...]]:
    """Long lists turn pages, so that a screen stays a screen."""
    part = options[page * PAGE : (page + 1) * PAGE]
    found = [*rows([Button(o.label, _data(draft, step.key, o.value)) for o in part], width)]
    turn = []
    if page:
        turn.append(Button(say.EARLIER, _data(draft, step.key, f"{MORE}{page - 1}")))
    if len(options) > (page + 1) * PAGE:
        turn.append(Button(say.LATER, _data(draft, step.key, f"{MORE}{page + 1}")))
    return [*found, tuple(turn)] if turn else found


def _when_question(
    step: When, draft: Draft, state: FormState, dont_know: list[tuple[Button, ...]]
) -> tuple[str, list[tuple[Button, ...]]]:
    offered = [datetime.fromisoformat(t) for t in state.answers.get(f"{step.key}~", ())]
    if offered:
        buttons = [
            (
                Button(
                    say.yes_at(shown(t, state.now)) if len(offered) == 1 else shown(t, state.now),
                    _data(draft, step.key, stamp(t)),
                ),
            )
            for t in offered
        ]
        question = say.is_it(shown(offered[0], state.now)) if len(offered) == 1 else say.WHICH
        return question, [*buttons, (Button(say.ANOTHER_TIME, _data(draft, step.key, CHANGE)),)]
    quick = [Button(o.label, _data(draft, step.key, o.value)) for o in step.quick(state)]
    if step.optional:
        quick.append(Button(step.optional, _data(draft, step.key, "-")))
    return step.ask(state), [*rows(quick, 2), *dont_know]


def stamp(moment: datetime) -> str:
    """A moment in a button: minutes since 1970, UTC."""
    return f"t{int(moment.timestamp()) // 60}"


def unstamp(value: str) -> datetime:
    return datetime.fromtimestamp(int(value[1:]) * 60, UTC)


def ago(minutes: int) -> str:
    """A quick answer, counted back from the moment it is tapped."""
    return f"a{minutes}"


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
    if value == UNKNOWN and step.unknown:
        answers.pop(pending, None)
        answers[step.key] = UNKNOWN
        return _taken(form, state, answers)
    match step:
        case Ticks(options=options):
            ticked = list(answers.get(pending, step.preset(state)))
            if value == DONE:
                answers.pop(pending, None)
                answers[step.key] = ticked
                return _taken(form, state, answers)
            if value not in {o.value for o in options(state)}:
                return None
            answers[pending] = (
                [t for t in ticked if t != value] if value in ticked else [*ticked, value]
            )
            return Taken(answers)
        case When():
            return _tap_when(form, step, state, answers, value)
        case Choice(options=options):
            if value.startswith(MORE):
                answers[pending] = int(value[len(MORE) :])
                return Taken(answers)
            if value not in {o.value for o in options(state)}:
                return None
            answers.pop(pending, None)
        case Words(options=options):
            if value not in {o.value for o in options(state)} | ({""} if step.skip else set()):
                return None
    answers[step.key] = value
    return _taken(form, state, answers)


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
    try:
        moment = (
            state.now.timestamp() - int(value[1:]) * 60
            if value.startswith("a")
            else unstamp(value).timestamp()
        )
    except (ValueError, OverflowError, OSError):
        return None
    at = datetime.fromtimestamp(moment // 60 * 60, UTC)
    if state.late and value.startswith("a"):
        answers[pending] = [at.isoformat()]
        return Taken(answers, hint=say.LATE_TAP)
    if not offered and value.startswith("t") and value not in {o.value for o in step.quick(state)}:
        return None
    return _keep_time(form, step, state, answers, at)


def _keep_time(
    form: Form, step: When, state: FormState, answers: dict[str, Any], at: datetime
) -> Taken:
    earliest = step.not_before(state)
    if earliest is not None and at < earliest.replace(second=0, microsecond=0):
        return Taken(answers, hint=say.too_early(shown(at, state.now), shown(earliest, state.now)))
    answers[step.key] = at.isoformat()
    return _taken(form, state, answers)


def typed(form: Form, state: FormState, text: str) -> Taken:
    """What typed words do to the question that is asked now."""
    answers = dict(state.answers)
    step = current(form, state)
    match step:
        case When():
            found = explain(text, state.now)
            answers.pop(f"{step.key}~", None)
            if not found.readings:
                reason = found.refused.value if found.refused else ""
                if found.likely is None:
                    return Taken(answers, hint=say.refused(reason))
                answers[f"{step.key}~"] = [found.likely.astimezone(UTC).isoformat()]
                return Taken(answers, hint=say.refused(reason, offering=True))
            answers[f"{step.key}~"] = [t.astimezone(UTC).isoformat() for t in found.readings[:6]]
            return Taken(answers)
        case Words():
            words = " ".join(text.split())
            if not words:
                return Taken(answers, hint=say.EMPTY)
            if len(words) > step.longest:
                return Taken(answers, hint=say.too_long(len(words), step.longest), sensitive=True)
            answers[step.key] = words
            return _taken(form, state, answers, sensitive=True)
        case Choice(options=options) | Ticks(options=options):
            wanted = text.casefold().strip()
            match_ = [o for o in options(state) if o.label.casefold() == wanted]
            if match_ and isinstance(step, Choice):
                answers.pop(f"{step.key}~", None)
                answers[step.key] = match_[0].value
                return _taken(form, state, answers)
            return Taken(answers, hint=say.USE_BUTTONS, sensitive=True)
        case _:
            return Taken(answers, hint=say.USE_BUTTONS, sensitive=True)


def _taken(
    form: Form, state: FormState, answers: dict[str, Any], *, sensitive: bool = False
) -> Taken:
    """Answers that no longer apply are dropped; a form without review ends with its last answer."""
    after = msgspec.structs.replace(state, answers=answers)
    for step in form.steps:
        if step.key in answers and not step.applies(after):
            del answers[step.key]
    finished = form.review is None and current(form, after) is None
    return Taken(answers, finished=finished, sensitive=sensitive)


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
    if before:
        del answers[before[-1].key]
    return answers


def moment(answers: Mapping[str, Any], key: str) -> datetime | None:
    """A kept time as aware UTC; None for unknown, none or not asked."""
    value = answers.get(key)
    return datetime.fromisoformat(value) if value and value != UNKNOWN else None
