"""The log as the bot writes it. structlog's own draws the frames of each exception with all that
they hold, which takes longer than most tests."""

import structlog

from bot.logs import without_texts


def pytest_configure() -> None:
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            without_texts,
            structlog.processors.KeyValueRenderer(key_order=["level", "event"]),
        ],
        cache_logger_on_first_use=False,
    )
