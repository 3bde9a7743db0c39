"""What the words around a time do to it: a plan, a range, a report, a doubt.

A time beside "due back", "noticed missing" or "before" is not when the young person was seen, so
the text is asked back. Everything here errs on the side of asking.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .around import TIME, has_word, lapse_only, word_at
from .items import Bad, Elapsed, Mark, Piece, Why, Word
from .present import means_now
from .turns import nameless, turned
from .words import word_set

_WENT = word_set(
    """
    went walked ran go run stormed let headed popped climbed snuck jumped came
    """
)


@dataclass(frozen=True, slots=True)
class Sense:
    """What the words say about the time.

    Attributes:
        refused: why the time must not be used, or None.
        doubt: hedged ("maybe", "?").
        loose: words are left that are neither filler nor approximators.
        rolled: the time may be taken as yesterday's; not for "back at 9", which may be a plan.
        home: a return is spoken of, so a bare hour may be a plan.
        lapse: an elapsed time and nothing that could make it one still to come.
        now: the text plainly means this moment.
        spoilt: the piece that was to blame, for an explanation.
    """

    refused: Why | None = None
    doubt: bool = False
    loose: bool = False
    now: bool = False
    rolled: bool = True
    home: bool = False
    lapse: bool = False
    spoilt: Piece | None = None


def sense(found: Sequence[Piece]) -> Sense:
    """Judge the words of a text."""
    if means_now(found):
        return Sense(now=True)
    doubt = loose = False
    for n, piece in enumerate(found):
        value = piece.value
        if isinstance(value, Bad):
            return Sense(refused=value.why, spoilt=piece)
        if isinstance(value, Mark):
            why = _mark(found, n, value)
            doubt = doubt or value.text == "?"
        elif isinstance(value, Word):
            why = turned(found, n, value)
            doubt = doubt or (value.kind == "hedge" and value.text != "like")
            loose = loose or value.kind in {"", "plain", "name", "numbered"}
        else:
            why = None
        if why is not None:
            return Sense(refused=why, spoilt=piece)
    if _unsure(found):
        doubt = True
    rolled = not (
        has_word(found, "back") and not has_word(found, *_WENT, "got", "returned", "brought")
    )
    home = has_word(found, "back", "home")
    return Sense(doubt=doubt, loose=loose, rolled=rolled, home=home, lapse=lapse_only(found))


def _unsure(found: Sequence[Piece]) -> bool:
    return any(
        word_at(found, n) == "not" and word_at(found, n + 1) in {"sure", "certain", "definite"}
        for n in range(len(found))
    )


def _mark(found: Sequence[Piece], n: int, mark: Mark) -> Why | None:
    text = mark.text
    after = found[n + 1] if n + 1 < len(found) else None
    before = found[n - 1] if n else None
    if text in "<>+±≥≤^\\|%£$€" or not text.isascii():
        return Why.LEFTOVER
    beside = (before is not None and isinstance(before.value, TIME)) or (
        after is not None and isinstance(after.value, TIME)
    )
    if text == "-" and after is not None and isinstance(after.value, Elapsed):
        return Why.IMPOSSIBLE
    if text == "-" and after is None and before is not None and isinstance(before.value, TIME):
        return Why.RANGE
    if text == "/" and beside:
        return Why.RANGE
    if text == "&" and nameless(found, n - 1) and nameless(found, n + 1):
        return Why.TWO_TIMES
    if text == "#" and beside:
        return Why.LEFTOVER
    return None
