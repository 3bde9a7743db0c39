"""`run`: logging, configuration, then the bot; what is wrong is said in lines, not tracebacks."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
from pathlib import Path
from typing import TextIO, cast

import structlog

from bot.config import ConfigError, load


def run(path: Path) -> int:
    """The exit status: 0 wanted stop, 2 configuration, 3 token refused, 75 silent Telegram."""
    configure_logging()
    try:
        config, policy = load(path)
    except ConfigError as error:
        for line in error.problems:
            print(line, file=sys.stderr)
        return 2
    from bot import app
    from bot.assembly import CannotStart

    try:
        return app.main(config, policy, path.resolve().parent)
    except CannotStart as error:
        print(error, file=sys.stderr)
        return 2


class Unfailing(io.TextIOBase):
    """Standard error that may be lost: a log on a full disk must not stop a reminder."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()


def configure_logging() -> None:
    """Lines on standard error: time, level, event. Never a text, a name or a token."""
    # httpx logs every address it calls, and Telegram's addresses hold the token.
    for noisy in ("httpx", "httpcore", "telegram", "apscheduler"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(
                key_order=["timestamp", "level", "event"], drop_missing=True
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=cast(TextIO, Unfailing(sys.stderr))),
        cache_logger_on_first_use=True,
    )
