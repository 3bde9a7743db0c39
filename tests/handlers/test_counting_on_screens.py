"""Card, summary and corrections agree with the rules about which facts count."""

from __future__ import annotations

from datetime import timedelta

from bot.summary import summarise
from handlers import card
from handlers.case_view import CaseView, case_view
from handlers.form import FormState
from handlers.recording import RECORDINGS
from protocol import facts as f
from protocol.fold import fold
from protocol.provider import Home, Provider, Role, Staff
from protocol.standing import standing
from reminders.case_records import new_ids
from storage.model import Entry, Episode
from tests.protocol.cases import HOUR, IN_CARE, PACK, SIX, Record

STAFF = Staff(id="sam", name="Sam Example", telegram_id=1, role=Role.MANAGER, homes=("rh",))
SERVICE = Provider(homes=(Home(id="rh", name="Rowan House", prefix="RH"),), staff=(STAFF,))
LATER = SIX + timedelta(hours=12)


def begun() -> Record:
    record = Record()
    record.write(
        f.Opened, SIX, category="missing", child=IN_CARE, aware_at=SIX, last_seen_at=SIX - HOUR
    )
    return record


def episode(record: Record) -> Episode:
    entries = tuple(Entry(fact=fact, digest="") for fact in record.facts)
    return Episode(ref="RH-TEST", home="rh", person="YP-07", entries=entries)


def view(record: Record) -> CaseView:
    case = episode(record)
    state = standing(case.facts, (), PACK, LATER)
    return case_view(case, state, (), None, SERVICE, PACK, LATER, "reference")


def fixed(record: Record, what: str, **answers: str) -> list[f.Fact]:
    case = episode(record)
    state = FormState(
        answers={"fix": what, **answers}, now=LATER, staff=STAFF, service=SERVICE, episode=case
    )
    return [*case.facts, *RECORDINGS["fix"].facts(state, new_ids(case))]


def test_police_told_after_all_stands_on_the_card_again() -> None:
    """Recorded, withdrawn by mistake, and the withdrawal withdrawn."""
    record = begun()
    told = record.write(f.PoliceTold, SIX + HOUR)
    wrong = record.write(f.Withdrawn, SIX + 2 * HOUR, fact=told, reason="other case")
    record.write(f.Withdrawn, SIX + 3 * HOUR, fact=wrong, reason="this one after all")
    shown = view(record)
    assert "police told" in card.text(shown)
    assert "withdrawn" not in card.text(shown)
    timeline = card.timeline(shown).text.splitlines()
    assert [line for line in timeline if "police told" in line and "put right" not in line]
    buttons = [b.data for row in card.main_buttons(shown, STAFF) for b in row]
    assert "c:RH-TEST:police" not in buttons


def test_an_interview_put_right_counts_once_and_with_its_right_time() -> None:
    record = begun()
    record.write(f.Returned, SIX + 2 * HOUR)
    held = record.write(f.InterviewHeld, SIX + 4 * HOUR)
    record.write(f.InterviewHeld, SIX + 6 * HOUR, at=SIX + 5 * HOUR, corrects=held)
    row = summarise(episode(record), PACK, LATER)
    assert row.interview_held_at == SIX + 5 * HOUR


def test_an_answer_to_the_interview_that_was_changed_is_no_longer_declined() -> None:
    record = begun()
    record.write(f.Returned, SIX + 2 * HOUR)
    record.write(f.InterviewAnswered, SIX + 3 * HOUR, accepted=False, reason="tired")
    record.write(f.InterviewAnswered, SIX + 4 * HOUR, accepted=True)
    assert summarise(episode(record), PACK, LATER).interview_declined_at is None


def test_the_report_is_not_called_put_right_because_a_time_in_it_was() -> None:
    record = begun()
    record.write(f.LastSeen, SIX + HOUR, at=SIX, corrects="f1")
    shown = view(record)
    assert "f1" in {fact.id for fact in shown.facts}


def test_not_told_after_all_leaves_no_earlier_word_of_it() -> None:
    """The time was put right first; then it turns out that the police were never told."""
    record = begun()
    told = record.write(f.PoliceTold, SIX + HOUR)
    record.write(f.PoliceTold, SIX + 2 * HOUR, at=SIX, corrects=told)
    record.write(f.PoliceTold, SIX + 3 * HOUR)
    assert fold(fixed(record, "not_police", why="wrong child")).police_reported_at is None


def test_what_a_colleague_withdrew_meanwhile_is_not_put_right() -> None:
    record = begun()
    told = record.write(f.PoliceTold, SIX + HOUR)
    record.write(f.Withdrawn, SIX + 2 * HOUR, fact=told, reason="other case")
    facts = fixed(record, "police", at=SIX.isoformat())
    assert fold(facts).police_reported_at is None
