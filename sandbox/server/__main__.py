"""``python -m sandbox.server``: just the Bot API server, for any bot in any language."""

import argparse
import asyncio
import sys
from datetime import datetime

from sandbox.serve import HOST, serve
from sandbox.server.clock import Clock
from sandbox.server.limits import Settings
from sandbox.server.world import World


def main() -> int:
    """Read the arguments and serve until interrupted; the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.server", description="A local Telegram Bot API server."
    )
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument(
        "--frozen", type=datetime.fromisoformat, metavar="ISO", help="freeze the clock at this time"
    )
    parser.add_argument(
        "--bot", action="append", default=[], metavar="TOKEN[=USERNAME]",
        help="register a bot; with one or more of these, other tokens get 401",
    )  # fmt: skip
    parser.add_argument("--no-flood", action="store_true", help="turn flood control off")
    parser.add_argument("--seed", type=int, default=0, help="seed of the faults")
    arguments = parser.parse_args()
    settings = Settings(flood=not arguments.no_flood, any_token=not arguments.bot)
    world = World(settings, Clock(arguments.frozen), arguments.seed)
    try:
        for bot in arguments.bot:
            token, _, username = bot.partition("=")
            world.add_bot(token, username or None, configured=True)
    except ValueError as error:
        parser.error(str(error))
    print(f"Bot API: http://{HOST}:{arguments.port}/bot<TOKEN>/<method>", flush=True)
    try:
        asyncio.run(serve(world, arguments.port))
    except OSError as error:
        print(f"port {arguments.port}: {error.strerror}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
