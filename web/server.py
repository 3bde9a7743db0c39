"""Serves the pages from inside the bot's process, on one port."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from web.connections import LimitedListener

if TYPE_CHECKING:
    from starlette.types import ASGIApp

REQUEST_SECONDS = 15.0
"""So long a connection may take until its request is whole."""
CONNECTIONS = 300
"""At once, in all; most systems give a process 1024 files, and the record needs its own."""
CONNECTIONS_EACH = 50
"""At once, of one address: of a whole office behind one. A proxy on this machine is not counted so;
behind it the guard counts the requests of each client."""


class Listening(msgspec.Struct, frozen=True, kw_only=True):
    """Where the pages are served; with certificate and key of its own, by TLS."""

    host: str
    port: int
    certificate: str = ""
    certificate_key: str = ""


async def serve(app: ASGIApp, listening: Listening) -> None:
    """Until cancelled. Raises OSError if the port or the certificate cannot be had."""
    import uvicorn
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class Impatient(H11Protocol):
        """Closes a connection that does not bring a whole request in time."""

        _patience: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._wait()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop()
            super().connection_lost(exc)

        def handle_events(self) -> None:
            super().handle_events()
            if self.cycle is not None and not self.cycle.response_complete:
                self._stop()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            if not self.transport.is_closing():
                self._wait()

        def _wait(self) -> None:
            self._stop()
            self._patience = self.loop.call_later(REQUEST_SECONDS, self.transport.close)

        def _stop(self) -> None:
            if self._patience is not None:
                self._patience.cancel()
                self._patience = None

    class Quiet(uvicorn.Server):
        """Leaves the process's signals alone: the bot has handlers of its own."""

        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

    config = uvicorn.Config(
        app,
        http=Impatient,
        ws="none",
        log_config=None,
        lifespan="off",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=16 * 1024,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=3,
        ssl_certfile=listening.certificate or None,
        ssl_keyfile=listening.certificate_key or None,
    )
    server = Quiet(config)
    family = socket.AF_INET6 if ":" in listening.host else socket.AF_INET
    each = CONNECTIONS_EACH if listening.certificate else 0
    opened = socket.create_server((listening.host, listening.port), family=family)
    with LimitedListener(opened, CONNECTIONS, each) as taken:
        serving = asyncio.create_task(server.serve(sockets=[taken]))
        try:
            await asyncio.shield(serving)
        except asyncio.CancelledError:
            # It ends its connections and takes its socket out of the loop before that is closed:
            # the loop would take the next one with its number for it.
            server.should_exit = True
            await serving
            raise
