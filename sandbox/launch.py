"""`make sandbox`: the stand-in for Telegram with its page, and the real bot beside it."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from sandbox.serve import Server

EXAMPLE = Path(__file__).parent / "example"
TOKEN = "1000001:practice-token-of-the-sandbox"  # noqa: S105 - works only with the stand-in


def prepare(folder: Path, url: str, command: Sequence[str]) -> Path:
    """The practice service in `folder`: configuration, key, register. A book there is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    key = (folder / "practice.key").resolve()
    config = folder / "config.toml"
    text = (EXAMPLE / "config.toml").read_text(encoding="utf-8")
    for name, value in (("TOKEN", TOKEN), ("URL", url), ("KEY", str(key))):
        text = text.replace(f"@{name}@", value)
    config.write_text(text, encoding="utf-8")
    if not key.exists():
        _run([*command, "key", "new", str(key)])
    _run([*command, "people", "import", str(EXAMPLE / "people.csv"), "--config", str(config)])
    return config


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise SystemExit(done.stderr.strip() or f"{command[2]} failed")


class Bot:
    """The bot's process: started, killed and started again at will."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None and self.running else None

    def start(self) -> None:
        if not self.running:
            self._process = subprocess.Popen(self._command)  # noqa: S603

    def kill(self) -> None:
        """As a power cut would: no warning."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """In order: what it handled is confirmed, the book is closed."""
        if self._process is None or not self.running:
            return
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()


def main(folder: Path, port: int, command: Sequence[str]) -> int:
    """Until Ctrl-C. Exit status 0, or 2 when the port is taken."""
    try:
        server = Server(port=port).start()
    except OSError:
        print(f"Port {port} is taken. Try: python main.py sandbox --port 0", file=sys.stderr)
        return 2
    done = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: done.set())
    bot = Bot([])
    try:
        config = prepare(folder, server.url, command)
        bot = Bot([*command, "run", "--config", str(config)])
        bot.start()
        print(f"Nightlight's sandbox is ready: {server.url}\nCtrl-C ends it.", flush=True)
        done.wait()
    finally:
        bot.stop()
        server.stop()
    return 0
