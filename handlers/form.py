"""Forms: a few questions on one message, answered with one thumb, kept on disk at every step.

The draft holds the answers; the question to ask is the first one that applies and has no answer.
So a restart changes nothing: the same draft leads to the same question. A tap names the step it
belongs to, and a tap on a step that is not the one now asked changes nothing.

An answer counts only as long as it holds: an option that is no longer there (another home, a young
person who has moved) or a time in an impossible order is asked again, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import msgspec

from handlers.chat import Button, Screen, rows
from handlers.paging import Item, code, label, named, page_number, paged
from handlers.times import explain, shown
from handlers.wording import form as say
from protocol.provider import Provider, Staff
from storage.model import Draft, Episode, Past, Person

UNKNOWN = "?"
"""The value kept for "don't know"."""
WORDS = '"'
"""Stands before typed words in an answer, so that they are never taken for a button's value."""

BACK, CANCEL, DONE, CHANGE = "<", "x", "ok", "no"
MORE = "more:"
OPTION = "."
"""Stands before an option in a button, so that no reference is taken for a word of the form."""

TEXT_LIMIT = 4000
"""Characters of one answer in words."""
LONG_TEXT = 3000
"""A text of this length may have been cut by the phone: more of it is waited for."""
SAME_TEXT = timedelta(seconds=10)
"""Parts of one pasted text arrive within this time."""
IN_ONE_PART = 4096
"""Characters at which a phone cuts a pasted text."""


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
    return next((s for s in form.steps if s.applies(state) and not _holds(s, state)), None)


def _holds(step: Question, state: FormState) -> bool:
    return step.key in state.answers and not problem(step, state)


def answered(form: Form, state: FormState) -> list[Question]:
    """The questions that were answered and still apply, in order."""
    return [s for s in form.steps if s.key in state.answers and s.applies(state)]


def finished(form: Form, state: FormState) -> bool:
    """Everything is answered, and nothing is left to be confirmed."""
    return current(form, state) is None and not form.review(state)


def _data(draft: Draft, step: str, value: str) -> str:
    return f"f:{draft.id}:{step}:{value}"


def _option(draft: Draft, step: Step, option: Option, text: str = "") -> Button:
    return Button(label(text or option.label), _data(draft, step.key, OPTION + code(option.value)))


def screen(form: Form, draft: Draft, state: FormState, hint: str = "", page: str = "") -> Screen:
    """The message as it should stand now: Continue or Save is the last button.

    page: the address on which words are typed; "": here.
    """
    step = current(form, state)
    lines = [say.title(form.title(state)), *([form.notice] if form.notice else [])]
    told = [
        say.given(known.label, known.tell(state.answers[known.key], state))
        for known in answered(form, state)
        if _holds(known, state)
    ]
    lines += [say.in_short(told)] if isinstance(step, Ticks) and told else told
    lines.append("")
    if step is not None and step.key in state.answers:
        hint = "\n".join(part for part in (hint, problem(step, state)) if part)
    if hint:
        lines += [hint, ""]
    buttons: ButtonRows = ()
    last: ButtonRows = ()
    if step is None:
        lines.append(form.review(state))
        last = [(Button(form.save_label or say.SAVE, _data(draft, "!", DONE)),)]
    else:
        question, buttons, last = _question(step, draft, state)
        if page and isinstance(step, Words):
            question, last = f"{question}\n{say.ON_A_PAGE}", [_writing(page), *last]
        lines.append(question)
    here = step.key if step else "!"
    tail = []
    if answered(form, state) or (step is not None and f"{step.key}~" in state.answers):
        tail.append(Button(say.BACK, _data(draft, here, BACK)))
    tail.append(Button(say.CANCEL, _data(draft, here, CANCEL)))
    if isinstance(step, Ticks) and len(buttons[-1:]) and step.unknown:
        tail, buttons = [*tail, *buttons[-1]], buttons[:-1]
    return Screen("\n".join(lines).strip(), (*buttons, tuple(tail), *last))


