"""Cut a line of tokens into pieces: times, days, words, and what is left over."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from .clock import clock_at
from .dates import date_at
from .days import days_at
from .elapsed import elapsed_at
from .everyday import NUMBERED, kind
from .items import (
    Aside,
    Bad,
    Clock,
    Day,
    Elapsed,
    Mark,
    PartSaid,
    Piece,
    Told,
    Why,
    Word,
    Zone,
)
from .line import Line, number_words
from .london import MINUTE
from .spelling import MISREAD
from .words import UNITS

_SHIFT_PEOPLE = frozenset({"staff", "worker", "workers", "carer", "carers"})
_CUTS = '!"()*+,.:;<>?@[]_~#'
_SKIP_MARKS = ",.-:"
_LEADS = frozenset({"at", "about", "around", "approx", "approximately", "roughly", "circa", "abt"})


def pieces(line: Line, today: date) -> list[Piece]:
    """Every token of the line, in order, as part of exactly one piece."""
    found: list[Piece] = []
    i = 0
    while i < len(line):
        taken = _just_now(line, i, found) or _at(line, i, today)
        found.extend(taken)
        i = max(piece.last for piece in taken)
    return [_kept(line, found, n) for n in range(len(found))]


def _just_now(line: Line, i: int, found: list[Piece]) -> list[Piece]:
    """ "just now" after a clock time says how long ago that was, as shown times do."""
    told = any(isinstance(p.value, Clock) for p in found)
    if not told or not line.words(i, "just", "now"):
        return []
    return [Piece(Elapsed(timedelta(0), MINUTE, ago=True), i, i + 2, "elapsed time")]


def _at(line: Line, i: int, today: date) -> list[Piece]:
    if line.word(i) == "no" and line.word(i + 1) == "one":
        return [Piece(Word("nobody", "negation"), i, i + 2, "")]
    aside = _aside(line, i)
    if aside is not None:
        return [aside]
    days = days_at(line, i) if line.word(i) or line.digits(i) else []
    if days:
        return days
    one = elapsed_at(line, i) or date_at(line, i, today) or clock_at(line, i)
    if one is not None:
        return [one]
    return [_left(line, i)]


def _left(line: Line, i: int) -> Piece:
    token = line.at(i)
    if token.kind == "mark":
        return Piece(Mark(token.text), i, i + 1, "")
    if token.kind in {"num", "frac"}:
        return Piece(Bad(Why.LEFTOVER), i, i + 1, "a number left over")
    word = token.text
    if word.startswith(MISREAD):
        return Piece(Bad(Why.UNSURE), i, i + 1, "a spelling that could be a time")
    if _broken(line, i):
        return Piece(Bad(Why.UNSURE), i, i + 1, "a broken word")
    if word in {"gmt", "bst", "utc"}:
        return Piece(Zone(word), i, i + 1, "zone")
    return Piece(Word(word, kind(word)), i, i + 1, "")


def _broken(line: Line, i: int) -> bool:
    """Is this unknown word half of one that a stray mark cut in two ("yes*terday")?"""
    if kind(line.word(i)):
        return False
    behind = line.glued_mark(i + 1, _CUTS) and bool(line.word(i + 2))
    ahead = line.glued_mark(i - 1, _CUTS) and bool(line.word(i - 2))
    return behind or ahead


def _aside(line: Line, i: int) -> Piece | None:
    """ "room 9", "size 8", "14 years old", "night staff": about something else."""
    word = line.word(i)
    if word in NUMBERED:
        j = i + 1
        while line.mark(j, ".:#") and (line.at(j).glued or line.mark(j, "#")):
            j += 1
        if line.digits(j) and _plain_number(line, j):
            return Piece(Aside(), i, j + 1, "a number that names something")
        named = number_words(line, j) if j == i + 1 and word != "no" else None
        if named is not None and _plain_number(line, named[1] - 1):
            return Piece(Aside(), i, named[1], "a number that names something")
    if line.digits(i) and not line.at(i).glued:
        j = i + 1
        while line.mark(j, "-/"):
            j += 1
        if line.word(j) in {"year", "years", "yr", "yrs"} and line.word(
            j + 1 + int(line.mark(j + 1, "-"))
        ) in {"old", "olds"}:
            return Piece(Aside(), i, j + 2 + int(line.mark(j + 1, "-")), "an age")
        if line.word(j) in {"yo", "yrold"}:
            return Piece(Aside(), i, j + 1, "an age")
    shift = word in {"night", "day", "evening", "morning"} and line.word(i + 1) in _SHIFT_PEOPLE
    if shift and line.word(i - 1) not in {"last", "this"}:
        return Piece(Aside(), i, i + 2, "people of a shift")
    if word == "one" and line.word(i + 1) == "of":
        return Piece(Aside(), i, i + 2, "one of")
    return None


def _plain_number(line: Line, j: int) -> bool:
    """Is the number at `j` only a number, with nothing of a time about it?"""
    after = line.at(j + 1)
    if after.kind == "mark" and after.text in ":./-;," and line.at(j + 2).glued:
        return not line.digits(j + 2)
    if after.kind == "word":
        if after.glued or after.text in UNITS | {"am", "pm", "a", "p", "o'clock", "o", "oclock"}:
            return False
        return after.text not in {"past", "to", "ish", "in"} or after.text == "in"
    return after.kind not in {"frac"}


def _kept(line: Line, found: list[Piece], n: int) -> Piece:
    """The piece, with a naked number kept as a time only where its neighbours make it one."""
    piece = found[n]
    value = piece.value
    if isinstance(value, Elapsed) and n:
        before = found[n - 1].value
        if isinstance(before, Word) and not before.kind and len(before.text) <= 3:
            return Piece(Bad(Why.UNSURE), piece.first, piece.last, "beside an unknown word")
    if not isinstance(value, Clock):
        return piece
    if _tainted(line, found, n, value):
        return Piece(Bad(Why.UNSURE), piece.first, piece.last, "a time beside an unknown word")
    if not value.naked:
        return piece
    if _led(line, piece.first) or _beside_day(found, n):
        if _stands_alone(line, found, n):
            return replace(piece, value=replace(value, naked=False))
        return Piece(Bad(Why.LEFTOVER), piece.first, piece.last, "a number beside a word")
    return Piece(Bad(Why.LEFTOVER), piece.first, piece.last, "a number alone")


def _tainted(line: Line, found: list[Piece], n: int, clock: Clock) -> bool:
    """Could an unknown word next to this time be a part of it ("21.30 pn", "collar 2130")?"""
    after = found[n + 1].value if n + 1 < len(found) else None
    open_half = clock.told in {Told.BARE, Told.FOUR_DIGITS}
    if isinstance(after, Word):
        open_half = open_half or (1 <= clock.hour <= 12 and not after.kind)
        glued = line.at(found[n + 1].first).glued
        short = len(after.text) <= 3 and not after.kind
        letter = len(after.text) == 1 and after.text not in "xi" and n + 2 >= len(found)
        if glued and (open_half or len(after.text) <= 3):
            return True
        if open_half and (short or letter):
            return True
    first = found[n].first
    if line.mark(first - 1, ".:") and line.at(first).glued and not line.at(first - 1).glued:
        return True
    before = found[n - 1].value if n else None
    if isinstance(before, Word) and not before.kind and len(before.text) <= 3:
        return True
    whole_hour = clock.told is Told.BARE and clock.minute == 0
    if isinstance(before, Word) and not before.kind and whole_hour:
        return True
    plain_digits = found[n].last == found[n].first + 1 and len(line.digits(found[n].first)) > 2
    return isinstance(before, Word) and not before.kind and plain_digits


def _led(line: Line, first: int) -> bool:
    return line.word(first - 1) in _LEADS


def _beside_day(found: list[Piece], n: int) -> bool:
    return _day_towards(found, n, -1) or _day_towards(found, n, 1)


def _day_towards(found: list[Piece], n: int, step: int) -> bool:
    n += step
    while 0 <= n < len(found):
        value = found[n].value
        if isinstance(value, (Day, PartSaid)):
            return True
        passes = (isinstance(value, Mark) and value.text in _SKIP_MARKS) or (
            isinstance(value, Word) and value.kind == "approx"
        )
        if not passes:
            return False
        n += step
    return False


def _stands_alone(line: Line, found: list[Piece], n: int) -> bool:
    """Can what follows a naked number not be what it counts ("2 staff", "9 Elm Road")?"""
    after = line.at(found[n].last)
    if after.kind == "mark":
        return after.text not in "/%+:;'" or not line.at(found[n].last + 1).glued
    if after.kind != "word":
        return after.kind == "end"
    following = found[n + 1].value if n + 1 < len(found) else None
    if isinstance(following, (Day, PartSaid, Elapsed)):
        return True
    if isinstance(following, Word):
        return following.kind in {"filler", "approx", "hedge", "open"} and following.text != "of"
    return False
