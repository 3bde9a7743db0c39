"""Facts of the return, decisions and meetings, as the rules see them."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from protocol import facts as f
from protocol.episode import Decision, Notification
from protocol.fold import fold
from tests.protocol.cases import HOUR, IN_CARE, SIX, Record

ANSWERS = (True, False, "unknown")


def begun(category="missing"):
    record = Record()
    record.write(
        f.Opened, SIX, category=category, child=IN_CARE, aware_at=SIX, last_seen_at=SIX - HOUR
    )
    return record


def test_those_who_were_told_are_told_that_it_is_over():
    record = begun()
    record.write(f.ToldOfReturn, SIX + HOUR, whom="police")
    record.write(f.ToldOfReturn, SIX + HOUR, whom="authority", role="team_manager")
    record.write(f.ToldOfReturn, SIX + HOUR, whom="parents")
    assert fold(record.facts).notifications == (
        Notification(type="police_back", at=SIX + HOUR),
        Notification(type="ra_back", at=SIX + HOUR, recipient_role="team_manager"),
        Notification(type="parents_back", at=SIX + HOUR),
    )


def test_told_and_acknowledged_are_two_facts():
    """An accountable manager got the message; an hour later she says that she has started."""
    record = begun()
    record.write(f.AuthorityTold, SIX + HOUR, role="accountable_manager", acknowledged=False)
    assert [n.recipient_role for n in fold(record.facts).notifications] == [""]
    record.write(f.AuthorityAcknowledged, SIX + 2 * HOUR, role="accountable_manager")
    assert [n.recipient_role for n in fold(record.facts).notifications] == [
        "",
        "accountable_manager",
    ]


def test_an_old_record_of_the_authority_told_counts_as_acknowledged():
    raw = b'{"kind":"authority_told","id":"f2","by":"m","recorded_at":"2026-03-02T19:00:00Z",'
    raw += b'"at":"2026-03-02T19:00:00Z","role":"accountable_manager"}'
    record = begun()
    record.facts.append(msgspec.json.decode(raw, type=f.Fact))
    assert fold(record.facts).notifications[0].recipient_role == "accountable_manager"


def test_a_withheld_parent_who_is_told_after_all_is_withheld_from_no_more():
    record = begun()
    record.write(f.ParentsWithheld, SIX + HOUR, reason="court order")
    record.write(f.ParentsTold, SIX + 2 * HOUR)
    assert fold(record.facts).parents_withheld_reason == ""


def test_a_second_call_to_the_police_does_not_move_the_first():
    record = begun()
    record.write(f.PoliceTold, SIX + HOUR)
    record.write(f.PoliceTold, SIX + 3 * HOUR, reference="made up")
    assert fold(record.facts).police_reported_at == SIX + HOUR


@pytest.mark.parametrize("answer", ANSWERS)
def test_answers_about_the_time_away_stay_as_they_were_given(answer):
    record = begun()
    record.write(
        f.WhileAway, SIX + HOUR, crime_suspected=answer, crime_victim=answer, harmed=answer
    )
    record.write(f.Located, SIX + HOUR, return_unsafe=answer, contact_blocked=answer)
    case = fold(record.facts)
    found = (
        case.crime_suspected, case.crime_victim, case.harmed_while_away, case.return_unsafe,
        case.contact_blocked,
    )  # fmt: skip
    assert found == (answer,) * 5


def test_what_is_not_said_again_stays_as_it_was_said():
    record = begun()
    record.write(f.WhileAway, SIX + HOUR, harmed=True, crime_victim="unknown")
    record.write(f.WhileAway, SIX + 2 * HOUR, crime_victim=False)
    case = fold(record.facts)
    assert (case.harmed_while_away, case.crime_victim) == (True, False)


def test_a_yes_of_an_old_return_is_the_suspicion_of_crime():
    record = begun()
    record.write(f.Returned, SIX + HOUR, crime_while_away=True, harmed_while_away=True)
    case = fold(record.facts)
    assert (case.crime_suspected, case.harmed_while_away, case.crime_victim) == (True, True, False)


@pytest.mark.parametrize(
    ("found_by", "for_the_rules"),
    [
        ("police", "police"), ("parents", "parents"), ("staff", "placement"), ("family", "other"),
        ("self", "other"), ("public", "other"), ("unknown", None), (None, None),
    ],
)  # fmt: skip
def test_who_found(found_by, for_the_rules):
    record = begun()
    record.write(f.Located, SIX + HOUR, found_by=found_by, authority="Camden")
    case = fold(record.facts)
    assert (case.located_by, case.located_la) == (for_the_rules, "Camden")


def test_referred_out_of_hours_and_again_in_the_morning():
    record = begun()
    record.write(f.Referred, SIX + 3 * HOUR, to="emergency_duty_team")
    record.write(f.Referred, SIX + 15 * HOUR, to="duty_team")
    case = fold(record.facts)
    assert (case.referred_at, case.referred_to) == (SIX + 3 * HOUR, "emergency_duty_team")


def test_an_interview_by_the_placement_does_not_undo_an_independent_one():
    record = begun()
    record.write(f.InterviewHeld, SIX + HOUR, independent=False)
    assert fold(record.facts).ri_held_by == "placement"
    record.write(f.InterviewHeld, SIX + 2 * HOUR, independent=True)
    record.write(f.InterviewHeld, SIX + 3 * HOUR, independent=False)
    case = fold(record.facts)
    assert (case.ri_held_by, case.ri_completed_at) == ("independent", SIX + 2 * HOUR)


def test_an_old_interview_has_no_word_on_who_held_it():
    record = begun()
    record.write(f.InterviewHeld, SIX + HOUR, held_by="placing authority")
    case = fold(record.facts)
    assert (case.ri_held_by, case.ri_completed_at) == (None, SIX + HOUR)


def test_a_check_that_was_not_done_is_a_decision_with_its_reason():
    record = begun()
    record.write(f.SafeAndWell, SIX + HOUR, done=False, reason="seen by the same officer today")
    decided = Decision(
        id="SAFE-WELL", outcome="not_needed", at=SIX + HOUR, note="seen by the same officer today"
    )
    assert fold(record.facts).decisions == (decided,)
    record.write(f.SafeAndWell, SIX + 2 * HOUR, done=True)
    assert fold(record.facts).safe_well_at == SIX + 2 * HOUR


def test_decisions_of_all_kinds():
    record = begun()
    record.write(
        f.Decided, SIX + HOUR, about="HAR-A2-GATHER", outcome="handed_over",
        note="day manager", until=SIX + 15 * HOUR, decided_by="duty manager",
    )  # fmt: skip
    record.write(f.DutyDone, SIX + 2 * HOUR, duty="REV-WEEKLY", note="all well")
    record.write(f.MeetingBooked, SIX + 2 * HOUR, meeting="strategy", on=SIX + 40 * HOUR,
                 about="STRAT-14D")  # fmt: skip
    record.write(f.MeetingHeld, SIX + 41 * HOUR, meeting="strategy", about="STRAT-14D")
    record.write(f.MeetingHeld, SIX + 42 * HOUR, meeting="early_help")
    record.write(f.Collected, SIX + 43 * HOUR, by_whom="carer")
    record.write(f.MedicalChecked, SIX + 43 * HOUR, done=False, note="refused to be seen")
    found = [(d.id, d.outcome, d.note, d.until) for d in fold(record.facts).decisions]
    assert found == [
        ("HAR-A2-GATHER", "handed_over", "day manager", SIX + 15 * HOUR),
        ("REV-WEEKLY", "done", "all well", None),
        ("STRAT-14D", "booked", "", SIX + 40 * HOUR),
        ("STRAT-14D", "done", "", None),
        ("RET-COLLECT", "done", "", None),
        ("RET-MEDICAL", "not_needed", "refused to be seen", None),
    ]
    assert fold(record.facts).decisions[0].by_role == "duty manager"


def test_what_came_out_of_an_interview():
    record = begun()
    record.write(
        f.InterviewHeld, SIX + HOUR, independent=True, content="kept in the record",
        actions=(f.FollowUp(what="ring the school", owner="key worker", by=date(2026, 3, 9)),),
    )  # fmt: skip
    record.write(f.InterviewShared, SIX + 2 * HOUR, shared_with=("social_worker",))
    ids = [d.id for d in fold(record.facts).decisions]
    assert ids == ["RI-CONTENT", "RI-ACTIONS", "RI-SHARED"]
    record.write(f.InterviewShared, SIX + 3 * HOUR, shared_with=("reviewing_officer",))
    assert [d.id for d in fold(record.facts).decisions][-1] == "RI-IRO"


def test_an_absence_that_becomes_missing():
    record = begun("unauthorised_absence")
    record.write(f.CategoryChanged, SIX + 3 * HOUR, at=SIX + 2 * HOUR, category="missing")
    case = fold(record.facts)
    assert (case.category, case.missing_since) == ("missing", SIX + 2 * HOUR)


def test_a_wrong_category_was_wrong_from_the_start():
    record = begun("unauthorised_absence")
    record.write(f.CategoryChanged, SIX + 3 * HOUR, category="missing", from_start=True)
    case = fold(record.facts)
    assert (case.category, case.missing_since) == ("missing", None)


def test_known_where_and_gone_again_without_being_back():
    record = begun()
    record.write(f.CategoryChanged, SIX + 2 * HOUR, category="unauthorised_absence")
    assert fold(record.facts).missing_since is None
    record.write(f.CategoryChanged, SIX + 4 * HOUR, category="missing")
    assert fold(record.facts).missing_since == SIX + 4 * HOUR


def test_every_kind_of_fact_can_be_put_right_and_read_back():
    """Old and new kinds alike: encoded, decoded, corrected."""
    times = {"at": SIX, "on": SIX, "start": SIX, "until": SIX, "was": SIX, "aware_at": SIX}
    texts = {
        "category": "missing", "child": IN_CARE, "whom": "police", "to": "duty_team",
        "outcome": "done", "meeting": "strategy", "assessment": "section_17", "level": 2,
        "media": "pdf", "size": 9,
        "accepted": True, "done": True, "shared_with": ("police",), "reason": "r",
    }  # fmt: skip
    for number, kind in enumerate(f.Fact.__args__):
        given = {
            x.name: texts.get(x.name, times.get(x.name, "x"))
            for x in msgspec.structs.fields(kind)
            if x.required and x.name not in ("id", "by", "recorded_at")
        }
        if kind is f.ReferralAnswered:
            given["outcome"] = "no_action"
        first = kind(id=f"a{number}", by="m", recorded_at=SIX, **given)
        again = kind(id=f"b{number}", by="m", recorded_at=SIX, corrects=first.id, **given)
        read = msgspec.json.decode(msgspec.json.encode([first, again]), type=list[f.Fact])
        assert read == [first, again]
        fold(read)


@pytest.mark.parametrize(
    ("kind", "values", "begun_at"),
    [
        (f.AssessmentBegun, {"assessment": "section_47"}, SIX + HOUR),
        (f.AssessmentBegun, {"assessment": "section_17"}, None),
        (f.Decided, {"about": "S47-48H", "outcome": "done"}, SIX + HOUR),
        (f.Decided, {"about": "S47-48H", "outcome": "booked"}, None),
        (f.Decided, {"about": "SG-RECOVERY", "outcome": "done"}, None),
    ],
)
def test_section_47_enquiries_begin_with_the_word_that_they_have(kind, values, begun_at):
    record = begun()
    record.write(kind, SIX + HOUR, **values)
    assert fold(record.facts).s47_started_at == begun_at


@pytest.mark.parametrize(("done", "outcome"), [(True, "done"), (False, "not_needed")])
def test_a_medical_check_is_decided_when_it_was(done, outcome):
    record = begun()
    record.write(f.MedicalChecked, SIX + HOUR, done=done, note="seen by a nurse")
    (decision,) = fold(record.facts).decisions
    assert (decision.id, decision.outcome, decision.at) == ("RET-MEDICAL", outcome, SIX + HOUR)
    assert decision.note == "seen by a nurse"
