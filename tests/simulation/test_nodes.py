"""Two nodes on a database that fails over: some hours of it."""

from __future__ import annotations

from tests.simulation.node_world import simulate


def test_two_nodes_keep_every_promise_for_hours():
    """Killed, stopped, cut off; the primary fails and the other server is promoted."""
    result, _ = simulate(3, 6)
    assert not result.broken, "\n".join([*result.trace, result.broken])
    assert result.counts["term"] > 3
    assert result.counts["promoted"] > 1


def test_a_run_replays_exactly():
    assert simulate(5, 1)[0].digest == simulate(5, 1)[0].digest
