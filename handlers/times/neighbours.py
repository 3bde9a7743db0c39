"""Judge what stands right beside a time: a bound, half of a longer word, a slip of a day.

A typed "by 9pm", "on 9pm" (no?), "list night 9" (last?) or "13 friends at 9" must not be read as
if the word were not there.
"""

from __future__ import annotations

from collections.abc import Collection

from .items import Bad, Clock, Day, DayKind, Elapsed, Item, PartSaid, Why
from .scan import Scan
from .word_table import TABLE, WEEKDAYS, kind, near

_HALVES = frozenset({"am", "pm"})
_TIGHT_MARKS = frozenset("-/=&;'|")
_LEADING_MARKS = frozenset(",:@~(-\"'*[")
_CUTS = frozenset(",.;-:/")
_PASSED = frozenset(",-:@(.)")
_WORDLIKE_DAYS = frozenset({"sat", "sun", "wed", "mon"})
_SHORT_DAYS = frozenset({"tue", "thu", "sat"})
"""Days that are one slip from "the" and "at"."""


def check(scan: Scan, item: Item) -> None:
    """Judge the words and marks round one time."""
    value = item.value
    if value is None:
        return
    if isinstance(value, Bad):
        scan.refuse(value.why, item.first)
    _bound(scan, item)
    _beside(scan, item.first - 1, TABLE["beside"], _HALVES)
    half_open = isinstance(value, Clock) and value.open
    _beside(scan, item.last, TABLE["behind"], frozenset() if half_open else _HALVES)
    _marks(scan, item)
    if isinstance(value, Clock):
        _clock(scan, item, value)
    elif isinstance(value, Day):
        _day(scan, item, value)
    elif isinstance(value, PartSaid):
        _part(scan, item, value)
    elif isinstance(value, Elapsed) and scan.word(item.first - 1) in {"since", "and"}:
        scan.unsure(item.first - 1)


def _bound(scan: Scan, item: Item) -> None:
    """ "By 9pm", "from Friday", "over an hour ago": over "about", "the", "at" and "time"."""
    n = item.first - 1
    word = scan.free_word(n)
    wrong = {Clock: "the a an we he", Day: "at in", Elapsed: "of"}.get(type(item.value), "").split()
    if word in wrong or (isinstance(item.value, Day) and _near_weekday(word)):
        scan.unsure(n)
    second = scan.free_word(n - 1)
    told = scan.word(n - 2) in TABLE["before a noun"]
    if (
        scan.free(n)
        and (word == "at" or scan.approx(n))
        and not told
        and _near_weekday(second, "at on meds")
    ):
        scan.unsure(n - 1)
    while scan.free(n) and (scan.approx(n) or scan.word(n) in {"the", "at", "time"}):
        n -= 1
    word, of = scan.free_word(n), kind(scan.free_word(n))
    clock = isinstance(item.value, Clock)
    if of == "before":
        scan.refuse(Why.RANGE, n)
    elif _starts_with_bound(scan, item):
        scan.unsure(0)
    elif word == "in" and isinstance(item.value, Elapsed):
        scan.refuse(Why.FUTURE, n)
    elif (
        (word == "since" and n > 0 and not _seen_before(scan, n))
        or (word == "and" and not isinstance(item.value, Day | PartSaid))
        or (word == "on" and isinstance(item.value, Clock | Elapsed))
        or (clock and n == 0 and word in TABLE["pronouns"])
    ):
        scan.unsure(n)


def _starts_with_bound(scan: Scan, item: Item) -> bool:
    """ "By lounge 9pm": a bound with a word put in, unlike "by the lounge, 9pm"."""
    words = [scan.free_word(n) for n in range(item.first)]
    plain = "at" in words or not all(words) or words[1:2] in (["the"], ["a"], ["his"], ["her"])
    return not plain and kind(scan.free_word(0)) == "before"


def _near_weekday(word: str, fine: str = "on") -> bool:
    return word not in fine.split() and not near(word).isdisjoint(WEEKDAYS)


def _seen_before(scan: Scan, n: int) -> bool:
    return any(t.text in {"seen", "saw"} for t in scan.tokens[:n])


def _beside(scan: Scan, n: int, fine: Collection[str], but: frozenset[str]) -> None:
    """A word right beside a time that is one slip from a word that would change it."""
    word = scan.free_word(n)
    told = word in fine or scan.approx(n) or (word and scan.is_name(n))
    if not told and near(word) - but:
        scan.unsure(n)


