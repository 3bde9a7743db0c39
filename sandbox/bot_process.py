"""The bot's process: started, killed and started again at will, and kept from writing to disk."""

from __future__ import annotations

import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from typing import IO

STOP_WITHIN = 10.0


class BotProcess:
    """The real bot beside the stand-in for Telegram. Its log goes to our standard error.

    Attributes:
        on_end: called, in a thread of its own, when the process has ended for whatever reason.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self.on_end: Callable[[], None] = lambda: None
        self._command = list(command)
        self._process: subprocess.Popen[bytes] | None = None
        self._disk_full = False

    @property
    def pid(self) -> int | None:
        """Process id; None when it is not running."""
        if self._process is None or self._process.poll() is not None:
            return None
        return self._process.pid

    @property
    def follower(self) -> str:
        """The name under which it follows the clock; "" when it is not running."""
        return f"bot-{self.pid}" if self.pid else ""

    def start(self) -> None:
        """Start it, unless it runs. A full disk stays full."""
        if self.pid:
            return
        # The log passes through a pipe: with the disk full, a log in a file would fail as well.
        process = subprocess.Popen(self._command, stderr=subprocess.PIPE)  # noqa: S603
        self._process = process
        if process.stderr is not None:
            watch = threading.Thread(target=self._watch, args=(process, process.stderr))
            watch.daemon = True
            watch.start()
        if self._disk_full:
            self._limit(full=True)

    def kill(self) -> None:
        """As a power cut would: no warning (SIGKILL)."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """In order: what it handled is confirmed, the book is closed."""
        if self._process is None or not self.pid:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self.kill()

    @property
    def disk_full(self) -> bool:
        """Whether its writes fail."""
        return self._disk_full

    @property
    def disk_can_fill(self) -> bool:
        """Whether this system lets us limit another process (Linux does)."""
        return hasattr(resource, "prlimit")

    def fill_disk(self, *, full: bool) -> None:
        """Make every write to a file fail with a real error of the system (EFBIG), or no longer.

        Raises:
            OSError: this system does not allow it.
        """
        if not self.disk_can_fill:
            raise OSError("not available on this system")
        self._disk_full = full
        self._limit(full=full)

    def _limit(self, *, full: bool) -> None:
        pid = self.pid
        if pid is None:
            return
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0 if full else hard, hard))

    def _watch(self, process: subprocess.Popen[bytes], log: IO[bytes]) -> None:
        with log:
            for line in log:
                sys.stderr.write(line.decode("utf-8", "replace"))
                sys.stderr.flush()
        process.wait()
        self.on_end()
