"""What holds for every text, and for every time that is shown."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.times import explain, readings, shown
from handlers.times.formatting import moment
from handlers.times.wall_clock import LONDON, to_minute

FIRST = datetime(2026, 1, 1, tzinfo=UTC)

moments = st.integers(0, 3 * 366 * 24 * 3600).map(lambda s: FIRST + timedelta(seconds=s))
"""Any second of three years, both clock changes of each included."""

CHANGES = [datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)]
near_changes = st.tuples(st.sampled_from(CHANGES), st.integers(-36 * 3600, 36 * 3600)).map(
    lambda pair: pair[0] + timedelta(seconds=pair[1])
)
nows = st.one_of(moments, near_changes)

WORDS = [
    *("9pm", "21:30", "half", "nine", "quarter", "past", "to", "ten", "7", "2130", "0930", "1130"),
    *("yesterday", "last", "night", "this", "morning", "tonight", "today", "fri", "Friday", "3/11"),
    *("3rd", "Nov", "ago", "20", "mins", "an", "hour", "and", "a", "half", "about", "at", "ish"),
    *(
        "midnight",
        "noon",
        "just",
        "now",
        "not",
        "seen",
        "since",
        "missing",
        "before",
        "or",
        "Robin",
    ),
    *("room", "9", "pm", "am", ",", ".", "?", "-", "/", "2h15", "BST"),
]

phrases = st.lists(st.sampled_from(WORDS), max_size=7).map(" ".join)
texts = st.one_of(
    st.text(max_size=60), phrases, st.tuples(phrases, st.text(max_size=8)).map("".join)
)


@given(texts, nows)
@settings(max_examples=400, deadline=None)
def test_never_raises_and_never_in_the_future(text: str, now: datetime) -> None:
    for reading in readings(text, now):
        assert reading.tzinfo is LONDON
        assert to_minute(reading) <= to_minute(now)


@given(st.sampled_from(WORDS + ["\U0001f600", "é", "\x00", "９", "½"]), st.integers(1, 3000), nows)
@settings(max_examples=60, deadline=None)
def test_no_length_of_text_is_too_much(piece: str, times: int, now: datetime) -> None:
    readings(piece * times, now)
    readings(f"{piece} " * times, now)


@given(
    phrases,
    nows,
    st.sampled_from(["", " ", "\n", "\u00a0", "\u202f  "]),
    st.sampled_from(["", ".", "!", "...", " !!"]),
)
@settings(max_examples=400, deadline=None)
def test_capitals_spaces_and_closing_marks_change_nothing(
    phrase: str, now: datetime, space: str, close: str
) -> None:
    plain = readings(phrase, now)
    assert readings(phrase.upper(), now) == plain
    assert readings(phrase.title(), now) == plain
    assert readings(space + phrase + space, now) == plain
    if phrase and phrase[-1].isalnum():
        assert readings(phrase + close, now) == plain


@given(nows, st.integers(0, 180 * 24 * 60))
@settings(max_examples=600, deadline=None)
def test_every_time_shown_is_read_back_to_the_same_minute(now: datetime, minutes: int) -> None:
    t = to_minute(now) - timedelta(minutes=minutes)
    for text in (shown(t, now), moment(t, now), shown(t, now).upper()):
        assert [to_minute(r) for r in readings(text, now)] == [t], text


@given(near_changes, st.integers(0, 3 * 24 * 60))
@settings(max_examples=300, deadline=None)
def test_times_round_a_clock_change_are_read_back(now: datetime, minutes: int) -> None:
    t = to_minute(now) - timedelta(minutes=minutes)
    for text in (shown(t, now), moment(t, now)):
        assert [to_minute(r) for r in readings(text, now)] == [t], text


@given(nows, st.integers(0, 24 * 60), st.integers(1, 24 * 60))
@settings(max_examples=200, deadline=None)
def test_a_shown_time_with_a_wrong_ago_is_asked_back(now: datetime, minutes: int, off: int) -> None:
    """The two halves check each other: "21:30, 2 h ago" must be 21:30 and two hours ago."""
    t = to_minute(now) - timedelta(minutes=minutes)
    other = to_minute(now) - timedelta(minutes=minutes + off)
    head = moment(t, now)
    tail = shown(other, now).rpartition(", ")[2]
    if minutes + off < 24 * 60 and off > 1:
        assert len(readings(f"{head}, {tail}", now)) != 1


@given(texts, nows)
@settings(max_examples=200, deadline=None)
def test_explain_and_readings_are_one_engine(text: str, now: datetime) -> None:
    told = explain(text, now)
    assert list(told.readings) == readings(text, now)
    assert (told.refused is None) == (len(told.readings) == 1)
