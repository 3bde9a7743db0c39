"""Faults that the simulation found, each with its seed: put back, they are found again."""

from __future__ import annotations

import pytest

from tests.simulation.breaks import BREAKS
from tests.simulation.world import simulate

FOUND = {
    "closed-again": (4, 7, 3, "closed twice"),
    "parts-uncounted": (1, 7, 3, "429 provoked"),
    "gone-still-has-it": (2, 7, 3, "somebody who is gone still has it"),
    "two-owners": (9, 7, 3, "two owners of one duty"),
    "nobody-stands-in": (5, 7, 3, "nobody was told of what is due"),
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
