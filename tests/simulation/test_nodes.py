"""Two nodes on a database that fails over: some hours of it, and a fault that it must catch."""

from __future__ import annotations

from tests.simulation.node_world import simulate


def test_two_nodes_keep_every_promise_for_hours():
    """Killed, stopped, cut off; the primary fails and the other server is promoted."""
    result, _ = simulate(2, 5)
    assert not result.broken, "\n".join([*result.trace, result.broken])
    assert result.counts["term"] > 3
    assert result.counts["promoted"] > 0


def test_a_commit_that_is_taken_for_done_is_caught():
    """Its answer was lost, nobody looked, and Telegram was told that it need not keep the update."""
    result, _ = simulate(2, 5, breaking="unknown-is-done")
    assert result.name == "an update was confirmed and not dealt with"


def test_a_run_replays_exactly():
    assert simulate(5, 1)[0].digest == simulate(5, 1)[0].digest
