"""Recognise texts that plainly mean this very moment: "just now", "just got back"."""

from __future__ import annotations

from collections.abc import Sequence

from .around import word_at
from .items import Mark, Now, Piece, Word
from .words import word_set

_NOW_WORDS = word_set(
    """
    on near with outside just now right only literally this minute second moment very back here
    in is he she they he's she's they're hes shes has have got came come walked through the door
    seen him her them i i've thanks thank please pls plz ta cheers by staff mate ive saw home
    arrived returned at exactly x xx xxx hi hello yes ok
    """
)

_BESIDE_NOW = frozenset({"filler", "approx", "plain", "name"})

_RETURN_VERBS = frozenset({"in", "back", "home", "returned", "arrived", "seen", "saw", "here"})


def means_now(found: Sequence[Piece]) -> bool:
    words: list[str] = []
    just_now = any(
        word_at(found, n) in {"just", "right"} and word_at(found, n + 1) == "now"
        for n in range(len(found))
    )
    for piece in found:
        value = piece.value
        if isinstance(value, Word):
            if value.text not in _NOW_WORDS and not (just_now and value.kind in _BESIDE_NOW):
                return False
            words.append(value.text)
        elif isinstance(value, Mark):
            if value.text not in ".,!()'\"-*_":
                return False
        elif isinstance(value, Now):
            words += ["just", "here"]
        else:
            return False
    if "now" in words:
        at = words.index("now")
        later = words[at + 1] if at + 1 < len(words) else ""
        earlier = words[at - 1] if at else ""
        return (
            words.count("now") == 1
            and later != "then"
            and earlier not in {"by", "from", "for", "to", "as"}
            and not _stray(words)
        )
    if words[:2] == ["this", "minute"] or words[-2:] == ["this", "minute"]:
        return True
    if words[-2:] == ["this", "second"]:
        return True
    if "just" not in words:
        return False
    return any(w in _RETURN_VERBS for w in words[words.index("just") + 1 :])


def _stray(words: list[str]) -> bool:
    """Words beside "just now" that would make it about something else than seeing."""
    return any(w in {"check", "checked", "bed", "want", "out", "away"} for w in words)
