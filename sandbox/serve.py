"""Serving the sandbox on this machine: in a thread for tests and pages, or in the foreground."""

import asyncio
import socket
import threading
from collections.abc import Coroutine, Sequence
from types import TracebackType
from typing import Any, TypeVar

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from sandbox.server.app import create_app
from sandbox.server.connections import TrackedProtocol, hang_up_all
from sandbox.server.followers import Followers
from sandbox.server.world import World

T = TypeVar("T")
HOST = "127.0.0.1"
START_WITHIN = 10.0


class Server:
    """The sandbox on a port of 127.0.0.1, with an event loop in a thread of its own.

    Use it as a context manager, or call ``start`` and ``stop``. ``world`` must not be touched from
    another thread: use ``call`` to run something on the server's loop, or the HTTP interface.

    Attributes:
        url: ``http://127.0.0.1:<port>``, once started.
    """

    def __init__(
        self, world: World | None = None, port: int = 0, routes: Sequence[BaseRoute] = ()
    ) -> None:
        self.world = world or World()
        self.url = ""
        self._port = port
        self._app = create_app(self.world, routes)
        self._server = _Uvicorn(_config(self._app))
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()

    def start(self) -> "Server":
        """Bind the port (a free one for 0) and serve.

        Raises:
            OSError: the port is taken.
            RuntimeError: the server did not come up.
        """
        listening = listening_socket(self._port)
        self.url = f"http://{HOST}:{listening.getsockname()[1]}"
        self._thread = threading.Thread(
            target=self._run, args=(listening,), name="sandbox", daemon=True
        )
        self._thread.start()
        if not self._ready.wait(START_WITHIN):
            raise RuntimeError("the sandbox server did not start")
        return self

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the server's loop, from another thread, and wait for its result."""
        if self._loop is None:
            work.close()
            raise RuntimeError("the sandbox server is not started")
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    @property
    def followers(self) -> Followers:
        """Who follows the clock; only for use on the server's loop."""
        found: Followers = self._app.state.followers
        return found

    def stop(self) -> None:
        """Close every connection and end the thread."""
        if self._thread is None or self._loop is None:
            return
        self._server.should_exit = True
        self._thread.join(START_WITHIN)
        self._thread = None

    def _run(self, listening: socket.socket) -> None:
        async def main() -> None:
            self._loop = asyncio.get_running_loop()
            self._ready.set()
            try:
                await self._server.serve([listening])
            finally:
                await _end_tasks(self.world)

        asyncio.run(main())

    def __enter__(self) -> "Server":
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


async def serve(world: World, port: int, routes: Sequence[BaseRoute] = ()) -> None:
    """Serve in the running event loop until interrupted.

    Raises:
        OSError: the port is taken.
    """
    await _Uvicorn(_config(create_app(world, routes))).serve([listening_socket(port)])
    await _end_tasks(world)


class _Uvicorn(uvicorn.Server):
    """uvicorn, which at its end hangs up on everybody: long polls would hold it up."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        ports = [listening.getsockname()[1] for listening in sockets or []]
        hanging_up = asyncio.create_task(_keep_hanging_up(ports))
        try:
            await super().shutdown(sockets)
        finally:
            hanging_up.cancel()


async def _keep_hanging_up(ports: Sequence[int]) -> None:
    # More than once: a caller may have been let in whose connection is not made yet.
    while True:
        for port in ports:
            hang_up_all(port)
        await asyncio.sleep(0.05)


def _config(app: Starlette) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=TrackedProtocol,
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
    )


def listening_socket(port: int) -> socket.socket:
    """A listening TCP socket on 127.0.0.1; port 0 takes a free one.

    Raises:
        OSError: the port is taken.
    """
    # Named as TCP, or asyncio leaves Nagle's algorithm on and every answer takes 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        listening.listen(1024)  # from here on, callers wait in the queue instead of being refused
    except OSError:
        listening.close()
        raise
    return listening


async def _end_tasks(world: World) -> None:
    for bot in world.bots.values():
        bot.updates.end_poll("reset")
    await asyncio.sleep(0)
