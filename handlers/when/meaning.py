"""What the words around a time do to it: a plan, a range, a report, a doubt.

A time beside "due back", "noticed missing" or "before" is not when the young person was seen, so
the text is asked back. Everything here errs on the side of asking.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .items import Aside, Bad, Clock, Day, Elapsed, Mark, Now, PartSaid, Piece, Why, Word, Zone
from .words import NUMBERS, UNITS, word_set

_TIME = (Clock, Day, PartSaid, Elapsed)
_SOFT = frozenset({"just", "shortly", "bit", "little", "slightly"})
_PRESENT = frozenset({"here", "there", "home", "in", "inside", "us"})
_SEEN = frozenset({"seen", "sign", "sighting", "sightings", "saw", "see", "sighted"})
_SINCE_STATES = frozenset({"missing", "gone", "absent"})
_LAPSE_WORDS = word_set(
    """
    been gone missing for away he she they has have hes shes he's she's they've is it's its out
    about around roughly approx only just now him her last seen since
    """
)
_NOW_WORDS = word_set(
    """
    just now right only literally this minute second moment very back here in is he she they
    he's she's they're hes shes has have got came come walked through the door seen him her them
    i i've thanks thank please pls plz ta cheers by staff mate ive saw home arrived returned at
    exactly x xx xxx hi hello yes ok
    """
)
_BESIDE_NOW = frozenset({"filler", "approx", "plain", "name"})
_RETURN_VERBS = frozenset({"in", "back", "home", "returned", "arrived", "seen", "saw", "here"})
_STATES = word_set(
    """
    was is were been be still already stayed he's she's they're hes shes theyre it's
    """
) | {""}
_SPANS = UNITS | {"time", "times", "morning", "evening", "afternoon", "weekday", "of"}
_WHOSE = word_set("his her their")
_WILL = word_set("be come return get go leave arrive have back")
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
        now: the text plainly means this moment.
        spoilt: the piece that was to blame, for an explanation.
    """

    refused: Why | None = None
    doubt: bool = False
    loose: bool = False
    now: bool = False
    rolled: bool = True
    home: bool = False
    spoilt: Piece | None = None


def sense(found: Sequence[Piece]) -> Sense:
    """Judge the words of a text."""
    if _means_now(found):
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
            why = _word(found, n, value)
            doubt = doubt or (value.kind == "hedge" and value.text != "like")
            loose = loose or value.kind in {"", "plain", "name", "numbered"}
        else:
            why = None
        if why is not None:
            return Sense(refused=why, spoilt=piece)
    if _unsure(found):
        doubt = True
    rolled = not (_has(found, "back") and not _has(found, *_WENT, "got", "returned", "brought"))
    home = _has(found, "back", "home")
    return Sense(doubt=doubt, loose=loose, rolled=rolled, home=home)


def _has(found: Sequence[Piece], *words: str) -> bool:
    return any(isinstance(p.value, Word) and p.value.text in words for p in found)


def _text(found: Sequence[Piece], n: int) -> str:
    """The word at piece `n`, or ""."""
    value = found[n].value if 0 <= n < len(found) else None
    return value.text if isinstance(value, Word) else ""


def _next_time(found: Sequence[Piece], n: int) -> Piece | None:
    """The time right after piece `n`, stepping over approximators and "the"."""
    for piece in found[n + 1 :]:
        value = piece.value
        if isinstance(value, _TIME):
            return piece
        if isinstance(value, Word) and (
            value.kind == "approx" or value.text in {"the", "at", "like"}
        ):
            continue
        if isinstance(value, Mark) and value.text in "~@:,":
            continue
        return None
    return None


def _since_time(found: Sequence[Piece]) -> bool:
    """Is there "since" right before a clock time or a day ("not seen since 9pm")?"""
    return any(
        isinstance(p.value, Word)
        and p.value.text == "since"
        and (after := _next_time(found, n)) is not None
        and not isinstance(after.value, Elapsed)
        for n, p in enumerate(found)
    )


