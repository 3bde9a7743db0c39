"""The debrief's picture: well-formed, escaped, and short where nothing happens."""

from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

from sandbox.timeline import LEFT, LONG, WIDTH, Axis, draw

START = datetime(2026, 3, 7, 22, 30, tzinfo=UTC)


def at(hours: float) -> str:
    return (START + timedelta(hours=hours)).isoformat()


def case(*duties: dict[str, Any], closed: str | None = None) -> dict[str, Any]:
    return {
        "ref": "RH-7K2D",
        "start": at(0),
        "closed_at": closed,
        "levels": [{"at": at(0.7), "level": 1}, {"at": at(4), "level": 2}],
        "facts": [
            {"kind": "opened", "id": "f1", "recorded_at": at(0.7)},
            {"kind": "police_told", "id": "f2", "recorded_at": at(0.9), "at": at(0.8)},
            {"kind": "told", "id": "f3", "recorded_at": at(1), "at": at(1)},
        ],
        "duties": list(duties),
    }


def duty(state: str, due: float, met: float | None = None, late: int = 0) -> dict[str, Any]:
    done = None if met is None else at(met)
    return {
        "id": "N-RA",
        "title": "Authority <told> & heard",
        "state": state,
        "due_at": at(due),
        "met_at": done if state == "met" else None,
        "ended_at": done,
        "late_minutes": late,
    }


def test_it_is_a_picture_with_a_lane_for_each_duty() -> None:
    duties = (duty("met", 1, 0.9), duty("met", 2, 3, late=60), duty("not_met", 4, 5, late=60))
    drawn = draw(case(*duties), START + timedelta(hours=6))
    picture = ElementTree.fromstring(drawn)
    words = " ".join(picture.itertext())
    assert "Authority <told> & heard" in words
    assert "in time" in words
    assert "60 min late" in words
    assert "not recorded" in words
    assert "told, by phone" not in words


def test_what_is_due_later_is_not_drawn() -> None:
    drawn = draw(case(duty("open", 72)), START + timedelta(hours=6))
    assert "heard" not in drawn


def test_the_bot_s_own_messages_are_no_marks() -> None:
    drawn = draw(case(), START + timedelta(hours=6))
    assert drawn.count("<circle") == 2


def test_an_empty_stretch_is_as_long_as_three_hours_and_marked() -> None:
    moments = [START, START + timedelta(hours=1), START + timedelta(hours=40)]
    axis = Axis(moments)
    assert axis.at(moments[0]) == LEFT
    first, second = (axis.at(moments[i + 1]) - axis.at(moments[i]) for i in range(2))
    assert round(second / first) == LONG / timedelta(hours=1)
    assert len(axis.gaps) == 1
    assert axis.at(moments[-1]) <= WIDTH


def test_saved_as_a_file_it_brings_its_colours() -> None:
    now = START + timedelta(hours=6)
    assert "<style>" not in draw(case(), now), "the page's own style holds there"
    assert "<style>" in draw(case(), now, alone=True)
