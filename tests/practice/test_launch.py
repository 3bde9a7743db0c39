"""`python main.py sandbox`: what it prints, what it refuses, and that it leaves nothing behind."""

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from sandbox.launch import CannotOpen, Sandbox
from sandbox.practice_service import MARKER

COMMAND = [sys.executable, str(Path(__file__).parents[2] / "main.py")]
PATIENCE = 60


def test_it_prints_its_address_and_ends_with_its_bot(tmp_path: Path) -> None:
    folder = tmp_path / "practice"
    arguments = [*COMMAND, "sandbox", "--port", "0", "--folder", str(folder)]
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        address = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert address is not None
        page = httpx.get(address.group(), trust_env=False)
        assert "Nightlight" in page.text
        assert page.headers["content-security-policy"].startswith("default-src 'self'")
        followers = httpx.get(f"{address.group()}/clock/followers", trust_env=False).json()
        bot = int(followers[0]["follower"].removeprefix("bot-"))
        assert Path(f"/proc/{bot}").exists()
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, log
        assert "Traceback" not in log
        assert not Path(f"/proc/{bot}").exists()
    assert (folder / MARKER).is_file()


def test_a_folder_of_somebody_else_is_not_touched(tmp_path: Path) -> None:
    """`--folder data` by mistake must never cost a real book."""
    (tmp_path / "open").mkdir()
    with pytest.raises(CannotOpen, match="not a folder of the sandbox"):
        Sandbox(tmp_path, 0, COMMAND).__enter__()
    assert [path.name for path in tmp_path.iterdir()] == ["open"]


def test_a_taken_port_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotOpen, match=f"Port {port} is taken"):
            Sandbox(tmp_path / "practice", port, COMMAND).__enter__()


def test_a_bot_that_cannot_start_is_said(tmp_path: Path) -> None:
    """Its commands work, but `run` ends at once."""
    script = tmp_path / "broken.py"
    script.write_text(
        "import subprocess, sys\n"
        "if sys.argv[1] == 'run':\n"
        "    sys.exit('no book today')\n"
        f"sys.exit(subprocess.call({COMMAND!r} + sys.argv[1:]))\n",
        encoding="utf-8",
    )
    with pytest.raises(CannotOpen, match="did not start"):
        Sandbox(tmp_path / "practice", 0, [sys.executable, str(script)]).__enter__()


def test_other_sites_cannot_play_with_it(sandbox: Sandbox) -> None:
    """A page from elsewhere, open in the same browser, is refused."""
    answer = httpx.post(
        f"{sandbox.url}/practice/bot/kill",
        json={},
        headers={"Origin": "http://elsewhere.example"},
        trust_env=False,
    )
    assert answer.status_code == 403
    assert httpx.get(f"{sandbox.url}/practice", trust_env=False).json()["bot"]["running"]


@pytest.mark.parametrize("name", ["nothing.js", "%2e%2e%2flaunch.py", "..%2fservice.py"])
def test_only_the_page_is_served(sandbox: Sandbox, name: str) -> None:
    assert httpx.get(f"{sandbox.url}/page/{name}", trust_env=False).status_code == 404
