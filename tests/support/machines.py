"""Machines of their own on this one: network namespaces, each with a cable that can be pulled.

Linux only, and only for who may make them (root in most containers); `usable` says so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import count

_NUMBERS = count()


class Machine:
    """A namespace with one cable to this machine. `here`: this machine's address on it."""

    def __init__(self) -> None:
        number = (os.getpid() * 4 + next(_NUMBERS)) % 16_384
        net = "10.{}.{}".format(*divmod(128 * 256 + number, 256))
        self.name, self._cable = f"nl{number}", f"nlc{number}"
        self.here, self._there = f"{net}.1", f"{net}.2"
        _ip("netns", "add", self.name)
        try:
            pair = ("type", "veth", "peer", "name", "eth0", "netns", self.name)
            _ip("link", "add", self._cable, *pair)
            _ip("addr", "add", f"{self.here}/30", "dev", self._cable)
            _ip("-n", self.name, "addr", "add", f"{self._there}/30", "dev", "eth0")
            _ip("-n", self.name, "link", "set", "eth0", "up")
            self.plug_in()
        except subprocess.CalledProcessError:
            self.gone()
            raise

    @property
    def network(self) -> str:
        """As pg_hba.conf takes it."""
        return f"{self._there}/32"

    @property
    def prefix(self) -> list[str]:
        """Before a command that is to run there."""
        return ["ip", "netns", "exec", self.name]

    def pull_out(self) -> None:
        """Nothing comes through any more, and nobody is told."""
        _ip("link", "set", self._cable, "down")

    def plug_in(self) -> None:
        _ip("link", "set", self._cable, "up")

    def gone(self) -> None:
        with suppress(subprocess.CalledProcessError):
            _ip("link", "del", self._cable)
        with suppress(subprocess.CalledProcessError):
            _ip("netns", "del", self.name)


def usable() -> bool:
    """Whether namespaces can be made here."""
    if shutil.which("ip") is None:
        return False
    try:
        Machine().gone()
    except (subprocess.CalledProcessError, OSError):
        return False
    return True


@contextmanager
def machines(number: int) -> Iterator[list[Machine]]:
    """So many, until the end of the block."""
    with ExitStack() as stack:
        made = []
        for _ in range(number):
            made.append(Machine())
            stack.callback(made[-1].gone)
        yield made


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)
