"""How many connections are open at once: of one address, and of all.

They are counted where they are accepted, before anything is read or a handshake is begun: whoever
opens hundreds and says nothing keeps nobody out, and leaves the process its files for the record.
"""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Callable
from functools import partial
from ipaddress import ip_address
from typing import Any


class LimitedListener(socket.socket):
    """A listening socket that closes at once what is too much.

    most: connections in all.  each: of one address; 0 where all come from a proxy's.
    """

    def __init__(self, listening: socket.socket, most: int, each: int = 0) -> None:
        super().__init__(fileno=listening.detach())
        self._most, self._each = most, each
        self._open: Counter[str] = Counter()

    def accept(self) -> tuple[socket.socket, Any]:
        """The next one that is not too much. Raises BlockingIOError if there is none."""
        while True:
            accepted, peer = super().accept()
            client = network_of(peer[0])
            full = self._open.total() >= self._most
            if full or (self._each and self._open[client] >= self._each):
                accepted.close()
                continue
            self._open[client] += 1
            return _Accepted(accepted, partial(self._closed_one, client)), peer

    def _closed_one(self, client: str) -> None:
        self._open[client] -= 1
        if not self._open[client]:
            del self._open[client]


class _Accepted(socket.socket):
    """Says once that it was closed."""

    def __init__(self, accepted: socket.socket, closed: Callable[[], None]) -> None:
        super().__init__(fileno=accepted.detach())
        self._say_closed: Callable[[], None] | None = closed

    def close(self) -> None:
        super().close()
        if self._say_closed is not None:
            self._say_closed()
            self._say_closed = None


def network_of(address: str) -> str:
    """What is counted as one client: an address, of version 6 its /64, of which one customer has
    them all. Raises ValueError."""
    found: Any = ip_address(address.partition("%")[0])
    if found.version == 6:
        mapped = found.ipv4_mapped
        return str(mapped) if mapped is not None else str(found.packed[:8].hex())
    return str(found)
