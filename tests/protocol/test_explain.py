"""Why: rule, facts, source and what is next, on one phone screen."""

from __future__ import annotations

import random

import pytest
from msgspec.structs import replace

from protocol.episode import Episode
from protocol.episode_json import read_episode, read_history, read_time
from protocol.explain import explain, spoken
from protocol.facts import Child
from protocol.pack import load_pack
from tests.protocol.cases import (
    HOUR,
    IN_CARE,
    MINUTE,
    OLDER,
    PACK,
    SIX,
    YOUNGER,
    away,
    earlier,
    missing,
)
from tests.protocol.randomcases import question


def why(case: Episode, hours, *history, pack=PACK):
    return explain(case, history, pack, SIX + hours * HOUR)


def item(items, name):
    return next(item for item in items if item.id == name)


def test_the_first_hours_say_when_it_becomes_level_2():
    found = why(missing(), 1)
    assert found.next_level.level == 2
    assert spoken(found.next_level.at) == "Mon 2 Mar 22:00"
    assert found.because[0].id == "HAR-GAP-OPEN"
    assert any("away 1 h since Mon 2 Mar 18:00" in fact for fact in found.because[0].facts)


def test_a_strict_limit_is_named_by_its_time():
    found = why(away(YOUNGER), 1)
    assert found.next_level.level == 2
    assert found.next_level.at == SIX + 2 * HOUR


def test_level_2_names_limit_and_time_away():
    facts = why(missing(), 5).because[0].facts
    assert "away 5 h since Mon 2 Mar 18:00 (limit 4 h)" in facts


def test_time_alone_does_not_raise_it_further():
    assert why(missing(), 30).next_level is None


def test_after_the_return_only_a_correction_changes_it():
    found = why(missing(returned_at=SIX + 25 * HOUR), 26)
    assert found.level == 3
    assert "back Tue 3 Mar 19:00" in found.because[0].facts
    assert found.returned and found.next_level is None


def test_unknown_concerns_are_said_to_be_unknown():
    child = Child(dob=OLDER.dob, historical_concerns="unknown", child_protection_plan=True)
    facts = why(away(child), 1).because[0].facts
    assert "historical concerns not known, counted as yes" in facts
    assert "on a child protection plan" in facts


def test_age_not_on_record_is_said_so():
    facts = why(missing(Child(historical_concerns=False)), 1).because[0].facts
    assert "age not known, treated as under 12" in facts


def test_missing_because_of_the_police_report():
    case = away(police_reported_at=SIX + HOUR)
    facts = item(why(case, 2).reasons, "SG-POLICE").facts
    assert facts == ("missing, because it was reported to the police",)


def test_a_duty_says_from_when_it_runs_and_what_ends_it():
    duty = item(why(missing(IN_CARE), 1).duties, "N-RA")
    assert "60 min from being noticed missing, Mon 2 Mar 18:20" in duty.facts
    decided = "a decision (not needed and why, after the return)"
    assert duty.ends == f"the placing authority being told or {decided}"
    assert duty.set_by_service
    assert spoken(duty.at) == "Mon 2 Mar 19:20"


def test_duties_come_soonest_first():
    times = [duty.at for duty in why(missing(IN_CARE), 5).duties]
    assert times == sorted(times)


def test_an_action_without_a_time_says_so():
    action = item(why(missing(), 5).actions, "HAR-A2-GATHER")
    assert action.at is None
    assert action.source.startswith("Haringey Missing from Home Protocol 2011, level two")


def test_a_recommendation_is_labelled():
    assert item(why(missing(IN_CARE), 1).reasons, "APPG-3").label == "recommendation"


def test_repeat_episodes_are_counted_aloud():
    found = why(missing(), 1, earlier(3), earlier(5))
    assert item(found.reasons, "STF-3").facts == ("3 episodes in 90 days, this one included",)
    assert item(found.actions, "STF").facts == ("3 episodes in 90 days, this one included",)


def test_found_late_says_how_late():
    found = why(missing(located_at=SIX + 30 * HOUR), 31)
    assert "found 1 d 6 h after the start (limit 24 h)" in item(found.reasons, "SG-RI-P24H").facts


def test_the_route_is_said_even_where_there_is_none():
    child = Child(dob=OLDER.dob, looked_after=True, responsible_la="Kent", placement_la="Kent")
    assert "no route in this protocol" in why(missing(child), 1).route


@pytest.mark.parametrize("preset", ["cautious", "literal", "current", "overnight"])
def test_everything_in_any_case_can_be_explained_on_one_screen(preset):
    rng = random.Random(7)
    pack = load_pack("haringey-2011", preset)
    for _ in range(150):
        asked = question(rng)
        found = explain(
            read_episode(asked["episode"], []),
            read_history(asked["history"], []),
            pack,
            read_time(asked["now"], "now"),
        )
        assert found.because
        for one in (*found.because, *found.reasons, *found.actions, *found.duties):
            assert one.rule and one.source and one.facts, one


def test_the_placing_authority_asks_for_more_and_it_says_why():
    """Kent's own pack wants the authority told within half an hour; the home's within an hour."""
    kent = PACK.with_settings({"protocol_la": "Kent", "notify_ra_min": 30})
    pack = PACK.serving({}, {"Kent": kent})
    child = replace(IN_CARE, responsible_la="Kent", placement_la="Haringey")
    found = explain(missing(child), [], pack, SIX + 10 * MINUTE)
    home, beside = (item for item in found.duties if item.id == "N-RA")
    assert (home.label, beside.label) == (PACK.duty("N-RA").label, "Kent's own protocol")
    assert beside.at == home.at - 30 * MINUTE
    assert any(fact.startswith("30 min from") for fact in beside.facts)
    alone = explain(missing(child), [], PACK, SIX + 10 * MINUTE)
    assert [item.label for item in alone.duties if item.id == "N-RA"] == [home.label]
