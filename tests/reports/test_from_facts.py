"""Episode rows from the record: what they say, and that the schema accepts every one of them."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol import facts as f
from protocol.provider import Authority, Home, Provider
from reports.from_facts import RowMaker, joined
from reports.pseudonyms import Pseudonyms
from reports.row_checks import problem
from reports.row_identity import Started
from reports.rows import Row, encode
from storage.model import Entry, Episode, Person
from tests.protocol.cases import HOUR, IN_CARE, MINUTE, PACK, SIX, Record
from tests.protocol.strategies import facts as any_facts

LATER = SIX + timedelta(days=10)
PROVIDER = Provider(
    homes=(Home(id="rowan", name="Rowan House", prefix="RH", authority="Haringey"),),
    staff=(),
    authorities=(
        Authority(name="Haringey", code="E09000014"),
        Authority(name="Kent", code="E10000016"),
    ),
)
PSEUDONYMS = Pseudonyms("NL01", b"k" * 32)
KENT_CHILD = msgspec.structs.replace(
    IN_CARE, responsible_la="Kent", in_childrens_home=True, sex="female", legal_status="care_order"
)


def maker(as_of=LATER, people=(), past=None, pack=PACK):
    return RowMaker(
        PROVIDER,
        pack,
        PSEUDONYMS,
        as_of,
        people={p.ref: p for p in people},
        past=past or {},
    )


def begun(category="missing", child=KENT_CHILD, **more):
    record = Record()
    record.write(
        f.Opened, SIX + 20 * MINUTE, category=category, child=child, aware_at=SIX + 20 * MINUTE,
        last_seen_at=SIX, **more,
    )  # fmt: skip
    return record


def case(record, ref="RH-TEST", person="YP-07"):
    entries = tuple(Entry(fact=fact, digest="") for fact in record.facts)
    return Episode(ref=ref, home="rowan", person=person, entries=entries)


def row_of(record, peak=2, **more):
    found = maker(**more).row(case(record), peak)
    assert found is not None
    checked = problem(encode(found))
    assert isinstance(checked, Row), checked
    return found


def test_a_young_person_found_out_of_hours_and_not_safe_at_once():
    record = begun()
    record.write(f.PoliceTold, SIX + HOUR)
    record.write(f.AuthorityTold, SIX + HOUR, role="edt_duty_manager", acknowledged=False)
    record.write(f.AuthorityAcknowledged, SIX + 2 * HOUR, role="edt_duty_manager")
    record.write(f.ParentsWithheld, SIX + 2 * HOUR, reason="court order")
    record.write(
        f.Located, SIX + 8 * HOUR, return_unsafe=True, found_by="police", place="stranger",
        district="E07000905",
    )  # fmt: skip
    referral = record.write(f.Referred, SIX + 9 * HOUR, to="emergency_duty_team")
    record.write(
        f.ReferralAnswered, SIX + 10 * HOUR, referral=referral, outcome="emergency_accommodation",
        protocol_followed=True, suitable=True,
    )  # fmt: skip
    record.write(f.Returned, SIX + 20 * HOUR, to="emergency_accommodation")
    record.write(
        f.WhileAway, SIX + 20 * HOUR, harmed="unknown", crime_suspected=False,
        exploitation=("criminal",), pull=("friends", "friends"), push=(),
    )  # fmt: skip
    record.write(f.SafeAndWell, SIX + 21 * HOUR, done=True)
    record.write(f.InterviewOffered, SIX + 30 * HOUR)
    record.write(f.InterviewAnswered, SIX + 31 * HOUR, accepted=True)
    record.write(f.InterviewHeld, SIX + 50 * HOUR, independent=True, interview="RI-1")
    record.write(f.MeetingHeld, SIX + 60 * HOUR, meeting="strategy")
    record.write(f.Decided, SIX + 60 * HOUR, about="RET-CARE-PLAN", outcome="done")
    record.write(f.Decided, SIX + 60 * HOUR, about="CUR-REG40", outcome="not_needed", note="n")
    row = row_of(record)
    assert (row.found_by, row.found_place, row.found_out_of_hours) == ("police", "stranger", True)
    assert (row.return_unsafe, row.returned_to) == (True, "emergency_accommodation")
    [referral_row] = row.referrals
    assert (referral_row.to, referral_row.out_of_hours, referral_row.outcome) == (
        "emergency_duty_team", True, "emergency_accommodation",
    )  # fmt: skip
    assert row.authority_told == SIX + 2 * HOUR, "told is not acknowledged"
    assert (row.parents_told, row.parents_withheld) == (None, True)
    assert (row.harm, row.crime_suspected, row.crime_victim) == ("unknown", False, "unknown")
    assert (row.push, row.pull, row.exploitation) == ((), ("friends",), ("criminal",))
    assert (row.ri_offered, row.ri_accepted, row.ri_held, row.ri_by) == (
        True, True, True, "independent",
    )  # fmt: skip
    assert row.ri_id is not None
    assert [m.kind for m in row.meetings] == ["strategy"]
    assert (row.plan_updated, row.reg40, row.level_peak) == (True, "not_notified", 2)
    assert (row.responsible, row.host, row.area) == ("E10000016", "E09000014", "out")
    assert (row.placement, row.sex, row.legal_status) == ("childrens_home", "female", "care_order")


def test_an_absence_that_the_police_report_makes_missing_and_that_is_known_again():
    record = begun("unauthorised_absence")
    record.write(f.PoliceTold, SIX + 3 * HOUR)
    record.write(f.CategoryChanged, SIX + 5 * HOUR, category="unauthorised_absence")
    record.write(f.Returned, SIX + 9 * HOUR)
    row = row_of(record)
    assert row.category == "missing"
    assert [(p.since, p.category) for p in row.phases] == [
        (SIX, "unauthorised_absence"),
        (SIX + 3 * HOUR, "missing"),
        (SIX + 5 * HOUR, "unauthorised_absence"),
    ]


def test_a_corrected_category_is_no_phase():
    record = begun("unauthorised_absence")
    record.write(f.CategoryChanged, SIX + HOUR, category="missing", from_start=True)
    row = row_of(record)
    assert [(p.since, p.category) for p in row.phases] == [(SIX, "missing")]


def test_a_report_to_the_police_after_the_return_is_no_phase():
    record = begun("unauthorised_absence")
    record.write(f.Returned, SIX + HOUR)
    record.write(f.PoliceTold, SIX + 2 * HOUR)
    assert row_of(record).category == "unauthorised_absence"


def test_nothing_later_than_as_of_is_in_a_row():
    record = begun()
    record.write(f.PoliceTold, SIX + HOUR)
    record.write(f.Returned, SIX + 2 * HOUR)
    row = row_of(record, as_of=SIX + 90 * MINUTE)
    assert (row.police_told, row.returned, row.ri_held, row.safe_and_well) == (
        SIX + HOUR, None, None, None,
    )  # fmt: skip
    assert maker(SIX - HOUR).row(case(record)) is None


def test_a_missing_return_interview_is_not_held_and_not_unknown():
    record = begun()
    record.write(f.Returned, SIX + 2 * HOUR)
    row = row_of(record)
    assert (row.ri_offered, row.ri_accepted, row.ri_held, row.ri_by) == (False, None, False, None)


def test_a_young_person_who_is_not_looked_after():
    row = row_of(begun(child=f.Child(age=15)))
    assert (row.looked_after, row.legal_status, row.placement, row.responsible) == (
        False, "none", "none", None,
    )  # fmt: skip
    assert (row.sector, row.distance, row.area, row.authority_told) == (
        "not_applicable", "not_applicable", "not_applicable", None,
    )  # fmt: skip


def test_what_the_report_left_open_comes_from_the_register():
    listed = Person(
        ref="YP-07", home="rowan",
        child=msgspec.structs.replace(IN_CARE, ethnicity="black", cse_risk=True, sex="male"),
    )  # fmt: skip
    row = row_of(begun(), people=[listed])
    assert (row.ethnicity, row.sex, row.cse_risk) == ("black", "female", True)


def test_turned_18_while_away():
    child = msgspec.structs.replace(KENT_CHILD, dob=date(2008, 3, 3))
    record = begun(child=child)
    assert row_of(record, as_of=SIX + HOUR).aged_out is False
    record.write(f.Returned, SIX + 7 * HOUR)
    assert row_of(record).aged_out is True


def test_counts_of_90_and_365_days_by_the_calendar():
    past = [
        Started(SIX - timedelta(days=400), True),
        Started(SIX - timedelta(days=90), False),
        Started(SIX - timedelta(days=90, minutes=1), True),
        Started(SIX, True),
    ]
    row = row_of(begun(), past={"YP-07": past})
    assert (row.n90, row.m365) == (2, 2)


def test_links_join_whoever_was_away_together():
    links = [("RH-B", "RH-A"), ("RH-C", "RH-B"), ("RH-E", "RH-D"), ("RH-F", "RH-F")]
    assert joined(links) == {
        "RH-A": "RH-A", "RH-B": "RH-A", "RH-C": "RH-A", "RH-D": "RH-D", "RH-E": "RH-D",
    }  # fmt: skip


def test_pseudonyms_are_stable_within_a_service_and_foreign_between_two():
    one = PSEUDONYMS.of("child", "YP-07")
    assert one == Pseudonyms("NL01", b"k" * 32).of("child", "YP-07")
    others = {
        Pseudonyms("NL02", b"k" * 32).of("child", "YP-07"),
        Pseudonyms("NL01", b"j" * 32).of("child", "YP-07"),
        PSEUDONYMS.of("episode", "YP-07"),
    }
    assert one not in others
    assert len(others) == 3


def test_no_word_of_a_person_is_in_a_row():
    record = begun(circumstances="Zebra words")
    record.write(f.Note, SIX + HOUR, text="Zebra words")
    record.write(f.Located, SIX + HOUR, where="Zebra words")
    record.write(f.InterviewHeld, SIX + 2 * HOUR, held_by="Zebra words", content="Zebra words")
    text = encode(row_of(record)).decode()
    assert "Zebra" not in text
    assert "YP-07" not in text
    assert "RH-TEST" not in text


@given(any_facts(), st.integers(0, 40))
@settings(max_examples=200, deadline=None)
def test_whatever_is_on_record_makes_a_row_that_the_schema_accepts(facts, hours):
    entries = tuple(Entry(fact=fact, digest="") for fact in facts)
    episode = Episode(ref="RH-TEST", home="rowan", person="YP-07", entries=entries)
    row = maker(SIX + timedelta(hours=6 * hours)).row(episode, 1)
    if row is not None:
        assert isinstance(problem(encode(row)), Row)


def test_the_row_of_a_home_with_a_pack_of_its_own_follows_that_pack():
    """Its police report makes nobody missing, its office opens at noon, and a social worker's
    word is enough there. Another home of the service keeps the service's pack."""
    own = PACK.with_settings(
        {
            "police_report_makes_missing": False,
            "office_open": "12:00",
            "ra_accepting_roles": ["childs_social_worker"],
        }
    )
    record = begun("unauthorised_absence")
    record.write(f.PoliceTold, SIX + HOUR)
    record.write(f.AuthorityTold, SIX + HOUR, role="childs_social_worker")
    record.write(f.Located, SIX + 16 * HOUR)
    record.write(f.Returned, SIX + 17 * HOUR)
    made = maker(pack=PACK.serving({"rowan": own}, {})).row(case(record))
    usual = maker(pack=PACK.serving({"elsewhere": own}, {})).row(case(record))
    assert (made.category, usual.category) == ("unauthorised_absence", "missing")
    assert (made.found_out_of_hours, usual.found_out_of_hours) == (True, False)
    assert made.authority_told == SIX + HOUR
    assert usual.authority_told is None
