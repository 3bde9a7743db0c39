"""Messages for a syslog: a collector gets RFC 5424 with octet counting, over TLS (RFC 5425) or over
TCP (RFC 6587, 3.4.1); the socket of the machine's own log gets the local form that such sockets
expect.

There is no number of our own for structured data (RFC 5424, 7.2.2), so only the registered elements
are used: `meta` has the record's number, `origin` the program. The text is JSON in ASCII.
"""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import os
import re
import socket
import ssl
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
TLS = "tls://"
"""Begins the address of a collector that is spoken to over TLS and in no other way."""


class Entry(NamedTuple):
    """at: when it happened; None: not known.  number: its place in the sequence, from 1 on."""

    at: datetime | None
    number: int
    told: Mapping[str, Any]


def send(address: str, entries: Iterable[Entry], authorities: str = "") -> None:
    """A message for each, in this order. address: of a socket (/dev/log), tls://host:port, or
    host:port.  authorities: a file with the certificates (PEM) that vouch for a collector; "": the
    system's.

    Raises OSError; then some of them may have arrived.
    """
    if address.startswith("/"):
        _to_socket(address, entries)
        return
    framed = (message(entry) for entry in entries)
    data = b"".join(b"%d %s" % (len(one), one) for one in framed)
    host, port = place_of(address)
    with socket.create_connection((host, port), timeout=CONNECT_SECONDS) as connection:
        if address.startswith(TLS):
            _over_tls(connection, host, authorities, data)
        else:
            _over_tcp(connection, data)


def place_of(address: str) -> tuple[str, int]:
    """Host and port of a collector. Raises ValueError."""
    host, _, port = address.removeprefix(TLS).rpartition(":")
    return host.strip("[]"), int(port)


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


def _over_tcp(connection: socket.socket, data: bytes) -> None:
    connection.sendall(data)
    connection.shutdown(socket.SHUT_WR)
    # A collector that has read everything closes, too; one that went away resets.
    connection.settimeout(CLOSE_SECONDS)
    with contextlib.suppress(TimeoutError):
        while connection.recv(1024):
            pass


def _over_tls(connection: socket.socket, host: str, authorities: str, data: bytes) -> None:
    """The collector has to prove that it is this host, before anything is sent."""
    context = ssl.create_default_context(cafile=authorities or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        with context.wrap_socket(connection, server_hostname=host) as sealed:
            sealed.sendall(data)
            # As above; some that have read everything close without a word of TLS.
            sealed.settimeout(CLOSE_SECONDS)
            with contextlib.suppress(TimeoutError, ssl.SSLEOFError):
                sealed.unwrap()
    except ssl.SSLCertVerificationError as error:
        msg = f"the collector's certificate is refused ({error.verify_message})"
        raise OSError(errno.EPROTO, msg) from error
    except ssl.SSLError as error:
        msg = f"there is no TLS with the collector ({error.reason or 'it went away'})"
        raise OSError(errno.EPROTO, msg) from error


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
