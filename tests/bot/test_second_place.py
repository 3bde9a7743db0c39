"""The audit's second place: what a syslog is sent, and what a power cut leaves of a file."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot import __version__, syslog
from bot.bootstrap import bootstrap
from bot.cli.commands import app
from bot.config_file import load, read_file
from bot.resources import open_alone
from bot.second_place import AuditFile, Syslog, written_in
from storage.audit import AuditRecord
from tests.bot.night import Telegram
from tests.support.certificates import certificate

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
def collector(
    *, resets: bool = False, proves: tuple[str, str] | None = None
) -> Iterator[tuple[str, list[bytes]]]:
    """Its address, and what it has read when the sender has closed. resets: it goes away before
    it has read anything.  proves: it speaks TLS, by this certificate and key."""
    came: list[bytes] = []

    def take() -> None:
        connection, _ = server.accept()
        if proves is not None:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(*proves)
            try:
                connection = context.wrap_socket(connection, server_side=True)
            except OSError:
                connection.close()
                return
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


def test_a_collector_by_tls_gets_the_same_once_it_has_proved_who_it_is(tmp_path: Path) -> None:
    pem, key = certificate(tmp_path)
    with collector(proves=(pem, key)) as (address, came):
        Syslog(f"tls://{address}", pem).add([WRONG_PIN, JOINED])
    assert [HEADER.fullmatch(one)["kind"] for one in frames(came[0])] == [  # type: ignore[index]
        "pages-second-factor-wrong",
        "joined",
    ]


@pytest.mark.parametrize(
    ("made", "trusted", "host", "why"),
    [
        ({}, False, "127.0.0.1", "self-signed"),
        ({}, True, "localhost", "Hostname mismatch"),
        ({"host": "other.example"}, True, "127.0.0.1", "IP address mismatch"),
        ({"days": -1}, True, "127.0.0.1", "expired"),
    ],
)
def test_a_certificate_that_does_not_prove_it_is_refused_and_nothing_is_sent(
    tmp_path: Path, made: dict[str, Any], trusted: bool, host: str, why: str
) -> None:
    pem, key = certificate(tmp_path, **made)
    with collector(proves=(pem, key)) as (address, came):
        place = Syslog(f"tls://{host}:{address.rpartition(':')[2]}", pem if trusted else "")
        with pytest.raises(OSError, match=f"certificate is refused .*{why}") as refused:
            place.add([WRONG_PIN])
    assert came == []
    assert str(refused.value.strerror).startswith("the collector's"), "what administrators are told"


def test_a_collector_without_tls_is_never_spoken_to_in_the_clear(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for messages, and no handshake comes to an end."""
    monkeypatch.setattr(syslog, "CONNECT_SECONDS", 0.3)
    pem, _ = certificate(tmp_path)
    with collector() as (address, came), pytest.raises(TimeoutError):
        Syslog(f"tls://{address}", pem).add([WRONG_PIN])
    assert came and b"factor" not in came[0]


@pytest.mark.parametrize(
    ("audit", "said"),
    [
        ('syslog = "tls://logs.example:6514"\nsyslog_ca = "own.pem"', ""),
        ('syslog = "tls://[::1]:6514"', ""),
        ('syslog = "logs.example:514"', ""),
        ('syslog = "tls://logs.example"', "Allowed: the path of a socket"),
        ('syslog = "udp://logs.example:514"', "Allowed: the path of a socket"),
        ('syslog = "tls://:6514"', "Allowed: the path of a socket"),
        ('syslog = "logs.example:514"\nsyslog_ca = "own.pem"', 'Set syslog = "tls://host:port"'),
        ('file = "a"\nsyslog_ca = "own.pem"', 'Set syslog = "tls://host:port"'),
    ],
)
def test_an_address_that_cannot_be_meant_is_a_mistake(
    tmp_path: Path, audit: str, said: str
) -> None:
    path = tmp_path / "config.toml"
    text = CONFIG.replace('file = "second/audit.jsonl"', audit)
    path.write_text(text, encoding="utf-8")
    problems = [str(one) for one in read_file(path, token_needed=False).mistakes]
    assert [said in one for one in problems] == ([True] if said else []), problems


