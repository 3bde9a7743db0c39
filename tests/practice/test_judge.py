"""Was it done, and in time? Held against what the bot knows."""

from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.judge import at, span, standing, verdict
from sandbox.night import Condition

NOW = datetime(2026, 3, 8, 1, 0, tzinfo=UTC)


def case(**more: Any) -> dict[str, Any]:
    facts = [
        {"kind": "opened", "id": "f1", "category": "missing", "child": {"age": 10}},
        {"kind": "authority_told", "id": "f2", "role": "message_left"},
    ]
    found = {"facts": facts, "duties": [], "level": {"peak": 2}, "closed_at": None}
    return found | more


def duty(state: str, late: int = 0) -> dict[str, Any]:
    return {"id": "N-RA", "state": state, "late_minutes": late}


def answer(condition: Condition, *episodes: dict[str, Any]) -> str:
    return verdict(condition, list(episodes), NOW)[0]


@pytest.mark.parametrize(
    ("state", "late", "expected"),
    [
        ("met", 0, "yes"),
        ("met", 15, "yes"),
        ("met", 16, "no"),
        ("open", 0, "not yet"),
        ("open", 15, "not yet"),
        ("open", 16, "no"),
        ("not_met", 1, "no"),
        ("not_needed", 0, "yes"),
    ],
)
def test_a_duty_with_a_quarter_of_an_hour_of_grace(state: str, late: int, expected: str) -> None:
    told = Condition(duty="N-RA", within=15)
    assert answer(told, case(duties=[duty(state, late)])) == expected


def test_an_open_duty_grows_late_while_the_bot_says_nothing() -> None:
    told = {"now": "2026-03-08T00:00:00Z", "episodes": [
        case(duties=[duty("open") | {"due_at": "2026-03-08T00:30:00Z"}])
    ]}  # fmt: skip
    assert at(told, NOW)["episodes"][0]["duties"][0]["late_minutes"] == 30


def test_a_duty_that_never_came_up_is_not_yet_met() -> None:
    assert answer(Condition(duty="N-RA"), case()) == "not yet"


def test_a_fact_counts_only_with_the_values_wanted() -> None:
    assert answer(Condition(fact="authority_told"), case()) == "yes"
    wanted = Condition(fact="authority_told", has={"role": "edt_duty_manager"})
    assert answer(wanted, case()) == "not yet"
    assert answer(Condition(fact="opened", has={"child.age": 10}), case()) == "yes"


def test_what_is_left_out_of_a_fact_is_a_no() -> None:
    assert answer(Condition(fact="opened", has={"child.cse_risk": False}), case()) == "yes"


def test_a_fact_put_right_or_withdrawn_does_not_count() -> None:
    facts = [
        {"kind": "last_seen", "id": "f1"},
        {"kind": "last_seen", "id": "f2", "corrects": "f1"},
        {"kind": "returned", "id": "f3"},
        {"kind": "withdrawn", "id": "f4", "fact": "f3"},
    ]
    assert [fact["id"] for fact in standing(facts)] == ["f2"]


def test_levels_are_judged_by_the_highest() -> None:
    assert answer(Condition(level=2), case()) == "yes"
    assert answer(Condition(level=3), case()) == "not yet"
    assert answer(Condition(at_most=1), case()) == "no"
    assert answer(Condition(at_most=2)) == "not yet", "nothing was logged"


def test_closed_and_clock() -> None:
    assert answer(Condition(closed=True), case()) == "not yet"
    assert answer(Condition(closed=True), case(closed_at="2026-03-08T00:30:00Z")) == "yes"
    assert answer(Condition(clock=datetime(2026, 3, 8, 1, 0))) == "yes"  # noqa: DTZ001
    assert answer(Condition(clock=datetime(2026, 3, 8, 1, 1))) == "not yet"  # noqa: DTZ001


def test_spans_as_people_say_them() -> None:
    spans = [span(minutes) for minutes in (0, 119, 120, 125, 48 * 60 + 30)]
    assert spans == ["0 min", "119 min", "2 h", "2 h 05 min", "2 days"]
