"""Faults that need a coincidence: put back, each is found in its own dense world."""

from __future__ import annotations

import pytest

from tests.simulation.breaks import BREAKS
from tests.simulation.known import WHERE
from tests.simulation.world import simulate

SEEDS = (1, 2, 3, 4)
"""One of these catches each; which one changes with the code."""
QUICK = (
    "asked-not-held",
    "clock-not-watched",
    "days-of-24-hours",
    "early-ring",
    "homes-of-others",
    "one-after-another",
    "one-bad-update",
    "repeats-unmarked",
    "updates-forgotten",
)
"""Met within seconds; `python -m tests.simulation --faults` looks for all of them."""


@pytest.mark.parametrize("name", QUICK)
def test_it_stays_mended(name):
    """With the fault back in the code a seed breaks, without it not in the same way."""
    where = WHERE[name]
    found: list[str] = []
    for seed in SEEDS:
        told = {"rate": where.rate, "profile": where.profile}
        result, _ = simulate(seed, where.days, breaking=name, **told)
        found.append(result.name)
        if result.broken and where.breaks in ("", result.name):
            mended, _ = simulate(seed, where.days, **told)
            assert mended.name != result.name, "\n".join([*mended.trace, mended.broken])
            return
    pytest.fail(f"{BREAKS[name].__doc__} Found: {found}")
