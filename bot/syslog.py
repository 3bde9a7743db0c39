"""Messages for a syslog: a collector gets RFC 5424 over TCP with octet counting (RFC 6587, 3.4.1);
the socket of the machine's own log gets the local form that such sockets expect.

There is no number of our own for structured data (RFC 5424, 7.2.2), so only the registered elements
are used: `meta` has the record's number, `origin` the program. The text is JSON in ASCII.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import socket
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from logging.handlers import SysLogHandler
from typing import Any, NamedTuple

from bot import __version__

APP = "nightlight"
FACILITY, SEVERITY = SysLogHandler.LOG_AUTHPRIV, SysLogHandler.LOG_INFO
CONNECT_SECONDS = 5.0
CLOSE_SECONDS = 2.0
"""So long a collector is waited for that does not say that it has read everything."""
MOST_SEQUENCE = 2**31 - 1


class Entry(NamedTuple):
    """at: when it happened; None: not known.  number: its place in the sequence, from 1 on."""

    at: datetime | None
    number: int
    told: Mapping[str, Any]


def send(address: str, entries: Iterable[Entry]) -> None:
    """A message for each, in this order. address: of a socket (/dev/log), or host:port.

    Raises OSError; then some of them may have arrived.
    """
    if address.startswith("/"):
        _to_socket(address, entries)
        return
    host, _, port = address.rpartition(":")
    _to_collector((host.strip("[]"), int(port)), entries)


def message(entry: Entry) -> bytes:
    """As RFC 5424 has it, in section 6."""
    at = "-" if entry.at is None else entry.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    host = socket.gethostname()[:255]
    sequence = min(entry.number, MOST_SEQUENCE)
    head = (
        f"<{FACILITY << 3 | SEVERITY}>1",
        at,
        host if re.fullmatch(r"[!-~]+", host) else "-",
        APP,
        str(os.getpid()),
        _kind(entry.told),
        f'[meta sequenceId="{sequence}"][origin software="{APP}" swVersion="{__version__}"]',
    )
    return f"{' '.join(head)} {_text(entry.told)}".encode("ascii")


def _kind(told: Mapping[str, Any]) -> str:
    """MSGID: what happened, in at most 32 letters, digits and hyphens."""
    return re.sub(r"[^A-Za-z0-9]+", "-", str(told.get("what", "")))[:32].strip("-") or "-"


def _text(told: Mapping[str, Any]) -> str:
    return json.dumps(dict(told), separators=(",", ":"))


def _to_collector(address: tuple[str, int], entries: Iterable[Entry]) -> None:
    framed = (message(entry) for entry in entries)
    data = b"".join(b"%d %s" % (len(one), one) for one in framed)
    with socket.create_connection(address, timeout=CONNECT_SECONDS) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        # A collector that has read everything closes, too; one that went away resets.
        connection.settimeout(CLOSE_SECONDS)
        with contextlib.suppress(TimeoutError):
            while connection.recv(1024):
                pass


def _to_socket(address: str, entries: Iterable[Entry]) -> None:
    handler = _Handler(address, FACILITY)
    handler.append_nul = False
    handler.ident = f"{APP}-audit: "
    try:
        for entry in entries:
            handler.emit(logging.makeLogRecord({"msg": _text(entry.told), "levelname": "INFO"}))
    finally:
        handler.close()


class _Handler(SysLogHandler):
    """Says when a message was not taken, which the library's own keeps to itself."""

    def handleError(self, _: logging.LogRecord) -> None:
        raise
