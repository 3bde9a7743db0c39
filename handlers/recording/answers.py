"""Questions and answers that the forms after a return share: picks, ticks, moments to come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec

from handlers.chat import plain
from handlers.form import UNKNOWN, Choice, FormState, Option, Ticks, Words
from handlers.form_screen import stamp, unstamp
from handlers.recording.questions import choice, options_of, words
from handlers.times import shown
from handlers.wording import after_return as say
from handlers.wording import deciding as decide
from handlers.wording.form import NOT_ONE, answer
from protocol import facts as f
from protocol import london


def pick(key: str, ask: str, pairs: Sequence[tuple[str, str]], **more: Any) -> Choice:
    """A question with a few buttons, with the words for what follows a return."""
    return choice(key, ask, pairs, labels=say.LABELS, said=say.SAID, **more)


def ticks(
    key: str, ask: str, pairs: Sequence[tuple[str, str]], *, unknown: bool = True, **more: Any
) -> Ticks:
    """A question with buttons that are on or off."""

    def tell(value: Any, _: FormState) -> str:
        if value == UNKNOWN:
            return answer(value)
        named = [label for label, code in pairs if code in value]
        named += [answer(UNKNOWN)] if UNKNOWN in value else []
        return plain(", ".join(named)) or NOT_ONE

    return Ticks(
        key=key,
        label=say.LABELS[key],
        ask=lambda _: ask,
        options=options_of(pairs),
        tell=tell,
        unknown=unknown,
        **more,
    )


def coming(key: str, ask: str, applies: Callable[[FormState], bool] = lambda _: True) -> Choice:
    """A moment to come: whole hours of the next days (London), as the usual diary has them."""

    def options(state: FormState) -> list[Option]:
        today = london.day_of(state.now)
        found = [Option(label, value) for label, value in (("In 2 h", "h2"), ("In 4 h", "h4"))]
        for days in (0, 1, 2, 3, 7, 14, 21, 28):
            for hour in (9, 14, 17):
                moment = london.at(today + timedelta(days=days), time(hour))
                if moment > state.now:
                    found.append(Option(shown(moment, state.now), stamp(moment)))
        return found

    def tell(value: Any, state: FormState) -> str:
        moment = until(value, state.now)
        return shown(moment, state.now) if moment else answer(UNKNOWN)

    return Choice(
        key=key,
        label=say.LABELS[key],
        ask=lambda _: ask,
        options=options,
        tell=tell,
        unknown=False,
        width=2,
        applies=applies,
    )


def until(value: Any, now: datetime) -> datetime | None:
    """The moment (UTC) behind an answer of `coming`; None where it was not asked."""
    if not isinstance(value, str) or not value:
        return None
    if value.startswith("h") and value[1:].isdecimal():
        return now + timedelta(hours=int(value[1:]))
    return unstamp(value)


DAYS_AHEAD = (1, 2, 3, 5, 7, 14, 21, 28, 42, 91)


def day_to_come(
    key: str, ask: str, applies: Callable[[FormState], bool] = lambda _: True
) -> Choice:
    """A day to come (London), or none; the answer is the day, or ""."""

    def options(state: FormState) -> list[Option]:
        today = london.day_of(state.now)
        days = [today + timedelta(days=n) for n in DAYS_AHEAD]
        return [
            *(Option(decide.day(d), d.isoformat()) for d in days),
            Option(decide.NO_DAY, NO_DAY),
        ]

    def tell(value: Any, _: FormState) -> str:
        chosen = day_of(value)
        return plain(decide.day(chosen) if chosen else decide.NO_DAY)

    return Choice(
        key=key,
        label=say.LABELS[key],
        ask=lambda _: ask,
        options=options,
        tell=tell,
        unknown=False,
        width=2,
        applies=applies,
    )


NO_DAY = "-"
ASKED_AT = time(9)
"""When somebody is asked what became of what was to be done by a day (London)."""


def day_of(value: Any) -> date | None:
    """The day behind an answer of `day_to_come`; None: none was set, or it was not asked."""
    return date.fromisoformat(value) if isinstance(value, str) and value not in ("", "-") else None


def asked_on(day: date) -> datetime:
    """The moment (UTC) at which somebody is asked about what was to be done by this day."""
    return london.at(day, ASKED_AT)


def given(c: FormState, key: str, unknown: str = "unknown") -> str:
    """The chosen code; `unknown` where it was not known or not asked."""
    value = c.answers.get(key)
    return unknown if value in (None, UNKNOWN) else str(value)


def yes(c: FormState, key: str) -> f.Answer:
    """The answer yes or no as a fact keeps it."""
    value = c.answers.get(key)
    return "unknown" if value in (None, UNKNOWN) else value == "yes"


def ticked(c: FormState, key: str) -> tuple[str, ...] | None:
    """The codes that were ticked; None: nothing is known of it."""
    value = c.answers.get(key)
    if value in (None, UNKNOWN):
        return None
    found = tuple(code for code in value if code != UNKNOWN)
    return found if found or UNKNOWN not in value else None


def each(c: FormState, key: str, codes: Sequence[str]) -> dict[str, f.Asked]:
    """Yes for what was ticked; no for the rest, or not known if that was said."""
    value = c.answers.get(key)
    if value is None:
        return dict.fromkeys(codes)
    rest: f.Answer = "unknown" if value == UNKNOWN or UNKNOWN in value else False
    return {code: True if value != UNKNOWN and code in value else rest for code in codes}


def is_(key: str, *values: str) -> Callable[[FormState], bool]:
    """Asks only if that question was answered with one of these."""
    return lambda c: c.answers.get(key) in values


def said(key: str, ask: str, pairs: Sequence[tuple[str, str]] = (), **more: Any) -> Words:
    """A question that is answered in words, with a label of this module's wording."""
    made = words("note", ask, pairs, **more)
    return msgspec.structs.replace(made, key=key, label=say.LABELS[key])
