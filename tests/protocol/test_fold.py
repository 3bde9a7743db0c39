"""From facts to the episode: later words count, corrections replace, withdrawals take out."""

from __future__ import annotations

from protocol import facts as f
from protocol.counting import counting
from protocol.episode import Episode, Notification
from protocol.fold import fold
from tests.protocol.cases import HOUR, IN_CARE, MINUTE, OLDER, SIX, Record


def opened(record, at=SIX + 20 * MINUTE, **fields):
    fields = {"category": "missing", "child": OLDER, "aware_at": at, "last_seen_at": SIX, **fields}
    return record.write(f.Opened, at, **fields)


def test_a_report_and_what_follows():
    record = Record()
    opened(record, child=IN_CARE, due_back_at=SIX + HOUR, reported_by_other_agency=True)
    record.write(f.PoliceTold, SIX + 2 * HOUR, at=SIX + HOUR, reference="made up")
    record.write(f.AuthorityTold, SIX + 2 * HOUR, role="edt_duty_manager")
    record.write(f.ParentsTold, SIX + 3 * HOUR, what="missing since seven")
    record.write(f.Located, SIX + 5 * HOUR, return_unsafe=True, contact_blocked=True)
    record.write(f.Returned, SIX + 6 * HOUR, harmed_while_away=True, crime_while_away=True)
    assert fold(record.facts) == Episode(
        category="missing",
        child=IN_CARE,
        last_seen_at=SIX,
        due_back_at=SIX + HOUR,
        aware_at=SIX + 20 * MINUTE,
        police_reported_at=SIX + HOUR,
        located_at=SIX + 5 * HOUR,
        returned_at=SIX + 6 * HOUR,
        notifications=(
            Notification(
                type="responsible_authority",
                at=SIX + 2 * HOUR,
                recipient_role="edt_duty_manager",
            ),
            Notification(type="parents", at=SIX + 3 * HOUR),
        ),
        return_unsafe=True,
        contact_blocked=True,
        reported_by_other_agency=True,
        crime_suspected=True,
        harmed_while_away=True,
    )


def test_the_parents_reported_too():
    record = Record()
    opened(record, parents_reported=True)
    assert fold(record.facts).parents_reported


def test_a_fact_withdrawn_first_does_not_hide_the_corrections_before_it():
    record = Record()
    opened(record, child=IN_CARE)
    told = record.write(f.ParentsTold, SIX + HOUR)
    record.write(f.ParentsTold, SIX + 2 * HOUR, at=SIX + HOUR, corrects=told)
    last = record.write(f.LastSeen, SIX + 3 * HOUR, at=SIX + HOUR)
    record.write(f.Withdrawn, SIX + 4 * HOUR, fact=last, reason="misheard")
    case = fold(record.facts)
    assert case.last_seen_at == SIX
    assert len(case.notifications) == 1


def test_what_was_recorded_last_counts_whenever_it_happened():
    record = Record()
    opened(record)
    record.write(f.LastSeen, SIX + 2 * HOUR, at=SIX - HOUR)
    record.write(f.LastSeen, SIX + HOUR, at=SIX + HOUR)
    assert fold(record.facts).last_seen_at == SIX - HOUR


def test_facts_of_one_moment_count_as_they_stand():
    record = Record()
    opened(record)
    record.write(f.LastSeen, SIX + HOUR, at=SIX - HOUR)
    record.write(f.LastSeen, SIX + HOUR, at=SIX)
    assert fold(record.facts).last_seen_at == SIX


def test_a_withdrawn_return_was_none():
    record = Record()
    opened(record)
    back = record.write(f.Returned, SIX + HOUR)
    assert fold(record.facts).returned_at is not None
    wrong = record.write(f.Withdrawn, SIX + 2 * HOUR, fact=back, reason="another young person")
    assert fold(record.facts).returned_at is None
    record.write(f.Withdrawn, SIX + 3 * HOUR, fact=wrong, reason="it was right after all")
    assert fold(record.facts).returned_at == SIX + HOUR


def test_withdrawing_the_last_word_brings_back_the_one_before():
    record = Record()
    opened(record)
    record.write(f.DueBack, SIX + HOUR, at=SIX + 2 * HOUR)
    second = record.write(f.DueBack, SIX + 2 * HOUR, at=SIX + 3 * HOUR)
    record.write(f.Withdrawn, SIX + 3 * HOUR, fact=second, reason="misread")
    assert fold(record.facts).due_back_at == SIX + 2 * HOUR


