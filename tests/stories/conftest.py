"""One night for each story."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.stories.night import Night


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Night]:
    """Saturday 21 November 2026, 21:30, at Rowan House; everybody has pressed Start."""
    one = Night(tmp_path)
    try:
        yield await one.begin()
    finally:
        await one.end()
