"""A word is harmless only when it is known to be; beside any other the reading is only offered."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from handlers.times import Why, explain, readings
from handlers.times.word_table import CLASSES, GUARDS, near, words_of

DATA = Path(__file__).parents[2] / "data" / "times"
NOW = datetime(2026, 11, 21, 22, 20, tzinfo=UTC)
TODAY = datetime(2026, 11, 21, tzinfo=UTC)


def phrases(name: str) -> list[str]:
    text = (DATA / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize("text", phrases("asked.txt"))
def test_what_may_mean_something_else_is_asked_back(text: str) -> None:
    assert len(readings(text, NOW)) != 1


def test_nearly_every_clear_account_is_read() -> None:
    asked = [t for t in phrases("accounts.txt") if len(readings(t, NOW)) != 1]
    assert len(asked) <= len(phrases("accounts.txt")) * 0.05, asked


def test_an_unknown_word_leaves_an_offer() -> None:
    told = explain("zxqv 21:10", NOW)
    assert (told.readings, told.refused) == ((), Why.UNSURE)
    assert told.likely == TODAY.replace(hour=21, minute=10)
    assert told.taken[-1].words == "zxqv"


def test_a_guard_leaves_an_offer_too() -> None:
    told = explain("due back 21:10", NOW)
    assert (told.readings, told.refused) == ((), Why.FUTURE)
    assert told.likely == TODAY.replace(hour=21, minute=10)


def test_the_names_of_this_service_are_harmless() -> None:
    assert readings("seen by zofiya at brackenhurst 21:10", NOW) == []
    known = readings("seen by zofiya at brackenhurst 21:10", NOW, {"zofiya", "brackenhurst"})
    assert known == [TODAY.replace(hour=21, minute=10)]


@pytest.mark.parametrize("name", ["monday", "due", "nott", "sunny", "may", "tomorow"])
def test_a_name_that_is_or_may_be_a_word_of_time_stays_one(name: str) -> None:
    plain = readings(f"{name} 21:10", NOW)
    assert readings(f"{name} 21:10", NOW, {name}) == plain


def test_a_capital_makes_a_name_only_where_capitals_tell() -> None:
    assert len(readings("seen at Brackenhurst by staff 21:10", NOW)) == 1
    assert readings("Brackenhurst by staff 21:10", NOW) == []
    assert readings("SEEN AT BRACKENHURST BY STAFF 21:10", NOW) == []
    assert readings("seen at brackenhurst by staff 21:10", NOW) == []
    assert readings("she was Nto there at 21:10", NOW) == []


def test_no_harmless_word_is_one_slip_from_a_guard() -> None:
    """Those that must be kept ("in", "her", "bed") are in the classes that are looked at closer."""
    guards = words_of(*(g for g in GUARDS if g not in {"money", "vague"}))
    close = {w for w in words_of("harmless") if near(w) & guards}
    assert close == set()


def test_every_class_has_words() -> None:
    assert all(words_of(name) for name in CLASSES)


def test_a_note_is_read_for_its_one_sighting() -> None:
    note = (
        "She had been settled for most of the evening meal and was chatty with her peers. "
        "Staff supported her with her homework in the dining room. "
        "She was last seen by staff at 21:10 in the lounge wearing a black hoodie. "
        "She likes the park by the canal and her friend Tia lives on the estate."
    )
    assert readings(note.replace("evening meal", "meal"), NOW) == []
    quiet = note.replace(" for most of the evening meal", "")
    assert readings(quiet, NOW) == [TODAY.replace(hour=21, minute=10)]
    long = quiet + " She was calm and polite with staff in the kitchen." * 60
    assert 3000 < len(long) < 4000
    assert readings(long, NOW) == [TODAY.replace(hour=21, minute=10)]


@pytest.mark.parametrize(
    "more",
    [
        "Police were called at 21:40.",
        "She was seen again at 21:30 by the gate.",
        "Sorry, that was wrong.",
        "This was yesterday.",
        "That was on Fryday.",
        "That is not right.",
        "To było wczoraj.",
        "It was the other evening.",
    ],
)
def test_a_note_with_another_time_in_it_is_asked_back(more: str) -> None:
    note = (
        "She was settled and chatty with her peers in the lounge and ate a pizza with staff. "
        "She was last seen by staff at 21:10 in the lounge wearing a black hoodie and jeans. "
    )
    assert readings(note, NOW) == [TODAY.replace(hour=21, minute=10)]
    told = explain(note + more, NOW)
    assert len(told.readings) != 1
    offered = {*told.readings, told.likely}
    assert TODAY.replace(hour=21, minute=10) in offered


def test_seconds_of_now_do_not_matter_to_a_clock_time() -> None:
    late = NOW + timedelta(seconds=59)
    assert readings("21:10", late) == readings("21:10", NOW)
