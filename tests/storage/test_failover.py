"""Two processes, one database, and every way in which a leader ends. A longer run:
`python -m tests.storage.failover 1000`."""

import os
import random

import pytest

from tests.storage.failover import Failovers, prepared
from tests.support import machines, postgres

pytestmark = pytest.mark.skipif(
    not postgres.usable(), reason="no PostgreSQL server on this machine (package postgresql)"
)
TIMES = int(os.environ.get("NIGHTLIGHT_FAILOVERS", "4"))


@pytest.mark.parametrize(
    ("servers", "kind"),
    [
        (1, "killed_process"),
        (1, "cut_connections"),
        (1, "stopped_process"),
        (2, "killed_primary"),
    ],
)
def test_no_confirmed_fact_is_lost_and_no_former_leader_writes(servers, kind):
    running = prepared(servers)
    times = 2 if kind in ("stopped_process", "killed_primary") else TIMES
    failovers = Failovers(running, random.Random(7))
    try:
        figures = failovers.run(times, [kind])
    finally:
        failovers.end()
        for server in running:
            server.gone()
    assert figures.confirmed > times
    assert (figures.lost, figures.twice, figures.written_after_the_end) == (0, 0, 0)


@pytest.mark.skipif(not machines.usable(), reason="no network namespaces can be made here")
def test_a_machine_that_vanishes_without_a_word_is_followed():
    """Its cable is pulled out: no connection is closed, and nobody is told."""
    with machines.machines(2) as both:
        [server] = prepared(1, both)
        failovers = Failovers([server], random.Random(7), both)
        try:
            figures = failovers.run(2, ["vanished_machine"])
        finally:
            failovers.end()
            server.gone()
    assert figures.confirmed > 2
    assert (figures.lost, figures.twice, figures.written_after_the_end) == (0, 0, 0)