def _marks(scan: Scan, item: Item) -> None:
    """A mark that sticks to a time may belong to a longer number, a range or a price."""
    before, after = item.first - 1, item.last
    glued = scan.tokens[item.first].glued
    mark = scan.word(before) if scan.free(before) and glued else ""
    quote = mark == "'" and before == 0
    starred = mark == "*" and scan.word(after) != "*"
    point = mark == "." and (before == 0 or scan.tokens[before - 1].kind != "word")
    if (mark and mark in _TIGHT_MARKS and not quote) or point or starred:
        scan.unsure(before)
    tight = scan.free(after) and scan.tokens[after].glued and scan.word(after) in _TIGHT_MARKS
    if tight and after + 1 < len(scan.tokens) and scan.tokens[after + 1].glued:
        scan.unsure(after)


def _clock(scan: Scan, item: Item, clock: Clock) -> None:
    before, after = item.first - 1, item.last
    if scan.free_word(before) in TABLE["numbered"]:
        scan.unsure(before)
    if scan.word(after) in TABLE["departures"]:
        scan.unsure(after)
    if clock.shape not in {"digits", "naked"}:
        return
    leads = TABLE["naked leads"] if clock.shape == "naked" else TABLE["leads"]
    led = scan.word(before) in leads
    if clock.shape == "naked" and not led and not _beside_day(scan, item):
        scan.refuse(Why.LEFTOVER, item.first)
    if scan.free(before) and not led and scan.word(before) not in _LEADING_MARKS:
        scan.unsure(before)
    follows = scan.free_word(after)
    last = follows in {"please", "thanks", "x"} and after + 1 < len(scan.tokens)
    if follows and not scan.approx(after) and (last or follows not in TABLE["after number"]):
        scan.unsure(after)


def _beside_day(scan: Scan, item: Item) -> bool:
    """Does a naked number stand right beside a day ("9 last night", "last night, at 9")?"""
    for other in scan.items:
        if not isinstance(other.value, Day | PartSaid):
            continue
        passed = TABLE["naked leads"] | (_PASSED if other.first < item.first else frozenset())
        if all(scan.word(n) in passed or scan.approx(n) for n in scan.gap(item, other)):
            return True
    return False


def _day(scan: Scan, item: Item, day: Day) -> None:
    n = item.first - 1
    before, name = scan.free_word(n), scan.word(item.first)
    plain = before in TABLE["light"] and before not in TABLE["not before a day"]
    if before and not plain and not scan.approx(n):
        scan.unsure(n)
    after = scan.word(item.last) if scan.free(item.last) else ""
    if day.kind is DayKind.WEEKDAY and after.isalpha() and after not in TABLE["after day"]:
        scan.unsure(item.last)
    if name in _WORDLIKE_DAYS:
        fine = {"on", "since", "seen"} if after == "," else {"on", "since"}
        if (before and before not in fine and not scan.approx(n)) or not _touches(scan, item):
            scan.unsure(item.first)
    if name in _SHORT_DAYS and _after_open_clock(scan, item):
        scan.unsure(item.first)
    for other in scan.items:
        if isinstance(other.value, Clock) and _apart(scan, item, other):
            scan.unsure(item.first)


def _touches(scan: Scan, item: Item) -> bool:
    """Is another time right beside this day?"""
    others = [o for o in scan.items if o.value is not None and o.first != item.first]
    passed = TABLE["naked leads"] | _PASSED | {"on"}
    return any(
        all(scan.word(n) in passed or scan.approx(n) for n in scan.gap(item, other))
        for other in others
    )


def _after_open_clock(scan: Scan, item: Item) -> bool:
    return any(
        isinstance(other.value, Clock) and other.value.open and other.last == item.first
        for other in scan.items
    )


def _apart(scan: Scan, item: Item, clock: Item) -> bool:
    """ "Upset since Monday, seen 9pm": the day belongs to another part of the text."""
    gap = [n for n in scan.gap(item, clock) if n not in scan.used]
    cut = any(scan.word(n) in _CUTS for n in gap)
    words = [n for n in gap if scan.word(n).isalpha() and not scan.approx(n)]
    apart = any(scan.word(n) not in {"at", "on", "the"} for n in words)
    return cut and (apart or (scan.word(item.first - 1) == "since" and item.first < clock.first))


def _part(scan: Scan, item: Item, part: PartSaid) -> None:
    """A part of the day alone must not follow a word that may have been "this" or a day."""
    of_a_day = any(o.first == item.first and o is not item for o in scan.items)
    n = item.first - 1
    led = scan.free(n) and scan.tokens[n].kind == "word" and not part.marked
    first = part.marked and item is scan.items[0]
    if (led or first) and not of_a_day:
        scan.unsure(item.first)
