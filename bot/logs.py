"""The log: JSON on standard error that holds no words of people and no token, and names people by
their id on the staff list.

An exception is logged as its kind and the places it went through, never with its own text: that may
quote what somebody typed. Of what the libraries log only the name of the logger, the level, the
place in their source and the kind of an exception are kept, for the same reason.
"""

from __future__ import annotations

import contextlib
import io
import logging
import sys
import threading
import traceback
from collections.abc import MutableMapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO, cast

import structlog
from structlog.typing import Processor

PLACES = 12
"""So many places of a traceback are named, the innermost."""


class LossyStream(io.TextIOBase):
    """Standard error that may be lost: a log on a full disk must not stop a reminder."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """The text, or nothing if the stream cannot take it."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """As far as the stream can."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()


def describe(error: BaseException) -> str:
    """Kind of an exception and of its causes, with the innermost places they went through."""
    lines: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        found = traceback.extract_tb(current.__traceback__)[-PLACES:]
        places = " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in reversed(found))
        lines.append(f"{type(current).__name__} at {places}" if places else type(current).__name__)
        if isinstance(current, BaseExceptionGroup):
            lines += [type(inner).__name__ for inner in current.exceptions]
        current = current.__cause__ or (
            None if current.__suppress_context__ else current.__context__
        )
    return "; from ".join(lines)


def without_texts(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """structlog's processor: `exc_info`, and any exception given as a value, becomes its kind."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["exception"] = describe(error)
    for name, value in event.items():
        if isinstance(value, BaseException):
            event[name] = type(value).__name__
    return event


class LibraryLog(logging.Handler):
    """What libraries log, without the words of it."""

    def emit(self, record: logging.LogRecord) -> None:
        """The event's kind and where it came from; never its text."""
        error = record.exc_info[1] if record.exc_info else None
        log = structlog.get_logger("libraries")
        log.log(
            max(record.levelno, logging.WARNING),
            "a library reports",
            logger=record.name,
            place=f"{record.filename}:{record.lineno}",
            **({"exception": describe(error)} if error else {}),
        )


def _form(stream: TextIO) -> Processor:
    """JSON, a line an event, for whatever collects it; pairs for somebody at a terminal."""
    if stream.isatty():
        return structlog.processors.KeyValueRenderer(
            key_order=["timestamp", "level", "event"], drop_missing=True
        )
    return structlog.processors.JSONRenderer(default=str)


def request(what: str, number: int | str) -> AbstractContextManager[None]:
    """While it is open, every line of the log, also of tasks begun meanwhile, names what it is
    about: "update 712" for something that a person did, "message 51c0" for something sent."""
    return structlog.contextvars.bound_contextvars(request=f"{what} {number}")


def configure_logging() -> None:
    """Time, level, event, and the request that it belongs to. For a process that runs the bot."""
    logging.basicConfig(level=logging.WARNING, handlers=[LibraryLog()], force=True)
    logging.raiseExceptions = False
    logging.captureWarnings(True)
    sys.excepthook = _unforeseen
    # Python prints the text of these, too.
    threading.excepthook = lambda failed: _log_unforeseen(failed.exc_value)
    sys.unraisablehook = lambda failed: _log_unforeseen(failed.exc_value)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            without_texts,
            _form(sys.stderr),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=cast(TextIO, LossyStream(sys.stderr))),
        cache_logger_on_first_use=True,
    )


def _unforeseen(kind: type[BaseException], error: BaseException, _: TracebackType | None) -> None:
    """An exception that nobody caught ends the process; Python would print its text."""
    if issubclass(kind, KeyboardInterrupt):
        return
    _log_unforeseen(error)


def _log_unforeseen(error: BaseException | None) -> None:
    found = describe(error) if error is not None else ""
    structlog.get_logger(__name__).critical("unforeseen", exception=found)