def _told_already(found: Sequence[Piece], n: int) -> bool:
    """Is the clock time told before piece `n`, and what follows is only an event?

    "Ran off at 9pm after an argument" says when; "before he left at 9pm" does not.
    """
    if n + 1 >= len(found) or not isinstance(found[n + 1].value, Word):
        return False
    return any(isinstance(p.value, Clock) for p in found[:n]) and not any(
        isinstance(p.value, _TIME) for p in found[n:]
    )


def _lapse_only(found: Sequence[Piece]) -> bool:
    """Is this "been gone 40 mins", "missing for 2 hours" and nothing more?"""
    times = [p.value for p in found if isinstance(p.value, (*_TIME, Bad, Zone, Aside))]
    if len(times) != 1 or not isinstance(times[0], Elapsed):
        return False
    return all(
        p.value.text in _LAPSE_WORDS or p.value.kind == "approx"
        for p in found
        if isinstance(p.value, Word)
    )


def _means_now(found: Sequence[Piece]) -> bool:
    words: list[str] = []
    just_now = any(
        _text(found, n) in {"just", "right"} and _text(found, n + 1) == "now"
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


def _unsure(found: Sequence[Piece]) -> bool:
    return any(
        _text(found, n) == "not" and _text(found, n + 1) in {"sure", "certain", "definite"}
        for n in range(len(found))
    )


def _mark(found: Sequence[Piece], n: int, mark: Mark) -> Why | None:
    text = mark.text
    after = found[n + 1] if n + 1 < len(found) else None
    before = found[n - 1] if n else None
    if text in "<>+±≥≤^\\|%£$€" or not text.isascii():
        return Why.LEFTOVER
    beside = (before is not None and isinstance(before.value, _TIME)) or (
        after is not None and isinstance(after.value, _TIME)
    )
    if text == "-" and after is not None and isinstance(after.value, Elapsed):
        return Why.IMPOSSIBLE
    if text == "/" and beside:
        return Why.RANGE
    if text == "&" and _nameless(found, n - 1) and _nameless(found, n + 1):
        return Why.TWO_TIMES
    if text == "#" and beside:
        return Why.LEFTOVER
    return None


def _word(found: Sequence[Piece], n: int, word: Word) -> Why | None:
    match word.kind:
        case "future":
            return Why.FUTURE
        case "not seen":
            return _not_seen(found, n, word.text)
        case "negation":
            return _negation(found, n, word.text)
        case "range":
            if word.text == "or" and _text(found, n + 1) in {"so", "thereabouts", "take"}:
                return None
            return Why.RANGE
        case "vague":
            return _vague(found, n, word.text)
        case "time":
            return _unused(found, n, word.text)
        case "hedge":
            return None
        case _:
            return _joining(found, n, word.text)


def _not_seen(found: Sequence[Piece], n: int, text: str) -> Why | None:
    if text in _SINCE_STATES and (_since_time(found) or _lapse_only(found)):
        return None
    if text == "gone":
        after = found[n + 1] if n + 1 < len(found) else None
        alone = _text(found, n - 1) in {"", "just", "at", "about", "seen", "it"}
        if alone and after is not None and isinstance(after.value, Clock):
            return None
    if text == "phone" and _text(found, n - 2) == "on" and _text(found, n - 1) in _WHOSE:
        return None
    if text == "police" and _has(found, "brought", "returned", "dropped", "seen", "spotted", "by"):
        return None
    return Why.NOT_A_SIGHTING


def _negation(found: Sequence[Piece], n: int, text: str) -> Why | None:
    if text in {"not", "n't"} and _text(found, n + 1) in {"sure", "certain", "definite"}:
        return None
    if _since_time(found) and _has(found, *_SEEN) and text not in {"wrong", "incorrect", "yet"}:
        return None
    return Why.NOT_A_SIGHTING


def _vague(found: Sequence[Piece], n: int, text: str) -> Why | None:
    if text == "earlier":
        after = found[n + 1] if n + 1 < len(found) else None
        before = found[n - 1] if n else None
        if before is None or isinstance(before.value, (Word, Mark, Clock)):
            if after is not None and isinstance(after.value, (Day, PartSaid)):
                return None
            if _text(found, n + 1) in {"at", "on"}:
                return None
    return Why.VAGUE


def _unused(found: Sequence[Piece], n: int, text: str) -> Why | None:
    """A time word that no time took."""
    if len(text) == 1 or (text == "am" and _text(found, n - 1) == "i"):
        return None
    if text in NUMBERS or text in UNITS:
        return Why.LEFTOVER
    return Why.VAGUE


def _nameless(found: Sequence[Piece], n: int) -> bool:
    """Is this a name, or a word that may be one?"""
    value = found[n].value if 0 <= n < len(found) else None
    return isinstance(value, Word) and value.kind in {"", "name"}


def _joining(found: Sequence[Piece], n: int, text: str) -> Why | None:
    after = _next_time(found, n)
    before = _text(found, n - 1)
    clock = after is not None and isinstance(after.value, (Clock, Day, PartSaid))
    lapse = after is not None and isinstance(after.value, Elapsed)
    match text:
        case "before" | "after":
            if before in _SOFT and after is not None and isinstance(after.value, Clock):
                return None
            return None if _told_already(found, n) else Why.RANGE
        case "until" | "till" | "til" | "'til":
            return None if before in _PRESENT and clock else Why.RANGE
        case "be":
            return None if before in {"must", "might", "could", "may"} else Why.FUTURE
        case "looking" | "looked" | "look":
            return Why.NOT_A_SIGHTING if _text(found, n + 1) == "for" else None
        case "of":
            direct = found[n + 1].value if n + 1 < len(found) else None
            return Why.UNSURE if isinstance(direct, Clock) else None
        case "check" | "checked" | "checks" if not _has(found, "seen", "saw"):
            return Why.NOT_A_SIGHTING
        case "bus" | "train" | "tram" | "coach" | "news" | "film" | "check" | "round" | "rounds":
            direct = found[n - 1].value if n else None
            return Why.UNSURE if isinstance(direct, Clock) else None
        case "and" if _nameless(found, n - 1) and _nameless(found, n + 1):
            return Why.TWO_TIMES
        case "and":
            direct = found[n + 1].value if n + 1 < len(found) else None
            return Why.LEFTOVER if isinstance(direct, (Clock, Elapsed)) else None
        case "by" | "from" | "to":
            return Why.RANGE if after is not None else None
        case "for":
            return Why.FUTURE if clock else None
        case "in":
            return Why.FUTURE if lapse else None
        case "over" | "under" | "past":
            return Why.RANGE if after is not None else None
        case "last":
            return Why.RANGE if lapse else None
        case "nearly" | "almost":
            return Why.UNSURE if clock or after is None else None
        case "back":
            return None
        case "soon":
            return Why.FUTURE
        case "out" | "away":
            left = before not in _STATES or _since_time(found) or _lapse_only(found)
            return None if left else Why.NOT_A_SIGHTING
        case "some" | "other" | "another" | "same" | "couple":
            return Why.VAGUE if _text(found, n + 1) in _SPANS or after is not None else None
        case "going":
            going = _text(found, n + 1) == "to" and _text(found, n + 2) in _WILL
            return Why.FUTURE if going else None
        case "coming":
            return None if _has(found, "seen", "saw") else Why.FUTURE
        case "way":
            return Why.FUTURE
        case "late" | "early":
            return None if isinstance(getattr(after, "value", None), (Day, PartSaid)) else Why.VAGUE
        case "time":
            vague = {
                "tea",
                "bed",
                "dinner",
                "supper",
                "home",
                "break",
                "play",
                "some",
                "any",
                "same",
            }
            return Why.VAGUE if before in vague | {"this", "long", "free", "meal"} else None
        case "bed":
            return Why.NOT_A_SIGHTING if _has(found, "empty") else None
        case "mid":
            return Why.VAGUE
        case _:
            return None
