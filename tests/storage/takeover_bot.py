"""One process of the real bot, on this machine or another one."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from pathlib import Path

from tests.support.machines import Machine

ROOT = Path(__file__).parents[2]


class Bot:
    """One process of the bot, on one machine."""

    def __init__(self, config: Path, log: Path, machine: Machine | None) -> None:
        self.machine = machine
        prefix = machine.prefix if machine else []
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                [*prefix, sys.executable, "main.py", "run", "--config", str(config)],
                stdout=out,
                stderr=out,
                cwd=ROOT,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Its process is over."""
        return self._process.poll() is not None

    def signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self._process.wait()


def local_ports(pid: int) -> set[int]:
    """Of the TCP connections of a process."""
    sockets = set()
    for path in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            sockets.add(str(path.readlink()))
    ports = set()
    for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]:
        words = line.split()
        if f"socket:[{words[9]}]" in sockets:
            ports.add(int(words[1].split(":")[1], 16))
    return ports
