"""The reminders' tables of the configuration: defaults that work, mistakes named in plain lines."""

import tomllib
from datetime import date, time

import pytest

from protocol.london import england_bank_holidays, into_hours, next_working_day
from reminders.policy import Policy
from reminders.policy_file import PolicyError, mistakes, policy_from, unknown_duties
from tests.reminders.virtual import utc
from tests.reminders.world import SERVICE


def read(text: str) -> Policy:
    return policy_from(tomllib.loads(text), SERVICE)


def test_it_works_with_nothing_configured():
    policy = read("")
    assert policy == Policy()
    assert mistakes(policy, SERVICE) == []


def test_a_ladder_for_one_duty_adds_to_the_defaults():
    policy = read("""
        [ladders.duty."N-POLICE"]
        steps = [{ who = "mia", repeat_minutes = 3, times = 1 }]
        [lead_minutes]
        "CP-24H" = 60
    """)
    assert policy.ladder("N-POLICE", 1, False).steps[0].who == "mia"
    assert policy.ladder("SIGN-OFF", 1, True).steps[0].who == "managers"
    assert (policy.lead_minutes["CP-24H"], policy.lead_minutes["RI-72H"]) == (60, 1440)


def test_a_rota_as_it_is_written_in_the_file():
    policy = read("""
        [[rota]]
        homes = ["rowan"]
        days = ["friday"]
        start = "20:00"
        end = 08:00:00
        staff = ["amy", "ben"]
        [[exceptions]]
        start = 2026-12-25T08:00:00
        end = 2026-12-26T08:00:00
        staff = ["mia"]
    """)
    assert (policy.rota[0].start, policy.rota[0].end) == (time(20), time(8))
    assert policy.exceptions[0].staff == ("mia",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[limits]\nper_second = "many"', ["limits.per_second", "many", "whole number"]),
        ("[limits]\nper_minute = 3", ["limits", "per_minute"]),
        ("[limits]\nper_second = 0", ["limits.per_second", "0", "1 or more"]),
        ('[digest]\nweekday = "mon"', ["digest.weekday", "mon", "monday"]),
        ("[digest]\nhour = 24", ["digest.hour", "24", "0 or more, at most 23"]),
        ("[ladders.level_2]\nsteps = []", ["ladders.level_2.steps", "At least one"]),
        (
            '[ladders.level_2]\nsteps = [{who = "bob"}]',
            ["ladders.level_2.steps[1].who", "bob", "on_duty", "ben"],
        ),
        (
            '[ladders.level_3]\nsteps = [{who = "next"}]\nfrom_hour = "08:00"\nto_hour = "20:00"',
            ["ladders.level_3.from_hour", "never kept for the day"],
        ),
        (
            '[ladders.early]\nsteps = [{who = "next"}]\nfrom_hour = "08:00"',
            ["ladders.early.from_hour", "to_hour as well"],
        ),
        (
            '[[rota]]\ndays = ["friday"]\nstart = "20:00"\nend = "08:00"\nstaff = ["zed"]',
            ["rota[1].staff[1]", "zed", "amy"],
        ),
        (
            '[[rota]]\ndays = ["friday"]\nstart = "20:00"\nend = "08:00"\nstaff = ["amy"]\n'
            'homes = ["elm"]',
            ["rota[1].homes[1]", "elm", "rowan"],
        ),
        (
            '[[rota]]\ndays = ["friday"]\nstart = "20:00"\nend = "08:00"\nstaff = ["amy"]\n'
            "every_weeks = 2",
            ["rota[1].first_week", "every_weeks"],
        ),
        (
            "[[exceptions]]\nstart = 2026-12-26T08:00:00\nend = 2026-12-25T08:00:00",
            ["exceptions[1].end", "later than start"],
        ),
        (
            "[[exceptions]]\nstart = 2026-12-25T08:00:00Z\nend = 2026-12-26T08:00:00",
            ["exceptions[1].start", "London"],
        ),
    ],
)
def test_a_mistake_is_named_with_key_value_and_what_is_allowed(text, words):
    with pytest.raises(PolicyError) as caught:
        read(text)
    line = str(caught.value.mistakes[0])
    assert "\n" not in line
    for word in words:
        assert word in line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            '[[rota]]\nwhen = "out_of_hours"\nstart = "20:00"\nstaff = ["amy"]\nhomes = ["rowan"]',
            "rota[1].when: 'out_of_hours' is not allowed. Leave out start and end, or when.",
        ),
        (
            '[[rota]]\nwhen = "at_night"\nstaff = ["amy"]',
            "rota[1].when: 'at_night' is not allowed. Allowed: office_hours, out_of_hours.",
        ),
        (
            '[[rota]]\ndays = ["monday"]\nstart = "08:00"\nstaff = ["mia"]',
            'rota[1].end: is missing. Allowed: a time such as "20:00"; or when = "out_of_hours" '
            "instead.",
        ),
        (
            '[[rota]]\ndays = ["mon"]\nstart = "08:00"\nend = "20:00"\nstaff = ["mia"]',
            "rota[1].days[1]: 'mon' is not allowed. Did you mean 'monday'? Allowed: friday, "
            "monday, saturday, sunday, thursday, tuesday, wednesday.",
        ),
        (
            '[[rota]]\ndays = ["monday"]\nstart = "08:00"\nend = "20:00"\nstaff = ["amy"]\n'
            'homes = ["cedar"]',
            "rota[1].staff[1]: 'amy' does not cover cedar. Change the rota, or their role or homes "
            "in the staff list.",
        ),
        (
            "[[exceptions]]\nstart = 2026-12-25T08:00:00\nend = 2026-12-26T08:00:00\n"
            'staff = ["ada"]',
            "exceptions[1].staff[1]: 'ada' does not cover cedar, rowan. Change the rota, or their "
            "role or homes in the staff list.",
        ),
        (
            '[[exceptions]]\nstart = "Christmas"\nend = 2026-12-26T08:00:00\nstaff = ["mia"]',
            "exceptions[1].start: 'Christmas' is not allowed. Allowed: London time such as "
            "2026-12-25T08:00:00, without quotes.",
        ),
        (
            "[[exceptions]]\nstart = 2026-12-25T08:00:00\nstaff = []",
            "exceptions[1].end: is missing. Allowed: London time such as 2026-12-25T08:00:00, "
            "without quotes.",
        ),
        (
            "[night_check]\nhour = 15",
            "night_check.hour: is an unknown key. Allowed: at, enabled.",
        ),
    ],
)
def test_what_stands_wrong_in_the_rota_is_said_in_one_plain_line(text, line):
    with pytest.raises(PolicyError) as caught:
        read(text)
    assert [str(one) for one in caught.value.mistakes] == [line]


