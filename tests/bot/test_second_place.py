"""The audit's second place as a syslog."""

import socket

import pytest

from bot.second_place import Syslog
from storage.audit import AuditRecord

RECORD = AuditRecord(number=7, line={"at": "2026-11-21T21:30:00+00:00", "what": "x"}, digest="ab")


def test_a_collector_gets_each_record_over_tcp():
    with socket.create_server(("127.0.0.1", 0)) as collector:
        Syslog(f"127.0.0.1:{collector.getsockname()[1]}").add([RECORD, RECORD])
        came, _ = collector.accept()
        came.settimeout(5)
        with came, came.makefile("rb") as lines:
            assert [b'"what":"x"' in line for line in lines] == [True, True]


def test_a_collector_that_is_away_is_an_error_that_is_known():
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(OSError, match="refused"):
        Syslog(f"127.0.0.1:{port}").add([RECORD])
