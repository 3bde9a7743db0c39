"""The server as a program of its own, and bodies that are not what they say they are."""

import contextlib
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from sandbox.serve import Server, listening_socket
from sandbox.server import Settings, World
from tests.sandbox.conftest import NO_TLS

ROOT = Path(__file__).parents[2]


def run(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "sandbox.server", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_it_serves_the_bots_named_on_a_frozen_clock_until_interrupted():
    with listening_socket(0) as free:
        port = free.getsockname()[1]
    program = run(
        "--port", str(port), "--frozen", "2026-03-29T00:30:00+00:00", "--bot", "12:secret=my_bot"
    )  # fmt: skip
    try:
        assert program.stdout is not None
        address = re.search(r"http://127\.0\.0\.1:\d+", program.stdout.readline())
        assert address
        transport = httpx.HTTPTransport(retries=10, verify=NO_TLS)
        with httpx.Client(base_url=address.group(), transport=transport) as client:
            account = client.get("/bot12:secret/getMe").json()["result"]
            assert (account["username"], account["id"]) == ("my_bot", 12)
            assert client.get("/bot13:other/getMe").status_code == 401
            assert client.get("/clock").json()["now"].startswith("2026-03-29T00:30:00")
    finally:
        program.terminate()
        _, errors = program.communicate(timeout=10)
    assert "Traceback" not in errors


def test_it_ends_at_once_and_quietly_although_somebody_waits():
    with listening_socket(0) as free:
        port = free.getsockname()[1]
    program = run("--port", str(port))
    assert program.stdout is not None
    program.stdout.readline()
    url = f"http://127.0.0.1:{port}"
    waiting = [
        threading.Thread(target=knock, args=(url + path,))
        for path in ("/bot12:abcd/getUpdates?timeout=30", "/human/events?since=9&wait=30",
                     "/human/stream")
    ]  # fmt: skip
    transport = httpx.HTTPTransport(retries=10, verify=NO_TLS)
    with httpx.Client(base_url=url, transport=transport) as client:
        client.get("/clock")
        for thread in waiting:
            thread.start()
        while not client.get("/human/bots").json():
            pass
    program.send_signal(signal.SIGINT)
    _, errors = program.communicate(timeout=5)
    assert (program.returncode, errors) == (0, "")
    for thread in waiting:
        thread.join(5)


def knock(address):
    with contextlib.suppress(httpx.TransportError):  # cut off, or too late to come in
        httpx.get(address, timeout=30)


def test_a_port_that_is_taken_and_a_token_that_is_none_are_named():
    with listening_socket(0) as taken:
        program = run("--port", str(taken.getsockname()[1]))
        _, errors = program.communicate(timeout=20)
    assert program.returncode == 1
    assert re.fullmatch(r"port \d+: Address already in use\n", errors)
    _, errors = run("--bot", "nonsense").communicate(timeout=20)
    assert "a token looks like 123456:letters" in errors


def test_any_token_becomes_a_bot_unless_told_otherwise():
    with Server(World(Settings())) as server, httpx.Client(base_url=server.url) as client:
        assert client.get("/bot77:whatever/getMe").json()["result"]["id"] == 77
        assert client.get("/bot77:another/getMe").status_code == 401


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{"),
        ("application/json", b"[1]"),
        ("application/json", b"\xff"),
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense"),
        ("multipart/form-data", b"--x--"),
        ("application/x-www-form-urlencoded", b"\xff=%zz&&="),
        ("text/plain", b"what"),
    ],
)
def test_a_broken_body_is_a_bad_request(sync_client, kind, body):
    answer = sync_client.post(
        "/bot110201:sandbox-example/sendMessage", content=body, headers={"content-type": kind}
    )
    document = answer.json()
    assert answer.status_code == document["error_code"] == 400
    assert document["description"].startswith("Bad Request: ")


def test_an_upload_over_the_limit_is_refused_before_it_is_read(sync_client):
    sync_client.post("/settings", json={"upload_max_bytes": 10})
    answer = sync_client.post(
        "/bot110201:sandbox-example/sendDocument",
        data={"chat_id": 7001},
        files={"document": b"x" * (2 * 1024 * 1024)},
    )
    assert answer.json()["description"] == "Request Entity Too Large"
