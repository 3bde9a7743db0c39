"""Faults that the simulation found, each with its seed: put back, they are found again."""

from __future__ import annotations

import pytest

from tests.simulation.breaks import BREAKS
from tests.simulation.world import simulate

FOUND = {
    "closed-again": (4, 2, 3, "closed twice"),
    "debt-not-on-record": (1, 4, 3, "typed words stay in a chat"),
    "one-after-another": (1, 1, 3, "somebody waited for another chat"),
    "one-bad-update": (1, 1, 3, "an error in the bot"),
}
"""By the name of the fault: seed, days, rate, and the invariant that it broke."""


@pytest.mark.parametrize("name", sorted(FOUND))
def test_it_stays_mended(name):
    """With the fault back in the code its seed breaks; without it the same seed holds."""
    seed, days, rate, invariant = FOUND[name]
    result, _ = simulate(seed, days, breaking=name, rate=rate)
    assert result.name == invariant, BREAKS[name].__doc__
    mended, _ = simulate(seed, days, rate=rate)
    assert not mended.broken
