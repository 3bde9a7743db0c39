"""Guided nights as files: what is read, and what is refused with the file and the key named."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.night import SHIPPED, BadNight, load

NIGHT = """
id = "own"
title = "A night of our own"
situation = "Somebody is late."
teaches = "How it is done here."
start = 2026-07-04T21:00:00
phones = ["morgan"]
young_person = "YP-01"

[[steps]]
do = "Log it."
done = { fact = "opened" }

[[checks]]
text = "Police told in time"
when = { duty = "N-POLICE", within = 15 }
"""


def test_eleven_nights_are_shipped_in_the_order_in_which_they_are_offered() -> None:
    nights = load([SHIPPED])
    assert len(nights) == 11
    assert next(iter(nights)) == "late-from-school"
    assert all(night.steps and night.checks and night.scenario for night in nights.values())


def test_a_service_adds_nights_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(NIGHT, encoding="utf-8")
    nights = load([SHIPPED, tmp_path])
    assert len(nights) == 12
    assert nights["own"].begins == datetime(2026, 7, 4, 20, tzinfo=UTC), "London summer time"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (('teaches = "How it is done here."\n', ""), "teaches"),
        (('phones = ["morgan"]', 'phones = "morgan"'), "phones"),
        (('done = { fact = "opened" }', 'done = { fakt = "opened" }'), "fakt"),
        (("within = 15", "level = 2"), "exactly one of"),
        (('title = "A night', "title = A night"), "not valid TOML"),
        (('id = "own"', 'id = "late-from-school"'), "used twice"),
    ],
)
def test_a_mistake_is_named_with_its_file(
    tmp_path: Path, change: tuple[str, str], named: str
) -> None:
    (tmp_path / "own.toml").write_text(NIGHT.replace(*change), encoding="utf-8")
    with pytest.raises(BadNight, match=r"own\.toml") as refused:
        load([SHIPPED, tmp_path])
    assert named in str(refused.value)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadNight, match="no such folder"):
        load([tmp_path / "nowhere"])