def test_the_machine_s_own_log_gets_the_form_that_it_expects(tmp_path: Path) -> None:
    path = str(tmp_path / "log")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as own:
        own.bind(path)
        own.settimeout(5)
        Syslog(path).add([WRONG_PIN])
        head, _, text = own.recv(4096).decode().partition(": ")
    assert head == "<86>nightlight-audit"
    assert json.loads(text)["what"] == "pages: second factor wrong"


CONFIG = """
homes = [{ id = "rowan", name = "Rowan House", prefix = "RH", authority = "Haringey" }]
authorities = [{ name = "Haringey" }]
[[staff]]
id = "robin"
name = "Robin Model"
telegram_id = 7003
role = "administrator"
[book]
folder = "data"
unencrypted = "yes, plain files"
[audit]
file = "second/audit.jsonl"
"""


async def adds(path: Path, numbers: range, *, brings: int = 0) -> None:
    """Lines of these numbers in the records; the first `brings` of all come to the second place."""
    config, _ = load(path, token_needed=False)
    store = await open_alone(config, path.parent)
    try:
        at = "2026-11-21T21:30:00+00:00"
        lines = [{"at": at, "what": "changed", "by": f"s{number}"} for number in numbers]
        await store.update_office(log=lines)
        if brings:
            place = AuditFile(path.parent / config.audit.file)
            place.add((await store.audit())[:brings])
    finally:
        await store.close()


async def runs_for_a_moment(path: Path) -> None:
    """The bot's part that keeps the audit looks once."""
    config, policy = load(path, token_needed=False)
    client: Any = Telegram()
    bot = await bootstrap(config, policy, path.parent, client=client)
    try:
        running = asyncio.ensure_future(bot.parts["audit"]())
        place, last = AuditFile(path.parent / config.audit.file), (await bot.store.audit())[-1]
        async with asyncio.timeout(20):
            while (there := place.last()) is None or there.number < last.number:
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    finally:
        await bot.store.close()


@pytest.mark.parametrize("before", [0, 3])
def test_a_power_cut_at_each_operation_leaves_nothing_half_and_is_caught_up(
    tmp_path: Path, before: int
) -> None:
    """Seven records, of which three or none are in the second place already. After each cut
    `audit verify` says from which on they are missing; the bot brings them, each once."""
    path = tmp_path / "service" / "config.toml"
    path.parent.mkdir()
    path.write_text(CONFIG, encoding="utf-8")
    asyncio.run(adds(path, range(1, 8), brings=before))
    command = [sys.executable, "-m", "tests.bot.kill_second_place", str(tmp_path)]
    ended = subprocess.run(command, check=True, capture_output=True)
    copies = int(ended.stdout)
    assert copies > 6
    for number in range(1, copies + 1):
        path = tmp_path / str(number) / "config.toml"
        file = path.parent / "second" / "audit.jsonl"
        there = AuditFile(file).last() if file.exists() else None
        told = CliRunner().invoke(app, ["audit", "verify", "--config", str(path)])
        if there is not None and there.number == 7:
            assert told.exit_code == 0, (number, told.output)
        elif there is not None:
            missing = f"it ends at record {there.number}; {there.number + 1} of"
            assert told.exit_code == 1, number
            assert missing in told.output, (number, told.output)
        else:
            assert told.exit_code == 1, (number, told.output)
        asyncio.run(adds(path, range(8, 9)))
        asyncio.run(runs_for_a_moment(path))
        whole = [json.loads(line) for line in file.read_bytes().splitlines() if _whole(line)]
        assert [one["n"] for one in whole] == list(range(1, len(whole) + 1)), number
        told = CliRunner().invoke(app, ["audit", "verify", "--config", str(path)])
        assert told.exit_code == 0, (number, told.output)
        assert "second/audit.jsonl agrees with it." in told.output, number


def _whole(line: bytes) -> bool:
    return written_in(line) is not None
