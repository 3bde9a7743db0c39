"""The vocabulary of typed times: what a word does to a time beside it.

`words.txt` is the table. A word has one class; a word that is in none is unknown, and then a time
is only offered. "Near" a time word or a guard means one slip away from it: a letter added, lost or
changed, or two neighbours swapped.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

GUARDS = ("future", "unseen", "negation", "correction", "range", "vague", "money")
"""Classes that forbid to use a time as it stands, the gravest first."""

CLASSES = (*GUARDS, "before", "light", "approx", "hedge", "common", "harmless", "names")
"""All classes; a word that stands in several belongs to the first."""

_ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
_MORE = "fifteen sixteen seventeen eighteen nineteen"
ONES = {word: n for n, word in enumerate(f"{_ONES} {_MORE}".split())}
TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50}
NUMBERS = ONES | TENS

_WEEKDAYS = (
    "monday mon mo",
    "tuesday tues tue",
    "wednesday weds wed",
    "thursday thurs thur thu",
    "friday fri",
    "saturday sat",
    "sunday sun",
)
WEEKDAYS = {w: n for n, names in enumerate(_WEEKDAYS) for w in names.split() if w != "mo"}
_MONTHS = (
    "january jan",
    "february feb",
    "march mar",
    "april apr",
    "may",
    "june jun",
    "july jul",
    "august aug",
    "september sept sep",
    "october oct",
    "november nov",
    "december dec",
)
MONTHS = {w: n for n, names in enumerate(_MONTHS, 1) for w in names.split()}
PARTS = {"morning": "morning", "afternoon": "afternoon", "evening": "evening", "night": "night"}
PARTS |= {"lunchtime": "lunchtime", "eve": "evening"}

UNIT_SECONDS = (
    dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1)
    | dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60)
    | dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600)
    | dict.fromkeys(("d", "day", "days"), 86400)
    | dict.fromkeys(("week", "weeks", "wk", "wks"), 604800)
    | dict.fromkeys(("fortnight", "fortnights"), 1209600)
    | dict.fromkeys(("month", "months", "year", "years", "yr", "yrs", "decade", "decades"), 10**9)
)
_DAY_WORDS = (
    "yesterday today tonight last this ago half quarter quarters past to noon midday midnight"
)
_OTHER = "now o'clock am pm hundred oh early"
TIME_WORDS = frozenset(
    [*NUMBERS, *WEEKDAYS, *MONTHS, *PARTS, *UNIT_SECONDS, *_DAY_WORDS.split(), *_OTHER.split()]
)


def _sections() -> Iterator[tuple[str, list[str]]]:
    name = ""
    for line in (Path(__file__).parent / "words.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            name = line.strip("[]")
        elif line and not line.startswith("#"):
            yield name, [line] if name in {"phrases", "blocked"} else line.split()


def _read() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, words in _sections():
        found.setdefault(name, []).extend(words)
    return found


_SECTIONS = _read()
ALIASES = dict(pair.split("=") for pair in _SECTIONS["aliases"])
PHRASES = tuple(_SECTIONS["phrases"])
BLOCKED = tuple(_SECTIONS["blocked"])
TABLE = {name: frozenset(words) for name, words in _SECTIONS.items()}
NUMBERED = TABLE["numbered"]

_CLASS: dict[str, str] = {}
for _name in CLASSES:
    for _word in TABLE[_name]:
        _CLASS.setdefault(_word, _name)


def kind(word: str) -> str:
    """The class of a word; "time" for a word of the grammar, "" when it is unknown."""
    found = _CLASS.get(word, "")
    if word in TIME_WORDS and found in {"", "names", "vague", "harmless", "light", "common"}:
        return "time"
    if found:
        return found
    if word.endswith("'s"):
        stem = _CLASS.get(word[:-2], "")
        return stem if stem in {"harmless", "names", *GUARDS} else ""
    return ""


def known(word: str) -> bool:
    """Is this a word of the vocabulary or of the grammar?"""
    return bool(kind(word)) or word in NUMBERED


def words_of(*classes: str) -> set[str]:
    """All the words of some classes."""
    return {word for word, name in _CLASS.items() if name in classes}


def slips(one: str, two: str) -> int:
    """0 for the same word, 1 for one slip between them, 2 for more."""
    if one == two:
        return 0
    if abs(len(one) - len(two)) > 1:
        return 2
    start, end, shorter = 0, 0, min(len(one), len(two))
    while start < shorter and one[start] == two[start]:
        start += 1
    while end < shorter - start and one[-1 - end] == two[-1 - end]:
        end += 1
    one, two = one[start : len(one) - end], two[start : len(two) - end]
    if len(one) <= 1 and len(two) <= 1:
        return 1
    return 1 if len(one) == 2 and one == two[::-1] else 2


def _shortened(word: str) -> Iterator[str]:
    yield word
    for at in range(len(word)):
        yield word[:at] + word[at + 1 :]


_SHORTENED: dict[str, list[str]] = {}
for _word in {*TIME_WORDS, *words_of(*GUARDS[:-1], "before", "approx"), *ALIASES}:
    if len(_word) > 1:
        for _short in _shortened(_word):
            _SHORTENED.setdefault(_short, []).append(_word)


@lru_cache(maxsize=8192)
def near(word: str) -> frozenset[str]:
    """The time words and guards that are one slip away from a word."""
    found = {w for short in _shortened(word) for w in _SHORTENED.get(short, ())}
    return frozenset(w for w in found if slips(word, w) == 1)
