"""What the forms of a card are built from: questions about when, who and how, and their facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import msgspec

from handlers.chat import plain
from handlers.form import UNKNOWN, WORDS, Choice, Form, FormState, Option, When, Words, moment
from handlers.form_screen import TEXT_LIMIT, ago, stamp
from handlers.recording.time_order import in_order
from handlers.times import shown
from handlers.wording import recording as say
from handlers.wording.form import SUMMARY, answer, how_much
from protocol import facts as f
from protocol.counting import last_of
from protocol.facts import Fact
from protocol.fold import fold

NewId: TypeAlias = Callable[[], str]
Facts: TypeAlias = Callable[[FormState, NewId], list[Fact]]


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """A form on the card and what it writes."""

    form: Form
    facts: Facts
    manager_only: bool = False
    needs: Callable[[FormState], str] = lambda _: ""
    """Why this cannot be recorded of the case as it stands now; "" if it can."""


def quick(state: FormState) -> list[Option]:
    """The usual answers to "when": counted back from now, and the time they were due back."""
    times = [
        Option("Just now", ago(0)),
        Option("15 min ago", ago(15)),
        Option("30 min ago", ago(30)),
        Option("1 h ago", ago(60)),
    ]
    due = due_back(state)
    if due is not None and due <= state.now:
        times.append(Option(say.AT_DUE_BACK, stamp(due)))
    return times


def due_back(state: FormState) -> datetime | None:
    """When the young person was due back, as now on record; None without a set time."""
    return fold(state.episode.facts).due_back_at if state.episode else None


def options_of(pairs: Sequence[tuple[str, str]]) -> Any:
    """Buttons from pairs of label and value."""
    return lambda _: [Option(label, value) for label, value in pairs]


def tell_pair(pairs: Sequence[tuple[str, str]], said: Mapping[str, str] | None = None) -> Any:
    """The label of the answer, for the review; `said`: in full words where the button is short."""
    labels = {value: label for label, value in pairs} | dict(said or {})
    return lambda value, _: plain(labels[value]) if value in labels else answer(value)


def tell_words(pairs: Sequence[tuple[str, str]] = (), nothing: str = say.NOTHING_WRITTEN) -> Any:
    """The answer in words: a label of the pairs, how much was typed, or `nothing` if it was left
    out."""
    labels = {value: label for label, value in pairs}

    def tell(value: str, _: FormState) -> str:
        if value == UNKNOWN:
            return answer(value)
        if value.startswith(WORDS):
            return how_much(value[len(WORDS) :])
        return plain(labels.get(value, value)) or nothing

    return tell


def tell_when(value: Any, state: FormState) -> str:
    """A moment as it is read back in the review."""
    return answer(value) if value == UNKNOWN else shown(datetime.fromisoformat(value), state.now)


def at(
    what: str, ask: str = say.AT, *, unknown: bool = False, key: str = "at", **more: Any
) -> When:
    """When? `what`: one of the names in `time_order`, for times that cannot be."""
    return When(
        conflict=in_order(what),
        key=key,
        label=say.LABELS["at"],
        ask=lambda _: ask,
        quick=quick,
        tell=tell_when,
        unknown=unknown,
        **more,
    )


def choice(
    key: str,
    ask: str,
    pairs: Sequence[tuple[str, str]],
    *,
    unknown: bool = True,
    labels: Mapping[str, str] = say.LABELS,
    said: Mapping[str, Any] = say.SAID,
    **more: Any,
) -> Choice:
    """A question with a few buttons."""
    return Choice(
        key=key,
        label=labels[key],
        ask=lambda _: ask,
        options=options_of(pairs),
        tell=tell_pair(pairs, said.get(key)),
        unknown=unknown,
        **more,
    )


def words(
    key: str,
    ask: str,
    pairs: Sequence[tuple[str, str]] = (),
    *,
    skip: str = "",
    unknown: bool = False,
    **more: Any,
) -> Words:
    """A question that is answered in words."""
    return Words(
        key=key,
        label=say.LABELS[key],
        ask=lambda _: ask,
        options=options_of(pairs),
        tell=tell_words(pairs, say.NOTHING_WRITTEN if skip in ("", say.SKIP) else skip.lower()),
        skip=skip,
        unknown=unknown,
        **more,
    )


def decides(kind: str, title: str, *steps: Any, review: Any = None, **more: Any) -> Form:
    """A form whose answers have consequences: all of them are shown before Save; typed words by
    their number, as they do not come back into the chat."""
    return form(kind, title, *steps, review=review or (lambda _: SUMMARY), **more)


def form(kind: str, title: str, *steps: Any, **more: Any) -> Form:
    """A form about an episode, with its reference in the heading."""
    return Form(kind=kind, title=lambda c: _heading(c, title), steps=steps, **more)


def _heading(state: FormState, title: str) -> str:
    title = state.answers.get("title") or title
    return f"{state.episode.ref} · {title}" if state.episode else title


def author(state: FormState, new_id: NewId) -> dict[str, Any]:
    """The fields that every fact has: id, who, when it was recorded."""
    return {"id": new_id(), "by": state.staff.id, "recorded_at": state.now}


def when(state: FormState, key: str = "at") -> datetime:
    """The time that was given; "don't know" is written as the moment of writing."""
    return moment(state.answers, key) or state.now


def text(state: FormState, key: str) -> str:
    """What was said: a usual answer or the person's own words, as much as one entry holds."""
    return own_words(state.answers.get(key))[0]


