"""Day and time as a form's field sends them."""

from __future__ import annotations

from datetime import UTC, datetime

from protocol.london import LONDON


class NoMoment(Exception):
    """The text is no day and time, or one of another century."""


class TwiceOrNever(Exception):
    """The clocks change then: the time comes twice that day, or not at all."""


def typed_moment(text: str) -> datetime:
    """The instant (UTC) of a London wall-clock time such as "2026-11-21T21:30".

    Raises NoMoment, TwiceOrNever; which hour was meant is never guessed.
    """
    try:
        typed = datetime.fromisoformat(text)
    except ValueError:
        raise NoMoment from None
    if typed.tzinfo is not None or not 2000 <= typed.year <= 2100:
        raise NoMoment
    first, second = (typed.replace(tzinfo=LONDON, fold=fold) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset():
        raise TwiceOrNever
    return first.astimezone(UTC)
