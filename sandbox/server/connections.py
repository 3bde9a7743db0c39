"""Closing a connection without an answer, which ASGI has no words for."""

import asyncio
from typing import Any, cast

from starlette.types import Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

Ends = tuple[tuple[str, int], tuple[str, int]]

_open: dict[Ends, asyncio.Transport] = {}


class TrackedProtocol(H11Protocol):
    """uvicorn's HTTP protocol, which remembers its open connections by their two ends."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Remember the connection."""
        super().connection_made(transport)
        _open[self._ends()] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        _open.pop(self._ends(), None)
        super().connection_lost(exc)

    def _ends(self) -> Ends:
        return cast(Ends, (self.client, self.server))


def hang_up_all(port: int) -> None:
    """Abort every connection to a port, so that nothing that waits holds up the end."""
    for (_, server), transport in list(_open.items()):
        if server[1] == port:
            transport.abort()


async def hang_up(scope: Scope) -> None:
    """Abort the connection of a request.

    Raises:
        RuntimeError: the application is not served by ``sandbox.serve``.
    """
    ends: Any = (scope["client"], scope["server"])
    transport = _open.get(ends)
    if transport is None:
        raise RuntimeError("connections can only be dropped under sandbox.serve")
    transport.abort()
    # connection_lost comes in the loop's next round; before it an answer would still be written.
    await asyncio.sleep(0)
    await asyncio.sleep(0)
