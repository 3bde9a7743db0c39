"""A fixed number of hostile texts: no exception, no future, no slow reading."""

import random
import time
from datetime import UTC, datetime, timedelta

from handlers.times import readings
from handlers.times.text import LONGEST
from handlers.times.wall_clock import to_minute
from handlers.times.word_table import CLASSES, TIME_WORDS, words_of

CASES = 3000
SLOWEST = 0.010
"""Seconds of processor time for any text of any length."""
VOCABULARY = sorted({*TIME_WORDS, *words_of(*CLASSES)})
SIGNS = "0123456789.:;,/-–—'’\"?!~@+*#%£()[]{}<>=_&|\\½¼\u00a0\u202f\u200d\ufe0f🕘👍éßıİǅ９٣\x00\n"
EARLY = datetime(2026, 1, 1, tzinfo=UTC)


def text(chance: random.Random) -> str:
    """Vocabulary, numbers, marks and noise in any order, glued or spaced, sometimes cut up."""
    vocabulary = VOCABULARY
    parts: list[str] = []
    for _ in range(chance.randrange(1, 14)):
        roll = chance.random()
        if roll < 0.5:
            word = chance.choice(vocabulary)
            if chance.random() < 0.3:
                at = chance.randrange(len(word))
                word = word[:at] + chance.choice("abcdefo'") + word[at + chance.randrange(2) :]
            parts.append(word)
        elif roll < 0.75:
            parts.append(str(chance.choice([chance.randrange(60), chance.randrange(10**6)])))
        elif roll < 0.9:
            parts.append(chance.choice(SIGNS) * chance.randrange(1, 4))
        else:
            parts.append(chr(chance.randrange(0x20, 0x2FFFF)))
        parts.append(chance.choice([" ", " ", "", "  "]))
    return "".join(parts)


def seconds(case: str, now: datetime) -> float:
    """CPU seconds of one reading: the best of three, so that a busy machine does not count."""
    best = 9.0
    for _ in range(3):
        start = time.process_time()
        readings(case, now)
        best = min(best, time.process_time() - start)
        if best < SLOWEST:
            break
    return best


def test_hostile_texts_are_read_or_refused_quickly() -> None:
    chance = random.Random(20261122)
    for _ in range(CASES):
        now = EARLY + timedelta(minutes=chance.randrange(3 * 525_600))
        case = text(chance)
        assert all(to_minute(t) <= to_minute(now) for t in readings(case, now)), (case, now)
        assert seconds(case, now) < SLOWEST, (case, now)


def test_the_longest_texts_are_no_slower() -> None:
    """Repeats that make a backtracking reader explode stay within the limit."""
    now = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
    seeds = ["9", "9.", "a", "o", "half ", "1 and a ", "10 to ", "3/", "mon ", "2h", "x" * 29 + " "]
    seeds += ["last ", "nov ", "1 ", "the ", "an hour and ", "yesterdya ", "-", "12:", "atten "]
    for seed in seeds:
        longest = (seed * LONGEST)[:LONGEST]
        readings(longest, now)
        assert seconds(longest, now) < SLOWEST, seed
        assert readings(longest + "9pm" * 400, now) == []
