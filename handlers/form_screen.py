"""The message of a form as it should stand now: what was answered, the question, its buttons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

from handlers.chat import Button, Screen, rows
from handlers.form import (
    UNKNOWN,
    Choice,
    Form,
    FormState,
    Option,
    Question,
    Step,
    Ticks,
    When,
    Words,
    answered,
    current,
    holds,
    problem,
)
from handlers.paging import Item, code, label, paged
from handlers.times import shown
from handlers.wording import form as say
from storage.model import Draft

BACK, CANCEL, DONE, CHANGE = "<", "x", "ok", "no"
MORE = "more:"
OPTION = "."
"""Stands before an option in a button, so that no reference is taken for a word of the form."""

TEXT_LIMIT = 4000
"""Characters of one answer in words."""


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
        if holds(known, state)
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