def own_words(value: Any) -> tuple[str, str]:
    """The answer as text, and what of it one entry does not hold; cut between words."""
    if not isinstance(value, str) or value == UNKNOWN:
        return "", ""
    if not value.startswith(WORDS):
        return value, ""
    words = value[len(WORDS) :]
    if len(words) <= TEXT_LIMIT:
        return words, ""
    cut = max(words.rfind(" ", 0, TEXT_LIMIT), words.rfind("\n", 0, TEXT_LIMIT))
    cut = cut if cut > TEXT_LIMIT // 2 else TEXT_LIMIT
    return words[:cut].rstrip(), words[cut:].lstrip()


def words_as_notes(state: FormState, steps: Sequence[Any], new_id: NewId) -> list[Fact]:
    """Everything that was typed, as notes: for answers about an entry that is not on record any
    more, so that what somebody wrote is."""
    notes: list[Fact] = []
    for step in steps:
        rest = state.answers.get(step.key) if isinstance(step, Words) else None
        rest = rest if isinstance(rest, str) and rest.startswith(WORDS) else ""
        while rest:
            part, rest = own_words(rest)
            notes.append(f.Note(at=state.now, text=part, **author(state, new_id)))
            rest = f"{WORDS}{rest}" if rest else ""
    return notes


def rest_as_notes(state: FormState, steps: Sequence[Any], new_id: NewId) -> list[Fact]:
    """What of long answers did not fit into their entries, as notes beside them."""
    notes: list[Fact] = []
    for step in steps:
        rest = own_words(state.answers.get(step.key))[1] if isinstance(step, Words) else ""
        while rest:
            part, rest = own_words(WORDS + rest)
            notes.append(f.Note(at=state.now, text=part, **author(state, new_id)))
    return notes


def last(state: FormState, kind: type[Fact]) -> Any:
    """The fact of this kind that counts now and was recorded last; None without one."""
    return last_of(state.episode.facts, kind) if state.episode else None


def child(c: FormState) -> f.Child:
    """The young person as now on record."""
    return fold(c.episode.facts if c.episode else ()).child


def back_or_found(c: FormState) -> str:
    """What follows a return can be recorded once there is one."""
    return "" if last(c, f.Located) or last(c, f.Returned) else say.NOT_BACK_YET
