"""The evaluator against a second one, written from the decision table alone.

More cases than CI runs:  python -m tests.protocol.test_oracle 50000
"""

from __future__ import annotations

import datetime as dt
import json
import random
import sys

from protocol.command import DryRun
from tests.protocol import oracle
from tests.protocol.randomcases import question
from tests.protocol.test_scenarios import BOOK

CONFIG = BOOK["default_config"]
SECOND = dt.timedelta(seconds=1)
MOMENT = dt.timedelta(microseconds=1)
NOTHING = dt.timedelta()


def compare(run, asked):
    answer = run.answer(json.dumps(asked).encode())
    assert "error" not in answer, (answer, asked)
    expected = oracle.evaluate(asked, CONFIG)
    ours = json.loads(json.dumps(answer))
    for key, value in expected.items():
        assert ours[key] == value, (key, ours[key], value, asked)
    if ours["emergency"]:
        assert next(iter(ours["due"])) == "N-POLICE"
    return ours


def at(asked, moment):
    return oracle.standing_answer(
        oracle.evaluate({**asked, "now": moment.astimezone(dt.UTC).isoformat()}, CONFIG)
    )


def check_changes(asked, answer, probes):
    """Constant until `changes_at`, different one second after it; by the slow evaluator."""
    now = dt.datetime.fromisoformat(asked["now"])
    before = at(asked, now)
    changes = answer["changes_at"]
    if changes is None:
        for days in (1, 3, 8, 15, 40, 400):
            assert at(asked, now + dt.timedelta(days=days)) == before, asked
        return
    change = dt.datetime.fromisoformat(changes)
    assert change > now, asked
    # A limit may be strict, and what changes may change back within the second.
    assert any(at(asked, change + step) != before for step in (NOTHING, SECOND)), (changes, asked)
    for share in probes:
        moment = min(now + (change - now) * share, change - MOMENT)
        assert at(asked, moment) == before, (share, changes, asked)
    if change - now > SECOND:
        assert at(asked, change - SECOND) == before, (changes, asked)
        assert at(asked, change - SECOND / 1000) == before, (changes, asked)


def run_cases(count, seed):
    rng = random.Random(seed)
    run = DryRun()
    for _ in range(count):
        asked = question(rng)
        answer = compare(run, asked)
        check_changes(asked, answer, [rng.random() for _ in range(4)])


def test_random_cases_agree_with_the_second_evaluator():
    """Level, reasons, duties, counts and the next change, on cases crowded around the limits."""
    run_cases(600, seed=20260307)


if __name__ == "__main__":
    total = int(sys.argv[1]) if len(sys.argv) > 1 else 20000
    run_cases(total, seed=int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    print(f"{total} random cases agree")
