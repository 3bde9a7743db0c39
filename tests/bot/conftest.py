"""The log as the bot writes it, without the texts of exceptions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog

from bot.logs import without_texts


@pytest.fixture(autouse=True)
def plain_log() -> Iterator[None]:
    before = structlog.get_config()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            without_texts,
            structlog.processors.KeyValueRenderer(key_order=["level", "event"]),
        ],
        cache_logger_on_first_use=False,
    )
    yield
    structlog.configure(**before)
