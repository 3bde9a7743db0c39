"""`make sandbox`: the stand-in for Telegram with its page, and the real bot beside it."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from sandbox.bot_process import BotProcess
from sandbox.night import SHIPPED, BadNight, load
from sandbox.practice import Practice
from sandbox.practice_routes import routes
from sandbox.practice_service import NotOurs, PracticeService
from sandbox.serve import Server
from sandbox.server import Settings, World


class CannotOpen(Exception):
    """What stands in the way, in one line."""


class Sandbox:
    """A practice session with its page, as a context manager; `url` is the page's address.

    Args:
        folder: where the practice book lies; made new each time.
        port: on 127.0.0.1; 0 for any free one.
        command: the bot's command line without its words, such as [python, main.py].
        nights: a folder with guided nights of the service's own.

    Raises:
        CannotOpen: the port is taken, the folder is not ours, a night's file is wrong.
    """

    def __init__(
        self, folder: Path, port: int, command: Sequence[str], nights: Path | None = None
    ) -> None:
        self._service = PracticeService(folder, command)
        try:
            found = load([SHIPPED, *([nights] if nights else [])])
        except BadNight as error:
            raise CannotOpen(str(error)) from error
        self._bot = BotProcess([*command, "run", "--config", str(self._service.config)])
        self._nights = found
        self._command = command
        self._port = port
        self.url = ""

    def __enter__(self) -> Sandbox:
        # Flood control counts server time; at a clock that is moved by hand it would be in the way.
        world = World(Settings(flood=False, any_token=False, pages_here=True))
        session = Practice(world, self._service, self._bot, self._nights)
        self._server = Server(world, self._port, routes(session))
        try:
            self._server.start()
        except OSError as error:
            raise CannotOpen(
                f"Port {self._port} is taken. Try: nightlight sandbox --port 0"
            ) from error
        self.url = self._server.url
        try:
            self._service.prepare(self.url)
            self._server.call(self._open(session))
            if not session.ready:
                raise CannotOpen("The bot did not start; its own words are above.")
        except BaseException as error:
            self.__exit__()
            if isinstance(error, NotOurs):
                raise CannotOpen(str(error)) from error
            raise
        return self

    async def _open(self, session: Practice) -> None:
        session.attach(self._server.followers)
        await session.begin()

    def __exit__(self, *_: object) -> None:
        self._bot.stop()
        self._server.stop()


def main(folder: Path, port: int, command: Sequence[str], nights: Path | None = None) -> int:
    """Until Ctrl-C. Exit status 0, or 2 with a line that says what stands in the way."""
    done = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: done.set())
    try:
        with Sandbox(folder, port, command, nights) as sandbox:
            print(f"Nightlight's sandbox is ready: {sandbox.url}\nCtrl-C ends it.", flush=True)
            done.wait()
    except CannotOpen as error:
        print(error, file=sys.stderr)
        return 2
    return 0
