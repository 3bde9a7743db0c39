"""The audit's second place as a syslog: what a collector and the machine's own log are sent."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot import __version__
from bot.second_place import Syslog
from storage.audit import AuditRecord

WRONG_PIN = AuditRecord(
    number=7,
    line={
        "at": "2026-11-21T21:30:00.25+00:00",
        "what": "pages: second factor wrong",
        "by": "sam",
        "person": "YP-07",
    },
    digest="ab",
)
JOINED = AuditRecord(number=8, line={"at": "no time", "what": "joined", "by": "zoë"}, digest="cd")
HEADER = re.compile(
    r"<(?P<pri>\d{1,3})>1 (?P<at>\S+) (?P<host>[!-~]{1,255}) (?P<app>[!-~]{1,48}) "
    r"(?P<process>[!-~]{1,128}) (?P<kind>[!-~]{1,32}) (?P<data>(\[[^]]+\])+) (?P<text>.*)"
)
"""RFC 5424, section 6."""


@contextmanager
def collector(*, resets: bool = False) -> Iterator[tuple[str, list[bytes]]]:
    """Its address, and what it has read when the sender has closed. resets: it goes away before
    it has read anything."""
    came: list[bytes] = []

    def take() -> None:
        connection, _ = server.accept()
        if resets:
            linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            connection.close()
            return
        with connection, connection.makefile("rb") as source:
            came.append(source.read())

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=take)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}", came
        thread.join(10)


def frames(data: bytes) -> Iterator[str]:
    """RFC 6587, 3.4.1: the count of octets, a space, the message."""
    while data:
        count, _, rest = data.partition(b" ")
        yield rest[: int(count)].decode("ascii")
        data = rest[int(count) :]


def test_a_collector_gets_each_record_as_rfc_5424_in_counted_frames() -> None:
    with collector() as (address, came):
        Syslog(address).add([WRONG_PIN, JOINED])
    wrong, joined = (HEADER.fullmatch(one) for one in frames(came[0]))
    assert wrong and joined
    assert wrong["pri"] == str(10 * 8 + 6), "facility authpriv, severity info"
    assert (wrong["at"], joined["at"]) == ("2026-11-21T21:30:00.250000Z", "-")
    assert wrong["host"] == socket.gethostname()
    assert (wrong["app"], wrong["kind"]) == ("nightlight", "pages-second-factor-wrong")
    assert wrong["data"] == (
        f'[meta sequenceId="7"][origin software="nightlight" swVersion="{__version__}"]'
    )
    assert json.loads(wrong["text"]) == {
        "n": 7,
        "at": "2026-11-21T21:30:00.25+00:00",
        "what": "pages: second factor wrong",
        "by": "sam",
        "digest": "ab",
    }, "nothing of a young person"
    assert json.loads(joined["text"])["by"] == "zoë"


def test_a_collector_that_is_away_is_an_error_that_is_known() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(OSError, match="refused"):
        Syslog(f"127.0.0.1:{port}").add([WRONG_PIN])


def test_a_collector_that_goes_away_before_it_has_read_is_an_error_too() -> None:
    with collector(resets=True) as (address, _), pytest.raises(OSError):
        Syslog(address).add([WRONG_PIN])


def test_the_machine_s_own_log_gets_the_form_that_it_expects(tmp_path: Path) -> None:
    path = str(tmp_path / "log")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as own:
        own.bind(path)
        own.settimeout(5)
        Syslog(path).add([WRONG_PIN])
        head, _, text = own.recv(4096).decode().partition(": ")
    assert head == "<86>nightlight-audit"
    assert json.loads(text)["what"] == "pages: second factor wrong"
