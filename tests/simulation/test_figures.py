"""A row of the table of figures: an hour of two cores, by processor time."""

from __future__ import annotations

from tests.simulation.figures import WORLDS, Row, Work
from tests.simulation.profiles import PROFILES


def test_a_row_says_what_two_cores_do_in_an_hour_and_what_it_is_at_the_usual_rate():
    work = Work(profile="", rate=3.0, days=2, seeds=range(1, 2))
    row = Row(work=work, seconds=3.6, days=2, steps=5000, cases=4, kills=1)

    assert row.text() == "| usual, 3 times | 11.0 | 32.9 | 10.0 | 8,000 | 2,000 | 3.6 |"


def test_every_world_of_one_node_has_a_row():
    assert {name for name, _ in WORLDS} == PROFILES.keys() - {"nodes", "commits"}