def _writing(page: str) -> tuple[Button, ...]:
    return (Button(say.WRITE, "", opens=page),)


ButtonRows: TypeAlias = Sequence[tuple[Button, ...]]
Asked: TypeAlias = tuple[str, ButtonRows, ButtonRows]
"""The question's text, its buttons, and the button to go on with, which stands last."""


def _question(step: Question, draft: Draft, state: FormState) -> Asked:
    dont_know: list[tuple[Button, ...]] = []
    if step.unknown:
        dont_know.append((Button(say.DONT_KNOW, _data(draft, step.key, UNKNOWN)),))
    match step:
        case When():
            question, buttons = _when_question(step, draft, state, dont_know)
            return question, buttons, []
        case Ticks():
            ticked = state.answers.get(f"{step.key}~", list(step.preset(state)))
            ticks = [
                _option(draft, step, o, say.ticked(o.label) if o.value in ticked else "")
                for o in step.options(state)
            ]
            if step.unknown and ticked:
                dont_know = [(Button(say.REST_UNKNOWN, _data(draft, step.key, UNKNOWN)),)]
            done = say.these(len(ticked)) if ticked else say.NONE_OF_THESE
            go_on = [(Button(done, _data(draft, step.key, DONE)),)]
            shown_page = state.answers.get(f"{step.key}{PAGE_OF_TICKS}", 0)
            ticking = paged(
                step.ask(state),
                [Item("", (row,)) for row in rows(ticks, step.width)],
                shown_page if isinstance(shown_page, int) else 0,
                lambda number: _data(draft, step.key, f"{MORE}{number}"),
                most_items=PAGE,
            )
            return ticking.text, [*ticking.rows, *dont_know], go_on
        case Choice(options=options, width=width):
            page = state.answers.get(f"{step.key}~", 0)
            found = [_option(draft, step, o) for o in options(state)]
            listed = paged(
                step.ask(state),
                [Item("", (row,)) for row in rows(found, width)],
                page if isinstance(page, int) else 0,
                lambda number: _data(draft, step.key, f"{MORE}{number}"),
                most_items=PAGE,
            )
            return listed.text, [*listed.rows, *dont_know], []
        case Words(options=options):
            if kept := kept_words(step.key, state.answers):
                return _kept_question(step, kept, draft)
            usual = [_option(draft, step, o) for o in options(state)]
            if step.skip:
                usual.append(Button(step.skip, _data(draft, step.key, "")))
            return step.ask(state), [*rows(usual, 2), *dont_know], []


PAGE_OF_TICKS = "#~"
"""Behind a question's key: which page of its options is shown."""
PAGE = 8
"""Rows of options on one screen: with the question and what stands below, no more than a phone
shows."""


def kept_words(key: str, answers: Mapping[str, Any]) -> str:
    """A long text that waits to be confirmed as the answer to this question; "" if none."""
    kept = answers.get(f"{key}~")
    return str(kept["text"]) if isinstance(kept, dict) else ""


def _kept_question(step: Words, kept: str, draft: Draft) -> Asked:
    anew = [(Button(say.TYPE_ANEW, _data(draft, step.key, CHANGE)),)]
    if len(kept) <= TEXT_LIMIT:
        done = Button(say.THAT_IS_ALL, _data(draft, step.key, DONE))
        return say.long_text(len(kept)), anew, [(done,)]
    all_of_it = Button(say.KEEP_ALL, _data(draft, step.key, DONE))
    return say.too_long(len(kept), TEXT_LIMIT), anew, [(all_of_it,)]


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
    """The moment (UTC) in the value of a button."""
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


def moment(answers: Mapping[str, Any], key: str) -> datetime | None:
    """A kept time as aware UTC; None for unknown, none or not asked."""
    value = answers.get(key)
    return datetime.fromisoformat(value) if value and value != UNKNOWN else None
