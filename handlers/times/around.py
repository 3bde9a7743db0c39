"""Look at the pieces round a piece."""

from __future__ import annotations

from collections.abc import Sequence

from .items import Aside, Bad, Clock, Day, Elapsed, Mark, PartSaid, Piece, Word, Zone
from .words import word_set

TIME = (Clock, Day, PartSaid, Elapsed)

_LAPSE_WORDS = word_set(
    """
    been gone missing for away he she they has have hes shes he's she's they've is it's its out
    about around roughly approx only just now him her last seen since
    """
)


def has_word(found: Sequence[Piece], *words: str) -> bool:
    return any(isinstance(p.value, Word) and p.value.text in words for p in found)


def word_at(found: Sequence[Piece], n: int) -> str:
    """The word at piece `n`, or ""."""
    value = found[n].value if 0 <= n < len(found) else None
    return value.text if isinstance(value, Word) else ""


def next_time(found: Sequence[Piece], n: int) -> Piece | None:
    """The time right after piece `n`, stepping over approximators and "the"."""
    for piece in found[n + 1 :]:
        value = piece.value
        if isinstance(value, TIME):
            return piece
        if isinstance(value, Word) and (
            value.kind == "approx" or value.text in {"the", "at", "like"}
        ):
            continue
        if isinstance(value, Mark):
            continue
        return None
    return None


def since_time(found: Sequence[Piece]) -> bool:
    """Is there "since" right before a clock time or a day ("not seen since 9pm")?"""
    return any(
        isinstance(p.value, Word)
        and p.value.text == "since"
        and (after := next_time(found, n)) is not None
        and not isinstance(after.value, Elapsed)
        for n, p in enumerate(found)
    )


def lapse_only(found: Sequence[Piece]) -> bool:
    """Is this "been gone 40 mins", "missing for 2 hours" and nothing more?"""
    times = [p.value for p in found if isinstance(p.value, (*TIME, Bad, Zone, Aside))]
    if len(times) != 1 or not isinstance(times[0], Elapsed):
        return False
    words = [(n, p.value) for n, p in enumerate(found) if isinstance(p.value, Word)]
    at = next(n for n, p in enumerate(found) if isinstance(p.value, Elapsed))
    return all(
        word.kind == "approx" or (word.text in _LAPSE_WORDS and (n < at or word.text == "now"))
        for n, word in words
    )
