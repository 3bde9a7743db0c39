"""A slip of the finger, or a harmless word more, never turns one answer into another.

Every single-character slip (a letter lost, doubled, swapped with its neighbour, struck beside the
right key, or struck with the key beside it) of every guard and day word; then seeded slips and
insertions over all the worked phrases. A changed text may be read as before or be asked back.
"""

import json
import random
import re
import string
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from handlers.times import readings
from handlers.times.wall_clock import to_minute
from handlers.times.word_table import GUARDS, PARTS, WEEKDAYS, words_of
from protocol.london import LONDON

DATA = Path(__file__).parents[2] / "data" / "times"
NOW = datetime(2026, 11, 21, 22, 20, tzinfo=UTC)
CASES = 10_000
ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
GRAVE = sorted(w for w in words_of(*(g for g in GUARDS if g != "money")) if len(w) > 1)
DAYS = sorted(word for word in (*WEEKDAYS, *PARTS, "yesterday", "today", "tonight"))

OTHER_WORDS = {
    "evenings evening", "fridays friday", "it'd it's", "mondays monday", "must just",
    "nights night", "non mon", "saturdays saturday", "say sat", "sundays sunday",
    "thursdays thursday", "tuesdays tuesday", "we'd wed", "we'll well", "wednesdays wednesday",
    "night's nights'", "yet yest", "night might",
}  # fmt: skip
"""Slips that make another word of the language: nobody can tell that it was meant otherwise."""

HARMLESS = ["lounge", "kitchen", "garden", "hoodie", "please", "thanks", "staff", "blue", "black"]
HARMLESS += ["her", "she", "kayleigh", "trainers", "upstairs", "quietly", "with", "the", "outside"]


def beside(letter: str) -> str:
    """The keys round a letter on a British keyboard."""
    for y, row in enumerate(ROWS):
        if letter in row:
            x = row.index(letter)
            near = [(y, x - 1), (y, x + 1), (y - 1, x), (y - 1, x + 1), (y + 1, x - 1), (y + 1, x)]
            return "".join(
                ROWS[b][a] for b, a in near if 0 <= b < len(ROWS) and 0 <= a < len(ROWS[b])
            )
    return ""


def slips_of(word: str) -> set[str]:
    found: set[str] = set()
    for at, letter in enumerate(word):
        found.add(word[:at] + word[at + 1 :])
        found.add(word[: at + 1] + word[at:])
        if at + 1 < len(word):
            found.add(word[:at] + word[at + 1] + letter + word[at + 2 :])
        for key in beside(letter):
            found |= {word[:at] + key + word[at + rest :] for rest in (0, 1)}
    return found - {word, ""}


def one(text: str, now: datetime = NOW) -> datetime | None:
    """The single reading, or None when the text is asked back."""
    got = readings(text, now)
    return to_minute(got[0]) if len(got) == 1 else None


def test_every_slip_of_every_guard_is_asked_back() -> None:
    through = {
        f"{word} {slip}"
        for word in GRAVE
        if one(f"{word} 9pm") is None
        for slip in slips_of(word)
        if one(f"{slip} 9pm") is not None
    }
    assert through - OTHER_WORDS == set()


@pytest.mark.parametrize("frame", ["{} 9.10pm", "seen {} at 21:10", "9.10pm {}"])
def test_every_slip_of_every_day_word_means_that_day_or_is_asked_back(frame: str) -> None:
    changed = set()
    for word in DAYS:
        meant = one(frame.format(word))
        for slip in slips_of(word):
            got = one(frame.format(slip))
            if got is not None and got != meant and slip not in {"at", "on", "in", "mon", "fri"}:
                changed.add(f"{word} {slip}")
    assert changed - OTHER_WORDS == set()


def worked() -> list[tuple[str, datetime, set[datetime]]]:
    """Each worked phrase: the text, the moment of asking, and the answers that are right."""
    found = []
    for name in ("dev.jsonl", "dev2.jsonl"):
        for line in (DATA / name).read_text(encoding="utf-8").splitlines():
            item = json.loads(line)
            stamps = [] if item["ambiguous"] else [item["expect"], *item["accept"]]
            right = {to_minute(datetime.fromisoformat(stamp)) for stamp in stamps}
            now = datetime.fromisoformat(item["now"]).astimezone(LONDON)
            found.append((item["text"], now, right))
    return found


def changed(seed: int) -> Iterator[tuple[str, str, datetime, set[datetime]]]:
    """Seeded texts: a slip in one word, or a harmless word put in."""
    chance = random.Random(seed)
    phrases = [p for p in worked() if any(c.isalpha() for c in p[0])]
    for _ in range(CASES):
        text, now, right = chance.choice(phrases)
        if chance.random() < 0.3:
            words = text.split(" ")
            words.insert(chance.randrange(len(words) + 1), chance.choice(HARMLESS))
            yield text, " ".join(words), now, right
            continue
        letters = [at for at, c in enumerate(text) if c.lower() in string.ascii_lowercase]
        if not letters:
            continue
        at = chance.choice(letters)
        start = at - len(re.search(r"[A-Za-z']*$", text[:at])[0])
        stop = at + len(re.match(r"[A-Za-z']*", text[at:])[0])
        slips = sorted(slips_of(text[start:stop].lower()))
        yield text, text[:start] + chance.choice(slips or [""]) + text[stop:], now, right


CODES = ("A10", "S10", "M6", "A9", "2l:", "2I:", "isn in", "sat ", "Sat ")
"""Beginnings that a slip makes another clean text: "A10 last night", "isn in" (a slip already)."""


def test_no_slip_and_no_word_more_changes_an_answer() -> None:
    silent = []
    for text, other, now, right in changed(20261121):
        got = one(other, now)
        if got is not None and got not in right and not text.startswith(CODES):
            silent.append((text, other, got))
    assert silent == []
