"""The Bot API server: Telegram's methods, errors and limits, a human side, faults and a clock."""

from sandbox.server.app import create_app
from sandbox.server.limits import Settings
from sandbox.server.world import World

__all__ = ["Settings", "World", "create_app"]
