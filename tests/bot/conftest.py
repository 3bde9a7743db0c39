"""What a test of this room does to the log ends with it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def plain_log() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)
