"""Two nodes on a database that fails over: some hours of it."""

from __future__ import annotations

import gc

import pytest

from tests.simulation.node_world import simulate


def test_two_nodes_keep_every_promise_for_hours():
    """Killed, stopped, cut off; the primary fails and the other server is promoted."""
    result, _ = simulate(3, 6)
    assert not result.broken, "\n".join([*result.trace, result.broken])
    assert result.counts["term"] > 2
    assert result.counts["promoted"] > 0


def test_a_run_replays_exactly():
    assert simulate(5, 1)[0].digest == simulate(5, 1)[0].digest


# A run that breaks is left in the middle, and its coroutines are closed after their loop.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("fault", "invariant"),
    [
        ("unknown-is-failed", "not saved was said, and it stands"),
        ("speaks-after-its-lease", "a deposed leader speaks"),
    ],
)
def test_a_deliberate_fault_is_caught(fault: str, invariant: str):
    """Where mischief is aimed at commits; without the fault the same seed holds."""
    assert simulate(1, 1, breaking=fault, profile="commits")[0].name == invariant
    gc.collect()
    assert not simulate(1, 1, profile="commits")[0].broken
