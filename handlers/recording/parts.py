"""What the forms of a card are built from: questions about when, who and how, and their facts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import msgspec

from handlers.chat import plain
from handlers.form import UNKNOWN, Choice, Form, FormState, Option, When, Words, ago, moment, stamp
from handlers.times import shown
from handlers.wording import recording as say
from handlers.wording.form import KEPT_OUT, answer
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
    return lambda _: [Option(label, value) for label, value in pairs]


def coded(pairs: Sequence[tuple[str, str]]) -> Any:
    """Options whose kept value is longer than a button may carry: the button carries an index."""
    return lambda _: [Option(label, f"={i}") for i, (label, _value) in enumerate(pairs)]


def decoded(pairs: Sequence[tuple[str, str]], value: Any) -> str:
    """What was meant: a usual answer by its button, or the person's own words."""
    if value in (None, UNKNOWN):
        return ""
    return pairs[int(value[1:])][1] if value[:1] == "=" and value[1:].isdigit() else str(value)


def tell_pair(pairs: Sequence[tuple[str, str]]) -> Any:
    labels = {value: label for label, value in pairs}
    return lambda value, _: plain(labels[value]) if value in labels else answer(value)


def tell_words(pairs: Sequence[tuple[str, str]] = ()) -> Any:
    def tell(value: Any, _: FormState) -> str:
        if value == UNKNOWN:
            return answer(value)
        if not value:
            return "none"
        own_words = not (value[:1] == "=" and value[1:].isdigit())
        return KEPT_OUT if own_words else plain(pairs[int(value[1:])][0])

    return tell


def tell_when(value: Any, state: FormState) -> str:
    return answer(value) if value == UNKNOWN else shown(datetime.fromisoformat(value), state.now)


def at(ask: str = say.AT, *, unknown: bool = False, key: str = "at", **more: Any) -> When:
    return When(
        key=key,
        label=say.LABELS["at"],
        ask=lambda _: ask,
        quick=quick,
        tell=tell_when,
        unknown=unknown,
        **more,
    )


def choice(
    key: str, ask: str, pairs: Sequence[tuple[str, str]], *, unknown: bool = True, **more: Any
) -> Choice:
    return Choice(
        key=key,
        label=say.LABELS[key],
        ask=lambda _: ask,
        options=options_of(pairs),
        tell=tell_pair(pairs),
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
    return Words(
        key=key,
        label=say.LABELS[key],
        ask=lambda _: ask,
        options=coded(pairs),
        tell=tell_words(pairs),
        skip=skip,
        unknown=unknown,
        **more,
    )


def form(kind: str, title: str, *steps: Any, **more: Any) -> Form:
    return Form(kind=kind, title=lambda c: _heading(c, title), steps=steps, **more)


def _heading(state: FormState, title: str) -> str:
    title = state.answers.get("title") or title
    return f"{state.episode.ref} · {title}" if state.episode else title


def author(state: FormState, new_id: NewId) -> dict[str, Any]:
    return {"id": new_id(), "by": state.staff.id, "recorded_at": state.now}


def when(state: FormState, key: str = "at") -> datetime:
    """The time that was given; "don't know" is written as the moment of writing."""
    return moment(state.answers, key) or state.now


def text(state: FormState, key: str, pairs: Sequence[tuple[str, str]] = ()) -> str:
    return decoded(pairs, state.answers.get(key))


def last(state: FormState, kind: type[Fact]) -> Any:
    """The fact of this kind that counts now and was recorded last; None without one."""
    return last_of(state.episode.facts, kind) if state.episode else None


def begin(state: FormState) -> datetime | None:
    """Nothing about the return can lie before the young person was last seen."""
    return fold(state.episode.facts).last_seen_at if state.episode else None


def child(c: FormState) -> f.Child:
    """The young person as now on record."""
    return fold(c.episode.facts if c.episode else ()).child
