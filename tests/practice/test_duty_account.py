"""What became of each duty, told from the facts of an episode."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from bot.practice.duty_account import Account, Told, account
from protocol import facts as f
from protocol.pack import load_pack
from reminders.policy import Policy

START = datetime(2026, 3, 7, 22, 30, tzinfo=UTC)
NOTICED = START + timedelta(minutes=40)
CHILD = f.Child(
    age=16,
    looked_after=True,
    responsible_la="Camden",
    placement_la="Haringey",
    historical_concerns=False,
)


def at(minutes: float) -> datetime:
    """Minutes after it was noticed."""
    return NOTICED + timedelta(minutes=minutes)


def opened() -> f.Opened:
    return f.Opened(
        id="f1",
        by="morgan",
        recorded_at=NOTICED,
        category="missing",
        child=CHILD,
        aware_at=NOTICED,
        last_seen_at=START - timedelta(hours=1),
        due_back_at=START,
    )


def of(facts: Sequence[f.Fact], now: datetime) -> Account:
    return account(facts, (), load_pack(), Policy(), (), now)


def duty(found: Account, name: str) -> Told:
    return next(told for told in found.duties if told.id == name)


def police(minutes: float) -> f.PoliceTold:
    return f.PoliceTold(id="f2", by="morgan", recorded_at=at(minutes), at=at(minutes))


@pytest.mark.parametrize(("minutes", "late"), [(0, 0), (5, 5), (45, 45)])
def test_a_duty_that_was_met_says_by_whom_and_how_late(minutes: int, late: int) -> None:
    told = duty(of([opened(), police(minutes)], at(60)), "N-POLICE")
    assert (told.state, told.met_by, told.late_minutes) == ("met", "morgan", late)


def test_a_voicemail_to_the_social_worker_meets_nothing() -> None:
    told = f.AuthorityTold(
        id="f2", by="morgan", recorded_at=at(20), at=at(20), role="childs_social_worker"
    )
    found = duty(of([opened(), told], at(90)), "N-RA")
    assert (found.state, found.late_minutes) == ("open", 30)


def test_parents_who_are_not_to_be_told_were_not_told() -> None:
    withheld = f.ParentsWithheld(
        id="f2", by="morgan", recorded_at=at(20), at=at(20), reason="risk at home"
    )
    found = duty(of([opened(), withheld], at(90)), "N-PARENTS")
    assert (found.state, found.met_by) == ("decided", "morgan")


def test_a_return_makes_a_checkpoint_needless_and_leaves_open_who_has_to_be_told() -> None:
    back = f.Returned(id="f2", by="morgan", recorded_at=at(90), at=at(90))
    found = of([opened(), back], at(95))
    assert (duty(found, "N-RA").state, duty(found, "N-RA").late_minutes) == ("open", 35)
    assert duty(found, "N-PARENTS").state == "open"
    assert duty(found, "CP-4H").state == "not_needed"
    assert duty(found, "RI-72H").state == "open"


def test_a_time_put_right_moves_a_duty_and_leaves_no_trace_of_the_old_one() -> None:
    later = f.DueBack(id="f2", by="morgan", recorded_at=at(5), at=START + timedelta(minutes=30))
    checkpoints = [d for d in of([opened(), later], at(10)).duties if d.id == "CP-4H"]
    assert [d.due_at for d in checkpoints] == [START + timedelta(hours=4, minutes=30)]


def test_each_weekly_review_has_its_own_line() -> None:
    held = START + timedelta(days=8, hours=11, minutes=30)
    """A week after a Saturday night is Monday at nine; held an hour later."""
    review = f.DutyDone(id="f2", by="robin", recorded_at=held, at=held, duty="REV-WEEKLY")
    found = of([opened(), review], START + timedelta(days=9))
    reviews = [(d.state, d.late_minutes) for d in found.duties if d.id == "REV-WEEKLY"]
    assert reviews == [("met", 60), ("open", 0)]


def test_the_level_rises_at_four_hours_without_anybody_writing() -> None:
    found = of([opened()], START + timedelta(hours=6))
    assert [level for _, level in found.levels] == [1, 2]
    rises = found.levels[1][0]
    assert timedelta(0) <= rises - (START + timedelta(hours=4)) <= timedelta(seconds=1)
