"""Computed, peak and set level: raised by anyone, stood down only as long as it holds."""

from __future__ import annotations

from protocol import facts as f
from protocol.standing import standing
from tests.protocol.cases import HOUR, MINUTE, OLDER, PACK, SECOND, SIX, YOUNGER, Record


def case(category="missing", child=OLDER):
    record = Record()
    aware = SIX + 20 * MINUTE
    record.write(f.Opened, aware, category=category, child=child, aware_at=aware, last_seen_at=SIX)
    return record


def levels(record, hours, history=()):
    at = standing(record.facts, history, PACK, SIX + hours * HOUR)
    return at.computed.level, at.peak, at.set_level, at.shown, at.why


def test_the_computed_level_shows_when_nobody_has_set_one():
    assert levels(case(), 1) == (1, 1, None, 1, "computed")
    assert levels(case(), 4) == (2, 2, None, 2, "computed")


def test_anyone_raises_it_at_any_time():
    record = case()
    record.write(f.LevelRaised, SIX + HOUR, level=3, reason="phone found by the canal")
    assert levels(record, 1) == (1, 3, 3, 3, "raised")
    assert levels(record, 5) == (2, 3, 3, 3, "raised")


def test_a_raise_below_the_computed_level_changes_nothing():
    record = case()
    record.write(f.LevelRaised, SIX + HOUR, level=2, reason="worried")
    assert levels(record, 2)[3:] == (2, "raised")
    assert levels(record, 5) == (2, 2, None, 2, "computed")


def test_a_second_lower_raise_does_not_lower_it():
    record = case()
    record.write(f.LevelRaised, SIX + HOUR, level=3, reason="worried")
    record.write(f.LevelRaised, SIX + 2 * HOUR, level=2, reason="less so")
    assert levels(record, 3)[3] == 3


def test_a_manager_stands_down_what_was_raised():
    record = case()
    record.write(f.LevelRaised, SIX + HOUR, level=3, reason="worried")
    record.write(f.LevelStoodDown, SIX + 2 * HOUR, level=1, reason="has phoned")
    assert levels(record, 3) == (1, 3, 1, 1, "stood_down")


def test_a_stand_down_holds_below_the_computed_level():
    record = case()
    record.write(f.LevelStoodDown, SIX + 5 * HOUR, level=1, reason="at the grandmother's")
    assert levels(record, 6) == (2, 2, 1, 1, "stood_down")


def test_it_lapses_when_the_computed_level_rises_above_what_the_manager_saw():
    record = case()
    record.write(f.LevelStoodDown, SIX + HOUR, level=1, reason="on the bus home")
    assert levels(record, 3.9)[3:] == (1, "stood_down")
    lapsed = standing(record.facts, (), PACK, SIX + 4 * HOUR)
    assert (lapsed.shown, lapsed.set_level, lapsed.why) == (2, None, "stand_down_lapsed")
    assert isinstance(lapsed.set_by, f.LevelStoodDown)


def test_once_lapsed_it_stays_lapsed_until_a_manager_decides_again():
    """The level rose, a correction brought it back: the manager has not seen either."""
    record = case("unauthorised_absence", YOUNGER)
    record.write(f.LevelStoodDown, SIX + HOUR, level=1, reason="on the way")
    record.write(f.LastSeen, SIX + 3 * HOUR, at=SIX + 2 * HOUR)
    assert levels(record, 3) == (1, 2, None, 1, "stand_down_lapsed")
    record.write(f.LevelStoodDown, SIX + 3.5 * HOUR, level=1, reason="seen it")
    assert levels(record, 3.9)[4] == "stood_down"


def test_a_raise_after_a_stand_down_counts():
    record = case()
    record.write(f.LevelStoodDown, SIX + 5 * HOUR, level=1, reason="at a friend's")
    record.write(f.LevelRaised, SIX + 6 * HOUR, level=3, reason="friend says no")
    assert levels(record, 7) == (2, 3, 3, 3, "raised")


