"""The limits of the decision table, each to the second."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from protocol.assess import assess
from protocol.episode import Decision
from protocol.facts import Child
from tests.protocol.cases import (
    HOUR,
    IN_CARE,
    OLDER,
    PACK,
    SECOND,
    SIX,
    YOUNGER,
    after,
    away,
    earlier,
    missing,
)


class TestFourHours:
    def test_back_at_exactly_four_hours_is_within_four_hours(self):
        assert after(5, away(returned_at=SIX + 4 * HOUR)).level_reasons == ("HAR-L1-UA",)
        assert after(5, missing(returned_at=SIX + 4 * HOUR)).level_reasons == ("HAR-GAP-MISSHORT",)

    def test_back_a_second_later_is_not(self):
        back = SIX + 4 * HOUR + SECOND
        assert after(5, away(returned_at=back)).level_reasons == ("HAR-GAP-UA4H",)
        assert after(5, missing(returned_at=back)).level_reasons == ("HAR-L2-4H",)

    def test_still_away_at_exactly_four_hours_is_level_2(self):
        assert assess(missing(), [], PACK, SIX + 4 * HOUR - SECOND).level == 1
        assert assess(missing(), [], PACK, SIX + 4 * HOUR).level_reasons == ("HAR-L2-4H",)
        assert assess(away(), [], PACK, SIX + 4 * HOUR).level_reasons == ("HAR-GAP-UA4H",)


class TestTwoHours:
    def test_a_younger_child_late_by_exactly_two_hours_is_level_1_with_a_prompt(self):
        at_two = after(2, away(YOUNGER))
        assert at_two.level_reasons == ("HAR-GAP-OPEN",)
        assert at_two.due["CP-2H-U11"].status == "due"

    def test_one_second_more_is_level_2(self):
        later = assess(away(YOUNGER), [], PACK, SIX + 2 * HOUR + SECOND)
        assert later.level_reasons == ("HAR-L2-U11",)

    def test_back_at_exactly_two_hours_stays_level_1(self):
        back = after(3, away(YOUNGER, returned_at=SIX + 2 * HOUR))
        assert back.level_reasons == ("HAR-GAP-U11SHORT",)

    def test_an_older_young_person_has_no_prompt_at_two_hours(self):
        assert "CP-2H-U11" not in after(3, away()).due


class TestTwentyFourHours:
    def test_back_after_exactly_a_day_is_not_level_3(self):
        assert after(25, missing(returned_at=SIX + 24 * HOUR)).level == 2

    def test_back_a_second_later_is(self):
        back = after(25, missing(IN_CARE, returned_at=SIX + 24 * HOUR + SECOND))
        assert back.level_reasons == ("HAR-L3-RET",)
        assert {"SG-RI-P24H", "SG-24H-REPORT"} <= set(back.reasons)

    def test_a_child_who_is_still_away_is_never_level_3(self):
        assert after(24 * 30, missing()).level == 2

    def test_the_report_of_24_hours_is_strict_and_the_checkpoint_is_not(self):
        at_a_day = after(24, missing(IN_CARE))
        assert at_a_day.due["CP-24H"].status == "due"
        assert "SG-24H-REPORT" not in at_a_day.reasons
        assert at_a_day.changes_at == SIX + 24 * HOUR + timedelta(microseconds=1)


class TestAge:
    def child(self, born):
        return Child(dob=born, historical_concerns=False)

    def test_an_eleven_year_old_is_in_the_younger_band(self):
        eleven = after(3, away(self.child(date(2014, 12, 1))))
        assert (eleven.age, eleven.level_reasons) == (11, ("HAR-L2-U11",))

    def test_or_in_the_older_one_by_local_choice(self):
        pack = PACK.with_settings({"older_band_min_age": 11})
        assert after(3, away(self.child(date(2014, 12, 1))), pack=pack).level == 1

    def test_twelve_on_the_day_it_begins_is_the_older_band(self):
        assert after(3, away(self.child(date(2014, 3, 2)))).level == 1
        assert after(3, away(self.child(date(2014, 3, 3)))).level == 2

    def test_a_birthday_while_away_changes_nothing(self):
        turning = missing(self.child(date(2014, 3, 3)))
        assert after(12, turning).age == 11
        assert "HAR-GAP-U11OPEN" in after(12, turning).reasons

    def test_unless_age_is_taken_as_of_now(self):
        pack = PACK.with_settings({"age_evaluated_at": "now", "under11_missing_open_level": 3})
        turning = missing(self.child(date(2014, 3, 3)))
        evening = after(4.5, turning, pack=pack)
        midnight = datetime(2026, 3, 3, tzinfo=UTC)
        assert (evening.age, evening.level) == (11, 3)
        assert evening.changes_at == midnight
        assert assess(turning, [], pack, midnight).age == 12

    def test_concerns_that_count_only_for_the_young_end_with_the_birthday(self):
        only_young = {"age_evaluated_at": "now", "historical_concerns_scope": "under_11"}
        child = Child(dob=date(2014, 3, 3), historical_concerns=True)
        pack = PACK.with_settings(only_young)
        before = after(1, away(child), pack=pack)
        assert before.level_reasons == ("HAR-L2-HC",)
        late = after(5.5, away(child), pack=pack.with_settings({"u11_concern_hours": 9}))
        midnight = datetime(2026, 3, 3, tzinfo=UTC)
        assert late.changes_at == midnight
        assert assess(away(child), [], pack, midnight).level_reasons == ("HAR-GAP-UA4H",)

    @pytest.mark.parametrize("concerns", [True, False])
    def test_a_birthday_changes_the_level_after_the_return_too(self, concerns):
        """Back since seven; at midnight neither the age nor the concerns of a child count."""
        child = Child(dob=date(2014, 3, 3), historical_concerns=concerns)
        only_young = {"age_evaluated_at": "now", "historical_concerns_scope": "under_11"}
        pack = PACK.with_settings(only_young)
        back = missing(child, returned_at=SIX + HOUR, ri_completed_at=SIX + HOUR)
        evening = after(2, back, pack=pack)
        midnight = datetime(2026, 3, 3, tzinfo=UTC)
        assert (evening.level_reasons, evening.changes_at) == (("HAR-L2-RET",), midnight)
        assert assess(back, [], pack, midnight).level_reasons == ("HAR-GAP-MISSHORT",)

    def test_a_leap_day_child_grows_up_on_the_first_of_march(self):
        """Born on 29 February 2012, with the band at 13: in 2025 on 1 March."""
        seen = datetime(2025, 2, 28, 20, tzinfo=UTC)
        leap = missing(self.child(date(2012, 2, 29)), last_seen_at=seen, aware_at=seen)
        choices = {"age_evaluated_at": "now", "older_band_min_age": 13}
        pack = PACK.with_settings({**choices, "short_return_hours": 9})
        found = assess(leap, [], pack, seen + 3 * HOUR)
        assert (found.age, found.level) == (12, 2)
        assert found.changes_at == datetime(2025, 3, 1, tzinfo=UTC)
        assert assess(leap, [], pack, found.changes_at).level == 1

    def test_the_birthday_is_a_day_in_london_not_in_utc(self):
        """30 minutes past midnight in July is still the day before in UTC."""
        seen = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
        twelve = away(self.child(date(2014, 7, 2)), last_seen_at=seen, aware_at=seen)
        assert assess(twelve, [], PACK, seen + 3 * HOUR).age == 12

    def test_born_on_the_29th_of_february(self):
        seen = datetime(2026, 2, 28, 18, tzinfo=UTC)
        leap = away(self.child(date(2012, 2, 29)), last_seen_at=seen, aware_at=seen)
        assert assess(leap, [], PACK, seen).age == 13
        assert (
            assess(leap, [], PACK.with_settings({"age_evaluated_at": "now"}), seen + 7 * HOUR).age
            == 14
        )

    def test_without_a_date_of_birth_the_age_is_used(self):
        assert after(3, away(Child(age=15, historical_concerns=False))).level == 1
        assert after(3, away(Child(age=10, historical_concerns=False))).level == 2

    def test_without_either_the_younger_band_is_assumed(self):
        unknown = after(3, away(Child(historical_concerns=False)))
        assert (unknown.age, unknown.level) == (None, 2)


class TestWindows:
    def counts(self, *history, **changes):
        pack = PACK.with_settings(changes) if changes else PACK
        return after(1, missing(), *history, pack=pack).counts["count_90"]

    def test_day_90_counts_and_the_second_before_does_not(self):
        assert self.counts(earlier(90)) == 2
        assert self.counts(earlier(90, nudge=-SECOND)) == 1

    def test_an_earlier_time_without_an_offset_is_read_as_utc(self):
        plain = SIX.replace(tzinfo=None) - timedelta(days=90)
        assert self.counts(msgspec.structs.replace(earlier(1), start=plain)) == 2
        assert self.counts(msgspec.structs.replace(earlier(1), start=plain - SECOND)) == 1

    def test_day_91_does_not_count(self):
        assert self.counts(earlier(91)) == 1

    def test_ninety_days_are_calendar_days_across_the_spring_change(self):
        """90 days before 18:00 BST on 1 May is 18:00 GMT: one hour more than 90 times 24."""
        seen = datetime(2026, 5, 1, 17, 0, tzinfo=UTC)
        case = missing(last_seen_at=seen, aware_at=seen)
        first = datetime(2026, 1, 31, 18, 0, tzinfo=UTC)
        at_limit = [msgspec.structs.replace(earlier(1), start=first)]
        before = [msgspec.structs.replace(earlier(1), start=first - SECOND)]
        assert assess(case, at_limit, PACK, seen).counts["count_90"] == 2
        assert assess(case, before, PACK, seen).counts["count_90"] == 1

    def test_an_episode_that_begins_with_or_after_this_one_is_not_an_earlier_one(self):
        assert self.counts(earlier(0), earlier(-1)) == 1

    def test_only_counted_categories_count_this_one_included(self):
        history = (earlier(3), earlier(4, "unauthorised_absence"))
        assert self.counts(*history) == 3
        assert self.counts(*history, episode_categories=["unauthorised_absence"]) == 1

    def test_two_missing_episodes_in_a_year_make_the_interview_a_priority(self):
        back = missing(returned_at=SIX + HOUR)
        assert "SG-RI-P2X" in after(2, back, earlier(365)).reasons
        assert "SG-RI-P2X" not in after(2, back, earlier(366)).reasons
        assert "SG-RI-P2X" not in after(2, back, earlier(3, "unauthorised_absence")).reasons

    @pytest.mark.parametrize(
        ("before", "tier"), [(1, None), (2, 3), (3, 3), (4, 5), (8, 9), (12, 9)]
    )
    def test_only_the_highest_tier_reached_counts(self, before, tier):
        history = [earlier(day) for day in range(1, before + 1)]
        tiers = [r for r in after(1, missing(), *history).reasons if r.startswith("STF")]
        assert tiers == ([f"STF-{tier}"] if tier else [])


class TestClockChanges:
    def test_when_clocks_go_forward_four_hours_stay_four_hours(self):
        """Missing since 22:30 on 28 March 2026; clocks go from 01:00 to 02:00 that night."""
        seen = datetime(2026, 3, 28, 22, 30, tzinfo=UTC)
        case = missing(last_seen_at=seen, aware_at=seen)
        found = assess(case, [], PACK, seen + 4 * HOUR)
        assert found.level == 2
        assert found.due["CP-4H"].at.isoformat() == "2026-03-29T03:30:00+01:00"
        assert found.due["CP-24H"].at.isoformat() == "2026-03-29T23:30:00+01:00"
        assert found.due["STRAT-14D"].at.isoformat() == "2026-04-11T22:30:00+01:00"
        by_calendar = PACK.with_settings({"review_office_hours": False})
        review = assess(case, [], by_calendar, seen + 4 * HOUR).due["REV-WEEKLY"].at
        assert review.isoformat() == "2026-04-04T22:30:00+01:00"
        assert found.due["REV-WEEKLY"].at.isoformat() == "2026-04-07T09:00:00+01:00"  # Easter

    def test_when_clocks_go_back_days_keep_the_wall_clock(self):
        seen = datetime(2026, 10, 24, 21, 30, tzinfo=UTC)
        found = assess(missing(last_seen_at=seen), [], PACK, seen + 4 * HOUR)
        assert found.due["CP-4H"].at.isoformat() == "2026-10-25T01:30:00+00:00"
        assert found.due["STRAT-14D"].at.isoformat() == "2026-11-07T22:30:00+00:00"

    def test_a_wall_time_that_the_night_leaves_out_is_shown_as_clocks_show_it(self):
        """Two weeks after 01:30 on 15 March clocks jump from 01:00 to 02:00."""
        seen = datetime(2026, 3, 15, 1, 30, tzinfo=UTC)
        found = assess(missing(last_seen_at=seen), [], PACK, seen + 4 * HOUR)
        assert found.due["STRAT-14D"].at.isoformat() == "2026-03-29T02:30:00+01:00"

    def test_weekly_reviews_go_on_across_the_change(self):
        """A missed week stays; one review with a note covers it, and the next week is listed."""
        seen = datetime(2026, 3, 23, 14, 0, tzinfo=UTC)
        case = missing(last_seen_at=seen)
        review = datetime(2026, 3, 30, 13, 0, tzinfo=UTC)
        assert assess(case, [], PACK, review).due["REV-WEEKLY"].at == review
        later = datetime(2026, 4, 8, 9, 0, tzinfo=UTC)
        assert assess(case, [], PACK, later).due["REV-WEEKLY"].at == review
        held = Decision(id="REV-WEEKLY", outcome="done", at=later, note="week one: nobody there")
        reviewed = msgspec.structs.replace(case, decisions=(held,))
        following = assess(reviewed, [], PACK, later).due["REV-WEEKLY"]
        assert following.at.isoformat() == "2026-04-13T14:00:00+01:00"


class TestFactsOfTheFuture:
    def test_a_return_dated_later_has_not_happened(self):
        case = missing(returned_at=SIX + 3 * HOUR)
        assert not after(2, case).returned
        assert after(2, case).changes_at == SIX + 3 * HOUR
        assert after(3, case).returned

    def test_a_police_report_dated_later_does_not_make_it_missing_yet(self):
        case = away(police_reported_at=SIX + HOUR)
        assert "SG-POLICE" not in after(0.9, case).reasons
        assert after(0.9, case).changes_at == SIX + HOUR
        assert "SG-POLICE" in after(1, case).reasons

    def test_an_interview_booked_for_later_is_not_held(self):
        case = missing(returned_at=SIX + HOUR, ri_completed_at=SIX + 50 * HOUR)
        assert "RI-72H" in after(49, case).due
        assert after(49, case).changes_at == SIX + 50 * HOUR
        assert "RI-72H" not in after(50, case).due


class TestStart:
    def start(self, way, **facts):
        pack = PACK.with_settings({"clock_start": way})
        return (after(8, away(**facts), pack=pack).start - SIX) / HOUR

    def test_later_of_last_seen_and_due_back(self):
        way = "later_of_last_seen_and_due_back"
        assert self.start(way, due_back_at=SIX + HOUR) == 1
        assert self.start(way, due_back_at=SIX - HOUR) == 0
        assert self.start(way, last_seen_at=None, due_back_at=SIX + HOUR) == 1
        assert self.start(way, last_seen_at=None) == pytest.approx(1 / 3)

    def test_last_seen_aware_or_reported(self):
        assert self.start("last_seen", due_back_at=SIX + HOUR) == 0
        assert self.start("aware") == pytest.approx(1 / 3)
        assert self.start("reported", police_reported_at=SIX + 2 * HOUR) == 2
        assert self.start("reported") == pytest.approx(1 / 3)
        assert self.start("reported", police_reported_at=SIX + 9 * HOUR) == pytest.approx(1 / 3)

    def test_what_is_not_on_record_gives_way_to_the_next(self):
        only_due = {"last_seen_at": None, "aware_at": None, "due_back_at": SIX + HOUR}
        for way in ("later_of_last_seen_and_due_back", "last_seen", "aware", "reported"):
            assert self.start(way, **only_due) == 1
        only_police = {"last_seen_at": None, "aware_at": None, "police_reported_at": SIX + HOUR}
        assert self.start("last_seen", **only_police) == 1
        only_found = {"last_seen_at": None, "aware_at": None, "located_at": SIX + 2 * HOUR}
        assert self.start("last_seen", **only_found) == 2
        nothing = {"last_seen_at": None, "aware_at": None}
        assert self.start("last_seen", **nothing) == 8, "now"


class TestAnotherZone:
    """A pack may mean another time zone; everything that has to do with days follows it."""

    pack = PACK.with_settings({"tz": "Europe/Helsinki"})

    def test_office_hours_and_calendar_days(self):
        early = SIX.replace(hour=7, minute=30)
        case = missing(located_at=early, last_seen_at=early, return_unsafe=True)
        found = assess(case, [], self.pack, early)
        assert not found.out_of_hours
        assert "SG-UNSAFE-REF" in found.reasons
        assert assess(case, [], PACK, early).out_of_hours

    def test_a_day_of_the_clock_change_there(self):
        """Clocks change on 29 March 2026 at 01:00 UTC in both, but wall clocks differ."""
        seen = datetime(2026, 3, 15, 1, 30, tzinfo=UTC)
        case = missing(last_seen_at=seen, aware_at=seen)
        later = datetime(2026, 3, 20, tzinfo=UTC)
        there = assess(case, [], self.pack, later).due
        assert there["STRAT-14D"].at.isoformat() == "2026-03-29T04:30:00+03:00"
        assert there["REV-WEEKLY"].at.isoformat() == "2026-03-23T09:00:00+02:00"

    def test_the_window_of_days_there(self):
        """180 days before 00:30 in Helsinki (22:30 UTC) falls before its autumn change."""
        seen = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
        case = missing(last_seen_at=seen, aware_at=seen)
        first = msgspec.structs.replace(earlier(1), start=datetime(2026, 3, 22, 2, 30, tzinfo=UTC))
        week = {"episode_window_days": 7}
        there = assess(case, [first], self.pack.with_settings(week), seen)
        assert there.counts["count_90"] == 2
        before = msgspec.structs.replace(first, start=first.start - SECOND)
        assert assess(case, [before], self.pack.with_settings(week), seen).counts["count_90"] == 1

    def test_the_night_there(self):
        pack = self.pack.with_settings({"level3_overnight": True})
        two = SIX + 8 * HOUR
        assert after(11, missing(returned_at=two), pack=pack).level == 3
        assert after(11, missing(returned_at=two - SECOND), pack=pack).level == 2


class TestRouting:
    def route(self, **child):
        case = missing(msgspec.structs.replace(OLDER, **child))
        found = after(1, case)
        return found.routing, [r for r in found.reasons if r.startswith("HAR-RT")]

    def test_first_match(self):
        elsewhere = {"responsible_la": "Camden", "placement_la": "Haringey"}
        assert self.route(looked_after=True, **elsewhere)[0] == "HAR-RT-1"
        assert (
            self.route(looked_after=True, responsible_la="Haringey", placement_la="Kent")[0]
            == "HAR-RT-2"
        )
        assert self.route(allocated_worker=True)[0] == "HAR-RT-3"
        assert self.route()[0] == "HAR-RT-4"

    def test_another_authoritys_child_placed_elsewhere_has_no_route_here(self):
        """It is said so, with the reason why."""
        route, reasons = self.route(looked_after=True, responsible_la="Camden", placement_la="Kent")
        assert (route, reasons) == ("HAR-RT-NONE", ["HAR-RT-NONE"])
        assert PACK.rule(route).source


def test_a_reason_to_withhold_ends_the_duty_to_tell_parents():
    withheld = after(1, missing(IN_CARE, parents_withheld_reason="interim care order"))
    assert "N-PARENTS" not in withheld.due
    assert "SG-PARENTS-WITHHELD" in withheld.reasons


def test_an_interview_declined_with_a_reason_is_no_longer_due():
    declined = missing(returned_at=SIX + HOUR, ri_declined_at=SIX + 5 * HOUR)
    assert "RI-72H" in after(4, declined).due
    assert "RI-72H" not in after(5, declined).due


def test_enquiries_are_due_48_hours_after_the_referral_until_they_start():
    case = away(reported_by_other_agency=True, reported_to_csc_at=SIX + HOUR)
    assert after(2, case).due["S47-48H"].at == SIX + 49 * HOUR
    assert "S47-48H" not in after(0.5, case).due
    started = msgspec.structs.replace(case, s47_started_at=SIX + 3 * HOUR)
    assert "S47-48H" not in after(3, started).due
    assert after(3, started).reasons == after(3, case).reasons
    parents_too = msgspec.structs.replace(case, parents_reported=True)
    assert "HAR-SH-AGENCY" not in after(2, parents_too).reasons


def test_a_night_away_is_level_3_by_the_preset_overnight():
    from protocol.pack import load_pack

    pack = load_pack("haringey-2011", "overnight")
    four = SIX + 10 * HOUR
    assert after(11, missing(returned_at=four), pack=pack).level == 3
    assert after(11, missing(returned_at=four - SECOND), pack=pack).level == 2
    assert after(11, missing(returned_at=four)).level == 2


def test_actions_name_who_when_and_source():
    night = after(9, missing(IN_CARE))
    actions = {action.id: action for action in night.actions}
    assert actions["SG-RA"].due_at == night.due["N-RA"].at
    assert actions["HAR-A2-GATHER"].due_at is None, "no time in the protocol"
    assert all(action.who and action.source and action.title for action in night.actions)
    assert actions["APPG-3"].label == "recommendation"
    assert actions["SG-RA"].label == ""


def test_level_1_on_return_says_log_it_and_nothing_more():
    back = after(5, away(returned_at=SIX + 3 * HOUR))
    assert [action.id for action in back.actions] == ["HAR-A1-LOG"]
    assert back.due == {}
    assert back.changes_at is None


def test_now_needs_an_offset():
    with pytest.raises(ValueError, match=r"^now has no offset from UTC$"):
        assess(missing(), [], PACK, datetime(2026, 3, 2, 18))  # noqa: DTZ001


def test_times_in_the_repeated_hour_are_told_apart():
    """01:30 comes twice on 25 October 2026; the two are an hour apart."""
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    found = assess(missing(IN_CARE, last_seen_at=first, aware_at=first), [], PACK, first)
    police, authority = found.due["N-POLICE"].at, found.due["N-RA"].at
    assert (police.isoformat(), authority.isoformat()) == (
        "2026-10-25T01:30:00+01:00",
        "2026-10-25T01:30:00+00:00",
    )
    assert authority - police == HOUR
    assert police < authority