def test_somebody_who_covers_one_home_may_stand_on_a_rota_for_all():
    """They are on duty where they may be; only somebody who covers none of the homes is wrong."""
    assert read(
        '[[rota]]\ndays = ["monday"]\nstart = "08:00"\nend = "20:00"\nstaff = ["amy", "cay"]'
    ).rota


def test_a_misspelt_duty_is_named():
    policy = read(
        '[lead_minutes]\n"CP-24" = 60\n[ladders.duty."SIGN-OFF"]\nsteps = [{who = "mia"}]'
    )
    [line] = unknown_duties(policy, {"CP-4H", "CP-24H"})
    assert str(line).startswith("lead_minutes.CP-24: 'CP-24' is no duty. Did you mean 'CP-24H'?")


def test_several_mistakes_are_named_at_once():
    with pytest.raises(PolicyError) as caught:
        read("[digest]\nhour = 25\n[hand_over]\naccept_minutes = 0")
    assert len(caught.value.mistakes) == 2


def test_bank_holidays_of_england_and_the_next_working_day():
    closed = england_bank_holidays((2026,))
    assert date(2026, 4, 6) in closed  # Easter Monday
    assert date(2026, 11, 30) not in closed  # St Andrew's Day is Scotland's
    assert next_working_day(utc("2026-04-02 20:00"), closed) == date(2026, 4, 7)


def test_hours_of_the_day_are_london_s():
    assert into_hours(utc("2026-07-06 06:30"), time(8), time(20)) == utc("2026-07-06 07:00")
    assert into_hours(utc("2026-07-06 19:30"), time(8), time(20)) == utc("2026-07-07 07:00")
    assert into_hours(utc("2026-07-06 12:00"), time(8), time(20)) == utc("2026-07-06 12:00")