def test_a_correction_takes_the_place_of_a_person_told():
    record = Record()
    opened(record, child=IN_CARE)
    first = record.write(f.AuthorityTold, SIX + HOUR, role="accountable_manager")
    record.write(f.AuthorityTold, SIX + 2 * HOUR, role="childs_social_worker", corrects=first)
    assert [n.recipient_role for n in fold(record.facts).notifications] == ["childs_social_worker"]


def test_a_correction_by_another_kind_of_fact_does_not_take_out_the_report():
    record = Record()
    report = opened(record, child=IN_CARE)
    record.write(f.LastSeen, SIX + HOUR, at=SIX - HOUR, corrects=report)
    case = fold(record.facts)
    assert (case.child, case.last_seen_at) == (IN_CARE, SIX - HOUR)


def test_gone_again_ends_this_absence_where_it_was_found():
    record = Record()
    opened(record)
    record.write(f.Located, SIX + 5 * HOUR)
    record.write(f.GoneAgain, SIX + 6 * HOUR, next_episode="RH-B2C3")
    assert fold(record.facts).returned_at == SIX + 5 * HOUR


def test_gone_again_without_being_found_ends_it_when_that_was_noticed():
    record = Record()
    opened(record)
    record.write(f.GoneAgain, SIX + 6 * HOUR, next_episode="RH-B2C3")
    assert fold(record.facts).returned_at == SIX + 6 * HOUR


def test_gone_again_after_a_return_leaves_the_return():
    record = Record()
    opened(record)
    record.write(f.Returned, SIX + 5 * HOUR)
    record.write(f.GoneAgain, SIX + 6 * HOUR, next_episode="RH-B2C3")
    assert fold(record.facts).returned_at == SIX + 5 * HOUR


def test_the_interview_offered_declined_and_held():
    record = Record()
    opened(record)
    record.write(f.InterviewOffered, SIX + HOUR)
    record.write(f.InterviewAnswered, SIX + 2 * HOUR, accepted=False)
    assert fold(record.facts).ri_declined_at is None, "no reason on record"
    record.write(f.InterviewAnswered, SIX + 3 * HOUR, accepted=False, reason="does not want to")
    assert fold(record.facts).ri_declined_at == SIX + 3 * HOUR
    record.write(f.InterviewAnswered, SIX + 4 * HOUR, accepted=True)
    record.write(f.InterviewHeld, SIX + 30 * HOUR)
    case = fold(record.facts)
    assert (case.ri_declined_at, case.ri_completed_at) == (None, SIX + 30 * HOUR)


def test_the_other_kinds_with_one_value():
    record = Record()
    opened(record)
    record.write(f.CategoryChanged, SIX + HOUR, category="unauthorised_absence")
    record.write(f.ChildChanged, SIX + HOUR, child=IN_CARE)
    record.write(f.AuthorityWritten, SIX + HOUR)
    record.write(f.ParentsWithheld, SIX + HOUR, reason="court order")
    record.write(f.Abducted, SIX + HOUR)
    record.write(f.ReferredToSocialCare, SIX + HOUR)
    record.write(f.DutyDone, SIX + 2 * HOUR, duty="S47-48H")
    record.write(f.DutyDone, SIX + 3 * HOUR, duty="CP-4H")
    case = fold(record.facts)
    assert (case.category, case.child) == ("unauthorised_absence", IN_CARE)
    assert [n.type for n in case.notifications] == ["ra_written"]
    assert (case.parents_withheld_reason, case.abducted) == ("court order", True)
    assert (case.reported_to_csc_at, case.s47_started_at) == (SIX + HOUR, SIX + 2 * HOUR)


def test_nothing_on_record_is_read_cautiously():
    case = fold([])
    assert (case.category, case.child.historical_concerns) == ("missing", "unknown")


def test_facts_that_say_nothing_about_the_rules_stay_on_record():
    record = Record()
    opened(record)
    note = record.write(f.Note, SIX + HOUR, text="phoned the friends")
    assert note in [fact.id for fact in counting(record.facts)]
