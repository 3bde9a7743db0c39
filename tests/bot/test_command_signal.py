"""The signal that tells the bot of something left for it, sent to another command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

MAIN = Path(__file__).parents[2] / "main.py"


def test_a_command_at_work_is_not_ended_by_the_signal_meant_for_the_bot(tmp_path):
    """Whoever holds the lock is signalled; a restore or a new key must not be cut off by it."""
    source = tmp_path / "case.json"
    os.mkfifo(source)
    command = subprocess.Popen(
        [sys.executable, str(MAIN), "assess", str(source)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        writer = None
        until = time.monotonic() + 60
        while writer is None and command.poll() is None and time.monotonic() < until:
            try:  # refused until the command has opened it, and so is at work
                writer = os.open(source, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                time.sleep(0.02)
        assert writer is not None
        command.send_signal(signal.SIGUSR1)
        os.close(writer)
        assert command.wait(30) != -signal.SIGUSR1
    finally:
        command.kill()
        command.communicate()