def test_a_withdrawn_raise_does_not_count():
    record = case()
    raised = record.write(f.LevelRaised, SIX + HOUR, level=3, reason="wrong case")
    record.write(f.Withdrawn, SIX + 2 * HOUR, fact=raised, reason="wrong case")
    assert levels(record, 3) == (1, 1, None, 1, "computed")


def test_the_peak_survives_a_correction():
    """Level 2 at four hours; then it turns out that the young person was seen at nine."""
    record = case()
    record.write(f.LastSeen, SIX + 5 * HOUR, at=SIX + 3 * HOUR)
    assert levels(record, 5) == (1, 2, None, 1, "computed")


def test_the_peak_looks_at_the_time_between_two_facts_too():
    """Nothing was written down between one and six hours, but the clock ran."""
    record = case()
    record.write(f.LastSeen, SIX + 6 * HOUR, at=SIX + 5 * HOUR)
    assert levels(record, 6)[:2] == (1, 2)


def test_the_peak_looks_at_each_stretch_of_time_with_the_facts_of_then():
    """Level 2 between four and five hours only; before and after it other times were on record."""
    record = case()
    record.write(f.DueBack, SIX + HOUR, at=SIX + MINUTE)
    record.write(f.LastSeen, SIX + 5 * HOUR, at=SIX + 4 * HOUR)
    record.write(f.LastSeen, SIX + 6 * HOUR, at=SIX + 5 * HOUR)
    assert levels(record, 7) == (1, 2, None, 1, "computed")


def test_a_correction_at_the_very_moment_of_a_limit_comes_in_time():
    record = case()
    record.write(f.LastSeen, SIX + 4 * HOUR, at=SIX + HOUR)
    assert levels(record, 4.5)[:2] == (1, 1)


def test_what_was_on_record_before_does_not_count_once_it_was_corrected():
    """With the first time alone it would have been level 2 at four hours; by then others stood."""
    record = case()
    record.write(f.DueBack, SIX + HOUR, at=SIX + 2 * HOUR)
    record.write(f.LastSeen, SIX + 5 * HOUR, at=SIX + 4 * HOUR)
    assert levels(record, 5.5)[:2] == (1, 1)


def test_who_set_the_level_is_part_of_the_answer():
    record = case()
    record.write(f.LevelRaised, SIX + HOUR, level=3, reason="worried")
    assert standing(record.facts, (), PACK, SIX + HOUR).set_by == record.facts[-1]
    record.write(f.LevelStoodDown, SIX + 2 * HOUR, level=1, reason="has phoned")
    assert standing(record.facts, (), PACK, SIX + 2 * HOUR).set_by == record.facts[-1]


def test_a_return_recorded_late_does_not_make_a_peak_it_never_had():
    record = case()
    record.write(f.Returned, SIX + 30 * MINUTE * 6, at=SIX + 2 * HOUR)
    assert levels(record, 9) == (1, 1, None, 1, "computed")


def test_a_return_after_a_day_is_level_3_and_the_peak():
    record = case()
    record.write(f.Returned, SIX + 25 * HOUR)
    assert levels(record, 26)[:2] == (3, 3)


def test_facts_recorded_later_are_not_known_yet():
    record = case()
    record.write(f.LevelRaised, SIX + 3 * HOUR, level=3, reason="worried")
    assert levels(record, 2) == (1, 1, None, 1, "computed")
    at = standing(record.facts, (), PACK, SIX + 3 * HOUR - SECOND)
    assert at.peak == 1


def test_a_level_outside_the_protocol_is_held_within_it():
    record = case()
    record.write(f.LevelRaised, SIX + HOUR, level=9, reason="slip")
    assert levels(record, 2)[3] == 3
    record.write(f.LevelStoodDown, SIX + 3 * HOUR, level=0, reason="slip")
    assert levels(record, 3.5)[3] == 1


def test_nothing_on_record_still_has_an_answer():
    assert standing([], (), PACK, SIX).shown == 2
