"""Faults that the simulation found, each with its seed: put back, they are found again."""

from __future__ import annotations

import pytest

from tests.simulation.breaks import BREAKS
from tests.simulation.world import simulate

FOUND = {
    "parts-uncounted": (1, 14, "429 provoked"),
    "burst-after-restart": (1, 14, "429 provoked"),
    "closed-again": (1, 14, "closed twice"),
}
"""By the name of the fault: seed, days, and the invariant that it broke."""


@pytest.mark.parametrize("name", sorted(FOUND))
def test_it_stays_mended(name):
    """With the fault back in the code its seed breaks; without it the same seed holds."""
    seed, days, invariant = FOUND[name]
    result, _ = simulate(seed, days, breaking=name, rate=3)
    assert result.name == invariant, BREAKS[name].__doc__
    mended, _ = simulate(seed, days, rate=3)
    assert not mended.broken
